"""Invoices of any kind to be credited: up to five lines, coupons, several taxes on top or included, prepaid credit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from hypothesis import strategies as st

from farthing.core.ids import id_of
from farthing.core.invoicing.credit_note import CreditKind, CreditNote
from farthing.core.invoicing.crediting import LineCredit, Why, credit
from farthing.core.invoicing.invoice import Invoice, Series, issue
from farthing.core.invoicing.reckoning import (
    CreditUse,
    Discount,
    DiscountKind,
    Reckoning,
    Tax,
    TaxedLine,
    TaxTreatment,
    discounted_amounts,
)
from farthing.core.money import Money, round_to_money, spread, total
from tests.core.core_values import ENTITY, USD, at
from tests.core.invoicing.reckoned import DRAFT, item, usd

BECAUSE = Why(CreditKind.CORRECTION, "It was wrong.", "Ada")
ISSUED_AT = at("2026-02-01")


def invoiced(
    *minors: int,
    off: Sequence[Sequence[int]] = (),
    rates: Sequence[tuple[str, Sequence[int]]] = (),
    included: bool = False,
    prepaid: int = 0,
) -> Invoice:
    """An invoice of items: what discounts take off each, which rate is on which lines (from 1), what is prepaid."""
    lines = tuple(item(f"item-{number}", minor) for number, minor in enumerate(minors, start=1))
    discounts = tuple(
        Discount(
            DiscountKind.COUPON if nth % 2 == 0 else DiscountKind.PROMOTIONAL,
            UUID(int=nth + 1),
            f"off-{nth}",
            f"Off {nth}",
            tuple(usd(minor) for minor in amounts),
        )
        for nth, amounts in enumerate(off)
    )
    left = discounted_amounts([line.amount for line in lines], discounts)
    taxes = _included(left, rates) if included else _on_top(left, rates)
    reckoning = Reckoning(discounts, taxes, included)
    draft = replace(DRAFT, invoice_id=id_of("invoice", minors), lines=lines, reckoning=reckoning)
    paid_ahead = min(prepaid, draft.total.minor)
    if paid_ahead > 0:
        uses = (CreditUse(UUID(int=99), "Top-up", usd(paid_ahead)),)
        draft = replace(draft, reckoning=replace(reckoning, credits=uses))
    return issue(draft, ENTITY, Series(), now=ISSUED_AT)


def _on_top(left: Sequence[Money], rates: Sequence[tuple[str, Sequence[int]]]) -> tuple[Tax, ...]:
    taxes = []
    for rate, numbers in rates:
        bases = [left[number - 1] for number in numbers]
        base = total(bases, in_currency=USD)
        amount = round_to_money(base.amount * Decimal(rate), USD)
        taxes.append(
            _tax(rate, amount, list(zip(numbers, bases, strict=True)), [m.amount * Decimal(rate) for m in bases])
        )
    return tuple(taxes)


def _included(left: Sequence[Money], rates: Sequence[tuple[str, Sequence[int]]]) -> tuple[Tax, ...]:
    """One tax a line, within its amount."""
    taxes = []
    for rate, numbers in rates:
        exact = [Fraction(left[number - 1].amount) * Fraction(rate) / (1 + Fraction(rate)) for number in numbers]
        amount = round_to_money(sum(exact, Fraction()), USD)
        parts = spread(amount, exact)
        bases = [(number, left[number - 1] - part) for number, part in zip(numbers, parts, strict=True)]
        taxes.append(_tax(rate, amount, bases, exact))
    return tuple(taxes)


def _tax(rate: str, amount: Money, bases: Sequence[tuple[int, Money]], exact: Sequence[Decimal | Fraction]) -> Tax:
    shares = spread(amount, exact)
    return Tax(
        key=f"vat-{rate}",
        name=f"VAT {rate}",
        category="standard",
        jurisdiction="FR",
        rate=Decimal(rate),
        treatment=TaxTreatment.STANDARD,
        base=total([base for _, base in bases], in_currency=USD),
        amount=amount,
        lines=tuple(TaxedLine(number, base, share) for (number, base), share in zip(bases, shares, strict=True)),
    )


@st.composite
def invoices(draw: st.DrawFn) -> Invoice:
    """Any of them."""
    minors = draw(st.lists(st.integers(1, 30_000), min_size=1, max_size=5))
    off: list[list[int]] = []
    left = list(minors)
    for _ in range(draw(st.integers(0, 3))):
        taken = [draw(st.integers(0, minor)) for minor in left]
        off.append(taken)
        left = [minor - each for minor, each in zip(left, taken, strict=True)]
    numbers = list(range(1, len(minors) + 1))
    included = draw(st.booleans())
    rates: list[tuple[str, Sequence[int]]] = []
    if included:
        first = draw(st.lists(st.sampled_from(numbers), unique=True))
        parted = [("0.2", sorted(first)), ("0.055", [number for number in numbers if number not in first])]
        rates = [(rate, own) for rate, own in parted if own]
    else:
        for rate in draw(st.lists(st.sampled_from(["0.2", "0.055", "0.0825", "0", "0.19"]), unique=True, max_size=3)):
            rates.append((rate, sorted(draw(st.lists(st.sampled_from(numbers), unique=True, min_size=1)))))
    return invoiced(*minors, off=off, rates=rates, included=included, prepaid=draw(st.integers(0, 40_000)))


def noted(
    invoice: Invoice,
    notes: Sequence[CreditNote],
    asked: Sequence[LineCredit],
    *,
    allocated: int = 0,
    voids: bool = False,
    kind: CreditKind = CreditKind.CORRECTION,
) -> CreditNote:
    """The next note of an invoice."""
    return credit(
        invoice,
        notes,
        asked,
        replace(BECAUSE, kind=kind),
        allocated=usd(allocated),
        entity=ENTITY,
        series=Series(len(notes), ISSUED_AT if notes else None),
        now=at("2026-02-10"),
        voids=voids,
    )
