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
        return self._with_edits(rows)

    def pending_of_all(self, subscription_ids: Sequence[UUID]) -> list[Pending]:
        """All that wait of these subscriptions, which are locked."""
        rows = self._rows(
            "SELECT * FROM farthing.draft WHERE subscription_id = ANY(%(ids)s::uuid[]) AND ended_at IS NULL",
            {"ids": list(subscription_ids)},
        )
        return self._with_edits(rows)

    def held_drafts(self) -> list[tuple[Pending, UUID]]:
        """Those that wait for a person, with whose they are, oldest first."""
        rows = self._rows(
            """
            SELECT draft.*, subscription.customer_id AS whose FROM farthing.draft JOIN farthing.subscription
                USING (seller_id, subscription_id)
            WHERE draft.ended_at IS NULL AND draft.state = 'held' ORDER BY draft.billed_at, draft.invoice_id
            """
        )
        return list(zip(self._with_edits(rows), [row.whose for row in rows], strict=True))

    def keep_pending(self, pending: Pending) -> None:
        """Keep that a draft waits, and for what; its subscription comes up again when it may go."""
        self.keep_all_pending([pending])

    def keep_all_pending(self, waiting: Sequence[Pending]) -> None:
        """The same for many at once."""
        self._run(
            """
            INSERT INTO farthing.draft (
                invoice_id, subscription_id, customer_id, billed_at, opened_at, issue_at, state, reasons
            )
            SELECT kept.invoice_id, kept.subscription_id, kept.customer_id, kept.billed_at, kept.opened_at,
                   kept.issue_at, kept.state, ARRAY(SELECT jsonb_array_elements_text(kept.reasons))
            FROM unnest(
                %(invoice_ids)s::uuid[], %(subscription_ids)s::uuid[], %(customer_ids)s::uuid[],
                %(billed_at)s::timestamptz[], %(opened_at)s::timestamptz[], %(issue_at)s::timestamptz[],
                %(states)s::text[], %(reasons)s::jsonb[]
            ) AS kept (invoice_id, subscription_id, customer_id, billed_at, opened_at, issue_at, state, reasons)
            ON CONFLICT (seller_id, invoice_id) DO UPDATE
            SET issue_at = excluded.issue_at, state = excluded.state, reasons = excluded.reasons
            """,
            {
                "invoice_ids": [pending.invoice_id for pending in waiting],
                "subscription_ids": [pending.subscription_id for pending in waiting],
                "customer_ids": [pending.customer_id for pending in waiting],
                "billed_at": [pending.billed_at for pending in waiting],
                "opened_at": [pending.opened_at for pending in waiting],
                "issue_at": [pending.issue_at for pending in waiting],
                "states": [pending.state.value for pending in waiting],
                "reasons": [write_json(list(pending.reasons)) for pending in waiting],
            },
        )
        beside_others = [
            (pending.invoice_id, number, subscription_id, billed_at)
            for pending in waiting
            for number, (subscription_id, billed_at) in enumerate(pending.parts, start=1)
        ]
        if beside_others:
            self._run(
                """
                INSERT INTO farthing.draft_part (invoice_id, number, subscription_id, billed_at)
                SELECT part.* FROM unnest(
                    %(invoice_ids)s::uuid[], %(numbers)s::integer[], %(subscriptions)s::uuid[],
                    %(moments)s::timestamptz[]
                ) AS part
                ON CONFLICT DO NOTHING
                """,
                {
                    "invoice_ids": [invoice_id for invoice_id, _, _, _ in beside_others],
                    "numbers": [number for _, number, _, _ in beside_others],
                    "subscriptions": [subscription_id for _, _, subscription_id, _ in beside_others],
                    "moments": [billed_at for _, _, _, billed_at in beside_others],
                },
            )
        self._come_up_again(
            [
                (subscription_id, _NEVER if pending.state is DraftState.HELD else pending.issue_at)
                for pending in waiting
                for subscription_id, _ in pending.moments
            ]
        )

    def come_up_again(self, subscription_ids: Sequence[UUID], *, at: datetime) -> None:
        """Nothing of these subscriptions, which are locked, is billed before then."""
        self._come_up_again([(subscription_id, at) for subscription_id in subscription_ids])

    def _come_up_again(self, due: Sequence[tuple[UUID, datetime]]) -> None:
        self._run(
            """
            UPDATE farthing.subscription AS kept SET due_at = made.due_at
            FROM unnest(%(ids)s::uuid[], %(due_at)s::timestamptz[]) AS made (subscription_id, due_at)
            WHERE kept.subscription_id = made.subscription_id
            """,
            {"ids": [subscription_id for subscription_id, _ in due], "due_at": [at for _, at in due]},
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
        return self._with_edits(rows)

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
        self.end_all_pending([pending.invoice_id], by=by, at=at)

    def end_all_pending(self, invoice_ids: Sequence[UUID], *, by: str, at: datetime) -> None:
        """The same for many at once."""
        self._run(
            """
            UPDATE farthing.draft SET ended_at = %(at)s, ended_by = %(by)s WHERE invoice_id = ANY(%(ids)s::uuid[])
            """,
            {"at": at, "by": by, "ids": list(invoice_ids)},
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

    def totals_before_of_many(
        self, whose: Sequence[tuple[UUID, Currency]], *, limit: int
    ) -> dict[tuple[UUID, Currency], list[Money]]:
        """The same of many customers."""
        rows = self._rows(
            """
            SELECT asked.place, earlier.total_minor
            FROM unnest(%(customer_ids)s::uuid[], %(currencies)s::text[])
                WITH ORDINALITY AS asked (customer_id, currency, place)
            CROSS JOIN LATERAL (
                SELECT total_minor, billed_at, sequence FROM farthing.invoice
                WHERE invoice.customer_id = asked.customer_id AND invoice.currency = asked.currency
                  AND (subscription_id IS NOT NULL OR several)
                ORDER BY billed_at DESC, sequence DESC LIMIT %(limit)s
            ) AS earlier
            ORDER BY asked.place, earlier.billed_at DESC, earlier.sequence DESC
            """,
            {
                "customer_ids": [customer_id for customer_id, _ in whose],
                "currencies": [in_currency.code for _, in_currency in whose],
                "limit": limit,
            },
        )
        totals: dict[tuple[UUID, Currency], list[Money]] = {each: [] for each in whose}
        for row in rows:
            each = whose[row.place - 1]
            totals[each].append(Money(row.total_minor, each[1]))
        return totals

    def _pending(self, where: str, named: dict[str, Any]) -> Pending | None:
        row = self._row(f"SELECT * FROM farthing.draft WHERE {where} AND ended_at IS NULL", named)
        return None if row is None else self._with_edits([row])[0]

    def _with_edits(self, rows: Sequence[Any]) -> list[Pending]:
        edits: dict[UUID, list[Edit]] = {row.invoice_id: [] for row in rows}
        if not edits:
            return []
        for edit in self._rows(
            "SELECT * FROM farthing.draft_edit WHERE invoice_id = ANY(%(ids)s::uuid[]) ORDER BY invoice_id, number",
            {"ids": list(edits)},
        ):
            amount = Money(edit.minor, currency(edit.currency))
            edits[edit.invoice_id].append(
                Edit(edit.number, edit.name, amount, edit.why, edit.edited_by, edit.edited_at)
            )
        parts = self._parts_of([row.invoice_id for row in rows if row.subscription_id is None])
        return [
            Pending(
                customer_id=row.customer_id,
                parts=tuple(parts.get(row.invoice_id, ())),
                invoice_id=row.invoice_id,
                subscription_id=row.subscription_id,
                billed_at=row.billed_at,
                opened_at=row.opened_at,
                issue_at=row.issue_at,
                state=DraftState(row.state),
                reasons=tuple(row.reasons),
                edits=tuple(edits[row.invoice_id]),
            )
            for row in rows
        ]

    def _parts_of(self, invoice_ids: Sequence[UUID]) -> dict[UUID, list[tuple[UUID, datetime]]]:
        found: dict[UUID, list[tuple[UUID, datetime]]] = {}
        if invoice_ids:
            for part in self._rows(
                "SELECT invoice_id, subscription_id, billed_at FROM farthing.draft_part "
                "WHERE invoice_id = ANY(%(ids)s::uuid[]) ORDER BY invoice_id, number",
                {"ids": list(invoice_ids)},
            ):
                found.setdefault(part.invoice_id, []).append((part.subscription_id, part.billed_at))
        return found
