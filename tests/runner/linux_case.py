# SPDX-License-Identifier: GPL-2.0-only
"""Cases with Linux as dom0 and Linux as the kernel that is entered.

The entered kernel gives the verdict: it reports what it is and what dom0
recorded for it, and only lines with the nonce of its own command line count.
"""

import re
from dataclasses import dataclass, field, fields

from . import dump_reader, linux, uefi
from .cases import Case
from .machine import IN_PROGRESS, Machine, halts
from .report import Report
from .serial_line import Ended, Fatal, Timeout
from .verdict import (CHANCE, HUNG, STOPPED, Broken, Skipped, complaints,
                      crashed, failed, stopped, worst)

# The checks of vmcore.c of linux.INSIDE.
EVIDENCE = ("headers", "notes", "registers", "xen-info", "vmcoreinfo",
            "ring", "low-memory", "dom0-memory")

# Of these, what makedumpfile -X leaves of a dump: no memory without a domain.
FILTERED = ("notes", "registers", "xen-info", "vmcoreinfo", "ring",
            "dom0-memory")

# vmcore.c: the CPU that dom0 ran on was, by chance, seen in Xen.
BY_CHANCE = "Xen had just interrupted dom0"

# What switches the serial line from dom0 to Xen, and its key for a crash.
CRASH_KEY = "\x01\x01\x01C"


def _finds_efi(case):
    """Is the entered kernel told of EFI?  See docs/matrix.md."""
    return case.xen_kexec and case.boot in uefi.LOADERS


def _complaints_on_efi(case, this, report):
    """Can the entered kernel call EFI's runtime services?"""
    if not _finds_efi(case):
        return
    found = (report.value("efi-firmware") or "").split()
    if len(found) != 6:             # Four bytes of attributes, a 16-bit value.
        yield f"EFI's variable BootCurrent is {found}"
    if report.value("efi-ours") != this.nonce:
        yield f"the EFI variable is {report.value('efi-ours')}"


def _complaints_on_system(case, this, report):
    """Is the entered kernel the one that was loaded, on the bare machine?"""
    wanted = {"kernel": this.target.version, "hypervisor": "none",
              "machine": this.target.machine, "acpi": "found",
              "efi": "found" if _finds_efi(case) else "none",
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
        return
    is_uefi = case.boot in (*uefi.LOADERS, "linux.efi")
    if (int(found, 16) < 1 << 20) == is_uefi:
        yield (f"ACPI's root pointer is at {found}: not as "
               f"{'UEFI' if is_uefi else 'a BIOS'} has it")


def _complaints_on_payload(case, this, report):
    """Did all bytes of the large initrd come through?"""
    found = report.value("payload")
    if case.payload and found != this.payload_digest:
        yield f"payload's digest is {found}, not {this.payload_digest}"


def _bad_checks(report, key, wanted):
    """Of the checks of vmcore.c under that key, what is wrong."""
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
    reading = dump_reader.read(this.build, this.dump_disk)
    by_drgn = dump_reader.read_by_drgn(this.build, this.dump_disk)
    return [f"xen-vmcore on the dump: {complaint}"
            for complaint in (
                *dump_reader.complaints(reading, case.cpus, case.scenario,
                                        case.stack),
                *dump_reader.complaints_on_drgn(by_drgn, reading))]


def _records_of_hops(case):
    """Patterns of what the dom0s of scenario hops record, see hops.sh."""
    hops = case.parameters["hops"]
    if case.boot in ("linux", "linux.efi"):
        yield "bare Linux"
        hops -= 1
    for left in range(hops, -1, -1):
        yield f"dom0 with {left} hops to go"
        if not case.xen_kexec:
            continue
        written, seen = (("written", "first seen, .*") if left == hops
                         else ("kept", r"as before, \d+ free pages"))
        yield (f"EFI: clock set, BootCurrent of 6 bytes, variable {written}"
               if _finds_efi(case) else "no EFI")
        yield f"machine: {seen}"


def _complaints_on_records(case, report):
    """Did dom0 see what it had to see?  Compared line by line."""
    patterns = [*case.records]
    if case.scenario == "hops":
        patterns += _records_of_hops(case)
    found = report.values("record")
    for number, wanted in enumerate(patterns):
        line = found[number] if number < len(found) else "nothing"
        if not re.fullmatch(wanted, line):
            yield f"recorded: {line!r}, not {wanted!r}"
    for line in found[len(patterns):]:
        yield f"recorded as well: {line!r}"


def _complaints_on_log(case, lines):
    """Has Xen said what it had to say, and nothing that it never may?"""
    said = [line.text for line in lines if "(XEN)" in line.text]
    for pattern in case.xen_log:
        if not any(re.search(pattern, text) for text in said):
            yield f"not in Xen's log: {pattern}"
    refusals = sum(bool(linux.REFUSAL.search(text)) for text in said)
    if refusals != case.refusals:
        yield f"{refusals} refused loads in Xen's log, not {case.refusals}"


def _complaints_on_report(case, this, report):
    """Is the report what it has to be?  A kernel of which only a line is
    expected makes none."""
    if case.says:
        return
    yield from _complaints_on_system(case, this, report)
    yield from _complaints_on_firmware(case, report)
    yield from _complaints_on_efi(case, this, report)
    yield from _complaints_on_payload(case, this, report)
    yield from _complaints_on_evidence(case, report)
    yield from _complaints_on_reader(case, report)
    yield from _complaints_on_records(case, report)


def judge(case, this, lines, wrong=()):
    """The outcome of a round that came to its end, with what is wrong with it
    already."""
    wrong = [*_complaints_on_report(case, this, Report(lines, this.nonce)),
             *_complaints_on_log(case, lines), *wrong]
    unwanted = complaints(this.build, lines)
    by_chance = not unwanted and all(BY_CHANCE in text for text in wrong)
    return worst([*(failed(text, CHANCE if by_chance else "")
                    for text in wrong), *unwanted])


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
    if case.checks_after:
        machine.expect(case.checks_after)
        # Which one crashed is up to the interrupt of the serial port.
        halted = [number for number, registers
                  in enumerate(machine.registers()) if halts(registers)]
        if len(halted) != case.cpus - 1:
            raise RuntimeError(f"CPUs that have stopped: {halted}")
        machine.check_halted(halted[0], [IN_PROGRESS] * 2)


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
        return stopped(str(line))
    except (Ended, Timeout) as trouble:
        return _no_report(this, machine, trouble)


def _no_report(this, machine, trouble):
    """The outcome when the machine ended, or its time was up, before the
    report did.  Until a kernel with this round's nonce has spoken, an end that
    nobody asked for is Xen's fault."""
    report = Report(machine.lines, this.nonce)
    reason = last_sign(machine.lines, str(trouble))
    if "userland" in report:
        reason = f"entered, but its report is not complete: {trouble}"
    if isinstance(trouble, Timeout):
        return failed(reason, HUNG)
    if any(this.nonce in line.text for line in machine.lines):
        return failed(reason, STOPPED)
    return crashed(reason, STOPPED)


def last_sign(lines, otherwise):
    """The most telling line of a round that went wrong."""
    telling = re.compile(linux.FATAL + r"|Reboot in five seconds")
    for line in lines:
        if telling.search(line.text):
            return line.text
    last = next((line.text for line in reversed(lines) if line.text.strip()),
                "nothing at all")
    return f"{otherwise}; last line: {last}"


ROUNDS = 3


@dataclass(kw_only=True)
class LinuxCase(Case, linux.Plan):
    """A case with Linux: its round, and what has to come of it."""
    ends: str = "second"            # or "crash": the role that is entered
    says: str = ""                  # pattern: all that the entered one says
    qemu_from: list = field(default_factory=list)   # the oldest QEMU for it
    nmi_after: str = ""             # pattern of a line: then raise an NMI,
    key_after: str = ""             # or press the crash key of Xen's console
    checks_after: str = ""          # at this line of the crash kernel, raise
                                    # two machine checks on a CPU that has
                                    # stopped
    exact_cmdline: bool = False     # nothing may be added to the command line
    cut_cmdline: bool = False       # ... but its end may be missing
    evidence: bool = False          # the dump holds what dom0 left for it
    dump: bool = False              # and what makedumpfile leaves of it
    reader: list = field(default_factory=list)  # patterns, in the report of
                                    # xen-vmcore
    stack: list = field(default_factory=list)   # functions, in its report on
                                    # the dump
    records: list = field(default_factory=list)     # what dom0 must have
                                    # recorded, in order; what it records
                                    # of hops is known without
    xen_log: list = field(default_factory=list)     # patterns, each must be in
                                    # Xen's log
    refusals: int = 0               # how many loads Xen must have refused

    def __post_init__(self):
        super().__post_init__()
        if not (linux.SCENARIOS / f"{self.scenario}.sh").is_file():
            raise Broken(f"scenario {self.scenario}")
        if self.ends not in ("second", "crash"):
            raise Broken(f"ends {self.ends}")

    def plan(self):
        """The round."""
        values = {item.name: getattr(self, item.name)
                  for item in fields(linux.Plan)}
        words = ["dump=0,1" if self.dump else "",
                 "report=20" if self.reader else "", self.entered]
        return linux.Plan(**{
            **values, "entered": " ".join(filter(None, words)),
            "crash_reader": bool(self.reader),
            "dump_disk": 2 * self.memory if self.dump else 0})

    def round(self, context):
        """One round on a fresh machine."""
        if list(context.accelerator.version()) < self.qemu_from:
            raise Skipped("needs QEMU " + ".".join(map(str, self.qemu_from)))
        if self.checks_after and context.accelerator.kind == "kvm":
            raise Skipped("KVM does not log machine checks")
        this = linux.Round(context.build, self.plan(), context.folder)
        this.prepare()
        try:
            config = this.config(context.accelerator)
            with Machine(config, self.limit) as machine:
                trouble = _follow(self, this, machine)
            wrong = _complaints_on_dump(self, this, machine)
        finally:
            this.clean()
        return trouble or judge(self, this, machine.lines, wrong)

    def run(self, context):
        """One round; another one when nothing but chance is wrong with it."""
        for _ in range(ROUNDS):
            outcome = self.round(context)
            if outcome.cause != CHANCE:
                break
        return outcome
