"""Discarding: only by a person, with a reason; nothing of it is lost, and a good resend counts."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from farthing.core.refused import Clash, Refused, Unknown
from farthing.postgres.database import PostgresStore
from farthing.usecases.discard_usage import discard
from farthing.usecases.mend_usage import replay
from farthing.usecases.ports import ALL_APART, ApartBy, ApartPlace, ApartWhich, DiscardedEvent
from tests.databases import NOW
from tests.usecases.shop import at_once, open_shop, outcomes, record, sent
from tests.usecases.test_mend_usage import accepted, apart, of, of_globex, take_on
from tests.usecases.test_record_usage import kept


def gone(store: PostgresStore, *, before: int | None = None, limit: int = 10_000) -> list[DiscardedEvent]:
    with store.transaction():
        return store.discarded(before=before, limit=limit)


def discard_all(store: PostgresStore, expect: int, which: ApartWhich = ALL_APART) -> int:
    return discard(store, which, expect=expect, by="Ada", because="A load test", now=NOW)


def test_what_is_discarded_never_counts_and_stays_readable_with_who_when_and_why(store: PostgresStore) -> None:
    open_shop(store)
    record(store, of("globex", "1"), of("initech", "2"))
    (one,) = apart(store, ApartWhich(subject="globex"))
    later = NOW + timedelta(days=1)
    assert discard(store, ApartWhich(key=one.key), expect=None, by=" Ada ", because="A test of ours", now=later) == 1
    (discarded,) = gone(store)
    assert discarded.was == one
    assert (discarded.discarding.by, discarded.discarding.because) == ("Ada", "A test of ours")
    assert discarded.discarding.at == later
    assert [left.event["id"] for left in apart(store)] == ["2"]
    take_on(store, "globex")
    assert replay(store, ALL_APART, now=later).accepted == 0
    assert accepted(store) == 0


def test_a_good_resend_of_what_was_discarded_is_accepted(store: PostgresStore) -> None:
    open_shop(store)
    event = of("globex", "1")
    record(store, event)
    discard_all(store, 1)
    assert outcomes(record(store, event)) == ["quarantined"]
    discard_all(store, 1)
    take_on(store, "globex")
    assert outcomes(record(store, event)) == ["accepted"]
    assert len(gone(store)) == 2


def test_others_than_were_looked_at_are_not_discarded(store: PostgresStore) -> None:
    open_shop(store)
    record(store, *(of("globex", str(number)) for number in range(3)), of("initech", "9"))
    with pytest.raises(Clash, match="3 events in quarantine fit, and not 2"):
        discard_all(store, 2, ApartWhich(subject="globex"))
    assert len(apart(store)) == 4
    assert discard_all(store, 3, ApartWhich(subject="globex")) == 3
    assert [one.event["id"] for one in apart(store)] == ["9"]
    with store.transaction():
        assert store.discarded_events() == 3


@pytest.mark.parametrize(
    ("by", "because", "says"),
    [(" ", "A test", "Say who"), ("Ada", "\n", "Say why"), ("A" * 257, "b", "at most 256"), ("A", "b" * 1001, "1,000")],
)
def test_who_and_why_must_be_said(store: PostgresStore, by: str, because: str, says: str) -> None:
    open_shop(store)
    record(store, of("globex", "1"))
    with pytest.raises(Refused, match=says):
        discard(store, ALL_APART, expect=1, by=by, because=because, now=NOW)
    assert len(apart(store)) == 1


def test_what_is_not_there_cannot_be_discarded(store: PostgresStore) -> None:
    open_shop(store)
    record(store, of("globex", "1"))
    (one,) = apart(store)
    discard_all(store, 1)
    with pytest.raises(Unknown, match="discarded meanwhile"):
        discard(store, ApartWhich(key=one.key), expect=None, by="Ada", because="Again", now=NOW)


def test_a_list_of_what_was_discarded_goes_on_where_it_ended(store: PostgresStore) -> None:
    open_shop(store)
    record(store, *(of("globex", str(number)) for number in range(5)))
    discard_all(store, 5)
    first = gone(store, limit=3)
    both = [*first, *gone(store, before=first[-1].number)]
    assert sorted(one.was.event["id"] for one in both) == list("01234")
    assert [one.number for one in both] == sorted((one.number for one in both), reverse=True)


def test_a_discard_a_replay_and_senders_at_once_lose_nothing_and_count_nothing_twice(store: PostgresStore) -> None:
    open_shop(store)
    events = [of("globex", str(number)) for number in range(1_200)]
    record(store, *events)
    take_on(store, "globex")

    def act(number: int) -> object:
        match number:
            case 0 | 1:
                return replay(store, ALL_APART, now=NOW)
            case 2 | 3:
                many = 0
                for one in apart(store)[:: 1 if number == 2 else -1][:300]:
                    try:
                        many += discard(store, ApartWhich(key=one.key), expect=None, by="A", because="b", now=NOW)
                    except Unknown:
                        continue
                return many
            case _:
                mine = events[:: 1 if number == 4 else -1]
                return [record(store, *mine[start : start + 100]) for start in range(0, 600, 100)]

    answers = at_once(*(partial(act, number) for number in range(6)))
    assert [one for one in answers if isinstance(one, Exception)] == []
    discarded = {one.was.key for one in gone(store)}
    counted = {one.event.key for one in of_globex(store)}
    assert apart(store) == []
    assert len(discarded | counted) == 1_200
    assert len(counted) == accepted(store)
    assert len(gone(store)) == sum(one for one in answers if isinstance(one, int))


def test_pages_of_the_quarantine_hold_each_event_once_whatever_comes_between(store: PostgresStore) -> None:
    open_shop(store)
    for hour in range(3):
        record(store, *(of("globex", f"{hour}-{number}") for number in range(4)), now=NOW + timedelta(hours=hour))
    seen: list[str] = []
    after: ApartPlace | None = None
    for _ in range(4):
        with store.transaction():
            page = store.quarantine(which=ApartWhich(subject="globex"), after=after, limit=3)
        seen += [one.event["id"] for one in page]
        after = ApartPlace(page[-1].received_at, page[-1].key, page[-1].content)
        record(store, of("globex", f"later-{len(seen)}"), now=NOW + timedelta(days=1))
    assert len(seen) == len(set(seen)) == 12
    assert [one[0] for one in seen] == ["2"] * 4 + ["1"] * 4 + ["0"] * 4


def test_the_quarantine_is_counted_by_what_they_have_in_common_and_by_age(store: PostgresStore) -> None:
    open_shop(store)
    record(store, of("globex", "1"), of("globex", "2", source="other"), of("acme", "3", type="chat"))
    record(store, of("initech", "4"), now=NOW + timedelta(days=2))

    def counted(by: ApartBy, which: ApartWhich = ALL_APART) -> dict[str, int]:
        with store.transaction():
            return {one.of: one.events for one in store.quarantine_by(by, which=which)}

    assert counted(ApartBy.SUBJECT) == {"globex": 2, "acme": 1, "initech": 1}
    assert counted(ApartBy.SOURCE, ApartWhich(subject="globex")) == {"other": 1, "test": 1}
    assert counted(ApartBy.TYPE) == {"completion": 3, "chat": 1}
    assert list(counted(ApartBy.DAY).values()) == [3, 1]
    assert list(counted(ApartBy.DAY, ApartWhich(before=NOW + timedelta(days=1))).values()) == [3]
    assert len(apart(store, ApartWhich(since=NOW + timedelta(days=1)))) == 1
    assert sum(counted(ApartBy.REASON).values()) == 4


def test_a_name_of_any_length_is_found(store: PostgresStore) -> None:
    open_shop(store)
    long = "x" * 5_000
    event: Any = {**dict(sent("1")), "subject": long, "type": long}  # type: ignore[call-overload]
    assert outcomes(record(store, event)) == ["quarantined"]
    assert len(apart(store, ApartWhich(subject=long, type=long))) == 1
    assert apart(store, ApartWhich(subject="x" * 256)) == []
    assert kept(store) == []
