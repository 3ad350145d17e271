"""What customers owe is collected by itself: once, on its days, by the method on file; past due when that fails."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from farthing.core.invoicing.collecting import AttemptState, CollectingTerms
from farthing.core.money import Money
from farthing.core.refused import Refused
from farthing.postgres.database import PostgresStore
from farthing.usecases.check_books import check_books
from farthing.usecases.close_period import close_period
from farthing.usecases.collect import collect_invoice, hear_of_attempt, settle_attempts
from farthing.usecases.collect_due import collect_due, list_attempts, past_due_invoices, set_collecting_terms
from farthing.usecases.payment_methods import put_method, remove_method, show_method
from farthing.usecases.payment_ports import Attempt, GatewayAnswer, Said
from farthing.usecases.payments import list_payments
from farthing_rehearsal.gateway import SimulatedGateway
from tests.databases import NOW
from tests.usecases.shop import at_once, open_shop
from tests.usecases.test_collect import left

DAY = timedelta(days=1)
SOFT = AttemptState.DECLINED_SOFT


@pytest.fixture
def shop(store: PostgresStore) -> PostgresStore:
    """Acme owes 49.00 on EX-000001."""
    open_shop(store)
    close_period(store, through=date(2026, 1, 1), now=NOW)
    return store


def put(store: PostgresStore, token: str, *, now: datetime = NOW) -> None:
    put_method(store, "acme", token=token, by="Ada", now=now)


def due(store: PostgresStore, gateway: SimulatedGateway, *, now: datetime = NOW) -> list[AttemptState]:
    return [one.state for one in collect_due(store, gateway, now=now)]


def past_due(store: PostgresStore, *, now: datetime) -> list[str]:
    with store.transaction():
        (customer,) = store.customers()
        return [invoice.number for invoice in past_due_invoices(store, customer.customer_id, now=now)]


def test_without_a_method_nothing_is_collected(shop: PostgresStore) -> None:
    assert due(shop, SimulatedGateway()) == []
    assert show_method(shop, "acme") is None
    remove_method(shop, "acme", by="Ada", now=NOW)
    with pytest.raises(Refused, match="no payment method on file"):
        collect_invoice(shop, SimulatedGateway(), "EX-000001", by="Ada", now=NOW, key="1")


def test_a_method_on_file_pays_what_is_open_once(shop: PostgresStore) -> None:
    gateway = SimulatedGateway()
    put(shop, "ok")
    put(shop, "ok")
    assert due(shop, gateway) == [AttemptState.DONE]
    assert (due(shop, gateway), left(shop), gateway.moved) == ([], "0.00", 4900)
    assert check_books(shop) == []


def test_many_jobs_at_once_collect_once(shop: PostgresStore) -> None:
    gateway = SimulatedGateway()
    put(shop, "ok")
    told = at_once(*[lambda: collect_due(shop, gateway, now=NOW)] * 8)
    assert not [one for one in told if isinstance(one, Exception)], told
    assert (gateway.calls, gateway.moved, len(list_payments(shop))) == (["authorise"], 4900, 1)
    assert check_books(shop) == []


def test_a_soft_decline_is_tried_again_on_its_days_and_then_the_invoice_is_past_due(shop: PostgresStore) -> None:
    gateway = SimulatedGateway()
    put(shop, "soft")
    seen: list[int] = []
    for hours in range(12 * 24):
        now = NOW + timedelta(hours=hours)
        if due(shop, gateway, now=now):
            seen.append((now.date() - NOW.date()).days)
        if len(seen) < 5:
            assert past_due(shop, now=now) == []
    assert seen == [0, 1, 3, 5, 7]
    assert past_due(shop, now=NOW + 12 * DAY) == ["EX-000001"]
    put(shop, "ok", now=NOW + 12 * DAY)
    assert past_due(shop, now=NOW + 12 * DAY) == []
    assert due(shop, gateway, now=NOW + 12 * DAY) == [AttemptState.DONE]
    assert (past_due(shop, now=NOW + 90 * DAY), left(shop)) == ([], "0.00")


def test_a_hard_decline_waits_for_another_method(shop: PostgresStore) -> None:
    gateway = SimulatedGateway()
    put(shop, "hard")
    assert due(shop, gateway) == [AttemptState.DECLINED_HARD]
    assert [due(shop, gateway, now=NOW + days * DAY) for days in range(1, 9)] == [[]] * 8
    assert past_due(shop, now=NOW) == ["EX-000001"]
    put(shop, "soft", now=NOW + 9 * DAY)
    assert due(shop, gateway, now=NOW + 9 * DAY) == [SOFT]
    (latest, _) = list_attempts(shop, customer_key="acme")
    assert latest.again_at == datetime(NOW.year, NOW.month, NOW.day, 9, tzinfo=UTC) + 10 * DAY


def test_other_terms_are_in_force_at_once(shop: PostgresStore) -> None:
    gateway = SimulatedGateway()
    put(shop, "soft")
    set_collecting_terms(shop, CollectingTerms((2,), 23, 5), by="Ada", now=NOW)
    days = [day for day in range(9) if due(shop, gateway, now=NOW.replace(hour=23, minute=30) + day * DAY)]
    assert days == [0, 2]
    assert past_due(shop, now=NOW + 3 * DAY) == ["EX-000001"]


def test_past_due_begins_the_day_after_it_was_due_or_later(shop: PostgresStore) -> None:
    (invoice,) = _invoices(shop)
    day_after = datetime(invoice.year, invoice.month, invoice.day, 12, tzinfo=UTC) + DAY
    assert (past_due(shop, now=day_after - DAY), past_due(shop, now=day_after)) == ([], ["EX-000001"])
    set_collecting_terms(shop, CollectingTerms(past_due_after_days=3), by="Ada", now=NOW)
    assert (past_due(shop, now=day_after + 2 * DAY), past_due(shop, now=day_after + 3 * DAY)) == ([], ["EX-000001"])


def _invoices(store: PostgresStore) -> list[date]:
    with store.transaction():
        return [invoice.due_on for invoice in store.all_invoices()]


@pytest.mark.parametrize("method", ["ok+lost", "ok+lost authorise", "ok+lost capture", "ok+unheard"])
def test_whoever_is_killed_in_the_middle_leaves_it_to_the_next_round(shop: PostgresStore, method: str) -> None:
    gateway = SimulatedGateway()
    put(shop, method)
    assert due(shop, gateway) == [AttemptState.LIVE]
    later = NOW
    for _ in range(4):
        later += timedelta(hours=1)
        settle_attempts(shop, gateway, now=later, patience=timedelta(minutes=10))
        if method == "ok+unheard":
            put(shop, "ok", now=later)
        due(shop, gateway, now=later)
    assert (left(shop), gateway.moved, len(list_payments(shop))) == ("0.00", 4900, 1)
    assert check_books(shop) == []


def test_what_is_on_its_way_is_not_taken_for_what_never_came(shop: PostgresStore) -> None:
    gateway = SimulatedGateway()
    put(shop, "ok+unheard")
    due(shop, gateway)
    patience = timedelta(minutes=10)
    assert settle_attempts(shop, gateway, now=NOW + patience / 2, patience=patience) == []
    (dropped,) = settle_attempts(shop, gateway, now=NOW + patience, patience=patience)
    assert dropped.state is AttemptState.DROPPED


def test_an_attempt_that_was_dropped_and_came_after_all_is_kept_as_what_it_is(shop: PostgresStore) -> None:
    gateway = SimulatedGateway()
    put(shop, "ok+unheard")
    due(shop, gateway)
    (dropped,) = settle_attempts(shop, gateway, now=NOW)
    captured = GatewayAnswer(Said.CAPTURED, reference="late")
    told = at_once(*[lambda: hear_of_attempt(shop, dropped.attempt_id, captured, now=NOW)] * 4)
    assert {one.state for one in told if isinstance(one, Attempt)} == {AttemptState.DONE}
    declined = GatewayAnswer(Said.DECLINED_HARD)
    assert hear_of_attempt(shop, dropped.attempt_id, declined, now=NOW).state is AttemptState.DONE
    assert (left(shop), len(list_payments(shop))) == ("0.00", 1)
    assert check_books(shop) == []


def test_what_was_dropped_while_the_gateway_thought_is_not_taken(shop: PostgresStore) -> None:
    class Slow(SimulatedGateway):
        def authorise(self, attempt_id: UUID, *, method: str, amount: Money) -> GatewayAnswer:
            hear_of_attempt(shop, attempt_id, GatewayAnswer(Said.UNKNOWN, "Not yet."), now=NOW)
            return super().authorise(attempt_id, method=method, amount=amount)

    gateway = Slow()
    put(shop, "ok")
    assert (due(shop, gateway), gateway.moved, left(shop)) == ([AttemptState.DROPPED], 0, "49.00")


def test_the_number_of_a_card_is_never_kept(shop: PostgresStore) -> None:
    for token, label in (("4242 4242 4242 4242", ""), ("ok", "Visa 4242-4242-4242-4242")):
        with pytest.raises(Refused, match="number of a card"):
            put_method(shop, "acme", token=token, label=label, by="Ada", now=NOW)
    with pytest.raises(Refused, match="number of a card"):
        collect_invoice(shop, SimulatedGateway(), "EX-000001", method="4242424242424242", by="Ada", now=NOW, key="1")
