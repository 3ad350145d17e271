"""A coupon's terms as people write them: read with care, refused in a sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date

from farthing.core.invoicing.coupons import Coupon, Scope, amount_off, percentage_off
from farthing.core.invoicing.reckoning import Charged, Discount
from farthing.core.money import Money, currency, exact_money
from farthing.core.pricing.fields import Terms, flag, maybe_number, only, whole, word, words
from farthing.core.rating.line import Line
from farthing.core.refused import Refused

KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
_FOR_EVER = ("for ever", "forever", "for_ever")
_KNOWN = {"name", "percent", "amounts", "periods", "carries_over", "redeem_by", "max_redemptions", "first_time_only",
          "minimum", "prices", "meters", "plans"}  # fmt: skip


def coupon_from(key: str, terms: Terms) -> Coupon:
    """The coupon that these terms describe.

    >>> coupon_from("spring", {"percent": "20", "periods": 3}).terms()
    {'name': 'spring', 'percent': '20', 'periods': 3}
    """
    if not KEY.fullmatch(key):
        raise Refused(
            f"“{key}” cannot be a coupon's key: use up to 64 letters, digits and . _ : - and begin with a letter or "
            "digit.",
            field="key",
        )
    of = f"The coupon “{key}”"
    only(terms, _KNOWN, of=of)
    scopes = [(scope, words(terms, f"{scope.value}s", of=of)) for scope in Scope if scope is not Scope.INVOICE]
    named = [(scope, keys) for scope, keys in scopes if keys]
    if len(named) > 1:
        raise Refused(f"{of} names {named[0][0]}s and {named[1][0]}s; give it one of them.", field=f"{named[1][0]}s")
    scope, keys = named[0] if named else (Scope.INVOICE, ())
    name = word(terms, "name", of=of, default=key)
    if not name.strip() or len(name) > 200:
        raise Refused(f"{of} needs a name: text of at most 200 characters.", field="name")
    return Coupon(
        key=key,
        name=name,
        percent=maybe_number(terms, "percent", of=of),
        amounts=_amounts(terms, "amounts", of=of),
        scope=scope,
        keys=keys,
        periods=None if terms.get("periods") in _FOR_EVER else whole(terms, "periods", of=of, default=1),
        carries_over=flag(terms, "carries_over", of=of, default=False),
        redeem_by=_day(terms, of=of),
        most_redemptions=None if terms.get("max_redemptions") is None else whole(terms, "max_redemptions", of=of),
        first_time_only=flag(terms, "first_time_only", of=of, default=False),
        least=_amounts(terms, "minimum", of=of),
    )


def taken_off_again(
    discount: Discount, lines: Sequence[Line], left: Sequence[Money], *, of: Sequence[Charged]
) -> tuple[Money, ...]:
    """What a coupon takes off lines that have so much left, by nothing but the terms that its invoice kept."""
    kept = dict(discount.terms)
    available, subscription = kept.pop("available", None), kept.pop("subscription", None)
    coupon = coupon_from(discount.key, kept)
    own = [subscription in (None, str(charged.subscription_id)) for charged in of]
    reached = [mine and coupon.reaches(line, charged) for mine, line, charged in zip(own, lines, of, strict=True)]
    if coupon.percent is not None:
        return percentage_off(coupon.percent, left, reached)
    code = discount.amounts[0].currency.code
    return amount_off(exact_money(available, currency(code)), left, reached)


def _amounts(terms: Terms, name: str, *, of: str) -> tuple[Money, ...]:
    written = terms.get(name)
    if written is None:
        return ()
    if not isinstance(written, Mapping) or not all(isinstance(code, str) for code in written):
        raise Refused(f"{of} takes “{name}” by currency, such as {{USD: 10}}.", field=name)
    try:
        return tuple(
            exact_money(written[code], currency(code), what=f"“{name}” of {of[0].lower()}{of[1:]}")
            for code in sorted(written)
        )
    except Refused as fault:
        raise Refused(fault.sentence, field=name) from None


def _day(terms: Terms, *, of: str) -> date | None:
    written = terms.get("redeem_by")
    if written is None or (isinstance(written, date) and type(written) is date):
        return written
    try:
        return date.fromisoformat(str(written))
    except ValueError:
        raise Refused(f"{of} takes “redeem_by” as a day, such as 2026-12-31.", field="redeem_by") from None
