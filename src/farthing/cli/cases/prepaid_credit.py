"""Prepaid credit: what grants pay of usage or of the lines of an invoice, in their order, and what each has left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from farthing.cli.cases.answers import Answers, Split
from farthing.cli.cases.coupon import ItemLine
from farthing.cli.cases.words import Unsupported, Words, exact_number, in_major
from farthing.core.exact import ONE, add, multiply
from farthing.core.invoicing.credits import Credit, Grant, GrantKind
from farthing.core.invoicing.reckoning import Charged
from farthing.core.money import Currency, Money, round_to_money, total, zero
from farthing.core.period import Period
from farthing.core.rating.line import Line

GRANTS = ("grants", "wallets", "credits", "credit_grants", "blocks")
USED = ("usage", "used", "consumed", "amount", "invoice", "total", "charge", "invoice_total", "spend")
LINES = ("lines", "line_amounts", "fees", "invoices", "amounts", "usages")
_BALANCE = ("wallet", "balance", "credit", "granted", "top_up", "prepaid", "wallet_balance", "opening_balance")
_NOBODY = UUID(int=0)
_SINCE = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Nothing:
    """A case's lines lie on one day, so nothing is used in a part of them."""

    def part_used(self, line: Line, of: Charged, within: Period) -> Money:  # noqa: ARG002
        return line.amount


def prepaid_credit(words: Words) -> Answers:
    """What a case of prepaid credit comes to."""
    in_currency = words.currency()
    answers = Answers(in_currency)
    rate = words.number("tax_rate", "tax", "vat_rate") or Decimal(0)
    ids, grants = _grants(words, in_currency=in_currency)
    lines = _lines(words, in_currency=in_currency)
    pending = words.money("pending", "pending_usage", "draft", "ongoing_usage", "current_usage",
                          in_currency=in_currency) or Decimal(0)  # fmt: skip
    taxed = [round_to_money(multiply(line.amount.amount, add(ONE, rate)), in_currency) for line in lines]
    left_of_lines, paid_of = [], dict.fromkeys((grant.grant_id for grant in grants), 0)
    for line, amount in zip(lines, taxed, strict=True):
        uses = Credit(tuple(grants), Nothing()).pays([line.line], [amount], of=[])
        paid = {use.grant_id: use.amount for use in uses}
        grants = [_used(grant, paid.get(grant.grant_id)) for grant in grants]
        for grant_id, money in paid.items():
            paid_of[grant_id] += money.minor
        left_of_lines.append(amount - total(list(paid.values()), in_currency=in_currency))
    left = total([grant.left for grant in grants], in_currency=in_currency)
    waiting = round_to_money(multiply(pending, add(ONE, rate)), in_currency)
    by_id = {name: grant.left for name, grant in zip(ids, grants, strict=True)}
    paid_by_id = {name: Money(paid_of[grant.grant_id], in_currency) for name, grant in zip(ids, grants, strict=True)}
    used = total(list(paid_by_id.values()), in_currency=in_currency)
    owed = total(left_of_lines, in_currency=in_currency)
    answers.add(left, "balance", "wallet_balance", "balance_after", "left", "total_balance", "closing_balance",
                "credit_left", "available")  # fmt: skip
    answers.add(left - waiting, "ongoing_balance", "balance_with_pending", "projected_balance")
    answers.add(waiting, "pending", "ongoing_usage", "ongoing_usage_balance")
    answers.add(Split(owed, left_of_lines), "remaining", "due", "unpaid", "overage", "amount_due", "lines",
                "remaining_per_line", "to_pay", "invoice_due", "outstanding")  # fmt: skip
    answers.add(Split(used, list(paid_by_id.values())), "used", "credits_applied", "applied", "burned", "paid",
                "drawn", "credits_used", "prepaid_credit", "credit_applied", "draws")  # fmt: skip
    answers.add(by_id, "balances", "grant_balances", "by_grant", "left_by_grant")
    answers.add(paid_by_id, "used_by_grant", "burned_by_grant", "burn_down", "applied_by_grant")
    answers.add(total(taxed, in_currency=in_currency), "total", "invoice_total", "total_with_tax")
    return answers


def _used(grant: Grant, paid: Money | None) -> Grant:
    if paid is None:
        return grant
    return replace(grant, used=paid + (grant.used or zero(paid.currency)))


def _grants(words: Words, *, in_currency: Currency) -> tuple[list[str], list[Grant]]:
    for name in GRANTS:
        minor = words.has(f"{name}_minor")
        listed = words.take(f"{name}_minor" if minor else name)
        if isinstance(listed, list):
            found = [_grant(one, place, minor=minor, in_currency=in_currency) for place, one in enumerate(listed)]
            return [name for name, _ in found], [grant for _, grant in found]
        if listed is not None:
            return ["grant-1"], [_of(exact_number(listed, of=name), 0, in_currency, minor=minor)]
    amount = words.money(*_BALANCE, in_currency=in_currency)
    if amount is None:
        raise Unsupported("the inputs name no credit")
    return ["wallet"], [_of(amount, 0, in_currency)]


def _grant(written: Any, place: int, *, minor: bool, in_currency: Currency) -> tuple[str, Grant]:
    if not isinstance(written, dict):
        return f"grant-{place + 1}", _of(exact_number(written, of="grants"), place, in_currency, minor=minor)
    words = Words(written, of="grant")
    amount = words.money("amount", "balance", "granted", "credits", "value", in_currency=in_currency)
    if amount is None:
        raise Unsupported("a grant without an amount")
    named = words.take("id", "key", "code")
    grant = _of(amount, place, in_currency)
    kind = words.word("kind", "type")
    since = _instant(words.text("granted_at", "created_at", "effective_at", "starts_at", "from"))
    grant = replace(
        grant,
        priority=words.whole("priority") or 0,
        expires_at=_instant(words.text("expires_at", "expires", "expiration_at", "until")),
        kind=GrantKind.PROMOTIONAL if kind in ("promotional", "granted", "free", "promo") else GrantKind.PREPAID,
        granted_at=since or grant.granted_at,
    )
    words.done()
    return f"grant-{place + 1}" if named is None else str(named), grant


def _of(amount: Decimal, place: int, in_currency: Currency, *, minor: bool = False) -> Grant:
    money = round_to_money(in_major(amount, in_currency) if minor else amount, in_currency)
    granted_at = _SINCE + timedelta(seconds=place)
    return Grant(UUID(int=place + 1), _NOBODY, "main", GrantKind.PREPAID, "Credit", money, granted_at, _SINCE)


def _lines(words: Words, *, in_currency: Currency) -> list[ItemLine]:
    for name in LINES:
        minor = words.has(f"{name}_minor")
        listed = words.listed(f"{name}_minor" if minor else name)
        if listed is not None:
            return [_line(one, place, minor, in_currency) for place, one in enumerate(listed)]
    amount = words.money(*USED, in_currency=in_currency)
    return [] if amount is None else [ItemLine("usage", round_to_money(amount, in_currency))]


def _line(written: Any, place: int, minor: bool, in_currency: Currency) -> ItemLine:
    number = exact_number(written, of="lines")
    return ItemLine(f"line-{place}", round_to_money(in_major(number, in_currency) if minor else number, in_currency))


def _instant(written: str | None) -> datetime | None:
    if written is None:
        return None
    try:
        read = datetime.fromisoformat(written)
    except ValueError:
        raise Unsupported(f"“{written}” is no instant") from None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
