# SPDX-License-Identifier: GPL-2.0-only
"""One emulated machine: starts QEMU, follows its serial line, ends it.

A Machine lives in a `with` block and is used by the thread that started it.
Whatever happens to that block, or to the whole runner, QEMU is gone
afterwards: leaving the block kills it, and the kernel kills it when the
starting thread dies first (setpriv --pdeathsig).
"""

import contextlib
import json
import os
import re
import shlex
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from . import accel
from .serial_line import Ended, Fatal, SerialLine, Timeout

# Hardware that differs between environments.  The serial port, the memory
# and the processors are the same everywhere.
ENVIRONMENTS = {
    "pc": ["-machine", "pc"],
    "q35": ["-machine", "q35"],
    "q35-intel": ["-machine", "q35,kernel-irqchip=split",
                  "-device", "intel-iommu,intremap=on"],
    "q35-amd": ["-machine", "q35", "-device", "amd-iommu"],
}

# Where else than on the first serial port something may be said.  It joins
# what that port says: a console is used by one kernel at a time.
#
# QEMU has no 16550 in memory for this machine.  The "memory" one is the
# register of a virtio console for emergency writes: what is written there is
# sent.  All bits behind it are read as set, so as a 16550 it is always ready.
CONSOLES = {
    "com1": [],
    "com2": ["-serial", "chardev:com1"],
    # Xen looks for a card behind a bridge.
    "pci": ["-device", "pci-bridge,id=bridge,chassis_nr=1",
            "-device", "pci-serial,chardev=com1,bus=bridge,addr=1"],
    "memory": ["-device", "virtio-serial-pci,id=uart",
               "-device", "virtconsole,chardev=com1"],
    "none": [],
}

# In QEMU's virtio devices: the BAR of the structures, where in it those of the
# device begin, and from there to emerg_wr (virtio 1.2, section 5.3.4).
VIRTIO_BAR, VIRTIO_DEVICE, VIRTIO_EMERGENCY = 4, 0x2000, 8


@dataclass
class Module:
    """A multiboot module: a file, and the arguments that Xen finds with it."""
    path: Path
    args: str = ""

    def initrd_word(self):
        """This module as QEMU's -initrd takes it.

        QEMU separates modules by commas; a doubled comma stands for one.
        """
        return f"{self.path} {self.args}".strip().replace(",", ",,")


@dataclass
class Config:
    """What the machine is made of.  log is created, parents included."""
    kernel: Path | None             # None: boot from what `extra` brings
    log: Path
    append: str = ""
    modules: list = field(default_factory=list)
    memory: int = 1024              # MiB
    cpus: int = 1
    cpu_features: str = ""          # "+this,-that"
    nodes: int = 1                  # of NUMA; memory and cpus are split
    environment: str = "pc"
    console: str = "com1"           # a further one, see CONSOLES
    accelerator: accel.Emulator = accel.Emulator()  # see accel.choose()
    stop_on_reset: bool = True      # a reset ends QEMU
    post_mortem: Callable | None = None     # gets what was in its memory
    extra: list = field(default_factory=list)
    pass_fds: list = field(default_factory=list)    # that extra names

    @property
    def memory_file(self):
        """The machine's memory, while there is a post_mortem to come."""
        return self.log.with_suffix(".memory")

    def _numa(self):
        """The nodes, each with its part of the memory and the processors."""
        words = []
        for node in range(self.nodes if self.nodes > 1 else 0):
            first = node * self.cpus // self.nodes
            last = (node + 1) * self.cpus // self.nodes - 1
            cpus = f",cpus={first}-{last}" if first <= last else ""
            words += ["-object", f"memory-backend-ram,id=node{node},"
                                 f"size={self.memory // self.nodes}M",
                      "-numa", f"node,memdev=node{node}{cpus}"]
        return words

    def command(self, qmp_fd):
        """QEMU's whole command line, with its monitor on that descriptor."""
        # Only where it must: a shared line keeps Ctrl-A for itself.
        mux = ",mux=on" if CONSOLES[self.console] else ""
        words = [self.accelerator.program, "-nodefaults", "-display", "none",
                 *ENVIRONMENTS[self.environment],
                 *self.accelerator.arguments(self.cpu_features),
                 "-m", str(self.memory), "-smp", str(self.cpus),
                 "-chardev", f"stdio,id=com1,signal=off{mux}",
                 "-serial", "chardev:com1", *CONSOLES[self.console],
                 "-chardev", f"socket,id=qmp,fd={qmp_fd}",
                 "-mon", "chardev=qmp,mode=control",
                 "-device", "isa-debug-exit,iobase=0xf4,iosize=0x4"]
        words += self._numa()
        if self.post_mortem:
            words += ["-object", f"memory-backend-file,id=ram,share=on,"
                      f"size={self.memory}M,mem-path={self.memory_file}",
                      "-machine", "memory-backend=ram"]
        if self.kernel:
            words += ["-kernel", str(self.kernel)]
        if self.append:
            words += ["-append", self.append]
        if self.modules:
            words += ["-initrd",
                      ",".join(m.initrd_word() for m in self.modules)]
        if self.stop_on_reset:
            words += ["-no-reboot"]
        return words + self.extra


# IA32_MCG_STATUS in a machine check: MCIP; and EIPV, if the instruction that
# was interrupted has caused it.
IN_PROGRESS = 4
CAUSED = IN_PROGRESS | 2


def halts(registers):
    """Do these registers say that the processor executes nothing?"""
    return bool(re.search(r"\bHLT=1\b", registers))


class Machine(SerialLine):
    """A running QEMU.

        with Machine(config, limit=60) as machine:
            machine.expect(r"dom0 is up")
            machine.nmi()
            line, match = machine.expect(r"verdict (\\w+)", limit=20)

    limit and on_line are those of SerialLine.
    """

    def __init__(self, config, limit, on_line=None):
        super().__init__(limit, on_line)
        self.config = config
        self.events = []            # QMP events, as they came
        self.status = None          # QEMU's exit status once it has ended
        self._answers = []

    # -- life ---------------------------------------------------------------

    def __enter__(self):
        self.config.log.parent.mkdir(parents=True, exist_ok=True)
        ours, theirs = socket.socketpair()
        command = self.config.command(theirs.fileno())
        command_file = self.config.log.with_suffix(".cmd")
        command_file.write_text(shlex.join(command) + "\n")
        with theirs:
            self.start_clock()
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *command],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=[theirs.fileno(), *self.config.pass_fds])
        self._monitor = ours
        self._threads = [threading.Thread(target=t, daemon=True)
                         for t in (self._read_serial, self._read_monitor)]
        for thread in self._threads:
            thread.start()
        self._send({"execute": "qmp_capabilities"})
        return self

    def __exit__(self, *_):
        if self._process.poll() is None:
            self._process.kill()
        self.status = self._process.wait()
        for thread in self._threads:
            thread.join()
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()     # What was typed too late.
        self._process.stdout.close()
        self._monitor.close()
        if self.config.post_mortem:
            try:
                self.config.post_mortem(self.config)
            finally:
                self.config.memory_file.unlink()

    def processor_seconds(self):
        """Processor time that the emulator has taken."""
        # After the name in parentheses: state is the first, utime the 12th.
        words = Path(f"/proc/{self._process.pid}/stat").read_text(
            "utf-8").rpartition(")")[2].split()
        return sum(map(int, words[11:13])) / os.sysconf("SC_CLK_TCK")

    # -- the serial line ----------------------------------------------------

    def _read_serial(self):
        """Follow what QEMU writes."""
        self.follow(lambda: os.read(self._process.stdout.fileno(), 65536),
                    self.config.log)

    def type(self, text):
        """Send bytes to the serial line, as if typed."""
        if CONSOLES[self.config.console]:   # See command().
            text = text.replace("\x01", "\x01\x01")
        self._process.stdin.write(text.encode())
        self._process.stdin.flush()

    def wait(self, limit=None):
        """Wait until QEMU ends by itself; its exit status.

        The guest chooses it: value v at port 0xf4 is status 2 * v + 1.
        """
        left = self.limit - self.seconds()
        if limit is not None:
            left = min(left, limit)
        try:
            self.status = self._process.wait(max(left, 0))
        except subprocess.TimeoutExpired:
            raise Timeout("the machine did not end in time") from None
        for thread in self._threads:
            thread.join()
        return self.status

    # -- the monitor --------------------------------------------------------

    def _read_monitor(self):
        """Sort what the monitor says into answers and events."""
        with self._monitor.makefile("r", encoding="utf-8") as stream:
            try:
                for text in stream:
                    message = json.loads(text)
                    with self._news:
                        if "event" in message:
                            self.events.append(message)
                        elif "QMP" not in message:
                            self._answers.append(message)
                        self._news.notify_all()
            except ConnectionError:
                pass                # QEMU was killed

    def _send(self, message):
        try:
            self._monitor.sendall(json.dumps(message).encode() + b"\n")
        except OSError:
            raise Ended("the machine's monitor is gone") from None

    def monitor(self, execute, limit=10, **arguments):
        """Run one QMP command; its return value."""
        tag = f"{execute}-{time.monotonic_ns()}"
        self._send({"execute": execute, "arguments": arguments, "id": tag})
        deadline = time.monotonic() + limit
        with self._news:
            while True:
                for answer in self._answers:
                    if answer.get("id") == tag:
                        if "error" in answer:
                            raise RuntimeError(answer["error"]["desc"])
                        return answer["return"]
                left = deadline - time.monotonic()
                if self._eof or left <= 0:
                    raise Ended(f"no answer to {execute}")
                self._news.wait(left)

    def command(self, line):
        """Run one command of the monitor for people; what it prints."""
        return self.monitor("human-monitor-command", **{"command-line": line})

    def nmi(self):
        """A non-maskable interrupt, on every processor that listens."""
        self.monitor("inject-nmi")

    def registers(self):
        """The registers of each processor, as text."""
        text = self.command("info registers -a")
        return re.split(r"^\s*CPU#\d+\s*$", text, flags=re.MULTILINE)[1:]

    def wait_for_code(self, cpu, start, end):
        """Wait until the processor is seen between these addresses, outside
        of any kernel."""
        while True:
            found = re.search(r"RIP=([0-9a-f]+).*?CPL=(\d)",
                              self.registers()[cpu], re.S)
            if found and found[2] == "3" and \
                    start <= int(found[1], 16) < end:
                return
            if self.seconds() > self.limit:
                raise Timeout(f"CPU {cpu} is not at {start:#x}-{end:#x}")
            time.sleep(0.1)

    def machine_check(self, cpu=0, broadcast=True, state=IN_PROGRESS):
        """An uncorrected error in bank 1 of the processor, context corrupt.
        With broadcast all processors are told, as Intel's are.  The state is
        that of IA32_MCG_STATUS.

        The figures: SDM vol. 3B, 16.3.2, IA32_MCi_STATUS (valid, uncorrected,
        enabled, context corrupt).
        """
        status = 1 << 63 | 1 << 61 | 1 << 60 | 1 << 57
        said = self.command(f"mce {'-b ' if broadcast else ''}{cpu} 1 "
                            f"{status:#x} {state:#x} 0 0")
        if said:
            raise Fatal(said.strip())

    def check_halted(self, cpu, states):
        """Machine checks on a processor that halts, one by one, with these
        states: before the next, it is to have handled this one and to halt
        again.  QEMU's log of interrupts tells, which only software emulation
        has."""
        log = self.config.log.with_suffix(".interrupts.log")
        self.command(f"logfile {log}")
        self.command("log int")
        for number, state in enumerate(states, 1):
            self.machine_check(cpu, broadcast=False, state=state)
            while not (log.read_text().count("v=12 ") == number and
                       halts(self.registers()[cpu])):
                if self.seconds() > self.limit:
                    raise Timeout(f"CPU {cpu}: machine check {number}")
                time.sleep(0.1)
        self.command("log none")

    def find_uart(self):
        """Where firmware has placed the UART of the console "memory"."""
        while self.seconds() < self.limit:
            for bus in self.monitor("query-pci"):
                for device in bus["devices"]:
                    if device["qdev_id"] != "uart":
                        continue
                    bars = {region["bar"]: region["address"]
                            for region in device["regions"]}
                    # Before it decodes, a BAR has no address.
                    if bars[VIRTIO_BAR] > 0:
                        return (bars[VIRTIO_BAR] + VIRTIO_DEVICE +
                                VIRTIO_EMERGENCY)
            time.sleep(0.1)
        raise Timeout("firmware has not placed the UART")

    def stop(self):
        """Halt the processors; the machine stays."""
        self.monitor("stop")

    def save(self, path, limit=300):
        """Halt the machine, and write memory and processors to a file, from
        which another one, with the same disk, can go on (-incoming)."""
        self.stop()
        self.monitor("migrate", uri=f"exec:cat >'{path}'")
        deadline = time.monotonic() + limit
        while True:
            status = self.monitor("query-migrate")["status"]
            if status == "completed":
                return
            if status == "failed" or time.monotonic() > deadline:
                raise RuntimeError(f"the machine was not saved: {status}")
            time.sleep(0.2)

    def resume(self, limit=300):
        """Go on, once all is there that save() has written."""
        deadline = time.monotonic() + limit
        while self.monitor("query-status")["status"] == "inmigrate":
            if time.monotonic() > deadline:
                raise RuntimeError("the machine was not restored")
            time.sleep(0.2)
        self.cont()

    def cont(self):
        """Let the processors run again."""
        self.monitor("cont")

    def shutdown_reason(self):
        """Why the guest ended QEMU (guest-reset, guest-shutdown, ...)."""
        for event in self.events:
            if event["event"] == "SHUTDOWN":
                return event["data"].get("reason")
        return None
