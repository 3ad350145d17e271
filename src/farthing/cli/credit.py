"""Credit of customers: given away, topped up, and shown."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import click

from farthing.cli.commands import Commands
from farthing.cli.days import DAY
from farthing.cli.opened import opened
from farthing.cli.say import amount, counted, showable, table
from farthing.cli.whoever import BY
from farthing.core.invoicing.credits import Grant, GrantKind
from farthing.core.money import currency, exact_money
from farthing.core.period import local_date
from farthing.usecases.credits import expire_credit, grant_credit, show_credit


@click.group("credit", cls=Commands)
def group() -> None:
    """Credit: grant, top-up, show, expire."""


def _granting(kind: GrantKind, says: str) -> click.Command:
    """A command that grants credit of this kind."""

    @click.argument("customer")
    @click.argument("number", metavar="AMOUNT")
    @click.argument("code", metavar="CURRENCY")
    @click.option("--name", help="The name on invoices.")
    @click.option("--from", "starts_on", type=DAY, help="The first day whose usage it pays; from now on without it.")
    @click.option("--until", "expires_on", type=DAY, help="The last day whose usage it pays.")
    @click.option("--priority", type=int, default=0, show_default=True, help="Of several the lowest pays first.")
    @click.option("--because", default="", help="Why.")
    @click.option("--key", help="A key of your own: the same key makes one grant, however often it comes.")
    @BY
    def command(
        customer: str,
        number: str,
        code: str,
        name: str | None,
        starts_on: date | None,
        expires_on: date | None,
        priority: int,
        because: str,
        key: str | None,
        by: str,
    ) -> None:
        money = exact_money(number, currency(code.upper()))
        with opened() as at:
            granted = grant_credit(
                at.store,
                customer_key=customer,
                kind=kind,
                amount=money,
                key=key or uuid4().hex,
                by=by,
                now=at.now,
                name=name,
                because=because,
                starts_on=starts_on,
                expires_on=expires_on,
                priority=priority,
            )
        click.echo(showable(f"{customer} has {granted.amount} of {kind.value} credit more: {granted.name}."))

    command.__doc__ = says
    return click.command("top-up" if kind is GrantKind.PREPAID else "grant")(command)


group.add_command(
    _granting(GrantKind.PROMOTIONAL, "Give CUSTOMER credit that makes their invoices smaller, before tax.")
)
group.add_command(_granting(GrantKind.PREPAID, "CUSTOMER paid so much ahead, by hand; it pays their invoices."))


@group.command("show")
@click.argument("customer")
def show(customer: str) -> None:
    """What CUSTOMER has, in the order in which it pays, and what running usage will take of it."""
    with opened() as at:
        view = show_credit(at.store, customer_key=customer, person=None, now=at.now)
    if not view.grants:
        click.echo(f"{view.customer.key} has no credit; farthing credit top-up {view.customer.key} … adds some.")
        return
    zone = view.customer.in_zone
    rows = [["NAME", "KIND", "UNTIL", "GRANTED", "USED", "EXPIRED", "LEFT", ""]]
    rows += [_row(grant, zone) for grant in view.grants]
    click.echo(table(rows, right=[3, 4, 5, 6]))
    for balance in view.balances:
        expiring = ""
        if balance.expiring is not None:
            at_instant, ends = balance.expiring
            expiring = f"; {ends} ends on {local_date(at_instant, in_zone=zone)}"
        click.echo(f"\n{balance.available} available, {balance.pending} of it pending{expiring}.")


@group.command("expire")
def expire() -> None:
    """Book what is left of credit that is over; farthing serve does so by itself."""
    with opened() as at:
        booked = expire_credit(at.store, now=at.now)
    click.echo(f"{counted(len(booked), 'grant')} expired.")


def _row(grant: Grant, zone: str) -> list[str]:
    code = grant.amount.currency.code
    until = "" if grant.expires_at is None else str(local_date(grant.expires_at, in_zone=zone))
    gone = ["" if money is None else amount(money) for money in (grant.used, grant.expired)]
    return [grant.name, grant.kind.value, until, amount(grant.amount), *gone, amount(grant.left), code]
