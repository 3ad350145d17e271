"""A customer's statement in the terminal, as JSON, or as a PDF."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import click

from farthing.cli.days import DAY
from farthing.cli.opened import opened
from farthing.cli.printed import write_printed
from farthing.cli.say import amount, showable, table
from farthing.core.invoicing.statement import Statement
from farthing.usecases.print_documents import print_statement
from farthing.usecases.statement import show_statement


@click.command("statement")
@click.argument("customer")
@click.option("--from", "since", type=DAY, help="The first day; from the beginning, if left out.")
@click.option("--through", type=DAY, help="The last day; today, if left out.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--pdf", "as_pdf", is_flag=True, help="As a PDF.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where the PDF goes.")
def command(
    customer: str, since: date | None, through: date | None, as_json: bool, as_pdf: bool, out: Path | None
) -> None:
    """What CUSTOMER owed, each document and payment since, and what is owed; by legal entity and currency."""
    with opened() as at:
        if as_pdf:
            printer = at.wired.documents
            printed = print_statement(
                at.store, printer, customer, person=None, now=at.now, since=since, through=through
            )
            write_printed(printed, out)
            return
        view = show_statement(at.store, customer, person=None, now=at.now, since=since, through=through)
    if as_json:
        click.echo(json.dumps([_plain(one) for one in view.statements], indent=2))
        return
    if not view.statements:
        click.echo(f"{view.customer.key} has no documents and no payments.")
        return
    click.echo("\n\n".join(showable(_said(one, view.customer.name)) for one in view.statements))


def _said(statement: Statement, name: str) -> str:
    began = statement.since != date.min
    since = f" from {statement.since}" if began else ""
    rows = [["DAY", "WHAT", "", f"AMOUNT {statement.currency.code}", "BALANCE", ""]]
    if began:
        rows.append([str(statement.since), "Opening balance", "", "", amount(statement.opening), ""])
    for entry in statement.entries:
        kind = entry.kind.value.replace("_", " ").capitalize()
        rows.append([str(entry.on), kind, entry.name, amount(entry.amount), amount(entry.balance), entry.note])
    rows.append([str(statement.through), "Closing balance", "", "", amount(statement.closing), ""])
    return f"Statement of {name}{since} through {statement.through}\n\n{table(rows, right=[3, 4])}"


def _plain(statement: Statement) -> dict[str, object]:
    return {
        "legal_entity": statement.entity_key,
        "currency": statement.currency.code,
        "since": None if statement.since == date.min else statement.since.isoformat(),
        "through": statement.through.isoformat(),
        "opening": str(statement.opening.amount),
        "entries": [
            {
                "on": entry.on.isoformat(),
                "kind": entry.kind.value,
                "name": entry.name,
                "amount": str(entry.amount.amount),
                "balance": str(entry.balance.amount),
                "note": entry.note,
            }
            for entry in statement.entries
        ],
        "closing": str(statement.closing.amount),
    }
