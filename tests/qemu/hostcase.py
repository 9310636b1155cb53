# SPDX-License-Identifier: GPL-2.0-only
"""Cases that are a command on this host, which prints TAP.

The command runs in the repository's top folder, with BUILD and HYPERVISOR in
its environment.  It must announce its plan ("1..N"), report every point of
it, and exit with status 0: a harness that dies halfway does not pass.
"""

import os
import re
import signal
import subprocess

import artefacts
from verdict import HUNG, SKIP, Outcome, failed, passed

FIELDS = {
    "command": [],                  # words
}

POINT = re.compile(r"(not )?ok\b *(\d+)? *(?:- *)?([^#]*)(?:# *(.*))?$")


def judge(text, status):
    """The outcome of a TAP output and the exit status that came with it."""
    plan, points, bad, skips = None, 0, [], []
    for line in text.splitlines():
        if match := re.match(r"1\.\.(\d+)(?: *# *(.*))?$", line):
            plan = int(match[1])
            if plan == 0:
                return Outcome(SKIP, match[2] or "nothing to do")
        elif line.startswith("Bail out!"):
            return failed(line)
        elif match := POINT.match(line):
            points += 1
            directive = match[4] or ""
            if directive.upper().startswith("SKIP"):
                skips.append(f"{match[3].strip()}: {directive[4:].strip()}")
            elif match[1]:
                bad.append(match[3].strip() or f"point {points}")
    if bad:
        return failed(f"{len(bad)} of {points}: " + "; ".join(bad[:5]))
    if plan is None or points != plan:
        return failed(f"{points} points reported, "
                      f"{'none' if plan is None else plan} announced, "
                      f"exit status {status}")
    if status != 0:
        return failed(f"exit status {status} in spite of {points} good points")
    if len(skips) == points:
        return Outcome(SKIP, "; ".join(skips))
    note = f"{points} points"
    return passed(f"{note}, skipped {'; '.join(skips)}" if skips else note)


def run(case, context):
    """Run the command, with its output in output.log."""
    environment = {**os.environ, "BUILD": str(context.build.top),
                   "HYPERVISOR": context.build.hypervisor}
    log = context.folder / "output.log"
    with open(log, "wb") as output, subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *case.command],
            cwd=artefacts.TESTS.parent, env=environment,
            stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT, start_new_session=True) as process:
        try:
            status = process.wait(case.limit)
        except subprocess.TimeoutExpired:
            return failed(f"not done within {case.limit} s", HUNG)
        finally:
            try:                    # whatever it has started and left
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
    return judge(log.read_text(errors="replace"), status)
