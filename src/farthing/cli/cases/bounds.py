"""Minimums, commitments and caps: of one price, and of all that a period was charged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from farthing.cli.cases.answers import Answers, Owed
from farthing.cli.cases.charge_answers import owed
from farthing.cli.cases.charge_model import BILLED, BUCKETS, DAYS, OF_DAYS, UNITS, charge_model
from farthing.cli.cases.rated import one, rate
from farthing.cli.cases.shape import MODEL, UNIT_PRICE, kind_of, modifiers_of, shape_of
from farthing.cli.cases.words import Unsupported, Words, exact_number, in_major
from farthing.core.exact import ONE, ZERO, Exact, add, divide, multiply, subtract
from farthing.core.money import Currency, round_to_money
from farthing.core.pricing.commitment import Commitment
from farthing.core.pricing.modifiers import Modifiers
from farthing.core.rating.line import added

COMMITTED = ("commitment", "commitment_amount", "committed", "committed_amount", "minimum_commitment", "minimum", "min",
             "min_amount", "minimum_amount", "minimum_spend", "min_spend", "charge_minimum")  # fmt: skip
COMMITTED_UNITS = ("commitment_quantity", "committed_quantity", "commitment_units", "committed_units")
CHARGED = ("base", "base_fee", "fee", "other", "usage", "usage_amount", "usage_charge", "usage_cost", "charges",
           "charged", "subtotal", "amount", "spend", "spent", "fees", "fixed", "add_ons", "charge", "subscription",
           "current_base", "current")  # fmt: skip
EARLIER = ("prior_base", "prior", "prior_usage", "previously_used", "earlier", "used_before")
_OVERAGE = ("overage_factor", "overage", "overage_rate", "overage_multiplier")


@dataclass(frozen=True, slots=True)
class Committed:
    """What a commitment makes of what was charged: what is missing to it, what lies beyond, and what that adds."""

    charged: Exact
    least: Exact
    true_up: Exact
    beyond: Exact
    raised: Exact


def commitment_minimum(words: Words) -> Answers:
    """What a minimum or a commitment adds to what was charged."""
    if _has_price(words) and not (words.has_money(*COMMITTED[:4]) or words.has(*COMMITTED_UNITS)):
        return charge_model(words)
    currency = words.currency()
    answers = Answers(currency)
    committed = _committed(words, in_currency=currency)
    share = _share(words)
    factor = words.number(*_OVERAGE)
    trues_up = words.flag("true_up", "true_up_enabled", "enable_true_up") is not False
    last = words.flag("last_period", "is_last_period", "final_period", "last") is not False
    if committed:
        # Refused here as in a catalogue, when it cannot be agreed to.
        Commitment("case", "Commitment", committed, overage=factor, prorate=share != ONE)
    earlier = words.money(*EARLIER, in_currency=currency) or ZERO
    each = [
        _made_of(charged, committed=committed, earlier=earlier, share=share, factor=factor, trues_up=trues_up and last)
        for charged in _charged(words, in_currency=currency)
    ]
    _answer(answers, each, in_currency=currency)
    return answers


def cap(words: Words) -> Answers:
    """What is left of an amount under its cap."""
    if _has_price(words):
        return charge_model(words)
    currency = words.currency()
    answers = Answers(currency)
    charged = added(_charged(words, in_currency=currency))
    billed = words.money(*BILLED, in_currency=currency) or ZERO
    modifiers = modifiers_of(words, in_currency=currency)
    before = add(charged, billed)
    after = modifiers.modified(before, _share(words))
    answers.add(owed(subtract(after, billed), currency), "amount", "total", "capped", "charged", "net", "total_amount")
    answers.add(owed(charged, currency), "usage_amount", "gross")
    answers.add(owed(subtract(after, before), currency), "adjustment")
    answers.add(
        owed(subtract(before, after), currency), "discount", "over_cap", "discount_amount", "max_spend_discount"
    )
    return answers


def _made_of(
    charged: Exact, *, committed: Decimal, earlier: Exact, share: Exact, factor: Decimal | None, trues_up: bool
) -> Committed:
    least = multiply(committed, share)
    so_far = add(earlier, charged)
    missing = Modifiers(minimum=committed).applied(so_far, share) if trues_up else ()
    # What lay beyond the commitment before has been paid for.
    over = subtract(so_far, max(least, earlier)) if so_far > least else ZERO
    beyond = over if factor is not None else ZERO
    raised = ZERO if factor is None else multiply(beyond, subtract(factor, ONE))
    return Committed(charged, subtract(least, min(earlier, least)), added(one.exact for one in missing), beyond, raised)


def _answer(answers: Answers, each: Sequence[Committed], *, in_currency: Currency) -> None:
    charged, least = added(one.charged for one in each), added(one.least for one in each)
    true_up, beyond = added(one.true_up for one in each), added(one.beyond for one in each)
    raised = added(one.raised for one in each)
    # Each of them is a line of its own, rounded by itself.
    money = sum(
        (round_to_money(part, in_currency) for part in (true_up, raised)), start=round_to_money(charged, in_currency)
    )
    answers.add(Owed(add(add(charged, true_up), raised), money), "total", "amount", "charge", "total_amount",
                "total_charge", "final_charge", "billed", "invoice_total")  # fmt: skip
    answers.add(owed(true_up, in_currency), "true_up", "true_up_amount", "true_up_fee", "adjustment", "minimum_fee",
                "commitment_fee")  # fmt: skip
    answers.add(owed(charged, in_currency), "charged", "usage_amount", "subtotal", "base")
    answers.add(owed(least, in_currency), "commitment", "committed", "prorated_commitment", "minimum",
                "prorated_minimum", "commitment_amount")  # fmt: skip
    used = added(min(one.charged, one.least) for one in each)
    answers.add(owed(used, in_currency), "utilized", "commitment_utilized", "within_commitment", "utilized_amount")
    answers.add(owed(add(beyond, raised), in_currency), "overage", "overage_amount", "overage_charge")
    answers.add(owed(beyond, in_currency), "overage_base", "beyond")
    answers.add(owed(raised, in_currency), "overage_surcharge")
    left = added(subtract(one.least, min(one.charged, one.least)) for one in each)
    answers.add(owed(left, in_currency), "remaining", "left")
    answers.add(owed(least, in_currency), "commitment_remaining")
    answers.add(charged >= least, "reached", "commitment_reached")
    answers.add(bool(true_up), "has_true_up")


def _committed(words: Words, *, in_currency: Currency) -> Decimal:
    """The commitment in money; one in units is what those would cost."""
    amount = words.money(*COMMITTED, in_currency=in_currency)
    units = words.number(*COMMITTED_UNITS)
    words.word("commitment_type")
    if amount is not None:
        return amount
    if units is None:
        raise Unsupported("the inputs name no minimum or commitment")
    shape = shape_of(kind_of(words), words, in_currency=in_currency)
    exact = rate(shape, [one(units)], in_currency=in_currency).exact
    assert isinstance(exact, Decimal), "without a division it is a decimal"
    return exact


def _has_price(words: Words) -> bool:
    return words.has(*MODEL, "tiers") or (words.has_money(*UNIT_PRICE) and words.has(*UNITS, *BUCKETS))


def _charged(words: Words, *, in_currency: Currency) -> list[Exact]:
    """All that was charged, added up; a price among the inputs is rated first, window by window where it has them."""
    if _has_price(words):
        windows = words.listed(*BUCKETS)
        if windows is None:
            priced = charge_model(words).named("usage_amount")
            assert isinstance(priced, Owed), "a charge is an amount"
            return [priced.exact]
        shape = shape_of(kind_of(words), words, in_currency=in_currency)
        return [
            rate(shape, [one(exact_number(value, of="windows"))], in_currency=in_currency).exact for value in windows
        ]
    parts: list[Decimal] = []
    for name in CHARGED:
        listed, listed_minor = words.take(name), words.take(f"{name}_minor")
        if isinstance(listed, list):
            parts += [exact_number(value, of=name) for value in listed]
        elif isinstance(listed_minor, list):
            parts += [in_major(exact_number(value, of=name), in_currency) for value in listed_minor]
        elif (amount := words.money(name, in_currency=in_currency)) is not None:
            parts.append(amount)
    if not parts:
        raise Unsupported("the inputs do not say what was charged")
    return [added(parts)]


def _share(words: Words) -> Exact:
    """The part of the period that is charged."""
    days, of_days = words.number(*DAYS), words.number(*OF_DAYS)
    ratio = words.number("share", "ratio", "period_ratio")
    if ratio is not None:
        return ratio
    if (days is None) != (of_days is None):
        raise Unsupported("days without the days of the period, or the other way round")
    return ONE if days is None or of_days is None else divide(days, of_days)
