# SPDX-License-Identifier: GPL-2.0-only
"""Hypercalls from dom0's userland, by the devices of Linux's privcmd driver.

Numbers and layouts are those of Xen's public headers: xen.h, kexec.h,
memory.h and platform.h.
"""

import ctypes
import errno
import fcntl
import mmap
import os
import struct
from dataclasses import dataclass

from . import Trouble

MEMORY_OP = 12
PLATFORM_OP = 7
KEXEC_OP = 37

# _IOC(_IOC_NONE, 'P', 0, sizeof(struct privcmd_hypercall))
PRIVCMD_HYPERCALL = 48 << 16 | ord("P") << 8

XENMEM_MACHINE_MEMORY_MAP = 10
MEMORY_MAP_ENTRIES = 1024
E820_ENTRY = struct.Struct("<QQI")

# Each Xen takes its own version only, with EACCES for others; what is used
# here is the same in all.
XENPF_INTERFACES = (0x03000001, 0x03000000)
XENPF_FIRMWARE_INFO = 50
XENPF_SIZE = 136
XENPF_GET_DOM0_CONSOLE = 64
FW_EFI_INFO = 4
FW_EFI_MEM_INFO = 3

# XEN_VGATYPE_VESA_LFB, XEN_VGATYPE_EFI_LFB
FRAMEBUFFERS = (0x23, 0x70)

KEXEC_EXEC = 0
KEXEC_GET_RANGE = 3
KEXEC_LOAD = 4
KEXEC_UNLOAD = 5
KEXEC_TYPE_DEFAULT = 0
RANGE_EFI_SYSTAB = 7


class Buffer:
    """Memory that Xen may read and write: Linux neither moves it nor pages
    it out."""

    def __init__(self, size):
        device = os.open("/dev/xen/hypercall", os.O_RDWR | os.O_CLOEXEC)
        try:
            pages = -(-max(size, 1) // mmap.PAGESIZE)
            self.memory = mmap.mmap(device, pages * mmap.PAGESIZE)
        finally:
            os.close(device)
        self._view = ctypes.c_char.from_buffer(self.memory)
        self.address = ctypes.addressof(self._view)

    @classmethod
    def holding(cls, data):
        """A buffer with these bytes."""
        buffer = cls(len(data))
        buffer.memory[:len(data)] = data
        return buffer

    def close(self):
        """Give the memory back."""
        del self._view
        self.memory.close()


def _call(number, *arguments):
    """What the hypercall returned, which is not negative."""
    arguments += (0,) * (5 - len(arguments))
    call = bytearray(struct.pack("<6Q", number, *arguments))
    device = os.open("/dev/xen/privcmd", os.O_RDWR | os.O_CLOEXEC)
    try:
        return fcntl.ioctl(device, PRIVCMD_HYPERCALL, call)
    finally:
        os.close(device)


def _call_with(number, command, data):
    """The argument, whose bytes are data, after the hypercall."""
    buffer = Buffer.holding(data)
    try:
        _call(number, command, buffer.address)
        return bytes(buffer.memory[:len(data)])
    finally:
        buffer.close()


def memory_map():
    """The machine's memory map: (start, size, type), as firmware has it."""
    entries = Buffer(MEMORY_MAP_ENTRIES * E820_ENTRY.size)
    try:
        answer = _call_with(MEMORY_OP, XENMEM_MACHINE_MEMORY_MAP,
                            struct.pack("<IxxxxQ", MEMORY_MAP_ENTRIES,
                                        entries.address))
        count = struct.unpack_from("<I", answer)[0]
        return [E820_ENTRY.unpack_from(entries.memory, i * E820_ENTRY.size)
                for i in range(count)]
    finally:
        entries.close()


def platform_op(command, argument):
    """The argument of a platform operation, after it."""
    for interface in XENPF_INTERFACES:
        words = struct.pack("<II", command, interface) + argument
        buffer = Buffer.holding(words.ljust(XENPF_SIZE, b"\0"))
        try:
            _call(PLATFORM_OP, buffer.address)
            return bytes(buffer.memory[8:XENPF_SIZE])
        except OSError as error:
            if error.errno != errno.EACCES or (
                    interface == XENPF_INTERFACES[-1]):
                raise
        finally:
            buffer.close()
    return None


def _firmware_info(index, argument):
    """An answer of XENPF_firmware_info, or None if there is none."""
    try:
        return platform_op(XENPF_FIRMWARE_INFO, struct.pack(
            "<II", FW_EFI_INFO, index) + argument)[8:]
    except OSError as error:
        if error.errno in (errno.ENOSYS, errno.ESRCH, errno.EOPNOTSUPP):
            return None
        raise


def efi_descriptor(address):
    """The rest of the EFI descriptor of that address: (size, attributes,
    type), or None if there is none."""
    answer = _firmware_info(FW_EFI_MEM_INFO,
                            struct.pack("<QQ", address, (1 << 64) - 1))
    return struct.unpack_from("<8xQQI", answer) if answer else None


@dataclass(frozen=True)
class Framebuffer:
    """Where a console is drawn; position and size of red, green, blue."""
    width: int
    height: int
    pitch: int
    depth: int
    base: int
    colours: bytes


def framebuffer():
    """The Framebuffer that Xen was started with, or None if there was none or
    Xen cannot say."""
    try:
        told = platform_op(XENPF_GET_DOM0_CONSOLE, b"")
    except OSError as error:
        if error.errno == errno.ENOSYS:
            return None
        raise
    kind, width, height, pitch, depth, low, colours, high = struct.unpack_from(
        "<BxxxHHHHI4x6s10xI", told)
    if kind not in FRAMEBUFFERS or not width:
        return None
    return Framebuffer(width, height, pitch, depth, high << 32 | low, colours)


def efi_system_table():
    """Where EFI's system table is: 0 without EFI, None if Xen cannot say."""
    try:
        answer = _call_with(KEXEC_OP, KEXEC_GET_RANGE,
                            struct.pack("<iiQQ", RANGE_EFI_SYSTAB, 0, 0, 0))
    except OSError as error:
        if error.errno == errno.EINVAL:
            return None
        raise
    return struct.unpack("<iiQQ", answer)[3]


@dataclass
class Segment:
    """Bytes for a place in memory; what they leave of it is zeroed."""
    start: int
    size: int
    data: bytes
    what: str = ""


def load(machine, entry, segments):
    """Have Xen load that image, for the ELF machine whose state it is entered
    in."""
    buffers = [Buffer.holding(segment.data) for segment in segments]
    table = Buffer.holding(b"".join(
        struct.pack("<4Q", buffer.address, len(segment.data), segment.start,
                    segment.size)
        for buffer, segment in zip(buffers, segments, strict=True)))
    try:
        _call_with(KEXEC_OP, KEXEC_LOAD,
                   struct.pack("<BxHIQQ", KEXEC_TYPE_DEFAULT, machine,
                               len(segments), table.address, entry))
    except OSError as error:
        raise Trouble(f"Xen refuses the image: {error.strerror}; "
                      "\"xl dmesg | grep kexec:\" says why") from None
    finally:
        for buffer in (*buffers, table):
            buffer.close()


def enter():
    """Enter the image that is loaded.  Does not come back."""
    _call_with(KEXEC_OP, KEXEC_EXEC, struct.pack("<i4x", KEXEC_TYPE_DEFAULT))


def unload():
    """Forget the image that is loaded."""
    _call_with(KEXEC_OP, KEXEC_UNLOAD, struct.pack("<B7x", KEXEC_TYPE_DEFAULT))
