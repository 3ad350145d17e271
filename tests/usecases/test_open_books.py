"""Books begin where another system's ended: numbers go on, debts are owed, and what was paid ahead is earned."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from farthing.core.refused import Clash, Refused
from farthing.postgres.database import PostgresStore
from farthing.usecases.check_books import check_books
from farthing.usecases.close_period import close_period
from farthing.usecases.open_books import open_books
from farthing.usecases.release_revenue import release_revenue
from farthing.usecases.report_books import Bucket, aging, trial_balance
from tests.databases import NOW
from tests.usecases.shop import at_once, invoices, open_shop

UNPAID = {"customer": "acme", "number": "R-99", "due": "2026-01-15", "amount": "100.50", "currency": "USD"}
AHEAD = {
    "customer": "acme", "number": "R-98", "from": "2026-01-01", "to": "2026-12-31", "amount": "365.00",
    "currency": "USD",
}  # fmt: skip
GIVEN: dict[str, Any] = {
    "date": "2025-12-31", "next_invoice": "4711", "open_invoices": [UNPAID], "paid_ahead": [AHEAD],
}  # fmt: skip


def test_numbers_go_on_and_what_was_open_is_in_the_books(store: PostgresStore) -> None:
    open_shop(store)
    open_books(store, GIVEN, by="Ada", now=NOW)
    close_period(store, through=date(2026, 1, 31), now=NOW)
    assert [invoice.number for invoice in invoices(store)] == ["EX-004711", "EX-004712"]
    release_revenue(store, now=NOW)
    closing = {one.account.value: str(one.closing) for one in trial_balance(store, None).accounts}
    # 365.00 for a year, and of that 166 days to 15 June; 49.00 for January and for February.
    assert closing["revenue"] == "-264.00 USD"
    assert closing["deferred_revenue"] == "-199.00 USD"
    assert closing["opening"] == "264.50 USD"
    day, (acme,) = aging(store, as_of=None, customer_key="acme", now=NOW)
    assert (str(day), str(acme.total), str(acme.within(Bucket.OLDER))) == ("2026-06-15", "198.50 USD", "100.50 USD")
    assert check_books(store) == []


def test_books_are_opened_once_and_before_anything_is_in_them(store: PostgresStore) -> None:
    open_shop(store)
    open_books(store, {"date": "2025-12-31", "next_invoice": "7"}, by="Ada", now=NOW)
    with pytest.raises(Clash, match="have begun already"):
        open_books(store, GIVEN, by="Ada", now=NOW)
    close_period(store, through=date(2026, 1, 31), now=NOW)
    assert invoices(store)[0].sequence == 7
    assert check_books(store) == []


def test_threads_that_open_the_books_at_once_open_them_once(store: PostgresStore) -> None:
    open_shop(store)
    answers = at_once(*[lambda: open_books(store, GIVEN, by="Ada", now=NOW)] * 4)
    assert [type(answer) for answer in answers].count(Clash) == 3, answers
    with store.transaction():
        opening = store.opening("main")
    assert opening is not None
    assert (opening.next_invoice, len(opening.items)) == (4711, 2)


def test_books_with_a_document_are_not_opened(store: PostgresStore) -> None:
    open_shop(store)
    close_period(store, through=date(2026, 1, 31), now=NOW)
    with pytest.raises(Clash, match="have begun already"):
        open_books(store, GIVEN, by="Ada", now=NOW)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"date": "soon"}, "“soon” is not a date"),
        ({"date": "2026-12-31"}, "still to come"),
        ({"next_invoice": "0"}, "a whole number from 1 on"),
        ({"balances": []}, "An opening has a date"),
        ({"open_invoices": "all"}, "is a list"),
        ({"open_invoices": [{**UNPAID, "amount": "1.005"}]}, "has at most 2 digits after the point"),
        ({"open_invoices": [{**UNPAID, "amount": "-1"}]}, "above 0"),
        ({"open_invoices": [{**UNPAID, "customer": "nobody"}]}, "nobody"),
        ({"open_invoices": [{"customer": "acme"}]}, "entry 1 lacks amount, currency, due, number"),
        ({"open_invoices": [{**UNPAID, "vat": "1"}]}, "vat, which nobody asks for"),
        ({"open_invoices": [UNPAID, UNPAID]}, "stands there twice"),
        ({"paid_ahead": [{**AHEAD, "to": "2025-01-01"}]}, "the first before the last"),
    ],
)
def test_what_is_not_clear_is_refused_and_nothing_is_kept(
    store: PostgresStore, changed: dict[str, Any], says: str
) -> None:
    open_shop(store)
    with pytest.raises(Refused, match=says):
        open_books(store, {**GIVEN, **changed}, by="Ada", now=NOW)
    open_books(store, GIVEN, by="Ada", now=NOW)
