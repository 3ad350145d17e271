"""The guard at the door: no body above the limit is read to its end, and no fault of ours shows its insides."""

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from farthing.http_api.problems import Told, fault, problem

MOST_BYTES = 10 * 1024 * 1024
TOO_LARGE = f"The body is larger than {MOST_BYTES // 1024 // 1024} MB; send it in smaller parts."


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

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > MOST_BYTES:
                raise Told(413, "too_large", TOO_LARGE, headers={"Connection": "close"})
            return message

        async def noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        announced = Request(scope).headers.get("content-length", "0")
        try:
            if announced.isdecimal() and int(announced[:20]) > MOST_BYTES:
                raise Told(413, "too_large", TOO_LARGE, headers={"Connection": "close"})
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
