# SPDX-License-Identifier: GPL-2.0-only
"""Which way of running the processors works on this host.

Software emulation always does.  KVM is used only when a functional probe has
worked: a device file says nothing, and a KVM that boots something small may
still be unable to run Xen, so the probe boots both.
"""

import functools
import json
import os
import re
import subprocess
from pathlib import Path

# A KVM that works needs a fraction of these.
SECTOR_SECONDS = 5
XEN_SECONDS = 12

# A boot sector: mov al, 42; out 0xf4, al; hlt.  QEMU's isa-debug-exit turns
# the value into exit status 2 * 42 + 1.
BOOT_SECTOR = bytes([0xb0, 42, 0xe6, 0xf4, 0xf4]).ljust(510, b"\0") + b"\x55\xaa"
BOOT_SECTOR_STATUS = 85


@functools.cache
def qemu_version():
    """(major, minor) of the QEMU in the path."""
    text = subprocess.run(["qemu-system-x86_64", "--version"], check=True,
                          capture_output=True, text=True).stdout
    match = re.search(r"version (\d+)\.(\d+)", text)
    return int(match[1]), int(match[2])


def arguments(accelerator):
    """QEMU's -accel and -cpu."""
    if accelerator == "kvm":
        return ["-accel", "kvm", "-cpu", "host"]
    # Before 9.1 the emulated SMAP faults on an iret to ring 3 in a way that
    # no hardware does, which kills a PV dom0 early.
    model = "max,-smap" if qemu_version() < (9, 1) else "max"
    return ["-accel", "tcg,thread=multi", "-cpu", model]


def _ends_with(status, seconds, *words):
    """Does QEMU with these arguments end in time and with that status?  And
    what does it print?"""
    command = ["setpriv", "--pdeathsig", "KILL", "qemu-system-x86_64",
               "-nodefaults", "-display", "none", "-no-reboot", "-m", "512",
               "-device", "isa-debug-exit,iobase=0xf4,iosize=0x4",
               *arguments("kvm"), *words]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=seconds,
                              check=False)
    except subprocess.TimeoutExpired:
        return False, b""
    return done.returncode == status, done.stdout


def _probe(build, xen):
    """Boot the sector, then Xen with something that is no dom0.

    Xen has its processors, memory and timers up when it finds that out and
    panics; a reset follows, which ends QEMU with status 0.
    """
    sector = build / "kvm-probe.img"
    sector.write_bytes(BOOT_SECTOR)
    works, _ = _ends_with(BOOT_SECTOR_STATUS, SECTOR_SECONDS,
                          "-drive", f"format=raw,file={sector}")
    if not works:
        return False
    no_dom0 = build / "kvm-probe.dom0"
    no_dom0.write_bytes(bytes(65536))
    works, said = _ends_with(
        0, XEN_SECONDS, "-serial", "stdio", "-kernel", str(xen),
        "-initrd", str(no_dom0),
        "-append", "com1=115200,8n1 console=com1 reboot=t")
    return works and b"Could not construct" in said


def choose(build, xen):
    """"kvm" or "tcg".  The answer is remembered under build/ until the next
    boot of this host, for this QEMU and this Xen."""
    if os.environ.get("ACCEL") in ("kvm", "tcg"):
        return os.environ["ACCEL"]
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg"
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    key = [boot, qemu_version(), str(xen), xen.stat().st_mtime_ns]
    key = json.loads(json.dumps(key))
    cache = build / "kvm-probe.json"
    try:
        known = json.loads(cache.read_text())
        if known["key"] == key:
            return known["accelerator"]
    except (OSError, ValueError, KeyError):
        pass
    answer = "kvm" if _probe(build, xen) else "tcg"
    cache.write_text(json.dumps({"key": key, "accelerator": answer}) + "\n")
    return answer
