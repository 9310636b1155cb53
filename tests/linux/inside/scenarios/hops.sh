# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Enter Xen hops= times, one from the dom0 of the other, then Linux.

hops=$(word_of hops)
record "dom0 with $hops hops to go"
if [ -e /tests/truth.py ]; then
    {
        python3 /tests/efi.py "$hops"
        python3 /tests/truth.py
    } >/tmp/found 2>&1
    while read -r line; do
        record "$line"
    done </tmp/found
fi
if [ "$hops" = 0 ]; then
    pack
    must load
    say "loaded"
else
    must load_xen $((hops - 1))
fi
enter
