# SPDX-License-Identifier: GPL-2.0-only
"""What the next kernel has to know of EFI, asked of the running Xen.

dom0's own view, /sys/firmware/efi, is one that Linux has made up: runtime
services there are hypercalls.
"""

import struct
from dataclasses import dataclass

from . import hypercall

DESCRIPTOR = struct.Struct("<IxxxxQQQQ")
DESCRIPTOR_VERSION = 1
PAGE_SHIFT = 12

LOADER_CODE, LOADER_DATA, BOOT_CODE, BOOT_DATA = 1, 2, 3, 4
CONVENTIONAL = 7
RUNTIME = 1 << 63


@dataclass(frozen=True)
class Descriptor:
    """A line of the EFI memory map."""
    type: int
    start: int
    pages: int
    attributes: int

    @property
    def end(self):
        """The first address behind it."""
        return self.start + (self.pages << PAGE_SHIFT)

    @property
    def is_plain_ram(self):
        """Is it memory that whoever has exited boot services may use?"""
        return (not self.attributes & RUNTIME and self.type in
                (LOADER_CODE, LOADER_DATA, BOOT_CODE, BOOT_DATA, CONVENTIONAL))


@dataclass(frozen=True)
class Efi:
    """The system table's address, and the memory map."""
    system_table: int
    descriptors: list

    def packed(self, descriptors=None):
        """The memory map, as EFI has it."""
        return b"".join(
            DESCRIPTOR.pack(item.type, item.start, 0, item.pages,
                            item.attributes)
            for item in (self.descriptors if descriptors is None
                         else descriptors))


def memory_map(ranges, descriptor_at):
    """The EFI memory map.  Xen tells one descriptor at a time, and the usual
    memory map, which was made from it, says where there are any."""
    found = []
    done = 0
    for item in sorted(ranges, key=lambda item: item.start):
        at = max(item.start, done)
        while at < item.end:
            answer = descriptor_at(at)
            if answer is None or answer[0] == 0:
                break
            size, attributes, kind = answer
            found.append(Descriptor(kind, at, size >> PAGE_SHIFT, attributes))
            at += size
        done = max(done, at)
    return found


def running(ranges):
    """Efi of this host.  None on a BIOS; with a system table of None if this
    Xen, which has EFI, cannot say where that is."""
    table = hypercall.efi_system_table()
    descriptors = memory_map(ranges, hypercall.efi_descriptor)
    if not descriptors:
        return None
    return Efi(table or None, descriptors)
