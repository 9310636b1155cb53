#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Xen builds with CONFIG_KEXEC=n, and has no kexec then.  Prints TAP.

set -u

top=$(cd "$(dirname "$0")/../.." && pwd)
build=$top/build/xen-nokexec
# This is a make of its own, not a part of the one that runs the tests.
unset MAKEFLAGS MFLAGS MAKELEVEL

echo "1..2"
if ! make -C "$top" build-nokexec 2>&1 | sed 's/^/# /' ||
   [ "${PIPESTATUS[0]}" -ne 0 ]; then
    echo "not ok 1 - builds"
    exit 1
fi
echo "ok 1 - builds"

symbols=$(nm "$build/xen-syms") || exit 1
if grep -E ' [tT] (do_kexec_op|machine_kexec)$' <<<"$symbols"; then
    echo "not ok 2 - has no kexec"
    exit 1
fi
echo "ok 2 - has no kexec"
