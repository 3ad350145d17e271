"""Credit notes: written for lines, units, an amount or all of an invoice; listed and shown."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import click

from farthing.cli.commands import Commands
from farthing.cli.opened import opened
from farthing.cli.printed import write_printed
from farthing.cli.say import amount, showable, table
from farthing.cli.whoever import BY
from farthing.core.invoicing.credit_note import CreditKind, CreditNote
from farthing.core.invoicing.crediting import Why
from farthing.core.invoicing.invoice import Invoice
from farthing.core.money import exact_decimal, plain
from farthing.core.refused import Refused
from farthing.usecases.credit_invoice import (
    CreditWish,
    LineWish,
    credit_invoice,
    list_credit_notes,
    preview_credit,
    show_credit_note,
)
from farthing.usecases.print_documents import print_credit_note


@click.group("credit-note", cls=Commands)
def group() -> None:
    """Credit notes: create, list, show, pdf."""


@group.command("create")
@click.argument("invoice")
@click.option(
    "--line",
    "lines",
    multiple=True,
    metavar="N[:AMOUNT|:UNITSu]",
    help="Line 2, 9.50 of it (2:9.50), 40 units (2:40u)",
)
@click.option("--amount", "written", help="So much of all lines, before taxes that come on top.")
@click.option("--all", "in_full", is_flag=True, help="All that is left of the invoice.")
@click.option("--kind", type=click.Choice([kind.value for kind in CreditKind]), default="correction", show_default=True)
@click.option("--because", "reason", required=True, help="Why; it stands on the note.")
@click.option("--preview", is_flag=True, help="Only show what it would say.")
@BY
def create(
    invoice: str,
    lines: tuple[str, ...],
    written: str | None,
    in_full: bool,
    kind: str,
    reason: str,
    preview: bool,
    by: str,
) -> None:
    """Credit INVOICE: off the unpaid part first, then back to prepaid credit, then to the customer's balance."""
    wish = CreditWish(
        lines=[_line(each) for each in lines],
        amount=None if written is None else exact_decimal(written, what="--amount"),
        in_full=in_full,
    )
    why = Why(CreditKind(kind), reason, by)
    with opened() as at:
        act = preview_credit if preview else credit_invoice
        note = act(at.store, invoice, wish, why, now=at.now)
        about = at.store
        with about.transaction():
            of = about.invoice(note.invoice_id)
    assert of is not None, f"{note.number} is about an invoice"
    click.echo(note_table(note, of))
    click.echo(f"Nothing is kept; it would be {note.number}." if preview else _where_the_money_went(note, of))


@group.command("list")
@click.argument("customer", required=False)
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
def list_(customer: str | None, limit: int) -> None:
    """Credit notes of CUSTOMER, or of all; newest first."""
    with opened() as at:
        listed = list_credit_notes(at.store, customer_key=customer, limit=limit)
    if not listed:
        click.echo("There are no credit notes.")
        return
    rows = [["NUMBER", "CUSTOMER", "ISSUED", "KIND", "TOTAL", "", "REASON"]]
    for who, note in listed:
        kind = "void" if note.voids else note.kind.value
        rows.append(
            [note.number, who.key, str(note.issued_on), kind, amount(note.total), note.currency.code, note.reason]
        )
    click.echo(table(rows, right=[4]))


@group.command("show")
@click.argument("number")
def show(number: str) -> None:
    """One credit note, line by line."""
    with opened() as at:
        view = show_credit_note(at.store, number, person=None)
    note = view.note
    click.echo(showable(f"Credit note {note.number} of {view.entity.name}, about invoice {view.invoice.number}"))
    click.echo(showable(f"To {view.customer.name} ({view.customer.key})"))
    click.echo(showable(f"Issued {note.issued_on}, by {note.by}: {note.reason}\n"))
    click.echo(note_table(note, view.invoice))
    click.echo(_where_the_money_went(note, view.invoice))


@group.command("pdf")
@click.argument("number")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where to; without it ./NUMBER.pdf.")
def pdf(number: str, out: Path | None) -> None:
    """Write a credit note's PDF."""
    with opened() as at:
        write_printed(print_credit_note(at.store, at.wired.documents, number, person=None), out)


def note_table(note: CreditNote, invoice: Invoice) -> str:
    """What a note takes back, line by line."""
    rows = [["#", "LINE", "UNITS", f"AMOUNT {note.currency.code}"]]
    for line in note.lines:
        units = "" if line.units is None else plain(line.units)
        name = invoice.draft.lines[line.number - 1].name
        rows.append([str(line.number), name, units, amount(line.gross)])
    rows += [["", f"Share of {one.name}", "", amount(-one.amount)] for one in note.discounts if one.amount]
    within = "in it: " if note.tax_included else ""
    for tax in note.taxes:
        if tax.lines:
            name = f"{within}{tax.name} {plain(tax.rate * 100)} % on {amount(tax.base)}"
            rows.append(["", name, "", amount(tax.amount)])
    rows.append(["", "Total", "", amount(note.total)])
    return table(rows, right=[0, 2, 3])


def _where_the_money_went(note: CreditNote, invoice: Invoice) -> str:
    freed = note.to_balance
    told = [f"{note.off_receivable - freed} off what is left to pay of {invoice.number}"]
    told += [f"{use.amount} back to {use.name}" for use in note.credits]
    if freed:
        told.append(f"{freed} to the customer's balance")
    return showable(f"{note.number}: {', '.join(told)}.")


def _line(written: str) -> LineWish:
    number, colon, what = written.partition(":")
    if not number.isascii() or not number.isdigit():
        raise Refused(f"“{written[:40]}” names no line; write 2, 2:9.50 or 2:40u.", field="line")
    if not colon:
        return LineWish(int(number[:9]))
    value: Decimal = exact_decimal(what.removesuffix("u"), what=f"What to credit of line {number}")
    return LineWish(int(number[:9]), units=value) if what.endswith("u") else LineWish(int(number[:9]), amount=value)
