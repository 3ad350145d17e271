"""The door for usage: what is usual goes straight to ingestion; every other request goes on to the API as a whole.

A framework's routing costs as much as keeping some hundred events, so requests that bring nothing but sound events
with a known key do not pass through it. What is answered is the same, and so is everything that is refused.
"""

from __future__ import annotations

import json
import time
from uuid import UUID

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from farthing.core.refused import Refused
from farthing.http_api.decode import encode_json
from farthing.http_api.ingestion import Answer, Ingestion, rate_limit
from farthing.http_api.problems import Told as ToldProblem
from farthing.http_api.problems import problem
from farthing.http_api.sent import read_quickly
from farthing.http_api.tally import Tally
from farthing.usecases.api_keys import seller_of
from farthing.usecases.ports import Installation

# Larger bodies are not waited for here, since all others would wait with them.
_MOST_BYTES = 256 * 1024
_FORMS = (b"application/json", b"application/cloudevents+json", b"application/cloudevents-batch+json")
_KEY_KNOWN_SECONDS = 5.0
_MOST_KEYS = 10_000
_SAID_ONCE = (b"authorization", b"content-type", b"content-length")


class Keys:
    """Whose API key this is, known for some seconds: so long after a key was revoked it may still be used."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._known: dict[bytes, tuple[UUID, float]] = {}

    def known(self, authorization: bytes) -> UUID | None:
        """The seller, where it was looked up lately."""
        found = self._known.get(authorization)
        return found[0] if found is not None and time.monotonic() < found[1] else None

    async def look_up(self, authorization: bytes) -> UUID | None:
        """The seller whose key it is; None when it is nobody's, or cannot be looked up."""
        kind, _, key = authorization.decode("latin-1").partition(" ")
        if kind.lower() != "bearer":
            return None
        try:
            seller_id = await run_in_threadpool(seller_of, self._installation, key.strip())
        except Exception:
            # The app asks again, and says what is the matter, such as a database that cannot be reached.
            return None
        if seller_id is not None:
            if len(self._known) > _MOST_KEYS:
                self._known.clear()
            self._known[authorization] = (seller_id, time.monotonic() + _KEY_KNOWN_SECONDS)
        return seller_id


class Door:
    """ASGI middleware in front of the app."""

    def __init__(self, app: ASGIApp, installation: Installation, ingestion: Ingestion) -> None:
        self._app = app
        self._keys = Keys(installation)
        self._ingestion = ingestion

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Keep what is usual; pass everything else on, with the body as far as it was read."""
        usual = _usual(scope)
        if usual is None:
            await self._app(scope, receive, send)
            return
        authorization, form = usual
        body, messages = await _read(receive)
        seller_id = self._keys.known(authorization) or await self._keys.look_up(authorization)
        sent = None if body is None or seller_id is None else read_quickly(body, form.decode())
        if sent is None or body is None or seller_id is None:
            await self._app(scope, _again(messages, receive), send)
            return
        try:
            told = await self._ingestion.keep(seller_id, sent.plain, sent.others, size_bytes=sent.size_bytes)
        except (ToldProblem, Refused) as fault:
            full = ToldProblem.of(fault) if isinstance(fault, Refused) else fault
            answer = problem(full.status, full.code, full.detail, headers=full.headers, field=full.field)
            await answer(scope, receive, send)
            return
        except Exception:
            # The app says what is the matter; events that were kept after all are the same events there.
            await self._app(scope, _again(messages, receive), send)
            return
        await _answer(send, _told(len(sent.plain), sent.refused | dict(told)), self._ingestion)


def _usual(scope: Scope) -> tuple[bytes, bytes] | None:
    """The authorization and the media type of a request that brings usage in a usual form; None for every other.

    One that says any of these headers twice is not usual: which of the two counts is for the app to say.
    """
    if scope["type"] != "http" or scope["path"] != "/v1/events" or scope["method"] != "POST" or scope["query_string"]:
        return None
    authorization: bytes | None = None
    length, form = 0, _FORMS[0]
    names = [name for name, _ in scope["headers"] if name in _SAID_ONCE]
    if len(names) > len(set(names)):
        return None
    for name, value in scope["headers"]:
        if name == b"authorization":
            authorization = value
        elif name == b"content-type":
            form = value
        elif name == b"content-length":
            length = int(value) if value.isdigit() and len(value) < 10 else _MOST_BYTES + 1
        elif name in (b"content-encoding", b"transfer-encoding", b"expect"):
            return None
    if authorization is None or form not in _FORMS or not 0 < length <= _MOST_BYTES:
        return None
    return authorization, form


async def _read(receive: Receive) -> tuple[bytes | None, list[Message]]:
    """The whole body, None when it broke off; and the messages it came in."""
    messages: list[Message] = []
    while True:
        message = await receive()
        messages.append(message)
        if message["type"] != "http.request":
            return None, messages
        if not message.get("more_body"):
            break
    if len(messages) == 1:
        return messages[0].get("body", b""), messages
    return b"".join(message.get("body", b"") for message in messages), messages


def _again(messages: list[Message], receive: Receive) -> Receive:
    """What was received already, and then what comes."""
    left = iter(messages)

    async def receive_again() -> Message:
        for message in left:
            return message
        return await receive()

    return receive_again


def _told(many: int, told: Answer) -> bytes:
    if not told:
        return b'{"accepted":%d,"duplicate":0,"conflict":0,"quarantined":0,"refused":0,"events":[],"more":0}' % many
    tally = Tally()
    tally.add_accepted(many - len(told))
    for index in sorted(told):
        tally.add(index, told[index].outcome, told[index].reason)
    return encode_json(json.loads(tally.told().model_dump_json()))


async def _answer(send: Send, body: bytes, ingestion: Ingestion) -> None:
    most, rest = ingestion.room()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    headers += [(name.lower().encode(), value.encode()) for name, value in rate_limit(most, rest, 1).items()]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
