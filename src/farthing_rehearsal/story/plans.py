"""How a story writes a plan: one indented line a price, such as `tokens graduated 1000000@0.000002 rest@0.0000015`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from farthing.core.metering.meter import Meter
from farthing.core.money import currency
from farthing.core.pricing.plan import Plan, Price
from farthing.core.pricing.terms import meter_from, price_from
from farthing.core.refused import Refused

Terms = dict[str, Any]

_MEASURES = ("average", "count", "first", "latest", "maximum", "minimum", "unique")
_AFTERWARDS = ("discount", "included", "maximum", "minimum")


def read_plan(key: str, currency_code: str, lines: tuple[str, ...]) -> tuple[dict[str, Meter], Plan]:
    """The plan and the meters it needs: a meter is named like its events and adds up a property of that name.

    >>> _, plan = read_plan("starter", "USD", ("fee flat 49 advance", "calls count package 5 per 100 maximum 20"))
    >>> [f"{price.key} {price.shape.kind}" for price in plan.prices]
    ['fee flat', 'calls package']
    """
    meters: dict[str, Meter] = {}
    prices: list[Price] = []
    for line in lines:
        name, *words = line.split()
        if not words:
            raise Refused(f"“{line}” is not a price; write it like: tokens per_unit 0.002.")
        terms: Terms = {"name": name}
        if words[0] != "flat":
            measured: Terms = {"event_type": name, "unit": name, "measure": "sum", "property": name}
            if words[0] in _MEASURES:
                measured["measure"] = words.pop(0)
            if measured["measure"] == "count":
                del measured["property"]
            meters[name] = meter_from(name, measured, version=1)
            terms["meter"] = name
        prices.append(price_from(name, terms | _price(words, line=line), meters=meters))
    return meters, Plan(key=key, version=1, name=key, currency=currency(currency_code), prices=tuple(prices))


def _price(words: Sequence[str], *, line: str) -> Terms:
    """The shape, and the pairs of words behind it that say what comes before and after it."""
    shape, *given = words or [""]
    end = next((at for at, word in enumerate(given) if word in _AFTERWARDS), len(given))
    read = _SHAPES.get(shape)
    terms = None if read is None else read(given[:end])
    if terms is None or len(given[end:]) % 2:
        known = "; ".join(_WRITTEN.values())
        raise Refused(f"“{line}” is not a price; its shape is written as: {known}; any other in a catalog line.")
    return {"shape": shape} | terms | _afterwards(given[end:], line=line)


def _afterwards(words: Sequence[str], *, line: str) -> Terms:
    terms: Terms = {}
    for name, value in zip(words[::2], words[1::2], strict=True):
        if name not in _AFTERWARDS:
            raise Refused(f"“{line}” says “{name}” after the shape; it may be {', '.join(_AFTERWARDS)}.")
        terms[name] = value
        if name == "discount":
            terms[name] = {"percent": value.removesuffix("%")} if value.endswith("%") else {"amount": value}
    return terms


def _flat(words: Sequence[str]) -> Terms | None:
    match words:
        case [fee]:
            return {"fee": fee}
        case [fee, "advance" | "arrears" | "once" as charged]:
            return {"fee": fee, "charged": charged}
    return None


def _per_unit(words: Sequence[str]) -> Terms | None:
    return {"unit": words[0]} if len(words) == 1 else None


def _package(words: Sequence[str]) -> Terms | None:
    match words:
        case [price, "per", size]:
            return {"price": price, "size": size}
    return None


def _percentage(words: Sequence[str]) -> Terms | None:
    match words:
        case [rate]:
            rate, _, fee = rate.partition("+")
            return {"rate": rate} | ({"per_event": fee} if fee else {})
    return None


def _event_priced(words: Sequence[str]) -> Terms | None:
    match words:
        case []:
            return {}
        case [multiplier]:
            return {"multiplier": multiplier}
    return None


def _free(words: Sequence[str]) -> Terms | None:
    return None if words else {}


def _tiers(price: str, fee: str | None = "flat") -> Callable[[Sequence[str]], Terms | None]:
    """Reads tiers such as `100@0.02+5 rest@0.01`, whose prices are called so."""

    def read(words: Sequence[str]) -> Terms | None:
        tiers = []
        for word in words:
            bound, at, priced = word.partition("@")
            each, plus, flat = priced.partition("+")
            if not at or (plus and fee is None):
                return None
            tiers.append(
                ({} if bound == "rest" else {"up_to": bound}) | {price: each} | ({fee: flat} if plus and fee else {})
            )
        return {"tiers": tiers} if tiers else None

    return read


_SHAPES: dict[str, Callable[[Sequence[str]], Terms | None]] = {
    "flat": _flat,
    "per_unit": _per_unit,
    "package": _package,
    "graduated": _tiers("unit"),
    "volume": _tiers("unit"),
    "stairstep": _tiers("total", fee=None),
    "capacity": _tiers("total", fee=None),
    "percentage": _percentage,
    "graduated_percentage": _tiers("rate"),
    "event_priced": _event_priced,
    "free": _free,
}
_WRITTEN = {
    "flat": "flat FEE",
    "per_unit": "per_unit PRICE",
    "package": "package PRICE per SIZE",
    "tiers": "graduated, volume, stairstep, capacity or graduated_percentage BOUND@PRICE … rest@PRICE",
    "percentage": "percentage RATE",
    "event_priced": "event_priced",
    "free": "free",
}
