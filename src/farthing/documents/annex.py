"""The annex of an invoice: the usage behind its lines, day by day, as a small chart and a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from farthing.core.billing import frozen_cycle
from farthing.core.exact import ZERO, Exact
from farthing.core.explaining import Explainer
from farthing.core.invoicing.invoice import Invoice
from farthing.core.metering.words import meter_in_words
from farthing.core.money import Money
from farthing.core.period import Wall
from farthing.core.rating.line import Line
from farthing.documents.content import group_rows, in_groups, parts_of, quantity_text, writing_in
from farthing.documents.display import amount, compact, days_of, exact, interval, number, operand, short_day
from farthing.documents.fonts import legible

Days = Mapping[str, Sequence[tuple[date, Exact]]]

# Heights go to the page as whole thousandths of the chart's height.
FULL_HEIGHT = 1000
MOST_DATES_BELOW = 6
MOST_GROUPS = 100
_ROUND_STEPS = (Decimal(1), Decimal("1.5"), Decimal(2), Decimal(3), Decimal(4), Decimal(5), Decimal(6), Decimal(8))


def annex_content(invoice: Invoice, days: Days, explainer: Explainer) -> dict[str, Any]:
    """A part for each usage line's price of which the days are given, or which has many groups."""
    zone, wall = str(invoice.draft.frozen["zone"]), frozen_cycle(invoice.draft)
    by_price: dict[str, list[Line]] = {}
    for line in invoice.draft.lines:
        if line.slice is not None and (days.get(line.price_key) or in_groups(line)):
            by_price.setdefault(line.price_key, []).append(line)
    return {
        "heading": "Usage behind each line",
        "explained": f"Usage by local day in {zone}.",
        "parts": [_part(lines, sorted(days.get(key, ())), explainer, wall=wall) for key, lines in by_price.items()],
    }


def _part(
    lines: Sequence[Line], usage: Sequence[tuple[date, Exact]], explainer: Explainer, *, wall: Wall
) -> dict[str, Any]:
    unit = legible(lines[0].unit)
    used = [(on, quantity) for on, quantity in usage if quantity]
    dates = [on for on, _ in usage]
    several_years = bool(dates) and dates[0].year != dates[-1].year
    note = [unit] if unit else []
    frozen = explainer.price_of(lines[0])
    measured = "" if frozen is None or frozen.price.meter is None else meter_in_words(frozen.price.meter, frozen.where)
    return {
        "name": legible(lines[0].name) or legible(lines[0].price_key),
        "note": " · ".join([*note, interval(dates[0], dates[-1])] if dates else note),
        "measured": legible(f"{measured[:1].upper()}{measured[1:]}."),
        "billed": [_billed(line, wall=wall) for line in lines],
        "chart": chart_content(usage) if len(used) > 1 else None,
        "days": [[interval(on, on) if several_years else short_day(on), operand(quantity)] for on, quantity in used],
        "without": _without(len(usage) - len(used), days=len(usage)),
        "groups": [_groups(line, explainer, wall=wall) for line in lines if in_groups(line)],
    }


def _without(number_of: int, *, days: int) -> str:
    """The days that are left out, as nothing was used on them.

    >>> _without(31, days=31), _without(30, days=31), _without(0, days=31)
    ('No usage on any of these days.', 'No usage on the other 30 days.', '')
    """
    if not number_of:
        return ""
    if number_of == days:
        return "No usage on any of these days."
    return "No usage on the other day." if number_of == 1 else f"No usage on the other {number_of:,} days."


def _groups(line: Line, explainer: Explainer, *, wall: Wall) -> dict[str, Any]:
    """The groups of a line, so many as a reader will look at, and what the others come to."""
    sums = explainer.arithmetic_of(line, most=MOST_GROUPS, writing=writing_in(line.amount.currency))
    currency = line.amount.currency
    rows = [row for cell in sums.cells for row in group_rows(cell, line)]
    if sums.left_out:
        together = [
            part.minor for done, part in zip(line.modifications, line.modification_amounts, strict=True) if not done.of
        ]
        others = line.amount.minor - sum(together) - sum(parts_of(cell) for cell in sums.cells)
        row = {"label": f"{sums.left_out:,} more groups", "sum": exact(sums.others, currency), "heads": True}
        share = amount(Money(others, currency)) if line.rate is None else ""
        rows.append({**row, "share": share, "nested": False})
    counted_in = "" if line.rate is None else f", in {legible(line.rate.key)}"
    return {"heading": f"{len(line.cells):,} groups, {days_of(line.period, in_zone=wall)}{counted_in}", "rows": rows}


def _billed(line: Line, *, wall: Wall) -> str:
    assert line.slice is not None, f"line {line.price_key} is not usage"
    events = "1 event" if line.slice.events == 1 else f"{number(line.slice.events)} events"
    first, last = number(line.slice.after + 1), number(line.slice.to)
    among = f"positions {first} to {last}" if line.slice.to > line.slice.after else "no positions"
    return f"Billed for {days_of(line.period, in_zone=wall)}: {quantity_text(line)}, from {events} ({among})."


def chart_content(usage: Sequence[tuple[date, Exact]]) -> dict[str, Any]:
    """Bars from `start` to `end`, and the axis, in thousandths of the height, counted from the bottom.

    >>> chart = chart_content([(date(2026, 1, 1), Decimal(50)), (date(2026, 1, 2), Decimal(100))])
    >>> chart["bars"], chart["ticks"]
    ([[0, 500], [0, 1000]], [[0, '0'], [500, '50'], [1000, '100']])
    """
    top = round_up(max((quantity for _, quantity in usage), default=ZERO))
    bottom = -round_up(-min((quantity for _, quantity in usage), default=ZERO))
    if not top and not bottom:
        top = Decimal(1)
    span = Fraction(top) - Fraction(bottom)

    def height(value: Exact) -> int:
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


def round_up(value: Exact) -> Decimal:
    """The next number that is easy to read on an axis; 0 for what is not above it.

    >>> [f"{round_up(Decimal(value)):f}" for value in ("0", "-4", "73", "1200", "0.013")]
    ['0', '0', '80', '1500', '0.015']
    """
    if value <= 0:
        return Decimal(0)
    scale = Decimal(1).scaleb(_magnitude(value))
    return next(step * scale for step in (*_ROUND_STEPS, Decimal(10)) if step * scale >= value)


def _magnitude(value: Exact) -> int:
    """The power of ten of its first digit: 2 for 730, -2 for 0.013."""
    if isinstance(value, Decimal):
        return value.adjusted()
    guess = len(str(value.numerator)) - len(str(value.denominator))
    return guess if value >= Fraction(10) ** guess else guess - 1
