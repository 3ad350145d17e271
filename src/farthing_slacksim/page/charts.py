"""Charts of a `data_visualization` block, laid out as plain shapes that a template draws as SVG."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

WIDE, NARROW = 620, 300
_HEIGHT = 250
_LETTER = 6.6  # About how wide one letter is at the chart's text size.


@dataclass(frozen=True)
class Shape:
    """One drawn thing: `path` is SVG path data, `colour` a number of the palette, `title` its tooltip."""

    path: str
    colour: int
    title: str = ""
    kind: str = "fill"


@dataclass(frozen=True)
class Words:
    """Text at a point; `anchor` is start, middle or end."""

    x: float
    y: float
    text: str
    anchor: str = "middle"


@dataclass(frozen=True)
class Drawing:
    """A chart at one width."""

    width: int
    height: int
    shapes: list[Shape] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)
    rules: list[float] = field(default_factory=list)
    left: float = 0
    right: float = 0


@dataclass(frozen=True)
class Chart:
    """Both drawings, the legend, and the same figures as a table for those who do not see the picture."""

    title: str
    kind: str
    wide: Drawing
    narrow: Drawing
    legend: list[tuple[int, str]]
    head: list[str]
    rows: list[list[str]]
    x_label: str = ""
    y_label: str = ""


def number(value: Any) -> Decimal:
    """The number as it was written; anything else counts as nothing, so that a page is always drawn."""
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return Decimal(0)
    return found if found.is_finite() else Decimal(0)


def grouped(value: Decimal) -> str:
    """
    >>> grouped(Decimal("1234567.50")), grouped(Decimal("12"))
    ('1,234,567.50', '12')
    """
    return f"{value:,f}"


def short(value: Decimal) -> str:
    """An axis figure in few letters.

    >>> [short(Decimal(n)) for n in ("0", "0.25", "950", "12000", "2500000")]
    ['0', '0.25', '950', '12k', '2.5M']
    """
    for size, letter in ((10**9, "B"), (10**6, "M"), (10**3, "k")):
        if abs(value) >= size:
            return f"{(value / size).normalize():f}{letter}"
    return f"{value.normalize():f}" if value else "0"


def ticks(low: Decimal, high: Decimal) -> list[Decimal]:
    """About four round figures that enclose both ends.

    >>> [str(tick) for tick in ticks(Decimal(0), Decimal(870))]
    ['0', '250', '500', '750', '1000']
    """
    low, high = min(low, Decimal(0)), max(high, Decimal(0))
    if low == high:
        high = low + 1
    raw = (high - low) / 4
    unit = Decimal(10) ** raw.adjusted()
    step = next(unit * Decimal(size) for size in ("1", "2", "2.5", "5", "10") if unit * Decimal(size) >= raw)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [_tidy(step * count) for count in range(first, last + 1)]


def _tidy(value: Decimal) -> Decimal:
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()


def chart(block: dict[str, Any]) -> Chart:
    """Lay out one `data_visualization` block."""
    title, body = str(block.get("title", "")), block.get("chart") or {}
    if body.get("type") == "pie":
        return _pie(title, body.get("segments") or [])
    axis = body.get("axis_config") or {}
    categories = [str(category) for category in axis.get("categories") or []]
    names = [str(series.get("name", "")) for series in body.get("series") or []]
    values = [
        [_value_at(series, category, at) for at, category in enumerate(categories)]
        for series in body.get("series") or []
    ]
    kind = str(body.get("type", ""))
    return Chart(
        title=title,
        kind=kind,
        wide=_plot(kind, categories, names, values, WIDE),
        narrow=_plot(kind, categories, names, values, NARROW),
        legend=list(enumerate(names)),
        head=[str(axis.get("x_label") or ""), *names],
        rows=[[category, *(grouped(series[at]) for series in values)] for at, category in enumerate(categories)],
        x_label=str(axis.get("x_label") or ""),
        y_label=str(axis.get("y_label") or ""),
    )


def _value_at(series: dict[str, Any], category: str, at: int) -> Decimal:
    points = series.get("data") or []
    for point in points:
        if isinstance(point, dict) and point.get("label") == category:
            return number(point.get("value"))
    return number(points[at].get("value")) if at < len(points) and isinstance(points[at], dict) else Decimal(0)


def _plot(kind: str, categories: list[str], names: list[str], values: list[list[Decimal]], width: int) -> Drawing:
    flat = [value for series in values for value in series] or [Decimal(0)]
    scale = ticks(min(flat), max(flat))
    left = 14 + max(len(short(tick)) for tick in scale) * _LETTER
    right, top, bottom = width - 10.0, 12.0, _HEIGHT - 28.0
    span = scale[-1] - scale[0]

    def y_of(value: Decimal) -> float:
        return round(bottom - float((value - scale[0]) / span) * (bottom - top), 2)

    band = (right - left) / max(len(categories), 1)
    words = [Words(left - 8, y_of(tick) + 4, short(tick), "end") for tick in scale]
    words += _category_words(categories, left, band, width)
    shapes: list[Shape] = []
    if kind == "bar":
        wide = min(band * 0.74, 56 * max(len(values), 1)) / max(len(values), 1)
        for at, category in enumerate(categories):
            start = left + band * (at + 0.5) - wide * len(values) / 2
            for colour, series in enumerate(values):
                x, y, zero = start + wide * colour, y_of(series[at]), y_of(Decimal(0))
                gap = 1.0 if len(values) > 1 else 0.0
                path = f"M{x + gap:.2f} {zero}V{y}H{x + wide - gap:.2f}V{zero}Z"
                shapes.append(Shape(path, colour, f"{names[colour]}, {category}: {grouped(series[at])}"))
    else:
        for colour, series in enumerate(values):
            points = [f"{left + band * (at + 0.5):.2f} {y_of(value)}" for at, value in enumerate(series)]
            if not points:
                continue
            line = "M" + "L".join(points)
            if kind == "area":
                first, last = left + band * 0.5, left + band * (len(points) - 0.5)
                base = y_of(Decimal(0))
                shapes.append(Shape(f"{line}L{last:.2f} {base}L{first:.2f} {base}Z", colour, names[colour], "area"))
            shapes.append(Shape(line, colour, names[colour], "line"))
            shapes += [
                Shape(_dot(point), colour, f"{names[colour]}, {category}: {grouped(value)}")
                for point, category, value in zip(points, categories, series, strict=False)
            ]
    return Drawing(width, _HEIGHT, shapes, words, [y_of(tick) for tick in scale], left, right)


def _category_words(categories: list[str], left: float, band: float, width: int) -> list[Words]:
    """Every label that fits; where they would touch, each second, third and so on (the table has them all)."""
    longest = max((len(category) for category in categories), default=0) * _LETTER + 8
    every = max(1, math.ceil(longest / band))
    words = []
    for at in range(0, len(categories), every):
        middle, half = left + band * (at + 0.5), len(categories[at]) * _LETTER / 2
        middle = min(max(middle, half + 2), width - half - 2)
        words.append(Words(round(middle, 2), _HEIGHT - 8, categories[at]))
    return words


def _dot(point: str) -> str:
    x, y = point.split(" ")
    return f"M{float(x) - 3:.2f} {y}a3 3 0 1 0 6 0a3 3 0 1 0 -6 0Z"


def _pie(title: str, segments: list[dict[str, Any]]) -> Chart:
    labels = [str(segment.get("label", "")) for segment in segments]
    values = [max(number(segment.get("value")), Decimal(0)) for segment in segments]
    total = sum(values, Decimal(0)) or Decimal(1)
    shares = [f"{value / total * 100:.1f}%" for value in values]
    drawing = _ring(values, total, [f"{a}: {grouped(b)}" for a, b in zip(labels, values, strict=True)])
    return Chart(
        title=title,
        kind="pie",
        wide=drawing,
        narrow=drawing,
        legend=[(at, f"{label}  {share}") for at, (label, share) in enumerate(zip(labels, shares, strict=True))],
        head=["", "Value", "Share"],
        rows=[[label, grouped(v), share] for label, v, share in zip(labels, values, shares, strict=True)],
    )


def _ring(values: list[Decimal], total: Decimal, titles: list[str]) -> Drawing:
    middle, outer, inner = 110.0, 100.0, 58.0
    shapes, turned = [], 0.0

    def at(angle: float, radius: float) -> str:
        return f"{middle + radius * math.sin(angle):.2f} {middle - radius * math.cos(angle):.2f}"

    for colour, value in enumerate(values):
        # A whole turn would begin and end at one point and so draw nothing.
        turn = min(float(value / total), 0.9999) * 2 * math.pi
        end, large = turned + turn, 1 if turn > math.pi else 0
        path = (
            f"M{at(turned, outer)}A{outer} {outer} 0 {large} 1 {at(end, outer)}"
            f"L{at(end, inner)}A{inner} {inner} 0 {large} 0 {at(turned, inner)}Z"
        )
        shapes.append(Shape(path, colour, titles[colour]))
        turned = end
    return Drawing(220, 220, shapes)
