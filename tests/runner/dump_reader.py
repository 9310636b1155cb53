# SPDX-License-Identifier: GPL-2.0-only
"""tools/xen-vmcore on a dump that a crash kernel has written, with xen-syms.

The dump is of a crash that is known: what the reader says of it can be held
against that, function by function.  What drgn finds in the same dump, by
tools/xen-vmcore/xen-vmcore-drgn, has to be the same.
"""

import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .artefacts import TESTS

DRGN = TESTS.parent / "tools" / "xen-vmcore" / "xen-vmcore-drgn"

# Runs inside drgn: what xen-vmcore says as well, in its words.
DRGN_SCRIPT = """
import json, uuid
STATES = "running", "runnable", "blocked", "offline"
print(json.dumps({
    "crashing_cpu": prog["crashing_cpu"].value_(),
    "command_line": prog["saved_cmdline"].string_().decode(),
    "domains": [{
        "id": domain.domain_id.value_(),
        "pages": domain.tot_pages.value_(),
        "uuid": str(uuid.UUID(bytes=bytes(domain.handle.value_()))),
        "vcpu_list": [{
            "vcpu": vcpu.vcpu_id.value_(),
            "state": STATES[vcpu.runstate.state.value_()],
            "cpu": vcpu.processor.value_(),
        } for vcpu in for_each_vcpu(domain)],
    } for domain in for_each_domain(prog)],
}))
"""


@dataclass
class Reading:
    """What became of the reader: its report, or why there is none."""
    report: dict | None
    trouble: str = ""


def read(build, dump):
    """Run the reader of this build."""
    done = subprocess.run(
        [str(build.reader), "--json", str(dump), str(build.xen_syms)],
        capture_output=True, check=False)
    said = done.stderr.decode(errors="replace").strip()
    if done.returncode not in (0, 1):
        return Reading(None, f"exit status {done.returncode}: {said}")
    try:
        return Reading(json.loads(done.stdout), said)
    except ValueError as error:
        return Reading(None, f"its JSON: {error}")


def read_by_drgn(build, dump):
    """Run drgn, Debian 13's, on the dump: the same members of a report."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "script.py"
        script.write_text(DRGN_SCRIPT)
        done = subprocess.run(
            [str(build.debian / "bin" / "python3.13"), str(DRGN), str(dump),
             str(build.xen_syms), str(script)],
            capture_output=True, check=False)
    said = done.stderr.decode(errors="replace").strip()
    try:
        return Reading(json.loads(done.stdout), said)
    except ValueError:
        return Reading(None, f"exit status {done.returncode}: {said}")


def _differences(where, wanted, found):
    """What drgn found that is not in the report, or not the same there."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        for name, value in wanted.items():
            yield from _differences(f"{where}.{name}", value, found.get(name))
    elif isinstance(wanted, list) and isinstance(found, list) and \
            len(wanted) == len(found):
        for number, value in enumerate(wanted):
            yield from _differences(f"{where}[{number}]", value,
                                    found[number])
    elif wanted != found:
        yield f"{where}: drgn finds {wanted!r}, xen-vmcore {found!r}"


def complaints_on_drgn(by_drgn, reading):
    """Do drgn and the reader find the same in the dump?"""
    if by_drgn.report is None or by_drgn.trouble:
        yield f"drgn: {by_drgn.trouble}"
    elif not by_drgn.report["domains"]:
        yield "drgn: no domains"
    elif reading.report is not None:
        yield from _differences("report", by_drgn.report, reading.report)


def base_name(function):
    """Without what the compiler has put behind the name (.cold, .isra.0)."""
    return (function or "").partition(".")[0]


def _complaints_on_stack(cpu, wanted):
    """Are these functions on its stack, in this order, and none by guess?"""
    frames = cpu["stack"]
    if any(frame["guess"] for frame in frames):
        yield f"CPU {cpu['cpu']}: guesses on its stack"
    names = [base_name(frame.get("function")) for frame in frames]
    rest = iter(names)
    for name in wanted:
        if name not in rest:
            yield f"{name} is not, or not there, on the stack {names}"
            return


def complaints(reading, cpus, scenario, stack):
    """What is wrong with the report on a crash of Xen with that many CPUs,
    of which one has these functions on its stack, innermost first."""
    report = reading.report
    if report is None:
        yield reading.trouble
        return
    if report["problems"] or reading.trouble:
        yield f"it lacks: {report['problems']} {reading.trouble}"
    if not report["reason"]:
        yield "no reason"
    saved = [cpu["cpu"] for cpu in report["cpus"] if cpu["saved"]]
    if saved != list(range(cpus)):
        yield f"registers of CPUs {saved}"
        return
    if [domain["id"] for domain in report["domains"]] != [0]:
        yield f"domains: {report['domains']}"
    if not any(f"scenario={scenario}" in line for line in report["dom0_log"]):
        yield f"not dom0's log: {report['no_dom0_log']}"
    if not any("crash: loaded" in line for line in report["console"]):
        yield "not Xen's console"
    for cpu in report["cpus"]:
        crashed = cpu["cpu"] == report["crashing_cpu"]
        yield from _complaints_on_stack(cpu, stack if crashed else ())
    if not (report["where"] or {}).get("line"):
        yield f"no line of source: {report['where']}"
