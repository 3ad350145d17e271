"""A phase: a time at the beginning of a subscription in which other prices hold, such as a trial."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from farthing.core.pricing.commitment import Commitment
from farthing.core.pricing.price import Price
from farthing.core.refused import Refused

_WRITTEN = re.compile(r"([0-9]{1,5}) (day|week|month|year)s?")


class LastingUnit(StrEnum):
    """What a phase is counted in."""

    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS = "years"


@dataclass(frozen=True, slots=True)
class Lasting:
    """A length of time on a calendar."""

    number: int
    unit: LastingUnit

    def __post_init__(self) -> None:
        if self.number < 1:
            raise Refused(f"A phase lasts longer than {self.number} {self.unit}; give 1 or more.", field="lasts")

    def __str__(self) -> str:
        return f"{self.number} {self.unit.value[:-1] if self.number == 1 else self.unit.value}"


def lasting_from(written: object, *, of: str) -> Lasting:
    """The length of time in a text.

    >>> lasting_from("14 days", of="The phase “trial”")
    Lasting(number=14, unit=<LastingUnit.DAYS: 'days'>)
    """
    found = _WRITTEN.fullmatch(written.strip()) if isinstance(written, str) else None
    if found is None:
        raise Refused(f"{of} needs to say how long it “lasts”, such as 14 days, 3 months or 1 year.", field="lasts")
    return Lasting(int(found[1]), LastingUnit(f"{found[2]}s"))


class TrialUsage(StrEnum):
    """Whether a trial charges for usage."""

    FREE = "free"
    BILLED = "billed"


@dataclass(frozen=True, slots=True)
class Phase:
    """What holds for a time. `change` and `without` are how it was written: price terms by key, and keys left out."""

    key: str
    name: str
    lasts: Lasting
    prices: tuple[Price, ...]
    commitments: tuple[Commitment, ...] = ()
    trial: bool = False
    trial_usage: TrialUsage = TrialUsage.FREE
    change: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, hash=False)
    without: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.trial and any(price.meter is None for price in self.prices):
            raise Refused(f"The phase “{self.key}” is a trial, which has no fees.", field="prices")
        if self.trial and self.commitments:
            raise Refused(f"The phase “{self.key}” is a trial, in which commitments rest.", field="commitments")
