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
from farthing.documents.fonts import legible
from farthing.documents.lines import LineWriter, events_text, in_groups, parts_of
from farthing.languages.language import Language

Days = Mapping[str, Sequence[tuple[date, Exact]]]

# Heights go to the page as whole thousandths of the chart's height.
FULL_HEIGHT = 1000
MOST_DATES_BELOW = 6
MOST_GROUPS = 100
_ROUND_STEPS = (Decimal(1), Decimal("1.5"), Decimal(2), Decimal(3), Decimal(4), Decimal(5), Decimal(6), Decimal(8))


def annex_content(invoice: Invoice, days: Days, explainer: Explainer, language: Language) -> dict[str, Any]:
    """A part for each usage line's price of which the days are given, or which has many groups."""
    zone, wall = str(invoice.draft.frozen["zone"]), frozen_cycle(invoice.draft)
    by_price: dict[str, list[Line]] = {}
    for line in invoice.draft.lines:
        if line.slice is not None and (days.get(line.price_key) or in_groups(line)):
            by_price.setdefault(line.price_key, []).append(line)
    writer = _AnnexWriter(explainer, language, wall)
    return {
        "heading": language.say("Usage behind each line"),
        "explained": language.say("Usage by local day in {zone}.", zone=zone),
        "parts": [writer.part(lines, sorted(days.get(key, ()))) for key, lines in by_price.items()],
    }


class _AnnexWriter:
    """Writes the parts of one invoice's annex in a language."""

    def __init__(self, explainer: Explainer, language: Language, wall: Wall) -> None:
        self._explainer, self._language, self._wall = explainer, language, wall
        self._writer = LineWriter(explainer, language, wall)

    def part(self, lines: Sequence[Line], usage: Sequence[tuple[date, Exact]]) -> dict[str, Any]:
        """The usage behind the lines of one price."""
        language, unit = self._language, legible(lines[0].unit)
        used = [(on, quantity) for on, quantity in usage if quantity]
        dates = [on for on, _ in usage]
        several_years = bool(dates) and dates[0].year != dates[-1].year
        note = [unit] if unit else []
        frozen = self._explainer.price_of(lines[0])
        measured = ""
        if frozen is not None and frozen.price.meter is not None:
            measured = meter_in_words(frozen.price.meter, frozen.where, language)
        return {
            "name": legible(lines[0].name) or legible(lines[0].price_key),
            "note": " · ".join([*note, language.interval(dates[0], dates[-1])] if dates else note),
            "measured": legible(f"{measured[:1].upper()}{measured[1:]}."),
            "billed": [self._billed(line) for line in lines],
            "chart": chart_content(usage, language) if len(used) > 1 else None,
            "days": [
                [language.interval(on, on) if several_years else language.short_day(on), language.operand(quantity)]
                for on, quantity in used
            ],
            "without": _without(len(usage) - len(used), language, days=len(usage)),
            "groups": [self._groups(line) for line in lines if in_groups(line)],
        }

    def _groups(self, line: Line) -> dict[str, Any]:
        """The groups of a line, so many as a reader will look at, and what the others come to."""
        language, currency = self._language, line.amount.currency
        sums = self._explainer.arithmetic_of(line, most=MOST_GROUPS, writing=language.writing_in(currency))
        rows = [row for cell in sums.cells for row in self._writer.group_rows(cell, line)]
        if sums.left_out:
            together = [
                part.minor
                for done, part in zip(line.modifications, line.modification_amounts, strict=True)
                if not done.of
            ]
            others = line.amount.minor - sum(together) - sum(parts_of(cell) for cell in sums.cells)
            label = language.several(
                "{number} more group", "{number} more groups", sums.left_out, number=language.number(sums.left_out)
            )
            share = language.amount(Money(others, currency)) if line.rate is None else ""
            row = {"label": label, "sum": language.exact(sums.others, currency), "heads": True}
            rows.append({**row, "share": share, "nested": False})
        number = len(line.cells)
        said = [
            language.several("{number} group", "{number} groups", number, number=language.number(number)),
            language.days_of(line.period, in_zone=self._wall),
            *([] if line.rate is None else [language.say("in {unit}", unit=legible(line.rate.key))]),
        ]
        return {"heading": ", ".join(said), "rows": rows}

    def _billed(self, line: Line) -> str:
        assert line.slice is not None, f"line {line.price_key} is not usage"
        language = self._language
        first, last = language.number(line.slice.after + 1), language.number(line.slice.to)
        among = language.say("no positions")
        if line.slice.to > line.slice.after:
            among = language.say("positions {first} to {last}", first=first, last=last)
        return language.say(
            "Billed for {days}: {quantity}, from {events} ({positions}).",
            days=language.days_of(line.period, in_zone=self._wall),
            quantity=self._writer.quantity(line),
            events=events_text(line.slice.events, language),
            positions=among,
        )


def _without(number_of: int, language: Language, *, days: int) -> str:
    """The days that are left out, as nothing was used on them.

    >>> from farthing.languages.language import english
    >>> [_without(number, english(), days=31) for number in (31, 30, 0)]
    ['No usage on any of these days.', 'No usage on the other 30 days.', '']
    """
    if not number_of:
        return ""
    if number_of == days:
        return language.say("No usage on any of these days.")
    return language.several(
        "No usage on the other day.",
        "No usage on the other {number} days.",
        number_of,
        number=language.number(number_of),
    )


def chart_content(usage: Sequence[tuple[date, Exact]], language: Language) -> dict[str, Any]:
    """Bars from `start` to `end`, and the axis, in thousandths of the height, counted from the bottom.

    >>> from farthing.languages.language import english
    >>> chart = chart_content([(date(2026, 1, 1), Decimal(50)), (date(2026, 1, 2), Decimal(100))], english())
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
        "ticks": [[0, "0"]] if nothing else [[height(mark), language.compact(mark)] for mark in marks],
        "dates": [[place, language.short_day(usage[place][0])] for place in range(0, len(usage), every)],
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
