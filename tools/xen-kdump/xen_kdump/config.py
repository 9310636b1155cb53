# SPDX-License-Identifier: GPL-2.0-only
"""The operator's configuration: /etc/xen/kdump.conf."""

import ipaddress
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
              rf"ssh:[\w.-]+@[\w.-]+(:\d{{1,5}})?:{FOLDER}",
    "NETWORK": r"auto|(?i:[\da-f]{2}(:[\da-f]{2}){5}) [\d.]+/\d+( [\d.]+)?",
    "DUMP": "yes|no", "DUMP_LEVEL": "[01]", "COMPRESS": "none|zstd",
    "KEEP": r"[1-9]\d{0,3}", "KEEP_FREE": r"\d{1,8}",
    "TIME_LIMIT": r"[1-9]\d{1,4}", "AFTER": ENDS, "ON_FAILURE": ENDS,
    "COMMAND": rf"({FOLDER})?", "CONSOLE_LINES": r"[1-9]\d{0,5}",
    "GENERATOR": "auto|initramfs-tools|dracut",
}


# Crash/init gives softdog a minute more, and softdog takes 65535 s at most.
LONGEST = 65535 - 60


def refusal(key, value):
    """Why a key cannot have this value, or None."""
    if key in FORMS and not re.fullmatch(FORMS[key], value):
        return "not as in xen-kdump.conf(5)"
    if key == "TIME_LIMIT" and int(value) > LONGEST:
        return f"more than {LONGEST}"
    if key == "NETWORK" and value != "auto":
        _, own, *gateway = value.split()
        try:
            ipaddress.IPv4Interface(own)
            ipaddress.IPv4Address("".join(gateway) or "0.0.0.0")
        except ValueError as error:
            return str(error)
    return None


def first_word(line):
    """It, without a shell's quotes, and what follows."""
    lexer = shlex.shlex(line, posix=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    return lexer.get_token(), lexer.instream.read().strip()


def parse(text):
    """The values of all keys."""
    values = dict(DEFAULTS)
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip()[:1] in ("", "#"):
            continue
        try:
            word, rest = first_word(line)
        except ValueError as error:
            raise Trouble(f"{PATH}:{number}: {error}") from None
        key, equals, value = word.partition("=")
        if key not in DEFAULTS or not equals:
            raise Trouble(f"{PATH}:{number}: {word}: no such key")
        if rest[:1] not in ("", "#"):
            raise Trouble(f"{PATH}:{number}: {key}: a value with spaces "
                          "must be in quotes")
        why = refusal(key, value)
        if why:
            raise Trouble(f"{PATH}:{number}: {key}={value}: {why}")
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
