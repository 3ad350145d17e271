"""The quarantine over HTTP: what is kept apart and why, replayed once it or its cause is mended."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import Field, ValidationError, model_validator
from starlette.concurrency import run_in_threadpool

from farthing.http_api.access import Asking, Changing, Looking
from farthing.http_api.decode import NotJson, decode_json
from farthing.http_api.problems import Told, responses
from farthing.http_api.shapes import Given, Taken, Text, Whole, as_sent, writable
from farthing.usecases.mend_usage import mend, replay
from farthing.usecases.ports import ApartEvent, ApartWhich, SellerStore

MOST_BYTES = 1024 * 1024
router = APIRouter(tags=["usage"])


class ApartGiven(Given):
    """An event kept apart, and why."""

    key: UUID = Field(description="What stands for its source and id; replay it by this.")
    received_at: datetime
    reason: str
    event: dict[str, Any] = Field(description="As it was sent; its numbers as text.")


class ReasonGiven(Given):
    """How many events are kept apart for one reason."""

    reason: str
    events: int


class ApartListGiven(Given):
    """Events kept apart."""

    total: int = Field(description="How many are in quarantine, of those that were asked for.")
    reasons: list[ReasonGiven] = Field(description="The 100 most frequent reasons of them.")
    quarantined: list[ApartGiven]
    conflicts: list[ApartGiven]


@router.get("/v1/quarantine", summary="See events kept apart", responses=responses())
def get_quarantine(
    asking: Looking,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    reason: Annotated[Text | None, Query(description="What its reason contains.")] = None,
    type: Annotated[Text | None, Query(description="The event's type.")] = None,
    subject: Annotated[Text | None, Query(description="The event's subject.")] = None,
    source: Annotated[Text | None, Query(description="The event's source.")] = None,
) -> ApartListGiven:
    """Events that do not count until they or their cause are mended, and events in conflict with another.

    What is asked for narrows down the quarantined; the conflicts are the newest of all.
    """
    which = ApartWhich(reason=reason, type=type, subject=subject, source=source)
    with asking.store.transaction():
        quarantined = asking.store.quarantine(which=which, limit=limit)
        reasons = asking.store.quarantine_by_reason(which=which)
        conflicts = asking.store.conflicts(limit=limit)
    return ApartListGiven(
        total=reasons[0].all_events if reasons else 0,
        reasons=[ReasonGiven(reason=writable(one.reason), events=one.events) for one in reasons],
        quarantined=[_given(row) for row in quarantined],
        conflicts=[_given(row) for row in conflicts],
    )


def _given(row: ApartEvent) -> ApartGiven:
    return ApartGiven(
        key=row.key, received_at=row.received_at, reason=writable(row.reason), event=as_sent(dict(row.event))
    )


class ReplayTaken(Taken):
    """Which events to screen again: one by its key, those that fit, or all."""

    key: Text | None = Field(default=None, description="One event, as GET /v1/quarantine names it.")
    event: dict[str, Any] | None = Field(
        default=None, description="The corrected event, taken in place of the one with this key."
    )
    reason: Text | None = Field(default=None, description="Those whose reason contains this.")
    type: Text | None = None
    subject: Text | None = None
    source: Text | None = None
    all: bool = Field(default=False, description="All of them; said so, to be sure.")
    after: Text | None = Field(default=None, description="Go on after this key, the `next_after` of the answer before.")
    limit: Whole = Field(default=10_000, ge=1, le=10_000, description="How many to look at, at most.")

    @model_validator(mode="after")
    def _says_which(self) -> Self:
        filters = (self.reason, self.type, self.subject, self.source)
        named = self.key is not None, any(one is not None for one in filters), self.all
        if sum(named) != 1:
            raise ValueError("Say which to replay: a key, or a reason, type, subject or source, or “all”: true")
        if self.event is not None and self.key is None:
            raise ValueError("A corrected event needs the “key” of the one it is to replace")
        for name, written in (("key", self.key), ("after", self.after)):
            try:
                _ = None if written is None else UUID(written)
            except ValueError:
                raise ValueError(f"“{name}” is not a key; take it from GET /v1/quarantine") from None
        return self

    @property
    def which(self) -> ApartWhich:
        """The same, as the store is asked."""
        key = None if self.key is None else UUID(self.key)
        return ApartWhich(key=key, reason=self.reason, type=self.type, subject=self.subject, source=self.source)


class ReplayedGiven(Given):
    """What became of those that were looked at."""

    looked_at: int
    accepted: int = Field(description="Good now: they count, and left quarantine.")
    duplicate: int
    conflict: int = Field(description="Another event with their key was accepted; they are kept as in conflict.")
    quarantined: int = Field(description="Still not good; their reason is that of today.")
    next_after: UUID | None = Field(description="Ask with after=… for what follows; null at the end.")


def schemas() -> dict[str, Any]:
    """How the body is described: it is read here, so that its numbers stay exact, and not by the framework."""
    described = ReplayTaken.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**described.pop("$defs", {}), ReplayTaken.__name__: described}


_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ReplayTaken"}}},
    }
}


@router.post(
    "/v1/quarantine/replay",
    summary="Replay events kept apart",
    responses=responses(400, 404, 409, 413, 503),
    openapi_extra=_BODY,
)
async def post_replay(request: Request, asking: Changing) -> ReplayedGiven:
    """Screens them again under today's catalogue and customers; what is good counts from now on, once.

    With `key` and `event` the corrected event is accepted in place of what was kept; its source and id stay.
    """
    body = await request.body()
    return await run_in_threadpool(_replay, asking, body)


def _replay(asking: Asking, body: bytes) -> ReplayedGiven:
    taken = _taken(body)

    def act(store: SellerStore) -> object:
        if taken.key is not None and taken.event is not None:
            mend(store, UUID(taken.key), taken.event, now=asking.now)
            return ReplayedGiven(
                looked_at=1, accepted=1, duplicate=0, conflict=0, quarantined=0, next_after=None
            ).model_dump(mode="json")
        after = None if taken.after is None else UUID(taken.after)
        done = replay(store, taken.which, now=asking.now, after=after, limit=taken.limit)
        return ReplayedGiven(
            looked_at=done.looked_at,
            accepted=done.accepted,
            duplicate=done.duplicate,
            conflict=done.conflict,
            quarantined=done.quarantined,
            next_after=done.next_after,
        ).model_dump(mode="json")

    # The event as it was read, so that its numbers are told apart to the last digit.
    said = taken.model_dump(mode="json", exclude={"event"}) | {"event": taken.event}
    return ReplayedGiven.model_validate(asking.once("POST /v1/quarantine/replay", said, act))


def _taken(body: bytes) -> ReplayTaken:
    if len(body) > MOST_BYTES:
        raise Told(413, "too_large", "The body is larger than 1 MB; a corrected event is far smaller.")
    try:
        decoded = decode_json(body)
    except NotJson as fault:
        raise Told(400, "not_json", str(fault)) from None
    if not isinstance(decoded, dict):
        raise RequestValidationError([{"type": "model_attributes_type", "loc": ("body",), "msg": ""}])
    try:
        return ReplayTaken.model_validate(decoded)
    except ValidationError as fault:
        errors = fault.errors(include_url=False, include_input=False)
        raise RequestValidationError([{**error, "loc": ("body", *error["loc"])} for error in errors]) from None
