# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# A panic of dom0, with a crash kernel that has no purgatory.

record "no purgatory"
pack
# shellcheck disable=SC2046
set -- $(/tests/hypercall range 0)
must /tests/bzimage $kernel "$initrd" "$crash_cmdline" "$2" "$3"
say "loaded"
echo 1 >/proc/sys/kernel/sysrq
say "trigger"
echo c >/proc/sysrq-trigger
give_up "dom0 survived its panic"
