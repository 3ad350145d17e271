"""Percentile: the number that so many in a hundred events do not exceed, as networks are billed at the 95th."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar

from farthing.core.exact import ZERO, Exact
from farthing.core.metering.sample import Sample, Window
from farthing.core.metering.terms import Terms, only
from farthing.core.metering.value import (
    Value,
    check_value,
    number_of,
    shown_value,
    take_value,
    value_from,
    value_terms,
)
from farthing.core.money import plain
from farthing.core.refused import Refused

_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Percentile:
    """The nearest rank: of N values in order of size the one at place ceil(percent x N / 100), at least the first.

    It is always a value that occurred: the 95th percentile of 20 values is the 19th.
    """

    kind: ClassVar[str] = "percentile"
    does: ClassVar[str] = "ranks"
    asks_for: ClassVar[str] = "that number"
    per_segment: ClassVar[bool] = True
    reaches_back: ClassVar[bool] = False

    value: Value
    percent: Decimal

    def __post_init__(self) -> None:
        take_value(self)
        if not ZERO <= self.percent <= _HUNDRED:
            raise Refused(f"A percentile is from 0 to 100, not {plain(self.percent)}.", field="percent")

    @property
    def needs(self) -> frozenset[str]:
        """The properties that an event must have."""
        return self.value.properties

    def check(self, data: Mapping[str, Any]) -> None:
        """Refuse an event that has no number for it."""
        check_value(self.value, data)

    def value_of(self, data: Mapping[str, Any]) -> Exact | None:
        """What one event is worth; None when it has no number."""
        return shown_value(self.value, data)

    def of(self, samples: Iterable[Sample], window: Window) -> Exact:  # noqa: ARG002
        """The value of that rank; 0 for none."""
        values = [self.value.of(sample.data) for sample in samples]
        if not values:
            return ZERO
        values.sort()
        return values[self.rank(len(values)) - 1]

    def rank(self, values: int) -> int:
        """The place, from 1, of the value that counts among so many in order.

        >>> Percentile("mbit", Decimal(95)).rank(480)
        456
        """
        percent = Fraction(self.percent)
        return max(-(-percent.numerator * values // (percent.denominator * 100)), 1)

    def terms(self) -> dict[str, Any]:
        """As plain data."""
        return {"measure": self.kind, **value_terms(self.value), "percent": plain(self.percent)}


def percentile_from(terms: Terms, *, of: str) -> Percentile:
    """The measure that these terms describe."""
    only(terms, ("measure", "property", "value", "percent"), of=of)
    value = value_from(terms, of=f"{of}, which ranks numbers,")
    percent = number_of(terms.get("percent"))
    if percent is None or not ZERO <= percent <= _HUNDRED:
        raise Refused(f"{of} needs a percent from 0 to 100, such as 95.", field="percent")
    return Percentile(value, percent)
