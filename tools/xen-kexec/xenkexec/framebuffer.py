# SPDX-License-Identifier: GPL-2.0-only
"""Is the framebuffer that Xen was started with still there?

The next Xen, or Linux's efifb, writes to it before anything looks at the
device.  A native driver in dom0 may have moved the device's memory (amdgpu
does, for a larger BAR) or changed the mode.  Linux's drivers for any
framebuffer (efifb, vesafb, simpledrm) change neither, and leave the PCI device
without a driver.
"""

import os

DEVICES = "/sys/bus/pci/devices"

# Of a device's "resource", the lines of its BARs; a bridge's windows, which
# contain the BARs behind it, come later.
BARS = 6
# IORESOURCE_MEM; IORESOURCE_DISABLED, IORESOURCE_UNSET
MEMORY, NOWHERE = 0x200, 0x30000000


def _holds(resource, start, end):
    """Are these addresses in a single BAR?"""
    with open(resource, encoding="ascii") as file:
        for line in file.readlines()[:BARS]:
            first, last, flags = (int(word, 16) for word in line.split())
            if (flags & MEMORY and not flags & NOWHERE
                    and first <= start and end - 1 <= last):
                return True
    return False


def stale(known):
    """Why that hypercall.Framebuffer may no longer be used; "" if it may."""
    end = known.base + known.pitch * known.height
    why = "no BAR of a PCI device holds it any more"
    for name in os.listdir(DEVICES) if os.path.isdir(DEVICES) else []:
        device = os.path.join(DEVICES, name)
        if not _holds(os.path.join(device, "resource"), known.base, end):
            continue
        driver = os.path.join(device, "driver")
        if os.path.lexists(driver):
            return (f"{os.path.basename(os.readlink(driver))} drives {name}, "
                    "and may have changed the mode")
        why = ""
    return why
