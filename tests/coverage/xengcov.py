# SPDX-License-Identifier: GPL-2.0-only
"""gcov's counters of a Xen that has ended, read from its machine's memory.

A hypervisor that leaves, by a hand-over or a crash, cannot be asked for its
counters any more.  But the memory of an emulated machine can be a file, and
in it is Xen, until somebody writes there:

    image = Image(xen_syms)             # the ELF file of that very Xen
    counters = read(image, memory)      # {object: {function: Function}}
    write(counters, gcno_files, out)    # .gcda files, for gcov

Everything that does not change while Xen runs is taken from the ELF file and
compared with the memory: a Xen that is not whole any more gives no counters.

The layouts are those of gcc's libgcc/libgcov.h (struct gcov_info) and of its
gcc/gcov-io.h (the file), from version 12 on.
"""

import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

GCDA_MAGIC = 0x67636461
TAG_FUNCTION = 0x01000000
TAG_ARCS = 0x01a10000
FUNCTION_BYTES = 12

# Xen is aligned to this when it moves itself to where it stays: 2 MiB.
STEP = 2 << 20

# No counter comes near: what is larger is somebody else's data.
MOST = 1 << 40

PT_LOAD = 1


class Gone(Exception):
    """There is no Xen in this memory, or not all of it any more."""


@dataclass
class Function:
    """A function's identity, three numbers that gcov checks, and counters."""
    ident: int
    lineno_checksum: int
    cfg_checksum: int
    counts: list


@dataclass
class Unit:
    """What gcov knows of one object file."""
    version: int
    stamp: int
    functions: list


class Image:
    """The segments and symbols of an ELF file that is linked to be run at
    fixed addresses."""

    def __init__(self, path):
        self.data = Path(path).read_bytes()
        if self.data[:5] != b"\x7fELF\x02":
            raise Gone(f"{path} is no 64-bit ELF file")
        offset, = struct.unpack_from("<Q", self.data, 32)
        size, count = struct.unpack_from("<HH", self.data, 54)
        self.segments = []
        for i in range(count):
            kind, _, at, va, _, bytes_, _ = struct.unpack_from(
                "<IIQQQQQ", self.data, offset + i * size)
            if kind == PT_LOAD:
                self.segments.append((va, at, bytes_))
        listing = subprocess.run(["nm", str(path)], check=True,
                                 capture_output=True, text=True).stdout
        self.symbols = {}
        for line in listing.splitlines():
            value, _, name = line.rpartition(" ")
            # file.c#name, where Xen makes local names unique
            self.symbols[name.rpartition("#")[2]] = int(value.split()[0], 16)

    def read(self, va, nr):
        """What the file has at that address."""
        for start, at, bytes_ in self.segments:
            if start <= va and va + nr <= start + bytes_:
                return self.data[at + va - start:at + va - start + nr]
        raise Gone(f"{va:#x} is not in the file")

    def text(self, va):
        """The string there."""
        for start, at, bytes_ in self.segments:
            if start <= va < start + bytes_:
                where = at + va - start
                return self.data[where:self.data.index(0, where)].decode()
        raise Gone(f"{va:#x} is not in the file")


class Memory:
    """A machine's memory, as a file, with a Xen of this image in it."""

    def __init__(self, image, file):
        self.image = image
        self.file = file
        self.start = image.symbols["__image_base__"]
        self.base = self._find()

    def _at(self, maddr, nr):
        self.file.seek(maddr)
        return self.file.read(nr)

    def _find(self):
        """Where Xen is: where it says itself that it is."""
        said = self.image.symbols["xen_phys_start"] - self.start
        size = self.file.seek(0, 2)
        for base in range(0, size, STEP):
            if self._at(base + said, 8) == struct.pack("<Q", base) and base:
                return base
        raise Gone("there is no Xen in this memory")

    def read(self, va, nr):
        """What is at that address now."""
        return self._at(self.base + va - self.start, nr)

    def constant(self, va, nr):
        """What is there, and has been since Xen was linked."""
        found = self.read(va, nr)
        if found != self.image.read(va, nr):
            raise Gone(f"what was at {va:#x} has been overwritten")
        return found


def _counter_kinds(version):
    """How many kinds of counters a struct gcov_info has room for.

    version is four characters: B23* is 12.3, E10* is 14.1; the last digits
    of a year, for experimental ones, do not matter here.
    """
    letters = struct.pack(">I", version).decode("latin-1")
    major = (ord(letters[0]) - ord("A")) * 10 + int(letters[1])
    if major < 12:
        raise Gone(f"gcc {major}: its layout is another one")
    return 8 if major < 14 else 9


def _function(memory, va, kinds):
    """struct gcov_fn_info; counters are its arcs' and no others."""
    _, ident, lineno, cfg = struct.unpack("<QIII4x",
                                          memory.constant(va, 24))
    nr, values = struct.unpack("<I4xQ", memory.constant(va + 24, 16))
    if kinds != [0]:
        raise Gone("there are other counters than those of arcs")
    counts = struct.unpack(f"<{nr}q", memory.read(values, 8 * nr))
    if any(not 0 <= count < MOST for count in counts):
        raise Gone(f"counters at {values:#x} are none")
    return Function(ident, lineno, cfg, list(counts))


def read(image, file, wanted):
    """{name: Unit} of the objects whose name `wanted` accepts."""
    memory = Memory(image, file)
    units = {}
    info, = struct.unpack("<Q", memory.read(
        image.symbols["gcov_info_head"], 8))
    while info:
        version, = struct.unpack("<I", memory.constant(info, 4))
        following, = struct.unpack("<Q", memory.read(info + 8, 8))
        stamp, _, name = struct.unpack("<IIQ", memory.constant(info + 16, 16))
        room = _counter_kinds(version)
        merge = struct.unpack(f"<{room}Q",
                              memory.constant(info + 32, 8 * room))
        nr, functions = struct.unpack(
            "<I4xQ", memory.constant(info + 32 + 8 * room, 16))
        object_name = image.text(name)
        if wanted(object_name):
            kinds = [i for i in range(room) if merge[i]]
            table = struct.unpack(f"<{nr}Q", memory.constant(functions,
                                                             8 * nr))
            units[object_name] = Unit(
                version, stamp,
                [_function(memory, va, kinds) for va in table])
        info = following
    return units


def add(total, units):
    """Add up counters of one and the same Xen."""
    for name, unit in units.items():
        if name not in total:
            total[name] = unit
            continue
        for ours, theirs in zip(total[name].functions, unit.functions,
                                strict=True):
            ours.counts = [a + b for a, b in zip(ours.counts, theirs.counts,
                                                 strict=True)]


def gcda(unit):
    """The bytes of a .gcda file."""
    out = [struct.pack("<IIII", GCDA_MAGIC, unit.version, unit.stamp, 0)]
    for function in unit.functions:
        out.append(struct.pack("<IIIII", TAG_FUNCTION, FUNCTION_BYTES,
                               function.ident, function.lineno_checksum,
                               function.cfg_checksum))
        nr = len(function.counts)
        out.append(struct.pack(f"<II{nr}q", TAG_ARCS, 8 * nr,
                               *function.counts))
    return b"".join(out)
