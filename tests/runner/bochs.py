# SPDX-License-Identifier: GPL-2.0-only
"""One machine in Bochs: starts it, follows its serial line, ends it.

Bochs has what QEMU's software emulation lacks: PCID, shadow stacks, indirect
branch tracking, and processors that are named ones to the bit.  It is used as
Machine of machine.py is, but it has no monitor and no exit device: what Xen
and its guests are to meet has to come from inside, and the run is over when
the wanted line is there.

Bochs starts a machine by its BIOS and from a disk.  The first disk has GRUB
alone, the second is no more than a tar archive, which GRUB can read: Xen and
its modules.
"""

import io
import os
import pty
import re
import shlex
import subprocess
import tarfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

from . import grub
from .serial_line import SerialLine
from .verdict import Broken

GRUB_MODULES = ["biosdisk", "tar", "multiboot2", "boot"]

# A disk of Bochs consists of whole cylinders: heads, sectors, bytes.
CYLINDER = 16 * 63 * 512

# With more it does not start.
MOST_MEMORY = 2048                  # MiB

# Instructions in an emulated second.  Whoever waits by the clock gets through
# with few of them; a timer that ticks a thousand times a second still leaves
# ten thousand in between.
IPS = 10_000_000

# {serial} and {bochs} are pipes: when Bochs is gone, they end.  hideIPS: how
# fast it is, Bochs writes once in an emulated second to a second terminal that
# it opens; as nobody reads that, Bochs stops for good after some 300 of them.
SETUP = """\
config_interface: textconfig
display_library: term, options="hideIPS"
memory: guest={memory}, host={memory}
cpu: model={model}, count={cpus}, ips={ips}, reset_on_triple_fault=0
clock: sync=none, time0=utc
romimage: file={share}/bochs/BIOS-bochs-latest
vgaromimage: file={share}/vgabios/vgabios.bin
vga: extension=none, update_freq=1
boot: disk
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=disk, path={boot}, mode=flat
ata0-slave: type=disk, path={files}, mode=flat
com1: enabled=1, mode=file, dev=/dev/fd/{serial}
log: /dev/fd/{bochs}
panic: action=fatal
error: action=report
info: action=report
debug: action=ignore
"""

RESET = re.compile(r"bx_pc_system_c::Reset")
RESET_REASON = "guest-reset"        # as QEMU says it

# In its log: what a processor cannot go on from, such as a triple fault, and
# then, among all its registers, the instruction pointer.
PANIC = re.compile(r"\[(CPU\d+) *\] >>PANIC<< (.*)")
ADDRESS = r"\[{cpu} *\] \| [RE]IP=([0-9a-f_]+)"


def _write_disk(path, data):
    """The data, up to the end of the cylinder."""
    cylinders = -(-len(data) // CYLINDER)
    path.write_bytes(data.ljust(cylinders * CYLINDER, b"\0"))


def _command(word, *arguments):
    """A line of GRUB's, with these arguments."""
    words = [shlex.quote(argument) for text in arguments
             for argument in text.split()]
    return " ".join([word, *words]) + "\n"


@dataclass
class Config:
    """What the machine is made of.  log is created, parents included."""
    debian: Path                    # what scripts/debian-tools has unpacked
    model: str                      # see bochs --help cpu
    kernel: Path | None             # None: boot_code is all
    log: Path
    append: str = ""
    modules: list = field(default_factory=list)     # of machine.Module
    memory: int = 512               # MiB
    cpus: int = 1
    boot_code: bytes = b""          # instead of GRUB

    @property
    def boot_disk(self):
        """The disk that the BIOS starts."""
        return self.log.with_suffix(".boot")

    @property
    def files_disk(self):
        """The disk with Xen and its modules."""
        return self.log.with_suffix(".files")

    def _grub(self):
        """GRUB, with its commands inside."""
        script = self.log.with_suffix(".grub")
        script.write_text(
            "set root=(hd1)\n" +
            _command("multiboot2", "/xen", self.append) +
            "".join(_command("module2", f"/module{number}", module.args)
                    for number, module in enumerate(self.modules)) +
            "boot\n", encoding="ascii")
        core = self.log.with_suffix(".core")
        grub.image(self.debian, "i386-pc", GRUB_MODULES, core,
                   "-p", "(hd1)/", "-c", script)
        folder = self.debian / "usr/lib/grub/i386-pc"
        code = (folder / "boot.img").read_bytes() + core.read_bytes()
        core.unlink()
        return code

    def _files(self):
        """Xen and the modules, as GRUB's script names them."""
        files = {"xen": self.kernel, **{
            f"module{number}": module.path
            for number, module in enumerate(self.modules)}}
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode="w",
                          format=tarfile.USTAR_FORMAT) as archive:
            for name, path in files.items():
                archive.add(path, arcname=name)
        return data.getvalue()

    def write_disks(self):
        """Make both disks."""
        _write_disk(self.boot_disk, self.boot_code or self._grub())
        _write_disk(self.files_disk,
                    self._files() if self.kernel else b"\0")

    def remove_disks(self):
        """Whatever of them there is, and Bochs' lock files."""
        for path in (self.boot_disk, self.files_disk):
            path.unlink(missing_ok=True)
            Path(f"{path}.lock").unlink(missing_ok=True)

    def command(self, serial, bochs):
        """Bochs' command line, with its serial line and its log on those
        descriptors; all else is in the file that it names."""
        if self.memory > MOST_MEMORY:
            raise Broken(f"Bochs starts with {MOST_MEMORY} MiB at most")
        setup = self.log.with_suffix(".bochsrc")
        setup.write_text(SETUP.format(
            memory=self.memory, model=self.model, cpus=self.cpus, ips=IPS,
            share=self.debian / "usr/share", boot=self.boot_disk,
            files=self.files_disk, serial=serial, bochs=bochs),
            encoding="utf-8")
        return [str(self.debian / "bin" / "bochs-bin"), "-q",
                "-f", str(setup)]


class Bochs(SerialLine):
    """A running Bochs, in a `with` block: see Machine of machine.py."""

    def __init__(self, config, limit, on_line=None):
        super().__init__(limit, on_line)
        self.config = config
        self._process = None
        self._threads = []
        self._readers = {}          # descriptor: what reads it
        self._reason = None

    # -- life ---------------------------------------------------------------

    def __enter__(self):
        self.config.log.parent.mkdir(parents=True, exist_ok=True)
        # The one display without a window draws on a terminal.
        pairs = [pty.openpty(), os.pipe(), os.pipe()]
        self._readers = dict(zip(
            (ours for ours, _ in pairs),
            (self._read_terminal, self._read_serial, self._read_log)))
        terminal, serial, bochs = (theirs for _, theirs in pairs)
        try:
            self.config.write_disks()
            self.start_clock()
            # SIGTERM means nothing to it.
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL",
                 *self.config.command(serial, bochs)],
                stdin=terminal, stdout=terminal, stderr=terminal,
                pass_fds=[serial, bochs],
                env={**os.environ, "TERM": "vt100"})
            self._threads = [
                threading.Thread(target=read, args=[descriptor], daemon=True)
                for descriptor, read in self._readers.items()]
        except BaseException:
            self.__exit__()
            raise
        finally:
            for descriptor in (terminal, serial, bochs):
                os.close(descriptor)
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        if self._process:
            self._process.kill()
            self._wait()
        for descriptor in self._readers:
            os.close(descriptor)
        self.config.remove_disks()

    def _wait(self):
        """Until it is gone, and all that it has written is read."""
        self._process.wait()
        for thread in self._threads:
            thread.join()

    def wait(self, _=None):
        """The exit status, as QEMU would have it: 0 after a reset.  None while
        Bochs runs: no device lets a guest end it."""
        if not self.ended():
            return None
        self._wait()
        return 0 if self._reason == RESET_REASON else 1

    def shutdown_reason(self):
        """Why Bochs ended by itself: a reset, or what it panicked for."""
        if self.ended():
            self._wait()
        return self._reason

    # -- what Bochs writes --------------------------------------------------

    def _read_serial(self, descriptor):
        self.follow(lambda: os.read(descriptor, 65536), self.config.log)

    @staticmethod
    def _read_terminal(descriptor):
        try:
            while os.read(descriptor, 65536):
                pass
        except OSError:             # so ends a terminal
            pass

    def _read_log(self, descriptor):
        """Keep the log.  A reset ends the machine, which would only boot once
        more; a panic is the end of Bochs anyway, a few lines later."""
        resets, panic = 0, None
        with open(descriptor, encoding="utf-8", errors="replace",
                  closefd=False) as lines, \
                open(self.config.log.with_suffix(".bochs.log"), "w",
                     encoding="utf-8") as log:
            for line in lines:
                log.write(line)
                resets += bool(RESET.search(line))
                panic = panic or PANIC.search(line)
                if self._reason:
                    continue
                if resets > 1:      # the first one is the start
                    self._reason = RESET_REASON
                    self._process.kill()
                elif panic and (address := re.search(
                        ADDRESS.format(cpu=panic[1]), line)):
                    self._reason = (f"{panic[1]}: {panic[2]}, "
                                    f"at {address[1]}")
