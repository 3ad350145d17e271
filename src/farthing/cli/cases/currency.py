"""Currencies: minor units as ISO 4217 has them, and amounts rounded half away from zero."""

from __future__ import annotations

from decimal import Decimal

from farthing.cli.cases.answers import Answers
from farthing.cli.cases.words import Unsupported, Words, exact_number
from farthing.core.exact import ONE, Rounding
from farthing.core.money import Money, currency, round_to_money, total
from farthing.core.pricing.transform import Conversion
from farthing.core.refused import Refused

_DIGITS = ("precision", "exponent", "minor_digits", "decimals")
_AMOUNT = ("amount", "value", "major", "exact", "unrounded")


def currency_case(words: Words) -> Answers:
    """An amount in a currency: rounded, in minor units, or back from them."""
    code = (words.text("currency", "code", "currency_code") or "USD").strip().upper()
    digits = words.whole(*_DIGITS)
    amount = words.number(*_AMOUNT)
    rounds = words.word("round", "rounding", "mode")
    if rounds not in (None, "half_up", "round", "nearest", "half_away_from_zero"):
        raise Unsupported(f"money rounds half away from zero here, not “{rounds}”")
    try:
        found = currency(code)
    except Refused:
        return _unknown(amount, digits)
    answers = Answers(found)
    if digits not in (None, found.minor_digits):
        raise Unsupported(f"{code} has {found.minor_digits} digits here, not {digits}")
    answers.add(
        found.minor_digits, "exponent", "minor_digits", "digits", "precision", "decimals", "minor_unit_exponent"
    )
    answers.add(found.code, "currency", "code")
    answers.add(True, "valid", "known")
    answers.add(Money(1, found), "unit", "smallest_unit", "minor_unit")
    answers.add(10**found.minor_digits, "minor_per_major", "scale", "factor")
    minor = words.whole("minor", "minor_units", "amount_minor", "amount_cents", "cents")
    listed = words.listed("amounts", "lines", "values")
    if amount is not None:
        money = round_to_money(amount, found)
        answers.add(money, "amount", "rounded", "value", "major", "total", "result")
        answers.add(money.minor, "minor", "minor_units", "amount_in_minor_units")
        answers.add(str(money), "text")
        answers.add(Decimal(money.amount) == amount, "exact", "is_rounded", "representable")
    if minor is not None:
        money = Money(minor, found)
        answers.add(money, "amount", "major", "value", "amount_major")
        answers.add(minor, "minor")
    if listed is not None:
        each = [round_to_money(exact_number(one, of="amounts"), found) for one in listed]
        answers.add(each, "amounts", "rounded", "lines")
        answers.add(total(each, in_currency=found), "total", "sum")
    return answers


def _unknown(amount: Decimal | None, digits: int | None) -> Answers:
    """A unit that is no currency, such as credits: rounded as a quantity, when it is said to how many digits."""
    answers = Answers(currency("USD"))
    answers.add(False, "valid", "known")
    answers.add(digits, "exponent", "minor_digits", "digits", "precision", "decimals")
    if amount is not None and digits is not None:
        made = Conversion(ONE, divides=False, rounding=Rounding.HALF_UP, precision=digits).apply(amount)
        answers.add(made, "amount", "rounded", "value", "result")
        answers.add(made == amount, "exact", "is_rounded")
    return answers
