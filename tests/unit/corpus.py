#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The fuzzers' kept inputs: corpus/NAME.hex, one a line.

    corpus.py unpack FILE FOLDER    a file for each line
    corpus.py pack FOLDER FILE      a line for each file, the shortest first

An empty input is a line with a dash.
"""

import hashlib
import sys
from pathlib import Path

HEAD = "# SPDX-License-Identifier: GPL-2.0-only\n"


def unpack(file, folder):
    """Make the files, named as libFuzzer does: by their SHA-1."""
    folder.mkdir(parents=True, exist_ok=True)
    for line in file.read_text("ascii").splitlines():
        if line.startswith("#"):
            continue
        data = bytes.fromhex(line.removeprefix("-"))
        (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)


def pack(folder, file):
    """Make the file."""
    inputs = sorted((path.read_bytes() for path in folder.iterdir()),
                    key=lambda data: (len(data), data))
    file.write_text(HEAD + "".join(f"{data.hex() or '-'}\n"
                                   for data in inputs), "ascii")


def main():
    """Do what the command line says."""
    commands = {"unpack": unpack, "pack": pack}
    if len(sys.argv) != 4 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    commands[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))


if __name__ == "__main__":
    main()
