"""What random walks came upon, each as the shortest way there."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from farthing.postgres.database import PostgresStore
from farthing.usecases.apply_catalogue import apply_catalogue
from farthing.usecases.cancel_subscription import cancel_subscription
from farthing.usecases.change_plan import change_plan
from farthing.usecases.changing import When
from farthing.usecases.check_books import check_books
from farthing.usecases.close_period import close_period
from farthing.usecases.late_usage import bill_late_usage, look_for_late
from farthing.usecases.void_invoice import reissue_invoice, void_invoice
from tests.databases import NOW
from tests.usecases.shop import METERS, STARTER, invoices, open_shop, plan_of, record, sent
from tests.usecases.test_correct_usage import correct, correction


def january(day: int) -> datetime:
    return datetime(2026, 1, day, 12, tzinfo=UTC)


def upgraded(store: PostgresStore) -> None:
    """Acme pays 49 for January, and on the 15th moves to a plan for 98."""
    open_shop(store)
    apply_catalogue(store, meters=METERS, plans=[STARTER, plan_of("grown", METERS, fee="98")], now=january(1))
    close_period(store, through=date(2025, 12, 31), now=january(1))
    change_plan(store, customer_key="acme", plan_key="starter", to="grown", now=january(15))
    # 98 x 17 / 31 = 53.74, less 49 - 49 x 14 / 31 = 26.87.
    assert [str(one.total) for one in invoices(store)] == ["49.00 USD", "26.87 USD"]


def test_the_bill_of_a_change_is_issued_again_with_what_it_gave_back(store: PostgresStore) -> None:
    upgraded(store)
    again = reissue_invoice(store, invoices(store)[-1].number, reason="Wrong name.", by="Ada", now=january(16))
    assert [str(line.amount) for line in again.draft.lines] == ["-26.87 USD", "53.74 USD"]
    assert check_books(store) == []


def test_what_a_voided_bill_gave_back_is_given_back_with_the_next_change(store: PostgresStore) -> None:
    upgraded(store)
    void_invoice(store, invoices(store)[-1].number, reason="Wrong.", by="Ada", now=january(16))
    assert check_books(store) == []
    left = cancel_subscription(store, customer_key="acme", plan_key="grown", now=january(20), when=When.NOW)
    (last,) = left.invoices
    # Since the 15th Acme is on the other plan, whose fee was voided: 49 - 49 x 14 / 31.
    assert [str(line.amount) for line in last.draft.lines if line.amount] == ["-26.87 USD"]
    assert check_books(store) == []


def test_a_bill_whose_giving_back_was_given_back_since_is_issued_again_without_it(store: PostgresStore) -> None:
    upgraded(store)
    change = invoices(store)[-1]
    void_invoice(store, change.number, reason="Wrong.", by="Ada", now=january(16))
    cancel_subscription(store, customer_key="acme", plan_key="grown", now=january(20), when=When.NOW)
    again = reissue_invoice(store, change.number, now=january(21))
    assert [line.kind.value for line in again.draft.lines] == ["fee"]
    assert check_books(store) == []


def test_late_usage_on_a_voided_invoice_of_its_own_is_billed_once_more(store: PostgresStore) -> None:
    open_shop(store)
    close_period(store, through=date(2026, 1, 31), now=NOW)
    record(store, sent("late", tokens=1000))
    look_for_late(store, now=NOW)
    assert bill_late_usage(store, now=NOW + timedelta(days=31)) == 1
    first = invoices(store)[-1]
    assert str(first.total) == "2.00 USD"
    void_invoice(store, first.number, reason="Wrong.", by="Ada", now=NOW + timedelta(days=32))
    assert bill_late_usage(store, now=NOW + timedelta(days=70)) == 1
    again = invoices(store)[-1]
    assert (again.number != first.number, again.total) == (True, first.total)
    assert check_books(store) == []


def test_an_event_that_counted_nothing_is_voided_after_it_was_billed(store: PostgresStore) -> None:
    open_shop(store)
    record(store, sent("one", tokens=0), sent("other", tokens=0))
    close_period(store, through=date(2026, 1, 31), now=NOW)
    correct(store, correction("undo", of="one"))
    look_for_late(store, now=NOW)
    close_period(store, through=date(2026, 2, 28), now=NOW + timedelta(days=40))
    adjusted = invoices(store)[-1].draft.lines[-1]
    assert (adjusted.kind.value, adjusted.slice and adjusted.slice.events) == ("adjustment", -1)
    assert check_books(store) == []
