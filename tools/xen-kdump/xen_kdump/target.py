# SPDX-License-Identifier: GPL-2.0-only
"""Where the crash kernel saves: the target, and where else a report can go.

A place is what crash/init reads, as shell variables, and for the host:
  drivers   modules that the crash kernel needs for it
  programs  ... and programs
"""

import ipaddress
import json
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
            "host", "user", "mac", "address", "gateway")}
        return unset | self.shell | {"what": self.what, "kind": self.kind}

    def luks(self):
        """The UUIDs of the LUKS devices that it is on."""
        return [step[len("luks:"):] for step in
                self.shell.get("steps", "").split()
                if step.startswith("luks:")]


def drivers_of(device):
    """The modules that drive a device in /sys, and all that it hangs off."""
    found = []
    device = device.resolve()
    for folder in (device, *device.parents):
        module = folder / "driver" / "module"
        if module.exists():
            found.append(module.resolve().name)
        for below in sorted((folder / "slaves").glob("*")):
            found += drivers_of(below)
    return found


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
        group = run("lvs", "--noheadings", "-o", "vg_name", tree["path"])
        steps.append(f"lvm:{group.strip()}")
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
    return Place(what, "local", {
        "uuid": tag(device, "UUID"), "fstype": fstype, "dir": str(folder),
        "options": "subvolid=5" if fstype == "btrfs" else "rw",
        "steps": " ".join(steps),
    }, drivers=drivers_of(Path("/sys/class/block") / tree["kname"]) +
        FILE_SYSTEMS[fstype],
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
    else:
        place = on_device(what, found["source"],
                          Path(found["fsroot"]) / inside)
    place.path = path
    return place


def route_to(server):
    """MAC address, own address and gateway, by which the server is reached;
    and the interface's modules."""
    route, = json.loads(run("ip", "-json", "-4", "route", "get", server))
    name = route["dev"]
    known, = json.loads(run("ip", "-json", "-4", "address", "show", name))
    length = next(a["prefixlen"] for a in known["addr_info"]
                  if a["local"] == route["prefsrc"])
    # Below a bridge, the one that is hardware.
    while not (NET / name / "device").exists():
        lower = [p.name[len("lower_"):] for p in sorted(
            (NET / name).glob("lower_*"))]
        if (VLAN / name).exists() or not lower:
            raise Trouble(f"{name}: not an interface that the crash kernel "
                          "could set up by itself; see NETWORK in "
                          "xen-kdump.conf(5)")
        name = next((port for port in lower
                     if (NET / port / "device").exists()), lower[0])
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
        mac, own, gateway = (config["NETWORK"].split() + [""])[:3]
        ipaddress.ip_interface(own)
    found = [p for p in sorted(NET.glob("*"))
             if (p / "device").exists() and
             (p / "address").read_text("ascii").strip() == mac]
    if not found:
        raise Trouble(f"no interface has the MAC address {mac}")
    return {"server": address, "mac": mac, "address": own,
            "gateway": gateway}, drivers_of(found[0] / "device")


def nfs(what, server, export, config):
    """A folder that a server exports."""
    shell, drivers = network(server, config)
    return Place(what, "nfs", shell | {"export": str(export), "dir": ""},
                 drivers=drivers + ["nfs", "nfsv3", "nfsv4"],
                 programs=["mount.nfs"])


def ssh(what, user, server, folder, config):
    """A folder of another host."""
    shell, drivers = network(server, config)
    return Place(what, "ssh", shell | {"user": user, "host": server,
                                       "dir": folder},
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
        user, _, rest = rest.partition("@")
        return ssh("target", user, *rest.split(":", 1), config)
    return mounted("target", Path(kind), config)


def places(config):
    """The target, and then where else a report can go.  Trouble, if the
    target cannot be; no other place has to."""
    found = [target(config)]
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
    return found
