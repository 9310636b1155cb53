# SPDX-License-Identifier: GPL-2.0-only
"""make run: boot Xen and dom0, kexec into Linux, say what happened when.

Exit status 0 only if the second kernel reached its userland.
"""

import re

from . import linux, watched
from .report import Report

STAGES = (
    *watched.BOOT_STAGES,
    ("image loaded", r"dom0: loaded"),
    ("trigger", r"dom0: trigger"),
    ("new kernel's first line", r"Linux version"),
    ("new kernel's userland", r"^hand-over {nonce} userland"),
)
LIMIT = 180


def segments(texts):
    """What kexec -d printed in dom0, as one line a segment."""
    found = {}
    for text in texts:
        match = re.match(r"segment\[(\d+)\]\.(\w+) *= (0x[0-9a-f]+)", text)
        if match:
            found.setdefault(int(match[1]), {})[match[2]] = int(match[3], 16)
    for number, part in sorted(found.items()):
        if {"mem", "memsz", "bufsz"} <= part.keys():
            yield (f"segment {number}: {part['mem']:#x}-"
                   f"{part['mem'] + part['memsz']:#x}, "
                   f"{part['bufsz']} bytes of data")


def show_image(machine):
    """What was loaded where: Xen's own words where it has any, else what
    kexec -d said in dom0."""
    texts = [line.text for line in machine.lines]
    said = [re.sub(r"^\(XEN\) (\[[^]]*\] )?", "", text) for text in texts
            if re.search(r"\(XEN\).*kexec: ", text)]
    if not any("segment 0:" in text for text in said):
        said += segments(texts)
    entry = [text for text in texts if text.startswith("kexec_load: entry")]
    print("Loaded:")
    for text in said + entry[-1:]:
        print("    " + text)


def summary(seen, report):
    """The last lines: what, how long, and what runs now."""
    show_image(seen.machine)
    trigger = seen.times["trigger"]
    handover = seen.times["new kernel's first line"] - trigger
    userland = seen.times["new kernel's userland"] - trigger
    print(f"Hand-over: {handover:.2f} s from the trigger to the new kernel's "
          f"first line, {userland:.2f} s to its userland")
    print(f"Running now: Linux {report.value('kernel')} "
          f"({report.value('machine')}), {report.value('cpus')} CPU(s), "
          f"{report.value('memory')}, hypervisor: "
          f"{report.value('hypervisor')}")
    print(f"Serial log: {seen.machine.config.log}")


def main():
    """Parse the arguments, run, summarise; the exit status."""
    parser = watched.arguments(__doc__)
    parser.add_argument("--load", default="",
                        help="options for kexec -l, with commas for spaces")
    options = parser.parse_args()
    plan = linux.Plan(cpus=options.cpus, memory=options.memory,
                      xen=options.xen, parameters={
                          "load_options": f"-d,{options.load}".strip(",")})
    seen = watched.boot(options, plan, "run", STAGES, LIMIT)
    summary(seen, Report(seen.machine.lines, seen.round.nonce))
    return 0
