"""Seats: who was added and not removed, by the days each seat was held."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar

from farthing.core.exact import Exact, divide
from farthing.core.metering.sample import Sample, Window
from farthing.core.metering.terms import Terms, choice, only, truth, word
from farthing.core.metering.value import check_text, text_of
from farthing.core.period import local_date, start_of_day
from farthing.core.refused import Refused

_ONE_DAY = timedelta(days=1)


class SeatCount(StrEnum):
    """What is made of the days: their average, the seats held at the end, or the most on any day."""

    AVERAGE = "average"
    PERIOD_END = "period_end"
    PEAK = "peak"


@dataclass(frozen=True, slots=True)
class Seats:
    """Seats that were held: one is added and removed by name, and adding it twice is adding it once.

    A local day counts for a seat that is held at the day's end, so that removing and adding again within a day changes
    nothing, and days of 23 or 25 hours are one day. The average divides by the days of the full period. The segment
    starts without seats, with `carries_over` with those that everything before it left behind.
    """

    kind: ClassVar[str] = "seats"
    does: ClassVar[str] = "counts as seats"
    asks_for: ClassVar[str] = "it"

    property: str
    action: str = "action"
    counts: SeatCount = SeatCount.AVERAGE
    carries_over: bool = False

    @builtins.property
    def per_segment(self) -> bool:
        """Whether it has to be priced by the days of its segment: the average divides by the full period itself."""
        return self.counts is not SeatCount.AVERAGE

    @builtins.property
    def needs(self) -> frozenset[str]:
        """The properties that an event must have."""
        return frozenset((self.property,))

    @builtins.property
    def reaches_back(self) -> bool:
        """Whether events before the segment count."""
        return self.carries_over

    def check(self, data: Mapping[str, Any]) -> None:
        """Refuse an event that names no seat, or something else to be done with it than adding and removing."""
        check_text(self.property, data)
        action = data.get(self.action)
        if action not in (None, "add", "remove"):
            said = text_of(action)
            raise Refused(
                f"data.{self.action} is {'neither' if said is None else f'“{said[:64]}”, neither'} add nor remove; "
                "say which of the two happened to the seat.",
                field=self.action,
            )

    def value_of(self, data: Mapping[str, Any]) -> Exact | None:  # noqa: ARG002
        """No event has a number of its own here."""
        return None

    def of(self, samples: Iterable[Sample], window: Window) -> Exact:
        """The seats, as they are to be counted; 0 for none."""
        days, peak = 0, 0
        held: set[str | None] = set()
        ends = day_ends(window)
        next_end = next(ends, None)
        for sample in samples:
            while next_end is not None and next_end <= sample.happened_at:
                days, peak, next_end = days + len(held), max(peak, len(held)), next(ends, None)
            seat = text_of(sample.data.get(self.property))
            if sample.data.get(self.action) == "remove":
                held.discard(seat)
            else:
                held.add(seat)
        while next_end is not None:
            days, peak, next_end = days + len(held), max(peak, len(held)), next(ends, None)
        match self.counts:
            case SeatCount.PERIOD_END:
                return Decimal(len(held))
            case SeatCount.PEAK:
                return Decimal(peak)
            case SeatCount.AVERAGE:
                return divide(Decimal(days), Decimal(window.full.days(in_zone=window.in_zone)))

    def terms(self) -> dict[str, Any]:
        """As plain data."""
        terms: dict[str, Any] = {"measure": self.kind, "property": self.property, "action": self.action}
        terms["counts"] = self.counts.value
        return terms | ({"carries_over": True} if self.carries_over else {})


def seats_from(terms: Terms, *, of: str) -> Seats:
    """The measure that these terms describe."""
    only(terms, ("measure", "property", "action", "counts", "carries_over"), of=of)
    return Seats(
        word(terms, "property", of=f"{of}, which counts seats,"),
        action=word(terms, "action", of=of) if "action" in terms else "action",
        counts=SeatCount(choice(terms, "counts", [*SeatCount], of=of, default="average")),
        carries_over=truth(terms, "carries_over", of=of),
    )


def day_ends(window: Window) -> Iterator[datetime]:
    """The instants at which the segment's local days end; a day that its end cuts short is not among them."""
    first = local_date(window.segment.start, in_zone=window.in_zone)
    for number in range(1, window.segment.days(in_zone=window.in_zone) + 1):
        yield start_of_day(first + number * _ONE_DAY, in_zone=window.in_zone)
