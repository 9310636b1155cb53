# SPDX-License-Identifier: GPL-2.0-only
"""The crash kernel's initramfs, made by mkinitramfs or dracut."""

import hashlib
import os
import shlex
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import host, target
from .host import Trouble, run

SHARE = Path(__file__).resolve().parent.parent
STATE = Path("/var/lib/xen-kdump")
READER = "/usr/libexec/xen-vmcore/xen-vmcore-crash"
PROGRAMS = (READER, "busybox", "makedumpfile", "blkid")
KNOWN_HOSTS = (Path("/root/.ssh/known_hosts"),
               Path("/etc/ssh/ssh_known_hosts"))
# Loaded modules of these folders of a kernel are in use by what an encrypted
# or composed device is made of.
IN_USE = ("/kernel/crypto/", "/kernel/arch/x86/crypto/", "/kernel/lib/crypto/",
          "/kernel/drivers/md/")
FOR_CRASH = ("DUMP", "DUMP_LEVEL", "COMPRESS", "KEEP", "KEEP_FREE",
             "TIME_LIMIT", "AFTER", "ON_FAILURE", "COMMAND", "CONSOLE_LINES")


@dataclass
class Image:
    """What goes into an initramfs; its name tells it from any other."""
    config: dict
    release: str
    places: list
    generator: str
    trouble: Trouble | None = None      # with the target, which it then lacks

    @property
    def path(self):
        """Where it is."""
        return STATE / f"initrd.img-{self.release}"


def shell(variables):
    """As a shell reads it."""
    return "".join(f"{name}={shlex.quote(value)}\n"
                   for name, value in variables.items())


def plan(config):
    """What the initramfs of this host has to be."""
    generator = config["GENERATOR"]
    if generator == "auto":
        generator = "dracut" if not shutil.which("mkinitramfs") else \
            "initramfs-tools"
    places, trouble = target.places(config)
    return Image(config, host.kernel(config)[0], places, generator, trouble)


def programs(image):
    """The paths of the programs in it."""
    names = [*PROGRAMS, *(name for place in image.places
                          for name in place.programs)]
    if image.config["COMPRESS"] != "none":
        names.append(image.config["COMPRESS"])
    if image.config["COMMAND"]:
        names.append(image.config["COMMAND"])
    found = []
    for name in dict.fromkeys(names):
        path = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
        if not path:
            raise Trouble(f"{name} is not installed")
        found.append(path)
    return found


def modules(image):
    """What the crash kernel loads, in this order."""
    names = ["softdog", *(name for place in image.places
                          for name in place.drivers)]
    if any(place.shell.get("steps") for place in image.places):
        loaded = [line.split()[0] for line in
                  Path("/proc/modules").read_text("ascii").splitlines()]
        names += [name for name in sorted(loaded) if any(
            folder in run("modinfo", "--field=filename", name)
            for folder in IN_USE)]
    return list(dict.fromkeys(names))


def secrets(image):
    """{name below /xen-kdump: the file of this host}."""
    files = {}
    if any(place.luks() for place in image.places):
        files["luks_key"] = Path(image.config["LUKS_KEY"])
    if any(place.kind == "ssh" for place in image.places):
        files["ssh_key"] = Path(image.config["SSH_KEY"])
    return {name: path for name, path in files.items() if path.is_file()}


def known_hosts(alias):
    """The lines about that server in this host's files."""
    lines = []
    for path in KNOWN_HOSTS:
        try:
            lines += run("ssh-keygen", "-F", alias, "-f", path).splitlines()
        except Trouble:
            continue
    return "".join(f"{line}\n" for line in lines if not line.startswith("#"))


def stage(image, folder):
    """What initramfs-tools/hooks/xen-kdump and dracut/module-setup.sh read."""
    root = folder / "root"
    here = root / "xen-kdump"
    (here / "places").mkdir(parents=True)
    shutil.copy(SHARE / "crash/init", here / "init")
    (here / "conf").write_text(shell(
        {key: image.config[key] for key in FOR_CRASH}))
    (here / "modules").write_text("\n".join(modules(image)) + "\n")
    for number, place in enumerate(image.places):
        (here / "places" / f"{number}-{place.what}").write_text(
            shell(place.variables()))
    (folder / "programs").write_text("\n".join(programs(image)) + "\n")
    for name, path in secrets(image).items():
        (here / name).touch(mode=0o600)
        (here / name).write_bytes(path.read_bytes())
    (root / "etc").mkdir()
    # libtirpc's, for mount.nfs.
    if Path("/etc/netconfig").is_file():
        shutil.copy("/etc/netconfig", root / "etc/netconfig")
    for place in image.places:
        if place.kind != "ssh":
            continue
        (here / "known_hosts").write_text(known_hosts(place.shell["host"]))
        # ssh wants to know who runs it.
        (root / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\n")


def seen(path):
    """What changes when the file does."""
    known = os.stat(path)
    return f"{known.st_size} {known.st_mtime_ns}"


def digest(image, folder):
    """Of all that the initramfs depends on; folder: what stage() has left."""
    found = hashlib.sha256(image.generator.encode())
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            found.update(str(path.relative_to(folder)).encode())
            found.update(path.read_bytes())
    inputs = [f"/lib/modules/{image.release}/modules.dep",
              *(folder / "programs").read_text().split(),
              *sorted((SHARE / "initramfs-tools").rglob("*"))]
    for path in inputs:
        found.update(f"{path} {seen(path)}".encode())
    return found.hexdigest()


def command(image, output):
    """That makes it."""
    if image.generator == "dracut":
        return ["dracut", "--force", "--quiet", "--no-hostonly",
                "--no-early-microcode", "--modules", "xen-kdump",
                output, image.release]
    return ["mkinitramfs", "-d", SHARE / "initramfs-tools", "-o", output,
            image.release]


def inside(image):
    """Bytes of the unpacked initramfs."""
    if image.generator == "dracut":
        listing = run("lsinitrd", image.path)
        return sum(int(line.split()[4]) for line in listing.splitlines()
                   if line[:1] == "-" and len(line.split()) > 8)
    listing = run("lsinitramfs", "-l", image.path)
    return sum(int(line.split()[4]) for line in listing.splitlines()
               if line[:1] == "-")


def key_of(image):
    """The file with the digest of what the initramfs was made from."""
    return Path(f"{image.path}.inputs")


def is_made_from(image, now):
    """Is the initramfs there, and made from these inputs?"""
    key = key_of(image)
    return image.path.exists() and key.exists() and \
        key.read_text("ascii") == now


def is_current(image):
    """Is the initramfs there, and made from what there is now?"""
    with tempfile.TemporaryDirectory(prefix="xen-kdump.") as folder:
        stage(image, Path(folder))
        return is_made_from(image, digest(image, Path(folder)))


def make(image):
    """Make it, unless it is current."""
    STATE.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="xen-kdump.") as folder:
        stage(image, Path(folder))
        now = digest(image, Path(folder))
        if is_made_from(image, now):
            return
        new = Path(f"{image.path}.new")
        # It may have keys.
        mask = os.umask(0o077)
        try:
            run(*command(image, new), timeout=600,
                env=os.environ | {"XEN_KDUMP_STAGE": folder})
            new.replace(image.path)
            key_of(image).write_text(now, "ascii")
        finally:
            os.umask(mask)
            new.unlink(missing_ok=True)
