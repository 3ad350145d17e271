"""A pocket calculator that redoes a row from what is printed: it knows digits, signs, brackets and “% of”."""

from __future__ import annotations

import ast
import re
from fractions import Fraction

from farthing.core.rating.written import Row

_CUT_OFF = re.compile(r"-?[\d,]+\.\d+… \((-?\d+/\d+)\)")
_PERCENT = re.compile(r"(-?)([\d.]+) % of (\(-?\d+/\d+\)|-?[\d.]+)")
_WORDS = re.compile(r"[^\W\d_][\w.]*")


def reckon(printed: str) -> Fraction:
    """What a sum comes to, its words left aside."""
    said = _CUT_OFF.sub(r"(\1)", printed)
    assert "…" not in said, f"a number is cut off, and nothing says what it is: {printed}"
    said = re.sub(r" for [\d,]+ (more events?|lines of this invoice)", "", said)
    said = re.sub(r"(?<=\d),(?=\d{3})", "", said)
    said = _PERCENT.sub(r"\1((\2)/100*\3)", said)
    said = re.sub(r"\bx\b", "*", said)
    # Python would read a decimal as a float, and lose digits.
    said = re.sub(r"(\d+)\.(\d+)", lambda found: f"({found[1]}{found[2]}/{10 ** len(found[2])})", _WORDS.sub("", said))
    said = re.sub(r"\b0+(?=\d)", "", said)
    return _value(ast.parse(said.strip(), mode="eval").body)


def redo(row: Row) -> Fraction:
    """What a row comes to, roundings of quantities and limits in words included."""
    said = row.sum
    if not said:
        assert row.equals is not None
        return Fraction(row.equals)
    if ", all of it within" in said:
        used, included = said.split(", all of it within")
        assert reckon(used) <= reckon(included)
        return Fraction(0)
    if ", at most the" in said:
        wanted, there = said.split(", at most the")
        assert -reckon(wanted) >= reckon(there)
        return -reckon(there)
    for words, unit in (
        ("each begun one whole", Fraction(1)),
        ("rounded up to a whole number", Fraction(1)),
        ("rounded up to 2 decimals", Fraction(1, 100)),
        ("rounded up to a multiple of 10", Fraction(10)),
    ):
        if said.endswith(f", {words}"):
            sum_of, _, between = said.removesuffix(f", {words}").partition(" = ")
            exact = reckon(sum_of)
            assert not between or reckon(between) == exact
            return -(-exact // unit) * unit
    return reckon(said)


def _value(node: ast.expr) -> Fraction:
    match node:
        case ast.Constant(value=int(number)):
            return Fraction(number)
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_value(inner)
        case ast.BinOp(left=left, op=op, right=right):
            one, other = _value(left), _value(right)
            match op:
                case ast.Add():
                    return one + other
                case ast.Sub():
                    return one - other
                case ast.Mult():
                    return one * other
                case ast.Div():
                    return one / other
    raise AssertionError(f"a pocket calculator has no key for {ast.dump(node)}")
