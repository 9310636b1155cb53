# SPDX-License-Identifier: GPL-2.0-only
"""Which QEMU runs the tests, and which way of running the processors works.

The machine's own QEMU does when it is new enough; before 9.0 its software
emulation has no x2APIC, among other things, and the one is used that
scripts/debian-tools has unpacked.  QEMU=host or QEMU=debian in the
environment decides.

Software emulation always works.  KVM is used only when a functional probe has
worked: a device file says nothing, and a KVM that boots something small may
still be unable to run Xen, so the probe boots both.
"""

import functools
import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .artefacts import Missing

# A KVM that works needs a fraction of these.
SECTOR_SECONDS = 5
XEN_SECONDS = 12

# A boot sector: mov al, 42; out 0xf4, al; hlt.  QEMU's isa-debug-exit turns
# the value into exit status 2 * 42 + 1.
BOOT_CODE = bytes([0xb0, 42, 0xe6, 0xf4, 0xf4])
BOOT_SECTOR = BOOT_CODE.ljust(510, b"\0") + b"\x55\xaa"
BOOT_SECTOR_STATUS = 85


HOST_QEMU = "qemu-system-x86_64"
NEW_ENOUGH = (9, 0)


@functools.cache
def qemu_version(qemu=HOST_QEMU):
    """(major, minor) of that QEMU; (0, 0) when it is not there."""
    try:
        text = subprocess.run([qemu, "--version"], check=True,
                              capture_output=True, text=True).stdout
    except FileNotFoundError:
        return 0, 0
    match = re.search(r"version (\d+)\.(\d+)", text)
    return int(match[1]), int(match[2])


@dataclass(frozen=True)
class Emulator:
    """A QEMU, and how it runs the processors: "tcg" or "kvm"."""
    program: str = HOST_QEMU
    kind: str = "tcg"

    def __str__(self):
        return f"{self.kind} of QEMU {self.version_text()}"

    def version(self):
        """(major, minor)"""
        return qemu_version(self.program)

    def version_text(self):
        """As people write it."""
        return ".".join(map(str, self.version()))

    def arguments(self, features=""):
        """QEMU's -accel and -cpu; features: "+this,-that", after the
        model's own."""
        if self.kind == "kvm":
            words = ["host", features]
        else:
            # Before 9.1 the emulated SMAP faults on an iret to ring 3 in a
            # way that no hardware does, which kills a PV dom0 early.
            smap = "-smap" if self.version() < (9, 1) else ""
            words = ["max", smap, features]
        threads = ",thread=multi" if self.kind == "tcg" else ""
        return ["-accel", self.kind + threads,
                "-cpu", ",".join(filter(None, words))]

    def lacks(self, cpu):
        """What QEMU says that keeps it from emulating all of this -cpu; ""
        when it can."""
        return _lacking(self, cpu)


@functools.cache
def _lacking(emulator, cpu):
    """See Emulator.lacks(): QEMU with that processor, ended by its monitor."""
    done = subprocess.run(
        [emulator.program, "-accel", emulator.kind, "-machine", "q35",
         "-nodefaults", "-display", "none", "-S", "-qmp", "stdio",
         "-cpu", f"{cpu},enforce"],
        input='{"execute": "qmp_capabilities"}{"execute": "quit"}',
        capture_output=True, text=True, timeout=60, check=False)
    if done.returncode == 0:
        return ""
    return (done.stderr.strip().splitlines() or ["QEMU fails"])[0]


def program(build):
    """The QEMU to use."""
    unpacked = build / "debian" / "bin" / HOST_QEMU
    wanted = os.environ.get("QEMU") or "any"
    if wanted not in ("any", "host", "debian"):
        raise Missing(f"QEMU={wanted}: must be host or debian")
    if wanted == "any":
        old = qemu_version() < NEW_ENOUGH
        wanted = "debian" if old and unpacked.exists() else "host"
    found = str(unpacked) if wanted == "debian" else HOST_QEMU
    if qemu_version(found) == (0, 0):
        raise Missing(f"{found} is not there")
    return found


def _ends_with(qemu, status, seconds, *words):
    """Does QEMU with these arguments end in time and with that status?  And
    what does it print?"""
    command = ["setpriv", "--pdeathsig", "KILL", qemu,
               "-display", "none", "-no-reboot", "-m", "512",
               "-device", "isa-debug-exit,iobase=0xf4,iosize=0x4",
               *Emulator(qemu, "kvm").arguments(), *words]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=seconds,
                              check=False)
    except subprocess.TimeoutExpired:
        return False, b""
    return done.returncode == status, done.stdout


def _probe(qemu, build, xen):
    """Boot the sector, then Xen with something that is no dom0.

    Xen has its processors, memory and timers up when it finds that out and
    panics; a reset follows, which ends QEMU with status 0.
    """
    sector = build / "kvm-probe.img"
    sector.write_bytes(BOOT_SECTOR)
    works, _ = _ends_with(qemu, BOOT_SECTOR_STATUS, SECTOR_SECONDS,
                          "-drive", f"format=raw,file={sector}")
    if not works:
        return False
    no_dom0 = build / "kvm-probe.dom0"
    no_dom0.write_bytes(bytes(65536))
    works, said = _ends_with(
        qemu, 0, XEN_SECONDS, "-serial", "stdio", "-kernel", str(xen),
        "-initrd", str(no_dom0),
        "-append", "com1=115200,8n1 console=com1 reboot=t")
    return works and b"Could not construct" in said


def _kind(qemu, build, xen):
    """"kvm" or "tcg".  The answer is remembered under build/ until the next
    boot of this host, for this QEMU and this Xen."""
    if os.environ.get("ACCEL") in ("kvm", "tcg"):
        return os.environ["ACCEL"]
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg"
    boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    key = [boot, qemu_version(qemu), str(xen), xen.stat().st_mtime_ns]
    key = json.loads(json.dumps(key))
    cache = build / "kvm-probe.json"
    try:
        known = json.loads(cache.read_text())
        if known["key"] == key:
            return known["accelerator"]
    except (OSError, ValueError, KeyError):
        pass
    answer = "kvm" if _probe(qemu, build, xen) else "tcg"
    cache.write_text(json.dumps({"key": key, "accelerator": answer}) + "\n")
    return answer


def choose(build, xen):
    """The Emulator to use, for this Xen."""
    qemu = program(build)
    return Emulator(qemu, _kind(qemu, build, xen))
