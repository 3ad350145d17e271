"""Subscriptions: begun, changed, ended, shown and listed."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import click

from farthing.cli.agreed_terms import overrides_from, quantities_from
from farthing.cli.agreed_words import (
    agreed_lines,
    anchored_sentence,
    attached_sentence,
    begun_sentence,
    detached_sentence,
    entitlement_lines,
    quantities_sentence,
)
from farthing.cli.commands import Commands
from farthing.cli.days import DAY
from farthing.cli.opened import Opened, opened
from farthing.cli.say import instant, showable, table
from farthing.cli.subscription_changes import COMMANDS, change_quantities_now
from farthing.core.cycle_words import cycle_in_words
from farthing.core.money import exact_decimal
from farthing.core.refused import Unknown
from farthing.core.subscriptions.lifecycle import State
from farthing.core.subscriptions.subscription import Standing, Subscription
from farthing.usecases.change_cycle import change_anchor
from farthing.usecases.change_subscription import agree_quantities, attach_add_on, end_add_on
from farthing.usecases.collect_due import past_due_invoices
from farthing.usecases.customers import find_customer, visible_customers
from farthing.usecases.entitlements import show_entitlements
from farthing.usecases.show_subscription import Agreed, agreed_in, show_subscriptions
from farthing.usecases.subscribe import Wishes, end_subscription
from farthing.usecases.subscribe import subscribe as begin_subscription


@click.group("subscription", cls=Commands)
def group() -> None:
    """Subscriptions: add, change, migrate, quantity, add-on, anchor, pause, resume, (un)cancel, end, show, list."""


for _command in COMMANDS:
    group.add_command(_command)


@group.command("add")
@click.argument("customer")
@click.argument("plan")
@click.option("--from", "starts_on", required=True, type=DAY, help="The first day, in the customer's zone.")
@click.option("--anchor-day", type=int, help="The day of the month on which periods start; as the plan says, if not.")
@click.option("--anchor", type=DAY, help="The day from which periods are counted, whatever their length.")
@click.option("--currency", help="One of the plan's currencies; its first one, when left out.")
@click.option(
    "--quantity",
    "quantities",
    multiple=True,
    metavar="NAME=NUMBER",
    help="How many of something are agreed, such as seats=10; 1 when left out.",
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="PRICE.TERM=VALUE",
    help="A term of this customer's own, such as input.unit=0.002; null takes one away.",
)
@click.option(
    "--override",
    "files",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A YAML file with terms of this customer's own: price keys, each with its terms as in the catalogue.",
)
def add(
    customer: str,
    plan: str,
    starts_on: date,
    anchor_day: int | None,
    anchor: date | None,
    currency: str | None,
    quantities: tuple[str, ...],
    settings: tuple[str, ...],
    files: tuple[Path, ...],
) -> None:
    """Put CUSTOMER on the newest version of PLAN.

    What is agreed beside the plan holds for this customer alone; “entitlements” and “commitments” can be set like
    prices. A charge that is made once is a price of the plan, or of an add-on, with “charged: once” in the catalogue.
    """
    wanted = quantities_from(quantities)
    with opened() as at:
        with at.store.transaction():
            offered = at.store.plan(plan, for_start=starts_on)
        wishes = Wishes(currency=currency, quantities=wanted, overrides=overrides_from(files, settings, plan=offered))
        subscription = begin_subscription(
            at.store,
            customer_key=customer,
            plan_key=plan,
            starts_on=starts_on,
            anchor_day=anchor_day,
            anchor=anchor,
            wishes=wishes,
        )
        agreed = _agreed(at, subscription)
    click.echo(showable(begun_sentence(agreed)))


subscribe = click.Command(
    "subscribe",
    callback=add.callback,
    params=add.params,
    help="Put CUSTOMER on the newest version of PLAN; short for subscription add.",
)


@group.command("quantity")
@click.argument("customer")
@click.argument("plan")
@click.argument("quantities", nargs=-1, required=True, metavar="NAME=NUMBER…")
@click.option("--now", "at_once", is_flag=True, help="From now on; what was charged ahead is given back in part.")
@click.option("--preview", is_flag=True, help="With --now: say what it would do, and keep nothing.")
def quantity(customer: str, plan: str, quantities: tuple[str, ...], *, at_once: bool, preview: bool) -> None:
    """Agree how many of something CUSTOMER has on PLAN, such as seats=12, from the next period on.

    The running period stays as it was agreed. Before a subscription begins, it counts from its start.
    """
    if at_once or preview:
        change_quantities_now(customer, plan, quantities, preview=preview)
        return
    wanted = quantities_from(quantities)
    with opened() as at:
        subscription, since = agree_quantities(
            at.store, customer_key=customer, plan_key=plan, quantities=wanted, now=at.now
        )
        agreed = _agreed(at, subscription)
    click.echo(showable(quantities_sentence(agreed, list(wanted), since)))


@group.command("add-on")
@click.argument("customer")
@click.argument("plan")
@click.argument("add_on", metavar="ADDON")
@click.option("--from", "from_day", type=DAY, help="The first day; today, or the first that is not billed yet.")
@click.option("--number", default="1", show_default=True, help="How many times over its fees are charged.")
def attach(customer: str, plan: str, add_on: str, from_day: date | None, number: str) -> None:
    """Add ADDON beside the PLAN of CUSTOMER.

    In the middle of a period its fees are charged by the days that are left, and a fee with “charged: once”, the way to
    make a one-off charge, is charged whole and a single time.
    """
    with opened() as at:
        subscription, attached = attach_add_on(
            at.store,
            customer_key=customer,
            plan_key=plan,
            add_on_key=add_on,
            now=at.now,
            from_day=from_day,
            number=_number(number),
        )
        agreed = _agreed(at, subscription)
    click.echo(showable(attached_sentence(agreed, attached)))


@group.command("end-add-on")
@click.argument("customer")
@click.argument("plan")
@click.argument("add_on", metavar="ADDON")
def detach(customer: str, plan: str, add_on: str) -> None:
    """End ADDON with the running period; one that has yet to begin is taken back."""
    with opened() as at:
        subscription, ended = end_add_on(at.store, customer_key=customer, plan_key=plan, add_on_key=add_on, now=at.now)
        agreed = _agreed(at, subscription)
    click.echo(showable(detached_sentence(agreed, ended)))


@group.command("anchor")
@click.argument("customer")
@click.argument("plan")
@click.argument("day", type=DAY)
def anchor_(customer: str, plan: str, day: date) -> None:
    """Count the periods of CUSTOMER on PLAN from DAY, after the running one.

    The running period ends as it was agreed; a part of a period leads from its end to the new day, and costs its share
    of the full period that it belongs to.
    """
    with opened() as at:
        subscription, since = change_anchor(at.store, customer_key=customer, plan_key=plan, anchor=day, now=at.now)
    click.echo(showable(anchored_sentence(customer, subscription, since)))


@group.command("show")
@click.argument("customer")
@click.argument("plan", required=False)
def show(customer: str, plan: str | None) -> None:
    """All that CUSTOMER agreed to (on PLAN alone, if named), and the next invoice as it stands."""
    with opened() as at:
        with at.store.transaction():
            found = find_customer(at.store, customer, person=None)
        shown = show_subscriptions(
            at.store, customer_key=found.key, person=None, now=at.now, plan_key=plan, with_drafts=True
        )
    if not shown and plan is not None:
        raise Unknown(f"{found.key} has no subscription to “{plan}”.", field="plan")
    click.echo(showable(f"{found.name} ({found.key}), as of {instant(at.now)}"))
    if not shown:
        click.echo("There is no subscription yet; farthing subscribe CUSTOMER PLAN --from DATE begins one.")
    for agreed in shown:
        click.echo("\n" + showable("\n".join(agreed_lines(agreed))))


@group.command("entitlements")
@click.argument("customer")
def entitlements(customer: str) -> None:
    """What CUSTOMER may use now, by plan and add-ons, with what is used of each limit in the running period."""
    with opened() as at:
        shown = show_entitlements(at.store, customer_key=customer, person=None, now=at.now)
    click.echo(showable("\n".join(entitlement_lines(shown))))


@group.command("end")
@click.argument("customer")
@click.argument("plan")
def end(customer: str, plan: str) -> None:
    """Stop at the end of the running period; what was agreed for that period stands."""
    with opened() as at:
        ended = end_subscription(at.store, customer_key=customer, plan_key=plan, now=at.now)
    assert ended.ends_at is not None, "an ended subscription has an end"
    last = ended.cycle.date_at(ended.ends_at)
    click.echo(f"{customer} leaves the plan {plan}: {last} is the first day without it.")


@group.command("list")
@click.argument("customer", required=False)
def list_(customer: str | None) -> None:
    """Subscriptions of CUSTOMER, or of all."""
    with opened() as at, at.store.transaction():
        wanted = None if customer is None else find_customer(at.store, customer, person=None)
        keys = {known.customer_id: known.key for known in visible_customers(at.store, person=None)}
        subscriptions = at.store.subscriptions(customer_id=None if wanted is None else wanted.customer_id)
        past_due = {
            part.subscription_id
            for customer_id in dict.fromkeys(one.customer_id for one in subscriptions)
            for invoice in past_due_invoices(at.store, customer_id, now=at.now)
            for part in invoice.draft.all_parts
        }
    if not subscriptions:
        click.echo("There are none yet; farthing subscribe CUSTOMER PLAN --from DATE begins one.")
        return
    rows = [["CUSTOMER", "PLAN", "VERSION", "FROM", "TO", "PERIODS", "ZONE", "STANDING"]]
    for subscription in subscriptions:
        cycle = subscription.cycle
        starts_on = cycle.date_at(subscription.starts_at)
        rows.append(
            [
                keys[subscription.customer_id],
                *map(str, subscription.plan_at(max(at.now, subscription.starts_at))),
                str(starts_on),
                "" if subscription.ends_at is None else str(cycle.date_at(subscription.ends_at)),
                cycle_in_words(cycle, near=starts_on),
                cycle.in_zone,
                _standing(subscription, at.now, is_past_due=subscription.subscription_id in past_due),
            ]
        )
    click.echo(table(rows, right=[2]))


def _standing(subscription: Subscription, now: datetime, *, is_past_due: bool) -> str:
    standing = subscription.standing(at=now)
    return State.PAST_DUE.value if is_past_due and standing is Standing.ACTIVE else standing.value


def _agreed(at: Opened, subscription: Subscription) -> Agreed:
    with at.store.transaction():
        return agreed_in(at.store, subscription, now=at.now)


def _number(written: str) -> Decimal:
    return exact_decimal(written, what="The number of add-ons")
