"""How fast and in how little memory the product rates: what was measured goes in, a line of an invoice comes out."""

from __future__ import annotations

import gc
import json
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import click

from farthing.cli.machine import machine
from farthing.cli.say import progress, table
from farthing.core.metering.meter import Measured, Measurement, Meter, Reading
from farthing.core.metering.sample import whole
from farthing.core.metering.total import Sum
from farthing.core.metering.value import Property
from farthing.core.money import USD
from farthing.core.period import Cycle, Period
from farthing.core.pricing.fields import Terms
from farthing.core.pricing.plan import Price
from farthing.core.pricing.terms import price_from
from farthing.core.rating.line import Line, added
from farthing.core.rating.rate import Used, rate_fee, rate_usage

_TIERS = [{"up_to": "100", "unit": "0.02", "flat": "1"}, {"up_to": "1000", "unit": "0.015"}, {"unit": "0.01"}]
_TOTALS = [{"up_to": "100", "total": "10"}, {"up_to": "1000", "total": "50"}, {"total": "200"}]
_EACH = ("1.25", "80", "0.5", "1000", "37.5", "12", "250", "3")

# A price of each shape as a catalogue writes it, and some of the ways in which shapes are composed.
PRICES: dict[str, Terms] = {
    "flat": {"shape": "flat", "fee": "49"},
    "per_unit": {"shape": "per_unit", "unit": "0.002"},
    "package": {"shape": "package", "price": "5", "size": "100", "included": "100"},
    "graduated": {"shape": "graduated", "tiers": _TIERS},
    "volume": {"shape": "volume", "tiers": _TIERS},
    "stairstep": {"shape": "stairstep", "tiers": _TOTALS},
    "capacity": {"shape": "capacity", "tiers": _TOTALS},
    "percentage": {"shape": "percentage", "rate": "0.029", "per_event": "0.30"},
    "percentage of each event": {"shape": "percentage", "rate": "0.029", "per_event": "0.30", "free_events": "2",
                                 "minimum_per_event": "0.50", "maximum_per_event": "12"},
    "graduated_percentage": {"shape": "graduated_percentage",
                             "tiers": [{"up_to": "1000", "rate": "0.03"}, {"rate": "0.02"}]},
    "event_priced": {"shape": "event_priced", "multiplier": "1.2"},
    "matrix": {"shape": "matrix", "by": ["region"],
               "cells": [{"when": ["eu"], "shape": "per_unit", "unit": "0.003"},
                         {"when": ["us"], "shape": "graduated", "tiers": _TIERS}],
               "default": {"shape": "per_unit", "unit": "0.004"}},
    "free": {"shape": "free"},
    "converted, included, discounted": {"shape": "graduated", "tiers": _TIERS, "divide_by": "7", "round": "ceil",
                                        "included": "10", "discount": {"percent": "12.5"}, "minimum": "2"},
    "thirds": {"shape": "graduated", "tiers": _TIERS, "divide_by": "3"},
    "ten groups": {"shape": "graduated", "tiers": _TIERS, "group_by": ["key"]},
}  # fmt: skip

_QUANTITIES = 1000
_CYCLE = Cycle.monthly(anchor_day=1, in_zone="UTC")
_PERIOD = _CYCLE.period_holding(datetime(2026, 3, 15, tzinfo=UTC))
_SOMEONE = UUID(int=1)


@dataclass(frozen=True, slots=True)
class Rate:
    """Charges a second on one core: the median of the rounds, and every round."""

    per_second: int
    rounds: list[int]


@dataclass(frozen=True, slots=True)
class Rated:
    """What was measured. Seconds are of one core; memory is the most the process held, in MiB."""

    charges: int
    rounds: int
    shapes: dict[str, Rate]
    mixed_seconds: float
    mixed_seconds_rounds: list[float]
    mixed_per_second: int
    peak_mib_before: float
    peak_mib_at_a_fifth: float
    peak_mib_at_all: float
    total_minor: int
    machine: str


@click.command("rate")
@click.option("--charges", type=click.IntRange(1000, 100_000_000), default=500_000, show_default=True, help="Mixed.")
@click.option("--each", type=click.IntRange(100, 10_000_000), default=20_000, show_default=True, help="Of each shape.")
@click.option("--rounds", type=click.IntRange(1, 100), default=3, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for scripts.")
def command(charges: int, each: int, rounds: int, as_json: bool) -> None:
    """Rate charges on one core: what was measured goes in, a line with its steps, rounded, comes out.

    Each shape by itself, then many charges of all shapes one after the other, and the most memory a fifth of them and
    all of them needed. Needs no database.
    """
    measured = measure(charges=charges, each=each, rounds=rounds)
    if as_json:
        click.echo(json.dumps(asdict(measured)))
        return
    click.echo(f"{measured.machine}; one core; the median of {measured.rounds} rounds")
    rows = [["shape", "charges a second", "rounds"]]
    for name, rate in measured.shapes.items():
        rows.append([name, f"{rate.per_second:,}", ", ".join(f"{one:,}" for one in rate.rounds)])
    click.echo(table(rows, right=(1,)))
    spread = ", ".join(f"{seconds:.2f}" for seconds in measured.mixed_seconds_rounds)
    click.echo(f"{measured.charges:,} charges of all shapes: {measured.mixed_seconds:.2f} s (rounds: {spread})")
    click.echo(
        f"memory at most: {measured.peak_mib_at_a_fifth:.1f} MiB after {measured.charges // 5:,} charges, "
        f"{measured.peak_mib_at_all:.1f} MiB after {measured.charges:,}"
    )


def measure(*, charges: int, each: int, rounds: int) -> Rated:
    """Rate, round after round. Seconds are those the processor spent on it, so that a busy machine tells the same."""
    raters = {name: _rater(terms) for name, terms in PRICES.items()}
    mixed = list(raters.values())
    shapes: dict[str, Rate] = {}
    with progress() as bar:
        task = bar.add_task("Rating", total=len(raters) + 2 + rounds)
        _rated(mixed, charges=len(mixed) * 10)
        before = _peak_mib()
        _rated(mixed, charges=charges // 5)
        at_a_fifth = _peak_mib()
        bar.advance(task)
        total_minor = _rated(mixed, charges=charges)
        at_all = _peak_mib()
        bar.advance(task)
        mixed_seconds = []
        for _ in range(rounds):
            mixed_seconds.append(_seconds(lambda: _rated(mixed, charges=charges)))
            bar.advance(task)
        for name, rater in raters.items():
            taken = [_seconds(lambda rater=rater: _rated([rater], charges=each)) for _ in range(rounds)]  # type: ignore[misc]
            per_second = [round(each / seconds) for seconds in taken]
            shapes[name] = Rate(round(statistics.median(per_second)), per_second)
            bar.advance(task)
    seconds = statistics.median(mixed_seconds)
    return Rated(
        charges=charges,
        rounds=rounds,
        shapes=shapes,
        mixed_seconds=round(seconds, 3),
        mixed_seconds_rounds=[round(each, 3) for each in mixed_seconds],
        mixed_per_second=round(charges / seconds),
        peak_mib_before=before,
        peak_mib_at_a_fifth=at_a_fifth,
        peak_mib_at_all=at_all,
        total_minor=total_minor,
        machine=machine(),
    )


# What this rates when its turn comes for the so-many-th time.
Rater = Callable[[int], Line]


def _rater(terms: Terms) -> Rater:
    """Rates the price of these terms on the usage of this number, the same every time it comes around."""
    meter = Meter("usage", 1, "usage", Sum(Property("value")), unit="units")
    fee = terms["shape"] == "flat"
    price = price_from("price", dict(terms) | ({} if fee else {"meter": "usage"}), meters={"usage": meter})
    if fee:
        return lambda _: rate_fee(price, _PERIOD, _CYCLE, in_currency=USD)
    used = list(_usage(price, meter, _PERIOD))

    def rate(number: int) -> Line:
        return rate_usage(price, used[number % _QUANTITIES], _CYCLE, subscription_id=_SOMEONE, in_currency=USD)

    return rate


def _usage(price: Price, meter: Meter, period: Period) -> Iterator[Used]:
    """Measurements of quantities from a fraction of a unit to some thousands of them."""
    reading = Reading(meter, whole(period), group_by=price.group_by, amounts=price.shape.needs_amounts)
    groups: Sequence[tuple[str | None, ...]] = [()]
    if price.group_by == ("region",):
        groups = [("eu",), ("us",), (None,)]
    elif price.group_by:
        groups = [(f"key {number}",) for number in range(10)]
    amounts = tuple(Decimal(amount) for amount in _EACH)
    for number in range(_QUANTITIES):
        quantity = Decimal(number * 37 % 4000) + Decimal("0.125")
        of_events = price.shape.needs_amounts
        cells = tuple(
            Measured(group, added(amounts) if of_events else quantity, len(amounts), amounts if of_events else None)
            for group in groups
        )
        yield Used(Measurement(_SOMEONE, reading, 1000, cells))


def _rated(raters: Sequence[Rater], *, charges: int) -> int:
    """At least so many charges, the raters taking turns; a price's cells are a charge each, as everywhere.

    Gives their amounts added up, so that nothing is rated for nothing.
    """
    total_minor, rated, turn = 0, 0, 0
    while rated < charges:
        for rater in raters:
            line = rater(turn)
            rated += len(line.cells)
            total_minor += line.amount.minor
        turn += 1
    return total_minor


def _seconds(work: Callable[[], object]) -> float:
    gc.collect()
    began = time.process_time()
    work()
    return time.process_time() - began


def _peak_mib() -> float:
    """The most memory that this process ever held."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1 << 20 if sys.platform == "darwin" else 1 << 10), 1)
