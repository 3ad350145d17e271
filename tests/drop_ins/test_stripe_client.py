"""Stripe's own client sends its meter events here unchanged but for the address: each counts once."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import httpx2
import pytest
import stripe

from tests.drop_ins.conftest import FEBRUARY, MARCH, Place

FIFTH = 1770285600  # 5 February 2026, 10:00 UTC.


def event(identifier: str | None, tokens: int = 400, **members: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "event_name": "completion",
        "timestamp": FIFTH,
        "payload": {"stripe_customer_id": "acme", "tokens": str(tokens), "model": "large"},
    }
    said = {"identifier": identifier} | usual | members
    return {name: value for name, value in said.items() if value is not None}


@pytest.fixture
def client(place: Place) -> stripe.StripeClient:
    return stripe.StripeClient(place.key, base_addresses={"api": place.address}, max_network_retries=2)


def test_a_meter_event_is_taken_once_and_shown_as_stripe_shows_it(client: stripe.StripeClient, place: Place) -> None:
    for _ in range(2):
        shown = client.v1.billing.meter_events.create(event("m1"))
        assert (shown.object, shown.event_name, shown.identifier) == ("billing.meter_event", "completion", "m1")
        assert (shown.timestamp, shown.livemode) == (FIFTH, False)
        assert shown.payload["stripe_customer_id"] == "acme"
    assert place.tokens(FEBRUARY) == (Decimal(400), 1)


def test_without_an_identifier_the_request_has_one_that_its_retries_share(
    client: stripe.StripeClient, place: Place
) -> None:
    for _ in range(2):
        shown = client.v1.billing.meter_events.create(event(None), {"idempotency_key": "the same request"})
    assert shown.identifier == "the same request"
    client.v1.billing.meter_events.create(event(None))
    client.v1.billing.meter_events.create(event(None))
    assert place.tokens(FEBRUARY) == (Decimal(1200), 3)


def test_the_asynchronous_way_to_call_it_sends_too(client: stripe.StripeClient, place: Place) -> None:
    async def send() -> None:
        create = client.v1.billing.meter_events.create_async
        await asyncio.gather(*(create(event(f"m{number}", 1, timestamp=None)) for number in range(20)))

    asyncio.run(send())
    assert place.tokens(MARCH) == (Decimal(20), 20)


def test_an_identifier_that_says_something_else_is_an_error_that_is_not_tried_again(
    client: stripe.StripeClient, place: Place
) -> None:
    client.v1.billing.meter_events.create(event("m1"))
    with pytest.raises(stripe.InvalidRequestError) as told:
        client.v1.billing.meter_events.create(event("m1", 401))
    assert (told.value.http_status, told.value.code, told.value.param) == (400, "resource_already_exists", "identifier")
    assert "both are kept for you to compare" in str(told.value.user_message)
    assert place.tokens(FEBRUARY) == (Decimal(400), 1)


def test_what_is_kept_apart_is_no_error_and_is_told(client: stripe.StripeClient, place: Place) -> None:
    shown = client.v1.billing.meter_events.create(event("m1", payload={"stripe_customer_id": "cus_1", "tokens": "1"}))
    assert shown.last_response.headers["Farthing-Quarantined"] == "1"
    assert "No customer has the key “cus_1”" in shown["farthing"]["reason"]
    assert place.tokens(FEBRUARY) == (Decimal(0), 0)


def test_a_wrong_key_is_told_as_its_client_expects(place: Place) -> None:
    client = stripe.StripeClient("fk_wrong", base_addresses={"api": place.address})
    with pytest.raises(stripe.AuthenticationError) as told:
        client.v1.billing.meter_events.create(event("m1"))
    assert "farthing apikey new" in str(told.value.user_message)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "refused"),
        (b"event_name=completion", "refused"),
        (b"identifier=1&identifier=2", "parameter_twice"),
        (b"identifier=1&colour=red", "parameter_unknown"),
        (b"&".join(b"payload[%d]=1" % number for number in range(500)), "refused"),
        (b"identifier=%FF&event_name=completion", "refused"),
        (b"identifier=" + b"a" * 300, "refused"),
    ],
    ids=["nothing", "no identity", "twice", "unknown", "many", "no text", "long"],
)
def test_whatever_is_sent_is_answered_in_words(place: Place, body: bytes, code: str) -> None:
    headers = {"Authorization": f"Bearer {place.key}", "Content-Type": "application/x-www-form-urlencoded"}
    answer = httpx2.post(f"{place.address}/v1/billing/meter_events", content=body, headers=headers, trust_env=False)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code), answer.text
    assert answer.json()["error"]["message"].endswith(".")


def test_an_event_larger_than_one_may_be_is_not_taken(place: Place) -> None:
    headers = {"Authorization": f"Bearer {place.key}", "Content-Type": "application/x-www-form-urlencoded"}
    body = b"event_name=completion&identifier=1&payload[text]=" + b"x" * 1_200_000
    answer = httpx2.post(f"{place.address}/v1/billing/meter_events", content=body, headers=headers, trust_env=False)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large"), answer.text
    assert "larger than 1 MB" in answer.json()["error"]["message"]
