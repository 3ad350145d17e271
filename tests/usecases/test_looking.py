"""Looking: usage so far, invoices and explanations say what the books say, to whoever may see it."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import psycopg
import pytest

from farthing.core.people import Person, Role
from farthing.core.period import Period
from farthing.core.refused import Unknown
from farthing.postgres.database import Database, PostgresStore
from farthing.usecases.check_books import check_books
from farthing.usecases.close_period import close_period
from farthing.usecases.customers import add_customer
from farthing.usecases.explain_line import explain_line, line_events
from farthing.usecases.ports import DayOfUsage
from farthing.usecases.show_invoices import list_invoices, show_invoice, show_run
from farthing.usecases.show_usage import local_days, show_spend, show_usage
from farthing.usecases.subscribe import subscribe
from tests.databases import NOW, DatabaseUrls, new_seller
from tests.usecases.shop import instant, invoices, open_shop, record, sent

OWNER = Person(new_seller().seller_id, "Olga", Role.OWNER)


def own(store: PostgresStore, key: str) -> Person:
    """Someone of this customer."""
    with store.transaction():
        customer = store.customer_by_key(key)
    assert customer is not None
    return Person(customer.customer_id, "Ann", Role.CUSTOMER_ADMIN, customer_id=customer.customer_id)


def test_usage_so_far_is_the_invoice_that_will_come(store: PostgresStore) -> None:
    open_shop(store)
    record(store, sent("1", time="2026-06-01T00:00:00Z"), sent("2", time="2026-06-14T23:59:59Z"),
           sent("3", time="2026-05-31T23:59:59Z"), sent("4", type="call", time="2026-06-02T00:00:00Z"))  # fmt: skip
    view = show_usage(store, customer_key="acme", person=None, now=NOW)
    (running,) = view.running
    assert (running.period, view.as_of) == (Period(instant("2026-06-01"), instant("2026-07-01")), NOW)
    assert [(line.price_key, str(line.quantity)) for line in running.draft.lines] == [
        ("platform", "1"),
        ("tokens", "800"),
        ("calls", "1"),
    ]
    assert str(running.draft.total) == "50.61 USD"
    tokens, calls = running.meters
    assert [day for day in tokens.days if day.events] == [
        DayOfUsage(date(2026, 6, 1), Decimal(400), 1),
        DayOfUsage(date(2026, 6, 14), Decimal(400), 1),
    ]
    assert [day.day.day for day in calls.days] == list(range(1, 16)), "days to come are left out"
    later = instant("2026-07-01")
    close_period(store, through=date(2026, 6, 30), now=later)
    assert invoices(store)[-1].draft.lines[1:] == tuple(
        line for line in running.draft.lines if line.price_key != "platform"
    )
    assert len(show_usage(store, customer_key="acme", person=None, now=later).recent_invoices) == 5


def test_spend_is_told_largest_first_and_only_of_those_one_may_see(store: PostgresStore) -> None:
    open_shop(store)
    for key in ("busy", "idle", "gone"):
        add_customer(store, key=key, name=key.title(), in_zone="UTC", now=NOW)
    for key in ("busy", "idle"):
        subscribe(store, customer_key=key, plan_key="starter", starts_on=date(2026, 6, 1))
    record(store, {**dict(sent("1", tokens=10**6, time="2026-06-02T00:00:00Z")), "subject": "busy"})  # type: ignore[call-overload]
    spends = show_spend(store, person=OWNER, now=NOW)
    assert [(spend.customer.key, [str(money) for money in spend.so_far]) for spend in spends] == [
        ("busy", ["1500.50 USD"]),
        ("acme", ["0.00 USD"]),
        ("idle", ["0.00 USD"]),
    ]
    assert [spend.customer.key for spend in show_spend(store, person=own(store, "acme"), now=NOW)] == ["acme"]


def test_nobody_sees_another_customers_invoice(store: PostgresStore) -> None:
    open_shop(store)
    add_customer(store, key="globex", name="Globex", in_zone="UTC", now=NOW)
    subscribe(store, customer_key="globex", plan_key="starter", starts_on=date(2026, 1, 1))
    totals = close_period(store, through=date(2026, 1, 31), now=NOW)
    ann = own(store, "acme")
    numbers = {who.key: one.number for who, one in list_invoices(store, person=None)}
    assert len(list_invoices(store, person=OWNER)) == totals.invoices == show_run(store, totals.run_id).invoices == 4
    assert {who.key for who, _ in list_invoices(store, person=ann)} == {"acme"}
    for asked in (numbers["globex"], "EX-999999", "x" * 999, "\x00", new_seller().seller_id):
        with pytest.raises(Unknown, match="There is no invoice"):
            show_invoice(store, asked, person=ann)
        with pytest.raises(Unknown, match="There is no invoice"):
            explain_line(store, asked, 1, person=ann)
    assert show_invoice(store, numbers["acme"], person=ann).customer.key == "acme"
    with pytest.raises(Unknown, match="no such closing run"):
        show_run(store, new_seller().seller_id)


def test_an_explanation_goes_down_to_the_events_of_a_day(store: PostgresStore) -> None:
    open_shop(store, in_zone="Australia/Lord_Howe")
    times = ["2026-04-04T14:59:00Z", "2026-04-05T13:29:59Z", "2026-04-05T13:30:00Z"]  # A day of 24 1/2 hours.
    record(store, *[sent(str(at), tokens=500, time=time) for at, time in enumerate(times)])
    close_period(store, through=date(2026, 4, 30), now=NOW)
    record(store, sent("late", time=times[0]))
    april = invoices(store)[-1]
    explained = explain_line(store, april.number, 2, person=None)
    assert explained.holds
    tiers = [(str(step.above), str(step.up_to), str(step.units)) for step in explained.line.steps]
    assert tiers == [("0", "1000", "1000"), ("1000", "None", "500")]
    assert explained.used is not None
    assert (explained.used.this.quantity, explained.used.this.events) == (Decimal(1500), 3)
    by_day = {day.day.day: day.quantity for day in explained.days if day.events}
    assert by_day == {5: 1000, 6: 500}
    page = line_events(store, april.number, 2, person=None, limit=2)
    rest = line_events(store, april.number, 2, person=None, after_position=page[-1].position)
    assert [kept.event.id for kept in [*page, *rest]] == ["0", "1", "2"]
    assert [kept.event.id for kept in line_events(store, april.number, 2, person=None, day=date(2026, 4, 6))] == ["2"]
    assert line_events(store, april.number, 1, person=None) == []
    with pytest.raises(Unknown, match="2026-05-01 is not a day of that line"):
        line_events(store, april.number, 2, person=None, day=date(2026, 5, 1))
    for number in (0, 4):
        with pytest.raises(Unknown, match="has lines 1 to 3"):
            explain_line(store, april.number, number, person=None)


def test_whoever_changes_an_event_behind_our_back_is_found_out(database: Database, database_urls: DatabaseUrls) -> None:
    seller = new_seller()
    database.add_seller(seller)
    store = database.for_seller(seller.seller_id)
    open_shop(store)
    record(store, sent("1"), sent("2", tokens=5000))
    close_period(store, through=date(2026, 1, 31), now=NOW)
    january = invoices(store)[-1].number
    with psycopg.connect(database_urls.owner, autocommit=True) as owner:
        owner.execute("SELECT set_config('farthing.seller', %s, false)", [str(seller.seller_id)])
        owner.execute("ALTER TABLE farthing.accepted_event DISABLE TRIGGER append_only")
        changed = owner.execute(
            """UPDATE farthing.accepted_event SET data = '{"tokens": 399}' WHERE id = '1'"""
        ).rowcount
        owner.execute("ALTER TABLE farthing.accepted_event ENABLE TRIGGER append_only")
    assert changed == 1
    assert [explain_line(store, january, number, person=None).holds for number in (1, 2, 3)] == [True, False, True]
    assert [finding.number for finding in check_books(store)] == [4]


def test_local_days_tile_a_period_where_clocks_change() -> None:
    for in_zone in ("America/Havana", "Pacific/Apia", "America/Sao_Paulo", "Australia/Lord_Howe", "UTC"):
        period = Period(instant("2011-10-10T03:15:00"), instant("2012-03-20T17:45:00"))
        days = local_days(period, in_zone=in_zone)
        assert (days[0][1].start, days[-1][1].end) == (period.start, period.end)
        for (_, one), (_, following) in pairwise(days):
            assert one.end == following.start
        assert len({day for day, _ in days}) == len(days)
        assert local_days(period, in_zone=in_zone, until=period.start + timedelta(days=2))[:2] == days[:2]
