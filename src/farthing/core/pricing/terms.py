"""Terms: meters and plans as plain data, the way a catalogue file, the store and a frozen invoice write them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from farthing.core.metering.count import Count
from farthing.core.metering.event import is_text
from farthing.core.metering.meter import Measure, Meter
from farthing.core.metering.total import Sum
from farthing.core.money import currency, exact_decimal, plain
from farthing.core.pricing.flat import Flat
from farthing.core.pricing.graduated import Graduated, Tier
from farthing.core.pricing.per_unit import PerUnit
from farthing.core.pricing.plan import Plan, Price, Shape, Timing
from farthing.core.refused import Refused

Terms = Mapping[str, Any]


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
    _only(terms, {"event_type", "measure", "property", "unit"}, of=f"The meter “{key}”")
    kind = terms.get("measure")
    measure: Measure
    if kind == "count":
        if "property" in terms:
            raise Refused(f"The meter “{key}” counts events, so it takes no property.", field="property")
        measure = Count()
    elif kind == "sum":
        measure = Sum(_word(terms, "property", of=f"The meter “{key}”, which adds up numbers,"))
    else:
        raise Refused(f"The meter “{key}” needs a measure: count or sum.", field="measure")
    return Meter(
        key=key,
        version=version,
        event_type=_word(terms, "event_type", of=f"The meter “{key}”"),
        measure=measure,
        unit=_word(terms, "unit", of=f"The meter “{key}”", default=""),
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
        named = _word(terms, "meter", of=of)
        if named not in meters:
            known = ", ".join(sorted(meters)) or "none yet"
            raise Refused(f"{of} names the meter “{named}”, which does not exist; there are: {known}.", field="meter")
        meter = meters[named]
    charged = terms.get("charged", "arrears")
    if charged not in ("advance", "arrears"):
        raise Refused(f"{of} is charged either in “advance” or in “arrears”, not “{charged}”.", field="charged")
    name = _word(terms, "name", of=of, default=key)
    return Price(key=key, name=name, shape=shape, meter=meter, timing=Timing(charged))


def shape_terms(shape: Shape) -> dict[str, Any]:
    """The shape as plain data."""
    match shape:
        case Flat(fee=fee):
            return {"shape": "flat", "fee": plain(fee)}
        case PerUnit(unit=unit):
            return {"shape": "per_unit", "unit": plain(unit)}
        case Graduated(tiers=tiers, flat_when_zero=flat_when_zero):
            return {
                "shape": "graduated",
                "tiers": [_tier_terms(tier) for tier in tiers],
                **({} if flat_when_zero else {"flat_when_zero": False}),
            }


def shape_from(terms: Terms, *, of: str) -> Shape:
    """The shape that these terms describe; `of` opens the sentence of a refusal."""
    try:
        return _shape_from(terms, of=of)
    except Refused as fault:
        told = fault.sentence if of.lower() in fault.sentence.lower() else f"{of}: {fault.sentence}"
        raise Refused(told, field=fault.field) from None


def _shape_from(terms: Terms, *, of: str) -> Shape:
    match terms.get("shape"):
        case "flat":
            _only(terms, {"shape", "fee"}, of=of)
            return Flat(_number(terms, "fee", of=of))
        case "per_unit":
            _only(terms, {"shape", "unit"}, of=of)
            return PerUnit(_number(terms, "unit", of=of))
        case "graduated":
            _only(terms, {"shape", "tiers", "flat_when_zero"}, of=of)
            tiers = terms.get("tiers")
            if not isinstance(tiers, list) or not all(isinstance(tier, Mapping) for tier in tiers):
                raise Refused(f"{of} needs tiers: a list, each with up_to and unit.", field="tiers")
            flat_when_zero = terms.get("flat_when_zero", True)
            if not isinstance(flat_when_zero, bool):
                raise Refused(f"{of} takes flat_when_zero as true or false.", field="flat_when_zero")
            return Graduated(
                tuple(_tier_from(tier, of=f"Tier {number} of {of[0].lower()}{of[1:]}")
                      for number, tier in enumerate(tiers, start=1)),
                flat_when_zero=flat_when_zero,
            )  # fmt: skip
        case other:
            said = "no shape" if other is None else f"the shape “{other}”"
            raise Refused(f"{of} has {said}; the shapes are flat, per_unit and graduated.", field="shape")


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


def _tier_terms(tier: Tier) -> dict[str, Any]:
    terms: dict[str, Any] = {} if tier.up_to is None else {"up_to": plain(tier.up_to)}
    terms["unit"] = plain(tier.unit)
    return terms | ({"flat": plain(tier.flat)} if tier.flat else {})


def _tier_from(terms: Terms, *, of: str) -> Tier:
    _only(terms, {"up_to", "unit", "flat"}, of=of)
    up_to = None if terms.get("up_to") is None else _number(terms, "up_to", of=of)
    flat = _number(terms, "flat", of=of) if "flat" in terms else Decimal(0)
    return Tier(up_to=up_to, unit=_number(terms, "unit", of=of, default="0"), flat=flat)


def _number(terms: Terms, name: str, *, of: str, default: str | None = None) -> Decimal:
    if name not in terms and default is not None:
        return Decimal(default)
    if name not in terms:
        raise Refused(f'{of} has no “{name}”; give one as text, such as "0.002".', field=name)
    try:
        return exact_decimal(terms[name], what=f"“{name}”")
    except Refused as fault:
        raise Refused(f"{of}: {fault.sentence}", field=name) from None


def _word(terms: Terms, name: str, *, of: str, default: str | None = None) -> str:
    value = terms.get(name, default)
    if not isinstance(value, str) or (not value.strip() and default is None):
        raise Refused(f"{of} needs a “{name}”: one word or a short text.", field=name)
    if not is_text(value):
        raise Refused(f"{of} has a “{name}” with a character that is not text; write it anew.", field=name)
    return value


def _only(terms: Terms, known: Iterable[str], *, of: str) -> None:
    for name in terms:
        if name not in known:
            raise Refused(f"{of} has “{name}”, which means nothing here; it may have {', '.join(sorted(known))}.",
                          field=str(name))  # fmt: skip
