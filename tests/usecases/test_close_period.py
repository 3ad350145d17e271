"""Closing: what is due is billed once, whoever closes, however often, and whatever comes between."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from farthing.core.notices import RunClosed
from farthing.core.refused import Busy, Refused
from farthing.postgres.database import Database, PostgresStore
from farthing.usecases.check_books import check_books
from farthing.usecases.close_period import close_period
from farthing.usecases.customers import add_customer
from farthing.usecases.ports import RunTotals
from farthing.usecases.show_invoices import list_invoices
from farthing.usecases.subscribe import subscribe
from tests.databases import NOW, new_seller
from tests.usecases.shop import at_once, instant, invoices, open_shop, outcomes, record, sent


def more_customers(store: PostgresStore, count: int) -> None:
    for number in range(count):
        add_customer(store, key=f"c{number}", name=f"C {number}", in_zone="UTC", now=NOW)
        subscribe(store, customer_key=f"c{number}", plan_key="starter", starts_on=date(2026, 1, 1 + number))
        event = {**dict(sent(f"of-{number}", time="2026-01-20T00:00:00Z")), "subject": f"c{number}"}  # type: ignore[call-overload]
        record(store, event)


def said(store: PostgresStore) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Whose each invoice is, for when, and its lines."""
    return [
        (who.key, str(one.draft.at), [(line.name, str(line.amount)) for line in one.draft.lines])
        for who, one in sorted(list_invoices(store, person=None), key=lambda pair: (pair[0].key, pair[1].draft.at))
    ]


@pytest.mark.parametrize(
    ("through", "match"),
    [("2026-06-15", "has not ended yet"), ("2026-07-01", "an earlier day"), ("9999-01-01", "too far away")],
)
def test_a_day_that_has_not_ended_is_refused(store: PostgresStore, through: str, match: str) -> None:
    open_shop(store)
    with pytest.raises(Refused, match=match):
        close_period(store, through=date.fromisoformat(through), now=NOW)
    with store.transaction():
        assert store.runs() == []


def test_a_month_comes_to_what_a_pocket_calculator_says(store: PostgresStore) -> None:
    open_shop(store)
    record(store, *[sent(str(number)) for number in range(5)], sent("call", type="call"))
    totals = close_period(store, through=date(2026, 1, 31), now=NOW)
    first, january = invoices(store)
    assert [(line.name, str(line.amount)) for line in first.draft.lines] == [("Platform", "49.00 USD")]
    assert [(line.name, str(line.amount)) for line in january.draft.lines] == [
        ("Platform", "49.00 USD"),
        ("tokens", "3.50 USD"),  # 1000 at 0.002 and 1000 at 0.0015.
        ("calls", "0.01 USD"),
    ]
    assert [str(total) for total in totals.totals] == ["101.51 USD"]
    assert (first.number, january.number, january.issued_on) == ("EX-000001", "EX-000002", date(2026, 6, 15))
    assert close_period(store, through=date(2026, 1, 31), now=NOW) == totals
    assert invoices(store) == [first, january]
    assert check_books(store) == []


def test_a_zone_behind_is_billed_once_its_own_day_has_ended(store: PostgresStore) -> None:
    open_shop(store, in_zone="America/Los_Angeles")
    at_midnight_utc = instant("2026-02-01")
    close_period(store, through=date(2026, 1, 31), now=at_midnight_utc)
    assert len(invoices(store)) == 1, "there it is still 31 January"
    record(store, sent("last", time="2026-02-01T07:59:59Z"), sent("next", time="2026-02-01T08:00:00Z"))
    close_period(store, through=date(2026, 1, 31), now=instant("2026-02-01T08:00:00"))
    assert [line.quantity for line in invoices(store)[1].draft.lines] == [1, 400, 0]


def test_usage_that_comes_after_the_close_leaves_the_invoice_as_it_is(store: PostgresStore) -> None:
    open_shop(store)
    close_period(store, through=date(2026, 1, 31), now=NOW)
    issued = invoices(store)
    assert outcomes(record(store, sent("late"))) == ["accepted"]
    close_period(store, through=date(2026, 1, 31), now=NOW)
    assert invoices(store) == issued
    with store.transaction():
        assert store.counts().late == 1
    assert check_books(store) == []


def test_threads_that_close_the_same_month_bill_each_moment_once(store: PostgresStore) -> None:
    open_shop(store)
    more_customers(store, 6)

    def act() -> RunTotals:
        return close_period(store, through=date(2026, 2, 28), now=NOW)

    answers = at_once(*[act] * 4)
    assert all(isinstance(answer, RunTotals) for answer in answers), answers
    kept = invoices(store)
    assert len({(one.draft.subscription_id, one.draft.at) for one in kept}) == len(kept) == 7 * 3
    assert [one.sequence for one in kept] == list(range(1, len(kept) + 1))
    with store.transaction():
        assert [(run.through, run.invoices) for run in store.runs()] == [(date(2026, 2, 28), len(kept))]
    assert check_books(store) == []


class Cut(Exception):
    """Ends a close in the middle, as a kill would."""


@pytest.fixture
def twin(database: Database) -> PostgresStore:
    """A store with the same shop, on which nothing goes wrong."""
    seller = new_seller()
    database.add_seller(seller)
    return database.for_seller(seller.seller_id)


@pytest.mark.parametrize("after", [0, 1, 3, 6])
def test_a_close_that_was_cut_off_goes_on_where_it_was(store: PostgresStore, twin: PostgresStore, after: int) -> None:
    for shop in (store, twin):
        open_shop(shop)
        more_customers(shop, 6)
    close_period(twin, through=date(2026, 1, 31), now=NOW)

    def cut(done: int, of: int) -> None:
        if done == after < of:
            raise Cut

    with pytest.raises(Cut):
        close_period(store, through=date(2026, 1, 31), now=NOW, progress=cut, at_once=1)
    assert len({one.draft.subscription_id for one in invoices(store)}) == after
    totals = close_period(store, through=date(2026, 1, 31), now=NOW)
    assert said(store) == said(twin)
    assert totals.invoices == len(invoices(twin))
    assert check_books(store) == []


def summaries(store: PostgresStore, *, now: datetime) -> list[RunTotals]:
    """The runs that finance is told of at this time, with what they come to then."""
    told = []
    while (row := store.outbox.take(now=now, unsure_after=timedelta(days=1))) is not None:
        store.outbox.told(row.notice_id, revision=row.revision, channel_id="C1", message_ts="1.1")
        if isinstance(row.notice, RunClosed):
            with store.transaction():
                totals = store.run_totals(row.notice.run_id)
            assert totals is not None
            told.append(totals)
    return told


# By the clock of the database, which nobody holds: before the end of any waiting, but not before what is due at once.
STILL_HELD_BACK = instant("2000-01-01")


def held_no_longer() -> datetime:
    """By the clock of the database, when a summary that was held back has waited long enough."""
    return datetime.now(UTC) + timedelta(hours=1)


@pytest.mark.parametrize("after", [3, 7])
def test_the_summary_of_a_run_that_was_cut_off_is_told(store: PostgresStore, after: int) -> None:
    """INV-14, also when it is cut off after its last bill and before its end, so that nothing is due any more."""
    open_shop(store)
    more_customers(store, 6)

    def cut(done: int, of: int) -> None:
        assert of == 7
        if done == after:
            raise Cut

    with pytest.raises(Cut):
        close_period(store, through=date(2026, 1, 31), now=NOW, progress=cut, at_once=1)
    made = len(invoices(store))
    assert summaries(store, now=STILL_HELD_BACK) == [], "the run may be going on"

    close_period(store, through=date(2026, 2, 28), now=NOW)

    january, february = summaries(store, now=held_no_longer())
    assert (january.through, january.invoices) == (date(2026, 1, 31), made)
    assert (february.through, january.invoices + february.invoices) == (date(2026, 2, 28), len(invoices(store)))


def test_a_run_that_ends_is_told_of_once_and_at_once_and_as_a_whole(store: PostgresStore) -> None:
    open_shop(store)
    more_customers(store, 6)
    told_early: list[RunTotals] = []

    def look(*_: int) -> None:
        told_early.extend(summaries(store, now=STILL_HELD_BACK))

    totals = close_period(store, through=date(2026, 1, 31), now=NOW, progress=look)

    assert told_early == []
    assert summaries(store, now=STILL_HELD_BACK) == [totals]
    close_period(store, through=date(2026, 1, 31), now=NOW)
    assert summaries(store, now=held_no_longer()) == []


def test_a_run_that_makes_no_invoice_is_not_told_of(store: PostgresStore) -> None:
    open_shop(store, starts_on=date(2026, 3, 1))
    close_period(store, through=date(2026, 1, 31), now=NOW)
    assert summaries(store, now=held_no_longer()) == []


def test_one_who_cannot_be_billed_keeps_nobody_else_from_it(store: PostgresStore) -> None:
    open_shop(store)
    more_customers(store, 3)
    record(store, sent("absurd", tokens=Decimal("9e19")), sent("more", tokens=Decimal("9e19")))
    for _ in range(2):
        with pytest.raises(Refused) as refusal:
            close_period(store, through=date(2026, 1, 31), now=NOW)
        assert not isinstance(refusal.value, Busy)
        assert str(refusal.value) == (
            "acme could not be billed for “starter”; everyone else was, as far as was due. It comes to "
            "270000000000000049.50 USD, which is more than the books can hold; look at its usage and prices."
        )
    assert {entry[0] for entry in said(store)} == {"c0", "c1", "c2"}
    assert check_books(store) == []


def test_the_last_run_is_the_newest_that_made_an_invoice(store: PostgresStore) -> None:
    with store.transaction():
        assert store.last_run() is None
    open_shop(store)
    close_period(store, through=date(2026, 2, 28), now=NOW)
    close_period(store, through=date(2026, 3, 15), now=NOW)
    with store.transaction():
        newest = store.last_run()
    assert newest is not None
    assert (newest.through, newest.invoices) == (date(2026, 2, 28), 3)
