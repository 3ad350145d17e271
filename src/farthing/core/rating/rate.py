"""Rating: a fee for the days it covers, and usage for all of a period's events."""

from decimal import Decimal
from uuid import UUID

from farthing.core.ids import id_of
from farthing.core.metering.meter import Measurement
from farthing.core.money import Currency
from farthing.core.period import Cycle, Period
from farthing.core.pricing.plan import Price, Timing
from farthing.core.rating.line import Line, Share, Slice, round_line
from farthing.core.subscriptions.subscription import Subscription

ONE_FEE = Decimal(1)


def rate_fee(price: Price, period: Period, cycle: Cycle, *, in_currency: Currency) -> Line:
    """The fee for a period, by whole local days of the full period that holds it.

    A stub of 22 days in a month of 31 costs 22/31 of the fee.
    """
    assert price.meter is None, f"{price.key} prices usage"
    share = fee_share(period, cycle)
    steps = price.shape.steps(ONE_FEE)
    amount, parts = round_line(steps, share, in_currency=in_currency)
    return Line(
        price_key=price.key,
        name=price.name,
        period=period,
        quantity=ONE_FEE,
        unit="",
        steps=steps,
        step_amounts=parts,
        amount=amount,
        advance=price.timing is Timing.ADVANCE,
        share=share,
    )


def fee_share(period: Period, cycle: Cycle) -> Share:
    """How many of the full period's days this one covers."""
    full = cycle.period_holding(period.start)
    return Share(days=period.days(in_zone=cycle.in_zone), of_days=full.days(in_zone=cycle.in_zone))


def rate_usage(price: Price, measured: Measurement, subscription: Subscription, *, in_currency: Currency) -> Line:
    """The usage of a period: everything measured at positions up to the measurement's."""
    assert price.meter == measured.meter, f"{price.key} does not price {measured.meter.key}"
    steps = price.shape.steps(measured.quantity)
    amount, parts = round_line(steps, None, in_currency=in_currency)
    return Line(
        price_key=price.key,
        name=price.name,
        period=measured.period,
        quantity=measured.quantity,
        unit=measured.meter.unit,
        steps=steps,
        step_amounts=parts,
        amount=amount,
        slice=Slice(
            charge_id=charge_id(subscription.subscription_id, price.key, measured.period),
            revision=0,
            after=0,
            to=measured.to_position,
            quantity=measured.quantity,
            events=measured.events,
        ),
    )


def charge_id(subscription_id: UUID, price_key: str, segment: Period) -> UUID:
    """The id of what one price charges one subscription on one stretch of time."""
    return id_of("charge", subscription_id, price_key, segment.start.isoformat())
