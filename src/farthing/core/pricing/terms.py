"""Terms: meters and plans as plain data, the way a catalogue file, the store and a frozen invoice write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from farthing.core.metering.count import Count
from farthing.core.metering.meter import Measure, Meter
from farthing.core.metering.total import Sum
from farthing.core.money import currency
from farthing.core.pricing.fields import Terms, only, word
from farthing.core.pricing.plan import Plan, Price, Timing
from farthing.core.pricing.shapes import shape_from, shape_terms
from farthing.core.refused import Refused


def meter_terms(meter: Meter) -> dict[str, Any]:
    """The meter as plain data; `meter_from` reads it back."""
    terms: dict[str, Any] = {"event_type": meter.event_type}
    match meter.measure:
        case Count():
            terms["measure"] = "count"
        case Sum(property=name):
            terms |= {"measure": "sum", "property": name}
    if meter.unit:
        terms["unit"] = meter.unit
    return terms


def meter_from(key: str, terms: Terms, *, version: int) -> Meter:
    """The meter that these terms describe."""
    only(terms, {"event_type", "measure", "property", "unit"}, of=f"The meter “{key}”")
    kind = terms.get("measure")
    measure: Measure
    if kind == "count":
        if "property" in terms:
            raise Refused(f"The meter “{key}” counts events, so it takes no property.", field="property")
        measure = Count()
    elif kind == "sum":
        measure = Sum(word(terms, "property", of=f"The meter “{key}”, which adds up numbers,"))
    else:
        raise Refused(f"The meter “{key}” needs a measure: count or sum.", field="measure")
    return Meter(
        key=key,
        version=version,
        event_type=word(terms, "event_type", of=f"The meter “{key}”"),
        measure=measure,
        unit=word(terms, "unit", of=f"The meter “{key}”", default=""),
    )


def frozen_meter(key: str, terms: Terms) -> Meter:
    """The meter that a plan froze, with its version."""
    return meter_from(
        key, {name: value for name, value in terms.items() if name != "version"}, version=terms["version"]
    )


def price_terms(price: Price) -> dict[str, Any]:
    """The price as plain data; `price_from` reads it back."""
    terms: dict[str, Any] = {"name": price.name}
    if price.meter is not None:
        terms["meter"] = price.meter.key
    else:
        terms["charged"] = price.timing.value
    return terms | shape_terms(price.shape)


def price_from(key: str, terms: Terms, *, meters: Mapping[str, Meter]) -> Price:
    """The price that these terms describe; its meter is one of `meters`."""
    of = f"The price “{key}”"
    own = {"name", "meter", "charged"}
    shape = shape_from({name: value for name, value in terms.items() if name not in own}, of=of)
    meter = None
    if "meter" in terms:
        named = word(terms, "meter", of=of)
        if named not in meters:
            known = ", ".join(sorted(meters)) or "none yet"
            raise Refused(f"{of} names the meter “{named}”, which does not exist; there are: {known}.", field="meter")
        meter = meters[named]
    charged = terms.get("charged", "arrears")
    if charged not in ("advance", "arrears"):
        raise Refused(f"{of} is charged either in “advance” or in “arrears”, not “{charged}”.", field="charged")
    name = word(terms, "name", of=of, default=key)
    return Price(key=key, name=name, shape=shape, meter=meter, timing=Timing(charged))


def plan_terms(plan: Plan) -> dict[str, Any]:
    """The plan version as plain data, with the meters it freezes; `plan_from` reads it back."""
    meters = {price.meter.key: price.meter for price in plan.prices if price.meter is not None}
    return {
        "name": plan.name,
        "currency": plan.currency.code,
        "meters": {key: meter_terms(meter) | {"version": meter.version} for key, meter in meters.items()},
        "prices": [price_terms(price) | {"key": price.key} for price in plan.prices],
    }


def plan_from(key: str, terms: Terms, *, version: int) -> Plan:
    """The plan version that `plan_terms` wrote."""
    meters = {name: frozen_meter(name, meter) for name, meter in terms["meters"].items()}
    prices = tuple(
        price_from(price["key"], {k: v for k, v in price.items() if k != "key"}, meters=meters)
        for price in terms["prices"]
    )
    return Plan(key=key, version=version, name=terms["name"], currency=currency(terms["currency"]), prices=prices)
