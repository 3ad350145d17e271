"""Usage by window in the terminal: a bar for each window or group, and up to where it is told."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from fractions import Fraction

import click

from farthing.cli.opened import opened
from farthing.cli.say import counted, instant, table
from farthing.cli.text_bars import text_bars
from farthing.core.exact import ZERO
from farthing.core.metering.cutting import Cut
from farthing.core.metering.meter import Measured
from farthing.core.metering.sample import Window
from farthing.core.period import zone
from farthing.core.rating.written import digits_and_fraction
from farthing.usecases.query_usage import MOST_ROWS, UsageAnswer, UsageQuestion, bound_from, query_usage

_LABELS = {
    Cut.MINUTE: "%Y-%m-%d %H:%M",
    Cut.HOUR: "%Y-%m-%d %H:%M",
    Cut.DAY: "%a %Y-%m-%d",
    Cut.WEEK: "week of %Y-%m-%d",
    Cut.MONTH: "%Y-%m",
}


def show_windows(
    *,
    customer: str,
    meter: str,
    start: str | None,
    end: str | None,
    into: str,
    in_zone: str | None,
    group_by: Sequence[str],
) -> None:
    """Print what a customer used of one meter."""
    question = UsageQuestion(
        meter=meter,
        customer=customer,
        start=None if start is None else bound_from(start, field="from"),
        end=None if end is None else bound_from(end, field="to"),
        into=Cut(into),
        in_zone=in_zone,
        group_by=tuple(group_by),
        limit=MOST_ROWS,
    )
    with opened() as at:
        answer = query_usage(at.store, question, person=None, now=at.now)
    window = answer.windows[0]
    last = answer.windows[-1].segment.end.astimezone(zone(window.in_zone))
    first = window.segment.start.astimezone(zone(window.in_zone))
    unit = f", in {answer.meter.unit}" if answer.meter.unit else ""
    click.echo(
        f"{answer.meter.key}{unit}: {customer}, {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} {window.in_zone}"
    )
    rows = _rows(answer, grouped=bool(group_by))
    bars = text_bars([Fraction(measured.quantity) for _, measured in rows], plain=_plain())
    lines = [
        [
            f"{one.segment.start.astimezone(zone(one.in_zone)):{_LABELS[Cut(into)]}}",
            *("(none)" if value is None else value for value in measured.of),
            bar,
            digits_and_fraction(measured.quantity),
            counted(measured.events, "event"),
        ]
        for (one, measured), bar in zip(rows, bars, strict=True)
    ]
    quantity = 2 + len(group_by)
    click.echo(table(lines, right=[quantity, quantity + 1], indent="  ") if lines else "  Nothing was used.")
    if answer.next_after is not None:
        click.echo(f"  … and more; these are the first {MOST_ROWS:,}.")
    click.echo(f"As of {instant(answer.as_of)}, position {answer.position:,}.")


def _rows(answer: UsageAnswer, *, grouped: bool) -> list[tuple[Window, Measured]]:
    """What was used; without groups also of windows in which nothing was, so that a gap is seen."""
    told = [(row.window, row.measured) for row in answer.rows]
    if grouped or answer.next_after is not None or not told:
        return told
    found = {window.segment.start: measured for window, measured in told}
    nothing = Measured((), ZERO, 0)
    last = told[-1][0].segment.start
    return [
        (window, found.get(window.segment.start, nothing)) for window in answer.windows if window.segment.start <= last
    ]


def _plain() -> bool:
    try:
        "█▏".encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return True
    return False
