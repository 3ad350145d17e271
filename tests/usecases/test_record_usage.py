"""Recording usage: every event is told what became of it, and what was said is what is kept."""

from decimal import Decimal

import pytest

from farthing.core.period import Period
from farthing.postgres.database import PostgresStore
from farthing.usecases.customers import add_customer
from farthing.usecases.ports import KeptEvent, Outcome
from tests.databases import NOW
from tests.usecases.shop import at_once, instant, open_shop, outcomes, record, sent


def kept(store: PostgresStore, event_type: str = "completion") -> list[KeptEvent]:
    with store.transaction():
        customer = store.customer_by_key("acme")
        assert customer is not None
        return store.events(
            customer_id=customer.customer_id,
            event_type=event_type,
            period=Period(instant("2020-01-01"), instant("2030-01-01")),
            to_position=store.last_position(),
            limit=100_000,
        )


def test_each_event_is_told_its_fate_in_the_order_sent(store: PostgresStore) -> None:
    open_shop(store)
    told = record(
        store,
        sent("1"),
        {"nothing": "of an event"},
        sent("1"),
        sent("1", tokens=401),
        sent("2", words=3),
        sent("3", type="compleiton"),
        sent("4", time="2026-07-01T00:00:00Z"),
    )
    assert [one.index for one in told] == list(range(7))
    assert outcomes(told) == ["accepted", "refused", "duplicate", "conflict", *["quarantined"] * 3]
    assert told[0].reason == ""
    for told_why, words in zip(told[1:], ["id", "counts once", "both are kept", "tokens", "compleiton", "clock"],
                               strict=True):  # fmt: skip
        assert words in told_why.reason
        assert told_why.reason.endswith(".")
    assert [(one.event.id, one.event.data) for one in kept(store)] == [("1", {"tokens": 400})]


def test_a_batch_of_nothing_and_one_of_nothing_good_keep_nothing(store: PostgresStore) -> None:
    open_shop(store)
    assert record(store) == []
    assert outcomes(record(store, None, 7, "event", [sent("1")])) == ["refused"] * 4
    assert kept(store) == []


def test_what_was_quarantined_counts_once_it_and_its_cause_are_mended(store: PostgresStore) -> None:
    open_shop(store)
    stranger = {**dict(sent("1")), "subject": "globex"}  # type: ignore[call-overload]
    assert outcomes(record(store, stranger)) == ["quarantined"]
    add_customer(store, key="globex", name="Globex", in_zone="UTC", now=NOW)
    assert outcomes(record(store, stranger, stranger)) == ["accepted", "duplicate"]
    with store.transaction():
        assert store.quarantine() == []


def test_a_number_keeps_every_digit_however_it_was_sent(store: PostgresStore) -> None:
    open_shop(store)
    exact = "12345678901234567890.123456789012345678"
    told = record(store, sent("1", tokens=Decimal(exact)), sent("2", tokens=exact), sent("3", tokens=" 1e3 "))
    assert outcomes(told) == ["accepted"] * 3
    assert [one.event.data["tokens"] for one in kept(store)] == [Decimal(exact), exact, " 1e3 "]


@pytest.mark.parametrize("senders", [2, 6])
def test_threads_that_send_the_same_at_once_count_it_once(store: PostgresStore, senders: int) -> None:
    open_shop(store)
    batch = [sent(str(number)) for number in range(200)]
    answers = at_once(*[lambda rotate=by: record(store, *batch[rotate:], *batch[:rotate]) for by in range(senders)])
    told = [one for answer in answers if isinstance(answer, list) for one in answer]
    assert len(told) == senders * 200, answers
    assert sum(one.outcome is Outcome.ACCEPTED for one in told) == 200
    assert sum(one.outcome is Outcome.DUPLICATE for one in told) == 200 * (senders - 1)
    positions = [one.position for one in kept(store)]
    assert len(positions) == len(set(positions)) == 200


def test_an_event_without_a_time_happened_when_it_came(store: PostgresStore) -> None:
    open_shop(store)
    timeless = {"id": "1", "source": "test", "type": "call", "subject": "acme"}
    assert outcomes(record(store, timeless)) == ["accepted"]
    assert outcomes(record(store, timeless, now=instant("2026-06-16"))) == ["duplicate"]
    assert [one.happened_at for one in kept(store, "call")] == [NOW]
