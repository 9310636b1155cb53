# SPDX-License-Identifier: GPL-2.0-only
"""The serial line of a machine, whatever emulates it, followed line by line.

What both emulators share: machine.py runs QEMU, bochs.py runs Bochs.
"""

import re
import threading
import time
from dataclasses import dataclass

# What ends a line: a newline, and what moves the cursor of a terminal, for
# programs that draw a screen.
LINE_END = re.compile(rb"\n|\x1b\[\d+;\d+H")


class Timeout(Exception):
    """The line waited for did not come in time."""


class Ended(Exception):
    """The machine ended (exit, reset, shutdown) before the line came."""


class Fatal(Exception):
    """A line came that makes waiting for anything else pointless."""


@dataclass
class Line:
    """A line of the serial log, and the seconds after the start it ended."""
    text: str
    at: float


class SerialLine:
    """The lines that a machine has said, and waiting for the next one.

    limit is for the whole life of the machine, in seconds from start_clock().
    on_line(Line) is called from the thread that runs follow().
    """

    def __init__(self, limit, on_line=None):
        self.limit = limit
        self.on_line = on_line
        self.lines = []
        self._cursor = 0
        self._eof = False
        self._news = threading.Condition()
        self._start = None

    def start_clock(self):
        """The machine starts now."""
        self._start = time.monotonic()

    def seconds(self):
        """Seconds since the start."""
        return time.monotonic() - self._start

    def ended(self):
        """Has the machine said its last word?"""
        return self._eof

    def follow(self, read, path):
        """Split what comes into lines, log it as it is, tell the waiters.

        read() returns the next bytes, none at the end.
        """
        rest = b""
        with open(path, "wb") as log:
            while raw := read():
                log.write(raw)
                log.flush()
                *whole, rest = LINE_END.split(rest + raw)
                self._add_lines(whole)
        self._add_lines([rest] if rest else [])
        with self._news:
            self._eof = True
            self._news.notify_all()

    def _add_lines(self, lines):
        """Take in lines without their ends."""
        for raw in lines:
            # As a terminal does: a NUL is nothing.
            text = raw.replace(b"\0", b"").decode("utf-8", "replace") \
                .replace("\r", "")
            line = Line(text, self.seconds())
            with self._news:
                self.lines.append(line)
                self._news.notify_all()
            if self.on_line:
                self.on_line(line)

    def expect(self, pattern, limit=None, fatal=None):
        """Wait for a line that the regular expression finds.

        Lines up to and including the found one are used up: the next call
        looks behind it.  Returns (Line, match).  Raises Timeout, Ended, or
        Fatal when a line matches `fatal` first.  limit can only shorten that
        of the machine.
        """
        wanted = re.compile(pattern)
        deadly = re.compile(fatal) if fatal else None
        deadline = self._start + self.limit
        if limit is not None:
            deadline = min(deadline, time.monotonic() + limit)
        with self._news:
            while True:
                while self._cursor < len(self.lines):
                    line = self.lines[self._cursor]
                    self._cursor += 1
                    match = wanted.search(line.text)
                    if match:
                        return line, match
                    if deadly and deadly.search(line.text):
                        raise Fatal(line.text)
                if self._eof:
                    raise Ended(f"machine ended before /{pattern}/")
                left = deadline - time.monotonic()
                if left <= 0:
                    raise Timeout(f"no /{pattern}/ within "
                                  f"{self.seconds():.0f} s of the start")
                self._news.wait(left)
