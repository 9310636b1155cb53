# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Bad loads, each with one thing wrong, while images of both types are armed.
# What happens then is in then= on the command line:
#
#   load   load an image that takes along what was recorded, and exec
#   exec   exec the image that was armed before
#   crash  crash, into the image that was armed before

hypercall=/tests/hypercall
default=0
crash=1
em_386=3
em_x86_64=62
area=$($hypercall range 0 | cut -d' ' -f2)
size=$($hypercall range 0 | cut -d' ' -f3)

# bad NAME TYPE ARCH ENTRY SEGMENT...: record the answer to a load.
bad()
{
    name=$1
    shift
    record "$name: $($hypercall load "$@" 2>&1)"
}

# segments N: that many, side by side from 16 MiB on, a page each.
segments()
{
    for number in $(seq 0 $(($1 - 1))); do
        printf '%#x:0x1000:16 ' $((0x1000000 + number * 0x1000))
    done
}

must load
must load_crash

record "unknown command: $($hypercall op 99)"
good=0x1000000:0x2000:0x1000
bad "unknown type" 9 $em_x86_64 0x1000000 $good
bad "reserved type" 2 $em_x86_64 0x1000000 $good
bad "unknown arch" $default 999 0x1000000 $good
bad "no segments" $default $em_x86_64 0x1000000
# shellcheck disable=SC2046
bad "too many segments" $default $em_x86_64 0x1000000 $(segments 2000)
bad "wrap" $default $em_x86_64 0xfffffffffffff000 0xfffffffffffff000:0x2000:16
bad "overlap" $default $em_x86_64 0x1000000 $good 0x1001000:0x1000:16
bad "buffer longer than destination" \
    $default $em_x86_64 0x1000000 0x1000000:0x1000:0x1001
bad "entry in no segment" $default $em_386 0x3000000 $good
bad "entry behind the last byte" $default $em_x86_64 0x1002000 $good
bad "destination is not RAM" $default $em_x86_64 0xfee00000 0xfee00000:0x1000:16
bad "unreadable buffer" $default $em_x86_64 0x1000000 0x1000000:0x2000:16:0x10
bad "crash image below the area" $crash $em_x86_64 $((area - 0x1000)) \
    $((area - 0x1000)):0x2000:16
bad "crash image one byte too long" $crash $em_x86_64 $((area + size - 0x1000)) \
    $((area + size - 0x1000)):0x1001:16
record "status: default $($hypercall status $default) crash $($hypercall status $crash)"

case $(word_of "then") in
    load)
        pack
        must load
        ;;
    crash)
        xenstore
        say "trigger"
        xl debug-keys C
        while :; do read -r _ </dev/console; done
        ;;
esac
enter
