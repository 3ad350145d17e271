"""Nothing doubtful is ever lost: whatever is sent is somewhere, once, and every count adds up to what was sent."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from farthing.core.metering.rule import rule_from
from farthing.core.metering.schema import schema_from
from farthing.core.metering.unclear import read_carefully
from farthing.core.refused import Clash
from farthing.postgres.database import Database, PostgresStore
from farthing.usecases.apply_catalogue import apply_catalogue
from farthing.usecases.customers import add_customer
from farthing.usecases.discard_usage import discard
from farthing.usecases.mend_usage import replay
from farthing.usecases.ports import ALL_APART, ApartWhich, Outcome
from farthing.usecases.record_usage import Told, record_usage
from tests.core.core_values import json_values
from tests.databases import NOW, fresh_store, law
from tests.usecases.shop import METERS, open_shop

SCHEMA = schema_from({"properties": {"tokens": {"type": ["integer", "string"]}}}, of="The meter “tokens”")
CHECKED = {"tokens": replace(METERS["tokens"], schema=SCHEMA)}
RULES = [rule_from("completion", terms, version=1) for terms in ({"rename": {"n": "tokens"}}, {})]

usual_data = st.dictionaries(st.sampled_from(["tokens", "n", "region"]), st.integers(0, 3) | st.just("1.5"))
events = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["1", "2", "3", "", None, "\ud800"]),
        "source": st.sampled_from(["api", "other"]),
        "type": st.sampled_from(["completion", "completoin", 7]),
        "subject": st.sampled_from(["acme", "globex", None]),
        "data": usual_data | json_values,
    },
    optional={"time": st.sampled_from(["2026-01-15T10:00:00Z", "2099-01-01T00:00:00Z", "soon"])},
)
unclear = st.sampled_from(
    [
        '{"id": "1", "source": "api", "type": "completion", "subject": "acme", "data": {"tokens": 1, "tokens": 2}}',
        '{"id": "2", "source": "api", "type": "completion", "subject": "acme", "data": {"tokens": NaN}}',
        '{"id": "1", "id": "2", "source": "api"}',
    ]
).map(read_carefully)
batches = st.lists(events | unclear | json_values, max_size=5)
deeds = st.sampled_from(["replay", "discard", "discard some", "take on", "schema", "no schema", "rule", "no rule"])


def act(store: PostgresStore, step: Any) -> list[Told]:
    """Do one thing; what was told of what was sent."""
    match step:
        case list():
            return record_usage(store, step, now=NOW)
        case "replay":
            replay(store, ALL_APART, now=NOW)
        case "discard" | "discard some":
            which = ALL_APART if step == "discard" else ApartWhich(subject="globex")
            with store.transaction():
                there = store.quarantined(which)
            if there:
                assert discard(store, which, expect=there, by="Ada", because="A test", now=NOW) == there
        case "take on":
            with suppress(Clash):
                add_customer(store, key="globex", name="Globex", in_zone="UTC", now=NOW)
        case "schema" | "no schema":
            apply_catalogue(store, meters=CHECKED if step == "schema" else METERS, plans=[], now=NOW)
        case "rule" | "no rule":
            apply_catalogue(store, meters={}, plans=[], rules=[RULES[step == "no rule"]], now=NOW)
    return []


def standing(store: PostgresStore) -> tuple[Counter[str], set[UUID]]:
    """How many events stand where, and the identities that are anywhere."""
    with store.transaction():
        quarantined = store.quarantine(limit=1000)
        conflicts = store.conflicts_side_by_side(limit=1000)
        discarded = store.discarded(limit=1000)
        keys = {row.key for row in store.connection.execute("SELECT key FROM farthing.event_key")}
        counts = Counter(
            accepted=store.counts().accepted,
            quarantined=store.quarantined(ALL_APART),
            conflict=store.conflicting(),
            discarded=store.discarded_events(),
        )
    listed = Counter(
        accepted=len(keys), quarantined=len(quarantined), conflict=len(conflicts), discarded=len(discarded)
    )
    assert counts == listed
    apart = {one.key for one in quarantined}
    assert not apart & keys, "what counts is in quarantine no more"
    assert {one.other.key for one in conflicts} <= keys, "a conflict is with something that counts"
    return counts, keys | apart | {one.was.key for one in discarded}


@law
@given(st.lists(batches | deeds, max_size=8))
def test_whatever_happens_each_event_that_was_sent_is_somewhere(shared_database: Database, steps: list[Any]) -> None:
    store = fresh_store(shared_database)
    open_shop(store)
    known: set[UUID] = set()
    counts: Counter[str] = Counter()
    for step in steps:
        before = counts
        told = act(store, step)
        counts, everywhere = standing(store)
        assert known <= everywhere, "no identity is ever lost"
        known = everywhere
        if isinstance(step, list):
            outcomes = Counter(one.outcome for one in told)
            assert [one.index for one in told] == list(range(len(step))), "each is told what became of it"
            assert all(one.reason.endswith(".") for one in told if one.outcome is not Outcome.ACCEPTED)
            assert counts["accepted"] - before["accepted"] == outcomes[Outcome.ACCEPTED]
            assert counts["discarded"] == before["discarded"]
        elif step == "replay":
            moved = counts["accepted"] + counts["conflict"] + counts["quarantined"]
            assert moved == before["accepted"] + before["conflict"] + before["quarantined"]
        else:
            assert counts["accepted"] == before["accepted"]
            assert counts["discarded"] + counts["quarantined"] == before["discarded"] + before["quarantined"]


def test_a_retry_after_its_quarantine_was_mended_is_a_duplicate_without_time_and_under_another_rule(
    store: PostgresStore,
) -> None:
    open_shop(store)
    event = {"id": "1", "source": "api", "type": "completion", "subject": "acme", "data": {"n": 1}}
    assert [one.outcome for one in record_usage(store, [event], now=NOW)] == [Outcome.QUARANTINED]
    apply_catalogue(store, meters={}, plans=[], rules=RULES[:1], now=NOW)
    assert replay(store, ALL_APART, now=NOW + timedelta(days=1)).accepted == 1
    for later in range(3):
        retried = {**event, "traceparent": f"00-{later}"}
        (told,) = record_usage(store, [retried], now=NOW + timedelta(days=400 * later))
        assert told.outcome is Outcome.DUPLICATE
        apply_catalogue(store, meters={}, plans=[], rules=RULES[1:], now=NOW)
