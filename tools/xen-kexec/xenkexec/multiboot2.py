# SPDX-License-Identifier: GPL-2.0-only
"""An image of Xen, or of another kernel of the Multiboot2 specification 2.0.

EFI's system table and memory map are passed on by the tags for loaders that
have exited boot services.  Section numbers are those of the specification.
"""

import gzip
import struct
import zlib
from dataclasses import dataclass

from . import Trouble, efi, memory
from .hypercall import Segment

EM_386 = 3

HEADER_MAGIC = 0xe85250d6
HEADER_SEARCH = 32768               # 3.1.1
HEADER_RELOCATABLE = 10
BOOT_MAGIC = 0x36d76289             # 3.3

(TAG_END, TAG_CMDLINE, TAG_LOADER, TAG_MODULE, TAG_MEMINFO, TAG_MMAP,
 TAG_FRAMEBUFFER, TAG_EFI64, TAG_EFI_MMAP) = 0, 1, 2, 3, 4, 6, 8, 12, 17
FRAMEBUFFER_RGB = 1

PT_LOAD = 1


@dataclass
class Module:
    """A file that is loaded beside the kernel, and its words."""
    data: bytes
    words: str = ""
    what: str = "a module"


@dataclass
class Kernel:
    """A kernel as a file, unpacked: what of it goes where."""
    parts: list                     # (address, bytes, size in memory)
    entry: int
    relocatable: tuple = ()         # lowest, highest address and alignment

    @property
    def start(self):
        """The lowest address."""
        return min(address for address, _, _ in self.parts)

    @property
    def end(self):
        """The first address behind."""
        return max(address + size for address, _, size in self.parts)


@dataclass
class Host:
    """What the kernel is told of the machine."""
    ranges: list                    # memory.Range
    efi: object = None              # efi.Efi
    framebuffer: object = None      # hypercall.Framebuffer


def unpacked(data):
    """The bytes, of a file that may have been packed by gzip."""
    if data[:2] != b"\x1f\x8b":
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise Trouble(f"cannot be unpacked: {error}") from None


def header(data):
    """The tags of the Multiboot2 header (3.1): {type: bytes}, or None."""
    for at in range(0, min(len(data), HEADER_SEARCH) - 15, 8):
        magic, arch, length, checksum = struct.unpack_from("<4I", data, at)
        if magic == HEADER_MAGIC and not (
                magic + arch + length + checksum) & 0xffffffff:
            break
    else:
        return None
    tags = {}
    end = at + length
    at += 16
    while at + 8 <= min(end, len(data)):
        kind, _, size = struct.unpack_from("<HHI", data, at)
        if kind == 0 or size < 8:
            break
        tags[kind] = data[at + 8:at + size]
        at = memory.round_up(at + size, 8)
    return tags


def kernel(data):
    """The Kernel that is in that ELF file."""
    tags = header(data)
    if tags is None:
        raise Trouble("no kernel for multiboot2")
    if data[:4] != b"\x7fELF" or data[4] not in (1, 2):
        raise Trouble("no ELF file")
    wide = data[4] == 2
    try:
        if wide:
            entry, offset, size, count = struct.unpack_from("<24xQQ14xHH",
                                                            data)
            layout = struct.Struct("<IxxxxQ8xQQQ")
        else:
            entry, offset, size, count = struct.unpack_from("<24xII10xHH",
                                                            data)
            layout = struct.Struct("<II4xIII")
        parts = []
        for index in range(count):
            kind, start, address, there, total = layout.unpack_from(
                data, offset + index * size)
            if kind == PT_LOAD and total:
                parts.append((address, data[start:start + there], total))
    except struct.error:
        raise Trouble("the ELF file is cut") from None
    if not parts:
        raise Trouble("nothing in the ELF file is to be loaded")
    relocatable = tags.get(HEADER_RELOCATABLE, b"")
    return Kernel(parts, entry, struct.unpack_from("<3I", relocatable)
                  if len(relocatable) >= 12 else ())


def _tag(kind, body):
    tag = struct.pack("<II", kind, 8 + len(body)) + body
    return tag + bytes(-len(tag) % 8)


def _text(text):
    return text.encode(errors="surrogateescape") + b"\0"


def _memory_tags(ranges):
    low = next((item.end for item in ranges
                if item.type == memory.RAM and item.start == 0), 0)
    high = next((item.end for item in ranges if item.type == memory.RAM and
                 item.start <= memory.MIB < item.end), memory.MIB)
    yield _tag(TAG_MEMINFO, struct.pack(
        "<II", min(low, memory.MIB) >> 10,
        min((high - memory.MIB) >> 10, 0xffffffff)))
    yield _tag(TAG_MMAP, struct.pack("<II", 24, 0) + b"".join(
        struct.pack("<QQII", item.start, item.size, item.type, 0)
        for item in ranges))


def _efi_tags(host):
    if host.efi is None or host.efi.system_table is None:
        return
    yield _tag(TAG_EFI64, struct.pack("<Q", host.efi.system_table))
    yield _tag(TAG_EFI_MMAP, struct.pack(
        "<II", efi.DESCRIPTOR.size, efi.DESCRIPTOR_VERSION)
        + host.efi.packed())


def _framebuffer_tags(found):
    if found is None:
        return
    yield _tag(TAG_FRAMEBUFFER, struct.pack(
        "<QIIIBBH6s", found.base, found.pitch, found.width, found.height,
        found.depth, FRAMEBUFFER_RGB, 0, found.colours))


def information(host, words, modules):
    """The boot information (3.4); modules are (start, end, words)."""
    tags = [_tag(TAG_CMDLINE, _text(words)),
            _tag(TAG_LOADER, _text("xen-kexec")),
            *(_tag(TAG_MODULE, struct.pack("<II", start, end) + _text(text))
              for start, end, text in modules),
            *_memory_tags(host.ranges), *_efi_tags(host),
            *_framebuffer_tags(host.framebuffer), _tag(TAG_END, b"")]
    body = b"".join(tags)
    return struct.pack("<II", 8 + len(body), 0) + body


def _start(information_at, entry):
    """Code for the state that Xen enters an EM_386 image in: mov to EAX, EBX
    and ECX; jmp *%ecx."""
    return (b"\xb8" + struct.pack("<I", BOOT_MAGIC)
            + b"\xbb" + struct.pack("<I", information_at)
            + b"\xb9" + struct.pack("<I", entry) + b"\xff\xe1")


def _segment(start, data, what, size=0):
    """Whole pages, zeroed behind the data."""
    return Segment(start, memory.round_up(max(size, len(data)), memory.PAGE),
                   data, what)


def segments(host, xen, words, modules):
    """The Segments of an image, the first of which is to be entered.

    Each command line must begin with the name of the file: Xen drops that,
    unless the loader is GRUB.
    """
    places = memory.Places(host.ranges)
    found = []
    shift = 0
    if xen.relocatable:
        lowest, highest, alignment = xen.relocatable
        shift = memory.Places(host.ranges, highest + 1).take(
            xen.end - xen.start, alignment, "Xen", lowest) - xen.start
    places.keep(xen.start + shift, xen.end + shift, "Xen")
    for address, data, size in xen.parts:
        found.append(_segment(address + shift, data, "Xen", size))
    table = []
    for module in modules:
        start = places.take(len(module.data), what=module.what)
        found.append(_segment(start, module.data, module.what))
        table.append((start, start + len(module.data), module.words))
    told = information(host, words, table)
    at = places.take(len(told), what="the boot information")
    found.append(_segment(at, told, "boot information"))
    code = _start(at, xen.entry + shift)
    return [_segment(places.take(len(code)), code, "start"), *found]
