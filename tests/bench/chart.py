# SPDX-License-Identifier: GPL-2.0-only
"""Line charts as SVG: a few series over sizes, both axes logarithmic."""

import math
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 760, 460
LEFT, RIGHT, TOP, BOTTOM = 80, 200, 56, 60


@dataclass
class Series:
    """A line with its name at its end."""
    name: str
    points: list                    # (x, y), y > 0
    colour: str
    dashed: bool = False


def _number(value):
    """A figure as people write it."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _decades(values, base):
    """Powers of the base from below the values to above them."""
    low = math.floor(math.log(min(values), base) + 1e-9)
    high = math.ceil(math.log(max(values), base) - 1e-9)
    return [base ** n for n in range(low, max(high, low + 1) + 1)]


class _Axis:
    """From a value to where it is drawn."""

    def __init__(self, ticks, start, end):
        self.ticks = ticks
        self.start, self.end = start, end

    def at(self, value):
        """Where the value is, in pixels."""
        low, high = math.log(self.ticks[0]), math.log(self.ticks[-1])
        return self.start + (math.log(value) - low) / (high - low) * \
            (self.end - self.start)


def _spread(labels, gap=16):
    """Labels (y, text, colour) moved apart, in the order of their lines."""
    placed = []
    for y, text, colour in sorted(labels):
        if placed and y < placed[-1][0] + gap:
            y = placed[-1][0] + gap
        placed.append((y, text, colour))
    return placed


def _grid(x_axis, y_axis, x_title, y_title):
    """Lines, their numbers, and what they are numbers of."""
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    for tick in x_axis.ticks:
        x = x_axis.at(tick)
        yield (f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{bottom}" '
               f'stroke="#ddd"/>')
        yield (f'<text x="{x:.1f}" y="{bottom + 18}" '
               f'text-anchor="middle">{_number(tick)}</text>')
    for tick in y_axis.ticks:
        y = y_axis.at(tick)
        yield (f'<line x1="{LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" '
               f'stroke="#ddd"/>')
        yield (f'<text x="{LEFT - 8}" y="{y + 4:.1f}" '
               f'text-anchor="end">{_number(tick)}</text>')
    yield (f'<text x="{(LEFT + right) / 2}" y="{HEIGHT - 16}" '
           f'text-anchor="middle">{escape(x_title)}</text>')
    yield (f'<text transform="translate(20 {(TOP + bottom) / 2}) '
           f'rotate(-90)" text-anchor="middle">{escape(y_title)}</text>')


def draw(title, x_title, y_title, series):
    """The chart as text; without any points, None."""
    series = [line for line in series if line.points]
    if not series:
        return None
    x_axis = _Axis(_decades([x for line in series for x, _ in line.points],
                            2), LEFT, WIDTH - RIGHT)
    y_axis = _Axis(_decades([y for line in series for _, y in line.points],
                            10), HEIGHT - BOTTOM, TOP)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
           f'height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
           f'font-family="sans-serif" font-size="13">',
           '<rect width="100%" height="100%" fill="white"/>',
           f'<text x="{LEFT}" y="30" font-size="17">{escape(title)}</text>',
           *_grid(x_axis, y_axis, x_title, y_title)]
    labels = []
    for line in series:
        places = [(x_axis.at(x), y_axis.at(y)) for x, y in line.points]
        dash = ' stroke-dasharray="6 4"' if line.dashed else ""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        out.append(f'<polyline points="{path}" fill="none" stroke-width="2" '
                   f'stroke="{line.colour}"{dash}/>')
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" '
                f'fill="{line.colour}"/>' for x, y in places]
        labels.append((places[-1][1], line.name, line.colour))
    out += [f'<text x="{WIDTH - RIGHT + 10}" y="{y + 4:.1f}" '
            f'fill="{colour}">{escape(text)}</text>'
            for y, text, colour in _spread(labels)]
    return "\n".join([*out, "</svg>", ""])
