"""Words: every measure and every filter reads as a sentence, and an event tells what it does."""

from __future__ import annotations

from datetime import time
from decimal import Decimal
from typing import Any as Anything

import pytest

from farthing.core.metering.average import Average
from farthing.core.metering.bucketed import Bucketed
from farthing.core.metering.count import Count
from farthing.core.metering.filter import (
    All,
    Any,
    Compare,
    Comparison,
    Exists,
    Filter,
    Not,
    OneOf,
    Prefix,
    TimeOfDay,
)
from farthing.core.metering.first import First
from farthing.core.metering.grouped import Grouped
from farthing.core.metering.increase import Increase
from farthing.core.metering.latest import Latest
from farthing.core.metering.maximum import Maximum
from farthing.core.metering.measures import MEASURES, Measure
from farthing.core.metering.meter import Meter
from farthing.core.metering.minimum import Minimum
from farthing.core.metering.percentile import Percentile
from farthing.core.metering.seats import SeatCount, Seats
from farthing.core.metering.time_weighted import TimeWeighted
from farthing.core.metering.total import Sum
from farthing.core.metering.unique import Unique
from farthing.core.metering.value import Property, parse
from farthing.core.metering.words import (
    adds_up,
    event_in_words,
    filter_in_words,
    measure_in_words,
    meter_in_words,
)

GB = Property("gb")
MEASURED: list[tuple[Measure, str]] = [
    (Count(), "the number of events"),
    (Sum(parse("input + 4 * output")), "the sum of “input + 4 * output” over events"),
    (Average(GB), "the average of data.gb over events"),
    (Minimum(GB), "the minimum of data.gb over events"),
    (Maximum(Property("GB hours")), "the maximum of data.`GB hours` over events"),
    (Unique("user"), "the number of different values of data.user in events"),
    (
        Seats("user"),
        "the seats data.user that events add and remove, as the days each was held out of the days of the full period",
    ),
    (
        Seats("user", counts=SeatCount.PEAK, carries_over=True),
        "the seats data.user that events add and remove, and those held before, as many as are held on the day with "
        "the most",
    ),
    (
        Seats("user", counts=SeatCount.PERIOD_END),
        "the seats data.user that events add and remove, as many as are held at the end",
    ),
    (Latest(GB), "the last data.gb of events"),
    (Latest(GB, ("disk", "host"), carries_over=True),
     "the last data.gb of each data.disk and data.host, added up, over events, or before them"),
    (First(GB), "the first data.gb of events"),
    (TimeWeighted(GB), "the level that data.gb changes, averaged over the full period, in events"),
    (
        TimeWeighted(GB, "levels", "hour", ("disk",), carries_over=True),
        "the level that data.gb reads for each data.disk, times the hours it stands, in events, starting from the "
        "level before",
    ),
    (Increase(GB, ("host",)), "how much the counter data.gb of each data.host rose over events"),
    (Percentile(GB, Decimal(95)), "the 95th percentile (nearest rank) of data.gb over events"),
    (Percentile(GB, Decimal("99.9")), "the 99.9th percentile (nearest rank) of data.gb over events"),
    (Percentile(GB, Decimal(1)), "the 1st percentile (nearest rank) of data.gb over events"),
    (Percentile(GB, Decimal(12)), "the 12th percentile (nearest rank) of data.gb over events"),
    (Percentile(GB, Decimal(22)), "the 22nd percentile (nearest rank) of data.gb over events"),
    (Percentile(GB, Decimal(3)), "the 3rd percentile (nearest rank) of data.gb over events"),
    (
        Bucketed(Maximum(GB), "15m", "sum"),
        "the sum, over every 15 minutes, of the maximum of data.gb over events, with 0 for empty ones",
    ),
    (
        Bucketed(Count(), "1h", "average", empty_windows="skip"),
        "the average, over every hour, of the number of events, leaving out empty ones",
    ),
    (Grouped(("host",), Maximum(GB), "sum"), "the sum, over each data.host, of the maximum of data.gb over events"),
]  # fmt: skip


@pytest.mark.parametrize(("measure", "said"), MEASURED, ids=lambda of: of if isinstance(of, str) else of.kind)
def test_a_measure_reads_as_a_sentence(measure: Measure, said: str) -> None:
    assert measure_in_words(measure) == said


def test_no_measure_is_without_words() -> None:
    assert {measure.kind for measure, _ in MEASURED} == set(MEASURES)


EU = Compare("region", Comparison.EQ, "eu")
LARGE = Compare("model", Comparison.NE, "gpt large")


@pytest.mark.parametrize(
    ("filter", "said"),
    [
        (EU, "region is eu"),
        (LARGE, "model is not “gpt large”"),
        (Compare("n", Comparison.GT, "5"), "n is above 5"),
        (Compare("n", Comparison.GE, "5"), "n is at least 5"),
        (Compare("n", Comparison.LT, "5"), "n is below 5"),
        (Compare("n", Comparison.LE, "-5"), "n is at most -5"),
        (Compare("n", Comparison.EQ, ""), "n is “”"),
        (Compare("n", Comparison.EQ, "or"), "n is “or”"),
        (OneOf("region", ("eu", "us")), "region is eu or us"),
        (OneOf("region", ("eu",)), "region is eu"),
        (Not(OneOf("region", ("eu", "us", "asia"))), "region is neither eu, us nor asia"),
        (Not(OneOf("region", ("eu",))), "region is not eu"),
        (OneOf("n", tuple(map(str, range(15)))), "n is 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 or 3 more"),
        (Exists("trace"), "trace is there"),
        (Not(Exists("trace")), "trace is missing"),
        (Exists("trace", False), "trace is missing"),
        (Prefix("model", "gpt-"), "model starts with “gpt-”"),
        (Not(EU), "region is not eu"),
        (Not(Prefix("model", "gpt-")), "not (model starts with “gpt-”)"),
        (TimeOfDay(time(22), time(6)), "the local time is from 22:00 to before 06:00"),
        (TimeOfDay(time(22, 0, 1), time(6)), "the local time is from 22:00:01 to before 06:00:00"),
        (All((EU, Any((LARGE, Exists("n"))))), "region is eu and (model is not “gpt large” or n is there)"),
        (Any((All((EU, LARGE)), Exists("n"))), "(region is eu and model is not “gpt large”) or n is there"),
        (All((EU, All((LARGE, Exists("n"))))), "region is eu and model is not “gpt large” and n is there"),
        (Not(Any((EU, LARGE))), "not (region is eu or model is not “gpt large”)"),
    ],
    ids=str,
)
def test_a_filter_reads_as_a_clause(filter: Filter, said: str) -> None:
    assert filter_in_words(filter) == said


def test_the_filters_of_meter_and_price_stand_together() -> None:
    meter = Meter("m", 1, "inference", Count(), where=EU)
    assert meter_in_words(meter, LARGE) == (
        "the number of events of type “inference” where region is eu and model is not “gpt large”"
    )


@pytest.mark.parametrize(
    ("measure", "data", "does"),
    [
        (Count(), {}, "adds 1 GB"),
        (Sum(GB), {"gb": "2.5"}, "adds 2.5 GB"),
        (Maximum(GB), {"gb": 2}, "carries 2 GB"),
        (Percentile(GB, Decimal(95)), {"gb": 2}, "carries 2 GB"),
        (Latest(GB), {}, "carries no number"),
        (Increase(GB), {"gb": 1200}, "reads the counter at 1200 GB"),
        (TimeWeighted(GB), {"gb": -3}, "changes the level by -3"),
        (TimeWeighted(GB, "levels"), {"gb": 3}, "sets the level to 3"),
        (Seats("user"), {"user": "ann"}, "adds the seat ann"),
        (Seats("user"), {"user": "ann b", "action": "remove"}, "removes the seat “ann b”"),
        (Unique("user"), {"user": 7}, "names 7"),
        (Bucketed(Maximum(GB), "1h", "sum"), {"gb": 2}, "carries 2 GB"),
        (Grouped(("host",), Seats("user"), "sum"), {"user": "ann"}, "adds the seat ann"),
    ],
    ids=str,
)
def test_an_event_tells_what_it_does(measure: Measure, data: dict[str, Anything], does: str) -> None:
    assert event_in_words(measure, data, unit="GB") == does


def test_what_a_day_measures_adds_up_only_for_what_is_added() -> None:
    """Seats, levels and peaks of several days are not the seats, levels and peaks of all of them."""
    adding = {measure.kind for measure, _ in MEASURED if adds_up(measure)}
    assert adding == {"count", "sum", "increase", "time_weighted"}
    assert not adds_up(TimeWeighted(GB))
