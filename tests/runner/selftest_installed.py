# SPDX-License-Identifier: GPL-2.0-only
"""Tests of what runs the cases on an installed host."""

import json
import tempfile
import unittest
from pathlib import Path

from . import guide, install, installed_case
from .installed import Done, Shell, Wrong
from .verdict import Broken

KEXEC = "systemctl start kexec.target"

TEXT = """# Title

## One

Text.

    first
    second \\
        --goes-on

    third

## Two

    fourth
"""


class FakeHost:
    """A host whose commands print what they are told to."""

    def __init__(self, printed):
        self.shell = self
        self._printed = printed
        self.restarts = []
        self.reset = 0              # in each restart

    def run(self, command):
        """What the command prints; none: it fails."""
        for start, text in self._printed.items():
            if command.startswith(start):
                return Done(0, [text])
        return Done(1, [])

    def restart(self, command):
        """The host comes back."""
        self.restarts.append(command)

    def resets(self):
        """How often it went through its firmware."""
        return self.reset * len(self.restarts)

    def must(self, command):
        """As Shell has it."""
        done = self.run(command)
        if done.status:
            raise Wrong(command)
        return done.text


CRASH = {"reason": "dom0", "report": "complete", "dump": "complete",
         "folder": "/var/crash/1"}
READER = {"problems": [], "where": {"line": 7}, "console": ["a"],
          "dom0_log": ["b"]}


class Guide(unittest.TestCase):
    """The commands of a document."""

    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.path = Path(folder) / "guide.md"
        self.path.write_text(TEXT)

    def test_commands_of_a_section(self):
        self.assertEqual(
            ["first", "second \\\n    --goes-on", "third"],
            guide.commands("One", self.path))
        self.assertEqual(["fourth"], guide.commands("Two", self.path))

    def test_no_such_section(self):
        with self.assertRaises(Broken):
            guide.commands("Three", self.path)

    def test_the_shipped_guide(self):
        first, then = install.installing()
        self.assertEqual("reboot", first[-1])
        self.assertEqual("xen-kdump check", then[0])
        self.assertIn("xen-kdump test", then)
        for section in ("What GRUB would boot", "Into Xen by kexec-tools",
                        "Into Linux without Xen"):
            self.assertEqual(KEXEC, guide.commands(section)[-1])


class Typing(unittest.TestCase):
    """What an operator looks at."""

    def test_check(self):
        for said, good in (("pass a: b\npass c: d", True), ("", False),
                           ("pass a: b\nwarn c: d", False),
                           ("fail a: b", False)):
            host = FakeHost({"xen-kdump check": said})
            if good:
                install.type_command(host, "xen-kdump check")
            else:
                with self.assertRaises(Wrong):
                    install.type_command(host, "xen-kdump check")

    def test_a_failing_command(self):
        with self.assertRaises(Wrong):
            install.type_command(FakeHost({}), "update-grub")

    def test_restarts(self):
        host = FakeHost({})
        for command in ("reboot", "xen-kdump test", KEXEC):
            install.type_command(host, command)
        self.assertEqual(["reboot", "echo crash | xen-kdump test",
                          KEXEC], host.restarts)

    def test_kexec_by_way_of_the_firmware(self):
        host = FakeHost({})
        host.reset = 1
        install.type_command(host, "reboot")
        with self.assertRaises(Wrong):
            install.type_command(host, KEXEC)


class Boot(unittest.TestCase):
    """The shell of a host's next boot."""

    def test_behind_a_question(self):
        shell = Shell(60, Path("unused"))
        self.addCleanup(shell.theirs.close)
        self.addCleanup(shell._ours.close)  # pylint: disable=protected-access
        shell.start_clock()
        read = iter([b"Go on: shell ready 1-2\n", b""])
        shell.follow(lambda: next(read), "/dev/null")
        self.assertEqual("1-2", shell.ready(1))


class Saved(unittest.TestCase):
    """What a host that came back has to have."""

    def check(self, crashes, reader=None, **fields):
        """check_saved() on such a host."""
        case = installed_case.InstalledCase(
            name="installed-x", what="", kind="installed", group="installed",
            **{"reason": "dom0", **fields})
        printed = {installed_case.WHAT_IS_SAVED: json.dumps(crashes),
                   "grep": ""}
        if reader:
            printed["xen-vmcore"] = json.dumps(reader)
        installed_case.check_saved(FakeHost(printed), case)

    def test_good(self):
        self.check([CRASH, CRASH | {"reason": "nmi"}], READER)
        self.check([CRASH | {"dump": "no room: 7"}], dump="no room.*")

    def test_bad(self):
        for crashes in ([], [CRASH | {"reason": "nmi"}, CRASH],
                        [CRASH | {"report": "none"}],
                        [CRASH | {"dump": "begun"}],
                        [CRASH | {"folder": "/boot/crash/1"}]):
            with self.assertRaises(Wrong):
                self.check(crashes, READER)

    def test_bad_dump(self):
        with self.assertRaises(Wrong):
            self.check([CRASH])
        for bad in ({"problems": ["x"]}, {"where": None}, {"where": {}},
                    {"console": []}, {"dom0_log": []}):
            with self.assertRaises(Wrong):
                self.check([CRASH], READER | bad)

    def test_dump_where_none_may_be(self):
        with self.assertRaises(Wrong):
            case = installed_case.InstalledCase(
                name="installed-x", what="", kind="installed",
                group="installed", reason="dom0", dump="none")
            installed_case.check_saved(FakeHost({
                installed_case.WHAT_IS_SAVED: json.dumps(
                    [CRASH | {"dump": "none"}]),
                "grep": "", "ls": ""}), case)
