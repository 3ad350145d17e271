"""Discarding over HTTP: a person takes events out of quarantine for good, with a reason, and all can see which."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import Field, model_validator

from farthing.http_api.access import Changing, Looking
from farthing.http_api.problems import responses
from farthing.http_api.quarantine import ApartGiven, ApartTaken, apart_given
from farthing.http_api.shapes import Given, Page, Text, writable
from farthing.usecases.discard_usage import AT_ONCE, discard
from farthing.usecases.ports import DiscardedEvent, SellerStore

router = APIRouter(tags=["usage"])


class DiscardTaken(ApartTaken):
    """Which events to discard, who does, and why."""

    expect: int | None = Field(
        default=None,
        ge=1,
        le=AT_ONCE,
        description="How many they are, as you saw them; needed unless one is named by its key.",
    )
    by: Text = Field(description="The person who discards them.", examples=["Ada Lovelace"])
    because: Text = Field(description="Why.", examples=["A load test of ours, never sold"])

    @model_validator(mode="after")
    def _says_how_many(self) -> Self:
        if self.key is None and self.expect is None:
            raise ValueError("Say with “expect” how many events you saw; GET /v1/quarantine counts them")
        return self


class DiscardedGiven(Given):
    """How many were discarded."""

    discarded: int


class DiscardedEventGiven(ApartGiven):
    """An event that was discarded: it never counts, and stays readable."""

    number: int
    discarded_at: datetime
    by: str
    because: str


class DiscardedListGiven(Page):
    """What was discarded, newest first."""

    total: int = Field(description="How many events were ever discarded.")
    discarded: list[DiscardedEventGiven]


@router.post(
    "/v1/quarantine/discard", summary="Discard events kept apart", responses=responses(400, 404, 409, 413, 503)
)
def post_discard(asking: Changing, taken: DiscardTaken) -> DiscardedGiven:
    """They never count; what they said stays readable. Either all that fit are discarded, or none.

    When they are not as many as `expect` says nothing is done, and the answer (409) tells how many there are. A good
    event with the source and id of a discarded one is accepted when it is sent.
    """

    def act(store: SellerStore) -> object:
        number = discard(store, taken.which, expect=taken.expect, by=taken.by, because=taken.because, now=asking.now)
        return DiscardedGiven(discarded=number).model_dump(mode="json")

    said = taken.model_dump(mode="json")
    return DiscardedGiven.model_validate(asking.once("POST /v1/quarantine/discard", said, act))


@router.get("/v1/quarantine/discarded", summary="See what was discarded", responses=responses())
def get_discarded(
    asking: Looking,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    after: Annotated[int | None, Query(ge=0, le=2**62, description="The `next_after` of the answer before.")] = None,
) -> DiscardedListGiven:
    """Each event with who discarded it, when and why, and the reason for which it was in quarantine."""
    with asking.store.transaction():
        page = asking.store.discarded(before=after, limit=limit)
        total = asking.store.discarded_events()
    return DiscardedListGiven(
        total=total,
        discarded=[_given(one) for one in page],
        next_after=page[-1].number if len(page) == limit else None,
    )


def _given(one: DiscardedEvent) -> DiscardedEventGiven:
    return DiscardedEventGiven(
        **apart_given(one.was).model_dump(),
        number=one.number,
        discarded_at=one.discarding.at,
        by=writable(one.discarding.by),
        because=writable(one.discarding.because),
    )
