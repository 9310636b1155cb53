# SPDX-License-Identifier: GPL-2.0-only
"""The machine's memory, and places in it for an image."""

from dataclasses import dataclass

from . import Trouble

RAM, RESERVED, ACPI, NVS, UNUSABLE = range(1, 6)

PAGE = 0x1000
MIB = 1 << 20
# Addresses that 32-bit code can have.
LOW_LIMIT = 1 << 32


def round_up(value, alignment):
    """The next multiple."""
    return -(-value // alignment) * alignment


@dataclass(frozen=True)
class Range:
    """Memory of one kind, as the firmware's map has it."""
    start: int
    size: int
    type: int

    @property
    def end(self):
        """The first address behind it."""
        return self.start + self.size


class Places:
    """Free RAM, given away from the top down.

    Nothing below 1 MiB: the new kernel's trampolines go there.
    """

    def __init__(self, ranges, limit=LOW_LIMIT):
        parts = ((max(item.start, MIB), min(item.end, limit))
                 for item in ranges if item.type == RAM)
        self.free = sorted(part for part in parts if part[0] < part[1])

    def take(self, size, alignment=PAGE, what="the image", lowest=0):
        """The start of the highest free place of that size."""
        size = round_up(size, PAGE)
        for index in range(len(self.free) - 1, -1, -1):
            start, end = self.free[index]
            place = (end - size) // alignment * alignment
            if place >= max(start, lowest):
                self.free[index:index + 1] = [
                    part for part in ((start, place), (place + size, end))
                    if part[0] < part[1]]
                return place
        raise Trouble(f"no memory for {what}: {size} bytes in one piece")

    def keep(self, start, end, what):
        """Take this place, which must be free."""
        for index, (low, high) in enumerate(self.free):
            if low <= start and end <= high:
                self.free[index:index + 1] = [
                    part for part in ((low, start), (end, high))
                    if part[0] < part[1]]
                return
        raise Trouble(f"{what} has to be at {start:#x}, which is not free RAM")
