# SPDX-License-Identifier: GPL-2.0-only
"""What dom0 can do with EFI's runtime services: a line for the record.

By hypercall, as Linux's own drivers do it (XENPF_efi_runtime_call): read the
clock, set it, read it again.  Through efivarfs: read a variable that firmware
has; find the one that the dom0 before this has written, and write it anew.
"""

import fcntl
import os
import struct
import subprocess
import sys

sys.path.insert(0, "/usr/share/xen-kexec")

# pylint: disable-next=wrong-import-position,import-error
from xenkexec import hypercall  # noqa: E402

XENPF_EFI_RUNTIME_CALL = 49
GET_TIME, SET_TIME = 1, 2
VARIABLES = "/sys/firmware/efi/efivars"
GUID = "8be4df61-93ca-11d2-aa0d-00e098032b8c"
OURS = f"{VARIABLES}/XenKexecTest-6a5dc5d8-0c9b-4dd9-9a50-2fd1a1a8f9c2"
ATTRIBUTES = b"\x07\0\0\0"          # non-volatile; boot and runtime services
FS_IOC_SETFLAGS = 0x40086602


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


def read(path):
    """All of a file."""
    with open(path, "rb") as file:
        return file.read()


def kept(hops):
    """Is our variable as the dom0 before this wrote it?  It is afterwards as
    this one writes it: with the number of hops to go."""
    before = read(OURS) if os.path.exists(OURS) else None
    if before is not None:
        # efivarfs protects what it does not know.
        with open(OURS, "rb") as file:
            fcntl.ioctl(file, FS_IOC_SETFLAGS, struct.pack("q", 0))
    now = ATTRIBUTES + b"%d" % hops
    with open(OURS, "wb") as file:
        file.write(now)
    if read(OURS) != now:
        return "not written"
    if before is None:
        return "written"
    wanted = ATTRIBUTES + b"%d" % (hops + 1)
    return "kept" if before == wanted else f"was {before}, not {wanted}"


def variables(hops):
    """Can firmware's variables be read, and is one of ours kept?"""
    subprocess.run(["insmod", "/lib/modules/efivarfs.ko"], check=False)
    subprocess.run(["mount", "-t", "efivarfs", "efivarfs", VARIABLES],
                   check=True)
    current = len(read(f"{VARIABLES}/BootCurrent-{GUID}"))
    return f"BootCurrent of {current} bytes, variable {kept(hops)}"


def main():
    """All of it in a line, also what went wrong."""
    if not os.path.exists("/sys/firmware/efi"):
        return "no EFI"
    try:
        return f"EFI: {clock()}, {variables(int(sys.argv[1]))}"
    except (OSError, subprocess.SubprocessError) as error:
        return f"EFI: {error}"


print(main())
