"""A price as plain data, the way a catalogue writes it below its key."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from farthing.core.metering.filter import filter_from, filter_terms
from farthing.core.metering.meter import Meter
from farthing.core.money import exact_decimal
from farthing.core.pricing.currencies import InCurrency
from farthing.core.pricing.entitlement import named_meter
from farthing.core.pricing.fields import Terms, choice, flag, word, words
from farthing.core.pricing.modifiers import modifiers_from
from farthing.core.pricing.package import Package
from farthing.core.pricing.price import (
    STANDARD_CATEGORY,
    Accumulate,
    CustomUnit,
    Ladder,
    Price,
    Proration,
    Timing,
)
from farthing.core.pricing.shapes import shape_from, shape_terms
from farthing.core.pricing.transform import transform_from
from farthing.core.refused import Refused

# What a price says beside its shape.
_OWN = frozenset({
    "name", "meter", "quantity", "charged", "where", "group_by", "ladder", "divide_by", "multiply_by", "round",
    "precision", "included", "accumulate", "prorate", "prorate_included", "per_group", "discount", "minimum",
    "maximum", "in", "tax_category",
})  # fmt: skip
_INSTEAD = {"divide_by": "multiply_by", "multiply_by": "divide_by"}


def price_terms(price: Price) -> dict[str, Any]:
    """The price as plain data; `price_from` reads it back."""
    terms: dict[str, Any] = {"name": price.name}
    if price.meter is not None:
        terms["meter"] = price.meter.key
    else:
        terms["charged"] = price.timing.value
    if price.quantity is not None:
        terms["quantity"] = price.quantity
    if price.where is not None:
        terms["where"] = filter_terms(price.where)
    if price.group_by:
        terms["group_by"] = list(price.group_by)
    if price.ladder is not Ladder.OWN:
        terms["ladder"] = price.ladder.value
    terms |= price.transform.terms()
    if price.accumulate is not Accumulate.PERIOD:
        terms["accumulate"] = price.accumulate.value
    if price.prorate is not Proration.DAY:
        terms["prorate"] = price.prorate.value
    if price.prorate_included:
        terms["prorate_included"] = True
    if price.per_group:
        terms["per_group"] = True
    terms |= price.modifiers.terms()
    if price.unit_of_account is not None:
        terms["in"] = price.unit_of_account.key
    if price.tax_category != STANDARD_CATEGORY:
        terms["tax_category"] = price.tax_category
    return terms | shape_terms(price.shape)


def price_from(
    key: str,
    terms: Terms,
    *,
    meters: Mapping[str, Meter],
    units: Mapping[str, CustomUnit] | None = None,
    in_currency: InCurrency | None = None,
) -> Price:
    """The price that these terms describe; its meter is one of `meters`, its unit of account one of `units`.

    Terms that write money for several currencies need `in_currency` to choose.
    """
    of = f"The price “{key}”"
    if in_currency is not None:
        terms = in_currency.terms(terms, of=of)
    own = _OWN - {"included"} if terms.get("shape") == Package.kind else _OWN
    shape = shape_from({name: value for name, value in terms.items() if name not in own}, of=of)
    said = {name: value for name, value in terms.items() if name in own}
    charged = said.get("charged", Timing.ARREARS.value)
    if not isinstance(charged, str) or charged not in list(Timing):
        raise Refused(
            f"{of} is charged either in “advance” or in “arrears”, or “once”; not “{charged}”.", field="charged"
        )
    try:
        return Price(
            key=key,
            name=word(said, "name", of=of, default=key),
            shape=shape,
            meter=named_meter(said, meters, of=of) if "meter" in said else None,
            timing=Timing(charged),
            quantity=word(said, "quantity", of=of) if "quantity" in said else None,
            where=filter_from(said["where"], of=of) if "where" in said else None,
            group_by=words(said, "group_by", of=of),
            ladder=Ladder(choice(said, "ladder", list(Ladder), of=of, default=Ladder.OWN)),
            transform=transform_from(said, of=of),
            modifiers=modifiers_from(said, of=of),
            accumulate=Accumulate(choice(said, "accumulate", list(Accumulate), of=of, default=Accumulate.PERIOD)),
            prorate=Proration(choice(said, "prorate", list(Proration), of=of, default=Proration.DAY)),
            prorate_included=flag(said, "prorate_included", of=of, default=False),
            per_group=flag(said, "per_group", of=of, default=False),
            tax_category=word(said, "tax_category", of=of, default=STANDARD_CATEGORY),
            unit_of_account=_unit(said, units or {}, of=of) if "in" in said else None,
        )
    except Refused as fault:
        told = fault.sentence if of.lower() in fault.sentence.lower() else f"{of}: {fault.sentence}"
        raise Refused(told, field=fault.field) from None


def units_from(terms: Terms, *, of: str, in_currency: InCurrency | None = None) -> dict[str, CustomUnit]:
    """The custom units in a plan's terms, by key."""
    written = terms.get("units", {})
    if not isinstance(written, Mapping):
        raise Refused(
            f"{of} takes units as names, each with what one is worth, such as {{credits: 0.02}}.", field="units"
        )
    try:
        return {
            str(key): CustomUnit(str(key), _worth(str(key), value, of=of, in_currency=in_currency))
            for key, value in written.items()
        }
    except Refused as fault:
        raise Refused(fault.sentence, field="units") from None


def changed(terms: Terms, change: Terms) -> dict[str, Any]:
    """The terms with this change over them: a name given replaces the old one, and null takes it away.

    Another shape takes away all that the old shape said; dividing takes away multiplying.

    >>> changed({"shape": "per_unit", "unit": "2", "maximum": "9"}, {"shape": "package", "price": "5", "size": "10"})
    {'shape': 'package', 'maximum': '9', 'price': '5', 'size': '10'}
    """
    kept = dict(terms)
    if "shape" in change and change["shape"] != terms.get("shape"):
        own = _OWN - {"included"} if terms.get("shape") == Package.kind else _OWN
        kept = {name: value for name, value in kept.items() if name in own or name == "shape"}
    for name, instead in _INSTEAD.items():
        if name in change:
            kept.pop(instead, None)
    return kept | dict(change)


def settled_terms(terms: Terms) -> dict[str, Any]:
    """The terms without what is null."""
    return {name: value for name, value in terms.items() if value is not None}


def _worth(key: str, value: Any, *, of: str, in_currency: InCurrency | None) -> Decimal:
    if in_currency is not None:
        value = in_currency.amount(key, value, of=of)
    try:
        return exact_decimal(value, what=f"What “{key}” is worth")
    except Refused as fault:
        raise Refused(f"{of}: {fault.sentence}", field="units") from None


def _unit(terms: Terms, units: Mapping[str, CustomUnit], *, of: str) -> CustomUnit:
    named = word(terms, "in", of=of)
    if named not in units:
        known = ", ".join(sorted(units)) or "none yet"
        raise Refused(f"{of} is in “{named}”, which is none of the plan's units; there are: {known}.", field="in")
    return units[named]
