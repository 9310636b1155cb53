# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The kernel that a crash has entered: reports what it finds, and what
# makedumpfile makes of the memory that the crashed system left.

. /tests/report.sh

# xen_dump LEVEL: filter /proc/vmcore as a hypervisor's dump; its size and
# the ELF type of the result.
xen_dump()
{
    makedumpfile -X -E -d "$1" /proc/vmcore /tmp/dump >/tmp/said 2>&1
    report "dump-$1-exit" $?
    report "dump-$1-bytes" "$(stat -c %s /tmp/dump)"
    report "dump-$1-head" "$(head -c 4 /tmp/dump | od -An -tx1)"
    tail -n 3 /tmp/said
    rm -f /tmp/dump
}

report_start
report_system
report_payload
report "vmcore-bytes" "$(stat -c %s /proc/vmcore)"
xen_dump 0
report_end
