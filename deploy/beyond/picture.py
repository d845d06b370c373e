"""The picture: each resource's load over the items a day, with a line at what there is."""

from collections.abc import Iterable, Sequence
from math import log10

from deploy.beyond.resources import Resource

WIDTH, HEIGHT = 860, 520
_LEFT, _RIGHT, _TOP, _BOTTOM = 96, 676, 34, 462
_LOWEST, _HIGHEST = -2, 4
"""Powers of ten: from 1 % to a million."""
_BETWEEN = 17
"""The least distance of two names."""
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#a3478a", "#000000")
"""Told apart by the colour-blind, too (Okabe and Ito); dashes tell the same ones apart."""
_DASHES = ("none", "7 4", "2 3")


def drawn(found: Sequence[Resource], sizes: Sequence[int]) -> str:
    """An SVG document, for some resources over some sizes, the least first."""
    parts = [_frame(sizes), *_curves(found, sizes)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="Load of each resource, of what there is, over the items a day" '
        f'font-family="system-ui, sans-serif" font-size="13">\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _x(items: float, sizes: Sequence[int]) -> float:
    first, last = log10(sizes[0]), log10(sizes[-1])
    return round(_LEFT + (log10(items) - first) / (last - first) * (_RIGHT - _LEFT), 1)


def _y(load: float) -> float:
    place = (log10(load) - _LOWEST) / (_HIGHEST - _LOWEST)
    return round(_BOTTOM - place * (_BOTTOM - _TOP), 1)


def _frame(sizes: Sequence[int]) -> str:
    seen = f'<rect x="{_LEFT}" y="{_TOP}" width="{_RIGHT - _LEFT}" height="{_BOTTOM - _TOP}"/>'
    lines = [
        f'<clipPath id="seen">{seen}</clipPath>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
    ]
    for power in range(_LOWEST, _HIGHEST + 1):
        y = _y(10.0**power)
        stroke = '"#b3261e" stroke-width="2"' if power == 0 else '"#d5dae2"'
        lines.append(f'<line x1="{_LEFT}" x2="{_RIGHT}" y1="{y}" y2="{y}" stroke={stroke}/>')
        text = f"{100 * 10.0**power:,.10g} %"
        lines.append(_text(_LEFT - 8, y + 4, text, "end", "#b3261e" if power == 0 else "#566071"))
    for items in sizes:
        x = _x(items, sizes)
        lines.append(
            f'<line x1="{x}" x2="{x}" y1="{_BOTTOM}" y2="{_BOTTOM + 5}" stroke="#566071"/>'
        )
        lines.append(_text(x, _BOTTOM + 21, f"{items:,}", "middle", "#566071"))
    lines.append(_text((_LEFT + _RIGHT) / 2, HEIGHT - 10, "items a day", "middle", "#1d2430"))
    lines.append(_text(8, 18, "load, of what there is: beyond 100 % it breaks", "start", "#1d2430"))
    return "\n".join(lines)


def _curves(found: Sequence[Resource], sizes: Sequence[int]) -> Iterable[str]:
    ends = [_y(one.load(sizes[-1])) for one in found]
    for number, (one, end, beside) in enumerate(zip(found, ends, apart(ends), strict=True)):
        colour = _COLOURS[number % len(_COLOURS)]
        dashes = _DASHES[number // len(_COLOURS) % len(_DASHES)]
        points = " ".join(f"{_x(items, sizes)},{_y(one.load(items))}" for items in sizes)
        look = f'stroke="{colour}" stroke-dasharray="{dashes}"'
        line = f'points="{points}" fill="none" clip-path="url(#seen)"'
        yield f'<polyline {line} stroke-width="2" {look}/>'
        yield f'<line x1="{_RIGHT + 3}" y1="{end}" x2="{_RIGHT + 18}" y2="{beside}" {look}/>'
        yield _text(_RIGHT + 23, beside + 4, one.name, "start", colour)


def apart(places: Sequence[float]) -> list[float]:
    """The same, in the same order, and far enough from each other for names."""
    moved = dict[int, float]()
    last = float("-inf")
    for number in sorted(range(len(places)), key=lambda number: (places[number], number)):
        last = moved[number] = round(max(places[number], last + _BETWEEN), 1)
    return [moved[number] for number in range(len(places))]


def _text(x: float, y: float, words: str, anchor: str, colour: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" fill="{colour}">{words}</text>'
