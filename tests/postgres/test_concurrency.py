"""Many at once: each event once, no deadlock, each moment billed once, numbers without gaps."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from time import sleep
from typing import TypeVar
from uuid import uuid4

import psycopg
import pytest

from farthing.core.exact import Exact, add
from farthing.core.ids import id_of
from farthing.core.metering.meter import Reading
from farthing.core.metering.sample import whole
from farthing.core.notices import InvoiceIssued
from farthing.core.parties import Customer
from farthing.core.period import Cycle, Period
from farthing.core.refused import Busy
from farthing.core.subscriptions.subscription import Subscription
from farthing.postgres.database import Database, PostgresStore
from farthing.usecases.check_books import check_books
from farthing.usecases.check_entitlement import check_entitlement
from farthing.usecases.correct_usage import correct_usage
from farthing.usecases.owed import find_owed
from farthing.usecases.ports import Outcome
from farthing.usecases.record_usage import record_usage
from farthing.usecases.reserve import NotHeld, release, reserve
from tests.core.core_values import ACME, CALLS, TOKENS, at
from tests.databases import NOW, DatabaseUrls, apart, close, fresh_store, new_seller, open_books, send, used
from tests.usecases.agreed_shop import METERS, open_team

Result = TypeVar("Result")
THREADS = 8
YEAR = Period(at("2026-01-01"), at("2027-01-01"))


def at_once(act: Callable[[int], Result], times: int = THREADS) -> list[Result]:
    """What each of so many threads got that all began at the same moment."""
    ready = threading.Barrier(times)

    def begin(number: int) -> Result:
        ready.wait()
        return act(number)

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(begin, range(times)))


def test_the_same_events_from_many_threads_in_any_order_are_each_kept_once(store: PostgresStore) -> None:
    events = [used(str(number), "2026-01-05T00:00:00Z", tokens=number) for number in range(2000)]

    def send_all(number: int) -> Counter[Outcome]:
        shuffled = random.Random(number).sample(events, len(events))
        told: Counter[Outcome] = Counter()
        for start in range(0, len(shuffled), 250):
            told.update(send(store, shuffled[start : start + 250]))
        return told

    told: Counter[Outcome] = sum(at_once(send_all), start=Counter())
    assert told == {Outcome.ACCEPTED: 2000, Outcome.DUPLICATE: 2000 * (THREADS - 1)}
    with store.transaction():
        upto = store.last_position()
        tokens = store.measure(Reading(TOKENS, whole(YEAR)), customer_id=ACME, to_position=upto)
        assert (tokens.quantity, tokens.events) == (Decimal(sum(range(2000))), 2000)
        assert store.counts().accepted == 2000


def test_the_same_events_from_two_processes_are_each_kept_once(database: Database, database_urls: DatabaseUrls) -> None:
    seller = new_seller()
    database.add_seller(seller)
    program = """
import sys
from uuid import UUID
from collections import Counter
from farthing.postgres.database import Database
from farthing.postgres.vault import Vault
from tests.databases import send, used
database = Database(sys.argv[1], vault=Vault(bytes(32)))
store = database.for_seller(UUID(sys.argv[2]))
told = Counter()
for start in range(0, 1000, 100):
    told.update(send(store, [used(str(n), "2026-01-05T00:00:00Z") for n in range(start, start + 100)]))
database.close()
print(told["accepted"], told["duplicate"])
"""
    begun = [
        subprocess.Popen(
            [sys.executable, "-c", program, database_urls.app, str(seller.seller_id)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    told = [tuple(map(int, process.communicate(timeout=120)[0].split())) for process in begun]
    assert sum(accepted for accepted, _ in told) == 1000
    assert all(accepted + duplicate == 1000 for accepted, duplicate in told)


def test_what_is_doubtful_is_told_as_what_it_is_to_the_one_that_is_accepted_at_the_same_moment(
    store: PostgresStore,
) -> None:
    open_books(store)
    with ThreadPoolExecutor(1) as beside:
        with store.transaction():
            assert store.keep_events([used("1", "2026-01-05T00:00:00Z")], received_at=NOW) == [Outcome.ACCEPTED]
            doubtful = beside.submit(send, store, [apart("1", tokens=1), apart("2")])
            sleep(0.3)
            assert not doubtful.done()
        assert doubtful.result() == [Outcome.CONFLICT, Outcome.QUARANTINED]
    with store.transaction():
        assert [one.event["id"] for one in store.quarantine()] == ["2"]


def test_two_amendments_and_a_void_of_one_event_at_once_leave_it_voided(store: PostgresStore) -> None:
    """Each takes effect at most once, and whatever came after the void was refused."""
    open_books(store)
    send(store, [used(str(number), "2026-01-15T00:00:00Z", tokens=100) for number in range(20)])

    def correct_all(thread: int) -> list[Outcome]:
        told: list[Outcome] = []
        for number in range(20):
            said = {"source": "ops", "id": f"{thread} {number}", "of": {"source": "api", "id": str(number)}}
            event = {"type": "inference", "subject": "acme", "time": "2026-01-15T00:00:00Z", "data": {"tokens": thread}}
            what = {"kind": "void"} if thread == 0 else {"kind": "amend", "event": event}
            sent = said | what | {"reason": "So it was.", "by": "ada"}
            told += [one.outcome for one in correct_usage(store, [sent, sent], now=NOW)]
        return told

    void, *amended = at_once(correct_all, 3)
    assert void == [Outcome.ACCEPTED, Outcome.DUPLICATE] * 20
    for told in amended:
        assert set(zip(told[::2], told[1::2], strict=True)) <= {
            (Outcome.ACCEPTED, Outcome.DUPLICATE),
            (Outcome.REFUSED, Outcome.REFUSED),
        }
    with store.transaction():
        upto = store.last_position()
        tokens = store.measure(Reading(TOKENS, whole(YEAR)), customer_id=ACME, to_position=upto)
        counts = store.counts()
    assert (tokens.quantity, counts.accepted, counts.voided) == (Decimal(0), 20, 20)


def test_closing_beside_corrections_bills_each_line_as_of_its_position(store: PostgresStore) -> None:
    """INV-04: whatever was corrected before or after the line was measured, the line measures so again."""
    open_books(store)
    send(store, [used(str(number), "2026-01-15T00:00:00Z", tokens=100) for number in range(60)])

    def act(thread: int) -> int:
        if thread == 0:
            return close(store, "2026-05-31").invoices
        for number in range(20 * (thread - 1), 20 * thread):
            said = {"source": "ops", "id": str(number), "of": {"source": "api", "id": str(number)}, "kind": "void"}
            (told,) = correct_usage(store, [said | {"reason": "A test.", "by": "ada"}], now=NOW)
            assert told.outcome is Outcome.ACCEPTED
        return 0

    assert at_once(act, 4)[0] == 6
    assert check_books(store) == []
    owed = find_owed(store)
    with store.transaction():
        counts = store.counts()
    assert (counts.voided, counts.billed) == (60, 0)
    assert all(one.today.quantity == 0 and one.corrected == counts.corrected for one in owed)
    assert bool(owed) == bool(counts.corrected)


def test_no_event_appears_at_or_below_a_position_that_was_told(store: PostgresStore) -> None:
    """INV-04: what was measured up to a position stays measured so, however many are writing meanwhile."""
    done = threading.Event()
    seen: list[tuple[int, Decimal]] = []

    def watch() -> None:
        while not done.is_set():
            with store.transaction():
                upto = store.last_position()
                calls = store.measure(Reading(CALLS, whole(YEAR)), customer_id=ACME, to_position=upto)
            seen.append((upto, calls.quantity))

    watcher = threading.Thread(target=watch)
    watcher.start()
    at_once(
        lambda number: [
            send(store, [used(f"{number}-{batch}-{place}", "2026-01-05T00:00:00Z") for place in range(5)])
            for batch in range(12)
        ]
    )
    done.set()
    watcher.join()
    assert len(seen) > 1
    with store.transaction():
        for upto, quantity in seen:
            assert store.measure(Reading(CALLS, whole(YEAR)), customer_id=ACME, to_position=upto).quantity == quantity


def subscribers(store: PostgresStore, many: int) -> None:
    """Acme and others on the starter plan."""
    open_books(store)
    with store.transaction():
        for number in range(many - 1):
            customer = Customer(id_of("customer", number), f"customer-{number}", "Customer", "UTC")
            store.add_customer(customer, email=None, created_at=NOW)
            store.add_subscription(
                Subscription(uuid4(), customer.customer_id, "starter", 1, Cycle.monthly(1, "UTC"), at("2026-01-01"))
            )


def test_a_month_closed_by_many_at_once_is_billed_once_with_numbers_without_gaps(store: PostgresStore) -> None:
    """INV-07 and INV-09."""
    subscribers(store, 12)

    def close_it(number: int) -> int:  # noqa: ARG001
        return close(store, "2026-03-31").invoices

    at_once(close_it)
    with store.snapshot():
        invoices = list(store.all_invoices())
        assert [invoice.sequence for invoice in invoices] == list(range(1, 12 * 4 + 1))
        assert len({(one.draft.subscription_id, one.draft.at) for one in invoices}) == len(invoices)
        booked = [one for one in store.all_transactions() if one.kind == "invoice"]
        assert {one.about for one in booked} == {invoice.invoice_id for invoice in invoices}
        assert len(booked) == len(invoices)
        issued = [invoice.issued_at for invoice in invoices]
        assert issued == sorted(issued)


def test_two_who_close_one_subscription_make_one_invoice_a_moment(store: PostgresStore) -> None:
    open_books(store)
    at_once(lambda _: close(store, "2026-02-28"), times=2)
    with store.transaction():
        assert [invoice.number for invoice in store.invoices()] == ["EX-000003", "EX-000002", "EX-000001"]


def test_usage_does_not_wait_for_billing(store: PostgresStore) -> None:
    """The row that hands out positions is not the row that hands out invoice numbers."""
    open_books(store)
    with store.transaction():
        store.lock_series("main")
        with ThreadPoolExecutor(1) as other:
            told = other.submit(send, store, [used("1", "2026-01-15T00:00:00Z")]).result(timeout=60)
    assert told == [Outcome.ACCEPTED]


def test_an_answer_kept_by_two_at_once_is_kept_by_one(store: PostgresStore) -> None:
    """INV-13."""

    def keep(number: int) -> bool:
        with store.transaction():
            return store.keep_answer("http", "key", request=uuid4(), answer=number, created_at=NOW)

    kept = at_once(keep)
    assert kept.count(True) == 1
    with store.transaction():
        answered = store.answered("http", "key")
    assert answered is not None
    assert kept[answered[1]]


def test_a_notice_is_taken_by_one(store: PostgresStore) -> None:
    """INV-14, however many deliver."""
    notices = [InvoiceIssued(id_of("invoice", number), id_of("customer", number)) for number in range(20)]
    with store.transaction():
        store.write_notices(notices, written_at=NOW)

    def deliver(number: int) -> list[InvoiceIssued]:
        told = []
        while (row := store.outbox.take(now=NOW, unsure_after=timedelta(seconds=90))) is not None:
            assert isinstance(row.notice, InvoiceIssued)
            store.outbox.told(row.notice_id, revision=1, channel_id="C1", message_ts=str(number))
            told.append(row.notice)
        return told

    told: Sequence[InvoiceIssued] = [notice for share in at_once(deliver) for notice in share]
    assert Counter(told) == Counter(notices)


def test_one_subject_is_told_in_order_however_many_deliver(store: PostgresStore) -> None:
    notices = [InvoiceIssued(id_of("invoice", number), ACME) for number in range(12)]
    with store.transaction():
        store.write_notices(notices, written_at=NOW)
    order: list[InvoiceIssued] = []

    def deliver(number: int) -> None:  # noqa: ARG001
        while len(order) < len(notices):
            row = store.outbox.take(now=NOW, unsure_after=timedelta(seconds=90))
            if row is not None:
                assert isinstance(row.notice, InvoiceIssued)
                order.append(row.notice)
                store.outbox.told(row.notice_id, revision=1, channel_id="C1", message_ts="1")

    at_once(deliver, times=4)
    assert order == notices


def test_a_deadlock_is_told_as_busy(shared_database: Database) -> None:
    store = fresh_store(shared_database)
    met = threading.Barrier(2)

    def lock_both(number: int) -> str:
        try:
            with store.transaction():
                store.lock_customer(id_of("customer", number))
                met.wait()
                store.lock_customer(id_of("customer", 1 - number))
        except Busy as refusal:
            return refusal.sentence
        return ""

    told = at_once(lock_both, times=2)
    assert sorted(told, key=len)[0] == ""
    assert sorted(told, key=len)[1].startswith("Someone else was changing the same thing")


def test_a_connection_that_is_cut_is_told_as_busy_and_the_next_one_works(
    database: Database, database_urls: DatabaseUrls
) -> None:
    store = fresh_store(database)

    def cut_off() -> None:
        with store.transaction():
            row = store.connection.execute("SELECT pg_backend_pid()").fetchone()
            assert row is not None
            with psycopg.connect(database_urls.owner, autocommit=True) as owner:
                owner.execute("SELECT pg_terminate_backend(%s, 10000)", [row[0]])
            store.seller()

    with pytest.raises(Busy, match="connection to the database was lost"):
        cut_off()
    with store.transaction():
        assert store.counts().accepted == 0


def acme_sends(event_id: str, tokens: int) -> dict[str, object]:
    """An event of Acme's that uses the reservation of the same name."""
    return {
        "id": event_id, "source": "test", "type": "completion", "subject": "acme", "reservation": event_id,
        "time": "2026-06-15T11:00:00Z", "data": {"tokens": tokens},
    }  # fmt: skip


def hold_tokens(store: PostgresStore, reservation_id: str, tokens: int) -> None:
    """Reserve some of Acme's tokens."""
    reserve(
        store,
        customer_key="acme",
        reservation_id=reservation_id,
        feature="tokens",
        units=Decimal(tokens),
        for_seconds=3600,
        now=NOW,
    )


def test_reservations_at_once_reach_the_limit_and_never_pass_it(store: PostgresStore) -> None:
    """Eight threads reserve, send the event that uses it, or let go; nothing is promised twice, and nothing is lost."""
    open_team(store)
    limit, units = 1000, 10
    with store.transaction():
        acme = store.customers()[0].customer_id
    tokens = Reading(METERS["tokens"], whole(YEAR))

    def used_and_held() -> Exact:
        with store.snapshot():
            last = store.last_position()
            held = store.held(acme, at=NOW, after_position=last).get("tokens", Decimal(0))
            return add(held, store.measure(tokens, customer_id=acme, to_position=last).quantity)

    def one_sender(number: int) -> Counter[str]:
        choose = random.Random(number)
        did: Counter[str] = Counter()
        for turn in range(25):
            name = f"{number}-{turn}"
            try:
                hold_tokens(store, name, units)
            except NotHeld:
                did["refused"] += 1
                continue
            if choose.random() < 0.8:
                (told,) = record_usage(store, [acme_sends(name, units)], now=NOW)
                assert told.outcome is Outcome.ACCEPTED
                did["sent"] += units
            else:
                release(store, customer_key="acme", reservation_id=name, now=NOW)
            assert used_and_held() <= limit
        return did

    did: Counter[str] = sum(at_once(one_sender), start=Counter())
    assert did["sent"] == used_and_held() <= limit
    assert did["refused"] > 0
    # Whoever comes last finds all of the rest.
    rest = limit - did["sent"]
    if rest:
        hold_tokens(store, "last", rest)
    with pytest.raises(NotHeld):
        hold_tokens(store, "too-much", 1)
    assert check_books(store) == []


def test_one_reservation_that_is_asked_for_many_times_at_once_is_held_once(store: PostgresStore) -> None:
    open_team(store)
    at_once(lambda _: hold_tokens(store, "r1", 600))
    with store.transaction():
        acme = store.customers()[0].customer_id
        assert store.held(acme, at=NOW, after_position=0) == {"tokens": 600}


def test_what_ends_a_reservation_at_the_same_moment_ends_it_once(store: PostgresStore) -> None:
    open_team(store)
    names = [f"r{number}" for number in range(20)]
    for name in names:
        hold_tokens(store, name, 50)
    events = [acme_sends(name, 50) for name in names]

    def end_all(number: int) -> None:
        mixed = random.Random(number).sample(events, len(events))
        if number % 2:
            record_usage(store, mixed, now=NOW)
        for event in mixed:
            release(store, customer_key="acme", reservation_id=str(event["id"]), now=NOW)

    at_once(end_all)
    _, answer = check_entitlement(store, customer_key="acme", feature="tokens", units=Decimal(1), person=None, now=NOW)
    assert answer.room is not None
    assert (answer.room.used, answer.room.held) == (1000, 0), "each event counts once, and nothing is held any more"


def test_a_commit_between_the_measurement_and_the_lock_is_counted_once(store: PostgresStore) -> None:
    """Who measured before an event came sees its units held; who measured after it sees them used; nobody sees both."""
    open_team(store)
    hold_tokens(store, "r1", 600)
    with store.transaction():
        acme, before = store.customers()[0].customer_id, store.last_position()
    record_usage(store, [acme_sends("r1", 600)], now=NOW)
    with store.transaction():
        assert store.held(acme, at=NOW, after_position=before) == {"tokens": 600}
        assert store.held(acme, at=NOW, after_position=store.last_position()) == {}
