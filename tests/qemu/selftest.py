#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Tests of the runner itself: that what is wrong does not pass.  Prints TAP.

The machines here boot a sector of a few bytes, not Xen.
"""

import copy
import itertools
import json
import os
import sys
import tempfile
import textwrap
import tomllib
import types
import unittest
from pathlib import Path
from unittest import mock

import accel
import artefacts
import bochs
import cases
import check
import cpio
import dumpreader
import hostcase
import linuxcase
import pairwise
import tap
import verdict
from machine import Config, Machine, Module
from page import Page
from report import Report
from serialline import Ended, Fatal, Line, Timeout
from verdict import (CHANCE, ERROR, FAIL, HUNG, PASS, SKIP, STOPPED, Broken,
                     Outcome, Skipped)

sys.path.append(str(artefacts.TESTS / "mutants"))
import mutants  # pylint: disable=wrong-import-position

guestcase = cases.kind_module("guest")


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
        return list(guestcase._complaints(  # pylint: disable=protected-access
            case, [Line(text, 0) for text in lines], 7, status))

    @staticmethod
    def case(**fields):
        """A case in Bochs."""
        return cases.from_stanza(Path("x.toml"), {
            "name": "a", "what": "b", "kind": "guest", "machine": "bochs",
            "cpu": "ryzen", **fields})

    def test_guest_without_a_status_is_judged_by_its_lines(self):
        self.assertEqual(self.complaints(self.GOOD), [])
        for bad in (self.GOOD[1:], self.GOOD[:2], ["# nonce 0x7", "1..0"],
                    ["# nonce 0x8", *self.GOOD[1:]],
                    ["# nonce 0x7", "not ok 1 - a", "1..1"]):
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
                    {"machine": "vmware"}):
            with self.assertRaises(Broken):
                guestcase.run(self.case(**bad), None)


class Judging(unittest.TestCase):
    """What is taken for a success, and what not."""

    def judged(self, text, status=0):
        """What is made of this output."""
        return hostcase.judge(textwrap.dedent(text), status).status

    def test_tap_good(self):
        self.assertEqual(self.judged("1..2\nok 1 - a\nok 2 - b\n"), PASS)

    def test_tap_plan_at_the_end(self):
        self.assertEqual(self.judged("ok 1 - a\n1..1\n"), PASS)

    def test_tap_bad(self):
        for text in ("", "1..2\nok 1\n", "ok 1\n", "1..1\nnot ok 1 - a\n",
                     "1..1\nok 1\nok 2\n", "1..2\nok 1\nBail out! no\n"):
            self.assertEqual(self.judged(text), FAIL, text)

    def test_tap_bad_status(self):
        self.assertEqual(self.judged("1..1\nok 1\n", status=1), FAIL)

    def test_tap_all_skipped(self):
        self.assertEqual(self.judged("1..1\nok 1 - a # SKIP no b\n"), SKIP)
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
        return list(dumpreader.complaints(dumpreader.Reading(report, said), 2,
                                          "this", stack))

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

    def test_no_dump_report_does_not_pass(self):
        reading = dumpreader.Reading(None, "it died")
        self.assertEqual(list(dumpreader.complaints(reading, 2, "", ())),
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
        good = '[[case]]\nname = "a"\nwhat = "b"\nkind = "host"\n'
        self.assertEqual(self.loaded(good)[0].name, "a")
        for bad in (good + 'limits = 1\n', good + good,
                    good.replace("host", "hots"), '[[cases]]\nname = "a"\n',
                    '[[case]]\nname = "a"\nkind = "host"\n'):
            with self.assertRaises(Broken):
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
            cases.select(cases.load(), ["no_such_case"])

    def test_hooks_choose_another_build(self):
        good = '[[case]]\nname = "a"\nwhat = "b"\nkind = "host"\n'
        self.assertFalse(self.loaded(good)[0].hooks)
        self.assertTrue(self.loaded(good + "hooks = true\n")[0].hooks)
        with self.assertRaises(Broken):     # a case never names that build
            self.loaded(good + 'only = ["xen-test"]\n')
        for name, hooked in (("xen", "xen-test"),
                             ("stock-debug", "stock-test-debug")):
            build = artefacts.Build(Path("build"), name)
            self.assertEqual(build.hooked().hypervisor, hooked)
            self.assertEqual(build.hooked().hooked().plain, name)

    def test_an_error_counts_as_bad(self):
        self.assertTrue(Outcome(ERROR).bad and Outcome(FAIL).bad)
        self.assertFalse(Outcome(PASS).bad or Outcome(SKIP).bad)


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


class PageTests(unittest.TestCase):
    """The page shows what the results say, and the latest of them."""

    def result(self, status, reason):
        """One as check.py saves it."""
        return {"what": "a < b", "group": "hosts", "kind": "linux",
                "host": "pc", "target": "Linux", "status": status,
                "reason": reason, "seconds": 1.5}

    def test_page_shows_the_latest_and_stock(self):
        with tempfile.TemporaryDirectory() as folder:
            build = Path(folder)
            for name, when, case in (
                    ("xen/results.json", 1, self.result("FAIL", "early")),
                    ("xen/results-some.json", 2, self.result("PASS", "")),
                    ("stock/results.json", 3, self.result("SKIP", "x & y"))):
                path = build / "check" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(json.dumps({
                    "version": "Xen", "date": "today", "qemu": "1.2",
                    "accelerator": "tcg", "cases": {"one": case}}))
                os.utime(path, (when, when))
            text = Page(build, "xen").write().read_text()
        self.assertIn(">PASS 2 s</a>", text)
        self.assertIn(">stock SKIP 2 s</a>", text)
        self.assertIn("stock: x &amp; y", text)
        self.assertIn("a &lt; b", text)
        self.assertNotIn("early", text)


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
        rows = self.check(pairwise.Table(self.FACTORS))
        self.assertLess(len(rows), 18)
        self.assertEqual(rows, pairwise.Table(self.FACTORS).rows())

    def test_matrix_keeps_what_excludes_each_other_apart(self):
        table = pairwise.Table(self.FACTORS, [(("a", "1"), ("b", "x")),
                                            (("c", "p"), ("a", "2"))])
        self.assertEqual(len(list(table.pairs())), 21 - 2)
        self.check(table)

    def test_matrix_refuses_what_cannot_be(self):
        with self.assertRaises(Broken):
            pairwise.Table(self.FACTORS, [(("a", "9"), ("b", "x"))])
        with self.assertRaises(Broken):
            pairwise.Table(self.FACTORS, [(("a", "1"), ("b", "x")),
                                        (("a", "1"), ("b", "y"))]).rows()

    def test_matrix_of_the_shipped_table(self):
        names = [case.name for case in pairwise.load()]
        self.assertEqual(len(names), len(set(names)))
        with open(pairwise.TABLE, "rb") as file:
            data = tomllib.load(file)
        self.check(pairwise.table(data))


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
            "name": "a", "what": "b", "kind": "linux", **fields})

    def judged(self, case, xen=(), complaints=(), **report):
        """Its outcome when that is in the report and in Xen's log."""
        lines = [f"hand-over {self.NONCE} {key} {value}"
                 for key, value in {**self.REPORT, **report}.items()]
        return linuxcase.judge(
            case, self.THIS,
            [Line(text, 0) for text in [*lines, *xen]], complaints)

    def test_the_good_report(self):
        self.assertEqual(self.judged(self.case()), Outcome(PASS))

    def test_a_line_alone_does_not_pass(self):
        for bad in ({"xen": ["(XEN) Assertion 'x' failed at y.c:1"]},
                    {"xen": ["(XEN) kexec: load default: refused: x (-22)"]}):
            outcome = self.judged(self.case(says="banner"), **bad)
            self.assertEqual(outcome.status, FAIL, bad)
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
        chance = f"spin: {linuxcase.BY_CHANCE}"
        for complaints, cause, rounds in (
                ([chance], CHANCE, linuxcase.ROUNDS), ([chance, "x"], "", 1)):
            outcome = self.judged(self.case(), complaints=complaints)
            self.assertEqual((outcome.status, outcome.cause), (FAIL, cause))
            with mock.patch.object(linuxcase, "_round",
                                   return_value=outcome) as one:
                self.assertEqual(linuxcase.run(None, None), outcome)
            self.assertEqual(one.call_count, rounds)

    def guest(self, *texts, lacks="", **fields):
        """The outcome of a case with tiny guests whose machines print one of
        the texts each."""
        case = cases.from_stanza(Path("x.toml"), {
            "name": "a", "what": "b", "kind": "guest", "seeds": len(texts),
            **fields})
        context = mock.Mock()
        context.accelerator.lacks.return_value = lacks
        machines = [("", "", [Line(text, 0)]) for text in texts]
        with mock.patch.object(guestcase, "_attempt", side_effect=machines), \
                mock.patch.object(guestcase.guests, "make"):
            return guestcase.run(case, context)

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
        for trouble, cause in ((Timeout("x"), HUNG), (Ended("x"), STOPPED),
                               (Fatal("x"), STOPPED)):
            with tempfile.TemporaryDirectory() as folder, \
                    mock.patch.object(linuxcase, "run", side_effect=trouble):
                outcome = check.attempt(case, cases.Context(
                    self.THIS.build, Path(folder, "a"), None))
            self.assertEqual((outcome.status, outcome.cause), (FAIL, cause))


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
        hang = verdict.failed("x", HUNG)
        for wanted, outcomes, fields in (
                (mutants.CAUGHT, [failure, failure], {}),
                (mutants.MISSED, [failure, Outcome(PASS)], {}),
                (mutants.ERROR, [Outcome(SKIP)], {}),
                (mutants.ERROR, [Outcome(ERROR)], {}),
                (mutants.MISSED, [failure], {"says": "y"}),
                (mutants.CAUGHT, [failure], {"says": "x"}),
                (mutants.MISSED, [stop], {}),
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


if __name__ == "__main__":
    sys.exit(tap.run(sys.modules[__name__]))
