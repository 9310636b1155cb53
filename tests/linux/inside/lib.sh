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

. /tests/words.sh

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
    # Where nothing else leads to it.
    rsdp=$(word_of acpi_rsdp)
    [ -z "$rsdp" ] || second_cmdline="$second_cmdline acpi_rsdp=$rsdp"
    if [ -x /usr/sbin/xen-kexec ]; then
        xen-kexec --linux --kernel $kernel --initrd $initrd \
            --args "$second_cmdline" "$@"
        return
    fi
    # shellcheck disable=SC2046
    kexec $(echo "$target_options,$(word_of load_options)" | tr ',' ' ') -l $kernel --initrd=$initrd --append="$second_cmdline" "$@"
}

# load_crash [OPTION...]: an image for a crash.
load_crash()
{
    kexec -p $kernel --initrd=$initrd --append="$crash_cmdline" "$@"
}

# leave_evidence: patterns in memory and, for the crash kernel to find them in
# the dump, facts about them and about this system (vmcore.c).  spin=CPU on
# dom0's command line: in the registers of that CPU of Xen's as well.
leave_evidence()
{
    facts=/from-dom0/facts
    seed=0x$(head -c 6 /dev/urandom | od -An -tx1 | tr -d ' \n')
    mkdir -p /from-dom0
    must /tests/evidence map >$facts
    must /tests/evidence low "$seed" >>$facts
    # shellcheck disable=SC2046
    set -- $(/tests/hypercall range 0)
    {
        echo "seed $seed"
        echo "area $2 $(printf '%#x' $(($2 + $3)))"
        echo "cpus $(word_of cpus)"
        for fact in version/major version/minor version/extra \
            compilation/compiler properties/changeset; do
            echo "${fact#*/} $(cat /sys/hypervisor/$fact)"
        done
    } >>$facts
    # With console_to_ring, Xen keeps it as its own.
    echo "said spoken by dom0: $seed" >>$facts
    echo "spoken by dom0: $seed"
    # Complete when it closes its output.
    mkfifo /tmp/facts
    /tests/evidence pages "$seed" >/tmp/facts &
    cat /tmp/facts >>$facts
    [ -z "$(word_of spin)" ] ||
        must /tests/evidence spinner "$(word_of spin)" >>$facts
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
    # As tools/xen-kexec/system-shutdown does: kexec would reset the machine.
    if [ "$(cat /sys/hypervisor/guest_type 2>/dev/null)" = PVH ]; then
        xen-kexec --enter
    else
        kexec -e
    fi
    give_up "kexec -e came back with $?"
}

# load_xen HOPS [OPTION...]: this Xen once more as the image for kexec -e, with a dom0 that
# has that many hops to go.  That one gets all that came with this one, and
# what was recorded.  kexec_type= says how: multiboot2-x86 or multiboot-x86.
load_xen()
{
    cd /
    find boot tests/run.sh tests/hypercall from-dom0 2>/dev/null |
        cpio -o -H newc >/tmp/rest.cpio || give_up "cpio failed"
    more=
    [ ! -e /boot/xen-kexec.cpio ] || more=/boot/xen-kexec.cpio
    cat /boot/initrd $more /tmp/rest.cpio >/tmp/dom0.initrd ||
        give_up "no room for another initrd"
    next=$(echo "$dom0_cmdline" | sed "s/hops=[0-9]*/hops=$1/")
    shift
    if [ -n "$more" ]; then
        xen-kexec --xen /boot/xen --xen-args "$xen_cmdline" \
            --kernel /boot/vmlinuz --args "$next" \
            --initrd /tmp/dom0.initrd "$@"
        return
    fi
    # shellcheck disable=SC2046
    kexec $(word_of load_options | tr ',' ' ') \
        -l --type="$(word_of kexec_type)" /boot/xen \
        --command-line="$xen_cmdline" \
        --module="/boot/vmlinuz $next" --module=/tmp/dom0.initrd "$@"
}

# xenstore: start what xl needs.
xenstore()
{
    insmod /lib/modules/xen-evtchn.ko
    insmod /lib/modules/xen-gntdev.ko
    xenstored || give_up "xenstored does not start"
}
