"""Drafts that wait for their grace to pass or for a person, what people wrote on them, and the policy for all."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from farthing.core.invoicing.pending import DraftState, Edit, Pending
from farthing.core.invoicing.policy import BillingPolicy, policy_from, policy_terms
from farthing.core.money import Currency, Money, currency
from farthing.postgres.session import Session
from farthing.postgres.written import write_json

# Not before somebody approves it.
_NEVER = datetime(9990, 1, 1, tzinfo=UTC)


class Drafts(Session):
    """The seller's drafts."""

    def billing_policy(self) -> BillingPolicy | None:
        """The newest that was set."""
        row = self._row("SELECT terms FROM farthing.billing_policy ORDER BY version DESC LIMIT 1")
        return None if row is None else policy_from(row.terms)

    def keep_billing_policy(self, policy: BillingPolicy, *, set_at: datetime, set_by: str) -> None:
        """Set it from now on."""
        self._run(
            """
            INSERT INTO farthing.billing_policy (version, terms, set_at, set_by)
            SELECT coalesce(max(version), 0) + 1, %(terms)s, %(set_at)s, %(set_by)s FROM farthing.billing_policy
            """,
            {"terms": write_json(policy_terms(policy)), "set_at": set_at, "set_by": set_by},
        )

    def pending_of(self, subscription_id: UUID, *, billed_at: datetime) -> Pending | None:
        """The draft of a moment that waits; the subscription is to be locked."""
        return self._pending(
            "subscription_id = %(subscription_id)s AND billed_at = %(billed_at)s",
            {"subscription_id": subscription_id, "billed_at": billed_at},
        )

    def pending(self, invoice_id: UUID) -> Pending | None:
        """A draft that waits."""
        return self._pending("invoice_id = %(invoice_id)s", {"invoice_id": invoice_id})

    def all_pending(self) -> list[Pending]:
        """Those that wait, oldest first."""
        rows = self._rows("SELECT * FROM farthing.draft WHERE ended_at IS NULL ORDER BY billed_at, invoice_id")
        return [self._with_edits(row) for row in rows]

    def held_drafts(self) -> list[tuple[Pending, UUID]]:
        """Those that wait for a person, with whose they are, oldest first."""
        rows = self._rows(
            """
            SELECT draft.*, subscription.customer_id FROM farthing.draft JOIN farthing.subscription
                USING (seller_id, subscription_id)
            WHERE draft.ended_at IS NULL AND draft.state = 'held' ORDER BY draft.billed_at, draft.invoice_id
            """
        )
        return [(self._with_edits(row), row.customer_id) for row in rows]

    def keep_pending(self, pending: Pending) -> None:
        """Keep that a draft waits, and for what; its subscription comes up again when it may go."""
        self._run(
            """
            INSERT INTO farthing.draft (invoice_id, subscription_id, billed_at, opened_at, issue_at, state, reasons)
            VALUES (%(invoice_id)s, %(subscription_id)s, %(billed_at)s, %(opened_at)s, %(issue_at)s, %(state)s,
                    %(reasons)s)
            ON CONFLICT (seller_id, invoice_id) DO UPDATE
            SET issue_at = excluded.issue_at, state = excluded.state, reasons = excluded.reasons
            """,
            {
                "invoice_id": pending.invoice_id,
                "subscription_id": pending.subscription_id,
                "billed_at": pending.billed_at,
                "opened_at": pending.opened_at,
                "issue_at": pending.issue_at,
                "state": pending.state.value,
                "reasons": list(pending.reasons),
            },
        )
        self._run(
            """
            UPDATE farthing.subscription SET due_at = %(due_at)s WHERE subscription_id = %(subscription_id)s
            """,
            {
                "due_at": _NEVER if pending.state is DraftState.HELD else pending.issue_at,
                "subscription_id": pending.subscription_id,
            },
        )

    def keep_edit(self, invoice_id: UUID, edit: Edit) -> None:
        """Keep what a person wrote on a draft."""
        self._run(
            """
            INSERT INTO farthing.draft_edit (invoice_id, number, name, currency, minor, why, edited_by, edited_at)
            VALUES (%(invoice_id)s, %(number)s, %(name)s, %(currency)s, %(minor)s, %(why)s, %(by)s, %(at)s)
            """,
            {
                "invoice_id": invoice_id,
                "number": edit.number,
                "name": edit.name,
                "currency": edit.amount.currency.code,
                "minor": edit.amount.minor,
                "why": edit.why,
                "by": edit.by,
                "at": edit.at,
            },
        )

    def end_pending(self, pending: Pending, *, by: str, at: datetime) -> None:
        """It was issued; what was decided about it stays readable."""
        self._run(
            "UPDATE farthing.draft SET ended_at = %(at)s, ended_by = %(by)s WHERE invoice_id = %(invoice_id)s",
            {"at": at, "by": by, "invoice_id": pending.invoice_id},
        )

    def totals_before(self, customer_id: UUID, currency: Currency, *, limit: int) -> Sequence[Money]:
        """The totals of a customer's invoices for subscriptions, newest first."""
        rows = self._rows(
            """
            SELECT total_minor FROM farthing.invoice
            WHERE customer_id = %(customer_id)s AND currency = %(currency)s AND subscription_id IS NOT NULL
            ORDER BY billed_at DESC, sequence DESC LIMIT %(limit)s
            """,
            {"customer_id": customer_id, "currency": currency.code, "limit": limit},
        )
        return [Money(row.total_minor, currency) for row in rows]

    def _pending(self, where: str, named: dict[str, Any]) -> Pending | None:
        row = self._row(f"SELECT * FROM farthing.draft WHERE {where} AND ended_at IS NULL", named)
        return None if row is None else self._with_edits(row)

    def _with_edits(self, row: Any) -> Pending:
        edits = self._rows(
            "SELECT * FROM farthing.draft_edit WHERE invoice_id = %(invoice_id)s ORDER BY number",
            {"invoice_id": row.invoice_id},
        )
        return Pending(
            invoice_id=row.invoice_id,
            subscription_id=row.subscription_id,
            billed_at=row.billed_at,
            opened_at=row.opened_at,
            issue_at=row.issue_at,
            state=DraftState(row.state),
            reasons=tuple(row.reasons),
            edits=tuple(
                Edit(
                    edit.number,
                    edit.name,
                    Money(edit.minor, currency(edit.currency)),
                    edit.why,
                    edit.edited_by,
                    edit.edited_at,
                )
                for edit in edits
            ),
        )
