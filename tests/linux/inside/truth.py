# SPDX-License-Identifier: GPL-2.0-only
"""Is the machine as the first dom0 found it?  A line for the record.

What Xen and dom0 are told must be the same, and Xen must have as much free
memory.  Efivarfs, if there is any, is mounted: see efi.py.
"""

import errno
import json
import os
import re
import struct
import sys
import zlib

sys.path.insert(0, "/usr/share/xen-kexec")

# pylint: disable-next=wrong-import-position,import-error
from xenkexec import hypercall  # noqa: E402

SYSCTL = 35
READCONSOLE, PHYSINFO, DEBUG_KEYS = 1, 3, 7
XENPF_GET_UCODE_REVISION = 65
FIRST = "/from-dom0/first.json"
# dom0 and Xen do not take the same pages each time; a leak adds up.
FREE_TOLERANCE = 512
EFI = "/sys/firmware/efi"
# Variables whose contents each dom0 (efi.py) or each start of firmware sets.
CHANGING = ("XenKexecTest-", "MTC-")


def sysctl(command, argument=b""):
    """The argument of a sysctl, after it, by whatever version this Xen has."""
    for version in range(0x10, 0x20):
        buffer = hypercall.Buffer.holding(
            (struct.pack("<II", command, version) + argument)
            .ljust(256, b"\0"))
        try:
            # pylint: disable-next=protected-access
            hypercall._call(SYSCTL, buffer.address)
            return bytes(buffer.memory[8:256])
        except OSError as error:
            if error.errno != errno.EACCES:
                raise
        finally:
            buffer.close()
    raise OSError(errno.ENOSYS, f"sysctl {command}")


def physinfo():
    """(CPUs, all pages, free pages)."""
    return struct.unpack_from("<8xI28xQQ", sysctl(PHYSINFO))


def microcode():
    """Signature, platform flags and revision of CPU 0."""
    answer = hypercall.platform_op(XENPF_GET_UCODE_REVISION,
                                   struct.pack("<I", 0))
    return " ".join(f"{word:#x}"
                    for word in struct.unpack_from("<4xIII", answer))


def tsc():
    """What Xen thinks of the TSC: what it logs at debug key s."""
    keys = hypercall.Buffer.holding(b"s")
    sysctl(DEBUG_KEYS, struct.pack("<QI", keys.address, 1))
    ring = hypercall.Buffer(1 << 20)
    answer = sysctl(READCONSOLE, struct.pack("<IIQI", 0, 0, ring.address,
                                             1 << 20))
    text = ring.memory[:struct.unpack_from("<16xI", answer)[0]]
    found = re.findall(rb"\) (TSC (?:marked|has|not)[^\n]*)", text)
    # How often it was checked changes.
    return re.sub(r" ?\(count.*", "", found[-1].decode()) if found else "?"


def variables():
    """Names of EFI's variables, each with a checksum."""
    folder, found = f"{EFI}/efivars", {}
    for name in sorted(os.listdir(folder) if os.path.isdir(folder) else []):
        with open(f"{folder}/{name}", "rb") as file:
            found[name] = (None if name.startswith(CHANGING)
                           else zlib.crc32(file.read()))
    return found


def esrt():
    """The entries of EFI's table of updatable firmware, or None."""
    folder = f"{EFI}/esrt/entries"
    return sorted(os.listdir(folder)) if os.path.isdir(folder) else None


def machine():
    """What must stay the same, and the number of free pages."""
    cpus, pages, free = physinfo()
    return {"CPUs": cpus, "pages": pages,
            "ranges": sorted(hypercall.memory_map()),
            "framebuffer": str(hypercall.framebuffer()),
            "microcode": microcode(), "TSC": tsc(),
            "variables": variables(), "ESRT": esrt()}, free


def main():
    """Compare with what the first dom0 has left."""
    now, free = machine()
    if not os.path.exists(FIRST):
        with open(FIRST, "w", encoding="ascii") as file:
            json.dump({**now, "free": free}, file)
        return (f"machine: first seen, {now['CPUs']} CPUs, {free} free pages, "
                f"{len(now['variables'])} EFI variables, microcode "
                f"{now['microcode']}, {now['TSC']}, ESRT {now['ESRT']}")
    with open(FIRST, encoding="ascii") as file:
        first = json.load(file)
    now = json.loads(json.dumps(now))
    wrong = [f"{name} {first[name]} were, {now[name]} are" for name in now
             if now[name] != first[name]]
    if free < first["free"] - FREE_TOLERANCE:
        wrong.append(f"{first['free']} pages were free")
    return f"machine: {'; '.join(wrong) or 'as before'}, {free} free pages"


print(main())
