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
# Pages that may be missing against the first dom0, which another loader
# started, and against the second: a page that leaks with each hop adds up.
TOLERANCES = {"free": 512, "free, after a hop": 16}
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
    # The largest warp so far and the number of checks change.
    return re.sub(r", warp.*", "", found[-1].decode()) if found else "?"


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


def differences(first, now, free):
    """What is not as the first dom0 (and the second) found it."""
    for name, value in now.items():
        if first[name] != value:
            yield f"{name} {first[name]} were, {value} are"
    for name, allowed in TOLERANCES.items():
        if free < first[name] - allowed:
            yield f"{first[name]} pages were {name}"


def main():
    """Compare with what earlier dom0s have left."""
    now, free = machine()
    first = {**now, "free": free}
    if os.path.exists(FIRST):
        with open(FIRST, encoding="ascii") as file:
            first = json.load(file)
        first.setdefault("free, after a hop", free)
        wrong = differences(first, json.loads(json.dumps(now)), free)
        line = f"{'; '.join(wrong) or 'as before'}, {free} free pages"
    else:
        line = (f"first seen, {now['CPUs']} CPUs, {free} free pages, "
                f"{len(now['variables'])} EFI variables, microcode "
                f"{now['microcode']}, {now['TSC']}, ESRT {now['ESRT']}")
    with open(FIRST, "w", encoding="ascii") as file:
        json.dump(first, file)
    return f"machine: {line}"


if __name__ == "__main__":
    print(main())
