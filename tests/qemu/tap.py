# SPDX-License-Identifier: GPL-2.0-only
"""Run the unittest cases of a module, and print TAP."""

import contextlib
import io
import textwrap
import unittest


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
