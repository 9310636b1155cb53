# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Load, and leave by systemd: "systemctl kexec" asks Xen whether an image is
# loaded (KEXEC_CMD_kexec_status), stops what runs, and has kexec -e run.  With
# no image, or with a wrong answer, it looks for a kernel on an EFI disk.

record "first process: $(tr '\0' ' ' </proc/1/cmdline)"
pack
must load
say "loaded"
say "trigger"
answer=$(SYSTEMD_LOG_LEVEL=debug systemctl kexec 2>&1)
case $answer in
    *"kernel already loaded"*) ;;
    *) give_up "systemctl kexec sees no image: $answer" ;;
esac
# systemd goes on, and ends this.
exit 0
