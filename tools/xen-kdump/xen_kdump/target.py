# SPDX-License-Identifier: GPL-2.0-only
"""Where the crash kernel saves: the target, and where else a report can go.

A place is what crash/init reads, as shell variables, and for the host:
  drivers   modules that the crash kernel needs for it
  programs  ... and programs
"""

import json
import os
import re
import socket
from dataclasses import dataclass, field
from pathlib import Path

from .host import Trouble, run

# Where a folder for reports may be, if the target cannot be reached: the
# root, and what is not encrypted even if that is.
FALLBACKS = (("root", Path("/"), "var/crash"),
             ("boot", Path("/boot"), "crash"),
             ("efi", Path("/boot/efi"), "crash"))
FILE_SYSTEMS = {
    "ext2": ["ext4"], "ext3": ["ext4"], "ext4": ["ext4"], "xfs": ["xfs"],
    "btrfs": ["btrfs"], "f2fs": ["f2fs"],
    "vfat": ["vfat", "nls_cp437", "nls_ascii", "nls_utf8"],
}
BLOCK = Path("/sys/class/block")
BTRFS = Path("/sys/fs/btrfs")
NET = Path("/sys/class/net")
VLAN = Path("/proc/net/vlan")
PROGRAMS = {"luks": "cryptsetup", "lvm": "lvm", "md": "mdadm"}


@dataclass
class Place:
    """See the head of this file."""
    what: str                   # target, root, boot or efi
    kind: str                   # local, nfs or ssh
    shell: dict                 # what else crash/init needs
    path: Path | None = None    # its folder on this host, if there is one
    drivers: list = field(default_factory=list)
    programs: list = field(default_factory=list)

    def variables(self):
        """For crash/init; each place sets all that another has set."""
        unset = {name: "" for name in (
            "uuid", "fstype", "options", "steps", "dir", "export", "server",
            "host", "port", "user", "mac", "address", "gateway")}
        return unset | self.shell | {"what": self.what, "kind": self.kind}

    def luks(self):
        """The UUIDs of the LUKS devices that it is on."""
        return [step[len("luks:"):] for step in
                self.shell.get("steps", "").split()
                if step.startswith("luks:")]


def hardware(device):
    """A device in /sys, and all those that it is made of."""
    device = device.resolve()
    yield device
    for folder in (device, *device.parents):
        below = list((folder / "slaves").glob("*"))
        if folder.name.startswith("nvme-subsys"):
            # The controllers that lead to it.
            below += [link for link in folder.glob("nvme*")
                      if link.is_symlink()]
        for each in sorted(below):
            yield from hardware(each)


def drivers_of(device):
    """The modules that drive a device in /sys, and all that it hangs off.
    Trouble, if nothing does."""
    drivers = [folder / "driver" for part in hardware(device)
               for folder in (part, *part.parents)
               if (folder / "driver").exists()]
    if not drivers:
        raise Trouble(f"{device.name}: no driver was found for it")
    return [(driver / "module").resolve().name for driver in drivers
            if (driver / "module").exists()]


def tag(device, name):
    """UUID or TYPE of what is on a device."""
    return run("blkid", "-o", "value", "-s", name, device).strip()


def steps_to(tree):
    """What has to be brought up for a device: lsblk's tree, from it down."""
    steps = []
    for below in tree.get("children", []):
        steps += steps_to(below)
    kind = tree["type"]
    if kind == "crypt":
        steps.append(f"luks:{tag(tree['children'][0]['path'], 'UUID')}")
    elif kind == "lvm":
        volume = run("lvs", "--noheadings", "-o", "lv_full_name",
                     tree["path"]).strip()
        group = f"lvm:{volume.partition('/')[0]}/"
        # What it consists of comes up with it.
        steps = [step for step in steps if not step.startswith(group)]
        steps.append(f"lvm:{volume}")
    elif kind.startswith("raid"):
        found = re.search(r"^MD_UUID=(\S+)$", run(
            "mdadm", "--detail", "--export", tree["path"]), re.M)
        steps.append(f"md:{found[1]}")
    elif kind not in ("disk", "part"):
        raise Trouble(f"{tree['path']}: a device of type {kind} is not "
                      "supported")
    return list(dict.fromkeys(steps))


def on_device(what, device, folder):
    """A folder of the file system that is on that device."""
    tree, = json.loads(run("lsblk", "--json", "--inverse", "--output",
                           "NAME,KNAME,PATH,TYPE", device))["blockdevices"]
    fstype = tag(device, "TYPE")
    if fstype not in FILE_SYSTEMS:
        raise Trouble(f"{device}: a file system of type {fstype} is not "
                      "supported")
    steps = steps_to(tree)
    uuid = tag(device, "UUID")
    if len(list((BTRFS / uuid / "devices").glob("*"))) > 1:
        raise Trouble(f"{device}: a btrfs on several devices is not supported")
    in_sys = BLOCK / tree["kname"]
    if any(re.fullmatch(r"session\d+", name) for part in hardware(in_sys)
           for name in part.parts):
        raise Trouble(f"{device}: a disk by iSCSI is not supported")
    return Place(what, "local", {
        "uuid": uuid, "fstype": fstype, "dir": str(folder),
        "options": "subvolid=5" if fstype == "btrfs" else "rw",
        "steps": " ".join(steps),
    }, drivers=drivers_of(in_sys) + FILE_SYSTEMS[fstype],
        programs=[PROGRAMS[step.partition(":")[0]] for step in steps])


def mounted(what, path, config):
    """A folder of this host."""
    above = next(p for p in (path, *path.parents) if p.exists())
    found, = json.loads(run(
        "findmnt", "--json", "--nofsroot", "--target", above, "--output",
        "SOURCE,TARGET,FSTYPE,FSROOT"))["filesystems"]
    inside = path.resolve().relative_to(found["target"])
    if found["fstype"] in ("nfs", "nfs4"):
        server, _, export = found["source"].partition(":")
        place = nfs(what, server, Path(export) / inside, config)
        path /= own_folder()
    else:
        place = on_device(what, found["source"],
                          Path(found["fsroot"]) / inside)
    place.path = path
    return place


def own_folder():
    """Its name, on a server that other hosts may save to as well."""
    return re.sub(r"[^\w.-]", "_", os.uname().nodename)


def is_hardware(name):
    """Is this a network card, not a bridge, a bond or a guest's?"""
    device = NET / name / "device"
    return device.exists() and \
        (device / "subsystem").resolve().name != "xen-backend"


def route_to(server):
    """MAC address, own address and gateway, by which the server is reached;
    and the interface's modules."""
    route, = json.loads(run("ip", "-json", "-4", "route", "get", server))
    name = route["dev"]
    known, = json.loads(run("ip", "-json", "-4", "address", "show", name))
    length = next((a["prefixlen"] for a in known["addr_info"]
                   if a["local"] == route["prefsrc"]), None)
    if length is None:
        raise Trouble(f"{name}: has not the address {route['prefsrc']}, which "
                      "this host has for the server; see NETWORK in "
                      "xen-kdump.conf(5)")
    # Below a bridge or a bond, the one that is hardware.
    while not is_hardware(name):
        lower = [p.name[len("lower_"):] for p in sorted(
            (NET / name).glob("lower_*"))]
        lower = [port for port in lower if is_hardware(port) or
                 any((NET / port).glob("lower_*"))]
        if (VLAN / name).exists() or not lower:
            raise Trouble(f"{name}: not an interface that the crash kernel "
                          "could set up by itself; see NETWORK in "
                          "xen-kdump.conf(5)")
        name = next(filter(is_hardware, lower), lower[0])
    mac = (NET / name / "address").read_text("ascii").strip()
    return mac, f"{route['prefsrc']}/{length}", route.get("gateway", "")


def network(server, config):
    """For crash/init: how to reach a server; and the modules for it."""
    try:
        address = socket.gethostbyname(server)
    except OSError as error:
        raise Trouble(f"{server}: {error.strerror or error}") from None
    if config["NETWORK"] == "auto":
        mac, own, gateway = route_to(address)
    else:
        mac, own, gateway = (config["NETWORK"].lower().split() + [""])[:3]
    found = [p for p in sorted(NET.glob("*"))
             if is_hardware(p.name) and
             (p / "address").read_text("ascii").strip() == mac]
    if not found:
        raise Trouble(f"no interface has the MAC address {mac}")
    return {"server": address, "mac": mac, "address": own,
            "gateway": gateway}, drivers_of(found[0] / "device")


def nfs(what, server, export, config):
    """A folder that a server exports; in it, this host has its own."""
    shell, drivers = network(server, config)
    return Place(what, "nfs", shell | {"export": str(export),
                                       "dir": f"/{own_folder()}"},
                 drivers=drivers + ["nfs", "nfsv3", "nfsv4"],
                 programs=["mount.nfs"])


def ssh(what, wanted, config):
    """A folder of another host, USER@SERVER[:PORT]:/FOLDER; in it, this host
    has its own."""
    user, server, port, folder = re.fullmatch(
        r"([^@]*)@([^:]*)(?::(\d+))?:(.*)", wanted).groups("22")
    shell, drivers = network(server, config)
    # As known_hosts has it.
    known = server if int(port) == 22 else f"[{server}]:{port}"
    return Place(what, "ssh", shell | {
        "user": user, "host": known, "port": port,
        "dir": str(Path(folder) / own_folder())},
        drivers=drivers, programs=["ssh"])


def target(config):
    """The place that the operator wants."""
    kind, _, rest = config["TARGET"].partition(":")
    if kind.startswith("UUID="):
        return on_device("target", run(
            "findfs", kind).strip(), rest)
    if kind == "nfs":
        return nfs("target", *rest.split(":", 1), config)
    if kind == "ssh":
        return ssh("target", rest, config)
    return mounted("target", Path(kind), config)


def places(config):
    """The target, and then where else a report can go; and the Trouble there
    is with the target, or None.  Raises it if there is no place at all."""
    found, trouble = [], None
    try:
        found.append(target(config))
    except Trouble as caught:
        trouble = caught
    for what, root, folder in FALLBACKS:
        if not root.is_mount():
            continue
        try:
            place = mounted(what, root / folder, config)
        except Trouble:
            continue
        if place.luks() and not Path(config["LUKS_KEY"]).is_file():
            continue
        if place.shell.get("uuid") not in [p.shell.get("uuid") for p in found]:
            found.append(place)
    if not found:
        raise trouble
    return found, trouble
