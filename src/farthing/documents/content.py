"""What an invoice and a credit note say, worded and formatted: the text of their pages, before it is laid out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from farthing.core.billing import frozen_cycle
from farthing.core.explaining import Explainer
from farthing.core.invoicing.below_lines import BelowLines, below_lines, tax_label
from farthing.core.invoicing.credit_note import CreditedLine, CreditNote
from farthing.core.invoicing.invoice import Invoice, issuer
from farthing.core.invoicing.letterhead import EMPTY
from farthing.core.parties import Customer, Seller
from farthing.core.period import Wall
from farthing.documents.fonts import legible
from farthing.documents.frame import closing_content, frame_content, head_content
from farthing.documents.lines import LineWriter, kept_with_total
from farthing.languages.language import Language
from farthing.usecases.document_ports import Paper

NO_ANNEX: Mapping[str, Any] = {"heading": "", "explained": "", "parts": []}


def invoice_content(
    invoice: Invoice,
    customer: Customer,
    seller: Seller,
    explainer: Explainer,
    language: Language,
    paper: Paper,
    voided_by: CreditNote | None = None,
) -> dict[str, Any]:
    """All text of the invoice but the annex, ready to be laid out; names are cleaned of what cannot be drawn."""
    say, wall = language.say, frozen_cycle(invoice.draft)
    writer = LineWriter(explainer, language, wall)
    lines = [writer.line(line) for line in invoice.draft.lines]
    kept_with_total(lines)
    below = below_lines(invoice.draft, written=language.amount, words=language)
    marked = ""
    if voided_by is not None:
        marked = say(
            "Void: taken back in full by credit note {number} of {day}. Nothing is to be paid.",
            number=legible(voided_by.number),
            day=language.day(voided_by.issued_on),
        )
    due = _what_is_due(invoice, language)
    title = say("Invoice {number}", number=legible(invoice.number))
    return {
        **_around(invoice, customer, seller, language, paper, foot=[title, _rests_on(invoice.draft.frozen, language)]),
        "heading": say("Invoice"),
        "marked": marked,
        "billed_to": say("Billed to"),
        "facts": [
            [say("Invoice number"), legible(invoice.number)],
            [say("Issue date"), language.day(invoice.issued_on)],
            [say("Due date"), language.day(invoice.due_on)],
            [say("Period"), _period_billed(invoice, language, wall=wall)],
        ],
        "due_now": None if voided_by else [due, language.amount_with_code(invoice.due)],
        "columns": _columns(invoice, language),
        "lines": lines,
        **_below(below, language),
    }


def credit_note_content(
    note: CreditNote, invoice: Invoice, customer: Customer, seller: Seller, language: Language, paper: Paper
) -> dict[str, Any]:
    """All text of a credit note, in the shape of an invoice's; its amounts are what is taken back."""
    say = language.say
    writer = LineWriter(Explainer(invoice.draft), language, frozen_cycle(invoice.draft))
    lines = [_credited_line(line, invoice, language, writer) for line in note.lines]
    kept_with_total(lines)
    title = say("Credit note {number}", number=legible(note.number))
    about = say("Invoice {number}", number=legible(invoice.number))
    return {
        **_around(invoice, customer, seller, language, paper, foot=[title, about]),
        "heading": say("Credit note"),
        "marked": say("Voids invoice {number}: nothing of it remains.", number=legible(invoice.number))
        if note.voids
        else "",
        "billed_to": say("Credited to"),
        "facts": [
            [say("Credit note number"), legible(note.number)],
            [say("Issue date"), language.day(note.issued_on)],
            [say("About"), about],
            [say("Invoiced on"), language.day(invoice.issued_on)],
            [say("Reason"), legible(note.reason)],
        ],
        "due_now": [say("Credited"), language.amount_with_code(note.total)],
        # What was priced how the invoice says; here is only how much of it is taken back.
        "columns": [word if place != 2 else "" for place, word in enumerate(_columns(invoice, language))],
        "lines": lines,
        **_below(_below_note(note, language), language),
        "after_total": [[legible(label), language.amount(money)] for label, money in _where_it_goes(note, language)],
    }


def _around(
    invoice: Invoice, customer: Customer, seller: Seller, language: Language, paper: Paper, *, foot: Sequence[str]
) -> dict[str, Any]:
    """Both sides of a document about this invoice, and the foot of its pages."""
    assert invoice.draft.customer_id == customer.customer_id, f"{invoice.number} is not for {customer.key}"
    frozen, by = invoice.draft.frozen, issuer(invoice.draft)
    name = seller.entity.name if by is None else by.name
    letterhead = EMPTY if by is None else by.letterhead
    return {
        **frame_content(
            language,
            title=foot[0],
            seller_name=name or seller.entity.key,
            footer=[
                foot,
                [
                    language.say("Periods in {zone}", zone=frozen["zone"]),
                    language.say("Issue and due dates in {zone}", zone=seller.entity.in_zone),
                    language.say("Time zones of tzdata {version}", version=frozen["zone_database"]),
                ],
            ],
        ),
        **head_content(
            seller,
            customer,
            language,
            name=name or seller.entity.key,
            letterhead=letterhead,
            to=paper.to,
            logo=paper.logo,
        ),
        "closing": closing_content(letterhead),
        "annex": NO_ANNEX,
    }


def _columns(invoice: Invoice, language: Language) -> list[str]:
    say, code = language.say, invoice.draft.currency.code
    return [say("Description"), say("Quantity"), say("Price"), say("Amount ({currency})", currency=code)]


def _below(below: BelowLines, language: Language) -> dict[str, Any]:
    word, total = below.total
    return {
        "before_total": [[legible(label), language.amount(money)] for label, money in below.before],
        "total": [word, language.amount_with_code(total)],
        "after_total": [[legible(label), language.amount(money)] for label, money in below.after],
    }


def _credited_line(credited: CreditedLine, invoice: Invoice, language: Language, writer: LineWriter) -> dict[str, Any]:
    """What is taken off a line of the invoice: so many units of it, or an amount."""
    line, say = invoice.draft.lines[credited.number - 1], language.say
    whole = credited.gross == line.amount
    of = (
        say("All of line {number}", number=credited.number)
        if whole
        else say("From line {number} of {amount}", number=credited.number, amount=language.amount(line.amount))
    )
    taken = credited.units if credited.units is not None else line.quantity if whole and line.unit else None
    period = language.days_of(line.period, in_zone=frozen_cycle(invoice.draft))
    return {
        "name": legible(line.name) or legible(line.price_key),
        "note": f"{period} · {of}",
        "quantity": "" if taken is None else writer.units(taken, line),
        "priced": "",
        "amount": language.amount(credited.gross),
        "steps": [],
        "spans": [1],
    }


def _below_note(note: CreditNote, language: Language) -> BelowLines:
    """From what is taken off the lines to what is credited, as an invoice leads to what is due."""
    say, before = language.say, []
    discounts = [discount for discount in note.discounts if discount.amount]
    taxes = [tax for tax in note.taxes if tax.lines]
    if discounts or taxes:
        gross = sum((line.gross for line in note.lines[1:]), start=note.lines[0].gross)
        before.append((say("Subtotal"), gross))
    before += [(say("Share of {name}", name=discount.name), -discount.amount) for discount in discounts]
    for tax in taxes:
        label = tax_label(tax, within=note.tax_included, written=language.amount, words=language)
        before.append((label, tax.amount))
    return BelowLines(tuple(before), (say("Total credited"), note.total), ())


def _where_it_goes(note: CreditNote, language: Language) -> list[tuple[str, Any]]:
    """What becomes of the money: the unpaid part first, then the credit that paid, then the customer's balance."""
    say, off = language.say, note.off_receivable - note.to_balance
    told = [(say("Off what was left to pay"), off)] if off else []
    told += [(say("Back to {name}", name=use.name), use.amount) for use in note.credits]
    return told + ([(say("Paid before, and now your balance"), note.to_balance)] if note.to_balance else [])


def _rests_on(frozen: Mapping[str, Any], language: Language) -> str:
    if "plan_key" not in frozen:
        return language.say("Billed by itself")
    return language.say(
        "Plan {plan}, version {version}", plan=legible(str(frozen["plan_key"])), version=frozen["plan_version"]
    )


def _period_billed(invoice: Invoice, language: Language, *, wall: Wall) -> str:
    """The period whose end the invoice closes; where it only charges ahead, the period it charges for."""
    ended = [line.period for line in invoice.draft.lines if not line.advance and line.origin is None]
    periods = ended or [line.period for line in invoice.draft.lines]
    if not periods:
        return language.day(invoice.issued_on)
    first = min(period.first_day(in_zone=wall) for period in periods)
    return language.interval(first, max(period.last_day(in_zone=wall) for period in periods))


def _what_is_due(invoice: Invoice, language: Language) -> str:
    if invoice.due.minor > 0:
        return language.say("Amount due by {day}", day=language.day(invoice.due_on))
    return language.say("In your favour") if invoice.due else language.say("Nothing to pay")
