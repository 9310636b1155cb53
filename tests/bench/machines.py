# SPDX-License-Identifier: GPL-2.0-only
"""The emulated part of the benchmark: machines that are booted to be timed.

Each function boots one fresh machine and returns what it measured, times in
seconds.  The tiny dom0's scenarios are in tests/guest/loader/s-bench.c.
"""

import re
import secrets
from dataclasses import dataclass, field

from runner import accel, guest_case, guests, linux
from runner.machine import Config, Machine, Module
from runner.serial_line import Ended, Fatal, Timeout

# Memory is not scrubbed: a machine of 12 GiB is not touched for nothing.
XEN_ARGUMENTS = ("com1=115200,8n1 console=com1 loglvl=all guest_loglvl=all "
                 "bootscrub=0")

# The dom0's buffers and what it needs itself; and what is of no use to it,
# for its memory comes in pieces and segments want theirs in one.  In MiB.
BUFFERS = 576
SLACK = 640
LARGE_HOST = 12288

LINUX_LIMIT = 300

# With kexec-tools: dom0 has the file, and kexec up to two copies of it.
TOOLS_LIMIT = 1200
TOOLS_SLACK = 1024


class Unmeasured(Exception):
    """A machine that did not say what it was booted for."""


class Counting(accel.Emulator):
    """Software emulation in which an instruction takes a nanosecond."""

    def arguments(self, features=""):
        """QEMU's -accel and -cpu."""
        # Where the emulation has it, writes to its registers read the clock
        # in the middle of a block of instructions: "Bad icount read".
        features = ",".join(filter(None, [features, "-x2apic"]))
        return ["-icount", "shift=0,sleep=off", "-accel", "tcg,thread=single",
                *super().arguments(features)[2:]]


@dataclass
class Figures:
    """What one boot of the tiny dom0 measured."""
    times: dict = field(default_factory=dict)     # (what, MiB) -> [seconds]
    taken: dict = field(default_factory=dict)     # MiB -> [bytes of the heap]
    stretches: dict = field(default_factory=dict)  # slot and work -> seconds
    entry: float | None = None      # from the trigger to the first instruction


@dataclass
class Job:
    """One boot of the tiny dom0."""
    test: str
    words: dict
    dom0_memory: int                # MiB
    memory: int = LARGE_HOST        # MiB
    xen: str = ""
    prealloc: bool = False          # the emulator gets all memory at once
    counted: bool = False           # time is a count of instructions
    limit: int = 1200               # s, of a machine that hangs


def load(first, last, rounds, **words):
    """Loads of first to last MiB, doubled."""
    crash = f"crashkernel={last + 16}M" if words.get("type") == "crash" else ""
    return Job("bench_load", {"from": first, "to": last, "rounds": rounds,
                              **words},
               dom0_memory=BUFFERS + last + SLACK, xen=crash)


def collide(size, rounds, **words):
    """Loads of size MiB into what the heap gives out meanwhile.

    A load that is timed once has no earlier one to warm up the emulator's
    memory: it gets all of it at once.
    """
    job = load(size, size, rounds, collide=1, **words)
    job.memory = job.dom0_memory + 3 * size + 512
    job.prealloc = True
    return job


def entry(size, **words):
    """The way from the trigger to the first instruction, size MiB."""
    crash = words.get("type") == "crash"
    dom0_memory = BUFFERS + size + SLACK
    return Job("bench_entry", {"size": size, "rules": 0, **words},
               dom0_memory=dom0_memory,
               memory=dom0_memory + size * (2 if crash else 1) + 384,
               xen=f"crashkernel={size + 16}M" if crash else "",
               prealloc=True)


def _config(job, build, accelerator, log, nonce):
    """The machine of a job."""
    folder = guests.make(build)
    words = {"test": job.test, "nonce": f"0x{nonce:x}", "arch": 64,
             "cpus": 1, **job.words}
    if build.hypervisor.startswith("stock"):
        words = {**words, **guest_case.STOCK}
    extra = ["-object", f"memory-backend-ram,id=ram,size={job.memory}M,"
             "prealloc=on", "-machine", "memory-backend=ram"] \
        if job.prealloc else []
    return Config(
        kernel=build.xen, log=log, memory=job.memory, environment="q35",
        append=f"{XEN_ARGUMENTS} dom0_mem={job.dom0_memory}M,"
               f"max:{job.memory}M {job.xen}".strip(),
        accelerator=Counting(accelerator.program) if job.counted
        else accelerator,
        modules=[Module(folder / "loader-64", " ".join(
            f"{key}={value}" for key, value in words.items()))],
        extra=extra)


def _read(lines):
    """The figures in the lines of a machine."""
    figures, scale = Figures(), None

    def seconds(ticks):
        mul, shift = scale
        ticks = ticks << shift if shift >= 0 else ticks >> -shift
        return (ticks * mul >> 32) / 1e9

    for line in lines:
        if match := re.match(r"# bench scale (\d+) (-?\d+)$", line.text):
            scale = int(match[1]), int(match[2])
        elif line.text == "# bench warm":
            figures.stretches.clear()
        elif match := re.match(r"# bench taken (\d+) 0x([0-9a-f]+)$",
                               line.text):
            figures.taken.setdefault(int(match[1]), []).append(
                int(match[2], 16))
        elif match := re.match(r"# bench (\w+) (\d+) 0x([0-9a-f]+)$",
                               line.text):
            figures.times.setdefault((match[1], int(match[2])), []).append(
                seconds(int(match[3], 16)))
        elif match := re.match(r"# 0x([0-9a-f]+) ticks from the trigger",
                               line.text):
            figures.entry = seconds(int(match[1], 16))
        elif match := re.search(r"kexec: (\w+): longest stretch: (\w+) "
                                r"(\d+) us", line.text):
            figures.stretches[f"{match[1]} {match[2]}"] = int(match[3]) / 1e6
    return figures


def run(job, build, accelerator, log):
    """Boot the job's machine; its Figures."""
    config = _config(job, build, accelerator, log, secrets.randbits(48) | 1)
    with Machine(config, job.limit) as machine:
        try:
            machine.expect(r"^1\.\.\d+$|^Bail out!", fatal=guest_case.FATAL)
        except (Ended, Fatal, Timeout) as trouble:
            raise Unmeasured(str(trouble)) from None
        bad = [line.text for line in machine.lines
               if line.text.startswith(("not ok", "Bail out!"))]
        # On stock the probe looks at little, but what it says has to hold.
        if bad:
            raise Unmeasured(bad[0])
        figures = _read(machine.lines)
    if job.test == "bench_entry" and figures.entry is None:
        raise Unmeasured("the probe said nothing")
    return figures


def hand_over(build, accelerator, folder):
    """Linux kexecs into Linux: seconds from the trigger to the first line."""
    this = linux.Round(build, linux.Plan(), folder)
    this.prepare()
    try:
        with Machine(this.config(accelerator), LINUX_LIMIT) as machine:
            try:
                begin, _ = machine.expect(r"dom0: trigger", fatal=linux.FATAL)
                end, _ = machine.expect(r"Linux version", fatal=linux.FATAL)
            except (Ended, Fatal, Timeout) as trouble:
                raise Unmeasured(str(trouble)) from None
            return end.at - begin.at
    finally:
        this.clean()


def kexec_tools(build, accelerator, folder, size, rounds):
    """kexec -l of an initrd of size MiB by a Debian dom0: seconds of each
    round, after one that warms up."""
    plan = linux.Plan(scenario="bench_load", memory=5 * size + 2 * TOOLS_SLACK,
                      dom0_memory=4 * size + TOOLS_SLACK,
                      parameters={"mib": size, "rounds": rounds + 1})
    this = linux.Round(build, plan, folder)
    this.prepare()
    try:
        with Machine(this.config(accelerator), TOOLS_LIMIT) as machine:
            try:
                found = [float(machine.expect(
                    r"dom0: bench load (\d+\.\d+) s", fatal=linux.FATAL)
                    [1][1]) for _ in range(rounds + 1)]
            except (Ended, Fatal, Timeout) as trouble:
                raise Unmeasured(str(trouble)) from None
    finally:
        this.clean()
    return found[1:]


def firmware_resets(build, accelerator, folder, rounds):
    """Linux from the firmware: seconds from resets to the first line."""
    this = linux.Round(build, linux.Plan(), folder)
    this.prepare()
    config = Config(
        kernel=build.vmlinuz, log=folder / "serial.log",
        append=this.second_cmdline, memory=1024, accelerator=accelerator,
        modules=[Module(this.initrd)], stop_on_reset=False)
    found = []
    try:
        with Machine(config, LINUX_LIMIT) as machine:
            try:
                machine.expect(r"Linux version")
                for _ in range(rounds):
                    begin = machine.seconds()
                    machine.monitor("system_reset")
                    line, _ = machine.expect(r"Linux version")
                    found.append(line.at - begin)
            except (Ended, Timeout) as trouble:
                raise Unmeasured(str(trouble)) from None
    finally:
        this.clean()
    return found
