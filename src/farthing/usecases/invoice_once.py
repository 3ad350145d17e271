"""An invoice of its own: what a person writes on it, such as training, is billed at once and belongs to no period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from farthing.core.billing import bill_by_itself, reckoned
from farthing.core.ids import id_of
from farthing.core.invoicing.invoice import RULES_VERSION, Draft, Invoice
from farthing.core.invoicing.pending import item_line
from farthing.core.metering.event import is_text
from farthing.core.money import Money, total
from farthing.core.period import ZONE_DATABASE_VERSION
from farthing.core.refused import Clash, Refused
from farthing.usecases.customers import find_customer
from farthing.usecases.ports import SellerStore
from farthing.usecases.reckoning import reckon_by

MOST_ITEMS = 1000
_LONGEST_TEXT = 500


@dataclass(frozen=True, slots=True)
class Item:
    """What is charged once: its name, how much, and why in words."""

    name: str
    amount: Money
    why: str = ""


def draft_once(
    store: SellerStore, *, customer_key: str, items: Sequence[Item], key: str, by: str, now: datetime
) -> Draft:
    """What such an invoice would say; nothing is kept. To be called in a transaction."""
    customer = find_customer(store, customer_key, person=None)
    _check(items, key)
    draft = Draft(
        invoice_id=id_of("invoice", "once", customer.customer_id, key),
        customer_id=customer.customer_id,
        subscription_id=None,
        currency=items[0].amount.currency,
        at=now,
        lines=tuple(
            item_line(
                item.name,
                item.amount,
                at=now,
                in_zone=customer.in_zone,
                note=f"{item.why} ({by})" if item.why else by,
                key=f"item {number}",
            )
            for number, item in enumerate(items, start=1)
        ),
        frozen={
            "rules_version": RULES_VERSION,
            "zone": customer.in_zone,
            "zone_database": ZONE_DATABASE_VERSION,
        },
    )
    return reckoned(draft, reckon_by(store, customer.customer_id, store.entity_of(customer.customer_id)))


def invoice_once(
    store: SellerStore, *, customer_key: str, items: Sequence[Item], key: str, by: str, now: datetime
) -> Invoice:
    """Issue it. The same `key` for the same customer makes one invoice, however often it comes."""
    with store.transaction():
        customer = find_customer(store, customer_key, person=None)  # Read.
        store.lock_customer(customer.customer_id)
        draft = draft_once(store, customer_key=customer_key, items=items, key=key, by=by, now=now)  # Decide.
        issued = store.invoice(draft.invoice_id)
        if issued is not None:
            if _said(issued.draft) != _said(draft):
                raise Clash(f"{issued.number} was made with the key “{key}” and says something else; use a new key.")
            return issued
        entity = store.entity_of(customer.customer_id)
        made = bill_by_itself(draft, entity=entity, series=store.lock_series(entity.key), now=now)
        store.keep_issued(made)  # Write.
        store.write_notices(made.notices, written_at=now)
    return made.invoice


def _check(items: Sequence[Item], key: str) -> None:
    if not 1 <= len(items) <= MOST_ITEMS:
        raise Refused(f"An invoice has 1 to {MOST_ITEMS:,} items; it is given {len(items):,}.", field="items")
    if not key.strip() or len(key) > _LONGEST_TEXT or not is_text(key):
        raise Refused("Give the request a key of its own, so that sending it twice makes one invoice.", field="key")
    for item in items:
        if not item.name.strip() or len(item.name) > _LONGEST_TEXT or not is_text(item.name):
            raise Refused("Each item has a name, such as Training.", field="items")
        if len(item.why) > _LONGEST_TEXT or not is_text(item.why):
            raise Refused("The reason of an item is a short text.", field="items")
        if item.amount.currency != items[0].amount.currency:
            raise Refused("An invoice has one currency; make one for each.", field="items")
    whole = total([item.amount for item in items], in_currency=items[0].amount.currency)
    if whole.minor < 0:
        raise Refused("It comes to less than nothing; a customer is given money back by a credit note.", field="items")


def _said(draft: Draft) -> Sequence[object]:
    return [(line.name, line.amount, line.note) for line in draft.lines]
