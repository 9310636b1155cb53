#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Tests of the benchmark's arithmetic: a goal that is missed, or a figure that
is not there, must not look like one that is met.  Prints TAP."""

import sys
import tempfile
import unittest
import xml.dom.minidom
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent.parent / folder)
                for folder in ("qemu", "guest")]

# pylint: disable=wrong-import-position,wrong-import-order
import bench  # noqa: E402
import chart  # noqa: E402
import goals  # noqa: E402
import machines  # noqa: E402
import tap  # noqa: E402
from serialline import Line  # noqa: E402
from verdict import Broken  # noqa: E402


def results(**parts):
    """Results with these parts, and nothing in the others."""
    return goals.Results({
        "about": {"date": "today", "host": "here", "accelerator": "none",
                  "rounds": 1, "load": [0.0, 0.0]},
        "times": {}, "taken": {}, "stretches": {}, "counted": {},
        "counted_stretches": {}, "host": {}, "trouble": [], **parts})


def row(found, what):
    """The row of the table of goals that begins like that."""
    return next(row for row in goals.rows(found) if row.what.startswith(what))


class Goals(unittest.TestCase):
    """Which verdict follows from which figures."""

    def verdict_of(self, what, **parts):
        """The verdict on that row."""
        return goals.verdict(row(results(**parts), what))

    def test_nothing_measured_meets_nothing(self):
        verdicts = {goals.verdict(row) for row in goals.rows(results())}
        self.assertEqual(verdicts, {"-", "not measured"})

    def test_load_is_held_against_the_copy_of_its_size(self):
        times = {"ours load 64": [1.2], "ours copy 64": [1.0],
                 "ours load 128": [2.6], "ours copy 128": [2.0]}
        self.assertEqual(self.verdict_of("load, 64", times=times),
                         "**missed**")
        times["ours load 128"] = [2.4]
        self.assertEqual(self.verdict_of("load, 64", times=times), "met")

    def test_one_outlier_is_no_median(self):
        times = {"ours load 64": [1.1, 9.0, 1.2], "ours copy 64": [1.0] * 3}
        self.assertEqual(self.verdict_of("load, 64", times=times), "met")

    def test_one_long_stretch_is_enough(self):
        stretches = {"default copy": [0.001, 0.011], "crash copy": [0.002]}
        self.assertEqual(self.verdict_of("longest", stretches=stretches),
                         "**missed**")

    def test_memory_counts_beyond_the_image(self):
        for more, verdict in ((64, "met"), (65, "**missed**")):
            taken = {"ours 1024": [goals.GIB + more * goals.KIB]}
            self.assertEqual(self.verdict_of("memory", taken=taken), verdict)

    def test_entry_is_held_against_the_fastest_copy(self):
        times = {"ours entry 512": [1.2], "entry copy_words 512": [2.0],
                 "entry copy_loop 512": [1.0]}
        self.assertEqual(self.verdict_of("trigger to the first instruction",
                                         times=times), "**missed**")

    def test_stub_is_held_against_memcpy(self):
        for seconds, verdict in ((1.04, "met"), (1.07, "**missed**")):
            host = {"stub": [[seconds, 100]], "stub_memcpy": [[1.0, 100]]}
            self.assertEqual(self.verdict_of("host: the stub", host=host),
                             verdict)


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

    def test_chart_is_xml_with_a_line_for_each_series(self):
        text = chart.draw("a < b", "x", "y", [
            chart.Series("one & two", [(64, 0.1), (128, 20)], "red"),
            chart.Series("none", [], "blue")])
        found = xml.dom.minidom.parseString(text)
        self.assertEqual(len(found.getElementsByTagName("polyline")), 1)
        self.assertIsNone(chart.draw("nothing", "x", "y", []))


if __name__ == "__main__":
    sys.exit(tap.run(sys.modules[__name__]))
