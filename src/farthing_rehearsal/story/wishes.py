"""How a story writes what a customer agrees to beside a plan: an anchor, a currency, seats, terms of their own."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from farthing.core.money import exact_decimal
from farthing.core.refused import Refused
from farthing.usecases.subscribe import Wishes

USAGE = "subscribe CUSTOMER PLAN [anchor DAY] [currency CODE] [NAME=NUMBER …] [override PRICE.TERM=VALUE …]"
_WORDS = {"true": True, "false": False, "nothing": None}


def read_wishes(words: Sequence[str]) -> tuple[int, Wishes] | None:
    """The anchor day and the wishes; None when it is written otherwise.

    >>> read_wishes(["seats=10", "override", "tokens.unit=0.01"])[1].overrides
    {'tokens': {'unit': '0.01'}}
    """
    anchor_day, in_currency = 1, None
    overrides: dict[str, Any] = {}
    quantities: list[str] = []
    left = list(words)
    while left:
        match left:
            case ["anchor", day, *rest] if day.isdigit():
                anchor_day = int(day)
            case ["currency", code, *rest]:
                in_currency = code
            case ["override", term, *rest] if "=" in term and "." in term.partition("=")[0]:
                _override(overrides, term)
            case [quantity, *rest] if "=" in quantity:
                quantities.append(quantity)
            case _:
                return None
        left = rest
    return anchor_day, Wishes(currency=in_currency, quantities=read_quantities(quantities), overrides=overrides)


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
