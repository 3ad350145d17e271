"""Invoices: listed, shown, explained down to the event, and printed."""

from pathlib import Path

import click

from farthing.cli.bill_words import local_days
from farthing.cli.commands import Commands
from farthing.cli.explained import CELLS_SHOWN, event_lines, explanation_lines, line_quantity
from farthing.cli.opened import opened
from farthing.cli.printed import write_printed
from farthing.cli.reckoned import reckoned_rows
from farthing.cli.say import Found, amount, counted, showable, table
from farthing.cli.version_words import versions_sentence
from farthing.cli.whoever import BY
from farthing.core.billing import frozen_cycle
from farthing.core.invoicing.invoice import Invoice, issuer
from farthing.core.money import Currency, currency, exact_money
from farthing.core.period import Period, local_date
from farthing.core.refused import Refused
from farthing.usecases.credit_invoice import standings_of
from farthing.usecases.explain_line import explain_line, line_events
from farthing.usecases.invoice_once import Item, draft_once, invoice_once
from farthing.usecases.print_documents import print_invoice
from farthing.usecases.recompute_invoice import recompute_invoice
from farthing.usecases.show_invoices import list_invoices, show_invoice
from farthing.usecases.void_invoice import reissue_invoice, void_invoice


@click.group("invoice", cls=Commands)
def group() -> None:
    """Invoices: list, show, create, explain, recompute, pdf, void, reissue."""


@group.command("list")
@click.argument("customer", required=False)
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
def list_(customer: str | None, limit: int) -> None:
    """Invoices of CUSTOMER, or of all; newest first."""
    with opened() as at:
        listed = list_invoices(at.store, person=None, customer_key=customer, limit=limit)
        with at.store.transaction():
            standings = standings_of(at.store, [invoice for _, invoice in listed])
            today = local_date(at.now, in_zone=at.store.seller().entity.in_zone)
    if not listed:
        click.echo("There are no invoices yet; farthing period close --through DATE makes them.")
        return
    rows = [["NUMBER", "CUSTOMER", "PERIOD", "ISSUED", "DUE", "TOTAL", "", "STANDS", "LEFT"]]
    for (who, invoice), standing in zip(listed, standings, strict=True):
        total = invoice.total
        dates = [str(invoice.issued_on), str(invoice.due_on)]
        said = [standing.state(on=today).value.replace("_", " "), amount(standing.open) if standing.open else ""]
        rows.append([invoice.number, who.key, _billed_days(invoice), *dates, amount(total), total.currency.code, *said])
    click.echo(table(rows, right=[5, 8]))


@group.command("show")
@click.argument("number")
def show(number: str) -> None:
    """One invoice, line by line."""
    with opened() as at:
        view = show_invoice(at.store, number, person=None)
    invoice, draft = view.invoice, view.invoice.draft
    wall = frozen_cycle(draft)
    by, to = issuer(draft), view.addressee
    click.echo(showable(f"Invoice {invoice.number} of {view.seller.entity.name if by is None else by.name}"))
    click.echo(showable(f"To {view.customer.name if to is None else to.name} ({view.customer.key})"))
    if to is not None and (to.address.written or to.tax_ids):
        click.echo(showable(", ".join((*to.address.written, *map(str, to.tax_ids)))))
    click.echo(f"Issued {invoice.issued_on}, due {invoice.due_on}")
    click.echo(showable(f"{versions_sentence(draft)}\n"))
    rows = [["#", "LINE", "PERIOD", "QUANTITY", f"AMOUNT {invoice.total.currency.code}"]]
    for at_line, line in enumerate(draft.lines, start=1):
        name = f"{line.name}: {line.note}" if line.note else line.name
        rows.append([str(at_line), name, local_days(line.period, wall), line_quantity(line), amount(line.amount)])
    rows += [["", label, "", "", said] for label, said in reckoned_rows(draft)]
    click.echo(table(rows, right=[0, 3, 4]))


@group.command("create")
@click.argument("customer")
@click.option("--item", "items", multiple=True, required=True, metavar="NAME=AMOUNT", help="What is charged once.")
@click.option("--currency", "code", required=True, help="Such as EUR.")
@click.option("--key", required=True, help="A name for this request: the same key makes one invoice, however often.")
@click.option("--because", default="", help="Why; the customer reads it.")
@click.option("--preview", is_flag=True, help="Only show what it would say.")
@BY
def create(customer: str, items: tuple[str, ...], code: str, key: str, because: str, preview: bool, by: str) -> None:
    """Bill CUSTOMER for what belongs to no period, such as training, at once."""
    in_currency = currency(code)
    wanted = [_item(written, in_currency, because) for written in items]
    with opened() as at:
        if preview:
            with at.store.transaction():
                draft = draft_once(at.store, customer_key=customer, items=wanted, key=key, by=by, now=at.now)
        else:
            issued = invoice_once(at.store, customer_key=customer, items=wanted, key=key, by=by, now=at.now)
            draft = issued.draft
    rows = [[line.name, amount(line.amount)] for line in draft.lines]
    rows += [list(row) for row in reckoned_rows(draft)]
    click.echo(table(rows, right=[1]))
    if not preview:
        click.echo(f"{issued.number}, due {issued.due_on}.")


@group.command("void")
@click.argument("number")
@click.option("--because", "reason", required=True, help="Why; it stands on the credit note.")
@BY
def void(number: str, reason: str, by: str) -> None:
    """Take all of an invoice back by a credit note; what was paid of it is the customer's balance."""
    with opened() as at:
        note = void_invoice(at.store, number, reason=reason, by=by, now=at.now)
    freed = "" if note.freed is None else f" {note.freed} that was paid is the customer's balance."
    click.echo(f"{number} is voided by {note.number}.{freed} farthing invoice reissue {number} bills the same again.")


@group.command("reissue")
@click.argument("number")
@click.option("--because", "reason", help="Void it first, for this reason, if it is not voided yet.")
@BY
def reissue(number: str, reason: str | None, by: str) -> None:
    """Bill what a voided invoice billed once more, with today's usage and by what is agreed today."""
    with opened() as at:
        issued = reissue_invoice(at.store, number, now=at.now, reason=reason, by=by)
    rows = [[line.name, line_quantity(line), amount(line.amount)] for line in issued.draft.lines]
    rows += [[label, "", said] for label, said in reckoned_rows(issued.draft)]
    click.echo(table(rows, right=[1, 2]))
    click.echo(f"{issued.number} is in the place of {number}, due {issued.due_on}.")


@group.command("explain")
@click.argument("number")
@click.argument("line", type=click.IntRange(1), required=False)
@click.option("--cells", type=click.IntRange(1), default=CELLS_SHOWN, show_default=True, help="How many groups.")
@click.option("--days", is_flag=True, help="The usage of each local day, too.")
@click.option("--events", is_flag=True, help="The events, too.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="How many events.")
@click.option("--after", type=click.IntRange(0), default=0, help="Only events behind this position.")
def explain(number: str, line: int | None, cells: int, days: bool, events: bool, limit: int, after: int) -> None:
    """How a line came about (or all of them), in steps that a pocket calculator can redo."""
    broken = []
    with opened() as at:
        lines = len(show_invoice(at.store, number, person=None).invoice.draft.lines)
        for number_of_line in range(1, lines + 1) if line is None else [line]:
            explained = explain_line(at.store, number, number_of_line, person=None)
            click.echo(showable("\n".join(explanation_lines(explained, days=days, cells=cells))))
            if events and explained.line.slice is not None:
                page = line_events(at.store, number, number_of_line, person=None, after_position=after, limit=limit + 1)
                click.echo("\n".join(event_lines(page, explained, limit=limit, after=after)))
            click.echo("")
            if not explained.holds:
                broken.append(str(number_of_line))
    if broken:
        raise Found(f"{number} does not recompute in line {', '.join(broken)}; run farthing check.")


@group.command("recompute")
@click.argument("number")
def recompute(number: str) -> None:
    """Measure, price, discount and tax an invoice again, and compare every figure to the digit."""
    with opened() as at:
        again = recompute_invoice(at.store, number)
    if again.findings:
        lines = [str(finding) for finding in again.findings]
        raise Found("\n".join([*lines, f"{again.number} does not come out again; run farthing check."]))
    click.echo(f"{again.number} comes out again to the digit: {counted(again.lines, 'line')}, discounts and taxes.")


@group.command("pdf")
@click.argument("number")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where to; without it ./NUMBER.pdf.")
@click.option("--as-issued", is_flag=True, help="Of a voided invoice the file as it was, without the mark.")
def pdf(number: str, out: Path | None, as_issued: bool) -> None:
    """Write an invoice's PDF; one that was voided says so."""
    with opened() as at:
        write_printed(print_invoice(at.store, at.wired.documents, number, person=None, as_issued=as_issued), out)


def _billed_days(invoice: Invoice) -> str:
    """The days that ended with this invoice; those of one that charges only ahead are marked so."""
    lines, wall = invoice.draft.lines, frozen_cycle(invoice.draft)
    ended = [line.period for line in lines if not line.advance and line.origin is None]
    periods = ended or [line.period for line in lines]
    if not periods:
        return ""
    whole = Period(min(period.start for period in periods), max(period.end for period in periods))
    days = f"{whole.first_day(in_zone=wall)}..{whole.last_day(in_zone=wall)}"
    return days if ended else f"{days} ahead"


def _item(written: str, in_currency: Currency, why: str) -> Item:
    name, equals, number = written.rpartition("=")
    if not equals:
        raise Refused(f"“{written}” is no item; write it like Training=500.00.", field="items")
    return Item(name, exact_money(number, in_currency), why)
