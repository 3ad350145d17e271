"""Applying a catalogue: versions where something changed, and no meter over events that it could not measure."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial

import pytest

from farthing.core.metering.meter import Meter, Reading
from farthing.core.metering.sample import whole
from farthing.core.refused import Clash, Refused
from farthing.postgres.database import PostgresStore
from farthing.usecases.apply_catalogue import Change, apply_catalogue
from farthing.usecases.check_books import check_books
from farthing.usecases.close_period import close_period
from farthing.usecases.import_usage import check_target
from farthing.usecases.ports import Outcome
from farthing.usecases.subscribe import end_subscription, subscribe
from tests.databases import NOW
from tests.usecases.shop import (
    METERS,
    STARTER,
    at_once,
    instant,
    invoices,
    open_shop,
    outcomes,
    plan_of,
    record,
    sent,
    sum_over,
)


def apply(store: PostgresStore, **meters: Meter) -> list[Change]:
    return apply_catalogue(store, meters=meters, plans=[], now=NOW)


def test_the_same_catalogue_again_changes_nothing(store: PostgresStore) -> None:
    first = apply_catalogue(store, meters=METERS, plans=[STARTER], now=NOW)
    assert first == [Change("meter", "tokens", 1), Change("meter", "calls", 1), Change("plan", "starter", 1)]
    assert apply_catalogue(store, meters=METERS, plans=[STARTER], now=NOW) == []


def test_what_changed_becomes_a_version_and_subscribers_keep_theirs(store: PostgresStore) -> None:
    subscribed = open_shop(store)
    dearer = plan_of("starter", METERS, fee="59")
    assert apply_catalogue(store, meters=METERS, plans=[dearer], now=NOW) == [Change("plan", "starter", 2)]
    with store.transaction():
        assert store.plan("starter") == replace(dearer, version=2)
        assert store.plan("starter", 1) == STARTER
        assert store.subscriptions() == [subscribed]
    assert subscribed.plan_version == 1


def test_a_meter_that_changes_brings_its_plans_along(store: PostgresStore) -> None:
    open_shop(store)
    renamed = {**METERS, "tokens": replace(METERS["tokens"], unit="tokens")}
    changes = apply_catalogue(store, meters=renamed, plans=[plan_of("starter", renamed)], now=NOW)
    assert changes == [Change("meter", "tokens", 2), Change("plan", "starter", 2)]


def test_threads_that_apply_the_same_make_one_version(store: PostgresStore) -> None:
    def act() -> list[Change]:
        return apply_catalogue(store, meters=METERS, plans=[STARTER], now=NOW)

    answers = at_once(*[act] * 4)
    assert sorted(len(answer) for answer in answers if isinstance(answer, list)) == [0, 0, 0, 3], answers


def test_a_sum_that_accepted_events_lack_is_refused(store: PostgresStore) -> None:
    open_shop(store)
    record(store, sent("a"), sent("b", tokens=1, words="3"), sent("c", tokens=1, words="many"))
    record(store, sent("d", tokens=1, words=None), sent("e", tokens=1, words=" 2e2 "), sent("f", tokens=1, words=[1]))
    with pytest.raises(Clash) as refusal:
        apply(store, words=sum_over("words", key="words"))
    assert str(refusal.value) == (
        "The meter “words” cannot measure 4 events of type “completion” that were accepted with no “words” that it can "
        "measure, first “a” from “test”; give the meter an event type of its own, and send that from now on."
    )
    with store.transaction():
        assert "words" not in store.meters()
    with pytest.raises(Clash, match="accepted with no “words” that it can measure"):
        apply(store, tokens=sum_over("words"))
    assert [change.key for change in apply(store, words=sum_over("words", key="words", event_type="writing"))] == [
        "words"
    ]


def test_a_sum_that_every_accepted_event_has_is_taken(store: PostgresStore) -> None:
    open_shop(store)
    written = [3, Decimal("0.5"), "7", " 8 ", "1e3", "+.5"]
    record(store, *[sent(str(at), tokens=1, words=words) for at, words in enumerate(written)])
    assert apply(store, words=sum_over("words", key="words")) == [Change("meter", "words", 1)]


def test_a_property_with_a_new_name_loses_no_usage_of_those_on_the_older_version(store: PostgresStore) -> None:
    open_shop(store)
    renamed = {**METERS, "tokens": sum_over("total")}
    apply_catalogue(store, meters=renamed, plans=[plan_of("starter", renamed)], now=NOW)
    told = record(store, sent("new", total=7), sent("old", tokens=5), sent("both", total=7, tokens=5))
    assert outcomes(told) == ["quarantined", "quarantined", "accepted"]
    assert "tokens" in told[0].reason
    assert "total" in told[1].reason
    with pytest.raises(Refused, match="add --value tokens=COLUMN"):
        check_target(store, customer_key="acme", event_type="completion", properties=["total"])
    assert check_target(store, customer_key="acme", event_type="completion", properties=["total", "tokens"]) == "acme"
    close_period(store, through=date(2026, 1, 31), now=NOW)
    assert [line.quantity for line in invoices(store)[-1].draft.lines if line.price_key == "tokens"] == [5]
    assert check_books(store) == []


def test_an_older_version_asks_for_nothing_once_all_its_usage_is_billed(store: PostgresStore) -> None:
    open_shop(store)
    renamed = {**METERS, "tokens": sum_over("total")}
    apply_catalogue(store, meters=renamed, plans=[plan_of("starter", renamed)], now=NOW)
    end_subscription(store, customer_key="acme", plan_key="starter", now=instant("2026-01-20"))
    assert outcomes(record(store, sent("1", total=7))) == ["quarantined"]
    close_period(store, through=date(2026, 1, 31), now=NOW)
    assert outcomes(record(store, sent("1", total=7))) == ["accepted"]
    subscribe(store, customer_key="acme", plan_key="starter", starts_on=date(2026, 2, 1))
    close_period(store, through=date(2026, 4, 30), now=NOW)
    assert check_books(store) == []


def test_a_plan_that_nobody_has_yet_measures_what_its_first_subscriber_used_before(store: PostgresStore) -> None:
    open_shop(store)
    end_subscription(store, customer_key="acme", plan_key="starter", now=instant("2026-01-20"))
    close_period(store, through=date(2026, 1, 31), now=NOW)
    apply(store, tokens=sum_over("total"))  # The plan's newest version keeps the older meter.
    assert outcomes(record(store, sent("1", total=7, time="2026-02-10T00:00:00Z"))) == ["quarantined"]
    assert outcomes(record(store, sent("1", total=7, tokens=3, time="2026-02-10T00:00:00Z"))) == ["accepted"]
    subscribe(store, customer_key="acme", plan_key="starter", starts_on=date(2026, 2, 1))
    close_period(store, through=date(2026, 2, 28), now=NOW)
    assert [line.quantity for line in invoices(store)[-1].draft.lines if line.price_key == "tokens"] == [3]


def test_a_meter_and_the_events_it_could_not_measure_never_both_get_in(store: PostgresStore) -> None:
    open_shop(store)
    for round_number in range(12):
        event_type, key = f"type-{round_number}", f"meter-{round_number}"
        any_of_it = replace(METERS["calls"], key=f"any-{round_number}", event_type=event_type)
        apply(store, **{any_of_it.key: any_of_it})
        meter = sum_over("words", key=key, event_type=event_type)
        told, changes = at_once(
            partial(record, store, sent(event_type, type=event_type)), partial(apply, store, **{key: meter})
        )
        accepted = isinstance(told, list) and told[0].outcome is Outcome.ACCEPTED
        assert accepted == isinstance(changes, Clash), (told, changes)


def test_more_usage_than_one_number_can_say_is_added_up_and_explained(store: PostgresStore) -> None:
    apply(store, tokens=sum_over("tokens"))
    most = "9" * 20 + "." + "9" * 18
    with store.transaction():
        assert store.events_without(METERS["tokens"]) is None
    open_shop(store)
    record(store, *[sent(str(number), tokens=most) for number in range(3)])
    with store.transaction():
        customer = store.customer_by_key("acme")
        assert customer is not None
        january = store.subscriptions()[0].period_at(instant("2026-01-15"))
        assert january is not None
        measured = store.measure(
            Reading(METERS["tokens"], whole(january)),
            customer_id=customer.customer_id,
            to_position=store.last_position(),
        )
    assert measured.quantity == Decimal("2" + "9" * 20 + "." + "9" * 17 + "7")
    assert measured.events == 3
