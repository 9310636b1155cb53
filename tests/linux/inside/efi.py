# SPDX-License-Identifier: GPL-2.0-only
"""What dom0 can do with EFI's runtime services, and whether the machine is as
the first dom0 has found it: two lines for the record.

By hypercall, as Linux's own drivers do it (XENPF_efi_runtime_call): read the
clock, set it, read it again.  Through efivarfs: read a variable that firmware
has, write one, or find the one that an earlier dom0 has written.
"""

import errno
import json
import os
import struct
import subprocess
import sys

sys.path.insert(0, "/usr/share/xen-kexec")

# pylint: disable-next=wrong-import-position,import-error
from xenkexec import hypercall  # noqa: E402

XENPF_EFI_RUNTIME_CALL = 49
GET_TIME, SET_TIME = 1, 2
SYSCTL, SYSCTL_PHYSINFO = 35, 3
FIRST = "/from-dom0/first.json"
# dom0 and Xen do not take the same pages each time; a leak adds up.
FREE_TOLERANCE = 512
VARIABLES = "/sys/firmware/efi/efivars"
GUID = "8be4df61-93ca-11d2-aa0d-00e098032b8c"
OURS = f"{VARIABLES}/XenKexecTest-6a5dc5d8-0c9b-4dd9-9a50-2fd1a1a8f9c2"


def runtime(function, argument=b""):
    """(status, argument) of a runtime service."""
    answer = hypercall.platform_op(
        XENPF_EFI_RUNTIME_CALL, struct.pack("<IIQ", function, 0, 0) + argument)
    return struct.unpack_from("<Q", answer, 8)[0], answer[16:]


def clock():
    """Does the clock take another year, and come back?"""
    status, before = runtime(GET_TIME)
    if status:
        return f"GetTime: {status:#x}"
    year = struct.unpack_from("<H", before)[0]
    other = struct.pack("<H", year + 1) + before[2:16]
    status, _ = runtime(SET_TIME, other)
    if status:
        return f"SetTime: {status:#x}"
    _, after = runtime(GET_TIME)
    runtime(SET_TIME, before[:16])
    found = struct.unpack_from("<H", after)[0]
    return "clock set" if found == year + 1 else f"year {found}, not {year}+1"


def variables():
    """Can firmware's variables be read, and is one of ours kept?"""
    subprocess.run(["insmod", "/lib/modules/efivarfs.ko"], check=False)
    subprocess.run(["mount", "-t", "efivarfs", "efivarfs", VARIABLES],
                   check=True)
    with open(f"{VARIABLES}/BootCurrent-{GUID}", "rb") as file:
        current = len(file.read())
    value = b"\x07\0\0\0of the first dom0"
    kept = os.path.exists(OURS)
    if not kept:
        with open(OURS, "wb") as file:
            file.write(value)
    with open(OURS, "rb") as file:
        same = file.read() == value
    return (f"BootCurrent of {current} bytes, variable "
            f"{'lost' if not same else 'kept' if kept else 'written'}")


def physinfo():
    """(CPUs, all pages, free pages), by whatever version this Xen has."""
    for version in range(0x10, 0x20):
        buffer = hypercall.Buffer.holding(struct.pack(
            "<II", SYSCTL_PHYSINFO, version).ljust(256, b"\0"))
        try:
            # pylint: disable-next=protected-access
            hypercall._call(SYSCTL, buffer.address)
            return struct.unpack_from("<8xI28xQQ", buffer.memory, 8)
        except OSError as error:
            if error.errno != errno.EACCES:
                raise
    raise OSError(errno.ENOSYS, "physinfo")


def truth():
    """Is this machine the one that the first dom0 has seen?"""
    ranges = sorted(hypercall.memory_map())
    processors, pages, free = physinfo()
    now = {"ranges": ranges, "CPUs": processors, "pages": pages,
           "framebuffer": str(hypercall.framebuffer()),
           "variables": sorted(os.listdir(VARIABLES))
           if os.path.isdir(VARIABLES) else []}
    first = now
    if os.path.exists(FIRST):
        with open(FIRST, encoding="ascii") as file:
            first = json.load(file)
    else:
        with open(FIRST, "w", encoding="ascii") as file:
            json.dump({**now, "free": free}, file)
        return "first seen"
    now = json.loads(json.dumps(now))
    wrong = [f"{name} {first[name]} were, {now[name]} are" for name in now
             if now[name] != first[name]]
    if free < first["free"] - FREE_TOLERANCE:
        wrong.append(f"{free} pages are free, {first['free']} were")
    return "; ".join(wrong) or "as before"


def main():
    """All of it in a line, also what went wrong."""
    if not os.path.exists("/sys/firmware/efi"):
        return "no EFI"
    try:
        return f"EFI: {clock()}, {variables()}"
    except (OSError, subprocess.SubprocessError) as error:
        return f"EFI: {error}"


print(main())
print(f"machine: {truth()}")
