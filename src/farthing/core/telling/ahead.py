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

    `coming` is all that comes for as long as what was told can have moved to. What comes on its first day stands there;
    what stood on a day that comes stays there; all else takes the nearest day that no other has. What was off and does
    not come on its first day stays off: another day is another occasion.
    """
    there = {(one.happening, one.about_id, one.at) for one in coming}
    homes = {_place(one, one.occasion.at): one for one in told if _place(one, one.occasion.at) in there}
    stands: dict[UUID, datetime | None] = {one.foretold_id: one.occasion.at for one in homes.values()}
    taken = set(homes)
    others = [one for one in told if one.foretold_id not in stands]
    for one in others:
        if one.stands_at is not None and (place := _place(one, one.stands_at)) in there - taken:
            stands[one.foretold_id] = one.stands_at
            taken.add(place)
    for one in sorted(others, key=lambda each: each.occasion.at):
        if one.foretold_id in stands or one.stands_at is None:
            continue
        alike = (one.occasion.happening, one.occasion.about_id)
        free = [at for happening, about_id, at in there - taken if (happening, about_id) == alike]
        stood_at = one.stands_at
        nearest = min(free, key=lambda at: (abs(at - stood_at), at), default=None)
        stands[one.foretold_id] = nearest
        if nearest is not None:
            taken.add(_place(one, nearest))
    elsewhere = [(one, stands.get(one.foretold_id, one.stands_at)) for one in told]
    return [(one, at) for one, at in elsewhere if at != one.stands_at]


def untold(told: Sequence[Told], coming: Sequence[Occasion], *, until: datetime) -> list[Occasion]:
    """What comes by then and nobody was told of, where `told` is as it stands after having moved."""
    known = {_place(one, at) for one in told for at in (one.occasion.at, one.stands_at) if at is not None}
    return [one for one in coming if one.at <= until and (one.happening, one.about_id, one.at) not in known]


def _place(told: Told, at: datetime) -> tuple[Happening, UUID, datetime]:
    return told.occasion.happening, told.occasion.about_id, at
