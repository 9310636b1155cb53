# SPDX-License-Identifier: GPL-2.0-only
"""Put the results of make check on stock and on this project side by side.

Both have to be there: make check XEN=stock, make check.  Writes the table to
BUILD/report/stock-comparison.md.
"""

import argparse
import json
import re
import sys
from pathlib import Path

from .results import ALL
from .verdict import CRASH, ERROR, FAIL, PASS, SKIP

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
    if result["status"] == PASS or not reason:
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
    yield "| | passed | failed | Xen crashed | skipped |"
    yield "| --- | --- | --- | --- | --- |"
    for title, data in (("stock", stock), ("this project", ours)):
        found = [result["status"] for result in data["cases"].values()
                 if result["kind"] != "host"]
        yield (f"| {title} | {found.count(PASS)} "
               f"| {found.count(FAIL) + found.count(ERROR)} "
               f"| {found.count(CRASH)} | {found.count(SKIP)} |")


def main():
    """Write the table; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=Path("build"))
    build = parser.parse_args().build
    try:
        stock, ours = (json.loads((build / "check" / hypervisor / ALL)
                                  .read_text())
                       for hypervisor in ("stock", "xen"))
    except OSError as error:
        print(f"error: {error}: run the whole of both checks first",
              file=sys.stderr)
        return 2
    path = build / "report" / "stock-comparison.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("# Stock Xen and this project\n\n"
                    + "\n".join(table(stock, ours)) + "\n")
    print(path)
    return 0
