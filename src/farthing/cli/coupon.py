"""Coupons: made, given to customers, taken back, and listed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import click

from farthing.cli.commands import Commands
from farthing.cli.days import DAY
from farthing.cli.opened import opened
from farthing.cli.say import counted, showable, table
from farthing.cli.whoever import BY
from farthing.core.invoicing.coupons import Applied, Coupon, Scope
from farthing.core.money import plain
from farthing.core.refused import Refused
from farthing.usecases.coupon_ports import Had
from farthing.usecases.coupons import add_coupon, apply_coupon, coupons_of, list_coupons, remove_coupon

_BY_CURRENCY = "CURRENCY=NUMBER"
_SUBSCRIPTION = click.option("--subscription", type=click.UUID, help="For this subscription only.")


@click.group("coupon", cls=Commands)
def group() -> None:
    """Coupons: add, apply, remove, list."""


@group.command("add")
@click.argument("key")
@click.option("--name", help="The name on invoices; the key, when left out.")
@click.option("--percent", help="So many percent off, such as 20.")
@click.option("--amount", "amounts", multiple=True, metavar=_BY_CURRENCY, help="An amount off, such as USD=10.")
@click.option("--price", "prices", multiple=True, help="Only off the lines of this price.")
@click.option("--meter", "meters", multiple=True, help="Only off usage of this meter.")
@click.option("--plan", "plans", multiple=True, help="Only off subscriptions to this plan.")
@click.option("--periods", default="1", show_default=True, help="How many invoices it takes something off; or forever.")
@click.option("--carries-over", is_flag=True, help="What an invoice leaves of an amount is there for the next one.")
@click.option("--redeem-by", type=DAY, help="The last day on which a customer may get it.")
@click.option("--max-redemptions", help="How many customers may get it.")
@click.option("--first-time-only", is_flag=True, help="Only for customers who were never charged.")
@click.option("--minimum", "minimums", multiple=True, metavar=_BY_CURRENCY, help="What the lines must come to.")
def add(
    key: str,
    name: str | None,
    percent: str | None,
    amounts: tuple[str, ...],
    prices: tuple[str, ...],
    meters: tuple[str, ...],
    plans: tuple[str, ...],
    periods: str,
    carries_over: bool,
    redeem_by: date | None,
    max_redemptions: str | None,
    first_time_only: bool,
    minimums: tuple[str, ...],
) -> None:
    """Make the coupon KEY. It takes a percentage or an amount off, and never changes."""
    terms: dict[str, Any] = {
        "name": name or key,
        "percent": percent,
        "amounts": _by_currency(amounts, "--amount"),
        "prices": list(prices),
        "meters": list(meters),
        "plans": list(plans),
        "periods": periods,
        "carries_over": carries_over,
        "redeem_by": redeem_by,
        "max_redemptions": max_redemptions,
        "first_time_only": first_time_only,
        "minimum": _by_currency(minimums, "--minimum"),
    }
    with opened() as at:
        coupon = add_coupon(at.store, key=key, terms=terms, now=at.now)
    click.echo(showable(f"{coupon.key} takes {coupon_words(coupon)}."))


@group.command("apply")
@click.argument("key")
@click.argument("customer")
@_SUBSCRIPTION
def apply(key: str, customer: str, subscription: UUID | None) -> None:
    """Give the coupon KEY to CUSTOMER; all that is not invoiced yet is reckoned with it."""
    with opened() as at:
        applied = apply_coupon(
            at.store, coupon_key=key, customer_key=customer, subscription_id=subscription, now=at.now
        )
    click.echo(showable(f"{customer} has {key}: {coupon_words(applied.coupon)}."))


@group.command("remove")
@click.argument("key")
@click.argument("customer")
@_SUBSCRIPTION
@click.option("--because", default="", help="Why.")
@BY
def remove(key: str, customer: str, subscription: UUID | None, because: str, by: str) -> None:
    """Take the coupon KEY back from CUSTOMER; issued invoices stay as they are."""
    with opened() as at:
        removed = remove_coupon(
            at.store,
            coupon_key=key,
            customer_key=customer,
            subscription_id=subscription,
            by=by,
            because=because,
            now=at.now,
        )
    uses = sum(applied.uses for applied in removed)
    click.echo(showable(f"{customer} has {key} no more; it took something off {counted(uses, 'invoice')}."))


@group.command("list")
@click.argument("customer", required=False)
def list_(customer: str | None) -> None:
    """All coupons by key; of CUSTOMER those that they have or had, with what each took off."""
    with opened() as at:
        if customer is not None:
            _, had = coupons_of(at.store, customer_key=customer)
            _show_had(customer, had)
            return
        offered = list_coupons(at.store)
    if not offered:
        click.echo("There are no coupons yet; farthing coupon add KEY --percent … makes one.")
        return
    rows = [["KEY", "NAME", "TAKES", "REDEEMED"]]
    for one in offered:
        most = one.coupon.most_redemptions
        redeemed = f"{one.redemptions:,}" if most is None else f"{one.redemptions:,} of {most:,}"
        rows.append([one.coupon.key, one.coupon.name, coupon_words(one.coupon), redeemed])
    click.echo(table(rows))


def coupon_words(coupon: Coupon) -> str:
    """What a coupon takes off, of what, and for how long.

    >>> from decimal import Decimal
    >>> coupon_words(Coupon("c", "C", percent=Decimal(20), scope=Scope.METER, keys=("tokens",), periods=3))
    '20 % off the meter tokens, on 3 invoices'
    """
    off = f"{plain(coupon.percent)} %" if coupon.percent is not None else " or ".join(map(str, coupon.amounts))
    of = ""
    if coupon.scope is not Scope.INVOICE:
        of = f" the {coupon.scope.value}{'' if len(coupon.keys) == 1 else 's'} {', '.join(coupon.keys)}"
    since = "for ever" if coupon.periods is None else f"on {counted(coupon.periods, 'invoice')}"
    rest = "; its rest carries over" if coupon.carries_over else ""
    least = f"; from {' or '.join(map(str, coupon.least))} on" if coupon.least else ""
    return f"{off} off{of}, {since}{rest}{least}"


def _show_had(customer: str, had: Sequence[Had]) -> None:
    if not had:
        click.echo(f"{customer} has no coupons; farthing coupon apply KEY {customer} gives one.")
        return
    rows = [["KEY", "SINCE", "TAKES", "INVOICES", "TOOK OFF", ""]]
    for one in had:
        applied = one.applied
        rows.append(
            [
                applied.coupon.key,
                f"{applied.applied_at:%Y-%m-%d}",
                coupon_words(applied.coupon),
                f"{applied.uses:,}",
                ", ".join(map(str, applied.used)) or "nothing",
                _standing(one, applied),
            ]
        )
    click.echo(table(rows, right=[3]))


def _standing(had: Had, applied: Applied) -> str:
    if had.removed_at is not None:
        return f"taken back on {had.removed_at:%Y-%m-%d}"
    return "used up" if applied.is_over else ""


def _by_currency(written: Sequence[str], option: str) -> dict[str, str] | None:
    found: dict[str, str] = {}
    for one in written:
        code, equals, number = one.partition("=")
        code = code.strip().upper()
        if not equals or not code or code in found:
            raise Refused(f"{option} takes a currency and a number each, such as USD=10; “{one}” is not that.")
        found[code] = number
    return found or None
