# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# No test: for tests/bench.  kexec -l with an initrd of mib= MiB, rounds=
# times; "bench load SECONDS s" for each.

uptime_s()
{
    cut -d ' ' -f 1 /proc/uptime
}

initrd=/tmp/large
must dd if=/dev/zero of=$initrd bs=1M count="$(word_of mib)" 2>/dev/null
for _ in $(seq "$(word_of rounds)"); do
    begin=$(uptime_s)
    must load
    end=$(uptime_s)
    say "bench load $(echo "$begin $end" | awk '{ printf "%.2f", $2 - $1 }') s"
    must kexec -u
done
poweroff -f
