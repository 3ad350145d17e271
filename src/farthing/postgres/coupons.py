"""Coupons as they were made and applied; what each took off is read from the invoices."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from farthing.core.invoicing.coupon_terms import coupon_from
from farthing.core.invoicing.coupons import Applied, Coupon
from farthing.core.money import Money, currency
from farthing.postgres.session import Session
from farthing.postgres.written import is_storable, write_json
from farthing.usecases.coupon_ports import Had, Offered


class CouponBook(Session):
    """What coupons promise and who has them."""

    def lock_coupon(self, key: str) -> None:
        """Until the transaction ends nobody else adds, applies or counts this coupon."""
        self._lock_name("coupon", key)

    def keep_coupon(self, coupon: Coupon, *, created_at: datetime) -> None:
        """A new coupon."""
        self._run(
            """
            INSERT INTO farthing.coupon (coupon_key, terms, created_at) VALUES (%(key)s, %(terms)s, %(created_at)s)
            """,
            {"key": coupon.key, "terms": write_json(coupon.terms()), "created_at": created_at},
        )

    def coupon(self, key: str) -> Offered | None:
        """The coupon with this key."""
        if not is_storable(key):
            return None
        return next(iter(self._offered(key)), None)

    def coupons(self) -> list[Offered]:
        """All of them, by key."""
        return self._offered(None)

    def keep_applied_coupon(self, applied: Applied, *, redemption: int) -> None:
        """A customer has a coupon from now on, as the one with this number of all who ever had it."""
        self._run(
            """
            INSERT INTO farthing.applied_coupon (
                applied_id, coupon_key, customer_id, subscription_id, redemption, terms, applied_at
            ) VALUES (
                %(applied_id)s, %(key)s, %(customer_id)s, %(subscription_id)s, %(redemption)s, %(terms)s, %(applied_at)s
            )
            """,
            {
                "applied_id": applied.applied_id,
                "key": applied.coupon.key,
                "customer_id": applied.customer_id,
                "subscription_id": applied.subscription_id,
                "redemption": redemption,
                "terms": write_json(applied.coupon.terms()),
                "applied_at": applied.applied_at,
            },
        )

    def remove_coupon(self, applied_id: UUID, *, at: datetime, by: str, because: str) -> None:
        """It is taken back."""
        self._run(
            """
            INSERT INTO farthing.removed_coupon (applied_id, removed_at, removed_by, because)
            VALUES (%(applied_id)s, %(at)s, %(by)s, %(because)s)
            """,
            {"applied_id": applied_id, "at": at, "by": by, "because": because},
        )

    def coupons_of(self, customer_id: UUID) -> list[Had]:
        """Those that this customer has or had, oldest first, with what each took off so far."""
        rows = self._rows(
            """
            SELECT applied.*, removed.removed_at
            FROM farthing.applied_coupon AS applied LEFT JOIN farthing.removed_coupon AS removed
                USING (seller_id, applied_id)
            WHERE applied.customer_id = %(customer_id)s ORDER BY applied.applied_at, applied.applied_id
            """,
            {"customer_id": customer_id},
        )
        if not rows:
            return []
        uses: dict[UUID, int] = defaultdict(int)
        used: dict[UUID, list[Money]] = defaultdict(list)
        for row in self._uses([row.applied_id for row in rows]):
            uses[row.source_id] += row.uses
            used[row.source_id].append(Money(row.minor, currency(row.currency)))
        return [_had(row, uses[row.applied_id], used[row.applied_id]) for row in rows]

    def was_charged(self, customer_id: UUID) -> bool:
        """Whether this customer has an invoice of more than nothing."""
        row = self._row(
            "SELECT FROM farthing.invoice WHERE customer_id = %(customer_id)s AND total_minor > 0 LIMIT 1",
            {"customer_id": customer_id},
        )
        return row is not None

    def hold_reckoning(self, customer_id: UUID) -> None:
        """Until the transaction ends nobody else spends this customer's coupons and credit."""
        self._lock_name("reckoning", str(customer_id))

    def hold_reckoning_of(self, customer_ids: Sequence[UUID]) -> set[UUID]:
        """The same for many; without those whom somebody else holds, for whom it does not wait."""
        rows = self._rows(
            """
            SELECT customer_id FROM unnest(%(ids)s::uuid[]) AS asked (customer_id)
            WHERE pg_try_advisory_xact_lock(hashtextextended(%(seller)s || '/reckoning/' || customer_id, 0))
            """,
            {"ids": list(customer_ids), "seller": str(self.seller_id)},
        )
        return {row.customer_id for row in rows}

    def with_coupons_or_credit(self, customer_ids: Sequence[UUID]) -> set[UUID]:
        """Those of these customers who have or had a coupon, or were granted credit."""
        rows = self._rows(
            """
            SELECT customer_id FROM farthing.applied_coupon WHERE customer_id = ANY(%(ids)s::uuid[])
            UNION SELECT customer_id FROM farthing.credit_grant WHERE customer_id = ANY(%(ids)s::uuid[])
            """,
            {"ids": list(customer_ids)},
        )
        return {row.customer_id for row in rows}

    def _offered(self, key: str | None) -> list[Offered]:
        rows = self._rows(
            """
            SELECT coupon.coupon_key, coupon.terms, coalesce(max(applied.redemption), 0) AS redemptions
            FROM farthing.coupon AS coupon LEFT JOIN farthing.applied_coupon AS applied USING (seller_id, coupon_key)
            WHERE %(key)s::text IS NULL OR coupon.coupon_key = %(key)s
            GROUP BY coupon.seller_id, coupon.coupon_key ORDER BY coupon.coupon_key COLLATE "C"
            """,
            {"key": key},
        )
        return [Offered(coupon_from(row.coupon_key, row.terms), row.redemptions) for row in rows]

    def _uses(self, applied: Sequence[UUID]) -> list[Any]:
        """On how many invoices each took something off, and how much, by currency."""
        return self._rows(
            """
            SELECT taken.source_id, issued.currency, count(*)::integer AS uses, sum(taken.minor)::bigint AS minor
            FROM farthing.invoice_discount AS taken JOIN farthing.invoice AS issued USING (seller_id, invoice_id)
            WHERE taken.source_id = ANY(%(applied)s::uuid[])
              -- What was voided used nothing.
              AND NOT EXISTS (
                  SELECT FROM farthing.credit_note AS note
                  WHERE note.seller_id = taken.seller_id AND note.invoice_id = taken.invoice_id AND note.voids
              )
            GROUP BY taken.source_id, issued.currency ORDER BY taken.source_id, issued.currency
            """,
            {"applied": applied},
        )


def _had(row: Any, uses: int, used: Sequence[Money]) -> Had:
    applied = Applied(
        applied_id=row.applied_id,
        coupon=coupon_from(row.coupon_key, row.terms),
        customer_id=row.customer_id,
        applied_at=row.applied_at,
        subscription_id=row.subscription_id,
        uses=uses,
        used=tuple(used),
    )
    return Had(applied, row.removed_at)
