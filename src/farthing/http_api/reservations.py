"""May this customer use so many more, and reservations that hold them for a while, over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import ConfigDict, Field

from farthing.core.entitling.allowance import Allowance
from farthing.core.entitling.reservation import ID_PATTERN, MOST_SECONDS, Reservation
from farthing.core.money import exact_decimal
from farthing.http_api.access import Looking, Sending
from farthing.http_api.problems import problem, responses
from farthing.http_api.shapes import DecimalText, Given, Taken, Text, Whole, number, optional_number
from farthing.usecases.check_entitlement import check_entitlement
from farthing.usecases.reserve import NotHeld, release, reserve, show_reservation, show_reservations

router = APIRouter(tags=["customers"])
_Id = Annotated[str, Field(pattern=f"^{ID_PATTERN}$", examples=["job-8c1f"])]
_Key = Annotated[Text, Path()]
_UNITS = "How many, in the unit of the limit's meter; decimal text above 0."


class CheckTaken(Taken):
    """What somebody is about to use."""

    model_config = ConfigDict(json_schema_extra={"example": {"feature": "tokens", "units": "4000"}})

    feature: Text = Field(description="The name of the entitlement.")
    units: DecimalText = Field(default="1", description=_UNITS)


class AllowanceGiven(Given):
    """Whether so many units may be used now, and why. It is an answer for this moment, and holds nothing."""

    customer: str
    feature: str
    units: DecimalText
    allowed: bool
    why: str = Field(
        examples=["The limit is 100000 tokens until 2026-04-01: used 400, held 0, left 99600, asked for 1."]
    )
    remaining: DecimalText | None = Field(
        description="The limit less what is used and held; below 0 where that is more. Null where nothing is counted."
    )
    limit: DecimalText | None
    used: DecimalText | None = Field(description="In the running period, by every event that was accepted.")
    held: DecimalText | None = Field(description="What reservations hold.")
    resets_at: datetime | None = Field(description="When what is used begins anew.")


class ReservationTaken(Taken):
    """Units to be held, under an id of the caller's own."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"id": "job-8c1f", "feature": "tokens", "units": "4000", "for_seconds": 120}}
    )

    id: _Id = Field(description="One for ever with this customer; the same request again is answered as done.")
    feature: Text = Field(description="The name of the entitlement; it must be a limit.")
    units: DecimalText = Field(default="1", description=_UNITS)
    for_seconds: Whole = Field(
        default=60, ge=1, le=MOST_SECONDS, description="Afterwards they are free again, if no event used them before."
    )


class ReservationGiven(Given):
    """A reservation and what became of it."""

    id: str
    feature: str
    units: DecimalText
    standing: str = Field(examples=["held", "committed", "released", "expired"])
    held_at: datetime
    expires_at: datetime
    ended_at: datetime | None = Field(description="When it was committed or released.")
    position: int | None = Field(description="The position of the event that committed it.")


class HeldGiven(ReservationGiven):
    """The same, with how much is left beside it."""

    remaining: DecimalText | None = Field(description="Null where the same request was done before.")


class ReservationsGiven(Given):
    """Reservations that are held now, by id."""

    reservations: list[ReservationGiven]
    next_after: str | None = Field(description="Ask with after=… for what follows; null at the end.")


@router.post(
    "/v1/customers/{key}/check", summary="May this customer use so many more?", responses=responses(400, 404, 413, 503)
)
def post_check(asking: Looking, key: _Key, taken: CheckTaken) -> AllowanceGiven:
    """Answers from what is agreed, what was used, to the last event that was accepted, and what is held."""
    units = exact_decimal(taken.units, what="“units”")
    customer, allowance = check_entitlement(
        asking.store, customer_key=key, feature=taken.feature, units=units, person=None, now=asking.now
    )
    room = allowance.room
    return AllowanceGiven(
        customer=customer.key,
        feature=allowance.feature,
        units=number(units),
        allowed=allowance.allowed,
        why=allowance.why,
        remaining=optional_number(allowance.left),
        limit=None if room is None else number(room.most),
        used=None if room is None else number(room.used),
        held=None if room is None else number(room.held),
        resets_at=None if room is None else room.resets_at,
    )


@router.post(
    "/v1/customers/{key}/reservations",
    status_code=201,
    summary="Hold units for a while",
    response_model=HeldGiven,
    responses=responses(400, 404, 409, 413, 503),
)
def post_reservation(asking: Sending, key: _Key, taken: ReservationTaken) -> Response | HeldGiven:
    """What is held counts against the limit until the event comes that names it, it is released, or its time is over.

    The event says so with the attribute `reservation` beside its `id`; it is accepted, and the reservation ends, in one
    transaction. Where so much is not left the answer is 409 with the code `not_held`, `remaining` and `resets_at`. The
    id makes it one reservation, so an `Idempotency-Key` is not needed.
    """
    units = exact_decimal(taken.units, what="“units”")
    try:
        made, allowance = reserve(
            asking.store,
            customer_key=key,
            reservation_id=taken.id,
            feature=taken.feature,
            units=units,
            for_seconds=taken.for_seconds,
            now=asking.now,
        )
    except NotHeld as refusal:
        return _not_held(refusal)
    remaining = None if allowance is None else optional_number(allowance.left)
    return HeldGiven(**_given(made, asking.now).model_dump(), remaining=remaining)


@router.get("/v1/customers/{key}/reservations", summary="List what is held", responses=responses(404))
def get_reservations(
    asking: Looking,
    key: _Key,
    after: Annotated[_Id | None, Query(description="The id after which to go on.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> ReservationsGiven:
    """Those that are held at this moment."""
    found = show_reservations(asking.store, customer_key=key, person=None, now=asking.now, after=after, limit=limit + 1)
    return ReservationsGiven(
        reservations=[_given(one, asking.now) for one in found[:limit]],
        next_after=found[limit - 1].id if len(found) > limit else None,
    )


@router.get("/v1/customers/{key}/reservations/{id}", summary="See a reservation", responses=responses(404))
def get_reservation(asking: Looking, key: _Key, id: Annotated[_Id, Path()]) -> ReservationGiven:
    """Whatever became of it."""
    return _given(show_reservation(asking.store, customer_key=key, reservation_id=id, person=None), asking.now)


@router.delete("/v1/customers/{key}/reservations/{id}", summary="Release a reservation", responses=responses(404, 503))
def delete_reservation(asking: Sending, key: _Key, id: Annotated[_Id, Path()]) -> ReservationGiven:
    """Its units are free at once. One that was committed or is over stays as it is; `standing` says which."""
    return _given(release(asking.store, customer_key=key, reservation_id=id, now=asking.now), asking.now)


def _not_held(refusal: NotHeld) -> Response:
    allowance: Allowance = refusal.allowance
    resets_at = None if allowance.room is None else allowance.room.resets_at
    return problem(
        409,
        "not_held",
        refusal.sentence,
        field=refusal.field,
        remaining=optional_number(allowance.left),
        resets_at=None if resets_at is None else f"{resets_at:%Y-%m-%dT%H:%M:%SZ}",
    )


def _given(reservation: Reservation, now: datetime) -> ReservationGiven:
    ended = reservation.ended
    return ReservationGiven(
        id=reservation.id,
        feature=reservation.feature,
        units=number(reservation.units),
        standing=reservation.standing(at=now).value,
        held_at=reservation.held_at,
        expires_at=reservation.expires_at,
        ended_at=None if ended is None else ended.at,
        position=None if ended is None else ended.position,
    )
