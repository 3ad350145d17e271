"""When an invoice waits and when it is held: the grace after a period's end, and what is unlike the usual."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from farthing.core.exact import Exact, add, divide, multiply, subtract
from farthing.core.money import Money, exact_decimal, plain, round_to_money
from farthing.core.refused import Refused

LAST_COMPARED = 6
# Fewer invoices than this say nothing about what is usual.
FEWEST_COMPARED = 3

_LONGEST_GRACE = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class BillingPolicy:
    """How a seller's drafts become invoices.

    A draft waits for `grace`. It is held for a person when its total is more than `hold_factor` times the median of the
    customer's last invoices, or less than that part of it, and off by more than `hold_units` units of the currency; and
    where `hold_first`, when it is the customer's first.

    Where `together`, all that is due of a customer on one day is one invoice. What comes to less than `least` units of
    its currency stays open and goes on the next invoice, and so does what comes to nothing unless `zero_invoices`.
    """

    grace: timedelta = timedelta(0)
    hold_factor: Decimal = Decimal(3)
    hold_units: Decimal = Decimal(100)
    hold_first: bool = False
    together: bool = False
    least: Decimal = Decimal(0)
    zero_invoices: bool = True

    def __post_init__(self) -> None:
        if not timedelta(0) <= self.grace <= _LONGEST_GRACE:
            raise Refused("A draft waits from 0 minutes to 31 days; give a grace within that.", field="grace_minutes")
        if self.hold_factor <= 1:
            raise Refused("A draft is held when it is more than so many times the usual; give more than 1.",
                          field="hold_factor")  # fmt: skip
        if self.least < 0:
            raise Refused("An invoice has a least amount; give 0 units or more.", field="least")
        if self.hold_units < 0:
            raise Refused("A draft is off by some amount; give 0 units or more.", field="hold_units")


LIVE = BillingPolicy(grace=timedelta(hours=1))
SANDBOX = BillingPolicy()


def reasons_to_hold(total: Money, earlier: Sequence[Money], policy: BillingPolicy) -> list[str]:
    """Why a person should look at it before it goes out, in words; none where it may go.

    `earlier` are the totals of the customer's earlier invoices in this currency, newest first.
    """
    if not earlier:
        return ["It is the customer's first invoice."] if policy.hold_first else []
    if len(earlier) < FEWEST_COMPARED:
        return []
    compared = [money.amount for money in earlier[:LAST_COMPARED]]
    usual, here = _median(compared), total.amount
    off = subtract(here, usual)
    if -policy.hold_units <= off <= policy.hold_units:
        return []
    told = f"the usual {round_to_money(usual, total.currency)} (the median of the last {len(compared)} invoices)"
    if here > multiply(usual, policy.hold_factor):
        return [f"It is {total}, more than {plain(policy.hold_factor)} times {told}."]
    if multiply(here, policy.hold_factor) < usual:
        return [f"It is {total}, less than 1/{plain(policy.hold_factor)} of {told}."]
    return []


def stays_open(total: Money, policy: BillingPolicy) -> bool:
    """Whether it is too little for an invoice of its own."""
    too_little = bool(policy.least) and total.amount < policy.least
    return too_little or (not total and not policy.zero_invoices)


def policy_terms(policy: BillingPolicy) -> dict[str, Any]:
    """The policy as plain data."""
    return {
        "grace_minutes": policy.grace // timedelta(minutes=1),
        "hold_factor": plain(policy.hold_factor),
        "hold_units": plain(policy.hold_units),
        "hold_first": policy.hold_first,
        "together": policy.together,
        "least": plain(policy.least),
        "zero_invoices": policy.zero_invoices,
    }


def policy_from(terms: Mapping[str, Any]) -> BillingPolicy:
    """The policy of plain data; refuses what it cannot be."""
    minutes = terms["grace_minutes"]
    if not isinstance(minutes, int) or isinstance(minutes, bool) or abs(minutes) > 10**9:
        raise Refused("The grace is a whole number of minutes.", field="grace_minutes")
    return BillingPolicy(
        grace=timedelta(minutes=minutes),
        hold_factor=exact_decimal(terms["hold_factor"], what="The factor"),
        hold_units=exact_decimal(terms["hold_units"], what="The number of units"),
        hold_first=bool(terms["hold_first"]),
        # Policies of before say nothing of these.
        together=bool(terms.get("together", False)),
        least=exact_decimal(terms.get("least", "0"), what="The least amount"),
        zero_invoices=bool(terms.get("zero_invoices", True)),
    )


def _median(values: Sequence[Decimal]) -> Exact:
    in_order = sorted(values)
    middle = len(in_order) // 2
    if len(in_order) % 2:
        return in_order[middle]
    return divide(add(in_order[middle - 1], in_order[middle]), Decimal(2))
