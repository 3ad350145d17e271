"""Catalogue files for tests: one that says everything, any at all, and any that is spoiled somewhere."""

from __future__ import annotations

import json
from typing import Any

import yaml
from hypothesis import strategies as st

from farthing.catalogues import format as form
from farthing.catalogues.format import Choice, Chosen, Fields, Flag, Json, Kind, ListOf, Number, Text, Where
from farthing.core.metering.terms import holds_text
from tests.core.core_values import json_values, names
from tests.core.pricing.any_prices import plan_words

EVERYTHING = """\
meters:
  tokens:
    event_type: inference
    measure: sum
    property: input_tokens
    unit: tokens
    where: {model: gpt-large, region: [eu, us]}
    groups: [model, region]
    schema:
      type: object
      properties: {input_tokens: {type: integer, minimum: 0}, region: {enum: [eu, us, "7"]}}
      required: [region]
  weighed: {event_type: inference, measure: sum, value: input + 4 * output}
  calls: {event_type: call, measure: count}
  seats: {event_type: seat, measure: seats, property: user, action: op, counts: average, carries_over: true}
  storage:
    event_type: disk
    measure: time_weighted
    property: gigabytes
    readings: deltas
    per: hour
    series: [volume]
    carries_over: true
  traffic: {event_type: nic, measure: increase, property: bytes, series: host}
  p95: {event_type: bw, measure: percentile, property: mbit, percent: 95}
  peaks:
    event_type: q
    measure: bucketed
    inner: {measure: maximum, property: depth}
    window: 1h
    outer: sum
    empty_windows: zero
  nights:
    event_type: x
    measure: count
    where:
      all:
        - a: {gt: 5, le: 9}
        - any: [{b: {exists: true}}, {not: {c: {prefix: gpt}}}]
        - time_of_day: {from: "22:00", to: "06:00"}
events:
  inference: {rename: {promptTokens: input_tokens}, defaults: {region: eu, retries: 0}, subject_from: customer}
  com.example/call: {defaults: {size: "5"}}
plans:
  starter:
    name: Starter
    currencies: [USD, EUR]
    units: {credits: 0.02}
    prices:
      platform: {name: Platform fee, shape: flat, fee: {USD: 49, EUR: 45}, charged: advance}
      seats: {quantity: seats, shape: volume, tiers: [{up_to: 10, unit: 1}, {up_to: ~, unit: 0.5}], charged: advance}
      input:
        meter: tokens
        where: {model: gpt-large}
        group_by: [api_key]
        ladder: shared
        divide_by: 1000
        round: half_up
        precision: 2
        included: 100
        prorate_included: true
        accumulate: contract_year
        prorate: second
        discount: {percent: 10}
        minimum: 10
        maximum: 100
        in: credits
        shape: graduated
        tiers:
          - {up_to: 1_000, unit: {USD: 0.01, EUR: 0.009}, flat: 1, block: 10}
          - unit: 0.005
      rest: {meter: tokens, shape: free}
      calls:
        meter: calls
        shape: matrix
        by: [region, size]
        cells:
          - {when: [eu, large], shape: per_unit, unit: 3}
          - when: [~, small]
            shape: graduated
            tiers: [{up_to: 3, unit: 1}, {unit: 2}]
        default: {shape: package, price: 5, size: 100}
    commitments:
      floor: {name: Minimum spend, amount: 1000, prices: [input], overage: 1.2, prorate: true}
    phases:
      trial: {name: Trial, lasts: 14 days, trial: true, usage: free}
      ramp:
        lasts: 3 months
        change: {input: {shape: per_unit, unit: 0.02, minimum: null}}
        without: [platform]
        commitments: {floor: {amount: 500}}
    entitlements: {sso: true, region: eu, api_calls: {limit: 100000, meter: calls}, retention: 30}
addons:
  backup:
    name: Backup
    currencies: [USD, EUR]
    prices: {fee: {shape: flat, fee: 5, charged: once}}
    entitlements: {restores: false}
"""


rules = st.fixed_dictionaries(
    {},
    optional={
        "subject_from": st.just("customer"),
        "rename": st.sampled_from([{"promptTokens": "input_tokens"}, {"5": "yes", "a b": "c"}]),
        "defaults": st.dictionaries(
            st.sampled_from(["region", "true", "7"]),
            st.sampled_from(["eu", "5", 5, 0.25, True, ["x", 1], {"a": {"b": "1_000"}}]),
            max_size=3,
        ),
    },
)


@st.composite
def catalogues(draw: st.DrawFn) -> dict[str, Any]:
    """What any catalogue file says, as plain data."""
    meters = {f"meter-{number}": draw(anything_of(form.METER)) for number in range(draw(st.integers(0, 3)))}
    meters |= {
        "tokens": {"event_type": "inference", "measure": "sum", "property": "tokens", "unit": draw(names)},
        "calls": {"event_type": "call", "measure": "count"},
    }
    plans = {f"plan.{number}": draw(plan_words()) for number in range(draw(st.integers(0, 2)))}
    written: dict[str, Any] = {"meters": meters, "plans": plans}
    if draw(st.booleans()):
        written["events"] = draw(st.dictionaries(names, rules, max_size=2))
    if draw(st.booleans()):
        words = draw(plan_words())
        written["addons"] = {"extra": {name: words[name] for name in form.ADD_ON.members if name in words}}
    return written


@st.composite
def spoiled(draw: st.DrawFn) -> dict[str, Any]:
    """A catalogue in which something, anywhere, is something else, or gone, or under another name."""
    words = json.loads(json.dumps(draw(catalogues()), default=str))
    place: Any = words
    while True:
        step = draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if isinstance(place[step], dict | list) and place[step] and draw(st.integers(0, 3)):
            place = place[step]
            continue
        match draw(st.sampled_from(["gone", "other", "renamed"])):
            case "gone":
                del place[step]
            case "renamed" if isinstance(place, dict):
                place[draw(names)] = place.pop(step)
            case _:
                place[step] = draw(json_values)
        return words


def as_yaml(words: Any) -> bytes:
    """The words as a file."""
    plain = json.loads(json.dumps(words, default=str))
    return yaml.safe_dump(plain, allow_unicode=True, sort_keys=False).encode("utf-8", "replace")


def anything_of(kind: Kind) -> st.SearchStrategy[Any]:
    """Whatever the format lets stand there."""
    match kind:
        case Number(least=least, above=above, most=most, whole=whole):
            lowest = -100 if least is None else least + above
            scale = 1 if whole else 4
            return st.integers(lowest * scale, (most or 1000) * scale).map(lambda n: n if whole else str(n / scale))
        case Text(such_as=such_as, pattern=pattern):
            return st.just(such_as) if pattern or such_as.startswith("input") else names
        case Flag():
            return st.booleans()
        case Choice(among=among):
            return st.sampled_from([str(word) for word in among])
        case ListOf():
            return st.lists(anything_of(kind.of), min_size=kind.least, max_size=kind.most or 3, unique_by=str)
        case Fields():
            return _named(dict(kind.members), {})
        case Chosen():
            return st.sampled_from(kind.words).flatmap(
                lambda word: _named({**kind.common, **kind.choices[word]}, {kind.by: word})
            )
        case Where():
            return filters
        case Json(names=True):
            return schemas
    raise AssertionError(f"no meter has {kind}")


def _named(members: dict[str, form.Field], said: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    if {"property", "value"} <= set(members):  # One of the two.
        return st.sampled_from(["property", "value"]).flatmap(
            lambda left_out: _named({name: members[name] for name in members if name != left_out}, said)
        )
    needed = {name: anything_of(field.kind) for name, field in members.items() if field.needed or name == "property"}
    needed |= {"value": anything_of(members["value"].kind)} if "value" in members else {}
    optional = {name: anything_of(field.kind) for name, field in members.items() if name not in needed}
    return st.fixed_dictionaries(needed, optional=optional).map(lambda drawn: {**said, **drawn})


_bounds = st.one_of(st.integers(-5, 10**30), st.sampled_from([0.25, -1.5]))
_allowed = st.lists(
    json_values.filter(lambda value: value is not None and holds_text(value)), max_size=3, unique_by=repr
)
schemas = st.fixed_dictionaries(
    {},
    optional={
        "required": st.lists(names, max_size=2, unique=True),
        "additionalProperties": st.booleans(),
        "properties": st.dictionaries(
            names,
            st.fixed_dictionaries(
                {},
                optional={
                    "type": st.sampled_from(["integer", "string", ["number", "null"]]),
                    "minimum": _bounds,
                    "enum": _allowed,
                    "description": st.sampled_from(["yes", "5", "1_000", "22:00", "0x1f"]),
                },
            ),
            max_size=3,
        ),
        "x-unit": st.sampled_from(["5", "no", "a: b"]),
    },
)
_texts = st.one_of(
    names, st.sampled_from(["true", "no", "null", "1_000", "0x1f", "22:00", "~", "- a", "a: b", "#", "5"])
)
_tests = st.one_of(
    _texts,
    st.booleans(),
    st.lists(_texts, min_size=1, max_size=3),
    st.fixed_dictionaries({}, optional={"gt": st.just("5"), "le": st.just("-0.5"), "ne": _texts}).filter(bool),
    st.booleans().map(lambda exists: {"exists": exists}),
    names.map(lambda text: {"prefix": text}),
)
_properties = st.one_of(names, st.sampled_from(["<<", "`all`", "yes", "null", "5", "a b"]))
filters = st.recursive(
    st.one_of(
        st.dictionaries(_properties, _tests, min_size=1, max_size=2),
        st.just({"time_of_day": {"from": "22:00", "to": "06:30:15"}}),
    ),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=2).map(lambda several: {"all": several}),
        st.lists(inner, min_size=1, max_size=2).map(lambda several: {"any": several}),
        inner.map(lambda one: {"not": one}),
    ),
    max_leaves=4,
)
