"""Who subscribes to what, how far it is billed, and when it is due next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from farthing.core.period import Cycle
from farthing.core.subscriptions.subscription import AgreedQuantity, AgreedVersion, Attached, Pause, Subscription
from farthing.postgres.cycles import Cycles
from farthing.postgres.written import write_json

Agreed = TypeVar("Agreed", AgreedVersion, AgreedQuantity)

_AT_THE_END_OF_TIME = datetime(9990, 1, 1, tzinfo=UTC)


def due_at(subscription: Subscription) -> datetime | None:
    """The next moment to bill; None when there is none."""
    moment = next(subscription.moments_due(through=_AT_THE_END_OF_TIME), None)
    return None if moment is None else moment.at


# One question for all of them, which most subscriptions answer with nothing.
_AGREED = """
    SELECT subscription_id, since, plan_version, NULL AS name, NULL::numeric AS number, NULL AS add_on_key,
           NULL::integer AS version, NULL::timestamptz AS ends_at, written, plan_key, ends_phases, 'version' AS kind
    FROM farthing.agreed_version WHERE subscription_id = ANY(%(ids)s::uuid[])
    UNION ALL
    SELECT subscription_id, since, NULL, name, number, NULL, NULL, NULL, written, NULL, NULL, 'quantity'
    FROM farthing.agreed_quantity WHERE subscription_id = ANY(%(ids)s::uuid[])
    UNION ALL
    SELECT subscription_id, starts_at, NULL, NULL, number, add_on_key, version, ends_at, 0, NULL, NULL, 'add_on'
    FROM farthing.agreed_add_on WHERE subscription_id = ANY(%(ids)s::uuid[])
    UNION ALL
    SELECT subscription_id, starts_at, NULL, NULL, NULL, NULL, NULL, ends_at, 0, NULL, NULL, 'pause'
    FROM farthing.agreed_pause WHERE subscription_id = ANY(%(ids)s::uuid[])
    UNION ALL
    SELECT subscription_id, since, NULL, NULL, NULL, NULL, NULL, NULL, position, NULL, NULL, 'crossing'
    FROM farthing.threshold_crossing WHERE subscription_id = ANY(%(ids)s::uuid[])
    ORDER BY subscription_id, since, written, add_on_key
"""


class Subscriptions(Cycles):
    """The seller's subscriptions."""

    def add_subscription(self, subscription: Subscription) -> None:
        """Keep a new subscription."""
        self._run(
            """
            INSERT INTO farthing.subscription (
                subscription_id, customer_id, plan_key, plan_version, anchor, every, in_zone, starts_at, ends_at,
                billed_through, due_at, currency, overrides, phase_ends, usage_through
            ) VALUES (
                %(subscription_id)s, %(customer_id)s, %(plan_key)s, %(plan_version)s, %(anchor)s, %(every)s,
                %(in_zone)s, %(starts_at)s, %(ends_at)s, %(billed_through)s, %(due_at)s, %(currency)s,
                %(overrides)s, %(phase_ends)s, %(usage_through)s
            )
            """,
            {
                "subscription_id": subscription.subscription_id,
                "customer_id": subscription.customer_id,
                "plan_key": subscription.plan_key,
                "plan_version": subscription.plan_version,
                "anchor": subscription.cycle.first.anchor,
                "every": str(subscription.cycle.first.every),
                "in_zone": subscription.cycle.first.in_zone,
                "starts_at": subscription.starts_at,
                "ends_at": subscription.ends_at,
                "billed_through": subscription.billed_through,
                "due_at": due_at(subscription),
                "currency": subscription.currency,
                "overrides": write_json(subscription.overrides),
                "phase_ends": list(subscription.phase_ends),
                "usage_through": subscription.usage_billed_through,
            },
        )
        self.keep_agreement(subscription)
        if subscription.cycle.before is not None:
            self.keep_cycle_changes(subscription)

    def keep_cycle(self, subscription: Subscription) -> None:
        """Keep how the time of a subscription that is locked is cut, and when it is due next by it."""
        self.keep_cycle_changes(subscription)
        self.keep_progress(subscription)

    def keep_agreement(self, subscription: Subscription) -> None:
        """Keep what was agreed since it was last read; what is there already stays as it is.

        The subscription is locked; when it is due next may be another instant by now.
        """
        there = self._agreed([subscription.subscription_id])[subscription.subscription_id]
        named: dict[str, Any] = {"subscription_id": subscription.subscription_id}
        for version in _beyond(subscription.versions, there.versions):
            self._run(
                """
                INSERT INTO farthing.agreed_version (subscription_id, since, plan_key, plan_version, ends_phases)
                VALUES (%(subscription_id)s, %(since)s, %(plan_key)s, %(plan_version)s, %(ends_phases)s)
                """,
                named
                | {
                    "since": version.since,
                    "plan_key": version.plan_key,
                    "plan_version": version.plan_version,
                    "ends_phases": version.ends_phases,
                },
            )
        for quantity in _beyond(subscription.quantities, there.quantities):
            self._run(
                """
                INSERT INTO farthing.agreed_quantity (subscription_id, since, name, number)
                VALUES (%(subscription_id)s, %(since)s, %(name)s, %(number)s)
                """,
                named | {"since": quantity.since, "name": quantity.name, "number": quantity.number},
            )
        for attached in subscription.add_ons:
            if attached not in there.add_ons:
                self._run(
                    """
                    INSERT INTO farthing.agreed_add_on (
                        subscription_id, add_on_key, version, starts_at, ends_at, number
                    ) VALUES (%(subscription_id)s, %(key)s, %(version)s, %(starts_at)s, %(ends_at)s, %(number)s)
                    ON CONFLICT (seller_id, subscription_id, add_on_key, starts_at)
                    DO UPDATE SET ends_at = excluded.ends_at
                    """,
                    named
                    | {
                        "key": attached.add_on_key,
                        "version": attached.version,
                        "starts_at": attached.starts_at,
                        "ends_at": attached.ends_at,
                        "number": attached.number,
                    },
                )

        for pause in subscription.pauses:
            if pause not in there.pauses:
                known = any(pause.starts_at == kept.starts_at for kept in there.pauses)
                self._run(
                    """
                    UPDATE farthing.agreed_pause SET ends_at = %(ends_at)s
                    WHERE subscription_id = %(subscription_id)s AND starts_at = %(starts_at)s
                    """
                    if known
                    else """
                    INSERT INTO farthing.agreed_pause (subscription_id, starts_at, ends_at)
                    VALUES (%(subscription_id)s, %(starts_at)s, %(ends_at)s)
                    """,
                    named | {"starts_at": pause.starts_at, "ends_at": pause.ends_at},
                )
        self._run(
            "UPDATE farthing.subscription SET due_at = %(due_at)s WHERE subscription_id = %(subscription_id)s "
            "AND due_at IS DISTINCT FROM %(due_at)s",
            named | {"due_at": due_at(subscription)},
        )

    def end_subscription(self, subscription: Subscription) -> None:
        """Keep the `ends_at` of a subscription that is locked; None when it goes on after all."""
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
        return None if row is None else self._subscriptions([row])[0]

    def lock_due(self, subscription_ids: Sequence[UUID], *, through: datetime) -> list[Subscription]:
        """Those of these that are due by an instant, held until the transaction ends, in this order.

        Without those that somebody else holds, for whom it does not wait.
        """
        rows = self._rows(
            """
            SELECT * FROM farthing.subscription
            WHERE subscription_id = ANY(%(ids)s::uuid[]) AND due_at <= %(through)s
            ORDER BY subscription_id FOR NO KEY UPDATE SKIP LOCKED
            """,
            {"ids": list(subscription_ids), "through": through},
        )
        locked = {one.subscription_id: one for one in self._subscriptions(rows)}
        return [locked[each] for each in subscription_ids if each in locked]

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
        return self._subscriptions(rows)

    def subscriptions_of_plans(
        self, plan_keys: Iterable[str], *, after: UUID | None = None, limit: int = 500
    ) -> list[Subscription]:
        """A page of those that were or will be on these plans, by id, from the one after `after` on."""
        rows = self._rows(
            """
            SELECT * FROM farthing.subscription
            WHERE (plan_key = ANY(%(plan_keys)s::text[]) OR EXISTS (
                    SELECT FROM farthing.agreed_version AS agreed
                    WHERE agreed.subscription_id = subscription.subscription_id
                      AND agreed.plan_key = ANY(%(plan_keys)s::text[])
                ))
              AND (%(after)s::uuid IS NULL OR subscription_id > %(after)s)
            ORDER BY subscription_id LIMIT %(limit)s
            """,
            {"plan_keys": list(plan_keys), "after": after, "limit": limit},
        )
        return self._subscriptions(rows)

    def _subscriptions(self, rows: Sequence[Any]) -> list[Subscription]:
        agreed = self._agreed([row.subscription_id for row in rows])
        cycles = self._cycles(rows)
        return [_subscription(row, agreed[row.subscription_id], cycles[row.subscription_id]) for row in rows]

    def _agreed(self, subscription_ids: Sequence[UUID]) -> dict[UUID, _Agreed]:
        """What was agreed later, oldest first."""
        agreed = {subscription_id: _Agreed() for subscription_id in subscription_ids}
        for row in self._rows(_AGREED, {"ids": list(agreed)}):
            own = agreed[row.subscription_id]
            if row.plan_version is not None:
                own.versions.append(AgreedVersion(row.since, row.plan_key, row.plan_version, row.ends_phases))
            elif row.add_on_key is not None:
                own.add_ons.append(Attached(row.add_on_key, row.version, row.since, row.ends_at, row.number))
            elif row.kind == "crossing":
                own.crossings.append(row.since)
            elif row.number is None:
                own.pauses.append(Pause(row.since, row.ends_at))
            else:
                own.quantities.append(AgreedQuantity(row.since, row.name, row.number))
        return agreed

    def customers_of(self, subscription_ids: Sequence[UUID]) -> dict[UUID, UUID]:
        """Whose each of these subscriptions is."""
        rows = self._rows(
            """
            SELECT subscription_id, customer_id FROM farthing.subscription
            WHERE subscription_id = ANY(%(ids)s::uuid[])
            """,
            {"ids": list(subscription_ids)},
        )
        return {row.subscription_id: row.customer_id for row in rows}

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

    def lock_subscriptions(self, subscription_ids: Sequence[UUID]) -> list[Subscription]:
        """These, held until the transaction ends, in the order of their ids, so that nobody waits in a circle."""
        rows = self._rows(
            """
            SELECT * FROM farthing.subscription WHERE subscription_id = ANY(%(ids)s::uuid[])
            ORDER BY subscription_id FOR NO KEY UPDATE
            """,
            {"ids": list(subscription_ids)},
        )
        return self._subscriptions(rows)

    def keep_progress_of(self, subscriptions: Sequence[Subscription]) -> None:
        """Keep how far subscriptions that are locked are billed, and when each is due next."""
        kept = self._run(
            """
            UPDATE farthing.subscription AS billed
            SET billed_through = said.billed_through, due_at = said.due_at, usage_through = said.usage_through
            FROM unnest(
                %(ids)s::uuid[], %(billed_through)s::timestamptz[], %(due_at)s::timestamptz[],
                %(usage_through)s::timestamptz[]
            ) AS said (subscription_id, billed_through, due_at, usage_through)
            WHERE billed.subscription_id = said.subscription_id
            """,
            {
                "ids": [one.subscription_id for one in subscriptions],
                "billed_through": [one.billed_through for one in subscriptions],
                "due_at": [due_at(one) for one in subscriptions],
                "usage_through": [one.usage_billed_through for one in subscriptions],
            },
        )
        assert kept == len(subscriptions), f"of {len(subscriptions)} subscriptions there are {kept}"

    def keep_progress(self, subscription: Subscription) -> None:
        """Keep how far a subscription that is locked is billed, and when it is due next."""
        self.keep_progress_of([subscription])


@dataclass(slots=True)
class _Agreed:
    """What was agreed after a subscription's start."""

    versions: list[AgreedVersion] = field(default_factory=list)
    quantities: list[AgreedQuantity] = field(default_factory=list)
    add_ons: list[Attached] = field(default_factory=list)
    pauses: list[Pause] = field(default_factory=list)
    crossings: list[datetime] = field(default_factory=list)


def _beyond(agreed: Sequence[Agreed], there: Sequence[Agreed]) -> list[Agreed]:
    """What was agreed beyond what is there. What was agreed, then changed, then agreed again counts once more."""
    known, added = list(there), []
    for each in agreed:
        if each in known:
            known.remove(each)
        else:
            added.append(each)
    return added


def _subscription(row: Any, agreed: _Agreed, cycle: Cycle) -> Subscription:
    return Subscription(
        subscription_id=row.subscription_id,
        customer_id=row.customer_id,
        plan_key=row.plan_key,
        plan_version=row.plan_version,
        cycle=cycle,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        billed_through=row.billed_through,
        currency=row.currency,
        versions=tuple(agreed.versions),
        quantities=tuple(agreed.quantities),
        add_ons=tuple(agreed.add_ons),
        pauses=tuple(agreed.pauses),
        phase_ends=tuple(row.phase_ends),
        overrides=row.overrides,
        crossings=tuple(agreed.crossings),
    )
