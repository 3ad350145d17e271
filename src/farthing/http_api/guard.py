"""The guard at the door: no body above the limit is read to its end, and no fault of ours shows its insides."""

import asyncio
import contextlib

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from farthing.http_api.bodies import LINES, MOST_BYTES
from farthing.http_api.lines import MOST_STREAMED_BYTES
from farthing.http_api.problems import Told, fault, problem

# How much, and how long, of what is too large is let pass before the connection is closed.
_LISTENS_BYTES = 64 * 1024 * 1024
_LISTENS_SECONDS = 5.0


def most_bytes(request: Request) -> int:
    """How large this request's body may be: what is read as a stream, line by line, may be larger."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return MOST_STREAMED_BYTES if request.url.path == "/v1/events" and media_type in LINES else MOST_BYTES


def too_large(most: int) -> Told:
    """The problem of a body above its limit."""
    sentence = f"The body is larger than {most // 1024 // 1024} MB; send it in smaller parts."
    return Told(413, "too_large", sentence, headers={"Connection": "close"})


class Guard:
    """ASGI middleware around the whole app."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting what it brings."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Request(scope).headers
        announced = headers.get("content-length", "0")
        started = False
        has_more = announced != "0" or "transfer-encoding" in headers
        received = 0
        most = most_bytes(Request(scope))

        async def heard() -> Message:
            nonlocal has_more
            message = await receive()
            has_more = message["type"] == "http.request" and bool(message.get("more_body"))
            return message

        async def counted() -> Message:
            nonlocal received
            message = await heard()
            received += len(message.get("body", b""))
            if received > most:
                raise too_large(most)
            return message

        async def noted(message: Message) -> None:
            nonlocal started
            started = True
            if message["type"] != "http.response.body" or message.get("more_body") or not has_more:
                await send(message)
                return
            # A connection that is closed while bytes arrive is reset, and the answer on it lost: many senders look
            # for one only when they have sent everything.
            await send({**message, "more_body": True})
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LISTENS_SECONDS):
                    let_pass = 0
                    while has_more and let_pass < _LISTENS_BYTES:
                        let_pass += len((await heard()).get("body", b""))
            await send({"type": "http.response.body", "body": b""})

        try:
            if announced.isdecimal() and int(announced[:20]) > most:
                raise too_large(most)
            await self._app(scope, counted, noted)
        except Told as told:
            if started:
                raise
            answer = problem(told.status, told.code, told.detail, headers=told.headers)
            await answer(scope, receive, noted)
        except Exception:
            answer = fault(scope["path"])
            if not started:
                await answer(scope, receive, noted)
