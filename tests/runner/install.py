# SPDX-License-Identifier: GPL-2.0-only
"""Install our packages on a plain Debian 13, as docs/operating.md says."""

import hashlib
import shutil
import socket
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from . import guide
from .installed import Hardware, Host, Wrong, empty_disk, overlay, tool
from .verdict import Broken

SECTION = "From a plain Debian 13"
SECONDS = 3600

def _debs(build):
    found = sorted(build.top.glob("deb/*.deb"))
    if not found:
        raise Broken("no packages: run make deb")
    return found


def packages(build, path):
    """A file system with the packages of build/deb."""
    with tempfile.TemporaryDirectory() as folder:
        size = 8192
        for deb in _debs(build):
            shutil.copy(deb, folder)
            size += deb.stat().st_size // 1024
        path.unlink(missing_ok=True)
        tool("mke2fs", "-q", "-F", "-t", "ext4", "-L", "packages", "-d",
             folder, path, f"{size}k")
    return path


def plain_disk(build, path):
    """A new disk with the plain Debian 13."""
    return overlay(build.top / "host" / "plain.img", path)


def type_command(host, command):
    """As an operator would, with what that one looks at."""
    if command == "reboot":
        host.restart(command)
    elif command == "systemctl start kexec.target":
        resets = host.resets()
        host.restart(command)
        if host.resets() != resets:
            raise Wrong("the host went through its firmware")
    elif command == "xen-kdump test":
        host.restart(f"echo crash | {command}")
    else:
        said = host.shell.must(command)
        bad = [line for line in said.splitlines()
               if not line.startswith("pass ")] or not said and ["nothing"]
        if command == "xen-kdump check" and bad:
            raise Wrong(f"xen-kdump check: {'; '.join(bad)}")


def installing():
    """What the guide says, in two parts: until Xen runs, and then."""
    found = guide.commands(SECTION)
    for number, command in enumerate(found):
        if command.startswith("xen-kdump"):
            return found[:number], found[number:]
    raise Broken(f"{guide.PATH} never says xen-kdump")


def _install(host):
    """Until Xen runs."""
    host.shell.ready()
    host.shell.must("cd /media")
    for command in installing()[0]:
        type_command(host, command)


# The host that others save to: what it exports is what ssh may write to.
SERVE = """
set -e
ifdown eth0
sed -i 's/192.0.2.2/192.0.2.1/' /etc/network/interfaces
ifup eth0
apt-get install nfs-kernel-server openssh-server
mkdir -p /srv/crash
echo '/srv  192.0.2.0/24(rw,no_root_squash,no_subtree_check)' >/etc/exports
exportfs -ra
echo 'AuthorizedKeysFile /srv/authorized_keys' >/etc/ssh/sshd_config.d/key.conf
echo 'StrictModes no' >>/etc/ssh/sshd_config.d/key.conf
systemctl restart ssh
"""


@dataclass(frozen=True)
class Frozen:
    """A host that runs, and is stopped: cases go on from there."""
    folder: Path
    firmware: str

    @property
    def disk(self):
        """What its disk has,"""
        return self.folder / "disk.qcow2"

    @property
    def state(self):
        """... its memory and processors,"""
        return self.folder / "state"

    @property
    def packages(self):
        """... and the disk with our packages."""
        return self.folder / "packages.img"

    def hardware(self, folder, link, mac):
        """The machine that goes on, with its disks in that folder."""
        return Hardware(overlay(self.disk, folder / "disk.qcow2"),
                        empty_disk(folder / "spare.qcow2"), self.packages,
                        self.firmware, self.state, link, mac)


def _serve(host):
    host.shell.ready()
    host.shell.must(SERVE)


# What is frozen: how it is made, its firmware, and the words that it depends
# on.
HOSTS = {
    "bios": (_install, "bios", lambda: installing()[0]),
    "uefi": (_install, "uefi", lambda: installing()[0]),
    "server": (_serve, "bios", lambda: SERVE),
}


MACS = {name: f"52:54:00:00:00:{number:02}"
        for number, name in enumerate(HOSTS, 1)}


def _key(build, accelerator, name):
    """Of what this host depends on."""
    digest = hashlib.sha256(f"{accelerator} {HOSTS[name][2]()}".encode())
    for path in (build.top / "host" / "key", *_debs(build)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _freeze(build, accelerator, name, frozen):
    """Make it."""
    frozen.folder.mkdir(parents=True, exist_ok=True)
    link, _peer = socket.socketpair()
    plain = build.top / "host" / "plain.img"
    hardware = Hardware(overlay(plain, frozen.disk),
                        empty_disk(frozen.folder / "spare.qcow2"),
                        packages(build, frozen.packages), frozen.firmware,
                        None, link, MACS[name])
    host = Host(build, hardware, accelerator, frozen.folder / "serial.log",
                SECONDS)
    with host:
        HOSTS[name][0](host)
        host.machine.save(frozen.state)


_freezing = {name: threading.Lock() for name in HOSTS}


def frozen_host(build, accelerator, name):
    """One of HOSTS."""
    frozen = Frozen(build.top / "host" / name, HOSTS[name][1])
    key_file = frozen.folder / "key"
    with _freezing[name]:
        key = _key(build, accelerator, name)
        if not key_file.exists() or key_file.read_text() != key:
            key_file.unlink(missing_ok=True)
            _freeze(build, accelerator, name, frozen)
            key_file.write_text(key)
    return frozen
