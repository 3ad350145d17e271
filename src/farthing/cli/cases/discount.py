"""Discounts: free units over slices of a period, a price's own discount, and one discount over several lines."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from farthing.cli.cases.answers import Answers, Owed, Split
from farthing.cli.cases.charge_model import BEFORE, BILLED, UNITS, charge_model
from farthing.cli.cases.shape import INCLUDED, MODEL, UNIT_PRICE, modifiers_of, percent_of
from farthing.cli.cases.words import Unsupported, Words, exact_number, in_major
from farthing.core.exact import ONE, ZERO, Exact, add, divide, multiply, subtract
from farthing.core.money import Currency, Money, round_to_money, spread
from farthing.core.money import total as money_total
from farthing.core.pricing.modifiers import Discount
from farthing.core.pricing.transform import Transform
from farthing.core.rating.line import added

FREE = ("free", *INCLUDED)
SLICES = ("slices", "quantities", "parts", "slice_units")
LINES = ("lines", "fees", "items", "line_amounts", "amounts")
OFF = ("discount", "discount_amount", "fixed", "amount_off", "fixed_discount")
AMOUNT = ("amount", "subtotal", "price", "fee", "gross", "total", "line", "base")


def discount(words: Words) -> Answers:
    """What a discount leaves."""
    if words.has(*SLICES):
        return _over_slices(words)
    if words.has(*LINES, *(f"{name}_minor" for name in LINES)):
        return _over_lines(words)
    if words.has(*MODEL, "tiers") or (words.has_money(*UNIT_PRICE[:-1]) and words.has(*UNITS)):
        return charge_model(words)
    if words.has(*FREE) and words.has(*UNITS):
        return _of_one_slice(words)
    return _of_an_amount(words)


def _over_slices(words: Words) -> Answers:
    """Free units are used up slice by slice: each bills what all so far bills, less what those before it did."""
    answers = Answers(words.currency())
    transform = Transform(included=_free(words))
    slices = [exact_number(value, of="slices") for value in words.listed(*SLICES) or []]
    billable, used = [], []
    so_far: Exact = ZERO
    for units in slices:
        before, so_far = so_far, add(so_far, units)
        bills = subtract(transform.apply(so_far), transform.apply(before))
        billable.append(bills)
        used.append(subtract(units, bills))
    answers.add(billable, "billable", "billed", "units", "billable_units", "quantities")
    answers.add(used, "free_used", "discount_used", "free", "discounts", "used")
    answers.add(added(billable), "total_billable")
    answers.add(added(used), "total_free_used")
    answers.add(subtract(transform.included, added(used)), "free_left", "remaining", "free_remaining")
    return answers


def _of_one_slice(words: Words) -> Answers:
    """Free units on one slice, after the units of those before it."""
    answers = Answers(words.currency())
    transform = Transform(included=_free(words))
    units = words.number(*UNITS) or ZERO
    before = words.number(*BEFORE) or ZERO
    billed_before = transform.apply(before)
    bills = subtract(transform.apply(add(before, units)), billed_before)
    answers.add(bills, "billable", "billable_units", "units", "quantity")
    answers.add(subtract(units, bills), "free_used", "discount_used", "discount", "discount_units", "free")
    answers.add(billed_before, "billable_before", "units_before", "pre_units", "pre", "pre_billable",
                "pre_quantity")  # fmt: skip
    answers.add(subtract(before, billed_before), "free_used_before", "discount_before", "pre_discount")
    return answers


def _over_lines(words: Words) -> Answers:
    """One discount over several lines, spread by largest remainder and never more than they come to."""
    currency = words.currency()
    answers = Answers(currency)
    lines = _lines(words, in_currency=currency)
    taken = added(line for line in lines if line > 0)
    off = round_to_money(_discount(words, in_currency=currency).off(taken, ONE), currency)
    # A line that gives money back bears none of it.
    exact = [multiply(off.amount, divide(line, taken)) if line > 0 else ZERO for line in lines] if taken else []
    shares = spread(off, exact) if exact else tuple(Money(0, currency) for _ in lines)
    owed = [round_to_money(line, currency) for line in lines]
    net = [line - share for line, share in zip(owed, shares, strict=True)]
    answers.add(Split(money_total(net, in_currency=currency), net), "net", "nets", "net_lines", "amounts", "lines",
                "after", "net_amount", "amount", "total", "net_total", "total_net")  # fmt: skip
    answers.add(Split(off, shares), "discounts", "per_line", "discount_per_line", "shares", "allocated", "allocations",
                "per_fee", "split", "distribution", "line_discounts", "discount", "total_discount", "discount_amount",
                "credit", "discounted", "allocation", "per_line_discount", "discounts_per_line", "discount_lines",
                "parts")  # fmt: skip
    return answers


def _of_an_amount(words: Words) -> Answers:
    currency = words.currency()
    answers = Answers(currency)
    amount = words.money(*AMOUNT, in_currency=currency)
    if amount is None:
        raise Unsupported("the inputs do not say what is discounted")
    discounted = _discount(words, in_currency=currency)
    off = discounted.off(amount, ONE)
    bounds = replace(modifiers_of(words, in_currency=currency), discount=None)
    billed = words.money(*BILLED, in_currency=currency) or ZERO
    net = subtract(bounds.modified(add(subtract(amount, off), billed)), billed)
    answers.add(_owed(net, currency), "net", "amount", "total", "net_amount", "after")
    answers.add(_owed(off, currency), "discount", "discount_amount", "discounted")
    return answers


def _discount(words: Words, *, in_currency: Currency) -> Discount:
    nested = words.take("discount", "coupon")
    if isinstance(nested, dict):
        words = Words(nested, of="discount")
        words.word("kind", "type")
    percent = percent_of(words)
    amount = None if isinstance(nested, dict) and percent else words.money(
        *OFF, *(("amount", "value") if isinstance(nested, dict) else ()), in_currency=in_currency
    )  # fmt: skip
    if isinstance(nested, dict):
        words.done()
    if (percent is None) == (amount is None):
        raise Unsupported("a discount is a percentage or an amount")
    return Discount(percent=percent) if percent is not None else Discount(amount=amount)


def _lines(words: Words, *, in_currency: Currency) -> list[Decimal]:
    minor = words.take(*(f"{name}_minor" for name in LINES))
    written = minor if minor is not None else words.take(*LINES)
    if isinstance(written, dict):
        written = list(written.values())
    if not isinstance(written, list):
        raise Unsupported("the lines should be a list")
    lines = []
    for line in written:
        if isinstance(line, dict):
            part = Words(line, of="line")
            amount = part.money("amount", "net", "subtotal", "price", in_currency=in_currency)
            part.take("id", "key")
            part.done()
            if amount is None:
                raise Unsupported("a line without an amount")
            lines.append(amount)
        else:
            number = exact_number(line, of="lines")
            lines.append(in_major(number, in_currency) if minor is not None else number)
    return lines


def _free(words: Words) -> Decimal:
    free = words.number(*FREE)
    if free is None:
        raise Unsupported("the inputs do not say what is free")
    return free


def _owed(exact: Exact, in_currency: Currency) -> Owed:
    return Owed(exact, round_to_money(exact, in_currency))
