# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Load and exec.  load_options= on the command line is passed to kexec, with
# commas for spaces.

options=$(word_of load_options | tr ',' ' ')
# shellcheck disable=SC2086
must load $options
say "loaded"
enter
