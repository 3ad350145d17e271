"""How usage arrives: each source as it stands, the audit of a day, and events in conflict side by side."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import click

from farthing.cli.days import DAY
from farthing.cli.opened import opened
from farthing.cli.say import counted, instant, showable, table
from farthing.core.period import local_date
from farthing.core.quality.arrivals import HOUR, SourceHour, hour_of
from farthing.core.quality.audit import SourceAudit
from farthing.core.quality.words import concerns, share_text, source_name, source_verdict, time_words
from farthing.usecases.audit_usage import SourcesView, show_audit, show_sources

_BARS = "▁▂▃▄▅▆▇█"
_DRAWN_HOURS = 24
_REASONS_SHOWN = 5


@click.command("sources")
def sources() -> None:
    """Each source of usage: when it was last heard, its last 24 hours, and whether that is as usual."""
    with opened() as at:
        view = show_sources(at.store, now=at.now)
    if not view.sources:
        click.echo("No source was heard in the last weeks; send usage to POST /v1/events or farthing usage import.")
        return
    rows = [["Source", "Last heard", "Last 24 hours", "An hour", "Again", "Conflicts", "Apart", "Lag", "Verdict"]]
    rows += [_row(one, view) for one in view.sources]
    click.echo(table(rows, right=[3, 4, 5, 6, 7]))
    click.echo(f"\nAs of {instant(view.as_of)}; verdicts are of the last whole day in {view.in_zone}, and of now.")


@click.command("audit")
@click.option("--day", type=DAY, help="The day, in the seller's zone; yesterday without it.")
def audit(day: date | None) -> None:
    """How usage arrived on a day: a verdict, what somebody should look at, and each source."""
    with opened() as at:
        made = show_audit(at.store, day=day, now=at.now)
    told = concerns(made)
    whole = f"{made.day}: {counted(made.accepted, 'event')} from {counted(made.heard, 'source')}"
    click.echo(f"{whole}; all clear." if not told else f"{whole}; all clear but:")
    for one in told:
        click.echo(showable(f"  - {one}"))
    if made.sources:
        rows = [["Source", "Accepted", "Again", "Conflicts", "Apart", "Verdict"]]
        rows += [
            [
                source_name(one.source),
                *(f"{n:,}" for n in (one.day.accepted, one.day.duplicates, one.day.conflicts, one.day.quarantined)),
                source_verdict(one, in_zone=made.in_zone, read_on=made.day),
            ]
            for one in made.sources
        ]
        click.echo()
        click.echo(table(rows, right=[1, 2, 3, 4]))
    if made.quarantine:
        click.echo("\nIn quarantine, of those received that day:")
        reasons = [[f"{many:,}", reason] for reason, many in made.quarantine[:_REASONS_SHOWN]]
        click.echo(table(reasons, right=[0], indent="  "))
    if made.unattributed:
        click.echo("\nOutside every subscription, and not billed; farthing usage show CUSTOMER says how to mend it:")
        rows = [
            [one.customer_key, one.type, counted(one.events, "event"), f"{one.first_on} to {one.last_on}"]
            for one in made.unattributed
        ]
        click.echo(table(rows, right=[2], indent="  "))


def sparkline(counts: Sequence[int]) -> str:
    """Counts as letters of rising height; a dot is none.

    >>> sparkline([0, 1, 4, 8])
    '·▁▄█'
    """
    most = max(counts, default=0)
    return "".join("·" if not count else _BARS[(len(_BARS) * count - 1) // most] for count in counts)


def _row(one: SourceAudit, view: SourcesView) -> list[str]:
    hours = _last_hours(one, view.as_of)
    events = sum(hour.events for hour in hours.values())
    begins = hour_of(view.as_of) - (_DRAWN_HOURS - 1) * HOUR
    drawn = [hours[at].events if at in hours else 0 for at in (begins + n * HOUR for n in range(_DRAWN_HOURS))]
    new = sum(hour.duplicates for hour in hours.values())
    apart = sum(hour.quarantined for hour in hours.values())
    return [
        source_name(one.source),
        f"{time_words(max(timedelta(0), view.as_of - one.last_heard_at))} ago",
        sparkline(drawn),
        f"{events // _DRAWN_HOURS:,}" if not events or events >= _DRAWN_HOURS else "<1",
        share_text(1000 * new // events) if events else "–",
        f"{sum(hour.conflicts for hour in hours.values()):,}",
        share_text(1000 * apart // events) if events else "–",
        _lag(list(hours.values())),
        source_verdict(one, in_zone=view.in_zone, read_on=local_date(view.as_of, in_zone=view.in_zone)),
    ]


def _last_hours(one: SourceAudit, as_of: datetime) -> dict[datetime, SourceHour]:
    begins = hour_of(as_of) - (_DRAWN_HOURS - 1) * HOUR
    return {hour.hour: hour for day in one.days[-3:] for hour in day.hours if hour.hour >= begins}


def _lag(hours: Sequence[SourceHour]) -> str:
    """How far from an event to its receipt, from the least to the most; a minus is a clock ahead of ours."""
    least = [hour.least_lag for hour in hours if hour.least_lag is not None]
    most = [hour.greatest_lag for hour in hours if hour.greatest_lag is not None]
    if not least or not most:
        return "–"
    return " to ".join(dict.fromkeys(_short(lag) for lag in (min(least), max(most))))


def _short(lag: timedelta) -> str:
    """
    >>> _short(timedelta(seconds=-7300)), _short(timedelta(seconds=3)), _short(timedelta(days=3))
    ('-2 h', '3 s', '3 d')
    """
    seconds = int(abs(lag).total_seconds())
    for size, letter in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size or (seconds >= size and letter != "d"):
            return f"{'-' if lag < timedelta(0) else ''}{seconds // size} {letter}"
    return f"{'-' if lag < timedelta(0) and seconds else ''}{seconds} s"
