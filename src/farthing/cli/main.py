"""The command `farthing`: its groups and commands, one module a noun."""

from importlib.metadata import version
from pathlib import Path

import click

from farthing.cli import (
    apikey,
    audit,
    bench,
    books,
    budget,
    catalog,
    check,
    clock,
    coupon,
    credit,
    credit_note,
    customer,
    doctor,
    draft,
    entitlement,
    entity,
    init,
    invoice,
    notices,
    payment,
    period,
    person,
    price,
    sandbox,
    serve,
    slack,
    statement,
    subscription,
    tax,
    usage,
)
from farthing.cli.cases.command import command as cases_command
from farthing.cli.commands import Commands
from farthing.logs import log_to_stderr


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of the installation; without it FARTHING_HOME, or a folder of this user.",
)
@click.version_option(version("farthing"), prog_name="farthing")
def main(home: Path | None) -> None:
    """Usage-based billing that lives in Slack: usage events in, exact and explainable invoices out."""
    del home  # Read from the context by the commands that open the installation.
    log_to_stderr("warning")


for _noun in (
    apikey,
    audit,
    bench,
    books,
    budget,
    catalog,
    clock,
    coupon,
    credit,
    credit_note,
    customer,
    draft,
    entitlement,
    entity,
    invoice,
    notices,
    payment,
    period,
    person,
    sandbox,
    slack,
    subscription,
    tax,
    usage,
):
    main.add_command(_noun.group)
for _whole in (init, check, doctor, price, serve, statement):
    main.add_command(_whole.command)
main.add_command(budget.alert_group)
main.add_command(subscription.subscribe)
main.add_command(cases_command)
