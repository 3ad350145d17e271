"""A gateway collects what is open of an invoice, or pays back: asked once, and asked about where an answer was lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from farthing.core.ids import id_of
from farthing.core.invoicing.payment import PaidBy, Payment, PaymentStanding
from farthing.core.money import exact_money
from farthing.core.period import local_date
from farthing.core.refused import Clash, Refused, Unknown
from farthing.usecases.credit_invoice import entity_of, lock_invoice, standing_of
from farthing.usecases.payment_ports import (
    Attempt,
    AttemptState,
    Gateway,
    GatewayAnswer,
    GatewayLost,
    Said,
)
from farthing.usecases.payments import allocate_payment, keep_payment, keep_refund, lock_payment, refuse_refund
from farthing.usecases.ports import SellerStore

_ENDS = {
    Said.CAPTURED: AttemptState.DONE,
    Said.REFUNDED: AttemptState.DONE,
    Said.DECLINED_SOFT: AttemptState.DECLINED_SOFT,
    Said.DECLINED_HARD: AttemptState.DECLINED_HARD,
    Said.UNKNOWN: AttemptState.DROPPED,
}


def collect_invoice(
    store: SellerStore,
    gateway: Gateway,
    number_or_id: str | UUID,
    *,
    method: str,
    by: str,
    now: datetime,
    key: str,
) -> Attempt:
    """Let a gateway collect what is open of an invoice from a payment method; `key` names the request.

    The attempt is kept before the gateway is asked. Where its answer is lost the attempt stays live, the invoice takes
    no other, and `settle_attempt` asks how it stands.
    """
    attempt_id = id_of("attempt", store.seller_id, str(number_or_id), key)
    with store.transaction():
        invoice = lock_invoice(store, number_or_id)
        known = store.attempt(attempt_id)
        if known is not None:
            return known
        unpaid = standing_of(store, invoice).open
        if unpaid.minor <= 0:
            raise Refused(f"Nothing is left to pay of {invoice.number}.", field="number")
        attempt = Attempt(
            attempt_id, invoice.draft.customer_id, invoice.invoice_id, None, unpaid, method, "", by, begun_at=now
        )
        if not store.keep_attempt(attempt):
            raise Clash(f"{invoice.number} is being collected already; wait for the answer to that attempt.")
    return _asked(store, gateway, attempt, now=now)


def refund_by_gateway(
    store: SellerStore,
    gateway: Gateway,
    payment_id: UUID,
    amount: Decimal,
    *,
    reason: str,
    by: str,
    now: datetime,
    key: str,
    reopen: bool = False,
) -> Attempt:
    """Let the gateway that a payment came by pay some of it back; `key` names the request."""
    attempt_id = id_of("attempt", store.seller_id, payment_id, key)
    with store.transaction():
        standing, customer = lock_payment(store, payment_id)
        known = store.attempt(attempt_id)
        if known is not None:
            return known
        if standing.payment.paid_by is not PaidBy.GATEWAY:
            raise Refused("This payment came by no gateway; pay it back by hand and record that.", field="payment")
        money = exact_money(amount, standing.payment.amount.currency, field="amount")
        refuse_refund(standing, money, reason=reason, reopen=reopen)
        attempt = Attempt(
            attempt_id, customer.customer_id, None, payment_id, money, standing.payment.reference, reason, by, now
        )
        if not store.keep_attempt(attempt):
            raise Clash("This payment is being paid back already; wait for the answer to that attempt.")
    return _asked(store, gateway, attempt, now=now)


def settle_attempts(store: SellerStore, gateway: Gateway, *, now: datetime) -> list[Attempt]:
    """Ask how every attempt without a known answer stands; those that have one since."""
    with store.transaction():
        live = store.live_attempts()
    settled = [settle_attempt(store, gateway, attempt.attempt_id, now=now) for attempt in live]
    return [attempt for attempt in settled if attempt.state is not AttemptState.LIVE]


def settle_attempt(store: SellerStore, gateway: Gateway, attempt_id: UUID, *, now: datetime) -> Attempt:
    """Ask how an attempt stands, and go on from there: what is held for us is taken, what never came is dropped."""
    attempt = _find(store, attempt_id)
    if attempt.state is not AttemptState.LIVE:
        return attempt
    try:
        answer = gateway.ask(attempt_id)
        if answer.said is Said.AUTHORISED:
            answer = gateway.capture(attempt_id)
    except GatewayLost:
        return attempt
    return hear_of_attempt(store, attempt_id, answer, now=now)


def hear_of_attempt(store: SellerStore, attempt_id: UUID, answer: GatewayAnswer, *, now: datetime) -> Attempt:
    """Keep what a gateway said of an attempt, in its answer or by a message of its own, however often it says so."""
    if answer.said not in _ENDS:
        return _find(store, attempt_id)
    with store.transaction():
        attempt = _attempt(store, attempt_id)
        # The money before the attempt, as whoever begins one does.
        store.lock_money(attempt.customer_id)
        store.lock_attempt(attempt_id)
        attempt = _attempt(store, attempt_id)
        if attempt.state is not AttemptState.LIVE:
            return attempt
        ended = replace(attempt, state=_ENDS[answer.said], said=answer.why, ended_at=now)
        store.end_attempt(ended)
        if ended.state is AttemptState.DONE:
            _keep_what_moved(store, ended, answer, now=now)
    return ended


def _asked(store: SellerStore, gateway: Gateway, attempt: Attempt, *, now: datetime) -> Attempt:
    try:
        if attempt.payment_id is None:
            answer = gateway.authorise(attempt.attempt_id, method=attempt.method, amount=attempt.amount)
            if answer.said is Said.AUTHORISED:
                answer = gateway.capture(attempt.attempt_id)
        else:
            answer = gateway.refund(attempt.attempt_id, reference=attempt.method, amount=attempt.amount)
    except GatewayLost:
        return attempt
    return hear_of_attempt(store, attempt.attempt_id, answer, now=now)


def _keep_what_moved(store: SellerStore, attempt: Attempt, answer: GatewayAnswer, *, now: datetime) -> None:
    """The payment that came in, or what went back of one. What moved is kept, whatever became of the invoice since."""
    if attempt.payment_id is not None:
        standing, _ = lock_payment(store, attempt.payment_id)
        keep_refund(
            store,
            standing,
            attempt.amount,
            refund_id=id_of("refund by gateway", attempt.attempt_id),
            reason=attempt.reason,
            by=attempt.by,
            now=now,
            reopen=True,
        )
        return
    assert attempt.invoice_id is not None, f"attempt {attempt.attempt_id} collects or pays back"
    invoice = store.invoice(attempt.invoice_id)
    assert invoice is not None, f"attempt {attempt.attempt_id} collects an invoice"
    entity = entity_of(store, invoice.entity_key)
    payment = Payment(
        payment_id=id_of("payment by gateway", attempt.attempt_id),
        customer_id=attempt.customer_id,
        entity_key=entity.key,
        amount=attempt.amount,
        paid_by=PaidBy.GATEWAY,
        reference=answer.reference or str(attempt.attempt_id),
        received_on=local_date(now, in_zone=entity.in_zone),
        recorded_at=now,
        by=attempt.by,
    )
    keep_payment(store, payment)
    # What was credited or paid meanwhile needs no more; the rest is the customer's balance.
    _pay(store, payment, [invoice.invoice_id], now=now)


def _pay(store: SellerStore, payment: Payment, invoices: Sequence[UUID], *, now: datetime) -> None:
    allocate_payment(store, PaymentStanding(payment), invoices, now=now, all_or_nothing=False)


def _find(store: SellerStore, attempt_id: UUID) -> Attempt:
    with store.transaction():
        return _attempt(store, attempt_id)


def _attempt(store: SellerStore, attempt_id: UUID) -> Attempt:
    attempt = store.attempt(attempt_id)
    if attempt is None:
        raise Unknown(f"There is no attempt {attempt_id} here.", field="attempt")
    return attempt
