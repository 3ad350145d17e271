"""The measures there are, by the word for each in the catalogue."""

from collections.abc import Callable, Mapping

from farthing.core.metering.average import Average, average_from
from farthing.core.metering.bucketed import Bucketed, bucketed_from
from farthing.core.metering.count import Count, count_from
from farthing.core.metering.first import First, first_from
from farthing.core.metering.grouped import Grouped, grouped_from
from farthing.core.metering.increase import Increase, increase_from
from farthing.core.metering.latest import Latest, latest_from
from farthing.core.metering.maximum import Maximum, maximum_from
from farthing.core.metering.minimum import Minimum, minimum_from
from farthing.core.metering.percentile import Percentile, percentile_from
from farthing.core.metering.seats import Seats, seats_from
from farthing.core.metering.terms import Terms
from farthing.core.metering.time_weighted import TimeWeighted, time_weighted_from
from farthing.core.metering.total import Sum, sum_from
from farthing.core.metering.unique import Unique, unique_from
from farthing.core.refused import Refused

Measure = (
    Count
    | Sum
    | Average
    | Minimum
    | Maximum
    | Unique
    | Seats
    | Latest
    | First
    | TimeWeighted
    | Increase
    | Percentile
    | Bucketed
    | Grouped
)

MEASURES: Mapping[str, Callable[..., Measure]] = {
    Count.kind: count_from,
    Sum.kind: sum_from,
    Average.kind: average_from,
    Minimum.kind: minimum_from,
    Maximum.kind: maximum_from,
    Unique.kind: unique_from,
    Seats.kind: seats_from,
    Latest.kind: latest_from,
    First.kind: first_from,
    TimeWeighted.kind: time_weighted_from,
    Increase.kind: increase_from,
    Percentile.kind: percentile_from,
    Bucketed.kind: bucketed_from,
    Grouped.kind: grouped_from,
}


def measure_from(terms: Terms, *, of: str) -> Measure:
    """The measure that these terms describe; `of` opens the sentence of a refusal.

    >>> measure_from({"measure": "maximum", "property": "depth"}, of="The meter “queue”").terms()
    {'measure': 'maximum', 'property': 'depth'}
    """
    kind = terms.get("measure")
    if not isinstance(kind, str) or kind not in MEASURES:
        said = "" if kind is None else f"; “{str(kind)[:32]}” is none"
        raise Refused(f"{of} needs a measure: {', '.join(MEASURES)}{said}.", field="measure")
    return MEASURES[kind](terms, of=of)
