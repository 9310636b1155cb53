# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Linux without Xen below it: enters Xen by its own kexec.  The dom0 that Xen
# starts then does what the scenario says.

. /tests/lib.sh
. /tests/run.sh

hops=$(word_of hops)
mount -t sysfs sys /sys
record "bare Linux"
# By itself kexec-tools tries kexec_file_load() first here, for which it does
# not look for memory, and gives up when there is none to place Xen in.
#
# kexec-tools do not tell Xen of EFI: see docs/xen-to-xen.md.
rsdp=$(sed -n 's/^ACPI20=//p' /sys/firmware/efi/systab 2>/dev/null)
if [ -n "$rsdp" ]; then
    xen_cmdline="$xen_cmdline no-real-mode acpi_rsdp=$rsdp"
    dom0_cmdline="$dom0_cmdline acpi_rsdp=$rsdp"
fi
must load_xen $((hops - 1)) --kexec-syscall
must kexec -e
