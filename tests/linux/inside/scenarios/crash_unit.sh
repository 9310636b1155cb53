# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# A crash kernel that tools/xen-kdump/xen-kdump.service has loaded, by a
# systemd that was told where it is.  Stopping the unit unloads it.

# 1 when an image is loaded, 0 when none is.
loaded()
{
    kexec -p --status >/dev/null 2>&1
    echo $?
}

record "first process: $(tr '\0' ' ' </proc/1/cmdline)"
pack
mkdir -p /etc/default
cat >/etc/default/xen-kdump <<END
INITRD=$initrd
APPEND="$crash_cmdline"
END
# This systemd has no units besides, not even a journal.
mkdir -p /run/systemd/system/xen-kdump.service.d
cat >/run/systemd/system/xen-kdump.service.d/alone.conf <<END
[Unit]
DefaultDependencies=no
[Service]
StandardOutput=file:/dev/console
StandardError=inherit
END
must systemctl daemon-reload
must systemctl start xen-kdump.service
[ "$(loaded)" = 1 ] || give_up "the unit has loaded nothing"
must systemctl stop xen-kdump.service
[ "$(loaded)" = 0 ] || give_up "the unit has unloaded nothing"
must systemctl start xen-kdump.service
[ "$(loaded)" = 1 ] || give_up "the unit has loaded nothing again"
say "loaded"
say "trigger"
xl debug-keys C
# Xen acts on the key by itself; the runner's limit ends this.
while :; do read -r _ </dev/console; done
