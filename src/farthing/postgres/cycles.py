"""How each subscription's time is cut into periods, and since when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from farthing.core.interval import every_from
from farthing.core.parties import Customer
from farthing.core.period import Cycle
from farthing.core.subscriptions.subscription import Subscription
from farthing.postgres.session import Session


class Cycles(Session):
    """The seller's cycles, and the zones its customers are in."""

    def keep_cycle_changes(self, subscription: Subscription) -> None:
        """Keep what changed in how its time is cut; what was written before stays as it is."""
        first = subscription.cycle.first
        there = _told(self._cycle_after(first, subscription.subscription_id))
        wanted = _told(subscription.cycle)
        for since in sorted(since for since in {*there, *wanted} if since is not None):
            now, then = (_at(told, since) for told in (wanted, there))
            if now != then:
                there[since] = anchor, every, in_zone = now
                self._run(
                    """
                    INSERT INTO farthing.agreed_cycle (subscription_id, since, anchor, every, in_zone)
                    VALUES (%(subscription_id)s, %(since)s, %(anchor)s, %(every)s, %(in_zone)s)
                    """,
                    {
                        "subscription_id": subscription.subscription_id,
                        "since": since,
                        "anchor": anchor,
                        "every": every,
                        "in_zone": in_zone,
                    },
                )

    def move_customer(self, customer: Customer) -> None:
        """Keep the zone that a customer is in from now on."""
        kept = self._run(
            "UPDATE farthing.customer SET in_zone = %(in_zone)s WHERE customer_id = %(customer_id)s",
            {"customer_id": customer.customer_id, "in_zone": customer.in_zone},
        )
        assert kept == 1, f"there is no customer {customer.customer_id}"

    def _cycles(self, rows: Sequence[Any]) -> dict[UUID, Cycle]:
        """The cycle of each of these subscriptions, with those that it took the place of."""
        cycles = {row.subscription_id: Cycle(row.anchor, row.in_zone, _every(row)) for row in rows}
        for row in self._changes(list(cycles)):
            cycles[row.subscription_id] = _changed(cycles[row.subscription_id], row)
        return cycles

    def _cycle_after(self, first: Cycle, subscription_id: UUID) -> Cycle:
        cycle = first
        for row in self._changes([subscription_id]):
            cycle = _changed(cycle, row)
        return cycle

    def _changes(self, subscription_ids: Sequence[UUID]) -> list[Any]:
        """Oldest first; of two from the same instant on the one written last counts."""
        return self._rows(
            """
            SELECT DISTINCT ON (subscription_id, since) subscription_id, since, anchor, every, in_zone
            FROM farthing.agreed_cycle WHERE subscription_id = ANY(%(ids)s::uuid[])
            ORDER BY subscription_id, since, written DESC
            """,
            {"ids": list(subscription_ids)},
        )


def _changed(cycle: Cycle, row: Any) -> Cycle:
    return cycle.changed(since=row.since, anchor=row.anchor, every=_every(row), in_zone=row.in_zone)


def _every(row: Any) -> Any:
    return every_from(row.every, of="A cycle that is kept")


def _told(cycle: Cycle) -> dict[datetime | None, tuple[date, str, str]]:
    """What a cycle says since each instant; None is the beginning."""
    told = {} if cycle.before is None else _told(cycle.before)
    return told | {cycle.since: (cycle.anchor, str(cycle.every), cycle.in_zone)}


def _at(told: dict[datetime | None, tuple[date, str, str]], instant: datetime) -> tuple[date, str, str]:
    since = max((since for since in told if since is not None and since <= instant), default=None)
    return told[since]
