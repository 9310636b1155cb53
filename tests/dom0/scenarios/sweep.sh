# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Load and unload 64 MiB at each multiple of 64 MiB between 256 MiB and the
# end of a 2 GiB host, then exec the usual image.  dom0 gives memory back
# before: a heap in small pieces hands out pages in no order, so that, where
# they lie in the destination, some come after it was loaded.

hypercall=/tests/hypercall
size=0x4000000
loads=0
unloads=0

balloon_down 160
for number in $(seq 4 31); do
    start=$(printf '%#x' $((number * size)))
    bytes=$size
    # The last MiB is firmware's.
    [ "$number" != 31 ] || bytes=0x3e00000
    answer=$($hypercall load 0 62 "$start" "$start:$bytes:$bytes")
    [ "$answer" = 0 ] || give_up "load at $start: $answer"
    loads=$((loads + 1))
    answer=$($hypercall unload 0)
    [ "$answer" = 0 ] || give_up "unload from $start: $answer"
    unloads=$((unloads + 1))
done
record "$loads loads of 64 MiB, $unloads unloads"
pack
must load
enter
