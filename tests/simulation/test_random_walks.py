"""Whatever happens in whatever order, the books prove, and each line is what its events come to."""

import os
import random
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from farthing.core.billing import FrozenPrices
from farthing.core.exact import Exact, add
from farthing.core.metering.event import UsageEvent, instant
from farthing.core.metering.sample import Sample, whole
from farthing.core.money import Money, zero
from farthing.core.period import Period
from farthing.core.rating.line import Origin, round_parts
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
        _look_at_events(walk, customers)
        said = {key: _said(walk, key) for key in walk.accepted}
    assert counts.accepted == len(walk.accepted)
    assert [invoice.sequence for invoice in invoices] == list(range(1, len(invoices) + 1))
    moments = [(one.draft.subscription_id, one.draft.at) for one in invoices if one.draft.subscription_id is not None]
    assert len(set(moments)) == len(moments)
    of = {customer_id: key for key, customer_id in customers.items()}
    by_id = {invoice.invoice_id: invoice for invoice in invoices}
    billed: dict[Origin, Billed] = {}
    for invoice in sorted(invoices, key=lambda one: one.sequence):
        for number, line in enumerate(invoice.draft.lines, start=1):
            origin = line.origin or Origin(invoice.invoice_id, number)
            rests_on = by_id[origin.invoice_id].draft
            frozen = FrozenPrices(rests_on).of(rests_on.lines[origin.line_number - 1])
            assert frozen is not None
            meter = frozen.price.meter
            if line.slice is None:
                continue
            assert meter is not None
            counted = [
                one.event
                for versions in said.values()
                for one in versions
                if one.event.subject == of[invoice.draft.customer_id]
                and one.event.type == meter.event_type
                and line.period.start <= one.happened_at < line.period.end
                and one.since <= line.slice.to
                and (one.until is None or one.until > line.slice.to)
            ]
            quantity = meter.measure.of(
                [Sample(line.period.start, 0, event.data) for event in counted], whole(line.period)
            )
            steps = frozen.price.shape_of().steps(quantity)
            amount, _ = round_parts([step.exact for step in steps], in_currency=invoice.draft.currency)
            # What came late is what all of it comes to, less what was billed before.
            so_far = billed.setdefault(origin, Billed(Decimal(0), 0, zero(invoice.draft.currency)))
            so_far.quantity = add(so_far.quantity, line.quantity)
            so_far.events += line.slice.events
            so_far.amount += line.amount
            assert (so_far.quantity, so_far.events, so_far.amount) == (quantity, len(counted), amount), invoice.number


@dataclass
class Billed:
    """What was billed of a line so far."""

    quantity: Exact
    events: int
    amount: Money


@dataclass(frozen=True)
class Said:
    """What an event said from one position until another, as the walk remembers it."""

    event: UsageEvent
    happened_at: datetime
    since: int
    until: int | None


def _said(walk: Walk, key: tuple[str, str]) -> list[Said]:
    """The versions of an event; what the store tells of them is what was said."""
    history = walk.store.history(walk.accepted[key].key)
    assert history is not None
    remembered = [walk.accepted[key], *(event for event in walk.corrected.get(key, []) if event is not None)]
    assert len(history.versions) == len(remembered), key
    assert (history.in_force is None) == (None in walk.corrected.get(key, []))
    said: list[Said] = []
    for version, event in zip(history.versions, remembered, strict=True):
        assert (version.type, version.subject, version.data) == (event.type, event.subject, event.data)
        happened_at = walk.happened[key] if not said else walk.received[key]
        happened_at = happened_at if event.time is None else instant(event.time)
        assert version.happened_at == happened_at
        said.append(Said(event, happened_at, version.position, version.ended_at))
    return said


def _look_at_events(walk: Walk, customers: dict[str, UUID]) -> None:
    """Every event that counts is there, as it was said last, and no other."""
    always = Period(datetime(1971, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
    to_position = walk.store.last_position()
    last = {key: walk.corrected[key][-1] if walk.corrected.get(key) else event for key, event in walk.accepted.items()}
    found: set[tuple[str, str]] = set()
    for customer_id in customers.values():
        for event_type in TYPES:
            for kept in walk.store.events(customer_id=customer_id, event_type=event_type, period=always,
                                          to_position=to_position, limit=100_000):  # fmt: skip
                key = (kept.event.source, kept.event.id)
                assert kept.event == last[key]
                assert key not in found
                found.add(key)
    assert found == {key for key, event in last.items() if event is not None}
