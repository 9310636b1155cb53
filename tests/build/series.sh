#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The series applies strictly to the default source, with the files of xen/,
# with and without the hooks for tests; and to those of other versions that are
# in $CACHE, or that XEN_SRC_4_22=PATH and the like name.  And patches/export has
# a commit for each file and hook.  Prints TAP.

set -u

top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

count=0
failures=0

# try NAME COMMAND...
try()
{
    local name=$1

    shift
    count=$((count + 1))
    if "$@" >"$work/messages" 2>&1; then
        echo "ok $count - $name"
    else
        echo "not ok $count - $name"
        sed 's/^/# /' "$work/messages"
        failures=$((failures + 1))
    fi
}

apply()
{
    local source=$1 what=$2

    try "$what: patches/series" \
        "$top/scripts/prepare-tree" "$source" "$work/xen"
    try "$what: patches/series and the hooks of patches/test-series*" \
        "$top/scripts/prepare-tree" --test "$source" "$work/xen-test"
    try "$what: the hooks of patches/test-series-any on stock" \
        "$top/scripts/prepare-tree" --stock --test "$source" "$work/stock-test"
}

# apply_if_there VERSION: some can only be given, others only downloaded
apply_if_there()
{
    local version=$1 variable=XEN_SRC_${1/./_} source

    source=${!variable:-$(find "${CACHE:-$top/cache}" -maxdepth 1 \
                              -name "xen_$version.*.orig.tar.*" 2>/dev/null |
                          sort -V | tail -n 1)}
    if [ -n "$source" ]; then
        apply "$source" "$version"
    else
        count=$((count + 1))
        echo "ok $count - $version # SKIP no source: set $variable="
    fi
}

if ! source=$(XEN_SRC='' "$top/scripts/fetch-source"); then
    echo "Bail out! No Xen source"
    exit 1
fi
apply "$source" default
while read -r version; do
    apply_if_there "$version"
done < <(sed -n 's/^\([0-9][0-9.]*\) .*/\1/p' "$top/patches/bases" |
         grep -vx 4.20)
try "patches/export" \
    "$top/scripts/export-series" --version 4.20 "$source" "$work/series"

echo "1..$count"
[ $failures -eq 0 ]
