# SPDX-License-Identifier: GPL-2.0-only
"""make bench-reboot: Xen into Xen by kexec, against a reboot by firmware.

    tests/run reboot --build build [--rounds N]
    tests/run reboot --build build --document docs/performance.md

Boots one UEFI machine with GRUB, and from its dom0 starts the same Xen and
dom0 again, by kexec and through the firmware in turn.  What arrives on the
serial line marks the stages.  Prints a table and writes BUILD/bench/
reboot.json and reboot.svg.  With --document nothing is measured: the table
replaces what is between the two marker lines of that document, and the
picture goes beside it.
"""

import argparse
import datetime
import itertools
import json
import os
import sys
from pathlib import Path

from runner import accel, artefacts, linux
from runner.machine import Machine
from runner.serial_line import Ended, Fatal, Timeout
from runner.verdict import Broken

from . import bench, picture

START = "<!-- reboot: made by tests/bench/reboot.py -->"
END = "<!-- end of reboot -->"
PICTURE = "reboot.svg"

WAYS = {"kexec": "kexec", "kexec wallclock=efi": "kexec, `wallclock=efi`",
        "firmware": "through the firmware"}

TRIGGER = r"dom0: trigger"
# The ends of the stages; those of the firmware come first.
FIRMWARE = {"firmware": r"BdsDxe: starting",
            "GRUB": r"\(XEN\) Xen version"}
KEXEC = {"old Xen": r"kexec: entering the default image",
         "copying, new Xen's first code": r"\(XEN\) Xen version"}
XEN = {"Xen starts": r"\*\*\* Building a PV Dom0",
       "Xen unpacks dom0's kernel": r"\(XEN\)  Dom0 kernel:",
       "Xen builds dom0": r"^mapping kernel into physical memory",
       "dom0's kernel, to its first log line": r"Linux version",
       "dom0's kernel, to userland": r"dom0: userland"}
STAGES = {way: {**(FIRMWARE if way == "firmware" else KEXEC), **XEN}
          for way in WAYS}
FIRST_LINE = "Xen builds dom0"      # The stage that ends with dom0's first.

# Bytes in a second that a serial port of 115200 baud sends.
SERIAL = 11520

# Those of linux.FATAL that are no part of a reboot.
FATAL = (r"Xen BUG at|Panic on CPU|FATAL (TRAP|PAGE FAULT)|dom0: gave up|"
         r"Hardware Dom0 (crashed|halted)|Kernel panic - not syncing")

MEMORY = 2048                       # MiB
LIMIT = 7200


class Clock:
    """The processor time of the emulator at each line of a machine."""

    def __init__(self):
        self.machine = None
        self.at = {}

    def __call__(self, line):
        try:
            self.at[id(line)] = self.machine.processor_seconds()
        except OSError:             # It has ended.
            self.at[id(line)] = float("nan")

    def stages(self, lines, names):
        """{name: (seconds, processor seconds)} between these lines."""
        return {name: (end.at - begin.at,
                       self.at[id(end)] - self.at[id(begin)])
                for name, (begin, end) in zip(
                    names, itertools.pairwise(lines), strict=True)}


def follow(machine, way):
    """Start the machine again; the lines that mark its stages."""
    machine.expect(r"dom0: ready", fatal=FATAL)
    machine.type(f"{way}\n")
    return [machine.expect(pattern, fatal=FATAL)[0]
            for pattern in (TRIGGER, *STAGES[way].values())]


def printed(lines, begin, end):
    """Bytes that Xen prints between these two of the lines."""
    at = [id(line) for line in lines]
    return sum(len(line.text) + 2
               for line in lines[at.index(id(begin)):at.index(id(end))]
               if line.text.startswith("(XEN)"))


def measure(build, rounds):
    """Everything that reboot.json has."""
    load = os.getloadavg()[0]
    accelerator = accel.choose(build.top, build.xen)
    plan = linux.Plan(scenario="reboot_ways", boot="grub", environment="q35",
                      cpus=2, memory=MEMORY, xen_kexec=True,
                      parameters={"hops": 0})
    this = linux.Round(build, plan, build.top / "bench" / "reboot")
    this.prepare()
    found = []
    clock = Clock()
    try:
        config = this.config(accelerator)
        config.stop_on_reset = False
        clock.machine = Machine(config, LIMIT, clock)
        with clock.machine as machine:
            for way in [*WAYS] * rounds:
                lines = follow(machine, way)
                found.append((way, lines))
                print(f"{WAYS[way]:<30} {lines[-1].at - lines[0].at:6.1f} s",
                      flush=True)
    finally:
        this.clean()
    ways = {way: [clock.stages(lines, STAGES[way])
                  for name, lines in found if name == way] for way in WAYS}
    lines = next(lines for way, lines in found if way == "kexec")
    first = lines[1 + list(STAGES["kexec"]).index(FIRST_LINE)]
    return {"printed": printed(machine.lines, lines[0], first),
            "date": datetime.date.today().isoformat(),
            "host": f"{bench.cpu_name()}, {os.cpu_count()} CPUs",
            "accelerator": str(accelerator), "rounds": rounds,
            "load": [load, os.getloadavg()[0]], "ways": ways}


def least(data, way):
    """{stage: (seconds, processor seconds)}, each the least of all rounds:
    other work on the host only adds."""
    rounds = data["ways"][way]
    return {stage: tuple(min(values[stage][which] for values in rounds)
                         for which in range(2))
            for stage in STAGES[way]}


def _cells(pair, mark=""):
    """Cells of the table for (seconds, processor seconds), or for None."""
    return " | ".join(f"{mark}{value:.1f}{mark}" if pair else "-"
                      for value in pair or (0, 0))


def _sum_to(stages, last):
    """Of all stages up to that one: (seconds, processor seconds)."""
    names = list(stages)
    some = names[:names.index(last) + 1]
    return tuple(sum(stages[name][which] for name in some)
                 for which in range(2))


def document(data):
    """The report, as lines of Markdown."""
    yield (f"{data['date']}, {data['host']}; {data['accelerator']}; "
           f"load average {data['load'][0]:.1f} at the start, "
           f"{data['load'][1]:.1f} at the end; of each stage, the least of "
           f"{data['rounds']} rounds.")
    yield ""
    yield ("| from the trigger on | " + " | ".join(
        f"{title}, s | processor, s" for title in WAYS.values()) + " |")
    yield "| --- " * (1 + 2 * len(WAYS)) + "|"
    found = {way: least(data, way) for way in WAYS}
    for stage in {**FIRMWARE, **KEXEC, **XEN}:
        yield f"| {stage} | " + " | ".join(
            _cells(found[way].get(stage)) for way in WAYS) + " |"
    for title, last in (("to dom0's first line", FIRST_LINE),
                        ("to dom0's userland", list(XEN)[-1])):
        yield f"| **{title}** | " + " | ".join(
            _cells(_sum_to(found[way], last), "**") for way in WAYS) + " |"
    yield ""
    yield (f"Until dom0's first line, Xen prints {data['printed']} bytes with "
           f"`loglvl=all`: {data['printed'] / SERIAL:.1f} s at 115200 baud.  "
           "The emulated port takes no time for them.")
    yield ""
    yield f"![Stage by stage]({PICTURE})"


def drawing(data):
    """The picture, as SVG."""
    return picture.bars(
        "From the trigger to dom0's userland, seconds",
        {title.replace("`", ""): {stage: wall for stage, (wall, _)
                 in least(data, way).items()}
         for way, title in WAYS.items()})


def main():
    """Measure, or fill in the document; the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--document", type=Path)
    options = parser.parse_args()
    build = artefacts.Build(options.build.resolve(), "xen")
    kept = build.top / "bench" / "reboot.json"
    try:
        if options.document:
            data = json.loads(kept.read_text())
            bench.put_between(options.document, START, END, document(data))
            (options.document.parent / PICTURE).write_text(drawing(data))
            return 0
        data = measure(build, options.rounds)
    except (Broken, artefacts.Missing, Ended, Fatal, Timeout,
            OSError) as trouble:
        print(f"error: {type(trouble).__name__}: {trouble}", file=sys.stderr)
        return 2
    kept.write_text(json.dumps(data, indent=1) + "\n")
    (kept.parent / PICTURE).write_text(drawing(data))
    print("\n".join(document(data)))
    return 0
