"""Rating: a fee for the time it covers, usage for all of a period's events, and what a commitment asks for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from farthing.core.exact import ONE, ZERO, Exact, add, multiply, subtract
from farthing.core.ids import id_of
from farthing.core.metering.filter import Filter
from farthing.core.metering.meter import Measured, Measurement, Reading, going_on
from farthing.core.metering.sample import Window
from farthing.core.money import Currency
from farthing.core.period import Cycle, Period
from farthing.core.pricing.capacity import Capacity
from farthing.core.pricing.commitment import Commitment
from farthing.core.pricing.flat import Flat
from farthing.core.pricing.per_unit import PerUnit
from farthing.core.pricing.plan import Accumulate, Price, Proration, Timing
from farthing.core.pricing.price import STANDARD_CATEGORY
from farthing.core.pricing.step import Step, StepKind
from farthing.core.rating.cells import rate_cells
from farthing.core.rating.line import Cell, Line, LineKind, Share, Slice, round_parts

ONE_FEE = Decimal(1)
_OF_COMMITMENTS = (LineKind.TRUE_UP, LineKind.OVERAGE)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a price asks of the events of a stretch of time, and of those before it where quantities accumulate."""

    this: Reading
    before: Reading | None = None


@dataclass(frozen=True, slots=True)
class Used:
    """The answer to it."""

    this: Measurement
    before: Measurement | None = None


def wanted(
    price: Price, segment: Period, cycle: Cycle, *, where: Filter | None, contract_starts_at: datetime
) -> Wanted:
    """What has to be measured for a price on a stretch of one period."""
    assert price.meter is not None, f"{price.key} is a fee"
    full, own = cycle.period_holding(segment.start), cycle.stretch_holding(segment.start)
    if isinstance(price.shape, Capacity) and not price.meter.measure.per_segment:
        # A size is chosen by the segment's own level and charged for its days; both would cut it down twice.
        full = segment
    began = max(own.start, contract_starts_at)
    goes_on = segment.start > began
    reading = Reading(
        # What was held when a period was cut is held after the cut, whatever carries over from one period to the next.
        meter=going_on(price.meter) if goes_on else price.meter,
        window=Window(segment=segment, full=full, in_zone=cycle.zone_of(own)),
        where=where,
        group_by=price.group_by,
        amounts=price.shape.needs_amounts,
        since=began if goes_on and not price.meter.measure.reaches_back else None,
    )
    since = _accumulates_since(price, segment, cycle, contract_starts_at=contract_starts_at)
    if since is None or since >= segment.start:
        return Wanted(reading)
    earlier = Period(since, segment.start)
    return Wanted(reading, replace(reading, window=replace(reading.window, segment=earlier, full=earlier)))


def rate_usage(price: Price, used: Used, cycle: Cycle, *, subscription_id: UUID, in_currency: Currency) -> Line:
    """The usage of a stretch of time: everything measured at positions up to the measurement's."""
    measured = used.this
    assert price.meter is not None, f"{price.key} is a fee"
    of_price, of_measured = ((meter.key, meter.version) for meter in (price.meter, measured.meter))
    assert of_price == of_measured, f"{price.key} does not price {measured.meter.key}"
    part = _part(price, measured.period, cycle)
    share = part if measured.meter.measure.per_segment or isinstance(price.shape, Capacity) else None
    rated = rate_cells(
        price,
        measured.cells,
        in_currency=in_currency,
        earlier=() if used.before is None else used.before.cells,
        share=share,
        part=part,
    )
    return Line(
        price_key=price.key,
        name=price.name,
        period=measured.period,
        quantity=measured.quantity,
        unit=measured.meter.unit,
        cells=rated.cells,
        amount=rated.amount,
        kind=LineKind.USAGE,
        share=share,
        part=part,
        slice=Slice(
            charge_id=charge_id(subscription_id, price.key, measured.period),
            revision=0,
            after=0,
            to=measured.to_position,
            quantity=measured.quantity,
            events=measured.events,
            event_type=measured.meter.event_type,
        ),
        modifications=rated.modifications,
        modification_amounts=rated.modification_amounts,
        rate=price.unit_of_account,
        tax_category=price.tax_category,
    )


def rate_fee(
    price: Price,
    period: Period,
    cycle: Cycle,
    *,
    in_currency: Currency,
    number: Decimal | None = None,
    advance: bool | None = None,
    share: Share | None = None,
) -> Line:
    """The fee for a stretch of time, by whole local days of the full period that holds it.

    A stub of 22 days in a month of 31 costs 22/31 of the fee. `number` is the agreed quantity, where it has one;
    `advance` says whether it is charged ahead, as its timing says if left out; `share` how much of the period is
    covered, where that was counted before.
    """
    assert price.meter is None, f"{price.key} prices usage"
    once = price.timing is Timing.ONCE
    share = share or fee_share(price, period, cycle)
    quantity = ONE_FEE if number is None else number
    counted = _times(price, quantity) if isinstance(price.shape, Flat) else price
    rated = rate_cells(
        counted,
        (Measured(of=(), quantity=quantity, events=0),),
        in_currency=in_currency,
        share=share,
        part=None if share.days == share.of_days else share,
    )
    return Line(
        price_key=price.key,
        name=price.name,
        period=period,
        quantity=quantity,
        unit=price.quantity or "",
        cells=rated.cells,
        amount=rated.amount,
        kind=LineKind.ONCE if once else LineKind.FEE,
        advance=price.timing is Timing.ADVANCE if advance is None else advance,
        share=share,
        part=None if share.days == share.of_days else share,
        modifications=rated.modifications,
        modification_amounts=rated.modification_amounts,
        rate=price.unit_of_account,
        tax_category=price.tax_category,
    )


def fee_share(price: Price, period: Period, cycle: Cycle) -> Share:
    """How much of the full period this one covers, for a fee: all of it where the price does not prorate."""
    covered = share_of(period, cycle, unit="seconds" if price.prorate is Proration.SECOND else "days")
    if price.timing is Timing.ONCE or price.prorate is Proration.NONE:
        return replace(covered, days=covered.of_days)
    return covered


def share_of(period: Period, cycle: Cycle, *, unit: str = "days") -> Share:
    """How many of the full period's days, or seconds, this one covers."""
    full, running = cycle.period_holding(period.start), cycle.in_force(period.start)
    if unit == "seconds":
        return Share(_seconds(period), _seconds(full), unit="seconds")
    return Share(days=running.days(period), of_days=running.days(full))


def rate_commitments(
    commitments: Sequence[Commitment], charged: Sequence[Line], period: Period, cycle: Cycle, *, in_currency: Currency
) -> list[tuple[Commitment, Line]]:
    """What the commitments of a period ask for; a wider one counts what a narrower one made too."""
    made: dict[str, Line] = {}
    for commitment in sorted(commitments, key=_width):
        counted = counted_lines(commitment, commitments, [*charged, *made.values()])
        asked = rate_commitment(commitment, counted, period, cycle, in_currency=in_currency)
        if asked is not None:
            made[commitment.key] = asked
    return [(commitment, made[commitment.key]) for commitment in commitments if commitment.key in made]


def counted_lines(commitment: Commitment, commitments: Sequence[Commitment], lines: Iterable[Line]) -> list[Line]:
    """The lines that count towards a commitment: those of its prices, and those of commitments on fewer of them.

    What is given back of a fee does not: the fee counts for the days for which it was in force.
    """
    within = {other.key for other in commitments if _is_within(other, commitment)}
    return [
        line
        for line in lines
        if line.kind is not LineKind.UNUSED
        and (line.price_key in within if line.kind in _OF_COMMITMENTS else commitment.counts(line.price_key))
    ]


def _width(commitment: Commitment) -> tuple[bool, int]:
    return commitment.prices is None, len(commitment.prices or ())


def _is_within(narrower: Commitment, wider: Commitment) -> bool:
    if narrower.prices is None:
        return False
    return wider.prices is None or set(narrower.prices) < set(wider.prices)


def rate_commitment(
    commitment: Commitment,
    charged: Sequence[Line],
    period: Period,
    cycle: Cycle,
    *,
    in_currency: Currency,
) -> Line | None:
    """What is missing to a commitment, or what its overage factor adds beyond it; None when it asks for nothing.

    `charged` is everything charged for the period at the prices that it counts, by the rounded amounts that invoices
    show, fees that were invoiced ahead among them.
    """
    part = share_of(period, cycle)
    prorated = commitment.prorate and part.days != part.of_days
    units = part.exact if prorated else ONE
    committed = multiply(units, commitment.amount)
    so_far: Exact = ZERO
    for line in charged:
        so_far = add(so_far, line.amount.amount)
    missing = subtract(committed, so_far)
    steps: tuple[Step, ...]
    if missing > 0 and commitment.true_up:
        kind = LineKind.TRUE_UP
        steps = (
            Step(units, commitment.amount, kind=StepKind.COMMITTED),
            Step(Decimal(-1), so_far, kind=StepKind.CHARGED),
        )
    elif missing < 0 and commitment.overage is not None and commitment.overage != 1:
        kind = LineKind.OVERAGE
        steps = (Step(subtract(commitment.overage, ONE), subtract(so_far, committed), kind=StepKind.OVERAGE),)
    else:
        return None
    amount, amounts = round_parts([step.exact for step in steps], in_currency=in_currency)
    return Line(
        price_key=commitment.key,
        name=commitment.name,
        period=period,
        quantity=ONE_FEE,
        unit="",
        cells=(Cell(of=(), measured=ONE_FEE, quantity=ONE_FEE, events=0, steps=steps, amounts=amounts),),
        amount=amount,
        kind=kind,
        part=part if prorated else None,
        tax_category=_category_of(charged),
    )


def _category_of(charged: Sequence[Line]) -> str:
    """What is missing to a commitment is taxed like what counts towards it, if all of that is taxed alike."""
    categories = {line.tax_category for line in charged}
    return categories.pop() if len(categories) == 1 else STANDARD_CATEGORY


def charge_id(subscription_id: UUID, price_key: str, segment: Period) -> UUID:
    """The id of what one price charges one subscription on one stretch of time."""
    return id_of("charge", subscription_id, price_key, segment.start.isoformat())


def _part(price: Price, segment: Period, cycle: Cycle) -> Share | None:
    """The part of the full period that a stretch covers; None for all of it, and where the price does not prorate."""
    if segment == cycle.period_holding(segment.start) or price.prorate is Proration.NONE:
        return None
    part = share_of(segment, cycle, unit="seconds" if price.prorate is Proration.SECOND else "days")
    return None if part.days == part.of_days else part


def _accumulates_since(price: Price, segment: Period, cycle: Cycle, *, contract_starts_at: datetime) -> datetime | None:
    match price.accumulate:
        case Accumulate.PERIOD:
            return None
        case Accumulate.CONTRACT:
            return contract_starts_at
        case Accumulate.CONTRACT_YEAR:
            return _contract_year_of(segment.start, cycle, contract_starts_at=contract_starts_at)
    raise AssertionError(price.accumulate)


def _contract_year_of(instant: datetime, cycle: Cycle, *, contract_starts_at: datetime) -> datetime:
    """Where the contract's year began that holds the beginning of a period.

    A period belongs to one year as a whole: the one after it begins with the first period that starts on the
    anniversary or after. Usage that is priced in one year never stands on the ladder of the next.
    """
    began = cycle.date_at(contract_starts_at)
    years = cycle.date_at(instant).year - began.year
    for passed in (years, years - 1, years - 2):
        if passed > 0:
            anniversary = cycle.start_of_day(_years_after(began, years=passed))
            own = cycle.stretch_holding(anniversary)
            start = anniversary if own.start == anniversary else own.end
            if start <= instant:
                return start
    return contract_starts_at


def _years_after(day: date, *, years: int) -> date:
    """The same day so many years later; 28 February where there is no 29th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def _times(price: Price, number: Decimal) -> Price:
    """A fee that is charged so many times over."""
    assert isinstance(price.shape, Flat), f"{price.key} is {price.shape}"
    return price if number == 1 else replace(price, shape=PerUnit(price.shape.fee), quantity=price.quantity or "times")


def _seconds(period: Period) -> int:
    return (period.end - period.start) // timedelta(seconds=1)
