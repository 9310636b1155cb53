# SPDX-License-Identifier: GPL-2.0-only
"""The goals, and what was measured, as tables.

Everything here works on the results as they are in results.json:

    times      "who what MiB" -> [seconds]; who: ours, stock, or host
    taken      "who MiB" -> [bytes of Xen's heap]
    stretches  "what was done" -> [seconds], the longest of each boot
    counted    the same as times, an instruction being a nanosecond;
               and counted_stretches
    host       what -> [[seconds, bytes]]
    trouble    what could not be measured, and why
"""

import statistics
from dataclasses import dataclass

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30

LOAD_SIZES = (64, 128, 256, 512, 1024, 2048)
COLLIDE_SIZES = (256, 512)
ENTRY_SIZES = (64, 512)
CRASH_SIZES = (64, 128)
TOOLS_SIZE = 1024

# The plain copies of tests/guest/loader/s-bench.c.  Xen's copy_from_guest() is
# made of the first.
COPIES = {"copy_bytes": "rep movsb", "copy_words": "rep movsq",
          "copy_loop": "loop of words", "copy_sse": "loop of SSE registers",
          "copy_stream": "non-temporal loop"}

# The kinds of work on each slot that there are to count, as STRETCH_HOOK and
# xen/common/kexec-slots.c call them.  Only crash images are placed.
WORKS = {f"{slot} {kind}" for slot in ("default", "crash") for kind in (
    "arguments", "control", "tables", "copy", "tails", "digest", "tidy",
    "arm", "freeing", "idle")
} | {"crash placing", "crash protecting"}
STRETCH_HOOK = "patches/test/measure-the-longest-stretches.patch"
STRETCH_INSTRUCTIONS = 3_000_000


@dataclass
class Row:
    """One line of the table of goals."""
    what: str
    goal: str
    measured: str
    met: bool | None                # None: no goal, or not all was measured
    miss: float = 0.0               # beyond the limit, as a part of it


class Results:
    """Medians by name, out of what was collected."""

    def __init__(self, data):
        self.data = data

    def time(self, who, what, size, part="times"):
        """The median in seconds, or None."""
        found = self.data[part].get(f"{who} {what} {size}")
        return statistics.median(found) if found else None

    def taken(self, who, size):
        """Bytes of the heap beyond those of the image, or None."""
        found = self.data["taken"].get(f"{who} {size}")
        return statistics.median(found) - size * MIB if found else None

    def rate(self, what):
        """Bytes for a second, on the host, or None."""
        found = self.data["host"].get(what)
        return statistics.median(n / s for s, n in found) if found else None

    def stretch(self, part):
        """The longest in seconds, what was done, and the median of what
        was the longest of that kind in each boot; or None."""
        found = self.data[part]
        if not found:
            return None
        name = max(found, key=lambda name: max(found[name]))
        return max(found[name]), name, statistics.median(found[name])

    def ratio(self, over, under, part="times"):
        """One median over another, each (who, what, MiB), or None."""
        values = [self.time(*name, part) for name in (over, under)]
        return values[0] / values[1] if all(values) else None

    def fastest(self, who, size):
        """(seconds, name) of the fastest plain copy of so many MiB; None as
        long as any of the copies was not timed."""
        found = [(self.time(who, what, size), name)
                 for what, name in COPIES.items()]
        return min(found) if all(seconds for seconds, _ in found) else None

    def plain(self, who, size):
        """Seconds of that copy, or None."""
        found = self.fastest(who, size)
        return found and found[0]

    def over_copies(self, timed, copier, size):
        """Our median over that of the fastest plain copy, that copy's name,
        and our median over that of rep movsb; or None."""
        seconds = self.time("ours", timed, size)
        fastest = self.fastest(copier, size)
        if not seconds or not fastest:
            return None
        return (seconds / fastest[0], fastest[1],
                seconds / self.time(copier, "copy_bytes", size))


def _at_most(what, goal, limit, measured, text):
    """A row whose figure must not be above the limit."""
    if measured is None:
        return Row(what, goal, "not measured", None)
    return Row(what, goal, text(measured), measured <= limit,
               measured / limit - 1)


def _at_least(what, goal, limit, measured, text):
    """A row whose figure must not be below the limit."""
    if measured is None:
        return Row(what, goal, "not measured", None)
    return Row(what, goal, text(measured), measured >= limit,
               1 - measured / limit)


def _worst_row(what, goal, limit, values, text=None):
    """A row about the largest of {size: ratio or None}.

    One that is too large misses the goal; it takes all of them to meet it.
    """
    known = {size: v for size, v in values.items() if v is not None}
    if not known:
        return Row(what, goal, "not measured", None)
    size = max(known, key=known.get)
    measured = text(size) if text else _ratio_text(known[size])
    measured += f", at {size} MiB"
    missing = [str(size) for size in values if size not in known]
    if missing:
        measured += f"; not measured at {', '.join(missing)} MiB"
    met = known[size] <= limit
    return Row(what, goal, measured, None if met and missing else met,
               known[size] / limit - 1)


def _copies_row(res, what, limit, timed, copier, sizes):
    """A row about something of ours, against the plain copies."""
    found = {size: res.over_copies(timed, copier, size) for size in sizes}
    return _worst_row(
        what, f"at most {limit:g} times", limit,
        {size: ratios and ratios[0] for size, ratios in found.items()},
        lambda size: f"{found[size][0]:.3f} times the fastest "
                     f"({found[size][1]}), {found[size][2]:.3f} times "
                     f"rep movsb")


def _ratio_text(value):
    return f"{value:.3f} times"


def _sizes(sizes):
    """Them, as people say it."""
    return f"{', '.join(map(str, sizes[:-1]))} and {sizes[-1]} MiB"


def stretch_rows(res):
    """How long Xen works on a slot without looking up."""
    goal = "at most 3 million instructions, of every kind of work"
    what = "longest stretch without a preemption check, allocation included"
    counted = res.stretch("counted_stretches")
    missing = WORKS - res.data["counted_stretches"].keys()
    if not counted:
        yield Row(what, goal, "not measured", None)
    else:
        count = counted[0] * 1e9
        text = f"{count / 1e3:,.0f} thousand ({counted[1]})"
        if missing:
            text += f"; not measured: {', '.join(sorted(missing))}"
        met = count <= STRETCH_INSTRUCTIONS
        yield Row(what, goal, text, None if met and missing else met,
                  count / STRETCH_INSTRUCTIONS - 1)
    worst = res.stretch("stretches")
    yield Row("its time", "shown",
              f"{worst[0] * 1e3:.2f} ms ({worst[1]}); of its boots' longest "
              f"the median is {worst[2] * 1e3:.2f} ms" if worst
              else "not measured", None)


def load_rows(res):
    """What the hypercall takes."""
    yield _copies_row(
        res, "load, 64 MiB to 2 GiB, no collisions, over a plain copy", 1.25,
        "load", "ours", LOAD_SIZES)
    yield _worst_row(
        f"load with forced collisions, {_sizes(COLLIDE_SIZES)}, over one "
        "without", "at most 1.10 times", 1.10,
        {size: res.ratio(("ours", "collide", size),
                       ("ours", "load-beside", size))
         for size in COLLIDE_SIZES})
    yield _at_most("load of 2 GiB over load of 256 MiB", "at most 8.4 times",
                   8.4,
                   res.ratio(("ours", "load", 2048), ("ours", "load", 256)),
                   _ratio_text)
    yield from stretch_rows(res)
    yield _at_most("unload of 1 GiB over its load", "at most 0.05 times", 0.05,
                   res.ratio(("ours", "unload", 1024), ("ours", "load", 1024)),
                   lambda v: f"{v:.4f} times")
    yield _at_most("memory beyond the image's bytes, 1 GiB on a host of "
                   "12 GiB", "at most 64 KiB", 64 * KIB,
                   res.taken("ours", 1024), lambda n: f"{n / KIB:.0f} KiB")
    ours, stock = (res.time(who, "tools", TOOLS_SIZE)
                   for who in ("ours", "stock"))
    calls = [res.time(who, "load", TOOLS_SIZE) for who in ("ours", "stock")]
    yield Row("`kexec -l` of 1 GiB in a Debian dom0, ours, stock", "shown",
              f"{ours:.1f} s, {stock:.1f} s" + (
                  f"; a hypercall of 1 GiB takes {calls[0]:.1f} s, "
                  f"{calls[1]:.1f} s" if all(calls) else "")
              if ours and stock else "not measured", None)


def entry_rows(res):
    """What leaving takes."""
    yield _copies_row(
        res, f"trigger to the first instruction, {_sizes(ENTRY_SIZES)}, over "
        "a plain copy", 1.1, "entry", "entry", ENTRY_SIZES)
    first, last = (res.time("ours", "in-place", size) for size in ENTRY_SIZES)
    # A figure of some ms on a machine with other work: no closer than this.
    yield _at_most(
        f"the same with everything in place, {ENTRY_SIZES[1]} MiB over "
        f"{ENTRY_SIZES[0]} MiB", "independent of the size: at most 1.1 times",
        1.1, last / first if first and last else None,
        lambda v: f"{v:.3f} times ({last * 1e3:.1f} ms)")
    yield _worst_row(
        f"crash image, {_sizes(CRASH_SIZES)}: trigger to the first "
        "instruction, over a plain SHA-256", "at most 1.1 times", 1.1,
        {size: res.ratio(("ours", "crash-entry", size),
                         ("crash", "digest", size)) for size in CRASH_SIZES})
    for who in ("ours", "stock"):
        kexec = res.time(who, "first-line", 0)
        reset = res.time("firmware", "first-line", 0)
        yield Row(f"trigger to Linux's first line, {who}, against a firmware "
                  "reset", "shown",
                  f"{kexec:.2f} s, {reset:.2f} s" if kexec and reset
                  else "not measured", None)


def host_rows(res):
    """What was timed on the host."""
    stub, memcpy = res.rate("stub"), res.rate("stub_memcpy")
    yield _at_least("host: the stub's copy over memcpy of the same bytes",
                    "at least 0.95 times", 0.95,
                    stub / memcpy if stub and memcpy else None,
                    lambda v: f"{v:.3f} times ({stub / 1e9:.1f} GB/s)")
    found = res.data["host"].get("idmap")
    yield _at_most("host: tables for 1,000 ranges below 6 TiB",
                   "less than 10 ms", 0.010,
                   statistics.median(s for s, _ in found) if found else None,
                   lambda s: f"{s * 1e3:.2f} ms, {found[0][1] / MIB:.1f} MiB "
                             "of them")
    load, pieces, whole = (res.rate(f"load{suffix}")
                           for suffix in ("", "_pieces", "_memcpy"))
    size = res.data["host"].get("load", [[0, 0]])[0][1] / GIB
    yield _at_most(f"host: load of {size:g} GiB over the fastest memcpy",
                   "at most 1.25 times", 1.25,
                   max(pieces, whole) / load if load and pieces and whole
                   else None,
                   lambda v: f"{v:.3f} times ({load / 1e9:.2f} GB/s; memcpy "
                             f"{whole / 1e9:.2f} GB/s in one, "
                             f"{pieces / 1e9:.2f} GB/s in the same pieces)")


def rows(res):
    """All rows of the table of goals."""
    return [*load_rows(res), *entry_rows(res), *host_rows(res)]


def verdict(row):
    """The last cell of a row."""
    if row.met is None:
        return "-" if row.goal == "shown" else "not measured"
    return "met" if row.met else f"**missed** by {row.miss * 100:.1f} %"


def goal_table(res):
    """The lines of the table of goals."""
    yield "| figure | goal | measured | |"
    yield "| --- | --- | --- | --- |"
    for row in rows(res):
        yield f"| {row.what} | {row.goal} | {row.measured} | {verdict(row)} |"


def _cell(value, form="{:.3f}"):
    return "-" if value is None else form.format(value)


def load_table(res):
    """The lines of the table of loads, by size."""
    yield ("| MiB | rep movsb, s | fastest copy, s | load, s "
           "| with collisions, s | stock, s | unload, ms "
           "| beyond the bytes, KiB | stock, KiB |")
    yield "| --- " * 9 + "|"
    for size in LOAD_SIZES:
        unload = res.time("ours", "unload", size)
        memory = [res.taken(who, size) for who in ("ours", "stock")]
        cells = [_cell(res.time("ours", "copy_bytes", size)),
                 _cell(res.plain("ours", size)),
                 *(_cell(res.time(*name, size)) for name in (
                     ("ours", "load"), ("ours", "collide"),
                     ("stock", "load"))),
                 _cell(unload and unload * 1e3, "{:.2f}"),
                 *(_cell(n and n / KIB, "{:.0f}") for n in memory)]
        yield f"| {size} | " + " | ".join(cells) + " |"


def copy_table(res):
    """The lines of the table of plain copies."""
    yield f"| MiB | {' | '.join(f'{name}, s' for name in COPIES.values())} |"
    yield "| --- " * (len(COPIES) + 1) + "|"
    for size in LOAD_SIZES:
        yield f"| {size} | " + " | ".join(
            _cell(res.time("ours", what, size)) for what in COPIES) + " |"


def collide_table(res):
    """The lines of the table of loads that are timed once a boot."""
    yield "| MiB | this project, s | stock, s |"
    yield "| --- " * 3 + "|"
    for size in sorted({int(name.split()[2]) for name in res.data["times"]
                        if " collide-once " in name}):
        yield f"| {size} | " + " | ".join(
            _cell(res.time(who, "collide-once", size))
            for who in ("ours", "stock")) + " |"


def entry_table(res):
    """The lines of the table of entries, by size."""
    yield ("| MiB | rep movsb, ms | fastest copy, ms | trigger to entry, ms "
           "| stock, ms | all in place, ms | plain SHA-256, ms "
           "| crash image, digest checked, ms |")
    yield "| --- " * 8 + "|"
    for size in sorted({*ENTRY_SIZES, *CRASH_SIZES}):
        times = [res.time("entry", "copy_bytes", size),
                 res.plain("entry", size),
                 *(res.time(*name, size) for name in (
                     ("ours", "entry"), ("stock", "entry"),
                     ("ours", "in-place"), ("crash", "digest"),
                     ("ours", "crash-entry")))]
        yield f"| {size} | " + " | ".join(
            _cell(t and t * 1e3, "{:.1f}") for t in times) + " |"


def stretch_table(res):
    """The lines of the table of stretches."""
    yield ("| slot and work | longest stretch, ms | median of the boots, ms "
           "| thousand instructions |")
    yield "| --- | --- | --- | --- |"
    timed, counted = res.data["stretches"], res.data["counted_stretches"]
    for name in sorted({*timed, *counted}, key=lambda name: (
            -max(counted.get(name, [0])), -max(timed.get(name, [0])))):
        found = timed.get(name)
        cells = [_cell(found and max(found) * 1e3, "{:.2f}"),
                 _cell(found and statistics.median(found) * 1e3, "{:.2f}"),
                 _cell(max(counted[name]) * 1e6 if name in counted else None,
                       "{:,.0f}")]
        yield f"| {name} | " + " | ".join(cells) + " |"


def counted_lines(res):
    """What counting instructions says, which no other work disturbs."""
    sizes = sorted(int(name.split()[2]) for name in res.data["counted"]
                   if name.startswith("ours load "))
    if not sizes:
        yield "Not measured."
        return
    for size in sizes:
        ratio = res.ratio(("ours", "load", size), ("ours", "copy_bytes", size),
                          "counted")
        if ratio:
            yield f"- load of {size} MiB over rep movsb: {ratio:.4f} times"
    ratio = res.ratio(("ours", "load", sizes[-1]), ("ours", "load", sizes[0]),
                    "counted")
    if ratio:
        yield (f"- load of {sizes[-1]} MiB over load of {sizes[0]} MiB: "
               f"{ratio:.3f} times, of {sizes[-1] / sizes[0]:g} times the "
               "bytes")


def document(res):
    """The whole report, as lines of Markdown."""
    about = res.data["about"]
    yield (f"{about['date']}, {about['host']}; {about['accelerator']}; "
           f"load average {about['load'][0]:.1f} at the start, "
           f"{about['load'][1]:.1f} at the end; {about['rounds']} rounds; "
           "medians.")
    for title, table in (("", goal_table), ("Loads", load_table),
                         ("Plain copies", copy_table),
                         ("Loads with collisions, once a boot", collide_table),
                         ("From the trigger to the entry", entry_table),
                         ("Stretches", stretch_table),
                         ("In instructions", counted_lines)):
        yield ""
        if title:
            yield f"### {title}"
            yield ""
        yield from table(res)
    if res.data["trouble"]:
        yield ""
        yield "Not measured:"
        yield ""
        yield from (f"- {line}" for line in res.data["trouble"])
