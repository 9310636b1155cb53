# SPDX-License-Identifier: GPL-2.0-only
"""Tests of the benchmark's arithmetic: a goal that is missed, or a figure that
is not there, must not look like one that is met."""

import re
import tempfile
import unittest
from pathlib import Path
from xml.etree import ElementTree

from runner.artefacts import TESTS
from runner.serial_line import Line
from runner.verdict import Broken

from . import bench, crash_memory, goals, machines, picture, reboot


def results(**parts):
    """Results with these parts, and nothing in the others."""
    return goals.Results({
        "about": {"date": "today", "host": "here", "accelerator": "none",
                  "rounds": 1, "load": [0.0, 0.0]},
        "times": {}, "taken": {}, "stretches": {}, "counted": {},
        "counted_stretches": {}, "host": {}, "trouble": [], **parts})


class CrashMemory(unittest.TestCase):
    """A crash kernel that has not done its work has no figures."""

    LINES = ["dom0: trigger",
             "(XEN) kexec: crash: loaded: 6 segments, 2097152 bytes, entry 0",
             "hand-over mine report-exit 0",
             "hand-over mine memory-least start 92160",
             "hand-over mine memory-least report 81920",
             "hand-over mine dump-exit 1: 0",
             "hand-over mine memory-least dump 61440"]

    def figures(self, without="", instead=""):
        """Of these lines, with one replaced."""
        return crash_memory.figures(
            2, 100, [Line(instead if without and without in text else text,
                          10 * at)
                     for at, text in enumerate(self.LINES)], "mine")

    def test_figures_are_what_was_taken(self):
        found = self.figures()
        self.assertEqual((found.image, found.idle, found.report, found.dump,
                          found.seconds, found.begun),
                         (2.0, 10.0, 20.0, 40.0, 60, False))
        self.assertTrue(self.figures("dump-exit",
                                     "hand-over mine dump-begun 1").begun)

    def test_without_a_dump_there_are_none(self):
        for without, instead in (
                ("dump-exit", ""), ("dump-exit",
                                    "hand-over mine dump-exit 1: 1"),
                ("report-exit", "hand-over mine report-exit 1"),
                ("least dump", ""), ("least start", ""),
                ("least report", "hand-over mine memory-least report")):
            with self.assertRaises(ValueError, msg=without):
                self.figures(without, instead)


class Reboot(unittest.TestCase):
    """Stages are what lies between two lines, and all of them are there."""

    @staticmethod
    def data(*factors):
        """Rounds in which stage number n takes n seconds times the factor,
        and half of that of the processor."""
        return {"date": "today", "host": "here", "accelerator": "none",
                "rounds": len(factors), "load": [0.0, 0.0], "printed": 23040,
                "ways": {way: [{name: (n * factor, n * factor / 2)
                                for n, name in enumerate(names, 1)}
                               for factor in factors]
                         for way, names in reboot.STAGES.items()}}

    def test_stages_are_between_lines(self):
        lines = [Line("trigger", 10), Line("one", 11), Line("two", 14)]
        clock = reboot.Clock()
        clock.at = {id(line): at for line, at in zip(lines, (1, 1.5, 4))}
        self.assertEqual({"a": (1, 0.5), "b": (3, 2.5)},
                         clock.stages(lines, ["a", "b"]))
        with self.assertRaises(ValueError):
            clock.stages(lines, ["a", "b", "c"])

    def test_printed(self):
        """What Xen prints in between, each line with its two ends."""
        lines = [Line(text, 0) for text in (
            "(XEN) before", "trigger", "(XEN) one", "dom0: no", "(XEN) one",
            "first", "(XEN) behind")]
        self.assertEqual(22, reboot.printed(lines, lines[1], lines[5]))

    def test_table(self):
        """The least, and sums up to dom0's first line and its userland."""
        table = "\n".join(reboot.document(self.data(4, 9, 2)))
        self.assertIn("| firmware | - | - | - | - | 2.0 | 1.0 |", table)
        self.assertIn("| old Xen | 2.0 | 1.0 | 2.0 | 1.0 | - | - |", table)
        self.assertIn("23040 bytes with `loglvl=all`: 2.0 s", table)
        count = len(reboot.STAGES["kexec"])
        for title, stages in (("first line", count - 2),
                              ("userland", count)):
            total = sum(range(1, stages + 1))
            self.assertIn(f"| **to dom0's {title}** | **{2 * total:.1f}** | "
                          f"**{total:.1f}** |", table)

    def test_picture(self):
        """Bars as long as the stages take, each stage in the legend once."""
        root = ElementTree.fromstring(reboot.drawing(self.data(1)))
        name = "{http://www.w3.org/2000/svg}"
        drawn = [(rect[0].text, float(rect.get("width")))
                 for rect in root.iter(f"{name}rect") if len(rect)]
        wanted = [(stage, seconds) for way in reboot.WAYS for seconds, stage
                  in enumerate(reboot.STAGES[way], 1)]
        self.assertEqual([f"{stage}: {seconds:.1f}"
                          for stage, seconds in wanted],
                         [title for title, _ in drawn])
        scale = drawn[0][1] / wanted[0][1]
        for (stage, seconds), (_, width) in zip(wanted, drawn):
            self.assertAlmostEqual(seconds * scale, width, delta=0.5)
        legend = [text.text for text in root.iter(f"{name}text")]
        for stage, _ in wanted:
            self.assertEqual(1, legend.count(stage))

    def test_picture_has_colours(self):
        """More stages than colours are an error, not a stage without."""
        with self.assertRaises(ValueError):
            picture.bars("", {"way": {str(n): 1 for n in range(
                len(picture.COLOURS) + 1)}})


def row(found, what):
    """The row of the table of goals that begins like that."""
    return next(row for row in goals.rows(found) if row.what.startswith(what))


def copies(who, size, **seconds):
    """Times of all plain copies of that size: a second, or what is said."""
    return {f"{who} {what} {size}": [seconds.get(what, 1.0)]
            for what in goals.COPIES}


class Goals(unittest.TestCase):
    """Which verdict follows from which figures."""

    def verdict_of(self, what, **parts):
        """The verdict on that row."""
        return goals.verdict(row(results(**parts), what))

    def assert_missed(self, what, percent, **parts):
        """That row is missed by so much."""
        self.assertEqual(self.verdict_of(what, **parts),
                         f"**missed** by {percent} %")

    def test_nothing_measured_meets_nothing(self):
        verdicts = {goals.verdict(row) for row in goals.rows(results())}
        self.assertEqual(verdicts, {"-", "not measured"})

    # Of what is judged at several sizes: the row, what is timed and what it
    # is held against, and the sizes.
    SIZED = [
        ("load, 64", 1.25, "ours load", ["ours copy_loop"], goals.LOAD_SIZES),
        ("load with forced", 1.1, "ours collide", ["ours load-beside"],
         goals.COLLIDE_SIZES),
        ("trigger to the first instruction", 1.1, "ours entry",
         ["entry copy_loop"], goals.ENTRY_SIZES),
        ("crash image", 1.1, "ours crash-entry", ["crash digest"],
         goals.CRASH_SIZES)]

    def times_of(self, over, under, sizes, ratio):
        """Times with that ratio at all of these sizes."""
        times = {}
        for size in sizes:
            for name in under:
                who, what = name.split()
                times |= copies(who, size) if what in goals.COPIES else \
                    {f"{name} {size}": [1.0]}
            times[f"{over} {size}"] = [ratio]
        return times

    def test_sizes_are_those_that_the_goals_name(self):
        for sizes, ends in ((goals.LOAD_SIZES, (64, 2048)),
                            (goals.ENTRY_SIZES, (64, 512))):
            self.assertEqual((sizes[0], sizes[-1]), ends)

    def test_met_takes_all_sizes(self):
        for what, limit, over, under, sizes in self.SIZED:
            with self.subTest(what):
                times = self.times_of(over, under, sizes, limit - 0.01)
                self.assertEqual(self.verdict_of(what, times=times), "met")
                for size in sizes:
                    some = dict(times)
                    del some[f"{over} {size}"]
                    found = row(results(times=some), what)
                    self.assertEqual(goals.verdict(found), "not measured")
                    self.assertIn(f"not measured at {size} MiB",
                                  found.measured)

    def test_missed_takes_one_size(self):
        for what, limit, over, under, sizes in self.SIZED:
            for size in sizes:
                with self.subTest(f"{what}, {size} MiB"):
                    times = self.times_of(over, under, sizes, limit - 0.01)
                    times[f"{over} {size}"] = [limit * 1.2]
                    self.assert_missed(what, "20.0", times=times)
                    # Whatever else was not measured.
                    times = self.times_of(over, under, [size], limit * 1.2)
                    self.assert_missed(what, "20.0", times=times)

    def test_fastest_copy_counts_and_both_are_shown(self):
        for what, over, who, sizes in (
                ("load, 64", "ours load", "ours", goals.LOAD_SIZES),
                ("trigger to the first instruction", "ours entry", "entry",
                 goals.ENTRY_SIZES)):
            for fast, name in goals.COPIES.items():
                times = {}
                for size in sizes:
                    times |= copies(who, size, **{fast: 0.5})
                    times[f"{over} {size}"] = [1.0]
                found = row(results(times=times), what)
                self.assertFalse(found.met)
                self.assertIn(f"2.000 times the fastest ({name})",
                              found.measured)
                self.assertIn(f"{2 if fast == 'copy_bytes' else 1}.000 times "
                              f"rep movsb", found.measured)

    def test_fastest_copy_is_not_known_before_all_are_timed(self):
        times = self.times_of("ours load", ["ours copy_loop"],
                              goals.LOAD_SIZES, 1.0)
        for size in goals.LOAD_SIZES:
            del times[f"ours copy_sse {size}"]
        self.assertEqual(self.verdict_of("load, 64", times=times),
                         "not measured")

    def test_one_outlier_is_no_median(self):
        times = self.times_of("ours load", ["ours copy_loop"],
                              goals.LOAD_SIZES, 1.1)
        times["ours load 64"] = [1.1, 9.0, 1.2]
        self.assertEqual(self.verdict_of("load, 64", times=times), "met")

    def test_stretches_are_judged_by_instructions(self):
        counted = {name: [0.003] for name in goals.WORKS}
        slow = {"default copy": [1.0]}
        self.assertEqual(self.verdict_of(
            "longest stretch", stretches=slow, counted_stretches=counted),
            "met")
        self.assertEqual(self.verdict_of("its time", stretches=slow), "-")
        self.assertEqual(self.verdict_of("longest stretch", stretches=slow),
                         "not measured")

    def test_every_kind_of_work_is_counted(self):
        for name in goals.WORKS:
            with self.subTest(name):
                counted = {other: [0.001] for other in goals.WORKS}
                counted[name] = [0.001, 0.0033]
                self.assert_missed("longest stretch", "10.0",
                                   counted_stretches=counted)
                del counted[name]
                found = row(results(counted_stretches=counted),
                            "longest stretch")
                self.assertEqual(goals.verdict(found), "not measured")
                self.assertIn(name, found.measured)

    def test_no_kind_of_work_is_forgotten(self):
        hook, slots = (
            (TESTS.parent / path).read_text("utf-8")
            for path in (goals.STRETCH_HOOK, "xen/common/kexec-slots.c"))
        stages = set(re.findall(r'^\+ +\[KIMAGE_\w+\] = "(\w+)",', hook, re.M))
        states = set(re.findall(r'\{ "(\w+)", \w+_step \}', slots))
        self.assertTrue(stages and "loading" in states)
        self.assertEqual({name.split()[1] for name in goals.WORKS},
                         stages | states - {"loading"} | {"arguments"})

    def test_memory_counts_beyond_the_image(self):
        taken = {"ours 1024": [goals.GIB + 64 * goals.KIB]}
        self.assertEqual(self.verdict_of("memory", taken=taken), "met")
        taken = {"ours 1024": [goals.GIB + 80 * goals.KIB]}
        self.assert_missed("memory", "25.0", taken=taken)

    def test_stub_is_held_against_memcpy(self):
        for seconds, verdict in ((1.0, "met"), (1.25, "**missed** by 15.8 %")):
            host = {"stub": [[seconds, 100]], "stub_memcpy": [[1.0, 100]]}
            self.assertEqual(self.verdict_of("host: the stub", host=host),
                             verdict)

    def test_host_load_is_held_against_the_fastest_memcpy(self):
        for fast in ("load_pieces", "load_memcpy"):
            host = {name: [[1.0, 100]] for name in
                    ("load", "load_pieces", "load_memcpy")}
            self.assertEqual(self.verdict_of("host: load", host=host), "met")
            host[fast] = [[0.5, 100]]
            self.assert_missed("host: load", "60.0", host=host)

    def test_kexec_tools_are_shown_beside_stock(self):
        times = {"ours tools 1024": [27.0], "stock tools 1024": [61.0]}
        found = row(results(times=times), "`kexec -l`")
        self.assertEqual(found.measured, "27.0 s, 61.0 s")
        del times["stock tools 1024"]
        found = row(results(times=times), "`kexec -l`")
        self.assertEqual(found.measured, "not measured")


class Alike(unittest.TestCase):
    """What is timed of both is timed in the same way."""

    def test_both_have_the_same_boots(self):
        with tempfile.TemporaryDirectory() as name:
            for part in (bench.Bench.load, bench.Bench.collide,
                         bench.Bench.entry):
                this = Recorder(Path(name))
                part(this)
                whats = {what for _, what in this.jobs}
                both = {what for what in whats if ("stock", what) in this.jobs}
                self.assertTrue(both)
                for what in both:
                    ours, stock = (this.jobs[who, what]
                                   for who in ("ours", "stock"))
                    for jobs in (ours, stock):
                        for job in jobs:
                            # The plain copies are those of the machine.
                            job.words.pop("copies", None)
                    self.assertEqual(ours, stock)


class Recorder(bench.Bench):
    """Boots nothing, and keeps what would be booted."""

    def __init__(self, folder):
        # pylint: disable=super-init-not-called
        self.rounds, self.most, self.folder = 3, 2048, folder
        self.data = {"times": {}}
        self.jobs = {}

    def boot(self, who, what, job):
        self.jobs.setdefault((who, what), []).append(job)


class Reading(unittest.TestCase):
    """What a machine said."""

    def test_ticks_become_seconds(self):
        figures = machines._read([Line(text, 0) for text in (
            "# bench scale 2147483648 1", "# bench load 64 0x3b9aca00",
            "# bench load 64 0x77359400", "# bench taken 64 0x1000",
            "# 0x3b9aca00 ticks from the trigger to the first instruction",
            "(XEN) kexec: crash: longest stretch: copy 9000 us",
            "# bench warm",
            "(XEN) kexec: crash: longest stretch: copy 1500 us")])
        self.assertEqual(figures.times, {("load", 64): [1.0, 2.0]})
        self.assertEqual(figures.taken, {64: [4096]})
        self.assertEqual(figures.entry, 1.0)
        self.assertEqual(figures.stretches, {"crash copy": 0.0015})


class Output(unittest.TestCase):
    """What is written."""

    def test_document_keeps_what_is_around_the_figures(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "results.json").write_text(
                bench.json.dumps(results().data))
            page = folder / "page.md"
            page.write_text(f"a\n{bench.START}\nold\n{bench.END}\nz\n")
            bench.put_into(page, folder)
            text = page.read_text()
            self.assertTrue(text.startswith(f"a\n{bench.START}\ntoday"))
            self.assertTrue(text.endswith(f"{bench.END}\nz\n"))
            self.assertNotIn("old", text)
            page.write_text("no markers")
            self.assertRaises(Broken, bench.put_into, page, folder)
