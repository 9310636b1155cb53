# SPDX-License-Identifier: GPL-2.0-only
"""Xen with Linux as dom0, which kexecs into Linux: what QEMU has to boot.

One kernel image and one initramfs serve three roles: dom0, the kernel that
kexec enters, and the kernel that a crash enters.  Scripts and the initramfs
for the later kernels are packed for each run, so that editing a script costs
nothing.
"""

import functools
import hashlib
import os
import random
import re
import secrets
import shlex
import shutil
import subprocess
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

from . import artefacts, cpio, targets, uefi
from .machine import Config, Module
from .verdict import Broken

# dom0 gets one processor, however many Xen has: in QEMU 7.2, with its
# processors in threads, Linux as a PV guest with several now and then dies
# while it patches its own code ("Oops: int3"), long before any kexec.
XEN_ARGUMENTS = "loglvl=all guest_loglvl=all dom0_max_vcpus=1"
DOM0_ARGUMENTS = "console=hvc0 tsc=reliable role=dom0"
# Linux looks for four ticks within some 40 ms, and panics without them where
# interrupts are remapped: on a busy host that says nothing about the timer.
ENTERED_ARGUMENTS = ("console=ttyS0,115200 no_timer_check "
                     "earlyprintk=ttyS0,115200 tsc=reliable")

# How Xen is told where its console is; see machine.CONSOLES.  Xen empties its
# buffer before it leaves; without an interrupt, as a card has it here, it may
# run over earlier.
XEN_CONSOLES = {
    "com1": "com1=115200,8n1 console=com1",
    "com2": "com2=115200,8n1 console=com2",
    "pci": "com1=115200,8n1,pci console=com1 sync_console",
    "none": "console=none",
}

# What runs inside dom0 and the kernels that are entered.
INSIDE = artefacts.TESTS / "linux" / "inside"
XEN_KEXEC = artefacts.TESTS.parent / "tools" / "xen-kexec"
SCENARIOS = INSIDE / "scenarios"

# Any of these ends all hope that the wanted line still comes.
FATAL = (r"Xen BUG at|Panic on CPU|FATAL (TRAP|PAGE FAULT)|dom0: gave up|"
         r"Hardware Dom0 (crashed|shutdown|halted)|"
         r"Kernel panic - not syncing")

# Xen says this, once, of each load that it refuses.
REFUSAL = re.compile(r"kexec: load .*: refused: .*\(-\d+\)")


@dataclass(kw_only=True)
class Plan:
    """One round: a scenario, which is a script of SCENARIOS, and its
    surroundings."""
    scenario: str = "exec"
    environment: str = "pc"         # see machine.ENVIRONMENTS
    boot: str = "multiboot"         # or how firmware starts it: uefi.LOADERS,
                                    # or "linux", which is to kexec Xen, or
                                    # "linux.efi": the same on UEFI
    target: str = "linux"           # what is entered, see targets.TARGETS
    console: str = "com1"           # Xen's and dom0's, see XEN_CONSOLES
    cpus: int = 1
    cpu_features: str = ""          # for QEMU's -cpu: "+this,-that"
    nodes: int = 1                  # of NUMA
    qemu: list = field(default_factory=list)    # further words for QEMU
    memory: int = 1024              # MiB, of the host
    dom0_memory: int = 512          # MiB
    xen: str = ""                   # further arguments for Xen
    dom0: str = ""                  # ... for dom0
    entered: str = ""               # ... for the kernel that is entered
    payload: int = 0                # MiB more initrd, to arrive undamaged
    crash_reader: bool = False      # xen-vmcore, for the crash kernel
    xen_kexec: bool = False         # dom0 loads with that, not with kexec
    dump_disk: int = 0              # MiB of a disk for the crash kernel
    parameters: dict = field(default_factory=dict)  # name=value, for dom0


def _scripts():
    """INSIDE as an archive: /init, and the rest under /tests."""
    archive = cpio.Archive()
    archive.file("init", (INSIDE / "init").read_bytes(), 0o755)
    for script in sorted(INSIDE.rglob("*.sh")):
        archive.file(f"tests/{script.relative_to(INSIDE)}",
                     script.read_bytes())
    archive.file("tests/vmcore", _program("vmcore"), 0o755)
    return archive.bytes()


_compiling = threading.Lock()


@functools.cache
def _compiled(sources, _mtimes):
    """The bytes of a static program of these C files.  Keep _compiling."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            program = Path(folder) / "program"
            subprocess.run(
                ["gcc", "-Wall", "-Wextra", "-Werror", "-O2", "-static", "-s",
                 "-o", program, *map(str, sources)],
                check=True, capture_output=True)
            return program.read_bytes()
    except FileNotFoundError:
        raise artefacts.Missing("gcc is not there") from None
    except subprocess.CalledProcessError as error:
        raise Broken(error.stderr.decode(errors="replace").strip()) from None


def _program(name):
    """A program of INSIDE: NAME.c, and NAME-*.c if there are."""
    sources = (INSIDE / f"{name}.c", *sorted(INSIDE.glob(f"{name}-*.c")))
    with _compiling:
        return _compiled(sources, tuple(source.stat().st_mtime_ns
                                        for source in sources))


class Round:
    """The files and command lines of one round, below one folder.

    nonce is on the command lines of the entered kernels and nowhere else
    that is printed: a line with it comes from them.
    """

    def __init__(self, build, plan, folder):
        self.build = build
        self.plan = plan
        self.folder = Path(folder)
        self.payload_digest = None  # what the entered kernel must find
        self.nonce = secrets.token_hex(4)
        # Role and nonce come first: see cut_cmdline in linux_case.py.
        words = f"nonce={self.nonce} {ENTERED_ARGUMENTS} {plan.entered}"
        self.second_cmdline = f"role=second {words.strip()}"
        self.crash_cmdline = f"role=crash {words.strip()} nr_cpus=1"
        self.target = targets.get(plan.target, build)
        if self.target.cmdline:
            self.second_cmdline = self.target.cmdline

    @property
    def initrd(self):
        """dom0's initramfs, with the one for the later kernels inside."""
        return self.folder / "dom0.initrd"

    @property
    def disk(self):
        """What UEFI firmware boots from."""
        return self.folder / "disk"

    @property
    def dump_disk(self):
        """The disk for the crash kernel, a sparse file."""
        return self.folder / "dump"

    def _systemd(self):
        """systemd, and the scenario as the one unit that it starts."""
        archive = cpio.Archive()
        unit = INSIDE / "scenario.service"
        archive.file(f"etc/systemd/system/{unit.name}", unit.read_bytes())
        return cpio.joined(artefacts.systemd_archive(self.build),
                           archive.bytes())

    def _xen_kexec(self):
        """xen-kexec, where its package has it."""
        archive = cpio.Archive()
        archive.file("usr/sbin/xen-kexec",
                     (XEN_KEXEC / "xen-kexec").read_bytes(), 0o755)
        for module in sorted(XEN_KEXEC.glob("xenkexec/*.py")):
            archive.file(f"usr/share/xen-kexec/xenkexec/{module.name}",
                         module.read_bytes())
        for script in sorted(INSIDE.glob("*.py")):
            archive.file(f"tests/{script.name}", script.read_bytes())
        return cpio.joined(artefacts.xen_kexec_archive(self.build),
                           archive.bytes())

    def _payload(self):
        """An archive with incompressible data; keeps its digest."""
        data = random.Random(self.nonce).randbytes(self.plan.payload << 20)
        self.payload_digest = hashlib.sha256(data).hexdigest()
        archive = cpio.Archive()
        archive.file("payload", data)
        return archive.bytes()

    def prepare(self):
        """Write the initramfs.  The folder is created."""
        usual = cpio.joined(artefacts.base_archive(self.build), _scripts())
        later = cpio.joined(self.target.base, _scripts())
        if self.plan.payload:
            later = cpio.joined(later, self._payload())
        if self.plan.crash_reader:
            reader = cpio.Archive()
            reader.file("tests/xen-vmcore",
                        self.build.crash_reader.read_bytes(), 0o755)
            later = cpio.joined(later, reader.bytes())
        archive = cpio.Archive()
        archive.file("boot/vmlinuz", self.target.kernel)
        archive.link("vmlinuz", "boot/vmlinuz")     # As in Debian.
        archive.file("boot/initrd", later)
        if "hops" in self.plan.parameters:
            archive.file("boot/xen", self.build.xen.read_bytes())
        for name in ("hypercall", "evidence", "bzimage"):
            archive.file(f"tests/{name}", _program(name), 0o755)
        archive.file("tests/run.sh", "".join(
            f"{name}={shlex.quote(value)}\n" for name, value in (
                ("target_options", self.target.options),
                ("xen_cmdline", self.xen_cmdline()),
                ("dom0_cmdline", self.dom0_cmdline()),
                ("second_cmdline", self.second_cmdline),
                ("crash_cmdline", self.crash_cmdline))).encode())
        self.folder.mkdir(parents=True, exist_ok=True)
        more = [self._systemd()] if "systemd" in self.plan.dom0.split() else []
        if self.plan.xen_kexec:
            more.append(self._xen_kexec())
            # For the dom0 of the Xen that is entered.
            archive.file("boot/xen-kexec.cpio", more[-1])
        self.initrd.write_bytes(cpio.joined(usual, *more, archive.bytes()))
        if self.plan.dump_disk:
            self.dump_disk.write_bytes(b"")
            os.truncate(self.dump_disk, self.plan.dump_disk << 20)

    def clean(self):
        """Remove what only this round needed and takes much room."""
        self.initrd.unlink(missing_ok=True)
        self.dump_disk.unlink(missing_ok=True)
        shutil.rmtree(self.disk, ignore_errors=True)

    def xen_cmdline(self):
        """Xen's command line."""
        return " ".join(filter(None, (
            XEN_CONSOLES[self.plan.console], XEN_ARGUMENTS,
            f"dom0_mem={self.plan.dom0_memory}M", self.plan.xen)))

    def dom0_cmdline(self):
        """dom0's command line."""
        plan = self.plan
        return " ".join(filter(None, (
            DOM0_ARGUMENTS, plan.dom0, f"scenario={plan.scenario}",
            f"cpus={plan.cpus}",
            *(f"{name}={value}" for name, value in plan.parameters.items()))))

    def config(self, accelerator):
        """The machine that runs this round.  Call prepare() before."""
        plan = self.plan
        modules = [Module(self.build.vmlinuz, self.dom0_cmdline()),
                   Module(self.initrd)]
        disk = ["-drive", f"if=none,id=dump,format=raw,file={self.dump_disk}",
                "-device", "virtio-blk-pci,drive=dump"]
        config = Config(
            kernel=self.build.xen, log=self.folder / "serial.log",
            append=self.xen_cmdline(), memory=plan.memory, cpus=plan.cpus,
            cpu_features=plan.cpu_features, nodes=plan.nodes,
            environment=plan.environment, console=plan.console,
            accelerator=accelerator, post_mortem=self.build.post_mortem,
            modules=modules,
            extra=plan.qemu + (disk if plan.dump_disk else []))
        if plan.boot == "linux.efi":
            config.extra = config.extra + ["-bios", str(self.build.ovmf)]
        if plan.boot in ("linux", "linux.efi"):
            config.kernel, config.modules = self.build.vmlinuz, modules[1:]
            # The same words: hops=, and how.
            config.append = (f"{ENTERED_ARGUMENTS} " + self.dom0_cmdline()
                             .replace("role=dom0", "role=bare")
                             .replace("console=hvc0 ", ""))
        elif plan.boot != "multiboot":
            config.extra = config.extra + uefi.disk(
                self.disk, plan.boot, self.build, config.append, modules)
            config.kernel, config.append, config.modules = None, "", []
        return config

    def marker(self, key):
        """A pattern for the line in which the entered kernel reports key."""
        return rf"^hand-over {self.nonce} {key}( |$)"
