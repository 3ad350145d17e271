"""What one event is worth, in SQL: a property's text and number, and arithmetic over numbers, never with a quotient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import gcd, lcm
from typing import LiteralString

from psycopg import sql

from farthing.core.metering.value import Arithmetic, Call, Negative, Node, Number, Property, Run, Value
from farthing.core.refused import Refused
from farthing.postgres.statement import Parameters, Sql, listed
from farthing.postgres.written import is_storable

# Texts that the database reads as the core does, and surely within the width of a number. There are more ways to write
# one, and those are left to the core: the second pattern says which texts may be numbers at all.
_PLAINLY = "([0-9]{1,20}([.][0-9]{0,18})?|[.][0-9]{1,18}|[0-9]{1,10}([.][0-9]{0,8})?[eE][+-]?0?([0-9]|10))"
_POSSIBLY = "([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?"
PLAIN_NUMBER = sql.SQL(rf"E'^[ \\t\\r\\n]*[+-]?{_PLAINLY}[ \\t\\r\\n]*$'")
MAYBE_NUMBER = sql.SQL(rf"E'^[ \\t\\r\\n]*[+-]?{_POSSIBLY}[ \\t\\r\\n]*$'")

# Whole parts mention what they are made of more than once; beyond this much text the core works the value out.
_LARGEST = 2000


def held_sql(name: str, parameters: Parameters) -> Sql:
    """The property as JSON, NULL when it is missing. A name that the database cannot hold is of nothing."""
    if not is_storable(name):
        return sql.SQL("NULL::jsonb")
    return sql.SQL("(data -> {})").format(parameters.text(name))


def written_sql(name: str, parameters: Parameters) -> Sql:
    """The property as text however it is kept; NULL when it is missing or null."""
    if not is_storable(name):
        return sql.SQL("NULL::text")
    return sql.SQL("(data ->> {})").format(parameters.text(name))


def text_sql(name: str, parameters: Parameters) -> Sql:
    """`text_of` a property: NULL for what is missing, null, an object or a list."""
    return sql.SQL(
        """CASE jsonb_typeof({held}) WHEN 'string' THEN {written} WHEN 'boolean' THEN {written}
                WHEN 'number' THEN trim_scale(({held})::numeric)::text END"""
    ).format(held=held_sql(name, parameters), written=written_sql(name, parameters))


def number_sql(name: str, parameters: Parameters) -> Sql:
    """The number of a property; NULL when it is none, and when only the core can tell."""
    return sql.SQL(
        """CASE jsonb_typeof({held}) WHEN 'number' THEN ({held})::numeric
                WHEN 'string' THEN CASE WHEN {written} ~ {plain} THEN ({written})::numeric END END"""
    ).format(held=held_sql(name, parameters), written=written_sql(name, parameters), plain=PLAIN_NUMBER)


@dataclass(frozen=True, slots=True)
class Worth:
    """A number as a numerator in SQL and a denominator that is the same for every event."""

    numerator: Sql
    denominator: int
    size: int


def worth_sql(value: Value, columns: Mapping[str, Sql], parameters: Parameters) -> Worth | None:
    """The value over columns that hold its properties' numbers; None where it takes the core to tell."""
    worth = _worth(value.tree if isinstance(value, Arithmetic) else value, columns, parameters)
    return None if worth is None or worth.size > _LARGEST else worth


def _worth(node: Node, columns: Mapping[str, Sql], parameters: Parameters) -> Worth | None:
    match node:
        case Property(name=name):
            return Worth(columns[name], 1, 1)
        case Number(number=number):
            return Worth(parameters.number(number), 1, 1)
        case Negative(inner=inner):
            worth = _worth(inner, columns, parameters)
            return None if worth is None else _made("(- {})", worth, worth.denominator)
        case Run(first=first, rest=rest):
            result = _worth(first, columns, parameters)
            for operator, operand in rest:
                if result is None or result.size > _LARGEST:
                    return None
                result = _applied(operator, result, operand, columns, parameters)
            return result
        case Call(function=function, arguments=arguments, digits=digits):
            found = [_worth(argument, columns, parameters) for argument in arguments]
            worths = [worth for worth in found if worth is not None]
            if len(worths) < len(found) or sum(worth.size for worth in worths) > _LARGEST:
                return None
            if function in ("min", "max"):
                denominator = lcm(*(worth.denominator for worth in worths))
                scaled = [_scaled(worth, denominator, parameters).numerator for worth in worths]
                chosen = sql.SQL("LEAST({})" if function == "min" else "GREATEST({})").format(listed(scaled))
                return Worth(chosen, denominator, 1 + sum(worth.size for worth in worths))
            return _whole(function, worths[0], digits, parameters)


def _applied(
    operator: str, one: Worth, operand: Node, columns: Mapping[str, Sql], parameters: Parameters
) -> Worth | None:
    if operator == "/":
        by = Arithmetic(operand)
        divisor = Fraction(0) if by.properties else _constant(by)
        return _divided(one, divisor, parameters) if divisor else None
    other = _worth(operand, columns, parameters)
    if other is None:
        return None
    if operator == "*":
        return _made("({} * {})", one, one.denominator * other.denominator, other)
    denominator = lcm(one.denominator, other.denominator)
    one, other = (_scaled(worth, denominator, parameters) for worth in (one, other))
    return _made("({} + {})" if operator == "+" else "({} - {})", one, denominator, other)


def _constant(value: Value) -> Fraction:
    """A number made of numbers; 0 where it would divide by 0, which the core then refuses event by event."""
    try:
        return Fraction(value.of({}))
    except Refused:
        return Fraction(0)


def _divided(worth: Worth, divisor: Fraction, parameters: Parameters) -> Worth:
    factor = divisor.denominator if divisor > 0 else -divisor.denominator
    common = gcd(worth.denominator, factor)
    times, denominator = factor // common, worth.denominator // common * abs(divisor.numerator)
    if times == 1:
        return Worth(worth.numerator, denominator, worth.size)
    numerator = sql.SQL("({} * {})").format(worth.numerator, parameters.number(times))
    return Worth(numerator, denominator, worth.size + 1)


def _scaled(worth: Worth, denominator: int, parameters: Parameters) -> Worth:
    """The same number over a multiple of its denominator."""
    times = denominator // worth.denominator
    if times == 1:
        return worth
    numerator = sql.SQL("({} * {})").format(worth.numerator, parameters.number(times))
    return Worth(numerator, denominator, worth.size + 1)


def _whole(function: str, worth: Worth, digits: int, parameters: Parameters) -> Worth:
    """The number made whole; over a denominator by what is left when it is divided, as a quotient would be rounded."""
    number = worth.numerator
    if worth.denominator == 1:
        match function:
            case "ceil":
                return Worth(sql.SQL("ceil({})").format(number), 1, worth.size + 1)
            case "floor":
                return Worth(sql.SQL("floor({})").format(number), 1, worth.size + 1)
        to = sql.SQL("round({}, {}::integer)").format(number, parameters.number(digits))
        return Worth(to, 1, worth.size + 1)
    if function == "round":
        above = parameters.number(10 ** max(digits, 0))
        below = worth.denominator * 10 ** max(-digits, 0)
        nearest = sql.SQL("(sign({n}) * div(2 * abs({n}) * {above} + {below}, 2 * {below}) * {unit})").format(
            n=number, above=above, below=parameters.number(below), unit=parameters.number(Decimal(1).scaleb(-digits))
        )
        return Worth(nearest, 1, 2 * worth.size + 6)
    step = sql.SQL("+ (mod({n}, {d}) > 0)::integer" if function == "ceil" else "- (mod({n}, {d}) < 0)::integer")
    whole = sql.SQL("(div({n}, {d}) {step})").format(
        n=number,
        d=parameters.number(worth.denominator),
        step=step.format(n=number, d=parameters.number(worth.denominator)),
    )
    return Worth(whole, 1, 2 * worth.size + 4)


def _made(template: LiteralString, one: Worth, denominator: int, *others: Worth) -> Worth:
    made = sql.SQL(template).format(one.numerator, *(other.numerator for other in others))
    return Worth(made, denominator, 1 + one.size + sum(other.size for other in others))
