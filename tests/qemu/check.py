#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""make check: run the cases, a fresh machine for each, and say how it went.

Arguments select cases by name, shell pattern or group.  A line for each case
as it ends; logs of case C are under BUILD/check/HYPERVISOR/C/.  Exit status
0 only when at least one case ran and none failed.
"""

import argparse
import datetime
import json
import os
import re
import shutil
import signal
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import accel
import artefacts
import cases
import pairwise
from page import Page
from serialline import Ended, Fatal, Timeout
from verdict import (ERROR, HUNG, PASS, SKIP, STOPPED, Broken, Outcome,
                     Skipped, failed)

RESULTS = "results.json"            # of the whole set
SOME_RESULTS = "results-some.json"  # of a selection
MATRIX_RESULTS = "results-matrix.json"          # of --matrix


def attempt(case, context):
    """Run one case; whatever happens there becomes an outcome."""
    if context.build.plain not in case.only:
        return Outcome(SKIP, "runs on " + ", ".join(case.only) + " only")
    try:
        shutil.rmtree(context.folder, ignore_errors=True)
        context.folder.mkdir(parents=True)
        outcome = cases.kind_module(case.kind).run(case, context)
        if not isinstance(outcome, Outcome):
            raise Broken("the case came to no outcome")
        return outcome
    except Skipped as reason:
        return Outcome(SKIP, str(reason))
    except (Ended, Fatal) as trouble:
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


def show(case, outcome, seconds, progress=""):
    """The line of a case."""
    reason = f"  {outcome.reason}" if outcome.reason else ""
    print(f"{outcome.status:<5} {progress}{case.name:<40} "
          f"{seconds:6.1f} s{reason}", flush=True)


def run_all(selected, build, accelerator, jobs, count=False):
    """Run the cases, `jobs` at a time; {name: (case, outcome, seconds)}.

    With `count` each line says how far the run is.
    """
    folder = build.top / "check" / build.hypervisor
    results = {}
    with ThreadPoolExecutor(jobs) as pool:
        futures = {pool.submit(timed, case, cases.Context(
            build.hooked() if case.hooks else build, folder / case.name,
            accelerator)): case for case in selected}
        for future in as_completed(futures):
            case = futures[future]
            outcome, seconds = future.result()
            results[case.name] = (case, outcome, seconds)
            show(case, outcome, seconds, f"{len(results):3}/{len(selected)} "
                 if count else "")
    return {case.name: results[case.name] for case in selected}


def version(folder):
    """What Xen called itself in the log of any case below the folder."""
    for log in sorted(folder.glob("*/serial.log")):
        match = re.search(rb"\(XEN\) (Xen version \S+)", log.read_bytes())
        if match:
            return match[1].decode()
    return "unknown"


def save(results, build, accelerator, path):
    """The results for other programs, see compare.py."""
    data = {
        "hypervisor": build.hypervisor,
        "version": version(path.parent),
        "qemu": accelerator.version_text() if accelerator else "",
        "date": datetime.date.today().isoformat(),
        "accelerator": accelerator.kind if accelerator else "none",
        "cases": {name: {
            "what": case.what, "group": case.group, "kind": case.kind,
            **getattr(cases.kind_module(case.kind), "place",
                      lambda _: {})(case),
            "status": outcome.status, "reason": outcome.reason,
            "seconds": round(seconds, 1)}
            for name, (case, outcome, seconds) in results.items()}}
    path.write_text(json.dumps(data, indent=1) + "\n")


def summary(results):
    """The last lines; the exit status."""
    outcomes = {name: entry[1] for name, entry in results.items()}
    bad = sum(outcome.bad for outcome in outcomes.values())
    good = sum(o.status == PASS for o in outcomes.values())
    skips = [(n, o) for n, o in outcomes.items() if o.status == SKIP]
    if skips:
        print("Skipped:")
    for name, outcome in skips:
        print(f"    {name}: {outcome.reason or 'no reason given'}")
    tail = f", {len(skips)} skipped" if skips else ""
    print(f"{good} passed, {bad} failed{tail}")
    return 1 if bad or not good else 0


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
                        help="the boots of pairwise.py and those with "
                             "matrix = true, not the usual cases")
    parser.add_argument("--list", action="store_true",
                        help="only list the cases")
    parser.add_argument("--needs-hooks", action="store_true",
                        help="only tell whether a TEST=y build is needed: "
                             "exit status 0 if so")
    return parser.parse_args()


def main():
    """Run what was asked for; the exit status."""
    options = arguments()
    # A killed runner takes its machines along, see machine.py.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(143))
    try:
        every = [case for case in cases.load()
                 if case.matrix == options.matrix]
        if options.matrix:
            every = pairwise.load() + every
        selected = cases.select(every, options.words)
        if options.list:
            for case in selected:
                print(f"{case.name:<40} {case.group:<10} {case.what}")
            return 0
        build = artefacts.Build(options.build.resolve(), options.hypervisor)
        if options.needs_hooks:
            return 0 if any(case.hooks and build.plain in case.only
                            for case in selected) else 1
        if not selected:
            raise Broken("there are no cases")
        accelerator = None
        if any(case.kind != "host" for case in selected):
            accelerator = accel.choose(build.top, build.xen)
        print(f"{len(selected)} cases on {build.hypervisor}, "
              f"{accelerator or 'no machine'}, {options.jobs} at a time",
              flush=True)
        results = run_all(selected, build, accelerator, options.jobs,
                          options.matrix)
    except (Broken, artefacts.Missing, ModuleNotFoundError) as trouble:
        print(f"error: {trouble}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted")
        sys.stdout.flush()
        os._exit(130)
    save(results, build, accelerator, build.top / "check" / build.hypervisor
         / (SOME_RESULTS if options.words else
            MATRIX_RESULTS if options.matrix else RESULTS))
    print(f"Report: {Page(build.top, build.hypervisor).write()}")
    return summary(results)


if __name__ == "__main__":
    sys.exit(main())
