"""How a story writes a plan: one indented line a price, such as `tokens graduated 1000000@0.000002 rest@0.0000015`."""

from __future__ import annotations

from typing import Any

from farthing.core.metering.meter import Meter
from farthing.core.money import currency
from farthing.core.pricing.plan import Plan, Price
from farthing.core.pricing.terms import meter_from, price_from
from farthing.core.refused import Refused


def read_plan(key: str, currency_code: str, lines: tuple[str, ...]) -> tuple[dict[str, Meter], Plan]:
    """The plan and the meters it needs: a meter is named like its events and adds up a property of that name.

    >>> _, plan = read_plan("starter", "USD", ("fee flat 49 advance", "calls count per_unit 0.01"))
    >>> [price.key for price in plan.prices]
    ['fee', 'calls']
    """
    meters: dict[str, Meter] = {}
    prices: list[Price] = []
    for line in lines:
        name, *words = line.split()
        if not words:
            raise Refused(f"“{line}” is not a price; write it like: tokens per_unit 0.002.")
        terms: dict[str, Any] = {"name": name}
        if words[0] != "flat":
            counted = words[0] == "count"
            measure = {"measure": "count"} if counted else {"measure": "sum", "property": name}
            meters[name] = meter_from(name, {"event_type": name, "unit": name} | measure, version=1)
            terms["meter"] = name
            words = words[1:] if counted else words
        prices.append(price_from(name, terms | _shape(words, line=line), meters=meters))
    return meters, Plan(key=key, version=1, name=key, currency=currency(currency_code), prices=tuple(prices))


def _shape(words: list[str], *, line: str) -> dict[str, Any]:
    match words:
        case ["flat", fee]:
            return {"shape": "flat", "fee": fee}
        case ["flat", fee, "advance" | "arrears" as charged]:
            return {"shape": "flat", "fee": fee, "charged": charged}
        case ["per_unit", unit]:
            return {"shape": "per_unit", "unit": unit}
        case ["graduated", *tiers] if tiers:
            return {"shape": "graduated", "tiers": [_tier(tier) for tier in tiers]}
        case _:
            raise Refused(f"“{line}” is not a price; a shape is flat FEE, per_unit PRICE or graduated BOUND@PRICE ….")


def _tier(written: str) -> dict[str, str]:
    bound, _, price = written.partition("@")
    unit, _, flat = price.partition("+")
    tier = {"unit": unit} if bound == "rest" else {"up_to": bound, "unit": unit}
    return tier | ({"flat": flat} if flat else {})
