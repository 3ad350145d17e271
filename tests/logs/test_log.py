"""The log of a fault says where it happened, and holds no secret: no key, no token, no password, no code."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx2
import psycopg
import pytest

from farthing.documents.printer import Printer
from farthing.http_api.app import make_app
from farthing.logs import LONGEST_ENTRY, get_logger, log_to_stderr, redacted
from farthing.postgres.database import Database, PostgresStore
from farthing.usecases.api_keys import new_api_key
from tests.databases import DatabaseUrls
from tests.http_api.callers import NOW, HeldInstallation

SECRETS = {
    "fk_WtZ6Dwv1S1-LrSAEEpJvrdDgZQhQ": "an API key",
    "xoxb-1234-5678-AbCd": "a bot token",
    "xapp-1-A0-99-abcdef": "an app token",
    "Zm9v.YmFy": "what follows Bearer",
    "s3cr3t/with:signs": "a database's password",
    "hunter2": "a password among a connection's words",
    "AB2D-EFGH-JK45": "the first owner's code",
    "T1/2/whoeverHasItMayPost": "a response URL",
}
SENTENCE = (
    "fk_WtZ6Dwv1S1-LrSAEEpJvrdDgZQhQ, ('xoxb-1234-5678-AbCd'), app_token=xapp-1-A0-99-abcdef; "
    "b'Bearer Zm9v.YmFy' postgresql://farthing:s3cr3t/with:signs@db:5432/books host=db password=hunter2 user=farthing "
    "“AB2D-EFGH-JK45” https://hooks.slack.com/commands/T1/2/whoeverHasItMayPost"
)


def leaked(text: str) -> list[str]:
    """The secrets of these tests that a text tells."""
    return [what for secret, what in SECRETS.items() if secret in text]


@pytest.fixture(autouse=True)
def _set_up_as_the_product_does() -> Iterator[None]:
    before = logging.getLogger().handlers[:]
    log_to_stderr("info")
    yield
    logging.getLogger().handlers[:] = before


def go_wrong(held: str) -> None:
    key = f"{held} {SENTENCE}"
    raise RuntimeError(f"a fault that tells {key}")


def test_whatever_looks_like_a_secret_is_hidden_and_the_rest_can_be_read() -> None:
    assert len(leaked(SENTENCE)) == len(SECRETS), "the sentence holds each of them"
    assert leaked(redacted(SENTENCE)) == []
    assert "host=db password=[hidden] user=farthing" in redacted(SENTENCE)
    assert "postgresql://farthing:[hidden]@db:5432/books" in redacted(SENTENCE)


@pytest.mark.parametrize(
    "harmless",
    [
        "http://127.0.0.1:8400/v1/events",
        "3f2b8c1e-aaaa-4bbb-8ccc-1234567890ab of 2026-01-31T10:00:00Z",
        "No customer has the key “acmee”; create the customer and replay.",
        "File serving.py, line 12, in _close",
    ],
)
def test_what_is_no_secret_stays_as_it_is(harmless: str) -> None:
    assert redacted(harmless) == harmless


def test_our_own_log_tells_a_fault_without_its_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        go_wrong("ours")
    except RuntimeError:
        get_logger().exception("it failed", sentence=SENTENCE, signing_secret="8f742231b10e", customer="acme")
    told = capsys.readouterr().err
    assert "it failed" in told
    assert "customer=acme" in told
    assert "in go_wrong" in told
    assert "8f742231b10e" not in told
    assert leaked(told) == []


def test_other_peoples_libraries_log_through_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        go_wrong("theirs")
    except RuntimeError:
        logging.getLogger("slack_sdk").exception("they failed with %s", SENTENCE)
    logging.getLogger("slack_sdk").info("they sent something")
    told = capsys.readouterr().err
    assert "they failed with" in told
    assert "in go_wrong" in told
    assert "they sent" not in told
    assert leaked(told) == []


def test_without_being_set_up_it_is_no_less_discreet(caplog: pytest.LogCaptureFixture) -> None:
    try:
        go_wrong("early")
    except RuntimeError:
        get_logger().exception("it failed", sentence=SENTENCE)
    assert "in go_wrong" in caplog.text
    assert leaked(caplog.text) == []


@pytest.mark.parametrize(("level", "told"), [("debug", 4), ("info", 3), ("warning", 2), ("error", 1)])
def test_the_level_says_what_is_told(capsys: pytest.CaptureFixture[str], level: str, told: int) -> None:
    log_to_stderr(level)
    log = get_logger()
    for say in (log.debug, log.info, log.warning, log.error):
        say("told once")
    assert capsys.readouterr().err.count("told once") == told


def test_an_entry_without_end_is_cut_in_its_middle(capsys: pytest.CaptureFixture[str]) -> None:
    get_logger().error("it began", sentence="x" * 100_000 + " and went wrong")
    told = capsys.readouterr().err
    assert "it began" in told
    assert "and went wrong" in told
    assert len(told) < LONGEST_ENTRY + 200


def test_a_row_that_the_database_refused_is_not_repeated(
    capsys: pytest.CaptureFixture[str], database_urls: DatabaseUrls
) -> None:
    name = "Acme\nGmbH"
    with psycopg.connect(database_urls.owner) as owner:
        owner.execute("CREATE TEMPORARY TABLE names (name text CHECK (length(name) < 3))")
        try:
            owner.execute("INSERT INTO names VALUES (%s)", [name])
        except psycopg.errors.CheckViolation:
            get_logger().exception("it failed")
    told = capsys.readouterr().err
    assert "violates check constraint" in told
    assert "Acme" not in told
    assert "GmbH" not in told


@dataclass(frozen=True)
class OutOfOrder(HeldInstallation):
    """An installation without a clock."""

    def now(self, store: Any) -> datetime:  # noqa: ARG002
        raise RuntimeError("the clock has stopped")


def test_a_fault_while_answering_is_logged_without_the_callers_key(
    capsys: pytest.CaptureFixture[str], shared_database: Database, store: PostgresStore
) -> None:
    key = new_api_key(store, label="test", now=NOW)
    app = make_app(OutOfOrder(shared_database), Printer())

    async def ask() -> httpx2.Response:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://test") as client:
            return await client.get("/v1/customers", headers={"Authorization": f"Bearer {key}"})

    answer = asyncio.run(ask())
    told = capsys.readouterr().err
    assert answer.status_code == 500
    assert answer.json()["reference"] in told
    assert "the clock has stopped" in told
    assert key[:12] not in told.replace("\n", "")
    assert len(told) < 20_000
