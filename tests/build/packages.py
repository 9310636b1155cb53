# SPDX-License-Identifier: GPL-2.0-only
"""Tests of the packages in build/deb: their files, and what they do to a host.

The host is a folder with a Debian 13 that has Debian's own Xen and GRUB's
scripts.  There is no disk to boot from, so update-grub stands for the one part
that matters: GRUB's script that lists hypervisors.
"""

import filecmp
import functools
import os
import re
import shutil
import struct
import subprocess
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace

TOP = Path(__file__).resolve().parent.parent.parent
BUILD = Path(os.environ.get("BUILD", TOP / "build")).resolve()
CACHE = Path(os.environ.get("CACHE", TOP / "cache")).resolve()
XEN = BUILD / "xen"

HYPERVISOR = "xen-hypervisor-4.20-kexec-amd64"
SYMBOLS = "xen-hypervisor-4.20-kexec-dbg"
READER = "xen-vmcore"
SERVICE = "xen-kdump"
LOADER = "xen-kexec"
OURS = (HYPERVISOR, SYMBOLS, READER, SERVICE, LOADER)

# With GRUB, Debian's hypervisor, and what our packages depend on.
HOST_PACKAGES = ("grub-common", "grub2-common", "xen-hypervisor-4.20-amd64",
                 "xen-hypervisor-common", "xen-utils-4.20", "libdw1t64",
                 "libelf1t64", "busybox", "dracut-core", "initramfs-tools",
                 "kexec-tools", "makedumpfile", "systemd", "zstd")

UPDATE_GRUB = """#!/bin/sh
set -e
echo called >>/var/log/update-grub
export pkgdatadir=/usr/share/grub grub_probe=true grub_file=grub-file
export GRUB_DEVICE=/dev/sda1 GRUB_DEVICE_BOOT=/dev/sda1
/etc/grub.d/20_linux_xen >/boot/grub/grub.cfg
"""

# dpkg's and apt's own records.
RECORDS = ("var/lib/dpkg/", "var/lib/apt/", "var/cache/", "var/log/")

# What deb-systemd-helper remembers of units.
HELPERS_STATE = "var/lib/systemd/deb-systemd-helper-"

# The code segment that Xen runs in.
XEN_CS = 0xe008

# The version of Debian 12, as in scripts/lint.
LINTIAN = "2.116"


def run(*command, **options):
    """Its output.  When it fails, the exception has what it printed."""
    done = subprocess.run([str(word) for word in command], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{command}: exit status {done.returncode}\n"
                           f"{done.stdout}")
    return done.stdout


def package(name):
    """The path of the one package of that name."""
    found, = (BUILD / "deb").glob(f"{name}_*.deb")
    return found


def field(name, which):
    """A field of the package's control file."""
    return run("dpkg-deb", "--field", package(name), which).strip()


def files(name):
    """{what is in the package: a link's target, or ""}, without folders."""
    found = {}
    for line in run("dpkg-deb", "--contents", package(name)).splitlines():
        if line[0] != "d":
            path, _, target = line.split(None, 5)[5].partition(" -> ")
            found[path.removeprefix("./")] = target
    return found


def build_id(path):
    """What debian/rules takes for the build id."""
    return run(TOP / "packaging/debian/build-id", path).strip()


def debug_file(digits):
    """Where a debugger looks for it."""
    return f"usr/lib/debug/.build-id/{digits[:2]}/{digits[2:]}.debug"


def note(name, kind, contents):
    """An ELF note."""
    def padded(data):
        return data + bytes(-len(data) % 4)
    name = name.encode() + b"\0"
    return struct.pack("<3I", len(name), len(contents), kind) + \
        padded(name) + padded(contents)


def dump(digits, rip):
    """A dump of one CPU's registers, of a Xen with that build id."""
    registers = bytearray(336)
    struct.pack_into("<2Q", registers, 112 + 8 * 16, rip, XEN_CS)
    notes = note("CORE", 1, bytes(registers)) + note(
        "VMCOREINFO_XEN", 0, f"OSRELEASE=4.20\nBUILD-ID={digits}\n".encode())
    header = b"\x7fELF\2\1\1" + bytes(9) + struct.pack(
        "<2HI3QI6H", 4, 62, 1, 0, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    program = struct.pack("<2I6Q", 4, 0, 120, 0, 0, len(notes), len(notes), 4)
    return header + program + notes


def address(path, name):
    """Of a function, in a file with symbols."""
    found = re.search(rf"^([0-9a-f]+) [Tt] {name}$", run("nm", path),
                      re.MULTILINE)
    return int(found[1], 16)


def base_version():
    """Of the Xen that the series is for."""
    return re.search(r"^\S+\s+trixie\s+(\S+)\s",
                     (TOP / "patches/bases").read_text(), re.MULTILINE)[1]


def make_base():
    """A tarball of the host as it is before; kept with the downloads."""
    tarball = CACHE / "host-trixie.tar"
    wanted = CACHE / "host-trixie.wanted"
    words = " ".join((base_version(), *HOST_PACKAGES))
    if tarball.exists() and wanted.exists() and wanted.read_text() == words:
        return tarball
    wanted.unlink(missing_ok=True)
    # This writes the sources that are used here.
    run(TOP / "scripts/debian-apt", "trixie", "apt-get", "--version")
    sources = CACHE / "apt-trixie-amd64/sources.list"
    run("mmdebstrap", "--variant=apt", f"--include={','.join(HOST_PACKAGES)}",
        '--aptopt=Acquire::Languages "none"', "trixie", tarball, "-",
        input="".join(line for line in open(sources, encoding="utf-8")
                      if line.startswith("deb ")))
    wanted.write_text(words)
    return tarball


def listing(root):
    """All that is in the host, but for records; a folder ends with "/"."""
    return {line for line in run(
        "find", ".", "-type", "d", "-printf", "%P/\n", "-o", "-printf",
        "%P\n", cwd=root).splitlines() if not line.startswith(RECORDS)}


def chroot(root, *command):
    """Run a command in the host, and give its output."""
    return run("chroot", root, *command, env={
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
        "DEBIAN_FRONTEND": "noninteractive"})


def grub_entries(root):
    """The hypervisors that GRUB's menu has, in order, each once."""
    text = (root / "boot/grub/grub.cfg").read_text()
    return list(dict.fromkeys(
        re.findall(r"^\s*(multiboot2?\s+\S+)", text, re.MULTILINE)))


def read_dump(root, symbols):
    """What the installed reader says of a crash of that build of Xen."""
    (root / "tmp/dump").write_bytes(dump(
        build_id(XEN / symbols.removeprefix("obj/").removesuffix(".elf")),
        address(XEN / symbols, "kexec_crash") + 1))
    # 1: what the dump does not have, the report lacks.
    return chroot(root, "sh", "-c", "xen-vmcore /tmp/dump || [ $? -eq 1 ]")


def prepare(root):
    """The host before the packages come."""
    run("tar", "--extract", "--numeric-owner", "--file", make_base(),
        "--directory", root)
    (root / "usr/sbin/update-grub").write_text(UPDATE_GRUB)
    (root / "boot/grub").mkdir()
    (root / "boot/vmlinuz-6.12-test").touch()
    (root / "boot/config-6.12-test").write_text("CONFIG_XEN_DOM0=y\n")
    for name in OURS:
        shutil.copy(package(name), root / "tmp")
    chroot(root, "update-grub")
    calls(root)


def calls(root):
    """How often update-grub was called since the last time."""
    log = root / "var/log/update-grub"
    if not log.exists():
        return 0
    lines = log.read_text().splitlines()
    log.unlink()
    return len(lines)


def visit():
    """Install and purge the packages: what was seen on the way."""
    seen = SimpleNamespace()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        root.mkdir()
        prepare(root)
        seen.before = listing(root)
        seen.grub_before = grub_entries(root)

        chroot(root, "apt-get", "install", "--yes",
               *(f"/tmp/{package(name).name}" for name in OURS))
        seen.calls = calls(root)
        seen.installed = listing(root) - seen.before
        seen.grub_installed = grub_entries(root)
        seen.verified = chroot(root, "dpkg", "--verify",
                               "xen-hypervisor-4.20-amd64", *OURS)
        seen.without_tools = chroot(root, "apt-get", "remove", "--simulate",
                                    "xen-utils-4.20")
        seen.crash_help = chroot(
            root, "/usr/libexec/xen-vmcore/xen-vmcore-crash", "--help")
        seen.reports = {symbols: read_dump(root, symbols)
                        for symbols in ("xen-syms", "obj/xen.efi.elf")}
        (root / "tmp/dump").unlink()
        seen.check = chroot(root, "sh", "-c", "xen-kdump check; echo $?")

        # As if it had been loaded, and the operator had changed something.
        (root / "var/lib/xen-kdump").mkdir()
        (root / "var/lib/xen-kdump/initrd.img-test").touch()
        (root / "etc/xen/kdump.conf").write_text("KEEP=9\n")
        chroot(root, "apt-get", "remove", "--yes", SERVICE)
        seen.service_removed = listing(root) - seen.before

        chroot(root, "apt-get", "remove", "--yes", HYPERVISOR)
        seen.calls_removed = calls(root)
        seen.grub_removed = grub_entries(root)
        chroot(root, "apt-get", "purge", "--yes", *OURS)
        seen.after = listing(root)
    return seen


@functools.cache
def visited():
    """What visit() has seen, or what stopped it."""
    try:
        return visit(), None
    except (OSError, RuntimeError) as trouble:
        return None, trouble


def host():
    """What visit() has seen."""
    if os.geteuid() != 0:
        raise unittest.SkipTest("installing packages needs root")
    seen, trouble = visited()
    if trouble:
        raise trouble
    return seen


class Packages(unittest.TestCase):
    """What is in the packages."""

    def check_files(self, name, expected):
        """Has it these files, besides those that every package has?"""
        common = (f"usr/share/doc/{name}/", "usr/share/lintian/")
        self.assertEqual(expected, {
            path: target for path, target in files(name).items()
            if not path.startswith(common)})

    def test_hypervisor_files(self):
        """None of them is one of Debian's own hypervisor."""
        self.check_files(HYPERVISOR, {
            f"boot/xen-4.20-kexec-amd64{end}": ""
            for end in (".gz", ".efi", ".config")})

    def test_symbols_files(self):
        """A link for each of the two images that can be booted."""
        self.check_files(SYMBOLS, {
            "usr/lib/debug/boot/xen-syms-4.20-kexec-amd64": "",
            "usr/lib/debug/boot/xen-4.20-kexec-amd64.efi.elf": "",
            debug_file(build_id(XEN / "xen-syms")):
                "../../boot/xen-syms-4.20-kexec-amd64",
            debug_file(build_id(XEN / "xen.efi")):
                "../../boot/xen-4.20-kexec-amd64.efi.elf"})

    def test_reader_files(self):
        """The program twice, the one for drgn, and the manuals."""
        self.check_files(READER, {
            "usr/sbin/xen-vmcore": "",
            "usr/libexec/xen-vmcore/xen-vmcore-crash": "",
            "usr/sbin/xen-vmcore-drgn": "",
            "usr/share/man/man8/xen-vmcore.8.gz": "",
            "usr/share/man/man8/xen-vmcore-drgn.8.gz": ""})

    def test_service_files(self):
        """All files of tools/xen-kdump, and no others."""
        there = {path.relative_to(TOP / "tools/xen-kdump") for path in
                 (TOP / "tools/xen-kdump").rglob("*") if path.is_file() and
                 path.suffix != ".pyc"}
        placed = {
            "xen-kdump": "usr/sbin/xen-kdump",
            "kdump.conf": "etc/xen/kdump.conf",
            "kernel-postinst": "etc/kernel/postinst.d/xen-kdump",
            "kernel-postrm": "etc/kernel/postrm.d/xen-kdump",
            "dracut/module-setup.sh":
                "usr/lib/dracut/modules.d/90xen-kdump/module-setup.sh",
        }
        folders = {".8": "usr/share/man/man8", ".5": "usr/share/man/man5",
                   ".service": "usr/lib/systemd/system",
                   ".path": "usr/lib/systemd/system"}
        self.check_files(SERVICE, {placed.get(str(path)) or (
            f"{folders[path.suffix]}/{path.name}" +
            (".gz" if "man" in folders[path.suffix] else "")
            if path.suffix in folders else
            f"usr/share/xen-kdump/{path}"): "" for path in there})

    def test_loader_files(self):
        """The program, its modules, what systemd runs last, and the manual."""
        modules = {path.name for path in
                   (TOP / "tools/xen-kexec/xenkexec").glob("*.py")}
        self.check_files(LOADER, {
            "usr/sbin/xen-kexec": "",
            "usr/lib/systemd/system-shutdown/xen-kexec": "",
            "usr/share/man/man8/xen-kexec.8.gz": "",
            **{f"usr/share/xen-kexec/xenkexec/{name}": ""
               for name in modules}})

    def test_contents(self):
        """The hypervisor and its symbols are those that were built."""
        with tempfile.TemporaryDirectory() as folder:
            for name in HYPERVISOR, SYMBOLS:
                run("dpkg-deb", "--extract", package(name), folder)
            boot = Path(folder) / "boot"
            debug = Path(folder) / "usr/lib/debug/boot"
            run("gzip", "--decompress", boot / "xen-4.20-kexec-amd64.gz")
            for built, packed in (
                    ("xen", boot / "xen-4.20-kexec-amd64"),
                    ("xen.efi", boot / "xen-4.20-kexec-amd64.efi"),
                    ("config", boot / "xen-4.20-kexec-amd64.config"),
                    ("xen-syms", debug / "xen-syms-4.20-kexec-amd64"),
                    ("obj/xen.efi.elf",
                     debug / "xen-4.20-kexec-amd64.efi.elf")):
                self.assertTrue(filecmp.cmp(XEN / built, packed,
                                            shallow=False), built)

    def test_toolstack(self):
        """The hypervisor depends on the toolstack of the same Xen."""
        base = base_version()
        self.assertIn(f"xen-utils-4.20 (>= {base})",
                      field(HYPERVISOR, "Depends"))
        self.assertTrue(field(HYPERVISOR, "Version").startswith(
            re.sub(r"-g[0-9a-f]+$", "", base) + "+kexec"))

    def test_build_depends(self):
        """debian/control has the packages of scripts/packages."""
        essential = {"gcc", "libc6-dev", "binutils", "make", "dpkg-dev"}
        listed = {line.split()[1] for line in
                  (TOP / "scripts/packages").read_text().splitlines()
                  if re.match(r"(build|deb) ", line)}
        control = (TOP / "packaging/debian/control").read_text()
        named = re.search(r"^Build-Depends:((?:.*\n)(?: .*\n)*)", control,
                          re.MULTILINE)[1]
        self.assertEqual(listed - essential, {
            word.split()[0].removesuffix("-compat")
            for word in named.split(",")})

    def test_lintian(self):
        """Nothing, or what an override gives a reason for."""
        version = run("lintian", "--version")
        said = subprocess.run(
            ["lintian", "--allow-root", "--display-info", "--fail-on",
             "error,warning,info", *(BUILD / "deb").glob("*.changes")],
            capture_output=True, text=True, check=False)
        if said.returncode != 0 and LINTIAN not in version:
            self.skipTest(f"{version.strip()} finds more than {LINTIAN}")
        self.assertEqual((0, ""), (said.returncode, said.stdout))


class Host(unittest.TestCase):
    """What becomes of a host with Debian's own Xen."""

    def test_installed_files(self):
        """All files of the packages, the link that enables the unit, and no
        others."""
        packed = {path for name in OURS for path in files(name)}
        enabled = {"etc/systemd/system/multi-user.target.wants/"
                   "xen-kdump.service"}
        self.assertEqual(packed | enabled, {
            path for path in host().installed if not path.endswith("/") and
            not path.startswith(HELPERS_STATE)})

    def test_beside_debians(self):
        """Debian's hypervisor is as it was."""
        self.assertEqual("", host().verified)

    def test_grub(self):
        """GRUB lists both hypervisors, ours first; later only Debian's."""
        ours = "multiboot2\t/boot/xen-4.20-kexec-amd64.gz"
        debians = "multiboot2\t/boot/xen-4.20-amd64.gz"
        self.assertEqual(ours, host().grub_installed[0])
        self.assertIn(debians, host().grub_installed)
        for without in host().grub_before, host().grub_removed:
            self.assertEqual(debians, without[0])
            self.assertNotIn("kexec", " ".join(without))

    def test_update_grub(self):
        """It is called once, when a hypervisor comes and when it goes."""
        self.assertEqual((1, 1), (host().calls, host().calls_removed))

    def test_toolstack_removed(self):
        """The hypervisor would go with its toolstack; the others stay."""
        removed = re.findall(r"^Remv (\S+)", host().without_tools,
                             re.MULTILINE)
        self.assertIn(HYPERVISOR, removed)
        self.assertNotIn(SYMBOLS, removed)
        self.assertNotIn(READER, removed)

    def test_symbols_are_found(self):
        """The reader finds the symbols by the build id in a dump."""
        for symbols, report in host().reports.items():
            self.assertRegex(report, r"kexec_crash\+0x1  common/kexec.*\.c:\d",
                             symbols)

    def test_static_reader(self):
        """The program for an initramfs runs."""
        self.assertIn("Usage: xen-vmcore", host().crash_help)

    def test_service(self):
        """The command runs, and says what is missing."""
        self.assertIn("fail  Xen: this is no dom0", host().check)
        self.assertTrue(host().check.endswith("\n1\n"))

    def test_service_removed(self):
        """What the operator has written stays; keys do not."""
        self.assertIn("etc/xen/kdump.conf", host().service_removed)
        self.assertEqual([], [path for path in host().service_removed
                              if path.startswith("var/lib/xen-kdump")])

    def test_purge(self):
        """It leaves nothing, and takes nothing else along."""
        self.assertEqual((set(), set()), (host().after - host().before,
                                          host().before - host().after))
