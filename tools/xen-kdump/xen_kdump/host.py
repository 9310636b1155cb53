# SPDX-License-Identifier: GPL-2.0-only
"""This host: its Xen, the crash area, what dom0 runs."""

import ctypes
import fcntl
import mmap
import os
import re
import struct
import subprocess
from pathlib import Path

# Of Xen's public headers: xen.h and kexec.h.
HYPERCALL_KEXEC = 37
CMD_GET_RANGE = 3
RANGE_CRASH = 0
# Of Linux's uapi/xen/privcmd.h: _IOC(_IOC_NONE, 'P', 0, 48).
PRIVCMD_HYPERCALL = 0x305000


class Trouble(Exception):
    """What the operator is told instead of a result."""


def run(*command, env=None, **options):
    """What it prints, in English.  Trouble, with its own words, if it
    fails."""
    try:
        done = subprocess.run([str(word) for word in command], check=False,
                              text=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env={**os.environ, **(env or {}),
                                   "LC_ALL": "C.UTF-8"}, **options)
    except FileNotFoundError:
        raise Trouble(f"{command[0]} is not installed") from None
    except subprocess.TimeoutExpired:
        raise Trouble(f"{command[0]} takes too long") from None
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise Trouble(f"{command[0]}: " + (
            said[-1] if said else f"exit status {done.returncode}"))
    return done.stdout


def is_dom0():
    """Does this run in the control domain of a Xen?"""
    try:
        return "control_d" in Path("/proc/xen/capabilities").read_text("ascii")
    except OSError:
        return False


def xen_info():
    """{what xl info says}."""
    return dict(re.findall(r"^(\w+) *: ?(.*)$", run("xl", "info"), re.M))


def xen_log():
    """Xen's console ring, as far as it is still there."""
    return run("xl", "dmesg")


def crash_area():
    """Start and size in bytes; a size of 0 if there is none."""
    try:
        with open("/dev/xen/privcmd", "rb", 0) as privcmd, \
                open("/dev/xen/hypercall", "r+b", 0) as memory, \
                mmap.mmap(memory.fileno(), mmap.PAGESIZE) as page:
            struct.pack_into("<iiQQ", page, 0, RANGE_CRASH, 0, 0, 0)
            first = ctypes.c_char.from_buffer(page)
            call = struct.pack("<6Q", HYPERCALL_KEXEC, CMD_GET_RANGE,
                               ctypes.addressof(first), 0, 0, 0)
            del first
            fcntl.ioctl(privcmd, PRIVCMD_HYPERCALL, call)
            _, _, size, start = struct.unpack_from("<iiQQ", page)
            return start, size
    except OSError as error:
        raise Trouble(f"Xen does not tell the crash area: {error}") from None


def is_loaded():
    """Has Xen a crash image?"""
    done = subprocess.run(["kexec", "-p", "--status"], check=False,
                          capture_output=True)
    return done.returncode == 1


def kernel(config):
    """The release of the crash kernel, and its file."""
    if config["KERNEL"] == "auto":
        release = os.uname().release
        return release, Path(f"/boot/vmlinuz-{release}")
    path = Path(config["KERNEL"]).resolve()
    return path.name.partition("-")[2], path


def serial(option, number):
    """Linux's name of the port that Xen's com1= or com2= describes; None if
    only Xen has found out where it is.

    <baud>[/<base>][,[<bits><parity><stop>][,<I/O port>|pci|amt[,<irq>...]]]
    """
    words = option.split(",")
    ports = {"": number - 1, "0x3f8": 0, "0x2f8": 1, "0x3e8": 2, "0x2e8": 3}
    where = words[2].lower() if len(words) > 2 else ""
    if where not in ports:
        return None
    baud = words[0].partition("/")[0]
    form = words[1] if len(words) > 1 and len(words[1]) == 3 else "8n1"
    speed = f",{baud}{form[1]}{form[0]}" if baud.isdigit() else ""
    return f"ttyS{ports[where]}{speed}"


def consoles(xen_cmdline):
    """Linux's names of the consoles that Xen has, the main one last."""
    options = dict(word.split("=", 1) for word in xen_cmdline.split()
                   if "=" in word)
    names = re.findall(r"vga|com[12]", options.get("console", "vga"))
    found = ["tty0"] if "vga" in names else []
    for number in 1, 2:
        if f"com{number}" in names:
            found.append(serial(options.get(f"com{number}", ""), number))
    return [name for name in found if name]
