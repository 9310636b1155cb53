# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# A domain that xl starts makes each call that it may not make: with 64-bit
# and with 32-bit hypercalls, when nothing is loaded and when both images are.
# It is the guest of tests/guest, see domu-xl.c; it says on its console what
# the answers were, and ends.

# ask BITS WHEN
ask()
{
    log=/tmp/guest-guest$1.log
    : >"$log"
    cat >"/tmp/$1.cfg" <<END
name = "guest$1"
type = "pv"
kernel = "/tests/guest/dom0-$1"
memory = 16
END
    # In the foreground, until the domain has ended.
    must xl create -F "/tmp/$1.cfg"
    # What the daemon has read last may still be on its way to the file.
    until [ "$(wc -l <"$log")" -gt 0 ]; do sleep 0.1; done
    record "$1-bit, $2: $(tr -d '\r' <"$log")"
}

xenstore
must xen-init-dom0
# Each domain's console is a terminal.
mkdir -p /dev/pts
must mount -t devpts devpts /dev/pts
must xenconsoled --log=guest --log-dir=/tmp
ask 64 "nothing loaded"
ask 32 "nothing loaded"
must load
must load_crash
ask 64 "both loaded"
ask 32 "both loaded"
record "status: default $(/tests/hypercall status 0) crash $(/tests/hypercall status 1)"
pack
must load
say "loaded"
enter
