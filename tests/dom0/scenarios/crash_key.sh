# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Crash Xen from dom0 by its debug key.  loads=N loads that many times first.

loads=$(word_of loads)
for _ in $(seq "${loads:-1}"); do
    must load_crash
done
xenstore
say "loaded"
say "trigger"
xl debug-keys C
# Xen acts on the key by itself; the runner's limit ends this.
while :; do read -r _ </dev/console; done
