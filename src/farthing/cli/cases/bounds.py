"""Minimums, commitments and caps: of one price, and of all that a period was charged."""

from __future__ import annotations

from decimal import Decimal

from farthing.cli.cases.answers import Answers, Owed
from farthing.cli.cases.charge_model import BILLED, UNITS, charge_model
from farthing.cli.cases.rated import total
from farthing.cli.cases.shape import MODEL, UNIT_PRICE, modifiers_of
from farthing.cli.cases.words import Unsupported, Words, exact_number, in_major
from farthing.core.exact import ONE, ZERO, Exact, add, divide, multiply, subtract
from farthing.core.money import Currency, round_to_money
from farthing.core.pricing.commitment import Commitment
from farthing.core.pricing.modifiers import Modifiers

COMMITTED = ("commitment", "commitment_amount", "committed", "minimum_commitment", "minimum", "min", "min_amount",
             "minimum_amount", "minimum_spend", "min_spend")  # fmt: skip
CHARGED = ("base", "base_fee", "fee", "other", "usage", "usage_amount", "usage_charge", "usage_cost", "charges",
           "charged", "subtotal", "amount", "spend", "spent", "fees", "fixed", "add_ons")  # fmt: skip
_DAYS = ("days", "used_days", "days_used", "days_in_force")
_OF_DAYS = ("period_days", "of_days", "days_in_period", "full_days", "total_days")


def commitment_minimum(words: Words) -> Answers:
    """What a minimum or a commitment adds to what was charged."""
    if _has_price(words) and not words.has_money("commitment", "commitment_amount", "committed"):
        return charge_model(words)
    currency = words.currency()
    answers = Answers(currency)
    charged = _charged(words, in_currency=currency)
    committed = words.money(*COMMITTED, in_currency=currency)
    if committed is None:
        raise Unsupported("the inputs name no minimum or commitment")
    share = _share(words)
    factor = words.number("overage_factor", "overage", "overage_rate", "overage_multiplier")
    trues_up = words.flag("true_up", "true_up_enabled", "enable_true_up")
    if committed:
        Commitment("case", "Commitment", committed, overage=factor, prorate=share != ONE)
    applied = Modifiers(minimum=committed).applied(charged, share) if trues_up is not False else ()
    true_up = total(done.exact for done in applied)
    least = multiply(committed, share)
    beyond = subtract(charged, least) if factor is not None and charged > least else ZERO
    raised = multiply(beyond, subtract(factor, ONE)) if factor is not None else ZERO
    _answer(answers, charged, true_up, beyond, raised, least, in_currency=currency)
    return answers


def cap(words: Words) -> Answers:
    """What is left of an amount under its cap."""
    if _has_price(words):
        return charge_model(words)
    currency = words.currency()
    answers = Answers(currency)
    charged = _charged(words, in_currency=currency)
    billed = words.money(*BILLED, in_currency=currency) or ZERO
    modifiers = modifiers_of(words, in_currency=currency)
    before = add(charged, billed)
    after = modifiers.modified(before, _share(words))
    answers.add(_owed(subtract(after, billed), currency), "amount", "total", "capped", "charged", "net", "total_amount")
    answers.add(_owed(charged, currency), "usage_amount", "gross")
    answers.add(_owed(subtract(after, before), currency), "adjustment")
    answers.add(
        _owed(subtract(before, after), currency), "discount", "over_cap", "discount_amount", "max_spend_discount"
    )
    return answers


def _answer(
    answers: Answers,
    charged: Exact,
    true_up: Exact,
    beyond: Exact,
    raised: Exact,
    least: Exact,
    *,
    in_currency: Currency,
) -> None:
    total_exact = add(add(charged, true_up), raised)
    money = (
        round_to_money(charged, in_currency)
        + round_to_money(true_up, in_currency)
        + round_to_money(raised, in_currency)
    )
    answers.add(
        Owed(total_exact, money), "total", "amount", "charge", "total_amount", "total_charge", "final_charge", "billed"
    )
    answers.add(_owed(true_up, in_currency), "true_up", "true_up_amount", "true_up_fee", "adjustment", "minimum_fee",
                "commitment_fee")  # fmt: skip
    answers.add(_owed(charged, in_currency), "charged", "usage_amount", "subtotal", "base")
    answers.add(
        _owed(least, in_currency), "commitment", "committed", "prorated_commitment", "minimum", "prorated_minimum"
    )
    answers.add(_owed(min(charged, least), in_currency), "utilized", "commitment_utilized", "within_commitment")
    answers.add(_owed(add(beyond, raised), in_currency), "overage", "overage_amount", "overage_charge")
    answers.add(_owed(beyond, in_currency), "overage_base", "beyond")
    answers.add(_owed(raised, in_currency), "overage_surcharge")
    left = subtract(least, charged) if charged < least else ZERO
    answers.add(_owed(left, in_currency), "remaining", "commitment_remaining")
    answers.add(charged >= least, "reached", "commitment_reached")
    answers.add(bool(true_up), "has_true_up")


def _has_price(words: Words) -> bool:
    return words.has(*MODEL, "tiers") or (words.has_money(*UNIT_PRICE) and words.has(*UNITS))


def _charged(words: Words, *, in_currency: Currency) -> Exact:
    """All that was charged for the period, added up; a price among the inputs is rated first."""
    if _has_price(words):
        priced = charge_model(words).named("usage_amount")
        assert isinstance(priced, Owed), "a charge is an amount"
        return priced.exact
    parts: list[Decimal] = []
    for name in CHARGED:
        listed = words.take(name) if isinstance(words.take(name), list) else None
        listed_minor = words.take(f"{name}_minor") if isinstance(words.take(f"{name}_minor"), list) else None
        if listed is not None:
            parts += [exact_number(value, of=name) for value in listed]
        elif listed_minor is not None:
            parts += [in_major(exact_number(value, of=name), in_currency) for value in listed_minor]
        elif (amount := words.money(name, in_currency=in_currency)) is not None:
            parts.append(amount)
    if not parts:
        raise Unsupported("the inputs do not say what was charged")
    return total(parts)


def _share(words: Words) -> Exact:
    """The part of the period that is charged."""
    days, of_days = words.number(*_DAYS), words.number(*_OF_DAYS)
    ratio = words.number("share", "ratio", "period_ratio")
    if ratio is not None:
        return ratio
    if (days is None) != (of_days is None):
        raise Unsupported("days without the days of the period, or the other way round")
    return ONE if days is None or of_days is None else divide(days, of_days)


def _owed(exact: Exact, in_currency: Currency) -> Owed:
    return Owed(exact, round_to_money(exact, in_currency))
