"""A sandbox's copy holds every row of every table, whatever tables there are, and nothing touches the original."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql

from farthing.core.invoicing.invoice import LegalEntity
from farthing.core.parties import Mode, Seller
from farthing.core.refused import Clash
from farthing.postgres.database import Database, PostgresStore
from farthing.postgres.urls import with_role
from farthing.usecases.check_books import check_books
from farthing.usecases.sandbox_ports import Kind
from tests.databases import NOW, DatabaseUrls, close, new_seller, send, used
from tests.postgres.test_row_security import full_books

Connection = psycopg.Connection[tuple[object, ...]]

# What stays behind, and the reason that its table gives.
NOT_COPIED = {
    "audit_entry": "what people did, they did at the one that wrote it",
    "api_key": "a key opens one door",
    "credit_mark": "what is to be told is told once, by the one that wrote it",
    "digest": "what is to be told is told once, by the one that wrote it",
    "foretold": "what is to be told is told once, by the one that wrote it",
    "foretold_move": "what is to be told is told once, by the one that wrote it",
    "notice": "what is to be told is told once, by the one that wrote it",
    "owner_code": "a code is for one owner, once",
    "sandbox_copy": "a copy is a copy of its own",
    "slack_install": "a workspace is connected to one seller, and its secrets are bound to it",
}


@pytest.fixture
def original(database: Database) -> PostgresStore:
    """A sandbox with something in every table."""
    seller = new_seller()
    database.add_seller(seller)
    store = database.for_seller(seller.seller_id)
    full_books(store)
    return store


def copied(store: PostgresStore, name: str = "a copy", *, kind: Kind = Kind.FORK) -> UUID:
    """A copy of it; its clock is ten days ahead."""
    copy_id = uuid4()
    with store.to_be_copied():
        store.copy_sandbox(copy_id, name=name, kind=kind, stands_at=NOW + timedelta(days=10), copied_at=NOW)
    return copy_id


def tables(connection: Connection) -> dict[str, str | None]:
    """Every table that has rows of sellers, with the reason for which it is not copied, if it is not."""
    rows = connection.execute(
        """
        SELECT relname, substring(obj_description(oid, 'pg_class') FROM '^not copied: (.*)$') FROM pg_class
        WHERE relnamespace = 'farthing'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
        """
    ).fetchall()
    return {str(name): None if reason is None else str(reason) for name, reason in rows}


def rows_of(connection: Connection, table: str, seller_id: UUID) -> list[str]:
    """A seller's rows as text, without what says whose they are; of the seller itself without its clock."""
    rows = connection.execute(
        sql.SQL(
            "SELECT (to_jsonb(kept) - 'seller_id' - 'clock_shift')::text FROM farthing.{} AS kept WHERE seller_id = %s"
        ).format(sql.Identifier(table)),
        [seller_id],
    ).fetchall()
    return sorted(str(row[0]) for row in rows)


def test_every_row_of_every_table_is_copied_but_for_what_stays_behind(
    original: PostgresStore, database_urls: DatabaseUrls
) -> None:
    copy_id = copied(original)
    with psycopg.connect(database_urls.owner) as owner:
        found = tables(owner)
        for table, stays_behind in found.items():
            before, after = (rows_of(owner, table, one) for one in (original.seller_id, copy_id))
            if table != "sandbox_copy":
                assert before, f"nothing is in {table}, so that nothing is proved of it"
                assert after == ([] if stays_behind else before), table
        assert {table: reason for table, reason in found.items() if reason} == NOT_COPIED
        clock = owner.execute("SELECT clock_shift FROM farthing.seller WHERE seller_id = %s", [copy_id]).fetchone()
        assert clock == (timedelta(days=10),)


def test_a_table_that_is_added_tomorrow_is_copied_too(original: PostgresStore, database_urls: DatabaseUrls) -> None:
    with psycopg.connect(database_urls.owner, autocommit=True) as owner:
        # Its name comes before that of what it refers to, so that it is the references that say what goes first.
        owner.execute(
            """
            CREATE TABLE farthing.a_new_one (
                seller_id uuid NOT NULL DEFAULT farthing.seller(), number bigint GENERATED ALWAYS AS IDENTITY,
                invoice_id uuid NOT NULL, before bigint, twice bigint GENERATED ALWAYS AS (before * 2) STORED,
                PRIMARY KEY (seller_id, number), FOREIGN KEY (seller_id, invoice_id) REFERENCES farthing.invoice,
                FOREIGN KEY (seller_id, before) REFERENCES farthing.a_new_one
            );
            ALTER TABLE farthing.a_new_one ENABLE ROW LEVEL SECURITY;
            ALTER TABLE farthing.a_new_one FORCE ROW LEVEL SECURITY;
            CREATE POLICY own_rows ON farthing.a_new_one USING (seller_id = farthing.seller())
                WITH CHECK (seller_id = farthing.seller());
            """
        )
        owner.execute("SELECT set_config('farthing.seller', %s, false)", [str(original.seller_id)])
        owner.execute("INSERT INTO farthing.a_new_one (invoice_id) SELECT invoice_id FROM farthing.invoice LIMIT 1")
        owner.execute(
            "INSERT INTO farthing.a_new_one (invoice_id, before) SELECT invoice_id, number FROM farthing.a_new_one"
        )
        copy_id = copied(original)
        before, after = (rows_of(owner, "a_new_one", one) for one in (original.seller_id, copy_id))
        assert after == before
        assert len(before) == 2


def test_the_books_of_a_copy_hold_and_go_on_by_themselves(original: PostgresStore, database: Database) -> None:
    copy = database.for_seller(copied(original))
    assert check_books(copy) == []
    with original.transaction():
        before = (original.counts(), len(original.invoices()))
    send(copy, [used("new", "2026-03-03T00:00:00Z", tokens=7)])
    close(copy, "2026-03-31")
    assert check_books(copy) == []
    assert check_books(original) == []
    with copy.transaction():
        assert [invoice.number for invoice in copy.invoices()][:2] == ["EX-000004", "EX-000003"]
    with original.transaction():
        assert (original.counts(), len(original.invoices())) == before
    close(original, "2026-03-31")
    assert check_books(original) == []


def test_a_copy_of_a_copy_has_the_same_family_and_names_are_its_own(
    original: PostgresStore, database: Database
) -> None:
    first = database.for_seller(copied(original, "first"))
    second = database.for_seller(copied(first, "second", kind=Kind.POINT))
    for store in (original, first, second):
        with store.transaction():
            told = [(each.name, each.kind, each.copied_from) for each in store.sandboxes()]
            assert told == [
                ("original", Kind.ORIGINAL, None),
                ("first", Kind.FORK, original.seller_id),
                ("second", Kind.POINT, first.seller_id),
            ]
            assert store.seller().family_id == original.seller_id
    with pytest.raises(Clash, match="There is a “first” already"):
        copied(second, "first")
    assert second.seller_id not in database.sellers()
    assert {original.seller_id, first.seller_id} <= set(database.sellers())


def test_a_saved_point_is_not_followed_and_a_fork_of_it_is(original: PostgresStore, database: Database) -> None:
    send(original, [used("late", "2026-03-05T00:00:00Z")])
    point = copied(original, "point", kind=Kind.POINT)
    fork = copied(database.for_seller(point), "fork")
    behind = set(database.sellers_to_follow())
    assert point not in behind
    assert {original.seller_id, fork} <= behind


def test_another_seller_sees_nothing_of_the_family(original: PostgresStore, database: Database) -> None:
    copied(original)
    stranger = new_seller()
    database.add_seller(stranger)
    store = database.for_seller(stranger.seller_id)
    with store.transaction():
        assert [each.seller_id for each in store.sandboxes()] == [stranger.seller_id]


def test_a_live_seller_is_never_copied(database: Database) -> None:
    entity = LegalEntity("main", "Example Inc.", in_zone="UTC", number_prefix="EX")
    live = Seller(uuid4(), "Example", Mode.LIVE, entity)
    database.add_seller(live)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="only a sandbox is copied"):
        copied(database.for_seller(live.seller_id))


def test_who_names_no_seller_or_an_id_that_is_taken_copies_nothing(
    original: PostgresStore, database: Database, database_urls: DatabaseUrls
) -> None:
    other = new_seller()
    database.add_seller(other)
    call = "SELECT farthing.copy_sandbox(%s, 'x', 'fork', now(), now())"
    with psycopg.connect(database_urls.app) as app:
        app.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="only by itself"):
            app.execute(call, [uuid4()])
        app.rollback()
        app.execute("SELECT set_config('farthing.seller', %s, false)", [str(original.seller_id)])
        with pytest.raises(psycopg.errors.UniqueViolation, match="an id of its own"):
            app.execute(call, [other.seller_id])
        app.rollback()
        app.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        app.execute("SELECT set_config('farthing.seller', %s, false)", [str(original.seller_id)])
        with pytest.raises(psycopg.errors.InvalidTransactionState, match="as of one instant"):
            app.execute(call, [uuid4()])


def test_nobody_but_the_copying_itself_passes_the_guards_or_says_what_is_a_copy(
    original: PostgresStore, database_urls: DatabaseUrls
) -> None:
    with psycopg.connect(database_urls.app) as app:
        for statement, said in (
            ("UPDATE farthing.number_series SET last = last + 2, last_issued_at = now()", "INV-09"),
            ("UPDATE farthing.usage_counter SET last_position = 0", "positions begin at 0 and only rise"),
            (
                "INSERT INTO farthing.sandbox_copy (family_id, copied_from, name, kind, stands_at, copied_at) "
                "SELECT seller_id, seller_id, 'me', 'point', now(), now() FROM farthing.seller",
                "permission denied",
            ),
        ):
            app.execute("SELECT set_config('farthing.seller', %s, false)", [str(original.seller_id)])
            app.execute("SELECT set_config('farthing.copying', 'yes', false)")
            assert app.execute("SELECT farthing.is_copying()").fetchone() == (False,)
            with pytest.raises(psycopg.Error, match=said):
                app.execute(statement.encode())
            app.rollback()


def test_copying_leaves_the_session_as_it_was(original: PostgresStore) -> None:
    with original.to_be_copied():
        original.copy_sandbox(uuid4(), name="one", kind=Kind.FORK, stands_at=NOW, copied_at=NOW)
        assert original.seller().seller_id == original.seller_id
        row = original._row("SELECT farthing.is_copying(), current_setting('farthing.copying', true)")
        assert (row[0], row[1] or None) == (False, None)
        original.copy_sandbox(uuid4(), name="two", kind=Kind.FORK, stands_at=NOW, copied_at=NOW)
    with original.transaction():
        assert [each.name for each in original.sandboxes()] == ["original", "one", "two"]


def test_an_owner_who_is_no_superuser_is_bound_by_row_level_security_and_copies_all_the_same(
    original: PostgresStore, database: Database, database_urls: DatabaseUrls
) -> None:
    name = f"farthing_owner_{uuid4().hex[:8]}"
    role = sql.Identifier(name)
    with psycopg.connect(database_urls.owner, autocommit=True) as superuser:
        superuser.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'known' NOSUPERUSER NOBYPASSRLS").format(role))
        try:
            old_owner = superuser.execute("SELECT current_user::text").fetchone()
            assert old_owner is not None
            for statement in _handed_over(superuser):
                superuser.execute(statement.format(role))
            with psycopg.connect(with_role(database_urls.owner, role=name, password="known")) as bound:
                assert bound.execute("SELECT count(*) FROM farthing.invoice").fetchone() == (0,)
            copy = database.for_seller(copied(original))
            for table, stays_behind in tables(superuser).items():
                if not stays_behind:
                    before, after = (rows_of(superuser, table, one.seller_id) for one in (original, copy))
                    assert after == before, table
            assert check_books(copy) == []
        finally:
            superuser.execute(sql.SQL("REASSIGN OWNED BY {} TO CURRENT_USER").format(role))
            superuser.execute(sql.SQL("DROP OWNED BY {}").format(role))
            superuser.execute(sql.SQL("DROP ROLE {}").format(role))


def _handed_over(superuser: Connection) -> list[sql.SQL]:
    """What gives schema, tables and functions, and the policies of their owner, to somebody else."""
    rows = superuser.execute(
        """
        SELECT 'ALTER SCHEMA farthing OWNER TO {}'
        UNION ALL SELECT format('ALTER TABLE farthing.%I OWNER TO {}', relname) FROM pg_class
        WHERE relnamespace = 'farthing'::regnamespace AND relkind IN ('r', 'p')
        UNION ALL SELECT format('ALTER FUNCTION %s OWNER TO {}', oid::regprocedure) FROM pg_proc
        WHERE pronamespace = 'farthing'::regnamespace
        UNION ALL SELECT format('ALTER POLICY %I ON farthing.%I TO {}', policyname, tablename) FROM pg_policies
        WHERE schemaname = 'farthing' AND policyname = 'asked_by_owner'
        """
    ).fetchall()
    return [sql.SQL(str(row[0])) for row in rows]  # type: ignore[arg-type]
