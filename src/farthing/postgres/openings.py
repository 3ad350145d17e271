"""What the books began with, when another system kept them before."""

from __future__ import annotations

from farthing.core.ledger.opening import Opening, OpeningItem, book_opening, item_id
from farthing.core.money import Money, currency
from farthing.core.refused import Clash
from farthing.postgres.ledger import Ledger


class Openings(Ledger):
    """Where books begin."""

    def keep_opening(self, opening: Opening) -> None:
        """Begin the books with what was open in another system; refuses (Clash) when they have begun already."""
        self.hold_month_alone(opening.entity_key)
        if self.first_booking(opening.entity_key, after=None) is not None or self.opening(opening.entity_key):
            raise Clash("The books have begun already; what another system left open comes before everything else.")
        self._run(
            """
            INSERT INTO farthing.opening (entity_key, booked_on, next_invoice, opened_at, opened_by)
            VALUES (%(entity_key)s, %(booked_on)s, %(next_invoice)s, %(at)s, %(by)s)
            """,
            {
                "entity_key": opening.entity_key,
                "booked_on": opening.booked_on,
                "next_invoice": opening.next_invoice,
                "at": opening.at,
                "by": opening.by,
            },
        )
        self._run(
            """
            UPDATE farthing.number_series SET last = %(last)s
            WHERE entity_key = %(entity_key)s AND kind = 'invoice' AND last <> %(last)s
            """,
            {"entity_key": opening.entity_key, "last": opening.next_invoice - 1},
        )
        for item in opening.items:
            self._keep_item(opening, item)

    def opening(self, entity_key: str) -> Opening | None:
        """Where the books of a legal entity began; None when they did so with nothing."""
        row = self._row("SELECT * FROM farthing.opening WHERE entity_key = %(key)s", {"key": entity_key})
        if row is None:
            return None
        items = tuple(self.opening_items(entity_key))
        return Opening(row.entity_key, row.booked_on, row.next_invoice, row.opened_at, row.opened_by, items)

    def opening_items(self, entity_key: str) -> list[OpeningItem]:
        """What the books began with, by customer and number."""
        rows = self._rows(
            """
            SELECT * FROM farthing.opening_item WHERE entity_key = %(key)s
            ORDER BY customer_id, number COLLATE "C", due_on
            """,
            {"key": entity_key},
        )
        return [
            OpeningItem(
                row.customer_id,
                row.number,
                Money(row.minor, currency(row.currency)),
                row.due_on,
                row.first_day,
                row.days,
            )
            for row in rows
        ]

    def _keep_item(self, opening: Opening, item: OpeningItem) -> None:
        booked = book_opening(opening, item)
        self.keep_transactions([booked])
        self._run(
            """
            INSERT INTO farthing.opening_item (
                item_id, entity_key, customer_id, number, currency, minor, due_on, first_day, days, transaction_id
            ) VALUES (
                %(item_id)s, %(entity_key)s, %(customer_id)s, %(number)s, %(currency)s, %(minor)s, %(due_on)s,
                %(first_day)s, %(days)s, %(transaction_id)s
            )
            """,
            {
                "item_id": item_id(opening, item),
                "entity_key": opening.entity_key,
                "customer_id": item.customer_id,
                "number": item.number,
                "currency": item.amount.currency.code,
                "minor": item.amount.minor,
                "due_on": item.due_on,
                "first_day": item.first_day,
                "days": item.days,
                "transaction_id": booked.transaction_id,
            },
        )
