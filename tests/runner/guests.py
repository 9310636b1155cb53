# SPDX-License-Identifier: GPL-2.0-only
"""The tiny dom0 and the probe of tests/guest, built."""

import subprocess
import threading

from . import artefacts
from .verdict import Broken

_making = threading.Lock()


def make(build):
    """The guests, compiled against the headers of the tree under test."""
    trees = build.top / "tree"
    own = trees / build.hypervisor.removesuffix("-debug")
    headers = next((path for path in (tree / "xen" / "include" for tree in
                                      [own, *sorted(trees.glob("*"))])
                    if path.is_dir()), None)
    if not headers:
        raise artefacts.Missing(f"{build.top}/tree is not there")
    out = build.top / "guest"
    with _making:
        done = subprocess.run(
            ["make", "-s", "-C", str(artefacts.TESTS / "guest"), f"O={out}",
             f"HEADERS={headers}"], capture_output=True, text=True,
            check=False)
    if done.returncode:
        raise Broken(f"tests/guest does not build: {done.stderr.strip()}")
    return out
