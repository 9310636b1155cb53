# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# No test: for tests/bench.  Start this Xen again, by kexec or through the
# firmware, whichever is typed on the console; behind kexec, more words for Xen.

say "ready"
read -r way words
case $way in
    kexec)
        say "loading"
        xen_cmdline="$xen_cmdline $words"
        must load_xen 0
        enter
        ;;
    firmware)
        say "trigger"
        reboot -f
        ;;
esac
give_up "no such way, or it led nowhere: $way"
