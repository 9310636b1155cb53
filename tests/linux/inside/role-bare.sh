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
must load_xen $((hops - 1)) --kexec-syscall
must kexec -e
