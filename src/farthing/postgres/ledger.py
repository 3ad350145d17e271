"""The ledger: a transaction's postings are written in one statement, and read back as they were."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

from farthing.core.ledger.transaction import Account, Posting, Transaction, TransactionKind
from farthing.core.money import Currency, Money, currency
from farthing.postgres.deferrals import Deferrals
from farthing.postgres.months import told_when_locked


class Ledger(Deferrals):
    """What was booked."""

    def keep_transactions(self, transactions: Sequence[Transaction]) -> None:
        """Book them; the database holds each to zero (INV-01), and refuses what lies in a locked month (INV-25)."""
        if not transactions:
            return
        with told_when_locked():
            self._book(transactions)

    def _book(self, transactions: Sequence[Transaction]) -> None:
        self._run(
            """
            INSERT INTO farthing.transaction (transaction_id, kind, about, booked_on, entity_key)
            SELECT * FROM unnest(%(ids)s::uuid[], %(kinds)s::text[], %(abouts)s::uuid[], %(booked_on)s::date[],
                                 %(entities)s::text[])
            """,
            {
                "ids": [transaction.transaction_id for transaction in transactions],
                "kinds": [transaction.kind.value for transaction in transactions],
                "abouts": [transaction.about for transaction in transactions],
                "booked_on": [transaction.booked_on for transaction in transactions],
                "entities": [transaction.entity_key for transaction in transactions],
            },
        )
        postings = [
            (transaction.transaction_id, number, posting)
            for transaction in transactions
            for number, posting in enumerate(transaction.postings, start=1)
        ]
        self._run(
            """
            INSERT INTO farthing.posting (
                transaction_id, number, account, customer_id, subscription_id, currency, minor
            )
            SELECT * FROM unnest(%(ids)s::uuid[], %(numbers)s::integer[], %(accounts)s::text[], %(customers)s::uuid[],
                                 %(subscriptions)s::uuid[], %(currencies)s::text[], %(minors)s::bigint[])
            """,
            {
                "ids": [transaction_id for transaction_id, _, _ in postings],
                "numbers": [number for _, number, _ in postings],
                "accounts": [posting.account.value for _, _, posting in postings],
                "customers": [posting.customer_id for _, _, posting in postings],
                "subscriptions": [posting.subscription_id for _, _, posting in postings],
                "currencies": [posting.amount.currency.code for _, _, posting in postings],
                "minors": [posting.amount.minor for _, _, posting in postings],
            },
        )

    def all_transactions(self) -> Iterator[Transaction]:
        """Everything booked, by booking date."""
        rows = self._stream(
            """
            SELECT booked.transaction_id, booked.kind, booked.about, booked.booked_on, booked.entity_key,
                   posting.account, posting.customer_id, posting.subscription_id, posting.currency, posting.minor
            FROM farthing.transaction AS booked JOIN farthing.posting AS posting USING (seller_id, transaction_id)
            ORDER BY booked.booked_on, booked.transaction_id, posting.number
            """
        )
        for _, postings in groupby(rows, key=lambda row: row.transaction_id):
            yield transaction_from(list(postings))

    def transaction_of(self, invoice_id: UUID) -> UUID | None:
        """The transaction in which this invoice was booked (INV-02)."""
        row = self._row(
            """
            SELECT transaction_id FROM farthing.transaction WHERE kind = 'invoice' AND about = %(invoice_id)s
            """,
            {"invoice_id": invoice_id},
        )
        return None if row is None else row.transaction_id

    def balance(self, account: Account, *, customer_id: UUID) -> Mapping[Currency, Money]:
        """What an account says of one customer, in each currency, debits positive."""
        rows = self._rows(
            """
            SELECT currency, sum(minor)::bigint AS minor FROM farthing.posting
            WHERE account = %(account)s AND customer_id = %(customer_id)s
            GROUP BY currency ORDER BY currency
            """,
            {"account": account.value, "customer_id": customer_id},
        )
        return {currency(row.currency): Money(row.minor, currency(row.currency)) for row in rows}


def transaction_from(rows: Sequence[Any]) -> Transaction:
    """The transaction of the rows that its postings are read as."""
    first = rows[0]
    return Transaction(
        transaction_id=first.transaction_id,
        kind=TransactionKind(first.kind),
        about=first.about,
        booked_on=first.booked_on,
        entity_key=first.entity_key,
        postings=tuple(
            Posting(
                Account(row.account), row.customer_id, row.subscription_id, Money(row.minor, currency(row.currency))
            )
            for row in rows
        ),
    )
