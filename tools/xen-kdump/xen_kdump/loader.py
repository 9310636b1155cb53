# SPDX-License-Identifier: GPL-2.0-only
"""Loads the crash kernel into Xen, and keeps a record of what is loaded."""

import hashlib
import json
import os
import time
from pathlib import Path

from . import host, initramfs
from .host import Trouble, run

RECORD = Path("/run/xen-kdump.json")
RESERVE = ".reserve"
RESERVED = "reserved"
RESERVE_BYTES = 8 << 20
# One CPU, because Linux cannot start the others of a machine that crashed;
# devices as the crash has left them; and a reboot instead of any hang.
ARGUMENTS = ("rdinit=/xen-kdump/init nr_cpus=1 reset_devices irqpoll panic=10 "
             "oops=panic softlockup_panic=1")


def cmdline(config):
    """Of the crash kernel."""
    if config["CONSOLE"] == "auto":
        names = host.consoles(host.xen_info().get("xen_commandline", ""))
    else:
        names = config["CONSOLE"].split()
    return " ".join(filter(None, (
        *(f"console={name}" for name in names), ARGUMENTS,
        config["APPEND"])))


def reserved():
    """The folders that room was reserved in."""
    path = initramfs.STATE / RESERVED
    return [Path(line) for line in path.read_text("utf-8").splitlines()] \
        if path.exists() else []


def unreserve(keep=()):
    """Give the room back, but for these folders."""
    for folder in reserved():
        if folder not in keep:
            (folder / RESERVE).unlink(missing_ok=True)


def reserve(places):
    """Room for a report, in case that the file system is full when it is
    wanted: crash/init removes the file.  A warning, or None."""
    folders = [place.path for place in places
               if place.path and place.what in ("target", "root")]
    try:
        unreserve(folders)
        (initramfs.STATE / RESERVED).write_text(
            "".join(f"{folder}\n" for folder in folders), "utf-8")
        for folder in folders:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with open(folder / RESERVE, "ab") as file:
                os.posix_fallocate(file.fileno(), 0, RESERVE_BYTES)
    except OSError as error:
        return f"no room is kept for a report: {error}"
    return None


def sha256(path):
    """Of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verdict(log):
    """Xen's digest of what it has loaded last."""
    lines = [line for line in log.splitlines() if "kexec: crash: sha256 " in
             line]
    return lines[-1].rpartition(" ")[2] if lines else None


def load(config):
    """Make the initramfs, if something has changed, and load.  What is
    loaded stays until Xen has the new one.  Returns a warning, or None, and
    whether what is loaded is what the configuration asks for."""
    if not host.is_dom0():
        raise Trouble("this is no dom0 of a Xen")
    if host.crash_area()[1] == 0:
        raise Trouble("Xen has no memory for a crash kernel: put "
                      "crashkernel= on Xen's command line, and reboot")
    release, kernel = host.kernel(config)
    good = True
    initrd = initramfs.STATE / f"initrd.img-{release}"
    try:
        image = initramfs.plan(config)
        if image.trouble and initrd.exists():
            raise image.trouble
        initramfs.make(image)
        warning = reserve(image.places)
        if image.trouble:
            good = False
            warning = f"reports only, not to the target: {image.trouble}"
    # Whatever it is: with the old one, there is a report.
    except Exception as trouble:    # pylint: disable=broad-except
        if not initrd.exists():
            raise
        good = False
        warning = f"loading the initramfs that was there: {trouble}"
    words = cmdline(config)
    run("kexec", "-p", kernel, f"--initrd={initrd}", f"--append={words}",
        timeout=600)
    RECORD.write_text(json.dumps({
        "time": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "kernel": str(kernel),
        "initramfs": str(initrd), "initramfs_sha256": sha256(initrd),
        "command_line": words, "target": config["TARGET"],
        "digest": verdict(host.xen_log()), "warning": warning}), "utf-8")
    return warning, good


def unload():
    """A crash then reboots without a report."""
    # Without Xen, it would be kdump-tools' one.
    if host.is_dom0() and host.is_loaded():
        run("kexec", "-p", "-u")
    RECORD.unlink(missing_ok=True)
    unreserve()


def record():
    """What was loaded when; empty if this command has loaded nothing."""
    try:
        return json.loads(RECORD.read_text("utf-8"))
    except (OSError, ValueError):
        return {}


def is_current():
    """Is what is loaded the initramfs that is there?"""
    known = record()
    path = Path(known.get("initramfs", "/nonexistent"))
    return path.exists() and sha256(path) == known["initramfs_sha256"]
