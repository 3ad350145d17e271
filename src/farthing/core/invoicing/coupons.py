"""Coupons: a percentage or an amount off an invoice, or off some of its lines, before tax."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any
from uuid import UUID

from farthing.core.exact import ZERO, Exact, multiply
from farthing.core.invoicing.reckoning import Charged, Discount, DiscountKind, discounted_amounts
from farthing.core.money import Currency, Money, plain, round_to_money, spread, total, zero
from farthing.core.rating.line import Line, added
from farthing.core.refused import Refused

_PERCENT = Decimal("0.01")
MOST_TIMES = 1_000_000_000
MOST_MINOR = 10**17


class Scope(StrEnum):
    """What a coupon is for, the narrowest first: lines of some prices, meters or plans, or the whole invoice."""

    PRICE = "price"
    METER = "meter"
    PLAN = "plan"
    INVOICE = "invoice"


@dataclass(frozen=True, slots=True)
class Coupon:
    """What a coupon promises: `percent` of what is left, or one of `amounts`, each in a currency of its own.

    It holds for so many `periods`, which are the invoices that it took something off; None is for ever. `carries_over`
    keeps what an invoice leaves of an amount for the next one. `least` is what the lines it is for must come to.
    """

    key: str
    name: str
    percent: Decimal | None = None
    amounts: tuple[Money, ...] = ()
    scope: Scope = Scope.INVOICE
    keys: tuple[str, ...] = ()
    periods: int | None = 1
    carries_over: bool = False
    redeem_by: date | None = None
    most_redemptions: int | None = None
    first_time_only: bool = False
    least: tuple[Money, ...] = ()

    def __post_init__(self) -> None:
        of = f"The coupon “{self.key}”"
        if (self.percent is None) == (not self.amounts):
            raise Refused(f"{of} takes off either a percent or amounts; give one of the two.", field="percent")
        if self.percent is not None and not 0 < self.percent <= 100:
            raise Refused(
                f"{of} takes off more than 0 and at most 100 percent, not {plain(self.percent)}.", field="percent"
            )
        for name, amounts in (("amounts", self.amounts), ("minimum", self.least)):
            for amount in amounts:
                if not 0 < amount.minor <= MOST_MINOR:
                    raise Refused(f"{of} needs “{name}” above zero, and not without measure: {amount}.", field=name)
        if (self.scope is Scope.INVOICE) == bool(self.keys):
            raise Refused(f"{of} is for the whole invoice, or names what it is for.", field="for")
        for name, number in (("periods", self.periods), ("max_redemptions", self.most_redemptions)):
            if number is not None and not 1 <= number <= MOST_TIMES:
                raise Refused(f"{of} takes “{name}” from 1 to {MOST_TIMES:,}, not {number}.", field=name)
        if self.carries_over and self.percent is not None:
            raise Refused(f"{of} takes off a percentage, which leaves no rest to carry over.", field="carries_over")

    @property
    def is_percentage(self) -> bool:
        """Whether it takes off a share of what is left."""
        return self.percent is not None

    @property
    def holds_for_any_part(self) -> bool:
        """Whether it takes the same off a period that is billed in parts: a percentage that never ends does."""
        return self.is_percentage and self.periods is None and not self.least

    def reaches(self, line: Line, of: Charged | None) -> bool:
        """Whether it is for this line."""
        match self.scope:
            case Scope.INVOICE:
                return True
            case Scope.PRICE:
                return line.price_key in self.keys
            case Scope.METER:
                return of is not None and of.meter_key in self.keys
            case Scope.PLAN:
                return of is not None and of.plan_key in self.keys

    def terms(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "name": self.name,
            **({} if self.percent is None else {"percent": plain(self.percent)}),
            **({"amounts": _by_currency(self.amounts)} if self.amounts else {}),
            **({f"{self.scope.value}s": list(self.keys)} if self.keys else {}),
            "periods": "for ever" if self.periods is None else self.periods,
            **({"carries_over": True} if self.carries_over else {}),
            **({} if self.redeem_by is None else {"redeem_by": self.redeem_by.isoformat()}),
            **({} if self.most_redemptions is None else {"max_redemptions": self.most_redemptions}),
            **({"first_time_only": True} if self.first_time_only else {}),
            **({"minimum": _by_currency(self.least)} if self.least else {}),
        }


@dataclass(frozen=True, slots=True)
class Applied:
    """A coupon as one customer has it, its terms as they were then; for one subscription, or for all of them.

    `uses` is on how many invoices it took something off, `used` how much that was in each currency.
    """

    applied_id: UUID
    coupon: Coupon
    customer_id: UUID
    applied_at: datetime
    subscription_id: UUID | None = None
    uses: int = 0
    used: tuple[Money, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether it will take nothing off any more."""
        if self.coupon.percent is not None:
            return self.coupon.periods is not None and self.uses >= self.coupon.periods
        return not any(self.available(in_currency=amount.currency) for amount in self.coupon.amounts)

    def available(self, *, in_currency: Currency) -> Money:
        """How much of an amount it has for the next invoice; nothing where it has no amount in this currency.

        What carries over grows by the amount with each period, and what was taken off goes from it.
        """
        coupon, none = self.coupon, zero(in_currency)
        amount = next((one for one in coupon.amounts if one.currency == in_currency), none)
        if not coupon.carries_over:
            return amount if coupon.periods is None or self.uses < coupon.periods else none
        begun = self.uses + 1 if coupon.periods is None else min(self.uses + 1, coupon.periods)
        taken = next((one for one in self.used if one.currency == in_currency), none)
        return Money(max(begun * amount.minor - taken.minor, 0), in_currency)

    def reaches(self, line: Line, of: Charged | None) -> bool:
        """Whether it is for this line."""
        mine = self.subscription_id is None or (of is not None and of.subscription_id == self.subscription_id)
        return mine and self.coupon.reaches(line, of)


@dataclass(frozen=True, slots=True)
class Coupons:
    """All coupons of one customer, in the order in which they take something off."""

    applied: tuple[Applied, ...]

    def taken_off(
        self, lines: Sequence[Line], left: Sequence[Money], *, at: datetime, of: Sequence[Charged] = ()
    ) -> list[Discount]:
        """Narrowest scope first; within a scope percentages before amounts, then oldest first; each on what is left."""
        del at  # A coupon takes something off whatever was not billed when it was applied.
        begun = list(left)
        discounts: list[Discount] = []
        for applied in in_order(self.applied):
            reached = [applied.reaches(line, of[place] if of else None) for place, line in enumerate(lines)]
            discount = discount_of(applied, reached, begun=begun, left=left)
            if discount is not None:
                discounts.append(discount)
                left = discounted_amounts(left, [discount])
        return discounts


def in_order(applied: Sequence[Applied]) -> list[Applied]:
    """The order in which coupons take something off, whatever order they were named in."""
    scopes = list(Scope)
    return sorted(
        applied,
        key=lambda one: (
            scopes.index(one.coupon.scope),
            not one.coupon.is_percentage,
            one.applied_at,
            one.applied_id,
        ),
    )


def discount_of(
    applied: Applied, reached: Sequence[bool], *, begun: Sequence[Money], left: Sequence[Money]
) -> Discount | None:
    """What a coupon takes off the lines that it reaches; None where that is nothing.

    `begun` is what the lines were before any coupon, and counts for what they must come to; `left` what they are now.
    """
    coupon, in_currency = applied.coupon, left[0].currency
    comes_to = total(
        [amount for amount, mine in zip(begun, reached, strict=True) if mine and amount.minor > 0],
        in_currency=in_currency,
    )
    if coupon.least:
        least = next((one for one in coupon.least if one.currency == in_currency), None)
        if least is None or comes_to.minor < least.minor:
            return None
    terms: dict[str, Any] = coupon.terms()
    if applied.subscription_id is not None:
        terms["subscription"] = str(applied.subscription_id)
    if coupon.percent is not None:
        if applied.is_over:
            return None
        amounts = percentage_off(coupon.percent, left, reached)
    else:
        available = applied.available(in_currency=in_currency)
        terms["available"] = plain(available.amount)
        amounts = amount_off(available, left, reached)
    if not any(amounts):
        return None
    return Discount(DiscountKind.COUPON, applied.applied_id, coupon.key, coupon.name, amounts, terms)


def percentage_off(percent: Decimal, left: Sequence[Money], reached: Sequence[bool]) -> tuple[Money, ...]:
    """So many percent of what the reached lines have left, rounded once and spread by largest remainder.

    What is below zero is credit, and is not discounted again.

    >>> from farthing.core.money import USD
    >>> [str(off) for off in percentage_off(Decimal(10), [Money(5, USD), Money(5, USD), Money(-9, USD)], [True] * 3)]
    ['0.01 USD', '0.00 USD', '0.00 USD']
    """
    exact: list[Exact] = [
        multiply(multiply(amount.amount, percent), _PERCENT) if mine and amount.minor > 0 else ZERO
        for amount, mine in zip(left, reached, strict=True)
    ]
    return spread(round_to_money(added(exact), left[0].currency), exact)


def amount_off(amount: Money, left: Sequence[Money], reached: Sequence[bool]) -> tuple[Money, ...]:
    """An amount off the reached lines, by what each has left; never more than they have, nor than the invoice has.

    >>> from farthing.core.money import USD
    >>> [str(off) for off in amount_off(Money(100, USD), [Money(100, USD), Money(200, USD)], [True, True])]
    ['0.33 USD', '0.67 USD']
    """
    in_currency = amount.currency
    bases = [max(one.minor, 0) if mine else 0 for one, mine in zip(left, reached, strict=True)]
    together = sum(bases)
    off = min(amount.minor, together, max(sum(one.minor for one in left), 0))
    if off <= 0:
        return tuple(zero(in_currency) for _ in left)
    unit = Fraction(1, 10**in_currency.minor_digits)
    return spread(Money(off, in_currency), [Fraction(base * off, together) * unit for base in bases])


def _by_currency(amounts: Sequence[Money]) -> Mapping[str, str]:
    return {amount.currency.code: plain(amount.amount) for amount in amounts}
