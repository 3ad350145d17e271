"""The door answers what is usual itself, and lets the app say whose a request is when that can be read in two ways."""

from __future__ import annotations

import asyncio
import json

import httpx2
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from farthing.http_api.door import Door
from farthing.http_api.ingestion import Ingestion
from farthing.postgres.database import Database, PostgresStore
from farthing.postgres.vault import Vault
from farthing.usecases.api_keys import new_api_key
from tests.databases import DatabaseUrls
from tests.http_api.callers import NOW, HeldInstallation, event
from tests.http_api.test_ingestion import other

__all__ = ["other"]


class Behind:
    """An app that only counts what comes through to it."""

    def __init__(self) -> None:
        self.came = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.came += 1
        await PlainTextResponse("from behind the door")(scope, receive, send)


async def asked(door: Door, *headers: tuple[str, str]) -> httpx2.Response:
    transport = httpx2.ASGITransport(app=door)
    async with httpx2.AsyncClient(transport=transport, base_url="http://farthing") as client:
        return await client.post("/v1/events", content=json.dumps(event("1")).encode(), headers=list(headers))


@pytest.mark.parametrize(
    "more",
    [("Authorization", "Bearer fk_other"), ("Content-Type", "application/x-ndjson"), ("Content-Length", "3")],
    ids=["Authorization", "Content-Type", "Content-Length"],
)
def test_what_says_a_header_twice_is_left_to_the_app(
    acme: PostgresStore, shared_database: Database, more: tuple[str, str]
) -> None:
    behind, installation = Behind(), HeldInstallation(shared_database)
    door = Door(behind, installation, Ingestion(installation))
    usual = [
        ("Authorization", f"Bearer {new_api_key(acme, label='test', now=NOW)}"),
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(json.dumps(event("1"))))),
    ]
    assert asyncio.run(asked(door, *usual)).json()["accepted"] == 1
    assert behind.came == 0
    for headers in ((more, *usual), (*usual, more)):
        assert asyncio.run(asked(door, *headers)).text == "from behind the door"
    assert behind.came == 2


def test_one_who_names_two_keys_sends_for_the_same_seller_in_every_form(
    client: httpx2.Client, acme: PostgresStore, other: PostgresStore
) -> None:
    first, second = (new_api_key(store, label="test", now=NOW) for store in (acme, other))
    for number, form in enumerate(("application/json", "application/json; charset=utf-8")):
        named = [("Authorization", f"Bearer {first}"), ("Authorization", f"Bearer {second}"), ("Content-Type", form)]
        answer = client.post("/v1/events", content=json.dumps(event(str(number))).encode(), headers=named)
        assert answer.json()["accepted"] == 1
    with acme.transaction(), other.transaction():
        assert (acme.counts().accepted, other.counts().accepted) == (2, 0)


def test_a_database_that_is_busy_is_told_at_the_door_and_nothing_is_tried_again(
    acme: PostgresStore, shared_database: Database, database_urls: DatabaseUrls, vault: Vault
) -> None:
    gone = Database(database_urls.app, vault=vault)
    gone.close()
    behind = Behind()
    door = Door(behind, HeldInstallation(shared_database), Ingestion(HeldInstallation(gone)))
    key = new_api_key(acme, label="test", now=NOW)
    answer = asyncio.run(asked(door, ("Authorization", f"Bearer {key}"), ("Content-Type", "application/json")))
    assert (answer.status_code, answer.json()["code"]) == (503, "busy"), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "1"
    assert behind.came == 0
