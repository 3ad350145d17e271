"""Credit: promotional credit makes an invoice smaller before tax, prepaid credit pays it after tax."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any, Protocol
from uuid import UUID

from farthing.core.invoicing.reckoning import Charged, CreditUse, Discount, DiscountKind, discounted_amounts
from farthing.core.money import Currency, Money, plain, spread, total, zero
from farthing.core.period import Period
from farthing.core.rating.line import Line, LineKind
from farthing.core.refused import Refused

MOST_MINOR = 10**17
_FIRST, _LAST = 0, 1_000_000
_NEVER = datetime.max.replace(tzinfo=UTC)


class GrantKind(StrEnum):
    """Promotional credit is given away; prepaid credit is the customer's own money, a deposit."""

    PROMOTIONAL = "promotional"
    PREPAID = "prepaid"


@dataclass(frozen=True, slots=True)
class Grant:
    """Credit of one customer with one legal entity, in one currency.

    It pays what was used from `starts_at` up to, and without, `expires_at`. Of several the one with the lowest
    `priority` pays first. `used` is what it paid so far, `expired` what of it was booked as never to be used.
    """

    grant_id: UUID
    customer_id: UUID
    entity_key: str
    kind: GrantKind
    name: str
    amount: Money
    granted_at: datetime
    starts_at: datetime
    expires_at: datetime | None = None
    priority: int = 0
    used: Money | None = None
    expired: Money | None = None

    def __post_init__(self) -> None:
        if not 0 < self.amount.minor <= MOST_MINOR:
            raise Refused(
                f"Credit is an amount above zero, and not without measure; this is {self.amount}.", field="amount"
            )
        if self.expires_at is not None and self.expires_at <= self.starts_at:
            raise Refused("Credit expires after it begins; give a later day.", field="expires_on")
        if not _FIRST <= self.priority <= _LAST:
            raise Refused(f"A priority is from {_FIRST} to {_LAST:,}; the lowest pays first.", field="priority")
        assert self.left.minor >= 0, f"INV-10: grant {self.grant_id} of {self.amount} has {self.left} left"

    @property
    def left(self) -> Money:
        """What it has left: granted, less used, less expired."""
        left = self.amount
        for gone in (self.used, self.expired):
            left = left if gone is None else left - gone
        return left

    def is_in_force(self, at: datetime) -> bool:
        """Whether it pays what is used at this instant."""
        return self.starts_at <= at and (self.expires_at is None or at < self.expires_at)

    def overlap(self, period: Period) -> Period | None:
        """The part of a period in which it was in force."""
        start = max(period.start, self.starts_at)
        end = period.end if self.expires_at is None else min(period.end, self.expires_at)
        return Period(start, end) if start < end else None

    def terms(self) -> dict[str, Any]:
        """What an invoice keeps of it."""
        return {
            "amount": plain(self.amount.amount),
            "starts_at": self.starts_at.isoformat(),
            **({} if self.expires_at is None else {"expires_at": self.expires_at.isoformat()}),
            "priority": self.priority,
        }


def in_order(grants: Sequence[Grant]) -> list[Grant]:
    """The order in which grants pay: priority, then soonest expiry, promotional before prepaid, then oldest."""
    return sorted(
        grants,
        key=lambda grant: (
            grant.priority,
            grant.expires_at or _NEVER,
            grant.kind is GrantKind.PREPAID,
            grant.granted_at,
            grant.grant_id,
        ),
    )


class PartUsed(Protocol):
    """Whoever can say what of a line of usage came about in a part of its period."""

    def part_used(self, line: Line, of: Charged, within: Period) -> Money:
        """What the usage in this part comes to by the line's own price."""


@dataclass(frozen=True, slots=True)
class Credit:
    """A customer's grants of one legal entity and one kind, each with what is left of it."""

    grants: tuple[Grant, ...]
    parts: PartUsed = field(hash=False)

    def taken_off(
        self, lines: Sequence[Line], left: Sequence[Money], *, at: datetime, of: Sequence[Charged]
    ) -> list[Discount]:
        """What promotional credit takes off each line, before tax."""
        del at
        discounts: list[Discount] = []
        for grant in in_order(self.grants):
            amounts = self._pays(grant, lines, left, of)
            if any(amounts):
                discounts.append(
                    Discount(
                        DiscountKind.PROMOTIONAL, grant.grant_id, "promotional", grant.name, amounts, grant.terms()
                    )
                )
                left = discounted_amounts(left, [discounts[-1]])
        return discounts

    def pays(self, lines: Sequence[Line], left: Sequence[Money], *, of: Sequence[Charged]) -> list[CreditUse]:
        """What prepaid credit pays; `left` is what each line comes to with its taxes."""
        uses: list[CreditUse] = []
        for grant in in_order(self.grants):
            amounts = self._pays(grant, lines, left, of)
            paid = total(amounts, in_currency=left[0].currency)
            if paid:
                uses.append(CreditUse(grant.grant_id, grant.name, paid))
                left = [one - amount for one, amount in zip(left, amounts, strict=True)]
        return uses

    def _pays(
        self, grant: Grant, lines: Sequence[Line], left: Sequence[Money], of: Sequence[Charged]
    ) -> tuple[Money, ...]:
        in_currency = left[0].currency
        if grant.amount.currency != in_currency or not grant.left:
            return tuple(zero(in_currency) for _ in left)
        most = [
            min(max(one.minor, 0), self._reach(grant, line, one, of[place] if of else Charged()))
            for place, (line, one) in enumerate(zip(lines, left, strict=True))
        ]
        together = sum(most)
        paid = min(grant.left.minor, together, max(sum(one.minor for one in left), 0))
        if paid <= 0:
            return tuple(zero(in_currency) for _ in left)
        unit = Fraction(1, 10**in_currency.minor_digits)
        return spread(Money(paid, in_currency), [Fraction(each * paid, together) * unit for each in most])

    def _reach(self, grant: Grant, line: Line, left: Money, of: Charged) -> int:
        """How much of a line the grant may pay: of usage what came about while it was in force, of a fee all or none.

        What the line comes to by now, after discounts or with taxes, is shared as the line's own amount is.
        """
        within = grant.overlap(line.period)
        if within is None:
            return 0
        if line.kind is not LineKind.USAGE or within == line.period or line.amount.minor <= 0:
            return max(left.minor, 0)
        part = self.parts.part_used(line, of, within)
        return max(min(part.minor * left.minor // line.amount.minor, left.minor), 0)


def left_of(grants: Sequence[Grant], *, at: datetime, in_currency: Currency) -> Money:
    """What a customer has left that is in force now: what an entitlement may ask for."""
    return total(
        [one.left for one in grants if one.amount.currency == in_currency and one.is_in_force(at)],
        in_currency=in_currency,
    )
