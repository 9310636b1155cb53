# SPDX-License-Identifier: GPL-2.0-only
"""Run cases on a Xen with gcov's counters, and keep those of our files.

    tests/run coverage --xen build/xen-coverage --out FOLDER [CASE...]

FOLDER gets the .gcno and .gcda files of our files, summed up over all
machines.  What a machine did up to its last instruction in Xen is in there,
the jump included: see xengcov.py.  Machines in which Xen was overwritten
afterwards count for nothing, and are named.

The exit status is 0 when every case has passed and any machine counts.
"""

import argparse
import os
import re
import shutil
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from runner import accel, artefacts, cases, check, results
from runner.verdict import Broken

from . import xengcov

TOP = artefacts.TESTS.parent

# Those that end with Xen still in memory, and between them go everywhere.
# Not here: what is loaded onto Xen itself, Linux where all memory is its own,
# and what differs in the host's hardware alone.
CASES = [
    "guest-crash-64", "guest-crash-4-cpus", "guest-enter-64",
    "guest-enter-32", "guest-enter-64-compat", "guest-pvh-64",
    "guest-pvh-crash", "guest-cpu-intel-old", "guest-cpu-amd-old",
    "guest-errors-crash", "guest-errors-crash-compat", "guest-exec-4-cpus",
    "guest-exec-cpus-offline", "guest-fault-ud", "guest-ranges",
    "guest-rounds", "guest-swap-crash", "guest-v1", "guest-v1-compat",
    "guest-area-below", "guest-notes-low-limit", "linux-crash-uefi-vtd",
]

# Counting takes time.
TIMES = 5


class Gatherer:
    """Adds up the counters of machines, as they end."""

    def __init__(self, xen):
        self.folder = xen / "obj"
        self.image = xengcov.Image(self.folder / "xen-syms")
        self.units = {}
        self.counted = []
        self.gone = {}              # {log: why it does not count}
        self._lock = threading.Lock()

    def source(self, name):
        """Which of our files that object was made of, below xen/.

        With unique symbols, x.o is compiled as .x.o.tmp, and so named here.
        """
        folder, _, file = name.rpartition(f"{self.folder.name}/")[2] \
            .rpartition("/")
        source = Path(folder, re.match(r"\.?([^.]*)", file)[1] + ".c")
        return source if (TOP / "xen" / source).is_file() else None

    def __call__(self, config):
        with self._lock, open(config.memory_file, "rb") as memory:
            try:
                units = xengcov.read(self.image, memory, self.source)
                xengcov.add(self.units, units)
                self.counted.append(config.log)
            except xengcov.Gone as reason:
                self.gone[config.log] = str(reason)

    def write(self, out):
        """Leave what gcov reads."""
        for name, unit in self.units.items():
            source = out / self.source(name)
            source.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(name.removesuffix("gcda") + "gcno",
                        source.with_suffix(".gcno"))
            source.with_suffix(".gcda").write_bytes(xengcov.gcda(unit))


@dataclass(frozen=True)
class CoverageBuild(artefacts.Build):
    """The build folder, but with the Xen that counts."""
    image: Path = None
    gatherer: Gatherer = None

    @property
    def xen(self):
        return self.image

    @property
    def post_mortem(self):
        return self.gatherer


def run(options, gatherer):
    """Run the cases; how many have failed."""
    # Its configuration is that of a debug build.
    build = CoverageBuild(options.build.resolve(), "xen-debug",
                          options.xen.resolve() / "xen", gatherer)
    accelerator = accel.choose(build.top, build.xen)

    def one(case):
        slow = replace(case, limit=case.limit * TIMES)
        outcome, seconds = check.timed(slow, cases.Context(
            build, options.out / "machines" / case.name, accelerator))
        results.show(case, outcome, seconds)
        return outcome.bad

    selected = cases.select(cases.load(), options.words or CASES)
    with ThreadPoolExecutor(options.jobs) as pool:
        return sum(pool.map(one, selected))


def main():
    """Run what was asked for; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*", metavar="CASE")
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--xen", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("-j", "--jobs", type=int,
                        default=min(2, os.cpu_count() or 1),
                        help="machines at a time (default: %(default)s)")
    options = parser.parse_args()

    gatherer = Gatherer(options.xen)
    shutil.rmtree(options.out, ignore_errors=True)
    try:
        bad = run(options, gatherer)
    except (Broken, artefacts.Missing) as trouble:
        print(f"error: {trouble}", file=sys.stderr)
        return 2
    gatherer.write(options.out)
    for log, reason in sorted(gatherer.gone.items()):
        name = re.sub(r".*/machines/", "", str(log))
        print(f"does not count: {name}: {reason}")
    print(f"{len(gatherer.counted)} machines count, {bad} cases failed")
    return 1 if bad or not gatherer.counted else 0
