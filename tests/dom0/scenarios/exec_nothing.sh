# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# kexec -e with nothing loaded is refused, and dom0 goes on: before any load,
# after an unload, and with only a crash image there.

# try WHEN: exec, and record what came of it.
try()
{
    answer=$(kexec -e 2>&1)
    record "$*: $? $answer"
}

try "nothing"
must load
must kexec -u
try "unloaded"
must load_crash
try "crash image only"
pack
must load
say "loaded"
enter
