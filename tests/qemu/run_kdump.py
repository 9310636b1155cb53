#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""make run-kdump: crash Xen, and show what the crash kernel finds out.

Boots Xen and dom0, loads a crash kernel and presses Xen's crash key.  The
crash kernel reads /proc/vmcore by itself, and writes a dump to a disk, which
is read here once more, with the symbols of this build.

Exit status 0 only if both reports came, the second with all it can have.
"""

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

import accel
import artefacts
import linux
import run
from machine import Ended, Fatal, Machine, Timeout
from report import Report

# As in run.py.
STAGES = (
    *run.STAGES[:3],
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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--hypervisor", default="xen",
                        choices=artefacts.HYPERVISORS)
    parser.add_argument("--cpus", type=int, default=2)
    parser.add_argument("--memory", type=int, default=1024, metavar="MIB")
    parser.add_argument("--verbose", action="store_true",
                        help="show the serial line as well")
    parser.add_argument("--xen", default="", help="arguments for Xen")
    parser.add_argument("--crash", default="key", choices=("key", "dom0"),
                        help="Xen's crash key, or a panic of dom0")
    options = parser.parse_args()

    build = artefacts.Build(options.build.resolve(), options.hypervisor)
    plan = linux.Plan(
        f"crash_{options.crash}", cpus=options.cpus, memory=options.memory,
        xen=f"crashkernel=192M {options.xen}", reader=True,
        entered=f"report={LAST_LINES} dump=1", dump_disk=2 * options.memory)
    try:
        this = linux.Round(build, plan, build.top / "run-kdump")
        this.prepare()
        accelerator = accel.choose(build.top, build.xen)
        config = this.config(accelerator)
    except artefacts.Missing as missing:
        print(f"error: {missing}; run make first", file=sys.stderr)
        return 2
    print(f"Booting {build.hypervisor} with {plan.cpus} CPU(s), "
          f"{plan.memory} MiB ({accelerator}); times since power-on:")
    show = (lambda line: print(line.text, flush=True)) \
        if options.verbose else None
    with Machine(config, LIMIT, show) as machine:
        try:
            run.follow(machine, this.nonce, STAGES, FATAL)
        except (Ended, Fatal, Timeout) as trouble:
            run.show_failure(trouble, machine)
            return 1
    report = Report(machine.lines, this.nonce)
    good = show_crash_report(report)
    if report.value("dump-exit") != "1: 0":
        print("FAILED: makedumpfile, level and exit status: "
              f"{report.value('dump-exit')}")
        return 1
    good = show_host_report(build, this.dump_disk) and good
    print(f"Serial log: {config.log}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
