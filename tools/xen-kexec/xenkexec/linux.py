# SPDX-License-Identifier: GPL-2.0-only
"""An image of Linux, entered in 64-bit mode.

Offsets are those of the kernel's Documentation/arch/x86/boot.rst and
zero-page.rst.  On EFI, the kernel gets what its own EFI stub would give it:
Xen has not moved runtime services, so the kernel may do so itself.
"""

import struct

from . import Trouble, efi, memory
from .hypercall import Segment

EM_X86_64 = 62

HEADER = 0x1f1
SECTOR = 512
ENTRY_64 = 0x200
XLF_KERNEL_64 = 1
OLDEST = 0x020c                     # xloadflags
LOADED_HIGH = 1
LOADER_OTHER = 0xff
E820_PLACES = 128
E820_TABLE = 0x2d0
ZERO_PAGE = 4096
VIDEO_TYPE_EFI = 0x70
VIDEO_64BIT_BASE = 1 << 1


def is_linux(data):
    """Is it a bzImage?"""
    return len(data) > 0x270 and data[0x202:0x206] == b"HdrS"


def _field(data, layout, offset):
    return struct.unpack_from("<" + layout, data, offset)[0]


def _kernel(data):
    """(code, bytes that it needs, alignment, preferred address)."""
    if not is_linux(data) or _field(data, "H", 0x206) < OLDEST:
        raise Trouble("no kernel of Linux 3.8 or newer")
    if not _field(data, "H", 0x236) & XLF_KERNEL_64:
        raise Trouble("no 64-bit kernel")
    alignment = _field(data, "I", 0x230)
    if not data[0x234] or alignment < memory.PAGE or \
            alignment & (alignment - 1):
        raise Trouble("a kernel that cannot be loaded anywhere")
    code = data[((data[HEADER] or 4) + 1) * SECTOR:]
    return (code, max(_field(data, "I", 0x260), len(code)),
            alignment, _field(data, "Q", 0x258))


def _put_efi(page, host, map_at, map_size):
    table = host.efi.system_table
    struct.pack_into("<4s7I", page, 0x1c0, b"EL64", table & 0xffffffff,
                     efi.DESCRIPTOR.size, efi.DESCRIPTOR_VERSION,
                     map_at & 0xffffffff, map_size, table >> 32, map_at >> 32)


def _put_framebuffer(page, found):
    """struct screen_info, as the kernel's EFI stub fills it in."""
    page[0x0f] = VIDEO_TYPE_EFI
    struct.pack_into("<HHHII4xH", page, 0x12, found.width, found.height,
                     found.depth, found.base & 0xffffffff,
                     found.pitch * found.height, found.pitch)
    # Xen has positions first, Linux sizes.
    red, green, blue = (found.colours[i:i + 2][::-1] for i in (0, 2, 4))
    page[0x26:0x2c] = red + green + blue
    struct.pack_into("<HxxII", page, 0x32, 1,
                     VIDEO_64BIT_BASE if found.base >> 32 else 0,
                     found.base >> 32)


def _put_memory(page, ranges):
    if len(ranges) > E820_PLACES:
        raise Trouble(f"{len(ranges)} ranges in the memory map, more than "
                      f"{E820_PLACES}")
    page[0x1e8] = len(ranges)
    for index, item in enumerate(ranges):
        struct.pack_into("<QQI", page, E820_TABLE + 20 * index, item.start,
                         item.size, item.type)


def _start(page_at, entry):
    """movabs to RSI and RAX; jmp *%rax."""
    return (b"\x48\xbe" + struct.pack("<Q", page_at)
            + b"\x48\xb8" + struct.pack("<Q", entry) + b"\xff\xe0")


def segments(host, data, words, initrd):
    """The Segments of an image, the first of which is to be entered."""
    code, size, alignment, preferred = _kernel(data)
    places = memory.Places(host.ranges)
    page = bytearray(ZERO_PAGE)
    end = 0x202 + data[0x201]
    page[HEADER:end] = data[HEADER:end]
    page[0x210] = LOADER_OTHER
    page[0x211] |= LOADED_HIGH
    found = []

    def place(data, what, size=0, alignment=memory.PAGE, lowest=0):
        size = memory.round_up(max(size, len(data), 1), memory.PAGE)
        at = places.take(size, alignment, what, lowest)
        found.append(Segment(at, size, bytes(data), what))
        return at

    # From below its preferred address, it would move itself there.
    kernel_at = place(code, "Linux", size, alignment, preferred)
    if initrd:
        at = place(initrd, "the initramfs")
        struct.pack_into("<II", page, 0x218, at, len(initrd))
    text = words.encode(errors="surrogateescape") + b"\0"
    struct.pack_into("<I", page, 0x228, place(text, "the command line"))
    _put_memory(page, host.ranges)
    if host.framebuffer is not None:
        _put_framebuffer(page, host.framebuffer)
    if host.efi is not None and host.efi.system_table is not None:
        # What is free is in the usual map; here it would only be reserved.
        table = host.efi.packed([item for item in host.efi.descriptors
                                 if not item.is_plain_ram])
        _put_efi(page, host, place(table, "EFI's memory map"), len(table))
    page_at = place(page, "the zero page")
    start = place(_start(page_at, kernel_at + ENTRY_64), "start")
    return sorted(found, key=lambda segment: segment.start != start)
