# SPDX-License-Identifier: GPL-2.0-only
"""What can come out of a case, and what every case on a machine must obey."""

import re
from dataclasses import dataclass

PASS, SKIP, FAIL, CRASH, ERROR = "PASS", "SKIP", "FAIL", "CRASH", "ERROR"

# From good to bad: of several, the worst counts.
STATUSES = (PASS, SKIP, FAIL, CRASH, ERROR)

# What a FAIL or a CRASH is due to, when it is not due to what the case judges:
# a panic or a reset before there was anything to judge; nothing more in the
# time given; what was not to be seen this time, and may be in another round.
STOPPED, HUNG, CHANCE = "stopped", "hung", "chance"

# Xen says this when it dies.
DEATH = re.compile(r"Xen BUG at|Assertion .* failed|Panic on CPU|DOUBLE FAULT|"
                   r"FATAL (TRAP|PAGE FAULT)|Fatal machine check")

# Whatever a case is about, Xen has no reason to say this,
COMPLAINT = re.compile(r"\(XEN\) kexec: .*what was placed is not")

# and in a debug build none of these.
DEBUG_COMPLAINT = re.compile(
    r"\(XEN\).*(Assertion .* failed|[Uu]nhandled|BUG at|WARN(ING)?: .* at )")


class Broken(Exception):
    """The test cannot be done as it is written; becomes an ERROR."""


class Skipped(Exception):
    """This host or build cannot do the test; the text says why."""


@dataclass
class Outcome:
    """One of STATUSES, and in a line why.

    CRASH means that Xen died where it had to live.  ERROR means that the test
    is broken, which is not a verdict on Xen, but fails the run all the same.
    """
    status: str
    reason: str = ""
    cause: str = ""

    @property
    def bad(self):
        """Does it make the whole run fail?"""
        return self.status in (FAIL, CRASH, ERROR)


def passed(note=""):
    """The case holds."""
    return Outcome(PASS, note)


def failed(reason, cause=""):
    """The case does not hold."""
    return Outcome(FAIL, reason, cause)


def crashed(reason, cause=""):
    """Xen died where it had to live."""
    return Outcome(CRASH, reason, cause)


def stopped(line):
    """The outcome when this line ended all hope: Xen died, or dom0 did."""
    return crashed(line, STOPPED) if DEATH.search(line) \
        else failed(line, STOPPED)


def worst(outcomes):
    """One outcome for all of them: the worst status, and every reason."""
    if not outcomes:
        return passed()
    one = max(outcomes, key=lambda outcome: STATUSES.index(outcome.status))
    reasons = [outcome.reason for outcome in outcomes if outcome.reason]
    return Outcome(one.status, "; ".join(reasons), one.cause)


def complaints(build, lines):
    """The outcome of the first line that this Xen must never print; none
    without one."""
    for line in lines:
        if COMPLAINT.search(line.text) or \
                build.is_debug() and DEBUG_COMPLAINT.search(line.text):
            kind = crashed if DEATH.search(line.text) else failed
            return [kind(line.text)]
    return []
