"""A catalogue is compared and applied: whose next invoices change on real usage, and who moves to what, from when."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.pricing.plan import Plan
from farthing.core.pricing.terms import addon_from, plan_from, plan_terms
from farthing.postgres.database import Database, PostgresStore
from farthing.usecases.apply_catalogue import Change, apply_catalogue, decide
from farthing.usecases.compare_catalogue import Impact, compare_invoices
from farthing.usecases.customers import add_customer
from farthing.usecases.move_subscriptions import Days, Moved, move_subscriptions
from farthing.usecases.show_usage import preview
from farthing.usecases.subscribe import Wishes, end_subscription, subscribe
from farthing.usecases.supposed import supposed
from tests.databases import NOW, fresh_store, law
from tests.usecases.agreed_shop import BACKUP, METERS, SEATS, TOKENS, closed, kept, offer, open_team, team
from tests.usecases.shop import instant, record, sent

MID_JANUARY = instant("2026-01-16T10:00:00")
MID_MARCH = instant("2026-03-16T10:00:00")
DEARER = {"platform": {"name": "Platform", "shape": "flat", "fee": "62", "charged": "advance"}, "seats": SEATS}


def compared(store: PostgresStore, *plans: Plan, limit: int = 20, now: Any = MID_JANUARY) -> Impact:
    """What these plans would do to next invoices."""
    with store.transaction():
        decided = decide(store, meters=METERS, plans=plans)
    changed = [pair.after for pair in decided.plans if pair.changes and pair.before is not None]
    return compare_invoices(store, changed, now=now, limit=limit)


def told(impact: Impact) -> list[str]:
    return [f"{row.customer_key} {row.now} {row.then} {row.difference}" for row in impact.rows]


def on_team(store: PostgresStore, key: str, *, starts_on: date = date(2026, 1, 1), **wishes: Any) -> None:
    add_customer(store, key=key, name=key, in_zone="UTC", now=NOW)
    subscribe(store, customer_key=key, plan_key="team", starts_on=starts_on, wishes=Wishes(**wishes))


def move(store: PostgresStore, *, from_day: date | None = None, now: Any = MID_JANUARY) -> Moved:
    with store.transaction():
        newest = store.plan("team")
    assert newest is not None
    return move_subscriptions(store, {"team": newest.version}, from_day=from_day, now=now)


def kept_plans(store: PostgresStore) -> list[tuple[int, str]]:
    with store.transaction():
        return [(plan.version, str(plan_terms(plan))) for plan in store.plans()]


# Compared -------------------------------------------------------------------------------------------------------------


def test_whose_next_invoices_change_is_worked_out_on_what_they_used(store: PostgresStore) -> None:
    open_team(store)
    on_team(store, "beta", quantities={"seats": Decimal(2)})
    on_team(store, "gamma", currency="EUR")
    on_team(store, "coming", starts_on=date(2026, 2, 1))
    record(store, sent("1", tokens=400), sent("2", tokens=100, time="2026-01-20T00:00:00Z"))
    before = kept_plans(store)
    twice_as_dear = team(prices={**DEARER, "tokens": TOKENS | {"unit": "0.02"}})
    impact = compared(store, twice_as_dear)
    assert told(impact) == [
        "acme 136.00 USD 172.00 USD 36.00 USD",
        "gamma 38.00 EUR 72.00 EUR 34.00 EUR",
        "beta 51.00 USD 82.00 USD 31.00 USD",
    ]
    assert {str(code): (sums.invoices, str(sums.now), str(sums.then)) for code, sums in impact.sums.items()} == {
        "USD": (2, "187.00 USD", "254.00 USD"),
        "EUR": (1, "38.00 EUR", "72.00 EUR"),
    }
    assert (impact.changed, impact.same, impact.impossible) == (3, 0, 0)
    assert kept_plans(store) == before


def test_the_largest_changes_are_kept_and_all_are_added_up(store: PostgresStore) -> None:
    open_team(store)
    for number in range(6):
        on_team(store, f"c{number}", quantities={"seats": Decimal(number)})
    cheaper = team(prices={**DEARER, "seats": SEATS | {"unit": "0"}, "tokens": TOKENS})
    assert told(compared(store, cheaper, limit=2)) == [
        "acme 131.00 USD 62.00 USD -69.00 USD",
        "c0 31.00 USD 62.00 USD 31.00 USD",
    ]
    impact = compared(store, cheaper, limit=0)
    assert (list(impact.rows), impact.changed) == ([], 7)
    [sums] = impact.sums.values()
    assert (sums.invoices, str(sums.now), str(sums.then)) == (7, "467.00 USD", "434.00 USD")


def test_a_change_that_nobody_feels_yet_changes_no_invoice(store: PostgresStore) -> None:
    open_team(store)
    impact = compared(store, team(prices={**team_prices(), "tokens": TOKENS | {"unit": "0.5"}}))
    assert (impact.rows, impact.changed, impact.same) == ([], 0, 1)
    assert compared(store, team()).same == 0, "a plan that is the same is not looked at"


def test_who_cannot_have_the_new_version_is_told_with_the_reason(store: PostgresStore) -> None:
    open_team(store, overrides={"seats": {"unit": "5"}})
    on_team(store, "gamma", currency="EUR")
    impact = compared(
        store, plan_from("team", {"currency": "USD", "prices": {"tokens": TOKENS}}, version=1, meters=METERS)
    )
    assert (impact.changed, impact.impossible) == (0, 2)
    assert any("acme" in reason and "no price “seats”" in reason for reason in impact.reasons), impact.reasons
    assert any("gamma" in reason and "EUR" in reason for reason in impact.reasons), impact.reasons


def test_a_trial_that_the_new_version_lacks_is_ended_first(store: PostgresStore) -> None:
    trial = {"trial": {"lasts": "1 month", "trial": True}}
    open_team(store, plan=team(phases=trial))
    assert compared(store, team(prices=DEARER | {"tokens": TOKENS})).in_phase == 1
    assert compared(store, team(phases=trial, prices=DEARER | {"tokens": TOKENS})).in_phase == 0


def test_a_rise_that_is_agreed_already_for_later_is_not_the_files_doing(store: PostgresStore) -> None:
    open_team(store)
    record(store, sent("1", tokens=400))
    dearer = DEARER | {"tokens": TOKENS | {"unit": "0.02"}}
    offer(store, team(prices=dearer))
    move(store)
    without = compared(store, team(prices=dearer, entitlements={}))
    assert (without.changed, without.same, without.agreed_for_later) == (0, 1, 1)
    dearer_still = compared(store, team(prices=dearer | {"tokens": TOKENS | {"unit": "0.05"}}))
    assert told(dearer_still) == ["acme 170.00 USD 182.00 USD 12.00 USD"]
    in_february = compared(store, team(prices=DEARER), now=instant("2026-02-16"))
    assert in_february.agreed_for_later == 0, "what is in force is nothing agreed for later"


@law
@given(fee=st.integers(0, 100), unit=st.integers(0, 50), used=st.integers(0, 500), at_first=st.integers(0, 30))
def test_what_is_compared_is_the_preview_of_who_had_the_new_version_from_the_start(
    shared_database: Database, fee: int, unit: int, used: int, at_first: int
) -> None:
    other = team(
        prices={
            "tokens": TOKENS | {"unit": str(unit), "included": "50", "minimum": "3"},
            "seats": SEATS,
            "platform": {"shape": "flat", "fee": str(fee), "charged": "arrears"},
        }
    )
    store, twin = fresh_store(shared_database), fresh_store(shared_database)
    starts_on = date(2026, 1, 1 + at_first % 16)
    open_team(store, starts_on=starts_on)
    open_team(twin, starts_on=starts_on, plan=other)
    for each in (store, twin):
        record(each, sent("1", tokens=used, time="2026-01-16T08:00:00Z"))
    impact = compared(store, other)
    with twin.transaction():
        expected = preview(twin, twin.subscriptions()[0], now=MID_JANUARY)
    assert expected is not None
    if impact.rows:
        assert impact.rows[0].then == expected.total
    else:
        with store.transaction():
            present = preview(store, store.subscriptions()[0], now=MID_JANUARY)
        assert present is not None
        assert (impact.same, present.total) == (1, expected.total)


# Applied --------------------------------------------------------------------------------------------------------------


def test_add_ons_are_applied_and_again_change_nothing(store: PostgresStore) -> None:
    backup = addon_from("backup", BACKUP, version=1, meters=METERS)

    def act() -> list[Change]:
        return apply_catalogue(store, meters=METERS, plans=[team()], add_ons=[backup], now=NOW)

    assert act()[-2:] == [Change("plan", "team", 1), Change("add-on", "backup", 1)]
    assert act() == []
    with store.transaction():
        assert store.add_on("backup") == backup


def test_a_version_from_a_day_on_is_for_who_starts_then_or_later(store: PostgresStore) -> None:
    offer(store, team())
    dearer = team(prices=DEARER)
    first = date(2026, 3, 1)
    applied = [
        apply_catalogue(store, meters=METERS, plans=[dearer], now=NOW, starts_from=day)
        for day in (first, first, date(2026, 4, 1))
    ]
    assert applied == [[Change("plan", "team", 2)], [], []], "who starts in April has it from March on"
    for key, day, version in (("a", date(2026, 2, 28), 1), ("b", first, 2), ("c", date(2026, 5, 1), 2)):
        on_team(store, key, starts_on=day)
        with store.transaction():
            customer = store.customer_by_key(key)
            assert customer is not None
            [subscription] = store.subscriptions(customer_id=customer.customer_id)
        assert subscription.plan_version == version
    assert apply_catalogue(store, meters=METERS, plans=[dearer], now=NOW) == [Change("plan", "team", 3)]
    on_team(store, "d", starts_on=date(2026, 2, 28))
    with store.transaction():
        assert max(subscription.plan_version for subscription in store.subscriptions()) == 3


# Moved ----------------------------------------------------------------------------------------------------------------


def test_who_is_there_moves_with_the_next_period_and_the_running_one_stays_as_it_was_agreed(
    store: PostgresStore,
) -> None:
    open_team(store)
    record(store, sent("1", tokens=400))
    offer(store, team(prices=DEARER | {"tokens": TOKENS | {"unit": "0.02"}}))
    moved = move(store)
    assert (moved.moved, moved.first, moved.last, moved.stayed) == (1, date(2026, 2, 1), date(2026, 2, 1), 0)
    february = Days(1, date(2026, 2, 1), date(2026, 2, 1))
    assert move(store) == Moved(to_come=february), "it is agreed, and has not happened"
    assert move(store, now=instant("2026-02-01")) == Moved(there=1)
    record(store, sent("2", tokens=400, time="2026-02-10T00:00:00Z"), now=instant("2026-02-20"))
    assert closed(store, "2026-02-28") == [
        ("2026-01-01", ["platform 31.00 USD", "seats 100.00 USD"]),
        ("2026-02-01", ["platform 62.00 USD", "seats 100.00 USD", "tokens 4.00 USD"]),
        ("2026-03-01", ["platform 62.00 USD", "seats 100.00 USD", "tokens 8.00 USD"]),
    ]


@pytest.mark.parametrize(
    ("from_day", "since"),
    [(None, "2026-04-01"), ("2026-01-15", "2026-04-01"), ("2026-05-01", "2026-05-01"), ("2026-05-02", "2026-06-01")],
)
def test_nobody_moves_inside_a_period_or_before_what_is_billed(
    store: PostgresStore, from_day: str | None, since: str
) -> None:
    open_team(store)
    closed(store, "2026-02-28")
    offer(store, team(prices=DEARER))
    day = None if from_day is None else date.fromisoformat(from_day)
    moved = move(store, from_day=day, now=MID_MARCH)
    assert (moved.moved, str(moved.first)) == (1, since)
    [agreed] = kept(store).versions
    assert agreed.since == instant(since)


def test_a_move_that_has_not_happened_is_postponed_by_a_later_day_and_happens_sooner_again(
    store: PostgresStore,
) -> None:
    open_team(store)
    offer(store, team(prices=DEARER))

    def moves(from_day: date | None) -> tuple[int, int, str, list[int]]:
        moved = move(store, from_day=from_day)
        months = [instant(f"2026-0{month}-01") for month in (1, 2, 3, 4, 5)]
        versions = [kept(store).version_at(at) for at in months]
        return moved.moved, moved.postponed, str(moved.first or moved.to_come.first), versions

    march, april = date(2026, 3, 1), date(2026, 4, 1)
    assert moves(None) == (1, 0, "2026-02-01", [1, 2, 2, 2, 2])
    assert moves(march) == (1, 1, "2026-03-01", [1, 1, 2, 2, 2])
    assert moves(march) == (0, 0, "2026-03-01", [1, 1, 2, 2, 2])
    assert moves(april) == (1, 1, "2026-04-01", [1, 1, 1, 2, 2])
    assert moves(None) == (1, 0, "2026-02-01", [1, 2, 2, 2, 2])
    assert moves(april) == (1, 1, "2026-04-01", [1, 1, 1, 2, 2])
    assert moves(march) == (1, 0, "2026-03-01", [1, 1, 2, 2, 2])
    assert closed(store, "2026-03-31")[-2:] == [
        ("2026-03-01", ["platform 62.00 USD", "seats 100.00 USD", "tokens 0.00 USD"]),
        ("2026-04-01", ["platform 62.00 USD", "seats 100.00 USD"]),
    ]


def test_a_later_version_leaves_what_is_agreed_for_the_months_before_it(store: PostgresStore) -> None:
    open_team(store)
    offer(store, team(prices=DEARER))
    move(store)
    offer(store, team(prices=DEARER | {"seats": SEATS | {"unit": "12"}}))
    assert move(store, from_day=date(2026, 4, 1)).postponed == 0
    assert [kept(store).version_at(instant(f"2026-0{month}-01")) for month in (1, 2, 3, 4)] == [1, 2, 2, 3]


def test_who_has_ended_or_ends_before_stays_and_who_is_to_come_moves_from_the_start(store: PostgresStore) -> None:
    open_team(store)
    end_subscription(store, customer_key="acme", plan_key="team", now=MID_JANUARY)
    on_team(store, "coming", starts_on=date(2026, 2, 10))
    offer(store, team(prices=DEARER))
    moved = move(store)
    assert (moved.moved, moved.first, moved.stayed) == (1, date(2026, 2, 10), 0)
    with store.transaction():
        assert [len(one.versions) for one in store.subscriptions() if one.ends_at is not None] == [0]


def test_who_cannot_move_keeps_nobody_from_it(store: PostgresStore) -> None:
    open_team(store, overrides={"tokens": {"unit": "5"}})
    for number in range(3):
        on_team(store, f"c{number}")
    offer(store, team(prices=DEARER))
    moved = move(store)
    assert (moved.moved, moved.stayed) == (3, 1)
    [reason] = moved.reasons
    assert reason.startswith("acme cannot move to version 2 of “team”")


def test_an_older_catalogue_that_comes_late_takes_nobody_back(store: PostgresStore) -> None:
    open_team(store)
    offer(store, team(prices=DEARER))
    offer(store, team(prices=DEARER | {"platform": {**DEARER["platform"], "fee": "93"}}))
    assert move(store).moved == 1
    newest = kept(store)
    late = move_subscriptions(store, {"team": 2}, from_day=None, now=MID_JANUARY)
    assert (late.moved, late.there) == (0, 1)
    assert kept(store) == newest


def test_moving_on_what_is_only_supposed_keeps_nothing(store: PostgresStore) -> None:
    before = open_team(store)
    with store.transaction():
        [pair] = decide(store, meters=METERS, plans=[team(prices=DEARER)]).plans
    moved = move_subscriptions(
        supposed(store, [pair.after]), {"team": pair.after.version}, from_day=None, now=MID_JANUARY
    )
    assert (moved.moved, moved.first) == (1, date(2026, 2, 1))
    assert kept(store) == replace(before)
    assert [version for version, _ in kept_plans(store)] == [1]


def team_prices() -> dict[str, Any]:
    return dict(DEARER) | {"platform": {"name": "Platform", "shape": "flat", "fee": {"USD": "31", "EUR": "28"},
                                        "charged": "advance"}}  # fmt: skip
