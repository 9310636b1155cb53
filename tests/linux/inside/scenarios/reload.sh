# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Load, unload, load, exec.

must load
must kexec -u
must load
say "loaded"
enter
