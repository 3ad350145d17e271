"""Batches over HTTP: usage that came in under a name, seen and reverted as a whole."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from farthing.http_api.access import Looking, Sending
from farthing.http_api.problems import responses
from farthing.http_api.shapes import Given, Taken, Text
from farthing.usecases.batch_ports import Batch
from farthing.usecases.batches import find_batch, list_batches, revert_batch

# As many as an answer may take; the job goes on with the rest.
STEPS = 20
router = APIRouter(tags=["usage"])


class RevertGiven(Given):
    """Who took a batch back, when and why."""

    by: str
    reason: str
    at: datetime
    voided: int = Field(description="How many events that has voided so far; those that were voided before count not.")
    is_complete: bool = Field(description="Whether all is voided; if not, it goes on by itself.")


class BatchGiven(Given):
    """Usage that came in under a name."""

    name: str
    opened_at: datetime
    last_at: datetime = Field(description="When the last of it came in.")
    events: int = Field(description="How many were accepted as they came in.")
    apart: int = Field(description="How many were kept apart at first; those accepted later belong to it as well.")
    revert: RevertGiven | None


class BatchListGiven(Given):
    """The newest batches."""

    batches: list[BatchGiven]


class RevertTaken(Taken):
    """Who takes a batch back, and why."""

    reason: Text
    by: Text


@router.get("/v1/batches", summary="List batches", responses=responses())
def get_batches(asking: Looking, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> BatchListGiven:
    """Newest first."""
    return BatchListGiven(batches=[_given(one) for one in list_batches(asking.store, limit=limit)])


@router.get("/v1/batches/{name}", summary="See a batch", responses=responses(404))
def get_batch(name: str, asking: Looking) -> BatchGiven:
    """What it brought in and what became of it."""
    return _given(find_batch(asking.store, name))


@router.post("/v1/batches/{name}/revert", summary="Revert a batch", responses=responses(400, 404, 413, 503))
def post_revert(name: str, taken: RevertTaken, asking: Sending) -> BatchGiven:
    """Voids every event of it that is still in force, each once, as one act. Asked again it changes nothing.

    A large batch is not done when the answer comes (`is_complete`); it goes on by itself.
    """
    return _given(revert_batch(asking.store, name, reason=taken.reason, by=taken.by, now=asking.now, steps=STEPS))


def _given(batch: Batch) -> BatchGiven:
    revert = batch.revert
    return BatchGiven(
        name=batch.name,
        opened_at=batch.opened_at,
        last_at=batch.last_at,
        events=batch.events,
        apart=batch.apart,
        revert=None
        if revert is None
        else RevertGiven(
            by=revert.by, reason=revert.reason, at=revert.at, voided=revert.voided, is_complete=revert.is_complete
        ),
    )
