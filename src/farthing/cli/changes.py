"""What a preview found, as lines: each draft that would come out otherwise, and what would be owed on issued ones."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from farthing.cli.say import amount, table
from farthing.core.rating.line import Line
from farthing.core.rating.written import digits_and_fraction
from farthing.usecases.preview_usage import Change


def change_lines(changes: Sequence[Change]) -> list[str]:
    """The changes by customer and draft; one line says so when there is none."""
    if not changes:
        return ["It would change no draft and no issued line; nothing was kept."]
    lines = ["It would change (nothing was kept):"]
    for heading, of_draft in groupby(changes, key=_heading):
        lines.append(f"\n{heading}")
        rows = [
            [
                change.name,
                _quantity(change.before),
                "->",
                _quantity(change.after),
                change.unit,
                _amount(change.before),
                "->",
                _amount(change.after),
                str(change.difference.currency),
            ]
            for change in of_draft
        ]
        lines.append(table(rows, right=[1, 3, 5, 7], indent="  "))
    return lines


def _heading(change: Change) -> str:
    first, last = change.period.start, change.period.end
    whose = f"{change.customer.key}, {change.plan_key}, {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC"
    return f"{whose}: draft" if change.invoice is None else f"{whose}: {change.invoice} stays; owed beside it"


def _quantity(line: Line | None) -> str:
    return "" if line is None else digits_and_fraction(line.quantity)


def _amount(line: Line | None) -> str:
    return "" if line is None else amount(line.amount)
