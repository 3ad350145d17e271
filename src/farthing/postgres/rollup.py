"""A rollup: what is kept of the events of one type, added up by hour and by day, for every meter that asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from farthing.core.ids import id_of
from farthing.core.metering.average import Average
from farthing.core.metering.count import Count
from farthing.core.metering.event import canonical
from farthing.core.metering.filter import Filter, filter_from, filter_terms
from farthing.core.metering.first import First
from farthing.core.metering.latest import Latest
from farthing.core.metering.maximum import Maximum
from farthing.core.metering.measures import Measure
from farthing.core.metering.meter import Meter
from farthing.core.metering.minimum import Minimum
from farthing.core.metering.percentile import Percentile
from farthing.core.metering.total import Sum
from farthing.core.metering.unique import Unique
from farthing.core.metering.value import Value, parse
from farthing.postgres.events_sql import has_hours
from farthing.postgres.statement import Parameters
from farthing.postgres.values_sql import worth_sql

# A customer's day with more groups or values than these is read from its events.
MOST_CELLS = 10_000


class Kept(StrEnum):
    """What is kept of an hour or a day."""

    SUMS = "sums"
    MAXIMUM = "maximum"
    MINIMUM = "minimum"
    FIRST = "first"
    LATEST = "latest"
    VALUES = "values"
    """How often each value occurred; by day alone, since there may be as many values as events."""


_ONE_NUMBER = {Maximum: Kept.MAXIMUM, Minimum: Kept.MINIMUM, First: Kept.FIRST, Latest: Kept.LATEST}


@dataclass(frozen=True, slots=True)
class Rollup:
    """What is added up. `value` is each event's number, `text` the property whose texts are told apart.

    Numbers are kept as numerators; `over` is the denominator of all of them.
    """

    event_type: str
    kept: Kept
    where: Filter | None = None
    groups: tuple[str, ...] = ()
    value: Value | None = None
    text: str | None = None
    over: int = 1

    @property
    def terms(self) -> dict[str, Any]:
        """As plain data; the same for two that keep the same."""
        return {
            "event_type": self.event_type,
            "kept": self.kept.value,
            **({} if self.where is None else {"where": filter_terms(self.where)}),
            **({"groups": list(self.groups)} if self.groups else {}),
            **({} if self.value is None else {"value": self.value.text, "over": self.over}),
            **({} if self.text is None else {"text": self.text}),
        }

    @property
    def terms_id(self) -> UUID:
        """What stands for the terms."""
        return id_of("usage_rollup", canonical(self.terms))

    @property
    def by_hour(self) -> bool:
        """Whether hours are kept beside days."""
        return self.kept is not Kept.VALUES

    @property
    def signed(self) -> bool:
        """Whether what a correction ended can be subtracted; otherwise its hour is measured again."""
        return self.kept in (Kept.SUMS, Kept.VALUES)

    @property
    def has_cells(self) -> bool:
        """Whether a customer's day may have many rows."""
        return bool(self.groups) or self.kept is Kept.VALUES


def rollup_of(meter: Meter, *, grouped: bool) -> Rollup | None:
    """What is added up for a meter, by all its groups or by none; None where nothing can be.

    What hangs on the time of day, reaches back, goes by series or needs the core for its numbers is read from events.
    """
    measure = meter.measure
    if has_hours(meter.where):
        return None
    groups = meter.groups if grouped else ()
    match measure:
        case Count():
            return Rollup(meter.event_type, Kept.SUMS, meter.where, groups)
        case Unique(property=name):
            return Rollup(meter.event_type, Kept.VALUES, meter.where, groups, text=name)
    value = _number_of(measure)
    if value is None:
        return None
    columns = {name: Parameters().text(name) for name in value.properties}
    worth = worth_sql(value, columns, Parameters())
    if worth is None:
        return None
    kept = _ONE_NUMBER.get(type(measure), Kept.VALUES if isinstance(measure, Percentile) else Kept.SUMS)
    return Rollup(meter.event_type, kept, meter.where, groups, value=value, over=worth.denominator)


def rollup_from(terms: Mapping[str, Any]) -> Rollup:
    """What these terms describe; they were written by `Rollup.terms`."""
    return Rollup(
        event_type=terms["event_type"],
        kept=Kept(terms["kept"]),
        where=filter_from(terms["where"], of="The rollup") if "where" in terms else None,
        groups=tuple(terms.get("groups", ())),
        value=parse(terms["value"]) if "value" in terms else None,
        text=terms.get("text"),
        over=terms.get("over", 1),
    )


def rollups_of(meters: Iterable[Meter]) -> dict[UUID, Rollup]:
    """Everything that is to be added up for these meters, each once."""
    found = (rollup_of(meter, grouped=grouped) for meter in meters for grouped in (False, bool(meter.groups)))
    return {rollup.terms_id: rollup for rollup in found if rollup is not None}


def _number_of(measure: Measure) -> Value | None:
    match measure:
        case Latest(series=series, carries_over=carries_over) if series or carries_over:
            return None
        case Sum() | Average() | Minimum() | Maximum() | First() | Latest() | Percentile():
            return measure.value
    return None
