"""Payments: recorded by hand, listed, used for what is open, and paid back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import click

from farthing.cli.commands import Commands
from farthing.cli.days import DAY
from farthing.cli.opened import opened
from farthing.cli.payment_collect import add_commands
from farthing.cli.say import amount, showable, table
from farthing.cli.whoever import BY
from farthing.core.invoicing.payment import PaidBy
from farthing.core.money import exact_decimal
from farthing.usecases.payments import (
    Paid,
    PaymentView,
    list_payments,
    record_payment,
    refund_payment,
    use_balance,
)


@click.group("payment", cls=Commands)
def group() -> None:
    """Payments: record, list, use, refund; methods on file, collect, attempts, terms."""


add_commands(group)


@group.command("record")
@click.argument("customer")
@click.argument("written", metavar="AMOUNT")
@click.option("--currency", "code", required=True, help="Such as EUR.")
@click.option("--invoice", "invoices", multiple=True, help="What it pays; without one, the oldest first.")
@click.option("--on", "received_on", type=DAY, help="The day on which it was received; today, if left out.")
@click.option("--reference", default="", help="The bank's reference; the same one is not recorded twice.")
@click.option(
    "--how",
    type=click.Choice([way.value for way in PaidBy if way is not PaidBy.GATEWAY]),
    default="bank_transfer",
    show_default=True,
)
@click.option("--keep", is_flag=True, help="Let it pay nothing yet: it is the customer's balance.")
@BY
def record(
    customer: str,
    written: str,
    code: str,
    invoices: tuple[str, ...],
    received_on: date | None,
    reference: str,
    how: str,
    keep: bool,
    by: str,
) -> None:
    """Record AMOUNT that CUSTOMER paid, and let it pay what is open."""
    paid = Paid(customer, exact_decimal(written, what="AMOUNT"), code, PaidBy(how), reference, received_on)
    with opened() as at:
        view = record_payment(at.store, paid, by=by, now=at.now, invoices=invoices, allocate=not keep)
    click.echo(_told(view))


@group.command("use")
@click.argument("customer")
@click.option("--invoice", "invoices", multiple=True, help="What it is to pay; without one, the oldest first.")
def use(customer: str, invoices: tuple[str, ...]) -> None:
    """Let what is left of CUSTOMER's payments pay what is open."""
    with opened() as at:
        views = use_balance(at.store, customer, now=at.now, invoices=invoices)
    click.echo("\n".join(_told(view) for view in views) or "Nothing was paid: no balance is left, or nothing is open.")


@group.command("list")
@click.argument("customer", required=False)
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
def list_(customer: str | None, limit: int) -> None:
    """Payments of CUSTOMER, or of all; newest first."""
    with opened() as at:
        views = list_payments(at.store, customer_key=customer, limit=limit)
    if not views:
        click.echo("There are no payments yet; farthing payment record CUSTOMER AMOUNT --currency … keeps one.")
        return
    rows = [["PAYMENT", "CUSTOMER", "RECEIVED", "AMOUNT", "", "FREE", "REFUNDED", "PAYS", "REFERENCE"]]
    for view in views:
        standing, payment = view.standing, view.standing.payment
        rows.append(
            [
                str(payment.payment_id),
                view.customer.key,
                str(payment.received_on),
                amount(payment.amount),
                payment.amount.currency.code,
                amount(standing.free),
                amount(standing.refunded),
                _pays(view.paying),
                payment.reference,
            ]
        )
    click.echo(table(rows, right=[3, 5, 6]))


@group.command("refund")
@click.argument("payment", type=click.UUID)
@click.argument("written", metavar="AMOUNT")
@click.option("--because", "reason", required=True, help="Why it is paid back.")
@click.option("--reopen", is_flag=True, help="Also what pays invoices: they are open again by as much.")
@BY
def refund(payment: UUID, written: str, reason: str, reopen: bool, by: str) -> None:
    """Note that AMOUNT of PAYMENT was paid back by hand; what pays no invoice goes first."""
    money = exact_decimal(written, what="AMOUNT")
    with opened() as at:
        view = refund_payment(at.store, payment, money, reason=reason, by=by, now=at.now, reopen=reopen)
    click.echo(_told(view))


def _told(view: PaymentView) -> str:
    standing, payment = view.standing, view.standing.payment
    told = [f"{payment.amount} of {view.customer.key}, received {payment.received_on}"]
    if view.paying:
        told.append(f"pays {_pays(view.paying)}")
    if standing.refunded:
        told.append(f"{standing.refunded} was paid back")
    if standing.free:
        told.append(f"{standing.free} is the customer's balance")
    return showable(f"Payment {payment.payment_id}: {'; '.join(told)}.")


def _pays(paying: Sequence[tuple[str, object]]) -> str:
    return ", ".join(f"{number} {money}" for number, money in paying)
