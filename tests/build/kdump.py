# SPDX-License-Identifier: GPL-2.0-only
"""Tests of tools/xen-kdump that need no machine: what the command makes of
its configuration and of what other programs say."""

import contextlib
import io
import json
import os
import pty
import re
import subprocess
import sys
import tempfile
import time
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

# For crash/init: places are on this host.
HERE = 'at_place() { sh -c "$1"; }'
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
                "lvs --noheadings -o vg_name /dev/v/root": "  v\n"})):
            steps = target.steps_to(volume)
        self.assertEqual(["md:1:2:3:4", f"luks:{UUID}", "lvm:v"], steps)

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

    def network(self, chosen, links, vlan=()):
        """What the crash kernel gets for a server, on a host whose interfaces
        have these ones below them; of those without, none is virtual."""
        with tempfile.TemporaryDirectory() as name, \
                mock.patch.multiple(target, NET=Path(name) / "net",
                                    VLAN=Path(name) / "vlan"), \
                mock.patch.object(target, "drivers_of", return_value=["e"]), \
                mock.patch.object(target, "run", answers({
                    "ip -json -4 route get 192.0.2.9": json.dumps([{
                        "dev": "xenbr0", "prefsrc": "192.0.2.7",
                        "gateway": "192.0.2.1"}]),
                    "ip -json -4 address show xenbr0": json.dumps([{
                        "addr_info": [{"local": "192.0.2.7",
                                       "prefixlen": 24}]}])})):
            for number, (link, below) in enumerate(links.items()):
                folder = target.NET / link
                folder.mkdir(parents=True)
                (folder / "address").write_text(f"00:00:00:00:00:0{number}\n")
                for lower in below or ():
                    (folder / f"lower_{lower}").touch()
                if below is None:
                    (folder / "device").touch()
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

    def test_no_interface(self):
        """What the crash kernel cannot set up is refused."""
        with self.assertRaisesRegex(Trouble, "NETWORK"):
            self.network("auto", {"xenbr0": ()})
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
            return [found.what for found in target.places(
                config.DEFAULTS | {"LUKS_KEY": key})]

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
        """Without the target there is nothing."""
        with self.assertRaises(Trouble):
            self.places({"target": Trouble("no")})


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


class CrashKernel(unittest.TestCase):
    """Functions of crash/init, in this host's shell."""

    def call(self, command, before, *others, paths=()):
        """The output of a function with arguments; before: what is set, and
        what stands for other functions; others: those that it calls; paths:
        pairs of one in crash/init and one that stands for it."""
        init = (TOOL / "crash/init").read_text("utf-8")
        text = "".join(re.search(rf"^{name}\(\)\n{{.*?^}}\n", init,
                                 re.MULTILINE | re.DOTALL)[0]
                       for name in (*others, command.split()[0]))
        for path, instead in paths:
            text = text.replace(path, instead)
        return subprocess.run(
            ["sh", "-uc", f"{before}\n{text}\n{command}"], check=True,
            capture_output=True, text=True).stdout

    def test_time_limits(self):
        """What can block is never called without one."""
        init = (TOOL / "crash/init").read_text("utf-8")
        self.assertEqual([], re.findall(
            r"^ *(?:if |! )*(?:modprobe|mdadm|lvm|blkid|cryptsetup|mount|"
            r"mount.nfs|umount|sync|ssh|stty|\$reader|\"\$COMMAND\")\s.*",
            init, re.M))
        self.assertNotRegex(init, r"\$\((?:blkid|mdadm|lvm|\$reader)\b")

    def test_command(self):
        """The operator's is last, when all is said in the status file."""
        main = (TOOL / "crash/init").read_text("utf-8").split("# -- all")[1]
        self.assertLess(main.index("put status"), main.index('"$COMMAND"'))
        self.assertIn('within $limit_last "$COMMAND"', main)

    def test_console(self):
        """One that Ctrl-S has stopped is written to; none blocks for ever."""
        command = re.search(r"sh -c ('exec stty [^']*')", (
            TOOL / "crash/init").read_text("utf-8"))[1]
        ours, theirs = pty.openpty()
        name = os.ttyname(theirs)
        with open(ours, "r+b", 0) as terminal, open(theirs, "rb", 0), \
                tempfile.TemporaryDirectory() as tmp:
            def say(before):
                self.call("say hello || :", f"consoles={name} limit_line=1\n"
                          f"{before}", "within", "show",
                          paths=[("/tmp", tmp)])
            terminal.write(b"\x13")
            begin = time.monotonic()
            say("")
            self.assertGreater(time.monotonic() - begin, 0.9)
            say(f"sh -c {command} {name}")
            self.assertIn(b"xen-kdump: hello", terminal.read(1000))

    def test_reason(self):
        """What each kind of crash is called."""
        for line, word in (
                ("'C' pressed -> triggering crashdump", "debug-key"),
                ("Hardware Dom0 crashed: Executing kexec image", "dom0"),
                ("Domain 0 crashed: 'noreboot' set", "dom0"),
                ("Hardware Dom0 shutdown: watchdog rebooting machine",
                 "watchdog"),
                ("FATAL TRAP: vec 2, NMI[0000]", "nmi"),
                ("Fatal machine check", "machine-check"),
                ("FATAL PAGE FAULT", "xen")):
            with tempfile.TemporaryDirectory() as name:
                (Path(name) / "report.txt").write_text(
                    "Crash\n  Reason:    Panic on CPU 0:\n"
                    f"             {line}\n  CPU:       0\n"
                    "  Where: in the NMI watchdog of Dom0\n")
                self.assertEqual(word, self.call(
                    "reason", f"report={name}").strip(), line)

    def crashes(self, top, dumps):
        """Folders of crashes, with dumps of so many KiB."""
        for number, size in enumerate(dumps, 1):
            folder = Path(top) / f"2026010{number}-000000-xen"
            folder.mkdir()
            (folder / "report.txt").touch()
            if size:
                (folder / "vmcore").write_bytes(b"x" * size * 1024)

    def left(self, top):
        """Crashes, and those with a dump."""
        return [[int(path.name[7]) for path in sorted(Path(top).glob("2*"))
                 if not dump or (path / "vmcore").exists()]
                for dump in (False, True)]

    def test_prune(self):
        """The newest stay, and what is no crash; and this crash, if the
        clock is wrong."""
        for this, wanted in (("20260105-000000-xen", [4, 5]),
                             ("20000101-000000-xen", [1, 5])):
            with tempfile.TemporaryDirectory() as name:
                self.crashes(name, [1] * 5)
                (Path(name) / this).mkdir(exist_ok=True)
                (Path(name) / "other").mkdir()
                self.call("prune", f"folder={name} KEEP=2 name={this}\n"
                                   f"{HERE}")
                self.assertEqual(wanted, self.left(name)[0])
                self.assertTrue((Path(name) / "other").is_dir())
                self.assertTrue((Path(name) / this).is_dir())

    def save_report(self, top, send):
        """Is it saved, if this is the function that sends it?"""
        before = (f"folder={top} name=20260109-000000-xen KEEP=1 "
                  f"limit_sync=9\nopen_place() {{ :; }}\n{HERE}\n"
                  f"send_report() {{ {send}; }}\nwrite_status() {{ :; }}\n"
                  "put() { cat; }\nwithin() { :; }")
        try:
            self.call("save_report", before, "drop_dump")
        except subprocess.CalledProcessError:
            return False
        return True

    def test_save_report(self):
        """It has the room that is kept, then that of the oldest dump; what
        was saved before stays until it is there."""
        with tempfile.TemporaryDirectory() as name:
            self.crashes(name, [1, 1])
            kept = Path(name) / loader.RESERVE
            kept.touch()
            self.assertTrue(self.save_report(name, f"! [ -e {kept} ]"))
            self.assertEqual([[1, 2], [1, 2]], self.left(name))
            self.assertTrue(self.save_report(
                name, f"! [ -e {name}/20260101-000000-xen/vmcore ]"))
            self.assertEqual([[1, 2], [2]], self.left(name))
            self.assertFalse(self.save_report(name, "false"))
            self.assertEqual([1, 2], self.left(name)[0])

    def test_make_room(self):
        """Old dumps go, as many as have to, if that is enough."""
        for capacity, dumps, wanted in (
                (2000, [300, 300, 300], [1, 2, 3]),
                (2000, [300, 0, 300], [1, 3]),
                (2000, [600, 600, 600], [2, 3]),
                (2000, [600, 500, 900], [3]),
                (1000, [100, 900], []),
                (850, [100, 900], [1, 2]),
                (10, [], [])):
            with tempfile.TemporaryDirectory() as name:
                self.crashes(name, dumps)
                # A file system of that capacity.
                space = ("df() { n=0; for f in */vmcore; do [ ! -e $f ] || "
                         "n=$((n + $(wc -c <$f) / 1024)); done; echo x; "
                         f"echo / 1 1 $(({capacity} + 1024 - n)); }};")
                self.call("make_room",
                          f"folder={name} KEEP_FREE=1\n"
                          "at_place() { "
                          f"sh -c 'cd {name}; {space} '\"$1\"; }}",
                          "kib", "measure", "drop_dump")
                self.assertEqual(wanted, self.left(name)[1],
                                 (capacity, dumps))

    def test_talking_server(self):
        """Its user's shell may print something, and need be no sh."""
        with tempfile.TemporaryDirectory() as name:
            ssh = Path(name) / "ssh"
            ssh.write_text("#!/bin/sh\nfor last; do :; done\n"
                           "printf 'Welcome\\n12345\\n'\n"
                           "case $last in *'\n'*) exit 1 ;; esac\n"
                           "sh -c \"$last\"; echo 99\n", "ascii")
            ssh.chmod(0o700)
            (Path(name) / "df").write_text("#!/bin/sh\necho head\n"
                                           "echo / 1 1 7000 x\n", "ascii")
            (Path(name) / "df").chmod(0o700)
            said = self.call(
                "measure", f"PATH={name}:$PATH here= host=h user=u server=s "
                f"port=22 kind=ssh limit_command=9 KEEP_FREE=1 folder={name}\n"
                "trap 'echo $room' EXIT", "within", "quoted", "remote",
                "at_place", "kib")
            self.assertEqual(f"{7000 - 1024}\n", said)

    def test_quoted(self):
        """A command with quotes, in several lines, is one word in one."""
        word = self.call("quoted \"it's\n'a\\$b'\"", "")
        self.assertNotIn("\n", word)
        self.assertEqual("it's 'a$b'|", subprocess.run(
            ["sh", "-c", f"printf '%s|' {word}"], capture_output=True,
            text=True, check=True).stdout)

    def network_up(self, status):
        """What it runs and says, if ip route's exit status is this."""
        with tempfile.TemporaryDirectory() as name:
            link = Path(name) / "net/eth1"
            link.mkdir(parents=True)
            (link / "address").write_text("m\n", "ascii")
            (link / "carrier").write_text("1\n", "ascii")
            return self.call(
                "network_up", "mac=m address=192.0.2.7/32 what=target "
                f"gateway=198.51.100.1\nsay() {{ echo \"said $*\"; }}\n"
                f"ip() {{ echo $*; [ $1 != route ] || return {status}; }}",
                paths=[("/sys/class", name)])

    def test_gateway(self):
        """It need not be in the address's network; trouble is said."""
        good = self.network_up(0)
        self.assertIn("route replace default via 198.51.100.1 dev eth1 "
                      "onlink\n", good)
        self.assertNotIn("said", good)
        self.assertIn("said target: no route by 198.51.100.1",
                      self.network_up(1))


class Loading(unittest.TestCase):
    """xen-kdump load."""

    def load(self, plan, initrd=True):
        """Its warning, and the commands that it ran."""
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
                    make=lambda _: None), \
                mock.patch.multiple(loader, run=run,
                                    RECORD=Path(name) / "record"):
            if initrd:
                (Path(name) / "initrd.img-6.12-test").write_text("packed")
            warning = loader.load(config.DEFAULTS)
            return warning, ran, loader.record()

    def test_load(self):
        """One command, which replaces what was loaded; and a record."""
        warning, ran, record = self.load(
            lambda _: SimpleNamespace(places=[]))
        self.assertIsNone(warning)
        self.assertEqual(1, len(ran))
        self.assertRegex(ran[0], r"^kexec -p /k --initrd=\S+/initrd.img-6.12-"
                         "test --append=console=tty0 rdinit=/xen-kdump/init ")
        self.assertEqual("abc", record["digest"])

    def test_reserve(self):
        """Real bytes where reports go on this host; a full file system is no
        reason not to load."""
        with tempfile.TemporaryDirectory() as name:
            local, remote = place(), target.Place("target", "ssh", {})
            local.path = Path(name) / "crash"
            self.assertIsNone(loader.reserve([local, remote]))
            kept = local.path / loader.RESERVE
            self.assertGreaterEqual(kept.stat().st_blocks * 512,
                                    loader.RESERVE_BYTES)
            with mock.patch.object(os, "posix_fallocate",
                                   side_effect=OSError(28, "full")):
                self.assertIn("full", loader.reserve([local]))

    def test_old_initramfs(self):
        """What was there is loaded if it cannot be made anew: with a server
        out of reach, for example."""
        plan = mock.Mock(side_effect=Trouble("no server"))
        warning, ran, record = self.load(plan)
        self.assertIn("no server", warning)
        self.assertEqual(warning, record["warning"])
        self.assertEqual(1, len(ran))
        with self.assertRaisesRegex(Trouble, "no server"):
            self.load(plan, initrd=False)


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
        """The newest first, wherever it is; others' folders are left out."""
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
                self.assertEqual(2, self.call("show", "nothing")[0])
        found = json.loads(out)
        self.assertEqual(
            (0, ["20260102-000000-dom0", "20260101-000000-xen"]),
            (status, [crash["name"] for crash in found]))
        self.assertEqual("failed with 1, in 5 KiB", found[0]["dump"])

    def test_manual(self):
        """The manual page has the commands, in the same order."""
        page = (TOOL / "xen-kdump.8").read_text("utf-8")
        section = re.search(r"^\.SH COMMANDS\n(.*?)^\.SH", page,
                            re.MULTILINE | re.DOTALL)[1]
        self.assertEqual(list(cli.COMMANDS), re.findall(
            r"^\.TP\n\.B (\w+)$", section, re.MULTILINE))
