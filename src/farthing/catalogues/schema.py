"""The JSON Schema of a catalogue file, for editors: names are completed, explained and checked while one writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from farthing.catalogues import format as form
from farthing.catalogues.format import (
    Choice,
    Chosen,
    Entitled,
    Field,
    Fields,
    Flag,
    Json,
    Keyed,
    Kind,
    ListOf,
    Number,
    Text,
    Where,
)

Schema = dict[str, Any]

_WIDTH = 118
# Numbers may be written in groups (1_000_000), which YAML 1.2 calls a text.
_WRITTEN_NUMBER = r"^[+-]?([0-9][0-9_]*\.?[0-9_]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"
# Kinds that stand in several places are written once.
_SHARED: dict[str, Kind] = {
    "number": Number(),
    "money": Number(money=True),
    "whole number": Number(whole=True),
    "number above 0": Number(above=True),
    "money above 0": Number(above=True, money=True),
    "percentage": Number(most=100),
    "share": Number(most=1, share=True),
    "tiers": form.TIERS,
    "totals": form.TOTALS,
    "rates": form.RATES,
    "inner measure": form.INNER_MEASURE,
    "measure of groups": form.IN_GROUP_MEASURE,
    "meter": form.METER,
    "cell": form.CELL,
    "default": form.DEFAULT,
    "rule": form.RULE,
    "price": form.PRICE,
    "change": form.CHANGE,
    "commitment": form.COMMITMENT,
    "phase": form.PHASE,
    "plan": form.PLAN,
    "addon": form.ADD_ON,
}


def catalogue_schema() -> Schema:
    """The schema, as plain data."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A catalogue of Farthing",
        "description": "What is measured (meters), and what it costs (plans and add-ons).",
        **_fields(form.CATALOGUE.members),
        "definitions": {
            **{name.replace(" ", "_"): _schema(kind) for name, kind in _SHARED.items()},
            "filter": _filter(),
            "test": _test(),
        },
    }


def schema_text() -> str:
    """The schema as the file that is published."""
    return _written(catalogue_schema()) + "\n"


def _written(value: Any, indent: int = 0, taken: int = 0) -> str:
    """JSON of which short parts stand on one line."""
    line = json.dumps(value, ensure_ascii=False)
    if indent + taken + len(line) <= _WIDTH or not value or not isinstance(value, dict | list):
        return line
    inner = " " * (indent + 2)
    if isinstance(value, list):
        parts = [f"{inner}{_written(each, indent + 2)}" for each in value]
    else:
        names = [(json.dumps(name, ensure_ascii=False), each) for name, each in value.items()]
        parts = [f"{inner}{name}: {_written(each, indent + 2, len(name) + 2)}" for name, each in names]
    opening, closing = "[]" if isinstance(value, list) else "{}"
    return ",\n".join([f"{opening}\n{parts[0]}", *parts[1:]]) + f"\n{' ' * indent}{closing}"


def _field(field: Field, *, partly: bool = False) -> Schema:
    schema = _of(field.kind)
    if field.nothing or partly:
        schema = {"anyOf": [schema, {"type": "null"}]}
    return (
        {"description": field.says, **schema}
        if "$ref" not in schema
        else {"description": field.says, "allOf": [schema]}
    )


def _of(kind: Kind) -> Schema:
    """A reference to what is shared, else the schema itself."""
    for name, shared in _SHARED.items():
        if kind is shared or (isinstance(kind, Number) and kind == shared):
            return {"$ref": f"#/definitions/{name.replace(' ', '_')}"}
    return _schema(kind)


def _schema(kind: Kind) -> Schema:
    match kind:
        case Number():
            return _number(kind)
        case Text(pattern=pattern, nothing=nothing, such_as=such_as):
            schema: Schema = {"type": ["string", "number", *(["null"] if nothing else [])], "examples": [such_as]}
            return schema | ({"pattern": pattern} if pattern else {"minLength": 1})
        case Flag():
            return {"type": "boolean"}
        case Choice(among=among):
            return {"enum": [str(word) for word in among]}
        case ListOf():
            schema = {"type": "array", "items": _of(kind.of)}
            schema |= {"minItems": kind.least} if kind.least else {}
            schema |= {} if kind.most is None else {"maxItems": kind.most}
            return {"anyOf": [schema, _of(kind.of)]} if kind.alone else schema
        case Fields(members=members):
            return _fields(members)
        case Keyed():
            names: Schema = {"minLength": 1} if kind.foreign else {"pattern": f"^{form.KEY}$"}
            schema = {"type": "object", "propertyNames": names}
            schema |= {"minProperties": kind.least} if kind.least else {}
            return schema | {"additionalProperties": _of(kind.of)}
        case Chosen():
            return _chosen(kind)
        case Where():
            return {"$ref": "#/definitions/filter"}
        case Json(names=names_only):
            return {"type": "object" if names_only else ["array", "boolean", "number", "object", "string"]}
        case Entitled():
            return {"anyOf": [{"type": ["boolean", "string", "number"]}, _fields(form.LIMIT.members)]}


def _number(kind: Number) -> Schema:
    bounds: Schema = {}
    if kind.least is not None:
        bounds["exclusiveMinimum" if kind.above else "minimum"] = kind.least
    if kind.most is not None:
        bounds["maximum"] = kind.most
    one: list[Schema] = [
        {"type": "integer" if kind.whole else "number", **bounds},
        {"type": "string", "pattern": _WRITTEN_NUMBER},
    ]
    if not kind.money:
        return {"anyOf": one}
    by_currency = {"type": "object", "propertyNames": {"pattern": "^[A-Z]{3}$"}, "additionalProperties": {"anyOf": one}}
    return {"anyOf": [*one, by_currency]}


def _fields(members: Mapping[str, Field]) -> Schema:
    needed = [name for name, field in members.items() if field.needed]
    return {
        "type": "object",
        "properties": {name: _field(field) for name, field in members.items()},
        **({"required": needed} if needed else {}),
        "additionalProperties": False,
    }


def _chosen(kind: Chosen) -> Schema:
    """Names for all, and for each word that chooses the names that it brings."""
    schema: Schema = {
        "type": "object",
        "properties": {
            kind.by: {"description": f"What kind of {kind.each.removesuffix(' of')} it is.", "enum": list(kind.words)},
            **{name: _field(field, partly=kind.partly) for name, field in kind.common.items()},
            **{name: _field(field, partly=kind.partly) for name, field in _same_everywhere(kind).items()},
        },
        "propertyNames": {"enum": [kind.by, *kind.members]},
    }
    needed = [kind.by, *(name for name, field in kind.common.items() if field.needed)]
    if not kind.partly:
        schema["required"] = needed
    schema["allOf"] = [_branch(kind, word, own) for word, own in kind.choices.items()]
    return schema


def _same_everywhere(kind: Chosen) -> dict[str, Field]:
    """The names that mean the same whatever is chosen."""
    return {
        name: field
        for name, field in kind.members.items()
        if all(own.get(name, field) is field for own in kind.choices.values()) and name not in kind.common
    }


def _branch(kind: Chosen, word: str, own: Mapping[str, Field]) -> Schema:
    needed = [name for name, field in own.items() if field.needed and not kind.partly]
    different = {name: field for name, field in own.items() if name not in _same_everywhere(kind)}
    properties = {name: _field(field, partly=kind.partly) for name, field in different.items()}
    then: Schema = {
        **({"properties": properties} if properties else {}),
        "propertyNames": {"enum": [kind.by, *dict.fromkeys([*kind.common, *own])]},
        **({"required": needed} if needed else {}),
    }
    if {"property", "value"} <= set(own) and not kind.partly:
        then["oneOf"] = [{"required": ["property"]}, {"required": ["value"]}]
    return {"if": {"properties": {kind.by: {"const": word}}, "required": [kind.by]}, "then": then}


def _filter() -> Schema:
    """A filter: properties with what they must be, and the words that join filters."""
    filters = {"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/filter"}}
    clock = {"type": "string", "pattern": _CLOCK}
    return {
        "description": "Properties of the events, each with what it must be; all of them.",
        "type": "object",
        "minProperties": 1,
        "properties": {
            "all": {"description": "All of these.", **filters},
            "any": {"description": "At least one of these.", **filters},
            "not": {"description": "What this leaves out.", "allOf": [{"$ref": "#/definitions/filter"}]},
            "time_of_day": {
                "description": "From one time on the customer's clock until another; it may run across midnight.",
                "type": "object",
                "properties": {"from": clock, "to": clock},
                "required": ["from", "to"],
                "additionalProperties": False,
            },
        },
        "additionalProperties": {"$ref": "#/definitions/test"},
    }


def _test() -> Schema:
    single = {"type": ["string", "number", "boolean"]}
    several = {"type": "array", "minItems": 1, "items": single}
    return {
        "anyOf": [
            {"description": "It equals this.", **single},
            {"description": "It equals one of these.", **several},
            {
                "type": "object",
                "minProperties": 1,
                "properties": {
                    "eq": {"description": "It equals this.", **single},
                    "ne": {"description": "It does not equal this, or is missing.", **single},
                    **{
                        word: {"description": f"It is {says} this number.", **_number(Number(least=None))}
                        for word, says in (("gt", "above"), ("ge", "at least"), ("lt", "below"), ("le", "at most"))
                    },
                    "in": {"description": "It equals one of these.", **several},
                    "exists": {"description": "It is there, or is not.", "type": "boolean"},
                    "prefix": {"description": "Its text starts with this.", "type": "string", "minLength": 1},
                },
                "additionalProperties": False,
            },
        ]
    }
