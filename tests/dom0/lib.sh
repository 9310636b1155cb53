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
    mkdir -p /from-dom0
    echo "$*" >>/from-dom0/record
    say "$*"
}

# pack: make an initrd of the usual one and what was recorded.  Loads that
# follow use it.
pack()
{
    find from-dom0 | cpio -o -H newc >/tmp/records.cpio ||
        give_up "cpio failed"
    cat /boot/initrd /tmp/records.cpio >/tmp/initrd ||
        give_up "no room for another initrd"
    initrd=/tmp/initrd
}

# load [OPTION...]: an image for kexec -e.  load_options= on dom0's command
# line adds options, with commas for spaces.
load()
{
    # shellcheck disable=SC2046
    kexec $(echo "$target_options,$(word_of load_options)" | tr ',' ' ') -l $kernel --initrd=$initrd --append="$second_cmdline" "$@"
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

# load_xen HOPS: this Xen once more as the image for kexec -e, with a dom0 that
# has that many hops to go.  That one gets all that came with this one, and
# what was recorded.  kexec_type= says how: multiboot2-x86 or multiboot-x86.
load_xen()
{
    cd /
    find boot tests/run.sh tests/hypercall from-dom0 2>/dev/null |
        cpio -o -H newc >/tmp/rest.cpio || give_up "cpio failed"
    cat /boot/initrd /tmp/rest.cpio >/tmp/dom0.initrd ||
        give_up "no room for another initrd"
    next=$(echo "$dom0_cmdline" | sed "s/hops=[0-9]*/hops=$1/")
    kexec -l --type="$(word_of kexec_type)" /boot/xen \
        --command-line="$xen_cmdline" \
        --module="/boot/vmlinuz $next" --module=/tmp/dom0.initrd
}

# balloon_down MIB: give that much memory back to Xen, page by page, which
# leaves its heap in small pieces.
balloon_down()
{
    balloon=/sys/devices/system/xen_memory/xen_memory0
    target=$(($(cat $balloon/info/current_kb) - $1 * 1024))
    echo $target >$balloon/target_kb
    for _ in $(seq 600); do
        [ "$(cat $balloon/info/current_kb)" -gt $target ] || return 0
        sleep 0.1
    done
    give_up "the balloon driver does not get to $target KiB"
}

# xenstore: start what xl needs.
xenstore()
{
    insmod /lib/modules/xen-evtchn.ko
    insmod /lib/modules/xen-gntdev.ko
    xenstored || give_up "xenstored does not start"
}
