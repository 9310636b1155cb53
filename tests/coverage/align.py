#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Take from a tracefile of gcovr's lines what is no line.

    align.py REFERENCE TRACEFILE

In TRACEFILE, of a build with optimisation, declarations have counters that
stay 0.  REFERENCE is of one without: for files that are in both, it tells
which lines have code.  TRACEFILE is replaced.
"""

import json
import sys
from pathlib import Path


def lines_with_code(trace):
    """{file: set of its lines}."""
    return {file["file"]: {line["line_number"] for line in file["lines"]
                           if not line["gcovr/noncode"]}
            for file in trace["files"]}


def main():
    """Change the file of the command line."""
    reference, path = Path(sys.argv[1]), Path(sys.argv[2])
    known = lines_with_code(json.loads(reference.read_text("utf-8")))
    trace = json.loads(path.read_text("utf-8"))
    for file in trace["files"]:
        if file["file"] in known:
            file["lines"] = [line for line in file["lines"]
                             if line["line_number"] in known[file["file"]]]
    path.write_text(json.dumps(trace), "utf-8")


if __name__ == "__main__":
    main()
