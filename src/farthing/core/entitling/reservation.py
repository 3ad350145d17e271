"""A reservation holds units of a feature for a while: until the event that uses them comes, or its time is over."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from farthing.core.money import plain
from farthing.core.refused import Clash, Refused

MOST_SECONDS = 7 * 86_400
ID_PATTERN = "[A-Za-z0-9._:-]{1,128}"
_ID = re.compile(ID_PATTERN)


class Standing(StrEnum):
    """What became of a reservation; worked out from its end and its time."""

    HELD = "held"
    COMMITTED = "committed"
    RELEASED = "released"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Ended:
    """When it was ended, and by the event at which position; None where it was released."""

    at: datetime
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Reservation:
    """So many units of a customer's feature, held up to and without `expires_at` unless it is `ended` before.

    Its `id` is the caller's own, one for ever with this customer.
    """

    customer_id: UUID
    id: str
    feature: str
    units: Decimal
    held_at: datetime
    expires_at: datetime
    ended: Ended | None = None

    def __post_init__(self) -> None:
        assert self.units > 0, f"{self.id} holds {self.units}"
        assert self.held_at < self.expires_at, f"{self.id} is held from {self.held_at} to {self.expires_at}"

    def standing(self, *, at: datetime) -> Standing:
        """What it is at an instant. Time ends it by itself: nobody has to see to it.

        One whose event came after its time is committed as well: that event counts, like any other.
        """
        if self.ended is not None:
            return Standing.RELEASED if self.ended.position is None else Standing.COMMITTED
        return Standing.HELD if at < self.expires_at else Standing.EXPIRED

    def asks_the_same(self, other: Reservation) -> bool:
        """Whether both are one request, sent twice."""
        mine = (self.customer_id, self.id, self.feature, self.units, self.expires_at - self.held_at)
        return mine == (other.customer_id, other.id, other.feature, other.units, other.expires_at - other.held_at)


def wanted(
    reservation_id: str, *, customer_id: UUID, feature: str, units: Decimal, for_seconds: int, now: datetime
) -> Reservation:
    """The reservation that somebody asks for; refuses one that could not be held."""
    if not _ID.fullmatch(reservation_id):
        raise Refused(
            f"“{reservation_id[:64]}” cannot be a reservation's id: use up to 128 letters, digits and . _ : -.",
            field="id",
        )
    if units <= 0:
        raise Refused(f"More than nothing is held, not {plain(units)}.", field="units")
    if not 0 < for_seconds <= MOST_SECONDS:
        raise Refused(f"A reservation is held for 1 to {MOST_SECONDS} seconds, not {for_seconds}.", field="for_seconds")
    return Reservation(customer_id, reservation_id, feature, units, now, now + timedelta(seconds=for_seconds))


def refuse_another(there: Reservation, asked: Reservation) -> None:
    """Refuses (Clash) a request under the id of another one."""
    if not there.asks_the_same(asked):
        lasts = (there.expires_at - there.held_at) // timedelta(seconds=1)
        raise Clash(
            f"The reservation “{there.id}” was asked for {plain(there.units)} of “{there.feature}” for {lasts} "
            "seconds; give another one an id of its own.",
            field="id",
        )
