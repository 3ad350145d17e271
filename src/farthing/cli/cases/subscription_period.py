"""Billing periods: where each begins and ends, from its anchor, by our own cycles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice

from farthing.cli.cases.answers import Answers, Quotient, Value
from farthing.cli.cases.cycles import USAGE_INTERVAL, cycle_of, interval_of
from farthing.cli.cases.times import AsMany, Begins, Ends, Span, when_of, zone_of
from farthing.cli.cases.words import Unsupported, Words
from farthing.core.exact import divide
from farthing.core.interval import MONTH, Alignment, Every, anchor_for
from farthing.core.period import Cycle, Period, local_date

BILLED = ("billed_on", "billed_at", "billing_at", "billing_date", "billing_on", "invoice_date", "invoiced_on",
          "invoiced_at", "invoice_at", "issued_on", "bill_date", "bill_on", "run_on")  # fmt: skip
AT = ("at", "now", "date", "on", "today", "current_date", "current", "considered_date", "reference", "timestamp",
      "instant", "as_of", "reference_date", "target", "target_date", "query_date", "time")  # fmt: skip
TERMINATED = ("terminated_at", "terminated_on", "ended_at", "ends_at", "ends_on", "end", "end_date", "cancelled_at",
              "canceled_at", "cancelled_on", "canceled_on", "termination_date")  # fmt: skip
PERIOD_START = ("period_start", "current_period_start", "from")
PREVIOUS_END = ("previous_period_end", "previous_end", "previous_period_end_utc", "previous_charges_to",
                "last_billed_to", "previous_invoice_to")  # fmt: skip
_INSTANT = timedelta(microseconds=1)
_MOST = 1000


def subscription_period(words: Words) -> Answers:
    """Which periods a case's cycle makes, and which of them it asks about."""
    in_zone = zone_of(words)
    billed = when_of(words, *BILLED, in_zone=in_zone)
    at = when_of(words, *AT, in_zone=in_zone)
    period_start = when_of(words, *PERIOD_START, in_zone=in_zone)
    ended = None if words.peek("terminated") is not None else when_of(words, *TERMINATED, in_zone=in_zone)
    about = next((instant for instant in (billed, at, period_start) if instant is not None), None)
    usage = interval_of(words, *USAGE_INTERVAL)
    if usage is None and words.flag("bill_charges_monthly", "charges_monthly", "charges_billed_monthly"):
        usage = MONTH
    cycle, start = cycle_of(words, in_zone=in_zone, about=None if about is None else local_date(about, in_zone=in_zone))
    starts_at = None if start is None else cycle.start_of_day(start)
    answers = Answers(words.currency())
    first = words.flag("first", "is_first", "first_period", "first_invoice")
    advance = _advance(words)
    if first is not None and billed is not None:
        full = cycle.period_holding(billed)
        _add_period(answers, Period(billed, full.end) if first else full, cycle)
    elif billed is not None:
        terminated = billed if words.flag("terminated", "just_terminated") else ended
        if terminated is not None:
            billed_period = _cut(cycle.period_holding(terminated), None, terminated)
        else:
            billed_period = cycle.period_holding(billed) if advance else _before(cycle, billed)
        _add_period(answers, _from(billed_period, starts_at, words, in_zone), cycle)
        _add_usage(answers, replace(cycle, every=usage or cycle.every), billed, terminated, starts_at)
    _add_sequence(answers, words, cycle, usage, starts_at, at or billed, ended)
    asked = _asked(about, at, period_start, starts_at, cycle)
    _add_around(answers, cycle, asked, starts_at)
    _add_price_of_a_day(answers, words, cycle.days(cycle.period_holding(asked)))
    on_calendar = replace(cycle, anchor=anchor_for(cycle.every, Alignment.CALENDAR, starts_on=cycle.date_at(asked)))
    add_starts(answers, on_calendar.period_holding(asked).end, cycle, "calendar_anchor", "next_calendar_boundary",
               "calendar_boundary")  # fmt: skip
    return answers


def add_ends(answers: Answers, at: datetime, cycle: Cycle, *names: str) -> None:
    """An end under these names: as its last day or second (`…_inclusive_day`), as what comes after, or as either."""
    for name in names:
        for ending in ("", "_utc", "_day", "_date", "_at"):
            answers.add(Ends(at, cycle.in_zone), f"{name}{ending}")
        for ending in ("_inclusive_day", "_inclusive", "_day_inclusive", "_inclusive_utc"):
            answers.add(Ends(at, cycle.in_zone, inclusive=True), f"{name}{ending}")
        for ending in ("_exclusive", "_exclusive_day", "_day_exclusive", "_exclusive_utc"):
            answers.add(Ends(at, cycle.in_zone, inclusive=False), f"{name}{ending}")


def add_starts(answers: Answers, at: datetime, cycle: Cycle, *names: str) -> None:
    """A beginning under these names."""
    for name in names:
        for ending in ("", "_utc", "_day", "_date", "_at"):
            answers.add(Begins(at, cycle.in_zone), f"{name}{ending}")


def _add_price_of_a_day(answers: Answers, words: Words, days: int) -> None:
    price = words.money("amount", "plan_amount", "price", in_currency=answers.in_currency)
    if price is not None:
        answers.add(Quotient(divide(price, Decimal(days))), "single_day_price", "day_price", "price_per_day")


def _advance(words: Words) -> bool:
    said = words.flag("in_advance", "pay_in_advance", "advance", "prepaid")
    if said is not None:
        return said
    mode = words.word("mode", "timing", "billing_mode", "billing_timing", "charge_timing", "in")
    if mode not in (None, "in_advance", "advance", "prepaid", "in_arrears", "arrears", "arrear", "postpaid"):
        raise Unsupported(f"billing by “{mode}”; known are in_advance and in_arrears")
    return mode in ("in_advance", "advance", "prepaid")


def _before(cycle: Cycle, instant: datetime) -> Period:
    """The last period that was over at an instant."""
    return cycle.period_holding(cycle.period_holding(instant).start - _INSTANT)


def _cut(period: Period, start: datetime | None, end: datetime | None) -> Period:
    begins = period.start if start is None or start >= period.end else max(period.start, start)
    return Period(begins, period.end if end is None or end <= begins else min(period.end, end))


def _from(period: Period, starts_at: datetime | None, words: Words, in_zone: str) -> Period:
    """The period from where the subscription started, or from where the invoice before it ended."""
    before = when_of(words, *PREVIOUS_END, in_zone=in_zone)
    if before is not None:
        # The last second inside is how such an end is written.
        before += timedelta(seconds=1) if before.second == 59 else timedelta(0)
        return Period(before, period.end) if before < period.end else period
    return _cut(period, starts_at, None)


def _add_period(answers: Answers, period: Period, cycle: Cycle) -> None:
    add_starts(answers, period.start, cycle, "period_start", "start", "from", "billed_from", "period_from", "begins")
    add_starts(answers, period.start, cycle, "from_datetime", "starts")
    add_ends(answers, period.end, cycle, "period_end", "end", "to", "billed_to", "period_to", "to_datetime", "ends")
    answers.add(Span(period, cycle.in_zone), "period", "billed_period")
    answers.add(cycle.days(period), "days", "duration_days", "period_days", "days_in_period", "length_days")


def _add_usage(
    answers: Answers, usage: Cycle, billed: datetime, ended: datetime | None, starts_at: datetime | None
) -> None:
    """Usage is billed behind, whatever the fee does."""
    period = usage.period_holding(ended) if ended is not None else _before(usage, billed)
    period = _cut(period, starts_at, ended)
    add_starts(answers, period.start, usage, "charges_from", "charges_period_start", "usage_from", "usage_period_start",
               "charges_start", "charges_from_datetime")  # fmt: skip
    add_ends(answers, period.end, usage, "charges_to", "charges_period_end", "usage_to", "usage_period_end",
             "charges_end", "charges_to_datetime")  # fmt: skip
    full = usage.period_holding(period.start)
    answers.add(usage.days(full), "charges_days", "charges_duration_in_days", "charges_duration_days", "usage_days")


def _asked(
    about: datetime | None, at: datetime | None, period_start: datetime | None, starts_at: datetime | None, cycle: Cycle
) -> datetime:
    for instant in (at, period_start, about, starts_at):
        if instant is not None:
            return instant
    return cycle.start_of_day(cycle.anchor)


def _add_around(answers: Answers, cycle: Cycle, instant: datetime, starts_at: datetime | None) -> None:
    """The period that holds an instant, those beside it, and the next boundary."""
    full = cycle.period_holding(instant)
    own = _cut(full, starts_at, None)
    add_starts(answers, own.start, cycle, "current_period_start", "current_start", "period_start", "start")
    add_ends(answers, full.end, cycle, "current_period_end", "current_end", "period_end", "end", "next_end_of_period",
             "end_of_period", "end_of_current_period")  # fmt: skip
    answers.add(Span(own, cycle.in_zone), "current_period", "period")
    following, before = cycle.period_holding(full.end), _before(cycle, instant)
    add_starts(answers, full.end, cycle, "next_period_start", "next_start", "date", "next", "next_date", "next_reset",
               "next_boundary", "next_billing_date", "next_billing", "next_invoice_date", "next_invoice", "renews_on",
               "next_renewal", "next_billed_on", "next_cycle_date", "next_billing_cycle_date", "boundary", "result",
               "next_reset_at", "reset")  # fmt: skip
    add_ends(answers, following.end, cycle, "next_period_end", "next_end")
    add_starts(answers, before.start, cycle, "previous_period_start", "previous_start", "previous_beginning_of_period",
               "last_period_start")  # fmt: skip
    add_ends(answers, before.end, cycle, "previous_period_end", "previous_end", "last_period_end")
    answers.add(Span(following, cycle.in_zone), "next_period")
    answers.add(Span(before, cycle.in_zone), "previous_period")
    days = cycle.days(full)
    answers.add(days, "days", "duration_days", "period_days", "days_in_period", "length_days", "current_period_days",
                "total_days", "denominator", "duration_in_days")  # fmt: skip


def _add_sequence(
    answers: Answers,
    words: Words,
    cycle: Cycle,
    usage: Every | None,
    starts_at: datetime | None,
    at: datetime | None,
    ended: datetime | None,
) -> None:
    """All periods from the start on, those of usage, and the first boundaries."""
    begins = cycle.start_of_day(cycle.anchor) if starts_at is None else starts_at
    exclusive = words.flag("end_exclusive") or False
    count = words.whole("count", "periods", "number_of_periods")
    several = _several(cycle, begins, ended, count, exclusive=exclusive)
    answers.add(several, "periods", "billing_periods", "invoice_periods", "fee_periods")
    full = next(cycle.periods_from(begins))
    names = ("year_period", "base_period", "fee_period", "plan_period", "first_period")
    answers.add(Span(full, cycle.in_zone, exclusive), *names)
    answers.add(_boundaries(cycle, begins, including=True), "cycle_dates", "billing_dates", "boundaries", "dates")
    answers.add(_boundaries(cycle, begins, including=False), "next_dates", "next_boundaries", "renewals")
    own = cycle.period_holding(begins)
    first = begins if own.start == begins else own.end
    add_starts(answers, first, cycle, "first_cycle_date", "first_bill_cycle_date", "first_billing_date",
               "first_billing_cycle_date", "first_boundary", "first_bcd", "first_anchor", "billing_anchor",
               "first_full_period_start")  # fmt: skip
    if usage is not None:
        finer = replace(cycle, every=usage)
        used = _several(finer, begins, None, None, exclusive=exclusive)
        answers.add(used, "charge_periods", "charges_periods", "usage_periods")
        last = Span(finer.period_holding(full.end - _INSTANT), cycle.in_zone, exclusive)
        answers.add(last, "last_charge_period", "last_charges_period", "last_usage_period")
    index = words.whole("period_index", "index", "period_number", "idx")
    if index is not None:
        if not 0 <= index < _MOST:
            raise Unsupported(f"period {index} is out of reach")
        numbered = next(islice(cycle.periods_from(begins), index, None))
        _add_period(answers, numbered, cycle)
    elif at is not None and at >= begins:
        answers.add(lambda: _index(cycle, begins, at), "period_index", "index", "idx", "period_number")
        billed = (period for period in cycle.periods_from(begins) if at in period)
        through = next(billed).end
        add_ends(answers, through if ended is None else min(through, ended), cycle, "effective_end_date",
                 "effective_end", "billed_through")  # fmt: skip


def _several(cycle: Cycle, begins: datetime, ended: datetime | None, count: int | None, *, exclusive: bool) -> Value:
    def first(number: int) -> Sequence[Value]:
        return [Span(period, cycle.in_zone, exclusive) for period in _until(cycle, begins, ended, number)]

    return [*first(min(count, _MOST))] if count is not None else AsMany(first)


def _until(cycle: Cycle, begins: datetime, ended: datetime | None, number: int) -> Iterator[Period]:
    for period in islice(cycle.periods_from(begins), number):
        if ended is not None and period.start >= ended:
            return
        yield _cut(period, None, ended)


def _boundaries(cycle: Cycle, begins: datetime, *, including: bool) -> AsMany:
    def first(number: int) -> Sequence[Value]:
        full = cycle.period_holding(begins)
        from_there = full.start if including and full.start == begins else full.end
        starts = (period.start for period in cycle.periods_from(from_there))
        return [Begins(start, cycle.in_zone) for start in islice(starts, number)]

    return AsMany(first)


def _index(cycle: Cycle, begins: datetime, at: datetime) -> int:
    for index, period in enumerate(islice(cycle.periods_from(begins), _MOST)):
        if at in period:
            return index
    raise Unsupported("the day is out of reach of the start")
