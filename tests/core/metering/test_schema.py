"""A schema tells in words what is wrong with an event's data, exactly, and fetches nothing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.metering.json_text import decode_json
from farthing.core.metering.schema import DataSchema, schema_from
from farthing.core.refused import Refused

OF = "The meter “tokens”"
ASKS = "the schema of the meter “tokens” asks for"


def fault(terms: dict[str, Any], data: dict[str, Any]) -> str:
    """What is told of data that is not as the schema wants it."""
    with pytest.raises(Refused) as refusal:
        schema_from(terms, of=OF).check(data, of="the meter “tokens”")
    sentence = refusal.value.sentence
    assert sentence.endswith("; send it so, or change the schema, and replay it.")
    return sentence.removesuffix("; send it so, or change the schema, and replay it.")


@pytest.mark.parametrize(
    ("terms", "data", "says"),
    [
        ({"properties": {"n": {"type": "integer"}}}, {"n": "a"}, f"data.n is “a”, and {ASKS} a whole number"),
        ({"properties": {"n": {"type": ["number", "null"]}}}, {"n": []}, f"data.n is [], and {ASKS} null or a number"),
        ({"required": ["n"]}, {}, "data has no “n”, which the schema of the meter “tokens” asks for"),
        ({"properties": {"n": {"minimum": Decimal("0.10")}}}, {"n": Decimal("0.099999999999999999")},
         "data.n is 0.099999999999999999, and the schema of the meter “tokens” asks for at least 0.1"),
        ({"properties": {"n": {"maximum": 10**30}}}, {"n": 10**30 + 1}, "asks for at most 1" + "0" * 30),
        ({"properties": {"n": {"exclusiveMinimum": 0}}}, {"n": 0}, "asks for more than 0"),
        ({"properties": {"n": {"exclusiveMaximum": 9}}}, {"n": 9}, "asks for less than 9"),
        ({"properties": {"n": {"multipleOf": Decimal("0.01")}}}, {"n": Decimal("0.035")}, "a multiple of 0.01"),
        ({"properties": {"r": {"enum": ["eu", "us", 7]}}}, {"r": "EU"}, "asks for one of “eu”, “us” or 7"),
        ({"properties": {"r": {"const": True}}}, {"r": 1}, "asks for true and nothing else"),
        ({"properties": {"r": {"pattern": "^a+$"}}}, {"r": "b"}, "asks for a text that fits the pattern ^a+$"),
        ({"properties": {"r": {"minLength": 2}}}, {"r": "b"}, "a text of at least 2 characters"),
        ({"properties": {"r": {"maxLength": 2}}}, {"r": "bbb"}, "a text of at most 2 characters"),
        ({"properties": {"r": {"format": "date-time"}}}, {"r": "b"}, "a text of the form date-time"),
        ({"properties": {"l": {"items": {"type": "string"}}}}, {"l": ["a", 2]}, "data.l[1] is 2"),
        ({"properties": {"l": {"uniqueItems": True}}}, {"l": [1, Decimal("1.0")]}, "in which nothing stands twice"),
        ({"properties": {"l": {"minItems": 1}}}, {"l": []}, "a list of at least 1"),
        ({"properties": {"l": {"contains": {"const": 1}}}}, {"l": [2]}, "what its “properties.l.contains” says"),
        ({"additionalProperties": False, "properties": {"n": {}}}, {"n": 1, "m": 2},
         "data has “m”, which the schema of the meter “tokens” does not know"),
        ({"propertyNames": {"maxLength": 2}}, {"long": 1}, "data has the name “long”"),
        ({"properties": {"n": {"anyOf": [{"type": "string"}, {"minimum": 5}]}}}, {"n": 2},
         "asks for one of several things (a text; at least 5)"),
        ({"properties": {"n": {"not": {"type": "null"}}}}, {"n": None}, f"data.n is null, and {ASKS} anything else"),
        ({"properties": {"n": False}}, {"n": 1}, "asks for nothing there"),
        ({"minProperties": 2}, {"n": 1}, "asks for at least 2 properties"),
        ({"if": {"properties": {"k": {"const": "x"}}}, "then": {"required": ["n"]}}, {"k": "x"}, "data has no “n”"),
        ({"$defs": {"whole": {"type": "integer"}}, "properties": {"n": {"$ref": "#/$defs/whole"}}}, {"n": "x"},
         "asks for a whole number"),
    ],
)  # fmt: skip
def test_what_is_not_as_wanted_is_told_with_what_was_wanted_and_what_came(
    terms: dict[str, Any], data: dict[str, Any], says: str
) -> None:
    assert says in fault(terms, data)


def test_several_faults_are_told_at_once_and_very_many_are_not() -> None:
    names = [f"n{number}" for number in range(9)]
    told = fault({"required": names}, {})
    assert told.count("data has no") == 3
    assert told.endswith("; and more than that")


@pytest.mark.parametrize(
    ("terms", "says", "field"),
    [
        (["tokens"], "must be names, each with its value", "schema"),
        ({"type": "intger"}, "type is “intger”; write one of array, boolean", "schema.type"),
        ({"properties": {"n": {"minimum": "0"}}}, "n.minimum is “0”; write a number",
         "schema.properties.n.minimum"),
        ({"properties": {"n": {"minimun": 0}}}, "“minimun” in properties.n, which is no word of "
         "JSON Schema; did you mean minimum?", "schema.properties.n"),
        ({"anyOf": [{}, {"requird": []}]}, "“requird” in anyOf.2", "schema.anyOf.2"),
        ({"pattern": "(?=a)"}, "pattern is “(?=a)”; write a pattern (without look-around and back-references)",
         "schema.pattern"),
        ({"properties": {"n": {"$ref": "https://example.com/n.json"}}}, "refers to “https://example.com/n.json”, "
         "which is not in it; nothing is fetched", "schema"),
        ({"$ref": "file:///etc/hostname"}, "nothing is fetched", "schema"),
        ({"$ref": "#/$defs/none"}, "refers to “/$defs/none”", "schema"),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, "draft 2020-12", "schema.$schema"),
        ({"properties": {"n": {"enum": ["\ud800"]}}}, "a character that is not text", "schema"),
        ({"properties": {"n": {"enum": [{"a\x00": 1}]}}}, "a character that is not text", "schema"),
        ({"description": "x" * 70_000}, "longer than 64 KB", "schema"),
    ],
)  # fmt: skip
def test_a_schema_that_is_none_is_told_where_it_stands(terms: Any, says: str, field: str) -> None:
    with pytest.raises(Refused) as refusal:
        schema_from(terms, of=OF)
    assert says in refusal.value.sentence
    assert refusal.value.sentence.startswith("The schema of the meter “tokens”")
    assert refusal.value.field == field


def test_words_of_ones_own_are_let_pass_and_a_schema_may_refer_to_itself() -> None:
    terms = {"x-owner": "billing", "properties": {"child": {"$ref": "#"}, "n": {"type": "integer"}}}
    assert "data.child.child.n is “x”" in fault(terms, {"child": {"child": {"n": "x"}}})
    schema_from({"allOf": [{"$ref": "#"}]}, of=OF).check({}, of="it")


def test_a_pattern_takes_no_longer_for_a_text_that_was_made_to_be_slow() -> None:
    assert "fits the pattern" in fault({"properties": {"r": {"pattern": "^(a+)+$"}}}, {"r": "a" * 100_000 + "b"})


any_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False, places=6)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=5), any_json, max_size=4))
def test_whatever_data_is_it_is_taken_or_refused_in_a_sentence(data: dict[str, Any]) -> None:
    terms = {"properties": {"a": {"type": "integer"}}, "additionalProperties": {"type": ["string", "array"]}}
    schema = schema_from(terms, of=OF)
    whole = "a" not in data or (isinstance(data["a"], int | Decimal) and data["a"] == int(data["a"]))
    whole = whole and not isinstance(data.get("a"), bool)
    if whole and all(isinstance(value, str | list) for name, value in data.items() if name != "a"):
        schema.check(data, of="it")
        return
    with pytest.raises(Refused, match=r"^data\b"):
        schema.check(data, of="it")


def test_what_is_kept_of_a_schema_is_the_schema() -> None:
    schema = schema_from({"properties": {"n": {"const": True}, "m": {"minimum": Decimal("0.50")}}}, of=OF)
    assert schema == schema_from(schema.terms, of=OF)
    assert schema != schema_from({"properties": {"n": {"const": 1}, "m": {"minimum": Decimal("0.5")}}}, of=OF)
    assert DataSchema(schema.text).terms == decode_json(schema.text.encode())
