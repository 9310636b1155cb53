# SPDX-License-Identifier: GPL-2.0-only
"""Tests of tools/xen-kdump that need no machine: what the command makes of
its configuration and of what other programs say."""

import contextlib
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

TOP = Path(__file__).resolve().parents[2]
TOOL = TOP / "tools/xen-kdump"
BUILD = Path(os.environ.get("BUILD", TOP / "build")).resolve()
sys.path.insert(0, str(TOOL))

# pylint: disable=wrong-import-position
from xen_kdump import (checks, cli, config, estimate, host,  # noqa: E402
                       initramfs, loader, reports, target)
from xen_kdump.host import Trouble  # noqa: E402

UUID = "0a1b2c3d-1111-2222-3333-444455556666"


def place(what="target", **shell):
    """A place on an ext4 partition."""
    return target.Place(what, "local", {
        "uuid": UUID, "fstype": "ext4", "options": "rw", "dir": "/var/crash",
        "steps": ""} | shell, path=Path("/var/crash"), drivers=["ext4"])


def answers(known):
    """A stand-in for host.run(): {the command's first words: its output}."""
    def run(*command, **_):
        words = " ".join(map(str, command))
        for begin, output in known.items():
            if words.startswith(begin):
                if isinstance(output, Exception):
                    raise output
                return output
        raise AssertionError(f"not expected: {words}")
    return run


class Configuration(unittest.TestCase):
    """kdump.conf"""

    def test_shipped(self):
        """The shipped file changes nothing, and names each key's default."""
        text = (TOOL / "kdump.conf").read_text("utf-8")
        self.assertEqual(config.DEFAULTS, config.parse(text))
        named = re.sub(r"^#(?=[A-Z_]+=)", "", text, flags=re.MULTILINE)
        keys = re.findall(r"^([A-Z_]+)=", named, re.MULTILINE)
        self.assertEqual(sorted(config.DEFAULTS), sorted(keys))
        self.assertEqual(config.DEFAULTS, config.parse(named))

    def test_manual(self):
        """The manual page has the same keys, and their defaults."""
        page = (TOOL / "xen-kdump.conf.5").read_text("utf-8")
        sections = re.split(r"^\.TP\n\.B ([A-Z_]+)$", page,
                            flags=re.MULTILINE)
        self.assertEqual(sorted(config.DEFAULTS), sorted(sections[1::2]))
        for key, text in zip(sections[1::2], sections[2::2]):
            found = re.search(r"Default:(?: none\.|\n\.\w+ (\S+))", text)
            self.assertEqual(config.DEFAULTS[key],
                             (found[1] or "").rstrip(",."), key)

    def test_values(self):
        """Quotes and comments are as in a shell."""
        got = config.parse("# a comment\n\nKEEP=7  # more\n"
                           "TARGET='ssh:me@example.org:/a/b c'\n"
                           .replace(" c'", "'"))
        self.assertEqual(("7", "ssh:me@example.org:/a/b"),
                         (got["KEEP"], got["TARGET"]))
        self.assertEqual("65475", config.parse(
            "TIME_LIMIT=65475 # it's the most")["TIME_LIMIT"])
        config.parse("NETWORK='00:16:3E:01:02:03 192.0.2.7/24 192.0.2.1'\n"
                     "TARGET=ssh:me@192.0.2.1:2222:/a")

    def test_refused(self):
        """What is wrong is named, with its line."""
        for line, what in (
                ("KEPP=5", "KEPP=5: no such key"),
                ("KEEP", "KEEP: no such key"),
                ("KEEP=0", "KEEP=0"), ("KEEP=many", "KEEP=many"),
                ("APPEND=a b", "in quotes"), ("APPEND='a", "quotation"),
                ("TARGET=var/crash", "TARGET"),
                ("TARGET=/it's", "quotation"),
                ("TARGET='/a b'", "TARGET"), ("TARGET=\"/a'b\"", "TARGET"),
                ("TARGET=nfs:server", "TARGET"),
                ("TARGET=ssh:server:/a", "TARGET"),
                ("DUMP_LEVEL=31", "DUMP_LEVEL"), ("COMPRESS=lzo", "COMPRESS"),
                ("AFTER=sleep", "AFTER"), ("TIME_LIMIT=0", "TIME_LIMIT"),
                ("TIME_LIMIT=65476", "65475"),
                ("TARGET=/var/crash#1", "TARGET"),
                ("TARGET=ssh:me@server:22/a", "TARGET"),
                ("NETWORK='00:16:3e:01:02:03 192.0.2.300/24'", "192.0.2.300"),
                ("NETWORK='00:16:3e:01:02:03 192.0.2.7/24 1.2.3'", "1.2.3"),
                ("NETWORK=eth0", "NETWORK")):
            with self.assertRaises(Trouble, msg=line) as caught:
                config.parse("\n" + line)
            self.assertIn("kdump.conf:2: ", str(caught.exception))
            self.assertIn(what.lower(), str(caught.exception).lower())


class Hypercall(unittest.TestCase):
    """Another number would do something else: 0 is to leave Xen."""

    def test_numbers(self):
        """They are those of Xen's headers."""
        public = BUILD / "tree/xen/xen/include/public"
        text = "".join((public / name).read_text("utf-8")
                       for name in ("xen.h", "kexec.h"))
        for name, number in (("__HYPERVISOR_kexec_op", host.HYPERCALL_KEXEC),
                             ("KEXEC_CMD_kexec_get_range",
                              host.CMD_GET_RANGE),
                             ("KEXEC_RANGE_MA_CRASH", host.RANGE_CRASH)):
            self.assertEqual(str(number), re.search(
                rf"^#define {name}\s+(\d+)", text, re.MULTILINE)[1], name)


class Programs(unittest.TestCase):
    """What other programs print."""

    def test_language(self):
        """It is English, whatever else is in the environment."""
        with mock.patch.dict(os.environ, LC_ALL="de_DE.UTF-8", LANG="x"):
            self.assertEqual("C.UTF-8 x\n", host.run(
                "sh", "-c", "echo $LC_ALL $LANG"))
            self.assertEqual("C.UTF-8 1\n", host.run(
                "sh", "-c", "echo $LC_ALL $STAGE", env={"STAGE": "1"}))


class Consoles(unittest.TestCase):
    """Xen's consoles, as Linux calls them."""

    def test_consoles(self):
        """Each form of the options."""
        for xen, linux in (
                ("", "tty0"), ("console=vga", "tty0"),
                ("console=com1 com1=115200,8n1", "ttyS0,115200n8"),
                ("com2=57600/1843200,7e2,0x2f8,3 console=com2,vga",
                 "tty0 ttyS1,57600e7"),
                ("com1=115200,8n1,0x3e8,4 console=vga,com1H",
                 "tty0 ttyS2,115200n8"),
                ("com1=auto console=com1", "ttyS0"),
                ("console=com1", "ttyS0"),
                ("com1=115200,8n1,pci console=com1,vga", "tty0"),
                ("com1=115200,8n1,amt console=com1", ""),
                ("console=none", "")):
            self.assertEqual(linux, " ".join(host.consoles(xen)), xen)

    def test_command_line(self):
        """The operator's words come last, so that they count."""
        chosen = config.DEFAULTS | {"CONSOLE": "tty0 ttyS4",
                                    "APPEND": "panic=1"}
        words = loader.cmdline(chosen).split()
        self.assertEqual(["console=tty0", "console=ttyS4"], words[:2])
        self.assertEqual("panic=1", words[-1])


class Targets(unittest.TestCase):
    """What the crash kernel has to bring up."""

    trouble = None      # with the target

    def test_steps(self):
        """A file system on LVM on LUKS on MD: the lowest first."""
        disk = {"type": "disk", "path": "/dev/sda"}
        part = {"type": "part", "path": "/dev/sda1", "children": [disk]}
        raid = {"type": "raid1", "path": "/dev/md0", "children": [part, part]}
        crypt = {"type": "crypt", "path": "/dev/mapper/c", "children": [raid]}
        volume = {"type": "lvm", "path": "/dev/v/root", "children": [crypt]}
        with mock.patch.object(target, "run", answers({
                "mdadm --detail --export /dev/md0": "MD_UUID=1:2:3:4\n",
                "blkid -o value -s UUID /dev/md0": UUID + "\n",
                "lvs --noheadings -o lv_full_name /dev/v/root": "  v/root\n",
                "lvs --noheadings -o lv_full_name /dev/v/pool":
                    "  v/[pool]\n"})):
            self.assertEqual(["md:1:2:3:4", f"luks:{UUID}", "lvm:v/root"],
                             target.steps_to(volume))
            # A thin volume brings up what it is in.
            volume["children"] = [{"type": "lvm", "path": "/dev/v/pool",
                                   "children": [disk]}]
            self.assertEqual(["lvm:v/root"], target.steps_to(volume))

    def test_unknown_device(self):
        """What the crash kernel cannot bring up is refused."""
        with self.assertRaisesRegex(Trouble, "type mpath"):
            target.steps_to({"type": "mpath", "path": "/dev/mapper/m"})

    def test_folder(self):
        """A folder's place in its file system, below a mount of a part of
        it; which need not exist."""
        with tempfile.TemporaryDirectory() as name, \
                mock.patch.object(target, "drivers_of",
                                  return_value=["ahci"]), \
                mock.patch.object(target, "run", answers({
                    "findmnt": json.dumps({"filesystems": [{
                        "source": "/dev/sda1", "target": name,
                        "fstype": "ext4", "fsroot": "/part"}]}),
                    "lsblk": json.dumps({"blockdevices": [{
                        "kname": "sda1", "path": "/dev/sda1",
                        "type": "part"}]}),
                    "blkid -o value -s TYPE": "ext4\n",
                    "blkid -o value -s UUID": UUID + "\n"})):
            found = target.mounted("target", Path(name) / "a/b",
                                   config.DEFAULTS)
        self.assertEqual(("/part/a/b", UUID), (found.shell["dir"],
                                               found.shell["uuid"]))
        self.assertEqual(["ahci", "ext4"], found.drivers)

    @contextlib.contextmanager
    def devices(self, *paths, links=()):
        """A /sys with these folders, and links of one to another."""
        with tempfile.TemporaryDirectory() as name:
            top = Path(name).resolve()
            for path in paths:
                (top / path).mkdir(parents=True)
            for link, to in links:
                (top / link).parent.mkdir(parents=True, exist_ok=True)
                (top / link).symlink_to(top / to)
            yield top

    def test_drivers(self):
        """Of each device that a device is on, and of what that hangs off."""
        with self.devices(
                "pci0/ata1/block/sda", "pci0/driver/module", "virtual/md0",
                "pci1/driver", "pci1/nvme/nvme0",
                "virtual/nvme-subsystem/nvme-subsys0/nvme0n1/nvme0n1p1",
                "virtual/loop0",
                links=[("virtual/md0/slaves/sda", "pci0/ata1/block/sda"),
                       ("pci1/driver/module", "module/nvme"),
                       ("virtual/nvme-subsystem/nvme-subsys0/nvme0",
                        "pci1/nvme/nvme0")]) as top:
            (top / "module/nvme").mkdir(parents=True)
            self.assertEqual(["module"], target.drivers_of(
                top / "virtual/md0"))
            self.assertEqual(["nvme"], target.drivers_of(
                top / "virtual/nvme-subsystem/nvme-subsys0/nvme0n1/"
                "nvme0n1p1"))
            with self.assertRaisesRegex(Trouble, "loop0: no driver"):
                target.drivers_of(top / "virtual/loop0")

    def on_device(self, top, fstype="ext4"):
        """A place on the disk sda of this /sys."""
        with mock.patch.multiple(
                target, BLOCK=top, BTRFS=top / "btrfs", run=answers({
                    "lsblk": json.dumps({"blockdevices": [{
                        "kname": "sda", "path": "/dev/sda",
                        "type": "disk"}]}),
                    "blkid -o value -s TYPE": fstype,
                    "blkid -o value -s UUID": UUID})):
            return target.on_device("target", "/dev/sda", "/a")

    def test_unsupported_disks(self):
        """A disk by iSCSI, and one of several of a btrfs, are refused."""
        with self.devices("pci0/sda/driver", f"btrfs/{UUID}/devices/sda",
                          links=[("sda", "pci0/sda")]) as top:
            self.assertEqual("/a", self.on_device(top).shell["dir"])
            self.on_device(top, "btrfs")
            (top / f"btrfs/{UUID}/devices/sdb").mkdir()
            with self.assertRaisesRegex(Trouble, "several devices"):
                self.on_device(top, "btrfs")
        with self.devices("host2/session1/sda/driver",
                          links=[("sda", "host2/session1/sda")]) as top, \
                self.assertRaisesRegex(Trouble, "iSCSI"):
            self.on_device(top)

    def network(self, chosen, links, vlan=(), guests=(), own="192.0.2.7"):
        """What the crash kernel gets for a server, on a host whose interfaces
        have these ones below them; of those without, none is virtual, but
        for guests' ones."""
        with tempfile.TemporaryDirectory() as name, \
                mock.patch.multiple(target, NET=Path(name) / "net",
                                    VLAN=Path(name) / "vlan"), \
                mock.patch.object(target, "drivers_of", return_value=["e"]), \
                mock.patch.object(target, "run", answers({
                    "ip -json -4 route get 192.0.2.9": json.dumps([{
                        "dev": "xenbr0", "prefsrc": "192.0.2.7",
                        "gateway": "192.0.2.1"}]),
                    "ip -json -4 address show xenbr0": json.dumps([{
                        "addr_info": [{"local": own,
                                       "prefixlen": 24}]}])})):
            for number, (link, below) in enumerate(links.items()):
                folder = target.NET / link
                folder.mkdir(parents=True)
                (folder / "address").write_text(f"00:00:00:00:00:0{number}\n")
                for lower in below or ():
                    (folder / f"lower_{lower}").touch()
                if below is None:
                    bus = "xen-backend" if link in guests else "pci"
                    (Path(name) / bus).mkdir(exist_ok=True)
                    (folder / "device").mkdir()
                    (folder / "device/subsystem").symlink_to(Path(name) / bus)
            for link in vlan:
                (target.VLAN / link).mkdir(parents=True)
            shell, _ = target.network(
                "192.0.2.9", config.DEFAULTS | {"NETWORK": chosen})
        return shell

    def test_bridge(self):
        """The interface below the bridge, with the bridge's address."""
        links = {"eth0": None, "eth1": None, "vif1.0": (),
                 "xenbr0": ("vif1.0", "eth1")}
        self.assertEqual(
            {"server": "192.0.2.9", "mac": "00:00:00:00:00:01",
             "address": "192.0.2.7/24", "gateway": "192.0.2.1"},
            self.network("auto", links))
        self.assertEqual(
            {"server": "192.0.2.9", "mac": "00:00:00:00:00:00",
             "address": "10.0.0.1/8", "gateway": ""},
            self.network("00:00:00:00:00:00 10.0.0.1/8", links))

    def test_bond(self):
        """One of its interfaces, whatever else there is on the bridge."""
        links = {"bond0": ("eno1", "eno2"), "eno1": None, "eno2": None,
                 "tap1.0": (), "vif1.0": None,
                 "xenbr0": ("bond0", "tap1.0", "vif1.0")}
        for bond in "bond0", "xbond0":
            links[bond] = links["bond0"]
            links["xenbr0"] = (bond, "tap1.0", "vif1.0")
            self.assertEqual("00:00:00:00:00:01", self.network(
                "auto", links, guests=["vif1.0"])["mac"], bond)

    def servers(self, wanted):
        """The folder, and more, of a target on a server."""
        with mock.patch.multiple(
                target, network=lambda server, _: ({"server": server}, []),
                own_folder=lambda: "host1"):
            return target.target(config.DEFAULTS | {"TARGET": wanted}).shell

    def test_servers(self):
        """Each host has a folder of its own; known_hosts has the port."""
        self.assertEqual(
            {"server": "s", "export": "/a/b", "dir": "/host1"},
            self.servers("nfs:s:/a/b"))
        self.assertEqual(
            {"server": "s", "user": "me", "host": "s", "port": "22",
             "dir": "/a/b/host1"}, self.servers("ssh:me@s:/a/b"))
        self.assertEqual(
            {"server": "s", "user": "me", "host": "[s]:2222", "port": "2222",
             "dir": "/a/b/host1"}, self.servers("ssh:me@s:2222:/a/b"))

    def test_no_interface(self):
        """What the crash kernel cannot set up is refused."""
        for links in ({"xenbr0": ()}, {"xenbr0": ("vif1.0",), "vif1.0": None},
                      {"xenbr0": ("tap1.0",), "tap1.0": ()}):
            with self.assertRaisesRegex(Trouble, "NETWORK"):
                self.network("auto", links, guests=["vif1.0"])
        with self.assertRaisesRegex(Trouble, "192.0.2.7"):
            self.network("auto", {"xenbr0": None}, own="192.0.2.8")
        with self.assertRaisesRegex(Trouble, "NETWORK"):
            self.network("auto", {"eth0": None, "xenbr0": ("eth0",)},
                         vlan=["xenbr0"])
        with self.assertRaisesRegex(Trouble, "00:00:00:00:00:07"):
            self.network("00:00:00:00:00:07 10.0.0.1/8", {"eth0": None})

    def places(self, files, key="/nonexistent"):
        """What places() finds when mounted() says so of each place."""
        def mounted(what, *_):
            if isinstance(files[what], Exception):
                raise files[what]
            return files[what]
        with mock.patch.object(target, "mounted", mounted), \
                mock.patch.object(Path, "is_mount", return_value=True):
            found, self.trouble = target.places(
                config.DEFAULTS | {"LUKS_KEY": key})
            return [place.what for place in found]

    def test_places(self):
        """Each file system once; none that cannot be unlocked, but for the
        target; none that there is trouble with."""
        root, boot = place("root"), place("boot", uuid="2")
        self.assertEqual(["target", "boot"], self.places({
            "target": place(), "root": root, "boot": boot,
            "efi": Trouble("no")}))
        locked = place("root", uuid="3", steps="luks:4")
        files = {"target": place(steps="luks:4"), "root": locked,
                 "boot": boot, "efi": place("efi", uuid="5")}
        self.assertEqual(["target", "boot", "efi"], self.places(files))
        self.assertEqual(["target", "root", "boot", "efi"],
                         self.places(files, __file__))

    def test_no_target(self):
        """There is trouble with the target: the others are left.  Only
        without those there is nothing."""
        files = {name: Trouble(f"no {name}")
                 for name in ("target", "root", "boot", "efi")}
        with self.assertRaisesRegex(Trouble, "no target"):
            self.places(files)
        self.assertEqual(["boot"], self.places(files | {
            "boot": place("boot")}))
        self.assertEqual("no target", str(self.trouble))


class Initramfs(unittest.TestCase):
    """What goes into it."""

    def stage(self, **changes):
        """{path: text} of what the generators get, and its digest."""
        chosen = config.DEFAULTS | changes
        image = initramfs.Image(chosen, "6.12-test", [place()],
                                "initramfs-tools")
        with tempfile.TemporaryDirectory() as name, \
                mock.patch.object(initramfs, "programs",
                                  return_value=[__file__]), \
                contextlib.ExitStack() as stack:
            initramfs.stage(image, Path(name))
            stack.enter_context(mock.patch.object(initramfs, "seen", str))
            digest = initramfs.digest(image, Path(name))
            return {str(path.relative_to(name)): path.read_text("utf-8")
                    for path in Path(name).rglob("*")
                    if path.is_file()}, digest

    def test_read_by_shell(self):
        """The shell of the crash kernel reads what was meant."""
        command = "/a/b"
        files, _ = self.stage(COMMAND=command, KEEP="3")
        text = files["root/xen-kdump/conf"] + \
            files["root/xen-kdump/places/0-target"] + \
            'printf "%s|" "$KEEP" "$COMMAND" "$what" "$uuid" "$dir" "$mac"'
        said = subprocess.run(["sh", "-uc", text], capture_output=True,
                              text=True, check=True).stdout
        self.assertEqual(f"3|{command}|target|{UUID}|/var/crash||", said)

    def test_all_that_init_reads(self):
        """Each key that crash/init has is in conf, and the other way round."""
        init = (TOOL / "crash/init").read_text("utf-8")
        keys = set(re.findall(r"\$\{?([A-Z][A-Z_]+)", init))
        self.assertEqual(set(initramfs.FOR_CRASH), keys)

    def test_known_hosts(self):
        """Only what is known of that server."""
        with mock.patch.object(initramfs, "run", answers({
                "ssh-keygen -F [s]:22 -f /root":
                    "# Host [s]:22 found: line 1\n[s]:22 key\n",
                "ssh-keygen -F [s]:22 -f /etc": Trouble("not found")})):
            self.assertEqual("[s]:22 key\n", initramfs.known_hosts("[s]:22"))

    def test_modules(self):
        """Their order is not that in which dom0 has loaded them."""
        image = initramfs.Image(config.DEFAULTS, "6.12-test",
                                [place(steps="luks:1")], "initramfs-tools")
        found = []
        for text in "b 1\na 1\n", "a 1\nb 1\n":
            with mock.patch.object(Path, "read_text", return_value=text), \
                    mock.patch.object(initramfs, "run", answers({
                        "modinfo": "/lib/modules/1/kernel/crypto/x.ko\n"})):
                found.append(initramfs.modules(image))
        self.assertEqual([["softdog", "ext4", "a", "b"]] * 2, found)

    def test_digest(self):
        """It changes with what the crash kernel reads, and only with that."""
        self.assertEqual(self.stage()[1], self.stage()[1])
        self.assertNotEqual(self.stage()[1], self.stage(KEEP="6")[1])
        self.assertEqual(self.stage()[1], self.stage(APPEND="quiet")[1])

    def test_missing_program(self):
        """It is named."""
        image = initramfs.Image(config.DEFAULTS | {
            "COMMAND": "/nonexistent/program"}, "6.12-test", [],
            "initramfs-tools")
        with mock.patch.object(initramfs, "PROGRAMS", ()), \
                self.assertRaisesRegex(Trouble, "/nonexistent/program"):
            initramfs.programs(image)


class Loading(unittest.TestCase):
    """xen-kdump load."""

    @staticmethod
    def make(_):
        """What stands for initramfs.make()."""

    def load(self, plan, initrd=True):
        """Its warning, whether it is good, and the commands that it ran."""
        ran = []

        def run(*command, **_):
            ran.append(" ".join(map(str, command)))
            return ""
        with tempfile.TemporaryDirectory() as name, \
                mock.patch.object(loader, "reserve", return_value=None), \
                mock.patch.multiple(
                    host, is_dom0=lambda: True, crash_area=lambda: (1, 2),
                    kernel=lambda _: ("6.12-test", Path("/k")),
                    xen_log=lambda: "(XEN) kexec: crash: sha256 abc\n",
                    xen_info=lambda: {"xen_commandline": ""}), \
                mock.patch.multiple(
                    initramfs, STATE=Path(name), plan=plan,
                    make=self.make), \
                mock.patch.multiple(loader, run=run,
                                    RECORD=Path(name) / "record"):
            if initrd:
                (Path(name) / "initrd.img-6.12-test").write_text("packed")
            return *loader.load(config.DEFAULTS), ran, loader.record()

    def test_load(self):
        """One command, which replaces what was loaded; and a record."""
        warning, good, ran, record = self.load(
            lambda _: SimpleNamespace(places=[], trouble=None))
        self.assertEqual((None, True), (warning, good))
        self.assertEqual(1, len(ran))
        self.assertRegex(ran[0], r"^kexec -p /k --initrd=\S+/initrd.img-6.12-"
                         "test --append=console=tty0 rdinit=/xen-kdump/init ")
        self.assertEqual("abc", record["digest"])

    def test_reserve(self):
        """Real bytes where reports go on this host, and nowhere else; a full
        file system is no reason not to load."""
        with tempfile.TemporaryDirectory() as name, \
                mock.patch.object(initramfs, "STATE", Path(name)):
            old, local, remote = place(), place(), target.Place(
                "target", "ssh", {})
            old.path, local.path = Path(name) / "old", Path(name) / "crash"
            self.assertIsNone(loader.reserve([old]))
            self.assertIsNone(loader.reserve([local, remote]))
            self.assertFalse((old.path / loader.RESERVE).exists())
            kept = local.path / loader.RESERVE
            self.assertGreaterEqual(kept.stat().st_blocks * 512,
                                    loader.RESERVE_BYTES)
            with mock.patch.object(os, "posix_fallocate",
                                   side_effect=OSError(28, "full")):
                self.assertIn("full", loader.reserve([local]))
            ran = []
            for dom0 in False, True:
                with mock.patch.multiple(host, is_loaded=lambda: True,
                                         is_dom0=lambda x=dom0: x), \
                        mock.patch.object(loader, "run",
                                          lambda *c: ran.append(c)):
                    loader.unload()
                self.assertEqual(dom0, ("kexec", "-p", "-u") in ran)
                self.assertFalse(kept.exists())

    def test_old_initramfs(self):
        """What was there is loaded if it cannot be made anew, whatever the
        reason, or if the new one had no target."""
        image = SimpleNamespace(places=[], trouble=Trouble("no server"))
        for plan in (mock.Mock(side_effect=Trouble("no server")),
                     mock.Mock(side_effect=ValueError("no server")),
                     lambda _: image):
            warning, good, ran, record = self.load(plan)
            self.assertIn("initramfs that was there: no server", warning)
            self.assertEqual((warning, False), (record["warning"], good))
            self.assertEqual(1, len(ran))
        with self.assertRaisesRegex(Trouble, "no server"):
            self.load(mock.Mock(side_effect=Trouble("no server")),
                      initrd=False)

    def test_without_target(self):
        """With no other initramfs, one for reports alone is better than
        none."""
        def made(_):
            (initramfs.STATE / "initrd.img-6.12-test").write_text("packed")
        with mock.patch.object(self, "make", made):
            warning, good, ran, _ = self.load(lambda _: SimpleNamespace(
                places=[], trouble=Trouble("no server")), initrd=False)
        self.assertIn("no server", warning)
        self.assertEqual((False, 1), (good, len(ran)))


class System(unittest.TestCase):
    """What systemd and packages call."""

    def test_unit(self):
        """It waits for the network, tries again, and unloads nothing while
        the host shuts down."""
        text = (TOOL / "xen-kdump.service").read_text("utf-8")
        for name in "After", "Wants":
            self.assertRegex(text, rf"\n{name}=.*\bnetwork-online.target\b")
        self.assertIn("\nRestart=on-failure\n", text)
        self.assertNotIn("ExecStop", text)

    def test_kernel_removed(self):
        """Its initramfs goes with it, but not at an upgrade."""
        script = (TOOL / "kernel-postrm").read_text("utf-8")
        for parameters, there in (("'remove' 'x'", False), ("'purge'", False),
                                  ("'upgrade' '6.12'", True), ("", False)):
            with tempfile.TemporaryDirectory() as name:
                files = [Path(name) / f"initrd.img-6.12{end}"
                         for end in ("", ".inputs")]
                for path in files:
                    path.touch()
                subprocess.run(
                    ["sh", "-c", script.replace("/var/lib/xen-kdump", name),
                     "sh", "6.12"], check=True,
                    env=os.environ | {"DEB_MAINT_PARAMS": parameters})
                self.assertEqual([there] * 2,
                                 [path.exists() for path in files])

    def test_guide(self):
        """Xen's options that the operator has in GRUB's files stay."""
        text = (TOP / "docs/operating.md").read_text("utf-8")
        command = re.search(r"^    (echo .*GRUB_CMDLINE_XEN=.*\\\n.*)$", text,
                            re.MULTILINE)[1]
        with tempfile.TemporaryDirectory() as name:
            (Path(name) / "grub.d").mkdir()
            said = subprocess.run(
                ["sh", "-euc", command.replace("/etc/default", name) +
                 f"\nGRUB_CMDLINE_XEN=mine\n. {name}/grub.d/*.cfg\n"
                 "echo $GRUB_CMDLINE_XEN"], text=True, check=True,
                capture_output=True)
        self.assertRegex(said.stdout, "^mine crashkernel=")

    def test_triggers(self):
        """All programs that may be in the initramfs."""
        named = (TOP / "packaging/debian/xen-kdump.triggers").read_text(
            "utf-8")
        for program in (*initramfs.PROGRAMS, *target.PROGRAMS.values(), "ssh",
                        "mount.nfs", "zstd"):
            self.assertRegex(named, rf"(?m)/{Path(program).name}$")

    def test_initramfs(self):
        """One that is not the newest costs no report."""
        for there, current, wanted in ((False, False, "fail"),
                                       (True, False, "warn"),
                                       (True, True, "pass")):
            image = SimpleNamespace(path=Path(
                __file__ if there else "/nonexistent"))
            with mock.patch.object(initramfs, "is_current",
                                   return_value=current):
                (verdict, _), = checks.check_initramfs(
                    SimpleNamespace(image=image))
            self.assertEqual(wanted, verdict)


class Checks(unittest.TestCase):
    """xen-kdump check."""

    def points(self, check, log="", **replaced):
        """What a check says of a host."""
        image = SimpleNamespace(path=Path(__file__), places=[place()])
        this = SimpleNamespace(config=config.DEFAULTS, image=image, log=log,
                               target=image.places[0])
        with contextlib.ExitStack() as stack:
            for name, value in replaced.items():
                module, _, name = name.partition("_")
                stack.enter_context(mock.patch.object(
                    {"host": host, "estimate": estimate, "checks": checks,
                     "loader": loader}[module], name, value))
            return list(check(this))

    def area(self, start, size, log=""):
        """The verdict on a crash area, of which 100 bytes are needed."""
        (verdict, _), = self.points(
            checks.check_area, log, host_crash_area=lambda: (start, size),
            estimate_area=lambda _: (100, {}))
        return verdict

    def test_area(self):
        """There, large enough, and below 4 GiB if an IOMMU says so."""
        amd = "(XEN) AMD-Vi: IOMMU 0 Enabled."
        self.assertEqual("fail", self.area(0, 0))
        self.assertEqual("fail", self.area(1 << 20, 99))
        self.assertEqual("pass", self.area(1 << 20, 100))
        self.assertEqual("pass", self.area(1 << 32, 100))
        self.assertEqual("fail", self.area(1 << 32, 100, amd))
        self.assertEqual("pass", self.area((1 << 32) - 100, 100, amd))
        self.assertEqual("fail", self.area((1 << 32) - 99, 100, amd))

    def test_estimate(self):
        """The sum of the parts; for ssh, 64 MiB more for each TiB."""
        with tempfile.NamedTemporaryFile() as kernel, \
                mock.patch.multiple(
                    host, kernel=lambda _: ("r", kernel.name),
                    xen_info=lambda: {"total_memory": str(1 << 20)}), \
                mock.patch.object(initramfs, "inside", return_value=5 << 20):
            kernel.seek(0x260)
            kernel.write((50 << 20).to_bytes(4, "little"))
            kernel.flush()
            image = SimpleNamespace(path=Path(kernel.name), places=[place()],
                                    config=config.DEFAULTS)
            area, parts = estimate.area(image)
            self.assertEqual((50 << 20, 5 << 20, 0x264), (
                parts["kernel"], parts["initramfs_unpacked"],
                parts["initramfs"]))
            self.assertGreater(area, sum(parts.values()))
            image.places[0].kind = "ssh"
            self.assertEqual({"bitmaps": 64 << 20}, dict(
                estimate.area(image)[1].items() - parts.items()))

    def test_room(self):
        """The dump must fit beside what is to stay free."""
        keep = 1024 << 20
        for free, wanted in ((keep + 9, "warn"), (keep + 10, "pass")):
            (verdict, _), = self.points(
                checks.check_target, estimate_dump=lambda: 10 * 1024,
                checks_run=answers({"df": f"x\n/ 1 1 {free} 1 /\n".replace(
                    str(free), str((keep >> 10) + free - keep))}))
            self.assertEqual(wanted, verdict)

    def server(self, kind, known):
        """The verdict on a target on a server, and what was run."""
        ran = []
        run = answers(known)

        def recorded(*command, **options):
            ran.append(" ".join(map(str, command)))
            return run(*command, **options)
        wanted = target.Place("target", kind, {
            "server": "192.0.2.9", "export": "/a", "dir": "/a/host1",
            "user": "me", "host": "[s]:2222", "port": "2222"})
        image = SimpleNamespace(places=[wanted])
        this = SimpleNamespace(
            config=config.DEFAULTS | {"SSH_KEY": __file__}, image=image,
            target=wanted)
        with mock.patch.object(checks, "run", recorded), \
                mock.patch.object(estimate, "dump", return_value=0):
            try:
                (verdict, _), = checks.check_target(this)
            except Trouble as trouble:
                return str(trouble), ran
        return verdict, ran

    def test_nfs(self):
        """It is mounted, written to, and left."""
        known = {"mount.nfs 192.0.2.9:/a": "", "umount": ""}
        verdict, ran = self.server("nfs", known)
        self.assertIn(verdict, ("pass", "warn"))
        folder = ran[-1].removeprefix("umount ")
        self.assertRegex(ran[0], rf"^mount.nfs 192.0.2.9:/a {folder} -o ")
        self.assertFalse(Path(folder).exists())
        with mock.patch.object(os, "fsync", side_effect=PermissionError):
            verdict, ran = self.server("nfs", known)
        self.assertIn("no_root_squash", verdict)
        self.assertEqual(2, len(ran))
        verdict, ran = self.server("nfs", {"mount.nfs": Trouble("refused")})
        self.assertEqual(("refused", 1), (verdict, len(ran)))

    def test_ssh(self):
        """No other options than the crash kernel has."""
        _, ran = self.server("ssh", {"ssh ": "hello\n/ 1 1 9 1 /\n"})
        self.assertRegex(ran[0], "^ssh -F none -p 2222 ")
        self.assertTrue(ran[0].endswith("me@192.0.2.9 df -Pk '/a'"))
        init = (TOOL / "crash/init").read_text("utf-8")
        self.assertIn('ssh -F none -p "$port" ', init)
        for option in re.findall(r"-o (\w+)=", ran[0]):
            # There, no agent runs, and there is no other key.
            if not option.startswith("Identit"):
                self.assertIn(f"-o {option}=", init)

    def test_no_target(self):
        """It is a failure, and nothing else is said of it."""
        image = SimpleNamespace(places=[place("root")], trouble="no server")
        this = checks.Host.__new__(checks.Host)
        this.image = image
        self.assertEqual([("fail", "no server")],
                         list(checks.check_target(this)))
        self.assertEqual([], list(checks.check_encryption(this)))

    def test_loaded(self):
        """Xen must have what is there, loaded by this command."""
        good = {"warning": None, "digest": "abc", "time": "now"}
        for loaded, record, current, wanted in (
                (False, good, True, "fail"), (True, {}, True, "fail"),
                (True, good, False, "fail"), (True, good, True, "pass"),
                (True, good | {"warning": "old"}, True, "warn"),
                (True, good | {"digest": None}, True, "warn")):
            (verdict, _), = self.points(
                checks.check_loaded, host_is_loaded=lambda x=loaded: x,
                loader_record=lambda x=record: x,
                loader_is_current=lambda x=current: x)
            self.assertEqual(wanted, verdict)

    def test_policy(self):
        """What Xen allows, if it says so."""
        for policy, locked, wanted in (
                ("off", "0", "fail"), ("crash-efi", "0", "fail"),
                ("crash-only", "1", "pass"), ("all", "0", "pass"),
                (Trouble("no such node"), Trouble("no"), "pass")):
            (verdict, text), = self.points(
                checks.check_locks, checks_run=answers({
                    "xenhypfs cat /kexec/policy": policy,
                    "xenhypfs cat /kexec/locked": locked}),
                checks_LOCKDOWN=Path("/nonexistent"),
                checks_SECURE_BOOT=Path("/nonexistent"))
            self.assertEqual(wanted, verdict)
            self.assertEqual(locked == "1", "after a reboot" in text)

    def test_lockdown(self):
        """dom0's and the firmware's locks are warned of."""
        with tempfile.TemporaryDirectory() as name:
            file = Path(name) / "file"
            for which, data, wanted in (
                    ("LOCKDOWN", b"none [integrity] x\n", "warn"),
                    ("LOCKDOWN", b"[none] integrity x\n", "pass"),
                    ("SECURE_BOOT", b"\6\0\0\0\1", "warn"),
                    ("SECURE_BOOT", b"\6\0\0\0\0", "pass")):
                file.write_bytes(data)
                files = {"LOCKDOWN": Path("/nonexistent"),
                         "SECURE_BOOT": Path("/nonexistent"), which: file}
                (verdict, _), = self.points(
                    checks.check_locks, checks_hypfs=lambda _: None,
                    **{f"checks_{key}": path for key, path in files.items()})
                self.assertEqual(wanted, verdict, data)

    def test_trouble(self):
        """A check that cannot be made fails, and the others are made."""
        with mock.patch.object(host, "is_dom0", lambda: True), \
                mock.patch.object(host, "xen_info",
                                  lambda: {"xen_version": "4.20"}), \
                mock.patch.object(checks, "Host"), \
                mock.patch.object(checks, "CHECKS", (
                    ("one", mock.Mock(side_effect=Trouble("why"))),
                    ("two", lambda _: [("pass", "good")]))):
            found = list(checks.points(config.DEFAULTS))
        self.assertEqual([("one", "fail", "why"), ("two", "pass", "good")],
                         found[2:])


class Command(unittest.TestCase):
    """The command line."""

    def call(self, *words, **replaced):
        """(exit status, standard output, error output)"""
        out, err = io.StringIO(), io.StringIO()
        with tempfile.TemporaryDirectory() as name, \
                mock.patch.object(sys, "argv", ["xen-kdump", *words]), \
                mock.patch.object(cli, "LOCK", Path(name) / "lock"), \
                mock.patch.object(config, "PATH", Path(name) / "conf"), \
                mock.patch.multiple(host, **replaced or {"run": host.run}), \
                contextlib.redirect_stdout(out), \
                contextlib.redirect_stderr(err):
            return cli.main(), out.getvalue(), err.getvalue()

    def test_status(self):
        """Exit status 0 only if something is loaded."""
        for loaded in True, False:
            status, out, _ = self.call(
                "status", "--json", is_loaded=lambda x=loaded: x,
                crash_area=lambda: (1 << 20, 1 << 28))
            self.assertEqual(0 if loaded else 1, status)
            self.assertEqual((loaded, 1 << 28), (
                json.loads(out)["loaded"], json.loads(out)["area_bytes"]))

    def test_check(self):
        """Exit status 1 only if a point fails."""
        for verdict, wanted in ("pass", 0), ("warn", 0), ("fail", 1):
            with mock.patch.object(checks, "points", lambda _, x=verdict: [
                    ("a", "pass", "good"), ("b", x, "text")]):
                status, out, _ = self.call("check")
            self.assertEqual(wanted, status)
            self.assertIn(f"{verdict:5} b: text", out)

    def test_trial(self):
        """No crash without an image, nor without the right answer."""
        ran = []
        with mock.patch.object(cli, "run", lambda *c, **_: ran.append(c)), \
                mock.patch("time.sleep"):
            status, _, err = self.call("test", "--yes",
                                       is_loaded=lambda: False)
            self.assertEqual((2, []), (status, ran))
            self.assertIn("no crash kernel", err)
            with mock.patch("builtins.input", return_value="yes"):
                status, _, _ = self.call("test", is_loaded=lambda: True)
            self.assertEqual((1, []), (status, ran))
            with mock.patch("builtins.input", side_effect=EOFError):
                status, _, _ = self.call("test", is_loaded=lambda: True)
            self.assertEqual((1, []), (status, ran))
            with mock.patch("builtins.input", return_value="crash"):
                self.call("test", is_loaded=lambda: True)
            self.assertEqual(("xl", "debug-keys", "C"), ran[-1])

    def test_bad_configuration(self):
        """It is named, but what is loaded can be removed."""
        trouble = mock.patch.object(config, "read",
                                    side_effect=Trouble("line 3"))
        with trouble, mock.patch.object(loader, "unload") as unload:
            self.assertEqual((2, "", "xen-kdump: line 3\n"),
                             self.call("load"))
            self.assertEqual(0, self.call("unload")[0])
        unload.assert_called_once()

    def test_not_dom0(self):
        """Said without a traceback."""
        status, _, err = self.call("load", is_dom0=lambda: False)
        self.assertEqual((2, "xen-kdump: this is no dom0 of a Xen\n"),
                         (status, err))

    def test_reports(self):
        """The newest first, wherever it is; others' folders are left out,
        and one that is not complete says so."""
        with tempfile.TemporaryDirectory() as name:
            one, two = Path(name) / "one", Path(name) / "two"
            for folder in (one / "20260101-000000-xen",
                           two / "20260102-000000-dom0", one / "other",
                           one / "20260103-000000-xen.partial"):
                folder.mkdir(parents=True)
            (two / "20260102-000000-dom0/status").write_text(
                "report=complete\ndump=failed with 1, in 5 KiB\n")
            with mock.patch.object(reports, "folders",
                                   return_value=[one, two]):
                status, out, _ = self.call("list", "--json")
                self.assertEqual(1, self.call("show", "nothing")[0])
        found = json.loads(out)
        self.assertEqual(
            (0, ["20260103-000000-xen.partial", "20260102-000000-dom0",
                 "20260101-000000-xen"]),
            (status, [crash["name"] for crash in found]))
        self.assertEqual("incomplete", found[0]["report"])
        self.assertEqual("failed with 1, in 5 KiB", found[1]["dump"])

    def test_folders(self):
        """Where a target is on this host, if it is."""
        fallbacks = [Path("/var/crash"), Path("/boot/crash"),
                     Path("/boot/efi/crash")]
        mounts = json.dumps({"filesystems": [
            {"target": "/mnt/part", "fsroot": "/part"},
            {"target": "/mnt", "fsroot": "/"}]})
        with mock.patch.object(target, "own_folder", lambda: "host1"):
            for wanted, answer, found in (
                    ("/srv", "", [Path("/srv"), Path("/srv/host1")]),
                    ("UUID=1:/a", mounts, [Path("/mnt/a")]),
                    ("UUID=1:/a", Trouble("not mounted"), []),
                    ("ssh:me@s:/a", "", [])):
                with mock.patch.object(reports, "run", answers({
                        "findmnt": answer})):
                    self.assertEqual(found + fallbacks, reports.folders(
                        config.DEFAULTS | {"TARGET": wanted}))

    def test_nothing(self):
        """What is saved elsewhere is not called nothing."""
        with mock.patch.object(reports, "folders", return_value=[]):
            self.assertIn("on this host; TARGET=/var/crash",
                          self.call("list")[1])

    def test_traceback(self):
        """What nobody has thought of is no answer."""
        with mock.patch.object(checks, "points", side_effect=ValueError("x")):
            status, _, err = self.call("check")
        self.assertEqual(2, status)
        self.assertIn("ValueError: x", err)

    def test_load(self):
        """Exit status 0 only if what is loaded is what is asked for."""
        for good in True, False:
            with mock.patch.object(loader, "load",
                                   return_value=("why", good)):
                status, _, err = self.call(
                    "load", is_loaded=lambda: True,
                    crash_area=lambda: (1 << 20, 1 << 28))
            self.assertEqual((0 if good else 1, "xen-kdump: warning: why\n"),
                             (status, err))

    def test_manual(self):
        """The manual page has the commands, in the same order."""
        page = (TOOL / "xen-kdump.8").read_text("utf-8")
        section = re.search(r"^\.SH COMMANDS\n(.*?)^\.SH", page,
                            re.MULTILINE | re.DOTALL)[1]
        self.assertEqual(list(cli.COMMANDS), re.findall(
            r"^\.TP\n\.B (\w+)$", section, re.MULTILINE))
