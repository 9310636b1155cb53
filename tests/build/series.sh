#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The series applies strictly to the default source of patches/bases, with the
# files of xen/, with and without the hooks for tests.  Prints TAP.

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

if ! source=$(XEN_SRC='' "$top/scripts/fetch-source"); then
    echo "Bail out! No Xen source"
    exit 1
fi
try "patches/series" \
    "$top/scripts/prepare-tree" "$source" "$work/xen"
try "patches/series and the hooks of patches/test-series*" \
    "$top/scripts/prepare-tree" --test "$source" "$work/xen-test"
try "the hooks of patches/test-series-any on stock" \
    "$top/scripts/prepare-tree" --stock --test "$source" "$work/stock-test"

echo "1..$count"
[ $failures -eq 0 ]
