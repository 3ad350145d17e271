"""Usage: imported from a file, shown, what is kept apart, and how it arrives."""

import click

from farthing.cli import quarantine, usage_import, usage_quality
from farthing.cli.bill_words import draft_table
from farthing.cli.commands import Commands
from farthing.cli.opened import opened
from farthing.cli.say import counted, instant, table
from farthing.cli.uncovered import uncovered_lines
from farthing.core.rating.written import digits_and_fraction
from farthing.usecases.show_usage import show_usage
from farthing.usecases.uncovered import find_uncovered


@click.group("usage", cls=Commands)
def group() -> None:
    """Usage: import, show, quarantine, sources, audit, conflicts."""


@group.command("show")
@click.argument("customer")
@click.option("--days", is_flag=True, help="Each day's usage, too.")
def show(customer: str, days: bool) -> None:
    """What CUSTOMER has used in the running period, and what it comes to so far."""
    with opened() as at:
        view = show_usage(at.store, customer_key=customer, person=None, now=at.now)
        uncovered = find_uncovered(at.store, customer_key=view.customer.key, now=at.now)
    click.echo(f"{view.customer.name} ({view.customer.key}), as of {instant(view.as_of)}")
    if not view.running:
        click.echo("No subscription runs now; farthing subscribe CUSTOMER PLAN --from DATE begins one.")
    for running in view.running:
        zone = running.subscription.cycle.in_zone
        first, last = running.period.first_day(in_zone=zone), running.period.last_day(in_zone=zone)
        click.echo(f"\n{running.plan.name}, {first} to {last} in {zone}")
        click.echo(draft_table(running.draft))
        for meter in running.meters if days else []:
            click.echo(f"\n  {meter.name}")
            daily = [
                [str(day.day), digits_and_fraction(day.quantity), counted(day.events, "event")]
                for day in meter.days
                if day.events
            ]
            click.echo(table(daily, right=[1, 2], indent="  "))
    for line in uncovered_lines(uncovered):
        click.echo(f"\n{line}")


group.add_command(usage_import.import_)
group.add_command(quarantine.group)
for _command in (usage_quality.sources, usage_quality.audit, usage_quality.conflicts):
    group.add_command(_command)
