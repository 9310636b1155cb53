# SPDX-License-Identifier: GPL-2.0-only
"""Tests of the runner itself: that what is wrong does not pass.

The machines here boot a sector of a few bytes, not Xen.
"""

import contextlib
import copy
import io
import itertools
import json
import os
import re
import tempfile
import textwrap
import tomllib
import types
import unittest
from pathlib import Path
from unittest import mock
from xml.etree import ElementTree

from mutants import mutants

from . import (accel, artefacts, bochs, cases, check, cpio, dump_reader,
               guest_case, host_case, linux_case, matrix, results, verdict)
from .machine import Config, Machine, Module
from .report import Report
from .serial_line import Ended, Fatal, Line, Timeout
from .verdict import (CHANCE, CRASH, ERROR, FAIL, HUNG, PASS, SKIP, STOPPED,
                      Broken, Outcome, Skipped)


def sector(*code):
    """A boot sector of these bytes."""
    return bytes(code).ljust(510, b"\0") + b"\x55\xaa"


def say(text):
    """Code that writes the text and a newline to the first serial port: eight
    bits a byte, each when there is room for it."""
    code = [0xba, 0xfb, 0x03, 0xb0, 3, 0xee]    # mov dx, 0x3fb; out dx, 3
    for byte in text.encode() + b"\n":
        code += [0xba, 0xfd, 0x03,              # mov dx, 0x3fd
                 0xec, 0xa8, 0x20, 0x74, 0xfb,  # in al, dx; test 0x20; jz -5
                 0xba, 0xf8, 0x03,              # mov dx, 0x3f8
                 0xb0, byte, 0xee]              # mov al, byte; out dx, al
    return code


HALT = [0xfa, 0xf4]                             # cli; hlt
EXIT = [0xb0, 3, 0xe6, 0xf4]                    # mov al, 3; out 0xf4, al
RESET = [0xb0, 0xfe, 0xe6, 0x64, *HALT]         # the keyboard controller's
# lidt from address 0, made a table of no length; int3
TRIPLE_FAULT = [0x31, 0xc0, 0x8e, 0xd8, 0xa3, 0x00, 0x00,
                0x0f, 0x01, 0x1e, 0x00, 0x00, 0xcc]


class OnMachine(unittest.TestCase):
    """machine.py on real machines."""

    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.folder = Path(folder)

    def machine(self, *code, limit=30):
        """A machine that runs this code."""
        image = self.folder / "image"
        image.write_bytes(sector(*code))
        return Machine(Config(
            kernel=None, log=self.folder / "serial.log", memory=16,
            extra=["-drive", f"format=raw,file={image}"]), limit)

    def test_line_is_found_and_logged(self):
        with self.machine(*say("one"), *say("two 7"), *HALT) as machine:
            _, match = machine.expect(r"two (\d)")
            self.assertEqual(match[1], "7")
        self.assertIn(b"two 7\n", (self.folder / "serial.log").read_bytes())

    def test_found_line_is_used_up(self):
        with self.machine(*say("one"), *HALT) as machine:
            machine.expect("one")
            with self.assertRaises(Timeout):
                machine.expect("one", limit=0.5)

    def test_silence_is_a_timeout(self):
        with self.machine(*HALT, limit=1) as machine, \
                self.assertRaises(Timeout):
            machine.expect("anything")

    def test_fatal_line_comes_first(self):
        with self.machine(*say("bad"), *say("good"), *HALT) as machine, \
                self.assertRaises(Fatal):
            machine.expect("good", fatal="bad")

    def test_exit_status_is_the_guests(self):
        with self.machine(*EXIT) as machine:
            self.assertEqual(machine.wait(), 2 * 3 + 1)

    def test_reset_ends_the_machine(self):
        with self.machine(*RESET) as machine:
            with self.assertRaises(Ended):
                machine.expect("anything")
            self.assertEqual(machine.wait(), 0)
            self.assertEqual(machine.shutdown_reason(), "guest-reset")

    def test_nothing_is_left_behind(self):
        with self.assertRaises(ZeroDivisionError):
            with self.machine(*HALT) as machine:
                raise ZeroDivisionError
        self.assertIsNotNone(machine.status)

    def test_monitor_answers(self):
        with self.machine(*say("up"), *HALT) as machine:
            machine.expect("up")
            machine.stop()
            self.assertEqual(machine.monitor("query-status")["status"],
                             "paused")


class OnBochs(unittest.TestCase):
    """bochs.py on real machines.  More of what both share is in OnMachine."""

    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        build = artefacts.Build(Path(os.environ.get("BUILD", "build")))
        try:
            self.debian = build.debian
        except artefacts.Missing as reason:
            self.skipTest(str(reason))

    def machine(self, *code, limit=120):
        """A machine that runs this code."""
        return bochs.Bochs(bochs.Config(
            debian=self.debian, model="ryzen", kernel=None, memory=32,
            log=self.folder / "serial.log", boot_code=sector(*code)), limit)

    def test_bochs_line_is_found_and_logged(self):
        with self.machine(*say("one"), *say("two 7"), *HALT) as machine:
            _, match = machine.expect(r"two (\d)")
            self.assertEqual(match[1], "7")
            self.assertIsNone(machine.wait())       # it goes on
        self.assertEqual((self.folder / "serial.log").read_bytes(),
                         b"one\ntwo 7\n")

    def test_bochs_silence_is_a_timeout(self):
        with self.machine(*HALT, limit=4) as machine, \
                self.assertRaises(Timeout):
            machine.expect("anything")

    def test_bochs_reset_ends_the_machine(self):
        with self.machine(*say("one"), *RESET) as machine:
            with self.assertRaises(Ended):
                machine.expect("two")
            self.assertEqual(machine.shutdown_reason(), "guest-reset")
            self.assertEqual(machine.wait(), 0)

    def test_bochs_triple_fault_ends_the_machine_and_is_named(self):
        with self.machine(*say("one"), *TRIPLE_FAULT) as machine:
            with self.assertRaises(Ended):
                machine.expect("two")
            self.assertRegex(machine.shutdown_reason(),
                             r"^CPU0: .*3rd .*, at [0-9a-f]+$")
            self.assertEqual(machine.wait(), 1)

    def test_bochs_leaves_its_logs_behind_and_nothing_else(self):
        with self.assertRaises(ZeroDivisionError):
            with self.machine(*say("up"), *HALT) as machine:
                machine.expect("up")
                raise ZeroDivisionError
        self.assertTrue(machine.ended())
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()),
                         ["serial.bochs.log", "serial.bochsrc", "serial.log"])

    def test_bochs_that_cannot_start_leaves_nothing_behind(self):
        machine = self.machine(*HALT)
        machine.config.memory = bochs.MOST_MEMORY + 1
        with self.assertRaises(Broken), machine:
            pass
        self.assertEqual(list(self.folder.iterdir()), [])


class GuestCases(unittest.TestCase):
    """What the tiny guests say, and what is asked of their machines."""

    GOOD = ["# nonce 0x7", "ok 1 - a", "1..1"]

    def complaints(self, lines, status=None, **fields):
        """On these lines, the machine still running if there is no status."""
        case = self.case(**fields)
        return list(guest_case._complaints(
            case, [Line(text, 0) for text in lines], 7, status))

    @staticmethod
    def case(**fields):
        """A case in Bochs."""
        return cases.from_stanza(Path("x.toml"), {
            "name": "a-b", "what": "b", "kind": "guest", "machine": "bochs",
            "cpu": "ryzen", **fields})

    def test_guest_without_a_status_is_judged_by_its_lines(self):
        self.assertEqual(self.complaints(self.GOOD), [])
        self.assertEqual(self.complaints(
            ["# nonce 0x7", "ok 1 - a # SKIP no XSAVE", "1..1"]), [])
        for bad in (self.GOOD[1:], self.GOOD[:2], ["# nonce 0x7", "1..0"],
                    ["# nonce 0x8", *self.GOOD[1:]],
                    ["# nonce 0x7", "not ok 1 - a", "1..1"],
                    ["# nonce 0x7", "ok 2 - a", "1..1"],
                    ["# nonce 0x7", "ok - a", "1..1"],
                    ["# nonce 0x7", "not ok 1 - a # SKIP x", "1..1"]):
            self.assertTrue(self.complaints(bad), bad)
        self.assertTrue(self.complaints(self.GOOD, status=0))

    def test_guest_whose_processor_lacks_what_is_tested_fails(self):
        wanted = ["Enabling Supervisor Shadow Stacks"]
        self.assertTrue(self.complaints(self.GOOD, serial=wanted))
        self.assertEqual(self.complaints(
            [f"(XEN) {wanted[0]}", *self.GOOD], serial=wanted), [])

    def test_guest_in_bochs_is_refused_what_bochs_cannot(self):
        for bad in ({"cpu": ""}, {"inject": "nmi"}, {"environment": "pc"},
                    {"topology": "cores=2"}, {"parameters": {"look": 1}},
                    {"checked": 1}, {"machine": "vmware"}):
            with self.assertRaises(Broken):
                self.case(**bad)


class Judging(unittest.TestCase):
    """What is taken for a success, and what not."""

    def judged(self, text, status=0):
        """What is made of this output."""
        return host_case.judge(textwrap.dedent(text), status).status

    def test_tap_good(self):
        self.assertEqual(self.judged("1..2\nok 1 - a\nok 2 - b\n"), PASS)

    def test_tap_plan_at_the_end(self):
        self.assertEqual(self.judged("ok 1 - a\n1..1\n"), PASS)

    def test_tap_bad(self):
        for text in ("", "1..2\nok 1\n", "ok 1\n", "1..1\nnot ok 1 - a\n",
                     "1..1\nok 1\nok 2\n", "1..2\nok 1\nBail out! no\n",
                     "1..0\nnot ok 1\n", "1..2\nok 1\nok 3\n"):
            self.assertEqual(self.judged(text), FAIL, text)

    def test_tap_bad_status(self):
        self.assertEqual(self.judged("1..1\nok 1\n", status=1), FAIL)

    def test_tap_all_skipped(self):
        for word in ("ok", "not ok"):
            self.assertEqual(
                self.judged(f"1..1\n{word} 1 - a # SKIP no b\n"), SKIP)
        self.assertEqual(self.judged("1..0 # no b\n"), SKIP)

    def test_report_needs_the_nonce(self):
        report = Report([Line("hand-over other kernel 6", 0),
                         Line("dom0: hand-over mine kernel 6", 0)], "mine")
        self.assertIsNone(report.value("kernel"))

    def test_report_with_two_answers_has_none(self):
        report = Report([Line("hand-over mine cpus 1", 0),
                         Line("hand-over mine cpus 2", 0)], "mine")
        self.assertIsNone(report.value("cpus"))
        self.assertEqual(report.values("cpus"), ["1", "2"])


class DumpReports(unittest.TestCase):
    """A report of xen-vmcore that lacks anything does not pass."""

    GOOD = {
        "problems": [], "reason": ["by itself"], "crashing_cpu": 1,
        "where": {"function": "bang", "line": 1},
        "cpus": [{"cpu": 0, "saved": True, "stack": []},
                 {"cpu": 1, "saved": True, "stack": [
                     {"function": name, "guess": False}
                     for name in ("crash.cold", "bang", "idle")]}],
        "domains": [{"id": 0}], "dom0_log": ["scenario=this"],
        "no_dom0_log": None, "console": ["kexec: crash: loaded: 1 segment"],
    }

    def complaints(self, stack=("crash", "idle"), said="", **changes):
        """On the good one, but for these members."""
        report = {**copy.deepcopy(self.GOOD), **changes}
        return list(dump_reader.complaints(
            dump_reader.Reading(report, said), 2, "this", stack))

    def test_a_good_dump_report_passes(self):
        self.assertEqual(self.complaints(), [])

    def test_a_bad_dump_report_does_not(self):
        cpus = copy.deepcopy(self.GOOD["cpus"])
        guessed = copy.deepcopy(cpus)
        guessed[1]["stack"][2]["guess"] = True
        for bad in ({"problems": ["x"]}, {"reason": []}, {"said": "x"},
                    {"cpus": cpus[:1]}, {"cpus": guessed},
                    {"crashing_cpu": 0}, {"where": None},
                    {"where": {"function": "bang"}}, {"domains": []},
                    {"dom0_log": []}, {"console": []},
                    {"stack": ("idle", "crash")}, {"stack": ("boom",)}):
            self.assertEqual(len(self.complaints(**bad)), 1, bad)

    def test_drgn_has_to_find_the_same(self):
        def found(report, said=""):
            return list(dump_reader.complaints_on_drgn(
                dump_reader.Reading(report, said),
                dump_reader.Reading(self.GOOD)))
        good = {"crashing_cpu": 1, "domains": [{"id": 0}]}
        self.assertEqual(found(good), [])
        for bad in ({"crashing_cpu": 0}, {"domains": []},
                    {"domains": [{"id": 1}]}, {"domains": [{"uuid": "x"}]},
                    {"domains": [{"id": 0}, {"id": 1}]}):
            self.assertEqual(len(found({**good, **bad})), 1, bad)
        self.assertEqual(len(found(good, "warning: another build")), 1)
        self.assertEqual(found(None, "it died"), ["drgn: it died"])

    def test_no_dump_report_does_not_pass(self):
        reading = dump_reader.Reading(None, "it died")
        self.assertEqual(list(dump_reader.complaints(reading, 2, "", ())),
                         ["it died"])


class CaseFiles(unittest.TestCase):
    """Mistakes in a data file do not weaken a case."""

    def loaded(self, text):
        """The cases of this file."""
        with tempfile.TemporaryDirectory() as top:
            (Path(top) / "x").mkdir()
            (Path(top) / "x" / "x.toml").write_text(textwrap.dedent(text))
            return cases.load(Path(top))

    def test_mistakes(self):
        good = '[[case]]\nname = "a-b"\nwhat = "b"\nkind = "host"\n'
        self.assertEqual(self.loaded(good)[0].name, "a-b")
        for bad in (good + 'limits = 1\n', good + 'limit = "1"\n',
                    good + 'hooks = 1\n', good + good,
                    good.replace("host", "hots"), '[[cases]]\nname = "a-b"\n',
                    good.replace('what = "b"\n', ""),
                    good.replace('kind = "host"\n', ""),
                    good.replace("a-b", "a_b"), good.replace("a-b", "ab"),
                    good.replace("host", "linux") + 'scenario = "none"\n',
                    good.replace("host", "linux") + 'ends = "never"\n'):
            with self.assertRaises(Broken, msg=bad):
                self.loaded(bad)

    def test_factors_make_a_case_of_each_combination(self):
        text = """
            [defaults]
            kind = "guest"
            cpus = 2
            [factor.way.go]
            what = "go"
            xen = "a"
            [factor.way.stop]
            what = "stop"
            matrix = true
            parameters = { x = 1 }
            [factor.model.new]
            what = "anew"
            xen = "b"
            [factor.model.old]
            what = "as ever"
            cpu = "old"
            """
        found = {case.name: case for case in self.loaded(text)}
        self.assertEqual(list(found), ["x-go-new", "x-go-old",
                                       "x-stop-new", "x-stop-old"])
        self.assertEqual(found["x-go-new"].xen, "a b")
        self.assertEqual(found["x-go-old"].what, "go as ever")
        self.assertEqual([case.matrix for case in found.values()],
                         [False, False, True, True])
        self.assertEqual(found["x-stop-old"].parameters, {"x": 1})
        self.assertTrue(all(case.cpus == 2 for case in found.values()))
        with self.assertRaises(Broken):
            self.loaded(text.replace("cpu =", "pcu ="))

    def test_a_word_that_selects_nothing(self):
        with self.assertRaises(Broken):
            cases.select(cases.load(), ["no-such-case"])

    def test_hooks_choose_another_build(self):
        good = '[[case]]\nname = "a-b"\nwhat = "b"\nkind = "host"\n'
        self.assertFalse(self.loaded(good)[0].hooks)
        self.assertTrue(self.loaded(good + "hooks = true\n")[0].hooks)
        with self.assertRaises(Broken):     # a case never names that build
            self.loaded(good + 'only = ["xen-test"]\n')
        for name, hooked in (("xen", "xen-test"),
                             ("stock-debug", "stock-test-debug")):
            build = artefacts.Build(Path("build"), name)
            self.assertEqual(build.hooked().hypervisor, hooked)
            self.assertEqual(build.hooked().hooked().plain, name)

    def test_which_outcomes_are_bad(self):
        self.assertEqual([Outcome(status).bad for status in verdict.STATUSES],
                         [False, False, True, True, True])

    def test_the_worst_outcome_counts(self):
        found = verdict.worst([verdict.failed("a"), Outcome(PASS),
                               verdict.crashed("b", STOPPED),
                               verdict.failed("c")])
        self.assertEqual(found, Outcome(CRASH, "a; b; c", STOPPED))
        self.assertEqual(verdict.worst([]), Outcome(PASS))

    def test_patience_of_make_without_it(self):
        self.assertEqual(cases.patience(""), 1)
        self.assertEqual(cases.patience("3"), 3)
        for wrong in "0", "-1", "1.5", "long":
            with self.assertRaisesRegex(SystemExit, "PATIENCE"):
                cases.patience(wrong)


class Formats(unittest.TestCase):
    """What other programs read."""

    def test_commas_in_module_arguments(self):
        self.assertEqual(Module(Path("m"), "a=1,2").initrd_word(), "m a=1,,2")

    def test_archive(self):
        archive = cpio.Archive()
        archive.file("a/b", b"xyz")
        data = archive.bytes()
        self.assertEqual(len(data) % cpio.BLOCK, 0)
        self.assertTrue(data.startswith(b"070701"))
        self.assertLess(data.index(b"a\0"), data.index(b"a/b\0"))
        self.assertIn(b"TRAILER!!!", data)

    def test_smap_only_where_it_works(self):
        with mock.patch.object(accel, "qemu_version", lambda _: (9, 0)):
            self.assertEqual(accel.Emulator().arguments("+la57")[-1],
                             "max,-smap,+la57")
        with mock.patch.object(accel, "qemu_version", lambda _: (9, 1)):
            self.assertEqual(accel.Emulator().arguments()[-1], "max")

    def test_an_old_qemu_is_not_used(self):
        with tempfile.TemporaryDirectory() as folder:
            build = Path(folder)
            tool = build / "debian" / "bin" / accel.HOST_QEMU
            for there, host, wanted, used in (
                    (True, (7, 2), "", tool), (True, (9, 0), "", None),
                    (True, (7, 2), "host", None), (False, (7, 2), "", None),
                    (True, (9, 0), "debian", tool)):
                if there:
                    tool.parent.mkdir(parents=True, exist_ok=True)
                    tool.touch()
                elif tool.exists():
                    tool.unlink()
                with mock.patch.object(
                        accel, "qemu_version", lambda *_, v=host: v), \
                        mock.patch.dict("os.environ", QEMU=wanted):
                    self.assertEqual(accel.program(build),
                                     str(used or accel.HOST_QEMU))


class Results(unittest.TestCase):
    """What is kept and shown of a run."""

    BUILD = artefacts.Build(Path("build"), "xen")

    def run_of(self, *outcomes):
        """The results of a run with these outcomes."""
        return {name: (types.SimpleNamespace(name=name, what="x", kind="host",
                                             group="g"), outcome, 1.5)
                for name, outcome in zip("abcdefgh", outcomes)}

    def summed_up(self, *outcomes):
        """(the exit status, the last line) after these outcomes."""
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            status = results.summary(self.run_of(*outcomes))
        return status, said.getvalue().splitlines()[-1]

    def test_exit_status(self):
        for statuses, status in (
                ([PASS], 0), ([PASS, SKIP], 0), ([SKIP], 1), ([], 1),
                ([PASS, FAIL], 1), ([PASS, CRASH], 1), ([PASS, ERROR], 1)):
            self.assertEqual(
                self.summed_up(*map(Outcome, statuses))[0], status, statuses)

    def test_summary_tells_crashes_from_failures(self):
        statuses = (PASS, FAIL, CRASH, ERROR, CRASH)
        self.assertEqual(self.summed_up(*map(Outcome, statuses))[1],
                         "1 passed, 1 failed, 2 crashed Xen, 1 errors")

    def test_junit_has_every_case_and_its_status(self):
        texts = ['<a> & "b"', "\x1b[1mwide\x00", "x", "\ud800", ""]
        statuses = [FAIL, CRASH, ERROR, SKIP, PASS]
        found = self.run_of(*map(Outcome, statuses, texts))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "new" / "junit.xml"
            results.junit(found, self.BUILD, path)
            suite = ElementTree.parse(path).getroot()
        self.assertEqual(
            [suite.get(key) for key in
             ("name", "tests", "failures", "errors", "skipped", "time")],
            ["xen", "5", "2", "1", "1", "7.5"])
        self.assertEqual([case.get("name") for case in suite], list("abcde"))
        self.assertEqual([[(one.tag, one.get("type"), one.get("message"))
                           for one in case] for case in suite], [
            [("failure", FAIL, texts[0])],
            [("failure", CRASH, "?[1mwide?")], [("error", ERROR, "x")],
            [("skipped", SKIP, "?")], []])

    def test_saved_seconds_are_the_latest(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for file, when, seconds in ((results.ALL, 2, 2.5),
                                        (results.SOME, 1, 1.5)):
                path = folder / file
                path.write_text(json.dumps(
                    {"cases": {"a": {"seconds": seconds}}}))
                os.utime(path, (when, when))
            (folder / results.MATRIX).write_text("not JSON")
            self.assertEqual(results.known_seconds(folder), {"a": 2.5})

    def test_what_takes_long_starts_first(self):
        found = [types.SimpleNamespace(name=name, limit=limit)
                 for name, limit in (("a", 60), ("b", 60), ("c", 10))]
        self.assertEqual([case.name for case in check.longest_first(
            found, {"a": 3.0, "b": 30.0})], ["b", "c", "a"])


class MatrixTests(unittest.TestCase):
    """The covering set covers."""

    FACTORS = {"a": ["1", "2", "3"], "b": ["x", "y"], "c": ["p", "q", "r"]}

    def check(self, table):
        """Each pair that can be is in a row, no other is, none is empty."""
        rows = table.rows()
        met = {frozenset(pair) for row in rows
               for pair in itertools.combinations(row.items(), 2)}
        self.assertEqual(met, {frozenset(pair) for pair in table.pairs()})
        self.assertFalse(met & table.excluded)
        for row in rows:
            self.assertEqual(list(row), list(table.factors))
        return rows

    def test_matrix_covers_each_pair(self):
        rows = self.check(matrix.Table(self.FACTORS))
        self.assertLess(len(rows), 18)
        self.assertEqual(rows, matrix.Table(self.FACTORS).rows())

    def test_matrix_keeps_what_excludes_each_other_apart(self):
        table = matrix.Table(self.FACTORS, [(("a", "1"), ("b", "x")),
                                            (("c", "p"), ("a", "2"))])
        self.assertEqual(len(list(table.pairs())), 21 - 2)
        self.check(table)

    def test_matrix_refuses_what_cannot_be(self):
        with self.assertRaises(Broken):
            matrix.Table(self.FACTORS, [(("a", "9"), ("b", "x"))])
        with self.assertRaises(Broken):
            matrix.Table(self.FACTORS, [(("a", "1"), ("b", "x")),
                                        (("a", "1"), ("b", "y"))]).rows()

    def test_matrix_of_the_shipped_table(self):
        names = [case.name for case in matrix.load()]
        self.assertEqual(len(names), len(set(names)))
        with open(matrix.TABLE, "rb") as file:
            data = tomllib.load(file)
        self.check(matrix.table(data))


class Outcomes(unittest.TestCase):
    """What keeps a case from a verdict, or is wrong beside it, is not lost."""

    NONCE = "12ab"
    THIS = types.SimpleNamespace(
        nonce=NONCE, build=artefacts.Build(Path("build"), "xen-debug"),
        target=types.SimpleNamespace(version="6.12", machine="x86_64"),
        second_cmdline="role=second")
    REPORT = {"kernel": "6.12", "hypervisor": "none", "machine": "x86_64",
              "acpi": "found", "efi": "none", "cpus": "1", "rsdp": "0xf52b0",
              "cmdline": "cm9sZT1zZWNvbmQK"}     # role=second

    def case(self, **fields):
        """A case with Linux, with these fields."""
        return cases.from_stanza(Path("x.toml"), {
            "name": "a-b", "what": "b", "kind": "linux", **fields})

    def judged(self, case, xen=(), complaints=(), **report):
        """Its outcome when that is in the report and in Xen's log."""
        lines = [f"hand-over {self.NONCE} {key} {value}"
                 for key, value in {**self.REPORT, **report}.items()]
        return linux_case.judge(
            case, self.THIS,
            [Line(text, 0) for text in [*lines, *xen]], complaints)

    def test_the_good_report(self):
        self.assertEqual(self.judged(self.case()), Outcome(PASS))

    def test_a_line_alone_does_not_pass(self):
        for line, status in (
                ("Assertion 'x' failed at y.c:1", CRASH),
                ("common/x.c:1: Unhandled x", FAIL),
                ("kexec: load default: refused: x (-22)", FAIL)):
            outcome = self.judged(self.case(says="banner"),
                                  xen=[f"(XEN) {line}"])
            self.assertEqual(outcome.status, status, line)
        iommu = self.case(says="banner", xen_log=["IOMMU 0 Enabled"])
        self.assertEqual(self.judged(iommu).status, FAIL)
        self.assertEqual(self.judged(
            iommu, xen=["(XEN) AMD-Vi: IOMMU 0 Enabled"]).status, PASS)

    def test_firmware_is_where_it_has_to_be(self):
        uefi, bios = self.case(boot="grub"), self.case()
        self.assertEqual(self.judged(uefi, rsdp="0x7eb7e014").status, PASS)
        for case, found in ((uefi, "0xf52b0"), (bios, "0x7eb7e014"),
                            (uefi, ""), (bios, "x")):
            self.assertIn("root pointer",
                          self.judged(case, rsdp=found).reason)
        self.assertIn("efi", self.judged(bios, efi="found").reason)

    def test_chance_hides_nothing(self):
        chance = f"spin: {linux_case.BY_CHANCE}"
        for complaints, cause, rounds in (
                ([chance], CHANCE, linux_case.ROUNDS), ([chance, "x"], "", 1)):
            outcome = self.judged(self.case(), complaints=complaints)
            self.assertEqual((outcome.status, outcome.cause), (FAIL, cause))
            with mock.patch.object(linux_case.LinuxCase, "round",
                                   return_value=outcome) as one:
                self.assertEqual(self.case().run(None), outcome)
            self.assertEqual(one.call_count, rounds)

    def guest(self, *texts, lacks="", **fields):
        """The outcome of a case with tiny guests whose machines print one of
        the texts each."""
        case = cases.from_stanza(Path("x.toml"), {
            "name": "a-b", "what": "b", "kind": "guest",
            "seeds": len(texts), **fields})
        context = mock.Mock()
        context.accelerator.lacks.return_value = lacks
        machines = [(Outcome(PASS), [Line(text, 0)]) for text in texts]
        with mock.patch.object(guest_case, "_attempt", side_effect=machines), \
                mock.patch.object(guest_case.guests, "make"):
            return case.run(context)

    def test_a_point_has_to_be_hit(self):
        end = "^no such point"
        for texts, least, wanted in (
                (["no such point"], 1, FAIL),
                (["crash", "no such point"], 1, PASS),
                (["crash", "no such point"], 2, FAIL),
                (["crash", "crash"], 1, FAIL)):
            outcome = self.guest(*texts, until=end, least=least)
            self.assertEqual(outcome.status, wanted, (texts, least))

    def test_a_skip_is_about_the_machine(self):
        self.assertEqual(self.guest("x", needs_cpu=True).status, PASS)
        with self.assertRaises(Skipped):
            self.guest("x", needs_cpu=True, lacks="no such feature")

    def test_what_the_emulator_lacks(self):
        emulator = accel.Emulator(accel.HOST_QEMU)
        self.assertEqual(emulator.lacks("max"), "")
        self.assertIn("no-such", emulator.lacks("max,+no-such-feature"))

    def test_a_time_out_is_no_verdict(self):
        case = self.case()
        for trouble, status, cause in (
                (Timeout("x"), FAIL, HUNG), (Ended("x"), FAIL, STOPPED),
                (Fatal("Kernel panic - not syncing"), FAIL, STOPPED),
                (Fatal("(XEN) Xen BUG at x.c:1"), CRASH, STOPPED)):
            with tempfile.TemporaryDirectory() as folder, \
                    mock.patch.object(type(case), "run", side_effect=trouble):
                outcome = check.attempt(case, cases.Context(
                    self.THIS.build, Path(folder, "a"), None))
            self.assertEqual((outcome.status, outcome.cause),
                             (status, cause), trouble)


class MakeHelp(unittest.TestCase):
    """make help is complete."""

    def test_help_names_every_variable(self):
        text = (artefacts.TESTS.parent / "Makefile").read_text()
        variables = set(re.findall(r"^([A-Z_]+) *\?=", text, re.M))
        for line in re.findall(r"^export (.*)", text, re.M):
            variables |= set(line.split())
        self.assertLess({"CASES", "CACHE"}, variables)
        told = set(re.findall(r"\b([A-Z_]+)=", " ".join(
            re.findall(r"echo '  (.{15})", text))))
        self.assertEqual(told, variables)


class Script:
    """A machine that says these lines, ends, and shows no more."""

    def __init__(self, *texts, status=0, hangs=False):
        self.lines = [Line(text, 0) for text in texts]
        self.status, self.hangs, self.next = status, hangs, 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def expect(self, pattern, limit=None, fatal=None):
        """As SerialLine.expect()."""
        del limit
        while self.next < len(self.lines):
            line = self.lines[self.next]
            self.next += 1
            if match := re.search(pattern, line.text):
                return line, match
            if fatal and re.search(fatal, line.text):
                raise Fatal(line.text)
        raise Timeout("time is up") if self.hangs else Ended("it ended")

    def wait(self, _=None):
        """As Machine.wait()."""
        return self.status

    @staticmethod
    def shutdown_reason():
        """As Machine.shutdown_reason()."""
        return "guest-reset"


class Crashes(unittest.TestCase):
    """A Xen that dies is told from one that does wrong."""

    PANIC = "(XEN) Panic on CPU 0:"

    def linux(self, *texts, hangs=False, **fields):
        """The outcome of a case with Linux that says only this."""
        case = cases.from_stanza(Path("x.toml"), {
            "name": "a-b", "what": "b", "kind": "linux", **fields})
        this = types.SimpleNamespace(nonce="12ab", marker=lambda key:
                                     rf"^hand-over 12ab {key}( |$)")
        return linux_case._follow(case, this, Script(*texts, hangs=hangs))

    def guest(self, *texts, status=0, hangs=False, **fields):
        """The outcome of one with the tiny guests."""
        case = cases.from_stanza(Path("x.toml"), {
            "name": "a-b", "what": "b", "kind": "guest", **fields})
        context = mock.Mock()
        context.build.is_debug.return_value = True
        with mock.patch.object(guest_case, "_machine", return_value=Script(
                *texts, status=status, hangs=hangs)), \
                mock.patch.object(guest_case.secrets, "randbits",
                                  return_value=7):
            return guest_case._attempt(case, context, None, 1)[0]

    def check(self, outcome, status, cause):
        """Is it that?"""
        self.assertEqual((outcome.status, outcome.cause), (status, cause),
                         outcome.reason)

    def test_linux_panic_of_xen(self):
        self.check(self.linux("a", self.PANIC), CRASH, STOPPED)

    def test_linux_panic_of_dom0(self):
        for text in ("Kernel panic - not syncing: x", "dom0: gave up: x",
                     "(XEN) Hardware Dom0 crashed: rebooting machine"):
            self.check(self.linux(text), FAIL, STOPPED)

    def test_linux_early_reset(self):
        self.check(self.linux("dom0: trigger"), CRASH, STOPPED)
        self.check(self.linux("dom0: trigger", ends="crash"), CRASH, STOPPED)
        self.check(self.linux("dom0: trigger", "Command line: nonce=12ab"),
                   FAIL, STOPPED)

    def test_linux_silence_is_no_crash(self):
        self.check(self.linux("dom0: trigger", hangs=True), FAIL, HUNG)

    GOOD = ["# nonce 0x7", "ok 1 - a", "1..1"]

    def test_guest_that_passes(self):
        self.check(self.guest(*self.GOOD, status=1), PASS, "")

    def test_guest_panic_of_xen(self):
        self.check(self.guest("not ok 1 - a", self.PANIC), CRASH, STOPPED)
        self.check(self.guest("(XEN) Hardware Dom0 crashed"), FAIL, STOPPED)

    def test_guest_early_reset(self):
        self.check(self.guest("ok 1 - a"), CRASH, STOPPED)
        self.check(self.guest(*self.GOOD[:2]), FAIL, STOPPED)
        self.check(self.guest("(XEN) BUG", crash="BUG"), CRASH, STOPPED)
        self.check(self.guest("ok 1 - a", hangs=True), FAIL, HUNG)

    def test_guest_asserts_beside_the_crash_it_was_to_have(self):
        texts = ["(XEN) Xen BUG at crash-test.c:1", *self.GOOD]
        crash = "BUG at crash-test.c"
        self.check(self.guest(*texts, status=1, crash=crash), PASS, "")
        outcome = self.guest("(XEN) Assertion 'x' failed at y.c:1", *texts,
                             status=3, crash=crash)
        self.check(outcome, CRASH, "")
        self.assertIn("status 3", outcome.reason)


class Mutants(unittest.TestCase):
    """A defect counts as caught by what it was to be caught by alone."""

    def judged(self, *outcomes, **fields):
        """What is made of such outcomes of the cases of this mutant."""
        names = [str(number) for number in range(len(outcomes))]
        mutant = mutants.Mutant(name="a", what="b", invariant=[], cases=names,
                                **fields)
        return mutants.judge(mutant, dict(zip(names, outcomes)))[0]

    def test_mutants(self):
        failure, stop = verdict.failed("x"), verdict.failed("x", STOPPED)
        hang, crash = verdict.failed("x", HUNG), verdict.crashed("x", STOPPED)
        for wanted, outcomes, fields in (
                (mutants.CAUGHT, [failure, failure], {}),
                (mutants.MISSED, [failure, Outcome(PASS)], {}),
                (mutants.ERROR, [Outcome(SKIP)], {}),
                (mutants.ERROR, [Outcome(ERROR)], {}),
                (mutants.MISSED, [failure], {"says": "y"}),
                (mutants.CAUGHT, [failure], {"says": "x"}),
                (mutants.MISSED, [stop], {}),
                (mutants.MISSED, [crash], {}),
                (mutants.CAUGHT, [crash], {"says": "x"}),
                (mutants.MISSED, [crash], {"says": "y"}),
                (mutants.CAUGHT, [stop], {"says": "x"}),
                (mutants.MISSED, [hang], {}),
                (mutants.MISSED, [hang], {"says": "x"}),
                (mutants.CAUGHT, [hang], {"hangs": True}),
                (mutants.MISSED, [hang], {"hangs": True, "says": "y"})):
            self.assertEqual(self.judged(*outcomes, **fields), wanted,
                             (outcomes, fields))

    def test_objects_by_their_pattern(self):
        mutant = mutants.Mutant(name="a", what="b", invariant=[], objects="^f")
        for found, wanted in (("f: x", mutants.CAUGHT),
                              ("g: x", mutants.MISSED)):
            self.assertEqual(mutants.judge(mutant, {
                mutants.OBJECTS: verdict.failed(found)})[0], wanted)
