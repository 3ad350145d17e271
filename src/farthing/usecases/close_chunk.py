"""Many subscriptions that are due are billed together, in one transaction; each gets what it would get alone.

They are billed in rounds, of each customer the next moment, so that nobody waits for what another one of the round
wrote. Whoever has something of their own or cannot be billed is left to be billed alone: nobody keeps others from it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from farthing.core.billing import measurements_wanted
from farthing.core.metering.meter import Reading
from farthing.core.notices import RunClosed
from farthing.core.refused import Refused
from farthing.core.subscriptions.subscription import Subscription
from farthing.usecases.agreed import agreement_of
from farthing.usecases.billing_moments import Drafted, draft_moment, goes_out, issue_drafted, metered_charges
from farthing.usecases.chunk_ports import Due
from farthing.usecases.late_usage import position_to_bill
from farthing.usecases.ports import Chunk, SellerStore


@dataclass(slots=True)
class Closed:
    """What became of a chunk: how many invoices it made, and who is to be billed alone.

    `taken` are all that nobody else held.
    """

    made: int = 0
    taken: list[UUID] = field(default_factory=list)
    alone: list[UUID] = field(default_factory=list)


def close_chunk(
    store: SellerStore,
    subscription_ids: Sequence[UUID],
    *,
    run_id: UUID,
    through: date,
    due_by: datetime,
    now: datetime,
    held_back: timedelta,
) -> Closed:
    """Bill what is due of those that nobody else holds.

    Refuses all of it, with nothing kept, where one cannot be billed for a later one of its moments: either all moments
    of a subscription are billed, or none.
    """
    closed = Closed()
    with store.transaction():
        chunk = store.chunk()
        waiting = chunk.lock_due(subscription_ids, through=due_by)
        closed.taken = [subscription.subscription_id for subscription in waiting]
        position = position_to_bill(chunk)
        begun: set[UUID] = set()
        while waiting:
            due, waiting = _one_of_each_customer(chunk, waiting, through=through, now=now)
            if not due:
                break
            billed = _bill(chunk, due, closed, begun, to_position=position, run_id=run_id, now=now)
            begun.update(subscription.subscription_id for subscription in billed)
            # All moments of one subscription come before those of the customer's next one.
            waiting = [*billed, *waiting]
        if closed.made:
            store.write_notices([RunClosed(run_id)], written_at=now, held_back=held_back)
    return closed


def _bill(
    chunk: Chunk, due: Sequence[Due], closed: Closed, begun: set[UUID], *, to_position: int, run_id: UUID, now: datetime
) -> list[Subscription]:
    """Bill one moment of each; the subscriptions of those that were billed, as they are now."""
    held = chunk.hold_customers([one.subscription.customer_id for one in due])
    closed.alone += [one.subscription.subscription_id for one in due if one.subscription.customer_id not in held]
    due = [one for one in due if one.subscription.customer_id in held]
    chunk.read_ahead(due)  # Read.
    chunk.read_slices_ahead(
        [charge for one in due for charge in metered_charges(agreement_of(chunk, one.subscription), one.moment)]
    )
    _measure_ahead(chunk, due, to_position=to_position)

    going: list[Drafted] = []
    for one in due:
        try:
            drafted = draft_moment(chunk, one.subscription, one.moment, to_position=to_position)  # Decide.
            if goes_out(chunk, drafted, now=now):
                going.append(drafted)
        except Refused:
            if one.subscription.subscription_id in begun:
                raise
            closed.alone.append(one.subscription.subscription_id)
    billed: list[Subscription] = []
    for drafted in going:
        try:
            bill = issue_drafted(chunk, drafted, run_id=run_id, now=now)
        except Refused:
            if drafted.subscription.subscription_id in begun:
                raise
            closed.alone.append(drafted.subscription.subscription_id)
        else:
            billed.append(bill.subscription)
            closed.made += bill.invoice is not None
    chunk.write()  # Write.
    return billed


def _one_of_each_customer(
    chunk: Chunk, waiting: Sequence[Subscription], *, through: date, now: datetime
) -> tuple[list[Due], list[Subscription]]:
    """The next moment of a subscription of each customer, and the subscriptions whose turn comes later."""
    due: dict[UUID, Due] = {}
    later: list[Subscription] = []
    for subscription in waiting:
        limit = min(now, subscription.cycle.start_of_day(through + timedelta(days=1)))
        moment = next(subscription.moments_due(through=limit), None)
        if moment is None:
            continue
        if subscription.customer_id in due:
            later.append(subscription)
            continue
        currency = agreement_of(chunk, subscription).plan_at(subscription.starts_at).currency
        due[subscription.customer_id] = Due(subscription, moment, currency)
    return list(due.values()), later


def _measure_ahead(chunk: Chunk, due: Sequence[Due], *, to_position: int) -> None:
    """What several of them measure alike is measured for all of them at once."""
    alike: dict[tuple[object, ...], list[tuple[Reading, list[UUID]]]] = defaultdict(list)
    for one in due:
        for wanted in measurements_wanted(agreement_of(chunk, one.subscription), one.moment).values():
            for reading in (wanted.this, wanted.before):
                if reading is not None:
                    _add_to(alike[_at_a_glance(reading)], reading, one.subscription.customer_id)
    for readings in alike.values():
        for reading, customer_ids in readings:
            if len(customer_ids) > 1:
                chunk.measure_ahead(reading, customer_ids, to_position=to_position)


def _add_to(readings: list[tuple[Reading, list[UUID]]], reading: Reading, customer_id: UUID) -> None:
    for known, customer_ids in readings:
        if known == reading:
            if customer_ids[-1] != customer_id:
                customer_ids.append(customer_id)
            return
    readings.append((reading, [customer_id]))


def _at_a_glance(reading: Reading) -> tuple[object, ...]:
    """What readings that are alike have in common, and what takes no time to look up."""
    segment = reading.window.segment
    return reading.meter.key, reading.meter.version, segment.start, segment.end, reading.since
