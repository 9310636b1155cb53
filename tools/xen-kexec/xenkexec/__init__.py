# SPDX-License-Identifier: GPL-2.0-only
"""Load the kernel, or the Xen, that Xen is to enter next."""


class Trouble(Exception):
    """What keeps an image from being loaded, in words for the operator."""
