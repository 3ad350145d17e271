"""A cycle in words: how long its periods are and where they start, as people say it."""

from __future__ import annotations

from datetime import date

from farthing.core.interval import MONTH, Every, Unit
from farthing.core.period import Cycle

_WEEK, _YEAR = Every(7, Unit.DAY), Every(12, Unit.MONTH)


def cycle_in_words(cycle: Cycle, *, near: date) -> str:
    """How long its periods are, and from where on, told by one that begins on or before a day.

    >>> cycle_in_words(Cycle.monthly(15, "UTC"), near=date(2026, 1, 20))
    'from day 15 of the month'
    >>> cycle_in_words(Cycle(date(2026, 1, 31), "UTC", Every(3, Unit.MONTH)), near=date(2026, 5, 1))
    'of a quarter from 2026-04-30'
    """
    if cycle.every == MONTH:
        return f"from day {cycle.anchor_day} of the month"
    begins = anchored_on(cycle, near=near)
    length = str(cycle.every)
    length = length if length[0].isdigit() else f"a {length}"
    if cycle.every == _WEEK:
        return f"of {length} from {begins:%A}"
    if cycle.every == _YEAR:
        return f"of {length} from {cycle.anchor.day} {cycle.anchor:%B}"
    return f"of {length} from {begins}"


def anchored_on(cycle: Cycle, *, near: date) -> date:
    """The day on which the period begins that holds a day."""
    return cycle.every.turn(cycle.anchor, cycle.every.turn_at(cycle.anchor, near))
