"""Whatever happens in whatever order, the books prove, and each line is what its events come to."""

import os
import random
from datetime import UTC, datetime
from uuid import UUID

import pytest

from farthing.core.billing import FrozenPrices
from farthing.core.metering.sample import Sample, whole
from farthing.core.period import Period
from farthing.core.rating.line import round_parts
from farthing.postgres.database import PostgresStore
from farthing.usecases.check_books import check_books
from tests.simulation.walk import TYPES, Walk

WALKS = int(os.environ.get("FARTHING_TEST_WALKS", "24"))
FIRST = int(os.environ.get("FARTHING_TEST_FIRST_WALK", "0"))
STEPS = 30


@pytest.mark.parametrize("seed", range(FIRST, FIRST + WALKS))
def test_the_books_are_right_after_a_random_walk(store: PostgresStore, seed: int) -> None:
    walk = Walk(store, random.Random(seed))
    try:
        walk.go(STEPS)
        _look(walk)
    except Exception as failure:
        raise AssertionError("\n".join([f"Walk {seed} ended with {failure!r}:", *walk.story])) from failure


def _look(walk: Walk) -> None:
    store = walk.store
    assert check_books(store) == []
    with store.transaction():
        customers = {customer.key: customer.customer_id for customer in store.customers()}
        counts = store.counts()
        invoices = list(store.all_invoices())
        positions = _positions(walk, customers)
    assert counts.accepted == len(walk.accepted)
    assert [invoice.sequence for invoice in invoices] == list(range(1, len(invoices) + 1))
    moments = {(invoice.draft.subscription_id, invoice.draft.at) for invoice in invoices}
    assert len(moments) == len(invoices)
    of = {customer_id: key for key, customer_id in customers.items()}
    for invoice in invoices:
        prices = FrozenPrices(invoice.draft)
        for line in invoice.draft.lines:
            frozen = prices.of(line)
            assert frozen is not None
            meter = frozen.price.meter
            if line.slice is None:
                continue
            assert meter is not None
            counted = [
                walk.accepted[key]
                for key, event in walk.accepted.items()
                if event.subject == of[invoice.draft.customer_id]
                and event.type == meter.event_type
                and line.period.start <= walk.happened[key] < line.period.end
                and positions[key] <= line.slice.to
            ]
            quantity = meter.measure.of(
                [Sample(line.period.start, 0, event.data) for event in counted], whole(line.period)
            )
            steps = frozen.price.shape_of().steps(quantity)
            amount, _ = round_parts([step.exact for step in steps], in_currency=invoice.draft.currency)
            assert (line.quantity, line.slice.events, line.amount) == (quantity, len(counted), amount), invoice.number


def _positions(walk: Walk, customers: dict[str, UUID]) -> dict[tuple[str, str], int]:
    """Where each accepted event stands; every one is there, as it was sent, and no other."""
    always = Period(datetime(1971, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
    to_position = walk.store.last_position()
    positions: dict[tuple[str, str], int] = {}
    for customer_id in customers.values():
        for event_type in TYPES:
            for kept in walk.store.events(customer_id=customer_id, event_type=event_type, period=always,
                                          to_position=to_position, limit=100_000):  # fmt: skip
                key = (kept.event.source, kept.event.id)
                assert kept.event == walk.accepted[key]
                assert kept.happened_at == walk.happened[key]
                positions[key] = kept.position
    assert positions.keys() == walk.accepted.keys()
    assert len(set(positions.values())) == len(positions)
    return positions
