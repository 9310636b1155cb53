# SPDX-License-Identifier: GPL-2.0-only
"""Files, by the names that GRUB has for them."""

import os
import re
import stat

from . import Trouble


def read(path):
    """All of a file."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise Trouble(f"{path}: {error.strerror}") from None


def platform():
    """The firmware, as GRUB calls it."""
    return "efi" if os.path.exists("/sys/firmware/efi") else "pc"


def _unescaped(text):
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)


def _mounts():
    """(device number of the source, folder of the file system, mount point).
    That of the file system itself differs for btrfs, for example."""
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        for line in file:
            words, _, rest = line.partition(" - ")
            words = words.split()
            source = _unescaped(rest.split()[1])
            yield (_number(source) or words[2], _unescaped(words[3]),
                   _unescaped(words[4]))


def _number(path):
    """The number of a block device, as mountinfo has it, or None."""
    try:
        known = os.stat(path)
    except OSError:
        return None
    if not stat.S_ISBLK(known.st_mode):
        return None
    return f"{os.major(known.st_rdev)}:{os.minor(known.st_rdev)}"


def of_grub(name, uuid):
    """The path of a file that GRUB finds by that name on the file system with
    that UUID."""
    name = re.sub(r"^\([^)]*\)", "", name)
    device = _number(f"/dev/disk/by-uuid/{uuid}") if uuid else None
    if uuid and device is None:
        raise Trouble(f"no file system has the UUID {uuid}")
    tried = []
    for number, folder, point in _mounts():
        if device is not None and number != device:
            continue
        if not (name + "/").startswith(folder.rstrip("/") + "/"):
            continue
        path = os.path.normpath(
            point + "/" + name[len(folder.rstrip("/")):])
        if os.path.exists(path):
            return path
        tried.append(path)
    where = f"on the file system {uuid}" if uuid else "on any file system"
    raise Trouble(f"GRUB's {name} is not to be found {where}, tried "
                  f"{', '.join(tried) or 'nothing: it is not mounted'}")
