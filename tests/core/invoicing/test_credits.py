"""Credit: in its order, for what was used in its time, and never more than there is or than it was."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.invoicing.credits import Credit, Grant, GrantKind, in_order, left_of
from farthing.core.invoicing.postings import book_expiry, book_top_up
from farthing.core.invoicing.reckoning import Charged, ReckonBy
from farthing.core.ledger.transaction import Account
from farthing.core.money import Money, currency
from farthing.core.period import Period
from farthing.core.rating.line import Line, LineKind, Slice
from farthing.core.refused import Refused
from tests.core.core_values import ACME, USD, at
from tests.core.invoicing.reckoned import DAY, item, usd

NOW = at("2026-01-01")


def grant(number: int = 1, minor: int = 1000, *, kind: GrantKind = GrantKind.PROMOTIONAL, **changes: Any) -> Grant:
    """So many cents since the beginning of the year, without an end."""
    usual = Grant(UUID(int=number), ACME, "main", kind, f"Grant {number}", usd(minor), NOW, NOW)
    return replace(usual, **changes)


@dataclass(frozen=True)
class Half:
    """Whatever part is asked for, half of the line came about in it."""

    def part_used(self, line: Line, of: Charged, within: Period) -> Money:  # noqa: ARG002
        return Money(line.amount.minor // 2, USD)


def usage(minor: int) -> Line:
    """A day's usage of so many cents."""
    line = item("tokens", minor)
    return replace(line, kind=LineKind.USAGE, slice=Slice(UUID(int=1), 0, 0, 1, line.quantity, 1))


def off(lines: list[Line], *grants: Grant) -> list[tuple[str, list[int]]]:
    credit = Credit(grants, Half())
    taken = credit.taken_off(lines, [line.amount for line in lines], at=NOW, of=[Charged()] * len(lines))
    return [(one.name, [amount.minor for amount in one.amounts]) for one in taken]


def test_grants_pay_by_priority_then_soonest_expiry_then_promotional_then_oldest() -> None:
    last = grant(1, priority=1, expires_at=at("2026-02-01"))
    soon, later = grant(2, expires_at=at("2026-03-01")), grant(3, expires_at=at("2026-04-01"))
    gift, paid = grant(4), grant(5, kind=GrantKind.PREPAID, granted_at=NOW - timedelta(days=9))
    newer = replace(paid, grant_id=UUID(int=6), granted_at=NOW)
    assert in_order([last, newer, paid, gift, later, soon]) == [soon, later, gift, paid, newer, last]


def test_a_grant_pays_all_lines_by_what_each_has_left_and_the_next_goes_on() -> None:
    lines = [item("a", 1000), item("b", 2000)]
    assert off(lines, grant(1, 300), grant(2, 5000)) == [("Grant 1", [100, 200]), ("Grant 2", [900, 1800])]
    assert off([item("a", 1000), item("b", -800)], grant(1, 5000)) == [("Grant 1", [200, 0])]
    assert off(lines, replace(grant(), amount=Money(1000, currency("EUR")))) == []
    assert off(lines, grant(1, 300, used=usd(300))) == []


def test_a_grant_pays_the_usage_of_its_own_time() -> None:
    noon = DAY.start + timedelta(hours=12)
    assert off([usage(1000)], grant(1, 5000, expires_at=noon)) == [("Grant 1", [500])]
    assert off([usage(1000)], grant(1, 5000, starts_at=noon)) == [("Grant 1", [500])]
    assert off([usage(1000)], grant(1, 5000, expires_at=DAY.start)) == []
    assert off([usage(1000)], grant(1, 5000, starts_at=DAY.end)) == []
    assert off([item("fee", 1000)], grant(1, 5000, expires_at=noon)) == [("Grant 1", [1000])]


def test_prepaid_credit_pays_with_taxes_and_stops_at_the_total() -> None:
    lines = [item("a", 1000), item("b", -400)]
    prepaid = Credit((grant(1, 500, kind=GrantKind.PREPAID), grant(2, 5000, kind=GrantKind.PREPAID)), Half())
    uses = prepaid.pays(lines, [usd(1200), usd(-400)], of=[])
    assert [(use.name, use.amount) for use in uses] == [("Grant 1", usd(500)), ("Grant 2", usd(300))]
    assert prepaid.pays(lines, [usd(100), usd(-400)], of=[]) == []
    reckoned = ReckonBy(promotional=Credit((grant(3, 100),), Half()), prepaid=prepaid).reckon(
        lines, at=NOW, in_currency=USD
    )
    assert reckoned.discounted(in_currency=USD) == usd(100)
    assert reckoned.paid_ahead(in_currency=USD) == usd(500)


def test_money_paid_ahead_is_owed_and_what_is_never_used_is_earned() -> None:
    paid = grant(1, 1000, kind=GrantKind.PREPAID)
    booked = book_top_up(paid, booked_on=date(2026, 1, 1))
    assert {posting.account: posting.amount for posting in booked.postings} == {
        Account.CASH: usd(1000),
        Account.PREPAID_CREDIT: usd(-1000),
    }
    over = book_expiry(paid, usd(400), booked_on=date(2026, 2, 1))
    assert {posting.account: posting.amount for posting in over.postings} == {
        Account.PREPAID_CREDIT: usd(400),
        Account.BREAKAGE: usd(-400),
    }


def test_what_is_left_counts_what_is_in_force_now() -> None:
    grants = [grant(1, used=usd(300)), grant(2, expires_at=at("2026-02-01")), grant(3, starts_at=at("2026-03-01"))]
    assert left_of(grants, at=at("2026-01-15"), in_currency=USD) == usd(1700)
    assert left_of(grants, at=at("2026-02-01"), in_currency=USD) == usd(700)


@pytest.mark.parametrize(
    "changes",
    [{"amount": usd(0)}, {"amount": usd(-1)}, {"expires_at": NOW}, {"priority": -1}, {"amount": usd(10**18)}],
)
def test_credit_that_cannot_be_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        replace(grant(), **changes)


def test_a_grant_that_paid_more_than_it_was_cannot_be() -> None:
    with pytest.raises(AssertionError, match="INV-10"):
        grant(1, 1000, used=usd(600), expired=usd(401))


some_time = st.none() | st.integers(1, 60).map(lambda hours: NOW + timedelta(days=4, hours=hours))


@st.composite
def grants(draw: st.DrawFn) -> Grant:
    """Any grant around the day of the lines."""
    minor = draw(st.integers(1, 3000))
    ends: datetime | None = draw(some_time)
    return grant(
        draw(st.integers(1, 99)), minor, used=usd(draw(st.integers(0, minor))), expires_at=ends,
        priority=draw(st.integers(0, 2)),
    )  # fmt: skip


@given(minors=st.lists(st.integers(-500, 2000), min_size=1, max_size=5), several=st.lists(grants(), max_size=5))
def test_no_grant_pays_more_than_it_has_and_no_line_more_than_it_is(minors: list[int], several: list[Grant]) -> None:
    distinct = {one.grant_id: one for one in several}
    lines = [usage(minor) for minor in minors]
    left = [line.amount for line in lines]
    for one in Credit(tuple(distinct.values()), Half()).taken_off(lines, left, at=NOW, of=[Charged()] * len(lines)):
        assert 0 < one.amount.minor <= distinct[one.source_id].left.minor
        assert all(0 <= off.minor <= max(has.minor, 0) for off, has in zip(one.amounts, left, strict=True))
        left = [has - off for off, has in zip(one.amounts, left, strict=True)]
        assert sum(has.minor for has in left) >= 0
