# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# No test: for tests/bench.  Start this Xen again, by kexec or through the
# firmware, whichever is typed on the console.

say "ready"
read -r way
case $way in
    kexec)
        say "loading"
        must load_xen 0
        enter
        ;;
    firmware)
        say "trigger"
        reboot -f
        sleep 60
        ;;
esac
give_up "no such way, or it led nowhere: $way"
