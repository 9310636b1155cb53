# SPDX-License-Identifier: GPL-2.0-only
"""Tests of tools/xen-kdump/crash/init, the first process of the crash kernel:
its functions, in this host's shell."""

import os
import pty
import re
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

CRASH = Path(__file__).resolve().parents[2] / "tools/xen-kdump/crash"

# Places are on this host.
HERE = 'at_place() { sh -c "$1"; }'


class CrashKernel(unittest.TestCase):
    """What each function does."""

    def call(self, command, before, *others, paths=()):
        """The output of a function with arguments; before: what is set, and
        what stands for other functions; others: those that it calls; paths:
        pairs of one in crash/init and one that stands for it."""
        init = (CRASH / "init").read_text("utf-8")
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
        init = (CRASH / "init").read_text("utf-8")
        self.assertEqual([], re.findall(
            r"^ *(?:if |! )*(?:modprobe|mdadm|lvm|blkid|cryptsetup|mount|"
            r"mount.nfs|umount|sync|ssh|stty|\$reader|\"\$COMMAND\")\s.*",
            init, re.M))
        self.assertNotRegex(init, r"\$\((?:blkid|mdadm|lvm|\$reader)\b")

    def test_command(self):
        """The operator's is last, when all is said in the status file."""
        main = (CRASH / "init").read_text("utf-8").split("# -- all")[1]
        self.assertLess(main.index("put status"), main.index('"$COMMAND"'))
        self.assertIn('within $limit_last "$COMMAND"', main)

    def test_console(self):
        """One that Ctrl-S has stopped is written to; none blocks for ever."""
        command = re.search(r"sh -c ('exec stty [^']*')", (
            CRASH / "init").read_text("utf-8"))[1]
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
            kept = Path(name) / ".reserve"
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
