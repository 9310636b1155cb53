# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The kernel that a crash has entered: reports what it finds, and what there
# is to be had of the memory that the crashed system left.  Words of its
# command line:
#
#   report=LINES  what xen-vmcore says of the dump, with that much of the log
#   dump=LEVELS   write it to the disk, at each of these levels of makedumpfile

. /tests/report.sh

# Hold the dump against what dom0 left: a line for each check.
report_evidence()
{
    [ -f /from-dom0/facts ] || return 0
    /tests/vmcore "$1" /from-dom0/facts >/tmp/checks 2>&1
    while read -r line; do
        report "$2" "$line"
    done </tmp/checks
}

# What an operator gets to see without a dump.
report_reader()
{
    /tests/xen-vmcore --last="$1" /proc/vmcore >/tmp/reader 2>&1
    status=$?
    while IFS= read -r line; do
        report report "$line"
    done </tmp/reader
    report report-exit "$status"
}

# Filter /proc/vmcore as a hypervisor's dump: the pages of Xen and of dom0.
report_dump()
{
    insmod /lib/modules/virtio_blk.ko
    for level in $(echo "$1" | tr ',' ' '); do
        makedumpfile -f -X -E -d "$level" /proc/vmcore /dev/vda \
            >/tmp/said 2>&1
        status=$?
        [ "$status" = 0 ] || tail -n 5 /tmp/said
        report_evidence /dev/vda "dump-$level"
        report dump-exit "$level: $status"
    done
    sync
}

report_start
report_system
report_payload
report_evidence /proc/vmcore evidence
lines=$(word_of report)
[ -z "$lines" ] || report_reader "$lines"
levels=$(word_of dump)
[ -z "$levels" ] || report_dump "$levels"
report_end
