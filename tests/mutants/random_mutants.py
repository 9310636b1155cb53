#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""make check-random-mutants: is any one-line defect noticed by the unit tests?

    random_mutants.py --build build             the fixed sample: 500 mutants
    random_mutants.py --build build --seed S    another; "random": a new one
    random_mutants.py --build build ID...       these, by the numbers it prints
    random_mutants.py --build build --open      what the last run left open
    random_mutants.py --build build --equivalents   see that none is noticed
    random_mutants.py --check                   only hold the list of
                                                equivalents against the source

A mutant is one line of the C files and headers under xen/ that tests/unit
compiles, deleted or with one operator, constant, condition, argument or result
changed.  It is compiled as the tests are, linked with them, and is

    noticed      a test fails
    noticed (hang)  a test ends by its own limit of CPU time
    EQUIVALENT   equivalent.toml lists it, with the reason
    same code    the compiler makes the same instructions of it
    OPEN         every test passes
    TIMEOUT      a test neither ends nor uses CPU time: proves nothing

A mutant that does not compile does not count, nor does one of the two kinds of
equivalents: the sample goes on until there are --count others.  What is drawn
depends on the seed and the text of a line and its function, not on what else
is in the tree, so that the sample stays nearly the same when source changes.

Exit status 0 only if all were noticed.
"""

import argparse
import collections
import dataclasses
import hashlib
import json
import math
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import time
import tomllib
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parent.parent
EQUIVALENT = HERE / "random" / "equivalent.toml"

SEED, COUNT = "1", 500

# The quickest first.  What they are run with is the least that still finds.
TESTS = ["range", "cpu", "crashkernel", "crash-notes", "v1", "order",
         "bounds", "kimage", "kexec", "plan", "idmap", "interleave"]
SLOW = ["idmap", "interleave"]
SETTINGS = {"LAYOUTS": "1500", "LAYOUT_JOBS": "1", "IDMAP_MAPS": "1000"}

# Instructions of the processor that no process may execute: the tests end
# where these begin.  Cases of make check that boot a Xen judge them.
OUT_OF_REACH = {
    "xen/arch/x86/machine_kexec.c": {"leave_xen"},
}

# These lines only check what holds anyway.
CHECKS = re.compile(r"\b(ASSERT\w*|BUILD_BUG_ON)\b")

NOTICED, HANG, SAME, OPEN, TIMEOUT, BROKEN = \
    "noticed", "noticed (hang)", "same code", "OPEN", "TIMEOUT", "no compile"

# What fake/xen.c ends a test with.
HANG_TEXT = "Bail out! endless"


class Trouble(Exception):
    """The run itself cannot go on."""


@dataclasses.dataclass(frozen=True)
class Mutant:
    """One line of a file, and what it becomes."""
    file: str
    function: str       # Or "".
    number: int         # From 1, of the line.
    old: str
    new: str
    nth: int            # From 1, among equals in the function.

    @property
    def key(self):
        """What it is told apart by, wherever its line has moved."""
        return (self.file, self.function, self.old.strip(), self.new.strip(),
                self.nth)

    @property
    def ident(self):
        """A short name."""
        return digest("", *map(str, self.key))[:8]

    def __str__(self):
        new = self.new.strip() or "(nothing)"
        return f"{self.ident} {self.file}:{self.number} {self.function}(): " \
               f"{self.old.strip()}  ->  {new}"


def digest(*texts):
    """A number for the texts, in hex."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


#
# Mutants
#

HIDDEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'
                    r"'(?:\\.|[^'\\\n])*'", re.DOTALL)


def hide(text):
    """Blanks for comments, strings and characters."""
    return HIDDEN.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)


def functions(lines):
    """Of each line the function that it is in, or ""."""
    name, found, inside = "", [], False
    for line in lines:
        match = re.match(r"[A-Za-z_].*?(\w+)\(", line)
        if match and not inside:
            name = match[1]
        if line.startswith("{"):
            inside = True
        found.append(name if inside else "")
        if line.startswith("}"):
            inside, name = False, ""
    return found


# Operators, and what each may become; the longer ones first.
OPERATORS = {
    "<<=": [">>="], ">>=": ["<<="], "<<": [">>"], ">>": ["<<"],
    "<=": ["<", ">"], ">=": [">", "<"], "==": ["!="], "!=": ["=="],
    "&&": ["||"], "||": ["&&"], "+=": ["-=", "="], "-=": ["+=", "="],
    "|=": ["&=", "="], "&=": ["|=", "="], "++": ["--"], "--": ["++"],
    "->": [], "...": [], "?:": [],
    "<": ["<=", ">="], ">": [">=", "<="],
    "+": ["-"], "-": ["+"], "*": ["/", "+"], "/": ["*"], "%": ["/", "*"],
    "&": ["|"], "|": ["&"], "^": ["|"],
}
OPERATOR = re.compile("|".join(map(re.escape, OPERATORS)))

WORDS = {
    "true": ["false"], "false": ["true"], "min": ["max"], "max": ["min"],
    "min_t": ["max_t"], "break": ["continue"], "continue": ["break"],
    "EINVAL": ["EBUSY"], "EBUSY": ["EINVAL"], "EFAULT": ["EINVAL"],
    "ENOMEM": ["EINVAL"], "ENOENT": ["EINVAL"], "ENOSYS": ["EINVAL"],
    "EOPNOTSUPP": ["EINVAL"], "ERANGE": ["EINVAL"], "E2BIG": ["EINVAL"],
    "EAGAIN": ["ENOMEM"], "ERESTART": ["EINVAL"], "EIO": ["EINVAL"],
    "EADDRNOTAVAIL": ["EINVAL"], "start": ["end"], "end": ["start"],
}

# The order of their arguments makes no difference.
SYMMETRIC = re.compile(r"(str|mem|strn)cmp\(|min\(|max\(|SWAP\(|"
                       r"maddr_range_(common|overlaps)\(")

NUMBER = re.compile(r"(?<![\w.])(0x[0-9a-fA-F]+|\d+)([uUlL]*)\b")


def by_operator(code, line):
    """Each operator by another one."""
    for match in OPERATOR.finditer(code):
        text, at = match[0], match.start()
        before, after = code[:at].rstrip(), code[match.end():]
        # A pointer, an address, a sign: no operator with two sides.
        if text in "*&-+" and not (re.search(r"[\w)\]]$", before) and
                                   after.startswith(" ") and
                                   code[at - 1] == " " and not
                                   re.search(r"\breturn$", before)):
            if text == "-" and not re.match(r"E[A-Z]", after):
                yield line[:at] + line[match.end():]
            continue
        for other in OPERATORS[text]:
            yield line[:at] + other + line[match.end():]


def by_negation(code, line):
    """Without a negation, be it of a condition or of bits."""
    for match in re.finditer(r"!!|[!~](?!=)", code):
        yield line[:match.start()] + line[match.end():]


def by_word(code, line):
    """Each word by another one: errors, truths, smaller and larger."""
    for match in re.finditer(r"\b[A-Za-z_]\w*\b", code):
        for other in WORDS.get(match[0], []):
            yield line[:match.start()] + other + line[match.end():]


def by_number(code, line):
    """Each constant by its neighbours, and one that is defined by far more."""
    for match in NUMBER.finditer(code):
        digits, suffix = match.groups()
        value = int(digits, 0)
        others = [value + 1] + ([value - 1] if value else [])
        if re.match(r"\s*#\s*define\b", code) and value > 1:
            others.append(value * 1000)
        for other in others:
            text = hex(other) if digits.startswith("0x") else str(other)
            yield line[:match.start()] + text + suffix + line[match.end():]


def parts(code, begin, ends=","):
    """(start, stop) of what a separator divides, from @begin to where the
    bracket closes; [] if that is on another line."""
    depth, start, found = 0, begin, []
    for at in range(begin, len(code)):
        if code[at] in "([{":
            depth += 1
        elif code[at] in ")]}":
            depth -= 1
            if depth < 0:
                return found + [(start, at)]
        elif code[at] in ends and not depth:
            found.append((start, at))
            start = at + 1
    return []


def swapped(line, one, other):
    """The line with two of its parts the other way round."""
    def trim(part):
        text = line[slice(*part)]
        return slice(part[0] + len(text) - len(text.lstrip()),
                     part[0] + len(text.rstrip()))
    one, other = trim(one), trim(other)
    return line[:one.start] + line[other] + line[one.stop:other.start] + \
        line[one] + line[other.stop:]


def by_order(code, line):
    """Neighbouring arguments swapped, and the two results of a condition."""
    for match in re.finditer(r"\b\w+\(", code):
        if SYMMETRIC.fullmatch(match[0]):
            continue
        found = parts(code, match.end())
        for one, other in zip(found, found[1:]):
            yield swapped(line, one, other)
    for match in re.finditer(r" \? (.+?) : ([^;,]+?)(?=[;,]|\)*$)", code):
        yield swapped(line, match.span(1), match.span(2))


def by_condition(code, line):
    """A condition that is the other way round, never true, or always."""
    match = re.match(r"\s*(?:else )?(?:if|while) \( (.*) \)$", code.rstrip())
    if match:
        old = line[slice(*match.span(1))]
        for new in (f"!({old})", f"({old}) && 0", f"({old}) || 1"):
            yield line[:match.start(1)] + new + line[match.end(1):]


def by_result(code, line):
    """Another result: an error lost, or one where there is none."""
    match = re.match(r"\s*return (.+);$", code.rstrip())
    if match:
        old = line[slice(*match.span(1))]
        for new in ("0", "1", f"!({old})"):
            yield line[:match.start(1)] + new + line[match.end(1):]


def by_deletion(code, _):
    """Without the line: a statement, a condition, a case."""
    text = code.strip()
    if text.count("(") == text.count(")") and \
            (re.fullmatch(r"\.\w+ = .*,", text) or
             not re.fullmatch(r"[{}\s;]*|#.*|.*[,(|&+\-?]", text)):
        yield ""


WAYS = [by_operator, by_negation, by_word, by_number, by_order, by_condition,
        by_result, by_deletion]


def compiled(lines):
    """Which lines are not for a build without kexec."""
    skip = False
    for line in lines:
        if re.match(r"#else /\* !CONFIG_KEXEC", line):
            skip = True
        elif line.startswith("#endif"):
            skip = False
        yield not skip


def mutants_of(path, text):
    """All mutants of a file, in the order of its lines."""
    lines, codes = text.split("\n"), hide(text).split("\n")
    equal = collections.Counter()
    names = functions(codes)
    for number, (line, code, name, used) in enumerate(
            zip(lines, codes, names, compiled(lines)), 1):
        stripped = code.strip()
        if not stripped or not used or CHECKS.search(code) or \
                name in OUT_OF_REACH.get(path, ()) or \
                stripped.startswith("#") and \
                not re.match(r"#\s*define \w+(\(.*?\))?\s+\S", stripped):
            continue
        known = {line}
        for way in WAYS:
            if way is by_deletion and not name:
                continue
            for new in way(code, line):
                if new in known:
                    continue
                known.add(new)
                key = (name, line.strip(), new.strip())
                equal[key] += 1
                yield Mutant(path, name, number, line, new, equal[key])


#
# Equivalents
#

class Equivalents:
    """equivalent.toml: mutants that no test can notice, each with its reason.

        file, function   where; function may be left out outside of any
        line, becomes    the text, without indentation; "" if it is deleted
        nth              which of several that are equal there; default: 1
        reason           why nothing differs
    """

    def __init__(self, mutants):
        known = {mutant.key: mutant for mutant in mutants}
        self.reasons, self.trouble = {}, []
        tables = tomllib.loads(EQUIVALENT.read_text()).get("equivalent", [])
        for table in tables:
            key = (table["file"], table.get("function", ""), table["line"],
                   table["becomes"], table.get("nth", 1))
            if not table.get("reason"):
                self.trouble.append(f"no reason: {key}")
            elif key in self.reasons:
                self.trouble.append(f"listed twice: {key}")
            elif key not in known:
                self.trouble.append(f"the source has it no more: {key}")
            self.reasons[key] = table.get("reason")

    def __contains__(self, mutant):
        return mutant.key in self.reasons


def check_list(mutants):
    """The list against the source, as TAP; the exit status."""
    equivalents = Equivalents(mutants)
    good = not equivalents.trouble
    for trouble in equivalents.trouble:
        print(f"# {trouble}")
    print(f"{'ok' if good else 'not ok'} 1 - equivalents are mutants of the "
          f"source\n1..1")
    return 0 if good else 1


#
# Running them
#

class Build:
    """What is made of a folder with xen/ and tests/unit, in one way."""

    def __init__(self, folder, name, tests, **variables):
        self.folder = folder
        self.out = folder / name
        self.tests = tests
        self.variables = variables
        self.limit = {}
        if not tests:
            return

        self.make(*(f"test-{test}" for test in tests))
        self.depend = self._dependencies()
        self.kept = folder / f"{name}.kept"
        shutil.rmtree(self.kept, ignore_errors=True)
        for made in set().union(*self.depend.values()):
            (self.kept / made).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(self.out / made, self.kept / made)

    def make(self, *targets):
        """Make these; Trouble if that fails."""
        self.out.mkdir(parents=True, exist_ok=True)
        log = self.out / "log"
        command = ["nice", "-n1", "make", "-s", "-C",
                   str(self.folder / "tests/unit"), f"OUT={self.out}",
                   *(f"{name}={text}"
                     for name, text in self.variables.items()),
                   *(str(self.out / target) for target in targets)]
        with open(log, "wb") as to:
            done = subprocess.run(command, stdout=to, stderr=to, check=False,
                                  env={**os.environ, "CCACHE_DISABLE": "1"})
        if done.returncode:
            raise Trouble(log.read_text(errors="replace"))

    def _dependencies(self):
        """{file of ours: what is made from it}"""
        found = collections.defaultdict(set)
        for rule in self.out.glob("*.d"):
            made = {rule.with_suffix(".o").name}
            if rule.name == "stub-offsets.d":
                made = {"stub-offsets", "include/asm/asm-offsets.h", "stub.o"}
            elif not rule.with_suffix(".o").is_file():
                continue
            for word in rule.read_text().split():
                # ccache makes them relative to where the compiler ran.
                path = os.path.normpath(self.folder / "tests/unit" / word)
                if path.startswith(f"{self.folder}/xen/"):
                    found[os.path.relpath(path, self.folder)] |= made
        return found

    def restore(self, file):
        """Objects as they were without a mutant in the file."""
        for made in self.depend[file]:
            shutil.copy2(self.kept / made, self.out / made)

    def run(self, test, limit=None):
        """Run a test: None if it passes, else the verdict."""
        log = self.out / "test.log"
        environment = {
            **os.environ, **SETTINGS, "CMOCKA_MESSAGE_OUTPUT": "TAP",
            "ASAN_OPTIONS": "detect_leaks=0:hard_rss_limit_mb=3000",
            "UNIT_CPU_LIMIT": str(limit or 600),
        }
        command = ["nice", "-n1", "prlimit", "--core=0", "--fsize=100000000",
                   str(self.out / f"test-{test}")]
        with open(log, "wb") as to:
            try:
                done = subprocess.run(command, stdout=to, stderr=to,
                                      check=False, env=environment,
                                      timeout=600 + 60 * (limit or 60))
            except subprocess.TimeoutExpired:
                return TIMEOUT
        if done.returncode == 0:
            return None
        text = log.read_text(errors="replace")
        return HANG if HANG_TEXT in text else NOTICED

    def control(self):
        """Each test passes without a defect, and how long it takes."""
        for test in self.tests:
            before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
            if self.run(test):
                raise Trouble(f"{test} fails without a defect: see "
                              f"{self.out}/test.log")
            used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
            self.limit[test] = max(3, math.ceil(10 * (used - before)))

    def judge(self, order):
        """What the tests find, of those in @order: (verdict, test)."""
        for test in order:
            if test in self.tests:
                self.make(f"test-{test}")
                verdict = self.run(test, self.limit[test])
                if verdict:
                    return verdict, test
        return None, ""


class Workshop:
    """A copy of xen/ and tests/unit, for one mutant at a time.

    The tests are built twice.  Without sanitizers they take a fifth of the
    time and notice nearly all; what they let pass is looked at with them.
    """

    def __init__(self, folder, tests, like=None):
        self.folder = folder
        self.planted = folder / "planted"
        if self.planted.exists() or like:   # Killed: its objects are wrong.
            shutil.rmtree(folder, ignore_errors=True)
        if like:
            self._copy(like)
        for name in ("xen", "tests/unit"):
            (folder / name).mkdir(parents=True, exist_ok=True)
            subprocess.run(["rsync", "-a", "--delete", "--exclude=__pycache__",
                            f"{TOP}/{name}/", f"{folder}/{name}/"],
                           check=True)
        self.plain = Build(folder, "plain", tests, SANITIZE="",
                           EXTRA="-O1 -g0")
        self.checked = Build(folder, "checked",
                             [test for test in tests if test not in SLOW],
                             EXTRA="-O1 -g0")
        self.same = Build(folder, "same", [], SANITIZE="", EXTRA="-O2 -g0")

    def _copy(self, like):
        """What another workshop has built, for this one."""
        shutil.copytree(like.folder, self.folder)
        for rule in self.folder.glob("*/*.d"):
            rule.write_text(rule.read_text().replace(f"{like.folder}/",
                                                     f"{self.folder}/"))

    def control(self):
        """Without a defect every test passes."""
        self.plain.control()
        self.checked.control()

    def share_limits(self, other):
        """With those that another workshop has found."""
        self.plain.limit = other.plain.limit
        self.checked.limit = other.checked.limit

    def _code(self, names):
        """The instructions of these objects."""
        self.same.make(*names)
        return [(self.same.out / name).read_bytes() for name in names]

    def _same_code(self, path, names, text):
        """Does the compiler make of what is planted what it makes of @text?"""
        mutated = path.read_text()
        found = self._code(names)
        path.write_text(text)
        without = self._code(names)
        path.write_text(mutated)
        return found == without

    def judge(self, mutant, order):
        """(verdict, by which test)"""
        path = self.folder / mutant.file
        text = path.read_text()
        stat = path.stat()
        lines = text.split("\n")
        assert lines[mutant.number - 1] == mutant.old
        lines[mutant.number - 1] = mutant.new
        names = sorted(self.plain.depend[mutant.file])
        # What a constant of ours is for a test makes no other Xen.
        ours = [name for name in names if name.endswith(".o") and not
                name.startswith(("test-", "layout", "dom0", "tables", "stub"))]
        self.planted.touch()
        try:
            path.write_text("\n".join(lines))
            try:
                self.plain.make(*names)
                verdict, test = self.plain.judge(
                    [test for test in order if test not in SLOW])
                if not verdict and self._same_code(path, ours, text):
                    verdict = SAME
                if not verdict:
                    self.checked.make(*self.checked.depend[mutant.file])
            except Trouble:
                return BROKEN, ""
            if not verdict:
                verdict, test = self.checked.judge(order)
            if not verdict:
                verdict, test = self.plain.judge(SLOW)
            return verdict or OPEN, test
        finally:
            path.write_text(text)
            os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
            self.plain.restore(mutant.file)
            self.checked.restore(mutant.file)
            self.planted.unlink()


class Run:
    """A run with one workshop for each job."""

    def __init__(self, options, equivalents):
        self.options = options
        self.equivalents = equivalents
        self.folder = options.build.resolve() / "random-mutants"
        self.shops = []
        self.results = []
        self.open_file = self.folder / "open.json"
        self.open_ones = []
        self.lately = {}        # {file: tests that noticed, the last first}

    def open_shops(self):
        """Build without a defect; only tests that pass can judge."""
        for number in range(self.options.jobs):
            self.shops.append(Workshop(self.folder / str(number),
                                       self.options.tests, *self.shops[:1]))
        self.shops[0].control()
        for shop in self.shops[1:]:
            shop.share_limits(self.shops[0])

    def order(self, file):
        """The quick tests, and before them what noticed one in that file."""
        first = self.lately.get(file, [])
        return first + [test for test in TESTS if test not in first]

    def note(self, mutant, verdict, test):
        """Keep a verdict, and print it."""
        if test and test not in SLOW:
            first = [name for name in self.lately.get(mutant.file, [])
                     if name != test]
            self.lately[mutant.file] = [test] + first
        self.results.append((mutant, verdict, test))
        if verdict in (OPEN, TIMEOUT) and mutant not in self.equivalents:
            self.open_ones.append(mutant.ident)
        self.open_file.write_text(json.dumps(self.open_ones))
        if verdict != BROKEN:
            mark = " EQUIVALENT" if mutant in self.equivalents else ""
            print(f"{verdict}{mark}{' by ' + test if test else ''}: {mutant}",
                  flush=True)

    def counted(self):
        """How many there are that count."""
        return sum(verdict not in (BROKEN, SAME) and
                   mutant not in self.equivalents
                   for mutant, verdict, _ in self.results)

    def run(self, mutants, count, run_listed):
        """Judge one after the other until @count of them count."""
        todo, free, busy = iter(mutants), list(self.shops), {}
        with ThreadPoolExecutor(len(free)) as pool:
            while True:
                # Those that are busy may turn out to count.
                while free and self.counted() + len(busy) < count:
                    mutant = next(todo, None)
                    if not mutant:
                        break
                    if mutant in self.equivalents and not run_listed:
                        self.note(mutant, OPEN, "")
                        continue
                    shop = free.pop()
                    future = pool.submit(shop.judge, mutant,
                                         self.order(mutant.file))
                    busy[future] = shop, mutant
                if not busy:
                    return
                for future in wait(busy, return_when=FIRST_COMPLETED).done:
                    shop, mutant = busy.pop(future)
                    free.append(shop)
                    self.note(mutant, *future.result())

    def summary(self, seed, seconds):
        """The score; the exit status."""
        score = collections.Counter()
        bad = []
        for mutant, verdict, test in self.results:
            if mutant in self.equivalents:
                score["listed"] += 1
                if verdict in (NOTICED, HANG):
                    bad.append(f"listed as equivalent, but {verdict} by "
                               f"{test}: {mutant}")
                continue
            score[verdict] += 1
            if verdict in (OPEN, TIMEOUT):
                bad.append(f"{verdict}: {mutant}")
        counted = self.counted()
        noticed = score[NOTICED] + score[HANG]
        print("\n" + "".join(f"{line}\n" for line in bad) +
              f"seed {seed}: {noticed} of {counted} noticed"
              f" ({score[HANG]} of them as hangs), {score[OPEN]} open,"
              f" {score[TIMEOUT]} timed out; besides: {score['listed']}"
              f" listed as equivalent, {score[SAME]} of the same code,"
              f" {score[BROKEN]} that do not compile"
              f" ({seconds / 60:.0f} min)")
        return 1 if bad else 0


def sources():
    """{path: text} of what the unit tests compile and of their headers."""
    names = subprocess.run(["make", "-s", "-C", str(TOP / "tests/unit"),
                            "shipped"], text=True, check=True,
                           capture_output=True).stdout.split()
    paths = [Path(name) for name in names]
    headers = sorted((TOP / "xen").rglob("*.h"))
    return {str(path.relative_to(TOP)): path.read_text()
            for path in sorted(paths + headers)}


def main():
    """Command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=Path, default=TOP / "build")
    parser.add_argument("--seed", default=SEED)
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--tests", nargs="+", default=TESTS)
    parser.add_argument("--open", action="store_true")
    parser.add_argument("--equivalents", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("mutants", nargs="*", metavar="ID")
    options = parser.parse_args()

    if options.seed == "random":
        options.seed = str(random.randrange(1 << 32))

    found = [mutant for path, text in sources().items()
             for mutant in mutants_of(path, text)]
    if options.check:
        return check_list(found)

    found.sort(key=lambda mutant: digest(options.seed, *map(str, mutant.key)))
    equivalents = Equivalents(found)
    if equivalents.trouble:
        raise Trouble("\n".join(equivalents.trouble))

    run = Run(options, equivalents)
    if options.open:
        options.mutants = json.loads(run.open_file.read_text())
    if options.mutants:
        known = {mutant.ident: mutant for mutant in found}
        for ident in options.mutants:
            if ident not in known:
                raise Trouble(f"there is no {ident}")
        found = [known[ident] for ident in options.mutants]
        options.count = len(found) + 1
    elif options.equivalents:
        found = [mutant for mutant in found if mutant in equivalents]
        options.count = len(found) + 1
    if options.list:
        for mutant in found:
            print(mutant)
        return 0

    print(f"seed {options.seed}: of {len(found)} mutants", flush=True)
    run.open_shops()
    start = time.monotonic()
    run.run(found, options.count,
            bool(options.equivalents or options.mutants))
    return run.summary(options.seed, time.monotonic() - start)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Trouble as error:
        sys.exit(f"random_mutants: {error}")
