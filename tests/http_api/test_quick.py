"""What is read quickly is what a careful reading makes of it; what could be read in two ways is left to that."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.metering.event import UsageEvent, canonical, read_event
from farthing.http_api.bodies import BATCH, PLAIN, SINGLE, Form, events_in
from farthing.http_api.quick import quick_events, quick_lines
from farthing.http_api.sent import sent_in, sent_lines

texts = st.text(min_size=1, max_size=8)
scalars = st.one_of(
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    texts,
    st.booleans(),
    st.none(),
    st.sampled_from(['a"b', "c\\d", "é", "\u007f", "/", "\u2028", "id"]),
)
data = st.dictionaries(
    st.one_of(texts, st.sampled_from(["id", "source", "data", "tokens"])),
    st.one_of(scalars, st.lists(scalars, max_size=2), st.dictionaries(texts, scalars, max_size=2)),
    max_size=4,
)
events = st.fixed_dictionaries(
    {"id": texts, "source": texts, "type": texts, "subject": texts},
    optional={
        "time": st.one_of(st.none(), st.just("2026-01-01T00:00:00Z"), texts),
        "data": st.one_of(st.none(), data),
        "specversion": st.just("1.0"),
        "traceparent": texts,
    },
)
writers = st.sampled_from(
    [
        json.dumps,
        lambda value: json.dumps(value, separators=(",", ":")),
        lambda value: json.dumps(value, ensure_ascii=False),
        lambda value: json.dumps(value, indent=1),
    ]
)


def whole(one: Any) -> UsageEvent:
    return UsageEvent(one.source, one.id, one.type, one.subject, one.time, one.data)


def carefully(sent: Any) -> list[tuple[Any, Any]]:
    """Key and content of each, None for what has no identity."""
    read = []
    for raw in sent:
        try:
            event = read_event(raw)
        except Exception:
            read.append((None, None))
        else:
            read.append((event.key, event.content))
    return read


@given(st.lists(events, max_size=4), writers)
def test_a_body_says_the_same_however_it_is_read(sent: list[Any], write: Callable[[Any], str]) -> None:
    body = write(sent).encode("utf-8", "surrogatepass")
    try:
        expected = carefully(events_in(body, Form(PLAIN, "identity")))
    except Exception as fault:
        with pytest.raises(type(fault)):
            sent_in(body, Form(PLAIN, "identity"))
        return
    read = sent_in(body, Form(PLAIN, "identity"))
    for index, (key, content) in enumerate(expected):
        plain = read.plain[index]
        if plain is not None:
            assert plain.text == canonical(plain.data).encode()
            assert (whole(plain).key, whole(plain).content) == (key, content)
        elif index in read.others:
            assert (read.others[index].key, read.others[index].content) == (key, content)
        else:
            assert key is None
            assert index in read.refused
    assert len(read.plain) == len(expected)


GOOD = '{"id":"1","source":"s","type":"t","subject":"a","data":{"tokens":1}}'


@pytest.mark.parametrize(
    "twice",
    [
        '{"id":"1","id":"1","source":"s","type":"t","subject":"a","data":{}}',
        '{"id":"1","source":"s","type":"t","subject":"a","data":{},"data":{"tokens":1}}',
        '{"id":"1","source":"s","type":"t","subject":"a","time":null,"time":"2026-01-01T00:00:00Z"}',
        '{"id":"1","source":"s","type":"t","subject":"a","data":{"tokens":1,"tokens":2}}',
        '{"id":"1","source":"s","type":"t","subject":"a","data":{"a":"x","a":1}}',
        '{"id":"1","source":"s","type":"t","subject":"a","data":{"a":{"b":1,"b":1}}}',
        '{"id":"1","source":"s","type":"t","subject":"a","\\u0069d":"2","data":{}}',
        '{"id":"1","source":"s","type":"t","subject":"a","x":"1","type":"u","data":{"id":1}}',
    ],
)
def test_a_name_that_is_said_twice_is_never_guessed(twice: str) -> None:
    for body in (twice, f"[{GOOD},{twice}]", f'{{"events":[{twice}]}}'):
        quick = quick_events(body.encode(), PLAIN)
        assert quick is None or not all(event.text for event in quick)
    quick = quick_lines([GOOD.encode(), twice.encode()])
    assert quick is None or not quick[1].text


@pytest.mark.parametrize(
    ("media_type", "body", "reads"),
    [
        (SINGLE, GOOD, True),
        (SINGLE, f"[{GOOD}]", False),
        (SINGLE, f'{{"events":[{GOOD}]}}', False),
        (BATCH, f"[{GOOD}]", True),
        (BATCH, GOOD, False),
        (PLAIN, f'{{ "events": [{GOOD}, {GOOD}] }}', True),
        (PLAIN, f"[{GOOD}, 7]", False),
        (PLAIN, "[]", True),
        (PLAIN, GOOD[:-1], False),
        (PLAIN, GOOD + GOOD, False),
    ],
)
def test_each_form_is_read_quickly_where_it_is_as_it_should_be(media_type: str, body: str, reads: bool) -> None:
    assert (quick_events(body.encode(), media_type) is not None) == reads


def test_a_sender_cannot_fill_in_what_is_ours() -> None:
    sly = GOOD.replace('"data":{', '"\uf8fftext":"eA==","\uf8ffdata":{"tokens":9},"data":{')
    quick = quick_events(sly.encode(), PLAIN)
    assert quick is None or (quick[0].data, quick[0].text) == ({"tokens": 1}, b'{"tokens":1}')


def test_lines_that_are_no_lines_of_json_are_told_apart() -> None:
    sent = sent_lines([GOOD.encode(), b'{"id":"2"', GOOD.replace('"1"', '"3"', 1).encode()])
    assert [index in sent.refused for index in range(3)] == [False, True, False]
    assert [sent.others[index].id for index in (0, 2)] == ["1", "3"]
