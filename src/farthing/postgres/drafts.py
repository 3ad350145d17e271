"""Drafts that wait for their grace to pass or for a person, what people wrote on them, and the policy for all."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from farthing.core.invoicing.customer_billing import (
    AS_THE_POLICY_SAYS,
    CustomerBilling,
    customer_billing_from,
    customer_billing_terms,
)
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
            SELECT draft.*, subscription.customer_id AS whose FROM farthing.draft JOIN farthing.subscription
                USING (seller_id, subscription_id)
            WHERE draft.ended_at IS NULL AND draft.state = 'held' ORDER BY draft.billed_at, draft.invoice_id
            """
        )
        return [(self._with_edits(row), row.whose) for row in rows]

    def keep_pending(self, pending: Pending) -> None:
        """Keep that a draft waits, and for what; its subscription comes up again when it may go."""
        self._run(
            """
            INSERT INTO farthing.draft (
                invoice_id, subscription_id, billed_at, opened_at, issue_at, state, reasons, customer_id
            ) VALUES (
                %(invoice_id)s, %(subscription_id)s, %(billed_at)s, %(opened_at)s, %(issue_at)s, %(state)s, %(reasons)s,
                %(customer_id)s
            )
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
                "customer_id": pending.customer_id,
            },
        )
        if pending.parts:
            self._run(
                """
                INSERT INTO farthing.draft_part (invoice_id, number, subscription_id, billed_at)
                SELECT %(invoice_id)s, part.* FROM unnest(
                    %(numbers)s::integer[], %(subscriptions)s::uuid[], %(moments)s::timestamptz[]
                ) AS part
                ON CONFLICT DO NOTHING
                """,
                {
                    "invoice_id": pending.invoice_id,
                    "numbers": list(range(1, len(pending.parts) + 1)),
                    "subscriptions": [subscription_id for subscription_id, _ in pending.parts],
                    "moments": [billed_at for _, billed_at in pending.parts],
                },
            )
        self.come_up_again(
            [subscription_id for subscription_id, _ in pending.moments],
            at=_NEVER if pending.state is DraftState.HELD else pending.issue_at,
        )

    def come_up_again(self, subscription_ids: Sequence[UUID], *, at: datetime) -> None:
        """Nothing of these subscriptions, which are locked, is billed before then."""
        self._run(
            "UPDATE farthing.subscription SET due_at = %(at)s WHERE subscription_id = ANY(%(ids)s::uuid[])",
            {"at": at, "ids": list(subscription_ids)},
        )

    def pending_with(self, subscription_ids: Sequence[UUID]) -> list[Pending]:
        """The drafts that wait and bill a moment of these subscriptions beside others, oldest first."""
        rows = self._rows(
            """
            SELECT * FROM farthing.draft
            WHERE ended_at IS NULL AND invoice_id IN (
                SELECT invoice_id FROM farthing.draft_part WHERE subscription_id = ANY(%(ids)s::uuid[])
            )
            ORDER BY billed_at, invoice_id
            """,
            {"ids": list(subscription_ids)},
        )
        return [self._with_edits(row) for row in rows]

    def customer_billing(self, customer_id: UUID) -> CustomerBilling:
        """How this customer's invoices are made out, where that was said."""
        row = self._row(
            """
            SELECT terms FROM farthing.customer_billing WHERE customer_id = %(customer_id)s
            ORDER BY version DESC LIMIT 1
            """,
            {"customer_id": customer_id},
        )
        return AS_THE_POLICY_SAYS if row is None else customer_billing_from(row.terms)

    def all_customer_billing(self) -> dict[UUID, CustomerBilling]:
        """The same for all customers for whom something was said."""
        rows = self._rows(
            "SELECT DISTINCT ON (customer_id) customer_id, terms FROM farthing.customer_billing "
            "ORDER BY customer_id, version DESC"
        )
        return {row.customer_id: customer_billing_from(row.terms) for row in rows}

    def keep_customer_billing(
        self, customer_id: UUID, billing: CustomerBilling, *, set_at: datetime, set_by: str
    ) -> None:
        """Say it from now on."""
        self._run(
            """
            INSERT INTO farthing.customer_billing (customer_id, version, terms, set_at, set_by)
            SELECT %(customer_id)s, coalesce(max(version), 0) + 1, %(terms)s, %(set_at)s, %(set_by)s
            FROM farthing.customer_billing WHERE customer_id = %(customer_id)s
            """,
            {
                "customer_id": customer_id,
                "terms": write_json(customer_billing_terms(billing)),
                "set_at": set_at,
                "set_by": set_by,
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
            WHERE customer_id = %(customer_id)s AND currency = %(currency)s
              AND (subscription_id IS NOT NULL OR several)
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
        parts = (
            ()
            if row.subscription_id is not None
            else self._rows(
                "SELECT subscription_id, billed_at FROM farthing.draft_part WHERE invoice_id = %(invoice_id)s "
                "ORDER BY number",
                {"invoice_id": row.invoice_id},
            )
        )
        return Pending(
            customer_id=row.customer_id,
            parts=tuple((part.subscription_id, part.billed_at) for part in parts),
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
