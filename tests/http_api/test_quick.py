"""What is read quickly is what a careful reading makes of it; what could be read in two ways is left to that."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.metering.event import UsageEvent, canonical, read_event
from farthing.core.refused import Refused
from farthing.http_api.bodies import BATCH, PLAIN, SINGLE, Form, events_in
from farthing.http_api.problems import Told as ToldProblem
from farthing.http_api.quick import quick_events, quick_lines
from farthing.http_api.sent import decoded_sent, sent_in, sent_lines

# DEL is the one character of ASCII that two writers of JSON write in two ways.
texts = st.one_of(st.text(min_size=1, max_size=8), st.text(alphabet="a\u007f", min_size=1, max_size=3))
scalars = st.one_of(
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    texts,
    st.booleans(),
    st.none(),
    st.sampled_from(['a"b', "c\\d", "é", "\u007f", "a\u007fb", "/", "\u2028", "id"]),
)
data = st.dictionaries(
    st.one_of(texts, st.sampled_from(["id", "source", "data", "tokens", "to\u007fkens", "reservation"])),
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
        "events": st.lists(texts, max_size=2),
        "reservation": st.one_of(scalars, st.just("r1")),
    },
)
writers = st.sampled_from(
    [
        json.dumps,
        lambda value: json.dumps(value, separators=(",", ":")),
        lambda value: json.dumps(value, ensure_ascii=False),
        lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":")),
        lambda value: json.dumps(value, indent=1),
    ]
)


def whole(one: Any) -> UsageEvent:
    return UsageEvent(one.source, one.id, one.type, one.subject, one.time, one.data)


def carefully(sent: Any) -> list[tuple[Any, Any, Any]]:
    """Key, content and reservation of each, None for what has no identity."""
    read = []
    for raw in sent:
        try:
            event = read_event(raw)
        except Exception:
            read.append((None, None, None))
        else:
            read.append((event.key, event.content, event.reservation))
    return read


@given(st.lists(events, max_size=4), writers)
def test_a_body_says_the_same_however_it_is_read(sent: list[Any], write: Callable[[Any], str]) -> None:
    hold_to_be_the_same(write(sent).encode("utf-8", "surrogatepass"))


plain_texts = st.text(alphabet='ab"\\é\u007f\u0080 ', min_size=1, max_size=4)


@given(st.dictionaries(plain_texts, st.one_of(plain_texts, st.integers(-9, 9)), max_size=4), st.booleans(), plain_texts)
def test_plain_data_says_the_same_whatever_characters_are_in_it(
    said: dict[str, Any], as_ascii: bool, subject: str
) -> None:
    event = {"id": "1", "source": "s", "type": "t", "subject": subject, "data": said}
    hold_to_be_the_same(json.dumps(event, ensure_ascii=as_ascii).encode())


@pytest.mark.parametrize("subject", ["acme", "ümlaut"])
@pytest.mark.parametrize("said", ['{"note":"a\u007fb"}', '{"to\u007fkens":1}'])
def test_a_delete_is_escaped_as_in_canonical_json_wherever_it_is_read(subject: str, said: str) -> None:
    hold_to_be_the_same(GOOD.replace('{"tokens":1}', said).replace('"a"', f'"{subject}"').encode())


def hold_to_be_the_same(body: bytes) -> None:
    """What is read as ever is what is read with care."""
    try:
        expected = carefully(events_in(body, Form(PLAIN, "identity")))
    except Exception as fault:
        with pytest.raises(type(fault)):
            sent_in(body, Form(PLAIN, "identity"))
        return
    read = sent_in(body, Form(PLAIN, "identity"))
    for index, (key, content, reservation) in enumerate(expected):
        plain = read.plain[index]
        if plain is not None:
            assert plain.text == canonical(plain.data).encode()
            assert (whole(plain).key, whole(plain).content, None) == (key, content, reservation)
        elif index in read.others:
            other = read.others[index]
            assert (other.key, other.content, other.reservation) == (key, content, reservation)
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


def told(body: bytes, *, in_doubt: bool) -> Any:
    """What became of each event of a body, read as ever or with care throughout; what is told of it as a whole."""
    form = Form(PLAIN, "identity")
    try:
        sent = decoded_sent(events_in(body, form), body) if in_doubt else sent_in(body, form)
    except (ToldProblem, Refused) as fault:
        return str(fault)
    read: list[Any] = [None if one is None else whole(one) for one in sent.plain]
    for index, one in sent.others.items():
        read[index] = one
    for index, refusal in sent.refused.items():
        read[index] = refusal
    return read


def with_more(more: str) -> str:
    return GOOD.replace('"data"', f'{more},"data"')


MB = 1024 * 1024
WITH_EVENTS = with_more('"events":[1,2]')


@pytest.mark.parametrize(
    "body",
    [
        f'{{"events":[],"events":[{GOOD}]}}',
        f'{{"events":[{GOOD}],"events":[]}}',
        f'{{"events":[{GOOD}],"more":1,"more":2}}',
        f'{{"events":[{WITH_EVENTS}]}}',
        WITH_EVENTS,
        with_more('"events":[]'),
        f"[{WITH_EVENTS}]",
        with_more('"x":"1","x":"2"'),
        with_more('"x":{"a":1,"a":2}'),
        with_more(f'"x":{"9" * 100_001}'),
        with_more('"x":1e999'),
        with_more('"x":"1","data":{},"x":"2"'),
        with_more(f'"x":"{"y" * 2 * MB}"'),
        GOOD.replace("}}", f"{' ' * 2 * MB}}}}}"),
        GOOD.replace('"t"', f'"{"t" * 2 * MB}"'),
        GOOD.replace("}}", f',"text":"{"t" * (MB - 70)}"}}}}'),
        GOOD.replace("}}", f',"text":"{"t" * MB}"}}}}'),
        GOOD.replace("}}", ',"text":"%s"}}' % ("\\u0041" * (MB // 5))),
    ],
    ids=str.__len__,
)
def test_no_event_becomes_another_by_being_read_with_care(body: str) -> None:
    assert told(body.encode(), in_doubt=False) == told(body.encode(), in_doubt=True)


def test_bytes_that_are_no_text_are_seen_where_nobody_looks() -> None:
    body = with_more('"x":"ÿ"').encode("latin-1")
    assert "not UTF-8" in told(body, in_doubt=False) == told(body, in_doubt=True)
    assert quick_lines([body]) is None


def test_attributes_that_we_do_not_know_do_not_matter_however_often_they_are_said() -> None:
    said = with_more('"x":"1","x":"2"')
    doubtful = GOOD.replace("1}", '1,"tokens":2}')
    beside_doubt = f"[{said},{doubtful}]".encode()
    assert told(said.encode(), in_doubt=False)[0] == told(beside_doubt, in_doubt=False)[0]
    assert told(said.encode(), in_doubt=False) == told(GOOD.encode(), in_doubt=False)


@pytest.mark.parametrize(
    "lines",
    [
        [GOOD + GOOD, GOOD[:30], GOOD[30:]],
        [GOOD + GOOD, GOOD[:-1], GOOD[-1:]],
        [GOOD[:-2], "}} " + GOOD],
        [GOOD + GOOD, '{"id":"1","source":"s","type":"t","data":{}', '{"subject":"a"}'],
    ],
)
def test_an_event_is_on_one_line_and_no_other_is_there(lines: list[str]) -> None:
    sent = sent_lines([line.encode() for line in lines])
    assert set(sent.refused) == set(range(len(lines)))


def test_a_line_may_begin_and_end_with_spaces() -> None:
    assert quick_lines([f" {GOOD} \r".encode(), f"\t{GOOD}".encode()]) is not None


def test_lines_that_are_no_lines_of_json_are_told_apart() -> None:
    sent = sent_lines([GOOD.encode(), b'{"id":"2"', GOOD.replace('"1"', '"3"', 1).encode()])
    assert [index in sent.refused for index in range(3)] == [False, True, False]
    assert [sent.others[index].id for index in (0, 2)] == ["1", "3"]
