# SPDX-License-Identifier: GPL-2.0-only
"""Writing initramfs archives: the "newc" cpio format, no root needed.

The layout is the one of Documentation/driver-api/early-userspace/
buffer-format.rst in Linux.
"""

import stat
from pathlib import Path

BLOCK = 512                         # archives can be concatenated at this


def _padded(data, to=4):
    """data, followed by zeros up to a multiple of `to`."""
    return data + bytes(-len(data) % to)


class Archive:
    """An archive that grows by files, links and directories.

    Paths are relative to the root, without a leading slash.  Directories on
    the way to a file are added on their own.
    """

    def __init__(self):
        self._parts = []
        self._known = set()

    def _entry(self, path, mode, data=b""):
        name = path.encode() + b"\0"
        inode = len(self._parts) + 1
        fields = [inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0,
                  len(name), 0]
        header = b"070701" + b"".join(b"%08X" % f for f in fields)
        self._parts.append(_padded(header + name) + _padded(data))

    def directory(self, path, mode=0o755):
        """A directory, with those above it."""
        if path in ("", ".") or path in self._known:
            return
        self.directory(str(Path(path).parent))
        self._known.add(path)
        self._entry(path, stat.S_IFDIR | mode)

    def file(self, path, data, mode=0o644):
        """A file with these bytes."""
        self.directory(str(Path(path).parent))
        self._entry(path, stat.S_IFREG | mode, data)

    def link(self, path, target):
        """A symbolic link."""
        self.directory(str(Path(path).parent))
        self._entry(path, stat.S_IFLNK | 0o777, target.encode())

    def bytes(self):
        """The whole archive, ready to have another one appended."""
        name = b"TRAILER!!!\0"
        header = b"070701" + b"".join(
            b"%08X" % f for f in [0] * 4 + [1] + [0] * 6 + [len(name), 0])
        return _padded(b"".join(self._parts) + _padded(header + name), BLOCK)


def joined(*archives):
    """Archives (compressed or not) one behind the other, as Linux unpacks
    them in that order."""
    return b"".join(_padded(archive, BLOCK) for archive in archives)
