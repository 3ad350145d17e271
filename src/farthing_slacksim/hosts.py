"""Only requests that name this machine are heard, so that no web page elsewhere can reach the simulator."""

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_ALLOWED = {"127.0.0.1", "localhost", "[::1]"}


class LoopbackOnly:
    """Refuses every request, WebSockets too, whose Host header is not an address of this machine."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
            if len(hosts) != 1 or without_port(hosts[0]) not in _ALLOWED:
                refusal = PlainTextResponse("Open the simulator by its address 127.0.0.1.\n", status_code=421)
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)


def without_port(host: str) -> str:
    """
    >>> without_port("127.0.0.1:8123"), without_port("[::1]:80"), without_port("localhost")
    ('127.0.0.1', '[::1]', 'localhost')
    """
    if host.startswith("["):
        return host.split("]")[0] + "]"
    return host.split(":")[0].lower()
