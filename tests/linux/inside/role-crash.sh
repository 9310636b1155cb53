# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The kernel that a crash has entered: reports what it finds, and what there
# is to be had of the memory that the crashed system left.  Words of its
# command line:
#
#   report=LINES  what xen-vmcore says of the dump, with that much of the log
#   dump=LEVELS   write it to the disk, at each of these levels of makedumpfile
#   begin=LEVEL   begin to write it, until makedumpfile looks at pages
#   memory=yes    how little memory was available at each of these stages

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

# Until watch_memory has looked again, if it is there.
wait_for_watch()
{
    [ -e /tmp/looks ] || return 0
    seen=$(wc -c </tmp/looks)
    while [ "$(wc -c </tmp/looks)" -lt $((seen + 2)) ]; do
        usleep 50000
    done
}

report_begin()
{
    insmod /lib/modules/virtio_blk.ko
    makedumpfile -f -X -E -d "$1" /proc/vmcore /dev/vda >/tmp/said 2>&1 &
    while ! grep -q "xen user domain" /tmp/said; do
        if ! kill -0 $! 2>/dev/null; then
            tail -n 5 /tmp/said
            return 1
        fi
        usleep 50000
    done
    wait_for_watch
    kill $!
    report dump-begun "$1"
}

# Keep the least that was available since /tmp/least was removed, in KiB.
watch_memory()
{
    while :; do
        while read -r name value _; do
            [ "$name" = MemAvailable: ] || continue
            least=$(cat /tmp/least 2>/dev/null)
            [ "${least:-$value}" -lt "$value" ] || echo "$value" >/tmp/least
            break
        done </proc/meminfo
        printf . >>/tmp/looks
        usleep 50000
    done
}

# report_least STAGE: what it was, and begin anew.
report_least()
{
    [ -n "$(word_of memory)" ] || return 0
    wait_for_watch
    report memory-least "$1 $(cat /tmp/least)"
    rm /tmp/least
}

report_start
if [ -n "$(word_of memory)" ]; then
    watch_memory &
    while [ ! -e /tmp/looks ]; do
        usleep 50000
    done
    report_least start
fi
report_system
report_payload
report_evidence /proc/vmcore evidence
lines=$(word_of report)
[ -z "$lines" ] || report_reader "$lines"
report_least report
levels=$(word_of dump)
[ -z "$levels" ] || report_dump "$levels"
level=$(word_of begin)
[ -z "$level" ] || report_begin "$level"
report_least dump
report_end
