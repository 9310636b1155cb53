# SPDX-License-Identifier: GPL-2.0-only
"""Cases that are a command on this host, which prints TAP.

The command runs in the repository's top folder, with BUILD and HYPERVISOR in
its environment.  It must announce its plan ("1..N"), report every point of
it, and exit with status 0: a harness that dies halfway does not pass.
"""

import os
import signal
import subprocess
from dataclasses import dataclass, field

from . import artefacts, tap
from .cases import Case
from .verdict import HUNG, SKIP, Outcome, failed, passed


def judge(text, status):
    """The outcome of a TAP output and the exit status that came with it."""
    found = tap.read(text.splitlines())
    points = len(found.points)
    if found.plan == 0 and not points and not found.bail_out:
        return Outcome(SKIP, found.why_none or "nothing to do")
    if found.bail_out:
        return failed(found.bail_out)
    if found.bad:
        return failed(f"{len(found.bad)} of {points}: "
                      + "; ".join(found.bad[:5]))
    if not found.complete:
        return failed(f"{points} points reported, "
                      f"{'none' if found.plan is None else found.plan} "
                      f"announced, exit status {status}")
    if status != 0:
        return failed(f"exit status {status} in spite of {points} good points")
    skips = [f"{point.name}: {point.skip}" for point in found.points
             if point.skip is not None]
    if len(skips) == points:
        return Outcome(SKIP, "; ".join(skips))
    note = f"{points} points"
    return passed(f"{note}, skipped {'; '.join(skips)}" if skips else note)


@dataclass(kw_only=True)
class HostCase(Case):
    """A case that boots nothing, or sees to its machines itself."""
    command: list = field(default_factory=list)     # words

    def run(self, context):
        """Run the command, with its output in output.log."""
        environment = {**os.environ, "BUILD": str(context.build.top),
                       "HYPERVISOR": context.build.hypervisor}
        log = context.folder / "output.log"
        with open(log, "wb") as output, subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *self.command],
                cwd=artefacts.TESTS.parent, env=environment,
                stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True) as process:
            try:
                status = process.wait(self.limit)
            except subprocess.TimeoutExpired:
                return failed(f"not done within {self.limit} s", HUNG)
            finally:
                try:                # whatever it has started and left
                    os.killpg(process.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        return judge(log.read_text(errors="replace"), status)
