# SPDX-License-Identifier: GPL-2.0-only
"""A picture of stages: a bar for each way, a colour for each stage."""

from html import escape

COLOURS = ("#4e79a7", "#f28e2b", "#e15759", "#76b7b2", "#59a14f", "#edc948",
           "#b07aa1", "#9c755f", "#bab0ac")
WIDTH, LEFT, TOP, BAR, GAP, LINE = 800, 10, 40, 34, 30, 20


def bars(title, ways):
    """SVG of {way: {stage: value}}; a stage has one colour in all ways."""
    stages = list(dict.fromkeys(
        stage for values in ways.values() for stage in values))
    if len(stages) > len(COLOURS):
        raise ValueError(f"{len(stages)} stages, {len(COLOURS)} colours")
    colour = dict(zip(stages, COLOURS))
    longest = max(sum(values.values()) for values in ways.values())
    scale = (WIDTH - 2 * LEFT - 60) / longest
    parts, y = [f'<text x="{LEFT}" y="22" font-weight="bold">'
                f'{escape(title)}</text>'], TOP
    for way, values in ways.items():
        parts.append(f'<text x="{LEFT}" y="{y + 14}">{escape(way)}</text>')
        y += LINE
        x = LEFT
        for stage, value in values.items():
            parts.append(
                f'<rect x="{x:.1f}" y="{y}" width="{value * scale:.1f}" '
                f'height="{BAR}" fill="{colour[stage]}">'
                f'<title>{escape(stage)}: {value:.1f}</title></rect>')
            x += value * scale
        parts.append(f'<text x="{x + 6:.1f}" y="{y + BAR // 2 + 5}">'
                     f'{sum(values.values()):.1f}</text>')
        y += BAR + GAP - LINE
    y += GAP - LINE
    for index, stage in enumerate(stages):
        place = LEFT + index % 2 * WIDTH // 2
        row = y + index // 2 * LINE
        parts.append(f'<rect x="{place}" y="{row}" width="12" height="12" '
                     f'fill="{colour[stage]}"/>')
        parts.append(f'<text x="{place + 18}" y="{row + 11}">'
                     f'{escape(stage)}</text>')
    height = y + (len(stages) + 1) // 2 * LINE + 10
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
        f'height="{height}" font-family="sans-serif" font-size="14">',
        '<!-- SPDX-License-Identifier: GPL-2.0-only -->',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        *parts, "</svg>", ""])
