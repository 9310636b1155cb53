# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What scenarios are made of.  The kernel to load is /boot/vmlinuz with the
# initrd /boot/initrd; the command lines come from the runner (run.sh):
#
#   second_cmdline  for the kernel that kexec -e enters
#   crash_cmdline   for the one that a crash enters
#
# What a scenario records travels inside the initrd of the kernel that is
# entered, which reports it: dom0's own output proves nothing.

kernel=/boot/vmlinuz
initrd=/boot/initrd
payload=/from-dom0

# say TEXT: for whoever follows the log.
say()
{
    echo "dom0: $*"
}

# give_up TEXT: this scenario cannot go on.
give_up()
{
    say "gave up: $*"
    poweroff -f
}

# word_of NAME: the value of NAME= on this kernel's command line.
word_of()
{
    tr ' ' '\n' </proc/cmdline | sed -n "s/^$1=//p"
}

# record TEXT: a line for the kernel that is entered to report.
record()
{
    mkdir -p $payload
    echo "$*" >>$payload/record
    say "$*"
}

# pack: make an initrd of the usual one and all that is in $payload.  Loads
# that follow use it.
pack()
{
    mkdir -p $payload
    (cd / && find "${payload#/}" | cpio -o -H newc 2>/dev/null) >/tmp/payload.cpio
    cat /boot/initrd /tmp/payload.cpio >/tmp/initrd
    rm /tmp/payload.cpio
    initrd=/tmp/initrd
}

# big_file MIB: that much incompressible data in the payload, and its digest.
big_file()
{
    mkdir -p $payload
    dd if=/dev/urandom of=$payload/big bs=1M count="$1" 2>/dev/null
    sha256sum <$payload/big >$payload/big.sha256
}

# load [OPTION...]: an image for kexec -e.
load()
{
    kexec -l $kernel --initrd=$initrd --append="$second_cmdline" "$@"
}

# load_crash [OPTION...]: an image for a crash.
load_crash()
{
    kexec -p $kernel --initrd=$initrd --append="$crash_cmdline" "$@"
}

# must COMMAND...: give up when it fails.
must()
{
    "$@" || give_up "\"$*\" failed with $?"
}

# enter: leave for the image that is loaded.
enter()
{
    say "trigger"
    kexec -e
    give_up "kexec -e came back with $?"
}

# xenstore: start what xl needs.
xenstore()
{
    insmod /lib/modules/xen-evtchn.ko
    insmod /lib/modules/xen-gntdev.ko
    xenstored || give_up "xenstored does not start"
}
