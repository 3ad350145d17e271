"""What a change within a period charges, gives back and measures: worked examples, and laws over any changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farthing.core.invariants import prove
from farthing.core.invoicing.reckoning import Discount, DiscountKind, ReckonBy
from farthing.core.ledger.transaction import Account
from farthing.core.money import Money, round_to_money
from farthing.core.period import Cycle, local_date
from farthing.core.pricing.plan import Plan
from farthing.core.pricing.terms import plan_from
from farthing.core.rating.line import Line, LineKind
from farthing.core.subscriptions.subscription import AgreedQuantity, AgreedVersion, Pause, Subscription
from tests.core.core_values import ACME, USD, at, subscription, zones
from tests.core.held_books import HeldBooks

METERS = {
    "tokens": {"event_type": "inference", "measure": "sum", "property": "tokens", "version": 1},
    "peak": {"event_type": "inference", "measure": "maximum", "property": "tokens", "version": 1},
}
TIERS = [{"up_to": "1000", "unit": "0.01"}, {"up_to": None, "unit": "0.001"}]
TOKENS = {"key": "tokens", "name": "Tokens", "meter": "tokens", "shape": "graduated", "tiers": TIERS}
PEAK = {"key": "peak", "name": "Peak", "meter": "peak", "shape": "per_unit", "unit": "0.31"}


def fee(amount: str, key: str = "platform", **terms: Any) -> dict[str, Any]:
    """A fee that is charged ahead."""
    return {"key": key, "name": key.title(), "shape": "flat", "fee": amount, "charged": "advance"} | terms


def plan(key: str, *prices: dict[str, Any], **terms: Any) -> Plan:
    """A plan of these prices, which counts what they need."""
    named = {price.get("meter") for price in prices}
    meters = {name: meter for name, meter in METERS.items() if name in named}
    return plan_from(
        key, {"name": key.title(), "currency": "USD", "meters": meters, "prices": list(prices)} | terms, version=1
    )


SEATS = {
    "key": "seats",
    "name": "Seats",
    "quantity": "seats",
    "shape": "per_unit",
    "unit": "3.10",
    "charged": "advance",
}
SMALL = plan("starter", fee("31"), TOKENS)
LARGE = plan("large", fee("62"), TOKENS, fee("500", "setup", charged="once"))


def january(**changes: Any) -> Subscription:
    """Acme on the small plan, from 1 January on."""
    return replace(subscription(starts_at=at("2026-01-01")), **changes)


def to(key: str, since: str) -> AgreedVersion:
    """A move to a plan."""
    return AgreedVersion(at(since), key, 1)


def told(lines: Sequence[Line]) -> list[str]:
    """Each line in a word."""
    return [f"{line.kind.value} {line.price_key} {line.amount.amount}" for line in lines]


def said(books: HeldBooks) -> list[tuple[str, list[str]]]:
    """Each invoice, when its books are sound."""
    assert prove(books) == []
    return [(f"{one.draft.at:%m-%d %H:%M}", told(one.draft.lines)) for one in books.invoices()]


# Plans ----------------------------------------------------------------------------------------------------------------


def test_an_upgrade_gives_back_the_rest_of_the_old_fee_and_charges_the_new_one_from_its_day_on() -> None:
    books = HeldBooks(january(), SMALL, (LARGE,))
    books.close(through=at("2026-01-01"))
    books.usage.add(at("2026-01-11T14:00"), tokens=1500)
    books.usage.add(at("2026-01-11T15:00"), tokens=500)
    books.subscription = replace(books.subscription, versions=(to("large", "2026-01-11T14:30"),))
    books.close(through=at("2026-02-01"))
    assert said(books) == [
        ("01-01 00:00", ["fee platform 31.00"]),
        # 10 of 31 days were used; the day of the change is the new plan's.
        ("01-11 14:30", ["unused platform -21.00", "fee platform 42.00", "once setup 500.00"]),
        # Each plan's tiers are its own: 1,000 at 0.01 and 500 at 0.001, then 500 at 0.01.
        ("02-01 00:00", ["fee platform 62.00", "usage tokens 10.50", "usage tokens 5.00"]),
    ]
    assert books.balance(Account.DEFERRED_REVENUE).amount == Decimal("-62.00")
    assert books.balance(Account.RECEIVABLE).amount == Decimal("629.50")


def test_an_upgrade_halfway_under_a_coupon_of_everything_gives_nothing_back() -> None:
    books = HeldBooks(january(), SMALL, (LARGE,), reckon_by=ReckonBy(coupons=_PercentOff(100)))
    books.close(through=at("2026-01-01"))
    books.subscription = replace(books.subscription, versions=(to("large", "2026-01-16T12:00"),))
    [made] = books.close(through=at("2026-01-16T12:00"))
    assert made.invoice is not None
    assert told(made.invoice.draft.lines) == ["fee platform 32.00", "once setup 500.00"]
    assert prove(books) == []


def test_what_is_given_back_is_what_was_left_after_discounts() -> None:
    books = HeldBooks(january(), SMALL, (LARGE,), reckon_by=ReckonBy(coupons=_PercentOff(10)))
    books.close(through=at("2026-01-01"))
    books.subscription = replace(books.subscription, versions=(to("large", "2026-01-11"),))
    [made] = books.close(through=at("2026-01-11"))
    assert made.invoice is not None
    # 27.90 was left of 31.00; 10 of 31 days of it are 9.00.
    assert told(made.invoice.draft.lines)[0] == "unused platform -18.90"
    assert prove(books) == []


def test_a_change_at_the_end_of_a_period_gives_nothing_back() -> None:
    books = HeldBooks(january(versions=(to("large", "2026-02-01"),)), SMALL, (LARGE,))
    books.close(through=at("2026-02-01"))
    assert said(books) == [
        ("01-01 00:00", ["fee platform 31.00"]),
        ("02-01 00:00", ["fee platform 62.00", "usage tokens 0.00", "once setup 500.00"]),
    ]


def test_a_change_that_was_agreed_before_the_period_began_is_charged_in_two_parts_and_gives_nothing_back() -> None:
    books = HeldBooks(january(versions=(to("large", "2026-01-11"),)), SMALL, (LARGE,))
    books.close(through=at("2026-01-11"))
    assert said(books) == [
        ("01-01 00:00", ["fee platform 10.00"]),
        ("01-11 00:00", ["fee platform 42.00", "once setup 500.00"]),
    ]


def test_up_and_down_again_on_one_day_charges_that_day_once() -> None:
    books = HeldBooks(january(), SMALL, (LARGE,))
    books.close(through=at("2026-01-01"))
    books.subscription = replace(
        books.subscription, versions=(to("large", "2026-01-11T09:00"), to("starter", "2026-01-11T17:00"))
    )
    books.close(through=at("2026-02-01"))
    assert said(books)[1:] == [
        ("01-11 09:00", ["unused platform -21.00", "once setup 500.00"]),
        ("01-11 17:00", ["fee platform 21.00"]),
        ("02-01 00:00", ["fee platform 31.00", "usage tokens 0.00", "usage tokens 0.00", "usage tokens 0.00"]),
    ]


def test_changes_one_after_the_other_each_give_back_what_is_left() -> None:
    books = HeldBooks(january(), SMALL, (LARGE,))
    for moves in (
        [],
        [to("large", "2026-01-11T09:00")],
        [to("large", "2026-01-11T09:00"), to("starter", "2026-01-21T17:00")],
    ):
        books.subscription = replace(books.subscription, versions=tuple(moves))
        books.close(through=moves[-1].since if moves else at("2026-01-01"))
    assert said(books)[1:] == [
        ("01-11 09:00", ["unused platform -21.00", "fee platform 42.00", "once setup 500.00"]),
        ("01-21 17:00", ["unused platform -22.00", "fee platform 11.00"]),
    ]


def test_a_peak_is_measured_for_each_segment_and_charged_for_its_days() -> None:
    books = HeldBooks(january(), plan("starter", PEAK), (plan("large", PEAK),))
    books.close(through=at("2026-01-01"))
    books.usage.add(at("2026-01-05"), tokens=100)
    books.usage.add(at("2026-01-20"), tokens=10)
    books.subscription = replace(books.subscription, versions=(to("large", "2026-01-11T09:00"),))
    books.close(through=at("2026-02-01"))
    # 0.31 x 100 x 10/31 and 0.31 x 10 x 21/31.
    assert said(books)[-1][1] == ["usage peak 10.00", "usage peak 2.10"]


def test_a_minimum_of_the_plan_is_asked_of_each_segment_for_its_days() -> None:
    least = [{"key": "least", "name": "Least", "amount": "310"}]
    books = HeldBooks(january(), plan("starter", fee("31"), TOKENS, commitments=least), (LARGE,))
    books.close(through=at("2026-01-01"))
    books.subscription = replace(books.subscription, versions=(to("large", "2026-01-11"),))
    books.close(through=at("2026-02-01"))
    # 310 x 10/31 less the fee of ten days.
    assert "true_up least 90.00" in said(books)[-1][1]


def test_a_trial_ends_with_a_change_to_a_plan_that_has_none() -> None:
    trying = plan("starter", fee("31"), TOKENS, phases=[{"key": "trial", "lasts": "1 month", "trial": True}])
    books = HeldBooks(january(phase_ends=(at("2026-02-01"),)), trying, (LARGE,))
    books.close(through=at("2026-01-01"))
    books.usage.add(at("2026-01-05"), tokens=100)
    books.usage.add(at("2026-01-20"), tokens=100)
    moved = AgreedVersion(at("2026-01-11T09:00"), "large", 1, ends_phases=True)
    books.subscription = replace(books.subscription, versions=(moved,))
    books.close(through=at("2026-02-01"))
    assert said(books) == [
        ("01-11 09:00", ["fee platform 42.00", "once setup 500.00"]),
        ("02-01 00:00", ["fee platform 62.00", "usage tokens 0.00", "usage tokens 1.00"]),
    ]


# Numbers --------------------------------------------------------------------------------------------------------------


def test_more_seats_from_a_day_on_change_the_fee_of_seats_alone() -> None:
    seated = plan("starter", fee("31"), SEATS, TOKENS)
    books = HeldBooks(january(quantities=(AgreedQuantity(at("2026-01-01"), "seats", Decimal(10)),)), seated)
    books.close(through=at("2026-01-01"))
    books.usage.add(at("2026-01-05"), tokens=800)
    books.usage.add(at("2026-01-25"), tokens=800)
    more = AgreedQuantity(at("2026-01-11T10:00"), "seats", Decimal(12))
    books.subscription = replace(books.subscription, quantities=(*books.subscription.quantities, more))
    books.close(through=at("2026-02-01"))
    assert said(books) == [
        ("01-01 00:00", ["fee platform 31.00", "fee seats 31.00"]),
        ("01-11 10:00", ["unused seats -21.00", "fee seats 25.20"]),
        ("02-01 00:00", ["fee platform 31.00", "fee seats 37.20", "usage tokens 10.60"]),
    ]


# Pauses and ends ------------------------------------------------------------------------------------------------------


def test_a_pause_stops_fees_gives_back_what_is_not_used_and_flags_what_is_used_meanwhile() -> None:
    books = HeldBooks(january(), SMALL)
    books.close(through=at("2026-01-01"))
    books.subscription = replace(books.subscription, pauses=(Pause(at("2026-01-11T10:00")),))
    books.close(through=at("2026-01-11T10:00"))
    books.usage.add(at("2026-01-15"), tokens=100)
    books.subscription = replace(books.subscription, pauses=(Pause(at("2026-01-11T10:00"), at("2026-01-22T08:00")),))
    books.close(through=at("2026-02-01"))
    assert said(books) == [
        ("01-01 00:00", ["fee platform 31.00"]),
        ("01-11 10:00", ["unused platform -21.00"]),
        # The day on which it goes on is charged.
        ("01-22 08:00", ["fee platform 10.00"]),
        ("02-01 00:00", ["fee platform 31.00", "usage tokens 0.00", "usage tokens 1.00", "usage tokens 0.00"]),
    ]
    notes = [line.note for line in books.invoices()[-1].draft.lines]
    assert notes == ["", "", "Used while the subscription was paused.", ""]


def test_a_pause_over_months_charges_no_fee_and_bills_what_is_used() -> None:
    books = HeldBooks(january(pauses=(Pause(at("2026-01-11"), at("2026-03-11")),)), SMALL)
    books.usage.add(at("2026-02-15"), tokens=100)
    books.close(through=at("2026-04-01"))
    assert said(books) == [
        ("01-01 00:00", ["fee platform 10.00"]),
        ("02-01 00:00", ["usage tokens 0.00", "usage tokens 0.00"]),
        ("03-01 00:00", ["usage tokens 1.00"]),
        ("03-11 00:00", ["fee platform 21.00"]),
        ("04-01 00:00", ["fee platform 31.00", "usage tokens 0.00", "usage tokens 0.00"]),
    ]


@pytest.mark.parametrize(("hour", "given_back"), [("00:00:00.000001", "31.00"), ("14:30", "31.00")])
def test_who_leaves_on_the_first_day_pays_what_was_used_and_no_fee(hour: str, given_back: str) -> None:
    books = HeldBooks(january(), SMALL)
    books.close(through=at("2026-01-01"))
    books.subscription = replace(books.subscription, ends_at=at(f"2026-01-01T{hour}"))
    books.close(through=at("2026-03-01"))
    [_, (_, lines)] = said(books)
    assert lines == [f"unused platform -{given_back}", "usage tokens 0.00"]
    assert not books.balance(Account.DEFERRED_REVENUE)
    assert not books.balance(Account.REVENUE)


def test_who_leaves_in_the_middle_is_not_charged_for_that_day_and_pays_what_was_used_on_it() -> None:
    books = HeldBooks(january(), SMALL)
    books.close(through=at("2026-01-01"))
    books.usage.add(at("2026-01-11T11:00"), tokens=100)
    books.subscription = replace(books.subscription, ends_at=at("2026-01-11T12:00"))
    books.usage.add(at("2026-01-11T13:00"), tokens=100)
    books.close(through=at("2026-03-01"))
    assert said(books)[1:] == [("01-11 12:00", ["unused platform -21.00", "usage tokens 1.00"])]
    assert books.balance(Account.REVENUE).amount == Decimal("-11.00")


# Laws -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _PercentOff:
    """A coupon on what is charged; what is given back is net of it already."""

    percent: int

    def taken_off(self, lines: Sequence[Line], left: Sequence[Money], *, at: datetime) -> list[Discount]:  # noqa: ARG002
        off = [
            round_to_money(amount.amount * self.percent / 100, USD) if line.kind is LineKind.FEE else Money(0, USD)
            for line, amount in zip(lines, left, strict=True)
        ]
        return [Discount(DiscountKind.COUPON, ACME, "off", "Off", tuple(off))]


ANY_PLANS = (
    plan("starter", fee("31.07"), SEATS, TOKENS),
    plan("large", fee("62.01"), SEATS, TOKENS, PEAK),
    plan("behind", fee("17.77", charged="arrears"), TOKENS),
    plan("exact", fee("9.99", prorate="second"), PEAK),
)


@st.composite
def any_changes(draw: st.DrawFn) -> tuple[Subscription, list[tuple[datetime, str]]]:
    """A subscription somewhere, and what happens to it and when, within five months."""
    zone = draw(zones)
    start = draw(st.sampled_from(["2023-12-31", "2024-01-30", "2024-01-31", "2024-02-29", "2025-01-15"]))
    cycle = Cycle(anchor_day=draw(st.sampled_from([1, 15, 28, 29, 30, 31])), in_zone=zone)
    seats = AgreedQuantity(at(start), "seats", Decimal(draw(st.integers(1, 9))))
    about = replace(subscription(starts_at=at(start)), cycle=cycle, quantities=(seats,))
    acts = st.sampled_from([*(plan.key for plan in ANY_PLANS), "seats", "pause", "resume", "end"])
    moments = st.integers(1, 150 * 24 * 4).map(lambda quarters: at(start) + timedelta(minutes=15 * quarters))
    return about, sorted(draw(st.lists(st.tuples(moments, acts), max_size=6)))


def changed(about: Subscription, since: datetime, act: str) -> Subscription:
    """The subscription after one of these acts; as it was where the act cannot be."""
    if about.ends_at is not None:
        return about
    paused = about.paused_at(since)
    match act:
        case "pause" if not paused:
            return replace(about, pauses=(*about.pauses, Pause(since)))
        case "resume" if paused:
            return replace(about, pauses=(*about.pauses[:-1], replace(about.pauses[-1], ends_at=since)))
        case "seats":
            number = Decimal(since.day)
            return replace(about, quantities=(*about.quantities, AgreedQuantity(since, "seats", number)))
        case "end":
            return replace(about, ends_at=since)
        case "pause" | "resume":
            return about
    return replace(about, versions=(*about.versions, AgreedVersion(since, act, 1)))


@settings(deadline=None)
@given(any_changes(), st.sampled_from([0, 10, 100]))
def test_no_change_bills_a_day_twice_or_skips_one(
    story: tuple[Subscription, list[tuple[datetime, str]]], percent: int
) -> None:
    about, changes = story
    books = HeldBooks(about, ANY_PLANS[0], ANY_PLANS[1:], reckon_by=ReckonBy(coupons=_PercentOff(percent)))
    for since, act in changes:
        if books.subscription.billed_through is not None and since <= books.subscription.billed_through:
            continue
        books.close(through=since - timedelta(microseconds=1))
        books.subscription = changed(books.subscription, since, act)
        books.usage.add(since, tokens=7)
        books.close(through=since)
    books.close(through=about.starts_at + timedelta(days=200))
    assert prove(books) == []
    # Of what a coupon paid whole nothing is given back, so its days stay as they were charged.
    assert percent == 100 or _days_charged(books) == _days_in_force(books)
    assert not books.subscription.ends_at or not books.balance(Account.DEFERRED_REVENUE)


def _days_charged(books: HeldBooks) -> dict[str, int]:
    """For how many days each fee by the day was charged, less those given back."""
    zone, days = books.subscription.cycle.in_zone, {"platform": 0, "seats": 0}
    for invoice in books.invoices():
        for line in invoice.draft.lines:
            sign = {LineKind.FEE: 1, LineKind.UNUSED: -1}.get(line.kind, 0)
            if sign and (line.share or line.part) and (line.share or line.part).unit == "days":  # type: ignore[union-attr]
                days[line.price_key] += sign * line.period.days(in_zone=zone)
    return days


def _days_in_force(books: HeldBooks) -> dict[str, int]:
    """Day by day: which plan is in force at its end, and whether it rests."""
    about = books.subscription
    through = max(
        (line.period.end for invoice in books.invoices() for line in invoice.draft.lines), default=about.starts_at
    )
    if about.ends_at is not None:
        through = min(through, about.ends_at)
    zone, days = about.cycle.in_zone, {"platform": 0, "seats": 0}
    keys = {plan.key: [p.key for p in plan.prices if p.meter is None and p.prorate == "day"] for plan in ANY_PLANS}
    behind = about.usage_billed_through or about.starts_at
    instant = about.starts_at
    while instant < through:
        following = instant + timedelta(minutes=15)
        if local_date(following, in_zone=zone) > local_date(instant, in_zone=zone) and not about.paused_at(instant):
            plan_key, _ = about.plan_at(instant)
            for key in keys[plan_key]:
                if plan_key != "behind" or instant < behind:
                    days[key] += 1
        instant = following
    return days
