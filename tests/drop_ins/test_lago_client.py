"""Lago's own client sends here unchanged but for the address: each transaction counts once, and no loss is silent."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import httpx2
import pytest
from lago_python_client.client import Client
from lago_python_client.exceptions import LagoApiError
from lago_python_client.models.event import BatchEvent, Event

from farthing.http_api.drop_ins.lago import tell
from farthing.http_api.problems import Told
from tests.drop_ins.conftest import FEBRUARY, MARCH, Place

FIFTH = 1770285600  # 5 February 2026, 10:00 UTC.


def event(transaction_id: str, tokens: object = 400, **members: Any) -> Event:
    usual: dict[str, Any] = {
        "external_subscription_id": "acme",
        "code": "completion",
        "timestamp": FIFTH,
        "properties": {"tokens": tokens, "model": "large"},
    }
    return Event(**({"transaction_id": transaction_id} | usual | members))


@pytest.fixture
def client(place: Place) -> Client:
    return Client(api_key=place.key, api_url=place.address)


def said(place: Place, path: str, body: object) -> httpx2.Response:
    """An answer as it comes, where the client hides it."""
    headers = {"Authorization": f"Bearer {place.key}", "Content-Type": "application/json"}
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx2.post(f"{place.address}{path}", content=content, headers=headers, trust_env=False)


def test_an_event_is_taken_and_shown_as_lago_shows_it(client: Client, place: Place) -> None:
    shown = client.events.create(event("t1", "12.50", precise_total_amount_cents="1234.56"))
    assert shown is not None
    assert (shown.transaction_id, shown.external_subscription_id, shown.code) == ("t1", "acme", "completion")
    assert shown.timestamp == "2026-02-05T10:00:00Z"
    assert shown.precise_total_amount_cents == "1234.56"
    assert shown.properties == {"tokens": "12.50", "model": "large"}
    assert shown.lago_id
    assert place.tokens(FEBRUARY) == (Decimal("12.5"), 1)


def test_a_batch_and_its_retry_count_once(client: Client, place: Place) -> None:
    batch = BatchEvent(events=[event(f"t{number}", number) for number in range(100)])
    assert client.events.batch_create(batch) is None
    assert client.events.batch_create(batch) is None
    client.events.create(event("t7", 7))
    assert place.tokens(FEBRUARY) == (Decimal(4950), 100)


@pytest.mark.parametrize("timestamp", [FIFTH, str(FIFTH), f"{FIFTH}.000", "2026-02-05T10:00:00Z"])
def test_one_instant_however_written_is_one_content(client: Client, place: Place, timestamp: int | str) -> None:
    client.events.create(event("t1"))
    client.events.create(event("t1", timestamp=timestamp))
    assert place.tokens(FEBRUARY) == (Decimal(400), 1)


def test_a_transaction_that_says_something_else_is_an_error_as_lago_has_it(client: Client, place: Place) -> None:
    client.events.create(event("t1"))
    with pytest.raises(LagoApiError) as told:
        client.events.create(event("t1", 401))
    assert told.value.status_code == 422
    assert told.value.response["code"] == "validation_errors"
    assert told.value.response["error_details"] == {"transaction_id": ["value_already_exist"]}
    assert "both are kept for you to compare" in told.value.response["detail"]
    with pytest.raises(LagoApiError) as told:
        client.events.batch_create(BatchEvent(events=[event("t2"), event("t1", 402), event(" ")]))
    assert told.value.response["error_details"] == {
        "1": {"transaction_id": ["value_already_exist"]},
        "2": {"transaction_id": ["value_is_invalid"]},
    }
    assert told.value.response["detail"].startswith("2 of 3 events were not taken (event 1: Another event")
    assert told.value.headers["Farthing-Accepted"] == "1"
    assert place.tokens(FEBRUARY) == (Decimal(800), 2)


def test_what_is_kept_apart_is_no_error_and_is_told(client: Client, place: Place) -> None:
    shown = client.events.create(event("t1", external_subscription_id="nobody"))
    assert shown is not None
    answer = said(place, "/api/v1/events", {"event": event("t2", code="no_such_metric").dict()})
    assert answer.status_code == 200
    assert answer.headers["Farthing-Quarantined"] == "1"
    assert "No meter counts events of type “no_such_metric”" in answer.json()["event"]["farthing"]["reason"]
    batch = {"events": [event("t3").dict(), event("t4", "a dozen").dict(), event("t5", timestamp="soon").dict()]}
    counted = said(place, "/api/v1/events/batch", batch).headers
    assert (counted["Farthing-Accepted"], counted["Farthing-Quarantined"]) == ("1", "2")
    assert place.tokens(FEBRUARY) == (Decimal(400), 1)


def test_an_event_without_a_timestamp_happens_when_it_comes(client: Client, place: Place) -> None:
    shown = client.events.create(event("t1", timestamp=None))
    assert shown is not None
    assert shown.timestamp == "2026-03-15T12:00:00Z"
    assert place.tokens(MARCH) == (Decimal(400), 1)


def test_a_batch_of_nothing_and_a_wrong_key_are_errors_as_lago_has_them(client: Client, place: Place) -> None:
    with pytest.raises(LagoApiError) as told:
        client.events.batch_create(BatchEvent(events=[]))
    assert told.value.response["error_details"] == {"events": ["no_events"]}
    with pytest.raises(LagoApiError) as told:
        Client(api_key="fk_wrong", api_url=place.address).events.create(event("t1"))
    assert (told.value.status_code, told.value.response["error"]) == (401, "Unauthorized")
    assert "farthing apikey new" in told.value.response["detail"]


@pytest.mark.parametrize(
    "sent",
    [
        {"event": 5},
        {"event": {}},
        {"event": {"transaction_id": ["t"], "properties": 7}},
        {"event": {"transaction_id": "t1", "timestamp": {"seconds": 5}, "code": 5, "external_subscription_id": []}},
        {"event": {"transaction_id": "t2", "timestamp": 10**12 - 1, "properties": ["tokens"]}},
        {"event": {"transaction_id": "t3", "timestamp": "9" * 300}},
        {"event": event("t4", precise_total_amount_cents="1", properties={"precise_total_amount_cents": "2"}).dict()},
        {"event": {"transaction_id": "t\u0000", "code": "completion"}},
        {"event": {"transaction_id": 7, "external_subscription_id": "acme", "code": "completion", "timestamp": True}},
    ],
)
def test_whatever_is_sent_is_answered_in_words(place: Place, sent: object) -> None:
    answer = said(place, "/api/v1/events", sent)
    assert answer.status_code in (200, 422), answer.text
    told = answer.json()
    assert told["detail"].endswith(".") if answer.status_code == 422 else told["event"]["farthing"]["reason"]
    assert said(place, "/api/v1/events/batch", {"events": [sent]}).status_code == 422
    assert place.tokens(FEBRUARY) == (Decimal(0), 0)


def test_too_much_at_once_says_when_to_try_again_as_lago_has_it() -> None:
    told = tell(Told(429, "too_much", "Send it again in 3 seconds.", headers={"Retry-After": "3"}))
    assert (told.headers["Retry-After"], told.headers["X-RateLimit-Reset"]) == ("3", "3")


TWICE = [
    '{"transaction_id": "t2", "external_subscription_id": "acme", "code": "completion", "timestamp": 1770285600, '
    '"properties": {"tokens": 1, "tokens": 2}}',
    '{"transaction_id": "t2", "external_subscription_id": "acme", "code": "completion", "code": "call"}',
    '{"transaction_id": "t2", "external_subscription_id": "acme", "code": "completion", "properties": {"tokens": NaN}}',
    '{"code":"completion","external_subscription_id":"acme","precise_total_amount_cents":"1",'
    '"properties":{"precise_total_amount_cents":"2"},"transaction_id":"t2"}',
]


@pytest.mark.parametrize("unclear", TWICE)
@pytest.mark.parametrize("as_batch", [False, True])
def test_an_event_that_is_unclear_is_kept_apart_as_its_text_under_its_transaction(
    place: Place, unclear: str, as_batch: bool
) -> None:
    good = json.dumps(event("t1").dict())
    body = f'{{"events": [{good}, {unclear}]}}' if as_batch else f'{{"event": {unclear}}}'
    for _ in range(2):
        answer = said(place, f"/api/v1/events{'/batch' if as_batch else ''}", body.encode())
        assert answer.status_code == 200, answer.text
        shown = answer.json()["events"][1] if as_batch else answer.json()["event"]
        assert shown["transaction_id"] == "t2"
    with place.books.transaction():
        (apart,) = place.books.quarantine()
    assert (apart.event["source"], apart.event["id"], apart.event["subject"]) == ("lago", "t2", "acme")
    assert (apart.event["text"], "data" in apart.event) == (unclear, False)
    assert place.tokens(FEBRUARY)[1] == int(as_batch)


@pytest.mark.parametrize(
    "unclear",
    [
        '{"transaction_id": "t2", "transaction_id": "t3", "code": "completion"}',
        '{"external_subscription_id": "acme", "code": NaN}',
        '{"transaction_id": [NaN], "code": "completion"}',
    ],
)
def test_an_unclear_event_without_one_transaction_is_not_taken(place: Place, unclear: str) -> None:
    answer = said(place, "/api/v1/events", f'{{"event": {unclear}}}'.encode())
    assert (answer.status_code, answer.json()["error_details"]) == (422, {"transaction_id": ["value_is_mandatory"]})


def test_an_event_larger_than_one_may_be_is_not_taken_and_its_neighbours_are(place: Place) -> None:
    large = event("t2", properties={"tokens": 1, "text": "x" * 1_200_000}).dict()
    answer = said(place, "/api/v1/events", {"event": large})
    assert answer.status_code == 422
    assert "larger than 1 MB" in answer.json()["detail"]
    answer = said(place, "/api/v1/events/batch", {"events": [event("t1").dict(), large]})
    assert (answer.status_code, answer.headers["Farthing-Accepted"]) == (422, "1")
    assert "event 1: The event is larger than 1 MB" in answer.json()["detail"]
    assert place.tokens(FEBRUARY) == (Decimal(400), 1)
