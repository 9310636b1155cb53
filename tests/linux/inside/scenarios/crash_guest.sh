# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Crash Xen by its debug key, with a paused domain that xl has made.

xenstore
must xen-init-dom0
# xl waits for a terminal for the domain's console.
mkdir -p /dev/pts
must mount -t devpts devpts /dev/pts
must xenconsoled
cat >/tmp/guest.cfg <<END
type = "pv"
name = "a guest of xl"
uuid = "6d1f7a3e-0c52-4b8e-9f10-2a3b4c5d6e7f"
kernel = "/boot/vmlinuz"
memory = 128
vcpus = 2
END
must xl create -p /tmp/guest.cfg
must load_crash
say "loaded"
say "trigger"
xl debug-keys C
# Xen acts on the key by itself; the runner's limit ends this.
while :; do read -r _ </dev/console; done
