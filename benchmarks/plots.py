"""
Draw lines over an axis as an SVG, without a library: pure, from numbers to text.

    svg = line_chart([Series("ours", [(0, 1.0), (1, 2.0)])], title="Delay", x="day", y="hours")
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 760, 400
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 44, 52  # room around the plane for what is written there
ROW = 18  # pixels a line of the legend takes
TICKS = 6  # about so many on an axis
# Okabe and Ito's colours, which people with any colour vision tell apart; with dashes they also survive a printer.
COLOURS = ("#000000", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
DASHES = ("none", "7 3", "2 3", "9 3 2 3")
STYLE = (
    "text{font-family:sans-serif;font-size:12px;fill:#222}.title{font-size:15px;font-weight:bold}"
    ".grid{stroke:#ddd}.axis{stroke:#222}.mark{stroke:#999;stroke-dasharray:2 2}.line{fill:none;stroke-width:1.8}"
)


@dataclass(frozen=True, slots=True)
class Series:
    """A named line through points, from left to right; `is_dotted` draws the points alone."""

    name: str
    points: Sequence[tuple[float, float]]
    is_dotted: bool = False


@dataclass(frozen=True, slots=True)
class Axis:
    """Takes values to pixels."""

    low: float
    high: float
    first: float
    last: float
    is_log: bool

    def at(self, value: float) -> float:
        """Return the pixel of a value."""
        low, high, value = (math.log10(each) if self.is_log else each for each in (self.low, self.high, value))
        return self.first + (value - low) / (high - low) * (self.last - self.first)

    def ticks(self) -> list[float]:
        """Return round values within the axis."""
        if self.is_log:
            return _decades(self.low, self.high)
        step = _round_step((self.high - self.low) / TICKS)
        count = math.floor(self.high / step + 1e-9)
        return [step * number for number in range(math.ceil(self.low / step - 1e-9), count + 1)]


def line_chart(
    series: Sequence[Series],
    *,
    title: str,
    x: str,
    y: str,
    log_x: bool = False,
    log_y: bool = False,
    from_zero: bool = True,
    marks: Iterable[float] = (),
) -> str:
    """
    Return an SVG of the lines, dark on white.

    `x` and `y` name the axes with their units. `from_zero` begins a plain y axis at 0. `marks` are places on the x axis
    where something happened. Raises ValueError where there is no point, or one that a logarithm has no place for.
    """
    points = [point for each in series for point in each.points]
    if not points:
        raise ValueError("a chart needs a point")
    high = TOP + ROW * math.ceil(len(series) / 2)
    across = _axis([point[0] for point in points], LEFT, WIDTH - RIGHT, is_log=log_x)
    upward = _axis(
        [*(point[1] for point in points), *([0.0] if from_zero and not log_y else [])],
        HEIGHT - BOTTOM,
        high,
        is_log=log_y,
    )
    middle = (high + HEIGHT - BOTTOM) / 2
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text class="title" x="{LEFT}" y="22">{escape(title)}</text>',
        *_grid(across, upward, high),
        *(f'<path class="mark" d="M{across.at(mark):.1f} {high}V{HEIGHT - BOTTOM}"/>' for mark in marks),
        f'<path class="axis" fill="none" d="M{LEFT} {high}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}"/>',
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 12}" text-anchor="middle">{escape(x)}</text>',
        f'<text transform="translate(16 {middle}) rotate(-90)" text-anchor="middle">{escape(y)}</text>',
        *(part for number, each in enumerate(series) for part in _drawn(each, number, across, upward)),
        "</svg>\n",
    ]
    return "\n".join(parts)


def _axis(values: Sequence[float], first: float, last: float, *, is_log: bool) -> Axis:
    low, high = min(values), max(values)
    if is_log and low <= 0:
        raise ValueError("a logarithmic axis has no place for zero and below")
    if low == high:
        low, high = (low / 2, high * 2) if is_log else (low - 0.5, high + 0.5)
    elif not is_log:
        step = _round_step((high - low) / TICKS)
        low, high = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    return Axis(low, high, first, last, is_log)


def _round_step(about: float) -> float:
    """Return the next of 1, 2 and 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(about))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= about * (1 - 1e-9))


def _decades(low: float, high: float) -> list[float]:
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    factors = (1, 2, 5) if high / low < 10**4 else (1,)
    return [
        factor * 10.0**exponent
        for exponent in exponents
        for factor in factors
        if low <= factor * 10.0**exponent <= high * (1 + 1e-9)
    ]


def _grid(across: Axis, upward: Axis, high: float) -> Iterable[str]:
    for value in across.ticks():
        place = across.at(value)
        yield f'<path class="grid" d="M{place:.1f} {high}V{HEIGHT - BOTTOM}"/>'
        yield f'<text x="{place:.1f}" y="{HEIGHT - BOTTOM + 17}" text-anchor="middle">{_label(value)}</text>'
    for value in upward.ticks():
        place = upward.at(value)
        yield f'<path class="grid" d="M{LEFT} {place:.1f}H{WIDTH - RIGHT}"/>'
        yield f'<text x="{LEFT - 7}" y="{place + 4:.1f}" text-anchor="end">{_label(value)}</text>'


def _label(value: float) -> str:
    return f"{value:,.10g}" if abs(value) < 10**7 else f"{value:.0e}"


def _drawn(series: Series, number: int, across: Axis, upward: Axis) -> Iterable[str]:
    """Yield a series and its line of the legend."""
    colour = COLOURS[number % len(COLOURS)]
    stroke = f'stroke="{colour}" stroke-dasharray="{DASHES[number % len(DASHES)]}"'
    left, top = LEFT + (number % 2) * (WIDTH - LEFT - RIGHT) / 2, TOP + ROW * (number // 2) - 6
    placed = [(across.at(point[0]), upward.at(point[1])) for point in series.points]
    if series.is_dotted:
        yield from (f'<circle cx="{place[0]:.1f}" cy="{place[1]:.1f}" r="2.2" fill="{colour}"/>' for place in placed)
        yield f'<circle cx="{left + 13:.1f}" cy="{top}" r="3" fill="{colour}"/>'
    elif placed:
        yield f'<path class="line" {stroke} d="M{"L".join(f"{place[0]:.1f} {place[1]:.1f}" for place in placed)}"/>'
        yield f'<path class="line" {stroke} d="M{left:.1f} {top}h26"/>'
    yield f'<text x="{left + 32:.1f}" y="{top + 4}">{escape(series.name)}</text>'
