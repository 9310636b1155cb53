# SPDX-License-Identifier: GPL-2.0-only
"""make check: run the cases, a fresh machine for each, and say how it went.

Arguments select cases by name, shell pattern or group.  A line for each case
as it ends; logs of case C are under BUILD/check/HYPERVISOR/C/.  Exit status
0 only when at least one case has passed and none is bad.
"""

import argparse
import os
import shutil
import signal
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from . import accel, artefacts, cases, matrix, results
from .serial_line import Ended, Fatal, Timeout
from .verdict import (ERROR, HUNG, SKIP, STOPPED, Broken, Outcome, Skipped,
                      failed, stopped)


def attempt(case, context):
    """Run one case; whatever happens there becomes an outcome."""
    if context.build.plain not in case.only:
        return Outcome(SKIP, "runs on " + ", ".join(case.only) + " only")
    try:
        shutil.rmtree(context.folder, ignore_errors=True)
        context.folder.mkdir(parents=True)
        outcome = case.run(context)
        if not isinstance(outcome, Outcome):
            raise Broken("the case came to no outcome")
        return outcome
    except Skipped as reason:
        return Outcome(SKIP, str(reason))
    except Fatal as trouble:
        return stopped(str(trouble))
    except Ended as trouble:
        return failed(str(trouble), STOPPED)
    except Timeout as trouble:
        return failed(str(trouble), HUNG)
    except (Broken, artefacts.Missing) as reason:
        return Outcome(ERROR, str(reason))
    # A mistake in the test's own code.
    except Exception as error:  # pylint: disable=broad-exception-caught
        (context.folder / "error.log").write_text(traceback.format_exc())
        return Outcome(ERROR, f"{type(error).__name__}: {error}")


def timed(case, context):
    """attempt(), and the seconds that it took."""
    start = time.monotonic()
    outcome = attempt(case, context)
    return outcome, time.monotonic() - start


def longest_first(selected, known):
    """The cases in the order to start them: what takes long, or may, comes
    first, so that in the end no CPU waits for another one."""
    return sorted(selected, key=lambda case: -known.get(case.name, case.limit))


def run_all(selected, build, accelerator, jobs):
    """Run the cases, `jobs` at a time; {name: (case, outcome, seconds)}."""
    folder = build.top / "check" / build.hypervisor
    found = {}
    with ThreadPoolExecutor(jobs) as pool:
        futures = {pool.submit(timed, case, cases.Context(
            build.hooked() if case.hooks else build, folder / case.name,
            accelerator)): case
            for case in longest_first(selected,
                                      results.known_seconds(folder))}
        for future in as_completed(futures):
            case = futures[future]
            outcome, seconds = future.result()
            found[case.name] = (case, outcome, seconds)
            results.show(case, outcome, seconds,
                         f"{len(found):3}/{len(selected)} ")
    return {case.name: found[case.name] for case in selected}


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*", metavar="CASE",
                        help="name, shell pattern or group")
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--hypervisor", default="xen",
                        choices=artefacts.HYPERVISORS)
    parser.add_argument("-j", "--jobs", type=int,
                        default=min(2, os.cpu_count() or 1),
                        help="machines at a time (default: %(default)s)")
    parser.add_argument("--matrix", action="store_true",
                        help="the boots of matrix.py and those with "
                             "matrix = true, not the usual cases")
    parser.add_argument("--host", action="store_true",
                        help="the cases on an installed host, all of them")
    parser.add_argument("--list", action="store_true",
                        help="only list the cases")
    parser.add_argument("--needs-hooks", action="store_true",
                        help="only tell whether a TEST=y build is needed: "
                             "exit status 0 if so")
    return parser.parse_args()


def suite(options):
    """The cases to choose from."""
    if options.host:
        return [case for case in cases.load() if case.kind == "installed"]
    every = [case for case in cases.load()
             if case.matrix == options.matrix and case.kind != "installed"]
    return matrix.load() + every if options.matrix else every


def main():
    """Run what was asked for; the exit status."""
    options = arguments()
    # A killed runner takes its machines along, see machine.py.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(143))
    try:
        every = suite(options)
        selected = cases.select(every, options.words)
        if options.list:
            for case in selected:
                print(f"{case.name:<40} {case.group:<10} {case.what}")
            return 0
        build = artefacts.Build(options.build.resolve(), options.hypervisor)
        if options.needs_hooks:
            needed = any(case.hooks for case in selected
                         if build.plain in case.only)
            return 0 if needed else 1
        if not selected:
            raise Broken("there are no cases")
        accelerator = None
        if any(case.kind != "host" for case in selected):
            accelerator = accel.choose(build.top, build.xen)
        print(f"{len(selected)} cases on {build.hypervisor}, "
              f"{accelerator or 'no machine'}, {options.jobs} at a time",
              flush=True)
        start = time.monotonic()
        found = run_all(selected, build, accelerator, options.jobs)
        seconds = time.monotonic() - start
    except (Broken, artefacts.Missing, ModuleNotFoundError) as trouble:
        print(f"error: {trouble}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted")
        sys.stdout.flush()
        os._exit(130)
    check = build.top / "check"
    results.save(found, build, accelerator, check / build.hypervisor
                 / (results.SOME if options.words or options.host else
                    results.MATRIX if options.matrix else results.ALL))
    results.junit(found, build, check / results.JUNIT)
    print(f"{seconds / 60:.1f} min; {check / results.JUNIT}")
    return results.summary(found)
