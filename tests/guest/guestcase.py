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

import bochs
import guests
from machine import Config, Machine, Module
from serialline import Ended, Fatal, Timeout
from verdict import (HUNG, STOPPED, Broken, Skipped, complaint, failed,
                     passed)

FIELDS = {
    "test": "enter",                # the dom0's scenario
    "bits": 64,                     # of the dom0
    "arch": 64,                     # of the probe
    "parameters": {},               # key=value words for the dom0
    "seeds": 1,                     # how many seeds: a machine for each
    "until": "",                    # seeds go on until this line comes,
    "least": 1,                     # ... which so many must not have
    "machine": "qemu",              # or "bochs"
    "environment": "q35",
    "cpus": 1,
    "cpu": "",                      # QEMU's -cpu, when it matters, or the
                                    # model that Bochs emulates
    "memory": 1024,                 # MiB
    "dom0_memory": 192,             # MiB
    "module": 0,                    # MiB of an initrd that the dom0 ignores
    "topology": "",                 # QEMU's -smp, what follows the number
    "xen": "",                      # further arguments for Xen; {seed} in it
    "entered": True,                # the probe has to speak
    "ends": "verdict",              # or "reset": the machine resets itself
    "crash": "",                    # pattern: Xen has to crash, and why
    "inject": "",                   # nmi or mce, when the dom0 says "# crash"
    "serial": [],                   # patterns, each on some line
    "needs_cpu": False,             # SKIP where QEMU cannot emulate all of cpu
}

XEN_ARGUMENTS = "com1=115200,8n1 console=com1 loglvl=all guest_loglvl=all"

# Stock Xen takes whole pages only, and promises no state at entry.
STOCK = {"aligned": 1, "rules": 0}

FATAL = (r"Xen BUG at|Panic on CPU|FATAL (TRAP|PAGE FAULT)|"
         r"Hardware Dom0 (crashed|shutdown|halted)")

INJECT = {"nmi": Machine.nmi, "mce": Machine.machine_check}

# What only QEMU can do, or nobody has taught Bochs.
QEMU_FIELDS = ("environment", "topology", "inject", "needs_cpu")

# QEMU's exit status: the verdict, as isa-debug-exit forms it.
PASS_STATUS, FAIL_STATUS = 1, 3

def _has_pv32(build):
    """Was this hypervisor built to run a 32-bit PV dom0?"""
    try:
        config = (build.xen.parent / "config").read_text()
    except OSError:
        return False
    return "CONFIG_PV32=y" in config.split()


def _is_pvh(case):
    """Does the dom0 run as PVH?"""
    return "dom0=pvh" in case.xen.split()


def _words(case, build, nonce, seed):
    """The dom0's command line."""
    words = {"test": case.test, "nonce": f"0x{nonce:x}", "seed": seed,
             "arch": case.arch, "cpus": case.cpus, **case.parameters}
    if build.hypervisor.startswith("stock"):
        words = {**words, **STOCK}
    return " ".join(f"{key}={value}" for key, value in words.items())


def _machine(case, context, folder, nonce, seed):
    """The machine of one seed."""
    # A PV dom0 that balloons has to be allowed more than it has.
    most = case.dom0_memory if _is_pvh(case) else case.memory
    xen = (f"{XEN_ARGUMENTS} dom0_mem={case.dom0_memory}M,"
           f"max:{most}M {case.xen.replace('{seed}', str(seed))}")
    modules = [Module(folder / f"dom0-{case.bits}",
                      _words(case, context.build, nonce, seed))]
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
               post_mortem=context.build.post_mortem, extra=extra,
               **common), case.limit)


def _points(texts):
    """(numbers as printed, those that are not ok, the plan or None)."""
    numbers, bad, plan = [], [], None
    for text in texts:
        if match := re.match(r"(not )?ok (\d+) - (.*)$", text):
            numbers.append(int(match[2]))
            if match[1]:
                bad.append(match[3])
        elif match := re.match(r"1\.\.(\d+)$", text):
            plan = int(match[1])
    return numbers, bad, plan


def _complaints(case, lines, nonce, status):
    """What is wrong with the output of a machine that ended by itself, or
    whose status is None."""
    texts = [line.text for line in lines]
    for text in texts:
        if text.startswith("Bail out!"):
            raise Broken(text)
    numbers, bad, plan = _points(texts)
    if bad:
        yield f"{len(bad)} of {len(numbers)}: " + "; ".join(bad[:4])
    if case.entered and f"# nonce 0x{nonce:x}" not in texts:
        yield "the probe was not entered"
    for pattern in [case.crash, *case.serial]:
        if not any(re.search(pattern, text) for text in texts):
            yield f"not on the serial line: {pattern}"
    if case.ends == "reset":
        if status != 0:
            yield f"status {status}, not a reset"
    elif not numbers or plan != len(numbers) or \
            numbers != list(range(1, plan + 1)):
        yield f"{len(numbers)} results, plan {plan}"
    elif status not in (PASS_STATUS, None) and not bad:
        yield f"status {status} in spite of good results"


def _others(machine):
    """The registers of all CPUs but the one that runs the probe, as text, and
    what is wrong with them."""
    text = machine.monitor("human-monitor-command",
                           **{"command-line": "info registers -a"})
    cpus = re.split(r"^\s*CPU#\d+\s*$", text, flags=re.MULTILINE)[1:]
    halted = [cpu for cpu in cpus if re.search(r"\bHLT=1\b", cpu)]
    if len(halted) != len(cpus) - 1:
        return halted, f"{len(cpus) - len(halted)} of {len(cpus)} CPUs run"
    return halted, ""


def _follow(machine, case):
    """Wait for the end of the output, and look at the CPUs when the probe
    asks for it; what was wrong with them."""
    first, trouble = None, ""
    if case.inject:
        machine.expect(r"^# crash$", fatal=FATAL)
        INJECT[case.inject](machine)
    while True:
        line, _ = machine.expect(r"^1\.\.\d+$|^Bail out!|^# look$",
                                 fatal=None if case.crash else FATAL)
        if line.text != "# look":
            return trouble
        seen, wrong = _others(machine)
        if not wrong and first is not None and seen != first:
            wrong = "registers of other CPUs have changed since the entry"
        first = seen if first is None else first
        trouble = trouble or wrong
        machine.type("x")


def _so_far(machine):
    """What was bad before a machine came to a bad end."""
    numbers, bad, _ = _points(line.text for line in machine.lines)
    return f"; before, {len(bad)} of {len(numbers)}: " + "; ".join(bad[:4]) \
        if bad else ""


def _attempt(case, context, folder, seed):
    """One machine: what was wrong with it, if anything, and why it was not
    judged, if it was not (see verdict.py); its lines."""
    nonce = secrets.randbits(48) | 1
    with _machine(case, context, folder, nonce, seed) as machine:
        looked = ""
        try:
            looked = _follow(machine, case)
        except Fatal as line:
            return f"{line}{_so_far(machine)}", STOPPED, machine.lines
        except Ended:
            if case.ends != "reset":
                last = [line.text for line in machine.lines[-3:]]
                return (f"the machine ended ({machine.shutdown_reason()}) "
                        f"without a verdict after {last}"
                        f"{_so_far(machine)}"), STOPPED, machine.lines
        except Timeout:
            return (f"no verdict; last: {machine.lines[-1].text!r}"
                    f"{_so_far(machine)}" if machine.lines
                    else "silence"), HUNG, machine.lines
        status = machine.wait(10)
    troubles = [*_complaints(case, machine.lines, nonce, status)]
    if case.parameters.get("look") and \
            sum(line.text == "# look" for line in machine.lines) != 2:
        troubles.append("the probe did not ask for two looks")
    trouble = "; ".join(filter(None, [looked, *troubles]))
    rest = [line for line in machine.lines
            if not case.crash or not re.search(case.crash, line.text)]
    return trouble or complaint(context.build, rest), "", machine.lines


def _enough(case, seeds):
    """The outcome when the line that ends the seeds came after so many."""
    if seeds < case.least:
        return failed(f"/{case.until}/ after {seeds} seeds, not {case.least}")
    return passed(f"{seeds} seeds before the last")


def _check_fields(case):
    """Can this be asked of the machine?"""
    if case.machine not in ("qemu", "bochs"):
        raise Broken(f"machine {case.machine}")
    if case.machine == "bochs" and (
            not case.cpu or case.parameters.get("look") or
            any(getattr(case, name) != FIELDS[name] for name in QEMU_FIELDS)):
        raise Broken("Bochs needs a cpu, and has no "
                     f"{', '.join(QEMU_FIELDS)} and no looks")


def run(case, context):
    """A fresh machine for each seed."""
    _check_fields(case)
    if case.bits == 32 and not _is_pvh(case) and \
            not _has_pv32(context.build):
        raise Skipped("this Xen is built without CONFIG_PV32")
    lacking = case.needs_cpu and context.accelerator.lacks(case.cpu)
    if lacking:
        raise Skipped(lacking)
    folder = guests.make(context.build)
    for seed in range(1, case.seeds + 1):
        trouble, cause, lines = _attempt(case, context, folder, seed)
        if trouble:
            return failed(f"seed {seed}: {trouble}" if case.seeds > 1
                          else trouble, cause)
        if case.until and any(re.search(case.until, line.text)
                              for line in lines):
            return _enough(case, seed - 1)
    if case.until:
        return failed(f"no /{case.until}/ in {case.seeds} seeds")
    return passed(f"{case.seeds} seeds" if case.seeds > 1 else "")
