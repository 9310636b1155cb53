# SPDX-License-Identifier: GPL-2.0-only
"""The operator's configuration: /etc/xen/kdump.conf."""

import re
import shlex
from pathlib import Path

from .host import Trouble

PATH = Path("/etc/xen/kdump.conf")

DEFAULTS = {
    "TARGET": "/var/crash", "SSH_KEY": "/etc/xen/kdump_ssh_key",
    "LUKS_KEY": "/etc/xen/kdump_luks_key", "NETWORK": "auto", "DUMP": "yes",
    "DUMP_LEVEL": "1", "COMPRESS": "none", "KEEP": "5", "KEEP_FREE": "1024",
    "TIME_LIMIT": "1800", "AFTER": "reboot", "ON_FAILURE": "reboot",
    "COMMAND": "", "CONSOLE_LINES": "30", "CONSOLE": "auto", "APPEND": "",
    "KERNEL": "auto", "GENERATOR": "auto",
}

# What a value must be, for those that are not free text.  A folder's name is
# put between quotes in the crash kernel.
FOLDER = r"/[\w./@+-]*"
ENDS = "reboot|halt|poweroff|shell"
FORMS = {
    "TARGET": rf"{FOLDER}|UUID=[\w-]+:{FOLDER}|nfs:[\w.-]+:{FOLDER}|"
              rf"ssh:[\w.-]+@[\w.-]+:{FOLDER}",
    "NETWORK": r"auto|[\da-f]{2}(:[\da-f]{2}){5} [\d.]+/\d+( [\d.]+)?",
    "DUMP": "yes|no", "DUMP_LEVEL": "[01]", "COMPRESS": "none|zstd",
    "KEEP": r"[1-9]\d{0,3}", "KEEP_FREE": r"\d{1,8}",
    "TIME_LIMIT": r"[1-9]\d{1,4}", "AFTER": ENDS, "ON_FAILURE": ENDS,
    "COMMAND": rf"({FOLDER})?", "CONSOLE_LINES": r"[1-9]\d{0,5}",
    "GENERATOR": "auto|initramfs-tools|dracut",
}


def parse(text):
    """The values of all keys."""
    values = dict(DEFAULTS)
    for number, line in enumerate(text.splitlines(), 1):
        try:
            words = shlex.split(line, comments=True)
        except ValueError as error:
            raise Trouble(f"{PATH}:{number}: {error}") from None
        if not words:
            continue
        key, equals, value = words[0].partition("=")
        if key not in DEFAULTS or not equals:
            raise Trouble(f"{PATH}:{number}: {words[0]}: no such key")
        if len(words) > 1:
            raise Trouble(f"{PATH}:{number}: {key}: a value with spaces "
                          "must be in quotes")
        if key in FORMS and not re.fullmatch(FORMS[key], value):
            raise Trouble(f"{PATH}:{number}: {key}={value}: not as in "
                          "xen-kdump.conf(5)")
        values[key] = value
    return values


def read():
    """The values of all keys, as the file has them."""
    try:
        return parse(PATH.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return dict(DEFAULTS)
    except (OSError, UnicodeDecodeError) as error:
        raise Trouble(f"{PATH}: {error}") from None
