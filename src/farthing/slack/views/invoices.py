"""An invoice's card: number, period, amount, due date, lines, chart, and the buttons *Explain* and *PDF*."""

from collections.abc import Sequence

from farthing.core.billing import frozen_cycle
from farthing.core.invoicing.below_lines import below_lines
from farthing.core.invoicing.invoice import Invoice
from farthing.core.parties import Customer
from farthing.core.period import Period, Wall
from farthing.core.rating.line import Line, LineKind
from farthing.slack.views.blocks import (
    Block,
    Card,
    actions,
    button,
    columns,
    escaped,
    facts,
    header,
    section,
    small_print,
    table,
)
from farthing.slack.views.charts import DailyUsage, charts
from farthing.slack.views.words import day_text, money_text, number_text, period_text, quantity_text


def invoice_card(customer: Customer, invoice: Invoice, usage: Sequence[DailyUsage] = ()) -> Card:
    """What a customer's channel is told when an invoice is issued."""
    due = day_text(invoice.due_on)
    period = period_text(invoice_period(invoice), in_zone=frozen_cycle(invoice.draft))
    blocks = [
        header(f"Invoice {invoice.number}"),
        facts(
            ("Customer", customer.name),
            ("Amount", money_text(invoice.total)),
            ("Period", period),
            ("Due", due),
        ),
        table(_line_rows(invoice), right=(1, 2)),
        *charts(usage),
        invoice_buttons(invoice),
        small_print(f"Issued {day_text(invoice.issued_on)}. Days are those of {escaped(invoice_zone(invoice))}."),
    ]
    text = (
        f"Invoice {escaped(invoice.number)} for {escaped(customer.name)}: {money_text(invoice.total)} for {period}, "
        f"due {due}. To do: pay it by then, or press Explain to see how it came about."
    )
    return Card(text, blocks)


def invoice_buttons(invoice: Invoice) -> Block:
    """*Explain* and *PDF*; they carry the invoice's id and nothing else."""
    value = str(invoice.invoice_id)
    return actions(
        button("Explain", "explain_invoice", value, described=f"Explain invoice {invoice.number}"),
        button("PDF", "invoice_pdf", value, described=f"Invoice {invoice.number} as PDF"),
    )


def invoice_list(invoices: Sequence[tuple[Customer, Invoice]], *, of_whom: str) -> Card:
    """The newest invoices, for one person."""
    if not invoices:
        return Card(f"No invoice has been issued for {escaped(of_whom)} yet.", [section("No invoice was issued yet.")])
    rows = [["Number", "Customer", "Issued", "Due", "Amount"]]
    rows += [
        [i.number, customer.name, day_text(i.issued_on), day_text(i.due_on), money_text(i.total)]
        for customer, i in invoices
    ]
    newest = invoices[0][1]
    return Card(
        f"The newest {len(invoices)} invoices of {escaped(of_whom)}; the newest is {escaped(newest.number)}: "
        f"{money_text(newest.total)}, due {day_text(newest.due_on)}.",
        [header("Invoices"), table(rows, right=(4,))],
    )


def invoice_columns(invoices: Sequence[tuple[Customer, Invoice]], *, with_customer: bool) -> Block:
    """The same in letters of one width, for Home."""
    rows = [["Number", *(["Customer"] if with_customer else []), "Due", "Amount"]]
    rows += [
        [i.number, *([customer.name] if with_customer else []), day_text(i.due_on), money_text(i.total)]
        for customer, i in invoices
    ]
    return columns(rows, right=(len(rows[0]) - 1,), widest=24)


def invoice_zone(invoice: Invoice) -> str:
    """The zone whose days the invoice counts."""
    return str(invoice.draft.frozen["zone"])


def invoice_period(invoice: Invoice) -> Period:
    """The period that the invoice is mostly about: that of its usage, else of its first line."""
    lines = invoice.draft.lines
    return next((line.period for line in lines if line.slice is not None), lines[0].period)


def line_title(line: Line, *, in_zone: str | Wall, beside: Period) -> str:
    """A line's name, with its own period when that is another than the one told beside it."""
    return line.name if line.period == beside else f"{line.name}, {period_text(line.period, in_zone=in_zone)}"


def line_quantity(line: Line) -> str:
    """How much a line is about: a quantity, or the days that a fee is for."""
    if line.kind in (LineKind.TRUE_UP, LineKind.OVERAGE):
        return "commitment"
    part = ""
    share = line.part if line.kind is LineKind.UNUSED else line.share
    if share is not None and share.days != share.of_days:
        part = f"{share.days:,} of {share.of_days:,} {share.unit}"
    if line.slice is None and not line.unit:
        return part or ("once" if line.kind is LineKind.ONCE else number_text(line.quantity))
    return ", ".join(said for said in (quantity_text(line.quantity, line.unit), part) if said)


def _line_rows(invoice: Invoice) -> list[list[str]]:
    period, wall = invoice_period(invoice), frozen_cycle(invoice.draft)
    rows = [["Line", "Quantity", "Amount"]]
    rows += [
        [line_title(line, in_zone=wall, beside=period), line_quantity(line), money_text(line.amount)]
        for line in invoice.draft.lines
    ]
    below = below_lines(invoice.draft, written=money_text).rows
    return [*rows, *([label, "–", money_text(money)] for label, money in below)]
