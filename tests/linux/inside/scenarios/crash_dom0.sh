# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# A panic of dom0.

leave_evidence
pack
must load_crash
say "loaded"
echo 1 >/proc/sys/kernel/sysrq
say "trigger"
echo c >/proc/sysrq-trigger
give_up "dom0 survived its panic"
