# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Be ready for a crash that comes from outside.  spin=CPU: while dom0 runs on
# that CPU of Xen's, undisturbed, with a pattern in its registers.

leave_evidence
pack
must load_crash
say "loaded"
[ -z "$(word_of spin)" ] || exec /tests/evidence spin "$seed" "$(word_of spin)"
say "ready"
while :; do read -r _ </dev/console; done
