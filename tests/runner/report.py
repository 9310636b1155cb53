# SPDX-License-Identifier: GPL-2.0-only
"""What the entered kernel has reported: lines "hand-over NONCE KEY VALUE"."""

import base64
import binascii


class Report:
    """The report in these serial lines, and only those with the nonce.

    A key may come several times (record does); the values keep their order.
    """

    def __init__(self, lines, nonce):
        self._values = {}
        start = f"hand-over {nonce} "
        for line in lines:
            if line.text.startswith(start):
                key, _, value = line.text[len(start):].partition(" ")
                self._values.setdefault(key, []).append(value)

    def __contains__(self, key):
        return key in self._values

    def values(self, key):
        """Every value reported for the key."""
        return self._values.get(key, [])

    def value(self, key):
        """The one value of the key, or None; two different ones are none."""
        found = set(self.values(key))
        return found.pop() if len(found) == 1 else None

    def cmdline(self):
        """The command line that the kernel shows, as bytes, or None."""
        try:
            return base64.b64decode(self.value("cmdline") or "", validate=True)
        except binascii.Error:
            return None
