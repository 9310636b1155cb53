# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Crash loads without a crash area, by kexec-tools, which finds out by itself,
# and by a raw hypercall.

hypercall=/tests/hypercall

record "area: $($hypercall range 0)"
kexec -p "$kernel" --initrd="$initrd" --append=none
record "kexec -p: $?"
record "raw: $($hypercall load 1 62 0x1000000 0x1000000:0x1000:16)"
record "status: default $($hypercall status 0) crash $($hypercall status 1)"
pack
must load
enter
