"""Grouped: one measure for each group, such as each host, and another over the groups, such as the largest of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from farthing.core.exact import ZERO, Exact, divide
from farthing.core.metering.adding import added
from farthing.core.metering.bucketed import INNER, OUTER, Inner
from farthing.core.metering.increase import Increase, increase_from
from farthing.core.metering.percentile import Percentile, percentile_from
from farthing.core.metering.sample import Sample, Window
from farthing.core.metering.seats import Seats, seats_from
from farthing.core.metering.terms import Terms, choice, names, only
from farthing.core.metering.time_weighted import TimeWeighted, time_weighted_from
from farthing.core.metering.value import text_of
from farthing.core.refused import Refused

InGroup = Inner | Seats | TimeWeighted | Increase | Percentile
IN_GROUP: Mapping[str, Callable[..., InGroup]] = {
    **INNER,
    Seats.kind: seats_from,
    TimeWeighted.kind: time_weighted_from,
    Increase.kind: increase_from,
    Percentile.kind: percentile_from,
}


@dataclass(frozen=True, slots=True)
class Grouped:
    """`inner` for each combination of the values of `by`, `outer` over those that had events or a quantity."""

    kind: ClassVar[str] = "grouped"

    by: tuple[str, ...]
    inner: InGroup
    outer: str

    def __post_init__(self) -> None:
        if not self.by:
            raise Refused("Groups need the properties that make them; name them in “by”.", field="by")
        if self.outer not in OUTER:
            raise Refused(f"Groups are taken together by {', '.join(OUTER)}, not “{self.outer}”.", field="outer")

    @property
    def per_segment(self) -> bool:
        """Whether it has to be priced by the days of its segment: as what is measured within a group."""
        return self.inner.per_segment

    @property
    def reaches_back(self) -> bool:
        """Whether what happened before the segment matters."""
        return self.inner.reaches_back

    @property
    def does(self) -> str:
        """What it does to a property, as a word in a sentence."""
        return self.inner.does

    @property
    def asks_for(self) -> str:
        """What is to be sent when it is missing, as words in a sentence."""
        return self.inner.asks_for

    @property
    def needs(self) -> frozenset[str]:
        """The properties that an event must have."""
        return self.inner.needs

    def check(self, data: Mapping[str, Any]) -> None:
        """Refuse an event that cannot be measured within its group."""
        self.inner.check(data)

    def value_of(self, data: Mapping[str, Any]) -> Exact | None:
        """What one event is worth within its group; None when it has no number."""
        return self.inner.value_of(data)

    def of(self, samples: Iterable[Sample], window: Window) -> Exact:
        """The groups taken together; 0 when there is none."""
        groups: dict[tuple[str | None, ...], list[Sample]] = {}
        for sample in samples:
            groups.setdefault(tuple(text_of(sample.data.get(name)) for name in self.by), []).append(sample)
        counted = []
        for held in groups.values():
            quantity = self.inner.of(held, window)
            if quantity or any(sample.happened_at >= window.segment.start for sample in held):
                counted.append(quantity)
        return self.together(counted)

    def together(self, quantities: Iterable[Exact]) -> Exact:
        """What was measured in each group that counts, taken together.

        >>> calls = IN_GROUP["count"]({"measure": "count"}, of="It")
        >>> Grouped(("host",), calls, "maximum").together([Decimal(3), Decimal(5)])
        Decimal('5')
        """
        each = list(quantities)
        if not each:
            return ZERO
        match self.outer:
            case "sum":
                return added(each)
            case "average":
                return divide(added(each), Decimal(len(each)))
            case "minimum":
                return min(each)
            case _:
                return max(each)

    def terms(self) -> dict[str, Any]:
        """As plain data."""
        return {"measure": self.kind, "by": list(self.by), "inner": self.inner.terms(), "outer": self.outer}


def grouped_from(terms: Terms, *, of: str) -> Grouped:
    """The measure that these terms describe."""
    only(terms, ("measure", "by", "inner", "outer"), of=of)
    inner = terms.get("inner")
    if not isinstance(inner, Mapping):
        raise Refused(f"{of} needs an inner measure, such as {{measure: sum, property: bytes}}.", field="inner")
    of_inner = f"The inner measure of {of[0].lower()}{of[1:]}"
    kind = choice(inner, "measure", [*IN_GROUP], of=of_inner)
    try:
        return Grouped(
            names(terms, "by", of=of), IN_GROUP[kind](inner, of=of_inner), choice(terms, "outer", OUTER, of=of)
        )
    except Refused as fault:
        told = fault.sentence if of.lower() in fault.sentence.lower() else f"{of}: {fault.sentence}"
        raise Refused(told, field=fault.field) from None
