# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Be ready for a crash that comes from outside.

must load_crash
say "loaded"
say "ready"
while :; do read -r _ </dev/console; done
