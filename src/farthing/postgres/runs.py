"""Closing runs: which day was closed through, and what it has come to so far."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from farthing.core.money import Money, currency
from farthing.core.parties import Customer
from farthing.postgres.invoices import Invoices
from farthing.postgres.parties import Parties
from farthing.usecases.ports import RunTotals

LARGEST_SHOWN = 5


class Runs(Invoices, Parties):
    """The seller's closing runs."""

    def open_run(self, run_id: UUID, *, through: date, opened_at: datetime) -> None:
        """Note a closing run; does nothing when it is noted already."""
        self._run(
            """
            INSERT INTO farthing.closing_run (run_id, through, opened_at)
            VALUES (%(run_id)s, %(through)s, %(opened_at)s) ON CONFLICT DO NOTHING
            """,
            {"run_id": run_id, "through": through, "opened_at": opened_at},
        )

    def run_totals(self, run_id: UUID) -> RunTotals | None:
        """What one run has come to so far."""
        row = self._row(
            "SELECT run_id, through, opened_at FROM farthing.closing_run WHERE run_id = %(run_id)s", {"run_id": run_id}
        )
        return None if row is None else self._totals(row)

    def runs(self) -> list[RunTotals]:
        """Newest first."""
        rows = self._rows("SELECT run_id, through, opened_at FROM farthing.closing_run ORDER BY through DESC")
        return [self._totals(row) for row in rows]

    def last_run(self) -> RunTotals | None:
        """The newest run that made an invoice."""
        row = self._row(
            """
            SELECT run_id, through, opened_at FROM farthing.closing_run AS run
            WHERE EXISTS (SELECT FROM farthing.invoice WHERE invoice.run_id = run.run_id)
            ORDER BY through DESC LIMIT 1
            """
        )
        return None if row is None else self._totals(row)

    def _totals(self, run: Any) -> RunTotals:
        sums = self._rows(
            """
            SELECT currency, count(*) AS invoices, sum(total_minor)::bigint AS minor FROM farthing.invoice
            WHERE run_id = %(run_id)s GROUP BY currency ORDER BY currency
            """,
            {"run_id": run.run_id},
        )
        return RunTotals(
            run_id=run.run_id,
            through=run.through,
            opened_at=run.opened_at,
            invoices=sum(row.invoices for row in sums),
            totals=tuple(Money(row.minor, currency(row.currency)) for row in sums),
            largest=self._largest(run.run_id),
        )

    def _largest(self, run_id: UUID) -> list[Any]:
        """The largest invoices of a run, each with its customer; of several currencies by the figure people see."""
        rows = self._rows(
            """
            SELECT invoice_id, customer_id, currency, total_minor, number
            FROM (SELECT *, row_number() OVER (PARTITION BY currency ORDER BY total_minor DESC, number) AS place
                  FROM farthing.invoice WHERE run_id = %(run_id)s) AS placed
            WHERE place <= %(most)s ORDER BY currency, place
            """,
            {"run_id": run_id, "most": LARGEST_SHOWN},
        )
        rows.sort(key=lambda row: (-Money(row.total_minor, currency(row.currency)).amount, row.number))
        largest: list[tuple[Customer, Any]] = []
        for row in rows[:LARGEST_SHOWN]:
            customer, invoice = self.customer(row.customer_id), self.invoice(row.invoice_id)
            assert customer is not None, f"{row.number} has a customer"
            assert invoice is not None, f"{row.number} was there a moment ago"
            largest.append((customer, invoice))
        return largest
