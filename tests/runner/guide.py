# SPDX-License-Identifier: GPL-2.0-only
"""The commands in docs/operating.md, as an operator would type them."""

import re

from . import artefacts
from .verdict import Broken

PATH = artefacts.TESTS.parent / "docs" / "operating.md"


def commands(section, path=PATH):
    """Those in the indented blocks of the section of that name, in order; one
    that goes on after a backslash is one."""
    found = re.search(rf"^##+ {re.escape(section)}\n(.*?)(?=^##|\Z)",
                      path.read_text(encoding="utf-8"), re.M | re.S)
    if not found:
        raise Broken(f"{path}: no section {section}")
    blocks = "".join(line[4:] + "\n" for line in found[1].splitlines()
                     if line.startswith("    "))
    return re.findall(r"(?:[^\n]*\\\n)*[^\n]+", blocks)
