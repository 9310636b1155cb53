# SPDX-License-Identifier: GPL-2.0-only
"""make run-kdump: crash Xen, and show what the crash kernel finds out.

Boots Xen and dom0, loads a crash kernel and presses Xen's crash key.  The
crash kernel reads /proc/vmcore by itself, and writes a dump to a disk, which
is read here once more, with the symbols of this build.

Exit status 0 only if both reports came, the second with all it can have.
"""

import os
import re
import subprocess

from . import linux, watched
from .report import Report

STAGES = (
    *watched.BOOT_STAGES,
    ("crash kernel loaded", r"dom0: loaded"),
    ("crash", r"dom0: trigger"),
    ("crash kernel's first line", r"Linux version"),
    ("crash kernel's userland", r"^hand-over {nonce} userland"),
    ("report written", r"^hand-over {nonce} report-exit"),
    ("dump written", r"^hand-over {nonce} dump-exit"),
)
LIMIT = 300
# A panic is what this is about.
FATAL = r"dom0: gave up|Reboot in five seconds"
# Of Xen's console.
LAST_LINES = 8


def show_crash_report(report):
    """What the crash kernel has read, without xen-syms; whether it could."""
    print("The crash kernel's report on /proc/vmcore:")
    for line in report.values("report"):
        print("    " + line)
    return report.value("report-exit") == "0"


def show_host_report(build, dump):
    """What xen-syms adds to that, from the dump: where it was, and the stacks;
    whether nothing was missing."""
    command = [str(build.reader), str(dump), str(build.xen_syms)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    report, _, _ = done.stdout.partition("\nDomains:")
    summary, _, cpus = report.partition("\nCPU ")
    where = re.search(r"Where: .*", summary)
    print("Stacks in the dump, read with xen-syms:")
    for line in [where[0] if where else "Where: not found", "",
                 *f"CPU {cpus}{done.stderr}".splitlines()]:
        if not re.match(r" +[a-z0-9]+ +[0-9a-f]+  ", line):     # Registers.
            print("    " + line)
    print("All of it: " + " ".join(map(os.path.relpath, command)))
    return done.returncode == 0


def main():
    """Parse the arguments, run, show; the exit status."""
    parser = watched.arguments(__doc__)
    parser.add_argument("--crash", default="key", choices=("key", "dom0"),
                        help="Xen's crash key, or a panic of dom0")
    options = parser.parse_args()
    plan = linux.Plan(
        scenario=f"crash_{options.crash}", cpus=options.cpus,
        memory=options.memory, xen=f"crashkernel=192M {options.xen}",
        crash_reader=True,
        entered=f"report={LAST_LINES} dump=1", dump_disk=2 * options.memory)
    seen = watched.boot(options, plan, "run-kdump", STAGES, LIMIT, FATAL)
    report = Report(seen.machine.lines, seen.round.nonce)
    good = show_crash_report(report)
    if report.value("dump-exit") != "1: 0":
        print("FAILED: makedumpfile, level and exit status: "
              f"{report.value('dump-exit')}")
        return 1
    good = show_host_report(seen.build, seen.round.dump_disk) and good
    print(f"Serial log: {seen.machine.config.log}")
    return 0 if good else 1
