# SPDX-License-Identifier: GPL-2.0-only
"""Cases on an installed host: it crashes, comes back, and shows what it saved.

The verdict comes from commands on the host that has come back, and from what
it finds on its disk, not from what was printed before.
"""

import contextlib
import json
import re
import shutil
import socket
from dataclasses import dataclass, field

from . import guide, install
from .cases import Case
from .installed import Host, Wrong
from .linux_case import CRASH_KEY
from .verdict import Broken, failed, passed

# From the crash until the shell is there again.
RETURN_SECONDS = 1200
WHAT_IS_SAVED = "xen-kdump list --json"


@dataclass(kw_only=True)
class InstalledCase(Case):
    """What happens to the host, in this order; commands are of a shell."""
    limit: int = 3600
    firmware: str = "bios"          # or "uefi"
    server: bool = False            # there is another host, 192.0.2.1, that
                                    # exports /srv
    before: list = field(default_factory=list)      # commands that succeed
    section: str = ""               # of the guide, to be followed then
    crash: str = ""                 # a command that ends the host,
    crash_key: bool = False         # or the key of Xen's console,
    nmi: bool = False               # or an NMI
    back: list = field(default_factory=list)        # commands that succeed
                                    # when it is back, first of all
    reason: str = ""                # of the crash, in the report's name
    dump: str = "complete"          # what became of the dump
    folder: str = "/var/crash"      # where the report is
    after: list = field(default_factory=list)       # commands that succeed
                                    # in the end

    def __post_init__(self):
        super().__post_init__()
        if self.firmware not in ("bios", "uefi"):
            raise Broken(f"firmware {self.firmware}")

    def run(self, context):
        """The host, and its server, from start to end."""
        with contextlib.ExitStack() as stack:
            link, other = socket.socketpair()
            if self.server:
                stack.enter_context(self._host(context, "server", other))
            try:
                return self._story(stack.enter_context(
                    self._host(context, self.firmware, link)))
            except Wrong as trouble:
                return failed(str(trouble))

    @contextlib.contextmanager
    def _host(self, context, name, link):
        """A host that goes on from where it was frozen; its disks do not
        stay."""
        frozen = install.frozen_host(context.build, context.accelerator, name)
        folder = context.folder / name
        folder.mkdir()
        try:
            with Host(context.build, frozen.hardware(folder, link,
                                                     install.MACS[name]),
                      context.accelerator, context.folder / f"{name}.log",
                      self.limit) as host:
                yield host
        finally:
            shutil.rmtree(folder)

    def _story(self, host):
        """What happens; the outcome."""
        for command in self.before:
            host.shell.must(command)
        commands = []
        if self.section == install.SECTION:
            commands = install.installing()[1]
        elif self.section:
            commands = guide.commands(self.section)
        for command in commands:
            install.type_command(host, command)
        if self._crash(host):
            host.shell.ready(RETURN_SECONDS)
        for command in self.back:
            host.shell.must(command)
        if self.reason:
            check_saved(host, self)
        for command in self.after:
            host.shell.must(command)
        return passed(f"{host.shell.seconds():.0f} s")

    def _crash(self, host):
        """Is the host to come back?"""
        if self.crash:
            host.shell.begin(self.crash)
        elif self.crash_key:
            host.machine.type(CRASH_KEY)
        elif self.nmi:
            host.machine.nmi()
        return bool(self.crash or self.crash_key or self.nmi)


def check_saved(host, case):
    """The newest report, and the dump beside it."""
    crashes = json.loads(host.shell.must(WHAT_IS_SAVED))
    if not crashes:
        raise Wrong("nothing was saved")
    crash = crashes[0]
    wanted = {"reason": case.reason, "report": "complete", "dump": case.dump}
    for key, value in wanted.items():
        if not re.fullmatch(value, crash.get(key, "")):
            raise Wrong(f"{key} is {crash.get(key)}, not {value}")
    folder = crash["folder"]
    if not folder.startswith(case.folder + "/"):
        raise Wrong(f"the report is in {folder}, not in {case.folder}")
    host.shell.must(f"grep -q Reason: '{folder}/report.txt'")
    if case.dump == "complete":
        check_dump(host, f"{folder}/vmcore")
    elif host.shell.run(f"ls '{folder}/vmcore'").status == 0:
        raise Wrong("there is a dump")


def check_dump(host, path):
    """Does the reader find all that it can, with the symbols installed?"""
    report = json.loads(host.shell.must(f"xen-vmcore --json '{path}'"))
    if report["problems"]:
        raise Wrong(f"xen-vmcore: {report['problems']}")
    if not (report["where"] or {}).get("line"):
        raise Wrong(f"xen-vmcore: no line of source: {report['where']}")
    if not report["console"] or not report["dom0_log"]:
        raise Wrong("xen-vmcore: a log is missing")
