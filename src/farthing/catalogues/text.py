"""A catalogue written as a file: what it says reads back as exactly the same meters, rules, plans and add-ons."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from io import StringIO
from typing import Any

import yaml

from farthing.catalogues.nodes import single_value
from farthing.core.metering.event import canonical
from farthing.core.metering.meter import Meter
from farthing.core.metering.rule import EventRule, rule_terms
from farthing.core.pricing.plan import AddOn, Plan
from farthing.core.pricing.terms import addon_terms, meter_terms, plan_terms

_WIDTH = 110
# What is short and belongs together stands on one line.
_SHORT = ("where", "inner", "schema", "rename", "defaults")
# What is JSON: numbers are numbers there, and texts that look like one stand in quotes.
_JSON = ("schema", "defaults")
_ON_ONE_LINE = ("discount", "units", "entitlements", "default")
_CURRENCY = re.compile("[A-Z]{3}")
_TEXT, _NUMBERS = "tag:yaml.org,2002:str", ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")

OPENING = """\
# yaml-language-server: $schema=catalog.schema.json
# A catalogue: what is measured (meters), and what it costs (plans, add-ons). “farthing catalog schema” prints the
# schema that the first line names, by which an editor completes and checks what is written here.
"""


def catalogue_text(
    meters: Mapping[str, Meter], plans: Sequence[Plan], add_ons: Sequence[AddOn], rules: Sequence[EventRule] = ()
) -> str:
    """The file; what there is none of has no heading."""
    headings: dict[str, dict[str, Any]] = {
        "meters": {key: meter_terms(meter) for key, meter in meters.items()},
        "events": {rule.event_type: rule_terms(rule) for rule in rules},
        "plans": {plan.key: as_written(plan_terms(plan)) for plan in plans},
        "addons": {add_on.key: as_written(addon_terms(add_on)) for add_on in add_ons},
    }
    lines: list[str] = []
    for heading, parts in headings.items():
        if not parts:
            continue
        lines += ["", f"{heading}:"]
        for number, (key, terms) in enumerate(parts.items()):
            if number and heading not in ("meters", "events"):
                lines.append("")
            lines += _lines(key, terms, indent=2)
    return OPENING + "\n".join(lines) + "\n"


def as_written(terms: Mapping[str, Any]) -> dict[str, Any]:
    """A plan or an add-on as a file writes it: without the meters it froze, with keys for lists, names where they say
    more than the key does."""
    order = ("name", "currency", "currencies", "every", "periods", "units", "prices", "commitments", "phases",
             "entitlements")  # fmt: skip
    assert set(terms) <= {*order, "meters"}, f"{set(terms)} are all written"
    return {name: _keyed(terms[name]) for name in order if name in terms}


def _keyed(written: Any) -> Any:
    """Lists that keep an order as names with values, at every depth."""
    if isinstance(written, Mapping):
        return {name: _keyed(value) for name, value in written.items()}
    if isinstance(written, list) and written and all(isinstance(each, Mapping) for each in written):
        if all("feature" in each for each in written):
            return {each["feature"]: each["value"] for each in written}
        if all("key" in each for each in written):
            return {each["key"]: _keyed(_without_key(each)) for each in written}
    return written


def _without_key(part: Mapping[str, Any]) -> dict[str, Any]:
    """The part without its key, and without a name that is the key again."""
    return {name: value for name, value in part.items() if name != "key" and (name, value) != ("name", part["key"])}


def _lines(name: str, value: Any, *, indent: int, short: bool = False, exact: bool = False) -> Iterator[str]:
    """The lines of a name and its value; `short` parts stand on one line where they fit, `exact` ones are JSON."""
    short = short or name in _SHORT
    exact = exact or name in _JSON
    margin = " " * indent
    opening = f"{margin}{_single(name, is_name=True)}:"
    flat = f"{opening} {on_one_line(value, exact=exact)}"
    if (
        not isinstance(value, Mapping | list)
        or not value
        or ((short or _is_short(name, value)) and len(flat) <= _WIDTH)
    ):
        yield flat
        return
    yield opening
    if isinstance(value, Mapping):
        for inner, each in value.items():
            yield from _lines(inner, each, indent=indent + 2, short=short, exact=exact)
        return
    for each in value:
        yield from _item(each, indent=indent + 2, short=short, exact=exact)


def _item(value: Any, *, indent: int, short: bool, exact: bool) -> Iterator[str]:
    """The lines of one item of a list."""
    margin = " " * indent
    flat = f"{margin}- {on_one_line(value, exact=exact)}"
    if not isinstance(value, Mapping) or not value or (short and len(flat) <= _WIDTH):
        yield flat
        return
    lines = [
        line
        for inner, each in value.items()
        for line in _lines(inner, each, indent=indent + 2, short=short, exact=exact)
    ]
    yield f"{margin}- {lines[0].lstrip()}"
    yield from lines[1:]


def _is_short(name: str, value: Mapping[str, Any] | Sequence[Any]) -> bool:
    """Whether a value may stand on the line of its name: a list of words, amounts by currency, and the like."""
    each = value.values() if isinstance(value, Mapping) else value
    if any(isinstance(one, Mapping | list) for one in each):
        return False
    if not isinstance(value, Mapping):
        return True
    return name in _ON_ONE_LINE or set(value) <= {"limit", "meter"} or all(_CURRENCY.fullmatch(code) for code in value)


def on_one_line(value: Any, *, exact: bool = False) -> str:
    """A value on one line."""
    if isinstance(value, Mapping):
        members = (
            f"{_single(name, is_name=True)}: {on_one_line(each, exact=exact or name in _JSON)}"
            for name, each in value.items()
        )
        return "{" + ", ".join(members) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(on_one_line(each, exact=exact) for each in value) + "]"
    return _single(value, exact=exact)


def _single(value: Any, *, is_name: bool = False, exact: bool = False) -> str:
    """A single value: in quotes only where it would be read as something else without them.

    >>> [_single(value) for value in ("eu", "0.5", "true", True, "a: b", "no")]
    ['eu', '0.5', '"true"', 'true', '"a: b"', '"no"']
    >>> [_single(value, exact=True) for value in ("0.5", Decimal("0.5"))]
    ['"0.5"', '0.5']
    """
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if exact and isinstance(value, int | Decimal):
        return canonical(value)
    assert isinstance(value, str), f"terms hold texts, not {value!r}"
    if _PLAIN.analyze_scalar(value).allow_flow_plain and value:
        tag = _RESOLVER.resolve(yaml.ScalarNode, value, (True, False))
        clock = tag in _NUMBERS and ":" in value  # Older readers of YAML take 22:00 for a number to the base of 60.
        is_same = tag in _NUMBERS and not clock and (is_name or (single_value(tag, value) == value and not exact))
        if tag == _TEXT or is_same:
            return value
    quoted: str = yaml.safe_dump(value, default_style='"', allow_unicode=True, width=float("inf"))
    return quoted.removesuffix("\n")


# Both are asked only what one text would be, and neither writes or reads anything.
_PLAIN: Any = yaml.emitter.Emitter(StringIO(), allow_unicode=True)
_RESOLVER: Any = yaml.resolver.Resolver()
