"""A gateway collects what is open of an invoice, or pays back: asked once, and asked about where an answer was lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from farthing.core.ids import id_of
from farthing.core.invoicing.collecting import AttemptState, refuse_card_number
from farthing.core.invoicing.payment import PaidBy, Payment, PaymentStanding
from farthing.core.money import exact_money
from farthing.core.period import local_date
from farthing.core.refused import Clash, Refused, Unknown
from farthing.usecases.collecting_ports import Method
from farthing.usecases.credit_invoice import entity_of, lock_invoice, standing_of
from farthing.usecases.payment_ports import (
    Attempt,
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
    by: str,
    now: datetime,
    key: str,
    method: str | None = None,
) -> Attempt:
    """Let a gateway collect what is open of an invoice, from the method on file or this one; `key` names the request.

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
        customer_id, on_file = invoice.draft.customer_id, None
        if method is None:
            on_file = method_on_file(store, customer_id)
            if on_file is None:
                raise Refused(
                    "This customer has no payment method on file; name one, or put one there.", field="method"
                )
        token, method_number = (on_file.token, on_file.number) if on_file else (str(method), None)
        refuse_card_number(token, field="method")
        attempt = Attempt(
            attempt_id,
            customer_id,
            invoice.invoice_id,
            None,
            unpaid,
            token,
            "",
            by,
            begun_at=now,
            method_number=method_number,
        )
        if not store.keep_attempt(attempt):
            raise Clash(f"{invoice.number} is being collected already; wait for the answer to that attempt.")
    return ask_gateway(store, gateway, attempt, now=now)


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
    return ask_gateway(store, gateway, attempt, now=now)


def settle_attempts(
    store: SellerStore, gateway: Gateway, *, now: datetime, patience: timedelta = timedelta()
) -> list[Attempt]:
    """Ask how every attempt without a known answer stands; those that have one since.

    What the gateway never heard of is given this long to arrive before it is dropped.
    """
    with store.transaction():
        live = store.live_attempts()
    settled = [settle_attempt(store, gateway, one.attempt_id, now=now, patience=patience) for one in live]
    return [attempt for attempt in settled if attempt.state is not AttemptState.LIVE]


def settle_attempt(
    store: SellerStore, gateway: Gateway, attempt_id: UUID, *, now: datetime, patience: timedelta = timedelta()
) -> Attempt:
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
    if answer.said is Said.UNKNOWN and now < attempt.begun_at + patience:
        return attempt  # Whoever began it may be calling at this moment.
    return hear_of_attempt(store, attempt_id, answer, now=now)


def hear_of_attempt(store: SellerStore, attempt_id: UUID, answer: GatewayAnswer, *, now: datetime) -> Attempt:
    """Keep what a gateway said of an attempt, in its answer or by a message of its own, however often it says so.

    One that was dropped as never heard of, and came after all, is kept as what it is: the money moved.
    """
    if answer.said not in _ENDS:
        return _find(store, attempt_id)
    with store.transaction():
        attempt = _attempt(store, attempt_id)
        # The money before the attempt, as whoever begins one does.
        store.lock_money(attempt.customer_id)
        store.lock_attempt(attempt_id)
        attempt = _attempt(store, attempt_id)
        came_after_all = attempt.state is AttemptState.DROPPED and _ENDS[answer.said] is AttemptState.DONE
        if attempt.state is not AttemptState.LIVE and not came_after_all:
            return attempt
        ended = replace(attempt, state=_ENDS[answer.said], said=answer.why, ended_at=now)
        store.end_attempt(ended)
        if ended.state is AttemptState.DONE:
            _keep_what_moved(store, ended, answer, now=now)
    return ended


def ask_gateway(store: SellerStore, gateway: Gateway, attempt: Attempt, *, now: datetime) -> Attempt:
    """Make the attempt that was just kept; to be called outside its transaction, so that it is there whatever comes."""
    try:
        if attempt.payment_id is None:
            answer = gateway.authorise(attempt.attempt_id, method=attempt.method, amount=attempt.amount)
            if answer.said is Said.AUTHORISED:
                # What was dropped while the gateway thought about it is not taken.
                kept = _find(store, attempt.attempt_id)
                if kept.state is not AttemptState.LIVE:
                    return kept
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


def method_on_file(store: SellerStore, customer_id: UUID) -> Method | None:
    """How a customer pays by themselves, if they do; to be called in a transaction."""
    method = store.last_method(customer_id)
    return None if method is None or not method.token else method


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
