# SPDX-License-Identifier: GPL-2.0-only
"""GRUB of Debian, made into one file that firmware can start."""

import subprocess

from .verdict import Broken


def image(debian, platform, modules, output, *options):
    """grub-mkimage, for "x86_64-efi" or "i386-pc", with these modules."""
    try:
        subprocess.run(
            [debian / "bin" / "grub-mkimage", "-O", platform,
             "-d", debian / "usr/lib/grub" / platform, "-o", output,
             *options, *modules],
            check=True, capture_output=True)
    except subprocess.CalledProcessError as error:
        raise Broken(error.stderr.decode(errors="replace").strip()) from None
