"""What a customer may use: one yes is a yes, limits add up, an add-on's setting wins, and usage so far is told."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from farthing.core.metering.meter import Meter
from farthing.core.metering.time_weighted import TimeWeighted
from farthing.core.metering.value import Property
from farthing.core.people import Person, Role
from farthing.core.pricing.terms import plan_from
from farthing.core.refused import Unknown
from farthing.postgres.database import PostgresStore
from farthing.usecases.apply_catalogue import apply_catalogue
from farthing.usecases.change_subscription import attach_add_on, end_add_on
from farthing.usecases.customers import add_customer
from farthing.usecases.entitlements import Entitled, show_entitlements
from farthing.usecases.subscribe import end_subscription, subscribe
from tests.databases import NOW
from tests.usecases.agreed_shop import BACKUP, METERS, TEAM, TOKENS, offer, open_team, team
from tests.usecases.shop import instant, record, sent

MID_JANUARY = instant("2026-01-16T10:00:00")


def entitled(store: PostgresStore, *, now: datetime = MID_JANUARY) -> dict[str, Entitled]:
    """Acme's features at a time."""
    shown = show_entitlements(store, customer_key="acme", person=None, now=now)
    assert [one.entitlement.feature for one in shown.features] == sorted(
        {one.entitlement.feature for one in shown.features}
    )
    return {one.entitlement.feature: one for one in shown.features}


def values(store: PostgresStore, *, now: datetime = MID_JANUARY) -> dict[str, Any]:
    """What each feature comes to."""
    return {feature: one.entitlement.value for feature, one in entitled(store, now=now).items()}


def attach(store: PostgresStore, key: str = "backup", **more: Any) -> None:
    attach_add_on(store, customer_key="acme", plan_key="team", add_on_key=key, now=MID_JANUARY, **more)


def test_a_plan_alone_says_what_it_says(store: PostgresStore) -> None:
    open_team(store)
    assert values(store) == {"region": "us", "sso": False, "tokens": 1000}


def test_add_ons_add_to_limits_as_often_as_they_are_there_grant_features_and_decide_settings(
    store: PostgresStore,
) -> None:
    open_team(store)
    attach(store, number=Decimal("2.5"))
    assert values(store) == {"copies": Decimal("7.5"), "region": "eu", "sso": True, "tokens": 2250}
    found = entitled(store)
    assert [source.key for source in found["tokens"].sources] == ["team", "backup"]
    assert [source.key for source in found["sso"].sources] == ["backup"]
    assert [source.key for source in found["region"].sources] == ["backup"]


def test_an_add_on_counts_from_its_start_to_its_end_and_not_a_moment_longer(store: PostgresStore) -> None:
    open_team(store)
    attach(store, from_day=date(2026, 1, 20))
    starts, ends = instant("2026-01-20"), instant("2026-03-01")
    end_add_on(store, customer_key="acme", plan_key="team", add_on_key="backup", now=instant("2026-02-10"))
    moment = ends - instant("2026-02-28T23:59:59")
    assert [values(store, now=now)["sso"] for now in (starts - moment, starts, ends - moment, ends)] == [
        False, True, True, False,
    ]  # fmt: skip


def test_what_was_agreed_otherwise_counts(store: PostgresStore) -> None:
    own = {"entitlements": {"tokens": {"limit": 7}, "sso": True, "region": None, "api": "v2"}}
    open_team(store, overrides=own)
    record(store, sent("1", tokens=4))
    assert values(store) == {"api": "v2", "sso": True, "tokens": 7}
    found = entitled(store)["tokens"]
    assert (found.used, found.left) == (4, 3), "the limit that was agreed is measured as the plan's"


def test_a_limit_that_is_agreed_to_have_no_meter_is_not_measured(store: PostgresStore) -> None:
    open_team(store, overrides={"entitlements": {"tokens": {"limit": 7, "meter": None}}})
    assert values(store)["tokens"] == 7
    assert entitled(store)["tokens"].used is None


def test_a_version_that_is_in_force_decides(store: PostgresStore) -> None:
    open_team(store)
    offer(store, team(entitlements={"sso": True}))
    assert values(store)["sso"] is False


def test_usage_so_far_is_that_of_the_running_period_which_a_phase_may_cut(store: PostgresStore) -> None:
    trial = {"trial": {"name": "Trial", "lasts": "14 days", "trial": True}}
    open_team(store, plan=team(phases=trial))
    times = ("2026-01-10T00:00:00Z", "2026-01-14T23:59:59Z", "2026-01-15T00:00:00Z")
    record(store, *[sent(f"{number}", time=time) for number, time in enumerate(times)], now=MID_JANUARY)
    found = entitled(store)["tokens"]
    assert (found.used, found.left, str(found.period and found.period.start.date())) == (400, 600, "2026-01-15")
    earlier = entitled(store, now=instant("2026-01-14"))["tokens"]
    assert (earlier.used, earlier.left) == (800, 200)
    record(store, sent("more", time="2026-01-16T00:00:00Z", tokens=1000), now=MID_JANUARY)
    assert entitled(store)["tokens"].left == -400


def test_what_is_used_is_exact(store: PostgresStore) -> None:
    storage = {"storage": Meter("storage", 1, "disk", TimeWeighted(Property("gigabytes")))}
    apply_catalogue(store, meters=METERS | storage, plans=[], now=NOW)
    terms = TEAM | {"entitlements": {"storage": {"limit": "10", "meter": "storage"}}}
    open_team(store, plan=plan_from("team", terms, version=1, meters=METERS | storage))
    record(store, sent("d", type="disk", time="2026-01-11T00:00:00Z", gigabytes=3), now=MID_JANUARY)
    found = entitled(store)["storage"]
    # 3 gigabytes for 21 of 31 days.
    assert (found.used, found.left) == (Fraction(63, 31), Fraction(247, 31))


def test_all_that_runs_counts_and_the_plan_that_began_last_decides_a_setting(store: PostgresStore) -> None:
    open_team(store)
    more = {"sso": True, "region": "jp", "tokens": {"limit": "5"}, "seats": {"limit": "2"}}
    calls = {"currency": "USD", "prices": {"calls": TOKENS | {"meter": "calls"}}, "entitlements": more}
    offer(store, plan_from("calls", calls, version=1, meters=METERS))
    subscribe(store, customer_key="acme", plan_key="calls", starts_on=date(2026, 1, 5))
    assert values(store, now=instant("2026-01-04"))["region"] == "us"
    assert values(store) == {"region": "jp", "seats": 2, "sso": True, "tokens": 1005}
    end_subscription(store, customer_key="acme", plan_key="calls", now=MID_JANUARY)
    assert values(store, now=instant("2026-02-01")) == {"region": "us", "sso": False, "tokens": 1000}


def test_of_two_kinds_the_add_ons_counts(store: PostgresStore) -> None:
    open_team(store)
    offer(store, add_ons={"odd": BACKUP | {"name": "Odd", "entitlements": {"tokens": True, "sso": {"limit": "4"}}}})
    attach(store, "odd")
    assert values(store) == {"region": "us", "sso": 4, "tokens": True}


def test_nobody_is_told_of_another_customer(store: PostgresStore) -> None:
    subscription = open_team(store)
    globex = add_customer(store, key="globex", name="Globex", in_zone="UTC", now=NOW)
    own = Person(subscription.customer_id, "Ann", Role.CUSTOMER_ADMIN, customer_id=subscription.customer_id)
    assert show_entitlements(store, customer_key="acme", person=own, now=MID_JANUARY).features
    for key in ("globex", "nobody"):
        with pytest.raises(Unknown):
            show_entitlements(store, customer_key=key, person=own, now=MID_JANUARY)
    assert show_entitlements(store, customer_key=globex.key, person=None, now=MID_JANUARY).features == ()
