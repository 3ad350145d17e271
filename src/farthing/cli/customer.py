"""Customers: taken on, and listed."""

import shlex

import click

from farthing.cli.agreed_words import moved_sentences
from farthing.cli.commands import Commands
from farthing.cli.days import ZONE
from farthing.cli.opened import opened
from farthing.cli.say import showable, table
from farthing.cli.waiting import tell_waiting
from farthing.usecases.change_cycle import move_customer
from farthing.usecases.customers import add_customer, visible_customers


@click.group("customer", cls=Commands)
def group() -> None:
    """Customers: add, zone, list."""


@group.command("add")
@click.argument("key")
@click.option("--name", required=True, help="The name on their invoices.")
@click.option("--zone", required=True, type=ZONE, help="The time zone of their days and periods, e.g. Europe/Paris.")
@click.option("--email", help="Where their billing people are reached.")
def add(key: str, name: str, zone: str, email: str | None) -> None:
    """Take on a customer. KEY stands for them in the books and in each event's subject."""
    with opened() as at:
        customer = add_customer(at.store, key=key, name=name, in_zone=zone, email=email, now=at.now)
        with at.store.transaction():
            waiting = at.store.quarantined_of(subjects=[customer.key])
    click.echo(f"{customer.key} is a customer: {customer.name}, in {customer.in_zone}.")
    tell_waiting(waiting, [f"--subject {shlex.quote(customer.key)}"])


@group.command("zone")
@click.argument("key")
@click.argument("zone", type=ZONE)
def zone_(key: str, zone: str) -> None:
    """Move the customer KEY to another time ZONE.

    Each subscription follows with its next period, which stays a whole one: the hours that are won or lost on the way
    are part of it.
    """
    with opened() as at:
        moved = move_customer(at.store, customer_key=key, in_zone=zone, now=at.now)
    for sentence in moved_sentences(moved):
        click.echo(showable(sentence))


@group.command("list")
def list_() -> None:
    """All customers, by key."""
    with opened() as at, at.store.transaction():
        customers = visible_customers(at.store, person=None)
    if not customers:
        click.echo("There are no customers yet; farthing customer add KEY --name … --zone … takes one on.")
        return
    click.echo(table([["KEY", "NAME", "ZONE"], *([c.key, c.name, c.in_zone] for c in customers)]))
