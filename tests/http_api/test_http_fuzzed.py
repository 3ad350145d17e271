"""Whatever is sent as usage, the answer is in words: never a fault of ours."""

from __future__ import annotations

import gzip
import json
import os
import random

import httpx2
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from farthing.postgres.database import PostgresStore
from tests.http_api.callers import Api, event

MEDIA_TYPES = (
    "application/json",
    "application/cloudevents+json",
    "application/cloudevents-batch+json",
    "application/x-ndjson",
    "application/jsonl",
    "text/plain",
    "",
)
ODD_NUMBERS = (
    "NaN",
    "-Infinity",
    "1e999",
    "-1e-999",
    "1e99999999999999999999",
    "9" * 4000,
    "0." + "7" * 4000,
    "-0",
    "1E+2",
)
ODD_TEXTS = (r'"\ud800"', r'"\udfff\ud800"', r'"\u0000"', '""', '"' + "é" * 300 + '"', '"💶"', '"\t"', '"NaN"', '"1e5"')
ODD_NESTS = ("[" * 40 + "]" * 40, '{"a":' * 900 + "1" + "}" * 900, "[" * 5000, "{" * 5000, "[]", "{}", "null", "true")
NAMES = (
    "id",
    "source",
    "type",
    "subject",
    "time",
    "data",
    "specversion",
    "events",
    "tokens",
    r"\ud800",
    "",
    "data_base64",
)

odd = st.sampled_from((*ODD_NUMBERS, *ODD_TEXTS, *ODD_NESTS, "5", '"acme"', '"completion"', '"2026-02-05T10:00:00Z"'))
# Written out by hand, so that names may come twice and values need be no JSON.
objects = st.lists(st.tuples(st.sampled_from(NAMES), odd), max_size=8).map(
    lambda members: "{" + ",".join(f'"{name}":{value}' for name, value in members) + "}"
)


@st.composite
def changed_events(draw: st.DrawFn) -> str:
    """A good event, one or two of whose members are odd."""
    written = {name: json.dumps(value) for name, value in event(str(draw(st.integers(0, 5)))).items()}
    for name in draw(st.lists(st.sampled_from(sorted(written)), max_size=2)):
        written[name] = draw(odd | objects)
    return "{" + ",".join(f'"{name}":{value}' for name, value in written.items()) + "}"


texts = st.lists(changed_events() | objects | odd, max_size=4).flatmap(
    lambda some: st.sampled_from(
        ("\n".join(some), f"[{','.join(some)}]", f'{{"events":[{",".join(some)}]}}', "".join(some[:1]))
    )
)


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """Text of many kinds, sometimes with bytes that are none in its middle."""
    body = draw(texts).encode()
    if draw(st.booleans()):
        at = draw(st.integers(0, len(body)))
        body = body[:at] + draw(st.binary(max_size=6)) + body[at:]
    return body


def packed(body: bytes, coding: str, *, cut: int) -> bytes:
    whole = {"gzip": lambda: gzip.compress(body, 1), "zstd": lambda: zstandard.ZstdCompressor().compress(body)}
    made = whole.get(coding, lambda: body)()
    return made[: len(made) - cut]


def accepted(store: PostgresStore) -> int:
    with store.transaction():
        return store.counts().accepted


def is_answered_in_words(api: Api, acme: PostgresStore, body: bytes, **named: str) -> None:
    """Whatever it is: a problem in a sentence, or counts that add up and a sentence for each that did not count."""
    before = accepted(acme)
    answer = api.post("/v1/events", body, **named)
    assert answer.status_code in (200, 400, 413, 415, 422), (body, named, answer.text)
    if answer.status_code != 200:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"].endswith(".")
        # Lines are kept as they come, so some may be there when a later one ends it all.
        assert accepted(acme) == before or "worked through before" in answer.json()["detail"]
        return
    told = answer.json()
    others = sum(told[name] for name in ("duplicate", "conflict", "quarantined", "refused"))
    assert len(told["events"]) + told["more"] == others
    assert all(one["reason"].endswith(".") for one in told["events"]), (body, told)
    assert accepted(acme) == before + told["accepted"]


@settings(
    max_examples=250,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    body=bodies() | st.binary(max_size=200),
    media_type=st.sampled_from(MEDIA_TYPES),
    coding=st.sampled_from(("identity", "identity", "gzip", "zstd", "br")),
    cut=st.sampled_from((0, 0, 0, 1, 5)),
)
def test_any_body_is_answered_in_words(
    api: Api, acme: PostgresStore, body: bytes, media_type: str, coding: str, cut: int
) -> None:
    is_answered_in_words(api, acme, packed(body, coding, cut=cut), Content_Type=media_type, Content_Encoding=coding)
    looked: httpx2.Response = api.get("/v1/quarantine")
    assert looked.status_code == 200


# By hand for longer: FARTHING_FUZZED_BODIES=20000 FARTHING_FUZZED_SEED=7 pytest tests/http_api/test_http_fuzzed.py
BODIES = int(os.environ.get("FARTHING_FUZZED_BODIES", "400"))
SEED = int(os.environ.get("FARTHING_FUZZED_SEED", "1"))
FORMS = MEDIA_TYPES[:5]


def test_a_good_body_with_a_few_bytes_changed_is_answered_in_words(api: Api, acme: PostgresStore) -> None:
    for number in range(BODIES):
        chance = random.Random(f"{SEED}/{number}")
        media_type = chance.choice(FORMS)
        body = _good_body(media_type, chance)
        for _ in range(chance.randint(1, 3)):
            body = _changed(body, chance)
        coding = chance.choice(("identity", "identity", "identity", "gzip", "zstd"))
        sent = packed(body, coding, cut=0)
        if coding != "identity" and chance.random() < 0.5:
            sent = _changed(sent, chance)
        is_answered_in_words(api, acme, sent, Content_Type=media_type, Content_Encoding=coding)
    assert api.get("/v1/quarantine").status_code == 200


def _good_body(media_type: str, chance: random.Random) -> bytes:
    events = [
        event(
            str(chance.randrange(200)),
            data={"tokens": chance.choice((1, 2.5, -7, "12", 10**17, 0.1)), "model": "a", "tags": {"x": [1, None]}},
            **chance.choice(({}, {"traceparent": "00-ab"}, {"subject": "émile"}, {"time": None})),
        )
        for _ in range(chance.randint(1, 4))
    ]
    if media_type in ("application/x-ndjson", "application/jsonl"):
        return "\n".join(map(json.dumps, events)).encode()
    if media_type == "application/cloudevents+json":
        return json.dumps(events[0]).encode()
    if media_type == "application/json" and chance.random() < 0.5:
        return json.dumps({"events": events}).encode()
    return json.dumps(events, ensure_ascii=chance.random() < 0.5).encode()


_PIECES = tuple(
    piece.encode("utf-8", "surrogatepass")
    for piece in (
        *ODD_NUMBERS,
        *ODD_TEXTS,
        *ODD_NESTS[:2],
        *NAMES,
        "\\u0069d",
        '"id":"2",',
        ",",
        "{",
        "]",
        "\n",
        "\ud800",
        "﻿",
    )
)


def _changed(body: bytes, chance: random.Random) -> bytes:
    """The body with one thing done to it that happens to bodies."""
    begin = chance.randrange(len(body) + 1)
    end = min(len(body), begin + chance.choice((0, 1, 1, 2, 8, 40)))
    match chance.randrange(6):
        case 0:
            return body[:begin] + bytes(chance.randrange(256) for _ in range(end - begin)) + body[end:]
        case 1:
            return body[:begin] + body[end:]
        case 2:
            return body[:end] + body[begin:end] * chance.choice((1, 2, 50)) + body[end:]
        case 3:
            return body[:begin] + chance.choice(_PIECES) + body[chance.choice((begin, end)) :]
        case 4:
            return body[:begin]
        case _:
            return body[begin:] + body[:begin]
