# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What kexec-tools are told: the status of both types after everything that
# changes one, kexec -e with no image for it, and loads that Xen refuses, which
# leave the armed image.

hypercall=/tests/hypercall
em_x86_64=62

# status WHEN: record both.  kexec --status hands the hypercall's answer on as
# its exit status: 1 loaded, 0 not, 255 an error.
status()
{
    kexec -l --status
    default=$?
    kexec -p --status
    record "$*: default $default crash $?"
}

# try_exec WHAT: kexec -e, which has to come back.
try_exec()
{
    answer=$(kexec -e 2>&1)
    record "exec of $*: $? $answer"
}

# bad NAME SEGMENT...: record the answer to a load.
bad()
{
    name=$1
    shift
    record "$name: $($hypercall load 0 $em_x86_64 0x1000000 "$@" 2>&1)"
}

status "nothing"
try_exec "nothing"
must load
status "load"
must load
status "load again"
bad "overlap" 0x1000000:0x2000:0x1000 0x1001000:0x1000:16
bad "destination is not RAM" 0xfee00000:0x1000:16 0x1000000:0x1000:16
bad "unreadable buffer" 0x1000000:0x2000:16:0x10
status "refused"
must kexec -u
status "unload"
must load_crash
status "crash load"
try_exec "a crash image only"
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
