"""A period is closed: every subscription that is due is billed, many in a transaction, or one where it takes care."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from farthing.core.ids import id_of
from farthing.core.notices import RunClosed
from farthing.core.period import start_of_day
from farthing.core.refused import Busy, Refused
from farthing.usecases.billing_moments import draft_moment, goes_out, issue_drafted
from farthing.usecases.close_chunk import close_chunk
from farthing.usecases.close_together import SUMMARY_WAITS, Group, close_group, groups_of
from farthing.usecases.late_usage import bill_late_usage, look_for_late, position_to_bill
from farthing.usecases.ports import RunTotals, SellerStore

Progress = Callable[[int, int], None]


# So many are billed in one transaction; a kill loses no more than that, and nobody holds the numbers for longer.
AT_ONCE = 500


def close_period(
    store: SellerStore, *, through: date, now: datetime, progress: Progress | None = None, at_once: int = AT_ONCE
) -> RunTotals:
    """Bill every moment up to the end of this local day; what is billed already is left alone.

    `progress` hears how many subscriptions of how many are done, after each `at_once` of them. May run in several
    processes at once: a subscription is locked while it is billed, so each moment is billed once (INV-07), and they
    share the work. One that cannot be billed keeps no other from it, and is refused at the end.
    """
    if not 1970 < through.year < 9000:
        raise Refused(f"{through} is too far away; check how the date is written.", field="through")
    with store.transaction():
        seller = store.seller()
        ended_at = start_of_day(through + timedelta(days=1), in_zone=seller.entity.in_zone)
        if ended_at > now:
            raise Refused(
                f"{through} has not ended yet (it is {now:%Y-%m-%d %H:%M} UTC); close through an earlier day.",
                field="through",
            )
        run_id = id_of("run", seller.family_id, through.isoformat())
        due_by = min(now, _end_everywhere(through))
        due = store.due_subscriptions(through=due_by)
        store.open_run(run_id, through=through, opened_at=now)
        held_before = len(store.held_drafts())
        groups, by_themselves = groups_of(store, due)
    look_for_late(store, now=now)
    closing = _Closing(store, run_id, through, due_by, now)
    done = 0
    for group in groups:
        if progress is not None:
            progress(done, len(due))
        closing.close_group(group)
        done += len(group.subscription_ids)
    for first in range(0, len(by_themselves), at_once):
        if progress is not None:
            progress(done + first, len(due))
        closing.close(by_themselves[first : first + at_once])
    closing.wait_for_others(at_once=at_once)
    if progress is not None:
        progress(len(due), len(due))
    bill_late_usage(store, now=now)
    with store.transaction():
        totals = store.run_totals(run_id)
        assert totals is not None, f"run {run_id} was opened"
        newly_held = len(store.held_drafts()) > held_before
        if totals.invoices or newly_held:
            store.write_notices([RunClosed(run_id)], written_at=now, again=closing.made > 0 or newly_held)
    if closing.unbilled:
        raise _not_all_billed(store, closing.unbilled)
    return totals


@dataclass(slots=True)
class _Closing:
    """One who closes, perhaps beside others: what it made, and who could not be billed."""

    store: SellerStore
    run_id: UUID
    through: date
    due_by: datetime
    now: datetime
    made: int = 0
    unbilled: list[tuple[UUID, Refused]] = field(default_factory=list)
    passed: list[UUID] = field(default_factory=list)
    """Whom somebody else held, or had billed, when their turn came."""

    def close_group(self, group: Group) -> None:
        """Bill all that is due of those that are billed with each other; a refusal is told at the end."""
        try:
            self.made += close_group(self.store, group, run_id=self.run_id, through=self.through, now=self.now)
        except Busy:
            raise
        except Refused as fault:
            self.unbilled += ((subscription_id, fault) for subscription_id in group.subscription_ids)

    def close(self, subscription_ids: Sequence[UUID]) -> None:
        """Bill these together, and alone those who are left."""
        if len(subscription_ids) == 1:
            self.close_alone(subscription_ids[0])
            return
        try:
            closed = close_chunk(
                self.store,
                subscription_ids,
                run_id=self.run_id,
                through=self.through,
                due_by=self.due_by,
                now=self.now,
                held_back=SUMMARY_WAITS,
            )
        except Refused:  # Whatever it is about: all whom it does not concern are billed alone.
            alone = subscription_ids
        else:
            self.made += closed.made
            taken = set(closed.taken)
            self.passed += [each for each in subscription_ids if each not in taken]
            alone = closed.alone
        for subscription_id in alone:
            self.close_alone(subscription_id)

    def wait_for_others(self, *, at_once: int) -> None:
        """What others were billing is billed when this ends, by them or by us."""
        while self.passed:
            with self.store.transaction():
                still_due = set(self.store.due_subscriptions(through=self.due_by))
            left = [each for each in self.passed if each in still_due]
            self.passed = []
            if left:
                self.close_alone(left[0])  # Waits for who holds it.
            for first in range(1, len(left), at_once):
                self.close(left[first : first + at_once])

    def close_alone(self, subscription_id: UUID) -> None:
        """Bill all that is due of one; a refusal is told at the end."""
        try:
            self.made += close_subscription(
                self.store, subscription_id, run_id=self.run_id, through=self.through, now=self.now
            )
        except Busy:
            raise
        except Refused as fault:
            self.unbilled.append((subscription_id, fault))


def close_subscription(store: SellerStore, subscription_id: UUID, *, run_id: UUID, through: date, now: datetime) -> int:
    """Bill what is due of one subscription, as far as no draft waits; the number of invoices that made."""
    made = 0
    with store.transaction():
        subscription = store.lock_subscription(subscription_id)  # Read.
        assert subscription is not None, f"subscription {subscription_id} was due a moment ago"
        limit = min(now, subscription.cycle.start_of_day(through + timedelta(days=1)))
        for moment in subscription.moments_due(through=limit):
            drafted = draft_moment(store, subscription, moment, to_position=position_to_bill(store))  # Decide.
            if not goes_out(store, drafted, now=now):
                break
            billed = issue_drafted(store, drafted, run_id=run_id, now=now)  # Write.
            subscription = billed.subscription
            made += billed.invoice is not None
        if made:
            store.write_notices([RunClosed(run_id)], written_at=now, held_back=SUMMARY_WAITS)
    return made


def _not_all_billed(store: SellerStore, unbilled: list[tuple[UUID, Refused]]) -> Refused:
    subscription_id, fault = unbilled[0]
    with store.transaction():
        subscription = store.lock_subscription(subscription_id)
        customer = None if subscription is None else store.customer(subscription.customer_id)
    assert subscription is not None, f"subscription {subscription_id} was there a moment ago"
    assert customer is not None, f"subscription {subscription_id} has a customer"
    others = "" if len(unbilled) == 1 else f" {len(unbilled) - 1:,} more could not be billed either."
    return Refused(
        f"{customer.key} could not be billed for “{subscription.plan_key}”; everyone else was, as far as was due. "
        f"{fault.sentence}{others}"
    )


def _end_everywhere(day: date) -> datetime:
    """The instant at which this day has ended in every zone there is."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1, hours=12)
