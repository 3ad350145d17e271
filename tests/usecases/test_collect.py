"""A gateway collects: one live attempt an invoice, lost answers asked about, and every message heard once."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from farthing.core.invoicing.collecting import AttemptState
from farthing.core.money import USD, Money
from farthing.core.refused import Clash, Refused, Unknown
from farthing.postgres.database import PostgresStore
from farthing.usecases.check_books import check_books
from farthing.usecases.close_period import close_period
from farthing.usecases.collect import (
    collect_invoice,
    hear_of_attempt,
    refund_by_gateway,
    settle_attempt,
    settle_attempts,
)
from farthing.usecases.credit_invoice import standings_of
from farthing.usecases.payment_ports import Attempt, GatewayAnswer, Said
from farthing.usecases.payments import Paid, list_payments, record_payment
from farthing_rehearsal.gateway import SimulatedGateway
from tests.databases import NOW
from tests.usecases.shop import at_once, open_shop


@pytest.fixture
def shop(store: PostgresStore) -> PostgresStore:
    """Acme owes 49.00 on EX-000001."""
    open_shop(store)
    close_period(store, through=date(2026, 1, 1), now=NOW)
    return store


def collect(store: PostgresStore, gateway: SimulatedGateway, method: str = "ok", *, key: str = "1") -> Attempt:
    return collect_invoice(store, gateway, "EX-000001", method=method, by="Ada", now=NOW, key=key)


def left(store: PostgresStore) -> str:
    with store.transaction():
        (standing,) = standings_of(store, list(store.all_invoices()))
    return str(standing.open.amount)


def test_what_is_open_is_collected_once(shop: PostgresStore) -> None:
    gateway = SimulatedGateway()
    attempt = collect(shop, gateway)
    assert (attempt.state, left(shop), gateway.moved) == (AttemptState.DONE, "0.00", 4900)
    assert collect(shop, gateway) == attempt
    assert gateway.calls == ["authorise"]
    with pytest.raises(Refused, match="Nothing is left to pay of EX-000001"):
        collect(shop, gateway, key="2")
    assert check_books(shop) == []


@pytest.mark.parametrize(("method", "state"), [("soft", "declined_soft"), ("hard", "declined_hard")])
def test_a_decline_says_why_and_leaves_all_as_it_was(shop: PostgresStore, method: str, state: str) -> None:
    attempt = collect(shop, SimulatedGateway(), method)
    assert (attempt.state.value, left(shop), list_payments(shop)) == (state, "49.00", [])
    assert attempt.said
    assert collect(shop, SimulatedGateway(), key="2").state is AttemptState.DONE


@pytest.mark.parametrize("method", ["ok+lost", "ok+lost authorise", "ok+lost capture"])
def test_a_lost_answer_is_asked_about_and_never_guessed(shop: PostgresStore, method: str) -> None:
    gateway = SimulatedGateway()
    attempt = collect(shop, gateway, method)
    assert (attempt.state, left(shop)) == (AttemptState.LIVE, "49.00")
    with pytest.raises(Clash, match="is being collected already"):
        collect(shop, gateway, key="2")
    first = settle_attempt(shop, gateway, attempt.attempt_id, now=NOW)
    settled = first if first.state is AttemptState.DONE else settle_attempt(shop, gateway, attempt.attempt_id, now=NOW)
    assert (settled.state, left(shop), gateway.moved) == (AttemptState.DONE, "0.00", 4900)
    assert settle_attempts(shop, gateway, now=NOW) == []
    assert check_books(shop) == []


def test_what_never_arrived_is_dropped_and_may_be_tried_again(shop: PostgresStore) -> None:
    gateway = SimulatedGateway()
    attempt = collect(shop, gateway, "ok+unheard")
    assert attempt.state is AttemptState.LIVE
    (dropped,) = settle_attempts(shop, gateway, now=NOW)
    assert (dropped.state, dropped.said) == (AttemptState.DROPPED, "It never came.")
    assert collect(shop, gateway, key="2").state is AttemptState.DONE
    assert gateway.moved == 4900


def test_messages_that_come_again_and_at_once_are_heard_once(shop: PostgresStore) -> None:
    def tell(attempt_id: Any, answer: GatewayAnswer) -> None:
        told = at_once(*[lambda: hear_of_attempt(shop, attempt_id, answer, now=NOW)] * 4)
        assert not [one for one in told if isinstance(one, Exception)], told

    gateway = SimulatedGateway(tell=tell, times=2)
    assert collect(shop, gateway, "ok+lost capture").state is AttemptState.LIVE
    assert (left(shop), len(list_payments(shop))) == ("0.00", 1)
    assert settle_attempts(shop, gateway, now=NOW) == []
    assert check_books(shop) == []
    with pytest.raises(Unknown, match="There is no attempt"):
        hear_of_attempt(shop, uuid4(), GatewayAnswer(Said.CAPTURED), now=NOW)


def test_many_who_collect_at_once_collect_once(shop: PostgresStore) -> None:
    gateway = SimulatedGateway()
    told = at_once(*[lambda key=key: collect(shop, gateway, key=str(key)) for key in range(6)])
    assert sum(isinstance(one, Attempt) for one in told) == 1, told
    assert all(isinstance(one, Attempt | Refused) for one in told)
    assert (gateway.moved, left(shop)) == (4900, "0.00")
    assert check_books(shop) == []


def test_what_was_paid_by_hand_meanwhile_makes_the_rest_the_customers_balance(shop: PostgresStore) -> None:
    gateway = SimulatedGateway()
    attempt = collect(shop, gateway, "ok+lost capture")
    record_payment(shop, Paid("acme", Decimal(40), "USD"), by="Ada", now=NOW)
    settle_attempt(shop, gateway, attempt.attempt_id, now=NOW)
    collected = next(view.standing for view in list_payments(shop) if view.standing.payment.reference[:4] == "sim-")
    assert (collected.free, left(shop)) == (Money(4000, USD), "0.00")
    assert check_books(shop) == []


def test_a_payment_goes_back_the_way_it_came_and_never_twice(shop: PostgresStore) -> None:
    gateway = SimulatedGateway()
    collect(shop, gateway, "ok+lost refund")
    payment_id = list_payments(shop)[0].standing.payment.payment_id

    def refund(amount: str, key: str, **more: Any) -> Attempt:
        return refund_by_gateway(
            shop, gateway, payment_id, Decimal(amount), reason="Sorry.", by="Ada", now=NOW, key=key, **more
        )

    with pytest.raises(Refused, match="the rest pays invoices"):
        refund("9.00", "1")
    lost = refund("9.00", "1", reopen=True)
    assert (lost.state, left(shop)) == (AttemptState.LIVE, "0.00")
    with pytest.raises(Clash, match="is being paid back already"):
        refund("9.00", "2", reopen=True)
    assert refund("9.00", "1", reopen=True) == lost
    settle_attempts(shop, gateway, now=NOW)
    assert (gateway.moved, left(shop)) == (4000, "9.00")
    with pytest.raises(Refused, match=r"40\.00 USD can be paid back, not 40\.01 USD"):
        refund("40.01", "3", reopen=True)
    by_hand = record_payment(shop, Paid("acme", Decimal(1), "USD"), by="Ada", now=NOW, allocate=False)
    with pytest.raises(Refused, match="came by no gateway"):
        refund_by_gateway(
            shop, gateway, by_hand.standing.payment.payment_id, Decimal(1), reason="x", by="Ada", now=NOW, key="4"
        )
    assert check_books(shop) == []
