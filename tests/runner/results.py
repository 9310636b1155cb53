# SPDX-License-Identifier: GPL-2.0-only
"""What came out of a run: on the terminal, as JSON, and as JUnit XML."""

import datetime
import json
import re
from xml.etree import ElementTree

from .verdict import CRASH, ERROR, FAIL, PASS, SKIP

# Below BUILD/check/HYPERVISOR: of the whole set, of a selection, and of make
# check-matrix.
ALL, SOME, MATRIX = "results.json", "results-some.json", "results-matrix.json"

# Below BUILD/check: of the last run.
JUNIT = "junit.xml"

# XML 1.0 has no way to say these.
NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def show(case, outcome, seconds, progress=""):
    """Print the line of a case."""
    reason = f"  {outcome.reason}" if outcome.reason else ""
    print(f"{outcome.status:<5} {progress}{case.name:<40} "
          f"{seconds:6.1f} s{reason}", flush=True)


def summary(results):
    """Print the last lines; the exit status: 0 only when a case has passed
    and none is bad."""
    found = {name: outcome for name, (_, outcome, _) in results.items()}
    skips = {name: outcome.reason for name, outcome in found.items()
             if outcome.status == SKIP}
    if skips:
        print("Skipped:")
    for name, reason in skips.items():
        print(f"    {name}: {reason or 'no reason given'}")
    counts = {status: sum(outcome.status == status
                          for outcome in found.values())
              for status in (PASS, FAIL, CRASH, ERROR, SKIP)}
    words = {CRASH: "crashed Xen", ERROR: "errors", SKIP: "skipped"}
    tail = "".join(f", {counts[status]} {text}"
                   for status, text in words.items() if counts[status])
    print(f"{counts[PASS]} passed, {counts[FAIL]} failed{tail}")
    bad = any(outcome.bad for outcome in found.values())
    return 1 if bad or not counts[PASS] else 0


def version(folder):
    """What Xen called itself in the log of any case below the folder."""
    for log in sorted(folder.glob("*/serial*.log")):
        match = re.search(rb"\(XEN\) (Xen version \S+)", log.read_bytes())
        if match:
            return match[1].decode()
    return "unknown"


def save(results, build, accelerator, path):
    """Write the results as JSON, see compare.py."""
    data = {
        "hypervisor": build.hypervisor,
        "version": version(path.parent),
        "qemu": accelerator.version_text() if accelerator else "",
        "date": datetime.date.today().isoformat(),
        "accelerator": accelerator.kind if accelerator else "none",
        "cases": {name: {
            "what": case.what, "group": case.group, "kind": case.kind,
            "status": outcome.status, "reason": outcome.reason,
            "seconds": round(seconds, 1)}
            for name, (case, outcome, seconds) in results.items()}}
    path.write_text(json.dumps(data, indent=1) + "\n")


def known_seconds(folder):
    """{name: seconds}, of each case that earlier runs have saved there."""
    found = {}
    files = [folder / name for name in (ALL, SOME, MATRIX)]
    for path in sorted((path for path in files if path.is_file()),
                       key=lambda path: path.stat().st_mtime):
        try:
            cases = json.loads(path.read_text())["cases"]
        except (ValueError, KeyError):
            continue
        found |= {name: case["seconds"] for name, case in cases.items()}
    return found


def junit(results, build, path):
    """Write the results as JUnit XML.  A crash of Xen is a failure of the type
    CRASH; an error is a broken test."""
    found = [outcome.status for _, outcome, _ in results.values()]
    suite = ElementTree.Element("testsuite", {
        "name": build.hypervisor, "tests": str(len(found)),
        "failures": str(found.count(FAIL) + found.count(CRASH)),
        "errors": str(found.count(ERROR)),
        "skipped": str(found.count(SKIP)),
        "time": f"{sum(entry[2] for entry in results.values()):.1f}"})
    tags = {FAIL: "failure", CRASH: "failure", ERROR: "error",
            SKIP: "skipped"}
    for name, (case, outcome, seconds) in results.items():
        one = ElementTree.SubElement(suite, "testcase", {
            "classname": f"{build.hypervisor}.{case.group}", "name": name,
            "time": f"{seconds:.1f}"})
        if tag := tags.get(outcome.status):
            ElementTree.SubElement(one, tag, {
                "type": outcome.status,
                "message": NOT_XML.sub("?", outcome.reason)})
    path.parent.mkdir(parents=True, exist_ok=True)
    ElementTree.ElementTree(suite).write(path, encoding="utf-8",
                                         xml_declaration=True)
