# SPDX-License-Identifier: GPL-2.0-only
"""What crashes have left on this host."""

import json
import re
from pathlib import Path

from . import target
from .host import Trouble, run

PARTIAL = ".partial"
NAME = re.compile(rf"\d{{8}}-\d{{6}}-[\w-]+({re.escape(PARTIAL)})?")


def mounted(uuid):
    """The folders that the root of that file system is mounted on."""
    try:
        mounts = json.loads(run(
            "findmnt", "--json", "--nofsroot", "--source", uuid, "--output",
            "TARGET,FSROOT"))["filesystems"]
    except Trouble:
        return []
    return [Path(mount["target"]) for mount in mounts
            if mount["fsroot"] == "/"]


def folders(config):
    """Where reports can be on this host."""
    kind, _, folder = config["TARGET"].partition(":")
    wanted = []
    if kind.startswith("/"):
        # The second, if it is mounted by NFS.
        wanted = [Path(kind), Path(kind) / target.own_folder()]
    elif kind.startswith("UUID="):
        wanted = [root / folder.lstrip("/") for root in mounted(kind)]
    return list(dict.fromkeys(wanted + [
        root / folder for _, root, folder in target.FALLBACKS]))


def describe(folder):
    """One crash: what its files say."""
    known = {"name": folder.name, "folder": str(folder)}
    try:
        text = (folder / "status").read_text("utf-8")
    except OSError:
        text = ""
    if folder.name.endswith(PARTIAL):
        known["report"] = "incomplete"
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
