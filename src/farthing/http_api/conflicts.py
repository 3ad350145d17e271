"""Conflicts over HTTP: two events with one source and id, side by side, and what they say otherwise."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from farthing.core.metering.differences import differing
from farthing.http_api.access import Looking
from farthing.http_api.problems import responses
from farthing.http_api.shapes import Given, Text, as_sent, writable
from farthing.usecases.apart_places import place_after, place_of
from farthing.usecases.ports import Conflict

router = APIRouter(tags=["usage"])


class DifferenceGiven(Given):
    """One thing that is said otherwise."""

    what: str = Field(examples=["data.tokens"])
    accepted: Any = Field(description="What the accepted event says; null for nothing. Numbers are text.")
    other: Any = Field(description="What the other says.")


class ConflictGiven(Given):
    """An event that counts, and another with its source and id that does not."""

    key: UUID = Field(description="What stands for their source and id.")
    position: int = Field(description="The place of the accepted event.")
    accepted_at: datetime
    accepted: dict[str, Any] = Field(description="The event that counts, as it was sent; its numbers as text.")
    rule_version: int | None = Field(description="The version of the rule that changed it before it was measured.")
    received_at: datetime = Field(description="When the other was first received.")
    other: dict[str, Any]
    differences: list[DifferenceGiven]


class ConflictsGiven(Given):
    """Events in conflict, newest first."""

    total: int
    conflicts: list[ConflictGiven]
    next_after: str | None = Field(description="Ask with after=… for what follows; null at the end.")


@router.get("/v1/conflicts", summary="See events in conflict", responses=responses())
def get_conflicts(
    asking: Looking,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    after: Annotated[Text | None, Query(description="The `next_after` of the answer before.")] = None,
    key: Annotated[UUID | None, Query(description="Those with one event, by its key.")] = None,
) -> ConflictsGiven:
    """Both contents of each: the event that was accepted first stays as it is, and the other never counts."""
    place = place_of(after)
    with asking.store.transaction():
        page = asking.store.conflicts_side_by_side(key=key, after=place, limit=limit)
        total = asking.store.conflicting()
    return ConflictsGiven(
        total=total,
        conflicts=[_given(one) for one in page],
        next_after=place_after(page[-1].other) if len(page) == limit else None,
    )


def _given(conflict: Conflict) -> ConflictGiven:
    return ConflictGiven(
        key=conflict.other.key,
        position=conflict.position,
        accepted_at=conflict.accepted_at,
        accepted=as_sent(dict(conflict.accepted)),
        rule_version=conflict.rule_version,
        received_at=conflict.other.received_at,
        other=as_sent(dict(conflict.other.event)),
        differences=[
            DifferenceGiven(what=writable(one.what), accepted=as_sent(one.accepted), other=as_sent(one.other))
            for one in differing(conflict.accepted, conflict.other.event)
        ],
    )
