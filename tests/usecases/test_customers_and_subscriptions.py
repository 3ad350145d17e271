"""Customers and what they subscribe to: once, under keys that can be typed, and never the same usage twice."""

from datetime import date

import pytest

from farthing.core.metering.meter import Meter
from farthing.core.parties import Customer
from farthing.core.people import Person, Role
from farthing.core.period import local_date
from farthing.core.refused import Clash, Refused, Unknown
from farthing.core.subscriptions.subscription import Subscription
from farthing.postgres.database import PostgresStore
from farthing.usecases.apply_catalogue import apply_catalogue
from farthing.usecases.customers import UnknownCustomer, add_customer, find_customer, visible_customers
from farthing.usecases.subscribe import end_subscription, subscribe
from tests.databases import NOW
from tests.usecases.shop import METERS, STARTER, at_once, instant, open_shop, plan_of


def add(store: PostgresStore, key: str, *, name: str = "Some Ltd", in_zone: str = "UTC") -> Customer:
    return add_customer(store, key=key, name=name, in_zone=in_zone, now=NOW)


def on(store: PostgresStore, plan: str, first: str, *, anchor_day: int = 1) -> Subscription:
    day = date.fromisoformat(first)
    return subscribe(store, customer_key="acme", plan_key=plan, starts_on=day, anchor_day=anchor_day)


@pytest.mark.parametrize("key", ["", " acme", "-acme", "a" * 65, "acme/1", "é", "acme\n", "<@U1>", "a\x00"])
def test_a_key_that_cannot_be_typed_in_slack_is_refused(store: PostgresStore, key: str) -> None:
    with pytest.raises(Refused, match="cannot be a customer's key"):
        add(store, key)


@pytest.mark.parametrize("name", ["", "  ", "n" * 201, "Nul\x00", "Half \ud800"])
def test_a_customer_needs_a_name_that_can_be_written(store: PostgresStore, name: str) -> None:
    with pytest.raises(Refused, match="needs a name"):
        add(store, "acme", name=name)
    with store.transaction():
        assert store.customers() == []


def test_a_zone_that_is_none_is_refused(store: PostgresStore) -> None:
    with pytest.raises(Refused, match="“Mars/Base” is not a time zone"):
        add(store, "acme", in_zone="Mars/Base")


def test_the_same_customer_again_is_answered_as_done_and_another_is_refused(store: PostgresStore) -> None:
    first = add(store, "acme")
    assert add(store, "acme") == first
    for other in ({"name": "Another Ltd"}, {"in_zone": "Asia/Tokyo"}):
        with pytest.raises(Clash, match="There is a customer “acme” already"):
            add(store, "acme", **other)
    with store.transaction():
        assert store.customers() == [first]


def test_threads_that_add_the_same_customer_all_hear_that_it_is_done(store: PostgresStore) -> None:
    answers = at_once(*[lambda: add(store, "acme")] * 4)
    assert answers == [add(store, "acme")] * 4


def test_customers_are_found_by_key_or_name_and_looked_up_only_where_a_person_may_look(store: PostgresStore) -> None:
    acme, globex = add(store, "acme", name="Acme Corp."), add(store, "globex", name="Globex")
    customers_own = Person(acme.customer_id, "Ann", Role.CUSTOMER_ADMIN, customer_id=acme.customer_id)
    support = Person(acme.customer_id, "Sam", Role.SUPPORT)
    with store.transaction():
        assert find_customer(store, "acme corp.", person=None) == acme
        assert find_customer(store, "globex", person=support) == globex
        assert visible_customers(store, person=customers_own) == [acme]
        for typed, closest in (("acmee", ["acme"]), ("zzz", [])):
            with pytest.raises(UnknownCustomer) as refusal:
                find_customer(store, typed, person=None)
            assert refusal.value.closest == closest
        sentences = []
        for typed in ("globex", "glubex"):
            with pytest.raises(UnknownCustomer) as refusal:
                find_customer(store, typed, person=customers_own)
            sentences.append(refusal.value.sentence.replace(typed, "…"))
        assert len(set(sentences)) == 1, "forbidden and unknown are told alike"


def test_a_subscription_starts_at_the_customers_midnight(store: PostgresStore) -> None:
    subscribed = open_shop(store, starts_on=date(2026, 1, 31), in_zone="Asia/Tokyo")
    assert subscribed.starts_at == instant("2026-01-30T15:00:00")
    assert subscribe(store, customer_key="acme", plan_key="starter", starts_on=date(2026, 1, 31)) == subscribed
    with store.transaction():
        assert store.subscriptions() == [subscribed]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"customer_key": "acmee"}, "Did you mean acme"),
        ({"plan_key": "startre"}, "there are: starter"),
        ({"anchor_day": 0}, "from 1 to 31"),
        ({"anchor_day": 32}, "from 1 to 31"),
        ({"starts_on": date(9100, 1, 1)}, "too far away"),
        ({"starts_on": date(1, 1, 1)}, "too far away"),
    ],
)
def test_what_cannot_be_subscribed_is_refused_with_how_to_mend_it(
    store: PostgresStore, wrong: dict[str, object], said: str
) -> None:
    apply_catalogue(store, meters=METERS, plans=[STARTER], now=NOW)
    add(store, "acme")
    wanted: dict[str, object] = {"customer_key": "acme", "plan_key": "starter", "starts_on": date(2026, 1, 1)} | wrong
    with pytest.raises(Refused, match=said):
        subscribe(store, **wanted)  # type: ignore[arg-type]
    with store.transaction():
        assert store.subscriptions() == []


def test_usage_is_not_priced_by_two_subscriptions_at_a_time(store: PostgresStore) -> None:
    open_shop(store)
    images = {"images": Meter("images", 1, "image", METERS["calls"].measure)}
    apart = plan_of("images", {"tokens": METERS["tokens"], "calls": images["images"]})
    only_images = type(apart)("images", 1, "Images", apart.currency, (apart.prices[0], apart.prices[2]))
    apply_catalogue(store, meters=METERS | images, plans=[plan_of("team", METERS), only_images], now=NOW)
    for plan, first in (("team", "2026-01-01"), ("team", "2025-06-01"), ("starter", "2026-03-01")):
        with pytest.raises(Clash, match="has been on the plan “starter” since 2026-01-01"):
            on(store, plan, first)
    assert on(store, "images", "2026-01-01").plan_key == "images"
    ended = end_subscription(store, customer_key="acme", plan_key="starter", now=instant("2026-02-10"))
    assert ended.ends_at == instant("2026-03-01")
    with pytest.raises(Clash):
        on(store, "team", "2026-02-28")
    assert on(store, "team", "2026-03-01").starts_at == ended.ends_at


def test_threads_that_subscribe_the_same_have_one_effect(store: PostgresStore) -> None:
    apply_catalogue(store, meters=METERS, plans=[STARTER], now=NOW)
    add(store, "acme")
    answers = at_once(*[lambda: on(store, "starter", "2026-01-01")] * 4)
    with store.transaction():
        assert answers == store.subscriptions() * 4


def test_of_threads_that_subscribe_to_plans_with_the_same_usage_one_wins(store: PostgresStore) -> None:
    apply_catalogue(store, meters=METERS, plans=[STARTER, plan_of("team", METERS)], now=NOW)
    add(store, "acme")
    answers = at_once(lambda: on(store, "starter", "2026-01-01"), lambda: on(store, "team", "2026-01-01"))
    assert sorted(type(answer).__name__ for answer in answers) == ["Clash", "Subscription"]
    with store.transaction():
        assert len(store.subscriptions()) == 1


def test_a_subscription_ends_with_the_period_that_runs(store: PostgresStore) -> None:
    open_shop(store, in_zone="America/Havana")
    ended = end_subscription(store, customer_key="acme", plan_key="starter", now=NOW)
    assert ended.ends_at is not None
    assert local_date(ended.ends_at, in_zone="America/Havana") == date(2026, 7, 1)
    assert end_subscription(store, customer_key="acme", plan_key="starter", now=NOW) == ended
    for plan, at in (("starter", instant("2026-07-02")), ("team", NOW)):
        with pytest.raises(Unknown, match="no running subscription"):
            end_subscription(store, customer_key="acme", plan_key=plan, now=at)
