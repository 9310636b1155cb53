# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The kernel that a crash has entered: reports what it finds, and what there
# is to be had of the memory that the crashed system left.

. /tests/report.sh

# What /proc/vmcore has in front of the memory: a register note for each CPU,
# and the two descriptions that a filter needs.
report_notes()
{
    head -c 131072 /proc/vmcore | tr '\0' '\n' >/tmp/notes
    report "vmcore-bytes" "$(stat -c %s /proc/vmcore)"
    report "cpu-notes" "$(grep -c '^CORE$' /tmp/notes)"
    report "xen-vmcoreinfo" "$(grep -c 'VMCOREINFO_XEN' /tmp/notes)"
}

# Filter /proc/vmcore as a hypervisor's dump, without zero pages.  What comes
# out must have dom0's memory in it: there a file with our nonce was.
report_dump()
{
    mkfifo /tmp/copy
    wc -c </tmp/copy >/tmp/bytes &
    {
        makedumpfile -X -E -d 1 -F /proc/vmcore 2>/tmp/said
        echo $? >/tmp/exit
    } | tee /tmp/copy | grep -ac "crash_cmdline=.*nonce=$nonce" >/tmp/count
    wait
    report "dump-exit" "$(cat /tmp/exit)"
    report "dump-bytes" "$(cat /tmp/bytes)"
    report "dump-finds-dom0" "$(cat /tmp/count)"
    [ "$(cat /tmp/exit)" = 0 ] || tail -n 5 /tmp/said
}

report_start
report_system
report_payload
report_notes
if grep -qw dump /proc/cmdline; then
    report_dump
fi
report_end
