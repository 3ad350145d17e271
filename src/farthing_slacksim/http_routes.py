"""The addresses an app talks to: Web API, Socket Mode, response URLs, uploads and private files."""

from __future__ import annotations

import asyncio
import base64
import json
import mimetypes
from typing import TYPE_CHECKING

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from farthing_slacksim.answers import take_answer
from farthing_slacksim.errors import SlackError
from farthing_slacksim.faults import Fault
from farthing_slacksim.model import Json
from farthing_slacksim.web_api import answer, caller

if TYPE_CHECKING:
    from farthing_slacksim.server import SlackSim


def protocol_routes(sim: SlackSim) -> list[BaseRoute]:
    addresses = _Addresses(sim)
    return [
        Route("/api/{method}", addresses.web_api, methods=["GET", "POST"]),
        WebSocketRoute("/link", sim.deliverer.sockets.serve),
        Route("/answers/{slug}", addresses.response_url, methods=["POST"]),
        Route("/upload/v1/{slug}", addresses.upload, methods=["POST", "PUT"]),
        Route("/files-pri/{key}/{name}", addresses.private_file),
    ]


class _Addresses:
    def __init__(self, sim: SlackSim) -> None:
        self._sim = sim

    async def web_api(self, request: Request) -> Response:
        method = request.path_params["method"]
        fault = self._sim.faults.take(method)
        if fault is not None and fault.kind not in ("slow", "drop_after_accept"):
            return await self._undone(request, method, fault)
        arguments: Json = {}
        try:
            arguments = await merged_arguments(request)
            token = bearer(request) or arguments.pop("token", None)
            if method == "oauth.v2.access":
                answered, headers = {"ok": True, **self._sim.oauth.access(arguments | _client(request))}, {}
                arguments.pop("client_secret", None)
            else:
                wait = self._wait_for(method, token, arguments)
                if wait is not None:
                    return self._limited(method, wait)
                answered = answer(self._sim, method, token, arguments)
                headers = self._scope_headers(token)
        except SlackError as error:
            answered, headers = error.answer(), {}
        self._sim.traffic.note("in", method, arguments, answered)
        return await self._late_or_lost(request, fault, JSONResponse(answered, headers=headers))

    async def response_url(self, request: Request) -> Response:
        body: object = None
        fault = self._sim.faults.take("response_url")
        if fault is not None and fault.kind not in ("slow", "drop_after_accept"):
            return await self._undone(request, "response_url", fault)
        try:
            url = self._sim.workspace.passes.use_response_url(request.path_params["slug"])
            body = await _json_body(request)
            take_answer(self._sim, url, body)
            reply: Response = PlainTextResponse("ok")
            said: object = "ok"
        except SlackError as error:
            said = error.answer()
            reply = JSONResponse(said, status_code=404 if error.code in _GONE else 200)
        self._sim.traffic.note("in", "response_url", body, said)
        return await self._late_or_lost(request, fault, reply)

    async def upload(self, request: Request) -> Response:
        file = self._sim.workspace.files.by_upload_slug(request.path_params["slug"])
        if file is None or file.completed:
            return PlainTextResponse("upload not found", status_code=404)
        content = await _uploaded_bytes(request)
        if len(content) != file.size:
            return PlainTextResponse("length does not match", status_code=400)
        file.content, file.uploaded = content, True
        self._sim.traffic.note("in", "upload", {"file": file.id, "bytes": content}, "OK")
        return PlainTextResponse(f"OK - {len(content)}")

    async def private_file(self, request: Request) -> Response:
        """A file's bytes for an app's token with files:read; the page serves people by itself."""
        try:
            app = caller(self._sim, bearer(request))
        except SlackError:
            return PlainTextResponse("Sign in first.\n", status_code=403)
        file = self._sim.workspace.files.get(request.path_params["key"].rpartition("-")[2])
        if file is None or "files:read" not in app.scopes:
            return PlainTextResponse("No such file.\n", status_code=404)
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        return Response(file.content, media_type=kind)

    async def _undone(self, request: Request, method: str, fault: Fault) -> Response:
        """The fault comes before anything was done."""
        if fault.kind == "rate_limit":
            return self._limited(method, fault.retry_after)
        self._sim.traffic.note("in", method, {}, {"fault": fault.kind})
        if fault.kind == "fail":
            return PlainTextResponse("fault", status_code=fault.status)
        if fault.kind == "time_out":
            await asyncio.sleep(fault.seconds)
        self._sim.cut_connection(request.scope["client"])
        return _Silence()

    async def _late_or_lost(self, request: Request, fault: Fault | None, reply: Response) -> Response:
        """The fault comes after everything was done."""
        if fault is not None and fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
        if fault is not None and fault.kind == "drop_after_accept":
            self._sim.cut_connection(request.scope["client"])
            return _Silence()
        return reply

    def _wait_for(self, method: str, token: str | None, arguments: Json) -> int | None:
        team_id = caller(self._sim, token).team_id if self._sim.limits.enforced else ""
        channel = str(arguments.get("channel", ""))
        return self._sim.limits.wait_for(method, team_id, channel, self._sim.common.now())

    def _limited(self, method: str, retry_after: int) -> Response:
        limited = {"ok": False, "error": "ratelimited"}
        self._sim.traffic.note("in", method, {}, limited)
        return JSONResponse(limited, status_code=429, headers={"Retry-After": str(retry_after)})

    def _scope_headers(self, token: str | None) -> dict[str, str]:
        app = caller(self._sim, token)
        if token == app.app_token:
            return {"x-oauth-scopes": "connections:write"}
        return {"x-oauth-scopes": ",".join(app.scopes)}


_GONE = ("no_hook", "expired_url", "used_url")


class _Silence(Response):
    """No answer at all: the connection is gone."""

    async def __call__(self, *_: object) -> None:
        # The server learns of the cut connection in its next turn, and must have before this ends.
        await asyncio.sleep(0.01)


def _client(request: Request) -> Json:
    """The app's id and secret, when they come as HTTP's own name and password."""
    kind, _, written = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return {}
    try:
        client_id, _, secret = base64.b64decode(written).decode().partition(":")
    except ValueError:
        return {}
    return {"client_id": client_id, "client_secret": secret}


def bearer(request: Request) -> str | None:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" and token.strip() else None


async def merged_arguments(request: Request) -> Json:
    """Query, then form, then JSON body; of one name given twice, the later counts."""
    arguments: Json = dict(request.query_params)
    content_type = request.headers.get("content-type", "").partition(";")[0].strip()
    if request.method != "POST":
        return arguments
    if content_type in ("application/x-www-form-urlencoded", "multipart/form-data"):
        form = await request.form()
        return arguments | {name: value for name, value in form.items() if isinstance(value, str)}
    if content_type == "application/json":
        body = await _json_body(request)
        if not isinstance(body, dict):
            raise SlackError("json_not_object")
        return arguments | body
    if content_type and await request.body():
        raise SlackError("invalid_post_type")
    return arguments


async def _json_body(request: Request) -> object:
    body = await request.body()
    try:
        # The SDK names the type even where a method takes no argument and there is nothing to send.
        return json.loads(body) if body else {}
    except ValueError:
        raise SlackError("invalid_json") from None


async def _uploaded_bytes(request: Request) -> bytes:
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        for value in (await request.form()).values():
            if isinstance(value, UploadFile):
                return await value.read()
        return b""
    return await request.body()
