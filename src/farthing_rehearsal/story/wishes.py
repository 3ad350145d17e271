"""How a story writes what a customer agrees to beside a plan: an anchor, a currency, seats, terms of their own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from farthing.core.money import exact_decimal
from farthing.core.refused import Refused
from farthing.usecases.subscribe import Wishes

USAGE = "subscribe CUSTOMER PLAN [anchor DAY|DATE] [currency CODE] [NAME=NUMBER …] [override PRICE.TERM=VALUE …]"
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WORDS = {"true": True, "false": False, "nothing": None}


def read_wishes(words: Sequence[str]) -> tuple[int | None, date | None, Wishes] | None:
    """The anchor, as a day of the month or as a date, and the wishes; None when it is written otherwise.

    >>> read_wishes(["seats=10", "override", "tokens.unit=0.01"])[-1].overrides
    {'tokens': {'unit': '0.01'}}
    """
    anchor_day: int | None = None
    anchor: date | None = None
    in_currency = None
    overrides: dict[str, Any] = {}
    quantities: list[str] = []
    left = list(words)
    while left:
        match left:
            case ["anchor", day, *rest] if day.isdigit():
                anchor_day = int(day)
            case ["anchor", day, *rest] if _DATE.fullmatch(day):
                anchor = read_day(day)
            case ["currency", code, *rest]:
                in_currency = code
            case ["override", term, *rest] if "=" in term and "." in term.partition("=")[0]:
                _override(overrides, term)
            case [quantity, *rest] if "=" in quantity:
                quantities.append(quantity)
            case _:
                return None
        left = rest
    return anchor_day, anchor, Wishes(currency=in_currency, quantities=read_quantities(quantities), overrides=overrides)


def read_day(written: str) -> date:
    """A day such as 2026-04-15."""
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise Refused(f"“{written}” is not a day; check its month and day.") from None


def read_quantities(words: Sequence[str]) -> dict[str, Decimal]:
    """Numbers that are agreed, such as `seats=10`."""
    agreed = {}
    for word in words:
        name, _, number = word.partition("=")
        if not name or not number:
            raise Refused(f"“{word}” is no agreed quantity; write it like seats=10.")
        agreed[name] = exact_decimal(number, what=f"“{name}”")
    return agreed


def _override(overrides: dict[str, Any], term: str) -> None:
    """`price.discount.percent=10`, put in its place."""
    path, _, value = term.partition("=")
    *outer, last = path.split(".")
    for name in outer:
        overrides = overrides.setdefault(name, {})
    overrides[last] = _WORDS.get(value, value)
