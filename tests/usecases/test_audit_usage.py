"""Each day is audited once, on the morning after by the seller's clock, however many workers look."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest

from farthing.core.invoicing.invoice import LegalEntity
from farthing.core.parties import Mode, Seller
from farthing.core.quality.words import concerns, verdict
from farthing.core.refused import Refused
from farthing.postgres.database import Database, PostgresStore
from farthing.usecases.audit_usage import audit_if_due, show_audit, show_sources
from farthing.usecases.customers import add_customer
from farthing.usecases.record_usage import record_usage
from tests.databases import new_seller
from tests.usecases.shop import open_shop, sent
from tests.usecases.test_watch_sources import bind, hear, notices

DAY = date(2026, 6, 14)
MORNING = datetime(2026, 6, 15, 8, tzinfo=UTC)


@pytest.fixture
def used(store: PostgresStore) -> PostgresStore:
    """Acme on the starter plan, and an event of the day before."""
    open_shop(store)
    bind(store)
    record_usage(store, [sent("1", time="2026-06-14T10:00:00Z")], now=MORNING - timedelta(hours=22))
    return store


def test_yesterday_is_audited_once_from_eight_in_the_morning_on(used: PostgresStore) -> None:
    assert audit_if_due(used, now=MORNING - timedelta(minutes=1)) is None
    assert audit_if_due(used, now=MORNING) == DAY
    assert audit_if_due(used, now=MORNING + timedelta(minutes=1)) is None
    assert notices(used) == [("day audited", 1)]
    assert audit_if_due(used, now=MORNING + timedelta(days=3)) == date(2026, 6, 17)


def test_two_workers_at_once_make_one_audit(used: PostgresStore) -> None:
    ready = threading.Barrier(4)

    def begin(_number: int) -> date | None:
        ready.wait()
        return audit_if_due(used, now=MORNING)

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(begin, range(4)))
    assert sorted(made, key=str) == [DAY, None, None, None]
    assert notices(used) == [("day audited", 1)]


def test_eight_in_the_morning_is_the_sellers(shared_database: Database) -> None:
    entity = LegalEntity("main", "Example Ltd", in_zone="Pacific/Auckland", number_prefix="NZ")
    seller = Seller(new_seller().seller_id, "Example", Mode.SANDBOX, entity)
    shared_database.add_seller(seller)
    store = shared_database.for_seller(seller.seller_id)
    hear(store, "api", since=MORNING - timedelta(hours=30), until=MORNING - timedelta(hours=29))
    # Eight in the morning of the 15th in Auckland is eight in the evening of the 14th in UTC.
    assert audit_if_due(store, now=datetime(2026, 6, 14, 19, 59, tzinfo=UTC)) is None
    assert audit_if_due(store, now=datetime(2026, 6, 14, 20, 0, tzinfo=UTC)) == DAY


def test_nobody_hears_of_a_seller_who_never_sent_anything(store: PostgresStore) -> None:
    assert audit_if_due(store, now=MORNING) is None
    assert notices(store) == []


def test_the_audit_tells_what_nobody_will_be_billed_for_as_it_was_that_morning(used: PostgresStore) -> None:
    add_customer(used, key="globex", name="Globex", in_zone="UTC", now=MORNING)
    stray = {**dict(sent("2", time="2026-06-14T11:00:00Z")), "subject": "globex"}  # type: ignore[call-overload]
    record_usage(used, [stray], now=MORNING - timedelta(hours=21))
    told = "1 event of globex falls outside every subscription and will not be billed"
    assert concerns(show_audit(used, now=MORNING)) == [told]
    audit_if_due(used, now=MORNING)
    more = {**stray, "id": "3"}
    record_usage(used, [more], now=MORNING)
    assert concerns(show_audit(used, day=DAY, now=MORNING)) == [told]
    today = show_audit(used, day=date(2026, 6, 15), now=MORNING)
    # Of the two there are now, one was told already.
    assert concerns(today) == [told]
    assert sum(one.events for one in today.unattributed) == 2
    audit_if_due(used, now=MORNING + timedelta(days=1))
    assert show_audit(used, day=date(2026, 6, 16), now=MORNING + timedelta(days=2)).is_clear


def test_the_audit_tells_the_days_conflicts_and_quarantine(used: PostgresStore) -> None:
    at = MORNING - timedelta(hours=20)
    unknown = {**dict(sent("9")), "type": "chat"}  # type: ignore[call-overload]
    record_usage(used, [sent("1", time="2026-06-14T10:00:00Z", tokens=1), unknown], now=at)
    audit = show_audit(used, day=DAY, now=MORNING)
    assert (audit.accepted, audit.conflicts, audit.heard) == (1, 1, 1)
    ((reason, events),) = audit.quarantine
    assert events == 1
    assert reason.startswith("No meter counts events of type “chat”")
    assert verdict(audit).startswith("On 14 June 2026 1 event from 1 source; all clear but: 1 event in conflict")
    assert show_audit(used, day=date(2026, 6, 13), now=MORNING).is_clear


def test_a_day_to_come_has_no_audit(used: PostgresStore) -> None:
    with pytest.raises(Refused, match="2026-06-16 is still to come"):
        show_audit(used, day=date(2026, 6, 16), now=MORNING)


def test_the_sources_are_shown_with_those_that_send_most_first(used: PostgresStore) -> None:
    hear(used, "busy", since=MORNING - timedelta(days=3), until=MORNING)
    view = show_sources(used, now=MORNING)
    assert [one.source for one in view.sources] == ["busy", "test"]
    assert view.sources[0].last_heard_at == MORNING - timedelta(hours=1)
