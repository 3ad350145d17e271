"""The quarantine over HTTP: what is kept apart and why, counted, and replayed once it or its cause is mended."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import Field, ValidationError, model_validator
from starlette.concurrency import run_in_threadpool

from farthing.core.metering.event import instant
from farthing.core.refused import Refused
from farthing.http_api.access import Asking, Changing, Looking
from farthing.http_api.decode import NotJson, decode_json
from farthing.http_api.problems import Told, responses
from farthing.http_api.shapes import Given, Instant, Taken, Text, Whole, as_sent, writable
from farthing.usecases.apart_places import place_after, place_of
from farthing.usecases.mend_usage import mend, replay
from farthing.usecases.ports import ApartBy, ApartEvent, ApartWhich, SellerStore

MOST_BYTES = 1024 * 1024
router = APIRouter(tags=["usage"])


class ApartGiven(Given):
    """An event kept apart, and why."""

    key: UUID = Field(description="What stands for its source and id; replay or discard it by this.")
    received_at: datetime
    reason: str
    event: dict[str, Any] = Field(
        description="As it was sent; its numbers as text. What is not read for sure has `text` in place of `data`."
    )


class ReasonGiven(Given):
    """How many events are kept apart for one reason."""

    reason: str
    events: int


class ApartListGiven(Given):
    """Events kept apart."""

    total: int | None = Field(
        description="How many are in quarantine, of those that were asked for; null behind the first page."
    )
    reasons: list[ReasonGiven] = Field(description="The 100 most frequent reasons of them; on the first page.")
    quarantined: list[ApartGiven]
    conflicts: list[ApartGiven] = Field(description="The newest of all; on the first page. GET /v1/conflicts has more.")
    next_after: str | None = Field(description="Ask with after=… for what follows; null at the end.")


class CountGiven(Given):
    """How many events are kept apart with one type, source, subject, reason or day."""

    of: str = Field(description="The type, source, subject or reason; or the day on which they were received, in UTC.")
    events: int
    first_at: datetime = Field(description="When the first of them was received.")
    last_at: datetime


class CountsGiven(Given):
    """How many events are kept apart, and what they have in common."""

    total: int
    counts: list[CountGiven] = Field(description="The most frequent first; days from the oldest on.")


def apart_which(
    reason: Annotated[Text | None, Query(description="What its reason contains.")] = None,
    type: Annotated[Text | None, Query(description="The event's type.")] = None,
    subject: Annotated[Text | None, Query(description="The event's subject.")] = None,
    source: Annotated[Text | None, Query(description="The event's source.")] = None,
    since: Annotated[Instant | None, Query(description="Received at this instant or later.")] = None,
    before: Annotated[Instant | None, Query(description="Received before this instant.")] = None,
) -> ApartWhich:
    """Which events in quarantine an address asks for."""
    return ApartWhich(reason=reason, type=type, subject=subject, source=source, since=since, before=before)


Which = Annotated[ApartWhich, Depends(apart_which)]


@router.get("/v1/quarantine", summary="See events kept apart", responses=responses())
def get_quarantine(
    asking: Looking,
    which: Which,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    after: Annotated[Text | None, Query(description="The `next_after` of the answer before.")] = None,
) -> ApartListGiven:
    """Events that do not count until they or their cause are mended, newest first; and events in conflict.

    What is asked for narrows down the quarantined; the conflicts are the newest of all.
    """
    place = place_of(after)
    with asking.store.transaction():
        page = asking.store.quarantine(which=which, after=place, limit=limit)
        reasons = asking.store.quarantine_by_reason(which=which) if place is None else []
        conflicts = asking.store.conflicts(limit=limit) if place is None else []
    total = reasons[0].all_events if reasons else 0
    return ApartListGiven(
        total=total if place is None else None,
        reasons=[ReasonGiven(reason=writable(one.reason), events=one.events) for one in reasons],
        quarantined=[apart_given(row) for row in page],
        conflicts=[apart_given(row) for row in conflicts],
        next_after=place_after(page[-1]) if len(page) == limit else None,
    )


@router.get("/v1/quarantine/counts", summary="Count events kept apart", responses=responses())
def get_counts(
    asking: Looking,
    which: Which,
    by: Annotated[ApartBy, Query(description="What they are counted by.")] = ApartBy.REASON,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> CountsGiven:
    """How many there are with each reason, type, source or subject, and how old they are."""
    with asking.store.transaction():
        total = asking.store.quarantined(which)
        counts = asking.store.quarantine_by(by, which=which, limit=limit)
    return CountsGiven(
        total=total,
        counts=[
            CountGiven(of=writable(one.of), events=one.events, first_at=one.first_at, last_at=one.last_at)
            for one in counts
        ],
    )


def apart_given(row: ApartEvent) -> ApartGiven:
    """The event as the API tells it."""
    return ApartGiven(
        key=row.key, received_at=row.received_at, reason=writable(row.reason), event=as_sent(dict(row.event))
    )


class ApartTaken(Taken):
    """Which events kept apart are meant: one by its key, those that fit, or all."""

    key: Text | None = Field(default=None, description="One event, as GET /v1/quarantine names it.")
    reason: Text | None = Field(default=None, description="Those whose reason contains this.")
    type: Text | None = None
    subject: Text | None = None
    source: Text | None = None
    since: Text | None = Field(default=None, description="Those received at this instant or later.")
    before: Text | None = Field(default=None, description="Those received before this instant.")
    all: bool = Field(default=False, description="All of them; said so, to be sure.")

    @model_validator(mode="after")
    def _says_which(self) -> Self:
        filters = (self.reason, self.type, self.subject, self.source, self.since, self.before)
        named = self.key is not None, any(one is not None for one in filters), self.all
        if sum(named) != 1:
            raise ValueError("Say which: a key, or a reason, type, subject, source, since or before, or “all”: true")
        _check_key("key", self.key)
        for name, written in (("since", self.since), ("before", self.before)):
            try:
                _ = None if written is None else instant(written)
            except Refused as fault:
                raise ValueError(f"“{name}”: {fault.sentence}") from None
        return self

    @property
    def which(self) -> ApartWhich:
        """The same, as the store is asked."""
        return ApartWhich(
            key=None if self.key is None else UUID(self.key),
            reason=self.reason,
            type=self.type,
            subject=self.subject,
            source=self.source,
            since=None if self.since is None else instant(self.since),
            before=None if self.before is None else instant(self.before),
        )


class ReplayTaken(ApartTaken):
    """Which events to screen again: one by its key, those that fit, or all."""

    event: dict[str, Any] | None = Field(
        default=None, description="The corrected event, taken in place of the one with this key."
    )
    after: Text | None = Field(default=None, description="Go on after this key, the `next_after` of the answer before.")
    limit: Whole = Field(default=10_000, ge=1, le=10_000, description="How many to look at, at most.")

    @model_validator(mode="after")
    def _replays_one(self) -> Self:
        if self.event is not None and self.key is None:
            raise ValueError("A corrected event needs the “key” of the one it is to replace")
        _check_key("after", self.after)
        return self


def _check_key(name: str, written: str | None) -> None:
    try:
        _ = None if written is None else UUID(written)
    except ValueError:
        raise ValueError(f"“{name}” is not a key; take it from GET /v1/quarantine") from None


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
