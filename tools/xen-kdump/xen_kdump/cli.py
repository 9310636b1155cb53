# SPDX-License-Identifier: GPL-2.0-only
"""The command xen-kdump."""

import argparse
import fcntl
import json
import sys
import time
import traceback
from pathlib import Path

from . import (checks, config as configuration, estimate, host, initramfs,
               loader, reports)
from .host import Trouble, run

GOOD, BAD, UNKNOWN = 0, 1, 2
LOCK = Path("/run/xen-kdump.lock")


def show(options, value, text):
    """As JSON, if asked for, or as text."""
    print(json.dumps(value, indent=2) if options.json else text)


def status(options, config):
    """is a crash kernel loaded, which, since when; 1 if none is"""
    loaded = host.is_loaded()
    start, size = host.crash_area()
    record = loader.record() if loaded else {}
    known = {"loaded": loaded, "area_start": start, "area_bytes": size,
             "target": config["TARGET"], **record}
    lines = [f"loaded:       {'yes' if loaded else 'no'}",
             f"crash area:   {checks.mib(size)} at {start:#x}" if size else
             "crash area:   none"]
    lines += [f"{name.replace('_', ' ') + ':':13} {record[name]}" for name in (
        "time", "kernel", "initramfs", "command_line", "target", "digest")
        if name in record]
    show(options, known, "\n".join(lines))
    return GOOD if loaded else BAD


def check(options, config):
    """is this host ready for a crash; 1 if a point fails"""
    found = list(checks.points(config))
    show(options,
         [{"name": name, "verdict": verdict, "text": text}
          for name, verdict, text in found],
         "\n".join(f"{verdict:5} {name}: {text}"
                   for name, verdict, text in found))
    return BAD if any(v == checks.FAIL for _, v, _ in found) else GOOD


def estimated(options, config):
    """how large crashkernel= should be, and how large a dump can get"""
    image = initramfs.plan(config)
    initramfs.make(image)
    area, parts = estimate.area(image)
    dump = estimate.dump()
    lines = [f"{name.replace('_', ' ') + ':':20} {checks.mib(size)}"
             for name, size in parts.items()]
    lines += [f"crash area, at least: {checks.mib(area)}",
              f"dump, at most:        {checks.mib(dump)}"]
    show(options, {"area_bytes": area, "parts": parts, "dump_bytes": dump},
         "\n".join(lines))
    return GOOD


def trial(options, _):
    """crash this host, after a question, to see that it is saved"""
    if not host.is_loaded():
        raise Trouble("no crash kernel is loaded: see xen-kdump check")
    if not options.yes:
        print("This crashes Xen.  All domains end at once, what they have not "
              "written is lost, and the host reboots after saving a dump.")
        try:
            answer = input("Type \"crash\" to go on: ")
        except EOFError:
            answer = ""
        if answer != "crash":
            print("Nothing was done.")
            return BAD
    run("sync", timeout=60)
    run("xl", "debug-keys", "C")
    time.sleep(60)
    raise Trouble("Xen did not crash")


def listed(options, config):
    """what crashes have left, the newest first"""
    found = reports.found(config)
    show(options, found, "\n".join(
        f"{crash['name']}  report: {crash.get('report', 'unknown')}, "
        f"dump: {crash.get('dump', 'unknown')}, in {crash['folder']}"
        for crash in found) or
        f"nothing was saved on this host; TARGET={config['TARGET']}")
    return GOOD


def shown(options, config):
    """one report, by default the newest; 1 if there is none"""
    found = [crash for crash in reports.found(config)
             if options.name in (None, crash["name"])]
    if not found:
        print(f"xen-kdump: there is no {options.name or 'report'} on this "
              f"host; TARGET={config['TARGET']}", file=sys.stderr)
        return BAD
    crash = found[0]
    text = [f"{name}: {value}" for name, value in crash.items()
            if name != "files"]
    text += [f"  {size:13} {name}" for name, size in crash["files"].items()]
    folder = Path(crash["folder"])
    for name in crash["files"]:
        if name.startswith("vmcore.flat"):
            text.append(f"To get the dump: cd {folder} && " + (
                f"zstd -dc {name} |" if name.endswith(".zst") else
                f"cat {name} |") + " makedumpfile -R vmcore")
    report = folder / "report.txt"
    if report.exists():
        text += ["", report.read_text("utf-8", "replace")]
    show(options, crash, "\n".join(text))
    return GOOD


def load(options, config):
    """make the crash initramfs, if something has changed, and load it; 1 if
    what is loaded is not as configured"""
    warning, good = loader.load(config)
    if warning:
        print(f"xen-kdump: warning: {warning}", file=sys.stderr)
    return status(options, config) if good else BAD


def unload(_, __):
    """a crash then reboots without a report"""
    loader.unload()
    return GOOD


COMMANDS = {
    "status": status, "check": check, "estimate": estimated, "test": trial,
    "list": listed, "show": shown, "load": load, "unload": unload,
}
# These change what is loaded, or the initramfs.
ALONE = ("estimate", "load", "unload")


def parse():
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="xen-kdump", description="Crash dumps of a Xen host.",
        epilog="Exit status: 0 for yes or done, 1 for no, 2 if that is not "
               "known or something went wrong.")
    commands = parser.add_subparsers(dest="command", required=True,
                                     metavar="COMMAND")
    for name, function in COMMANDS.items():
        command = commands.add_parser(name, help=function.__doc__,
                                      description=function.__doc__)
        command.add_argument("--json", action="store_true",
                             help="print JSON, for programs")
        if function is trial:
            command.add_argument("--yes", action="store_true",
                                 help="do not ask")
        if function is shown:
            command.add_argument("name", nargs="?", metavar="NAME",
                                 help="as in xen-kdump list")
    return parser.parse_args()


def read(command):
    """The configuration; a bad one does not keep what is loaded from being
    shown or removed."""
    try:
        return configuration.read()
    except Trouble:
        if command not in ("status", "unload"):
            raise
        return dict(configuration.DEFAULTS)


def main():
    """Run the command; its exit status."""
    options = parse()
    try:
        with open(LOCK, "w", encoding="ascii") as lock:
            if options.command in ALONE:
                fcntl.flock(lock, fcntl.LOCK_EX)
            return COMMANDS[options.command](options, read(options.command))
    except (Trouble, OSError) as trouble:
        print(f"xen-kdump: {trouble}", file=sys.stderr)
    except Exception:   # pylint: disable=broad-except
        traceback.print_exc()
    return UNKNOWN
