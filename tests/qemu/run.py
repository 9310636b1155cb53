#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""make run: boot Xen and dom0, kexec into Linux, say what happened when.

Exit status 0 only if the second kernel reached its userland.
"""

import argparse
import re
import sys
from pathlib import Path

import accel
import artefacts
import linux
from machine import Ended, Fatal, Machine, Timeout
from report import Report

# What is waited for, in this order; {nonce} is known to the kernel that is
# entered only.
STAGES = (
    ("Xen up", r"Xen version"),
    ("dom0 starts", r"Linux version"),
    ("dom0 up", r"dom0: userland"),
    ("image loaded", r"dom0: loaded"),
    ("trigger", r"dom0: trigger"),
    ("new kernel's first line", r"Linux version"),
    ("new kernel's userland", r"^hand-over {nonce} userland"),
)
LIMIT = 180


def stage(name, at):
    """One line of progress, at once."""
    print(f"    {name:<26} {at:7.2f} s", flush=True)


def follow(machine, nonce, stages=STAGES, fatal=linux.FATAL, end=60):
    """Print the stages as they happen; the time of each, by name.  The report
    that follows them may take `end` seconds."""
    times = {}
    for name, pattern in stages:
        line, _ = machine.expect(pattern.format(nonce=nonce), fatal=fatal)
        times[name] = line.at
        stage(name, line.at)
    machine.expect(rf"^hand-over {nonce} end", limit=end)
    return times


def segments(texts):
    """What kexec -d printed in dom0, as one line a segment."""
    found = {}
    for text in texts:
        match = re.match(r"segment\[(\d+)\]\.(\w+) *= (0x[0-9a-f]+)", text)
        if match:
            found.setdefault(int(match[1]), {})[match[2]] = int(match[3], 16)
    for number, part in sorted(found.items()):
        if {"mem", "memsz", "bufsz"} <= part.keys():
            yield (f"segment {number}: {part['mem']:#x}-"
                   f"{part['mem'] + part['memsz']:#x}, "
                   f"{part['bufsz']} bytes of data")


def show_image(machine):
    """What was loaded where: Xen's own words where it has any, else what
    kexec -d said in dom0."""
    texts = [line.text for line in machine.lines]
    said = [re.sub(r"^\(XEN\) (\[[^]]*\] )?", "", text) for text in texts
            if re.search(r"\(XEN\).*kexec: ", text)]
    if not any("segment 0:" in text for text in said):
        said += segments(texts)
    entry = [text for text in texts if text.startswith("kexec_load: entry")]
    print("Loaded:")
    for text in said + entry[-1:]:
        print("    " + text)


def show_failure(trouble, machine):
    """What went wrong, and what there was before."""
    print(f"FAILED: {trouble}\nThe last lines of {machine.config.log}:")
    for line in machine.lines[-15:]:
        print("    " + line.text)


def summary(machine, times, report, log):
    """The last lines: what, how long, and what runs now."""
    show_image(machine)
    handover = times["new kernel's first line"] - times["trigger"]
    userland = times["new kernel's userland"] - times["trigger"]
    print(f"Hand-over: {handover:.2f} s from the trigger to the new kernel's "
          f"first line, {userland:.2f} s to its userland")
    print(f"Running now: Linux {report.value('kernel')} "
          f"({report.value('machine')}), {report.value('cpus')} CPU(s), "
          f"{report.value('memory')}, hypervisor: "
          f"{report.value('hypervisor')}")
    print(f"Serial log: {log}")


def main():
    """Parse the arguments, run, summarise; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--hypervisor", default="xen",
                        choices=artefacts.HYPERVISORS)
    parser.add_argument("--cpus", type=int, default=2)
    parser.add_argument("--memory", type=int, default=1024, metavar="MIB")
    parser.add_argument("--verbose", action="store_true",
                        help="show the serial line as well")
    parser.add_argument("--xen", default="", help="arguments for Xen")
    parser.add_argument("--load", default="",
                        help="options for kexec -l, with commas for spaces")
    options = parser.parse_args()

    build = artefacts.Build(options.build.resolve(), options.hypervisor)
    plan = linux.Plan("exec", cpus=options.cpus, memory=options.memory,
                      xen=options.xen, parameters={
                          "load_options": f"-d,{options.load}".strip(",")})
    try:
        this = linux.Round(build, plan, build.top / "run")
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
            times = follow(machine, this.nonce)
        except (Ended, Fatal, Timeout) as trouble:
            show_failure(trouble, machine)
            return 1
    summary(machine, times, Report(machine.lines, this.nonce), config.log)
    return 0


if __name__ == "__main__":
    sys.exit(main())
