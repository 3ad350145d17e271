"""Rounding of quantities, conversions of units, and the one rounding of an amount."""

from __future__ import annotations

from farthing.cli.cases.answers import Answers
from farthing.cli.cases.charge_model import BEFORE, UNITS, charge_model
from farthing.cli.cases.currency import currency_case
from farthing.cli.cases.shape import MODEL, ROUND, UNIT_PRICE, rounding_of, transform_of
from farthing.cli.cases.words import Unsupported, Words
from farthing.core.exact import ONE, Rounding
from farthing.core.pricing.transform import Conversion

_VALUE = ("value", "number", "input", "units", "quantity")


def rounding(words: Words) -> Answers:
    """What a rounding makes of a quantity or of an amount."""
    if words.has(*MODEL, "tiers") or words.has_money(*UNIT_PRICE):
        return charge_model(words)
    if not words.has(*_VALUE) or (words.has("currency") and not words.mentions(*ROUND)):
        return currency_case(words)
    answers = Answers(words.currency())
    if words.has("divide", "divide_by", "multiply", "multiply_by", "conversion_factor"):
        return _converted(words, answers)
    number = words.number(*_VALUE)
    if number is None:
        raise Unsupported("the inputs give no number to round")
    how, precision = rounding_of(words)
    if not words.mentions(*ROUND):
        how = Rounding.HALF_UP  # A precision alone asks for the nearest.
    made = Conversion(ONE, divides=False, rounding=how, precision=precision).apply(number)
    answers.add(made, *_VALUE, "result", "rounded", "amount")
    return answers


def _converted(words: Words, answers: Answers) -> Answers:
    quantity = words.number(*_VALUE, *UNITS)
    if quantity is None:
        raise Unsupported("the inputs give no quantity to convert")
    before = words.number(*BEFORE)
    transform = transform_of(words)
    answers.add(transform.apply(quantity), "units", "quantity", "value", "converted", "billed_units", "result")
    if before is not None:
        answers.add(transform.apply(before), *BEFORE)
    return answers
