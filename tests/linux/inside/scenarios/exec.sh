# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Load and exec.

must load
say "loaded"
enter
