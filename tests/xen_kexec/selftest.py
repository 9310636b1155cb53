# SPDX-License-Identifier: GPL-2.0-only
"""Tests of xen-kexec that need no Xen: what it makes of its inputs."""

import dataclasses
import re
import struct
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from runner import artefacts

sys.path[:0] = [str(artefacts.TESTS.parent / "tools" / "xen-kexec"),
                str(artefacts.TESTS / "linux" / "inside")]

# pylint: disable=wrong-import-position
from xenkexec import (Trouble, cli, efi, framebuffer,  # noqa: E402
                      grubcfg, hypercall, linux, memory, multiboot2)
import truth  # noqa: E402

# In the form that grub-mkconfig has: two entries, one in a submenu.
CONFIG = r"""
if [ -s $prefix/grubenv ]; then
  set have_grubenv=true
  load_env
fi
if [ "${next_entry}" ] ; then
   set default="${next_entry}"
   set next_entry=
   set boot_once=true
else
   set default="@DEFAULT@"
fi
if [ x"${feature_menuentry_id}" = xy ]; then
  menuentry_id_option="--id"
else
  menuentry_id_option=""
fi
export menuentry_id_option
function load_video {
  if [ x$feature_all_video_module = xy ]; then
    insmod all_video
  else
    insmod efi_gop
  fi
}
menuentry 'Plain system' --class gnu-linux $menuentry_id_option 'plain-1' {
	load_video
	search --no-floppy --fs-uuid --set=root 1234-ABCD
	linux	/boot/vmlinuz root=UUID=1234 ro  quiet
	initrd	/boot/initrd.img
}
submenu 'More of it' $menuentry_id_option 'more-1' {
	menuentry 'It'"'"'s older' --class x $menuentry_id_option 'older-1' {
		linux /boot/vmlinuz-old
	}
	menuentry 'With Xen' --class xen $menuentry_id_option 'xen-1' {
		if [ x$feature_platform_search_hint = xy ]; then
		  search --no-floppy --fs-uuid --set=root --hint='a,b' 1234-ABCD
		else
		  search --no-floppy --fs-uuid --set=root 1234-ABCD
		fi
		if [ "$grub_platform" = "pc" -o "$grub_platform" = "" ]; then
		    xen_rm_opts=
		else
		    xen_rm_opts="no-real-mode edd=off"
		fi
		multiboot2	/boot/xen.gz placeholder dom0_mem=1G  ${xen_rm_opts}
		module2	/boot/vmlinuz placeholder root=UUID=1234 "a b" \
			quiet
		module2	--nounzip   /boot/initrd.img
	}
}
"""


def menu(default="0", **variables):
    """The menu with that default."""
    return grubcfg.Menu(CONFIG.replace("@DEFAULT@", default), variables)


class Grub(unittest.TestCase):
    """What GRUB would boot."""

    def test_default(self):
        """Numbers, titles, identifiers and what was saved name an entry."""
        for default, variables, wanted in (
                ("0", {}, "Plain system"),
                ("1", {}, "It's older"),
                ("1>1", {}, "With Xen"),
                ("More of it>With Xen", {}, "With Xen"),
                ("more-1>xen-1", {}, "With Xen"),
                ("plain-1", {}, "Plain system"),
                ("${saved_entry}", {"saved_entry": "1>1"}, "With Xen"),
                ("${saved_entry}", {}, "Plain system"),
                ("1>1", {"next_entry": "0"}, "Plain system"),
                ("gone", {}, "Plain system")):
            found = menu(default, **variables)
            self.assertEqual(wanted, found.find_default().title,
                             (default, variables))

    def test_nested(self):
        """An "if" on the line of a "then" or "else" ends with its own "fi"."""
        entries = "menuentry a {\n}\nmenuentry b {\n}\n"
        for text, wanted in (
                ("if [ a = b ]; then if [ c = c ]; then set default=5; fi; "
                 "set default=1; fi", "a"),
                ("if [ a = a ]; then if [ a = b ]; then set default=0; fi; "
                 "set default=1; fi", "b"),
                ("if [ a = b ]; then set default=0; else if [ c = c ]; then "
                 "set default=1; fi; fi", "b")):
            found = grubcfg.Menu(text + "\n" + entries)
            self.assertEqual(wanted, found.find_default().title, text)

    def test_strange(self):
        """What is no menu is an error or nothing, and no traceback."""
        with self.assertRaises(Trouble):
            grubcfg.Menu("}\n")
        found = grubcfg.Menu("{\n}\n$nothing\nmenuentry a {\n$nothing\n}\n")
        with self.assertRaises(Trouble):
            found.find("\u00b2")
        with self.assertRaises(Trouble):
            found.boot(found.find("0"))

    def test_chosen(self):
        """An entry that is asked for, and one that is not there."""
        self.assertEqual("With Xen", menu().find("1>xen-1").title)
        for wanted in ("2", "1>2", "Xen", "plain-1>0"):
            with self.assertRaises(Trouble, msg=wanted):
                menu().find(wanted)

    def test_xen(self):
        """Files and words of an entry with Xen."""
        found = menu()
        boot = found.boot(found.find("1>1"))
        self.assertTrue(boot.multiboot)
        self.assertEqual(("/boot/xen.gz", "1234-ABCD"),
                         (boot.kernel, boot.uuid))
        self.assertEqual("placeholder dom0_mem=1G no-real-mode edd=off",
                         boot.words)
        self.assertEqual([("/boot/vmlinuz",
                           "placeholder root=UUID=1234 a b quiet"),
                          ("/boot/initrd.img", "")], boot.modules)

    def test_platform(self):
        """A condition on the firmware."""
        found = grubcfg.Menu(CONFIG, platform="pc")
        self.assertEqual("placeholder dom0_mem=1G",
                         found.boot(found.find("1>1")).words)

    def test_linux(self):
        """... and of one without."""
        found = menu()
        boot = found.boot(found.find_default())
        self.assertFalse(boot.multiboot)
        self.assertEqual(("/boot/vmlinuz", "root=UUID=1234 ro quiet"),
                         (boot.kernel, boot.words))
        self.assertEqual([("/boot/initrd.img", "")], boot.modules)

    def test_nothing_to_boot(self):
        """An entry that chains to firmware is no kernel."""
        found = grubcfg.Menu("menuentry 'Setup' {\n fwsetup\n}\n")
        with self.assertRaisesRegex(Trouble, "Setup"):
            found.boot(found.find_default())

    def test_environment(self):
        """grubenv is padded with #."""
        self.assertEqual({"saved_entry": "1>0"}, grubcfg.environment(
            b"# GRUB Environment Block\nsaved_entry=1>0\n####"))
        self.assertEqual({}, grubcfg.environment(b"saved_entry=1"))


class Command(unittest.TestCase):
    """The command's options."""

    def test_without_xen(self):
        """--linux drops the words that only a dom0 needs, and no others."""
        for words, wanted in (
                ([], "root=UUID=1234 a b quiet"),
                (["--args", "console=hvc0 ro"], "console=hvc0 ro")):
            given = cli.options().parse_args(
                ["--linux", "--entry", "1>1", *words])
            with mock.patch.object(cli, "_menu", lambda _: grubcfg.Menu(
                    CONFIG.replace("root=UUID=1234 ",
                                   "root=UUID=1234 console=hvc0 "))), \
                    mock.patch.object(cli.files, "of_grub",
                                      lambda name, _: name):
                choice, multiboot = cli._choose(given)
            self.assertEqual((False, "/boot/vmlinuz", wanted),
                             (multiboot, choice.kernel, choice.words))

    def test_without_bios(self):
        """Xen is kept from calling the BIOS, once."""
        for words, wanted in (("", "no-real-mode"),
                              ("com1=9600", "com1=9600 no-real-mode"),
                              ("no-real-mode x", "no-real-mode x")):
            self.assertEqual(wanted, cli._without_bios(words))

    def test_help(self):
        """It does not lead to a reboot by the firmware."""
        self.assertNotIn("systemctl kexec",
                         " ".join(cli.options().format_help().split()))


class Memory(unittest.TestCase):
    """Places for an image."""

    def setUp(self):
        self.places = memory.Places([
            memory.Range(0, 0xa0000, memory.RAM),
            memory.Range(0x100000, 0x300000, memory.RAM),
            memory.Range(0x400000, 0x1000, memory.RESERVED),
            memory.Range(0x500000, 0x5000, memory.RAM),
            memory.Range(1 << 32, 0x100000, memory.RAM)])

    def test_from_the_top(self):
        """The highest place below 4 GiB, in whole pages, never twice."""
        self.assertEqual(0x503000, self.places.take(0x1001))
        self.assertEqual(0x500000, self.places.take(0x3000))
        self.assertEqual(0x3ff000, self.places.take(1))

    def test_aligned(self):
        """What is left above an aligned place is used later."""
        self.assertEqual(0x200000, self.places.take(0x200000, 0x200000))
        self.places.take(0x5000)
        self.assertEqual(0x1ff000, self.places.take(1))

    def test_full(self):
        """Nothing below 1 MiB is given away."""
        with self.assertRaisesRegex(Trouble, "for it: 4194304 bytes"):
            self.places.take(0x400000, what="it")

    def test_keep(self):
        """A place is taken once."""
        self.places.keep(0x200000, 0x300000, "Xen")
        with self.assertRaisesRegex(Trouble, "Xen has to be at 0x200000"):
            self.places.keep(0x200000, 0x300000, "Xen")


class EfiMap(unittest.TestCase):
    """The EFI memory map, made of answers for one address each."""

    def test_walk(self):
        """Holes are skipped, and a descriptor across two ranges comes once."""
        there = [(0x1000, 3, 0xf, 7), (0x4000, 2, 0xf, 2),
                 (0x10000, 4, efi.RUNTIME, 6)]

        def at(address):
            for start, pages, attributes, kind in there:
                end = start + pages * 0x1000
                if start <= address < end:
                    return end - address, attributes, kind
            return None

        found = efi.memory_map([memory.Range(0x10000, 0x2000, 2),
                                memory.Range(0x1000, 0x4000, 1),
                                memory.Range(0x5000, 0x2000, 2),
                                memory.Range(0x12000, 0x2000, 2)], at)
        self.assertEqual(there, [(item.start, item.pages, item.attributes,
                                  item.type) for item in found])
        self.assertEqual([True, True, False],
                         [item.is_plain_ram for item in found])


class Framebuffer(unittest.TestCase):
    """Is Xen's framebuffer still there?  Asked of a made-up sysfs."""
    base, size = 0x80000000, 0x1000000
    screen = hypercall.Framebuffer(1280, 800, 5120, 32, base, bytes(6))

    def setUp(self):
        # pylint: disable-next=consider-using-with
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.devices = Path(folder.name) / "devices"
        patch = mock.patch.object(framebuffer, "DEVICES", self.devices)
        patch.start()
        self.addCleanup(patch.stop)

    def device(self, name, *resources, driver=""):
        """A PCI device, with (start, size, flags) and perhaps a driver."""
        device = self.devices / name
        device.mkdir(parents=True)
        (device / "resource").write_text("".join(
            f"{start:#018x} {start + size - 1 if size else 0:#018x} "
            f"{flags:#018x}\n" for start, size, flags in resources))
        if driver:
            (device / "driver").symlink_to(f"../../drivers/{driver}")

    def test_kept(self):
        """In a BAR of a device without a driver; other devices have one."""
        self.device("0000:00:01.0", (0x90000000, 0x1000, 0x40200),
                    driver="ahci")
        self.device("0000:00:02.0", (0x91000000, 0x1000, 0x40200),
                    (self.base, self.size, 0x42208))
        self.assertEqual("", framebuffer.stale(self.screen))

    def test_end(self):
        """Its last byte is in the BAR, too."""
        self.device("0000:00:02.0", (self.base, 5120 * 800, 0x42208))
        self.assertEqual("", framebuffer.stale(self.screen))
        beyond = dataclasses.replace(self.screen, base=self.base + 1)
        self.assertIn("no BAR", framebuffer.stale(beyond))

    def test_two_bars(self):
        """Two BARs that only meet do not hold it."""
        half = 0x100000
        self.device("0000:00:02.0", (self.base, half, 0x42208),
                    (self.base + half, self.size, 0x42208))
        self.assertIn("no BAR", framebuffer.stale(self.screen))

    def test_moved(self):
        """The BAR is elsewhere now."""
        self.device("0000:00:02.0", (0x4000000000, 1 << 34, 0x14220c))
        self.assertIn("no BAR", framebuffer.stale(self.screen))

    def test_native_driver(self):
        """A driver of the device may have changed the mode, whatever other
        device is at the same addresses."""
        for number, driver in enumerate(("", "amdgpu", "")):
            self.device(f"0000:00:0{number + 1}.0",
                        (self.base, self.size, 0x42208), driver=driver)
        self.assertIn("amdgpu drives 0000:00:02.0",
                      framebuffer.stale(self.screen))

    def test_bridge(self):
        """A window of a bridge is not memory of a framebuffer."""
        self.device("0000:00:01.0", *[(0, 0, 0)] * 7,
                    (self.base, self.size, 0x2200))
        self.assertIn("no BAR", framebuffer.stale(self.screen))

    def test_no_memory(self):
        """I/O ports, and BARs that decode nothing."""
        for number, flags in enumerate((0x40101, 0x10042208, 0x20042208)):
            self.device(f"0000:00:0{number}.0",
                        (self.base, self.size, flags))
        self.assertIn("no BAR", framebuffer.stale(self.screen))

    def test_no_device(self):
        """Without PCI devices, and without a sysfs."""
        self.assertIn("no BAR", framebuffer.stale(self.screen))
        self.devices.mkdir()
        self.assertIn("no BAR", framebuffer.stale(self.screen))

    def test_host(self):
        """Neither image is told of one that is stale, and the output says
        why."""
        self.device("0000:00:02.0", (self.base, self.size, 0x42208))
        with mock.patch.object(hypercall, "framebuffer", lambda: self.screen):
            # pylint: disable=protected-access
            self.assertEqual(
                (self.screen, "framebuffer: 1280x800 at 0x80000000"),
                cli._screen())
            (self.devices / "0000:00:02.0" / "driver").symlink_to("../ast")
            found, line = cli._screen()
        self.assertIsNone(found)
        self.assertRegex(line, "1280x800 at 0x80000000, left out: ast drives")


def elf(*parts, entry=0x200000, header=b""):
    """A 32-bit ELF file of (address, bytes, size)."""
    places, body = b"", header
    base = 52 + 32 * len(parts)
    for address, data, size in parts:
        places += struct.pack("<8I", 1, base + len(body), address, address,
                              len(data), size, 7, 0)
        body += data
    return (struct.pack("<16sHHIIIIIHHHHHH", b"\x7fELF\1\1\1", 2, 3, 1, entry,
                        52, 0, 0, 52, 32, len(parts), 0, 0, 0)
            + places + body)


def mb2_header(*tags):
    """A Multiboot2 header with (type, bytes)."""
    body = b"".join(struct.pack("<HHI", kind, 0, 8 + len(data)) + data
                    + bytes(-len(data) % 8) for kind, data in tags)
    body += struct.pack("<HHI", 0, 0, 8)
    length = 16 + len(body)
    return struct.pack("<4I", 0xe85250d6, 0, length,
                       -(0xe85250d6 + length) & 0xffffffff) + body


class Multiboot2(unittest.TestCase):
    """Images of Xen."""
    firmware = [efi.Descriptor(6, 0x8000, 2, efi.RUNTIME)]
    host = multiboot2.Host(
        [memory.Range(0, 0xa0000, memory.RAM),
         memory.Range(0x100000, 0xff00000, memory.RAM)],
        efi.Efi(0x123456780, firmware),
        hypercall.Framebuffer(1280, 800, 5120, 32, 0x180000000,
                              b"\x10\x08\x08\x08\x00\x08"))

    def image(self, relocatable=True):
        """The segments of a small Xen with a module."""
        tags = [(10, struct.pack("<4I", 0x200000, 0xffffffff, 0x200000, 2))]
        header = b"\0" * 4 + mb2_header(*tags if relocatable else ())
        data = elf((0x200000, b"code", 0x5000), header=header)
        return multiboot2.segments(
            self.host, multiboot2.kernel(data), "xen words",
            [multiboot2.Module(b"kernel", "vmlinuz words")])

    def test_places(self):
        """Nothing overlaps, all is in RAM above 1 MiB."""
        segments = sorted(self.image(), key=lambda segment: segment.start)
        for one, other in zip(segments, segments[1:]):
            self.assertLessEqual(one.start + one.size, other.start)
        self.assertGreaterEqual(segments[0].start, memory.MIB)

    def test_relocatable(self):
        """A Xen that may be moved is moved up, another one is not."""
        for relocatable, wanted in ((True, 0xfe00000), (False, 0x200000)):
            start, xen, *_ = self.image(relocatable)
            self.assertEqual(wanted, xen.start)
            entry = struct.unpack_from("<I", start.data, 11)[0]
            self.assertEqual(wanted, entry)

    def test_information(self):
        """The tags, and the code that hands them over."""
        found = {segment.what: segment for segment in self.image()}
        start, module, told = (found[what] for what in (
            "start", "a module", "boot information"))
        self.assertEqual((0xb8, 0x36d76289, 0xbb, told.start),
                         struct.unpack_from("<BIBI", start.data))
        tags, at = {}, 8
        while at < struct.unpack_from("<I", told.data)[0]:
            kind, size = struct.unpack_from("<II", told.data, at)
            tags[kind] = told.data[at + 8:at + size]
            at = memory.round_up(at + size, 8)
        self.assertEqual(b"xen words\0", tags[1])
        self.assertEqual(struct.pack("<II", module.start, module.start + 6)
                         + b"vmlinuz words\0", tags[3])
        self.assertEqual((640, 0xff00000 >> 10),
                         struct.unpack("<II", tags[4]))
        self.assertEqual((24, 0, 0, 0xa0000, 1),
                         struct.unpack_from("<IIQQI", tags[6]))
        self.assertEqual(0x123456780, struct.unpack("<Q", tags[12])[0])
        self.assertEqual((40, 1, 6, 0x8000, 0, 2, efi.RUNTIME),
                         struct.unpack("<III4xQQQQ", tags[17]))
        self.assertEqual(
            (0x180000000, 5120, 1280, 800, 32, 1, 16, 8, 8, 8, 0, 8),
            struct.unpack("<QIIIBBxx6B", tags[8]))
        self.assertEqual(b"", tags[0])

    def test_refused(self):
        """What is no kernel is called that."""
        empty = elf(header=bytes(4) + mb2_header())
        for data, why in ((b"text", "no kernel for multiboot2"),
                          (mb2_header(), "no ELF file"),
                          (empty, "nothing in the ELF")):
            with self.assertRaisesRegex(Trouble, why):
                multiboot2.kernel(data)


class Linux(unittest.TestCase):
    """Images of Linux."""

    def test_refused(self):
        """What is no kernel is called that."""
        for data in (b"", bytes(0x1000)):
            with self.assertRaises(Trouble):
                linux.segments(Multiboot2.host, data, "", b"")

    def test_zero_page(self):
        """EFI's tables, but no RAM that is free, are in the zero page."""
        data = bytearray(0x2000)
        data[0x1f1] = 1
        data[0x201] = 0x6a
        data[0x202:0x208] = b"HdrS\x0f\x02"
        struct.pack_into("<IBBH", data, 0x230, 0x200000, 1, 21, 1)
        struct.pack_into("<QI", data, 0x258, 0x1000000, 0x400000)
        host = multiboot2.Host(Multiboot2.host.ranges, efi.Efi(
            0x123456780, [efi.Descriptor(7, 0, 8, 15), *Multiboot2.firmware]),
            Multiboot2.host.framebuffer)
        segments = linux.segments(host, bytes(data), "words", b"initrd")
        found = {segment.what: segment for segment in segments}
        self.assertEqual("start", segments[0].what)
        page = found["the zero page"].data
        table = found["EFI's memory map"]
        self.assertEqual(
            (b"EL64", 0x23456780, 40, 1, table.start, 40, 1, 0),
            struct.unpack_from("<4s7I", page, 0x1c0))
        self.assertEqual(6, struct.unpack_from("<I", table.data)[0])
        self.assertEqual((found["the initramfs"].start, 6),
                         struct.unpack_from("<II", page, 0x218))
        self.assertEqual(2, page[0x1e8])
        self.assertEqual(
            (0x70, 1280, 800, 32, 0x80000000, 5120 * 800, 5120,
             8, 16, 8, 8, 8, 0, 1),
            struct.unpack_from("<BxxHHHII4xH6B", page, 0x0f)
            + struct.unpack_from("<I", page, 0x3a))
        entry = struct.unpack_from("<Q", segments[0].data, 12)[0]
        self.assertEqual(found["Linux"].start + 0x200, entry)
        self.assertEqual(0, found["Linux"].start % 0x200000)


class Truth(unittest.TestCase):
    """What the dom0s of the hops compare."""

    def hops(self, *machines):
        """What each dom0 records of its (CPUs, free pages)."""
        with tempfile.TemporaryDirectory() as folder:
            for cpus, free in machines:
                now = {"CPUs": cpus, "pages": 9999, "variables": {},
                       "microcode": "0x0", "TSC": "TSC", "ESRT": None}
                with mock.patch.object(truth, "FIRST", f"{folder}/first"), \
                        mock.patch.object(truth, "machine",
                                          lambda now=now, free=free:
                                          (now, free)):
                    yield truth.main()

    def test_kept(self):
        """The same again, after other pages for another loader."""
        first, *others = self.hops((2, 9000), *[(2, 8600)] * 50)
        self.assertRegex(first, "^machine: first seen, 2 CPUs, 9000 free")
        self.assertEqual(["machine: as before, 8600 free pages"] * 50, others)

    def test_lost(self):
        """A CPU is missing, and many pages are."""
        for then, wrong in (((1, 9000), "CPUs 2 were, 1 are"),
                            ((2, 8000), "9000 pages were free")):
            *_, last = self.hops((2, 9000), then)
            self.assertIn(wrong, last)

    def test_leak(self):
        """A page less with each of fifty hops is noticed."""
        *_, last = self.hops(*((2, 9000 - hop) for hop in range(51)))
        self.assertEqual("machine: 8999 pages were free, after a hop, "
                         "8950 free pages", last)


class Manual(unittest.TestCase):
    """The manual page."""

    def test_options(self):
        """It has the options of --help, in the same order."""
        page = (artefacts.TESTS.parent / "tools" / "xen-kexec" /
                "xen-kexec.8").read_text()
        section = page[page.index(".SH OPTIONS"):page.index(".SH EXIT")]
        there = re.findall(r"(?<![\w-])--?\w[\w-]*", " ".join(
            re.findall(r"^\.TP\n(.*)$", section, re.MULTILINE)
        ).replace("\\", ""))
        parser = cli.options()
        # pylint: disable-next=protected-access
        self.assertEqual(list(parser._option_string_actions), there)
