"""Periods of any length are billed, and go on touching when a customer moves or counts from another day."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from farthing.core.interval import Every, Unit
from farthing.core.period import Cycle, Period
from farthing.core.pricing.terms import plan_from
from farthing.core.rating.line import Line
from farthing.core.refused import Clash, Refused
from farthing.core.subscriptions.subscription import Subscription
from farthing.postgres.database import PostgresStore
from farthing.usecases.change_cycle import change_anchor, move_customer
from farthing.usecases.change_subscription import move_to_version
from farthing.usecases.check_books import prove_books
from farthing.usecases.close_period import close_period
from farthing.usecases.customers import find_customer
from farthing.usecases.subscribe import end_subscription, subscribe
from tests.usecases.agreed_shop import METERS, TEAM, closed, kept, offer, open_team, team
from tests.usecases.shop import at_once, instant, invoices, record, sent

TOKYO, LOS_ANGELES = "Asia/Tokyo", "America/Los_Angeles"
MID_MARCH = instant("2026-03-15T09:00:00")


def lines(store: PostgresStore, key: str) -> list[Line]:
    """The lines of a price, in the order of their time."""
    found = [line for invoice in invoices(store) for line in invoice.draft.lines if line.price_key == key]
    return sorted(found, key=lambda line: line.period.start)


def periods(store: PostgresStore, key: str = "tokens") -> list[Period]:
    return [line.period for line in lines(store, key)]


def days(store: PostgresStore, key: str = "platform") -> list[str]:
    """What each line of a fee covers: so many days of so many."""
    shares = [line.share for line in lines(store, key)]
    return [f"{share.days}/{share.of_days}" for share in shares if share is not None]


def move(store: PostgresStore, in_zone: str, now: datetime = MID_MARCH) -> datetime:
    """Move Acme; since when its one subscription follows."""
    [(_, since)] = move_customer(store, customer_key="acme", in_zone=in_zone, now=now).subscriptions
    return since


def anchor(store: PostgresStore, day: str, now: datetime = MID_MARCH) -> tuple[Subscription, datetime]:
    return change_anchor(store, customer_key="acme", plan_key="team", anchor=date.fromisoformat(day), now=now)


# Moves --------------------------------------------------------------------------------------------------------------


def test_who_moves_from_tokyo_to_los_angeles_between_invoices_pays_for_every_hour_once(store: PostgresStore) -> None:
    open_team(store, in_zone=TOKYO)
    closed(store, "2026-02-28")
    assert move(store, LOS_ANGELES) == instant("2026-03-31T15:00:00")
    record(
        store,
        sent("before", time="2026-03-31T14:59:59Z", tokens=1),
        sent("after", time="2026-03-31T15:00:00Z", tokens=10),
        sent("in the hours between", time="2026-05-01T06:59:59Z", tokens=100),
        sent("in May", time="2026-05-01T07:00:00Z", tokens=1000),
        now=instant("2026-05-02"),
    )
    closed(store, "2026-05-31")
    assert periods(store)[2:] == [
        Period(instant("2026-02-28T15:00:00"), instant("2026-03-31T15:00:00")),
        Period(instant("2026-03-31T15:00:00"), instant("2026-05-01T07:00:00")),
        Period(instant("2026-05-01T07:00:00"), instant("2026-06-01T07:00:00")),
    ]
    assert [line.quantity for line in lines(store, "tokens")][2:] == [1, 110, 1000]
    assert days(store) == ["31/31", "28/28", "31/31", "30/30", "31/31", "30/30"]
    assert {str(line.amount) for line in lines(store, "platform")} == {"31.00 USD"}


def test_who_moves_east_has_a_shorter_period_that_costs_the_same(store: PostgresStore) -> None:
    open_team(store, in_zone=LOS_ANGELES)
    closed(store, "2026-02-28")
    assert move(store, TOKYO) == instant("2026-04-01T07:00:00")
    closed(store, "2026-05-31")
    assert periods(store)[3] == Period(instant("2026-04-01T07:00:00"), instant("2026-04-30T15:00:00"))
    assert days(store)[3:] == ["30/30", "31/31", "30/30"]


def test_a_move_there_and_back_before_the_next_period_leaves_everything_as_it_was(store: PostgresStore) -> None:
    opened = open_team(store, in_zone=TOKYO)
    closed(store, "2026-02-28")
    move(store, LOS_ANGELES)
    assert move(store, LOS_ANGELES) == move(store, TOKYO)
    assert kept(store).cycle == opened.cycle
    assert closed(store, "2026-03-31")[-1][0] == "2026-03-31"
    with store.transaction():
        assert find_customer(store, "acme", person=None).in_zone == TOKYO


def test_who_moves_before_the_start_starts_at_the_instant_that_was_agreed(store: PostgresStore) -> None:
    open_team(store, in_zone=TOKYO, starts_on=date(2026, 4, 1))
    assert move(store, LOS_ANGELES) == instant("2026-03-31T15:00:00")
    closed(store, "2026-04-30")
    assert periods(store)[0] == Period(instant("2026-03-31T15:00:00"), instant("2026-05-01T07:00:00"))
    assert days(store) == ["30/30", "31/31"]


def test_a_subscription_that_ends_with_its_running_period_does_not_follow_a_move(store: PostgresStore) -> None:
    open_team(store, in_zone=TOKYO)
    closed(store, "2026-02-28")
    end_subscription(store, customer_key="acme", plan_key="team", now=MID_MARCH)
    assert move_customer(store, customer_key="acme", in_zone=LOS_ANGELES, now=MID_MARCH).subscriptions == ()
    closed(store, "2026-04-30")
    assert periods(store)[-1].end == instant("2026-03-31T15:00:00")


def test_a_move_to_no_zone_is_refused(store: PostgresStore) -> None:
    open_team(store)
    with pytest.raises(Refused, match="is not a time zone"):
        move(store, "Mars/Olympus")


def test_moves_while_periods_close_neither_lose_nor_bill_an_hour_twice(store: PostgresStore) -> None:
    open_team(store, in_zone=TOKYO)
    for month, there in (("2026-02", LOS_ANGELES), ("2026-03", "Pacific/Auckland"), ("2026-04", TOKYO)):
        now = instant(f"{month}-05")

        def moving(to: str = there, at: datetime = now) -> object:
            return move_customer(store, customer_key="acme", in_zone=to, now=at)

        def closing(at: datetime = now) -> object:
            return close_period(store, through=at.date().replace(day=1), now=at)

        assert not [answer for answer in at_once(moving, closing, moving, closing) if isinstance(answer, Exception)]
    close_period(store, through=date(2026, 7, 31), now=instant("2026-08-05"))
    assert prove_books(store, now=instant("2026-08-05")).findings == []
    found = periods(store)
    assert len(found) == 7
    assert all(earlier.end == later.start for earlier, later in pairwise(found))
    assert days(store)[:6] == ["31/31", "28/28", "31/31", "30/30", "31/31", "30/30"]


# Anchors ------------------------------------------------------------------------------------------------------------


def test_a_new_anchor_makes_a_stub_of_the_full_period_that_it_belongs_to(store: PostgresStore) -> None:
    open_team(store)
    closed(store, "2026-02-28")
    assert anchor(store, "2026-04-15")[1] == instant("2026-04-01")
    closed(store, "2026-05-20")
    assert days(store) == ["31/31", "28/28", "31/31", "14/31", "30/30", "31/31"]
    assert [str(line.amount) for line in lines(store, "platform")][3] == "14.00 USD"
    assert periods(store)[3] == Period(instant("2026-04-01"), instant("2026-04-15"))


def test_the_same_anchor_again_changes_nothing_and_the_old_one_takes_it_back(store: PostgresStore) -> None:
    opened = open_team(store)
    closed(store, "2026-02-28")
    assert anchor(store, "2026-04-15") == anchor(store, "2026-04-15")
    assert anchor(store, "2026-07-15") == (kept(store), instant("2026-04-01"))
    anchor(store, "2026-01-01")
    assert kept(store).cycle == opened.cycle
    with pytest.raises(Refused, match="too far away"):
        anchor(store, "0999-01-01")


def test_there_is_no_new_anchor_for_what_ends_with_its_period(store: PostgresStore) -> None:
    open_team(store)
    closed(store, "2026-02-28")
    end_subscription(store, customer_key="acme", plan_key="team", now=MID_MARCH)
    with pytest.raises(Refused, match="none that could start on another day"):
        anchor(store, "2026-04-15")


def test_a_move_and_a_new_anchor_are_both_kept_whichever_was_agreed_first(store: PostgresStore) -> None:
    open_team(store, in_zone=TOKYO)
    closed(store, "2026-02-28")
    move(store, LOS_ANGELES)
    anchor(store, "2026-04-15")
    both = kept(store)
    closed(store, "2026-05-31")
    assert (both.cycle.in_zone, both.cycle.anchor_day) == (LOS_ANGELES, 15)
    assert periods(store)[3:] == [
        Period(instant("2026-03-31T15:00:00"), instant("2026-04-15T07:00:00")),
        Period(instant("2026-04-15T07:00:00"), instant("2026-05-15T07:00:00")),
    ]
    assert days(store)[3:5] == ["14/31", "30/30"]


# Intervals ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("every", "periods_start", "shares"),
    [
        ("week", "anniversary", ["7/7"] * 5),
        ("2 weeks", "anniversary", ["14/14"] * 3),
        ("week", "calendar", ["4/7", "7/7", "7/7", "7/7", "7/7"]),
        ("10 days", "calendar", ["10/10"] * 4),
        ("quarter", "calendar", ["76/90"]),
        ("6 months", "anniversary", ["181/181"]),
        ("year", "calendar", ["351/365"]),
        ("day", "calendar", ["1/1"] * 31),
    ],
)
def test_a_plan_is_billed_by_periods_of_any_length(
    store: PostgresStore, every: str, periods_start: str, shares: list[str]
) -> None:
    open_team(store, plan=team(every=every, periods=periods_start), starts_on=date(2026, 1, 15))
    record(store, *(sent(f"e{n}", time=f"2026-01-{n}T10:00:00Z", tokens=1) for n in range(15, 29)))
    closed(store, "2026-02-13")
    assert days(store) == shares


def test_an_anniversary_on_the_31st_comes_back_after_short_months(store: PostgresStore) -> None:
    open_team(store, plan=team(periods="anniversary"), starts_on=date(2026, 1, 31))
    closed(store, "2026-05-31")
    assert [period.start.date().isoformat() for period in periods(store)] == [
        "2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"
    ]  # fmt: skip
    assert days(store) == ["28/28", "31/31", "30/30", "31/31", "30/30"]


def test_after_a_trial_the_first_paid_period_of_an_anniversary_plan_is_a_whole_one(store: PostgresStore) -> None:
    trial = {"trial": {"lasts": "14 days", "trial": True}}
    opened = open_team(store, plan=team(periods="anniversary", phases=trial), starts_on=date(2026, 1, 10))
    assert opened.cycle == Cycle.monthly(24, "UTC")
    closed(store, "2026-02-28")
    assert days(store) == ["31/31", "28/28"]


def test_an_anchor_that_is_given_counts_whatever_the_plan_says(store: PostgresStore) -> None:
    offer(store, team(every="quarter"))
    subscription = open_team(store, plan=team(every="quarter"))
    assert subscription.cycle == Cycle(date(2026, 1, 1), "UTC", Every(3, Unit.MONTH))
    end_subscription(store, customer_key="acme", plan_key="team", now=instant("2025-12-01"))
    again = _subscribe(store, anchor=date(2026, 2, 28))
    assert _subscribe(store, anchor=date(2026, 2, 28)) == again
    assert again.cycle == Cycle(date(2026, 2, 28), "UTC", Every(3, Unit.MONTH))
    with pytest.raises(Clash, match="with periods of a quarter from 2025-11-28"):
        _subscribe(store, anchor=date(2026, 3, 1))


def test_a_day_of_the_month_says_too_little_for_other_periods_and_nothing_beside_an_anchor(
    store: PostgresStore,
) -> None:
    open_team(store, plan=team(every="quarter"))
    with pytest.raises(Refused, match="is billed every quarter, not every month"):
        _subscribe(store, anchor_day=5)
    with pytest.raises(Refused, match="not both"):
        _subscribe(store, anchor_day=5, anchor=date(2026, 1, 5))
    with pytest.raises(Refused, match="too far away"):
        _subscribe(store, anchor=date(1900, 1, 5))


def _subscribe(store: PostgresStore, **more: Any) -> Subscription:
    return subscribe(store, customer_key="acme", plan_key="team", starts_on=date(2026, 1, 1), **more)


def test_a_version_with_another_interval_starts_a_new_cycle_where_it_begins(store: PostgresStore) -> None:
    open_team(store, starts_on=date(2026, 1, 15), anchor_day=15)
    offer(store, plan_from("team", TEAM | {"every": "year", "periods": "anniversary"}, version=2, meters=METERS))
    closed(store, "2026-02-28")
    assert _to_version(store, 2) == instant("2026-03-15")
    closed(store, "2026-03-31")
    assert days(store) == ["31/31", "28/28", "365/365"]
    assert kept(store).period_at(instant("2026-06-01")) == Period(instant("2026-03-15"), instant("2027-03-15"))


def test_a_move_to_another_interval_that_is_put_off_takes_its_cycle_with_it(store: PostgresStore) -> None:
    open_team(store)
    offer(store, plan_from("team", TEAM | {"every": "quarter"}, version=2, meters=METERS))
    assert _to_version(store, 2) == instant("2026-02-01")
    assert _to_version(store, 2, from_day=date(2026, 4, 1)) == instant("2026-04-01")
    running = kept(store)
    assert running.period_at(instant("2026-02-10")) == Period(instant("2026-02-01"), instant("2026-03-01"))
    assert running.period_at(instant("2026-04-10")) == Period(instant("2026-04-01"), instant("2026-07-01"))
    closed(store, "2026-06-30")
    assert days(store) == ["31/31", "28/28", "31/31", "91/91", "92/92"]


def _to_version(store: PostgresStore, version: int, from_day: date | None = None) -> datetime | None:
    there = kept(store)
    with store.transaction():
        locked = store.lock_subscription(there.subscription_id)
        assert locked is not None
        now = max(instant("2026-01-16"), locked.billed_through or instant("2026-01-16"))
        moved = move_to_version(store, locked, version=version, from_day=from_day, now=now)
    return None if moved is None else moved[1]


def test_seats_and_usage_of_a_long_period_are_added_up_exactly(store: PostgresStore) -> None:
    open_team(store, plan=team(every="year"), quantities={"seats": Decimal(2)})
    record(store, *(sent(f"m{n}", time=f"2026-{n:02}-28T10:00:00Z", tokens=n) for n in range(1, 13)),
           now=instant("2027-01-01"))  # fmt: skip
    closed(store, "2026-12-31")
    assert [(line.quantity, str(line.amount)) for line in lines(store, "tokens")] == [(78, "0.78 USD")]
