#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Put the results of two runs of check.py side by side, as a table.

    compare.py build/check/stock/results.json build/check/xen/results.json \\
               docs/stock-comparison.md

The table replaces what is between the two marker lines of that document;
without a document it is printed.
"""

import argparse
import json
import re
import sys
from pathlib import Path

START = "<!-- table: made by tests/qemu/compare.py -->"
END = "<!-- end of table -->"
LENGTH = 110                        # of a reason


def plain(text):
    """Text that a table of Markdown shows as it is."""
    return re.sub(r"\s+", " ", text).replace("|", "\\|").replace("<", "&lt;")


def cell(result):
    """A verdict with its reason, short enough for a table."""
    if result is None:
        return "not run"
    reason = plain(result["reason"])
    # Where the source was when that Xen was built is nobody's concern.
    reason = re.sub(r"/\S*/xen/(?=(arch|common|drivers)/)", "", reason)
    if len(reason) > LENGTH:
        reason = reason[:LENGTH].rsplit(" ", 1)[0] + " ..."
    if result["status"] == "PASS" or not reason:
        return result["status"]
    return f"{result['status']}: {reason}"


def table(stock, ours):
    """The lines of the table: cases that boot a machine, in their order."""
    yield (f"Stock: {stock['version']}, {stock['date']}. "
           f"This project: {ours['version']}, {ours['date']}. "
           f"QEMU {stock['qemu']}, {stock['accelerator']}.")
    yield ""
    yield "| case | what | stock | this project |"
    yield "| --- | --- | --- | --- |"
    for name, result in ours["cases"].items():
        if result["kind"] == "host":
            continue
        yield (f"| {name} | {plain(result['what'])} "
               f"| {cell(stock['cases'].get(name))} | {cell(result)} |")
    yield ""
    yield "| | passed | failed | skipped |"
    yield "| --- | --- | --- | --- |"
    for title, data in (("stock", stock), ("this project", ours)):
        found = [result["status"] for result in data["cases"].values()
                 if result["kind"] != "host"]
        yield (f"| {title} | {found.count('PASS')} "
               f"| {found.count('FAIL') + found.count('ERROR')} "
               f"| {found.count('SKIP')} |")


def main():
    """Print the table or put it into the document; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stock", type=Path)
    parser.add_argument("ours", type=Path)
    parser.add_argument("document", type=Path, nargs="?")
    options = parser.parse_args()
    try:
        lines = "\n".join(table(*(json.loads(path.read_text())
                                  for path in (options.stock, options.ours))))
    except OSError as error:
        print(f"error: {error}: run the whole of both checks first",
              file=sys.stderr)
        return 2
    if not options.document:
        print(lines)
        return 0
    text = options.document.read_text()
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not (start and end):
        print(f"error: no markers in {options.document}", file=sys.stderr)
        return 2
    options.document.write_text(f"{before}{START}\n{lines}\n{END}{after}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
