"""A price as a picture: the amount against the quantity, with the leaps where they are."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import vl_convert

from farthing.documents.charts import CONFIG, HAIRLINE, HEIGHT, INK, MUTED, PALETTE, SCALE, WIDTH, know_our_fonts
from farthing.documents.display import compact
from farthing.documents.fonts import legible
from farthing.usecases.price_curve import Curve, Point, ticks

# With more leaps than this, the dots at their ends would hide the curve.
MOST_DOTTED_LEAPS = 12
_PLACES = 1_000_000
_LARGEST_IN_WORDS = Decimal(10) ** 15
_SMALLEST_IN_WORDS = Decimal("0.000001")
_COLOR = PALETTE[0]
_MARKED = PALETTE[3]


def price_chart_png(
    title: str,
    curve: Curve,
    *,
    quantity_in: str,
    amount_in: str,
    marked: Point | None = None,
    said: str = "",
    note: str = "",
    whole: bool = False,
) -> bytes:
    """The picture as a PNG; `marked` is a point of it to be shown, with what is `said` about it.

    A `note` below the title says what it is a picture of; a quantity that is `whole` has whole numbers on its axis.
    """
    know_our_fonts()
    above = _heading(title, note, amount_in=amount_in, quantity_in=quantity_in)
    spec = _chart(above, curve, marked=marked, said=said, whole=whole)
    return bytes(vl_convert.vegalite_to_png(spec, scale=SCALE, allowed_base_urls=[]))


def price_chart_svg(
    title: str,
    curve: Curve,
    *,
    quantity_in: str,
    amount_in: str,
    marked: Point | None = None,
    said: str = "",
    note: str = "",
    whole: bool = False,
) -> str:
    """The same picture as an SVG."""
    know_our_fonts()
    above = _heading(title, note, amount_in=amount_in, quantity_in=quantity_in)
    spec = _chart(above, curve, marked=marked, said=said, whole=whole)
    return str(vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]))


@dataclass(frozen=True, slots=True)
class _Span:
    """Where numbers stand between the lowest and the highest.

    The drawing is handed places, whole numbers up to a million: it reckons with floats, and is never asked to hold
    an amount.
    """

    low: Fraction
    high: Fraction

    @classmethod
    def of(cls, numbers: Iterable[Fraction]) -> _Span:
        asked = list(numbers)
        low, high = min(asked), max(asked)
        return cls(low, high if high > low else low + 1)

    def place(self, of: Fraction | Decimal) -> int:
        return int((Fraction(of) - self.low) * _PLACES // (self.high - self.low))


def _heading(title: str, note: str, *, amount_in: str, quantity_in: str) -> dict[str, Any]:
    below = f"Amount in {legible(amount_in)} by {legible(quantity_in) or 'quantity'}"
    subtitle = [below, legible(note)] if note else below
    return {"text": legible(title), "subtitle": subtitle, "limit": WIDTH - 40}


def _chart(heading: dict[str, Any], curve: Curve, *, marked: Point | None, said: str, whole: bool) -> str:
    points = [*curve.points, *([] if marked is None else [marked])]
    across = _Span.of(point.quantity for point in points)
    up = _Span.of([Fraction(0), *(point.amount for point in points)])

    def placed(point: Point, **more: Any) -> dict[str, Any]:
        return {"x": across.place(point.quantity), "y": up.place(point.amount), **more}

    layers = [_pieces([placed(point, piece=at) for at, piece in enumerate(curve.pieces) for point in piece])]
    if curve.leaps:
        leaps = [placed(before) | {"y2": up.place(after.amount)} for before, after in curve.leaps]
        layers.insert(0, _uprights(leaps))
    ends = _ends(curve)
    if ends:
        layers += [_dots([placed(point) for point, _ in ends if _ is inclusive], filled=inclusive)
                   for inclusive in (True, False)]  # fmt: skip
    if marked is not None:
        layers += _mark(placed(marked, said=legible(said)))
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": WIDTH,
        "height": HEIGHT,
        "autosize": {"type": "fit", "contains": "padding"},
        "padding": {"left": 12, "right": 22, "top": 12, "bottom": 10},
        "background": "white",
        "title": heading,
        "encoding": {"x": _axis("x", across, about=6, whole=whole), "y": _axis("y", up, about=5)},
        "layer": layers,
        "config": CONFIG,
    }
    return json.dumps(spec, ensure_ascii=False)


def _axis(field: str, span: _Span, *, about: int, whole: bool = False) -> dict[str, Any]:
    marked = ticks(span.low, span.high, about=about, whole=whole)
    words = json.dumps([axis_word(tick) for tick in marked], ensure_ascii=False)
    zero = f"datum.value === {span.place(Decimal(0))}"
    return {
        "field": field,
        "type": "quantitative",
        "scale": {"domain": [0, _PLACES], "nice": False, "zero": False},
        "axis": {
            "title": None,
            "values": [span.place(tick) for tick in marked],
            "labelExpr": f"{words}[round(datum.index * {max(1, len(marked) - 1)})]",
            "gridColor": {"condition": {"test": zero, "value": MUTED}, "value": HAIRLINE},
        },
    }


def axis_word(tick: Decimal) -> str:
    """A round number as an axis shows it, whatever its size.

    >>> [axis_word(Decimal(written)) for written in ("1500000", "0.05", "-2.5E+30", "1E-9")]
    ['1.5M', '0.05', '-2.5e30', '1e-9']
    """
    size = abs(tick)
    if not size or _SMALLEST_IN_WORDS <= size < _LARGEST_IN_WORDS:
        return compact(tick)
    sign, digits, _ = tick.as_tuple()
    written = "".join(map(str, digits)).rstrip("0")
    point = "." if written[1:] else ""
    return f"{'-' if sign else ''}{written[0]}{point}{written[1:]}e{tick.adjusted()}"


def _pieces(points: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "data": {"values": points},
        "mark": {"type": "line", "color": _COLOR, "strokeWidth": 2.5, "strokeCap": "round", "strokeJoin": "round"},
        "encoding": {"detail": {"field": "piece", "type": "nominal"}, "order": {"field": "x", "type": "quantitative"}},
    }


def _uprights(leaps: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "data": {"values": leaps},
        "mark": {"type": "rule", "color": _COLOR, "strokeDash": [2, 3], "strokeWidth": 1.2},
        "encoding": {"y2": {"field": "y2"}},
    }


def _ends(curve: Curve) -> list[tuple[Point, bool]]:
    """Both ends of each leap, and whether the quantity itself costs that: a full dot, or an empty one."""
    if len(curve.leaps) > MOST_DOTTED_LEAPS:
        return []
    told = [(leap, held) for leap, held in zip(curve.leaps, curve.held, strict=True) if held is not None]
    return [end for (before, after), held in told for end in ((before, held), (after, not held))]


def _dots(points: list[dict[str, Any]], *, filled: bool) -> dict[str, Any]:
    fill = _COLOR if filled else "white"
    return {
        "data": {"values": points},
        "mark": {"type": "point", "shape": "circle", "size": 42, "opacity": 1, "filled": True, "fill": fill,
                 "stroke": _COLOR, "strokeWidth": 1.6},
    }  # fmt: skip


def _mark(point: dict[str, Any]) -> list[dict[str, Any]]:
    """The point, and what is said about it where a curve that rises leaves room: left above it, or right below it."""
    left = point["x"] > _PLACES * 45 // 100
    above = point["y"] < _PLACES * (85 if left else 15) // 100
    dot = {"type": "point", "shape": "circle", "size": 90, "filled": True, "color": _MARKED, "opacity": 1}
    words = {
        "type": "text",
        "fontSize": 14,
        "color": INK,
        "align": "right" if left else "left",
        "dx": -9 if left else 9,
        "dy": -13 if above else 16,
        "limit": WIDTH // 2,
    }
    # Written twice: what lies below the words is first painted over.
    halo = {"stroke": "white", "strokeWidth": 4, "strokeJoin": "round"}
    said = {"text": {"field": "said"}}
    return [
        {"data": {"values": [point]}, "mark": dot | {"stroke": "white", "strokeWidth": 1.5}},
        {"data": {"values": [point]}, "mark": words | halo, "encoding": said},
        {"data": {"values": [point]}, "mark": words, "encoding": said},
    ]
