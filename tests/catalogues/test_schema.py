"""The published schema says what the reader reads: no more, and hardly less."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings

from farthing.catalogues import format as form
from farthing.catalogues.schema import catalogue_schema, schema_text
from farthing.core.metering.measures import MEASURES
from farthing.core.metering.meter import Meter
from farthing.core.metering.total import Sum
from farthing.core.metering.value import Property
from farthing.core.pricing import price_terms
from farthing.core.pricing.shapes import SHAPES
from farthing.core.pricing.terms import addon_from, commitment_from, meter_from, phase_from, plan_from, price_from
from farthing.core.refused import Refused
from tests.cli.catalogues import EVERYTHING, as_yaml, catalogues

ROOT = Path(__file__).parents[2]
SCHEMA = catalogue_schema()


def faults(value: Any, schema: dict[str, Any], at: str = "") -> list[str]:
    """What is wrong with a value by the words of JSON Schema that ours uses; an unknown word fails the test."""
    found: list[str] = []
    for word, wanted in schema.items():
        match word:
            case "$schema" | "title" | "description" | "examples" | "definitions" | "then":
                continue
            case "$ref":
                found += faults(value, SCHEMA["definitions"][wanted.removeprefix("#/definitions/")], at)
            case "type":
                kinds = [wanted] if isinstance(wanted, str) else wanted
                found += [] if any(_is_a(value, kind) for kind in kinds) else [f"{at}: {value!r} is no {wanted}"]
            case "enum":
                found += [] if value in wanted else [f"{at}: {value!r} is none of {wanted}"]
            case "const":
                found += [] if value == wanted else [f"{at}: {value!r} is not {wanted}"]
            case "pattern" | "minLength" if isinstance(value, str):
                right = re.search(wanted, value) if word == "pattern" else len(value) >= wanted
                found += [] if right else [f"{at}: {value!r} against {word} {wanted}"]
            case "minimum" | "exclusiveMinimum" | "maximum" if isinstance(value, int | float):
                right = {"minimum": value >= wanted, "exclusiveMinimum": value > wanted, "maximum": value <= wanted}[
                    word
                ]
                found += [] if right else [f"{at}: {value} against {word} {wanted}"]
            case "minItems" | "maxItems" if isinstance(value, list):
                right = len(value) >= wanted if word == "minItems" else len(value) <= wanted
                found += [] if right else [f"{at}: {len(value)} items"]
            case "items" if isinstance(value, list):
                found += [
                    fault for number, item in enumerate(value) for fault in faults(item, wanted, f"{at}/{number}")
                ]
            case "required" | "minProperties" | "propertyNames" | "properties" | "additionalProperties" if isinstance(
                value, dict
            ):
                found += _of_names(value, word, wanted, schema, at)
            case "allOf":
                found += [fault for each in wanted for fault in faults(value, each, at)]
            case "anyOf" | "oneOf":
                right_ones = sum(not faults(value, each, at) for each in wanted)
                found += [] if right_ones == 1 or (right_ones and word == "anyOf") else [f"{at}: {value!r} in {word}"]
            case "if":
                found += [] if faults(value, wanted, at) else faults(value, schema["then"], at)
            case _:
                assert word in _OF_OTHERS, f"the schema's word {word} is not known here"
    return found


_OF_OTHERS = {"pattern", "minLength", "minimum", "exclusiveMinimum", "maximum", "minItems", "maxItems", "items",
              "required", "minProperties", "propertyNames", "properties", "additionalProperties"}  # fmt: skip


def _of_names(value: dict[str, Any], word: str, wanted: Any, schema: dict[str, Any], at: str) -> list[str]:
    match word:
        case "required":
            return [f"{at}: no {name}" for name in wanted if name not in value]
        case "minProperties":
            return [] if len(value) >= wanted else [f"{at}: too few"]
        case "propertyNames":
            return [fault for name in value for fault in faults(name, wanted, f"{at}/{name}")]
        case "properties":
            return [
                fault for name in wanted if name in value for fault in faults(value[name], wanted[name], f"{at}/{name}")
            ]
    others = [name for name in value if name not in schema.get("properties", {})]
    if wanted is False:
        return [f"{at}: {name} is not expected" for name in others]
    return [fault for name in others for fault in faults(value[name], wanted, f"{at}/{name}")]


def _is_a(value: Any, kind: str) -> bool:
    match kind:
        case "object" | "array" | "string" | "boolean":
            return isinstance(value, {"object": dict, "array": list, "string": str, "boolean": bool}[kind])
        case "null":
            return value is None
    return isinstance(value, int if kind == "integer" else int | float) and not isinstance(value, bool)


def test_the_published_schema_is_the_one_of_the_format() -> None:
    published = (ROOT / "docs" / "catalog.schema.json").read_text(encoding="utf-8")
    assert published == schema_text(), "write it anew: farthing catalog schema > docs/catalog.schema.json"
    assert json.loads(published) == SCHEMA


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("catalog*.yaml")), ids=lambda path: path.name)
def test_the_examples_are_as_the_schema_wants_them(path: Path) -> None:
    assert faults(yaml.safe_load(path.read_text(encoding="utf-8")), SCHEMA) == []


def test_a_file_that_says_everything_is_as_the_schema_wants_it() -> None:
    assert faults(yaml.safe_load(EVERYTHING), SCHEMA) == []


@settings(max_examples=60, deadline=None)
@given(catalogues())
def test_whatever_the_reader_takes_the_schema_takes(words: dict[str, Any]) -> None:
    assert faults(yaml.safe_load(as_yaml(words)), SCHEMA) == []


@pytest.mark.parametrize(
    ("right", "wrong", "where"),
    [
        ("measure: count", "measure: counts", "/meters/calls/measure"),
        ("event_type: call,", "event_type: call, colour: red,", "/meters/calls/colour"),
        ("measure: sum, value: input", "measure: sum, valu: input", "/meters/weighed"),
        ("percent: 95", "percent: 195", "/meters/p95/percent"),
        ("a: {gt: 5, le: 9}", "a: {gtt: 5}", "/meters/nights/where"),
        ('from: "22:00"', 'from: "25:00"', "/meters/nights/where"),
        ("shape: flat, fee: {USD", "shape: flat, unit: {USD", "/plans/starter/prices/platform"),
        ("shape: flat, fee: 5,", "shape: flat, fee: -5,", "/addons/backup/prices/fee"),
        ("charged: once", "charged: often", "/addons/backup/prices/fee/charged"),
        ("tiers: [{up_to: 3, unit: 1}", "tiers: [{up_to: 3, total: 1}", "/plans/starter/prices/calls/cells/1"),
        ("lasts: 14 days", "lasts: a fortnight", "/plans/starter/phases/trial/lasts"),
        (
            "change: {input: {shape: per_unit, unit",
            "change: {input: {shape: per_unit, fee",
            "/plans/starter/phases/ramp",
        ),
        ("limit: 100000", "limt: 100000", "/plans/starter/entitlements/api_calls"),
        ("  calls: {event_type", "  call s: {event_type", "/meters/call s"),
    ],
)
def test_what_is_wrong_is_wrong_by_the_schema_too(right: str, wrong: str, where: str) -> None:
    assert right in EVERYTHING
    found = faults(yaml.safe_load(EVERYTHING.replace(right, wrong)), SCHEMA)
    assert any(fault.startswith(where) for fault in found), found


def _taken(make: Any, terms: dict[str, Any]) -> set[str]:
    """The names that the core says it takes, when it is given one that it does not."""
    with pytest.raises(Refused) as refusal:
        make(terms | {"unheard-of": "1"})
    listed = refusal.value.sentence.rstrip(".").partition("it may have ")[2]
    return {name.strip() for name in listed.split(",") if name.strip()}


TOKENS = Meter("tokens", 1, "inference", Sum(Property("tokens")))


def test_the_format_has_every_measure_and_shape_with_just_the_names_that_the_core_takes() -> None:
    assert set(form.METER.choices) == set(MEASURES)
    assert set(form.PRICE.choices) == set(SHAPES)
    for word, own in form.METER.choices.items():
        taken = _taken(lambda terms: meter_from("m", terms, version=1), {"event_type": "x", "measure": word})
        assert (taken or {"measure"}) == {"measure", *own}, word
    for word, own in form.PRICE.choices.items():
        taken = _taken(lambda terms: price_from("p", terms, meters={}), {"shape": word})
        assert (taken or {"shape"}) == {"shape", *own}, word


def test_the_format_of_plans_and_their_parts_has_just_the_names_that_the_core_takes() -> None:
    frozen = {"meters"}  # The store keeps them with the plan; a file has them at its top.
    assert _taken(lambda terms: plan_from("p", terms, version=1), {}) - frozen == set(form.PLAN.members)
    assert _taken(lambda terms: addon_from("a", terms, version=1), {}) - frozen == set(form.ADD_ON.members)
    assert _taken(lambda terms: commitment_from("c", terms, of="It"), {}) == set(form.COMMITMENT.members)
    assert _taken(lambda terms: phase_from("h", terms, prices=(), commitments=(), meters={}), {}) == set(
        form.PHASE.members
    )


def test_the_format_of_a_price_has_just_the_names_that_the_core_takes() -> None:
    assert set(form.PRICE.common) == price_terms._OWN
    assert set(form.CHANGE.common) == price_terms._OWN
