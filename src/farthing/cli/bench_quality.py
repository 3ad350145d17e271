"""How well odd usage is noticed: seeded streams with planted faults, each looked at as the product looks at its own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import click

from farthing.cli.quality_streams import (
    BEGIN,
    DAYS,
    FIRST_JUDGED_DAY,
    STREAMS,
    Stream,
    plant_on_a_day,
    plant_silence,
    play,
)
from farthing.cli.say import progress
from farthing.core.quality.arrivals import HOUR, SourceHour, hour_of
from farthing.core.quality.days import ClockAhead, ComesLate, Jumped, KeptApart, Oddity, Repeated, days_of, oddities_of
from farthing.core.quality.rhythm import LEARNED_FROM, is_back, rhythm_of

EXPECTED_HOURS = (3, 6)
LOOKED_EVERY = timedelta(minutes=5)
_FOUND_AS: Mapping[str, tuple[type, ...]] = {
    "half the volume": (Jumped,),
    "twice the volume": (Jumped,),
    "everything sent twice": (Repeated,),
    "clock two hours ahead": (ClockAhead,),
    "clock two hours behind": (ComesLate,),
    "30% quarantined": (KeptApart,),
}


@dataclass(frozen=True, slots=True)
class Noticed:
    """One kind of stream: for each fault how many of the planted ones were found, and false alarms a source and month.

    `hours_until_told` is the median wait from the last event before a silence to its alert.
    """

    stream: str
    planted: int
    found: dict[str, int]
    false_silences: float
    false_oddities: float
    hours_until_told: float | None


@click.command("quality")
@click.option("--seeds", type=click.IntRange(1, 1000), default=20, show_default=True, help="Streams of each kind.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for scripts.")
def command(seeds: int, as_json: bool) -> None:
    """Plant faults in streams of many kinds, and tell how many are found and how often there is a false alarm."""
    with progress() as bar:
        task = bar.add_task("Looking", total=len(STREAMS))
        rows = []
        for stream in STREAMS:
            rows.append(notice(stream, seeds=seeds))
            bar.advance(task)
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows]))
        return
    for line in table_of(rows):
        click.echo(line)


def table_of(rows: Sequence[Noticed]) -> list[str]:
    """The rows as a table in Markdown."""
    faults = list(rows[0].found)
    head = ["stream", *faults, "told after", "false silences", "false oddities"]
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for row in rows:
        found = [f"{row.found[fault]}/{row.planted}" for fault in faults]
        wait = "–" if row.hours_until_told is None else f"{row.hours_until_told:.1f} h"
        cells = [row.stream, *found, wait, f"{row.false_silences:.2f}", f"{row.false_oddities:.2f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def notice(stream: Stream, *, seeds: int) -> Noticed:
    """Plant each fault once for each seed, and look at the same streams without any."""
    found: dict[str, int] = {}
    waits: list[timedelta] = []
    for expected_hours in EXPECTED_HOURS:
        name = f"silent for {expected_hours} expected hours"
        found[name] = 0
        for seed in range(seeds):
            planted = plant_silence(stream, seed, expected_hours=expected_hours)
            assert planted.silent_from is not None
            assert planted.silent_to is not None
            told = first_silence(planted.hours, since=planted.silent_from, until=planted.silent_to)
            if told is not None:
                found[name] += 1
                if expected_hours == EXPECTED_HOURS[0]:
                    waits.append(told - planted.silent_from)
    for fault, kinds in _FOUND_AS.items():
        found[fault] = 0
        for seed in range(seeds):
            planted = plant_on_a_day(stream, seed, fault)
            assert planted.day is not None
            odd = oddities_of(days_of(planted.hours, up_to=planted.day, in_zone="UTC"))
            found[fault] += any(isinstance(one, kinds) for one in odd)
    healthy = [play(stream, 1000 + seed) for seed in range(seeds)]
    months = seeds * (DAYS - FIRST_JUDGED_DAY) / 30
    return Noticed(
        stream=stream.name,
        planted=seeds,
        found=found,
        false_silences=sum(len(all_silences(hours)) for hours in healthy) / months,
        false_oddities=sum(len(all_oddities(hours)) for hours in healthy) / months,
        hours_until_told=sorted(waits)[len(waits) // 2] / HOUR if waits else None,
    )


def first_silence(hours: Sequence[SourceHour], *, since: datetime, until: datetime) -> datetime | None:
    """When the silence that begins at `since` is told, looked for every five minutes; None when it ends before."""
    known = [one for one in hours if one.hour <= since]
    begins = since + HOUR
    while begins < until:
        ends = min(until, hour_of(begins) + HOUR)
        # What is learned changes with the hours only; whether they are over is looked at more often.
        rhythm = rhythm_of([one for one in known if one.hour >= begins - LEARNED_FROM], until=ends, in_zone="UTC")
        if rhythm is not None and rhythm.is_too_long(since, ends):
            at = begins
            while not rhythm.is_too_long(since, at):
                at += LOOKED_EVERY
            if at < until:
                return at
        begins = ends
    return None


def all_silences(hours: Sequence[SourceHour]) -> list[datetime]:
    """Every silence that would be told in the judged weeks, one after the other is over."""
    told: list[datetime] = []
    silent_since: datetime | None = None
    judged = BEGIN + timedelta(days=FIRST_JUDGED_DAY)
    for place, one in enumerate(hours):
        if one.hour < judged:
            continue
        if silent_since is not None:
            if not is_back(hours[: place + 1], silent_since=silent_since, in_zone="UTC"):
                continue
            silent_since = None
        until = hours[place + 1].first_received_at if place + 1 < len(hours) else one.last_received_at
        found = first_silence(hours[: place + 1], since=one.last_received_at, until=until)
        if found is not None:
            told.append(found)
            silent_since = one.last_received_at
    return told


def all_oddities(hours: Sequence[SourceHour]) -> list[Oddity]:
    """Every oddity that the audits of the judged weeks would tell."""
    days = days_of(hours, up_to=(BEGIN + timedelta(days=DAYS - 2)).date(), in_zone="UTC")
    judged = (BEGIN + timedelta(days=FIRST_JUDGED_DAY)).date()
    return [odd for place, day in enumerate(days) if day.day >= judged for odd in oddities_of(days[: place + 1])]
