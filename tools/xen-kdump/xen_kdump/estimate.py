# SPDX-License-Identifier: GPL-2.0-only
"""How much memory the crash kernel needs, and how large a dump will be."""

import struct

from . import host, initramfs
from .host import run

MIB = 1 << 20
# What Linux, one CPU and makedumpfile take besides the initramfs.
RUNNING = 64 * MIB
# Of struct page, for each page of the area.
PER_PAGE = 64 / 4096
# Kernel's boot protocol: what it takes to unpack itself.
INIT_SIZE = 0x260


def area(image):
    """Bytes that the crash area should have, and of what."""
    with open(host.kernel(image.config)[1], "rb") as kernel:
        kernel.seek(INIT_SIZE)
        size, = struct.unpack("<I", kernel.read(4))
    packed = image.path.stat().st_size
    parts = {"kernel": size, "initramfs": packed,
             "initramfs_unpacked": initramfs.inside(image),
             "running": RUNNING}
    if image.places[0].kind == "ssh":
        # makedumpfile's bitmaps; on another target they are in a file there.
        memory = int(host.xen_info()["total_memory"]) * MIB
        parts["bitmaps"] = 2 * memory // 4096 // 8
    return int(sum(parts.values()) * (1 + PER_PAGE)), parts


def dump():
    """Bytes that a dump has at most: dom0's memory and Xen's own."""
    info = host.xen_info()
    memory = {int(number): int(size) for number, size in (
        line.split()[-5:-3] for line in run("xl", "list").splitlines()[1:])}
    guests = sum(size for number, size in memory.items() if number)
    return (int(info["total_memory"]) - int(info["free_memory"]) -
            guests) * MIB
