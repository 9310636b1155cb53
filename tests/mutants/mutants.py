# SPDX-License-Identifier: GPL-2.0-only
"""make check-mutants: plant one defect at a time, and see a case fail by it.

    tests/run mutants [MUTANT...]   plant these (shell patterns), or all
    tests/run mutants --resume      leave out those that are known to be caught
    tests/run mutants --check       only see if they can be planted

The defects are the [[mutant]] tables of planted/*.toml:

    name       unique, what is wrong: overlap_of_one_byte_missed
    what       what follows from it, in a line
    invariant  numbers of docs/invariants.md; [] when it is none of them
    file       a file of ours, and in it
    old, new   the text to replace, which must be there exactly once
    edits      instead of those three: a list of tables with them
    cases      cases of make check: each of them has to fail
    says       a pattern that the reason of their failure has to match; without
               it, each has to come to its verdict: no panic, no reset
    hangs      true: they may not come to an end, which is no failure otherwise
    units      tests of tests/unit: each of them has to fail too, in time
    objects    a pattern that scripts/check-objects has to print

First the cases run without a defect, on a Xen that is built like the others;
those that fail there say nothing.  Then each mutant is built, and is

    CAUGHT     each of its cases has failed
    MISSED     one has not, has failed for another reason, or did not end
    ERROR      it cannot be planted or built, or a case came to no verdict

Exit status 0 only when all were caught.  What was caught is kept in
BUILD/mutants/caught.json, and counts for --resume as long as the defect, xen/
and the tests are the same to the byte.
"""

import argparse
import dataclasses
import fcntl
import fnmatch
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from runner import accel, artefacts, cases, check, host_case, results
from runner.verdict import (CRASH, FAIL, HUNG, PASS, STOPPED, Broken, failed,
                            passed)

TOP = artefacts.TESTS.parent
PLANTED = artefacts.TESTS / "mutants" / "planted"

CAUGHT, MISSED, ERROR = "CAUGHT", "MISSED", "ERROR"

# Among the outcomes of cases and units: that of scripts/check-objects.
OBJECTS = "check-objects"

# As make build has it; nobody looks at debug information here.
OPTIONS = ["CONFIG_PV32=y", "CONFIG_KEXEC_BZIMAGE=y", "CONFIG_DEBUG_INFO=n"]

# A mutant that hangs: several times what the case takes without it.
LEAST_LIMIT, TIMES = 20, 5

UNIT_LIMIT = 100


@dataclasses.dataclass
class Mutant:
    """A defect; the fields are those above."""
    name: str
    what: str
    invariant: list
    cases: list = dataclasses.field(default_factory=list)
    edits: list = dataclasses.field(default_factory=list)
    file: str = ""
    old: str = ""
    new: str = ""
    says: str = ""
    hangs: bool = False
    units: list = dataclasses.field(default_factory=list)
    objects: str = ""

    def __post_init__(self):
        if not self.edits:
            self.edits = [{"file": self.file, "old": self.old,
                           "new": self.new}]

    def planted(self, sources):
        """{file: text} of the files that it changes."""
        changed = {}
        for edit in self.edits:
            if edit.keys() != {"file", "old", "new"}:
                raise Broken(f"an edit has {sorted(edit)}")
            path, old = edit["file"], edit["old"]
            text = changed.get(path, sources.get(path))
            if text is None:
                raise Broken(f"{path} is no file of ours")
            if not old or old == edit["new"]:
                raise Broken("nothing is changed")
            if text.count(old) != 1:
                raise Broken(f"{path} has the text {text.count(old)} times")
            changed[path] = text.replace(old, edit["new"])
        return changed


@dataclasses.dataclass(frozen=True)
class MutantBuild(artefacts.Build):
    """The build folder, but with this hypervisor."""
    image: Path = None

    @property
    def xen(self):
        return self.image


def ours():
    """{path: text} of the files under xen/."""
    return {str(path.relative_to(TOP)): path.read_text()
            for path in sorted((TOP / "xen").rglob("*")) if path.is_file()}


def digest(*texts):
    """One number for all of it."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def tests_digest():
    """One number for what a verdict depends on besides xen/."""
    files = [path for top in ("patches", "tests/guest", "tests/unit")
             for path in sorted((TOP / top).rglob("*")) if path.is_file() and
             path.suffix != ".pyc"]
    return digest(*(f"{path}\0{path.read_bytes().hex()}" for path in files))


class Caught:
    """The mutants that have been caught, kept from run to run."""

    def __init__(self, file, sources):
        self.file = file
        self.common = digest(json.dumps(sources), tests_digest())
        try:
            self.known = json.loads(file.read_text())
        except (OSError, ValueError):
            self.known = {}

    def _key(self, mutant):
        return digest(self.common, json.dumps(dataclasses.asdict(mutant)))

    def has(self, mutant):
        """Was it caught, with everything as it is now?"""
        return self.known.get(mutant.name) == self._key(mutant)

    def note(self, mutant, verdict):
        """Keep the verdict."""
        self.known.pop(mutant.name, None)
        if verdict == CAUGHT:
            self.known[mutant.name] = self._key(mutant)
        self.file.write_text(json.dumps(self.known, indent=1) + "\n")


def load():
    """All mutants, in the order of the files' names."""
    known = {field.name for field in dataclasses.fields(Mutant)}
    found = []
    for source in sorted(PLANTED.glob("*.toml")):
        for table in tomllib.loads(source.read_text())["mutant"]:
            name = table.get("name", "without a name")
            if table.keys() - known:
                raise Broken(f"{source.name}: {name}: unknown "
                             f"{sorted(table.keys() - known)}")
            try:
                found.append(Mutant(**table))
            except TypeError as error:
                raise Broken(f"{source.name}: {name}: {error}") from None
    names = [mutant.name for mutant in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Broken(f"two mutants of one name: {twice}")
    return found


def complaints(mutant, sources, known):
    """What keeps the mutant from being planted and from being caught."""
    try:
        mutant.planted(sources)
        re.compile(mutant.says)
        re.compile(mutant.objects)
    except (Broken, re.error) as error:
        yield str(error)
    for name in mutant.cases:
        if name not in known:
            yield f"there is no case {name}"
        elif known[name].kind == "host":
            yield f"{name} boots no Xen"
    for name in mutant.units:
        if not (TOP / "tests" / "unit" / f"test-{name}.c").is_file():
            yield f"there is no tests/unit/test-{name}.c"
    if not mutant.cases and not mutant.units and not mutant.objects:
        yield "nothing has to fail"


def judge(mutant, outcomes):
    """(verdict, text) from {case, unit or "objects": Outcome}."""
    for name, outcome in outcomes.items():
        says = mutant.says if name in mutant.cases else \
            mutant.objects if name == OBJECTS else ""
        if outcome.status == PASS:
            return MISSED, f"{name} passes"
        if outcome.status not in (FAIL, CRASH):
            return ERROR, f"{name}: {outcome.status} {outcome.reason}"
        if outcome.cause == HUNG and not mutant.hangs:
            return MISSED, f"{name} does not end: {outcome.reason}"
        if not re.search(says, outcome.reason):
            return MISSED, f"{name} fails by another thing: {outcome.reason}"
        if outcome.cause == STOPPED and not says:
            return MISSED, f"{name} comes to no verdict: {outcome.reason}"
    return CAUGHT, "; ".join(f"by {name} ({outcome.reason})"
                             for name, outcome in outcomes.items())


def check_list(mutants, sources, known):
    """Print a line of TAP for each mutant; the exit status."""
    bad = 0
    for number, mutant in enumerate(mutants, 1):
        trouble = "; ".join(complaints(mutant, sources, known))
        bad += bool(trouble)
        print(f"{'not ' if trouble else ''}ok {number} - {mutant.name}"
              f"{': ' if trouble else ''}{trouble}")
    print(f"1..{len(mutants)}")
    return 1 if bad else 0


class Workshop:
    """The tree that defects are planted in, BUILD/tree/mutants, and what is
    made of it, BUILD/mutants.

    It has the hooks of TEST=y, which do nothing unless the command line asks
    for it.  Objects are kept, so that only what changed is compiled.
    """

    def __init__(self, build, sources):
        self.folder = build / "mutants"
        self.tree = build / "tree" / "mutants"
        self.sources = sources
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = open(self.folder / "lock", "wb")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        source = self._run("scripts/fetch-source").split()[-1]
        hooked = build / "tree" / "xen-test"
        for tree in (hooked, self.tree):
            self._run("scripts/prepare-tree", "--test", source, tree)
        self.hooked = {path: (hooked / path).read_text() for path in sources}
        # The tests take all that is there: no file that the source has lost.
        files = self.folder / "files"
        for path in files.rglob("*"):
            if path.is_file() and str(path.relative_to(files)) not in sources:
                path.unlink()

    def _run(self, *words):
        done = subprocess.run(list(map(str, words)), cwd=TOP, text=True,
                              capture_output=True, check=False)
        if done.returncode:
            lines = (done.stderr or done.stdout).strip().splitlines()
            errors = [line for line in lines if "error" in line] or lines
            raise Broken(errors[0] if errors else f"{words[0]} failed")
        return done.stdout

    def plant(self, mutant=None):
        """Plant it, or nothing, in the tree with hooks, and in the files as
        they are, for the tests on the host; write only what differs."""
        tops = {self.tree: self.hooked, self.folder / "files": self.sources}
        text = ""
        for top, sources in tops.items():
            changed = mutant.planted(sources) if mutant else {}
            planted = {**sources, **changed}
            for path, wanted in sorted(planted.items()):
                target = top / path
                target.parent.mkdir(parents=True, exist_ok=True)
                if not target.is_file() or target.read_text() != wanted:
                    target.write_text(wanted)
                text += f"{path}\0{wanted}\0"
        # What build-xen goes by.
        key = self.tree.with_suffix(".key").read_text() + text
        self.tree.with_suffix(".id").write_text(
            hashlib.sha256(key.encode()).hexdigest() + "\n")

    def build(self, name):
        """Build what is planted; the folder of the hypervisor."""
        self._run("scripts/build-xen", "--multiboot", self.tree,
                  self.folder / "xen", *OPTIONS)
        out = self.folder / "out" / name
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        for file in ("xen", "config"):
            shutil.copy(self.folder / "xen" / file, out / file)
        return out

    def unit(self, name):
        """Build and run a test of tests/unit on what is planted."""
        environment = {**os.environ, "BUILD": str(self.folder),
                       "SHIPPED": str(self.folder / "files" / "xen")}
        try:
            done = subprocess.run(["tests/unit/run", name], cwd=TOP, text=True,
                                  capture_output=True, check=False,
                                  env=environment, timeout=UNIT_LIMIT)
        except subprocess.TimeoutExpired:
            return failed(f"not done within {UNIT_LIMIT} s", HUNG)
        if "Bail out!" in done.stdout:
            raise Broken(f"{name} cannot be built")
        return host_case.judge(done.stdout, done.returncode)

    def objects(self):
        """What scripts/check-objects says of what was built last."""
        done = subprocess.run(
            ["scripts/check-objects", self.folder / "xen" / "obj"], cwd=TOP,
            text=True, capture_output=True, check=False)
        if done.returncode not in (0, 1):
            raise Broken((done.stdout + done.stderr).strip())
        found = done.stdout.strip().replace("\n", "; ")
        return failed(found) if found else passed()


class Run:
    """A whole run: the control, then the mutants."""

    def __init__(self, options, mutants, sources, known):
        self.options = options
        self.mutants = mutants
        self.known = known
        self.top = options.build.resolve()
        self.workshop = Workshop(self.top, sources)
        self.caught = Caught(self.workshop.folder / "caught.json", sources)
        self.accelerator = None
        self.seconds = {}           # of each case in the control
        self.bad = set()            # cases and units that fail there

    def case(self, folder, name, limit):
        """Run a case on the hypervisor in the folder."""
        case = self.known[name]
        case = dataclasses.replace(case, limit=min(case.limit, limit))
        build = MutantBuild(self.top, "xen", folder / "xen")
        return check.timed(case, cases.Context(build, folder / name,
                                               self.accelerator))

    def control(self):
        """Run all of them without a defect: those that fail say nothing."""
        self.workshop.plant()
        folder = self.workshop.build("control")
        self.accelerator = accel.choose(self.top, folder / "xen")
        names = dict.fromkeys(name for mutant in self.mutants
                              for name in mutant.cases
                              if name in self.known)
        units = dict.fromkeys(name for mutant in self.mutants
                              for name in mutant.units)
        print(f"{len(names)} cases without a defect, {self.accelerator}",
              flush=True)
        with ThreadPoolExecutor(self.options.jobs) as pool:
            outcomes = pool.map(lambda name: (name, *self.case(
                folder, name, self.known[name].limit)), names)
            for name, outcome, seconds in outcomes:
                self.seconds[name] = seconds
                results.show(self.known[name], outcome, seconds)
                if outcome.status != PASS:
                    self.bad.add(name)
        if any(mutant.objects for mutant in self.mutants):
            outcome = self.workshop.objects()
            print(f"{outcome.status:<5} {OBJECTS}  {outcome.reason}",
                  flush=True)
            if outcome.status != PASS:
                self.bad.add(OBJECTS)
        for name in units:
            outcome = self.workshop.unit(name)
            print(f"{outcome.status:<5} tests/unit {name}  {outcome.reason}",
                  flush=True)
            if outcome.status != PASS:
                self.bad.add(name)

    def try_cases(self, mutant, folder, outcomes):
        """Run a built mutant's cases; its verdict."""
        for name in mutant.cases:
            limit = max(LEAST_LIMIT, TIMES * self.seconds[name])
            outcomes[name], _ = self.case(folder, name, limit)
        verdict = judge(mutant, outcomes)
        (folder / "xen").unlink()   # Megabytes, and made again in seconds.
        return verdict

    def start(self, mutant, pool):
        """Build a mutant and let its cases run; gives (verdict, text)."""
        sources = self.workshop.sources
        try:
            for trouble in complaints(mutant, sources, self.known):
                raise Broken(trouble)
            for name in self.bad.intersection(
                    mutant.cases + mutant.units +
                    [OBJECTS] * bool(mutant.objects)):
                raise Broken(f"{name} does not pass without a defect either")
            self.workshop.plant(mutant)
            folder = self.workshop.build(mutant.name)
            outcomes = {name: self.workshop.unit(name)
                        for name in mutant.units}
            if mutant.objects:
                outcomes[OBJECTS] = self.workshop.objects()
            future = pool.submit(self.try_cases, mutant, folder, outcomes)
        except (Broken, OSError) as error:
            trouble = (ERROR, str(error))
            return lambda: trouble
        return future.result

    def run(self):
        """Plant all; the exit status."""
        counts = {CAUGHT: 0, MISSED: 0, ERROR: 0}
        total = len(self.mutants)
        if self.options.resume:
            self.mutants = [mutant for mutant in self.mutants
                            if not self.caught.has(mutant)]
            counts[CAUGHT] = total - len(self.mutants)
            print(f"{counts[CAUGHT]} caught before", flush=True)
        self.control()
        start = time.monotonic()
        with ThreadPoolExecutor(self.options.jobs) as pool:
            waiting = []
            for mutant in self.mutants:
                waiting.append((mutant, self.start(mutant, pool)))
                # The next one is built while these run.
                if len(waiting) > self.options.jobs:
                    self.report(*waiting.pop(0), counts)
            for mutant, result in waiting:
                self.report(mutant, result, counts)
        seconds = (time.monotonic() - start) / max(len(self.mutants), 1)
        tail = f", {counts[ERROR]} errors" if counts[ERROR] else ""
        print(f"{counts[CAUGHT]} caught, {counts[MISSED]} missed{tail}"
              f" ({seconds:.0f} s each)")
        return 0 if counts[CAUGHT] == total else 1

    def report(self, mutant, result, counts):
        """A line for the mutant."""
        verdict, text = result()
        counts[verdict] += 1
        self.caught.note(mutant, verdict)
        print(f"{verdict:<6} {mutant.name} {text}", flush=True)


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description="See the file's beginning.")
    parser.add_argument("words", nargs="*", metavar="MUTANT",
                        help="name or shell pattern")
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--check", action="store_true",
                        help="only look whether all can be planted")
    parser.add_argument("--resume", action="store_true",
                        help="leave out what is known to be caught")
    parser.add_argument("-j", "--jobs", type=int,
                        default=min(2, os.cpu_count() or 1),
                        help="machines at a time (default: %(default)s)")
    return parser.parse_args()


def main():
    """Do what was asked for; the exit status."""
    options = arguments()
    # A killed runner takes its machines along, see machine.py.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(143))
    try:
        known = {case.name: case for case in cases.load()}
        mutants, sources = load(), ours()
        if options.check:
            return check_list(mutants, sources, known)
        for word in options.words:
            if not any(fnmatch.fnmatchcase(m.name, word) for m in mutants):
                raise Broken(f"no mutant matches {word}")
        mutants = [mutant for mutant in mutants if not options.words or
                   any(fnmatch.fnmatchcase(mutant.name, word)
                       for word in options.words)]
        return Run(options, mutants, sources, known).run()
    except (Broken, artefacts.Missing) as trouble:
        print(f"error: {trouble}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted")
        sys.stdout.flush()
        os._exit(130)
