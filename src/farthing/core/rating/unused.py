"""The rest of a fee that was charged ahead is given back where the subscription changes, rests or ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from farthing.core.exact import ONE, ZERO, Exact, divide, multiply
from farthing.core.money import Money, round_to_money
from farthing.core.period import Cycle, Period
from farthing.core.pricing.plan import Proration
from farthing.core.pricing.step import Step, StepKind
from farthing.core.rating.agreement import Agreement, InForce
from farthing.core.rating.line import Cell, Line, LineKind, Origin, Share, round_parts
from farthing.core.rating.rate import share_of


@dataclass(frozen=True, slots=True)
class FeePaidAhead:
    """A line of an issued invoice whose fee reaches beyond a moment, and what discounts and corrections left of it.

    `left` is without the taxes that come on top; those that an amount holds are in it, as in the line's amount.
    """

    origin: Origin
    line: Line
    left: Money


def unused_of(agreement: Agreement, paid: FeePaidAhead, *, at: datetime) -> Line | None:
    """What is given back of a fee at a moment; None where the fee goes on, and where nothing is to be given back.

    Whoever asks, what is in force says how long the fee was for; the line says what it was charged for.
    """
    own, until = _in_force(agreement, paid.line), in_force_until(agreement, paid.line)
    never = own is not None and own.price.prorate is Proration.NONE
    if never or until > at or until >= paid.line.period.end:
        return None
    return give_back(paid, agreement.subscription.cycle, since=until)


def in_force_until(agreement: Agreement, line: Line) -> datetime:
    """Until when the fee of a line is in force, by what is agreed now."""
    own = _in_force(agreement, line)
    return line.period.start if own is None else own.segment.end


def _in_force(agreement: Agreement, line: Line) -> InForce | None:
    whole = agreement.subscription.period_at(line.period.start)
    in_force = () if whole is None else agreement.terms_for(whole).prices
    charged = (line.price_key, line.period.start)
    return next((item for item in in_force if (item.price.key, item.segment.start) == charged), None)


def give_back(paid: FeePaidAhead, cycle: Cycle, *, since: datetime) -> Line | None:
    """The unused rest of a fee from an instant on: what was left of it, less the rounded used share of that.

    The day of the change is not used: a day belongs to what is in force at its end.
    """
    line, in_currency = paid.line, paid.left.currency
    used = round_to_money(_used(paid, cycle, since=since), in_currency)
    if used == paid.left:
        return None
    steps = (
        Step(Decimal(-1), paid.left.amount, kind=StepKind.PAID_AHEAD),
        Step(ONE, used.amount, kind=StepKind.USED),
    )
    amount, amounts = round_parts([step.exact for step in steps], in_currency=in_currency)
    rest = Period(since, line.period.end)
    return Line(
        price_key=line.price_key,
        name=f"Unused: {line.name}",
        period=rest,
        quantity=ONE,
        unit="",
        cells=(Cell(of=(), measured=ONE, quantity=ONE, events=0, steps=steps, amounts=amounts),),
        amount=amount,
        kind=LineKind.UNUSED,
        advance=True,
        part=_covered(paid, rest, cycle),
        origin=paid.origin,
    )


def _used(paid: FeePaidAhead, cycle: Cycle, *, since: datetime) -> Exact:
    """The exact fee for the days that were used, as far as discounts and corrections left it."""
    line = paid.line
    if not line.amount or since <= line.period.start:
        return ZERO
    assert line.share is not None, f"{line.price_key} is a fee"
    days = _covered(paid, Period(line.period.start, since), cycle).days
    of_line = divide(Decimal(days), Decimal(line.share.days))
    after_discounts = divide(Decimal(paid.left.minor), Decimal(line.amount.minor))
    return multiply(multiply(line.exact, of_line), after_discounts)


def _covered(paid: FeePaidAhead, period: Period, cycle: Cycle) -> Share:
    assert paid.line.share is not None, f"{paid.line.price_key} is a fee"
    return share_of(period, cycle, unit=paid.line.share.unit)
