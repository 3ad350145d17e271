"""INV-26: whatever is done to what was paid ahead, or to what was released of it, is found and said in a sentence."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from farthing.core.invoicing.released import deferrals_ahead, released_as_earned
from farthing.core.ledger.opening import Opening, OpeningItem, book_opening
from farthing.core.ledger.transaction import Transaction, TransactionKind
from farthing.core.money import Money
from tests.core.core_values import ACME, USD, at
from tests.core.held_books import closed_quarter

BOOKS = closed_quarter()
INVOICES, TRANSACTIONS = BOOKS.invoices(), BOOKS.transactions()
AHEAD = [one for invoice in INVOICES for one in deferrals_ahead(invoice)]
RELEASES = [one for one in TRANSACTIONS if one.kind is TransactionKind.RELEASE]


def times(transaction: Transaction, factor: int) -> Transaction:
    """The same with amounts so many times as large."""
    return replace(
        transaction,
        postings=tuple(
            replace(one, amount=Money(one.amount.minor * factor, one.amount.currency)) for one in transaction.postings
        ),
    )


def test_sound_books_say_nothing() -> None:
    assert len(RELEASES) >= 3
    assert list(released_as_earned(AHEAD, [], TRANSACTIONS)) == []


def test_more_than_was_earned_is_found() -> None:
    again = [times(one, 2) if one is RELEASES[-1] else one for one in TRANSACTIONS]
    (found,) = released_as_earned(AHEAD, [], again)
    assert "was released by 2026-03-31" in found


def test_less_than_was_earned_by_the_last_release_is_found() -> None:
    (found,) = released_as_earned(
        AHEAD,
        [],
        [one for one in TRANSACTIONS if one is not RELEASES[0]],
    )
    assert "was earned" in found


def test_a_fee_that_the_ledger_does_not_defer_is_found() -> None:
    first = next(one for one in TRANSACTIONS if one.kind is TransactionKind.INVOICE)
    (found,) = released_as_earned(
        AHEAD,
        [],
        [one for one in TRANSACTIONS if one is not first],
    )
    assert "paid ahead for subscription" in found


def test_what_is_deferred_for_no_document_is_found() -> None:
    (found,) = released_as_earned([], [], TRANSACTIONS)
    assert "Of 0.00 USD paid ahead" in found


def test_what_the_books_began_with_is_paid_ahead_too() -> None:
    item = OpeningItem(ACME, "R-1", Money(36500, USD), first_day=date(2026, 1, 1), days=365)
    opening = Opening("main", date(2025, 12, 31), 1, at("2026-01-01"), "Ada", (item,))
    booked = book_opening(opening, item)
    assert list(released_as_earned(AHEAD, [opening], [*TRANSACTIONS, booked])) == []
    (found,) = released_as_earned(AHEAD, [opening], TRANSACTIONS)
    assert f"paid ahead for customer {ACME}" in found
