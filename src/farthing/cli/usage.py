"""Usage: imported from a file, shown, what is kept apart or in conflict, and how it arrives."""

import click

from farthing.cli import (
    batches,
    conflicts,
    corrections,
    quarantine,
    usage_import,
    usage_quality,
    usage_rollups,
    usage_windows,
)
from farthing.cli.bill_words import draft_table
from farthing.cli.commands import Commands
from farthing.cli.days import ZONE
from farthing.cli.opened import opened
from farthing.cli.say import counted, instant, table
from farthing.cli.uncovered import uncovered_lines
from farthing.core.metering.cutting import Cut
from farthing.core.rating.written import digits_and_fraction
from farthing.core.refused import Refused
from farthing.usecases.show_usage import show_usage
from farthing.usecases.uncovered import find_uncovered


@click.group("usage", cls=Commands)
def group() -> None:
    """Usage: import, show, event, amend, void, owed, batch, quarantine, conflicts, sources, audit, rebuild, verify."""


@group.command("show")
@click.argument("customer")
@click.option("--days", is_flag=True, help="Each day's usage, too.")
@click.option("--meter", help="Usage of this meter by time, with a chart, instead of the running period.")
@click.option("--from", "start", help="A day or an instant; without it the month that runs. With --meter.")
@click.option("--to", "end", help="Up to, and without, this day or instant; without it through today. With --meter.")
@click.option(
    "--window", type=click.Choice([each.value for each in Cut]), default="day", show_default=True, help="With --meter."
)
@click.option("--group-by", multiple=True, help="A group of the meter; may be given several times. With --meter.")
@click.option("--zone", type=ZONE, help="Whose days count; without it the customer's zone. With --meter.")
def show(
    customer: str,
    days: bool,
    meter: str | None,
    start: str | None,
    end: str | None,
    window: str,
    group_by: tuple[str, ...],
    zone: str | None,
) -> None:
    """What CUSTOMER has used in the running period, and what it comes to so far; or one meter by time and group."""
    if meter is not None:
        usage_windows.show_windows(
            customer=customer, meter=meter, start=start, end=end, into=window, in_zone=zone, group_by=group_by
        )
        return
    if start or end or group_by or zone:
        raise Refused("Say of which meter, too: add --meter, such as --meter tokens.", field="meter")
    with opened() as at:
        view = show_usage(at.store, customer_key=customer, person=None, now=at.now)
        uncovered = find_uncovered(at.store, customer_key=view.customer.key, now=at.now)
    click.echo(f"{view.customer.name} ({view.customer.key}), as of {instant(view.as_of)}")
    if not view.running:
        click.echo("No subscription runs now; farthing subscribe CUSTOMER PLAN --from DATE begins one.")
    for running in view.running:
        in_zone = running.subscription.cycle.in_zone
        first, last = running.period.first_day(in_zone=in_zone), running.period.last_day(in_zone=in_zone)
        click.echo(f"\n{running.plan.name}, {first} to {last} in {in_zone}")
        click.echo(draft_table(running.draft))
        for measured in running.meters if days else []:
            click.echo(f"\n  {measured.name}")
            daily = [
                [str(day.day), digits_and_fraction(day.quantity), counted(day.events, "event")]
                for day in measured.days
                if day.events
            ]
            click.echo(table(daily, right=[1, 2], indent="  "))
    for line in uncovered_lines(uncovered):
        click.echo(f"\n{line}")


group.add_command(usage_import.import_)
group.add_command(usage_rollups.verify)
group.add_command(usage_rollups.rebuild)
group.add_command(quarantine.group)
group.add_command(batches.group)
for command in corrections.COMMANDS:
    group.add_command(command)
group.add_command(conflicts.conflicts)
group.add_command(usage_quality.sources)
group.add_command(usage_quality.audit)
