"""OpenMeter's own client sends here unchanged but for the address: each event counts once, and no loss is silent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx2
import openmeter.aio
import pytest
from corehttp.exceptions import ClientAuthenticationError, HttpResponseError
from openmeter import Client
from openmeter.models import Event

from tests.drop_ins.conftest import FEBRUARY, MARCH, Place


def event(event_id: str, tokens: int = 400, **members: Any) -> Event:
    usual: dict[str, Any] = {
        "source": "my-app",
        "specversion": "1.0",
        "type": "completion",
        "subject": "acme",
        "time": datetime(2026, 2, 5, 10, tzinfo=UTC),
        "data": {"tokens": tokens, "model": "large"},
    }
    return Event(**({"id": event_id} | usual | members))


@pytest.fixture
def client(place: Place) -> Iterator[Client]:
    with Client(endpoint=place.address, token=place.key) as opened:
        yield opened


def counted(client: Client, send: str, *sent: object) -> dict[str, str]:
    """What the headers of the answer count."""
    headers = getattr(client.events, send)(*sent, cls=lambda answer, *_: answer.http_response.headers)
    return {name.lower(): value for name, value in headers.items() if name.lower().startswith("farthing-")}


def test_an_event_sent_by_each_of_its_calls_counts_once(client: Client, place: Place) -> None:
    client.events.ingest_event(event("1"))
    client.events.ingest_events([event("2"), event("3")])
    client.events.ingest_events_json([event("4"), event("5")])
    client.events.ingest_events_json(event("6"))
    assert place.tokens(FEBRUARY) == (Decimal(2400), 6)
    client.events.ingest_events([event(str(number)) for number in range(1, 7)])
    assert place.tokens(FEBRUARY) == (Decimal(2400), 6)


def test_a_retry_and_what_was_kept_apart_are_counted_by_headers(client: Client, place: Place) -> None:
    assert counted(client, "ingest_event", event("1")) == {"farthing-accepted": "1"}
    sent = [event("1"), event("1", 401), event("2", subject="nobody"), event("3", data={}), event("4")]
    assert counted(client, "ingest_events", sent) == {
        "farthing-accepted": "1",
        "farthing-duplicate": "1",
        "farthing-conflict": "1",
        "farthing-quarantined": "2",
    }
    assert place.tokens(FEBRUARY) == (Decimal(800), 2)


def test_an_event_without_a_time_happens_when_it_comes(client: Client, place: Place) -> None:
    client.events.ingest_event(event("1", time=None))
    client.events.ingest_event(event("1", time=None))
    assert place.tokens(FEBRUARY) == (Decimal(0), 0)
    assert place.tokens(MARCH) == (Decimal(400), 1)


def test_an_event_without_an_identity_is_refused_in_a_sentence_and_the_others_stay(
    client: Client, place: Place
) -> None:
    with pytest.raises(HttpResponseError) as refused:
        client.events.ingest_events([event("1"), event(" "), event("2")])
    assert refused.value.status_code == 400
    assert refused.value.model.detail == (
        "1 of 3 events were not kept (event 1: The event has no id; give each event a text “id”); what else there "
        "was is kept, and sending all of them again is safe."
    )
    assert place.tokens(FEBRUARY) == (Decimal(800), 2)
    with pytest.raises(HttpResponseError) as refused:
        client.events.ingest_event(event(""))
    assert refused.value.model.detail == "The event has no id; give each event a text “id”."


@pytest.mark.parametrize("form", ["application/json", "application/cloudevents-batch+json"])
def test_an_event_larger_than_one_may_be_is_refused_and_the_others_stay(place: Place, form: str) -> None:
    usual = {"specversion": "1.0", "source": "api", "type": "completion", "subject": "acme"}
    when = {"time": "2026-02-05T10:00:00Z"}
    large = {"tokens": 1, "text": "x" * 1_200_000}
    sent = [usual | when | {"id": str(number), "data": data} for number, data in enumerate([large, {"tokens": 400}])]
    headers = {"Authorization": f"Bearer {place.key}", "Content-Type": form}
    body = json.dumps(sent).encode()
    answer = httpx2.post(f"{place.address}/api/v1/events", content=body, headers=headers, trust_env=False)
    assert (answer.status_code, answer.headers["Farthing-Accepted"]) == (400, "1")
    assert "event 0: The event is larger than 1 MB" in answer.json()["detail"]
    assert place.tokens(FEBRUARY) == (Decimal(400), 1)


def test_a_wrong_key_is_told_as_its_client_expects(place: Place) -> None:
    with Client(endpoint=place.address, token="fk_wrong") as client, pytest.raises(ClientAuthenticationError) as told:
        client.events.ingest_event(event("1"))
    assert "farthing apikey new" in told.value.model.detail
    with Client(endpoint=place.address) as client, pytest.raises(ClientAuthenticationError) as told:
        client.events.ingest_event(event("1"))
    assert "Authorization: Bearer" in told.value.model.detail


def test_the_asynchronous_client_sends_side_by_side(place: Place) -> None:
    async def send() -> None:
        async with openmeter.aio.Client(endpoint=place.address, token=place.key) as client:
            halves = [[event(str(number), 1) for number in part] for part in (range(60), range(40, 100), range(100))]
            await asyncio.gather(*(client.events.ingest_events(half) for half in halves))
            await client.events.ingest_event(event("0", 1))

    asyncio.run(send())
    assert place.tokens(FEBRUARY) == (Decimal(100), 100)
