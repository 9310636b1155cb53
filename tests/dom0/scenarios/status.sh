# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Ask for the status of both types after everything that changes one.
# kexec --status hands the hypercall's answer on as its exit status: 1 loaded,
# 0 not, 255 an error.

# status WHEN: record both.
status()
{
    kexec -l --status
    default=$?
    kexec -p --status
    record "$*: default $default crash $?"
}

status "nothing"
must load
status "load"
must load
status "load again"
must load
status "and again"
must kexec -u
status "unload"
must load
must kexec -u
status "load, unload"
must load_crash
status "crash load"
must load_crash
status "crash load again"
must load
status "both"
must kexec -p -u
status "crash unload"
pack
must load
say "loaded"
enter
