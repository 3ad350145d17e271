"""The books as a file for the accountant's own program, under the accountant's own numbers and names."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from farthing.core.ledger.chart import CHART, Chart
from farthing.core.ledger.month import Month
from farthing.core.ledger.plain_text import Declared, Entry, Format, written
from farthing.core.money import Currency
from farthing.usecases.ledger_ports import AccountBalance
from farthing.usecases.ports import SellerStore
from farthing.usecases.report_books import JournalEntry, journal_entries


def export_books(store: SellerStore, form: Format, *, month: Month | None, chart: Chart = CHART) -> Iterator[str]:
    """The lines of the file, as of one instant. A month begins with the balances of before, so it stands for itself."""
    with store.snapshot():
        seller = store.seller()
        since, through = (None, None) if month is None else (month.first_day, month.last_day)
        balances = store.account_balances(seller.entity.key, since=since, through=through)
        first = since or store.first_booking(seller.entity.key, after=None) or date(1970, 1, 1)
        yield from written(
            form,
            Declared(f"{seller.entity.name} ({seller.entity.key})", first, _currencies(balances)),
            _entries(store, month, balances),
            chart,
        )


def _entries(store: SellerStore, month: Month | None, balances: list[AccountBalance]) -> Iterator[Entry]:
    if month is not None:
        brought = [(one.account, one.opening) for one in balances if one.opening]
        if brought:
            yield Entry(month.first_day, "opening", "", "Balances brought forward", f"before {month}", brought)
    for told in journal_entries(store, month):
        yield _entry(told)


def _entry(told: JournalEntry) -> Entry:
    transaction = told.transaction
    return Entry(
        transaction.booked_on,
        transaction.kind.value,
        told.customer.name,
        told.narration,
        str(transaction.transaction_id),
        [(posting.account, posting.amount) for posting in transaction.postings],
        told.customer.key,
    )


def _currencies(balances: list[AccountBalance]) -> list[Currency]:
    return sorted({one.opening.currency for one in balances}, key=lambda one: one.code)
