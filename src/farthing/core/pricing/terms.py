"""Terms: meters, plans and add-ons as plain data, as a catalogue file, the store and a frozen invoice write them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from farthing.core.interval import MONTH, Alignment, every_from
from farthing.core.metering.filter import filter_from, filter_terms
from farthing.core.metering.measures import measure_from
from farthing.core.metering.meter import Meter
from farthing.core.metering.schema import schema_from
from farthing.core.money import currency, exact_decimal, plain
from farthing.core.pricing.commitment import Commitment, commitment_from
from farthing.core.pricing.currencies import InCurrency, together
from farthing.core.pricing.entitlement import Entitlement, entitlement_from
from farthing.core.pricing.fields import Terms, choice, flag, maybe_number, only, word, words
from farthing.core.pricing.free import Free
from farthing.core.pricing.modifiers import Modifiers
from farthing.core.pricing.phase import Phase, TrialUsage, lasting_from
from farthing.core.pricing.plan import AddOn, Plan
from farthing.core.pricing.price import Accumulate, CustomUnit, Ladder, Price
from farthing.core.pricing.price_terms import changed, price_from, price_terms, settled_terms, units_from
from farthing.core.pricing.shapes import shape_from, shape_terms
from farthing.core.refused import Refused

__all__ = [
    "InCurrency",
    "addon_from",
    "addon_terms",
    "commitment_from",
    "entitlement_from",
    "frozen_meter",
    "meter_from",
    "meter_terms",
    "overridden",
    "phase_from",
    "plan_from",
    "plan_terms",
    "price_from",
    "price_terms",
    "shape_from",
    "shape_terms",
    "units_from",
]

_OF_ADD_ONS = {"name", "currency", "currencies", "units", "meters", "prices", "entitlements"}
_OF_PLANS = _OF_ADD_ONS | {"every", "periods", "phases", "commitments", "bill_above"}
_DEEPEST = 24
_RESERVED = ("entitlements", "commitments")


def meter_terms(meter: Meter) -> dict[str, Any]:
    """The meter as plain data; `meter_from` reads it back."""
    return {
        "event_type": meter.event_type,
        **meter.measure.terms(),
        **({"unit": meter.unit} if meter.unit else {}),
        **({} if meter.where is None else {"where": filter_terms(meter.where)}),
        **({"groups": list(meter.groups)} if meter.groups else {}),
        **({} if meter.schema is None else {"schema": meter.schema.terms}),
    }


def meter_from(key: str, terms: Terms, *, version: int) -> Meter:
    """The meter that these terms describe."""
    of = f"The meter “{key}”"
    own = ("event_type", "unit", "where", "groups", "schema")
    return Meter(
        key=key,
        version=version,
        measure=measure_from({name: value for name, value in terms.items() if name not in own}, of=of),
        event_type=word(terms, "event_type", of=of),
        unit=word(terms, "unit", of=of, default=""),
        where=filter_from(terms["where"], of=of) if "where" in terms else None,
        groups=words(terms, "groups", of=of),
        schema=schema_from(terms["schema"], of=of) if "schema" in terms else None,
    )


def frozen_meter(key: str, terms: Terms) -> Meter:
    """The meter that a plan froze, with its version."""
    return meter_from(
        key, {name: value for name, value in terms.items() if name != "version"}, version=terms["version"]
    )


def plan_terms(plan: Plan) -> dict[str, Any]:
    """The plan version as plain data, with the meters it freezes; `plan_from` reads it back."""
    return {
        "name": plan.name,
        **_currency_terms(plan),
        **_period_terms(plan),
        "meters": _meters_terms(plan.meters),
        **together({each.currency.code: _plan_in_one(each) for each in (plan, *plan.others)}),
    }


def plan_from(key: str, terms: Terms, *, version: int, meters: Mapping[str, Meter] | None = None) -> Plan:
    """The plan version that `plan_terms` wrote, or that a catalogue writes, whose meters are `meters`."""
    of = f"The plan “{key}”"
    only(terms, _OF_PLANS, of=of)
    at_hand = _meters_from(terms, meters)
    first, *others = (
        _plan_in(key, terms, version=version, meters=at_hand, one=one) for one in _currencies_from(terms, of=of)
    )
    return replace(first, others=tuple(others)) if others else first


def addon_terms(add_on: AddOn) -> dict[str, Any]:
    """The add-on version as plain data, with the meters it freezes; `addon_from` reads it back."""
    return {
        "name": add_on.name,
        **_currency_terms(add_on),
        "meters": _meters_terms(add_on.meters),
        **together({each.currency.code: _add_on_in_one(each) for each in (add_on, *add_on.others)}),
    }


def addon_from(key: str, terms: Terms, *, version: int, meters: Mapping[str, Meter] | None = None) -> AddOn:
    """The add-on version that `addon_terms` wrote, or that a catalogue writes, whose meters are `meters`."""
    of = f"The add-on “{key}”"
    only(terms, _OF_ADD_ONS, of=of)
    at_hand = _meters_from(terms, meters)
    first, *others = (
        AddOn(
            key=key,
            version=version,
            name=word(terms, "name", of=of, default=key),
            currency=currency(one.code),
            prices=_prices_from(terms, of=of, meters=at_hand, one=one),
            entitlements=_entitlements_from(terms, of=of, meters=at_hand),
        )
        for one in _currencies_from(terms, of=of)
    )
    return replace(first, others=tuple(others)) if others else first


def phase_from(
    key: str,
    terms: Terms,
    *,
    prices: Sequence[Price],
    commitments: Sequence[Commitment],
    meters: Mapping[str, Meter],
    units: Mapping[str, CustomUnit] | None = None,
    in_currency: InCurrency | None = None,
) -> Phase:
    """The phase that these terms describe, of a plan with these prices and commitments."""
    of = f"The phase “{key}”"
    only(terms, {"name", "lasts", "trial", "usage", "change", "without", "commitments"}, of=of)
    trial = flag(terms, "trial", of=of, default=False)
    if "usage" in terms and not trial:
        raise Refused(f"{of} says what usage costs in a trial, but is none; add “trial: true”.", field="usage")
    usage = TrialUsage(choice(terms, "usage", list(TrialUsage), of=of, default=TrialUsage.FREE))
    by_key = {price.key: price for price in prices}
    without = words(terms, "without", of=of)
    written = terms.get("change", {})
    if not isinstance(written, Mapping) or not all(isinstance(change, Mapping) for change in written.values()):
        raise Refused(f"{of} takes “change” as prices, each with what is different.", field="change")
    for name, named in (("change", list(written)), ("without", list(without))):
        for price_key in named:
            if price_key not in by_key:
                known = ", ".join(by_key)
                raise Refused(
                    f"{of} names the price “{price_key}”, which does not exist; there are: {known}.", field=name
                )
    if any(price_key in without for price_key in written):
        raise Refused(f"{of} both changes a price and leaves it out; keep one.", field="without")
    change = {price_key: _plain_data(each, of=of) for price_key, each in written.items()}
    if in_currency is not None:
        change = {price_key: in_currency.terms(each, of=of) for price_key, each in change.items()}
    resolved: list[Price] = []
    for price in prices:
        if price.key in without:
            continue
        if price.key in change:
            merged = settled_terms(changed(price_terms(price), change[price.key]))
            try:
                price = price_from(price.key, merged, meters=meters, units=units)
            except Refused as fault:
                raise Refused(f"{of}: {fault.sentence}", field="change") from None
        if trial and price.meter is None:
            continue
        resolved.append(_tried(price, usage) if trial else price)
    return Phase(
        key=key,
        name=word(terms, "name", of=of, default=key),
        lasts=lasting_from(terms.get("lasts"), of=of),
        prices=tuple(resolved),
        commitments=_phase_commitments(
            terms, commitments, [price.key for price in resolved], trial=trial, of=of, one=in_currency
        ),
        trial=trial,
        trial_usage=usage,
        change=change,
        without=without,
    )


def overridden(plan: Plan, overrides: Mapping[str, Any]) -> Plan:
    """The plan as one customer agreed to it: partial terms over those of its prices, in its phases too.

    The keys “entitlements” and “commitments” stand for those, partial too; null takes one of them away. Money that was
    agreed in several currencies counts in those that this plan has.
    """
    if not overrides:
        return plan
    if not plan.others:
        alone = InCurrency(plan.currency.code, (plan.currency.code,), strict=False)
        overrides = {key: _in_one(alone, key, agreed) for key, agreed in overrides.items()}
    terms = plan_terms(plan)
    units = {price.unit_of_account.key for price in plan.all_prices if price.unit_of_account is not None}
    prices = dict(_keyed(terms, "prices", of=plan.key))
    for key, override in overrides.items():
        if key in _RESERVED:
            continue
        of = f"What is agreed of the price “{key}”"
        if key not in prices:
            raise Refused(
                f"The plan “{plan.key}” has no price “{key}” to agree otherwise about; there are: {', '.join(prices)}.",
                field=key,
            )
        if not isinstance(override, Mapping) or "key" in override:
            raise Refused(f"{of} must be names, each with its value, such as {{unit: 0.02}}.", field=key)
        if "in" in override and override["in"] is not None and override["in"] not in units:
            raise Refused(f"{of} is in a unit that no price of the plan uses; give it in money.", field=key)
        override = _plain_data(override, of=of)
        prices[key] = settled_terms(changed(prices[key], override))
        for phase in terms.get("phases", ()):
            if key in phase.get("change", {}):
                phase["change"][key] = changed(phase["change"][key], override)
    terms["prices"] = [{**price, "key": key} for key, price in prices.items()]
    for reserved, name in (("entitlements", "feature"), ("commitments", "key")):
        if reserved in overrides:
            terms[reserved] = _replaced(terms.get(reserved, []), overrides[reserved], of=reserved, name=name)
    try:
        return plan_from(plan.key, terms, version=plan.version)
    except Refused as fault:
        raise Refused(f"This cannot be agreed: {fault.sentence}", field=fault.field) from None


def _plan_in_one(plan: Plan) -> dict[str, Any]:
    """All of a plan that may differ between currencies."""
    terms = _offer_terms(plan.all_prices, plan.prices, plan.entitlements)
    if plan.phases:
        terms["phases"] = [_phase_terms(phase, plan.commitments) | {"key": phase.key} for phase in plan.phases]
    if plan.commitments:
        terms["commitments"] = [each.terms() | {"key": each.key} for each in plan.commitments]
    if plan.bill_above is not None:
        terms["bill_above"] = plain(plan.bill_above)
    return terms


def _add_on_in_one(add_on: AddOn) -> dict[str, Any]:
    return _offer_terms(add_on.prices, add_on.prices, add_on.entitlements)


def _offer_terms(
    every: Sequence[Price] | Iterator[Price], prices: Sequence[Price], entitlements: Sequence[Entitlement]
) -> dict[str, Any]:
    terms: dict[str, Any] = {"prices": [price_terms(price) | {"key": price.key} for price in prices]}
    used = {price.unit_of_account.key: price.unit_of_account for price in every if price.unit_of_account is not None}
    if used:
        terms["units"] = {key: plain(unit.rate) for key, unit in used.items()}
    if entitlements:
        terms["entitlements"] = [{"feature": each.feature, "value": each.terms()} for each in entitlements]
    return terms


def _phase_terms(phase: Phase, commitments: Sequence[Commitment]) -> dict[str, Any]:
    """The phase as it was written; its commitments only where they are not simply the plan's."""
    terms: dict[str, Any] = {"name": phase.name, "lasts": str(phase.lasts)}
    if phase.trial:
        terms |= {"trial": True, "usage": phase.trial_usage.value}
    if phase.change:
        terms["change"] = {key: dict(change) for key, change in phase.change.items()}
    if phase.without:
        terms["without"] = list(phase.without)
    inherited = () if phase.trial else _kept_commitments(commitments, [price.key for price in phase.prices])
    if phase.commitments != inherited:
        terms["commitments"] = [each.terms() | {"key": each.key} for each in phase.commitments]
    return terms


def _plan_in(key: str, terms: Terms, *, version: int, meters: Mapping[str, Meter], one: InCurrency) -> Plan:
    of = f"The plan “{key}”"
    prices = _prices_from(terms, of=of, meters=meters, one=one)
    commitments = _commitments_from(terms, of=of, one=one)
    return Plan(
        key=key,
        version=version,
        name=word(terms, "name", of=of, default=key),
        currency=currency(one.code),
        prices=prices,
        phases=tuple(
            phase_from(
                phase_key,
                phase,
                prices=prices,
                commitments=commitments,
                meters=meters,
                units=units_from(terms, of=of, in_currency=one),
                in_currency=one,
            )
            for phase_key, phase in _keyed(terms, "phases", of=of)
        ),
        commitments=commitments,
        entitlements=_entitlements_from(terms, of=of, meters=meters),
        every=every_from(terms.get("every", "month"), of=of),
        periods=Alignment(choice(terms, "periods", list(Alignment), of=of, default=Alignment.CALENDAR)),
        bill_above=maybe_number(one.terms({"bill_above": terms.get("bill_above")}, of=of), "bill_above", of=of),
    )


def _period_terms(plan: Plan) -> dict[str, Any]:
    """How long its periods are and where they start, where that is said."""
    every = {} if plan.every == MONTH else {"every": str(plan.every)}
    return every | ({} if plan.periods is Alignment.CALENDAR else {"periods": plan.periods.value})


def _prices_from(terms: Terms, *, of: str, meters: Mapping[str, Meter], one: InCurrency) -> tuple[Price, ...]:
    units = units_from(terms, of=of, in_currency=one)
    return tuple(
        price_from(key, price, meters=meters, units=units, in_currency=one)
        for key, price in _keyed(terms, "prices", of=of)
    )


def _commitments_from(terms: Terms, *, of: str, one: InCurrency | None) -> tuple[Commitment, ...]:
    read = []
    for key, written in _keyed(terms, "commitments", of=of):
        of_this = f"The commitment “{key}”"
        in_one = written if one is None else one.terms(written, of=of_this)
        read.append(commitment_from(key, in_one, of=of_this))
    return tuple(read)


def _phase_commitments(
    terms: Terms,
    commitments: Sequence[Commitment],
    price_keys: Sequence[str],
    *,
    trial: bool,
    of: str,
    one: InCurrency | None,
) -> tuple[Commitment, ...]:
    if trial:
        if terms.get("commitments"):
            raise Refused(f"{of} is a trial, in which commitments rest; leave them out.", field="commitments")
        return ()
    if "commitments" in terms:
        return _commitments_from(terms, of=of, one=one)
    return _kept_commitments(commitments, price_keys)


def _kept_commitments(commitments: Sequence[Commitment], price_keys: Sequence[str]) -> tuple[Commitment, ...]:
    """The plan's commitments as far as the phase has their prices."""
    kept = []
    for commitment in commitments:
        if commitment.prices is None:
            kept.append(commitment)
            continue
        prices = tuple(key for key in commitment.prices if key in price_keys)
        if prices:
            kept.append(replace(commitment, prices=prices))
    return tuple(kept)


def _tried(price: Price, usage: TrialUsage) -> Price:
    """The price in a trial: free, or billed without its minimum, which rests."""
    if usage is TrialUsage.BILLED:
        return replace(price, modifiers=replace(price.modifiers, minimum=None))
    return replace(
        price,
        shape=Free(),
        modifiers=Modifiers(),
        ladder=Ladder.OWN,
        accumulate=Accumulate.PERIOD,
        unit_of_account=None,
    )


def _entitlements_from(terms: Terms, *, of: str, meters: Mapping[str, Meter]) -> tuple[Entitlement, ...]:
    written = terms.get("entitlements", {})
    if isinstance(written, Mapping):
        pairs = list(written.items())
    elif isinstance(written, list) and all(isinstance(each, Mapping) and "feature" in each for each in written):
        pairs = [(each["feature"], each.get("value")) for each in written]
    else:
        raise Refused(f"{of} takes entitlements as features, each with its value.", field="entitlements")
    try:
        return tuple(entitlement_from(str(feature), value, meters=meters) for feature, value in pairs)
    except Refused as fault:
        raise Refused(fault.sentence, field="entitlements") from None


def _in_one(alone: InCurrency, key: str, agreed: Any) -> Any:
    """What is agreed, in the one currency that the plan has."""
    if not isinstance(agreed, Mapping) or key == "entitlements":
        return agreed
    return alone.terms(agreed, of=f"What is agreed of “{key}”")


def _replaced(written: Sequence[Mapping[str, Any]], overrides: Any, *, of: str, name: str) -> list[Mapping[str, Any]]:
    """The parts with those replaced, added or taken away that are agreed otherwise."""
    if not isinstance(overrides, Mapping):
        raise Refused(f"What is agreed of {of} must be names, each with its value.", field=of)
    parts: dict[str, Mapping[str, Any]] = {part[name]: part for part in written}
    for key, override in overrides.items():
        if override is None:
            if key not in parts:
                raise Refused(f"The plan has no “{key}” in its {of} to take away.", field=of)
            del parts[key]
        elif name == "feature":
            there = parts.get(key, {}).get("value")
            if isinstance(there, Mapping) and isinstance(override, Mapping):
                # Another limit stays a limit of what the plan's meter measures.
                override = settled_terms({**there, **_plain_data(override, of=f"What is agreed of “{key}”")})
            parts[key] = {"feature": key, "value": override}
        elif isinstance(override, Mapping):
            parts[key] = settled_terms(
                {**parts.get(key, {}), **_plain_data(override, of=f"What is agreed of “{key}”"), "key": key}
            )
        else:
            raise Refused(f"What is agreed of “{key}” in {of} must be names, each with its value.", field=of)
    return list(parts.values())


def _keyed(terms: Terms, name: str, *, of: str) -> list[tuple[str, Terms]]:
    """The parts of this name with their keys: a mapping as a catalogue writes them, a list as the store keeps order."""
    written = terms.get(name, {})
    if isinstance(written, Mapping) and all(isinstance(part, Mapping) for part in written.values()):
        return [(str(key), part) for key, part in written.items()]
    if isinstance(written, list) and all(isinstance(part, Mapping) and "key" in part for part in written):
        return [(part["key"], {each: value for each, value in part.items() if each != "key"}) for part in written]
    raise Refused(f"{of} takes {name} as keys, each with what it says.", field=name)


def _currencies_from(terms: Terms, *, of: str) -> list[InCurrency]:
    if "currencies" in terms and "currency" in terms:
        raise Refused(f"{of} has both a currency and currencies; keep one of them.", field="currencies")
    if "currencies" in terms:
        codes = words(terms, "currencies", of=of)
        if not codes:
            raise Refused(f"{of} needs at least one of “currencies”, such as [USD, EUR].", field="currencies")
    else:
        codes = (word(terms, "currency", of=of),)
    return [InCurrency(currency(code).code, codes) for code in codes]


def _currency_terms(offer: Plan | AddOn) -> dict[str, Any]:
    codes = [each.code for each in offer.currencies]
    return {"currencies": codes} if len(codes) > 1 else {"currency": codes[0]}


def _meters_terms(meters: Mapping[str, Meter]) -> dict[str, Any]:
    # A schema says which events are accepted, and not what they are worth: it is the newest that holds.
    return {key: meter_terms(replace(meter, schema=None)) | {"version": meter.version} for key, meter in meters.items()}


def _meters_from(terms: Terms, meters: Mapping[str, Meter] | None) -> Mapping[str, Meter]:
    """The meters that the terms froze, else those at hand."""
    if "meters" not in terms:
        return meters or {}
    return {name: frozen_meter(name, meter) for name, meter in terms["meters"].items()}


def _plain_data(value: Any, *, of: str, depth: int = 0) -> Any:
    """The same as plain data, with numbers as text."""
    if depth > _DEEPEST:
        raise Refused(f"{of} is nested deeper than any price; write it simpler.")
    if isinstance(value, Mapping):
        return {str(name): _plain_data(each, of=of, depth=depth + 1) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain_data(each, of=of, depth=depth + 1) for each in value]
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return plain(exact_decimal(value, what=f"{of}: a number"))
    return value
