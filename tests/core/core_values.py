"""What the core's tests build with: JSON, prices and plans of any kind, and one small world that is billed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from farthing.core.exact import Exact
from farthing.core.ids import id_of
from farthing.core.interval import Every, Unit
from farthing.core.invoicing.invoice import LegalEntity
from farthing.core.metering.count import Count
from farthing.core.metering.event import UsageEvent, read_event
from farthing.core.metering.meter import Measured, Measurement, Meter, Reading, measure
from farthing.core.metering.sample import Sample, whole
from farthing.core.metering.total import Sum
from farthing.core.money import currency
from farthing.core.period import Cycle, Period
from farthing.core.pricing.flat import Flat
from farthing.core.pricing.graduated import Graduated, Tier
from farthing.core.pricing.per_unit import PerUnit
from farthing.core.pricing.plan import Plan, Price, Shape, Timing
from farthing.core.subscriptions.subscription import Subscription

USD = currency("USD")
currencies = st.sampled_from([currency(code) for code in ("USD", "EUR", "JPY", "KWD", "UYW")])

# Zones whose clocks do something a month's end can trip over.
AWKWARD_ZONES = (
    "UTC",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "America/Havana",
    "America/New_York",
    "America/St_Johns",
    "Africa/Casablanca",
    "Africa/Cairo",
    "Asia/Beirut",
    "Atlantic/Azores",
    "Europe/Dublin",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "Pacific/Chatham",
    "Antarctica/Troll",
)
zones = st.sampled_from(AWKWARD_ZONES)
instants = st.integers(0, 90 * 365 * 24 * 3600).map(
    lambda seconds: datetime(1971, 1, 1, tzinfo=UTC) + timedelta(0, seconds)
)


any_every = st.sampled_from(
    [
        *(Every(days, Unit.DAY) for days in (1, 3, 7, 14, 30)),
        *(Every(n, Unit.MONTH) for n in (1, 2, 3, 5, 6, 12, 18, 24)),
    ]
)
cycles = st.builds(Cycle, st.dates(date(1975, 1, 1), date(2055, 12, 31)), zones, any_every)


@st.composite
def changed_cycles(draw: st.DrawFn) -> Cycle:
    """A cycle through moves to other zones, other anchors and other intervals, some of them at once."""
    cycle, instant = draw(cycles), draw(instants)
    for _ in range(draw(st.integers(1, 4))):
        what = draw(st.sampled_from(["zone", "anchor", "every", "all"]))
        changed = cycle.changed(
            since=instant,
            anchor=None if what in ("zone", "every") else draw(st.dates(date(1975, 1, 1), date(2055, 12, 31))),
            every=None if what in ("zone", "anchor") else draw(any_every),
            in_zone=None if what in ("anchor", "every") else draw(zones),
        )
        cycle, instant = changed, instant + timedelta(0, draw(st.integers(1, 90 * 24 * 3600)))
    return cycle if cycle.before is not None else cycle.changed(since=instant, every=Every(11, Unit.DAY))


def prices_up_to(most: int) -> st.SearchStrategy[Decimal]:
    """Decimals from 0 on, with up to nine places."""
    return st.decimals(min_value=0, max_value=most, places=9, allow_nan=False, allow_infinity=False)


unit_prices = prices_up_to(1000)
quantities = st.decimals(min_value=0, max_value=10**12, places=6, allow_nan=False, allow_infinity=False)


@st.composite
def graduated(draw: st.DrawFn, *, flats: bool = True) -> Graduated:
    """Any graduated price."""
    bounds = sorted(draw(st.sets(st.integers(1, 10**7).map(lambda n: Decimal(n) / 4), max_size=4)))
    fees = unit_prices if flats else st.just(Decimal(0))
    tiers = tuple(Tier(bound, draw(unit_prices), draw(fees)) for bound in [*bounds, None])
    return Graduated(tiers, flat_when_zero=draw(st.booleans()))


names = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=12).filter(str.strip)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Any plan that may exist."""
    meters: list[Meter] = []
    for number, event_type in enumerate(draw(st.lists(names, max_size=3, unique=True))):
        measure = draw(st.one_of(st.just(Count()), names.map(Sum)))
        version = draw(st.integers(1, 9))
        unit = draw(st.sampled_from(["", "tokens"]))
        meters.append(Meter(f"meter-{number}", version, event_type, measure, unit))
    usage: st.SearchStrategy[Shape] = st.one_of(graduated(), unit_prices.map(PerUnit))
    prices = [Price(f"price-{number}", draw(names), draw(usage), meter) for number, meter in enumerate(meters)]
    for number in range(draw(st.integers(0 if prices else 1, 2))):
        timing = draw(st.sampled_from(list(Timing)))
        prices.append(Price(f"fee-{number}", draw(names), Flat(draw(unit_prices)), timing=timing))
    ordered = draw(st.permutations(prices))
    return Plan(draw(names), draw(st.integers(1, 9)), draw(names), draw(currencies), tuple(ordered))


texts = st.text(st.characters(), max_size=8)  # Halves of surrogate pairs and NULs among them.
json_values: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.decimals(allow_nan=False, allow_infinity=False),
        texts,
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=12,
)


TOKENS = Meter("tokens", 1, "inference", Sum("tokens"), unit="tokens")
CALLS = Meter("calls", 1, "inference", Count())
TIERS = Graduated((Tier(Decimal(1_000_000), Decimal("0.000002")), Tier(None, Decimal("0.0000015"))))
STARTER = Plan(
    key="starter",
    version=1,
    name="Starter",
    currency=USD,
    prices=(
        Price("platform", "Platform fee", Flat(Decimal("49")), timing=Timing.ADVANCE),
        Price("support", "Support", Flat(Decimal("10"))),
        Price("tokens", "Tokens", TIERS, TOKENS),
        Price("calls", "Calls", PerUnit(Decimal("0.001")), CALLS),
    ),
)
ENTITY = LegalEntity("main", "Example Ltd", in_zone="Europe/Paris", number_prefix="EX")
ACME = id_of("customer", "acme")


def at(written: str) -> datetime:
    """An instant from its short text in UTC, such as 2026-01-05 or 2026-01-05T10:00."""
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


def subscription(
    *, starts_at: datetime | None = None, ends_at: datetime | None = None, anchor_day: int = 1, in_zone: str = "UTC"
) -> Subscription:
    """Acme on the starter plan."""
    return Subscription(
        subscription_id=id_of("subscription", "acme"),
        customer_id=ACME,
        plan_key=STARTER.key,
        plan_version=STARTER.version,
        cycle=Cycle.monthly(anchor_day=anchor_day, in_zone=in_zone),
        starts_at=starts_at or at("2026-01-10"),
        ends_at=ends_at,
    )


def event(number: int, *, tokens: object = 1, **more: object) -> UsageEvent:
    """One call of some tokens."""
    sent = {
        "id": str(number),
        "source": "api",
        "type": "inference",
        "subject": "acme",
        "data": {"tokens": tokens} | more,
    }
    return read_event(sent)


@dataclass(slots=True)
class Usage:
    """Events at their positions, measured the way the core says."""

    kept: list[tuple[int, datetime, UsageEvent]] = field(default_factory=list)

    def add(self, happened_at: datetime, *, tokens: object, **more: object) -> None:
        """Accept one more event."""
        position = len(self.kept) + 1
        self.kept.append((position, happened_at, event(position, tokens=tokens, **more)))

    def measure(self, reading: Reading, *, customer_id: UUID, to_position: int) -> Measurement:
        """What a reading makes of Acme's events, up to a position."""
        samples = [
            Sample(happened_at, position, event.data)
            for position, happened_at, event in sorted(self.kept, key=lambda kept: (kept[1], kept[0]))
            if position <= to_position and event.type == reading.meter.event_type
        ]
        assert customer_id == ACME, "there is one customer in this world"
        return Measurement(customer_id, reading, to_position, measure(reading, samples))


def single(
    customer_id: UUID, meter: Meter, period: Period, to_position: int, quantity: Exact, events: int
) -> Measurement:
    """The measurement of a whole period in one cell."""
    return Measurement(customer_id, Reading(meter, whole(period)), to_position, (Measured((), quantity, events),))
