# SPDX-License-Identifier: GPL-2.0-only
"""Xen started by UEFI firmware: the disk that OVMF boots from.

A folder that QEMU shows as a FAT disk, with what firmware looks for on any
disk (EFI/BOOT/BOOTX64.EFI, UEFI specification 2.10, section 3.5.1.1): xen.efi
itself, or GRUB, which starts Xen by multiboot2.
"""

import shutil

from . import grub

# Enough for a menu entry that needs no menu.
GRUB_MODULES = ["normal", "multiboot2", "fat", "part_msdos", "test"]


def _xen_efi(folder, build, options, modules):
    """xen.efi, and the file that it reads because of its own name."""
    kernel, initrd = modules
    shutil.copy(build.xen_efi, folder / "BOOTX64.EFI")
    (folder / "BOOTX64.cfg").write_text(
        "[global]\ndefault=xen\n[xen]\n"
        f"options={options}\n"
        f"kernel=vmlinuz {kernel.args}\n"
        + (f"ramdisk=initrd {initrd.args}".rstrip() + "\n"))


def _grub(folder, build, options, modules):
    """GRUB, with nothing to be chosen."""
    kernel, _ = modules
    grub.image(build.debian, "x86_64-efi", GRUB_MODULES,
               folder / "BOOTX64.EFI", "-p", "/EFI/BOOT")
    shutil.copy(build.xen, folder / "xen")
    (folder / "grub.cfg").write_text(
        f"multiboot2 /EFI/BOOT/xen {options}\n"
        f"module2 /EFI/BOOT/vmlinuz {kernel.args}\n"
        "module2 /EFI/BOOT/initrd\n"
        "boot\n")


LOADERS = {"xen.efi": _xen_efi, "grub": _grub}


def disk(folder, loader, build, options, modules):
    """Fill the folder; QEMU's words for a machine that boots from it.

    modules are dom0's kernel and its initramfs.
    """
    boot = folder / "EFI" / "BOOT"
    boot.mkdir(parents=True)
    LOADERS[loader](boot, build, options, modules)
    for name, module in zip(("vmlinuz", "initrd"), modules, strict=True):
        shutil.copy(module.path, boot / name)
    return ["-bios", str(build.ovmf),
            "-drive", f"if=none,id=esp,format=raw,readonly=on,"
                      f"file=fat:{folder}",
            "-device", "virtio-blk-pci,drive=esp"]
