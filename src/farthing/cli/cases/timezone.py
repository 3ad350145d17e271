"""Time zones: local days and hours, windows and periods at the instants at which they begin and end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction

from farthing.cli.cases.answers import Answers, Value
from farthing.cli.cases.cycles import ANCHOR, INTERVAL, cycle_of
from farthing.cli.cases.subscription_period import AT, BILLED, add_ends, add_starts, subscription_period
from farthing.cli.cases.times import Either, Span, when, when_of, zone_of
from farthing.cli.cases.words import Unsupported, Words
from farthing.core.interval import Every, Unit
from farthing.core.metering.cutting import Cut, cut
from farthing.core.metering.filter import TimeOfDay
from farthing.core.period import Cycle, Period, local_date, start_of_day

_START, _END = ("start", "from", "starts_at", "start_date", "begin", "period_start"), (
    "end", "to", "ends_at", "end_date", "until", "period_end")  # fmt: skip
_WINDOW = ("window", "window_size", "granularity", "bucket", "bucket_size", "truncate_to", "unit", "size")
_MOVED_TO = ("new_tz", "new_timezone", "tz_after", "to_tz", "timezone_after", "moves_to")
_MOVED_AT = ("changed_at", "moved_at", "tz_changed_at", "change_at", "since")
_CUTS = {"1m": "minute", "min": "minute", "1h": "hour", "hourly": "hour", "1d": "day", "daily": "day", "1w": "week",
         "7d": "week", "weekly": "week", "monthly": "month", "1mo": "month"}  # fmt: skip
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?")
_HOUR = timedelta(hours=1)
_A_DAY = Every(1, Unit.DAY)
_MOST_DAYS = 4000


def timezone_case(words: Words) -> Answers:
    """What a zone makes of a time of day, of a window, of some days, or of a billing period."""
    if _is_clock(words.peek("start")) or _is_clock(words.peek("from")):
        return _time_of_day(words)
    if words.has(*_MOVED_TO):
        return _moved(words)
    if words.has(*INTERVAL) or words.has(*ANCHOR) or words.has(*BILLED):
        return subscription_period(words)
    in_zone = zone_of(words)
    start, end = when_of(words, *_START, in_zone=in_zone), when_of(words, *_END, in_zone=in_zone)
    if start is None:
        return _window(words, in_zone)
    days = words.whole("days", "number_of_days")
    if days is not None:
        if not 0 < days <= _MOST_DAYS:
            raise Unsupported(f"{days} days; give 1 to {_MOST_DAYS:,}")
        end = start_of_day(local_date(start, in_zone=in_zone) + timedelta(days=days), in_zone=in_zone)
    if end is None or end < start:
        raise Unsupported("the inputs give no end after their start")
    return _stretch(words, start, end, in_zone)


def _stretch(words: Words, start: datetime, end: datetime, in_zone: str) -> Answers:
    """Whole local days between two instants, and the windows they are cut into."""
    answers = Answers(words.currency())
    days = (local_date(end, in_zone=in_zone) - local_date(start, in_zone=in_zone)).days
    answers.add(days, "days", "whole_days", "day_count", "number_of_days", "billable_days")
    answers.add(_hours(end - start), "total_hours", "hours_in_all")
    into = _cut_of(words) or Cut.DAY
    if start == end:
        answers.add(0, "windows", "window_count", "count")
        return answers
    windows = [window.full for window in cut(Period(start, end), into, in_zone=in_zone)]
    spans: list[Value] = [Span(window, in_zone, end_exclusive=True) for window in windows]
    answers.add(Either((len(windows), spans)), "windows", "window_count", "count", "buckets")
    answers.add([_hours(window.end - window.start) for window in windows], "window_hours", "hours_by_day",
                "hours_per_window", "all_hours")  # fmt: skip
    answers.add(True, "contiguous", "touching")
    _add_odd_day(answers, windows, in_zone)
    return answers


def _add_odd_day(answers: Answers, windows: Sequence[Period], in_zone: str) -> None:
    """The one day that is longer or shorter than the others, else the first."""
    lengths = [window.end - window.start for window in windows]
    odd = next((window for window, length in zip(windows, lengths, strict=True) if lengths.count(length) == 1),
               windows[0])  # fmt: skip
    if len(windows) <= 2:
        odd = next((window for window in windows if window.end - window.start != 24 * _HOUR), windows[0])
    _add_window(answers, odd, in_zone)


def _window(words: Words, in_zone: str) -> Answers:
    """The local hour, day, week or month that holds an instant."""
    at = when_of(words, *AT, "day", in_zone=in_zone)
    if at is None:
        raise Unsupported("the inputs give no instant to look at")
    answers = Answers(words.currency())
    into = _cut_of(words) or Cut.DAY
    window = next(cut(Period(at, at + timedelta(microseconds=1)), into, in_zone=in_zone)).full
    _add_window(answers, window, in_zone)
    answers.add(at.astimezone(UTC).isoformat(), "at_utc")
    return answers


def _add_window(answers: Answers, window: Period, in_zone: str) -> None:
    where = Cycle(date(2000, 1, 1), in_zone)
    add_starts(answers, window.start, where, "start", "window_start", "day_start", "hour_start", "begins", "from",
               "start_of_day", "truncated", "bucket", "bucket_start", "result")  # fmt: skip
    add_ends(answers, window.end, where, "end", "window_end", "day_end", "to", "ends", "end_of_day", "bucket_end")
    first = local_date(window.start, in_zone=in_zone)
    answers.add(str(first), "day", "local_date", "date", "local_day")
    answers.add(_hours(window.end - window.start), "hours", "length_hours", "duration_hours", "day_hours")
    answers.add((local_date(window.end, in_zone=in_zone) - first).days, "days")


def _time_of_day(words: Words) -> Answers:
    """Whether a time of day lies from one time until another, by the filter that prices use."""
    start, end = (_clock(words, *names) for names in (("start", "from"), ("end", "to", "until")))
    written, in_zone = words.take(*AT), zone_of(words)
    if _is_clock(written):
        at = datetime.combine(date(2026, 1, 5), _time(written), tzinfo=UTC)
        in_zone = "UTC"
    else:
        at = when(written, in_zone=in_zone, of="at")
    answers = Answers(words.currency())
    answers.add(TimeOfDay(start, end).matches({}, at, in_zone), "contains", "in_window", "inside", "matches", "result",
                "in_bucket", "included")  # fmt: skip
    return answers


def _moved(words: Words) -> Answers:
    """The periods of who moved from one zone to another."""
    to, in_zone = words.text(*_MOVED_TO), zone_of(words)
    moved_at = when_of(words, *_MOVED_AT, in_zone=in_zone)
    if to is None or moved_at is None:
        raise Unsupported("a move needs the zone it is to and the instant from which it counts")
    at = when_of(words, *AT, *BILLED, in_zone=in_zone) or moved_at
    cycle, _ = cycle_of(words, in_zone=in_zone, about=local_date(at, in_zone=in_zone))
    cycle = cycle.changed(since=moved_at, in_zone=to)
    answers = Answers(words.currency())
    period = cycle.stretch_holding(at)
    for prefix in ("", "current_", "period_", "current_period_"):
        add_starts(answers, period.start, cycle, f"{prefix}start")
        add_ends(answers, period.end, cycle, f"{prefix}end")
    following = cycle.stretch_holding(period.end)
    add_starts(answers, following.start, cycle, "next_period_start", "next_start")
    add_ends(answers, following.end, cycle, "next_period_end", "next_end")
    answers.add(cycle.days(period), "days", "period_days")
    answers.add(_hours(period.end - period.start), "hours", "period_hours")
    answers.add(Fraction(1), "share", "factor", "proration")
    return answers


def _cut_of(words: Words) -> Cut | None:
    word = words.word(*_WINDOW)
    if word is None:
        return None
    word = _CUTS.get(word, word)
    if word not in list(Cut):
        raise Unsupported(f"windows of a “{word}”; known are {', '.join(Cut)}")
    return Cut(word)


def _hours(length: timedelta) -> Fraction:
    return Fraction(length // timedelta(microseconds=1), _HOUR // timedelta(microseconds=1))


def _is_clock(written: object) -> bool:
    return isinstance(written, str) and _CLOCK.fullmatch(written.strip()) is not None


def _clock(words: Words, *names: str) -> time:
    written = words.take(*names)
    if not _is_clock(written):
        raise Unsupported(f"inputs.{names[0]} should be a time of day, such as 09:00")
    return _time(written)


def _time(written: object) -> time:
    found = _CLOCK.fullmatch(str(written).strip())
    assert found is not None, "a time of day was read"
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    if (hour, minute, second) == (24, 0, 0):
        return time(23, 59, 59, 999999)
    try:
        return time(hour, minute, second)
    except ValueError:
        raise Unsupported(f"“{written}” is no time of day") from None
