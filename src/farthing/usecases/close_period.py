"""A period is closed: every subscription that is due is billed, each in a transaction of its own."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from farthing.core.ids import id_of
from farthing.core.notices import RunClosed
from farthing.core.period import start_of_day
from farthing.core.refused import Busy, Refused
from farthing.usecases.billing_moments import draft_moment, goes_out, issue_drafted
from farthing.usecases.close_together import SUMMARY_WAITS, Group, close_group, groups_of
from farthing.usecases.late_usage import bill_late_usage, look_for_late, position_to_bill
from farthing.usecases.ports import RunTotals, SellerStore

Progress = Callable[[int, int], None]


def close_period(store: SellerStore, *, through: date, now: datetime, progress: Progress | None = None) -> RunTotals:
    """Bill every moment up to the end of this local day; what is billed already is left alone.

    `progress` hears how many subscriptions of how many are done. May run in several processes at once: a
    subscription is locked while it is billed, so each moment is billed once (INV-07). One that cannot be billed
    keeps no other from it, and is refused at the end.
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
        due = store.due_subscriptions(through=min(now, _end_everywhere(through)))
        store.open_run(run_id, through=through, opened_at=now)
        held_before = len(store.held_drafts())
        groups = groups_of(store, due)
    look_for_late(store, now=now)
    made = 0
    unbilled: list[tuple[UUID, Refused]] = []
    done = 0
    for each in due if groups is None else groups:
        if progress is not None:
            progress(done, len(due))
        own = each.subscription_ids if isinstance(each, Group) else (each,)
        try:
            if isinstance(each, Group):
                made += close_group(store, each, run_id=run_id, through=through, now=now)
            else:
                made += close_subscription(store, each, run_id=run_id, through=through, now=now)
        except Busy:
            raise
        except Refused as fault:
            unbilled += ((subscription_id, fault) for subscription_id in own)
        done += len(own)
    if progress is not None:
        progress(len(due), len(due))
    bill_late_usage(store, now=now)
    with store.transaction():
        totals = store.run_totals(run_id)
        assert totals is not None, f"run {run_id} was opened"
        newly_held = len(store.held_drafts()) > held_before
        if totals.invoices or newly_held:
            store.write_notices([RunClosed(run_id)], written_at=now, again=made > 0 or newly_held)
    if unbilled:
        raise _not_all_billed(store, unbilled)
    return totals


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
