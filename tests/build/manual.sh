#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The manual page of xen-vmcore has the options of --help, in the same order,
# and each exit status.  Prints TAP.

set -u

top=$(cd "$(dirname "$0")/../.." && pwd)
reader=$(realpath -m "${BUILD:-$top/build}")/xen-vmcore/xen-vmcore
page=$top/tools/xen-vmcore/xen-vmcore.8
count=0
failures=0

# The lines of a section of the page.
section()
{
    awk -v title="$1" '/^\.SH / { inside = substr($0, 5) == title; next }
                       inside' "$page"
}

# same NAME HELP PAGE
same()
{
    count=$((count + 1))
    if [ -n "$2" ] && [ "$2" = "$3" ]; then
        echo "ok $count - $1"
    else
        echo "not ok $count - $1"
        diff <(echo "$2") <(echo "$3") | sed 's/^/# /'
        failures=$((failures + 1))
    fi
}

echo "1..3"
if ! help=$("$reader" --help); then
    echo "Bail out! $reader: no help"
    exit 1
fi

same "the way to call it" \
    "$(sed -n 's/^Usage: //p' <<<"$help" | grep -Eo '[[:alpha:]-]+')" \
    "$(section SYNOPSIS | sed 's/^\.[A-Z]* //' | grep -Eo '[[:alpha:]-]+')"

# "-x, --xyz=ARG", as .BR \-x ", " \-\-xyz=\fIARG\fR
same "options" \
    "$(sed -n 's/^  \(-[^ ]*\( -[^ ]*\)*\)  .*/\1/p' <<<"$help")" \
    "$(section OPTIONS | sed -n 's/^\.BR* \(\\-.*\)/\1/p' |
       sed 's/\\f[IR]//g; s/\\-/-/g; s/ *"\(.*\)" */\1/')"

same "exit statuses" \
    "$(sed -n '/^Exit status/,$p' <<<"$help" | grep -Eo '\b[0-9]\b')" \
    "$(section "EXIT STATUS" | sed -n 's/^\.B \([0-9]\)$/\1/p')"

[ $failures -eq 0 ]
