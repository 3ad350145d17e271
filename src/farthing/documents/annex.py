"""The annex of an invoice: the usage behind its lines, day by day, as a small chart and a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from farthing.core.invoicing.invoice import Invoice
from farthing.core.rating.line import Line
from farthing.documents.display import compact, days_of, interval, number, short_day
from farthing.documents.fonts import legible

Days = Mapping[str, Sequence[tuple[date, Decimal]]]

# Heights go to the page as whole thousandths of the chart's height.
FULL_HEIGHT = 1000
MOST_DATES_BELOW = 6
_ROUND_STEPS = (Decimal(1), Decimal("1.5"), Decimal(2), Decimal(3), Decimal(4), Decimal(5), Decimal(6), Decimal(8))


def annex_content(invoice: Invoice, days: Days) -> dict[str, Any]:
    """A part for each usage line's price of which the days are given; none when there are none."""
    zone = str(invoice.draft.frozen["zone"])
    by_price: dict[str, list[Line]] = {}
    for line in invoice.draft.lines:
        if line.slice is not None and days.get(line.price_key):
            by_price.setdefault(line.price_key, []).append(line)
    return {
        "heading": "Usage behind each line",
        "explained": f"Usage by local day in {zone}.",
        "parts": [_part(lines, sorted(days[key]), zone=zone) for key, lines in by_price.items()],
    }


def _part(lines: Sequence[Line], usage: Sequence[tuple[date, Decimal]], *, zone: str) -> dict[str, Any]:
    unit = legible(lines[0].unit)
    dates = [on for on, _ in usage]
    several_years = dates[0].year != dates[-1].year
    return {
        "name": legible(lines[0].name) or legible(lines[0].price_key),
        "note": " · ".join([unit, interval(dates[0], dates[-1])] if unit else [interval(dates[0], dates[-1])]),
        "billed": [_billed(line, zone=zone) for line in lines],
        "chart": chart_content(usage),
        "days": [[interval(on, on) if several_years else short_day(on), number(quantity)] for on, quantity in usage],
    }


def _billed(line: Line, *, zone: str) -> str:
    assert line.slice is not None, f"line {line.price_key} is not usage"
    quantity = " ".join(part for part in (number(line.quantity), legible(line.unit)) if part)
    events = "1 event" if line.slice.events == 1 else f"{number(line.slice.events)} events"
    first, last = number(line.slice.after + 1), number(line.slice.to)
    among = f"positions {first} to {last}" if line.slice.to > line.slice.after else "no positions"
    return f"Billed for {days_of(line.period, in_zone=zone)}: {quantity}, from {events} ({among})."


def chart_content(usage: Sequence[tuple[date, Decimal]]) -> dict[str, Any]:
    """Bars from `start` to `end`, and the axis, in thousandths of the height, counted from the bottom.

    >>> chart = chart_content([(date(2026, 1, 1), Decimal(50)), (date(2026, 1, 2), Decimal(100))])
    >>> chart["bars"], chart["ticks"]
    ([[0, 500], [0, 1000]], [[0, '0'], [500, '50'], [1000, '100']])
    """
    top = round_up(max((quantity for _, quantity in usage), default=Decimal(0)))
    bottom = -round_up(-min((quantity for _, quantity in usage), default=Decimal(0)))
    if not top and not bottom:
        top = Decimal(1)
    span = Fraction(top) - Fraction(bottom)

    def height(value: Decimal) -> int:
        return int((Fraction(value) - Fraction(bottom)) / span * FULL_HEIGHT)

    ground = height(Decimal(0))
    marks = sorted({bottom, Decimal(0), top} | ({top / 2} if top > -bottom else set()))
    nothing = all(not quantity for _, quantity in usage)
    every = max(1, -(-len(usage) // MOST_DATES_BELOW))
    return {
        "bars": [[min(ground, height(quantity)), max(ground, height(quantity))] for _, quantity in usage],
        "ground": ground,
        "ticks": [[0, "0"]] if nothing else [[height(mark), compact(mark)] for mark in marks],
        "dates": [[place, short_day(usage[place][0])] for place in range(0, len(usage), every)],
    }


def round_up(value: Decimal) -> Decimal:
    """The next number that is easy to read on an axis; 0 for what is not above it.

    >>> [f"{round_up(Decimal(value)):f}" for value in ("0", "-4", "73", "1200", "0.013")]
    ['0', '0', '80', '1500', '0.015']
    """
    if value <= 0:
        return Decimal(0)
    scale = Decimal(1).scaleb(value.adjusted())
    return next(step * scale for step in (*_ROUND_STEPS, Decimal(10)) if step * scale >= value)
