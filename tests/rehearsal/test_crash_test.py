"""Farthing is killed in the middle of its work, and nothing that it answered is lost; `make crash-test` does more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from farthing.core.period import Period
from farthing.postgres.database import PostgresStore
from farthing.usecases.apply_catalogue import apply_catalogue
from farthing.usecases.customers import add_customer
from farthing.usecases.record_usage import record_usage
from farthing_rehearsal.crash.installation import METERS, PLAN
from farthing_rehearsal.crash.proof import findings
from farthing_rehearsal.crash.run import crash_test, told
from farthing_rehearsal.crash.senders import Answered
from farthing_rehearsal.crash.sent import CUSTOMERS, Sent, as_json, is_doubtful

MONTH = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 2, 1, tzinfo=UTC)
JANUARY = Period(MONTH, NOW)
SENT = Sent(seed=1, month=MONTH)
STRANGE = next(number for number in range(1000) if is_doubtful(number))


def test_three_kills_under_load_lose_and_double_nothing() -> None:
    said: list[str] = []
    crashed = crash_test(rounds=3, seed=1, seconds_a_round=0.6, say=said.append)
    assert crashed.findings == [], said
    assert sum(crashed.kills.values()) == 3
    assert len(crashed.answered.accepted) > 100
    assert said[0].startswith("Seed 1; 3 rounds")
    assert "the books prove" in told(crashed)[-1]


@pytest.fixture
def kept(store: PostgresStore) -> Iterator[PostgresStore]:
    """A store that holds the events 1 to 4, and one that is kept apart."""
    apply_catalogue(store, meters=METERS, plans=[PLAN], now=NOW)
    for key in CUSTOMERS:
        add_customer(store, key=key, name=key, in_zone="UTC", now=NOW)
    record_usage(store, [as_json(SENT.event(number)) for number in (1, 2, 3, 4, STRANGE)], now=NOW)
    return store


def answered(sent: Sequence[int] = (1, 2, 3, 4, STRANGE), accepted: Sequence[int] = (1, 2, 3, 4)) -> Answered:
    heard = Answered(sent=set(sent), quarantined={STRANGE}, duplicate={1})
    heard.accepted.extend(accepted)
    return heard


def test_the_proof_is_silent_when_everything_is_there_once(kept: PostgresStore) -> None:
    assert findings(kept, SENT, JANUARY, answered()) == []


def test_the_proof_finds_what_is_missing_doubled_strange_or_changed(kept: PostgresStore) -> None:
    lost = answered(sent=[1, 2, 3, 4, 5, 6, STRANGE], accepted=[1, 2, 3, 4, 5, 6])
    assert findings(kept, SENT, JANUARY, lost) == ["2 told accepted or duplicate, and not there, such as 5, 6."]
    twice = answered(accepted=[1, 2, 2, 3, 4])
    assert findings(kept, SENT, JANUARY, twice) == ["1 told accepted more than once, such as 2."]
    unsent = answered(sent=[1, 2, 3, STRANGE], accepted=[1, 2, 3])
    assert findings(kept, SENT, JANUARY, unsent) == [f"1 kept and never sent, such as {SENT.id(4)}."]
    (missing,) = findings(kept, SENT, JANUARY, replace(answered(), quarantined={STRANGE, STRANGE + 97}))
    assert missing == f"1 told quarantined, and not there, such as {SENT.id(STRANGE + 97)}."
    # The ids of odd numbers are those of any month, and their times are not.
    changed = findings(kept, replace(SENT, month=datetime(2026, 1, 2, tzinfo=UTC)), JANUARY, answered())
    assert f"2 kept with other content than was sent, such as {SENT.id(1)}, {SENT.id(3)}." in changed
    faulty = replace(answered(), faults=["A batch was answered 500: what a pity."])
    assert findings(kept, SENT, JANUARY, faulty) == ["A batch was answered 500: what a pity."]
