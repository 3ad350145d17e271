"""What the books say when they are asked: balances of accounts, the journal, and what is still to be paid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from uuid import UUID

from farthing.core.ledger.transaction import Account, Transaction
from farthing.core.money import Money, currency
from farthing.postgres.ledger import transaction_from
from farthing.postgres.session import Session
from farthing.usecases.ledger_ports import AccountBalance, JournalPlace, OpenItem


class Reports(Session):
    """The books, added up and listed."""

    def account_balances(self, entity_key: str, *, since: date | None, through: date | None) -> list[AccountBalance]:
        """Every account that was ever used, by account and currency; `since` and `through` are days that count."""
        rows = self._rows(
            """
            SELECT posting.account, posting.currency,
                   coalesce(sum(posting.minor) FILTER (WHERE booked.booked_on < %(since)s::date), 0)::bigint AS opening,
                   coalesce(sum(posting.minor) FILTER (WHERE posting.minor > 0 AND counted.it), 0)::bigint AS debit,
                   coalesce(-sum(posting.minor) FILTER (WHERE posting.minor < 0 AND counted.it), 0)::bigint AS credit
            FROM farthing.transaction AS booked JOIN farthing.posting AS posting USING (seller_id, transaction_id),
                LATERAL (SELECT %(since)s::date IS NULL OR booked.booked_on >= %(since)s::date AS it) AS counted
            WHERE booked.entity_key = %(entity_key)s
              AND (%(through)s::date IS NULL OR booked.booked_on <= %(through)s)
            GROUP BY posting.account, posting.currency
            """,
            {"entity_key": entity_key, "since": since, "through": through},
        )
        order = {account.value: place for place, account in enumerate(Account)}
        rows.sort(key=lambda row: (order[row.account], row.currency))
        balances = []
        for row in rows:
            in_currency = currency(row.currency)
            opening, debit, credit = (Money(minor, in_currency) for minor in (row.opening, row.debit, row.credit))
            balances.append(AccountBalance(Account(row.account), opening, debit, credit))
        return balances

    def journal(
        self,
        entity_key: str,
        *,
        since: date | None,
        through: date | None,
        after: JournalPlace | None = None,
        limit: int | None = None,
    ) -> list[Transaction]:
        """A page of what was booked on these days, in the order of booking dates."""
        rows = self._rows(
            """
            WITH page AS (
                SELECT * FROM farthing.transaction AS booked
                WHERE booked.entity_key = %(entity_key)s
                  AND (%(since)s::date IS NULL OR booked.booked_on >= %(since)s)
                  AND (%(through)s::date IS NULL OR booked.booked_on <= %(through)s)
                  AND (%(after_day)s::date IS NULL
                       OR (booked.booked_on, booked.transaction_id) > (%(after_day)s, %(after_id)s::uuid))
                ORDER BY booked.booked_on, booked.transaction_id LIMIT %(limit)s
            )
            SELECT page.transaction_id, page.kind, page.about, page.booked_on, page.entity_key,
                   posting.account, posting.customer_id, posting.subscription_id, posting.currency, posting.minor
            FROM page JOIN farthing.posting AS posting USING (seller_id, transaction_id)
            ORDER BY page.booked_on, page.transaction_id, posting.number
            """,
            {
                "entity_key": entity_key,
                "since": since,
                "through": through,
                "after_day": None if after is None else after.booked_on,
                "after_id": None if after is None else after.transaction_id,
                "limit": limit,
            },
        )
        return [transaction_from(list(postings)) for _, postings in groupby(rows, key=lambda row: row.transaction_id)]

    def invoice_numbers(self, invoice_ids: Sequence[UUID]) -> Mapping[UUID, str]:
        """The numbers of these invoices."""
        rows = self._rows(
            "SELECT invoice_id, number FROM farthing.invoice WHERE invoice_id = ANY(%(ids)s::uuid[])",
            {"ids": list(invoice_ids)},
        )
        return {row.invoice_id: row.number for row in rows}

    def open_items(self, entity_key: str, *, as_of: date, customer_id: UUID | None = None) -> list[OpenItem]:
        """What is still to be paid of documents issued by that day, by customer and due date."""
        rows = self._rows(
            """
            SELECT customer.key, document.* FROM (
                SELECT customer_id, number, issued_on, due_on, currency, total_minor - credit_minor AS minor
                FROM farthing.invoice WHERE entity_key = %(entity_key)s
                UNION ALL
                SELECT item.customer_id, item.number, opening.booked_on, item.due_on, item.currency, item.minor
                FROM farthing.opening_item AS item JOIN farthing.opening AS opening USING (seller_id, entity_key)
                WHERE item.entity_key = %(entity_key)s AND item.due_on IS NOT NULL
            ) AS document JOIN farthing.customer AS customer USING (customer_id)
            WHERE document.minor <> 0 AND document.issued_on <= %(as_of)s
              AND (%(customer_id)s::uuid IS NULL OR document.customer_id = %(customer_id)s)
            ORDER BY customer.key COLLATE "C", document.due_on, document.number
            """,
            {"entity_key": entity_key, "as_of": as_of, "customer_id": customer_id},
        )
        return [
            OpenItem(
                row.customer_id,
                row.key,
                row.number,
                row.issued_on,
                row.due_on,
                Money(row.minor, currency(row.currency)),
            )
            for row in rows
        ]
