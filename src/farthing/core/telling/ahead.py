"""What was told ahead follows its day: told once, moved when the day moves, taken back when it is off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from farthing.core.ids import id_of
from farthing.core.money import Money
from farthing.core.telling.digest import Happening

# What customers are told of before it comes; the rest stands in digests only.
FORETOLD = (Happening.TRIAL_END, Happening.RENEWAL, Happening.PRICE_CHANGE, Happening.CREDIT_EXPIRES)


@dataclass(frozen=True, slots=True)
class Occasion:
    """One thing that happens at an instant to a subscription or a grant."""

    happening: Happening
    about_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Terms:
    """What was said of it: the plan's or the credit's name, what is charged or expires, and what it changes."""

    about: str
    amount: Money | None = None
    before: Money | None = None
    after: Money | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """An occasion that a customer was told of, and when it is by now; None when it does not happen any more."""

    customer_id: UUID
    occasion: Occasion
    stands_at: datetime | None
    terms: Terms

    @property
    def foretold_id(self) -> UUID:
        """One for what it is about and its first day."""
        return foretold_id(self.occasion)


def foretold_id(occasion: Occasion) -> UUID:
    """The id of having told of it."""
    return id_of("foretold", occasion.happening.value, occasion.about_id, occasion.at.isoformat())


def moved(told: Sequence[Told], coming: Sequence[Occasion]) -> list[tuple[Told, datetime | None]]:
    """Of what was told, what stands elsewhere by now: on another day, or on none.

    `coming` is all that comes for as long as what was told can have moved to. Each of it is the new day of one at most:
    the nearest.
    """
    there = {(one.happening, one.about_id, one.at) for one in coming}
    kept = [one for one in told if one.stands_at is not None and _place(one, one.stands_at) in there]
    taken = {_place(one, one.stands_at) for one in kept if one.stands_at is not None}
    found: list[tuple[Told, datetime | None]] = []
    for one in sorted(told, key=lambda each: each.occasion.at):
        if one in kept:
            continue
        free = [
            other.at
            for other in coming
            if (other.happening, other.about_id) == (one.occasion.happening, one.occasion.about_id)
            and _place(one, other.at) not in taken
        ]
        from_there = one.stands_at or one.occasion.at
        nearest = min(free, key=lambda at: (abs(at - from_there), at), default=None)
        if one.stands_at is None and nearest != one.occasion.at:
            continue  # It was off, and still is: another day is another occasion.
        if nearest != one.stands_at:
            found.append((one, nearest))
        if nearest is not None:
            taken.add(_place(one, nearest))
    return found


def untold(told: Sequence[Told], coming: Sequence[Occasion], *, until: datetime) -> list[Occasion]:
    """What comes by then and nobody was told of, where `told` is as it stands after having moved."""
    known = {_place(one, at) for one in told for at in (one.occasion.at, one.stands_at) if at is not None}
    return [one for one in coming if one.at <= until and (one.happening, one.about_id, one.at) not in known]


def _place(told: Told, at: datetime) -> tuple[Happening, UUID, datetime]:
    return told.occasion.happening, told.occasion.about_id, at
