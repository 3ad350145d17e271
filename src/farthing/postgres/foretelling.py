"""What customers were told ahead and where its day is by now, and credit that ran low, in PostgreSQL."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from farthing.core.money import Money, currency
from farthing.core.telling.ahead import Occasion, Terms, Told
from farthing.core.telling.digest import Happening
from farthing.postgres.session import Session
from farthing.postgres.written import write_json
from farthing.usecases.telling_ports import CreditMark

_KINDS = {
    Happening.TRIAL_END: "trial end",
    Happening.RENEWAL: "renewal",
    Happening.PRICE_CHANGE: "price change",
    Happening.CREDIT_EXPIRES: "credit expiry",
}
_HAPPENINGS = {kind: happening for happening, kind in _KINDS.items()}
_AS_IT_STANDS = """
    SELECT foretold.*, CASE WHEN last.number IS NULL THEN foretold.happens_at ELSE last.moved_to END AS stands_at
    FROM farthing.foretold AS foretold LEFT JOIN LATERAL (
        SELECT number, moved_to FROM farthing.foretold_move AS move
        WHERE move.foretold_id = foretold.foretold_id ORDER BY number DESC LIMIT 1
    ) AS last ON true
"""


class Foretelling(Session):
    """What was told ahead."""

    def customers_ahead(self, *, now: datetime, until: datetime) -> list[UUID]:
        """Customers to whom something may happen by then, or who were told of something that has yet to come."""
        rows = self._rows(
            """
            SELECT customer_id FROM farthing.subscription AS subscribed
            WHERE coalesce(ends_at > %(now)s, true) AND (
                EXISTS (SELECT FROM unnest(phase_ends) AS phase (over) WHERE over > %(now)s AND over <= %(until)s)
                OR every !~ '^(1 )?(month|[0-9]* ?(day|week)s?)$' AND due_at <= %(until)s
                OR EXISTS (SELECT FROM farthing.agreed_version AS agreed
                           WHERE agreed.subscription_id = subscribed.subscription_id
                             AND agreed.since > %(now)s AND agreed.since <= %(until)s)
                OR EXISTS (SELECT FROM farthing.agreed_cycle AS agreed
                           WHERE agreed.subscription_id = subscribed.subscription_id) AND due_at <= %(until)s)
            UNION
            SELECT customer_id FROM farthing.credit_grant WHERE expires_at > %(now)s AND expires_at <= %(until)s
            UNION
            SELECT told.customer_id FROM farthing.foretold AS told
            WHERE told.happens_at > %(now)s OR EXISTS (
                SELECT FROM farthing.foretold_move AS move
                WHERE move.foretold_id = told.foretold_id AND move.moved_to > %(now)s)
            ORDER BY customer_id
            """,
            {"now": now, "until": until},
        )
        return [row.customer_id for row in rows]

    def lock_foretelling(self, customer_id: UUID) -> None:
        """Until the transaction ends nobody else tells this customer ahead."""
        self._lock_name("foretelling", str(customer_id))

    def foretold_of(self, customer_id: UUID, *, after: datetime) -> list[Told]:
        """What a customer was told of and lies after this instant, first or by now."""
        rows = self._rows(
            """SELECT * FROM ("""
            + _AS_IT_STANDS
            + """) AS told
            WHERE customer_id = %(customer_id)s AND greatest(happens_at, stands_at) > %(after)s
              AND coalesce(stands_at > %(after)s, true)
            ORDER BY happens_at, foretold_id
            """,
            {"customer_id": customer_id, "after": after},
        )
        return [_told(row) for row in rows]

    def foretold(self, foretold_id: UUID) -> Told | None:
        """The one with this id."""
        row = self._row(_AS_IT_STANDS + " WHERE foretold.foretold_id = %(this)s", {"this": foretold_id})
        return None if row is None else _told(row)

    def keep_foretold(self, told: Told, *, foretold_at: datetime) -> None:
        """They are told of it; does nothing where they were."""
        terms = told.terms
        self._run(
            """
            INSERT INTO farthing.foretold
                (foretold_id, customer_id, kind, about_id, happens_at, foretold_at, terms)
            VALUES (%(foretold_id)s, %(customer_id)s, %(kind)s, %(about_id)s, %(happens_at)s, %(foretold_at)s,
                    %(terms)s)
            ON CONFLICT DO NOTHING
            """,
            {
                "foretold_id": told.foretold_id,
                "customer_id": told.customer_id,
                "kind": _KINDS[told.occasion.happening],
                "about_id": told.occasion.about_id,
                "happens_at": told.occasion.at,
                "foretold_at": foretold_at,
                "terms": write_json(
                    {
                        "about": terms.about,
                        "amount": _written(terms.amount),
                        "before": _written(terms.before),
                        "after": _written(terms.after),
                    }
                ),
            },
        )

    def keep_foretold_move(self, foretold_id: UUID, *, moved_to: datetime | None, noted_at: datetime) -> None:
        """It happens on another day, or not at all."""
        self._run(
            """
            INSERT INTO farthing.foretold_move (foretold_id, number, moved_to, noted_at)
            SELECT %(this)s, count(*) + 1, %(moved_to)s, %(noted_at)s
            FROM farthing.foretold_move WHERE foretold_id = %(this)s
            """,
            {"this": foretold_id, "moved_to": moved_to, "noted_at": noted_at},
        )

    def customers_with_prepaid(self) -> list[UUID]:
        """Those who were ever granted prepaid credit."""
        rows = self._rows("SELECT DISTINCT customer_id FROM farthing.credit_grant WHERE kind = 'prepaid' ORDER BY 1")
        return [row.customer_id for row in rows]

    def lock_credit_mark(self, customer_id: UUID) -> None:
        """Until the transaction ends nobody else tells that this customer's credit runs low."""
        self._lock_name("credit mark", str(customer_id))

    def credit_mark(self, customer_id: UUID, code: str, *, number: int | None = None) -> CreditMark | None:
        """The newest in a currency, or one by its number."""
        row = self._row(
            """
            SELECT * FROM farthing.credit_mark
            WHERE customer_id = %(customer_id)s AND currency = %(code)s
              AND (%(number)s::integer IS NULL OR number = %(number)s)
            ORDER BY number DESC LIMIT 1
            """,
            {"customer_id": customer_id, "code": code, "number": number},
        )
        return None if row is None else CreditMark(row.number, row.is_low, row.left_minor, row.of_minor, row.noted_at)

    def keep_credit_mark(
        self,
        customer_id: UUID,
        code: str,
        *,
        number: int,
        is_low: bool,
        left_minor: int,
        of_minor: int,
        noted_at: datetime,
    ) -> None:
        """Keep that it ran low, or that it is enough again."""
        self._run(
            """
            INSERT INTO farthing.credit_mark
                (customer_id, currency, number, is_low, left_minor, of_minor, noted_at)
            VALUES (%(customer_id)s, %(code)s, %(number)s, %(is_low)s, %(left_minor)s, %(of_minor)s, %(noted_at)s)
            """,
            {
                "customer_id": customer_id,
                "code": code,
                "number": number,
                "is_low": is_low,
                "left_minor": left_minor,
                "of_minor": of_minor,
                "noted_at": noted_at,
            },
        )


def _told(row: Any) -> Told:
    said = row.terms
    terms = Terms(said["about"], *(_money(said[name]) for name in ("amount", "before", "after")))
    occasion = Occasion(_HAPPENINGS[row.kind], row.about_id, row.happens_at)
    return Told(row.customer_id, occasion, row.stands_at, terms)


def _written(money: Money | None) -> list[Any] | None:
    return None if money is None else [money.minor, money.currency.code]


def _money(written: Any) -> Money | None:
    return None if written is None else Money(int(written[0]), currency(written[1]))
