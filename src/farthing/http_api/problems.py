"""Problems: every error of the API is told in one form, as RFC 9457 has it, with a sentence a person can act on."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match

from farthing.core.refused import Busy, Clash, Forbidden, Refused, Unknown
from farthing.http_api.decode import encode_json
from farthing.logs import get_logger

MEDIA_TYPE = "application/problem+json"
_STATUS: tuple[tuple[type[Refused], int, str], ...] = (
    (Unknown, 404, "unknown"),
    (Forbidden, 403, "forbidden"),
    (Clash, 409, "clash"),
    (Busy, 503, "busy"),
    (Refused, 422, "refused"),
)
_WORDS: dict[str, str] = {
    "missing": "“{field}” is missing",
    "extra_forbidden": "“{field}” means nothing here",
    "string_type": "“{field}” must be text, in quotes",
    "int_type": "“{field}” must be a whole number",
    "dict_type": "“{field}” must be a JSON object: names with values, in braces",
    "list_type": "“{field}” must be a JSON list, in brackets",
    "int_parsing": "“{field}” must be a whole number",
    "json_invalid": "the body is not JSON",
    "model_attributes_type": "the body must be a JSON object, sent as application/json",
    "date_parsing": "“{field}” must be a date such as 2026-01-31",
    "date_from_datetime_parsing": "“{field}” must be a date such as 2026-01-31",
}
_NOT_JSON = "The body is not JSON in UTF-8; check its quotes, commas and brackets."
log = get_logger()


class Problem(BaseModel):
    """What went wrong and how to mend it."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "example": {
                "type": "about:blank",
                "title": "Not Found",
                "status": 404,
                "detail": "There is no customer “acmee” here. Did you mean acme?",
                "code": "unknown",
                "field": "customer",
            }
        },
    )

    type: str = Field(default="about:blank", description="Always about:blank: `code` says which kind it is.")
    title: str = Field(description="The status in words.")
    status: int
    detail: str = Field(description="One sentence: what is wrong and how to mend it.")
    code: str = Field(description="A word that programs can go by; it does not change.")
    field: str | None = Field(default=None, description="What it is about, when it is one thing.")
    reference: str | None = Field(default=None, description="For a fault of ours: what to quote when reporting it.")


class Told(Exception):
    """A problem of the edge itself, such as a body that is too large."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        field: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.headers, self.field = status, code, detail, headers, field

    @classmethod
    def of(cls, refusal: Refused) -> Told:
        """A refusal as the API tells it."""
        status, code = next((status, code) for kind, status, code in _STATUS if isinstance(refusal, kind))
        headers = {"Retry-After": "1"} if status == 503 else None
        return cls(status, code, refusal.sentence, headers=headers, field=refusal.field)


def problem(status: int, code: str, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> Response:
    """The answer that tells it."""
    told = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, "code": code}
    told |= {name: value for name, value in more.items() if value is not None}
    return Response(encode_json(told), status_code=status, media_type=MEDIA_TYPE, headers=dict(headers or {}))


def fault(path: str) -> Response:
    """The answer to a fault of ours: a reference, under which the log has the trace."""
    reference = secrets.token_hex(6)
    log.exception("a fault while answering", path=path, reference=reference)
    sentence = f"Farthing ran into a fault of its own; nothing was changed. Please report the reference {reference}."
    return problem(500, "fault", sentence, reference=reference)


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """How an operation's problems are written in the OpenAPI document."""
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: schema}}
        for status in sorted({401, 422, 500, *statuses})
    }


def tell_problems(app: FastAPI) -> None:
    """Let every error of this app be told as a problem."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(Told, _told)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(ClientDisconnect, _broken_off)


def _refused(request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refused)
    return _told(request, Told.of(refusal))


def _told(request: Request, told: Exception) -> Response:  # noqa: ARG001
    assert isinstance(told, Told)
    return problem(told.status, told.code, told.detail, headers=told.headers, field=told.field)


def _not_valid(request: Request, fault: Exception) -> Response:  # noqa: ARG001
    assert isinstance(fault, RequestValidationError)
    errors = [_in_words(error) for error in fault.errors()]
    told = "; ".join(error["detail"] for error in errors[:5])
    more = "" if len(errors) <= 5 else f"; and {len(errors) - 5} more"
    if errors[0].pop("not_json"):
        return problem(400, "not_json", _NOT_JSON)
    return problem(
        422,
        "invalid",
        f"{told[0].upper()}{told[1:]}{more}.",
        field=errors[0]["field"],
        errors=[{"field": error["field"], "detail": error["detail"]} for error in errors],
    )


def _in_words(error: Mapping[str, Any]) -> dict[str, Any]:
    """One fault that pydantic found, as we would say it."""
    path = [str(part) for part in error["loc"][1:]]
    field = ".".join(path) or "body"
    words = _WORDS.get(error["type"])
    if words is None:
        message = str(error["msg"]).removeprefix("Value error, ")
        words = message if error["type"] == "value_error" else f"“{{field}}”: {message[0].lower()}{message[1:]}"
        # What people sent may be in it, so that only a name in quotes is put in.
        words = words.replace("“{field}”", f"“{field}”")
        return {"field": field, "detail": words.rstrip("."), "not_json": False}
    return {"field": field, "detail": words.replace("{field}", field), "not_json": error["type"] == "json_invalid"}


def _http(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, HTTPException)
    if isinstance(fault.__cause__, Told):
        # What we told while the body was being read comes to us as a body that could not be read.
        return _told(request, fault.__cause__)
    if fault.status_code == 404:
        return problem(404, "no_such_address", f"There is nothing at {request.url.path[:200]}; see /docs.")
    if fault.status_code == 405:
        allowed = _methods_at(request)
        detail = f"{request.method} is not possible here; use {' or '.join(allowed) or 'another method'}."
        return problem(405, "method_not_allowed", detail, headers={"Allow": ", ".join(allowed)})
    if fault.status_code == 400:
        return problem(400, "not_json", _NOT_JSON)
    return problem(fault.status_code, "bad_request", f"{str(fault.detail).rstrip('.')}.", headers=fault.headers)


def _broken_off(request: Request, fault: Exception) -> Response:  # noqa: ARG001
    # Whoever was there hung up before the end of the body, so this is for nobody; it is no fault of ours, though.
    return problem(400, "broken_off", "The connection broke; send everything again.")


def _methods_at(request: Request) -> list[str]:
    """What is possible at this address, over all routes that lead there; Starlette names those of the first."""
    routes = (route for route in request.app.routes if route.matches(request.scope)[0] is not Match.NONE)
    return sorted({method for route in routes for method in getattr(route, "methods", None) or ()})
