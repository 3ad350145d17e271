"""From an invoice's lines to what is to be paid: discounts first, then taxes, then prepaid credit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from farthing.core.metering.filter import Filter
from farthing.core.money import Currency, Money, total
from farthing.core.period import Cycle
from farthing.core.pricing.plan import Price
from farthing.core.rating.line import Line


class DiscountKind(StrEnum):
    """A coupon takes revenue away; promotional credit is booked against it on an account of its own."""

    COUPON = "coupon"
    PROMOTIONAL = "promotional"


@dataclass(frozen=True, slots=True)
class Discount:
    """What one coupon, or one grant of promotional credit, takes off the lines before tax.

    `source_id` is the coupon as this customer has it, or the grant. `amounts` has one for each line of the invoice, in
    their order: what it takes off there, negative where it gives less back on a negative line. `terms` are what it
    promised, as plain data.
    """

    kind: DiscountKind
    source_id: UUID
    key: str
    name: str
    amounts: tuple[Money, ...]
    terms: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        assert self.amounts, f"{self.key} stands on an invoice with lines"

    @property
    def amount(self) -> Money:
        """All that it takes off."""
        return total(self.amounts, in_currency=self.amounts[0].currency)


class TaxTreatment(StrEnum):
    """How a supply stands to a tax: most bear it, the others say why they do not."""

    STANDARD = "standard"
    ZERO = "zero"
    EXEMPT = "exempt"
    REVERSE_CHARGE = "reverse_charge"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class TaxedLine:
    """One line's part of a tax: `number` counts the invoice's lines from 1; `base` is without the tax."""

    number: int
    base: Money
    amount: Money


@dataclass(frozen=True, slots=True)
class Tax:
    """A tax on all lines of one category, rate and jurisdiction, rounded once (billing-rules, Rounding 2).

    `rate` is a fraction, 0.2 for 20 %. `reason` says why nothing or less is due, in words, and `reason_code` in a code
    where a code list has one (VATEX).
    """

    key: str
    name: str
    category: str
    jurisdiction: str
    rate: Decimal
    treatment: TaxTreatment
    base: Money
    amount: Money
    lines: tuple[TaxedLine, ...]
    reason: str = ""
    reason_code: str = ""

    def __post_init__(self) -> None:
        in_currency = self.amount.currency
        of_lines = total([line.amount for line in self.lines], in_currency=in_currency)
        assert of_lines == self.amount, f"tax {self.key} is {self.amount}, on its lines {of_lines}"
        bases = total([line.base for line in self.lines], in_currency=in_currency)
        assert bases == self.base, f"tax {self.key} is on {self.base}, its lines on {bases}"


@dataclass(frozen=True, slots=True)
class CreditUse:
    """Prepaid credit that pays a part of an invoice; the tax stays as it is."""

    grant_id: UUID
    name: str
    amount: Money

    def __post_init__(self) -> None:
        assert self.amount.minor > 0, f"grant {self.grant_id} pays {self.amount}"


@dataclass(frozen=True, slots=True)
class Reckoning:
    """All that lies between an invoice's lines and what is due, in the order in which it is worked out.

    Where `tax_included`, the lines' amounts hold the taxes already.
    """

    discounts: tuple[Discount, ...] = ()
    taxes: tuple[Tax, ...] = ()
    tax_included: bool = False
    credits: tuple[CreditUse, ...] = ()

    def discounted(self, *, in_currency: Currency) -> Money:
        """All that discounts take off."""
        return total([discount.amount for discount in self.discounts], in_currency=in_currency)

    def taxed(self, *, in_currency: Currency) -> Money:
        """All taxes, whether they come on top or are in the amounts."""
        return total([tax.amount for tax in self.taxes], in_currency=in_currency)

    def paid_ahead(self, *, in_currency: Currency) -> Money:
        """What prepaid credit pays."""
        return total([use.amount for use in self.credits], in_currency=in_currency)

    def off_line(self, number: int, *, in_currency: Currency, kind: DiscountKind | None = None) -> Money:
        """What discounts, or those of one kind, take off the line with this number, from 1."""
        return total(
            [discount.amounts[number - 1] for discount in self.discounts if kind in (None, discount.kind)],
            in_currency=in_currency,
        )

    def tax_within_line(self, number: int, *, in_currency: Currency) -> Money:
        """The taxes that a line's amount holds already."""
        if not self.tax_included:
            return total([], in_currency=in_currency)
        on_line = [line.amount for tax in self.taxes for line in tax.lines if line.number == number]
        return total(on_line, in_currency=in_currency)


NOTHING: Reckoning = Reckoning()


@dataclass(frozen=True, slots=True)
class Charged:
    """What a line is charged for, beyond what it says itself: whose plan, and which price as its document froze it.

    `where` are the events that are the price's own, `since` from when on its quantities add up; `customer_id` is whose
    usage it is.
    """

    subscription_id: UUID | None = None
    plan_key: str | None = None
    price: Price | None = None
    where: Filter | None = None
    since: datetime | None = None
    cycle: Cycle | None = None
    customer_id: UUID | None = None

    @property
    def meter_key(self) -> str | None:
        """The meter behind it, of usage."""
        return None if self.price is None or self.price.meter is None else self.price.meter.key


def discounted_amounts(amounts: Sequence[Money], discounts: Sequence[Discount]) -> list[Money]:
    """What is left of each line's amount after these discounts."""
    left = list(amounts)
    for discount in discounts:
        left = [amount - off for amount, off in zip(left, discount.amounts, strict=True)]
    return left


class Discounts(Protocol):
    """Whoever takes something off an invoice's lines before tax: the customer's coupons, or promotional credit."""

    def taken_off(
        self, lines: Sequence[Line], left: Sequence[Money], *, at: datetime, of: Sequence[Charged]
    ) -> Sequence[Discount]:
        """Each discount in its turn. `left` is what each line has left after those before; `at` is what is billed.

        `of` says of each line what it is charged for; it is empty where nobody knows.
        """


class Taxes(Protocol):
    """Whoever says which taxes lines bear."""

    @property
    def included(self) -> bool:
        """Whether the lines' amounts hold the taxes already."""

    @property
    def frozen(self) -> Mapping[str, Any]:
        """What they rest on beside the lines, for the invoice to keep; nothing in it names a person."""

    def on(self, lines: Sequence[Line], left: Sequence[Money]) -> Sequence[Tax]:
        """The taxes on what each line has left after discounts."""


class PrepaidCredit(Protocol):
    """Whoever pays an invoice from what was paid ahead."""

    def pays(self, lines: Sequence[Line], left: Sequence[Money], *, of: Sequence[Charged]) -> Sequence[CreditUse]:
        """What each grant pays, no more than all of it together; `left` is what each line comes to with its taxes."""


@dataclass(frozen=True, slots=True)
class ReckonBy:
    """By what a draft is reckoned: each part where there is one, in this order."""

    coupons: Discounts | None = None
    promotional: Discounts | None = None
    taxes: Taxes | None = None
    prepaid: PrepaidCredit | None = None

    def reckon(
        self, lines: Sequence[Line], *, at: datetime, in_currency: Currency, of: Sequence[Charged] = ()
    ) -> Reckoning:
        """From the lines to what is due. `of` says of each line what it is charged for."""
        if not lines:
            return NOTHING
        left = [line.amount for line in lines]
        assert left[0].currency == in_currency, f"an invoice in {in_currency} with a line of {left[0]}"
        discounts: list[Discount] = []
        for each in (self.coupons, self.promotional):
            taken = () if each is None else each.taken_off(lines, left, at=at, of=of)
            left = discounted_amounts(left, taken)
            discounts += taken
        taxes = () if self.taxes is None else tuple(self.taxes.on(lines, left))
        included = self.taxes is not None and self.taxes.included
        taxed = list(left)
        for on in () if included else [on for tax in taxes for on in tax.lines]:
            taxed[on.number - 1] += on.amount
        credits = () if self.prepaid is None else tuple(self.prepaid.pays(lines, taxed, of=of))
        return Reckoning(tuple(discounts), taxes, included, credits)


AS_IT_IS = ReckonBy()
