"""Who may change anything here: only this page itself, by a token it was given and the address it came from."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

Endpoint = Callable[[Request], Awaitable[Response]]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; font-src 'self'; "
    "img-src 'self' https: http://127.0.0.1:* http://localhost:*; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    """Holds the token of this run; pages carry it, and every change must bring it back."""

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(24)

    def reads(self, endpoint: Endpoint) -> Endpoint:
        """An endpoint that only shows something."""

        async def guarded(request: Request) -> Response:
            return _with_headers(await endpoint(request))

        return guarded

    def changes(self, endpoint: Endpoint) -> Endpoint:
        """An endpoint that does something: refused unless this page itself asked for it."""

        async def guarded(request: Request) -> Response:
            refusal = await self._refusal(request)
            if refusal:
                return _with_headers(JSONResponse({"ok": False, "notice": refusal}, status_code=403))
            return _with_headers(await endpoint(request))

        return guarded

    async def _refusal(self, request: Request) -> str | None:
        origin = request.headers.get("origin")
        # A browser names the page a POST came from; what names none is no page of ours.
        if origin is None or origin != f"http://{request.headers.get('host', '')}":
            return "This came from another page: open the simulator by its own address and try again."
        form = await request.form()
        given = request.headers.get("x-csrf-token") or form.get("csrf")
        if not isinstance(given, str) or not secrets.compare_digest(given.encode(), self.token.encode()):
            return "This page is from an earlier run of the simulator: reload it and try again."
        return None


def _with_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
