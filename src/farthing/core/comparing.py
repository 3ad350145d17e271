"""Comparing: two accounts of the same customers side by side, what each was billed when, and which lines differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from farthing.core.exact import ZERO, Exact, add
from farthing.core.invoicing.invoice import Invoice
from farthing.core.money import Currency, Money, zero
from farthing.core.period import Period


@dataclass(frozen=True, slots=True)
class BilledLine:
    """A price on a stretch of time: how much there was of it, and what that came to."""

    price_key: str
    name: str
    period: Period
    quantity: Exact
    amount: Money


@dataclass(frozen=True, slots=True)
class Billed:
    """One document of a customer. `in_zone` is where its days are days."""

    customer_key: str
    number: str
    at: datetime
    in_zone: str
    total: Money
    lines: tuple[BilledLine, ...]


@dataclass(frozen=True, slots=True)
class Both:
    """An amount on the one side and on the other; None where there is no such thing on that side."""

    left: Money | None
    right: Money | None
    currency: Currency

    @property
    def difference(self) -> Money:
        """What there is more on the right."""
        nothing = zero(self.currency)
        return (self.right or nothing) - (self.left or nothing)


@dataclass(frozen=True, slots=True)
class ComparedLine:
    """One price on one stretch of time, on both sides; the quantities are None where the line is missing."""

    price_key: str
    name: str
    period: Period
    quantities: tuple[Exact | None, Exact | None]
    amounts: Both

    @property
    def differs(self) -> bool:
        """Whether the two sides say otherwise."""
        left, right = self.quantities
        return left != right or self.amounts.left != self.amounts.right


@dataclass(frozen=True, slots=True)
class ComparedBill:
    """What a customer was billed at one instant, on both sides, with the lines that differ.

    `beside` is the part of the difference that stands in no line, such as tax.
    """

    customer_key: str
    at: datetime
    in_zone: str
    numbers: tuple[tuple[str, ...], tuple[str, ...]]
    totals: Both
    lines: tuple[ComparedLine, ...]
    beside: Money

    @property
    def differs(self) -> bool:
        """Whether the two sides say otherwise, be it in a total or in how it comes about."""
        return bool(self.lines) or self.totals.left != self.totals.right


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every bill of both sides, by customer and instant, and what each side comes to in each currency."""

    bills: tuple[ComparedBill, ...]

    @property
    def differing(self) -> tuple[ComparedBill, ...]:
        """The bills that are not the same on both sides."""
        return tuple(bill for bill in self.bills if bill.differs)

    @property
    def totals(self) -> tuple[Both, ...]:
        """By currency, all customers together."""
        return _added_up(bill.totals for bill in self.bills)

    def of_customers(self) -> Mapping[str, tuple[Both, ...]]:
        """By customer, and by currency for each."""
        own: dict[str, list[Both]] = defaultdict(list)
        for bill in self.bills:
            own[bill.customer_key].append(bill.totals)
        return {key: _added_up(totals) for key, totals in own.items()}


def billed_by(customer_key: str, invoice: Invoice) -> Billed:
    """An invoice as it is compared."""
    return Billed(
        customer_key=customer_key,
        number=invoice.number,
        at=invoice.draft.at,
        in_zone=invoice.draft.frozen["zone"],
        total=invoice.total,
        lines=tuple(
            BilledLine(line.price_key, line.name, line.period, line.quantity, line.amount)
            for line in invoice.draft.lines
        ),
    )


def compare(left: Iterable[Billed], right: Iterable[Billed]) -> Comparison:
    """The two side by side. What a customer was billed at one instant in one currency is one bill, whatever its number.

    Numbers are not compared: a document more on one side gives all that follow others.
    """
    sides = (_by_bill(left), _by_bill(right))
    keys = sorted(sides[0].keys() | sides[1].keys(), key=lambda key: (key[0], key[1], key[2].code))
    return Comparison(tuple(_compared(sides[0].get(key, ()), sides[1].get(key, ()), key) for key in keys))


_BillKey = tuple[str, datetime, Currency]
_LineKey = tuple[str, datetime, datetime]


def _by_bill(documents: Iterable[Billed]) -> dict[_BillKey, list[Billed]]:
    found: dict[_BillKey, list[Billed]] = defaultdict(list)
    for document in documents:
        found[document.customer_key, document.at, document.total.currency].append(document)
    return found


def _compared(left: Sequence[Billed], right: Sequence[Billed], key: _BillKey) -> ComparedBill:
    customer_key, at, in_currency = key
    lines = [line for line in _compared_lines(left, right, in_currency) if line.differs]
    totals = Both(_total(left, in_currency), _total(right, in_currency), in_currency)
    in_lines = sum((line.amounts.difference for line in lines), start=zero(in_currency))
    return ComparedBill(
        customer_key=customer_key,
        at=at,
        in_zone=(*left, *right)[0].in_zone,
        numbers=(tuple(document.number for document in left), tuple(document.number for document in right)),
        totals=totals,
        lines=tuple(lines),
        beside=totals.difference - in_lines,
    )


def _compared_lines(left: Sequence[Billed], right: Sequence[Billed], in_currency: Currency) -> list[ComparedLine]:
    """In the order in which they stand on the left, then those that stand on the right alone."""
    sides = (_by_line(left), _by_line(right))
    compared = []
    for key in [*sides[0], *(key for key in sides[1] if key not in sides[0])]:
        of_left, of_right = sides[0].get(key, []), sides[1].get(key, [])
        one = (of_left or of_right)[0]
        compared.append(
            ComparedLine(
                price_key=one.price_key,
                name=one.name,
                period=one.period,
                quantities=(_quantity(of_left), _quantity(of_right)),
                amounts=Both(_amount(of_left, in_currency), _amount(of_right, in_currency), in_currency),
            )
        )
    return compared


def _by_line(documents: Sequence[Billed]) -> dict[_LineKey, list[BilledLine]]:
    """Lines of one price on one stretch of time belong together: a customer may have a plan twice."""
    found: dict[_LineKey, list[BilledLine]] = defaultdict(list)
    for document in documents:
        for line in document.lines:
            found[line.price_key, line.period.start, line.period.end].append(line)
    return found


def _quantity(lines: Sequence[BilledLine]) -> Exact | None:
    if not lines:
        return None
    together: Exact = ZERO
    for line in lines:
        together = add(together, line.quantity)
    return together


def _amount(lines: Sequence[BilledLine], in_currency: Currency) -> Money | None:
    return sum((line.amount for line in lines), start=zero(in_currency)) if lines else None


def _total(documents: Sequence[Billed], in_currency: Currency) -> Money | None:
    return sum((document.total for document in documents), start=zero(in_currency)) if documents else None


def _added_up(amounts: Iterable[Both]) -> tuple[Both, ...]:
    sums: dict[Currency, tuple[Money, Money]] = {}
    for both in amounts:
        nothing = zero(both.currency)
        left, right = sums.get(both.currency, (nothing, nothing))
        sums[both.currency] = (left + (both.left or nothing), right + (both.right or nothing))
    return tuple(Both(left, right, of) for of, (left, right) in sorted(sums.items(), key=lambda known: known[0].code))
