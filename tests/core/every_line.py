"""An invoice with a line of every shape, measure and modifier, made by billing itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from fractions import Fraction

from farthing.core.billing import ChargeKey, draft_of
from farthing.core.exact import Rounding
from farthing.core.invoicing.invoice import Invoice, LegalEntity, Series, issue
from farthing.core.metering.average import Average
from farthing.core.metering.bucketed import Bucketed
from farthing.core.metering.count import Count
from farthing.core.metering.filter import All, Compare, Comparison, OneOf, TimeOfDay
from farthing.core.metering.increase import Increase
from farthing.core.metering.latest import Latest
from farthing.core.metering.maximum import Maximum
from farthing.core.metering.measures import Measure
from farthing.core.metering.meter import Measured, Measurement, Meter, Reading
from farthing.core.metering.percentile import Percentile
from farthing.core.metering.sample import Window
from farthing.core.metering.seats import Seats
from farthing.core.metering.time_weighted import TimeWeighted
from farthing.core.metering.total import Sum
from farthing.core.metering.unique import Unique
from farthing.core.metering.value import Property, parse
from farthing.core.money import USD
from farthing.core.period import Cycle, Period, start_of_day
from farthing.core.pricing.capacity import Capacity
from farthing.core.pricing.commitment import Commitment
from farthing.core.pricing.event_priced import EventPriced
from farthing.core.pricing.flat import Flat
from farthing.core.pricing.free import Free
from farthing.core.pricing.graduated import Graduated
from farthing.core.pricing.graduated_percentage import GraduatedPercentage, RateTier
from farthing.core.pricing.ladder import Rung, Tier
from farthing.core.pricing.matrix import Branch, Matrix
from farthing.core.pricing.modifiers import Discount, Modifiers
from farthing.core.pricing.package import Package
from farthing.core.pricing.per_unit import PerUnit
from farthing.core.pricing.percentage import Percentage
from farthing.core.pricing.plan import CustomUnit, Ladder, Plan, Price, Timing
from farthing.core.pricing.shapes import Shape
from farthing.core.pricing.stairstep import Stairstep
from farthing.core.pricing.transform import Conversion, Transform
from farthing.core.pricing.volume import Volume
from farthing.core.rating.agreement import Agreement
from farthing.core.rating.rate import Used
from farthing.core.subscriptions.subscription import Subscription
from tests.core.core_values import ACME

D = Decimal
ZONE = "Europe/Paris"
TIERS = (Tier(D(100), D("0.01"), flat=D(1)), Tier(D(1000), D("0.02")), Tier(None, D("0.005")))
RUNGS = (Rung(D(10), D(50)), Rung(D(500), D(80)), Rung(None, D(100)))
NIGHT = All((OneOf("region", ("eu", "us")), TimeOfDay(time(22), time(6))))
PAYMENTS = (D(50), D(3), D("0.5"), D(900), D(3))


def usage(key: str, name: str, shape: Shape, measure: Measure, unit: str = "", **of: object) -> Price:
    """A price with a meter of its own."""
    where = of.pop("meter_where", None)
    meter = Meter(key, 1, f"events.{key}", measure, unit, where=where)  # type: ignore[arg-type]
    return Price(key, name, shape, meter, **of)  # type: ignore[arg-type]


def every_price(name: str = "") -> list[tuple[Price, Sequence[Measured]]]:
    """Prices of all kinds, each with what was measured for it; `name` is put behind the name of each."""
    tokens = Sum(parse("input + 4 * output"))
    return [
        (Price("base", f"Base fee{name}", Flat(D(49)), timing=Timing.ADVANCE), ()),
        (Price("setup", f"Setup{name}", Flat(D(200)), timing=Timing.ONCE), ()),
        (Price("users", f"Users{name}", Volume(TIERS), timing=Timing.ARREARS, quantity="users"), ()),
        (usage("calls", f"Calls{name}", PerUnit(D("0.0004")), Count(), "calls"), [Measured((), D(23_456), 23_456)]),
        (
            usage(
                "tokens",
                f"Tokens{name}",
                PerUnit(D("0.7")),
                tokens,
                "tokens",
                transform=Transform(Conversion(D(1000), rounding=Rounding.CEIL), included=D(20)),
                modifiers=Modifiers(Discount(percent=D("12.5")), minimum=D(31), maximum=D(62)),
                unit_of_account=CustomUnit("credits", D("0.02")),
                meter_where=Compare("model", Comparison.EQ, "gpt large"),
            ),
            [Measured((), D(48_345), 12)],
        ),
        (usage("rest", f"Other tokens{name}", Free(), Sum(Property("tokens")), "tokens"), [Measured((), D(800), 3)]),
        (
            usage(
                "blocks",
                f"Storage{name}",
                Graduated((Tier(D(100), D(1), block=D(10)), Tier(None, D("0.5"), flat=D(3), block=D(25)))),
                TimeWeighted(Property("gigabytes"), readings="levels", per="hour", series=("disk",), carries_over=True),
                "GB-hours",
            ),
            [Measured((), Fraction(1234, 7), 9)],
        ),
        (
            usage(
                "traffic",
                f"Traffic{name}",
                Volume(TIERS),
                Increase(Property("bytes"), series=("host",)),
                "bytes",
                group_by=("region",),
                ladder=Ladder.SHARED,
            ),
            [Measured(("eu",), D(80), 3), Measured(("us",), D(700), 4), Measured((None,), D(7), 1)],
        ),
        (
            usage("p95", f"Bandwidth{name}", Stairstep(RUNGS), Percentile(Property("mbit"), D(95)), meter_where=NIGHT),
            [Measured((), D(312), 8928)],
        ),
        (
            usage("mail", f"Mails{name}", Package(D(10), size=D(100), included=D(30)), Count(), "mails"),
            [Measured((), D(250), 250)],
        ),
        (
            usage(
                "cards",
                f"Card payments{name}",
                Percentage(
                    D("0.013"),
                    per_event=D("0.1"),
                    free_events=1,
                    minimum_per_event=D("0.5"),
                    maximum_per_event=D(10),
                ),
                Sum(Property("amount")),
                "USD",
            ),
            [Measured((), sum(PAYMENTS, D(0)), len(PAYMENTS), PAYMENTS)],
        ),
        (
            usage(
                "volume",
                f"Payment volume{name}",
                GraduatedPercentage((RateTier(D(1000), D("0.03")), RateTier(None, D("0.02"), flat=D(4)))),
                Sum(Property("amount")),
                "USD",
            ),
            [Measured((), D(1500), 8)],
        ),
        (
            usage(
                "machines",
                f"Machines{name}",
                Matrix(
                    ("region", "size"),
                    (Branch(("eu", "large"), PerUnit(D(2))), Branch(("eu", "small"), Graduated(TIERS))),
                    PerUnit(D(3)),
                ),
                Sum(Property("hours")),
                "hours",
            ),
            [
                Measured(("eu", "large"), D(24), 2),
                Measured(("eu", "small"), D(150), 5),
                Measured(("us", None), Fraction(2, 3), 1),
            ],
        ),
        (
            usage("marks", f"Marketplace{name}", EventPriced(D("1.2")), Sum(Property("cost")), "USD"),
            [Measured((), D("49.99"), 3)],
        ),
        (usage("peak", f"Peak depth{name}", Capacity(RUNGS), Maximum(Property("depth"))), [Measured((), D(10), 400)]),
        (
            usage(
                "hourly",
                f"Hourly peaks{name}",
                PerUnit(D("0.01")),
                Bucketed(Maximum(Property("depth")), "1h", "sum"),
            ),
            [Measured((), D(3120), 400)],
        ),
        (
            usage("seats", f"Seats{name}", PerUnit(D(10)), Seats("user", action="op"), "seats"),
            [Measured((), Fraction(94, 31), 6)],
        ),
        (
            usage("load", f"Average load{name}", PerUnit(D(3)), Average(Property("load")), "load"),
            [Measured((), Fraction(7, 3), 30)],
        ),
        (usage("people", f"People{name}", PerUnit(D("0.3")), Unique("user"), "people"), [Measured((), D(31), 400)]),
        (usage("level", f"Level{name}", Free(), Latest(Property("level"))), [Measured((), D(-4), 7)]),
    ]


def many_groups(groups: int, name: str = "API keys", value: str = "key") -> tuple[Price, Sequence[Measured]]:
    """A price of so many groups, each 1 unit at 0.004."""
    price = usage("keys", name, PerUnit(D("0.004")), Count(), "calls", group_by=("api_key",))
    width = len(str(groups))
    return price, [Measured((f"{value}-{number:0{width}d}",), D(1), 1) for number in range(groups)]


def invoice_of(
    priced: Sequence[tuple[Price, Sequence[Measured]]],
    *,
    starts_on: date = date(2026, 1, 1),
    commitments: Sequence[Commitment] = (Commitment("floor", "Minimum spend", D(5000), overage=D("1.2")),),
) -> Invoice:
    """The invoice at the end of January for these prices and what was measured for them."""
    plan = Plan("growth", 3, "Growth", USD, tuple(price for price, _ in priced), commitments=tuple(commitments))
    starts_at = start_of_day(starts_on, in_zone=ZONE)
    subscription = Subscription(ACME, ACME, "growth", 3, Cycle.monthly(1, ZONE), starts_at)
    moment = next(due for due in subscription.moments_due(through=starts_at + timedelta(days=62)) if due.ended)
    assert moment.ended is not None
    measured = {
        (price.key, moment.ended.start): Used(_measurement(price, cells, moment.ended, subscription.cycle))
        for price, cells in priced
        if price.meter is not None
    }
    entity = LegalEntity("main", "Lumen Inference GmbH", in_zone=ZONE, number_prefix="LI")
    draft = draft_of(Agreement.plain(subscription, plan), moment, measured)
    return issue(draft, entity, Series(last=41), now=moment.at + timedelta(hours=8))


def used_of(priced: Sequence[tuple[Price, Sequence[Measured]]], made: Invoice) -> dict[ChargeKey, Used]:
    """What was measured for the lines of an invoice that `invoice_of` made."""
    cells = {price.key: (price, measured) for price, measured in priced}
    return {
        (line.price_key, line.period.start): Used(
            _measurement(*cells[line.price_key], line.period, Cycle.monthly(1, ZONE))
        )
        for line in made.draft.lines
        if line.slice is not None
    }


def _measurement(price: Price, cells: Sequence[Measured], period: Period, cycle: Cycle) -> Measurement:
    assert price.meter is not None
    window = Window(period, cycle.period_holding(period.start), cycle.in_zone)
    reading = Reading(price.meter, window, where=None, group_by=price.group_by, amounts=price.shape.needs_amounts)
    return Measurement(ACME, reading, 98_765, tuple(cells))
