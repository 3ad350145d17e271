"""The database itself holds that nothing is credited, paid or paid back beyond what there is, whoever asks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import psycopg
import pytest

from farthing.postgres.database import Database
from farthing.usecases.close_period import close_period
from farthing.usecases.payments import Paid, record_payment
from farthing.usecases.void_invoice import void_invoice
from tests.databases import NOW, DatabaseUrls, new_seller
from tests.usecases.shop import open_shop

Connection = psycopg.Connection[tuple[object, ...]]


@pytest.fixture
def connection(database_urls: DatabaseUrls, database: Database) -> Iterator[Connection]:
    """EX-000001 of 49.00 is paid out of 50.00, EX-000002 of 49.00 is voided; the product's role looks on."""
    seller = new_seller()
    database.add_seller(seller)
    store = database.for_seller(seller.seller_id)
    open_shop(store)
    close_period(store, through=date(2026, 1, 31), now=NOW)
    record_payment(store, Paid("acme", Decimal(50), "USD"), by="Ada", now=NOW, invoices=["EX-000001"])
    void_invoice(store, "EX-000002", reason="Wrong.", by="Ada", now=NOW)
    with psycopg.connect(database_urls.app) as opened:
        opened.execute("SELECT set_config('farthing.seller', %s, false)", [str(seller.seller_id)])
        opened.commit()
        yield opened
        opened.rollback()


def allocate(connection: Connection, number: str, minor: int) -> None:
    connection.execute(
        """
        INSERT INTO farthing.payment_allocation (payment_id, number, invoice_id, minor, transaction_id, allocated_at)
        SELECT paid.payment_id, 2, invoice.invoice_id, %s, paid.transaction_id, now()
        FROM farthing.payment_allocation AS paid, farthing.invoice AS invoice WHERE invoice.number = %s
        """,
        [minor, number],
    )


@pytest.mark.parametrize(
    ("number", "minor", "said"),
    [
        ("EX-000001", 1, r"INV-12: invoice EX-000001 asks 4900, of which 0 is credited and 4901 is paid"),
        ("EX-000001", -4901, r"INV-12"),
        ("EX-000002", 1, r"INV-12: invoice EX-000002 asks 4900, of which 4900 is credited and 1 is paid"),
    ],
)
def test_no_more_is_allocated_than_an_invoice_asks(connection: Connection, number: str, minor: int, said: str) -> None:
    allocate(connection, number, minor)
    with pytest.raises(psycopg.errors.CheckViolation, match=said):
        connection.commit()


def test_no_more_is_paid_back_than_a_payment_brought(connection: Connection) -> None:
    connection.execute(
        """
        INSERT INTO farthing.payment_refund (
            refund_id, payment_id, minor, reason, refunded_on, refunded_at, refunded_by, transaction_id
        )
        SELECT gen_random_uuid(), payment_id, 101, 'x', '2026-06-15', now(), 'Ada', transaction_id FROM farthing.payment
        """
    )
    with pytest.raises(psycopg.errors.CheckViolation, match=r"INV-12: payment .* brought 5000, of which 4900"):
        connection.commit()


def test_nothing_is_credited_of_what_is_voided_and_no_number_is_taken_at_will(connection: Connection) -> None:
    again = """
        INSERT INTO farthing.credit_note (
            credit_note_id, entity_key, sequence, number, invoice_id, customer_id, currency, issued_at, issued_on, kind,
            voids, reason, written_by, total_minor, discount_minor, tax_minor, tax_included, credit_minor, freed_minor,
            transaction_id
        )
        SELECT gen_random_uuid(), entity_key, sequence + %s, 'other', invoice_id, customer_id, currency, issued_at,
               issued_on, kind, false, reason, written_by, 1, 0, 0, false, 0, 0, transaction_id
        FROM farthing.credit_note
    """
    with pytest.raises(psycopg.errors.CheckViolation, match="INV-09: 2 is not the number that the series"):
        connection.execute(again, [1])
    connection.rollback()
    with pytest.raises(psycopg.errors.CheckViolation, match="INV-02: credit note other does not name"):
        connection.execute(again, [0])


def test_a_part_is_never_added_to_a_credit_note(connection: Connection) -> None:
    connection.execute(
        """
        INSERT INTO farthing.credit_note_credit (credit_note_id, number, grant_id, name, minor)
        SELECT credit_note_id, 1, gen_random_uuid(), 'x', 5 FROM farthing.credit_note
        """
    )
    with pytest.raises(psycopg.errors.CheckViolation, match="INV-03: credit note EX-CN-000001 says 4900"):
        connection.commit()


def test_a_number_of_the_series_is_a_credit_notes(connection: Connection) -> None:
    connection.execute("UPDATE farthing.number_series SET last = last + 1 WHERE kind = 'credit_note'")
    with pytest.raises(psycopg.errors.CheckViolation, match="INV-09: number 2 was given and no credit note has it"):
        connection.commit()


def test_an_invoice_has_one_live_attempt_whose_answer_stands(connection: Connection) -> None:
    begin = """
        INSERT INTO farthing.payment_attempt (
            attempt_id, customer_id, invoice_id, currency, minor, method, reason, asked_by, begun_at, state
        )
        SELECT gen_random_uuid(), customer_id, invoice_id, 'USD', 1, 'card', '', 'Ada', now(), 'live'
        FROM farthing.invoice WHERE number = 'EX-000001'
    """
    connection.execute(begin)
    connection.commit()
    with pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute(begin)
    connection.rollback()
    end = "UPDATE farthing.payment_attempt SET state = 'done', ended_at = now()"
    connection.execute(end)
    connection.commit()
    with pytest.raises(psycopg.errors.RestrictViolation, match="INV-08: the answer to attempt"):
        connection.execute(end)
