# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# How the kernel that was entered talks to the runner: lines of
#
#   hand-over NONCE KEY VALUE
#
# and "hand-over NONCE end" behind the last one.

. /tests/words.sh

nonce=$(word_of nonce)

# report KEY VALUE...
report()
{
    echo "hand-over $nonce $*"
}

report_start()
{
    report userland
    [ -e /sys/class ] || mount -t sysfs sys /sys
}

# What this kernel is, and on what it thinks that it runs.
report_system()
{
    report kernel "$(uname -r)"
    report machine "$(uname -m)"
    report cmdline "$(base64 </proc/cmdline | tr -d '\n')"
    report cpus "$(nproc)"
    report hypervisor "$(cat /sys/hypervisor/type 2>/dev/null || echo none)"
    report acpi "$([ -e /sys/firmware/acpi/tables/DSDT ] && echo found)"
    report rsdp "$(dmesg | sed -n 's/.*ACPI: RSDP \(0x[0-9A-F]*\).*/\1/p' |
                   head -n 1 | tr A-F a-f)"
    report efi "$([ -e /sys/firmware/efi ] && echo found || echo none)"
    report memory "$(sed -n 's/^MemTotal: *//p' /proc/meminfo)"
}

# Runtime services: is a variable of firmware's there, and can one be written?
report_efi_variables()
{
    vars=/sys/firmware/efi/efivars
    ours=$vars/XenKexecLast-6a5dc5d8-0c9b-4dd9-9a50-2fd1a1a8f9c2
    [ -d $vars ] || return 0
    insmod /lib/modules/efivarfs.ko
    mount -t efivarfs efivarfs $vars
    printf '\007\000\000\000%s' "$nonce" >$ours
    report efi-firmware "$(od -An -tx1 \
        $vars/BootCurrent-8be4df61-93ca-11d2-aa0d-00e098032b8c)"
    report efi-ours "$(tail -c +5 $ours)"
}

# What came along in the initrd: the runner's payload and dom0's records.
report_payload()
{
    if [ -f /payload ]; then
        report payload "$(sha256sum </payload | cut -d' ' -f1)"
    fi
    [ -f /from-dom0/record ] || return 0
    while read -r line; do
        report record "$line"
    done </from-dom0/record
}

report_end()
{
    report end
    # The runner ends the machine; this is for when nobody is there.
    poweroff -f
}
