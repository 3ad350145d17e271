"""The next invoice as it stands, line by line: what has come about so far, and apart from it what it charges ahead."""

from __future__ import annotations

from collections.abc import Sequence

from farthing.cli.explained import line_quantity
from farthing.cli.reckoned import reckoned_rows
from farthing.cli.say import amount, table
from farthing.core.invoicing.invoice import Draft
from farthing.core.invoicing.reckoning import NOTHING
from farthing.core.money import Money
from farthing.core.period import Period, Wall
from farthing.core.rating.line import Line


def local_days(period: Period, zone: str | Wall) -> str:
    """The first and last local day of a period."""
    return f"{period.first_day(in_zone=zone)} to {period.last_day(in_zone=zone)}"


def draft_table(draft: Draft) -> str:
    """Each line with its period, the sum so far, and where something is charged ahead, all of the next invoice."""
    zone, code = draft.frozen["zone"], draft.currency.code
    ahead = [line for line in draft.lines if line.advance]
    rows = _rows([line for line in draft.lines if not line.advance], zone)
    rows.append(_sum(f"So far ({code})", draft.accrued))
    if ahead:
        rows += [*_rows(ahead, zone), _sum(f"With fees ahead ({code})", draft.subtotal)]
    if draft.reckoning != NOTHING:
        rows += [[name, "", "", money] for name, money in list(reckoned_rows(draft))[1:]]
    return table(rows, right=[2, 3], indent="  ")


def _rows(lines: Sequence[Line], zone: str) -> list[list[str]]:
    return [[line.name, local_days(line.period, zone), line_quantity(line), amount(line.amount)] for line in lines]


def _sum(name: str, money: Money) -> list[str]:
    return [name, "", "", amount(money)]
