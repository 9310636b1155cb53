# SPDX-License-Identifier: GPL-2.0-only
"""An installed host: a machine that boots Debian from its disk, and a shell on
it."""

import base64
import secrets
import socket
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

from . import artefacts
from .machine import Config, Machine
from .serial_line import SerialLine
from .verdict import Broken

MEMORY = 1536                       # MiB
# Until the shell is there.
BOOT_SECONDS = 1200
COMMAND_SECONDS = 1800


class Wrong(Exception):
    """A command on the host has failed."""


def tool(*words):
    """Run a program of this host; its output."""
    words = [str(word) for word in words]
    try:
        return subprocess.run(words, check=True, capture_output=True,
                              text=True).stdout
    except FileNotFoundError:
        raise artefacts.Missing(f"{words[0]} is not there") from None
    except subprocess.CalledProcessError as error:
        raise Broken(f"{words}: {error.stderr.strip()}") from None


def empty_disk(path, size="1G"):
    """A disk without anything."""
    tool("qemu-img", "create", "-q", "-f", "qcow2", path, size)
    return path


def overlay(image, path):
    """A disk with what image has; what is written goes to path."""
    kind = "raw" if image.suffix == ".img" else "qcow2"
    tool("qemu-img", "create", "-q", "-f", "qcow2", "-F", kind,
         "-b", image.resolve(), path)
    return path


@dataclass
class Done:
    """A command that has ended."""
    status: int
    lines: list

    @property
    def text(self):
        """What it printed."""
        return "\n".join(self.lines)


class Shell(SerialLine):
    """The second serial port, where tests/installed/root/root/shell reads."""

    def __init__(self, limit, log):
        super().__init__(limit)
        self._log = log
        self._ours, self.theirs = socket.socketpair()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def _follow(self):
        self.follow(lambda: self._ours.recv(65536), self._log)

    def start(self):
        """QEMU has the other end."""
        self.theirs.close()
        self.start_clock()
        self._thread.start()

    def end(self):
        """QEMU has ended."""
        self._thread.join()
        self._ours.close()

    def ready(self, limit=BOOT_SECONDS):
        """Wait until the host has booted; the id of this boot."""
        # What was printed before may lack the end of its line: a question.
        return self.expect(r"shell ready (\S+)$", limit)[1][1]

    def begin(self, command):
        """Start a command; the word that ends its output."""
        word = secrets.token_hex(8)
        text = base64.b64encode(command.encode()).decode()
        self._ours.sendall(f"{word} {text}\n".encode())
        return word

    def run(self, command, limit=COMMAND_SECONDS):
        """Run a command; what became of it."""
        first = len(self.lines)
        line, match = self.expect(rf"{self.begin(command)} (\d+)$", limit)
        return Done(int(match[1]), [
            line.text for line in self.lines[first:self.lines.index(line)]])

    def must(self, command, limit=COMMAND_SECONDS):
        """Run a command that has to succeed; what it printed."""
        done = self.run(command, limit)
        if done.status != 0:
            raise Wrong(f"{command}: exit status {done.status}: "
                        f"{' / '.join(done.lines[-5:])}")
        return done.text


@dataclass
class Hardware:
    """The machine that a disk is put in."""
    disk: Path                      # to boot from,
    spare: Path                     # an empty one (both qcow2),
    packages: Path                  # and one with packages
    firmware: str                   # "bios" or "uefi"
    incoming: Path | None           # go on from this state of Machine.save()
    link: socket.socket             # to the only other host of a network
    mac: str


class Host:
    """A running machine and the shell on it:

        with Host(build, hardware, accelerator, folder, limit) as host:
            host.shell.ready()
            host.shell.must("xl info")
    """

    def __init__(self, build, hardware, accelerator, log, limit):
        self.shell = Shell(limit, log.with_suffix(".shell.log"))
        self.config = Config(
            kernel=None, log=log, memory=MEMORY, accelerator=accelerator,
            stop_on_reset=False,
            pass_fds=[self.shell.theirs.fileno(), hardware.link.fileno()],
            extra=["-chardev", "socket,id=shell,"
                               f"fd={self.shell.theirs.fileno()}",
                   "-serial", "chardev:shell",
                   "-netdev", f"socket,id=net,fd={hardware.link.fileno()}",
                   "-device", "virtio-net-pci,netdev=net,romfile=,"
                              f"mac={hardware.mac}"])
        self._add_disk("disk", hardware.disk, "qcow2")
        self._add_disk("spare", hardware.spare, "qcow2")
        self._add_disk("packages", hardware.packages, "raw,readonly=on")
        self._incoming = hardware.incoming
        if hardware.incoming:
            self.config.extra += ["-incoming",
                                  f"exec:cat '{hardware.incoming}'"]
        if hardware.firmware == "uefi":
            self.config.extra += ["-bios", str(build.ovmf)]
        self.machine = Machine(self.config, limit)

    def _add_disk(self, name, path, kind):
        self.config.extra += [
            "-drive", f"if=none,id={name},file={path},cache=unsafe,"
                      f"format={kind}",
            "-device", f"virtio-blk-pci,drive={name}"]

    def restart(self, command):
        """A command that ends the system; wait until another one runs."""
        self.shell.begin(command)
        self.shell.ready()

    def resets(self):
        """How often the machine was reset."""
        return sum(event["event"] == "RESET" for event in self.machine.events)

    def __enter__(self):
        self.config.log.parent.mkdir(parents=True, exist_ok=True)
        self.machine.__enter__()
        self.shell.start()
        if self._incoming:
            self.machine.resume()
        return self

    def __exit__(self, *trouble):
        self.machine.__exit__(*trouble)
        self.shell.end()
