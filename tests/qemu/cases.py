# SPDX-License-Identifier: GPL-2.0-only
"""The cases: TOML files below tests/, one [[case]] a case.

A file may start with a [defaults] table, which each of its cases inherits.
One with [factor.NAME] tables has, besides, a case for each combination of
their values: fields that several values bring are put together, see merge(),
and the case's name is that of the file and of the values.  Every case has
these fields:

    name         unique, a scenario: load_unload_exec
    what         one line
    kind         who runs it, see KINDS
    group        for selecting; the file's name when not given
    limit        seconds that the case may take
    only         the hypervisors that it is for; all when not given
    hooks        true: it runs on the TEST=y build of the hypervisor
    matrix       true: it is a boot of make check-matrix, not of make check

and those of its kind, in FIELDS of the kind's module, with their defaults.
A field that nobody knows is an error: a typing mistake must not weaken a
case.

A kind is a module with FIELDS and run(case, context) -> Outcome.  run() may
raise Broken and Skipped, and those of machine.py mean a failure.
"""

import fnmatch
import importlib
import itertools
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import artefacts
from verdict import Broken

# kind -> folder below tests/ and module
KINDS = {
    "linux": ("qemu", "linuxcase"),
    "host": ("qemu", "hostcase"),
    "guest": ("guest", "guestcase"),
}

COMMON = {"name": None, "what": None, "kind": None, "group": None,
          "limit": 120, "only": list(artefacts.PLAIN), "hooks": False,
          "matrix": False}


@dataclass
class Case:
    """A case; fields of its kind are attributes as well."""
    name: str
    what: str
    kind: str
    group: str
    limit: int
    only: list
    hooks: bool
    matrix: bool
    source: Path
    fields: dict = field(default_factory=dict)

    def __getattr__(self, name):
        try:
            return self.__dict__["fields"][name]
        except KeyError:
            raise AttributeError(name) from None

    def selected_by(self, word):
        """Is this its group, its name, or a shell pattern of its name?"""
        return word == self.group or fnmatch.fnmatchcase(self.name, word)


@dataclass
class Context:
    """What a case gets to run with."""
    build: artefacts.Build
    folder: Path                    # for its logs; empty, its own
    accelerator: object             # an accel.Emulator, or None


def kind_module(kind):
    """The module that runs this kind of case."""
    if kind not in KINDS:
        raise Broken(f"unknown kind {kind}")
    folder, module = KINDS[kind]
    path = str(artefacts.TESTS / folder)
    if path not in sys.path:
        sys.path.append(path)
    return importlib.import_module(module)


def from_stanza(source, stanza):
    """A case from its stanza, defaults merged in already."""
    name = stanza.get("name", "without a name")
    for key in ("name", "what", "kind"):
        if not stanza.get(key):
            raise Broken(f"{source}: case {name}: no {key}")
    known = kind_module(stanza["kind"]).FIELDS
    strange = stanza.keys() - COMMON.keys() - known.keys()
    if strange:
        raise Broken(f"{source}: case {name}: unknown {sorted(strange)}")
    common = {**COMMON, "group": source.stem}
    common.update({k: v for k, v in stanza.items() if k in COMMON})
    for hypervisor in common["only"]:
        if hypervisor not in artefacts.PLAIN:
            raise Broken(f"{source}: case {name}: only {hypervisor}")
    own = {**known, **{k: v for k, v in stanza.items() if k in known}}
    return Case(source=source, fields=own, **common)


def merge(fields, more):
    """Put the fields of one value to those of the others."""
    for key, value in more.items():
        before = fields.get(key)
        if before is None or isinstance(value, bool) or key == "environment":
            fields[key] = value
        elif isinstance(value, dict):
            fields[key] = {**before, **value}
        elif key == "cpu_features":
            fields[key] = f"{before},{value}"
        elif isinstance(value, str):
            fields[key] = f"{before} {value}"
        else:
            fields[key] = before + value
    return fields


def _products(source, factors):
    """The stanzas of all combinations of the factors' values."""
    for names in itertools.product(*factors.values()) if factors else ():
        fields = {}
        for factor, name in zip(factors.values(), names):
            merge(fields, factor[name])
        yield {"name": "-".join((source.stem, *names)), **fields}


def load(top=artefacts.TESTS):
    """All cases, in the order of the files' names and of the stanzas."""
    found = []
    for source in sorted(top.glob("*/*.toml")):
        try:
            data = tomllib.loads(source.read_text())
        except tomllib.TOMLDecodeError as error:
            raise Broken(f"{source}: {error}") from None
        strange = data.keys() - {"defaults", "factor", "case"}
        if strange:
            raise Broken(f"{source}: unknown tables {sorted(strange)}")
        defaults = data.get("defaults", {})
        found += [from_stanza(source, {**defaults, **stanza})
                  for stanza in [*_products(source, data.get("factor")),
                                 *data.get("case", [])]]
    names = [case.name for case in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Broken(f"two cases of one name: {twice}")
    return found


def select(cases, words):
    """Those that any of the words selects; all without words.  A word that
    selects none is an error."""
    for word in words:
        if not any(case.selected_by(word) for case in cases):
            raise Broken(f"no case matches {word}")
    if not words:
        return cases
    return [case for case in cases
            if any(case.selected_by(word) for word in words)]
