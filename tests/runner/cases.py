# SPDX-License-Identifier: GPL-2.0-only
"""The cases: TOML files below tests/, one [[case]] a case.

A file may start with a [defaults] table, which each of its cases inherits.
One with [factor.NAME] tables has, besides, a case for each combination of
their values: fields that several values bring are put together, see merge(),
and the case's name is that of the file and of the values.

The fields are those of Case and of the class for its kind, see KINDS.  A
field that nobody knows, or whose value has another type than its default, is
an error: a typing mistake must not weaken a case.

A name is ENVIRONMENT-WHAT[-VARIANT], in small letters, digits and hyphens.
"""

import dataclasses
import fnmatch
import importlib
import itertools
import os
import re
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from . import artefacts
from .verdict import Broken

# kind -> module and class
KINDS = {
    "linux": ("linux_case", "LinuxCase"),
    "host": ("host_case", "HostCase"),
    "guest": ("guest_case", "GuestCase"),
    "installed": ("installed_case", "InstalledCase"),
}


def patience(text):
    """How many times as long cases may take, on a machine that is busy
    otherwise: from PATIENCE, which make exports empty if it is not set."""
    if not re.fullmatch(r"[1-9][0-9]*|", text):
        sys.exit(f"PATIENCE={text}: must be a number from 1 on")
    return int(text or 1)


PATIENCE = patience(os.environ.get("PATIENCE", ""))

NAME = re.compile(r"[a-z]+(-[a-z0-9]+)+")


@dataclass(kw_only=True)
class Case:
    """What all cases have.  Those of a kind inherit from this, and have
    run(context) -> Outcome, which may raise Broken and Skipped; exceptions of
    a machine's serial line mean a failure."""
    name: str
    what: str                       # in a line
    kind: str
    group: str                      # for selecting; the file's name if absent
    limit: int = 120                # seconds that it may take, see PATIENCE
    only: list = field(             # the hypervisors that it is for
        default_factory=lambda: list(artefacts.PLAIN))
    hooks: bool = False             # runs on the TEST=y build
    matrix: bool = False            # of make check-matrix, not of make check

    def __post_init__(self):
        if not NAME.fullmatch(self.name):
            raise Broken("a name is words and numbers, with hyphens")
        for hypervisor in self.only:
            if hypervisor not in artefacts.PLAIN:
                raise Broken(f"only {hypervisor}")
        self.limit *= PATIENCE

    def selected_by(self, word):
        """Is this its group, its name, or a shell pattern of its name?"""
        return word == self.group or fnmatch.fnmatchcase(self.name, word)

    def run(self, context):
        """Run it; the Outcome."""
        raise NotImplementedError


@dataclass
class Context:
    """What a case gets to run with."""
    build: artefacts.Build
    folder: Path                    # for its logs; empty, its own
    accelerator: object             # an accel.Emulator, or None


def case_class(kind):
    """The class of this kind of case."""
    if kind not in KINDS:
        raise Broken(f"unknown kind {kind}")
    module, name = KINDS[kind]
    return getattr(importlib.import_module(f".{module}", __package__), name)


def _check(cls, stanza):
    """Are these fields of the class, and of the types of their defaults?"""
    known = {item.name: item for item in dataclasses.fields(cls)}
    if strange := stanza.keys() - known.keys():
        raise Broken(f"unknown {sorted(strange)}")
    for name, item in known.items():
        if name not in stanza:
            if item.default is item.default_factory is dataclasses.MISSING:
                raise Broken(f"no {name}")
        elif item.type is not type(stanza[name]):
            raise Broken(f"{name} is {stanza[name]!r}, not a "
                         f"{item.type.__name__}")


def from_stanza(source, stanza):
    """A case from its stanza, defaults merged in already."""
    stanza = {"group": source.stem, **stanza}
    try:
        cls = case_class(stanza.get("kind"))
        _check(cls, stanza)
        return cls(**stanza)
    except Broken as trouble:
        name = stanza.get("name", "without a name")
        raise Broken(f"{source}: case {name}: {trouble}") from None


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
