# SPDX-License-Identifier: GPL-2.0-only
"""TAP, the Test Anything Protocol: read here, and written for unittest.

    tests/run selftest MODULE       run the unittest cases of a module
"""

import argparse
import contextlib
import importlib
import io
import re
import textwrap
import unittest
from dataclasses import dataclass, field

PLAN = re.compile(r"1\.\.(\d+)(?: *# *(.*))?$")
POINT = re.compile(r"(not )?ok\b *(\d+)? *(?:- *)?([^#]*)(?:# *(.*))?$")
BAIL_OUT = "Bail out!"

# A line after which nothing that counts follows, when the plan comes last.
LAST = rf"^1\.\.\d+$|^{BAIL_OUT}"


@dataclass
class Point:
    """One result."""
    good: bool                      # "ok", not "not ok"
    number: int | None              # as printed
    name: str
    skip: str | None = None         # the reason, if it was skipped


@dataclass
class Tap:
    """An output: its points, its plan, and what ended it early."""
    points: list = field(default_factory=list)
    plan: int | None = None
    why_none: str = ""              # what the plan 1..0 says
    bail_out: str = ""

    @property
    def bad(self):
        """What each bad point is called; one that was skipped is none."""
        return [point.name or f"point {number}"
                for number, point in enumerate(self.points, 1)
                if not point.good and point.skip is None]

    @property
    def complete(self):
        """Does the plan agree with the points, and any numbers with their
        order?"""
        return self.plan == len(self.points) and all(
            point.number in (None, number)
            for number, point in enumerate(self.points, 1))


def read(lines):
    """The Tap in these lines; what is not TAP is ignored."""
    found = Tap()
    for line in lines:
        if match := PLAN.match(line):
            found.plan = int(match[1])
            found.why_none = match[2] or ""
        elif line.startswith(BAIL_OUT):
            found.bail_out = found.bail_out or line
        elif match := POINT.match(line):
            directive = match[4] or ""
            skip = directive[4:].strip() \
                if directive.upper().startswith("SKIP") else None
            found.points.append(Point(
                good=not match[1],
                number=int(match[2]) if match[2] else None,
                name=match[3].strip(), skip=skip))
    return found


def run(module):
    """Run all tests of the module; the exit status."""
    suite = unittest.defaultTestLoader.loadTestsFromModule(module)
    tests = [test for group in suite for test in group]
    print(f"1..{len(tests)}")
    bad = 0
    for number, test in enumerate(tests, 1):
        result = unittest.TestResult()
        with contextlib.redirect_stdout(io.StringIO()):
            test.run(result)
        good = result.wasSuccessful() and result.testsRun == 1
        bad += not good
        name = test.id().rpartition(".")[2]
        skip = "".join(f" # SKIP {reason}" for _, reason in result.skipped)
        print(f"{'ok' if good else 'not ok'} {number} - {name}{skip}",
              flush=True)
        for _, text in result.failures + result.errors:
            print(textwrap.indent(text, "# ").rstrip())
    return 1 if bad else 0


def main():
    """Run a module's tests; the exit status."""
    parser = argparse.ArgumentParser(
        description="Run the unittest cases of a module and print TAP.")
    parser.add_argument("module", help="as runner.selftest")
    return run(importlib.import_module(parser.parse_args().module))
