# SPDX-License-Identifier: GPL-2.0-only
"""The report: one page with everything that the last runs have found out.

Written after each run of check.py to BUILD/report/index.html, from the
results that lie below BUILD/check; it needs nothing but itself and, for its
links, the logs.
"""

import html
import json
import os
from collections import Counter

import pairwise

RESULTS = ("results.json", "results-matrix.json", "results-some.json")
LOGS = ("serial.log", "serial-1.log", "output.log", "error.log")
GRID_GROUPS = ("hosts", "matrix")   # what the grid shows; all else is listed
WORST = ("FAIL", "ERROR", "SKIP", "PASS")

STYLE = """
body { font: 14px/1.4 sans-serif; margin: 2em; color: #222; }
h1 { font-size: 1.5em; } h2 { font-size: 1.15em; margin-top: 2em; }
table { border-collapse: collapse; }
th, td { border: 1px solid #ccc; padding: .3em .5em; text-align: left;
         vertical-align: top; }
th { background: #f2f2f2; font-weight: 600; }
a.v { display: inline-block; border-radius: 3px; padding: 0 .4em;
      margin: 1px 0; text-decoration: none; white-space: nowrap;
      color: #111; }
.PASS { background: #bfe8c4; } .FAIL { background: #f6b3ac; }
.ERROR { background: #e7b6ec; } .SKIP { background: #e3e3e3; }
.stock { opacity: .75; border: 1px dashed #666; }
.why { color: #7a1f16; font-size: .9em; }
.what { color: #555; } small { color: #555; }
"""


def _collected(folder):
    """{name: result}, of each case its latest, and the runs they are from."""
    found, runs = {}, []
    files = [folder / name for name in RESULTS if (folder / name).is_file()]
    for path in sorted(files, key=lambda path: path.stat().st_mtime):
        data = json.loads(path.read_text())
        runs.append(data)
        for name, result in data["cases"].items():
            log = next((folder / name / log for log in LOGS
                        if (folder / name / log).is_file()), folder / name)
            found[name] = {**result, "log": log}
    return found, runs


class Page:
    """The page about a hypervisor, with stock Xen beside it."""

    def __init__(self, build, hypervisor):
        self._out = build / "report" / "index.html"
        debug = "-debug" if hypervisor.endswith("-debug") else ""
        ours = "xen" + debug if hypervisor.startswith("stock") else hypervisor
        self._ours, self._runs = _collected(build / "check" / ours)
        self._stock, stock_runs = _collected(
            build / "check" / ("stock" + debug))
        self._runs = [(ours, run) for run in self._runs] + \
            [("stock" + debug, run) for run in stock_runs]
        self._names = list(self._ours) + [
            name for name in self._stock if name not in self._ours]

    def _result(self, name):
        """What there is of the case, for what does not differ."""
        return self._ours.get(name) or self._stock[name]

    def _verdict(self, name, results, extra=""):
        """A coloured word, with the time, that leads to the log."""
        result = results.get(name)
        if not result:
            return ""
        link = os.path.relpath(result["log"], self._out.parent)
        label = "stock " if extra else ""
        title = f"{name}: {result['what']}"
        if result["reason"]:
            title += f" \u2014 {result['reason']}"
        return (f'<a class="v {result["status"]} {extra}" '
                f'href="{html.escape(link)}" title="{html.escape(title)}">'
                f'{label}{result["status"]} {result["seconds"]:.0f} s</a>')

    def _both(self, name):
        """Our verdict, and stock's."""
        return " ".join(filter(None, (
            self._verdict(name, self._ours),
            self._verdict(name, self._stock, "stock"))))

    def _grid(self):
        """Hosts against targets."""
        cells = {}
        for name in self._names:
            result = self._result(name)
            if result["group"] in GRID_GROUPS and result.get("target"):
                cells.setdefault((result["host"], result["target"]),
                                 []).append(name)
        if not cells:
            return
        hosts = sorted({host for host, _ in cells})
        targets = sorted({target for _, target in cells})
        yield "<h2>Hosts and what they entered</h2><table><tr><th></th>"
        yield from (f"<th>{html.escape(t)}</th>" for t in targets)
        yield "</tr>"
        for host in hosts:
            yield f"<tr><th>{html.escape(host)}</th>"
            for target in targets:
                inside = "<br>".join(
                    self._both(name) for name in cells.get((host, target), ()))
                yield f"<td>{inside}</td>"
            yield "</tr>"
        yield "</table>"

    def _list(self):
        """Every case, group by group."""
        groups = {}
        for name in self._names:
            groups.setdefault(self._result(name)["group"], []).append(name)
        for group, names in groups.items():
            yield f"<h2>{html.escape(group)}</h2><table>"
            yield "<tr><th>case</th><th>verdict</th></tr>"
            for name in names:
                reasons = " ".join(
                    f'<div class="why">{label}{html.escape(r["reason"])}</div>'
                    for label, r in (("", self._ours.get(name)),
                                     ("stock: ", self._stock.get(name)))
                    if r and r["reason"])
                yield (f"<tr><td>{html.escape(name)}<br><span class=what>"
                       f'{html.escape(self._result(name)["what"])}</span></td>'
                       f"<td>{self._both(name)}{reasons}</td></tr>")
            yield "</table>"

    def _left_out(self):
        """What the matrix has no boot for."""
        yield "<h2>Not in the matrix</h2><ul>"
        for values, why in pairwise.left_out():
            yield f"<li>{html.escape(values)}: {html.escape(why)}</li>"
        yield "</ul>"

    def _head(self):
        """What was run, and how it went in all."""
        yield "<h1>Xen kexec: the last runs</h1>"
        for title, results in (("this project", self._ours),
                               ("stock", self._stock)):
            count = Counter(r["status"] for r in results.values())
            if count:
                yield f"<p>{title}: " + ", ".join(
                    f'<span class="{s}">&nbsp;{count[s]} {s}&nbsp;</span>'
                    for s in WORST if count[s]) + "</p>"
        yield "<p><small>" + "<br>".join(
            html.escape(f"{hypervisor}: {run['version']}, {run['date']}, "
                        f"{run['accelerator']} of QEMU {run['qemu']}, "
                        f"{len(run['cases'])} cases")
            for hypervisor, run in self._runs) + "</small></p>"

    def write(self):
        """Write it; where it is."""
        self._out.parent.mkdir(parents=True, exist_ok=True)
        parts = [*self._head(), *self._grid(), *self._list(),
                 *self._left_out()]
        self._out.write_text(
            "<!DOCTYPE html>\n<html lang=en><meta charset=utf-8>"
            "<title>Xen kexec: the last runs</title>"
            f"<style>{STYLE}</style>\n" + "\n".join(parts) + "\n</html>\n",
            encoding="utf-8")
        return self._out
