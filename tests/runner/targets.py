# SPDX-License-Identifier: GPL-2.0-only
"""What dom0 can be given to enter: kernels, and how kexec-tools loads them."""

import functools
import struct
import subprocess
from dataclasses import dataclass

from . import artefacts, cpio
from .verdict import Broken


@dataclass(frozen=True)
class Target:
    """A kernel, and what is needed to load and to know it."""
    kernel: bytes
    base: bytes                     # initramfs, without the tests' scripts
    version: str                    # what uname -r says on it,
    machine: str = "x86_64"         # ... and uname -m
    options: str = ""               # for kexec -l
    cmdline: str = ""               # instead of the tests' usual one


def _linux(build):
    """dom0's own kernel, and userland."""
    return Target(build.vmlinuz.read_bytes(), artefacts.base_archive(build),
                  build.linux_version)


def _sid(build):
    """The newest kernel that Debian has, on dom0's userland."""
    return Target(build.target("sid", "vmlinuz").read_bytes(),
                  artefacts.base_archive(build),
                  build.target("sid", "version").read_text().strip())


def _i386(build):
    """A 32-bit kernel of Debian 12, the last release that has one."""
    base = cpio.Archive()
    base.file("bin/busybox", build.target("i386", "busybox").read_bytes(),
              0o755)
    for folder in ("dev", "proc", "sys", "tmp", "usr/bin"):
        base.directory(folder)
    return Target(build.target("i386", "vmlinuz").read_bytes(), base.bytes(),
                  build.target("i386", "version").read_text().strip(),
                  machine="i686")


@functools.cache
def _elf_image(path, zstd):
    """The ELF file inside a bzImage.

    Where it is stands in the setup header (Documentation/arch/x86/boot.rst:
    setup_sects at 0x1f1, payload_offset and payload_length at 0x248).  The
    last word of the payload, its size unpacked, is not zstd's.
    """
    image = path.read_bytes()
    sectors = image[0x1f1] or 4
    offset, length = struct.unpack_from("<II", image, 0x248)
    start = (sectors + 1) * 512 + offset
    payload = image[start:start + length - 4]
    if not payload.startswith(b"\x28\xb5\x2f\xfd"):
        raise Broken(f"{path}: the payload is not packed by zstd")
    try:
        done = subprocess.run([zstd, "-dc"], input=payload, check=True,
                              capture_output=True)
    except subprocess.CalledProcessError as error:
        raise Broken(error.stderr.decode(errors="replace").strip()) from None
    return done.stdout


def _vmlinux(build):
    """dom0's kernel as an ELF file, without Linux's own way in."""
    elf = _elf_image(build.vmlinuz, build.debian / "bin" / "zstd")
    return Target(elf, artefacts.base_archive(build), build.linux_version,
                  options="--type=elf-x86_64,--args-linux")


def _memtest(build):
    """A memory tester: no Linux, but loaded as one."""
    return Target((build.debian / "boot" / "memtest86+x64.bin").read_bytes(),
                  b"", "", cmdline="console=ttyS0,115200")


TARGETS = {"linux": _linux, "sid": _sid, "i386": _i386, "vmlinux": _vmlinux,
           "memtest": _memtest}


def get(name, build):
    """The Target of that name."""
    return TARGETS[name](build)
