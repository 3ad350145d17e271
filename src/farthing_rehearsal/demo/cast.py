"""The cast of the demo: what is sold, who buys it, and how each of them uses it."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from farthing.core.metering.event import UsageEvent

SELLER = "Nimbus Inference"
OPENS = datetime(2026, 1, 1, tzinfo=UTC)
TODAY = datetime(2026, 3, 20, 9, 30, tzinfo=UTC)
SEED = 20260320
# From then on usage is received as it happens, so that it is known by the hour how each source sends.
AS_IT_HAPPENS_FROM = TODAY - timedelta(days=21)
GATEWAY, EDGE = "nimbus/gateway", "nimbus/edge-apac"
EDGE_FALLS_SILENT = datetime(2026, 3, 20, 14, tzinfo=UTC)
NEXT_MORNING = datetime(2026, 3, 21, 8, 5, tzinfo=UTC)
# The day after people joined, and the day after each month, once it has ended in every customer's zone.
CLOSINGS = tuple(datetime(2026, month, day, 12, tzinfo=UTC) for month, day in ((1, 2), (1, 16), (2, 1), (3, 1)))

CATALOGUE = """\
meters:
  input_tokens:  {event_type: inference, measure: sum, property: input_tokens, unit: tokens}
  output_tokens: {event_type: inference, measure: sum, property: output_tokens, unit: tokens}
  requests:      {event_type: inference, measure: count, unit: requests}
plans:
  starter:
    name: Starter
    currency: USD
    prices:
      platform: {name: Platform fee, shape: flat, fee: 49, charged: advance}
      input:    {name: Input tokens, meter: input_tokens, shape: graduated,
                 tiers: [{up_to: 20000000, unit: 0.0000008}, {unit: 0.0000006}]}
      output:   {name: Output tokens, meter: output_tokens, shape: per_unit, unit: 0.0000024}
  scale:
    name: Scale
    currency: USD
    prices:
      platform: {name: Platform fee, shape: flat, fee: 499, charged: advance}
      input:    {name: Input tokens, meter: input_tokens, shape: graduated,
                 tiers: [{up_to: 500000000, unit: 0.0000006},
                         {up_to: 1000000000, unit: 0.0000005}, {unit: 0.0000004}]}
      output:   {name: Output tokens, meter: output_tokens, shape: graduated,
                 tiers: [{up_to: 100000000, unit: 0.000002}, {unit: 0.0000016}]}
  enterprise:
    name: Enterprise
    currency: USD
    prices:
      platform: {name: Platform fee, shape: flat, fee: 2500, charged: arrears}
      input:    {name: Input tokens, meter: input_tokens, shape: per_unit, unit: 0.00000035}
      output:   {name: Output tokens, meter: output_tokens, shape: per_unit, unit: 0.0000014}
      requests: {name: Requests, meter: requests, shape: graduated,
                 tiers: [{up_to: 300, unit: 0}, {unit: 0.05}]}
"""

Mood = Callable[[int, random.Random], float]


def steady(day: int, chance: random.Random) -> float:
    """About the same every day, less at weekends."""
    return (0.55 if (OPENS.date() + timedelta(days=day)).weekday() >= 5 else 1.0) * chance.uniform(0.9, 1.1)


def growing(day: int, chance: random.Random) -> float:
    """A little more every day."""
    return math.exp(day / 60) * 0.6 * chance.uniform(0.85, 1.15)


def spiky(_day: int, chance: random.Random) -> float:
    """Quiet, with a few days on which everything happens."""
    return chance.uniform(4, 7) if chance.random() < 0.09 else chance.uniform(0.4, 0.8)


def leaving(day: int, chance: random.Random) -> float:
    """Less and less, until there is none."""
    return max(0.0, 1.1 - day / 55) * chance.uniform(0.8, 1.2)


@dataclass(frozen=True, slots=True)
class Part:
    """One customer: what they agreed to, and their usage. `tokens` is what an ordinary day comes to, in millions."""

    key: str
    name: str
    in_zone: str
    plan: str
    starts_on: date
    mood: Mood
    tokens: int
    contact: str
    leaves_on: date | None = None
    source: str = GATEWAY


CAST = (
    Part("northwind", "Northwind Robotics", "Europe/Berlin", "scale", date(2026, 1, 1), spiky, 26, "Nora Lindqvist"),
    Part("acme", "Acme Legal", "America/New_York", "starter", date(2026, 1, 1), steady, 2, "Andy Coyle"),
    Part("bluebird", "Bluebird Health", "America/Los_Angeles", "scale", date(2026, 1, 15), growing, 30, "Bea Ortiz"),
    Part("kumo", "Kumo Games", "Asia/Tokyo", "enterprise", date(2026, 1, 1), steady, 120, "Kaito Mori", source=EDGE),
    Part("lumen", "Lumen Learning", "Asia/Kolkata", "starter", date(2026, 1, 1), growing, 3, "Leela Rao", source=EDGE),
    Part("harbor", "Harbor Logistics", "Europe/Lisbon", "scale", date(2026, 1, 1), steady, 18, "Hugo Matos"),
    Part(
        "pico",
        "Pico Studio",
        "Europe/Paris",
        "starter",
        date(2026, 1, 1),
        leaving,
        2,
        "Paul Petit",
        leaves_on=date(2026, 2, 1),
    ),
    Part(
        "vega",
        "Vega Research",
        "Australia/Sydney",
        "enterprise",
        date(2026, 1, 1),
        spiky,
        90,
        "Vera Nolan",
        source=EDGE,
    ),
)

_MODELS = ("nimbus-small", "nimbus-large", "nimbus-code")
_BATCHES_A_DAY = 12
LAST_DAY_OF_THOSE_WHO_LEFT = 56


def usage_of(part: Part, *, since: datetime, until: datetime) -> Iterator[UsageEvent]:
    """The customer's events in [since, until), the same whenever they are asked for."""
    day_zero = OPENS.date()
    day = max(since.date(), part.starts_on)
    while datetime(day.year, day.month, day.day, tzinfo=UTC) < until:
        yield from (
            event for event, happened_at in _day_of(part, day, (day - day_zero).days) if since <= happened_at < until
        )
        day += timedelta(days=1)


def _day_of(part: Part, day: date, number: int) -> Iterator[tuple[UsageEvent, datetime]]:
    chance = random.Random(f"{SEED} {part.key} {day}")
    tokens = part.mood(number, chance) * part.tokens * 1_000_000
    if part.leaves_on is not None and number > LAST_DAY_OF_THOSE_WHO_LEFT:
        return
    weights = [chance.uniform(0.2, 1.0) for _ in range(_BATCHES_A_DAY)]
    for batch, weight in enumerate(weights):
        happened_at = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(
            seconds=batch * 7200 + chance.randrange(7200)
        )
        share = int(tokens * weight / sum(weights))
        output_tokens = int(share * chance.uniform(0.12, 0.25))
        yield (
            UsageEvent(
                source=part.source,
                id=f"{part.key}-{day}-{batch:02d}",
                type="inference",
                subject=part.key,
                time=happened_at.isoformat().replace("+00:00", "Z"),
                data={
                    "input_tokens": Decimal(share - output_tokens),
                    "output_tokens": Decimal(output_tokens),
                    "model": chance.choice(_MODELS),
                },
            ),
            happened_at,
        )
