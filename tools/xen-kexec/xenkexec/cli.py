# SPDX-License-Identifier: GPL-2.0-only
"""xen-kexec: load what Xen is to enter next."""

import argparse
import os
import sys
from dataclasses import dataclass, field

from . import (Trouble, efi, files, framebuffer, grubcfg, hypercall, linux,
               memory, multiboot2)

GRUB_CFG = "/boot/grub/grub.cfg"


@dataclass
class Choice:
    """What is to be loaded: names of files, and words."""
    kernel: str = ""                # Xen, or Linux
    words: str = ""
    modules: list = field(default_factory=list)     # (file, words)
    why: str = ""


def options():
    """The parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="xen-kexec", allow_abbrev=False,
        description="Load what Xen is to enter at the next \"systemctl "
                    "start kexec.target\": by default what GRUB would boot.")
    add = parser.add_argument
    add("-e", "--entry", metavar="ENTRY",
        help="another menu entry of GRUB's, by number, title or identifier; "
             "\"1>2\" is an entry of a submenu")
    add("--list", action="store_true", help="list GRUB's menu entries")
    add("--grub-cfg", metavar="FILE", help=f"default: {GRUB_CFG}")
    add("--xen", metavar="FILE", help="another hypervisor")
    add("--xen-args", metavar="WORDS", help="another command line for it")
    add("--kernel", metavar="FILE", help="another kernel for dom0")
    add("--args", metavar="WORDS", help="another command line for dom0")
    add("--initrd", metavar="FILE", help="another initramfs; \"\" for none")
    add("--linux", action="store_true",
        help="enter dom0's kernel without a hypervisor, and without "
             "what dom0 alone needs on its command line")
    add("-n", "--dry-run", action="store_true",
        help="say what would be loaded, and do not load it")
    add("-u", "--unload", action="store_true",
        help="forget the image that is loaded")
    add("--enter", action="store_true",
        help="enter the image that is loaded at once, as \"kexec -e\" does; "
             "nothing is shut down")
    add("-q", "--quiet", action="store_true", help="say nothing but errors")
    return parser


def _menu(given):
    path = given.grub_cfg or GRUB_CFG
    text = files.read(path).decode(errors="replace")
    beside = os.path.join(os.path.dirname(path), "grubenv")
    variables = {}
    if os.path.exists(beside):
        variables = grubcfg.environment(files.read(beside))
    try:
        return grubcfg.Menu(text, variables, files.platform())
    except Trouble as trouble:
        raise Trouble(f"{path}: {trouble}") from None


def _from_grub(given):
    menu = _menu(given)
    entry = menu.find(given.entry) if given.entry else menu.find_default()
    boot = menu.boot(entry)
    return Choice(files.of_grub(boot.kernel, boot.uuid), boot.words,
                  [(files.of_grub(file, boot.uuid), words)
                   for file, words in boot.modules],
                  f"GRUB's entry {entry.place}: {entry.title}"), boot.multiboot


# Of dom0's: a stand-in for a file's name, and Xen's console.
_DOM0S = ("placeholder", "console=hvc0")


def _without_xen(words):
    return " ".join(word for word in words.split(" ") if word not in _DOM0S)


def _choose(given):
    """(Choice, is it Xen?): the menu entry, with what the options replace."""
    if given.xen and given.kernel and not given.entry:
        choice, multiboot = Choice(given.xen, "", [(given.kernel, "")],
                                   "the options"), True
    elif given.linux and given.kernel and not given.entry:
        choice, multiboot = Choice(given.kernel, "", [],
                                   "the options"), False
    else:
        choice, multiboot = _from_grub(given)
    if not multiboot and given.xen:
        choice = Choice("", "", [(choice.kernel, choice.words),
                                 *choice.modules], choice.why)
        multiboot = True
    if multiboot and given.linux:
        if not choice.modules:
            raise Trouble("there is no kernel of dom0's to enter")
        (kernel, words), *rest = choice.modules
        choice, multiboot = Choice(kernel, _without_xen(words), rest,
                                   choice.why), False
    return (_replace_xen if multiboot else _replace_linux)(
        choice, given), multiboot


def _replace_xen(choice, given):
    choice.kernel = given.xen or choice.kernel
    if given.xen_args is not None:
        choice.words = given.xen_args
    if not choice.modules:
        raise Trouble("no kernel for dom0")
    kernel, words = choice.modules[0]
    choice.modules[0] = (given.kernel or kernel,
                         words if given.args is None else given.args)
    if given.initrd is not None:
        choice.modules[1:2] = [(given.initrd, "")] if given.initrd else []
    return choice


def _replace_linux(choice, given):
    choice.kernel = given.kernel or choice.kernel
    if given.args is not None:
        choice.words = given.args
    if given.initrd is not None:
        choice.modules = [(given.initrd, "")] if given.initrd else []
    return choice


def _screen():
    """(hypercall.Framebuffer or None, a line about it or "")."""
    known = hypercall.framebuffer()
    if known is None:
        return None, ""
    line = f"framebuffer: {known.width}x{known.height} at {known.base:#x}"
    why = framebuffer.stale(known)
    return (None, f"{line}, left out: {why}") if why else (known, line)


def _host():
    """The machine, what this Xen could not say of it, and a line about the
    framebuffer."""
    ranges = [memory.Range(*entry) for entry in hypercall.memory_map()]
    found = efi.running(ranges)
    missing = []
    if found is not None and found.system_table is None:
        missing.append("this Xen does not say where EFI's system table is: "
                       "the next kernel will find neither EFI nor ACPI")
    screen, line = _screen()
    return multiboot2.Host(ranges, found, screen), missing, line


def _without_bios(words):
    """Xen calls the BIOS when it starts, also for the disks' parameters.  The
    BIOS finds its devices as a kernel left them, and may wait for ever."""
    option = "no-real-mode"
    return words if option in words.split() else f"{words} {option}".strip()


def _xen_segments(host, choice):
    try:
        xen = multiboot2.kernel(multiboot2.unpacked(files.read(choice.kernel)))
    except Trouble as trouble:
        raise Trouble(f"{choice.kernel}: {trouble}") from None
    modules = [multiboot2.Module(files.read(file),
                                 " ".join(filter(None, (file, words))), file)
               for file, words in choice.modules]
    return multiboot2.segments(
        host, xen, " ".join(filter(None, (choice.kernel, choice.words))),
        modules)


def _linux_segments(host, choice):
    initrd = b"".join(files.read(file) for file, _ in choice.modules)
    try:
        return linux.segments(host, files.read(choice.kernel), choice.words,
                              initrd)
    except Trouble as trouble:
        raise Trouble(f"{choice.kernel}: {trouble}") from None


def _describe(choice, multiboot, host, screen, segments):
    yield f"As in {choice.why}" if choice.why else "Chosen"
    yield f"  {'Xen' if multiboot else 'Linux'}: {choice.kernel}"
    yield f"    {choice.words}"
    for file, words in choice.modules:
        yield f"  module: {file}"
        if words:
            yield f"    {words}"
    if host.efi is None:
        yield "  EFI: none"
    elif host.efi.system_table is not None:
        yield (f"  EFI: system table at {host.efi.system_table:#x}, "
               f"{len(host.efi.descriptors)} lines of memory map")
    if screen:
        yield f"  {screen}"
    for segment in segments:
        yield f"  {segment.start:#012x} {segment.size:#10x} {segment.what}"


def _run(given):
    if given.unload or given.enter:
        (hypercall.unload if given.unload else hypercall.enter)()
        return
    if given.list:
        _list(_menu(given).entries)
        return
    choice, multiboot = _choose(given)
    host, missing, screen = _host()
    if multiboot and host.efi is None:
        choice.words = _without_bios(choice.words)
    for line in missing:
        print(f"xen-kexec: warning: {line}", file=sys.stderr)
    segments = (_xen_segments if multiboot else _linux_segments)(host, choice)
    if not given.quiet:
        print("\n".join(_describe(choice, multiboot, host, screen,
                                  segments)))
    if given.dry_run:
        return
    hypercall.load(multiboot2.EM_386 if multiboot else linux.EM_X86_64,
                   segments[0].start, segments)
    if not given.quiet:
        print("Loaded.  \"systemctl start kexec.target\" enters it.")


def _list(entries):
    for entry in entries:
        print(f"{entry.place:8} {entry.title}")
        _list(entry.entries)


def main(words=None):
    """The command; its exit status."""
    given = options().parse_args(words)
    try:
        _run(given)
    except Trouble as trouble:
        print(f"xen-kexec: {trouble}", file=sys.stderr)
        return 1
    except OSError as error:
        what = f"{error.filename}: " if error.filename else "hypercall: "
        print(f"xen-kexec: {what}{error.strerror}", file=sys.stderr)
        return 1
    return 0
