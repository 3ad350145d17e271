"""The cycle of a case: its interval, where it is anchored, and in which zone."""

from __future__ import annotations

import calendar
import re
from datetime import date

from farthing.cli.cases.times import day_of
from farthing.cli.cases.words import Unsupported, Words
from farthing.core.interval import MONTH, Alignment, Every, Unit, anchor_for, every_from
from farthing.core.period import Cycle
from farthing.core.refused import Refused

INTERVAL = ("interval", "billing_interval", "billing_period", "plan_interval", "cadence", "recurrence", "every",
            "interval_unit", "period_unit", "period_type", "billing_cadence", "billing_frequency", "frequency",
            "cycle_length", "period")  # fmt: skip
USAGE_INTERVAL = ("charges_interval", "usage_interval", "charge_interval", "charges_billed_every", "usage_billed_every")
_TIMES = ("n", "interval_count", "every_n", "period_count", "billing_period_count", "interval_length", "multiple",
          "count_of_intervals", "unit", "interval_number")  # fmt: skip
ANCHOR = ("anchor", "billing_anchor", "anchor_date", "subscription_at", "anniversary", "anniversary_date",
          "cycle_anchor", "billing_cycle_anchor", "anchored_at", "anchored_on", "billing_anchor_date")  # fmt: skip
START = ("start", "started_at", "start_date", "starts_on", "starts_at", "started_on", "subscription_start",
         "subscription_started_at", "effective_date", "activated_at", "billing_start", "billing_start_date",
         "subscribed_on", "subscribed_at", "signup", "created_at")  # fmt: skip
# The first boundary is on this day of the month, the start's or the one after.
FIRST_DAY = ("bill_cycle_day", "bcd", "billing_cycle_day", "bill_cycle_day_local", "cycle_day")
# Boundaries are on this day of the month of the start, and so many months before and after.
DAY = ("billing_day", "anchor_day", "billing_day_anchor", "billing_anchor_day", "day_of_month")
_ALIGNMENT = ("billing", "billing_time", "alignment", "aligned", "align", "billing_cycle", "cycle", "billing_type",
              "alignment_type")  # fmt: skip

_NAMED = {
    "daily": "day", "d": "day", "p1d": "day",
    "weekly": "week", "w": "week", "p1w": "week", "p7d": "week",
    "biweekly": "2 weeks", "bi_weekly": "2 weeks", "fortnight": "2 weeks", "fortnightly": "2 weeks",
    "two_weeks": "2 weeks", "p2w": "2 weeks",
    "monthly": "month", "m": "month", "p1m": "month", "calendar_month": "month",
    "bimonthly": "2 months", "bi_monthly": "2 months", "two_months": "2 months",
    "quarterly": "quarter", "q": "quarter", "three_months": "quarter", "p3m": "quarter", "trimester": "quarter",
    "half_year": "6 months", "half_yearly": "6 months", "halfyear": "6 months", "half_yearly_billing": "6 months",
    "semiannual": "6 months", "semi_annual": "6 months", "semiannually": "6 months", "semi_annually": "6 months",
    "semi_annual_billing": "6 months", "biannual": "6 months", "biannually": "6 months", "semester": "6 months",
    "six_months": "6 months", "p6m": "6 months",
    "yearly": "year", "annual": "year", "annually": "year", "y": "year", "p1y": "year", "p12m": "year",
    "sesquiennial": "18 months", "biennial": "2 years", "two_years": "2 years", "triennial": "3 years",
    "three_years": "3 years", "thirty_days": "30 days", "thirty_one_days": "31 days", "sixty_days": "60 days",
    "ninety_days": "90 days", "thirty": "30 days",
}  # fmt: skip


def interval_of(words: Words, *names: str) -> Every | None:
    """The interval under one of these names, so many times over if the case says so."""
    written = words.take(*(names or INTERVAL))
    times = 1 if names else words.whole(*[name for name in _TIMES if not isinstance(_peek(words, name), str)]) or 1
    if not names and written is None:
        written = words.take("unit") if isinstance(_peek(words, "unit"), str) else None
    if written is None:
        return None
    once = _every(written)
    try:
        return Every(once.number * times, once.unit)
    except Refused as refusal:
        raise Unsupported(refusal.sentence) from None


def alignment_of(words: Words) -> Alignment | None:
    """Calendar or anniversary, where the case says which."""
    word = words.word(*_ALIGNMENT)
    if word is None:
        calendar_billing = words.flag("calendar", "calendar_billing", "calendar_aligned")
        return None if calendar_billing is None else _ALIGNED[calendar_billing]
    for alignment in Alignment:
        if word in (alignment, f"{alignment}_billing", f"{alignment}_aligned"):
            return alignment
    raise Unsupported(f"periods by “{word}”; known are {', '.join(Alignment)}")


_ALIGNED = {True: Alignment.CALENDAR, False: Alignment.ANNIVERSARY}


def cycle_of(words: Words, *, in_zone: str, about: date | None) -> tuple[Cycle, date | None]:
    """The cycle of a case, and the day on which it started where it says so; `about` is a day that it asks about."""
    every = interval_of(words) or MONTH
    alignment = alignment_of(words)
    anchor, start = day_of(words, *ANCHOR, in_zone=in_zone), day_of(words, *START, in_zone=in_zone)
    first_day, day = words.whole(*FIRST_DAY), words.whole(*DAY)
    begins = start or about or anchor
    if alignment is Alignment.CALENDAR or (anchor is None and first_day is None and day is None and start is None):
        if begins is None:
            raise Unsupported("the inputs give no day to look from")
        if alignment is Alignment.ANNIVERSARY:
            raise Unsupported("the inputs give no anchor")
        return Cycle(anchor_for(every, Alignment.CALENDAR, starts_on=anchor or begins), in_zone, every), start
    if anchor is None and (first_day is not None or day is not None):
        if begins is None or every.unit is not Unit.MONTH:
            raise Unsupported("a billing day belongs to periods of months that start on some day")
        anchor = _on_day(first_day or day or 0, begins, every, not_before=first_day is not None)
    if anchor is None:
        anchor = start
    assert anchor is not None, "an anchor, a start or a billing day was there"
    return Cycle(anchor, in_zone, every), start


def _on_day(day: int, start: date, every: Every, *, not_before: bool) -> date:
    """The anchor of boundaries on a day of the month, in the start's month or on the first such day on or after it."""
    if not 1 <= day <= 31:
        raise Refused(f"A billing day is one from 1 to 31, not {day}.")
    month = start.year * 12 + start.month - 1
    if not_before and min(day, calendar.monthrange(start.year, start.month)[1]) < start.day:
        month += 1
    # A short month stands for the day that it does not have; the anchor is a turn that has it, where there is one.
    for turns in range(12):
        year, number = divmod(month + turns * every.number, 12)
        if day <= calendar.monthrange(year, number + 1)[1]:
            return date(year, number + 1, day)
    year, number = divmod(month, 12)
    return date(year, number + 1, calendar.monthrange(year, number + 1)[1])


def _every(written: object) -> Every:
    if isinstance(written, dict):
        inner = Words(written, of="interval")
        found = interval_of(inner)
        inner.done()
        if found is None:
            raise Unsupported("inputs.interval names no interval")
        return found
    if not isinstance(written, str):
        raise Unsupported("inputs.interval should be a word, such as month")
    word = re.sub(r"[\s_-]+", "_", written.strip().lower()).removeprefix("every_").removeprefix("billing_period_")
    try:
        return every_from(_NAMED.get(word, word.replace("_", " ")), of="The interval")
    except Refused:
        raise Unsupported(f"the interval “{written}” is not one that is known here") from None


def _peek(words: Words, name: str) -> object:
    """What stands under a name, without counting as read."""
    return words.peek(name)
