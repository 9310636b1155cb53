# SPDX-License-Identifier: GPL-2.0-only
"""What can come out of a case, and what every case on a machine must obey."""

import re
from dataclasses import dataclass

PASS, FAIL, SKIP, ERROR = "PASS", "FAIL", "SKIP", "ERROR"

# What a FAIL is due to, when it is not due to what the case judges: a panic or
# a reset before there was anything to judge; nothing more in the time given;
# what was not to be seen this time, and may be in another round.
STOPPED, HUNG, CHANCE = "stopped", "hung", "chance"

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
    """PASS, FAIL, SKIP or ERROR, and in a line why.

    ERROR means that the test is broken, which is not a verdict on Xen, but
    counts as a failure all the same.
    """
    status: str
    reason: str = ""
    cause: str = ""

    @property
    def bad(self):
        """Does it make the whole run fail?"""
        return self.status in (FAIL, ERROR)


def passed(note=""):
    """The case holds."""
    return Outcome(PASS, note)


def failed(reason, cause=""):
    """The case does not hold."""
    return Outcome(FAIL, reason, cause)


def complaint(build, lines):
    """The first line that this Xen must never print, or None."""
    return next((line.text for line in lines
                 if COMPLAINT.search(line.text) or
                 build.is_debug() and DEBUG_COMPLAINT.search(line.text)),
                None)
