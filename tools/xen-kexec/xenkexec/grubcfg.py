# SPDX-License-Identifier: GPL-2.0-only
"""What GRUB would boot: its configuration, as grub-mkconfig writes it.

A small part of GRUB's shell: variables, if, functions that are only defined,
menu entries and submenus.  A command that is not known does nothing and
succeeds, as most that are there prepare the screen.
"""

import re
from dataclasses import dataclass, field

from . import Trouble

TOKEN = re.compile(r"""
    (?P<blank>[ \t]+|\\\n|\#[^\n]*)
  | (?P<end>\n|;)
  | (?P<brace>[{}](?=[\s;]|$))
  | (?P<word>(?:'[^']*' | "(?:\\.|[^"\\])*" | \\. | [^\s;'"\\])+)
""", re.VERBOSE | re.DOTALL)
PIECE = re.compile(r"""'(?P<plain>[^']*)'
                     | "(?P<quoted>(?:\\.|[^"\\])*)"
                     | \\(?P<escaped>.)
                     | (?P<bare>[^'"\\]+)""", re.VERBOSE | re.DOTALL)
VARIABLE = re.compile(r"\$(?:\{(\w+|\?)\}|(\w+|\?))")


@dataclass
class Entry:
    """A menu entry, or a submenu."""
    title: str
    identifier: str
    body: list
    place: str = ""                 # "1>2": as GRUB counts
    entries: list = field(default_factory=list)     # of a submenu
    is_submenu: bool = False


@dataclass
class Boot:
    """What an entry does: files as GRUB names them, and their words."""
    kernel: str = ""
    words: str = ""
    modules: list = field(default_factory=list)     # (file, words)
    multiboot: bool = False
    uuid: str = ""                  # the file system that they are on


def tokens(text):
    """Words as they are written, with "\n" between commands."""
    at = 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if not match:
            line = text.count("\n", 0, at) + 1
            raise Trouble(f"line {line} cannot be read")
        at = match.end()
        if match["end"]:
            yield "\n"
        elif not match["blank"]:
            yield match[0]


def commands(words, inside=False):
    """Commands: lists of words, in which a block is a list of commands.  What
    follows "then" or "else" is a command of its own."""
    done, command = [], []
    for word in words:
        if word == "{":
            command.append(commands(words, inside=True))
        elif word == "}":
            if not inside:
                raise Trouble("a } without a {")
            break
        elif word in ("then", "else") and not command:
            done.append([word])
        elif word == "\n":
            if command:
                done.append(command)
            command = []
        else:
            command.append(word)
    if command:
        done.append(command)
    return done


class Shell:
    """Runs a configuration as far as it is understood."""

    def __init__(self, grubenv, platform):
        self.variables = {"grub_platform": platform,
                          "feature_menuentry_id": "y",
                          "menuentry_id_option": "--id", **grubenv}
        self.grubenv = grubenv

    def expand(self, word):
        """The words that it stands for."""
        found, split = [""], False
        for piece in PIECE.finditer(word):
            if piece["plain"] is not None:
                found[-1] += piece["plain"]
                split = True
            elif piece["escaped"] is not None:
                found[-1] += piece["escaped"]
            elif piece["quoted"] is not None:
                found[-1] += self._value(re.sub(r"\\(.)", r"\1",
                                                piece["quoted"]))
                split = True
            else:
                first, *more = re.split(r"\s+", self._value(piece["bare"]))
                found[-1] += first
                found.extend(more)
        return [text for text in found if text or split]

    def _value(self, text):
        return VARIABLE.sub(
            lambda match: self.variables.get(match[1] or match[2], ""), text)

    def _words(self, command):
        return [text for word in command if isinstance(word, str)
                for text in self.expand(word)]

    def true(self, command):
        """Does this condition hold?"""
        words = self._words(command)
        if not words or words[0] not in ("[", "test"):
            return True
        words = words[1:-1] if words[0] == "[" else words[1:]
        for alternative in _split(words, "-o"):
            if all(self._test(part) for part in _split(alternative, "-a")):
                return True
        return False

    def _test(self, words):
        if words[:1] == ["!"]:
            return not self._test(words[1:])
        if len(words) == 3 and words[1] in ("=", "=="):
            return words[0] == words[2]
        if len(words) == 3 and words[1] == "!=":
            return words[0] != words[2]
        if len(words) == 2 and words[0] == "-s":
            return bool(self.grubenv)
        if len(words) == 2 and words[0] in ("-f", "-e", "-d", "-z"):
            return words[0] == "-z" and not words[1]
        return len(words) >= 1 and bool(words[-1])

    def run(self, block, act):
        """Run commands; act(words, block or None) for those that are no
        shell's."""
        position = 0
        while position < len(block):
            command = block[position]
            position += 1
            if not isinstance(command[0], str):
                self.run(command[0], act)
            elif command[0] == "if":
                position = self._if(block, position - 1, act)
            elif command[0] in ("function", "fi", "then", "else"):
                continue
            elif command[0] == "set" and len(command) > 1:
                name, _, value = " ".join(
                    self._words(command[1:])).partition("=")
                self.variables[name] = value
            elif re.match(r"\w+=", command[0]):
                name, _, value = command[0].partition("=")
                self.variables[name] = " ".join(self.expand(value))
            else:
                inner = next((word for word in command
                              if isinstance(word, list)), None)
                act(self._words(command), inner)

    def _if(self, block, position, act):
        """Run the branch that is taken; where the commands go on."""
        taken, depth, chosen = False, 0, []
        running = False
        while position < len(block):
            command = block[position]
            position += 1
            word = command[0]
            if word == "if":
                depth += 1
                if depth > 1 and running:
                    chosen.append(command)
                elif depth == 1:
                    running = self.true(command[1:])
                    taken = running
            elif word == "fi":
                depth -= 1
                if depth == 0:
                    break
                if running:
                    chosen.append(command)
            elif depth == 1 and word in ("elif", "else"):
                running = not taken and (word == "else"
                                         or self.true(command[1:]))
                taken = taken or running
            elif depth == 1 and word == "then":
                continue
            elif running:
                chosen.append(command)
        self.run(chosen, act)
        return position


def _split(words, separator):
    parts = [[]]
    for word in words:
        if word == separator:
            parts.append([])
        else:
            parts[-1].append(word)
    return parts


def environment(data):
    """The variables of a grubenv file, whose bytes these are."""
    lines = data.decode(errors="replace").split("\n")
    if not lines[0].startswith("# GRUB Environment Block"):
        return {}
    return dict(line.partition("=")[::2] for line in lines[1:]
                if "=" in line and not line.startswith("#"))


class Menu:
    """The menu of a configuration, on the platform "efi" or "pc"."""

    def __init__(self, text, grubenv=None, platform="efi"):
        self.shell = Shell(grubenv or {}, platform)
        self.entries = []
        self._fill(self.entries, commands(tokens(text)), "")
        self.default = self.shell.variables.get("default") or "0"

    def _fill(self, entries, block, prefix):
        def act(words, inner):
            if words[:1] not in (["menuentry"], ["submenu"]) or inner is None:
                return
            entry = Entry(words[1] if len(words) > 1 else "", "", inner,
                          f"{prefix}{len(entries)}",
                          is_submenu=words[0] == "submenu")
            if "--id" in words[:-1]:
                entry.identifier = words[words.index("--id") + 1]
            entries.append(entry)
            if entry.is_submenu:
                self._fill(entry.entries, inner, entry.place + ">")

        self.shell.run(block, act)

    def find_default(self):
        """The entry that GRUB boots: the first one if it does not find what
        "default" names."""
        try:
            return self.find(self.default)
        except Trouble:
            return self.find("0")

    def find(self, wanted):
        """The entry that these words name: by number, title or identifier,
        with > between those of a submenu and its entries."""
        entries, entry = self.entries, None
        for part in wanted.split(">"):
            entry = next((item for item in entries
                          if part in (item.title, item.identifier)), None)
            if entry is None and part.isdecimal() and part.isascii() and \
                    int(part) < len(entries):
                entry = entries[int(part)]
            if entry is None:
                raise Trouble(f"GRUB has no menu entry {wanted!r}")
            entries = entry.entries
        while entry.is_submenu:
            if not entry.entries:
                raise Trouble(f"the submenu {entry.title!r} is empty")
            entry = entry.entries[0]
        return entry

    def boot(self, entry):
        """What it boots."""
        found = Boot()

        def act(words, _):
            if not words:
                return
            if words[0] == "search" and "--fs-uuid" in words:
                found.uuid = words[-1]
            elif words[0] in ("multiboot2", "multiboot", "linux", "linuxefi"):
                files = _without_options(words[1:])
                if files:
                    found.multiboot = words[0].startswith("multiboot")
                    found.kernel, found.words = files[0], " ".join(files[1:])
            elif words[0] in ("module2", "module"):
                files = _without_options(words[1:])
                if files:
                    found.modules.append((files[0], " ".join(files[1:])))
            elif words[0] in ("initrd", "initrdefi"):
                found.modules.extend((file, "") for file in words[1:])

        self.shell.run(entry.body, act)
        if not found.kernel:
            raise Trouble(f"the menu entry {entry.title!r} boots neither by "
                          "multiboot2 nor by linux")
        return found


def _without_options(words):
    while words and words[0].startswith("--"):
        words = words[1:]
    return words
