"""What one event is worth: a property of it, or arithmetic over several."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from farthing.core.exact import ZERO, Exact, Rounding, add, divide, multiply, rounded, subtract
from farthing.core.metering.event import LONGEST_NAME, is_text
from farthing.core.metering.terms import Terms, word
from farthing.core.money import MOST_DECIMALS, MOST_DIGITS, exact_decimal, plain
from farthing.core.refused import Refused

# Parts and not letters are counted, so that what is read can be written down with blanks and read again.
MOST_PARTS = 300
_LONGEST_TEXT = 200_000
DEEPEST_EXPRESSION = 24

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TOKEN = re.compile(
    r"[ \t\r\n]*(?:([0-9]+(?:\.[0-9]*)?|\.[0-9]+)|([A-Za-z_][A-Za-z0-9_]*)|`((?:[^`]|``)+)`|([-+*/(),]))"
)
_SHORT_WHOLE = 10**18


def text_of(value: object) -> str | None:
    """The text by which values are told apart and grouped; None for what is missing, null, an object or a list.

    >>> text_of(Decimal("1.50")), text_of("1.50"), text_of(True), text_of(None)
    ('1.5', '1.50', 'true', None)
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if abs(value) < 10**MOST_DIGITS else None
    if isinstance(value, Decimal) and value.is_finite() and value.adjusted() < MOST_DIGITS:
        written = format(value, "f")
        return (written.rstrip("0").rstrip(".") if "." in written else written) if value else "0"
    return None


def number_of(value: object) -> Decimal | None:
    """The exact number that a value or its text is; None when it is none.

    >>> number_of("12.5"), number_of("a dozen"), number_of(True)
    (Decimal('12.5'), None, None)
    """
    try:
        return exact_decimal(value)
    except Refused:
        return None


@dataclass(frozen=True, slots=True)
class Property:
    """The number that a property holds; a text such as "12.5" counts as one.

    >>> Property("tokens").of({"tokens": "12.5"}), str(Property("tokens")), str(Property("GB-hours"))
    (Decimal('12.5'), 'tokens', '`GB-hours`')
    """

    name: str

    def of(self, data: Mapping[str, Any]) -> Decimal:
        """What this event is worth; refuses one whose property is missing or no exact number."""
        if self.name not in data:
            raise Refused(f"data has no “{self.name}”, which this meter needs.", field=self.name)
        held = data[self.name]
        if type(held) is int and -_SHORT_WHOLE < held < _SHORT_WHOLE:  # As most are; the same, only sooner.
            return Decimal(held)
        return exact_decimal(held, what=f"data.{self.name}")

    @property
    def properties(self) -> frozenset[str]:
        """The names of the properties that an event must have."""
        return frozenset((self.name,))

    @property
    def text(self) -> str:
        """As it is written in an expression; `parse` reads it back."""
        return self.name if _PLAIN_NAME.fullmatch(self.name) else f"`{self.name.replace('`', '``')}`"

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """An expression over properties.

    >>> parse("input + 4 * output").of({"input": 100, "output": 20})
    Decimal('180')
    """

    tree: Node

    def of(self, data: Mapping[str, Any]) -> Exact:
        """What this event is worth; refuses one that lacks a number, or by which it would divide by zero."""
        return _value(self.tree, data)

    @property
    def properties(self) -> frozenset[str]:
        """The names of the properties that an event must have."""
        return frozenset(_properties(self.tree))

    @property
    def text(self) -> str:
        """The expression, written one way; `parse` reads it back."""
        return _text(self.tree)

    def __str__(self) -> str:
        return self.text


Value = Property | Arithmetic


def parse(written: str, *, of: str = "The value") -> Value:
    """The value that a text describes: a name alone is a property, anything more is arithmetic.

    >>> str(parse("( input+4*output )")), parse("tokens")
    ('input + 4 * output', Property(name='tokens'))
    >>> parse("2 +")
    Traceback (most recent call last):
    ...
    farthing.core.refused.Refused: The value “2 +” ends too soon; a number, a name or a bracket should follow.
    """
    tree = _Reader(written, of=of).read()
    return tree if isinstance(tree, Property) else Arithmetic(tree)


def value_from(terms: Terms, *, of: str) -> Value:
    """The value in a measure's terms: `property` names one, `value` is an expression."""
    if "property" in terms and "value" in terms:
        raise Refused(f"{of} has both a property and a value; a property is a value by itself.", field="value")
    if "value" not in terms:
        return Property(word(terms, "property", of=of))
    written = terms["value"]
    if isinstance(written, int | Decimal) and not isinstance(written, bool):
        written = plain(exact_decimal(written, what="“value”"))
    if not isinstance(written, str):
        raise Refused(f"{of} needs as value an expression, such as input + 4 * output.", field="value")
    return parse(written, of=f"{of.rstrip(',')}: its value")


def value_terms(value: Value) -> dict[str, str]:
    """The value as terms; `value_from` reads it back."""
    return {"property": value.name} if isinstance(value, Property) else {"value": value.text}


def check_value(value: Value, data: Mapping[str, Any]) -> None:
    """Refuse an event that this value has no number for."""
    value.of(data)


def check_text(name: str, data: Mapping[str, Any]) -> None:
    """Refuse an event whose property is missing or no text, number, true or false."""
    if name not in data:
        raise Refused(f"data has no “{name}”, which this meter needs.", field=name)
    if text_of(data[name]) is None:
        raise Refused(f"data.{name} is missing: a text, a number, true or false tells one from another.", field=name)


def shown_value(value: Value, data: Mapping[str, Any]) -> Exact | None:
    """The number an event has, None when it has none."""
    try:
        return value.of(data)
    except Refused:
        return None


def take_value(measure: Any) -> None:
    """A measure may be given a text for its value: it names a property."""
    if isinstance(measure.value, str):
        object.__setattr__(measure, "value", Property(measure.value))


# The tree. A run of one precedence is one node, so that only brackets make it deep. -------------------------------


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it is written, 0 or more."""

    number: Decimal


@dataclass(frozen=True, slots=True)
class Negative:
    """Minus something."""

    inner: Node


@dataclass(frozen=True, slots=True)
class Run:
    """Operands of one precedence, worked off from the left: sums and differences, or products and quotients."""

    first: Node
    rest: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A function of its arguments; `digits` is what `round` keeps after the point."""

    function: str
    arguments: tuple[Node, ...]
    digits: int = 0


Node = Property | Number | Negative | Run | Call

_ROUNDINGS = {"ceil": Rounding.CEIL, "floor": Rounding.FLOOR, "round": Rounding.HALF_UP}
_FUNCTIONS = ("ceil", "floor", "round", "min", "max")


def _value(node: Node, data: Mapping[str, Any]) -> Exact:
    match node:
        case Property():
            return node.of(data)
        case Number(number=number):
            return number
        case Negative(inner=inner):
            return subtract(ZERO, _value(inner, data))
        case Run(first=first, rest=rest):
            result = _value(first, data)
            for operator, operand in rest:
                result = _applied(operator, result, _value(operand, data), operand)
            return result
        case Call(function=function, arguments=arguments, digits=digits):
            values = [_value(argument, data) for argument in arguments]
            if function in _ROUNDINGS:
                return rounded(values[0], _ROUNDINGS[function], precision=digits)
            ordered = sorted(values)
            return ordered[0] if function == "min" else ordered[-1]


def _applied(operator: str, one: Exact, other: Exact, operand: Node) -> Exact:
    match operator:
        case "+":
            return add(one, other)
        case "-":
            return subtract(one, other)
        case "*":
            return multiply(one, other)
        case _:
            if not other:
                raise Refused(f"The meter divides by “{_text(operand)}”, which is 0 here; send one that is not.")
            return divide(one, other)


def _properties(node: Node) -> set[str]:
    match node:
        case Property(name=name):
            return {name}
        case Number():
            return set()
        case Negative(inner=inner):
            return _properties(inner)
        case Run(first=first, rest=rest):
            return _properties(first).union(*(_properties(operand) for _, operand in rest))
        case Call(arguments=arguments):
            return set().union(*(_properties(argument) for argument in arguments))


def _text(node: Node) -> str:
    match node:
        case Property():
            return node.text
        case Number(number=number):
            return plain(number)
        case Negative(inner=inner):
            return f"-{_bracketed(inner)}"
        case Run(first=first, rest=rest):
            sums = _is_sum(node)
            head = _bracketed(first, unless_product=sums)
            return head + "".join(f" {sign} {_bracketed(operand, unless_product=sums)}" for sign, operand in rest)
        case Call(function=function, arguments=arguments, digits=digits):
            written = [_text(argument) for argument in arguments] + ([str(digits)] if digits else [])
            return f"{function}({', '.join(written)})"


def _is_sum(run: Run) -> bool:
    return run.rest[0][0] in "+-"


def _bracketed(node: Node, *, unless_product: bool = False) -> str:
    if isinstance(node, Run) and not (unless_product and not _is_sum(node)):
        return f"({_text(node)})"
    return _text(node)


class _Reader:
    """Reads an expression from left to right, one token ahead."""

    def __init__(self, written: str, *, of: str) -> None:
        self.written, self.of = written, of
        if len(written) > _LONGEST_TEXT:
            raise self._refusal(f"is too long: {MOST_PARTS} names, numbers and signs are the most")
        if not is_text(written):
            raise Refused(f"{of} holds a character that is not text; write it anew.", field="value")
        self.tokens = self._tokens()
        self.place = 0

    def read(self) -> Node:
        tree = self._sum(depth=1)
        if self._ahead() is not None:
            raise self._refusal(f"has “{self._said()}” where an operator or its end should be")
        return tree

    def _tokens(self) -> list[tuple[str, str]]:
        """Kind and text of each; kinds are number, name, quoted, and the signs themselves."""
        found: list[tuple[str, str]] = []
        at = 0
        text = self.written.rstrip(" \t\r\n")
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                rest = text[at:].lstrip(" \t\r\n")
                raise self._refusal(f"has “{rest[:16]}”, which is no name, number or sign; put odd names in backquotes")
            number, name, quoted, sign = match.groups()
            if len(found) == MOST_PARTS:
                raise self._refusal(f"is too long: {MOST_PARTS} names, numbers and signs are the most")
            if len(name or quoted or "") > LONGEST_NAME:
                raise self._refusal(f"has a name longer than {LONGEST_NAME} characters")
            if quoted is not None and not quoted.strip():
                raise self._refusal("has backquotes around blanks; put a property's name between them")
            found.append(
                ("number", number) if number is not None
                else ("name", name) if name is not None
                else ("quoted", quoted.replace("``", "`")) if quoted is not None
                else (sign, sign)
            )  # fmt: skip
            at = match.end()
        return found

    def _ahead(self, by: int = 0) -> str | None:
        return self.tokens[self.place + by][0] if self.place + by < len(self.tokens) else None

    def _said(self) -> str:
        return self.tokens[self.place][1]

    def _next(self) -> tuple[str, str]:
        if self.place == len(self.tokens):
            raise self._refusal("ends too soon; a number, a name or a bracket should follow")
        self.place += 1
        return self.tokens[self.place - 1]

    def _sum(self, *, depth: int) -> Node:
        return self._run("+-", depth=depth)

    def _run(self, signs: str, *, depth: int) -> Node:
        first = self._run("*/", depth=depth) if signs == "+-" else self._factor(depth=depth)
        rest: list[tuple[str, Node]] = []
        while (sign := self._ahead()) is not None and sign in signs:
            self.place += 1
            rest.append((sign, self._run("*/", depth=depth) if signs == "+-" else self._factor(depth=depth)))
        return Run(first, tuple(rest)) if rest else first

    def _factor(self, *, depth: int) -> Node:
        if depth > DEEPEST_EXPRESSION:
            raise self._refusal(f"is nested deeper than {DEEPEST_EXPRESSION} levels; write it simpler")
        kind, text = self._next()
        match kind:
            case "-":
                return Negative(self._factor(depth=depth + 1))
            case "number":
                return Number(self._number(text))
            case "name" if self._ahead() == "(":
                return self._call(text, depth=depth)
            case "name" | "quoted":
                return Property(text)
            case "(":
                inner = self._sum(depth=depth + 1)
                self._expect(")")
                return inner
        raise self._refusal(f"has “{text}” where a number, a name or a bracket should be")

    def _number(self, text: str) -> Decimal:
        try:
            return exact_decimal(text)
        except Refused:
            most = f"at most {MOST_DIGITS} digits, {MOST_DECIMALS} after the point"
            raise self._refusal(f"has a number that is too long: {most}") from None

    def _call(self, function: str, *, depth: int) -> Node:
        if function not in _FUNCTIONS:
            raise self._refusal(f"has the function “{function}”; there are {', '.join(_FUNCTIONS)}")
        self._expect("(")
        arguments = [self._sum(depth=depth + 1)]
        digits = 0
        while self._ahead() == ",":
            self.place += 1
            if function == "round" and len(arguments) == 1:
                digits = self._digits()
                break
            arguments.append(self._sum(depth=depth + 1))
        self._expect(")")
        if function in ("ceil", "floor") and len(arguments) > 1:
            raise self._refusal(f"gives “{function}” more than one number; it takes one")
        return Call(function, tuple(arguments), digits)

    def _digits(self) -> int:
        negative = self._ahead() == "-"
        if negative:
            self.place += 1
        kind, text = self._next()
        if kind != "number" or not text.isdigit() or len(text) > 2 or int(text) > MOST_DECIMALS:
            raise self._refusal(
                f"rounds to “{text}” digits; give a whole number from -{MOST_DECIMALS} to {MOST_DECIMALS}"
            )
        return -int(text) if negative else int(text)

    def _expect(self, sign: str) -> None:
        if self._ahead() is None:
            raise self._refusal(f"ends too soon; a “{sign}” should follow")
        if self._next()[0] != sign:
            self.place -= 1
            raise self._refusal(f"has “{self._said()}” where a “{sign}” should be")

    def _refusal(self, what: str) -> Refused:
        shown = self.written if len(self.written) <= 60 else f"{self.written[:60]}…"
        return Refused(f"{self.of} “{shown}” {what}.", field="value")
