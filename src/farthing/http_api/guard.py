"""The guard at the door: no body above the limit is read to its end, and no fault of ours shows its insides."""

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from farthing.http_api.bodies import LINES, MOST_BYTES
from farthing.http_api.lines import MOST_STREAMED_BYTES
from farthing.http_api.problems import Told, fault, problem


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
        started = False
        received = 0
        most = most_bytes(Request(scope))

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > most:
                raise too_large(most)
            return message

        async def noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        announced = Request(scope).headers.get("content-length", "0")
        try:
            if announced.isdecimal() and int(announced[:20]) > most:
                raise too_large(most)
            await self._app(scope, counted, noted)
        except Told as told:
            if started:
                raise
            answer = problem(told.status, told.code, told.detail, headers=told.headers)
            await answer(scope, receive, send)
        except Exception:
            answer = fault(scope["path"])
            if not started:
                await answer(scope, receive, send)
