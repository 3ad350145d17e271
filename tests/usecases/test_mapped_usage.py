"""Mapped usage: rules and schemas decide what counts from now on, and what was sent stays what it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from farthing.core.metering.meter import Meter
from farthing.core.metering.rule import rule_from
from farthing.core.metering.schema import schema_from
from farthing.core.refused import Refused
from farthing.postgres.database import PostgresStore
from farthing.usecases.apply_catalogue import Change, apply_catalogue
from farthing.usecases.import_usage import check_target
from farthing.usecases.mend_usage import mend, replay
from farthing.usecases.ports import ALL_APART, ApartWhich
from farthing.usecases.show_quality import show_conflicts
from tests.databases import NOW
from tests.usecases.shop import METERS, open_shop, outcomes, record, sent
from tests.usecases.test_record_usage import kept

RENAMING = {"rename": {"promptTokens": "tokens"}, "defaults": {"region": "eu"}}


def rule(store: PostgresStore, terms: dict[str, Any], event_type: str = "completion") -> list[Change]:
    return apply_catalogue(store, meters={}, plans=[], rules=[rule_from(event_type, terms, version=1)], now=NOW)


def checked(terms: dict[str, Any]) -> dict[str, Meter]:
    """The meter of tokens with this schema."""
    return {"tokens": replace(METERS["tokens"], schema=schema_from(terms, of="The meter “tokens”"))}


def test_a_mapped_event_is_measured_as_mapped_and_known_as_sent(store: PostgresStore) -> None:
    open_shop(store)
    assert rule(store, RENAMING) == [Change("rule", "completion", 1)]
    event = sent("1", promptTokens=7)
    assert outcomes(record(store, event, sent("2", tokens=5, region="us"))) == ["accepted", "accepted"]
    by_id = {one.event.id: one for one in kept(store)}
    assert by_id["1"].event.data == {"tokens": 7, "region": "eu"}
    assert by_id["1"].mapped is not None
    assert (by_id["1"].mapped.sent.data, by_id["1"].mapped.rule_version) == ({"promptTokens": 7}, 1)
    assert (by_id["2"].event.data, by_id["2"].mapped) == ({"tokens": 5, "region": "us"}, None)
    assert outcomes(record(store, event)) == ["duplicate"]
    assert outcomes(record(store, sent("1", tokens=7, region="eu"))) == ["conflict"]


def test_a_new_version_of_a_rule_changes_no_event_that_was_accepted(store: PostgresStore) -> None:
    open_shop(store)
    rule(store, RENAMING)
    first = sent("1", promptTokens=7)
    record(store, first)
    assert rule(store, RENAMING) == []
    assert rule(store, {"defaults": {"region": "us"}}) == [Change("rule", "completion", 2)]
    assert outcomes(record(store, first)) == ["duplicate"]
    assert outcomes(record(store, sent("2", promptTokens=7), sent("3", tokens=1))) == ["quarantined", "accepted"]
    versions = {one.event.id: one.mapped and one.mapped.rule_version for one in kept(store)}
    assert versions == {"1": 1, "3": 2}
    assert [one.event.data["region"] for one in kept(store)] == ["eu", "us"]


def test_a_rule_that_does_nothing_ends_the_one_before(store: PostgresStore) -> None:
    open_shop(store)
    assert rule(store, {}) == []
    rule(store, RENAMING)
    assert rule(store, {}) == [Change("rule", "completion", 2)]
    assert outcomes(record(store, sent("1", promptTokens=7))) == ["quarantined"]


def test_what_a_new_rule_mends_is_accepted_by_a_replay_and_a_resend_of_it_is_a_duplicate(store: PostgresStore) -> None:
    open_shop(store)
    event = sent("1", promptTokens=7)
    assert outcomes(record(store, event)) == ["quarantined"]
    rule(store, RENAMING)
    assert replay(store, ApartWhich(type="completion"), now=NOW + timedelta(days=1)).accepted == 1
    (one,) = kept(store)
    assert (one.event.data["tokens"], one.mapped and one.mapped.rule_version) == (7, 1)
    assert outcomes(record(store, event)) == ["duplicate"]


def test_the_customer_may_stand_in_a_property(store: PostgresStore) -> None:
    open_shop(store)
    rule(store, {"subject_from": "customer"})
    event = {**dict(sent("1", tokens=1, customer="acme")), "subject": None}  # type: ignore[call-overload]
    stranger = {**event, "id": "2", "data": {"tokens": 1, "customer": "globex"}}
    assert outcomes(record(store, event, stranger)) == ["accepted", "quarantined"]
    assert [one.event.subject for one in kept(store)] == ["acme"]
    with store.transaction():
        (apart,) = store.quarantine()
    assert "No customer has the key “globex”" in apart.reason
    assert apart.event["subject"] == ""


def test_the_newest_schema_holds_for_what_is_sent_from_now_on(store: PostgresStore) -> None:
    open_shop(store)
    whole = {"properties": {"tokens": {"type": "integer"}}}
    assert outcomes(record(store, sent("1", tokens="1.5"))) == ["accepted"]
    assert apply_catalogue(store, meters=checked(whole), plans=[], now=NOW) == [Change("meter", "tokens", 2)]
    (told,) = record(store, sent("2", tokens="1.5"))
    assert told.reason == (
        "data.tokens is “1.5”, and the schema of the meter “tokens” asks for a whole number; send it so, or change the "
        "schema, and replay it."
    )
    loose = {"properties": {"tokens": {"type": ["integer", "string"]}}}
    assert apply_catalogue(store, meters=checked(loose), plans=[], now=NOW) == [Change("meter", "tokens", 3)]
    assert replay(store, ALL_APART, now=NOW).accepted == 1


def test_a_schema_sees_what_a_rule_made(store: PostgresStore) -> None:
    open_shop(store)
    strict = {"additionalProperties": False, "properties": {"tokens": {"type": "integer"}, "region": {"enum": ["eu"]}}}
    apply_catalogue(store, meters=checked(strict), plans=[], now=NOW)
    rule(store, RENAMING)
    told = record(store, sent("1", promptTokens=7), sent("2", tokens=1, words=2))
    assert outcomes(told) == ["accepted", "quarantined"]


def test_a_schema_is_no_part_of_what_a_plan_freezes(store: PostgresStore) -> None:
    open_shop(store)
    apply_catalogue(store, meters=checked({"required": ["region"]}), plans=[], now=NOW)
    with store.transaction():
        assert store.meters()["tokens"].schema is not None
        assert all(meter.schema is None for meter in store.meters_in_use())


def test_true_in_a_schema_is_not_one(store: PostgresStore) -> None:
    open_shop(store)
    paid, one = ({"properties": {"paid": {"const": value}}} for value in (True, 1))
    apply_catalogue(store, meters=checked(paid), plans=[], now=NOW)
    assert apply_catalogue(store, meters=checked(paid), plans=[], now=NOW) == []
    assert apply_catalogue(store, meters=checked(one), plans=[], now=NOW) == [Change("meter", "tokens", 3)]


def test_a_corrected_event_is_mapped_too(store: PostgresStore) -> None:
    open_shop(store)
    rule(store, RENAMING)
    record(store, sent("1", words=7))
    with store.transaction():
        (apart,) = store.quarantine()
    corrected: Any = sent("1", promptTokens=7)
    mend(store, apart.key, corrected, now=NOW)
    assert [one.event.data["tokens"] for one in kept(store)] == [7]
    assert outcomes(record(store, corrected)) == ["duplicate"]


def test_both_of_a_conflict_are_shown_as_they_were_sent(store: PostgresStore) -> None:
    open_shop(store)
    rule(store, RENAMING)
    record(store, sent("1", promptTokens=7))
    record(store, sent("1", promptTokens=8), now=NOW + timedelta(hours=1))
    with store.transaction():
        (conflict,) = store.conflicts_side_by_side()
    assert (conflict.accepted["data"], conflict.other.event["data"]) == ({"promptTokens": 7}, {"promptTokens": 8})
    assert (conflict.rule_version, conflict.accepted_at) == (1, NOW)
    later = NOW + timedelta(hours=1)
    assert show_conflicts(store, since=later, until=later + timedelta(hours=1), limit=10).newest == [conflict]
    assert show_conflicts(store, since=NOW, until=later, limit=10).newest == []


def test_an_import_may_give_what_a_rule_makes_of_it(store: PostgresStore) -> None:
    open_shop(store)
    with pytest.raises(Refused, match="add --value tokens=COLUMN"):
        check_target(store, customer_key="acme", event_type="completion", properties=["promptTokens"])
    rule(store, RENAMING)
    assert check_target(store, customer_key="acme", event_type="completion", properties=["promptTokens"]) == "acme"
