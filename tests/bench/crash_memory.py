# SPDX-License-Identifier: GPL-2.0-only
"""make bench-crash-memory: how much memory a crash kernel needs.

    tests/run crash-memory --build build [--area MIB] [--least] [SIZE...]

For each size of host, in GiB, crashes Xen and lets the crash kernel print the
report and write the dump, while it watches how much memory is available.  The
host's memory is sparse: only what is written takes room here.  Prints a line
for each size and writes all of them to BUILD/bench/crash-memory.md.

On hosts of more than 8 GiB makedumpfile is stopped when it begins to look at
pages: to look at all of them takes an emulator hours.  --least looks for the
smallest area with which that works, on the first size, in steps of 8 MiB.
Exit status 0 when everything was measured.
"""

import argparse
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from runner import accel, artefacts, linux
from runner.machine import Machine
from runner.report import Report
from runner.serial_line import Ended, Fatal, Timeout

SIZES = (2, 8, 32, 128, 256)
WHOLE = 8                           # as large, and the dump is whole
LIMIT = 3600
STEP = 8

HEAD = ("| host | area | image | kernel and initramfs | report | dump | "
        "time |\n| --- | --- | --- | --- | --- | --- | --- |")


@dataclass
class Figures:
    """Of one crash: MiB, seconds."""
    size: int                       # GiB
    area: int
    image: float                    # as loaded
    idle: float                     # taken before anything is done
    report: float                   # at most, during the report,
    dump: float                     # and during makedumpfile
    seconds: float                  # from the crash on
    begun: bool                     # makedumpfile has not come to its end

    def row(self):
        """The line of the table."""
        return (f"| {self.size} GiB | {self.area} MiB | {self.image:.1f} | "
                f"{self.idle:.1f} | {self.report:.1f} | {self.dump:.1f} | "
                f"{'begun' if self.begun else f'{self.seconds:.0f} s'} |")


def plan(size, area):
    """The round: dom0 has 512 MiB, for all of it is saved."""
    return linux.Plan(
        scenario="crash_key", cpus=2, memory=size << 10,
        xen=f"crashkernel={area}M bootscrub=0", crash_reader=True,
        entered=f"report=20 {'dump' if size <= WHOLE else 'begin'}=1 "
                "memory=yes",
        dump_disk=2 * size << 10,
        qemu=["-object", f"memory-backend-ram,id=ram,size={size}G,reserve=off",
              "-machine", "memory-backend=ram"])


def figures(size, area, lines, nonce):
    """What the serial line says; ValueError with what is missing."""
    report = Report(lines, nonce)
    begun = report.value("dump-begun") is not None
    if report.value("report-exit") != "0" or \
            not (begun or report.value("dump-exit") == "1: 0"):
        raise ValueError(f"report: {report.value('report-exit')}, "
                         f"dump: {report.value('dump-exit')}")
    least = dict(value.split() for value in report.values("memory-least"))
    if set(least) != {"start", "report", "dump"}:
        raise ValueError(f"memory was watched only at: {', '.join(least)}")
    image = next((int(match[1]) for line in lines if (match := re.search(
        r"kexec: crash: loaded: \d+ segments, (\d+) bytes", line.text))), 0)
    start = next(line.at for line in lines if "dom0: trigger" in line.text)
    taken = [area - int(least[stage]) / 1024
             for stage in ("start", "report", "dump")]
    return Figures(size, area, image / 2 ** 20, *taken, lines[-1].at - start,
                   begun)


def crash(build, size, area):
    """One crash; its figures.  ValueError when there are none."""
    this = linux.Round(build, plan(size, area), build.top / "bench" / "memory")
    this.prepare()
    try:
        config = this.config(accel.choose(build.top, build.xen))
        with Machine(config, LIMIT) as machine:
            machine.expect(this.marker("end"), fatal=r"dom0: gave up|"
                           r"Kernel panic - not syncing|Out of memory:")
        return figures(size, area, machine.lines, this.nonce)
    except (Ended, Fatal, Timeout) as trouble:
        raise ValueError(f"{type(trouble).__name__}: {trouble}") from None
    finally:
        this.clean()


def find_least(build, size, area):
    """Smaller and smaller areas, until one does not do; the last that did."""
    least = None
    try:
        while area > STEP:
            least = crash(build, size, area)
            print(least.row(), flush=True)
            area -= STEP
    except ValueError as trouble:
        print(f"{area} MiB: {trouble}", flush=True)
    return least


def measure(build, options):
    """Measure and print; the rows, and whether none is missing."""
    rows, good = [], True
    print(HEAD, flush=True)
    for size in options.sizes or SIZES:
        try:
            rows.append(crash(build, size, options.area).row())
            print(rows[-1], flush=True)
        except ValueError as trouble:
            print(f"{size} GiB: {trouble}", flush=True)
            good = False
    if options.least:
        least = find_least(build, (options.sizes or SIZES)[0],
                           options.area - STEP)
        good = good and least is not None
        rows += [least.row()] if least else []
    return rows, good


def main():
    """Parse the arguments and measure; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--area", type=int, default=192, metavar="MIB")
    parser.add_argument("--least", action="store_true")
    parser.add_argument("sizes", nargs="*", type=int, metavar="SIZE")
    options = parser.parse_args()
    build = artefacts.Build(options.build.resolve(), "xen")
    try:
        rows, good = measure(build, options)
    except artefacts.Missing as missing:
        print(f"error: {missing}; run make first", file=sys.stderr)
        return 2
    (build.top / "bench" / "crash-memory.md").write_text(
        "\n".join([HEAD, *rows, ""]))
    return 0 if good else 1
