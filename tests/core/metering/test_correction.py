"""What a correction is: read whole or refused, one by its source and id, and kept in a form that it comes back from."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.ids import id_of
from farthing.core.metering.correction import (
    TYPES,
    Correctable,
    Correction,
    CorrectionKind,
    Version,
    is_correction,
    kept_correction,
    read_correction,
    refuse_correction,
)
from farthing.core.metering.event import UsageEvent
from farthing.core.refused import Refused
from tests.core.core_values import json_values

names = st.sampled_from(["id", "source", "kind", "of", "event", "reason", "by"])
words = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=12).filter(str.strip)
times = st.none() | st.sampled_from(["2026-01-05T10:00:00Z", "yesterday"])


@st.composite
def corrections(draw: st.DrawFn) -> dict[str, Any]:
    """Any correction as its sender writes it."""
    said: dict[str, Any] = {name: draw(words) for name in ("source", "id", "reason", "by")}
    said |= {"kind": "void", "of": {"source": draw(words), "id": draw(words)}}
    if draw(st.booleans()):
        data = st.dictionaries(words, json_values, max_size=3)
        said |= {"kind": "amend", "event": {"type": draw(words), "subject": draw(words), "data": draw(data)}}
        said["event"]["time"] = draw(times)
    return said


@given(said=corrections())
def test_a_correction_that_was_kept_apart_comes_back_as_it_was(said: dict[str, Any]) -> None:
    correction = read_correction(said)
    kept = correction.as_event()
    assert is_correction(kept)
    assert kept["type"] == TYPES[CorrectionKind(said["kind"])]
    again = kept_correction(kept)
    assert again == correction
    assert (again.key, again.content) == (correction.key, correction.content)


@given(said=corrections(), by=words)
def test_who_says_it_is_not_part_of_what_it_says_and_everything_else_is(said: dict[str, Any], by: str) -> None:
    correction = read_correction(said)
    assert read_correction(said | {"by": by}).content == correction.content
    assert read_correction(said | {"reason": said["reason"] + "!"}).content != correction.content
    assert correction.key == id_of("event", said["source"], said["id"])
    assert correction.of_key == id_of("event", said["of"]["source"], said["of"]["id"])


@given(
    raw=json_values
    | st.dictionaries(st.sampled_from(["id", "source", "kind", "of", "event", "reason", "by"]), json_values)
)
def test_anything_is_a_correction_or_refused_in_one_sentence(raw: Any) -> None:
    told = ""
    try:
        read_correction(raw)
    except Refused as refusal:
        told = refusal.sentence
    assert told == "" or told.endswith(".")


def test_equal_numbers_are_one_content_however_they_are_written() -> None:
    def amended(tokens: object) -> Correction:
        event = UsageEvent("api", "1", "call", "acme", None, {"tokens": tokens})
        return Correction("ops", "1", "api", "1", "So it was.", "ada", event)

    assert amended(Decimal("1.50")).content == amended(Decimal("1.5")).content
    assert amended(1).content != amended(2).content


def test_an_amendment_of_another_event_cannot_be_built() -> None:
    event = UsageEvent("api", "2", "call", "acme", None, {})
    with pytest.raises(AssertionError, match="same event"):
        Correction("ops", "1", "api", "1", "So it was.", "ada", event)


@pytest.mark.parametrize("event", [None, UsageEvent("api", "1", "call", "acme", None, {})])
def test_only_what_counts_is_corrected(event: UsageEvent | None) -> None:
    now = datetime(2026, 1, 5, tzinfo=UTC)
    of = Correctable(1, now, Version(1, UUID(int=1), "call", now))
    correction = Correction("ops", "1", "api", "1", "So it was.", "ada", event)
    refuse_correction(correction, of)
    with pytest.raises(Refused, match="a void is not voided"):
        refuse_correction(correction, Correctable(1, now, of.last, is_voided=True))
