"""Proration: the part of a full period that is charged, and what of a fee that is, by our own rating."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from farthing.cli.cases.answers import Answers, Owed, Quotient, Value
from farthing.cli.cases.cycles import ANCHOR, DAY, FIRST_DAY, INTERVAL, START, cycle_of
from farthing.cli.cases.subscription_period import AT, TERMINATED, add_ends, add_starts
from farthing.cli.cases.times import Either, when_of, zone_of
from farthing.cli.cases.words import Unsupported, Words
from farthing.core.exact import Exact, add, divide, multiply, subtract
from farthing.core.money import Currency, round_to_money
from farthing.core.period import Cycle, Period, local_date
from farthing.core.rating.rate import share_of

_FEE = ("amount", "price", "fee", "plan_amount", "base_fee", "full_amount", "full_price", "monthly_price", "unit_price",
        "base", "rate")  # fmt: skip
_OLD = ("old_price", "old_amount", "old_fee", "from_price", "previous_price", "old")
_NEW = ("new_price", "new_amount", "new_fee", "to_price", "new")
_TARGET = ("target", "target_date", "through", "until", "as_of", "billed_through")
_CHANGE = ("change_date", "changed_at", "proration_date", "change", "upgrade_date", "switched_at", "at", "on")
_DAYS = ("days", "used_days", "days_used", "billable_days", "active_days", "stub_days")
_OF_DAYS = ("period_days", "of_days", "days_in_period", "total_days", "month_days", "denominator", "days_in_month")
_PERIOD_START, _PERIOD_END = ("period_start", "current_period_start", "cycle_start"), (
    "period_end", "current_period_end", "cycle_end", "period_end_inclusive_day", "period_end_exclusive")  # fmt: skip
_SECOND = ("second", "seconds", "second_based", "by_second", "per_second")
_MOST = 2000


def proration(words: Words) -> Answers:
    """How many cycles are billed, or which part of one, and what of a fee that makes."""
    currency = words.currency()
    answers = Answers(currency)
    if words.has(*_OF_DAYS):
        _of_days(words, answers)
    elif words.has(*_PERIOD_END):
        _of_period(words, answers)
    elif words.has(*INTERVAL, *ANCHOR, *DAY, *FIRST_DAY, *START):
        _of_cycles(words, answers)
    else:
        raise Unsupported("the inputs give no period")
    return answers


def _of_cycles(words: Words, answers: Answers) -> None:
    """From a start, or until an end, in whole cycles and parts of them: each part of the period that holds it."""
    in_zone = zone_of(words)
    cycle, started = cycle_of(words, in_zone=in_zone, about=None)
    start = cycle.start_of_day(started or cycle.anchor)
    end = when_of(words, *TERMINATED, in_zone=in_zone)
    target = when_of(words, *_TARGET, *(name for name in AT if name not in _TARGET), in_zone=in_zone)
    advance = _advance(words)
    pieces = list(_pieces(cycle, start, end, target, advance=advance))
    shares = [_share(piece, cycle) for piece in pieces]
    whole: Exact = Decimal(0)
    for share in shares:
        whole = add(whole, share)
    parts: list[Value] = [Quotient(share) for share in shares]
    answers.add(Either((parts, _grouped(shares))), "parts", "periods", "items", "shares", "factors")
    answers.add(Quotient(whole), "cycles", "number_of_cycles", "billing_cycles", "total", "total_cycles", "factor",
                "number_of_billing_cycles", "share", "proration", "coefficient")  # fmt: skip
    answers.add(len(pieces), "count", "number_of_items")
    if pieces:
        answers.add(cycle.days(pieces[0]), "days", "stub_days", "billable_days")
        answers.add(cycle.days(cycle.period_holding(pieces[0].start)), "period_days", "of_days", "denominator",
                    "days_in_period")  # fmt: skip
        add_starts(answers, pieces[0].start, cycle, "start", "period_start")
        add_ends(answers, pieces[0].end, cycle, "end", "period_end")
        answers.add(lambda: Quotient(shares[0]), "leading", "first", "first_share")
        answers.add(lambda: Quotient(shares[-1]), "trailing", "last", "last_share")
    fee = words.money(*_FEE, in_currency=answers.in_currency)
    if fee is not None:
        owed = [_owed(multiply(fee, share), answers.in_currency) for share in shares]
        all_of_it = sum((one.money.amount for one in owed), Decimal(0))
        answers.add(Decimal(all_of_it) if len(owed) != 1 else owed[0], "amount", "prorated", "prorated_amount", "fee",
                    "charge", "total_amount")  # fmt: skip
        answers.add(list(owed), "amounts", "charges", "fees")


def _pieces(
    cycle: Cycle, start: datetime, end: datetime | None, target: datetime | None, *, advance: bool
) -> Iterator[Period]:
    """The stretches that are billed by the target: in advance those that have begun, in arrears those that are over."""
    for number, period in enumerate(cycle.periods_from(start)):
        if end is not None and period.start >= end:
            return
        piece = Period(period.start, period.end if end is None else min(end, period.end))
        if target is None and (end is None and number >= 1):
            return
        if target is not None and (piece.start > target if advance else piece.end > target):
            return
        if number > _MOST:
            raise Unsupported("that is more periods than are looked at here")
        yield piece


def _advance(words: Words) -> bool:
    said = words.flag("in_advance", "pay_in_advance", "advance")
    mode = words.word("mode", "timing", "billing_mode", "billing_timing")
    if mode not in (None, "in_advance", "advance", "in_arrears", "in_arrear", "arrears", "arrear"):
        raise Unsupported(f"billing by “{mode}”; known are in_advance and in_arrears")
    return said if said is not None else mode in (None, "in_advance", "advance")


def _share(piece: Period, cycle: Cycle) -> Exact:
    return share_of(piece, cycle).exact


def _grouped(shares: list[Exact]) -> list[Value]:
    """The same with whole cycles that follow each other as one number."""
    grouped: list[Value] = []
    whole = 0
    for share in [*shares, None]:
        if share == 1:
            whole += 1
            continue
        if whole:
            grouped.append(Decimal(whole))
            whole = 0
        if share is not None:
            grouped.append(Quotient(share))
    return grouped


def _of_days(words: Words, answers: Answers) -> None:
    """So many days of so many."""
    days, of_days = words.number(*_DAYS), words.number(*_OF_DAYS)
    if days is None or of_days is None or of_days <= 0:
        raise Unsupported("the inputs should give days, and the days of the period")
    _add_share(words, answers, divide(days, of_days))


def _of_period(words: Words, answers: Answers) -> None:
    """A part of a period that is given with its own start and end."""
    in_zone = zone_of(words)
    inclusive = words.has("period_end_inclusive_day")
    begins = when_of(words, *_PERIOD_START, in_zone=in_zone)
    ends = when_of(words, *_PERIOD_END, in_zone=in_zone)
    if begins is None or ends is None:
        raise Unsupported("the inputs should give the start and the end of the period")
    cycle = Cycle(local_date(begins, in_zone=in_zone), in_zone)
    if inclusive or _is_last_day(cycle, ends):
        ends = cycle.start_of_day(cycle.date_at(ends) + timedelta(days=1))
    change = when_of(words, *_CHANGE, in_zone=in_zone)
    start = change or when_of(words, *START, in_zone=in_zone) or begins
    end = when_of(words, *TERMINATED, in_zone=in_zone) or ends
    if not begins <= start < end <= ends:
        raise Unsupported("the part should lie in its period")
    by_second = words.word("strategy", "proration", "prorate", "by") in _SECOND
    used = _units(start, end, cycle, by_second=by_second)
    share = divide(used, _units(begins, ends, cycle, by_second=by_second))
    answers.add(cycle.days(Period(begins, ends)), "period_days", "of_days", "days_in_period", "denominator")
    answers.add(cycle.days(Period(start, end)), "days", "remaining_days", "billable_days", "days_remaining")
    _add_share(words, answers, share)


def _units(start: datetime, end: datetime, cycle: Cycle, *, by_second: bool) -> Decimal:
    return Decimal((end - start) // timedelta(seconds=1) if by_second else cycle.days(Period(start, end)))


def _is_last_day(cycle: Cycle, ends: datetime) -> bool:
    """Whether a bare end is the last day of a month that begins at the anchor, rather than the day after it."""
    return cycle.period_holding(ends).end == cycle.start_of_day(cycle.date_at(ends) + timedelta(days=1))


def _add_share(words: Words, answers: Answers, share: Exact) -> None:
    """A part of a period, of a fee, or of the fees before and after a change."""
    in_currency = answers.in_currency
    answers.add(Quotient(share), "factor", "share", "proration", "coefficient", "ratio", "proration_factor")
    quantity = words.number("quantity", "seats")
    times = Decimal(1) if quantity is None else quantity
    fee = words.money(*_FEE, in_currency=in_currency)
    if fee is not None:
        owed = _owed(multiply(multiply(fee, times), share), in_currency)
        left = subtract(multiply(fee, times), owed.money.amount)
        answers.add(owed, "amount", "prorated", "prorated_amount", "fee", "charge", "total", "prorated_price")
        answers.add(Owed(left, round_to_money(left, in_currency)), "credit", "credit_amount", "unused")
    old, new = (words.money(*names, in_currency=in_currency) for names in (_OLD, _NEW))
    if old is None and new is None:
        return
    quantities = [words.number("old_quantity"), words.number("new_quantity")]
    credit, charge = (
        _owed(multiply(multiply(price or Decimal(0), times if number is None else number), share), in_currency)
        for price, number in zip((old, new), quantities, strict=True)
    )
    # Engines write a credit with or without its sign.
    negative = Owed(subtract(Decimal(0), credit.exact), round_to_money(-credit.money.amount, in_currency))
    answers.add(Either((credit, negative)), "credit", "credit_amount", "unused", "credits")
    answers.add(charge, "charge", "charge_amount", "charges", "prorated")
    net = charge.money.amount - credit.money.amount
    answers.add(Owed(Decimal(net), round_to_money(net, in_currency)), "net", "net_amount", "amount", "total", "due")


def _owed(exact: Exact, in_currency: Currency) -> Owed:
    return Owed(exact, round_to_money(Fraction(exact), in_currency))
