# SPDX-License-Identifier: GPL-2.0-only
"""What the build has left for the tests, and where it lies."""

import functools
import gzip
import re
from dataclasses import dataclass, replace
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
PLAIN = ("xen", "xen-debug", "stock", "stock-debug")
# Built with TEST=y: they have hooks that tests alone use.
HOOKED = tuple(re.sub(r"^(xen|stock)", r"\1-test", name) for name in PLAIN)
HYPERVISORS = PLAIN + HOOKED


class Missing(Exception):
    """Something that `make` has to build first is not there."""


@dataclass(frozen=True)
class Build:
    """The build folder, seen by tests of one hypervisor."""
    top: Path
    hypervisor: str = "xen"

    def _file(self, *parts):
        path = self.top.joinpath(*parts)
        if not path.is_file():
            raise Missing(f"{path} is not there")
        return path

    @property
    def xen(self):
        """The hypervisor, as multiboot takes it."""
        return self._file(self.hypervisor, "xen")

    @property
    def xen_efi(self):
        """The hypervisor, as UEFI firmware takes it."""
        return self._file(self.hypervisor, "xen.efi")

    @property
    def debian(self):
        """What scripts/debian-tools has unpacked."""
        return self._file("debian", "key").parent

    def target(self, name, file):
        """A file of a further kernel, see scripts/targets."""
        return self._file("targets", name, file)

    @property
    def ovmf(self):
        """UEFI firmware, its variables in the same file."""
        return self._file("debian", "usr", "share", "ovmf", "OVMF.fd")

    @property
    def xen_syms(self):
        """The hypervisor's symbols."""
        return self._file(self.hypervisor, "xen-syms")

    @property
    def reader(self):
        """The reader of dumps for this host,"""
        return self._file("xen-vmcore", "xen-vmcore")

    @property
    def crash_reader(self):
        """... and for a crash kernel."""
        return self._file("xen-vmcore", "xen-vmcore-crash")

    @property
    def vmlinuz(self):
        """Debian's kernel: dom0's, and the one that is loaded."""
        return self._file("dom0", "vmlinuz")

    @property
    def base(self):
        """The initramfs without anything of the tests, a cpio archive."""
        return self._file("dom0", "base.cpio")

    @property
    def systemd(self):
        """What systemd needs, to be unpacked over the base."""
        return self._file("systemd", "base.cpio")

    @property
    def xen_kexec(self):
        """What xen-kexec needs, to be unpacked over the base."""
        return self._file("xen-kexec", "base.cpio")

    @property
    def linux_version(self):
        """What uname -r says on vmlinuz."""
        return self._file("dom0", "version").read_text("ascii").split()[0]

    @property
    def plain(self):
        """The hypervisor's name, whether it has hooks or not."""
        return self.hypervisor.replace("-test", "")

    def hooked(self):
        """The same hypervisor with the hooks of TEST=y."""
        return replace(self,
                       hypervisor=HOOKED[PLAIN.index(self.plain)])

    @property
    def post_mortem(self):
        """What looks at the memory of each machine that has ended."""
        return None

    def is_debug(self):
        """Was this Xen built with assertions?"""
        return self.hypervisor.endswith("-debug")


@functools.cache
def compressed(path, _mtime):
    """The bytes of the file, gzipped unless they are compressed already."""
    data = path.read_bytes()
    return gzip.compress(data, 6) if data.startswith(b"070701") else data


def systemd_archive(build):
    """systemd, small as well."""
    return compressed(build.systemd, build.systemd.stat().st_mtime_ns)


def xen_kexec_archive(build):
    """What xen-kexec needs, small as well."""
    return compressed(build.xen_kexec, build.xen_kexec.stat().st_mtime_ns)


def base_archive(build):
    """The base initramfs, small enough to be loaded and hashed quickly."""
    return compressed(build.base, build.base.stat().st_mtime_ns)
