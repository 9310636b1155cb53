#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Hold the lines that no test reaches against the list of reasons.

    exceptions.py TRACEFILE DOCUMENT

TRACEFILE is gcovr's JSON.  DOCUMENT has, under the heading HEADING, a table
of files, functions and reasons:

    | file.c | `function()` | why its line cannot be reached |

A line without a reason fails, and so does a reason without such a line.
"""

import json
import re
import sys
from pathlib import Path

HEADING = "## Lines that no test reaches"
TOP = Path(__file__).resolve().parent.parent.parent


def reasons(text):
    """{(file, function): reason} of the document's table."""
    if HEADING not in text:
        raise SystemExit(f"there is no {HEADING!r}")
    section = text.partition(HEADING)[2].partition("\n## ")[0]
    found = {}
    for match in re.finditer(r"^\| *(\S+\.[ch]) *\| *(.*?) *\| *(.*?) *\|$",
                             section, re.MULTILINE):
        for function in re.findall(r"`(\w+)\(\)`", match[2]):
            found[match[1], function] = match[3]
    return found


def unreached(trace):
    """Yield (path, line, function) of each line that was not reached."""
    for file in trace["files"]:
        starts = sorted((f["lineno"], f["name"]) for f in file["functions"])
        for line in file["lines"]:
            if line["count"] or line["gcovr/noncode"] or \
                    line["gcovr/excluded"]:
                continue
            number = line["line_number"]
            before = [name for start, name in starts if start <= number]
            yield file["file"], number, before[-1] if before else "?"


def main():
    """Compare the two files of the command line; the exit status."""
    trace = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    known = reasons(Path(sys.argv[2]).read_text("utf-8"))
    used, bad = set(), 0
    for path, number, function in unreached(trace):
        key = Path(path).name, function
        used.add(key)
        text = (TOP / path).read_text("utf-8").splitlines()[number - 1]
        print(f"not reached: {path}:{number}: {function}(): {text.strip()}")
        if key not in known:
            print(f"    and nothing says why: {sys.argv[2]}")
            bad += 1
    for key in known.keys() - used:
        print(f"{sys.argv[2]}: {key[0]}, {key[1]}(): every line is reached")
        bad += 1
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
