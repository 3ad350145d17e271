"""Rules bring events into shape, guess nothing, and leave what was sent as it was."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.metering.event import UsageEvent, canonical
from farthing.core.metering.rule import rule_from, rule_in_words, rule_terms
from farthing.core.metering.screen import Accepted, Quarantined, Screen
from farthing.core.refused import Refused
from tests.core.core_values import ACME, TOKENS, at, json_values

TERMS = {
    "rename": {"promptTokens": "tokens"},
    "defaults": {"region": "eu", "weight": Decimal("0.1")},
    "subject_from": "customer",
}
RULE = rule_from("inference", TERMS, version=3)
NOW = at("2026-01-05T12:00")
SCREEN = Screen({"inference": [TOKENS]}, {"acme": ACME}, rules_by_type={"inference": RULE})


def sent(data: Any, *, subject: str = "acme") -> UsageEvent:
    return UsageEvent("api", "1", "inference", subject, "2026-01-05T10:00:00Z", data)


@pytest.mark.parametrize(
    ("data", "mapped"),
    [
        ({"promptTokens": 5}, {"tokens": 5, "region": "eu", "weight": Decimal("0.1")}),
        ({"tokens": 5, "region": "us", "weight": 2}, {"tokens": 5, "region": "us", "weight": 2}),
        ({"region": None, "weight": 0}, {"region": "eu", "weight": 0}),
        ({"region": "", "weight": False}, {"region": "", "weight": False}),
        ([], []),
    ],
)
def test_names_are_changed_and_only_what_is_missing_or_null_is_filled_in(data: Any, mapped: Any) -> None:
    assert RULE.mapped(sent(data)).data == mapped


def test_an_event_that_a_rule_changes_is_measured_as_changed_and_known_as_sent() -> None:
    event = sent({"promptTokens": 5, "customer": "acme"}, subject="")
    screened = SCREEN.screen(event, now=NOW)
    assert isinstance(screened, Accepted)
    assert (screened.event.subject, screened.event.data["tokens"]) == ("acme", 5)
    assert screened.mapped is not None
    assert (screened.sent, screened.mapped.rule_version) == (event, 3)


def test_an_event_that_a_rule_leaves_alone_is_itself() -> None:
    event = sent({"tokens": 5, "region": "us", "weight": 1})
    screened = SCREEN.screen(event, now=NOW)
    assert screened == Accepted(event, ACME, at("2026-01-05T10:00"))


def test_a_property_under_both_of_its_names_is_no_guess() -> None:
    screened = SCREEN.screen(sent({"promptTokens": 5, "tokens": 6}), now=NOW)
    assert isinstance(screened, Quarantined)
    assert "data has both “promptTokens” and “tokens”" in screened.reason
    assert screened.event.data == {"promptTokens": 5, "tokens": 6}


@pytest.mark.parametrize(("value", "subject"), [("globex", "globex"), (42, "42"), (True, ""), (None, ""), ([], "")])
def test_the_customer_is_found_in_a_property_where_there_is_no_subject(value: object, subject: str) -> None:
    assert RULE.subject_of(sent({"customer": value}, subject="")) == subject
    assert RULE.mapped(sent({"customer": value}, subject="")).subject == subject
    assert RULE.subject_of(sent({"customer": value})) == "acme"


@given(st.dictionaries(st.sampled_from(["promptTokens", "tokens", "region", "customer", "x"]), json_values))
def test_a_rule_loses_nothing_and_done_again_does_nothing(data: dict[str, Any]) -> None:
    try:
        once = RULE.mapped(sent(data))
    except Refused:
        assert {"promptTokens", "tokens"} <= set(data)
        return
    assert RULE.mapped(once) == once
    assert {canonical(value) for value in data.values() if value is not None} <= {
        canonical(value) for value in once.data.values()
    }


@pytest.mark.parametrize(
    ("terms", "says", "field"),
    [
        ({"renam": {}}, "“renam”, which means nothing here", "renam"),
        ({"rename": ["a"]}, "takes “rename” as names", "rename"),
        ({"rename": {"a": 5}}, "with names of properties", "rename.a"),
        ({"rename": {"a": "c", "b": "c"}}, "makes “c” of two properties", "rename.a"),
        ({"rename": {"a": "b", "b": "c"}}, "and that again", "rename.a"),
        ({"rename": {"a": "a"}}, "and that again", "rename.a"),
        ({"rename": {"a": "b"}, "defaults": {"a": 1}}, "fill in “b”", "defaults.a"),
        ({"defaults": {"a": None}}, "says nothing", "defaults.a"),
        ({"defaults": {"a": "x" * 5000}}, "longer than 4 KB", "defaults.a"),
        ({"subject_from": ""}, "names of properties", "subject_from"),
        ({"rename": {f"a{n}": f"b{n}" for n in range(17)}}, "16 is the most", "rename"),
    ],
)
def test_a_rule_that_cannot_be_is_told_so(terms: dict[str, Any], says: str, field: str) -> None:
    with pytest.raises(Refused) as refusal:
        rule_from("inference", terms, version=1)
    assert says in refusal.value.sentence
    assert refusal.value.field == field


def test_a_rule_is_read_back_from_its_terms_and_said_in_words() -> None:
    assert rule_from("inference", rule_terms(RULE), version=3) == RULE
    assert rule_in_words(RULE) == (
        "reads promptTokens as tokens; fills in region with “eu”; fills in weight with 0.1; takes the customer from "
        "customer where there is no subject"
    )
    assert rule_in_words(rule_from("x", {}, version=1)) == "does nothing"
