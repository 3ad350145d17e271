"""Coupons: what one or several take off the lines of an invoice, or of one invoice after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from farthing.cli.cases.answers import Answers, Split
from farthing.cli.cases.shape import percent_of
from farthing.cli.cases.words import MINOR, Unsupported, Words, exact_number, in_major
from farthing.core.invoicing.coupons import Applied, Coupon, Coupons, Scope
from farthing.core.invoicing.reckoning import Charged, Discount
from farthing.core.metering.count import Count
from farthing.core.metering.meter import Meter
from farthing.core.money import Currency, Money, currency, round_to_money, total
from farthing.core.period import Period
from farthing.core.pricing.per_unit import PerUnit
from farthing.core.pricing.plan import Price
from farthing.core.pricing.step import Step, StepKind
from farthing.core.rating.line import Cell, Line, LineKind

LINES = ("fees", "lines", "items", "line_amounts", "amounts", "charges")
INVOICES = ("invoices", "periods_amounts", "invoice_amounts", "subtotals", "bills")
_WHOLE = ("subtotal", "amount", "invoice", "total", "invoice_amount", "fee")
_ALL = frozenset({"all", "invoice", "any", "everything", "whole", "total", ""})
_FOR_EVER = frozenset({"forever", "for_ever", "unlimited", "always"})
_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)
_NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class ItemLine:
    """One line of a case: its amount, and the keys by which a coupon may be for it."""

    key: str
    amount: Money
    plan: str | None = None
    meter: str | None = None

    @property
    def line(self) -> Line:
        """As a line of an invoice."""
        step = Step(Decimal(1), self.amount.amount, kind=StepKind.UNITS)
        cell = Cell((), Decimal(1), Decimal(1), 0, (step,), (self.amount,))
        day = Period(_SOME_DAY, _SOME_DAY + timedelta(days=1))
        return Line(self.key, self.key, day, Decimal(1), "", (cell,), self.amount, LineKind.ITEM)

    @property
    def charged(self) -> Charged:
        """What it is charged for."""
        meter = None if self.meter is None else Meter(self.meter, 1, self.meter, Count())
        price = None if meter is None else Price(self.key, self.key, PerUnit(Decimal(0)), meter)
        return Charged(plan_key=self.plan, price=price)


def coupon(words: Words) -> Answers:
    """What a case of coupons comes to."""
    in_currency = words.currency()
    answers = Answers(in_currency)
    invoices = _invoices(words, in_currency=in_currency)
    applied = applied_from(words, in_currency=in_currency)
    given: list[list[Discount]] = []
    for items in invoices:
        discounts = taken_off(items, applied)
        given.append(discounts)
        applied = [_used(one, discounts) for one in applied]
    first, items = given[0], invoices[0]
    per_line = [_off_line(first, place, in_currency) for place in range(len(items))]
    credits = [total([one.amount for one in each], in_currency=in_currency) for each in given]
    sums = [total([item.amount for item in each], in_currency=in_currency) for each in invoices]
    after = [whole - credit for whole, credit in zip(sums, credits, strict=True)]
    several = len(invoices) > 1
    credit, net = (Split(credits[0], credits), Split(after[0], after)) if several else (credits[0], after[0])
    answers.add(credit, "credit", "credits", "coupons", "coupon_amount", "coupons_amount", "discounted", "applied",
                "total_discount", "credited", "credit_amount", "total_coupon", "total_coupons")  # fmt: skip
    answers.add(Split(credits[0], credits if several else per_line), "discount", "discounts", "discount_amount", "off")
    answers.add(per_line, "per_fee", "per_line", "coupon_per_fee", "per_fee_credit", "fee_credits", "line_discounts",
                "discount_per_line", "allocations", "split", "precise_coupons", "precise_coupons_amount",
                "coupon_per_line", "by_fee", "by_line", "per_item")  # fmt: skip
    answers.add([item.amount - off for item, off in zip(items, per_line, strict=True)], "net_per_fee", "net_per_line",
                "nets", "after_per_fee", "lines_after", "fees_after", "taxable_per_fee")  # fmt: skip
    answers.add(net, "net", "total", "amount", "after", "due", "subtotal_after", "total_excluding_taxes",
                "sub_total_excluding_taxes", "net_amount", "invoice_total", "amount_due", "totals",
                "net_total")  # fmt: skip
    answers.add(sums[0] if not several else sums, "subtotal", "fees", "fees_amount", "gross", "subtotals")
    amounts = [_by(first, one.applied_id, in_currency) for one in applied]
    answers.add(amounts, "per_coupon", "coupon_credits", "by_coupon", "credits_per_coupon", "applied_per_coupon")
    left = [one.available(in_currency=in_currency) for one in applied]
    answers.add(Split(left[0] if left else Money(0, in_currency), left), "remaining", "left", "remaining_amount",
                "coupon_remaining", "amount_remaining", "balance", "carried", "carried_over")  # fmt: skip
    periods = [None if one.coupon.periods is None else max(one.coupon.periods - one.uses, 0) for one in applied]
    if periods:
        answers.add(Split(periods[0], periods), "periods_left", "remaining_periods", "frequency_duration_remaining")
        answers.add(all(one.is_over for one in applied), "used_up", "terminated", "exhausted", "is_over")
    return answers


def taken_off(items: Sequence[ItemLine], applied: Sequence[Applied]) -> list[Discount]:
    """What these coupons take off these lines, in the order in which they do."""
    return Coupons(tuple(applied)).taken_off(
        [item.line for item in items],
        [item.amount for item in items],
        at=_SOME_DAY,
        of=[item.charged for item in items],
    )


def applied_from(words: Words, *, in_currency: Currency) -> list[Applied]:
    """The coupons of a case in the order in which they were given; its own words are one where it names none."""
    listed = words.parts("coupons", "applied_coupons", "discounts")
    alone = words.part("coupon", "applied_coupon", "discount") if listed is None else None
    of = listed if listed is not None else [alone if alone is not None else words]
    applied = []
    for place, each in enumerate(of):
        applied.append(_applied(each, place=place, in_currency=in_currency))
        if each is not words:
            each.done()
    return applied


def _applied(words: Words, *, place: int, in_currency: Currency) -> Applied:
    kind = words.word("kind", "type", "coupon_type", "discount_type")
    percent = percent_of(words)
    words.text("amount_currency")
    amount = None
    if percent is None:
        own = words.text("coupon_currency")
        off_in = in_currency if own is None else currency(own)
        amount = words.money("amount", "fixed", "amount_off", "value", "coupon_amount", "off", "discount_amount",
                             "fixed_amount", in_currency=off_in)  # fmt: skip
        if amount is None:
            raise Unsupported("a coupon takes off a percentage or an amount")
    if kind is not None and ("percent" in kind) != (percent is not None):
        raise Unsupported(f"a coupon that is {kind}, with {'a percentage' if percent is not None else 'an amount'}")
    scope, keys = _scope(words)
    remaining = words.money("remaining", "remaining_amount", "amount_left", in_currency=in_currency)
    if remaining is not None:
        amount = remaining
    coupon = Coupon(
        key=f"coupon-{place + 1}",
        name="Coupon",
        percent=percent,
        amounts=() if amount is None else (round_to_money(amount, in_currency),),
        scope=scope,
        keys=keys,
        periods=_periods(words),
        carries_over=words.flag("carries_over", "carry_over", "rolls_over") or False,
        least=_least(words, in_currency=in_currency),
    )
    uses = words.whole("uses", "used_periods", "periods_used") or 0
    return Applied(UUID(int=place + 1), coupon, _NOBODY, _SOME_DAY + timedelta(seconds=place), uses=uses)


def _periods(words: Words) -> int | None:
    frequency = words.word("frequency", "duration", "recurrence")
    for_ever = words.flag("forever", "for_ever")
    periods = words.whole("periods", "frequency_duration", "duration_in_months", "duration_in_periods", "months")
    if for_ever or frequency in _FOR_EVER or (frequency == "recurring" and periods is None):
        return None
    if frequency not in (None, "once", "one_time", "recurring", "repeating"):
        raise Unsupported(f"a coupon that lasts “{frequency}”")
    return 1 if periods is None else periods


def _scope(words: Words) -> tuple[Scope, tuple[str, ...]]:
    for scope, names in (
        (Scope.PRICE, ("fee_ids", "line_ids", "prices", "fees", "lines", "items", "products")),
        (Scope.METER, ("meters", "billable_metrics", "metrics", "billable_metric")),
        (Scope.PLAN, ("plans", "plan", "plan_codes", "limited_to_plans")),
    ):
        found = words.take(*names)
        if found is not None:
            return scope, _keys(found, of=names[0])
    named = words.take("applies_to", "scope", "target", "limited_to", "for")
    if named is None or (isinstance(named, str) and named.strip().lower() in _ALL):
        return Scope.INVOICE, ()
    return Scope.PRICE, _keys(named, of="applies_to")


def _keys(written: Any, *, of: str) -> tuple[str, ...]:
    keys = [written] if isinstance(written, str | int) else written
    if not isinstance(keys, list) or not keys:
        raise Unsupported(f"{of} should name what the coupon is for")
    return tuple(str(key) for key in keys)


def _least(words: Words, *, in_currency: Currency) -> tuple[Money, ...]:
    least = words.money("minimum", "minimum_amount", "least", in_currency=in_currency)
    return () if least is None else (round_to_money(least, in_currency),)


def _invoices(words: Words, *, in_currency: Currency) -> list[list[ItemLine]]:
    for name in INVOICES:
        minor = next((f"{name}{ending}" for ending in MINOR if words.has(f"{name}{ending}")), None)
        written = words.listed(minor or name)
        if written is not None:
            return [_items(one, minor=minor is not None, in_currency=in_currency) for one in written]
    for name in LINES:
        minor = next((f"{name}{ending}" for ending in MINOR if words.has(f"{name}{ending}")), None)
        written = words.take(minor or name)
        if written is not None:
            return [_items(written, minor=minor is not None, in_currency=in_currency)]
    whole = words.money(*_WHOLE, in_currency=in_currency)
    if whole is None:
        raise Unsupported("the inputs do not say what the coupon is taken off")
    return [[ItemLine("line-1", round_to_money(whole, in_currency))]]


def _items(written: Any, *, minor: bool, in_currency: Currency) -> list[ItemLine]:
    """The lines of one invoice: a list or an object of amounts, or one amount."""
    if isinstance(written, dict) and not any(isinstance(value, dict | list) for value in written.values()):
        listed = [(str(key), value) for key, value in written.items()]
    elif isinstance(written, list):
        listed = [(f"line-{place}", value) for place, value in enumerate(written, start=1)]
    else:
        listed = [("line-1", written)]
    if not listed:
        raise Unsupported("an invoice without lines")
    items = []
    for key, value in listed:
        if isinstance(value, dict):
            items.append(_item(Words(value, of="line"), key, in_currency=in_currency))
        else:
            number = exact_number(value, of="lines")
            items.append(ItemLine(key, round_to_money(in_major(number, in_currency) if minor else number, in_currency)))
    return items


def _item(words: Words, key: str, *, in_currency: Currency) -> ItemLine:
    amount = words.money("amount", "net", "subtotal", "price", "fee", in_currency=in_currency)
    if amount is None:
        raise Unsupported("a line without an amount")
    named = words.take("id", "key", "code", "product")
    item = ItemLine(
        key if named is None else str(named),
        round_to_money(amount, in_currency),
        plan=words.text("plan", "plan_code"),
        meter=words.text("meter", "billable_metric", "metric"),
    )
    words.done()
    return item


def _used(applied: Applied, discounts: Sequence[Discount]) -> Applied:
    own = [one.amount for one in discounts if one.source_id == applied.applied_id]
    if not own:
        return applied
    used = total([*applied.used, *own], in_currency=own[0].currency)
    return replace(applied, uses=applied.uses + 1, used=(used,))


def _off_line(discounts: Sequence[Discount], place: int, in_currency: Currency) -> Money:
    return total([one.amounts[place] for one in discounts], in_currency=in_currency)


def _by(discounts: Sequence[Discount], applied_id: UUID, in_currency: Currency) -> Money:
    return total([one.amount for one in discounts if one.source_id == applied_id], in_currency=in_currency)
