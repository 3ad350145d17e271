"""Coupons in cases of taxes: the narrower ones first, of those percentages first, each on what is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from farthing.cli.cases.words import Unsupported, Words, product
from farthing.core.exact import ZERO
from farthing.core.invoicing.coupons import amount_off, percentage_off
from farthing.core.money import Currency, Money, round_to_money

_COUPONS = ("coupons", "discounts", "applied_coupons")
_ALL = frozenset({"all", "invoice", "*", "everything"})


@dataclass(frozen=True, slots=True)
class _Coupon:
    lines: tuple[str, ...] | None
    percent: Decimal | None
    amount: Decimal | None


def taken_off(
    words: Words, names: Sequence[str], amounts: Sequence[Money], *, in_currency: Currency
) -> list[list[Money]]:
    """What each coupon takes off each line."""
    left = list(amounts)
    off: list[list[Money]] = []
    for coupon in sorted(_coupons(words, in_currency=in_currency), key=_order):
        taken = _take(coupon, names, left, in_currency=in_currency)
        left = [amount - one for amount, one in zip(left, taken, strict=True)]
        off.append(taken)
    return off


def _order(coupon: _Coupon) -> tuple[bool, bool]:
    return coupon.lines is None, coupon.percent is None


def _coupons(words: Words, *, in_currency: Currency) -> list[_Coupon]:
    parts = words.parts(*_COUPONS) or []
    single = words.take("coupon", "discount")
    if isinstance(single, dict):
        parts.append(Words(single, of="coupon"))
    found = [_coupon(part, in_currency=in_currency) for part in parts]
    amount = None if isinstance(single, dict) else words.money("discount", "coupon", in_currency=in_currency)
    if amount is None and not isinstance(single, dict):
        amount = words.money("discount_amount", "coupon_amount", in_currency=in_currency)
    percent = words.number("discount_percent", "coupon_percent")
    rate = words.number("discount_rate", "coupon_rate")
    if rate is not None:
        percent = product(rate, Decimal(100))
    if percent is not None:
        found.append(_Coupon(None, percent, None))
    if amount is not None:
        found.append(_Coupon(None, None, amount))
    return found


def _coupon(part: Words, *, in_currency: Currency) -> _Coupon:
    part.take("id", "key", "code", "frequency")
    part.word("kind", "type", "coupon_type")
    amount = part.money("amount", "fixed", "value", "amount_off", in_currency=in_currency)
    percent = part.number("percent", "percentage", "percentage_rate", "percent_off")
    rate = part.number("rate")
    if rate is not None:
        percent = product(rate, Decimal(100))
    applies = part.take("applies_to", "fees", "lines", "scope", "for")
    part.done()
    if (amount is None) == (percent is None):
        raise Unsupported("a coupon is a percentage or an amount")
    if applies is None or (isinstance(applies, str) and applies.lower() in _ALL):
        return _Coupon(None, percent, amount)
    listed = [applies] if isinstance(applies, str) else applies
    if not isinstance(listed, list):
        raise Unsupported("a coupon says what it is for as a name or a list of them")
    return _Coupon(tuple(str(one) for one in listed), percent, amount)


def _take(coupon: _Coupon, names: Sequence[str], left: Sequence[Money], *, in_currency: Currency) -> list[Money]:
    reached = [coupon.lines is None or name in coupon.lines for name in names]
    if coupon.percent is not None:
        return list(percentage_off(coupon.percent, left, reached))
    return list(amount_off(round_to_money(coupon.amount or ZERO, in_currency), left, reached))
