# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Crash Xen from dom0 by its debug key.  loads=N loads that many times first.
# offline="A,B": CPU A goes offline before the loads, CPU B after them.

offline=$(word_of offline)
before=${offline%,*}
after=${offline#*,}

leave_evidence
for cpu in $before $after; do
    echo "offline $cpu" >>"$facts"
done
pack
[ -z "$before" ] || must xen-hptool cpu-offline "$before"
loads=$(word_of loads)
for _ in $(seq "${loads:-1}"); do
    must load_crash
done
[ -z "$after" ] || must xen-hptool cpu-offline "$after"
xenstore
say "loaded"
say "trigger"
xl debug-keys C
# Xen acts on the key by itself; the runner's limit ends this.
while :; do read -r _ </dev/console; done
