"""Digests are due once each, on mornings of the reader's own calendar, whatever clocks do."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.refused import Refused
from farthing.core.telling.due_days import DueDays, Span
from farthing.core.telling.ear import FINANCE
from farthing.core.telling.settings import QuietHours, usual_settings

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "Africa/Cairo", "Pacific/Chatham")
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
any_due_days = st.builds(DueDays, st.sampled_from(Span), st.times().map(lambda at: at.replace(microsecond=0)),
                    st.sampled_from(ZONES))  # fmt: skip
instants = st.integers(0, 18 * 365 * 24 * 60).map(
    lambda minutes: datetime(2011, 6, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@given(any_due_days, instants, st.lists(st.integers(1, 60 * 24 * 20), min_size=1, max_size=40))
def test_every_due_day_is_told_or_missed_once_however_time_is_looked_at(
    due_days: DueDays, since: datetime, minutes: list[int]
) -> None:
    now, last, told, missed = since, None, list[date](), 0
    for step in minutes:
        now += timedelta(minutes=step)
        due = due_days.due(since=since, last=last, now=now)
        if due is not None:
            told.append(due.day)
            missed += due.missed
            last = due.day
            assert since < due.at <= now
            assert due.late == (now - due.at > timedelta(hours=1))
    assert told == sorted(set(told))
    first = since.date() - timedelta(days=40)
    days = (first + timedelta(days=each) for each in range((now.date() - first).days + 3))
    falls = [day for day in days if _falls(due_days, day) and since < due_days.moment(day) <= now]
    if told:
        assert len([day for day in falls if day <= told[-1]]) == len(told) + missed
    else:
        assert falls == []


def _falls(due_days: DueDays, day: date) -> bool:
    return {Span.DAILY: True, Span.WEEKLY: day.weekday() == 0, Span.MONTHLY: day.day == 1}[due_days.span]


@given(any_due_days, st.dates(date(2011, 6, 1), date(2030, 1, 1)))
def test_a_window_ends_where_its_day_begins_and_follows_the_one_before(due_days: DueDays, day: date) -> None:
    window, before = due_days.window(day), due_days.window_before(day)
    assert window.end <= due_days.moment(day)
    assert before.end <= window.start or due_days.in_zone == "Pacific/Apia"
    assert due_days.ahead(day).start == window.end


@pytest.mark.parametrize(
    ("span", "day", "first", "last"),
    [
        (Span.DAILY, date(2026, 3, 30), "2026-03-28T23:00:00+00:00", "2026-03-29T22:00:00+00:00"),
        (Span.WEEKLY, date(2026, 3, 30), "2026-03-22T23:00:00+00:00", "2026-03-29T22:00:00+00:00"),
        (Span.MONTHLY, date(2026, 3, 1), "2026-01-31T23:00:00+00:00", "2026-02-28T23:00:00+00:00"),
    ],
)
def test_what_a_digest_looks_back_on_in_berlin_over_a_change_of_clocks(
    span: Span, day: date, first: str, last: str
) -> None:
    window = DueDays(span, time(9), "Europe/Berlin").window(day)
    assert (window.start.isoformat(), window.end.isoformat()) == (first, last)


def test_a_time_that_clocks_skip_is_the_one_an_hour_later_and_of_two_alike_the_first_counts() -> None:
    night = DueDays(Span.DAILY, time(2, 30), "Europe/Berlin")
    assert night.moment(date(2026, 3, 29)) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert night.moment(date(2026, 10, 25)) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_an_earlier_hour_leaves_no_day_out_and_tells_none_twice() -> None:
    nine, eight = (DueDays(Span.DAILY, time(hour), "UTC") for hour in (9, 8))
    yesterday, today = date(2026, 1, 4), date(2026, 1, 5)
    changed_at = datetime(2026, 1, 5, 8, 30, tzinfo=UTC)
    due = eight.due(since=changed_at, last=yesterday, now=changed_at)
    assert due is not None
    assert (due.day, due.missed) == (today, 0)
    assert eight.due(since=changed_at, last=today, now=changed_at + timedelta(hours=1)) is None
    # One that was switched off for long begins anew.
    assert nine.due(since=changed_at, last=date(2025, 1, 1), now=changed_at) is None


@given(
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    instants,
    st.sampled_from(ZONES),
)
def test_quiet_hours_end_later_than_what_they_hold_and_within_a_day_or_so(
    begins: time, ends: time, instant: datetime, in_zone: str
) -> None:
    if begins == ends:
        with pytest.raises(Refused):
            QuietHours(begins, ends)
        return
    quiet = QuietHours(begins, ends)
    until = quiet.ends_at(instant, in_zone=in_zone)
    if until is not None:
        assert instant < until <= instant + timedelta(hours=26)
        # Whoever looks then is let through, or waits for clocks that go back for an hour at most.
        again = quiet.ends_at(until, in_zone=in_zone)
        assert again is None or again <= until + timedelta(hours=2)


def test_finance_hears_weekly_and_monthly_until_somebody_says_otherwise() -> None:
    usual = usual_settings(FINANCE, in_zone="Europe/Berlin", since=BEGIN)
    assert usual.is_usual
    assert usual.spans == {Span.WEEKLY, Span.MONTHLY}
    assert usual.quiet is None
    assert usual.due_days(Span.DAILY).moment(date(2026, 1, 1)) == datetime(2026, 1, 1, 8, tzinfo=UTC)
