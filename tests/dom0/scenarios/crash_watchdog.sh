# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# dom0 asks Xen to watch it, and gives no sign of life.

leave_evidence
pack
must load_crash
say "loaded"
say "trigger"
must /tests/evidence watchdog
while :; do read -r _ </dev/console; done
