# SPDX-License-Identifier: GPL-2.0-only
"""The goals, and what was measured, as tables and charts.

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

import chart

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30

LOAD_SIZES = (64, 128, 256, 512, 1024, 2048)
ENTRY_SIZE = 512                    # MiB, of the goals on the entry
ENTRY_SIZES = (64, 512)


@dataclass
class Row:
    """One line of the table of goals."""
    what: str
    goal: str
    measured: str
    met: bool | None                # None: no goal, or nothing measured


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

    def plain(self, size):
        """Seconds of the fastest plain copy in the same machine, or None."""
        found = [self.time("entry", what, size)
                 for what in ("copy_words", "copy_loop")]
        return min(filter(None, found), default=None)


def _at_most(what, goal, limit, measured, text):
    """A row whose figure must not be above the limit."""
    if measured is None:
        return Row(what, goal, "not measured", None)
    return Row(what, goal, text(measured), measured <= limit)


def _worst(values):
    """(largest, its size) of {size: value or None}."""
    known = {size: v for size, v in values.items() if v is not None}
    if not known:
        return None
    size = max(known, key=known.get)
    return known[size], size


def _worst_row(what, goal, limit, values):
    """A row about the largest of ratios, by size."""
    worst = _worst(values)
    if not worst:
        return Row(what, goal, "not measured", None)
    return Row(what, goal, f"{worst[0]:.3f} times, at {worst[1]} MiB",
               worst[0] <= limit)


def _ratio_text(value):
    return f"{value:.3f} times"


def load_rows(res):
    """What the hypercall takes."""
    yield _worst_row(
        "load, 64 MiB to 2 GiB, no collisions, over a plain copy",
        "at most 1.25 times", 1.25,
        {size: res.ratio(("ours", "load", size), ("ours", "copy", size))
         for size in LOAD_SIZES})
    yield _worst_row(
        "load with forced collisions, over one without", "at most 1.10 times",
        1.10,
        {size: res.ratio(("ours", "collide", size),
                       ("ours", "load-beside", size))
         for size in LOAD_SIZES})
    yield _at_most("load of 2 GiB over load of 256 MiB", "at most 8.4 times",
                   8.4,
                   res.ratio(("ours", "load", 2048), ("ours", "load", 256)),
                   _ratio_text)
    worst, counted = res.stretch("stretches"), res.stretch("counted_stretches")
    yield _at_most("longest stretch without a preemption check",
                   "at most 10 ms", 0.010, worst and worst[0],
                   lambda s: f"{s * 1e3:.2f} ms ({worst[1]})" + (
                       f"; of its boots' longest the median is "
                       f"{worst[2] * 1e3:.2f} ms") + (
                       f"; {counted[0] * 1e6:,.0f} thousand instructions "
                       f"({counted[1]})" if counted else ""))
    yield _at_most("unload of 1 GiB over its load", "at most 0.05 times", 0.05,
                   res.ratio(("ours", "unload", 1024), ("ours", "load", 1024)),
                   lambda v: f"{v:.4f} times")
    yield _at_most("memory beyond the image's bytes, 1 GiB on a host of "
                   "12 GiB", "at most 64 KiB", 64 * KIB,
                   res.taken("ours", 1024), lambda n: f"{n / KIB:.0f} KiB")


def entry_rows(res):
    """What leaving takes."""
    entry, plain = res.time("ours", "entry", ENTRY_SIZE), res.plain(ENTRY_SIZE)
    yield _at_most(
        f"trigger to the first instruction, {ENTRY_SIZE} MiB, over a plain "
        "copy", "at most 1.1 times", 1.1,
        entry / plain if entry and plain else None,
        lambda v: f"{v:.3f} times ({entry * 1e3:.0f} ms)")
    first, last = (res.time("ours", "in-place", size) for size in ENTRY_SIZES)
    # A figure of some ms on a machine with other work: no closer than this.
    yield _at_most(
        f"the same with everything in place, {ENTRY_SIZES[1]} MiB over "
        f"{ENTRY_SIZES[0]} MiB", "independent of the size: at most 1.1 times",
        1.1, last / first if first and last else None,
        lambda v: f"{v:.3f} times ({last * 1e3:.1f} ms)")
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
    if stub and memcpy:
        yield Row("host: the stub's copy over memcpy of the same bytes",
                  "at least 0.95 times",
                  f"{stub / memcpy:.3f} times ({stub / 1e9:.1f} GB/s)",
                  stub / memcpy >= 0.95)
    else:
        yield Row("host: the stub's copy over memcpy of the same bytes",
                  "at least 0.95 times", "not measured", None)
    found = res.data["host"].get("idmap")
    yield _at_most("host: tables for 1,000 ranges below 6 TiB",
                   "less than 10 ms", 0.010,
                   statistics.median(s for s, _ in found) if found else None,
                   lambda s: f"{s * 1e3:.2f} ms, {found[0][1] / MIB:.1f} MiB "
                             "of them")
    load, pieces, whole = (res.rate(f"load{suffix}")
                           for suffix in ("", "_pieces", "_memcpy"))
    size = res.data["host"].get("load", [[0, 0]])[0][1] / GIB
    yield Row(f"host: load of {size:g} GiB", "shown",
              f"{load / 1e9:.2f} GB/s; memcpy {pieces / 1e9:.2f} GB/s in the "
              f"same pieces, {whole / 1e9:.2f} GB/s in one"
              if load and pieces and whole else "not measured", None)


def rows(res):
    """All rows of the table of goals."""
    return [*load_rows(res), *entry_rows(res), *host_rows(res)]


def verdict(row):
    """The last cell of a row."""
    if row.met is None:
        return "-" if row.goal == "shown" else "not measured"
    return "met" if row.met else "**missed**"


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
    yield ("| MiB | plain copy, s | load, s | with collisions, s | stock, s "
           "| stock with collisions, s | unload, ms | beyond the bytes, KiB "
           "| stock, KiB |")
    yield "| --- " * 9 + "|"
    for size in LOAD_SIZES:
        unload = res.time("ours", "unload", size)
        memory = [res.taken(who, size) for who in ("ours", "stock")]
        cells = [_cell(res.time(*name, size)) for name in (
            ("ours", "copy"), ("ours", "load"), ("ours", "collide"),
            ("stock", "load"), ("stock", "collide"))]
        cells += [_cell(unload and unload * 1e3, "{:.2f}"),
                  *(_cell(n and n / KIB, "{:.0f}") for n in memory)]
        yield f"| {size} | " + " | ".join(cells) + " |"


def entry_table(res):
    """The lines of the table of entries, by size."""
    yield ("| MiB | plain copy, ms | trigger to entry, ms | stock, ms "
           "| all in place, ms | crash image, digest checked, ms |")
    yield "| --- " * 6 + "|"
    for size in sorted({*ENTRY_SIZES, 128}):
        times = [res.plain(size), *(res.time(*name, size) for name in (
            ("ours", "entry"), ("stock", "entry"), ("ours", "in-place"),
            ("ours", "crash-entry")))]
        yield f"| {size} | " + " | ".join(
            _cell(t and t * 1e3, "{:.1f}") for t in times) + " |"


def stretch_table(res):
    """The lines of the table of stretches."""
    yield ("| slot and work | longest stretch, ms | median of the boots, ms "
           "| thousand instructions |")
    yield "| --- | --- | --- | --- |"
    for name, found in sorted(res.data["stretches"].items(),
                              key=lambda pair: -max(pair[1])):
        counted = res.data["counted_stretches"].get(name)
        yield (f"| {name} | {max(found) * 1e3:.2f} "
               f"| {statistics.median(found) * 1e3:.2f} "
               f"| {_cell(counted and max(counted) * 1e6, '{:,.0f}')} |")


def counted_lines(res):
    """What counting instructions says, which no other work disturbs."""
    sizes = sorted(int(name.split()[2]) for name in res.data["counted"]
                   if name.startswith("ours load "))
    if not sizes:
        yield "Not measured."
        return
    for size in sizes:
        ratio = res.ratio(("ours", "load", size), ("ours", "copy", size),
                        "counted")
        if ratio:
            yield f"- load of {size} MiB over a plain copy: {ratio:.4f} times"
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


def _line(res, who, what, scale=1.0):
    """Points of a series over the sizes."""
    return [(size, value * scale) for size in LOAD_SIZES
            if (value := res.time(who, what, size))]


def _memory(res, who):
    return [(size, value / KIB) for size in LOAD_SIZES
            if (value := res.taken(who, size)) and value > 0]


def charts(res):
    """(file name, SVG or None) of each chart."""
    ours, stock, grey = "#1565c0", "#c62828", "#616161"
    yield "load.svg", chart.draw(
        "Load hypercall", "image, MiB", "seconds", [
            chart.Series("plain copy", _line(res, "ours", "copy"), grey, True),
            chart.Series("this project", _line(res, "ours", "load"), ours),
            chart.Series("this project, collisions",
                         _line(res, "ours", "collide"),
                         "#6a1b9a"),
            chart.Series("stock", _line(res, "stock", "load"), stock),
            chart.Series("stock, collisions", _line(res, "stock", "collide"),
                         "#ef6c00")])
    yield "entry.svg", chart.draw(
        "Trigger to the first instruction", "image, MiB", "milliseconds", [
            chart.Series("plain copy",
                         [(size, res.plain(size) * 1e3) for size in ENTRY_SIZES
                          if res.plain(size)], grey, True),
            chart.Series("this project", _line(res, "ours", "entry", 1e3),
                         ours),
            chart.Series("this project, in place",
                         _line(res, "ours", "in-place", 1e3), "#2e7d32"),
            chart.Series("stock", _line(res, "stock", "entry", 1e3), stock)])
    yield "memory.svg", chart.draw(
        "Memory beyond the image's bytes", "image, MiB", "KiB", [
            chart.Series("this project", _memory(res, "ours"), ours),
            chart.Series("stock", _memory(res, "stock"), stock)])
