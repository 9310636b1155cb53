# SPDX-License-Identifier: GPL-2.0-only
"""Cases from a table of factors: any two values meet, not all with all.

Most of what depends on a host depends on one or two of its properties, so a
set of boots in which each pair of values occurs finds nearly all of it with a
small part of all combinations.  The set is built greedily, always in the
same way: the same table gives the same boots.
"""

import tomllib
from itertools import combinations, product

from . import artefacts, cases
from .verdict import Broken

TABLE = artefacts.TESTS / "linux" / "matrix" / "factors.toml"


class Table:
    """Factors, their values, and which two values cannot be together."""

    def __init__(self, factors, excluded=()):
        """factors: {name: [value]}; excluded: pairs of (factor, value)."""
        self.factors = factors
        self.excluded = {frozenset(pair) for pair in excluded}
        known = {(f, v) for f, values in factors.items() for v in values}
        for item in frozenset().union(*self.excluded) - known:
            raise Broken(f"excluded, but no value: {item}")

    def fits(self, item, chosen):
        """Can this (factor, value) be together with all of those?"""
        return not any(frozenset((item, other)) in self.excluded
                       for other in chosen)

    def completed(self, chosen, uncovered):
        """The values chosen, and one of each other factor, so that many
        uncovered pairs are covered; None when there is no such set."""
        free = [f for f in self.factors if f not in dict(chosen)]
        if not free:
            return chosen
        name = free[0]
        items = [(name, v) for v in self.factors[name]]
        items.sort(key=lambda item: -sum(
            frozenset((item, other)) in uncovered for other in chosen))
        for item in items:
            if self.fits(item, chosen):
                whole = self.completed([*chosen, item], uncovered)
                if whole:
                    return whole
        return None

    def pairs(self):
        """All pairs of values that do not exclude each other, in order."""
        for one, other in combinations(self.factors, 2):
            for pair in product([(one, v) for v in self.factors[one]],
                                [(other, v) for v in self.factors[other]]):
                if frozenset(pair) not in self.excluded:
                    yield pair

    def rows(self):
        """The covering set: a list of {factor: value}."""
        wanted = list(self.pairs())
        uncovered = {frozenset(pair) for pair in wanted}
        found = []
        for pair in wanted:
            if frozenset(pair) not in uncovered:
                continue
            row = self.completed(list(pair), uncovered)
            if row is None:
                raise Broken(f"no boot can have both of {pair}")
            uncovered -= {frozenset(p) for p in combinations(row, 2)}
            found.append({name: dict(row)[name] for name in self.factors})
        return found


def table(data):
    """The Table in the data of such a file."""
    return Table(
        {name: list(values) for name, values in data["factor"].items()},
        [[tuple(word.split("=")) for word in entry["values"]]
         for entry in data.get("exclude", [])])


def load(path=TABLE):
    """The cases of the file, all of the group "matrix"."""
    data = tomllib.loads(path.read_text())
    factors = data["factor"]
    found = []
    for number, row in enumerate(table(data).rows(), 1):
        fields = dict(data.get("common", {}))
        for name, value in row.items():
            cases.merge(fields, factors[name][value])
        # Nothing of Xen's is to be read where it has no console.
        if fields.get("console") == "none":
            fields.pop("xen_log", None)
        found.append(cases.from_stanza(path, {
            "kind": "linux", "group": "matrix",
            "name": f"linux-matrix-{number:02}-{row['target']}",
            "what": " ".join(f"{k}={v}" for k, v in row.items()),
            **fields}))
    for stanza in data.get("extra", []):
        found.append(cases.from_stanza(path, {
            "kind": "linux", "group": "matrix", **stanza}))
    return found
