# SPDX-License-Identifier: GPL-2.0-only
"""Cases with Linux as dom0 and Linux as the kernel that is entered.

The scenario is a script of tests/dom0/scenarios/.  The entered kernel gives
the verdict: it reports what it is and what dom0 recorded for it, and only
lines with the nonce of its own command line count.
"""

import re

import dumpreader
import linux
import uefi
from machine import Machine
from report import Report
from serialline import Ended, Fatal, Timeout
from verdict import (CHANCE, HUNG, STOPPED, Skipped, complaint, failed,
                     passed)

FIELDS = {
    "scenario": "exec",
    "parameters": {},               # name=value words, for the scenario
    "ends": "second",               # or "crash": the role that is entered
    "environment": "pc",            # see machine.ENVIRONMENTS
    "boot": "multiboot",            # or how else Xen starts, see linux.Plan
    "target": "linux",              # what is entered, see targets.TARGETS
    "says": "",                     # pattern: all that the entered one says
    "console": "com1",              # of Xen, see linux.XEN_CONSOLES
    "cpus": 1,
    "cpu_features": "",             # for QEMU's -cpu: "+this,-that"
    "nodes": 1,                     # of NUMA
    "qemu": [],                     # further words for QEMU
    "memory": 1024,                 # MiB
    "dom0_memory": 512,             # MiB
    "xen": "",                      # further arguments for Xen,
    "dom0": "",                     # for dom0,
    "entered": "",                  # for the kernel that is entered
    "qemu_from": [],                # the oldest QEMU that has what is needed
    "nmi_after": "",                # pattern of a line: then raise an NMI,
    "key_after": "",                # or press the crash key of Xen's console
    "exact_cmdline": False,         # nothing may be added to the command line
    "cut_cmdline": False,           # ... but its end may be missing
    "guests": False,                # dom0 has those of tests/guest, for xl
    "payload": 0,                   # MiB more initrd, to arrive undamaged
    "evidence": False,              # the dump holds what dom0 left for it
    "dump": False,                  # and what makedumpfile leaves of it
    "reader": [],                   # patterns, in xen-vmcore's report
    "stack": [],                    # functions, in its report on the dump
    "records": [],                  # what dom0 must have recorded, in order
    "xen_log": [],                  # patterns, each must be in Xen's log
    "refusals": 0,                  # how many loads Xen must have refused
}

# The checks of tests/dom0/vmcore.c.
EVIDENCE = ("headers", "notes", "registers", "xen-info", "vmcoreinfo",
            "ring", "low-memory", "dom0-memory")

# Of these, what makedumpfile -X leaves of a dump: no memory without a domain.
FILTERED = ("notes", "registers", "xen-info", "vmcoreinfo", "ring",
            "dom0-memory")

# vmcore.c: the CPU that dom0 ran on was, by chance, seen in Xen.
BY_CHANCE = "Xen had just interrupted dom0"

# What switches the serial line from dom0 to Xen, and its key for a crash.
CRASH_KEY = "\x01\x01\x01C"


def _complaints_on_system(case, this, report):
    """Is the entered kernel the one that was loaded, on the bare machine?"""
    wanted = {"kernel": this.target.version, "hypervisor": "none",
              "machine": this.target.machine, "acpi": "found",
              "efi": "none",        # See docs/matrix.md.
              "cpus": "1" if case.ends == "crash" else str(case.cpus)}
    for key, value in wanted.items():
        if report.value(key) != value:
            yield f"{key} is {report.value(key)}, not {value}"
    given = (this.crash_cmdline if case.ends == "crash"
             else this.second_cmdline).encode()
    found = (report.cmdline() or b"").removesuffix(b"\n")
    if case.cut_cmdline and found and given.startswith(found):
        return
    if not found.startswith(given):
        yield f"command line is {found!r}"
    elif case.exact_cmdline and found != given:
        yield f"appended to the command line: {found[len(given):]!r}"


def _complaints_on_firmware(case, report):
    """Has the entered kernel found ACPI's root pointer where this firmware
    has it?  A BIOS has it in the first MiB, where it is looked for (ACPI
    specification 6.5, section 5.2.5.1); UEFI has it above, where only EFI's
    configuration table leads to it."""
    found = report.value("rsdp") or ""
    if not re.fullmatch("0x[0-9a-f]+", found):
        yield f"ACPI's root pointer is at {found or 'no place'}"
    elif (int(found, 16) < 1 << 20) == (case.boot in uefi.LOADERS):
        yield (f"ACPI's root pointer is at {found}: not as "
               f"{'UEFI' if case.boot in uefi.LOADERS else 'a BIOS'} has it")


def _complaints_on_payload(case, this, report):
    """Did all bytes of the large initrd come through?"""
    found = report.value("payload")
    if case.payload and found != this.payload_digest:
        yield f"payload's digest is {found}, not {this.payload_digest}"


def _bad_checks(report, key, wanted):
    """Of the checks of tests/dom0/vmcore.c under that key, what is wrong."""
    found = dict(line.split(" ", 1) for line in report.values(key))
    for check in wanted:
        if found.get(check) != "ok":
            yield f"{check}: {found.get(check, 'not checked')}"


def _complaints_on_evidence(case, report):
    """After a crash: is in the dump what dom0 left, and what Xen has to?"""
    if not case.evidence:
        return
    spin = ["spin"] if "spin" in case.parameters else []
    yield from _bad_checks(report, "evidence", [*EVIDENCE, *spin])
    if not case.dump:
        return
    if report.values("dump-exit") != ["0: 0", "1: 0"]:
        yield (f"makedumpfile, levels and exit status: "
               f"{report.values('dump-exit')}")
    for key in ("dump-0", "dump-1"):
        for trouble in _bad_checks(report, key, FILTERED):
            yield f"{key}: {trouble}"


def _complaints_on_reader(case, report):
    """After a crash: does xen-vmcore say what an operator wants to know?"""
    if not case.reader:
        return
    if report.value("report-exit") != "0":
        yield f"xen-vmcore: exit status {report.value('report-exit')}"
    for pattern in case.reader:
        if not any(re.search(pattern, line)
                   for line in report.values("report")):
            yield f"not in xen-vmcore's report: {pattern}"


def _complaints_on_dump(case, this, machine):
    """The dump, which will not stay: what xen-vmcore makes of it here."""
    if not case.stack or not case.dump:
        return []
    report = Report(machine.lines, this.nonce)
    if "dump-exit" not in report:
        return ["no dump"]
    reading = dumpreader.read(this.build, this.dump_disk)
    return [f"xen-vmcore on the dump: {complaint}"
            for complaint in dumpreader.complaints(
                reading, case.cpus, case.scenario, case.stack)]


def _complaints_on_records(case, report):
    """Did dom0 see what it had to see?  Compared line by line."""
    found = report.values("record")
    for number, wanted in enumerate(case.records):
        line = found[number] if number < len(found) else "nothing"
        if not re.fullmatch(wanted, line):
            yield f"recorded: {line!r}, not {wanted!r}"
    for line in found[len(case.records):]:
        yield f"recorded as well: {line!r}"


def _complaints_on_log(case, this, lines):
    """Has Xen said what it had to say, and nothing that it never may?"""
    said = [line.text for line in lines if "(XEN)" in line.text]
    for pattern in case.xen_log:
        if not any(re.search(pattern, text) for text in said):
            yield f"not in Xen's log: {pattern}"
    refusals = sum(bool(linux.REFUSAL.search(text)) for text in said)
    if refusals != case.refusals:
        yield f"{refusals} refused loads in Xen's log, not {case.refusals}"
    line = complaint(this.build, lines)
    if line:
        yield line


def _complaints_on_report(case, this, report):
    """Is the report what it has to be?  A kernel of which only a line is
    expected makes none."""
    if case.says:
        return
    yield from _complaints_on_system(case, this, report)
    yield from _complaints_on_firmware(case, report)
    yield from _complaints_on_payload(case, this, report)
    yield from _complaints_on_evidence(case, report)
    yield from _complaints_on_reader(case, report)
    yield from _complaints_on_records(case, report)


def judge(case, this, lines, complaints=()):
    """The outcome of a round that came to its end, with what is wrong with it
    already."""
    complaints = [
        *_complaints_on_report(case, this, Report(lines, this.nonce)),
        *_complaints_on_log(case, this, lines), *complaints]
    if not complaints:
        return passed()
    by_chance = all(BY_CHANCE in complaint for complaint in complaints)
    return failed("; ".join(complaints), CHANCE if by_chance else "")


def _crash_from_outside(case, machine):
    """At a line of dom0's, or, when that says where dom0 spins, once it does:
    it says so before, as it must not be disturbed any more."""
    _, match = machine.expect(case.nmi_after or case.key_after,
                              fatal=linux.FATAL)
    if match.lastindex:
        machine.wait_for_code(case.parameters["spin"],
                              *(int(number, 16) for number in match.groups()))
    if case.nmi_after:
        machine.nmi()
    else:
        machine.type(CRASH_KEY)


def _follow(case, this, machine):
    """Wait for the end of the report; the failed Outcome, or None."""
    # A panic, of Xen or of dom0, is part of a crash case.
    fatal = r"dom0: gave up" if case.ends == "crash" else linux.FATAL
    try:
        if case.nmi_after or case.key_after:
            _crash_from_outside(case, machine)
        if case.says:
            if case.console != "none":
                machine.expect(r"dom0: trigger", fatal=linux.FATAL)
            machine.expect(case.says, fatal=linux.FATAL)
            return None
        machine.expect(this.marker("end"), fatal=fatal)
        return None
    except Fatal as line:
        return failed(str(line), STOPPED)
    except (Ended, Timeout) as trouble:
        cause = HUNG if isinstance(trouble, Timeout) else STOPPED
        report = Report(machine.lines, this.nonce)
        if "userland" in report:
            return failed("entered, but its report is not complete: "
                          f"{trouble}", cause)
        return failed(last_sign(machine.lines, str(trouble)), cause)


def last_sign(lines, otherwise):
    """The most telling line of a round that went wrong."""
    telling = re.compile(linux.FATAL + r"|Reboot in five seconds")
    for line in lines:
        if telling.search(line.text):
            return line.text
    last = next((line.text for line in reversed(lines) if line.text.strip()),
                "nothing at all")
    return f"{otherwise}; last line: {last}"


def place(case):
    """Where the report shows it: {"host": ..., "target": ...}."""
    host = [{"xen.efi": "UEFI, xen.efi", "grub": "UEFI, GRUB"}.get(
        case.boot, case.environment.partition("-")[0])]
    words = " ".join((case.environment, *case.qemu))
    host += [name for sign, name in (("intel", "Intel IOMMU"),
                                     ("amd", "AMD IOMMU")) if sign in words]
    options = case.parameters.get("load_options", "")
    if case.ends == "crash":
        target = "crash kernel"
    elif case.boot == "linux":
        target = "Linux, Xen, Linux"
    elif "hops" in case.parameters:
        target = "Xen, Linux"
    elif case.target != "linux":
        target = {"vmlinux": "Linux, ELF file", "i386": "Linux, 32-bit",
                  "sid": "Linux of sid", "memtest": "memory tester"}.get(
                      case.target, case.target)
    else:
        target = {"--entry-32bit": "Linux, 32-bit entry",
                  "--real-mode": "Linux, 16-bit entry"}.get(options, "Linux")
    return {"host": ", ".join(host), "target": target}


def _round(case, context):
    """One round on a fresh machine."""
    if list(context.accelerator.version()) < case.qemu_from:
        raise Skipped("needs QEMU " + ".".join(map(str, case.qemu_from)))
    plan = linux.Plan(
        case.scenario, environment=case.environment, boot=case.boot,
        target=case.target,
        console=case.console, cpus=case.cpus,
        cpu_features=case.cpu_features, nodes=case.nodes, qemu=case.qemu,
        memory=case.memory, dom0_memory=case.dom0_memory, xen=case.xen,
        dom0=case.dom0,
        entered=" ".join(filter(None, (
            "dump=0,1" if case.dump else "",
            "report=20" if case.reader else "", case.entered))),
        reader=bool(case.reader), guests=case.guests,
        payload=case.payload, parameters=case.parameters,
        dump_disk=2 * case.memory if case.dump else 0)
    this = linux.Round(context.build, plan, context.folder)
    this.prepare()
    try:
        with Machine(this.config(context.accelerator), case.limit) as machine:
            trouble = _follow(case, this, machine)
        complaints = _complaints_on_dump(case, this, machine)
    finally:
        this.clean()
    return trouble or judge(case, this, machine.lines, complaints)


ROUNDS = 3


def run(case, context):
    """One round; another one when nothing but chance is wrong with it."""
    for _ in range(ROUNDS):
        outcome = _round(case, context)
        if outcome.cause != CHANCE:
            break
    return outcome
