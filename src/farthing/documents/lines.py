"""What an invoice says of its lines: each with its quantity, price and amount, and the steps between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from farthing.core.exact import Exact
from farthing.core.explaining import Explainer
from farthing.core.metering.words import unit_of
from farthing.core.money import Money
from farthing.core.period import Wall
from farthing.core.pricing.event_priced import EventPriced
from farthing.core.pricing.flat import Flat
from farthing.core.pricing.free import Free
from farthing.core.pricing.matrix import Matrix
from farthing.core.pricing.package import Package
from farthing.core.pricing.per_unit import PerUnit
from farthing.core.pricing.percentage import Percentage
from farthing.core.pricing.shapes import Shape
from farthing.core.rating.arithmetic import Arithmetic, CellRows, Row
from farthing.core.rating.line import Line, LineKind
from farthing.core.saying import message
from farthing.documents.fonts import legible
from farthing.languages.language import Language

# A line, or a group of it, with more rows than this may run over a page's end; a shorter one stays whole.
MOST_ROWS_KEPT_TOGETHER = 9
# A line with more groups than this has them in the annex.
MOST_GROUPS_ON_THE_LINE = 4
LONGEST_GROUP = 1000
_BY_TIER = {
    "graduated": message("graduated, by tier"),
    "volume": message("volume, by tier"),
    "stairstep": message("stairstep, by tier"),
    "graduated_percentage": message("graduated percentage, by tier"),
    "capacity": message("capacity, by tier"),
}


def in_groups(line: Line) -> bool:
    """Whether a line has so many groups that they are shown in the annex."""
    return len(line.cells) > MOST_GROUPS_ON_THE_LINE


def parts_of(cell: CellRows) -> int:
    """A group's part of the rounded amount, in minor units."""
    return sum(row.part.minor for row in cell.rows if row.part is not None)


def kept_with_total(lines: Sequence[dict[str, Any]]) -> None:
    """The end of the last line stays with what follows the lines."""
    if lines:
        lines[-1]["spans"] = _kept_with_total(lines[-1]["spans"])


class LineWriter:
    """Writes the lines of one invoice in a language."""

    def __init__(self, explainer: Explainer, language: Language, wall: Wall) -> None:
        self._explainer, self._language, self._wall = explainer, language, wall

    def line(self, line: Line) -> dict[str, Any]:
        """A line with its steps."""
        steps = self._arithmetic(line)
        said = [self._language.days_of(line.period, in_zone=self._wall), *self._events(line)]
        # Why it is there, and whose word that is, where no price says so.
        said += [legible(line.note)] if line.note else []
        return {
            "name": legible(line.name) or legible(line.price_key),
            "note": " · ".join(said),
            "quantity": "" if line.kind in (LineKind.TRUE_UP, LineKind.OVERAGE) else self.quantity(line),
            "priced": self._how_priced(line),
            "amount": self._language.amount(line.amount),
            "steps": steps,
            "spans": _spans(steps),
        }

    def quantity(self, line: Line) -> str:
        """How much a line is about, and its unit."""
        return self.units(line.quantity, line)

    def units(self, quantity: Exact, line: Line) -> str:
        """So many units of a line."""
        unit = legible(unit_of(quantity, line.unit))
        return " ".join(part for part in (self._language.operand(quantity), unit) if part)

    def group_rows(self, cell: CellRows, line: Line) -> list[dict[str, Any]]:
        """A group's rows: whose it is, and how its part of the line comes about."""
        rows = self._rows_of(cell, line)
        # A customer's own key may be of any length; a page holds the beginning of it.
        named = legible(cell.of if len(cell.of) <= LONGEST_GROUP else f"{cell.of[: LONGEST_GROUP - 1]}…")
        if len(rows) == 1 and len(cell.steps) == 1:
            return [rows[0] | {"label": named, "heads": True}]
        together = Money(parts_of(cell), line.amount.currency)
        return [
            {
                "label": named,
                "sum": self.units(cell.measured, line),
                "share": "" if line.rate else self._language.amount(together),
                "heads": True,
                "nested": False,
            },
            *(row | {"share": "", "nested": True} for row in rows),
        ]

    def _events(self, line: Line) -> list[str]:
        return [] if line.slice is None else [events_text(line.slice.events, self._language)]

    def _how_priced(self, line: Line) -> str:
        """The price in a few words, for the narrow column."""
        frozen, say = self._explainer.price_of(line), self._language.say
        match line.kind:
            case LineKind.TRUE_UP:
                return say("missing to what was committed")
            case LineKind.OVERAGE:
                return say("beyond what was committed")
            case LineKind.FEE | LineKind.ONCE:
                ahead = say("in advance") if line.advance else say("in arrears")
                when = say("once") if line.kind is LineKind.ONCE else ahead
            case _:
                when = ""
        if frozen is None:
            return when
        priced = self._shape_in_words(frozen.price.shape, line)
        unit = frozen.price.unit_of_account
        said = priced if unit is None else say("{price}, in {unit}", price=priced, unit=legible(unit.key))
        return f"{said}, {when}" if when else said

    def _shape_in_words(self, shape: Shape, line: Line) -> str:
        language, say = self._language, self._language.say
        price = language.writing_in(line.amount.currency).price
        match shape:
            case Flat(fee=fee):
                return say("{fee} flat", fee=price(fee))
            case PerUnit(unit=unit):
                return say("{price} per unit", price=price(unit))
            case Package(price=package, size=size):
                return say("{price} per {size}", price=price(package), size=language.number(size))
            case Percentage(rate=rate, per_event=per_event):
                percent = language.writing_in(line.amount.currency).percent(rate)
                each = say("{price} per event", price=price(per_event)) if per_event else ""
                return f"{percent} + {each}" if each else percent
            case EventPriced(multiplier=multiplier):
                if multiplier == 1:
                    return say("as the events say")
                return say("as the events say, × {factor}", factor=language.number(multiplier))
            case Matrix(by=by):
                conjunction = say("and")
                return say("by {groups}", groups=legible(f" {conjunction} ".join(by)))
            case Free():
                return say("free")
        return say(_BY_TIER[shape.kind])

    def _arithmetic(self, line: Line) -> list[dict[str, Any]]:
        """A row for each step: what it is, the sum, and its part of the rounded amount."""
        if line.kind is LineKind.ITEM:
            return []
        share, frozen = line.share, self._explainer.price_of(line)
        whole = share is None or share.days == share.of_days
        is_plain = not line.modifications and line.rate is None and len(line.cells) == 1
        if frozen is not None and isinstance(frozen.price.shape, Flat) and whole and is_plain:
            return []
        sums = self._explainer.arithmetic_of(line, writing=self._language.writing_in(line.amount.currency))
        return [*self._cells(line, sums), *self._after(line, sums)]

    def _cells(self, line: Line, sums: Arithmetic) -> list[dict[str, Any]]:
        if not sums.parted:
            return [row for cell in sums.cells for row in self._rows_of(cell, line)]
        if in_groups(line):
            number = len(line.cells)
            label = self._language.several(
                "{number} group", "{number} groups", number, number=self._language.number(number)
            )
            elsewhere = self._language.say("each in the annex")
            return [{"label": label, "sum": elsewhere, "share": "", "heads": False, "nested": False}]
        return [row for cell in sums.cells for row in self.group_rows(cell, line)]

    def _rows_of(self, cell: CellRows, line: Line) -> list[dict[str, Any]]:
        quantities = [self._row(row, line, of_money=False) for row in cell.quantities]
        return [*quantities, *(self._row(row, line) for row in (*cell.steps, *cell.modified))]

    def _after(self, line: Line, sums: Arithmetic) -> list[dict[str, Any]]:
        """What is done to all steps together; their plain sum is the line's amount, and stands beside its name."""
        if not line.modifications and line.rate is None and not in_groups(line):
            return []
        rows = [self._row(row, line) for row in sums.after]
        if line.rate is not None:
            # All above it counts in the unit; what that is worth is the line's amount.
            rows[-1]["share"] = self._language.amount(line.amount)
        return rows

    def _row(self, row: Row, line: Line, *, of_money: bool = True) -> dict[str, Any]:
        language, equals = self._language, ""
        if row.equals is not None:
            equals = language.exact(row.equals, line.amount.currency) if of_money else language.operand(row.equals)
        return {
            "label": legible(row.who),
            "sum": " = ".join(dict.fromkeys(part for part in (legible(row.sum), equals) if part)),
            "share": "" if row.part is None or line.rate is not None else language.amount(row.part),
            # Whether it begins a group, and whether it stands below one.
            "heads": False,
            "nested": False,
        }


def events_text(events: int, language: Language) -> str:
    """So many events."""
    return language.several("{number} event", "{number} events", events, number=language.number(events))


def _spans(steps: Sequence[Mapping[str, Any]]) -> list[int]:
    """How many rows, one below the other, no page's end may part: the line with its first step, then group by group."""
    if 1 + len(steps) <= MOST_ROWS_KEPT_TOGETHER:
        return [1 + len(steps)]
    spans = [1]
    for place, step in enumerate(steps):
        if spans[-1] < MOST_ROWS_KEPT_TOGETHER and (place == 0 or step["nested"]):
            spans[-1] += 1
        else:
            spans.append(1)
    return spans


def _kept_with_total(spans: list[int]) -> list[int]:
    """The same, with as many rows at the end as stay with the total taken together.

    >>> _kept_with_total([2, 4, 4]), _kept_with_total([3])
    ([2, 8], [3])
    """
    last = 0
    while spans and last + spans[-1] <= MOST_ROWS_KEPT_TOGETHER:
        last, spans = last + spans[-1], spans[:-1]
    return [*spans, last] if last else spans
