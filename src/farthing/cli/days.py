"""Dates as people type them, and a sentence for those that do not exist."""

import calendar
import re
from datetime import date
from typing import Any

import click

from farthing.core.period import zone
from farthing.core.refused import Refused

_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")


def day_from(written: str) -> date:
    """The day that was written.

    >>> day_from("2026-02-31")
    Traceback (most recent call last):
    ...
    farthing.core.refused.Refused: “2026-02-31” does not exist: February 2026 has 28 days.
    """
    found = _DAY.fullmatch(written.strip())
    if found is None:
        raise Refused(f"“{written[:40]}” is not a date; write it year first, like 2026-01-31.")
    year, month, day = (int(part) for part in found.groups())
    if not 1 <= month <= 12:
        raise Refused(f"“{written}” does not exist: there is no month {month}; write it like 2026-01-31.")
    if year < 1:
        raise Refused(f"“{written}” does not exist: years begin with 1.")
    last = calendar.monthrange(year, month)[1]
    if not 1 <= day <= last:
        raise Refused(f"“{written}” does not exist: {calendar.month_name[month]} {year} has {last} days.")
    return date(year, month, day)


class Day(click.ParamType[date]):
    """An option that takes a date."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The date, or a sentence."""
        if isinstance(value, date):
            return value
        try:
            return day_from(str(value))
        except Refused as fault:
            self.fail(fault.sentence, param, ctx)


class Zone(click.ParamType[str]):
    """An option that takes the name of a time zone."""

    name = "zone"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name, or a sentence."""
        try:
            zone(str(value))
        except Refused as fault:
            self.fail(fault.sentence, param, ctx)
        return str(value)


DAY = Day()
ZONE = Zone()
