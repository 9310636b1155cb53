# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The kernel that kexec -e has entered: reports what it finds.  The nonce in
# each line is on its command line, which only the runner and this kernel
# know.  The runner judges.

. /tests/report.sh

report_start
report_system
report_efi_variables
report_payload
report_end
