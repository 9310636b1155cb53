# SPDX-License-Identifier: GPL-2.0-only
"""Is this host ready for a crash?  Each check yields points: its name, pass,
warn or fail, and what was found, with what to do about it."""

import json
import os
import re
import subprocess
import tempfile
from pathlib import Path

from . import estimate, host, initramfs, loader
from .host import Trouble, run

PASS, WARN, FAIL = "pass", "warn", "fail"
MIB = 1 << 20
FOUR_GIB = 1 << 32
LOCKDOWN = Path("/sys/kernel/security/lockdown")
SECURE_BOOT = Path("/sys/firmware/efi/efivars/"
                   "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c")


def mib(size):
    """For people."""
    return f"{-(-size // MIB)} MiB"


class Host:
    """What several checks look at."""

    def __init__(self, config):
        self.config = config
        self.image = initramfs.plan(config)
        self.log = host.xen_log()

    @property
    def target(self):
        """Where the operator wants reports; None if there is trouble."""
        return None if self.image.trouble else self.image.places[0]


def check_area(this):
    """Memory for the crash kernel."""
    start, size = host.crash_area()
    if not size:
        yield FAIL, ("there is none: put crashkernel= on Xen's command line "
                     "(GRUB_CMDLINE_XEN in /etc/default/grub, then "
                     "update-grub), and reboot")
        return
    if this.image.path.exists():
        need, _ = estimate.area(this.image)
        if size < need:
            yield FAIL, (f"{mib(size)}, of which the crash kernel needs "
                         f"{mib(need)}: make crashkernel= larger, and reboot")
            return
    if start + size > FOUR_GIB and re.search(
            r"AMD-Vi: IOMMU \d+ Enabled", this.log):
        yield FAIL, ("it is above 4 GiB, and the driver of an AMD IOMMU needs "
                     "memory below: add below=4G to crashkernel=, and reboot")
        return
    yield PASS, f"{mib(size)} at {start:#x}"


def check_kernel(this):
    """The kernel can be a crash kernel."""
    release, path = host.kernel(this.config)
    if not path.exists():
        yield FAIL, f"{path} is gone: reboot into a kernel that is installed"
        return
    options = Path(f"/boot/config-{release}")
    if options.exists():
        text = options.read_text("utf-8")
        for option in "CONFIG_CRASH_DUMP", "CONFIG_PROC_VMCORE":
            if f"{option}=y" not in text:
                yield FAIL, f"{path} lacks {option}: set KERNEL="
                return
    yield PASS, str(path)


def check_initramfs(this):
    """It was made of what there is now."""
    if not this.image.path.exists():
        yield FAIL, "there is none: systemctl restart xen-kdump"
    elif not initramfs.is_current(this.image):
        yield WARN, ("something has changed since it was made: "
                     "systemctl reload xen-kdump")
    else:
        yield PASS, str(this.image.path)


def check_loaded(_):
    """Xen has it."""
    record = loader.record()
    if not host.is_loaded():
        yield FAIL, ("Xen has no crash kernel: systemctl restart xen-kdump; "
                     "if that fails, see journalctl -u xen-kdump")
    elif not record:
        yield FAIL, "something else has loaded a crash kernel"
    elif not loader.is_current():
        yield FAIL, ("Xen has another initramfs than the one that is there: "
                     "systemctl reload xen-kdump")
    elif record["warning"]:
        yield WARN, record["warning"]
    elif not record["digest"]:
        yield WARN, "Xen's log does not have its digest any more"
    else:
        yield PASS, f"since {record['time']}, sha256 {record['digest']}"


def check_console(this):
    """Reports can be seen."""
    names = re.findall(r"console=(\S+)", loader.cmdline(this.config))
    if names:
        yield PASS, " ".join(names)
    else:
        yield WARN, "which of Linux's consoles is Xen's?  Set CONSOLE="


def room(this, free):
    """A point about so many free bytes."""
    keep = int(this.config["KEEP_FREE"]) * MIB
    need = estimate.dump() if this.config["DUMP"] == "yes" else 0
    if free < need + keep:
        return WARN, (f"{mib(free)} are free; a dump may have {mib(need)}, "
                      f"and {mib(keep)} are to stay free: limit dom0 by "
                      "dom0_mem= on Xen's command line, free some, or set "
                      "DUMP=no or another TARGET")
    return PASS, f"{mib(free)} are free, a dump has at most {mib(need)}"


def by_ssh(config, place, command):
    """What a command says there, with no other options than crash/init's."""
    user, system = initramfs.KNOWN_HOSTS
    options = (
        "BatchMode=yes", "ConnectTimeout=10", "StrictHostKeyChecking=yes",
        "IdentitiesOnly=yes", "IdentityAgent=none",
        f"HostKeyAlias={place.shell['host']}", f"UserKnownHostsFile={user}",
        f"GlobalKnownHostsFile={system}")
    return run("ssh", "-F", "none", "-p", place.shell["port"],
               "-i", config["SSH_KEY"],
               *(word for option in options for word in ("-o", option)),
               f"{place.shell['user']}@{place.shell['server']}", command,
               timeout=60)


def by_nfs(place):
    """Free bytes of what a server exports, if root of this host can write."""
    folder = tempfile.mkdtemp(prefix="xen-kdump.")
    try:
        run("mount.nfs", f"{place.shell['server']}:{place.shell['export']}",
            folder, "-o", "nolock,soft,timeo=100,retrans=3,retry=0",
            timeout=120)
        try:
            with tempfile.NamedTemporaryFile(dir=folder) as file:
                file.write(b"xen-kdump check\n")
                file.flush()
                os.fsync(file.fileno())
            known = os.statvfs(folder)
            return known.f_bavail * known.f_frsize
        except PermissionError:
            raise Trouble("root of this host cannot write there: the server "
                          "has to export it with no_root_squash") from None
        finally:
            run("umount", folder, timeout=60)
    finally:
        # Nothing else: it may still be mounted.
        os.rmdir(folder)


def check_target(this):
    """It can be reached, and has space."""
    place = this.target
    if not place:
        yield FAIL, str(this.image.trouble)
        return
    if place.kind == "nfs":
        yield room(this, by_nfs(place))
        return
    if place.kind == "ssh":
        if not Path(this.config["SSH_KEY"]).is_file():
            yield FAIL, f"{this.config['SSH_KEY']} is not there"
            return
        said = by_ssh(this.config, place,
                      f"df -Pk '{Path(place.shell['dir']).parent}'")
    elif place.path:
        said = run("df", "-Pk", next(
            p for p in (place.path, *place.path.parents) if p.exists()))
    else:
        yield PASS, f"{place.shell['uuid']} is there, and was not mounted"
        return
    yield room(this, int(said.splitlines()[-1].split()[3]) * 1024)


def check_encryption(this):
    """The crash kernel can unlock what it has to."""
    if not this.target:
        return
    uuids = this.target.luks()
    key = Path(this.config["LUKS_KEY"])
    if not uuids:
        yield PASS, "the target is not encrypted"
        return
    if not key.is_file():
        others = [place.what for place in this.image.places[1:]]
        yield WARN, (f"the target is encrypted, and {key} is not there: only "
                     "reports are saved, to " +
                     (" or ".join(others) or "nowhere at all"))
        return
    for uuid in uuids:
        device = f"/dev/disk/by-uuid/{uuid}"
        slot = re.search(r"[Kk]ey slot (\d+) unlocked", run(
            "cryptsetup", "open", "--test-passphrase", "--verbose",
            "--key-file", key, device, timeout=120))
        if run("blkid", "-o", "value", "-s", "VERSION", device).strip() != "2":
            continue
        known = json.loads(run("cryptsetup", "luksDump",
                               "--dump-json-metadata", device))
        kdf = known["keyslots"][slot[1]]["kdf"]
        if kdf.get("memory", 0) * 1024 > 16 * MIB:
            yield FAIL, (f"the key's slot needs {mib(kdf['memory'] * 1024)} "
                         "to unlock, more than the crash kernel has: add the "
                         "key with cryptsetup luksAddKey --pbkdf pbkdf2")
            return
    yield PASS, f"{key} unlocks it"


def hypfs(path):
    """What Xen says there, or None: most Xens do not have it."""
    try:
        return run("xenhypfs", "cat", path).strip()
    except Trouble:
        return None


def check_locks(_):
    """Nothing forbids loading or entering a kernel."""
    if hypfs("/kexec/policy") in ("off", "crash-efi"):
        yield FAIL, ("kexec= on Xen's command line forbids it: make it "
                     "kexec=crash-only, and reboot")
        return
    if hypfs("/kexec/locked") == "1":
        yield PASS, "Xen is locked: a change takes effect after a reboot"
        return
    if LOCKDOWN.exists() and "[none]" not in LOCKDOWN.read_text("ascii"):
        yield WARN, ("dom0's kernel is locked down: it may refuse to let "
                     "kexec reach Xen")
    elif SECURE_BOOT.exists() and SECURE_BOOT.read_bytes()[-1:] == b"\1":
        yield WARN, "Secure Boot is on: Xen may refuse to load a kernel"
    else:
        yield PASS, "no lockdown, no Secure Boot"


def check_unit(_):
    """It is loaded at each boot, by nobody else."""
    def enabled(unit):
        return subprocess.run(["systemctl", "--quiet", "is-enabled", unit],
                              check=False, capture_output=True).returncode == 0
    if not enabled("xen-kdump.service"):
        yield FAIL, "it is not: systemctl enable --now xen-kdump"
    elif enabled("kdump-tools.service"):
        yield WARN, ("kdump-tools, which does not know Xen, may load another "
                     "crash kernel: systemctl disable kdump-tools")
    else:
        yield PASS, "xen-kdump.service"


CHECKS = (
    ("crash area", check_area), ("kernel", check_kernel),
    ("initramfs", check_initramfs), ("loaded", check_loaded),
    ("console", check_console), ("target", check_target),
    ("encryption", check_encryption), ("locks", check_locks),
    ("at boot", check_unit),
)


def points(config):
    """All points: name, verdict, text."""
    if not host.is_dom0():
        yield "Xen", FAIL, "this is no dom0 of a Xen: boot the entry with Xen"
        return
    yield "Xen", PASS, host.xen_info()["xen_version"]
    try:
        this = Host(config)
    except Trouble as trouble:
        yield "configuration", FAIL, str(trouble)
        return
    yield "configuration", PASS, f"TARGET={config['TARGET']}"
    for name, check in CHECKS:
        try:
            for verdict, text in check(this):
                yield name, verdict, text
        except (Trouble, OSError) as trouble:
            yield name, FAIL, str(trouble)
