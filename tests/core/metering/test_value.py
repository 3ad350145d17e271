"""Values: arithmetic is read as it is written at school, worked out exactly, and refused in words."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.metering.value import (
    DEEPEST_EXPRESSION,
    MOST_PARTS,
    Arithmetic,
    Property,
    number_of,
    parse,
    text_of,
    value_from,
    value_terms,
)
from farthing.core.refused import Refused

DATA = {"a": 7, "b": Decimal("2.5"), "c": "-3", "GB-hours": 4, "tick`ed": 9, "ceil": 100}

plain_names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,6}", fullmatch=True)
odd_names = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=6).filter(str.strip)
literals = st.decimals(0, 10**12, places=4, allow_nan=False, allow_infinity=False).map(lambda number: f"{number:f}")


@st.composite
def expressions(draw: st.DrawFn, depth: int = 4) -> str:
    """Any expression, with brackets and blanks here and there."""
    kind = draw(st.integers(0, 7 if depth else 2))
    inner = expressions(depth=depth - 1)
    if kind == 0:
        return draw(plain_names)
    if kind == 1:
        return f"`{draw(odd_names).replace('`', '``')}`"
    if kind == 2:
        return draw(literals)
    if kind == 3:
        return f"-{draw(inner)}"
    if kind == 4:
        function = draw(st.sampled_from(["ceil", "floor", "round"]))
        digits = draw(st.sampled_from(["", ", 2", ",-1"])) if function == "round" else ""
        return f"{function}({draw(inner)}{digits})"
    if kind == 5:
        return f"{draw(st.sampled_from(['min', 'max']))}({', '.join(draw(st.lists(inner, min_size=1, max_size=3)))})"
    if kind == 6:
        return f"({draw(inner)})"
    return f"{draw(inner)} {draw(st.sampled_from(['+', '-', '*', '/']))}{draw(inner)}"


@given(expressions())
def test_what_is_written_is_read_back_the_same(written: str) -> None:
    value = parse(written)
    assert parse(value.text) == value
    assert parse(value.text).text == value.text == str(value)
    assert value_from({"measure": "sum", **value_terms(value)}, of="The meter") == value


@given(odd_names)
def test_any_name_of_a_property_is_read_back_the_same(name: str) -> None:
    assert parse(str(Property(name))) == Property(name)


@pytest.mark.parametrize(
    ("written", "worth"),
    [
        ("a", 7),
        ("c", -3),
        ("3", 3),
        (".5 + 1.", "1.5"),
        ("a + b * 2", 12),
        ("(a + b) * 2", 19),
        ("a - b - c", "7.5"),
        ("a - (b - c)", "1.5"),
        ("a / 2 / 7", "0.5"),
        ("a / (2 / 7)", "24.5"),
        ("a / 3 * 3", 7),
        ("-a + 10", 3),
        ("--a", 7),
        ("-b * -2", 5),
        ("2 - -3", 5),
        ("ceil(b)", 3),
        ("floor(b)", 2),
        ("ceil(-b)", -2),
        ("floor(-b)", -3),
        ("round(b)", 3),
        ("round(-b)", -3),
        ("round(a / 3, 2)", "2.33"),
        ("round(a * 21, -2)", 100),
        ("min(a, b, c)", -3),
        ("max(a,b , c)", 7),
        ("max(a / 3, b)", "2.5"),
        ("min(a)", 7),
        ("ceil", 100),
        ("ceil + ceil(b)", 103),
        ("ceil (b)", 3),
        ("`GB-hours` * 2", 8),
        ("`tick``ed` + `a`", 16),
    ],
)
def test_an_expression_is_worth_what_school_says(written: str, worth: Any) -> None:
    assert parse(written).of(DATA) == Decimal(worth)


def test_a_division_that_does_not_end_stays_exact() -> None:
    assert parse("1 / a").of({"a": 3}) == Fraction(1, 3)
    assert parse("1 / a * a").of({"a": 3}) == 1


@given(st.integers(-(10**18), 10**18), st.integers(-(10**18), 10**18), st.integers(1, 10**9))
def test_arithmetic_is_that_of_fractions(a: int, b: int, c: int) -> None:
    worth = parse("(a - b) * b / c + min(a, b)").of({"a": a, "b": str(b), "c": Decimal(c)})
    assert worth == Fraction((a - b) * b, c) + min(a, b)


def test_the_properties_of_an_expression_are_all_that_it_names() -> None:
    assert parse("ceil(a / 2) + max(b, -`c d`)").properties == {"a", "b", "c d"}
    assert parse("5").properties == frozenset()


@pytest.mark.parametrize(
    ("written", "because"),
    [
        ("", "ends too soon"),
        ("  ", "ends too soon"),
        ("a +", "ends too soon"),
        ("(a", "a “)” should follow"),
        ("a)", "“)” where an operator or its end"),
        ("a b", "“b” where an operator or its end"),
        ("a ** 2", "“*” where a number"),
        ("+ a", "“+” where a number"),
        ("a % 2", "“% 2”, which is no name, number or sign"),
        ("`a", "which is no name, number or sign"),
        ("``", "which is no name, number or sign"),
        ("sqrt(a)", "the function “sqrt”; there are ceil, floor, round, min, max"),
        ("ceil()", "“)” where a number"),
        ("ceil(a, b)", "more than one number"),
        ("round(a, b)", "rounds to “b” digits"),
        ("round(a, 1.5)", "rounds to “1.5” digits"),
        ("round(a, 19)", "rounds to “19” digits"),
        ("round(a, 1, 2)", "“,” where a “)”"),
        ("__import__('os')", "which is no name, number or sign"),
        ("a.real", "which is no name, number or sign"),
        ("1e5", "“e5” where an operator or its end"),
        ("1" * 39, "too long"),
        ("0." + "1" * 19, "too long"),
        ("٣", "which is no name, number or sign"),
        ("a\x00", "not text"),
    ],
)
def test_what_is_no_expression_is_refused_in_a_sentence(written: str, because: str) -> None:
    with pytest.raises(Refused) as refusal:
        parse(written)
    assert because in refusal.value.sentence
    assert refusal.value.sentence.endswith(".")


@pytest.mark.parametrize("opened", ["(", "-", "ceil(", "max(1, "])
def test_what_is_nested_too_deep_is_refused(opened: str) -> None:
    with pytest.raises(Refused, match="nested deeper"):
        parse(opened * (DEEPEST_EXPRESSION + 1) + "a")
    with pytest.raises(Refused, match="long"):
        parse(opened * 100_000 + "a")
    closing = ")" if opened.endswith("(") or "," in opened else ""
    levels = DEEPEST_EXPRESSION - 1
    deep = parse(opened * levels + "a" + closing * levels)
    assert isinstance(deep, Arithmetic) or deep == Property("a")
    assert deep.of({"a": 5}) in (5, -5)


def test_a_long_sum_is_no_deep_one() -> None:
    longest = "+".join(["a"] * (MOST_PARTS // 2))
    assert parse(longest).of({"a": 2}) == MOST_PARTS
    assert parse(longest.replace("+", "*")).of({"a": 10}) == 10 ** (MOST_PARTS // 2)
    assert parse(parse(longest.replace("a", "`a b`")).text).of({"a b": 1}) == MOST_PARTS // 2
    for too_long in (longest + "+a+a", "a" * 257, f"`{'a' * 257}`", " " * 200_001):
        with pytest.raises(Refused, match=r"longer than 256|too long: 300"):
            parse(too_long)


@pytest.mark.parametrize(
    ("written", "data", "because"),
    [
        ("a", {}, "no “a”"),
        ("a", {"a": None}, "data.a is missing"),
        ("a", {"a": True}, "data.a is no number: it is true"),
        ("a", {"a": "many"}, "data.a is no number: “many”"),
        ("a + 1", {"a": [1]}, "data.a is no number: it is a list"),
        ("a / (b - 1)", {"a": 1, "b": 1}, "divides by “b - 1”, which is 0 here"),
        ("max(1, a / b)", {"a": 1, "b": 0}, "divides by “b”"),
    ],
)
def test_an_event_without_its_number_is_refused(written: str, data: dict[str, Any], because: str) -> None:
    with pytest.raises(Refused) as refusal:
        parse(written).of(data)
    assert because in refusal.value.sentence


def test_terms_give_a_property_or_a_value() -> None:
    assert value_from({"property": "GB-hours"}, of="The meter") == Property("GB-hours")
    assert value_from({"value": "`GB-hours`"}, of="The meter") == Property("GB-hours")
    assert value_from({"value": 3}, of="The meter").of({}) == 3
    with pytest.raises(Refused, match="backquotes around blanks"):
        parse("` ` + 1")
    with pytest.raises(Refused, match="both a property and a value"):
        value_from({"property": "a", "value": "b"}, of="The meter")
    with pytest.raises(Refused, match="needs a “property”"):
        value_from({}, of="The meter")
    with pytest.raises(Refused, match="an expression"):
        value_from({"value": ["a"]}, of="The meter")


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30))
def test_equal_numbers_have_one_text(number: Decimal) -> None:
    written = text_of(number)
    assert written is not None
    assert "E" not in written
    assert Decimal(written) == number
    assert text_of(Decimal(written + ("0" if "." in written else ".0"))) == written


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1.50", "1.50"),
        ("", ""),
        (5, "5"),
        (Decimal("5.00"), "5"),
        (Decimal("1E+3"), "1000"),
        (Decimal("-0.0"), "0"),
        (True, "true"),
        (False, "false"),
        (None, None),
        ([], None),
        ({"a": 1}, None),
    ],
)
def test_the_text_by_which_values_are_told_apart(value: object, text: str | None) -> None:
    assert text_of(value) == text


def test_what_reads_as_a_number_is_one() -> None:
    assert number_of(" 1.50 ") == Decimal("1.5")
    assert number_of(7) == 7
    assert [number_of(value) for value in ("", "x", None, True, [], "NaN", "1e99")] == [None] * 7
