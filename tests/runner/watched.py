# SPDX-License-Identifier: GPL-2.0-only
"""One machine that somebody watches, stage by stage: what `make run` and
`make run-kdump` have in common."""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from . import accel, artefacts, linux
from .machine import Machine
from .serial_line import Ended, Fatal, Timeout

# What is waited for on the way to a loaded image, as (name, pattern).
BOOT_STAGES = (
    ("Xen up", r"Xen version"),
    ("dom0 starts", r"Linux version"),
    ("dom0 up", r"dom0: userland"),
)


@dataclass
class Watched:
    """A machine that has come to its end."""
    build: artefacts.Build
    round: linux.Round
    machine: Machine
    times: dict                     # of each stage, in seconds


def arguments(description):
    """The parser of the command line, with what both have."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--hypervisor", default="xen",
                        choices=artefacts.HYPERVISORS)
    parser.add_argument("--cpus", type=int, default=2)
    parser.add_argument("--memory", type=int, default=1024, metavar="MIB")
    parser.add_argument("--verbose", action="store_true",
                        help="show the serial line as well")
    parser.add_argument("--xen", default="", help="arguments for Xen")
    return parser


def _follow(machine, nonce, stages, fatal):
    """Print the stages as they happen; the time of each, by name."""
    times = {}
    for name, pattern in stages:
        line, _ = machine.expect(pattern.format(nonce=nonce), fatal=fatal)
        times[name] = line.at
        print(f"    {name:<26} {line.at:7.2f} s", flush=True)
    machine.expect(rf"^hand-over {nonce} end", limit=60)
    return times


def _show_failure(trouble, machine):
    """What went wrong, and what there was before."""
    print(f"FAILED: {trouble}\nThe last lines of {machine.config.log}:")
    for line in machine.lines[-15:]:
        print("    " + line.text)


def boot(options, plan, name, stages, limit, fatal=linux.FATAL):
    """Boot what is planned, with its files under that name, and follow it
    through the stages; {nonce} in their patterns is known to the kernel that
    is entered only.  Exits when something is not there, or goes wrong."""
    build = artefacts.Build(options.build.resolve(), options.hypervisor)
    try:
        this = linux.Round(build, plan, build.top / name)
        this.prepare()
        accelerator = accel.choose(build.top, build.xen)
        config = this.config(accelerator)
    except artefacts.Missing as missing:
        print(f"error: {missing}; run make first", file=sys.stderr)
        sys.exit(2)
    print(f"Booting {build.hypervisor} with {plan.cpus} CPU(s), "
          f"{plan.memory} MiB ({accelerator}); times since power-on:")
    show = (lambda line: print(line.text, flush=True)) \
        if options.verbose else None
    with Machine(config, limit, show) as machine:
        try:
            times = _follow(machine, this.nonce, stages, fatal)
        except (Ended, Fatal, Timeout) as trouble:
            _show_failure(trouble, machine)
            sys.exit(1)
    return Watched(build, this, machine, times)
