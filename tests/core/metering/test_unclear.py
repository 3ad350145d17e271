"""Unclear events are told from clear ones, keep their text, and are never guessed at."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.metering.json_text import NotJson, decode_json
from farthing.core.metering.unclear import Unclear, items_of, members_of, read_carefully

GOOD = '"id": "1", "source": "api", "type": "call", "subject": "acme"'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f'{{{GOOD}, "data": {{"n": 1, "n": 1}}}}', "It says “n” twice in one object"),
        (f'{{{GOOD}, "data": {{"a": [{{"n": 1, "n": 2}}]}}}}', "It says “n” twice in one object"),
        (f'{{{GOOD}, "data": {{"n": NaN}}}}', "It holds NaN, which is no number in JSON"),
        (f'{{{GOOD}, "data": {{"n": -Infinity}}}}', "It holds -Infinity"),
        (f'{{{GOOD}, "data": {{"n": 1{"0" * 100_000}}}}}', "a number of 100,001 characters"),
        (f'{{{GOOD}, "data": {"[" * 3000}{"]" * 3000}}}', "nested deeper than 16 levels"),
    ],
)
def test_what_is_unclear_is_kept_as_its_text_with_its_identity(text: str, reason: str) -> None:
    read = read_carefully(text)
    assert isinstance(read, Unclear)
    assert reason in read.reason
    assert read.text == text
    assert read.event is not None
    assert (read.event.source, read.event.id, read.event.type, read.event.subject) == ("api", "1", "call", "acme")
    assert read.event.data == {}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f'{{{GOOD}, "id": "1"}}', "The event says “id” twice"),
        (f'{{{GOOD}, "source": "other"}}', "The event says “source” twice"),
        ('{"id": NaN, "source": "api"}', "The event has no id"),
        ('{"source": "api", "data": {"n": NaN}}', "The event has no id"),
        ("[1, NaN]", "An event is a JSON object"),
        ("NaN", "An event is a JSON object"),
    ],
)
def test_what_has_no_one_identity_is_no_event(text: str, reason: str) -> None:
    read = read_carefully(text)
    assert isinstance(read, Unclear)
    assert (read.event, reason in read.reason) == (None, True)


def test_of_what_is_said_twice_neither_counts() -> None:
    read = read_carefully(f'{{{GOOD}, "subject": "globex", "time": "2026-01-05T10:00:00Z"}}')
    assert read.event.subject == ""
    assert read.event.time == "2026-01-05T10:00:00Z"


@pytest.mark.parametrize(
    "more", ['"x": 1, "x": 2', '"x": NaN', '"x": {"a": 1, "a": 2}', f'"x": {"[" * 3000}{"]" * 3000}']
)
def test_attributes_that_we_do_not_know_do_not_make_an_event_unclear(more: str) -> None:
    read = read_carefully(f'{{{more}, {GOOD}, "data": {{"n": 0.10}}}}')
    assert read == {"id": "1", "source": "api", "type": "call", "subject": "acme", "data": {"n": Decimal("0.10")}}
    assert isinstance(read_carefully(f'{{{more}, {GOOD}, "data": {{"n": NaN}}}}'), Unclear)


def test_what_is_too_deep_to_be_read_may_still_be_no_json() -> None:
    deep = f'"x": {"[" * 3000}{"]" * 3000}'
    with pytest.raises(NotJson):
        read_carefully(f'{{{deep}, "id": "\\q", "source": "api"}}')
    assert isinstance(read_carefully(f'{{{deep}, {GOOD}, "data": tru}}'), Unclear)


@pytest.mark.parametrize("text", ["{", "", "[1,]", '{"a" 1}', "{} {}", '{"a": 1 "b": 2}', "[" * 5000, "[" * 5000 + "{"])
def test_what_is_no_json_is_no_event_of_any_kind(text: str) -> None:
    try:
        read = read_carefully(text)
    except NotJson:
        return
    assert isinstance(read, Unclear)
    assert read.event is None


def test_a_text_that_was_made_to_be_slow_is_read_once() -> None:
    deep = f'{{{GOOD}, "data": {"[" * 3000}'
    for end in ('\\"' * 2_000_000, "\\" * 2_000_001, '["' * 1_000_000):
        with pytest.raises(NotJson):
            read_carefully(f'{deep}"{end}')


any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), any_json), st.sampled_from([None, 1]))
def test_what_is_clear_is_read_as_ever_and_taken_apart_at_its_names(said: dict[str, Any], indent: int | None) -> None:
    text = json.dumps(said, indent=indent)
    assert read_carefully(text) == decode_json(text.encode())
    assert {name: json.loads(value) for name, value in members_of(text)} == said


@given(st.lists(any_json), st.booleans())
def test_a_list_is_taken_apart_at_its_items(said: list[Any], as_ascii: bool) -> None:
    text = json.dumps(said, ensure_ascii=as_ascii)
    assert [json.loads(value) for value in items_of(text)] == said
