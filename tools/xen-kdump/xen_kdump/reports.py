# SPDX-License-Identifier: GPL-2.0-only
"""What crashes have left on this host."""

import re
from pathlib import Path

from . import target

NAME = re.compile(r"\d{8}-\d{6}-[\w-]+")


def folders(config):
    """Where reports can be on this host."""
    kind = config["TARGET"]
    wanted = [Path(kind)] if kind.startswith("/") else []
    return list(dict.fromkeys(wanted + [
        root / folder for _, root, folder in target.FALLBACKS]))


def describe(folder):
    """One crash: what its files say."""
    known = {"name": folder.name, "folder": str(folder)}
    try:
        text = (folder / "status").read_text("utf-8")
    except OSError:
        text = ""
    known |= dict(re.findall(r"^(\w+)=(.*)$", text, re.M))
    known["files"] = {path.name: path.stat().st_size
                      for path in sorted(folder.iterdir()) if path.is_file()}
    return known


def found(config):
    """All of them, the newest first."""
    seen = {}
    for folder in folders(config):
        for path in folder.glob("*") if folder.is_dir() else ():
            if NAME.fullmatch(path.name) and path.is_dir():
                seen[path.name] = path
    return [describe(seen[name]) for name in sorted(seen, reverse=True)]
