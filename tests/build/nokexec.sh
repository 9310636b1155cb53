#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Xen builds with CONFIG_KEXEC=n, and has nothing of our files then: no global
# function of those that Xen with kexec (BUILD/HYPERVISOR) has.  Prints TAP.

set -u

top=$(cd "$(dirname "$0")/../.." && pwd)
build=$(realpath -m "${BUILD:-$top/build}")
with=$build/${HYPERVISOR:-xen}
without=$top/build/xen-nokexec
# This is a make of its own, not a part of the one that runs the tests.
unset MAKEFLAGS MFLAGS MAKELEVEL

# The names of the global functions of these files.
functions_of()
{
    nm --defined-only --extern-only "$@" | awk '$2 == "T" { print $3 }' | sort -u
}

echo "1..3"

mapfile -t objects < <(cd "$top/xen" && find . -name '*.c' |
                       sed "s|^\.|$with/obj|; s|c\$|o|")
functions_of "${objects[@]}" >"$without.functions" || exit 1
missing=$(functions_of "$with/xen-syms" | comm -13 - "$without.functions")
if [ -n "$missing" ] || ! grep -qx do_kexec_op "$without.functions"; then
    echo "not ok 1 - Xen with kexec has our functions"
    # shellcheck disable=SC2001 # Line by line.
    sed 's/^/# it lacks /' <<<"$missing"
    exit 1
fi
echo "ok 1 - Xen with kexec has our functions"

if ! make -C "$top" build-nokexec 2>&1 | sed 's/^/# /' ||
   [ "${PIPESTATUS[0]}" -ne 0 ]; then
    echo "not ok 2 - builds without kexec"
    exit 1
fi
echo "ok 2 - builds without kexec"

functions_of "$without/xen-syms" >"$without.all" || exit 1
found=$(comm -12 "$without.all" "$without.functions")
if [ -n "$found" ] || ! grep -qx do_sched_op "$without.all"; then
    echo "not ok 3 - has no function of ours"
    # shellcheck disable=SC2001 # Line by line.
    sed 's/^/# it has /' <<<"$found"
    exit 1
fi
echo "ok 3 - has no function of ours"
