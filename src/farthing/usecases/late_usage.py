"""Usage that came late to issued invoices is billed: on the customer's next invoice, or by itself when none comes soon.

What is owed on top is carried; what is to be given back is proposed as a credit note and waits for a person.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from farthing.core.billing import bill_by_itself, reckoned
from farthing.core.ids import id_of
from farthing.core.invoicing.invoice import RULES_VERSION, Draft, Invoice
from farthing.core.money import Currency, Money
from farthing.core.parties import Customer
from farthing.core.period import ZONE_DATABASE_VERSION
from farthing.core.rating.adjusting import net_of
from farthing.core.rating.line import Line
from farthing.usecases.late_ports import LateCustomer
from farthing.usecases.owed import owed_in
from farthing.usecases.ports import SellerStore
from farthing.usecases.reckoning import reckon_by

# So long what came late waits for an invoice to come; then it is billed by itself (billing-rules, Usage 7).
WAITS_FOR_INVOICE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Adjusted:
    """What sets one issued invoice right: its lines belong together, since commitments move against usage."""

    invoice: Invoice
    lines: tuple[Line, ...]

    @property
    def net(self) -> Money:
        """What they come to together."""
        return net_of(self.lines)

    @property
    def is_carried(self) -> bool:
        """Whether it goes on an invoice; what is to be given back is proposed as a credit note."""
        return self.net.minor >= 0


def position_to_bill(store: SellerStore) -> int:
    """The last position, for who bills up to it in this transaction.

    Nobody looks for late usage until it ends: who looked past an event that this bill leaves out, before the bill can
    be seen, would take it for one of an open period, and never look at it again.
    """
    store.hold_looking()
    return store.last_position()


def look_for_late(store: SellerStore, *, now: datetime) -> None:
    """Note all customers about whose billed time something was said, up to the last position."""
    more = True
    while more:
        with store.transaction():
            more = store.look_for_late(now=now)


def adjusted_of(store: SellerStore, customer: Customer, *, to_position: int) -> Iterator[Adjusted]:
    """What sets a customer's invoices right as of a position, invoice by invoice; in a transaction."""
    owed = owed_in(store, customer=customer, to_position=to_position)
    for _, of_invoice in groupby(owed, key=lambda one: one.invoice.invoice_id):
        known = list(of_invoice)
        lines = tuple(line for one in known if (line := one.adjusted()) is not None)
        if lines:
            yield Adjusted(known[0].invoice, lines)


@dataclass(frozen=True, slots=True)
class Carried:
    """What goes on an invoice of what came late; `all_of_it` says that nothing else of the customer's is open then."""

    lines: tuple[Line, ...] = ()
    all_of_it: bool = False


def carried_lines(store: SellerStore, customer_id: UUID, *, in_currency: Currency, to_position: int) -> Carried:
    """What goes on this customer's next invoice in this currency; held, so that no other invoice carries it too.

    To be called in the transaction that keeps the invoice, which then settles it where it was all.
    """
    if store.hold_late(customer_id) is None:
        return Carried()
    customer = store.customer(customer_id)
    assert customer is not None, f"customer {customer_id} has usage"
    adjusted = list(adjusted_of(store, customer, to_position=to_position))
    carried = [one for one in adjusted if one.is_carried and one.invoice.draft.currency == in_currency]
    return Carried(tuple(line for one in carried for line in one.lines), all_of_it=len(carried) == len(adjusted))


def bill_late_usage(store: SellerStore, *, now: datetime) -> int:
    """Invoice by itself what no invoice will carry soon; how many invoices that made."""
    with store.transaction():
        late = store.late_customers()
    return sum(_bill_alone(store, each, now=now) for each in late)


def _bill_alone(store: SellerStore, late: LateCustomer, *, now: datetime) -> int:
    made = 0
    with store.transaction():
        position = position_to_bill(store)  # Read.
        customer, held = store.customer(late.customer_id), store.hold_late(late.customer_id)
        assert customer is not None, f"customer {late.customer_id} has usage"
        if held is None or _comes_soon(store, held, now=now):
            return 0
        adjusted = list(adjusted_of(store, customer, to_position=position))
        carried = [one for one in adjusted if one.is_carried]
        for in_currency in dict.fromkeys(one.invoice.draft.currency for one in carried):
            lines = [line for one in carried if one.invoice.draft.currency == in_currency for line in one.lines]
            _issue(store, customer, lines, in_currency=in_currency, now=now)  # Decide, write.
            made += 1
        if len(carried) == len(adjusted):
            store.settle_late([customer.customer_id])
    return made


def _issue(
    store: SellerStore, customer: Customer, lines: Sequence[Line], *, in_currency: Currency, now: datetime
) -> None:
    entity = store.entity_of(customer.customer_id)
    draft = Draft(
        invoice_id=_new_id(store, customer, in_currency),
        customer_id=customer.customer_id,
        subscription_id=None,
        currency=in_currency,
        at=now,
        lines=tuple(lines),
        frozen={
            "rules_version": RULES_VERSION,
            "zone": customer.in_zone,
            "zone_database": ZONE_DATABASE_VERSION,
        },
    )
    draft = reckoned(draft, reckon_by(store, customer.customer_id, entity))
    issued = bill_by_itself(draft, entity=entity, series=store.lock_series(entity.key), now=now)
    store.keep_issued(issued)
    store.write_notices(issued.notices, written_at=now)


def _new_id(store: SellerStore, customer: Customer, in_currency: Currency) -> UUID:
    """What is voided may be billed once more, though nothing was said since."""
    of = ("invoice", "late", customer.customer_id, in_currency.code, store.last_position())
    ids = (id_of(*of) if not revision else id_of(*of, revision) for revision in itertools.count())
    return next(each for each in ids if store.invoice(each) is None)


def _comes_soon(store: SellerStore, late: LateCustomer, *, now: datetime) -> bool:
    """Whether an invoice of this customer's subscriptions comes within the time that late usage waits."""
    until = late.found_at + WAITS_FOR_INVOICE
    if now >= until:
        return False
    subscriptions = store.subscriptions(customer_id=late.customer_id)
    return any(next(each.moments_due(through=until), None) is not None for each in subscriptions)
