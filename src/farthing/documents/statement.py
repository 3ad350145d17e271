"""A customer's statement as a PDF: what was owed, each document and payment since, what is owed, and for how long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from farthing.core.invoicing.statement import Entry, EntryKind, Statement
from farthing.core.parties import Customer, Seller
from farthing.core.saying import message
from farthing.documents.fonts import legible
from farthing.documents.frame import closing_content, frame_content, head_content
from farthing.documents.typeset import printed
from farthing.languages.language import Language
from farthing.usecases.document_ports import StatementSheet
from farthing.usecases.tax_ports import Addressee

_KINDS = {
    EntryKind.INVOICE: message("Invoice"),
    EntryKind.CREDIT_NOTE: message("Credit note"),
    EntryKind.PAYMENT: message("Payment"),
    EntryKind.REFUND: message("Refund"),
}
_WAYS = (
    message("bank transfer"),
    message("cash"),
    message("check"),
    message("other"),
    message("gateway"),
)
_OVERDUE = {
    "not_due": message("Not due yet"),
    "1-30": message("1 to 30 days overdue"),
    "31-60": message("31 to 60 days overdue"),
    "61-90": message("61 to 90 days overdue"),
    "over_90": message("More than 90 days overdue"),
}


def statement_pdf(
    sheets: Sequence[StatementSheet], customer: Customer, seller: Seller, to: Addressee, language: Language
) -> bytes:
    """Each statement on A4 pages of its own, with the letterhead of its legal entity."""
    through = sheets[0].statement.through
    title = language.say("Statement of {name}", name=legible(to.name) or legible(customer.key))
    content = {
        **frame_content(
            language,
            title=title,
            seller_name=sheets[0].entity.name or sheets[0].entity.key,
            footer=[[title], [language.say("As it stands on {day}", day=language.day(through))]],
        ),
        "sheets": [_sheet(sheet, customer, seller, to, language) for sheet in sheets],
    }
    at = datetime.combine(through, time(), UTC)
    rows = sum(len(sheet.statement.entries) for sheet in sheets)
    return printed("statement", content, at=at, rows=rows, logos=[sheet.logo for sheet in sheets])


def _sheet(
    sheet: StatementSheet, customer: Customer, seller: Seller, to: Addressee, language: Language
) -> dict[str, Any]:
    say, statement, entity = language.say, sheet.statement, sheet.entity
    code = statement.currency.code
    closing = statement.closing
    day = language.day(statement.through)
    owed = say("Nothing to pay on {day}", day=day)
    if closing:
        owed = say("You owe on {day}", day=day) if closing.minor > 0 else say("In your favour on {day}", day=day)
    return {
        **head_content(
            seller,
            customer,
            language,
            name=entity.name or entity.key,
            letterhead=entity.letterhead,
            to=to,
            logo=sheet.logo,
        ),
        "heading": say("Statement"),
        "marked": "",
        "billed_to": say("Customer"),
        "facts": [
            [say("From"), _since(statement, language)],
            [say("Through"), language.day(statement.through)],
            [say("Currency"), code],
        ],
        "due_now": [
            owed,
            language.amount_with_code(-closing if closing.minor < 0 else closing),
        ],
        "columns": [say("Day"), say("Document"), say("Amount ({currency})", currency=code), say("Balance")],
        "opening": [say("Owed before"), language.amount(statement.opening)],
        "entries": [_entry(entry, language) for entry in statement.entries],
        "closing_balance": [say("Owed at the end"), language.amount_with_code(closing)],
        "overdue_heading": say("Open invoices by how long they are overdue"),
        "overdue": [[say(_OVERDUE[bucket]), language.amount(money)] for bucket, money in sheet.overdue if money],
        "closing": closing_content(entity.letterhead),
    }


def _since(statement: Statement, language: Language) -> str:
    return language.say("The beginning") if statement.since == date.min else language.day(statement.since)


def _entry(entry: Entry, language: Language) -> list[str]:
    own = language.say(entry.name) if entry.name in _WAYS else legible(entry.name)
    name = " ".join((language.say(_KINDS[entry.kind]), own))
    note = legible(_note(entry, language))
    return [language.day(entry.on), name, note, language.amount(entry.amount), language.amount(entry.balance)]


def _note(entry: Entry, language: Language) -> str:
    if entry.due_on is None:
        return language.say(entry.note) if entry.note in _WAYS else entry.note
    due = language.say("due {day}", day=language.day(entry.due_on))
    if entry.paid_ahead is None:
        return due
    ahead, whole = language.amount(entry.paid_ahead), language.amount(entry.amount + entry.paid_ahead)
    return language.say("{due}, {part} of {total} paid by prepaid credit", due=due, part=ahead, total=whole)
