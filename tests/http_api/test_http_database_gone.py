"""While the database cannot be reached, every answer says so in words and asks to come back later."""

from __future__ import annotations

import asyncio
import json

import httpx2
import pytest

from farthing.documents.printer import Printer
from farthing.http_api.app import make_app
from farthing.postgres.database import Database
from farthing.postgres.vault import Vault
from tests.databases import DatabaseUrls
from tests.http_api.callers import HeldInstallation, event


@pytest.mark.parametrize(
    ("method", "path", "body", "media_type"),
    [
        ("POST", "/v1/events", json.dumps(event("1")), "application/json"),
        ("POST", "/v1/events", json.dumps([event("1")]), "application/cloudevents-batch+json"),
        ("POST", "/v1/events", json.dumps(event("1")), "application/x-ndjson"),
        ("GET", "/v1/customers", "", "application/json"),
        ("GET", "/health", "", "application/json"),
    ],
)
def test_a_database_that_is_gone_is_told_as_busy(
    database_urls: DatabaseUrls, vault: Vault, method: str, path: str, body: str, media_type: str
) -> None:
    database = Database(database_urls.app, vault=vault)
    database.close()
    answer = asyncio.run(_asked(make_app(HeldInstallation(database), Printer()), method, path, body, media_type))
    assert (answer.status_code, answer.json()["code"]) == (503, "busy"), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"]
    assert answer.json()["detail"].endswith(".")


async def _asked(app: object, method: str, path: str, body: str, media_type: str) -> httpx2.Response:
    transport = httpx2.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx2.AsyncClient(transport=transport, base_url="http://farthing") as client:
        headers = {"Authorization": "Bearer fk_1", "Content-Type": media_type}
        return await client.request(method, path, content=body.encode(), headers=headers)
