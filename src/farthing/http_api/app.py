"""The app of the API: its routes, its one form of errors, and its description as OpenAPI 3.1."""

from __future__ import annotations

import html
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from farthing.http_api import (
    batches,
    books,
    budgets,
    collecting,
    conflicts,
    corrections,
    coupons,
    credit_notes,
    credits,
    customers,
    discarding,
    drafts,
    entities,
    entitlements,
    events,
    invoices,
    notices,
    papers,
    payments,
    prices,
    quality,
    quarantine,
    reservations,
    sandboxes,
    subscription_changes,
    subscriptions,
    taxes,
    usage,
    usage_windows,
)
from farthing.http_api.door import Door
from farthing.http_api.drop_ins import shared_address, stripe
from farthing.http_api.guard import Guard
from farthing.http_api.ingestion import Ingestion
from farthing.http_api.problems import Problem, responses, tell_problems
from farthing.usecases.document_ports import Documents
from farthing.usecases.ports import Installation

_ABOUT = """Usage events go in, exact invoices come out.

Money and quantities are decimal text, never JSON numbers. Instants are UTC. Every error is an RFC 9457 problem
with a sentence in `detail` and a stable word in `code`; addresses of other sellers' things answer like unknown
ones. A POST with an `Idempotency-Key` is done once, however often it is sent; usage events and
corrections need none, since each carries its own identity: its `source` and `id`."""


class Health(BaseModel):
    """The service answers, and so does its database."""

    status: str = "ok"


def make_app(installation: Installation, documents: Documents) -> FastAPI:
    """The ASGI app that serves this installation."""
    app = FastAPI(title="Farthing", version=version("farthing"), docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.installation = installation
    app.state.documents = documents
    app.state.ingestion = Ingestion(installation)
    tell_problems(app)
    app.add_middleware(Guard)
    parts = (
        events,
        corrections,
        credit_notes,
        payments,
        collecting,
        batches,
        usage_windows,
        usage,
        quarantine,
        discarding,
        conflicts,
        quality,
        customers,
        subscription_changes,
        coupons,
        credits,
        subscriptions,
        entitlements,
        drafts,
        reservations,
        invoices,
        notices,
        papers,
        books,
        budgets,
        prices,
        sandboxes,
        entities,
        taxes,
    )
    for part in parts:
        app.include_router(part.router)
    for drop_in in (shared_address, stripe):
        app.include_router(drop_in.router)

    @app.get("/health", tags=["service"], summary="See whether the service is up", responses=responses())
    def get_health() -> Health:
        """Asks the database too; needs no key."""
        installation.sellers()
        return Health()

    @app.get("/docs", include_in_schema=False)
    def get_docs() -> HTMLResponse:
        return HTMLResponse(_docs_page(app.openapi()), headers={"Content-Security-Policy": _POLICY})

    app.openapi = lambda: _described(app)  # type: ignore[method-assign]
    return app


def with_door(app: FastAPI) -> Door:
    """The app as it is served: usage goes straight to ingestion, past all that the framework does for a request."""
    return Door(app, app.state.installation, app.state.ingestion)


def _described(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        described = get_openapi(title=app.title, version=app.version, description=_ABOUT, routes=app.routes)
        schemas = described.setdefault("components", {}).setdefault("schemas", {})
        schemas["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= prices.schemas() | quarantine.schemas()
        schemas.pop("HTTPValidationError", None)
        schemas.pop("ValidationError", None)
        app.openapi_schema = described
    return app.openapi_schema


_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:3rem auto;padding:0 1rem;color:#1d1c1d}
table{border-collapse:collapse;width:100%}td{border-top:1px solid #ddd;padding:.4rem .8rem .4rem 0;vertical-align:top}
code,pre{font:14px/1.5 ui-monospace,monospace}pre{background:#f6f6f4;padding:1rem;overflow:auto}"""
_TRY = """curl -X POST $FARTHING/v1/events -H "Authorization: Bearer $FARTHING_API_KEY" \\
  -H "Content-Type: application/json" \\
  -d '{"id": "1", "source": "try", "type": "completion", "subject": "acme", "data": {"tokens": 1000}}'"""


def _docs_page(described: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{method.upper()}</code></td><td><code>{html.escape(path)}</code></td>"
        f"<td>{html.escape(operation.get('summary', ''))}</td></tr>"
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
    )
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>Farthing API</title><style>{_STYLE}</style>"
        "<h1>Farthing API</h1><p>Usage events go in, exact invoices come out. The whole description, with every "
        "field and an example of each, is <a href=/openapi.json>openapi.json</a> (OpenAPI 3.1).</p>"
        f"<table>{rows}</table><h2>Try it</h2><pre>{html.escape(_TRY)}</pre></html>"
    )
