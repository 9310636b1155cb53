# SPDX-License-Identifier: GPL-2.0-only
"""Tests of scripts/check-graph: a circle is found, and a graph is drawn.

Each test compiles a few files of one line.
"""

import subprocess
import tempfile
import unittest
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent
TEXT = """before
<!-- graph: made by scripts/check-graph -->
<!-- end of graph -->
after
"""


class Graph(unittest.TestCase):
    """What the objects of some files show."""

    def check(self, files, *options):
        """(exit status, output) for {name: text of the file}."""
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                subprocess.run(
                    ["gcc", "-c", "-x", "c", "-o", f"{folder}/{name}.o", "-"],
                    input=text, text=True, check=True)
            done = subprocess.run(
                [TOP / "scripts" / "check-graph", *options, "--", folder,
                 *(f"{name}.c" for name in files)],
                capture_output=True, text=True, check=False)
        return done.returncode, done.stdout

    def test_no_circle(self):
        """Two ways down to the same file are no circle."""
        self.assertEqual((0, ""), self.check({
            "a": "void b(void), c(void); void a(void) { b(); c(); }",
            "b": "void c(void); void b(void) { c(); }",
            "c": "void c(void) {}"}))

    def test_calls(self):
        """Three files call one another, a fourth one only calls."""
        status, said = self.check({
            "a": "void b(void); void a(void) { b(); }",
            "b": "void c(void); void b(void) { c(); }",
            "c": "void a(void); void c(void) { a(); }",
            "d": "void a(void); void d(void) { a(); }"})
        self.assertEqual((1, "circle: a.c b.c c.c\n"), (status, said))

    def test_data(self):
        """A variable or an address of a function closes a circle too."""
        for text in ("extern int b; int *a = &b;",
                     "int b(void); int (*a)(void) = b;"):
            other = "extern int *a; void *x(void) { return a; } " + \
                ("int b;" if "extern" in text else "int b(void) { return 0; }")
            status, _ = self.check({"a": text, "b": other})
            self.assertEqual(1, status)

    def test_drawing(self):
        """A drawing that has become wrong is noticed."""
        files = {"a": "void b(void); void a(void) { b(); }",
                 "b": "void b(void) {}"}
        with tempfile.NamedTemporaryFile("w+", suffix=".md") as document:
            document.write(TEXT)
            document.flush()
            option = f"--document={document.name}"
            self.assertEqual(1, self.check(files, option)[0])
            self.assertEqual((0, ""), self.check(files, option, "--draw"))
            self.assertEqual((0, ""), self.check(files, option))
            self.assertIn("a.c -> b.c\nb.c\n",
                          Path(document.name).read_text(encoding="utf-8"))
            files["a"] = "void a(void) {}"
            self.assertEqual(1, self.check(files, option)[0])

    def test_no_object(self):
        """An object that is not there is an error, not an empty graph."""
        done = subprocess.run(
            [TOP / "scripts" / "check-graph", "/nonexistent", "a.c"],
            capture_output=True, text=True, check=False)
        self.assertEqual(2, done.returncode)
