"""Credit as it was granted and as it expired; what it paid is read from the invoices."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import sql

from farthing.core.invoicing.credits import Grant, GrantKind
from farthing.core.money import Money, currency
from farthing.postgres.session import Session

# A grant with what it paid, by whichever table says so, less what credit notes gave back, and what of it expired.
_GRANTS = sql.SQL(
    """
    SELECT kept.*, expired.minor AS expired, (
        SELECT coalesce(sum(taken.minor), 0) FROM farthing.invoice_discount AS taken
        WHERE taken.seller_id = kept.seller_id AND taken.source_id = kept.grant_id
    )::bigint + (
        SELECT coalesce(sum(paid.minor), 0) FROM farthing.invoice_credit AS paid
        WHERE paid.seller_id = kept.seller_id AND paid.grant_id = kept.grant_id
    )::bigint - (
        SELECT coalesce(sum(back.minor), 0) FROM farthing.credit_note_discount AS back
        WHERE back.seller_id = kept.seller_id AND back.source_id = kept.grant_id
    )::bigint - (
        SELECT coalesce(sum(back.minor), 0) FROM farthing.credit_note_credit AS back
        WHERE back.seller_id = kept.seller_id AND back.grant_id = kept.grant_id
    )::bigint AS used
    FROM farthing.credit_grant AS kept LEFT JOIN farthing.credit_expiry AS expired USING (seller_id, grant_id)
    """
)
_ORDER = sql.SQL(" ORDER BY granted_at, grant_id")


class CreditBook(Session):
    """Credit of customers."""

    def keep_grant(self, grant: Grant, *, by: str, because: str, transaction_id: UUID | None) -> None:
        """New credit; what was paid for is booked by this transaction."""
        self._run(
            """
            INSERT INTO farthing.credit_grant (
                grant_id, customer_id, entity_key, kind, name, currency, minor, priority, granted_at, granted_by,
                because, starts_at, expires_at, transaction_id
            ) VALUES (
                %(grant_id)s, %(customer_id)s, %(entity_key)s, %(kind)s, %(name)s, %(currency)s, %(minor)s,
                %(priority)s, %(granted_at)s, %(by)s, %(because)s, %(starts_at)s, %(expires_at)s, %(transaction_id)s
            )
            """,
            {
                "grant_id": grant.grant_id,
                "customer_id": grant.customer_id,
                "entity_key": grant.entity_key,
                "kind": grant.kind.value,
                "name": grant.name,
                "currency": grant.amount.currency.code,
                "minor": grant.amount.minor,
                "priority": grant.priority,
                "granted_at": grant.granted_at,
                "by": by,
                "because": because,
                "starts_at": grant.starts_at,
                "expires_at": grant.expires_at,
                "transaction_id": transaction_id,
            },
        )

    def keep_expiry(self, grant: Grant, rest: Money, *, at: datetime, transaction_id: UUID | None) -> None:
        """So much of it will never be used."""
        self._run(
            """
            INSERT INTO farthing.credit_expiry (grant_id, minor, expired_at, transaction_id)
            VALUES (%(grant_id)s, %(minor)s, %(at)s, %(transaction_id)s)
            """,
            {"grant_id": grant.grant_id, "minor": rest.minor, "at": at, "transaction_id": transaction_id},
        )

    def grant(self, grant_id: UUID) -> Grant | None:
        """The grant with this id, with what was used and what expired of it."""
        row = self._row(_GRANTS + sql.SQL(" WHERE kept.grant_id = %(grant_id)s"), {"grant_id": grant_id})
        return None if row is None else _grant(row)

    def grants_of(self, customer_id: UUID) -> list[Grant]:
        """Those of a customer, oldest first."""
        rows = self._rows(
            _GRANTS + sql.SQL(" WHERE kept.customer_id = %(customer_id)s") + _ORDER, {"customer_id": customer_id}
        )
        return [_grant(row) for row in rows]

    def all_grants(self) -> Iterable[Grant]:
        """All of them, oldest first."""
        return (_grant(row) for row in self._stream(_GRANTS + _ORDER))

    def expired_grants(self, *, at: datetime) -> list[Grant]:
        """Those that are over by this instant and have something left that no expiry took."""
        rows = self._rows(
            _GRANTS + sql.SQL(" WHERE kept.expires_at <= %(at)s AND expired.minor IS NULL") + _ORDER, {"at": at}
        )
        return [grant for grant in map(_grant, rows) if grant.left]

    def is_billed_through(self, customer_id: UUID, instant: datetime) -> bool:
        """Whether all that the customer's subscriptions used before this instant is invoiced."""
        row = self._row(
            """
            SELECT FROM farthing.subscription
            WHERE customer_id = %(customer_id)s AND due_at IS NOT NULL AND starts_at < %(instant)s
              AND coalesce(billed_through, starts_at) < %(instant)s
            LIMIT 1
            """,
            {"customer_id": customer_id, "instant": instant},
        )
        return row is None


def _grant(row: Any) -> Grant:
    in_currency = currency(row.currency)
    return Grant(
        grant_id=row.grant_id,
        customer_id=row.customer_id,
        entity_key=row.entity_key,
        kind=GrantKind(row.kind),
        name=row.name,
        amount=Money(row.minor, in_currency),
        granted_at=row.granted_at,
        starts_at=row.starts_at,
        expires_at=row.expires_at,
        priority=row.priority,
        used=Money(row.used, in_currency),
        expired=None if row.expired is None else Money(row.expired, in_currency),
    )
