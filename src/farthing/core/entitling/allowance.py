"""May this customer use so many more? Answered from what bounds a feature, what was used of it, and what is held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from farthing.core.exact import Exact, subtract
from farthing.core.money import plain
from farthing.core.period import local_date
from farthing.core.pricing.entitlement import Entitlement, EntitlementKind


@dataclass(frozen=True, slots=True)
class Room:
    """One bound of a feature: so many units in all, of which so many are used and so many held by reservations.

    `resets_at` is when what is used begins anew, told in words by the local day of `in_zone`; None where nothing is
    measured. `bound` is what people call it. A limit is one such bound; money that is left would be another.
    """

    bound: str
    unit: str
    most: Decimal
    used: Exact
    held: Decimal
    resets_at: datetime | None
    in_zone: str

    @property
    def left(self) -> Exact:
        """How many more may be used; below 0 where more is used and held than there is."""
        return subtract(subtract(self.most, self.used), self.held)


@dataclass(frozen=True, slots=True)
class Allowance:
    """Whether so many units of a feature may be used, and why. `room` is the bound that decides; None without one."""

    feature: str
    units: Decimal
    allowed: bool
    why: str
    room: Room | None = None

    @property
    def left(self) -> Exact | None:
        """How many more may be used, whatever was asked for; None where nothing is counted."""
        return None if self.room is None else self.room.left


def may_use(entitlement: Entitlement, rooms: Sequence[Room], *, units: Decimal) -> Allowance:
    """The answer for a feature that somebody has, by its bounds: of several the one with the least left decides.

    Only a limit has bounds, and it has at least one.

    >>> sso = Entitlement("sso", EntitlementKind.BOOLEAN, False)
    >>> may_use(sso, [], units=Decimal(1)).why
    '“sso” is not part of what this customer has.'
    >>> calls = Entitlement("calls", EntitlementKind.LIMIT, Decimal(1000))
    >>> room = Room("limit", "calls", Decimal(1000), used=Decimal(900), held=Decimal(60), resets_at=None, in_zone="UTC")
    >>> may_use(calls, [room], units=Decimal(50)).why
    'The limit is 1000 calls: used 900, held 60, left 40, asked for 50.'
    """
    feature = entitlement.feature
    match entitlement.kind:
        case EntitlementKind.BOOLEAN:
            allowed = bool(entitlement.value)
            said = f"“{feature}” is {'' if allowed else 'not '}part of what this customer has."
            return Allowance(feature, units, allowed, said)
        case EntitlementKind.CONFIGURATION:
            said = f"“{feature}” is set to “{entitlement.value}”, and nothing of it is counted."
            return Allowance(feature, units, True, said)
        case EntitlementKind.LIMIT:
            assert rooms, f"{feature} is a limit, which bounds something"
            tightest = min(rooms, key=lambda room: room.left)
            allowed = units <= tightest.left
            return Allowance(feature, units, allowed, _in_words(tightest, units), tightest)


def without_it(feature: str, *, there: Sequence[str], units: Decimal) -> Allowance:
    """The answer for a feature that nothing gives the customer; `there` are those that something does.

    >>> without_it("tokenz", there=["sso", "tokens"], units=Decimal(1)).why
    'Nothing that runs for this customer gives “tokenz”; there are: sso, tokens.'
    """
    others = f"; there are: {', '.join(there)}." if there else ", or anything else."
    return Allowance(feature, units, False, f"Nothing that runs for this customer gives “{feature[:64]}”{others}")


def _in_words(room: Room, units: Decimal) -> str:
    until = "" if room.resets_at is None else f" until {local_date(room.resets_at, in_zone=room.in_zone)}"
    numbers = f"used {plain(room.used)}, held {plain(room.held)}, left {plain(room.left)}, asked for {plain(units)}"
    return f"The {room.bound} is {plain(room.most)} {room.unit}{until}: {numbers}."
