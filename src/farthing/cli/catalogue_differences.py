"""What differs between two versions of a meter, a plan or an add-on, in words: before and after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from farthing.catalogues.text import as_written, on_one_line
from farthing.cli.say import grouped
from farthing.core.metering.event import canonical
from farthing.core.metering.meter import Meter
from farthing.core.metering.rule import EventRule, rule_terms
from farthing.core.metering.value import number_of
from farthing.core.pricing.plan import AddOn, Plan
from farthing.core.pricing.terms import addon_terms, meter_terms, plan_terms

Versioned = Meter | EventRule | Plan | AddOn

_OF_A_PRICE = "price"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is said otherwise: of which part, what, and how before and after; None is nothing."""

    part: str
    what: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        if self.before is None and not self.what:
            return f"new: {self.after}"
        if self.after is None and not self.what:
            return f"gone; it was {self.before}"
        return f"{self.what}: {self.before or 'nothing'} → {self.after or 'nothing'}"


def differences(before: Versioned, after: Versioned) -> list[Difference]:
    """All of them, in the order of the file.

    >>> from farthing.core.pricing.terms import meter_from
    >>> old, new = ({"event_type": "call", "measure": kind, "property": "user"} for kind in ("unique", "sum"))
    >>> [str(one) for one in differences(meter_from("m", old, version=1), meter_from("m", new, version=2))]
    ['measure: unique → sum']
    """
    old, new = _terms(before), _terms(after)
    found: list[Difference] = []
    for name in dict.fromkeys([*new, *old]):
        one, other = old.get(name), new.get(name)
        if one == other:
            continue
        if name in ("prices", "commitments", "phases"):
            found += _of_parts(name.removesuffix("s"), one or {}, other or {})
        elif name in ("entitlements", "units"):
            found += _of_values(name.removesuffix("s"), one or {}, other or {})
        elif name in ("schema", "rename", "defaults"):
            found += _of_json(name, one, other)
        else:
            found.append(Difference("", _said(name), _shown(one), _shown(other)))
    return found + list(_of_meters(before, after))


def part_in_words(terms: Mapping[str, Any]) -> str:
    """A price, or another part, in a few words; each cell of a matrix on a line of its own.

    >>> part_in_words({"shape": "graduated", "tiers": [{"up_to": "1000", "unit": "2"}, {"unit": "1", "flat": "5"}]})
    'graduated, 2 up to 1,000, 1 + 5 beyond'
    >>> cells = [{"when": ["eu"], "shape": "per_unit", "unit": "3"}]
    >>> print(part_in_words({"shape": "matrix", "by": ["region"], "cells": cells, "default": {"shape": "free"}}))
    matrix by region
      eu: per_unit, unit 3
      others: free
    """
    is_matrix = terms.get("shape") == "matrix"
    words = [str(terms["shape"])] if "shape" in terms else []
    below: list[str] = []
    for name, value in terms.items():
        if name == "tiers":
            words.append(_ladder(value))
        elif is_matrix and name == "by":
            words[0] += f" by {', '.join(_listed(value))}"
        elif is_matrix and name == "cells":
            below += [f"  {_values(cell)}: {part_in_words(_without(cell, 'when'))}" for cell in value]
        elif is_matrix and name == "default":
            below.append(f"  others: {part_in_words(value)}")
        elif is_matrix and name == "group_by":
            further = [each for each in _listed(value) if each not in _listed(terms["by"])]
            words += [f"group by {', '.join(further)}"] if further else []
        elif value is None:
            words.append(f"no {_said(name)}")
        elif name not in ("shape", "name"):
            words.append(f"{_said(name)} {_shown(value)}")
    return "\n".join([", ".join(words), *below])


def offer_in_words(offer: Plan | AddOn) -> list[tuple[str, str]]:
    """Each part of a plan or an add-on and what it says, in the order of the file."""
    terms = _terms(offer)
    said: list[tuple[str, str]] = [(name, str(terms[name])) for name in ("every", "periods") if name in terms]
    if "bill_above" in terms:
        said.append((_said("bill_above"), str(_shown(terms["bill_above"]))))
    for key, value in terms.get("units", {}).items():
        said.append((f"unit {key}", f"worth {_shown(value)}"))
    for name in ("prices", "commitments"):
        kind = name.removesuffix("s")
        said += [(_part(kind, key), part_in_words(each)) for key, each in terms.get(name, {}).items()]
    for key, phase in terms.get("phases", {}).items():
        said += _phase_in_words(f"phase {key}", phase)
    for feature, value in terms.get("entitlements", {}).items():
        said.append((f"entitlement {feature}", _entitled(value)))
    return said


def _phase_in_words(part: str, phase: Mapping[str, Any]) -> list[tuple[str, str]]:
    """A phase, and below it each price that it changes and each commitment of its own."""
    opening = _without(phase, "change", "commitments")
    below = [f"  {key}: {part_in_words(each)}" for key, each in phase.get("change", {}).items()]
    below += [f"  commitment {key}: {part_in_words(each)}" for key, each in phase.get("commitments", {}).items()]
    return [(part, "\n".join([part_in_words(opening), *below]))]


def _entitled(value: Any) -> str:
    """What an entitlement allows, as people say it.

    >>> _entitled(True), _entitled({"limit": "100000", "meter": "calls"})
    ('true', '100,000, measured by calls')
    """
    if isinstance(value, Mapping):
        by = f", measured by {value['meter']}" if "meter" in value else ""
        return f"{_shown(value['limit'])}{by}"
    return str(_shown(value))


def _part(kind: str, key: str) -> str:
    return key if kind == _OF_A_PRICE else f"{kind} {key}"


def _values(cell: Mapping[str, Any]) -> str:
    """The values that a cell is for."""
    return ", ".join("no value" if value is None else str(value) for value in _listed(cell["when"]))


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else [value]


def _without(terms: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in terms.items() if name not in names}


def _terms(of: Versioned) -> dict[str, Any]:
    if isinstance(of, Meter):
        return meter_terms(of)
    if isinstance(of, EventRule):
        return rule_terms(of)
    return as_written(plan_terms(of) if isinstance(of, Plan) else addon_terms(of))


def _of_meters(before: Versioned, after: Versioned) -> Iterator[Difference]:
    """Meters that a plan or an add-on would measure with in another version."""
    if isinstance(before, Meter | EventRule) or isinstance(after, Meter | EventRule):
        return
    for key, meter in after.meters.items():
        there = before.meters.get(key)
        if there is not None and there.version != meter.version:
            yield Difference("", f"meter {key}", f"version {there.version}", f"version {meter.version}")


def _of_json(what: str, one: Any, other: Any) -> Iterator[Difference]:
    """What is said otherwise in JSON, at the smallest part that differs."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for name in dict.fromkeys([*other, *one]):
            # As texts: true is not 1 there.
            if canonical(one.get(name)) != canonical(other.get(name)) or (name in one) != (name in other):
                yield from _of_json(f"{what}.{name}", one.get(name), other.get(name))
        return
    said = [None if each is None else on_one_line(each, exact=True) for each in (one, other)]
    yield Difference("", what, *said)


def _of_parts(kind: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    """Of prices, commitments or phases: part by part, and what is said of each."""
    for key in dict.fromkeys([*new, *old]):
        part = _part(kind, key)
        if key not in old:
            yield Difference(part, "", None, part_in_words(new[key]))
        elif key not in new:
            yield Difference(part, "", part_in_words(old[key]), None)
        elif old[key] != new[key]:
            yield from _of_part(part, old[key], new[key])
    kept_before, kept_after = [key for key in old if key in new], [key for key in new if key in old]
    if kept_before != kept_after:
        yield Difference("", f"order of {kind}s", ", ".join(kept_before), ", ".join(kept_after))


def _of_part(part: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    if old.get("shape") != new.get("shape"):
        yield Difference(part, "price", part_in_words(old), part_in_words(new))
        return
    for name in dict.fromkeys([*new, *old]):
        one, other = old.get(name), new.get(name)
        if one == other:
            continue
        if name == "tiers" and one is not None and other is not None:
            yield from _of_tiers(part, one, other)
        elif name == "cells" and one is not None and other is not None:
            yield from _of_cells(part, one, other)
        elif name == "default" and one is not None and other is not None:
            yield Difference(part, "for others", part_in_words(one), part_in_words(other))
        else:
            yield from _of_value(part, _said(name), one, other)


def _of_tiers(part: str, old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> Iterator[Difference]:
    """Tier by tier where the bounds are the same; else one ladder and the other."""
    if [tier.get("up_to") for tier in old] != [tier.get("up_to") for tier in new]:
        yield Difference(part, "tiers", _ladder(old), _ladder(new))
        return
    for number, (one, other) in enumerate(zip(old, new, strict=True), start=1):
        for name in dict.fromkeys([*other, *one]):
            if one.get(name) != other.get(name):
                reach = f"up to {_shown(one['up_to'])}" if "up_to" in one else "beyond"
                yield from _of_value(part, f"{name} of tier {number}, {reach}", one.get(name), other.get(name))


def _of_cells(part: str, old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> Iterator[Difference]:
    """Cell by cell, by the values that each is for."""
    before, after = ({tuple(_listed(cell["when"])): cell for cell in cells} for cells in (old, new))
    for values in dict.fromkeys([*after, *before]):
        one, other = before.get(values), after.get(values)
        if one != other:
            said = [None if cell is None else part_in_words(_without(cell, "when")) for cell in (one, other)]
            yield Difference(part, f"for {_values(one or other or {})}", *said)
    if before == after:
        yield Difference(part, "order of cells", *("; ".join(map(_values, cells)) for cells in (old, new)))


def _of_value(part: str, what: str, one: Any, other: Any) -> Iterator[Difference]:
    """One value; an amount in several currencies currency by currency."""
    if isinstance(one, Mapping) and isinstance(other, Mapping) and set(one) == set(other) and _is_money(one):
        for code in other:
            if one[code] != other[code]:
                yield Difference(part, f"{what} in {code}", _shown(one[code]), _shown(other[code]))
        return
    yield Difference(part, what, _shown(one), _shown(other))


def _of_values(kind: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    for key in dict.fromkeys([*new, *old]):
        if old.get(key) != new.get(key):
            what = "worth" if kind == "unit" else "value"
            yield Difference(f"{kind} {key}", what, _shown(old.get(key)), _shown(new.get(key)))


def _ladder(tiers: Sequence[Mapping[str, Any]]) -> str:
    """Tiers as people say them."""
    said = []
    for tier in tiers:
        costs = f"{_shown(tier.get('unit', tier.get('total', tier.get('rate'))))}"
        costs += f" for each {_shown(tier['block'])}" if "block" in tier else ""
        costs += f" + {_shown(tier['flat'])}" if "flat" in tier else ""
        said.append(f"{costs} {'up to ' + str(_shown(tier['up_to'])) if 'up_to' in tier else 'beyond'}")
    return ", ".join(said)


def _said(name: str) -> str:
    return name.replace("_", " ")


def _shown(value: Any) -> str | None:
    """A value as people read it; numbers in groups of three."""
    if value is None:
        return None
    if isinstance(value, str):
        number = number_of(value)
        return value if number is None else grouped(Decimal(number))
    return on_one_line(value)


def _is_money(value: Mapping[str, Any]) -> bool:
    return all(len(code) == 3 and code.isupper() for code in value)
