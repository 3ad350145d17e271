"""Budgets in PostgreSQL, the alerts that they raised, and what people did about each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from farthing.core.alerting.alert import Act, Acted, Alert
from farthing.core.alerting.budget import Budget, Standing, Tells
from farthing.core.money import currency
from farthing.core.period import Period
from farthing.postgres.session import Session

_WITH_ACTS = """
    SELECT alert.*, coalesce(
        (SELECT jsonb_agg(jsonb_build_array(act.act, act.acted_by, act.acted_at, act.until) ORDER BY act.number)
         FROM farthing.alert_act AS act WHERE act.alert_id = alert.alert_id), '[]') AS acts
    FROM farthing.alert AS alert
"""


class Alerts(Session):
    """The seller's budgets and alerts."""

    def budgets(self, *, customer_id: UUID | None = None) -> list[Budget]:
        """Those in force, by customer and name."""
        rows = self._rows(
            """
            SELECT * FROM farthing.budget
            WHERE ended_at IS NULL AND (%(customer_id)s::uuid IS NULL OR customer_id = %(customer_id)s)
            ORDER BY customer_id, name
            """,
            {"customer_id": customer_id},
        )
        return [_budget(row) for row in rows]

    def budget(self, budget_id: UUID) -> Budget | None:
        """One, in force or ended."""
        row = self._row("SELECT * FROM farthing.budget WHERE budget_id = %(budget_id)s", {"budget_id": budget_id})
        return None if row is None else _budget(row)

    def keep_budget(self, budget: Budget) -> None:
        """Set it; the customer is locked, and has none in force of that name."""
        self._run(
            """
            INSERT INTO farthing.budget
                (budget_id, customer_id, name, most, currency, meter_key, shares, ahead, tells, set_by, set_at)
            VALUES (%(budget_id)s, %(customer_id)s, %(name)s, %(most)s, %(currency)s, %(meter_key)s, %(shares)s,
                    %(ahead)s, %(tells)s, %(set_by)s, %(set_at)s)
            """,
            {
                "budget_id": budget.budget_id,
                "customer_id": budget.customer_id,
                "name": budget.name,
                "most": budget.most,
                "currency": None if budget.currency is None else budget.currency.code,
                "meter_key": budget.meter_key,
                "shares": list(budget.shares),
                "ahead": budget.ahead,
                "tells": budget.tells.value,
                "set_by": budget.set_by,
                "set_at": budget.set_at,
            },
        )

    def end_budget(self, budget_id: UUID, *, by: str, at: datetime) -> None:
        """It is in force no more; what it raised stays readable."""
        self._run(
            """
            UPDATE farthing.budget SET ended_by = %(by)s, ended_at = %(at)s
            WHERE budget_id = %(budget_id)s AND ended_at IS NULL
            """,
            {"by": by, "at": at, "budget_id": budget_id},
        )

    def customers_with_budgets(self, customers: Collection[UUID] | None = None) -> list[UUID]:
        """Those of these customers, or of all, who have a budget in force."""
        rows = self._rows(
            """
            SELECT DISTINCT customer_id FROM farthing.budget
            WHERE ended_at IS NULL AND (%(customers)s::uuid[] IS NULL OR customer_id = ANY (%(customers)s))
            ORDER BY customer_id
            """,
            {"customers": None if customers is None else list(customers)},
        )
        return [row.customer_id for row in rows]

    def raise_alerts(self, alerts: Sequence[Alert]) -> list[UUID]:
        """Keep them; the ids of those that were not there yet."""
        rows = []
        for alert in alerts:
            rows += self._rows(
                """
                INSERT INTO farthing.alert
                    (alert_id, budget_id, period_start, period_end, mark, spent, steady, most, raised_at, is_told)
                VALUES (%(alert_id)s, %(budget_id)s, %(starts)s, %(ends)s, %(mark)s, %(spent)s, %(steady)s, %(most)s,
                        %(raised_at)s, %(is_told)s)
                ON CONFLICT (seller_id, budget_id, period_start, mark) DO NOTHING RETURNING alert_id
                """,
                {
                    "alert_id": alert.alert_id,
                    "budget_id": alert.budget_id,
                    "starts": alert.standing.period.start,
                    "ends": alert.standing.period.end,
                    "mark": alert.mark,
                    "spent": str(Fraction(alert.standing.spent)),
                    "steady": str(Fraction(alert.standing.steady)),
                    "most": alert.standing.most,
                    "raised_at": alert.standing.at,
                    "is_told": alert.is_told,
                },
            )
        return [row.alert_id for row in rows]

    def alerts_of(self, budget_id: UUID, *, period_start: datetime) -> list[Alert]:
        """What a budget raised in a period, the lowest mark first."""
        rows = self._rows(
            _WITH_ACTS + "WHERE budget_id = %(budget_id)s AND period_start = %(period_start)s ORDER BY mark",
            {"budget_id": budget_id, "period_start": period_start},
        )
        return [_alert(row) for row in rows]

    def alert(self, alert_id: UUID) -> Alert | None:
        """One, with what was done about it."""
        row = self._row(_WITH_ACTS + "WHERE alert_id = %(alert_id)s", {"alert_id": alert_id})
        return None if row is None else _alert(row)

    def lock_alert(self, alert_id: UUID) -> Alert | None:
        """The same, while nobody else acts on it."""
        self._lock_name("alert", str(alert_id))
        return self.alert(alert_id)

    def alerts(self, *, customer_id: UUID | None = None, is_open: bool = False, limit: int = 100) -> list[Alert]:
        """Those that have a message of their own, newest first; `is_open` leaves out what was acknowledged."""
        rows = self._rows(
            _WITH_ACTS
            + """
            JOIN farthing.budget AS budget USING (seller_id, budget_id)
            WHERE alert.is_told AND (%(customer_id)s::uuid IS NULL OR budget.customer_id = %(customer_id)s)
              AND NOT (%(is_open)s AND EXISTS (SELECT FROM farthing.alert_act AS done
                                               WHERE done.alert_id = alert.alert_id AND done.act = 'acknowledged'))
            ORDER BY alert.raised_at DESC, alert.mark DESC, alert.alert_id LIMIT %(limit)s
            """,
            {"customer_id": customer_id, "is_open": is_open, "limit": limit},
        )
        return [_alert(row) for row in rows]

    def snoozed_alerts(self, *, until: datetime) -> list[UUID]:
        """Those whose last snooze ends by this instant and that nobody acknowledged since; the oldest first."""
        rows = self._rows(
            """
            SELECT last.alert_id FROM (
                SELECT DISTINCT ON (alert_id) alert_id, act, until FROM farthing.alert_act
                WHERE act <> 'assigned' ORDER BY alert_id, number DESC
            ) AS last
            WHERE last.act = 'snoozed' AND last.until <= %(until)s ORDER BY last.until, last.alert_id
            """,
            {"until": until},
        )
        return [row.alert_id for row in rows]

    def keep_act(self, alert_id: UUID, acted: Acted) -> None:
        """Keep what was done about an alert; it is locked."""
        self._run(
            """
            INSERT INTO farthing.alert_act (alert_id, number, act, acted_by, acted_at, until)
            SELECT %(alert_id)s, count(*) + 1, %(act)s, %(by)s, %(at)s, %(until)s
            FROM farthing.alert_act WHERE alert_id = %(alert_id)s
            """,
            {"alert_id": alert_id, "act": acted.act.value, "by": acted.by, "at": acted.at, "until": acted.until},
        )


def _budget(row: Any) -> Budget:
    return Budget(
        budget_id=row.budget_id,
        customer_id=row.customer_id,
        name=row.name,
        most=row.most,
        currency=None if row.currency is None else currency(row.currency),
        meter_key=row.meter_key,
        shares=tuple(row.shares),
        ahead=row.ahead,
        tells=Tells(row.tells),
        set_by=row.set_by,
        set_at=row.set_at,
    )


def _alert(row: Any) -> Alert:
    return Alert(
        alert_id=row.alert_id,
        budget_id=row.budget_id,
        mark=row.mark,
        standing=Standing(
            Period(row.period_start, row.period_end),
            row.raised_at,
            Fraction(row.spent),
            Decimal(row.most),
            steady=Fraction(row.steady),
        ),
        is_told=row.is_told,
        acts=tuple(
            Acted(
                Act(act),
                by,
                datetime.fromisoformat(at),
                until=None if until is None else datetime.fromisoformat(until),
            )
            for act, by, at, until in row.acts
        ),
    )
