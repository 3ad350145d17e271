"""Usage that comes after it was billed is adjusted once, by what all of it comes to less what was billed."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from threading import Thread

from farthing.cli.explained import explanation_lines
from farthing.core.metering.meter import Meter
from farthing.core.money import currency
from farthing.core.pricing.commitment import Commitment
from farthing.core.pricing.plan import Plan
from farthing.core.pricing.terms import meter_from, price_from
from farthing.core.rating.line import LineKind, Origin
from farthing.postgres.database import PostgresStore
from farthing.usecases.apply_catalogue import apply_catalogue
from farthing.usecases.check_books import check_books
from farthing.usecases.close_period import close_period
from farthing.usecases.customers import add_customer
from farthing.usecases.explain_line import explain_line, line_events
from farthing.usecases.late_usage import adjusted_of, look_for_late, position_to_bill
from farthing.usecases.owed import find_owed
from farthing.usecases.show_invoices import list_invoices
from farthing.usecases.subscribe import end_subscription, subscribe
from tests.core.core_values import at
from tests.databases import NOW
from tests.usecases.shop import at_once, record, sent
from tests.usecases.test_correct_usage import correct, correction

SUM: dict[str, Meter] = {
    "tokens": meter_from("tokens", {"event_type": "completion", "measure": "sum", "property": "tokens"}, version=1)
}


def open_shop(store: PostgresStore, unit: str, *, commitments: tuple[Commitment, ...] = ()) -> None:
    """Acme pays so much a token from January on."""
    price = price_from("tokens", {"meter": "tokens", "shape": "per_unit", "unit": unit}, meters=SUM)
    plan = Plan("plain", 1, "Plain", currency("USD"), (price,), commitments=commitments)
    apply_catalogue(store, meters=SUM, plans=[plan], now=NOW)
    add_customer(store, key="acme", name="Acme", in_zone="UTC", now=NOW)
    subscribe(store, customer_key="acme", plan_key="plain", starts_on=date(2026, 1, 1))


def close(store: PostgresStore, through: str) -> None:
    """Close through this day, on the next one."""
    close_period(store, through=date.fromisoformat(through), now=at(through) + timedelta(days=1, hours=2))


def bills(store: PostgresStore) -> list[list[tuple[str, str]]]:
    """The kinds and amounts of each invoice's lines, oldest first; the books are sound."""
    assert check_books(store) == []
    listed = list_invoices(store, person=None)
    return [
        [(line.kind.value, f"{line.amount.amount:f}") for line in invoice.draft.lines]
        for _, invoice in reversed(listed)
    ]


def test_a_late_unit_makes_the_cent_that_was_rounded_away(store: PostgresStore) -> None:
    open_shop(store, "0.004")
    record(store, sent("one", tokens=1))
    close(store, "2026-01-31")
    record(store, sent("two", tokens=1))
    close(store, "2026-02-28")
    assert bills(store) == [[("usage", "0.00")], [("usage", "0.00"), ("adjustment", "0.01")]]
    with store.transaction():
        assert store.counts().late == 0
    assert find_owed(store) == []


def test_late_usage_moves_the_true_up_and_not_the_sum(store: PostgresStore) -> None:
    open_shop(store, "1", commitments=(Commitment("least", "At least", Decimal(100)),))
    record(store, sent("sixty", tokens=60))
    close(store, "2026-01-31")
    record(store, sent("thirty", tokens=30))
    close(store, "2026-02-28")
    assert bills(store) == [
        [("usage", "60.00"), ("true_up", "40.00")],
        [("usage", "0.00"), ("true_up", "100.00"), ("adjustment", "30.00"), ("adjustment", "-30.00")],
    ]
    record(store, sent("twenty", tokens=20))
    close(store, "2026-03-31")
    assert bills(store)[2] == [
        ("usage", "0.00"),
        ("true_up", "100.00"),
        ("adjustment", "20.00"),
        ("adjustment", "-10.00"),
    ]
    assert find_owed(store) == []


def test_what_comes_late_again_is_adjusted_from_what_was_billed_by_then(store: PostgresStore) -> None:
    open_shop(store, "0.004")
    record(store, sent("one", tokens=100))
    close(store, "2026-01-31")
    for month, last in ((2, "2026-02-28"), (3, "2026-03-31"), (4, "2026-04-30")):
        record(store, sent(f"late {month}", tokens=1))
        close(store, last)
    assert [lines[1:] for lines in bills(store)[1:]] == [
        [("adjustment", "0.00")],
        [("adjustment", "0.01")],
        [("adjustment", "0.00")],
    ]
    with store.transaction():
        counts = store.counts()
    assert (counts.billed, counts.late) == (4, 0)


def test_what_is_to_be_given_back_waits_for_a_person_and_is_on_no_invoice(store: PostgresStore) -> None:
    open_shop(store, "1")
    record(store, sent("five", tokens=5), sent("seven", tokens=7))
    close(store, "2026-01-31")
    correct(store, correction("a", "seven"))
    close(store, "2026-02-28")
    assert bills(store) == [[("usage", "12.00")], [("usage", "0.00")]]
    assert [one.difference.amount for one in find_owed(store)] == [Decimal("-7.00")]
    with store.transaction():
        customer = store.customer_by_key("acme")
        assert customer is not None
        (proposed,) = adjusted_of(store, customer, to_position=store.last_position())
    assert not proposed.is_carried
    assert proposed.net.amount == Decimal("-7.00")


def test_what_no_invoice_will_carry_is_billed_by_itself_and_once(store: PostgresStore) -> None:
    open_shop(store, "1")
    record(store, sent("five", tokens=5))
    end_subscription(store, customer_key="acme", plan_key="plain", now=at("2026-01-20"))
    close(store, "2026-01-31")
    record(store, sent("late", tokens=3))
    assert at_once(*[lambda: close(store, "2026-02-05")] * 4) == [None] * 4
    assert bills(store) == [[("usage", "5.00")], [("adjustment", "3.00")]]
    close(store, "2026-03-31")
    assert len(bills(store)) == 2


def test_an_adjustment_is_explained_from_the_price_that_its_origin_froze(store: PostgresStore) -> None:
    open_shop(store, "0.004")
    record(store, sent("one", tokens=1))
    close(store, "2026-01-31")
    record(store, sent("two", tokens=1))
    close(store, "2026-02-28")
    ((_, invoice), *_) = list_invoices(store, person=None)
    explained = explain_line(store, invoice.number, 2, person=None)
    assert explained.holds
    assert explained.line.origin == Origin(list_invoices(store, person=None)[1][1].invoice_id, 1)
    told = "\n".join(explanation_lines(explained, days=True))
    assert "All of it so far" in told
    assert "Billed already" in told
    assert [one.event.id for one in line_events(store, invoice.number, 2, person=None)] == ["one", "two"]


def test_two_subscriptions_that_are_billed_at_once_do_not_both_carry_it(store: PostgresStore) -> None:
    open_shop(store, "1")
    other = {"calls": meter_from("calls", {"event_type": "call", "measure": "count"}, version=1)}
    price = price_from("calls", {"meter": "calls", "shape": "per_unit", "unit": "1"}, meters=other)
    apply_catalogue(store, meters=other, plans=[Plan("other", 1, "Other", currency("USD"), (price,))], now=NOW)
    subscribe(store, customer_key="acme", plan_key="other", starts_on=date(2026, 1, 1))
    record(store, sent("five", tokens=5))
    close(store, "2026-01-31")
    record(store, sent("late", tokens=3))
    assert at_once(*[lambda: close(store, "2026-02-28")] * 4) == [None] * 4
    carried = [line for lines in bills(store) for line in lines if line[0] == LineKind.ADJUSTMENT]
    assert carried == [("adjustment", "3.00")]


def test_nobody_looks_past_an_event_while_a_bill_leaves_it_out(store: PostgresStore) -> None:
    """Looked at while the bill cannot be seen yet, it would be taken for one of an open period, for ever."""
    open_shop(store, "1")
    looking = Thread(target=look_for_late, args=(store,), kwargs={"now": NOW})
    with store.transaction():
        upto = position_to_bill(store)
        sending = Thread(target=record, args=(store, sent("late", tokens=3)))
        sending.start()
        sending.join()
        looking.start()
        looking.join(0.5)
        assert looking.is_alive()
        assert upto == 0
    looking.join(20)
    with store.transaction():
        assert store.look_for_late(now=NOW) is False
