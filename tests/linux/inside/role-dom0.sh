# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Linux as dom0: runs the scenario named on the command line, which ends by
# entering another kernel.  When it ends otherwise, the machine is switched
# off, which the runner takes for a failure.

. /tests/lib.sh
. /tests/run.sh

say "userland"
mount -t sysfs sys /sys
insmod /lib/modules/xen-privcmd.ko
insmod /lib/modules/xenfs.ko
mount -t xenfs xenfs /proc/xen
[ -e /dev/xen/privcmd ] || give_up "no /dev/xen/privcmd"

scenario=$(word_of scenario)
[ -f "/tests/scenarios/$scenario.sh" ] || give_up "no scenario $scenario"
say "scenario $scenario"
# shellcheck source=/dev/null
. "/tests/scenarios/$scenario.sh"
give_up "the scenario $scenario came to its end"
