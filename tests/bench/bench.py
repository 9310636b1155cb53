# SPDX-License-Identifier: GPL-2.0-only
"""make bench: time this project and stock Xen, alternately, and say so.

    tests/run bench --build build [--rounds N] [--most MIB] [PART...]
    tests/run bench --build build --document docs/performance.md

Writes BUILD/bench/results.json and report.md, and prints the table of goals.
With --document nothing is measured: what results.json has replaces what is
between the two marker lines of that document.

The parts are host, load, collide, entry, crash, stretches, counted, linux and
tools; all of them when none is named.  Each part that fails says so in the
report, and the others go on.  Exit status 0 when everything was measured,
whatever the figures are.
"""

import argparse
import datetime
import json
import os
import platform
import signal
import subprocess
import sys
import time
from pathlib import Path

from runner import accel, artefacts
from runner.artefacts import TESTS
from runner.verdict import Broken

from . import goals, machines

START = "<!-- figures: made by tests/bench/bench.py -->"
END = "<!-- end of figures -->"

# Into memory that the heap gives out, once a boot.
COLLIDE_ONCE_SIZES = (64, 128)
COLLIDE_ONCE_MOST = 256             # Stock takes so long that it is once.
COUNTED_SIZES = (8, 64)
COUNTED_CRASH = 40                  # More than the largest chunk of the heap.


class Bench:
    """One run: where it looks, and what it has found so far."""

    def __init__(self, options):
        self.rounds = options.rounds
        self.most = options.most
        top = options.build.resolve()
        self.folder = top / "bench"
        ours = artefacts.Build(top, "xen")
        # What measures stretches is a hook for tests.
        self.builds = {"ours": ours, "hooked": ours.hooked(),
                       "stock": artefacts.Build(top, "stock")}
        self.accelerator = accel.choose(top, self.builds["ours"].xen)
        self.data = {
            "about": {
                "date": datetime.date.today().isoformat(),
                "host": f"{cpu_name()}, {os.cpu_count()} CPUs, "
                        f"Linux {platform.release()}",
                "accelerator": str(self.accelerator),
                "rounds": self.rounds, "load": [os.getloadavg()[0]] * 2},
            "times": {}, "taken": {}, "stretches": {}, "counted": {},
            "counted_stretches": {}, "host": {}, "trouble": []}
        self.boots = 0

    def sizes(self, wanted):
        """Those that this run may use."""
        return [size for size in wanted if size <= self.most]

    def attempt(self, what, function, *args, **words):
        """What the function returns; None, and a note, when it fails."""
        begin = time.monotonic()
        try:
            found = function(*args, **words)
        except (machines.Unmeasured, machines.Ended, Broken,
                artefacts.Missing, OSError,
                subprocess.SubprocessError) as trouble:
            self.data["trouble"].append(f"{what}: {trouble}")
            print(f"{what:<44} FAILED: {trouble}", flush=True)
            return None
        print(f"{what:<44} {time.monotonic() - begin:6.1f} s", flush=True)
        return found

    def boot(self, who, what, job):
        """The Figures of one boot, or None."""
        self.boots += 1
        name = f"{self.boots:03}-{who}-{what.replace(' ', '-')}"
        return self.attempt(
            f"{who} {what}", machines.run, job, self.builds[who],
            self.accelerator, self.folder / "logs" / f"{name}.log")

    def add(self, who, what, size, values, part="times"):
        """Add measured times."""
        self.data[part].setdefault(f"{who} {what} {size}", []).extend(values)

    def keep_stretches(self, figures, part="stretches"):
        """The longest of each kind, of this boot."""
        for name, seconds in figures.stretches.items():
            self.data[part].setdefault(name, []).append(seconds)

    # -- the parts ----------------------------------------------------------

    def load(self):
        """Loads of all sizes into the dom0's own memory."""
        most = max(self.sizes(goals.LOAD_SIZES))
        half = (self.rounds + 1) // 2
        for who, copies in (("ours", 1), ("stock", 0)) * 2:
            figures = self.boot(who, f"load 64-{most}", machines.load(
                64, most, half, copies=copies))
            if not figures:
                continue
            for (what, size), values in figures.times.items():
                self.add(who, what, size, values)
            for size, values in figures.taken.items():
                self.data["taken"].setdefault(f"{who} {size}",
                                              []).extend(values)

    def collide(self):
        """Loads into memory that the heap gives out meanwhile."""
        for size in self.sizes(goals.COLLIDE_SIZES):
            figures = self.boot("ours", f"collide {size}", machines.collide(
                size, self.rounds, copies=0))
            if figures:
                for what, name in (("load", "load-beside"),
                                   ("collide", "collide")):
                    self.add("ours", name, size,
                             figures.times.get((what, size), []))
        # After such an unload stock is no more, so neither unloads.
        for size in self.sizes((*COLLIDE_ONCE_SIZES * self.rounds,
                                COLLIDE_ONCE_MOST)):
            for who in ("ours", "stock"):
                figures = self.boot(who, f"collide once {size}",
                                    machines.collide(size, 0, unload=0,
                                                     copies=0))
                if figures:
                    self.add(who, "collide-once", size,
                             figures.times.get(("collide", size), []))

    def entry(self):
        """From the trigger to the first instruction."""
        for _ in range(self.rounds):
            for size in self.sizes(goals.ENTRY_SIZES):
                for who, name, words in (
                        ("ours", "entry", {}), ("stock", "entry", {}),
                        ("ours", "in-place", {"place": "free"})):
                    figures = self.boot(who, f"{name} {size}",
                                        machines.entry(size, **words))
                    if not figures:
                        continue
                    self.add(who, name, size, [figures.entry])
                    for what in goals.COPIES:
                        self.add("entry", what, size,
                                 figures.times.get((what, size), []))

    def crash(self):
        """Crash images: with digest, and copied into place."""
        size = max(self.sizes(goals.CRASH_SIZES))
        for _ in range(self.rounds):
            figures = self.boot("ours", f"crash load {size}", machines.load(
                64, size, 1, type="crash", copies=0))
            if not figures:
                continue
            for (what, at), values in figures.times.items():
                self.add("ours", f"crash-{what}", at, values)
        for size in self.sizes(goals.CRASH_SIZES) * min(self.rounds, 3):
            figures = self.boot("ours", f"crash entry {size}",
                                machines.entry(size, type="crash"))
            if figures:
                self.add("ours", "crash-entry", size, [figures.entry])
                self.add("crash", "digest", size,
                         figures.times.get(("digest", size), []))

    def stretches(self):
        """How long Xen works without looking up."""
        for _ in range(min(self.rounds, 3)):
            for kind, job in stretch_jobs():
                figures = self.boot("hooked", f"stretches {kind}", job)
                if figures:
                    self.keep_stretches(figures)

    def counted(self):
        """The same on a machine whose clock counts instructions."""
        for kind, job in stretch_jobs():
            job.counted = True
            job.limit = 3600
            job.prealloc = False
            figures = self.boot("hooked", f"counted {kind}", job)
            if not figures:
                continue
            if kind == "load":
                for (what, size), values in figures.times.items():
                    self.add("ours", what, size, values, "counted")
            self.keep_stretches(figures, "counted_stretches")

    def tools(self):
        """kexec -l by a Debian dom0."""
        if goals.TOOLS_SIZE > self.most:
            return
        for who in ("ours", "stock"):
            found = self.attempt(
                f"{who} kexec -l", machines.kexec_tools, self.builds[who],
                self.accelerator, self.folder / f"tools-{who}",
                goals.TOOLS_SIZE, min(self.rounds, 2))
            self.add(who, "tools", goals.TOOLS_SIZE, found or [])

    def linux(self):
        """Linux into Linux, and Linux from the firmware."""
        for _ in range(self.rounds):
            for who in ("ours", "stock"):
                seconds = self.attempt(
                    f"{who} Linux to Linux", machines.hand_over,
                    self.builds[who], self.accelerator,
                    self.folder / f"linux-{who}")
                if seconds:
                    self.add(who, "first-line", 0, [seconds])
        found = self.attempt("Linux from resets", machines.firmware_resets,
                             self.builds["ours"], self.accelerator,
                             self.folder / "linux-reset", self.rounds)
        self.add("firmware", "first-line", 0, found or [])

    def host(self):
        """The shipped files on the host itself."""
        said = None
        for gib in (4, 2, 1):       # Less if there is not so much memory.
            if not said and available_memory() > (gib + 3) * goals.GIB:
                said = self.attempt(f"host, {gib} GiB", run_host, self.folder,
                                    self.rounds, gib)
        if not said:
            self.data["trouble"].append("host: not enough memory")
        for line in (said or "").splitlines():
            _, what, seconds, size = line.split()
            self.data["host"].setdefault(what, []).append(
                [float(seconds), int(size)])

    # -- the results --------------------------------------------------------

    def save(self):
        """Write everything down, so far."""
        self.data["about"]["load"][1] = os.getloadavg()[0]
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "results.json").write_text(
            json.dumps(self.data, indent=1) + "\n")
        results = goals.Results(self.data)
        lines = ["# Benchmark", "", *goals.document(results)]
        (self.folder / "report.md").write_text("\n".join(lines) + "\n")


PARTS = {"host": Bench.host, "load": Bench.load, "collide": Bench.collide,
         "entry": Bench.entry, "crash": Bench.crash,
         "stretches": Bench.stretches, "counted": Bench.counted,
         "linux": Bench.linux, "tools": Bench.tools}


def stretch_jobs():
    """(name, job) of boots in which each kind of work on a slot is done."""
    first, last = COUNTED_SIZES
    yield "load", machines.load(first, last, 1, warm=0)
    yield "collide", machines.collide(last, 1, warm=0, copies=0)
    yield "v1", machines.load(first, first, 1, warm=0, copies=0, v1=1)
    yield "cover", machines.load(first, first, 1, warm=0, copies=0, cover=1)
    yield "crash-load", machines.load(COUNTED_CRASH, COUNTED_CRASH, 1, warm=0,
                                      copies=0, type="crash")


def cpu_name():
    """What the host calls its processor."""
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def available_memory():
    """Bytes of the host's memory that are to be had."""
    for line in Path("/proc/meminfo").read_text("utf-8").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) << 10
    return 0


def run_host(folder, rounds, gib):
    """Build host.c and run it; what it prints."""
    out = folder / "host"
    out.mkdir(parents=True, exist_ok=True)
    subprocess.run(["make", "-s", "-C", str(TESTS / "unit"), f"OUT={out}",
                    "bench"], check=True, capture_output=True)
    return subprocess.run([str(out / "bench" / "host"), str(rounds),
                           str(gib)], check=True, capture_output=True,
                          text=True, timeout=600).stdout


def put_between(document, start, end, lines):
    """Replace what is between the two marker lines of the document."""
    text = document.read_text()
    before, there, rest = text.partition(start)
    _, too, after = rest.partition(end)
    if not (there and too):
        raise Broken(f"no markers in {document}")
    body = "\n".join(lines)
    document.write_text(f"{before}{start}\n{body}\n{end}{after}")


def put_into(document, folder):
    """Write the last results into the document."""
    data = json.loads((folder / "results.json").read_text())
    put_between(document, START, END, goals.document(goals.Results(data)))


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART")
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--most", type=int, default=2048, metavar="MIB",
                        help="no larger image (default: %(default)s)")
    parser.add_argument("--document", type=Path)
    options = parser.parse_args()
    strange = set(options.parts) - PARTS.keys()
    if strange:
        parser.error(f"no such part: {', '.join(sorted(strange))}")
    if options.rounds < 1 or options.most < 64:
        parser.error("at least one round, and 64 MiB")
    return options


def measure(options):
    """Run the parts; the exit status."""
    bench = Bench(options)
    for name in options.parts or PARTS:
        PARTS[name](bench)
        bench.save()
    print()
    for row in goals.rows(goals.Results(bench.data)):
        print(f"{goals.verdict(row).strip('*'):<13} {row.what}: "
              f"{row.measured} (goal: {row.goal})")
    print(f"\nReport: {bench.folder}/report.md")
    return 1 if bench.data["trouble"] else 0


def main():
    """Measure, or fill in the document; the exit status."""
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(143))
    try:
        if options.document:
            put_into(options.document, options.build.resolve() / "bench")
            return 0
        return measure(options)
    except (Broken, artefacts.Missing, OSError) as trouble:
        print(f"error: {trouble}", file=sys.stderr)
        return 2
