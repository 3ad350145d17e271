"""Who subscribes to what, how far it is billed, and when it is due next."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from farthing.core.period import Cycle
from farthing.core.subscriptions.subscription import Subscription
from farthing.postgres.session import Session

_AT_THE_END_OF_TIME = datetime(9990, 1, 1, tzinfo=UTC)


def due_at(subscription: Subscription) -> datetime | None:
    """The next moment to bill; None when there is none."""
    moment = next(subscription.moments_due(through=_AT_THE_END_OF_TIME), None)
    return None if moment is None else moment.at


class Subscriptions(Session):
    """The seller's subscriptions."""

    def add_subscription(self, subscription: Subscription) -> None:
        """Keep a new subscription."""
        self._run(
            """
            INSERT INTO farthing.subscription (
                subscription_id, customer_id, plan_key, plan_version, anchor_day, in_zone, starts_at, ends_at,
                billed_through, due_at
            ) VALUES (
                %(subscription_id)s, %(customer_id)s, %(plan_key)s, %(plan_version)s, %(anchor_day)s, %(in_zone)s,
                %(starts_at)s, %(ends_at)s, %(billed_through)s, %(due_at)s
            )
            """,
            {
                "subscription_id": subscription.subscription_id,
                "customer_id": subscription.customer_id,
                "plan_key": subscription.plan_key,
                "plan_version": subscription.plan_version,
                "anchor_day": subscription.cycle.anchor_day,
                "in_zone": subscription.cycle.in_zone,
                "starts_at": subscription.starts_at,
                "ends_at": subscription.ends_at,
                "billed_through": subscription.billed_through,
                "due_at": due_at(subscription),
            },
        )

    def end_subscription(self, subscription: Subscription) -> None:
        """Keep the `ends_at` of a subscription that is locked."""
        kept = self._run(
            """
            UPDATE farthing.subscription SET ends_at = %(ends_at)s, due_at = %(due_at)s
            WHERE subscription_id = %(subscription_id)s
            """,
            {
                "subscription_id": subscription.subscription_id,
                "ends_at": subscription.ends_at,
                "due_at": due_at(subscription),
            },
        )
        assert kept == 1, f"there is no subscription {subscription.subscription_id}"

    def lock_subscription(self, subscription_id: UUID) -> Subscription | None:
        """The subscription, held until the transaction ends."""
        row = self._row(
            "SELECT * FROM farthing.subscription WHERE subscription_id = %(subscription_id)s FOR NO KEY UPDATE",
            {"subscription_id": subscription_id},
        )
        return None if row is None else _subscription(row)

    def subscriptions(self, *, customer_id: UUID | None = None) -> list[Subscription]:
        """By customer and start."""
        rows = self._rows(
            """
            SELECT * FROM farthing.subscription
            WHERE %(customer_id)s::uuid IS NULL OR customer_id = %(customer_id)s
            ORDER BY customer_id, starts_at, subscription_id
            """,
            {"customer_id": customer_id},
        )
        return [_subscription(row) for row in rows]

    def due_subscriptions(self, *, through: datetime) -> list[UUID]:
        """Those with a moment to bill at or before this instant, oldest first."""
        rows = self._rows(
            """
            SELECT subscription_id FROM farthing.subscription WHERE due_at <= %(through)s
            ORDER BY due_at, subscription_id
            """,
            {"through": through},
        )
        return [row.subscription_id for row in rows]

    def keep_progress(self, subscription: Subscription) -> None:
        """Keep how far a subscription that is locked is billed, and when it is due next."""
        kept = self._run(
            """
            UPDATE farthing.subscription SET billed_through = %(billed_through)s, due_at = %(due_at)s
            WHERE subscription_id = %(subscription_id)s
            """,
            {
                "subscription_id": subscription.subscription_id,
                "billed_through": subscription.billed_through,
                "due_at": due_at(subscription),
            },
        )
        assert kept == 1, f"there is no subscription {subscription.subscription_id}"


def _subscription(row: Any) -> Subscription:
    return Subscription(
        subscription_id=row.subscription_id,
        customer_id=row.customer_id,
        plan_key=row.plan_key,
        plan_version=row.plan_version,
        cycle=Cycle(row.anchor_day, row.in_zone),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        billed_through=row.billed_through,
    )
