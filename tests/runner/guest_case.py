# SPDX-License-Identifier: GPL-2.0-only
"""Cases with the tiny dom0 and, entered by kexec, the probe.

The guests print TAP, results of the dom0 first, and end QEMU with their
verdict.  Only what comes with this run's nonce counts: a run in which the
probe never spoke, or that stopped before its plan line, has failed.  In
Bochs, which no guest can end, the plan line is the end.
"""

import os
import re
import secrets
from dataclasses import dataclass, field, fields

from . import bochs, guests, tap
from .cases import Case
from .machine import CAUSED, IN_PROGRESS, Config, Machine, Module, halts
from .serial_line import Ended, Fatal, Timeout
from .verdict import (HUNG, STOPPED, Broken, Skipped, complaints, crashed,
                      failed, passed, stopped, worst)

XEN_ARGUMENTS = "com1=115200,8n1 console=com1 loglvl=all guest_loglvl=all"

# Stock Xen takes whole pages only, and promises no state at entry.
STOCK = {"aligned": 1, "rules": 0}

FATAL = (r"Xen BUG at|Panic on CPU|FATAL (TRAP|PAGE FAULT)|"
         r"Hardware Dom0 (crashed|shutdown|halted)")

INJECT = {"nmi": Machine.nmi, "mce": Machine.machine_check}

# What only QEMU can do, or nobody has taught Bochs.
QEMU_FIELDS = ("environment", "console", "topology", "inject", "checked",
               "needs_cpu")

# QEMU's exit status: the verdict, as isa-debug-exit forms it.
PASS_STATUS, FAIL_STATUS = 1, 3


@dataclass(kw_only=True)
class GuestCase(Case):
    """A case of the tiny guests."""
    test: str = "enter"             # the dom0's scenario
    bits: int = 64                  # of the dom0
    arch: int = 64                  # of the probe
    parameters: dict = field(default_factory=dict)  # key=value, for the dom0
    seeds: int = 1                  # how many seeds: a machine for each
    until: str = ""                 # seeds go on until this line comes,
    least: int = 1                  # ... which so many must not have
    machine: str = "qemu"           # or "bochs"
    environment: str = "q35"
    console: str = "com1"           # a further UART, see machine.CONSOLES
    cpus: int = 1
    cpu: str = ""                   # QEMU's -cpu, when it matters, or the
                                    # model that Bochs emulates
    memory: int = 1024              # MiB
    dom0_memory: int = 192          # MiB
    module: int = 0                 # MiB of an initrd that the dom0 ignores
    topology: str = ""              # QEMU's -smp, what follows the number
    xen: str = ""                   # further arguments for Xen; {seed} and
                                    # {uart}, its address, in it
    entered: bool = True            # the probe has to speak
    ends: str = "verdict"           # or "reset": the machine resets itself
    crash: str = ""                 # pattern: Xen has to crash, and why
    inject: str = ""                # nmi or mce, when the dom0 says "# crash"
    checked: int = 0                # CPU to send machine checks to at the
                                    # second look; 0: none
    serial: list = field(default_factory=list)  # patterns, each on some line
    needs_cpu: bool = False         # SKIP where QEMU lacks some of cpu

    def __post_init__(self):
        super().__post_init__()
        if self.machine not in ("qemu", "bochs"):
            raise Broken(f"machine {self.machine}")
        if self.machine == "bochs" and (
                not self.cpu or self.parameters.get("look") or
                any(getattr(self, item.name) != item.default
                    for item in fields(self) if item.name in QEMU_FIELDS)):
            raise Broken("Bochs needs a cpu, and has no "
                         f"{', '.join(QEMU_FIELDS)} and no looks")

    def is_pvh(self):
        """Does the dom0 run as PVH?"""
        return "dom0=pvh" in self.xen.split()

    def run(self, context):
        """A fresh machine for each seed."""
        if self.bits == 32 and not self.is_pvh() and \
                not _has_pv32(context.build):
            raise Skipped("this Xen is built without CONFIG_PV32")
        lacking = self.needs_cpu and context.accelerator.lacks(self.cpu)
        if lacking:
            raise Skipped(lacking)
        if self.checked and context.accelerator.kind == "kvm":
            raise Skipped("KVM does not tell when a CPU has handled a machine "
                          "check")
        folder = guests.make(context.build)
        for seed in range(1, self.seeds + 1):
            outcome, lines = _attempt(self, context, folder, seed)
            if outcome.bad:
                if self.seeds > 1:
                    outcome.reason = f"seed {seed}: {outcome.reason}"
                return outcome
            if self.until and any(re.search(self.until, line.text)
                                  for line in lines):
                return self._enough(seed - 1)
        if self.until:
            return failed(f"no /{self.until}/ in {self.seeds} seeds")
        return passed(f"{self.seeds} seeds" if self.seeds > 1 else "")

    def _enough(self, seeds):
        """The outcome when the line that ends the seeds came after so many."""
        if seeds < self.least:
            return failed(f"/{self.until}/ after {seeds} seeds, "
                          f"not {self.least}")
        return passed(f"{seeds} seeds before the last")


def _has_pv32(build):
    """Was this hypervisor built to run a 32-bit PV dom0?"""
    try:
        config = (build.xen.parent / "config").read_text()
    except OSError:
        return False
    return "CONFIG_PV32=y" in config.split()


def _words(case, build, nonce, seed, uart):
    """The dom0's command line."""
    words = {"test": case.test, "nonce": f"0x{nonce:x}", "seed": seed,
             "arch": case.arch, "cpus": case.cpus, **case.parameters}
    if uart:
        words["uart"] = f"0x{uart:x}"
    if build.hypervisor.startswith("stock"):
        words = {**words, **STOCK}
    return " ".join(f"{key}={value}" for key, value in words.items())


def _uart(case, context):
    """Where the UART in memory will be: such a machine with nothing to boot
    tells."""
    with Machine(
            Config(kernel=None, log=context.folder / "firmware.log",
                   memory=case.memory, environment=case.environment,
                   console=case.console, accelerator=context.accelerator),
            case.limit) as machine:
        return machine.find_uart()


def _machine(case, context, folder, nonce, seed):
    """The machine of one seed."""
    # A PV dom0 that balloons has to be allowed more than it has.
    most = case.dom0_memory if case.is_pvh() else case.memory
    uart = _uart(case, context) if case.console == "memory" else 0
    xen = (f"{XEN_ARGUMENTS} dom0_mem={case.dom0_memory}M,max:{most}M " +
           case.xen.replace("{seed}", str(seed))
                   .replace("{uart}", f"{uart:#x}"))
    modules = [Module(folder / f"loader-{case.bits}",
                      _words(case, context.build, nonce, seed, uart))]
    if case.module:
        initrd = context.folder / "module"
        initrd.write_bytes(b"")
        os.truncate(initrd, case.module << 20)
        modules.append(Module(initrd))
    common = {"kernel": context.build.xen,
              "log": context.folder / f"serial-{seed}.log",
              "append": xen.strip(), "modules": modules,
              "memory": case.memory, "cpus": case.cpus}
    if case.machine == "bochs":
        return bochs.Bochs(
            bochs.Config(debian=context.build.debian, model=case.cpu,
                         **common), case.limit)
    extra = ["-cpu", case.cpu] if case.cpu else []
    if case.topology:
        extra += ["-smp", f"{case.cpus},{case.topology}"]
    return Machine(
        Config(environment=case.environment, accelerator=context.accelerator,
               console=case.console, post_mortem=context.build.post_mortem,
               extra=extra, **common), case.limit)


def _bad_points(found):
    """What of the guests' results is bad, in a few words, or ""."""
    bad = [point.name for point in found.points if not point.good]
    return f"{len(bad)} of {len(found.points)}: " + "; ".join(bad[:4]) \
        if bad else ""


def _was_entered(texts, nonce):
    """Has the probe of this run spoken?"""
    return f"# nonce 0x{nonce:x}" in texts


def _complaints(case, lines, nonce, status):
    """What is wrong with the output of a machine that ended by itself, or
    whose status is None."""
    texts = [line.text for line in lines]
    found = tap.read(texts)
    if found.bail_out:
        raise Broken(found.bail_out)
    bad = _bad_points(found)
    if bad:
        yield bad
    if case.entered and not _was_entered(texts, nonce):
        yield "the probe was not entered"
    for pattern in [case.crash, *case.serial]:
        if not any(re.search(pattern, text) for text in texts):
            yield f"not on the serial line: {pattern}"
    if case.ends == "reset":
        if status != 0:
            yield f"status {status}, not a reset"
    elif not found.points or not found.complete or \
            any(point.number is None for point in found.points):
        yield f"{len(found.points)} results, plan {found.plan}"
    elif status not in (PASS_STATUS, None) and not bad:
        yield f"status {status} in spite of good results"


def _others(machine):
    """The registers of all CPUs but the one that runs the probe, as text, and
    what is wrong with them."""
    cpus = machine.registers()
    halted = [cpu for cpu in cpus if halts(cpu)]
    if len(halted) != len(cpus) - 1:
        return halted, f"{len(cpus) - len(halted)} of {len(cpus)} CPUs run"
    return halted, ""


def _check_until_reset(machine, cpu):
    """Machine checks on a processor that halts: any number is ignored, but
    when the instruction that was interrupted causes them, the second is a
    reset."""
    machine.check_halted(cpu, [IN_PROGRESS, IN_PROGRESS, CAUSED])
    try:
        machine.machine_check(cpu, broadcast=False, state=CAUSED)
    except Fatal:
        pass                    # QEMU says why it resets the machine.


def _follow(machine, case):
    """Wait for the end of the output, and look at the CPUs when the probe
    asks for it; what was wrong with them."""
    first, trouble = None, ""
    if case.inject:
        machine.expect(r"^# crash$", fatal=FATAL)
        INJECT[case.inject](machine)
    while True:
        line, _ = machine.expect(rf"{tap.LAST}|^# look$",
                                 fatal=None if case.crash else FATAL)
        if line.text != "# look":
            return trouble
        seen, wrong = _others(machine)
        if not wrong and first is not None and seen != first:
            wrong = "registers of other CPUs have changed since the entry"
        if case.checked and first is not None:
            _check_until_reset(machine, case.checked)
        first = seen if first is None else first
        trouble = trouble or wrong
        machine.type("x")


def _so_far(machine):
    """What was bad before a machine came to a bad end."""
    bad = _bad_points(tap.read(line.text for line in machine.lines))
    return f"; before, {bad}" if bad else ""


def _early_end(machine, nonce):
    """The outcome of a machine that ended before it was to.  Until the probe
    speaks, that is Xen's fault."""
    texts = [line.text for line in machine.lines]
    reason = (f"the machine ended ({machine.shutdown_reason()}) without a "
              f"verdict after {texts[-3:]}{_so_far(machine)}")
    kind = failed if _was_entered(texts, nonce) else crashed
    return kind(reason, STOPPED)


def _attempt(case, context, folder, seed):
    """One machine: its outcome, and its lines."""
    nonce = secrets.randbits(48) | 1
    with _machine(case, context, folder, nonce, seed) as machine:
        looked = ""
        try:
            looked = _follow(machine, case)
        except Fatal as line:
            outcome = stopped(str(line))
            outcome.reason += _so_far(machine)
            return outcome, machine.lines
        except Ended:
            if case.ends != "reset":
                return _early_end(machine, nonce), machine.lines
        except Timeout:
            return failed(f"no verdict; last: {machine.lines[-1].text!r}"
                          f"{_so_far(machine)}" if machine.lines
                          else "silence", HUNG), machine.lines
        status = machine.wait(10)
    troubles = [*_complaints(case, machine.lines, nonce, status)]
    if case.parameters.get("look") and \
            sum(line.text == "# look" for line in machine.lines) != 2:
        troubles.append("the probe did not ask for two looks")
    outcomes = [failed(trouble) for trouble in (looked, *troubles) if trouble]
    rest = [line for line in machine.lines
            if not case.crash or not re.search(case.crash, line.text)]
    return worst([*outcomes, *complaints(context.build, rest)]), machine.lines
