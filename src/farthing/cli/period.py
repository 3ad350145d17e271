"""Periods: closed, so that what is due is billed."""

from datetime import date

import click

from farthing.cli.commands import Commands
from farthing.cli.days import DAY
from farthing.cli.opened import opened
from farthing.cli.say import amount, counted, progress, table
from farthing.usecases.bill_accrued import bill_accrued
from farthing.usecases.close_period import close_period


@click.group("period", cls=Commands)
def group() -> None:
    """Billing periods: close."""


@group.command("close")
@click.option("--through", required=True, type=DAY, help="The last day to bill, in each customer's zone.")
def close(through: date) -> None:
    """Bill everything that is due up to the end of a day. What is billed already is left alone.

    What has accrued in running periods is billed, too, where it crossed the threshold of its plan.
    """
    with opened() as at:
        with at.store.transaction():
            before = {run.run_id: run.invoices for run in at.store.runs()}
        with progress() as bar:
            task = bar.add_task("Billing", total=None)
            totals = close_period(
                at.store,
                through=through,
                now=at.now,
                progress=lambda done, of: bar.update(task, completed=done, total=of),
            )
        accrued = bill_accrued(at.store, now=at.now)
    if accrued:
        click.echo(f"{counted(accrued, 'invoice')} of what has accrued and crossed a threshold.")
    made = totals.invoices - before.get(totals.run_id, 0)
    if not totals.invoices:
        click.echo(f"Nothing was due through {through}.")
        return
    click.echo(f"{counted(made, 'new invoice')} through {through}; the run has {totals.invoices:,} in all:")
    click.echo(table([[money.currency.code, amount(money)] for money in totals.totals], right=[1], indent="  "))
    if totals.largest:
        click.echo("The largest:")
        rows = [
            [invoice.number, customer.key, amount(invoice.total), invoice.total.currency.code]
            for customer, invoice in totals.largest
        ]
        click.echo(table(rows, right=[2], indent="  "))
