"""Events: what makes two of them one, and one text for one meaning."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.metering.event import canonical, instant, read_event
from farthing.core.refused import Refused
from tests.core.core_values import json_values, texts

SENT = {
    "id": "evt-1",
    "source": "api",
    "type": "inference",
    "subject": "acme",
    "time": "2026-01-05T10:00:00Z",
    "data": {"tokens": Decimal("12.50"), "model": "small"},
}


def _from_json(written: str) -> Any:
    return json.loads(written, parse_float=Decimal, parse_int=Decimal)


@given(json_values)
def test_canonical_json_is_json_and_reads_back_to_the_same_text(value: object) -> None:
    written = canonical(value)
    assert canonical(_from_json(written)) == written
    assert written.isascii()


@given(st.dictionaries(texts, json_values, max_size=5))
def test_the_order_of_keys_means_nothing(value: dict[str, object]) -> None:
    assert canonical(dict(reversed(list(value.items())))) == canonical(value)


@given(st.decimals(allow_nan=False, allow_infinity=False), st.integers(0, 30))
def test_the_way_a_number_is_written_means_nothing(number: Decimal, zeros: int) -> None:
    sign, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    longer = Decimal((sign, digits + (0,) * zeros, exponent - zeros))
    assert canonical(longer) == canonical(number)


@given(json_values, json_values)
def test_different_json_has_different_texts(one: object, other: object) -> None:
    """Told by Python's own reader, which here keeps numbers apart from truth."""
    same = json.dumps(_from_json(canonical(one)), default=str, sort_keys=True) == json.dumps(
        _from_json(canonical(other)), default=str, sort_keys=True
    )
    if canonical(one) == canonical(other):
        assert same


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (0, False),
        (1, "1"),
        (None, "null"),
        ([], {}),
        ([1, 2], [2, 1]),
        ([[1], 2], [1, [2]]),
        ({"a": 1}, {"a": None}),
        ({}, {"a": None}),
        ("a", "A"),
        (Decimal("1E+500"), "1E500"),
        (10**5000, 10**5000 + 1),
        (Decimal("NaN"), Decimal("Infinity")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_differs_is_told_apart(one: object, other: object) -> None:
    assert canonical(one) != canonical(other)


def test_whole_numbers_are_written_alike_whatever_type_they_came_in() -> None:
    assert canonical(10**500) == canonical(Decimal(10**500)) == canonical(Decimal("1E+500"))
    assert canonical(5000) == canonical(Decimal("5E+3")) == "5000"
    assert canonical(Decimal("-0.0")) == canonical(Decimal("0E+999999")) == canonical(0) == "0"


def test_a_number_of_a_hundred_thousand_digits_is_told_from_another_without_writing_it_out() -> None:
    longest = Decimal("1." + "0" * 100_000 + "1")
    assert canonical(longest) != canonical(longest + 1)


def test_an_event_nested_a_hundred_thousand_deep_has_its_content() -> None:
    def nested(inmost: object) -> object:
        for _ in range(100_000):
            inmost = [inmost]
        return {"deep": inmost}

    one, other = (read_event(SENT | {"data": nested(inmost)}) for inmost in (1, 2))
    assert one.content != other.content


# What tells an event, and its content -------------------------------------------------------------------------


def test_what_is_added_on_the_way_does_not_change_an_event() -> None:
    """INV-06: a retry carries other tracing headers and is the same event."""
    retried = SENT | {"traceparent": "00-ab", "specversion": "1.0", "datacontenttype": "application/json"}
    assert read_event(retried) == read_event(SENT)
    assert read_event(retried).content == read_event(SENT).content


@pytest.mark.parametrize(
    "change",
    [
        {"type": "training"},
        {"subject": "globex"},
        {"time": "2026-01-05T10:00:01Z"},
        {"time": None},
        {"data": {"tokens": Decimal("12.51"), "model": "small"}},
        {"data": {"tokens": "12.50", "model": "small"}},
        {"data": {"tokens": Decimal("12.50")}},
        {"data": ["tokens"]},
        {"data": None},
    ],
    ids=str,
)
def test_whatever_an_event_says_is_part_of_its_content_and_not_of_its_key(change: dict[str, object]) -> None:
    original, changed = read_event(SENT), read_event(SENT | change)
    assert changed.key == original.key
    assert changed.content != original.content


def test_an_omitted_time_equals_an_omitted_time() -> None:
    left_out = {name: value for name, value in SENT.items() if name != "time"}
    assert read_event(left_out).content == read_event(SENT | {"time": None}).content


def test_numbers_written_in_another_way_are_the_same_content() -> None:
    same = SENT | {"data": {"model": "small", "tokens": Decimal("1.25E+1")}}
    assert read_event(same).content == read_event(SENT).content


words = st.text(min_size=1, max_size=5)


@given(words, words, words, words)
def test_two_events_share_a_key_only_when_source_and_id_are_equal(a: str, b: str, c: str, d: str) -> None:
    keys = []
    for source, event_id in ((a, b), (c, d), (a + b, c), (a, b + c)):
        try:
            keys.append(((source, event_id), read_event(SENT | {"source": source, "id": event_id}).key))
        except Refused:
            continue
    assert len({key for _, key in keys}) == len({names for names, _ in keys})


@pytest.mark.parametrize(
    "raw",
    [
        None,
        5,
        "event",
        [],
        [SENT],
        {},
        SENT | {"id": None},
        SENT | {"id": ""},
        SENT | {"id": "  "},
        SENT | {"id": 7},
        SENT | {"id": "x" * 257},
        SENT | {"id": "\ud800"},
        SENT | {"source": "a\x00b"},
        SENT | {"source": ["api"]},
        {name: value for name, value in SENT.items() if name != "source"},
    ],
    ids=lambda raw: ascii(raw)[:30],
)
def test_what_has_no_identity_is_refused_in_a_sentence(raw: object) -> None:
    with pytest.raises(Refused) as refusal:
        read_event(raw)
    assert refusal.value.sentence.endswith(".")


# Times --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("2026-01-05T10:00:00Z", datetime(2026, 1, 5, 10, tzinfo=UTC)),
        ("2026-01-05t10:00:00z", datetime(2026, 1, 5, 10, tzinfo=UTC)),
        ("2026-01-05 10:00:00+00:00", datetime(2026, 1, 5, 10, tzinfo=UTC)),
        ("2026-01-05T10:00:00+05:30", datetime(2026, 1, 5, 4, 30, tzinfo=UTC)),
        ("2026-01-05T10:00:00.5Z", datetime(2026, 1, 5, 10, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-01-05T10:00:00.123456999Z", datetime(2026, 1, 5, 10, 0, 0, 123_456, tzinfo=UTC)),
        ("2024-02-29T23:59:59-00:00", datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_times_are_read_as_instants(written: str, means: datetime) -> None:
    assert instant(written) == means


@pytest.mark.parametrize(
    "written",
    [
        "",
        "yesterday",
        "2026-01-05",
        "2026-01-05T10:00:00",
        "2026-02-31T10:00:00Z",
        "2025-02-29T10:00:00Z",
        "2026-01-05T25:00:00Z",
        "2026-01-05T10:00:60Z",
        "2026-01-05T10:00:00+99:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "２０２６-01-05T10:00:00Z",
        "2026-01-05T10:00:00Z\n",
        "1767607200",
    ],
)
def test_what_is_no_time_is_refused(written: str) -> None:
    with pytest.raises(Refused, match="is not a time"):
        instant(written)
