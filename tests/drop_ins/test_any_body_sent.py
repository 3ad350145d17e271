"""Whatever is sent to a drop-in is answered in words: never a fault of ours, and nothing of it counts."""

from __future__ import annotations

import gzip

import httpx2
import pytest

from tests.drop_ins.conftest import FEBRUARY, Place

DEEP = b"[" * 50_000 + b"]" * 50_000
LAGO = b'{"event": {"transaction_id": "t", "external_subscription_id": "acme", "code": "completion", "properties": %s}}'
BODIES = {
    "nothing": b"",
    "no UTF-8": b'{"id": "\xff"}',
    "half a surrogate pair": LAGO.replace(b'"t"', b'"\\ud800"') % b"{}",
    "surrogates inside": LAGO % b'{"tokens": "\\udfff", "\\ud800": 1}',
    "deep": DEEP,
    "deep inside": LAGO % (b'{"tokens": 1, "deep": ' + b"[" * 400 + b"]" * 400 + b"}"),
    "NaN": LAGO % b'{"tokens": NaN}',
    "1e999": LAGO % b'{"tokens": 1e999}',
    "1e9999999": LAGO % b'{"tokens": 1e9999999999999999999}',
    "a long number": LAGO % b'{"tokens": %s}' % (b"9" * 90_000),
    "a name twice": LAGO % b'{"tokens": 1, "tokens": 2}',
    "lists": b'[[], [[]], 1, null, "event"]',
    "events of no kind": b'{"events": [1, null, [], {"event": {}}, {"transaction_id": 1e999}]}',
    "time that is none": LAGO.replace(b'"code"', b'"timestamp": -1e50, "code"') % b"{}",
    "a bomb": gzip.compress(b" " * 30_000_000),
}


@pytest.mark.parametrize("path", ["/api/v1/events", "/api/v1/events/batch", "/v1/billing/meter_events"])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_it_is_answered_in_words(place: Place, path: str, body: bytes) -> None:
    forms = ["application/json", "application/cloudevents+json", "application/cloudevents-batch+json", "text/plain"]
    for form in [*forms, "application/x-www-form-urlencoded"]:
        headers = {"Authorization": f"Bearer {place.key}", "Content-Type": form}
        if body.startswith(b"\x1f\x8b"):
            headers["Content-Encoding"] = "gzip"
        answer = httpx2.post(f"{place.address}{path}", content=body, headers=headers, trust_env=False)
        assert answer.status_code in (200, 400, 413, 415, 422), (form, answer.status_code, answer.text[:300])
        if answer.status_code != 200:
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["detail"].endswith((".", "…"))
    assert place.tokens(FEBRUARY)[1] == 0
