"""The database holds the invariants itself, whoever asks: the product's role, and the owner past all grants."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import psycopg
import pytest

from farthing.postgres.database import Database
from tests.core.core_values import ACME
from tests.databases import NOW, DatabaseUrls, close, new_seller, open_books, send, used

Connection = psycopg.Connection[tuple[object, ...]]

APPEND_ONLY = (
    "meter_version",
    "plan_version",
    "add_on_version",
    "event_rule_version",
    "agreed_version",
    "agreed_cycle",
    "agreed_quantity",
    "event_key",
    "accepted_key",
    "usage_event",
    "accepted_event",
    "usage_mapped",
    "usage_superseded",
    "usage_correction",
    "usage_batch",
    "usage_batch_part",
    "usage_batch_apart",
    "usage_batch_revert",
    "usage_batch_revert_step",
    "usage_conflict",
    "usage_discarded",
    "usage_audit",
    "transaction",
    "posting",
    "closing_run",
    "invoice",
    "invoice_line",
    "invoice_part",
    "slice",
    "invoice_discount",
    "invoice_tax",
    "invoice_credit",
    "coupon",
    "applied_coupon",
    "removed_coupon",
    "credit_grant",
    "credit_expiry",
    "billing_policy",
    "draft_edit",
    "threshold_crossing",
    "draft_part",
    "customer_billing",
    "alert",
    "alert_act",
    "audit_entry",
    "notice_settings",
    "customer_hearing",
    "hearing_policy",
    "digest",
    "foretold",
    "foretold_move",
    "credit_mark",
    "sandbox_copy",
    "month_lock",
    "opening",
    "opening_item",
    "entity_logo",
    "tax_rules_version",
    "credit_note",
    "credit_note_line",
    "credit_note_discount",
    "credit_note_tax",
    "credit_note_credit",
    "payment",
    "payment_allocation",
    "payment_refund",
    "payment_method",
    "collecting_terms",
)
NEVER_REMOVED = (
    "seller",
    "customer",
    "subscription",
    "agreed_add_on",
    "agreed_pause",
    "usage_counter",
    "usage_silence",
    "number_series",
    "notice",
    "draft",
    "budget",
    "reservation",
    "legal_entity",
    "payment_attempt",
)


@pytest.fixture(params=["app", "owner"])
def connection(request: pytest.FixtureRequest, database_urls: DatabaseUrls, database: Database) -> Iterator[Connection]:
    """Books that are closed through February, and a transaction on them as either role."""
    seller = new_seller()
    database.add_seller(seller)
    store = database.for_seller(seller.seller_id)
    open_books(store)
    send(store, [used("1", "2026-01-15T00:00:00Z", tokens=400_000), used("2", "2026-01-16T00:00:00Z")])
    close(store, "2026-02-28")
    url: str = getattr(database_urls, request.param)
    with psycopg.connect(url) as opened:
        opened.execute("SELECT set_config('farthing.seller', %s, false)", [str(seller.seller_id)])
        opened.commit()
        yield opened
        opened.rollback()


def refuse(connection: Connection, statement: str, said: str) -> None:
    """The statement is refused for this reason."""
    with pytest.raises(psycopg.Error, match=said):
        connection.execute(statement.encode())
    connection.rollback()


def test_what_was_kept_is_neither_changed_nor_removed(connection: Connection) -> None:
    for table in APPEND_ONLY:
        refuse(connection, f"UPDATE farthing.{table} SET seller_id = seller_id", r"INV-08|permission denied")
    for table in APPEND_ONLY + NEVER_REMOVED:
        refuse(connection, f"DELETE FROM farthing.{table}", r"INV-08|permission denied")
        refuse(connection, f"TRUNCATE farthing.{table} CASCADE", r"INV-08|permission denied")


def test_these_are_all_the_guards_there_are(database_urls: DatabaseUrls) -> None:
    with psycopg.connect(database_urls.owner) as opened:
        rows = opened.execute(
            "SELECT tgname, relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid WHERE NOT tgisinternal"
        ).fetchall()
    guards: dict[str, set[str]] = {}
    for trigger, table in rows:
        guards.setdefault(trigger, set()).add(table)
    assert guards == {
        "append_only": set(APPEND_ONLY),
        "never_removed": set(NEVER_REMOVED),
        "never_changed": {"invoice_addressee"},
        "sums_to_zero": {"posting"},
        "books_something": {"transaction"},
        "numbered_and_booked": {"invoice", "credit_note"},
        "has_lines": {"invoice"},
        "adds_up": {"invoice_line"},
        "rises_by_one": {"number_series"},
        "number_is_used": {"number_series"},
        "reckoned": {"invoice", "invoice_discount", "invoice_tax", "invoice_credit"},
        "credited": {
            "credit_note",
            "credit_note_line",
            "credit_note_discount",
            "credit_note_tax",
            "credit_note_credit",
        },
        "settled": {"credit_note", "payment_allocation"},
        "paid_out": {"payment_allocation", "payment_refund"},
        "answered_once": {"payment_attempt"},
        "pays_no_more": {"invoice_discount", "invoice_credit", "credit_expiry"},
        "chains": {"slice"},
        "only_rises": {"usage_counter"},
        "positions_rise": {"event_key", "accepted_key", "usage_event", "accepted_event"},
        "catalogue_moved": {"meter_version", "plan_version", "add_on_version", "event_rule_version", "seller"},
        "older_version_agreed": {"subscription", "agreed_version", "agreed_add_on"},
        "goes_forward": {"subscription"},
        "ends_once": {"reservation"},
        "month_is_open": {"transaction"},
        "goes_by_month": {"month_lock"},
        "locks_month": {"month_lock"},
        "locked_as_said": {"legal_entity"},
        "opens_empty_books": {"opening"},
        "after_what_is_billed": {"agreed_version", "agreed_quantity", "agreed_pause", "threshold_crossing"},
    }


def test_the_products_role_has_no_right_to_change_the_books(database_urls: DatabaseUrls) -> None:
    with psycopg.connect(database_urls.app) as opened:
        for table in APPEND_ONLY:
            name = f"farthing.{table}"
            for right in ("DELETE", "TRUNCATE", "TRIGGER"):
                assert opened.execute("SELECT has_table_privilege(%s, %s)", [name, right]).fetchone() == (False,), name
            for right in ("UPDATE", "REFERENCES"):
                row = opened.execute("SELECT has_any_column_privilege(%s, %s)", [name, right]).fetchone()
                assert row == (False,), f"{right} on {name}"


# The ledger ------------------------------------------------------------------------------------------------------


def book(connection: Connection, *minors: int, kind: str = "release", about: UUID | None = None) -> UUID:
    """A transaction with these postings, in one statement."""
    transaction_id = uuid4()
    connection.execute(
        "INSERT INTO farthing.transaction (transaction_id, kind, about, booked_on, entity_key) "
        "VALUES (%s, %s, %s, '2026-03-01', 'main')",
        [transaction_id, kind, about or uuid4()],
    )
    if minors:
        connection.execute(
            """
            INSERT INTO farthing.posting (
                transaction_id, number, account, customer_id, subscription_id, currency, minor
            )
            SELECT %s, place, 'revenue', %s, %s, 'USD', minor
            FROM unnest(%s::bigint[]) WITH ORDINALITY AS given (minor, place)
            """,
            [transaction_id, ACME, uuid4(), list(minors)],
        )
    return transaction_id


def test_a_transaction_that_sums_to_zero_is_booked(connection: Connection) -> None:
    book(connection, 5, -3, -2)
    connection.commit()


def test_a_transaction_that_does_not_sum_to_zero_is_refused(
    connection: Connection,
) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match=r"INV-01: transaction .* is off by 1 USD"):
        book(connection, 5, -4)


def test_zero_is_asked_of_each_currency(connection: Connection) -> None:
    transaction_id = book(connection)
    with pytest.raises(psycopg.errors.CheckViolation, match="INV-01"):
        connection.execute(
            """
            INSERT INTO farthing.posting (
                transaction_id, number, account, customer_id, subscription_id, currency, minor
            )
            VALUES (%(id)s, 1, 'revenue', %(id)s, %(id)s, 'USD', 1), (%(id)s, 2, 'revenue', %(id)s, %(id)s, 'EUR', -1)
            """,
            {"id": transaction_id},
        )


def test_nothing_is_added_to_a_transaction_that_is_booked(
    connection: Connection,
) -> None:
    transaction_id = book(connection, 5, -5)
    with pytest.raises(psycopg.errors.CheckViolation, match=r"INV-08: .* nothing is added to it"):
        connection.execute(
            """
            INSERT INTO farthing.posting (
                transaction_id, number, account, customer_id, subscription_id, currency, minor
            )
            VALUES (%(id)s, 3, 'revenue', %(id)s, %(id)s, 'USD', 1), (%(id)s, 4, 'revenue', %(id)s, %(id)s, 'USD', -1)
            """,
            {"id": transaction_id},
        )


def test_a_transaction_without_postings_is_refused(connection: Connection) -> None:
    book(connection)
    with pytest.raises(psycopg.errors.CheckViolation, match=r"INV-01: transaction .* has no postings"):
        connection.commit()


def test_a_transaction_of_an_invoice_that_does_not_exist_is_refused(
    connection: Connection,
) -> None:
    book(connection, 5, -5, kind="invoice")
    with pytest.raises(psycopg.errors.CheckViolation, match="INV-02"):
        connection.commit()


# Invoices --------------------------------------------------------------------------------------------------------


def invoice(
    connection: Connection,
    *,
    sequence: int = 4,
    total: int = 100,
    lines: tuple[int, ...] = (60, 40),
    given: int | None = 4,
    issued_at: str = "2026-06-16",
    about: UUID | None = None,
) -> UUID:
    """An invoice after the three there are, with its number, its transaction and its lines."""
    invoice_id = uuid4()
    transaction_id = book(connection, total, -total, kind="invoice", about=about or invoice_id)
    if given is not None:
        connection.execute("UPDATE farthing.number_series SET last = %s, last_issued_at = %s", [given, issued_at])
    connection.execute(
        """
        INSERT INTO farthing.invoice (
            invoice_id, entity_key, sequence, number, customer_id, subscription_id, run_id, currency, billed_at,
            issued_at, issued_on, due_on, total_minor, transaction_id, frozen
        )
        SELECT %s, entity_key, %s, %s, customer_id, subscription_id, run_id, currency, '2026-07-01', %s, issued_on,
               due_on, %s, %s, frozen
        FROM farthing.invoice WHERE sequence = 1
        """,
        [invoice_id, sequence, f"EX-{sequence:06d}", issued_at, total, transaction_id],
    )
    if lines:
        add_lines(connection, invoice_id, *lines)
    return invoice_id


def add_lines(connection: Connection, invoice_id: UUID, *minors: int, first: int = 1) -> None:
    connection.execute(
        """
        INSERT INTO farthing.invoice_part (invoice_id, number, customer_id, billed_at, revision)
        SELECT invoice_id, 1, customer_id, billed_at, revision FROM farthing.invoice WHERE invoice_id = %s
        ON CONFLICT DO NOTHING
        """,
        [invoice_id],
    )
    connection.execute(
        """
        INSERT INTO farthing.invoice_line (
            invoice_id, number, price_key, name, period_start, period_end, quantity, unit, steps, minor, advance
        )
        SELECT %s, %s + place - 1, 'fee', 'Fee', '2026-06-01', '2026-07-01', 1, '', '[]', minor, false
        FROM unnest(%s::bigint[]) WITH ORDINALITY AS given (minor, place)
        """,
        [invoice_id, first, list(minors)],
    )


def test_an_invoice_that_adds_up_and_has_the_next_number_is_kept(
    connection: Connection,
) -> None:
    invoice(connection)
    connection.commit()


def test_an_invoice_whose_lines_do_not_add_up_is_refused(connection: Connection) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="INV-03"):
        invoice(connection, lines=(60, 41))


def test_an_invoice_without_lines_is_refused(connection: Connection) -> None:
    invoice(connection, total=0, lines=())
    with pytest.raises(psycopg.errors.CheckViolation, match=r"INV-03: invoice .* has no lines"):
        connection.commit()


def test_no_line_is_added_to_an_invoice_later(connection: Connection) -> None:
    invoice_id = invoice(connection)
    connection.commit()
    with pytest.raises(psycopg.errors.CheckViolation, match="INV-03"):
        add_lines(connection, invoice_id, 0, first=3)


def test_what_an_invoice_says_of_its_credits_is_what_is_kept_with_it(connection: Connection) -> None:
    invoice_id = invoice(connection)
    connection.execute(
        "INSERT INTO farthing.invoice_credit (invoice_id, number, grant_id, name, minor) VALUES (%s, 1, %s, 'x', 1)",
        [invoice_id, uuid4()],
    )
    with pytest.raises(psycopg.errors.CheckViolation, match=r"INV-03: the discounts, taxes and credits"):
        connection.commit()


def test_no_discount_tax_or_credit_is_added_to_an_invoice_later(connection: Connection) -> None:
    invoice_id = invoice(connection)
    connection.commit()
    added = "INSERT INTO farthing.invoice_credit (invoice_id, number, grant_id, name, minor) VALUES (%s, 1, %s, 'x', 1)"
    connection.execute(added, [invoice_id, uuid4()])
    with pytest.raises(psycopg.errors.CheckViolation, match="INV-03"):
        connection.commit()


@pytest.mark.parametrize("given", [3, 5, 0])
def test_a_number_is_neither_skipped_nor_given_again(connection: Connection, given: int) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match=r"INV-09: a series .* rises by one"):
        invoice(connection, sequence=given, given=given)


def test_an_invoice_takes_the_number_that_was_just_given(connection: Connection) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="INV-09: 5 is not the number"):
        invoice(connection, sequence=5, given=4)


def test_an_invoice_without_a_number_of_its_own_is_refused(
    connection: Connection,
) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="INV-09"):
        invoice(connection, sequence=4, given=None)


def test_a_number_without_an_invoice_is_refused(connection: Connection) -> None:
    connection.execute("UPDATE farthing.number_series SET last = 4, last_issued_at = '2026-06-16'")
    with pytest.raises(psycopg.errors.CheckViolation, match="INV-09: number 4 was given and no invoice has it"):
        connection.commit()


def test_numbers_rise_with_issue_time(connection: Connection) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="INV-09"):
        invoice(connection, issued_at="2026-06-14")


def test_an_invoice_names_its_own_transaction(connection: Connection) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match=r"INV-02: .* does not name a transaction of its own"):
        invoice(connection, about=uuid4())


def test_one_moment_of_a_subscription_has_one_invoice(connection: Connection) -> None:
    invoice(connection)
    with pytest.raises(psycopg.errors.UniqueViolation, match="billed_at"):
        invoice(connection, sequence=5, given=5)


# Slices ----------------------------------------------------------------------------------------------------------


def link(
    connection: Connection,
    number: int,
    after: int,
    upto: int,
    *,
    charge_id: UUID,
    revision: int = 0,
) -> None:
    """One more link of a charge's chain, on a line of its own."""
    found = connection.execute("SELECT invoice_id FROM farthing.invoice WHERE sequence = 4").fetchone()
    invoice_id = found[0] if found else invoice(connection, lines=(60, 40, 0, 0, 0))
    taken = connection.execute("SELECT count(*) FROM farthing.slice WHERE invoice_id = %s", [invoice_id]).fetchone()
    assert taken is not None
    connection.execute(
        """
        INSERT INTO farthing.slice (
            charge_id, revision, number, after, upto, quantity, events, invoice_id, line_number
        ) VALUES (%s, %s, %s, %s, %s, 0, 0, %s, %s)
        """,
        [charge_id, revision, number, after, upto, invoice_id, int(str(taken[0])) + 1],
    )


def test_slices_chain_also_over_links_of_no_width(connection: Connection) -> None:
    charge_id = uuid4()
    link(connection, 1, 0, 0, charge_id=charge_id)
    link(connection, 2, 0, 5, charge_id=charge_id)
    link(connection, 3, 5, 5, charge_id=charge_id)
    link(connection, 4, 5, 8, charge_id=charge_id)
    link(connection, 1, 0, 8, charge_id=charge_id, revision=1)
    connection.commit()


@pytest.mark.parametrize(("number", "after", "upto"), [(2, 4, 9), (2, 6, 9), (2, 0, 9), (3, 5, 9)])
def test_a_slice_that_overlaps_or_leaves_a_gap_is_refused(
    connection: Connection, number: int, after: int, upto: int
) -> None:
    charge_id = uuid4()
    link(connection, 1, 0, 5, charge_id=charge_id)
    with pytest.raises(psycopg.errors.CheckViolation, match="INV-05"):
        link(connection, number, after, upto, charge_id=charge_id)


def test_a_chain_begins_at_zero(connection: Connection) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="INV-05"):
        link(connection, 1, 3, 5, charge_id=uuid4())


# Usage and subscriptions -------------------------------------------------------------------------------------------


def accept(connection: Connection, *positions: int) -> None:
    connection.execute(
        """
        INSERT INTO farthing.usage_event (
            position, key, customer_id, type, happened_at, accepted_at, source, id, subject, data
        ) SELECT position, gen_random_uuid(), gen_random_uuid(), 't', now(), now(), 's', 'i', 'b', '{}'
          FROM unnest(%s::bigint[]) AS given (position)
        """,
        [list(positions)],
    )


def test_positions_are_taken_from_the_counter(connection: Connection) -> None:
    connection.execute("UPDATE farthing.usage_counter SET last_position = last_position + 3")
    accept(connection, 3, 5)
    connection.commit()


@pytest.mark.parametrize("positions", [(3, 6), (0,), (2,), (1, 3)])
def test_a_position_that_was_not_given_is_refused(connection: Connection, positions: tuple[int, ...]) -> None:
    connection.execute("UPDATE farthing.usage_counter SET last_position = last_position + 3")
    with pytest.raises(psycopg.errors.IntegrityError, match=r"positions|accepted_event_pkey"):
        accept(connection, *positions)


def test_a_position_below_those_that_were_given_last_is_refused(connection: Connection) -> None:
    connection.execute("UPDATE farthing.usage_counter SET last_position = last_position + 3")
    accept(connection, 4)
    connection.execute("UPDATE farthing.usage_counter SET last_position = last_position + 1")
    with pytest.raises(psycopg.errors.CheckViolation, match="positions 3 to 3 are not above all others"):
        accept(connection, 3)


@pytest.mark.parametrize("table", ["accepted_key", "accepted_event"])
def test_rows_of_another_seller_are_refused_however_they_come(connection: Connection, table: str) -> None:
    connection.execute("UPDATE farthing.usage_counter SET last_position = last_position + 3")
    columns = {
        "accepted_key": "seller_id, key, content, position",
        "accepted_event": "seller_id, position, key, customer_id, type, happened_at, accepted_at, source, id, "
        "subject, data",
    }[table]
    row = {
        "accepted_key": [uuid4(), uuid4(), uuid4(), 3],
        "accepted_event": [uuid4(), 3, uuid4(), uuid4(), "t", NOW, NOW, "s", "i", "b", "{}"],
    }[table]
    statement = f"COPY farthing.{table} ({columns}) FROM STDIN"
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="INV-19"),
        connection.cursor().copy(statement.encode()) as copy,
    ):
        copy.write_row(row)


@pytest.mark.parametrize("table", ["accepted_key", "accepted_event"])
def test_what_arrives_by_copy_is_read_through_its_table_only(database_urls: DatabaseUrls, table: str) -> None:
    with psycopg.connect(database_urls.app) as opened:
        refuse(opened, f"SELECT FROM farthing.{table}", "permission denied")


def test_a_position_needs_the_counters_lock(connection: Connection) -> None:
    connection.execute("UPDATE farthing.usage_counter SET last_position = last_position + 3")
    connection.commit()
    with pytest.raises(psycopg.errors.CheckViolation, match="taken from the counter by this transaction"):
        accept(connection, 4)


def test_the_counter_only_rises(connection: Connection) -> None:
    refuse(connection, "UPDATE farthing.usage_counter SET last_position = 1", "positions begin at 0 and only rise")


def test_what_is_billed_stays_billed(connection: Connection) -> None:
    refuse(connection, "UPDATE farthing.subscription SET billed_through = '2026-02-01'", "INV-16")
    refuse(connection, "UPDATE farthing.subscription SET billed_through = NULL", "INV-16")
    refuse(connection, "UPDATE farthing.subscription SET ends_at = '2026-02-01'", "INV-16")


# Months (INV-25) -----------------------------------------------------------------------------------------------------

_LOCK = (
    "INSERT INTO farthing.month_lock (entity_key, number, month, locked, acted_at, acted_by, because) "
    "VALUES ('main', {}, '{}', {}, now(), 'Ada', 'Closed.')"
)


def test_a_locked_month_takes_no_transaction(connection: Connection) -> None:
    connection.execute(_LOCK.format(1, "2026-03-01", "true").encode())
    with pytest.raises(psycopg.errors.CheckViolation, match=r"INV-25: 2026-03-01 .* first open day is 2026-04-01"):
        book(connection, 5, -5)


@pytest.mark.parametrize(
    "act",
    [
        _LOCK.format(2, "2026-02-01", "true"),
        _LOCK.format(2, "2026-03-01", "true"),
        _LOCK.format(2, "2026-02-01", "false"),
        _LOCK.format(2, "2026-04-01", "false"),
        _LOCK.format(3, "2026-04-01", "true"),
        _LOCK.format(2, "2026-04-02", "true"),
        "UPDATE farthing.legal_entity SET locked_through = '2026-01-31'",
        "UPDATE farthing.legal_entity SET locked_through = NULL",
    ],
)
def test_months_are_locked_forwards_and_only_the_last_is_unlocked(connection: Connection, act: str) -> None:
    connection.execute(_LOCK.format(1, "2026-03-01", "true").encode())
    refuse(connection, act, "INV-25")


def test_an_unlocked_month_takes_transactions_again(connection: Connection) -> None:
    connection.execute(_LOCK.format(1, "2026-03-01", "true").encode())
    connection.execute(_LOCK.format(2, "2026-03-01", "false").encode())
    book(connection, 5, -5)
    refuse(connection, _LOCK.format(3, "2026-03-01", "false"), "INV-25")


def test_books_that_have_begun_are_not_opened(connection: Connection) -> None:
    opened = "INSERT INTO farthing.opening VALUES (farthing.seller(), 'main', '2025-12-31', 7, now(), 'Ada')"
    refuse(connection, opened, "have begun already")


# Reservations ----------------------------------------------------------------------------------------------------


def hold(connection: Connection, **values: object) -> None:
    """A reservation of one call of Acme's for a minute from now on, but for what is said otherwise."""
    row = {"reservation_id": "r1", "units": 1, "held_at": NOW, "expires_at": NOW + timedelta(minutes=1)} | values
    connection.execute(
        """
        INSERT INTO farthing.reservation (
            customer_id, reservation_id, feature, units, held_at, expires_at, ended_at, position
        ) VALUES (%(customer_id)s, %(reservation_id)s, 'calls', %(units)s, %(held_at)s, %(expires_at)s, %(ended_at)s,
                  %(position)s)
        """,
        {"customer_id": ACME, "ended_at": None, "position": None} | row,
    )


def test_a_reservation_that_could_not_be_is_refused(connection: Connection) -> None:
    wrong: list[dict[str, object]] = [
        {"units": 0},
        {"units": Decimal("NaN")},
        {"units": Decimal("Infinity")},
        {"reservation_id": ""},
        {"expires_at": NOW},
        {"ended_at": NOW - timedelta(seconds=1)},
        {"position": 1},
        {"customer_id": UUID(int=7)},
    ]
    for values in wrong:
        with pytest.raises(psycopg.errors.IntegrityError):
            hold(connection, **values)
        connection.rollback()


def test_a_reservation_is_ended_once_and_nothing_else_of_it_changes(connection: Connection) -> None:
    for change in ("units = 2", "expires_at = expires_at + interval '1 day'", "feature = 'other'", "ended_at = NULL"):
        hold(connection)
        refuse(connection, f"UPDATE farthing.reservation SET {change}", r"INV-08|permission denied")
    hold(connection)
    connection.execute("UPDATE farthing.reservation SET ended_at = held_at, position = 1")
    refuse(connection, "UPDATE farthing.reservation SET ended_at = held_at", "INV-08")
