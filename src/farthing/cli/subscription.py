"""Subscriptions: begun, ended, and listed."""

from datetime import date

import click

from farthing.cli.commands import Commands
from farthing.cli.days import DAY
from farthing.cli.opened import opened
from farthing.cli.say import table
from farthing.core.period import local_date
from farthing.usecases.customers import find_customer, visible_customers
from farthing.usecases.subscribe import end_subscription
from farthing.usecases.subscribe import subscribe as begin_subscription


@click.group("subscription", cls=Commands)
def group() -> None:
    """Subscriptions: add, end, list."""


@group.command("add")
@click.argument("customer")
@click.argument("plan")
@click.option("--from", "starts_on", required=True, type=DAY, help="The first day, in the customer's zone.")
@click.option("--anchor-day", type=int, default=1, show_default=True, help="The day on which periods start.")
def add(customer: str, plan: str, starts_on: date, anchor_day: int) -> None:
    """Put CUSTOMER on the newest version of PLAN."""
    with opened() as at:
        subscription = begin_subscription(
            at.store, customer_key=customer, plan_key=plan, starts_on=starts_on, anchor_day=anchor_day
        )
    cycle = subscription.cycle
    click.echo(
        f"{customer} is on the plan {subscription.plan_key} (version {subscription.plan_version}) "
        f"from {local_date(subscription.starts_at, in_zone=cycle.in_zone)} in {cycle.in_zone}; "
        f"its periods start on day {cycle.anchor_day} of the month."
    )


subscribe = click.Command(
    "subscribe",
    callback=add.callback,
    params=add.params,
    help="Put CUSTOMER on the newest version of PLAN; short for subscription add.",
)


@group.command("end")
@click.argument("customer")
@click.argument("plan")
def end(customer: str, plan: str) -> None:
    """Stop at the end of the running period; what was agreed for that period stands."""
    with opened() as at:
        ended = end_subscription(at.store, customer_key=customer, plan_key=plan, now=at.now)
    assert ended.ends_at is not None, "an ended subscription has an end"
    last = local_date(ended.ends_at, in_zone=ended.cycle.in_zone)
    click.echo(f"{customer} leaves the plan {plan}: {last} is the first day without it.")


@group.command("list")
@click.argument("customer", required=False)
def list_(customer: str | None) -> None:
    """Subscriptions of CUSTOMER, or of all."""
    with opened() as at, at.store.transaction():
        wanted = None if customer is None else find_customer(at.store, customer, person=None)
        keys = {known.customer_id: known.key for known in visible_customers(at.store, person=None)}
        subscriptions = at.store.subscriptions(customer_id=None if wanted is None else wanted.customer_id)
    if not subscriptions:
        click.echo("There are none yet; farthing subscribe CUSTOMER PLAN --from DATE begins one.")
        return
    rows = [["CUSTOMER", "PLAN", "VERSION", "FROM", "TO", "DAY", "ZONE", "STANDING"]]
    for subscription in subscriptions:
        zone = subscription.cycle.in_zone
        rows.append(
            [
                keys[subscription.customer_id],
                subscription.plan_key,
                str(subscription.plan_version),
                str(local_date(subscription.starts_at, in_zone=zone)),
                "" if subscription.ends_at is None else str(local_date(subscription.ends_at, in_zone=zone)),
                str(subscription.cycle.anchor_day),
                zone,
                subscription.standing(at=at.now).value,
            ]
        )
    click.echo(table(rows, right=[2, 5]))
