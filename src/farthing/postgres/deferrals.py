"""What was paid ahead: read from the lines of invoices, with what was released of it and accrued beside it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

from farthing.core.ledger.deferral import Deferral, PaidAhead, Released, deferral_of
from farthing.core.ledger.month import Month
from farthing.core.money import Currency, Money, currency
from farthing.core.period import Period
from farthing.postgres.months import Months
from farthing.usecases.ledger_ports import Accrued, Ahead

# As `core.invoicing.postings.deferrals_of` has it; a line's amount less its coupons and the taxes within it.
_LINES: LiteralString = """
    SELECT invoice.issued_on, coalesce(part.frozen, invoice.frozen) ->> 'zone' AS in_zone, line.period_start,
           line.period_end,
           line.minor - coalesce((
               SELECT sum(discount.minors[line.number]) FROM farthing.invoice_discount AS discount
               WHERE discount.seller_id = line.seller_id AND discount.invoice_id = line.invoice_id
                 AND discount.kind = 'coupon'
           ), 0) - CASE WHEN invoice.tax_included THEN coalesce((
               SELECT sum(tax.lines[place + 2])
               FROM farthing.invoice_tax AS tax, generate_series(1, cardinality(tax.lines), 3) AS place
               WHERE tax.seller_id = line.seller_id AND tax.invoice_id = line.invoice_id
                 AND tax.lines[place] = line.number
           ), 0) ELSE 0 END AS minor
    FROM farthing.invoice AS invoice JOIN farthing.invoice_line AS line USING (seller_id, invoice_id)
    JOIN farthing.invoice_part AS part
      ON part.seller_id = line.seller_id AND part.invoice_id = line.invoice_id AND part.number = line.in_part
    WHERE line.advance AND invoice.entity_key = %(entity_key)s AND invoice.currency = %(currency)s
      AND invoice.customer_id = %(customer_id)s AND
"""
# What credit notes take back of it, below zero.
_CREDITED: LiteralString = """
    UNION ALL
    SELECT note.issued_on, coalesce(part.frozen, invoice.frozen) ->> 'zone' AS in_zone, line.period_start,
           line.period_end,
           -(credited.minor + coalesce((
               SELECT sum(discount.minors[credited.number]) FROM farthing.credit_note_discount AS discount
               WHERE discount.seller_id = note.seller_id AND discount.credit_note_id = note.credit_note_id
                 AND discount.kind = 'promotional'
           ), 0) - CASE WHEN note.tax_included THEN coalesce((
               SELECT sum(tax.lines[place + 2])
               FROM farthing.credit_note_tax AS tax, generate_series(1, cardinality(tax.lines), 3) AS place
               WHERE tax.seller_id = note.seller_id AND tax.credit_note_id = note.credit_note_id
                 AND tax.lines[place] = credited.line_number
           ), 0) ELSE 0 END) AS minor
    FROM farthing.credit_note AS note
    JOIN farthing.credit_note_line AS credited
      ON credited.seller_id = note.seller_id AND credited.credit_note_id = note.credit_note_id
    JOIN farthing.invoice AS invoice
      ON invoice.seller_id = note.seller_id AND invoice.invoice_id = note.invoice_id
    JOIN farthing.invoice_line AS line
      ON line.seller_id = note.seller_id AND line.invoice_id = note.invoice_id AND line.number = credited.line_number
    JOIN farthing.invoice_part AS part
      ON part.seller_id = line.seller_id AND part.invoice_id = line.invoice_id AND part.number = line.in_part
    WHERE line.advance AND note.entity_key = %(entity_key)s AND note.currency = %(currency)s
      AND note.customer_id = %(customer_id)s AND
"""
_RELEASED: LiteralString = """
    SELECT booked.booked_on, posting.minor
    FROM farthing.posting AS posting JOIN farthing.transaction AS booked USING (seller_id, transaction_id)
    WHERE booked.kind = 'release' AND posting.account = 'deferred_revenue' AND booked.entity_key = %(entity_key)s
      AND posting.currency = %(currency)s AND posting.customer_id = %(customer_id)s AND
"""


_LINES_OF_ONE: LiteralString = (
    f"{_LINES} part.subscription_id = %(subscription_id)s {_CREDITED} part.subscription_id = %(subscription_id)s"
)
_RELEASED_OF_ONE: LiteralString = f"{_RELEASED} posting.subscription_id = %(subscription_id)s"


@dataclass(frozen=True, slots=True)
class Whose:
    """The subscription of which is asked what was paid ahead, in which currency and to whom."""

    customer_id: UUID
    subscription_id: UUID
    currency: Currency
    entity_key: str


class Deferrals(Months):
    """What is still to become revenue, and what is revenue before it is billed."""

    def paid_ahead(
        self, *, customer_id: UUID, subscription_id: UUID | None, in_currency: Currency, entity_key: str
    ) -> PaidAhead:
        """What was paid ahead and what was released of it; holds the month, as `hold_month` does."""
        asked = {
            "customer_id": customer_id,
            "subscription_id": subscription_id,
            "currency": in_currency.code,
            "entity_key": entity_key,
        }
        if subscription_id is None:
            lines = self._rows(f"{_LINES} part.subscription_id IS NULL {_CREDITED} part.subscription_id IS NULL", asked)
            released = self._rows(f"{_RELEASED} posting.subscription_id IS NULL ORDER BY booked.booked_on", asked)
        else:
            lines = self._rows(_LINES_OF_ONE, asked)
            released = self._rows(f"{_RELEASED_OF_ONE} ORDER BY booked.booked_on", asked)
        deferrals = _deferrals(lines, in_currency)
        if subscription_id is None:
            deferrals += self._opened_ahead(asked, in_currency)
        return PaidAhead(deferrals, _released(released, in_currency), self.hold_month(entity_key))

    def paid_ahead_of_many(self, many: Sequence[Whose]) -> dict[Whose, PaidAhead]:
        """The same of many subscriptions at once; holds the months of all their legal entities."""
        lines: dict[UUID, list[Any]] = defaultdict(list)
        released: dict[UUID, list[Any]] = defaultdict(list)
        asked = {
            "customer_ids": [one.customer_id for one in many],
            "subscription_ids": [one.subscription_id for one in many],
            "currencies": [one.currency.code for one in many],
            "entity_keys": [one.entity_key for one in many],
        }
        for row in self._rows(_of_each(_LINES_OF_ONE), asked):
            lines[row.asked_for].append(row)
        for row in self._rows(f"{_of_each(_RELEASED_OF_ONE)} ORDER BY found.booked_on", asked):
            released[row.asked_for].append(row)
        locked_through = {key: self.hold_month(key) for key in sorted({one.entity_key for one in many})}
        return {
            one: PaidAhead(
                _deferrals(lines[one.subscription_id], one.currency),
                _released(released[one.subscription_id], one.currency),
                locked_through[one.entity_key],
            )
            for one in many
        }

    def all_paid_ahead(self, entity_key: str) -> list[Ahead]:
        """Those with something on *deferred revenue*, by customer."""
        rows = self._rows(
            """
            SELECT posting.customer_id, posting.subscription_id, posting.currency
            FROM farthing.posting AS posting JOIN farthing.transaction AS booked USING (seller_id, transaction_id)
            WHERE posting.account = 'deferred_revenue' AND booked.entity_key = %(entity_key)s
            GROUP BY posting.customer_id, posting.subscription_id, posting.currency HAVING sum(posting.minor) <> 0
            ORDER BY posting.customer_id, posting.subscription_id, posting.currency
            """,
            {"entity_key": entity_key},
        )
        return [Ahead(row.customer_id, row.subscription_id, currency(row.currency)) for row in rows]

    def accrued(self, subscription_id: UUID, month: Month) -> Mapping[Currency, Accrued]:
        """What was accrued for a subscription at the end of a month."""
        rows = self._rows(
            """
            SELECT posting.currency, sum(posting.minor)::bigint AS minor, count(*) AS times
            FROM farthing.posting AS posting JOIN farthing.transaction AS booked USING (seller_id, transaction_id)
            WHERE posting.subscription_id = %(subscription_id)s AND posting.account = 'accrued_receivable'
              AND booked.kind = 'accrual' AND booked.booked_on = %(day)s
            GROUP BY posting.currency
            """,
            {"subscription_id": subscription_id, "day": month.last_day},
        )
        return {currency(row.currency): Accrued(Money(row.minor, currency(row.currency)), row.times) for row in rows}

    def _opened_ahead(self, asked: Mapping[str, object], in_currency: Currency) -> list[Deferral]:
        rows = self._rows(
            """
            SELECT item.minor, item.first_day, item.days, opening.booked_on
            FROM farthing.opening_item AS item JOIN farthing.opening AS opening USING (seller_id, entity_key)
            WHERE item.entity_key = %(entity_key)s AND item.customer_id = %(customer_id)s
              AND item.currency = %(currency)s AND item.first_day IS NOT NULL
            """,
            asked,
        )
        return [Deferral(Money(row.minor, in_currency), row.first_day, row.days, row.booked_on) for row in rows]


def _of_each(statement: LiteralString) -> LiteralString:
    """A statement about one subscription, asked about each of many."""
    for name in ("customer_id", "subscription_id", "currency", "entity_key"):
        statement = statement.replace(f"%({name})s", f"asked.{name}")
    return f"""
        SELECT found.*, asked.subscription_id AS asked_for
        FROM unnest(%(customer_ids)s::uuid[], %(subscription_ids)s::uuid[], %(currencies)s::text[],
                    %(entity_keys)s::text[]) AS asked (customer_id, subscription_id, currency, entity_key)
        CROSS JOIN LATERAL ({statement}) AS found
    """


def _deferrals(rows: Iterable[Any], in_currency: Currency) -> list[Deferral]:
    return [
        deferral_of(
            Money(int(row.minor), in_currency),
            Period(row.period_start, row.period_end),
            in_zone=row.in_zone,
            since=row.issued_on,
        )
        for row in rows
    ]


def _released(rows: Iterable[Any], in_currency: Currency) -> list[Released]:
    return [Released(row.booked_on, Money(row.minor, in_currency)) for row in rows]
