# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Six loads in a row, each taking the place of the one before, then exec.

for number in 1 2 3 4 5 6; do
    say "load $number"
    must load
done
say "loaded"
enter
