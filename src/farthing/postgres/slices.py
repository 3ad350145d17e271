"""Charges that are billed slice by slice, and the subscriptions whose usage may have crossed a threshold."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from farthing.core.money import Money, currency
from farthing.core.rating.line import Origin
from farthing.core.rating.slicing import BilledSlice
from farthing.core.subscriptions.subscription import Subscription
from farthing.postgres.lines import slice_from
from farthing.postgres.session import Session
from farthing.postgres.subscriptions import due_at
from farthing.usecases.slice_ports import Crossing

# So many positions are looked at in one transaction.
_POSITIONS_AT_ONCE = 200_000


class Slices(Session):
    """What was billed of charges so far, and what is to be looked at because it accrues."""

    def slices_of(self, charge_ids: Iterable[UUID]) -> dict[UUID, list[BilledSlice]]:
        """What was billed of these charges, in order; a charge of which nothing was billed is left out."""
        rows = self._rows(
            """
            SELECT slice.charge_id, slice.revision, slice.after, slice.upto, slice.events, slice.event_type,
                   slice.quantity AS slice_quantity, slice.quantity_of AS slice_quantity_of, slice.invoice_id,
                   slice.line_number, line.minor, invoice.currency,
                   (SELECT coalesce(sum(credited.gross_minor), 0)::bigint FROM farthing.credit_note_line AS credited
                    JOIN farthing.credit_note AS note USING (seller_id, credit_note_id)
                    WHERE credited.invoice_id = slice.invoice_id AND credited.line_number = slice.line_number
                      AND note.kind = 'correction') AS corrected,
                   EXISTS (SELECT FROM farthing.credit_note AS note
                           WHERE note.invoice_id = slice.invoice_id AND note.voids) AS voided
            FROM farthing.slice AS slice
            JOIN farthing.invoice_line AS line ON line.seller_id = slice.seller_id
                AND line.invoice_id = slice.invoice_id AND line.number = slice.line_number
            JOIN farthing.invoice AS invoice
                ON invoice.seller_id = slice.seller_id AND invoice.invoice_id = slice.invoice_id
            WHERE slice.charge_id = ANY(%(charge_ids)s::uuid[])
            ORDER BY slice.charge_id, slice.revision, slice.number
            """,
            {"charge_ids": list(charge_ids)},
        )
        found: dict[UUID, list[BilledSlice]] = {}
        for row in rows:
            in_currency = currency(row.currency)
            found.setdefault(row.charge_id, []).append(
                BilledSlice(
                    Origin(row.invoice_id, row.line_number),
                    slice_from(row),
                    Money(row.minor, in_currency),
                    Money(row.corrected, in_currency),
                    row.voided,
                )
            )
        return found

    def keep_crossing(self, crossing: Crossing, *, subscription: Subscription) -> None:
        """Keep that a threshold was crossed; the subscription is locked, and is due then."""
        self._run(
            """
            INSERT INTO farthing.threshold_crossing (
                subscription_id, since, position, currency, accrued_minor, threshold_minor
            ) VALUES (
                %(subscription_id)s, %(since)s, %(position)s, %(currency)s, %(accrued)s, %(threshold)s
            )
            """,
            {
                "subscription_id": crossing.subscription_id,
                "since": crossing.since,
                "position": crossing.position,
                "currency": crossing.accrued.currency.code,
                "accrued": crossing.accrued.minor,
                "threshold": crossing.threshold.minor,
            },
        )
        self._run(
            "UPDATE farthing.subscription SET due_at = %(due_at)s WHERE subscription_id = %(subscription_id)s",
            {"due_at": due_at(subscription), "subscription_id": crossing.subscription_id},
        )

    def look_for_accrued(self, *, now: datetime) -> bool:
        """Note the subscriptions with a threshold that the next events may be for; whether there are more events."""
        self._lock_name("usage that accrues")
        self._run("INSERT INTO farthing.threshold_watch (position) VALUES (0) ON CONFLICT DO NOTHING")
        looked = self._row("SELECT position FROM farthing.threshold_watch FOR UPDATE")
        last = self._row("SELECT last_position AS position FROM farthing.usage_counter")
        assert looked is not None, "it was put there a moment ago"
        upto = 0 if last is None else last.position
        if looked.position >= upto:
            return False
        to = min(upto, looked.position + _POSITIONS_AT_ONCE)
        self._run(
            """
            INSERT INTO farthing.accruing (subscription_id, position, found_at)
            SELECT subscription.subscription_id, %(to)s, %(now)s
            FROM farthing.subscription AS subscription
            WHERE (subscription.ends_at IS NULL OR subscription.billed_through IS DISTINCT FROM subscription.ends_at)
              AND EXISTS (
                  SELECT FROM farthing.plan_version AS plan
                  WHERE plan.terms ? 'bill_above'
                    AND (plan.plan_key = subscription.plan_key OR plan.plan_key IN (
                        SELECT agreed.plan_key FROM farthing.agreed_version AS agreed
                        WHERE agreed.subscription_id = subscription.subscription_id))
              )
              AND subscription.customer_id IN (
                  SELECT customer_id FROM farthing.usage_event
                  WHERE position > %(after)s AND position <= %(to)s
              )
            ON CONFLICT (seller_id, subscription_id) DO UPDATE SET position = excluded.position
            """,
            {"after": looked.position, "to": to, "now": now},
        )
        self._run("UPDATE farthing.threshold_watch SET position = %(to)s", {"to": to})
        return bool(to < upto)

    def accruing(self) -> list[UUID]:
        """The subscriptions that are noted, oldest first."""
        rows = self._rows("SELECT subscription_id FROM farthing.accruing ORDER BY found_at, subscription_id")
        return [row.subscription_id for row in rows]

    def settle_accruing(self, subscription_id: UUID, *, upto: int) -> None:
        """What happened at positions up to this one crosses nothing."""
        self._run(
            "DELETE FROM farthing.accruing WHERE subscription_id = %(subscription_id)s AND position <= %(upto)s",
            {"subscription_id": subscription_id, "upto": upto},
        )
