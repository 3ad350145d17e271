"""An invoice with two fees and two usage lines, made by billing itself, and knobs for what the tests vary."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from farthing.core.billing import draft_of
from farthing.core.invoicing.invoice import Invoice, LegalEntity, Series, issue
from farthing.core.metering.count import Count
from farthing.core.metering.meter import Meter
from farthing.core.metering.total import Sum
from farthing.core.money import currency
from farthing.core.parties import Customer, Mode, Seller
from farthing.core.period import Cycle, start_of_day
from farthing.core.pricing.flat import Flat
from farthing.core.pricing.graduated import Graduated, Tier
from farthing.core.pricing.per_unit import PerUnit
from farthing.core.pricing.plan import Plan, Price, Timing
from farthing.core.rating.agreement import Agreement
from farthing.core.rating.rate import Used
from farthing.core.subscriptions.subscription import Subscription
from tests.core.core_values import single

SOMEONE = UUID(int=7)
DAYS_OF_JANUARY = [date(2026, 1, 1) + timedelta(days=after) for after in range(31)]


@dataclass(frozen=True)
class Sample:
    """What `invoice_pdf` takes."""

    invoice: Invoice
    customer: Customer
    seller: Seller
    days: dict[str, Sequence[tuple[date, Decimal]]]


def sample(
    *,
    in_currency: str = "USD",
    tokens: Decimal = Decimal(1_300_000),
    requests: Decimal = Decimal(23_456),
    customer_name: str = "Northwind Traders",
    price_name: str = "Requests",
    unit: str = "requests",
    more_lines: int = 0,
    starts_on: date = date(2026, 1, 1),
    in_zone: str = "America/Los_Angeles",
    mode: Mode = Mode.LIVE,
) -> Sample:
    """The invoice at the end of the first period, its number 42, the platform fee of the next period included."""
    token_meter = Meter("tokens", 1, "inference", Sum("tokens"), "tokens")
    request_meter = Meter("requests", 1, "request", Count(), unit)
    tiers = (
        Tier(Decimal(1_000_000), Decimal("0.000002")),
        Tier(Decimal(5_000_000), Decimal("0.0000015"), flat=Decimal(5)),
        Tier(None, Decimal("0.000001")),
    )
    extra_meters = [Meter(f"m{place}", 1, f"type{place}", Count(), "calls") for place in range(more_lines)]
    prices = (
        Price("platform", "Platform fee", Flat(Decimal(49)), timing=Timing.ADVANCE),
        Price("support", "Support", Flat(Decimal("120.50"))),
        Price("tokens", "Input tokens", Graduated(tiers), token_meter),
        Price("requests", price_name, PerUnit(Decimal("0.0004")), request_meter),
        *(Price(m.key, f"Endpoint {m.key}", PerUnit(Decimal("0.0013")), m) for m in extra_meters),
    )
    quantities = {"tokens": tokens, "requests": requests} | {
        meter.key: Decimal(1000 + place) for place, meter in enumerate(extra_meters)
    }
    plan = Plan("growth", 3, "Growth", currency(in_currency), prices)
    starts_at = start_of_day(starts_on, in_zone=in_zone)
    subscription = Subscription(SOMEONE, SOMEONE, "growth", 3, Cycle.monthly(1, in_zone), starts_at)
    _, moment = (due for due, _ in zip(subscription.moments_due(through=FAR), range(2), strict=False))
    assert moment.ended is not None
    measured = {
        (price.key, moment.ended.start): Used(
            single(SOMEONE, price.meter, moment.ended, 98_765, quantities[price.key], events=1_234)
        )
        for price in prices
        if price.meter is not None
    }
    entity = LegalEntity("main", "Lumen Inference GmbH", in_zone="Asia/Tokyo", number_prefix="LI")
    draft = draft_of(Agreement.plain(subscription, plan), moment, measured)
    return Sample(
        invoice=issue(draft, entity, Series(last=41), now=moment.at + timedelta(hours=8)),
        customer=Customer(SOMEONE, "northwind", customer_name, in_zone),
        seller=Seller(SOMEONE, "Lumen", mode, entity),
        days={key: some_usage(seed=place) for place, key in enumerate(("tokens", "requests"))},
    )


FAR = datetime(2100, 1, 1, tzinfo=UTC)


def some_usage(*, seed: int) -> list[tuple[date, Decimal]]:
    """A month of days from a fixed seed."""
    chance = random.Random(seed)
    return [(on, Decimal(chance.randint(0, 2_000_000))) for on in DAYS_OF_JANUARY]
