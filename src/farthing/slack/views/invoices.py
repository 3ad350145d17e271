"""An invoice's card: number, period, amount, due date, lines, chart, and the buttons *Explain* and *PDF*."""

from collections.abc import Sequence

from farthing.core.billing import frozen_cycle
from farthing.core.invoicing.below_lines import below_lines
from farthing.core.invoicing.invoice import Invoice
from farthing.core.parties import Customer
from farthing.core.period import Period, Wall
from farthing.core.rating.line import Line, LineKind
from farthing.core.saying import message
from farthing.slack.views.blocks import (
    Block,
    Card,
    actions,
    button,
    columns,
    escaped,
    facts,
    header,
    named,
    section,
    small_print,
    table,
)
from farthing.slack.views.charts import DailyUsage, charts
from farthing.slack.views.words import (
    day_text,
    money_text,
    number_text,
    period_text,
    quantity_text,
    readers,
    say,
    several,
)


def invoice_card(customer: Customer, invoice: Invoice, usage: Sequence[DailyUsage] = ()) -> Card:
    """What a customer's channel is told when an invoice is issued."""
    due = day_text(invoice.due_on)
    period = period_text(invoice_period(invoice), in_zone=frozen_cycle(invoice.draft))
    blocks = [
        header(say("Invoice {number}", number=invoice.number)),
        facts(
            (say("Customer"), customer.name),
            (say("Amount"), money_text(invoice.total)),
            (say("Period"), period),
            (say("Due"), due),
        ),
        table(_line_rows(invoice), right=(1, 2)),
        *charts(usage),
        invoice_buttons(invoice),
        small_print(
            say(
                "Issued {day}. Days are those of {zone}.",
                day=day_text(invoice.issued_on),
                zone=escaped(invoice_zone(invoice)),
            )
        ),
    ]
    text = say(
        "Invoice {number} for {customer}: {amount} for {period}, due {due}. To do: pay it by then, or press Explain to "
        "see how it came about.",
        number=escaped(invoice.number),
        customer=named(customer.name),
        amount=money_text(invoice.total),
        period=period,
        due=due,
    )
    return Card(text, blocks)


def invoice_buttons(invoice: Invoice) -> Block:
    """*Explain* and *PDF*; they carry the invoice's id and nothing else."""
    value = str(invoice.invoice_id)
    return actions(
        button(
            say("Explain"),
            "explain_invoice",
            value,
            described=say("Explain invoice {number}", number=invoice.number),
        ),
        button(say("PDF"), "invoice_pdf", value, described=say("Invoice {number} as PDF", number=invoice.number)),
    )


def invoice_list(invoices: Sequence[tuple[Customer, Invoice]], *, of_whom: str) -> Card:
    """The newest invoices, for one person; `of_whom` is empty for all that they may see."""
    if not invoices:
        said = say("No invoice was issued yet.")
        if of_whom:
            return Card(say("No invoice has been issued for {customer} yet.", customer=named(of_whom)), [section(said)])
        return Card(say("No invoice has been issued for all you may see yet."), [section(said)])
    rows = [[say("Number"), say("Customer"), say("Issued"), say("Due"), say("Amount")]]
    rows += [
        [i.number, customer.name, day_text(i.issued_on), day_text(i.due_on), money_text(i.total)]
        for customer, i in invoices
    ]
    newest = invoices[0][1]
    told: dict[str, object] = {
        "number": len(invoices),
        "newest": escaped(newest.number),
        "amount": money_text(newest.total),
        "due": day_text(newest.due_on),
    }
    if of_whom:
        text = several(
            "The newest {number} invoices of {customer}; the newest is {newest}: {amount}, due {due}.",
            "The newest {number} invoices of {customer}; the newest is {newest}: {amount}, due {due}.",
            len(invoices),
            customer=named(of_whom),
            **told,
        )
    else:
        text = several(
            "The newest {number} invoices of all you may see; the newest is {newest}: {amount}, due {due}.",
            "The newest {number} invoices of all you may see; the newest is {newest}: {amount}, due {due}.",
            len(invoices),
            **told,
        )
    return Card(text, [header(say("Invoices")), table(rows, right=(4,))])


def invoice_columns(invoices: Sequence[tuple[Customer, Invoice]], *, with_customer: bool) -> Block:
    """The same in letters of one width, for Home."""
    rows = [[say("Number"), *([say("Customer")] if with_customer else []), say("Due"), say("Amount")]]
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
        return say("commitment")
    part = ""
    share = line.part if line.kind is LineKind.UNUSED else line.share
    if share is not None and share.days != share.of_days:
        of_all = message("{number} of {total} days") if share.unit == "days" else message("{number} of {total} seconds")
        part = say(of_all, number=number_text(share.days), total=number_text(share.of_days))
    if line.slice is None and not line.unit:
        return part or (say("once") if line.kind is LineKind.ONCE else number_text(line.quantity))
    return ", ".join(said for said in (quantity_text(line.quantity, line.unit), part) if said)


def _line_rows(invoice: Invoice) -> list[list[str]]:
    period, wall = invoice_period(invoice), frozen_cycle(invoice.draft)
    rows = [[say("Line"), say("Quantity"), say("Amount")]]
    rows += [
        [line_title(line, in_zone=wall, beside=period), line_quantity(line), money_text(line.amount)]
        for line in invoice.draft.lines
    ]
    below = below_lines(invoice.draft, written=money_text, words=readers()).rows
    return [*rows, *([label, "–", money_text(money)] for label, money in below)]
