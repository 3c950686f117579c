"""Charts as SVG, made here: they work without script, in the dark, in grey and in print.

Nothing but numbers and our own words reaches the markup; both are escaped all the same. Colours
come from the stylesheet, series differ by pattern as well, and each chart stands beside a table
with the same numbers.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

WIDTH, HEIGHT = 720, 260
LEFT, RIGHT, TOP, BOTTOM = 48, 16, 16, 36
LETTER = 8
"""The width of a letter under a chart, generously; in the units of its view box."""


@dataclass(frozen=True, slots=True)
class Flag:
    """A mark on the time axis: where, and what it says."""

    x: float
    words: str
    kind: str
    """"switch", "deadline" or "mail"."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: what it is, how much, and a class of the stylesheet."""

    words: str
    number: int
    kind: str = "plain"


def steps(
    points: Sequence[tuple[float, float]],
    *,
    label: str,
    until: float,
    top: float,
    ticks: Sequence[tuple[float, str]],
    flags: Sequence[Flag] = (),
    band: tuple[float, float, float, float, float] | None = None,
) -> Markup:
    """A stepped line from the first point to the last, on an axis that ends at `until`.

    `band` is where a forecast begins, its value there, and at `until` its lowest, middle and
    highest value.
    """
    first = points[0][0]
    across = max(until - first, 1e-9)

    def x(value: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (value - first) / across, 1)

    def y(value: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / max(top, 1e-9), 1)

    parts = [_grid(top, y)]
    if band is not None:
        start, value, low, middle, high = band
        parts.append(
            f'<path class="graph-band" d="M{x(start)} {y(value)}L{x(until)} {y(high)}'
            f'L{x(until)} {y(low)}Z"/>'
            f'<path class="graph-ahead" d="M{x(start)} {y(value)}L{x(until)} {y(middle)}"/>'
        )
    path = f"M{x(points[0][0])} {y(points[0][1])}" + "".join(
        f"H{x(at)}V{y(value)}" for at, value in points[1:]
    )
    parts.append(f'<path class="graph-line" d="{path}"/>')
    for number, flag in enumerate(flags, 1):
        parts.append(
            f'<g class="graph-flag graph-{escape(flag.kind)}"><path d="M{x(flag.x)} {TOP}'
            f'V{HEIGHT - BOTTOM}"/><text x="{x(flag.x)}" y="{TOP - 4}" text-anchor="middle">'
            f"{number}</text></g>"
        )
    parts.extend(_tick(x(at), words) for at, words in ticks)
    return _svg(label, parts, HEIGHT)


def _grid(top: float, y: Callable[[float], float]) -> str:
    lines = []
    for part in (0, 0.5, 1):
        at = y(top * part)
        lines.append(
            f'<path class="graph-grid" d="M{LEFT} {at}H{WIDTH - RIGHT}"/>'
            f'<text x="{LEFT - 8}" y="{at + 4}" text-anchor="end">{round(top * part)}</text>'
        )
    return "".join(lines)


def _tick(x: float, words: str) -> str:
    return f'<text x="{x}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{escape(words)}</text>'


def bars(rows: Sequence[Bar], *, label: str) -> Markup:
    """Bars side by side under each other, each with its words and its number."""
    most = max((row.number for row in rows), default=0) or 1
    high, wide = 34, WIDTH - 300
    parts = []
    for place, row in enumerate(rows):
        y = place * high
        length = round(wide * row.number / most, 1)
        parts.append(
            f'<text x="212" y="{y + 21}" text-anchor="end">{escape(row.words)}</text>'
            f'<rect class="graph-bar graph-{escape(row.kind)}" x="224" y="{y + 6}" '
            f'width="{length}" height="22"/>'
            f'<text x="{232 + length}" y="{y + 21}">{row.number}</text>'
        )
    return _svg(label, parts, max(len(rows), 1) * high)


def columns(rows: Sequence[Bar], *, label: str) -> Markup:
    """Columns beside each other, for what has an order: days, seconds."""
    most = max((row.number for row in rows), default=0) or 1
    step = (WIDTH - LEFT - RIGHT) / max(len(rows), 1)
    widest = LETTER * max((len(row.words) for row in rows), default=0)
    every = math.ceil((widest + 2 * LETTER) / step)
    parts = []
    for place, row in enumerate(rows):
        x = LEFT + place * step
        length = round((HEIGHT - TOP - BOTTOM) * row.number / most, 1)
        top = HEIGHT - BOTTOM - length
        parts.append(
            f'<rect class="graph-bar graph-{escape(row.kind)}" x="{round(x + step * 0.1, 1)}" '
            f'y="{round(top, 1)}" width="{round(step * 0.8, 1)}" height="{length}"/>'
        )
        if place % every == 0:
            parts.append(_tick(round(x + step / 2, 1), row.words))
    parts.append(f'<path class="graph-grid" d="M{LEFT} {HEIGHT - BOTTOM}H{WIDTH - RIGHT}"/>')
    parts.append(f'<text x="{LEFT - 8}" y="{TOP + 8}" text-anchor="end">{most}</text>')
    return _svg(label, parts, HEIGHT)


def _svg(label: str, parts: Sequence[str], height: float) -> Markup:
    return Markup(  # noqa: S704 - made above of numbers and escaped words
        f'<svg class="graph" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{escape(label)}" focusable="false">{"".join(parts)}</svg>'
    )
