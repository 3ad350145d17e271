"""Books begin with what another system left open: unpaid invoices, fees paid ahead, and the number that comes next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from farthing.core.ledger.opening import Opening, OpeningItem
from farthing.core.money import Money, currency, exact_money
from farthing.core.period import local_date
from farthing.core.refused import Refused
from farthing.usecases.customers import find_customer
from farthing.usecases.ports import SellerStore

_FIELDS = {"date", "next_invoice", "open_invoices", "paid_ahead"}
_MOST_MINOR = 2**63 - 1


def open_books(store: SellerStore, given: object, *, by: str, now: datetime) -> Opening:
    """Begin the books, once and before anything is in them, with what plain data says.

    `date` is the first booking date and `next_invoice` the number after the other system's last one; `open_invoices`
    have customer, number, due, amount and currency; `paid_ahead` has customer, number, from, to, amount and currency.
    """
    if not isinstance(given, Mapping) or set(given) - _FIELDS or "date" not in given:
        raise Refused(
            "An opening has a date, and as far as there are any next_invoice, open_invoices and paid_ahead; see the "
            "guide to the books."
        )
    if not by.strip():
        raise Refused("Say who opens the books; it is kept.", field="by")
    booked_on = _day(given["date"], "date")
    with store.transaction():
        entity = store.seller().entity
        if booked_on > local_date(now, in_zone=entity.in_zone):
            raise Refused(f"The books cannot begin on {booked_on}, which is still to come.", field="date")
        items = [
            *(_unpaid(store, one, place) for place, one in _rows(given, "open_invoices")),
            *(_ahead(store, one, place, booked_on) for place, one in _rows(given, "paid_ahead")),
        ]
        _refuse_twice(items)
        opening = Opening(entity.key, booked_on, _next(given.get("next_invoice", 1)), now, by.strip(), tuple(items))
        store.keep_opening(opening)
    return opening


def _rows(given: Mapping[str, Any], name: str) -> Sequence[tuple[str, Mapping[str, Any]]]:
    rows = given.get(name, [])
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise Refused(f"“{name}” is a list; each of its entries has names with values.", field=name)
    return [(f"{name}, entry {place}", row) for place, row in enumerate(rows, start=1)]


def _unpaid(store: SellerStore, row: Mapping[str, Any], place: str) -> OpeningItem:
    _has(row, {"customer", "number", "due", "amount", "currency"}, place)
    customer = find_customer(store, str(row["customer"]), person=None)
    return OpeningItem(customer.customer_id, _number(row, place), _amount(row, place), due_on=_day(row["due"], place))


def _ahead(store: SellerStore, row: Mapping[str, Any], place: str, booked_on: date) -> OpeningItem:
    _has(row, {"customer", "number", "from", "to", "amount", "currency"}, place)
    customer = find_customer(store, str(row["customer"]), person=None)
    first, last = _day(row["from"], place), _day(row["to"], place)
    if not booked_on <= first <= last:
        raise Refused(
            f"{place}: what is left of a fee is for days from the opening ({booked_on}) on, the first before the last; "
            f"{first} to {last} is not."
        )
    return OpeningItem(
        customer.customer_id, _number(row, place), _amount(row, place), first_day=first, days=(last - first).days + 1
    )


def _has(row: Mapping[str, Any], fields: set[str], place: str) -> None:
    missing, unknown = sorted(fields - set(row)), sorted(str(name) for name in set(row) - fields)
    if missing:
        raise Refused(f"{place} lacks {', '.join(missing)}.")
    if unknown:
        raise Refused(f"{place} has {', '.join(unknown)}, which nobody asks for; it has {', '.join(sorted(fields))}.")


def _number(row: Mapping[str, Any], place: str) -> str:
    number = str(row["number"]).strip()
    if not number or len(number) > 64 or not number.isprintable():
        raise Refused(f"{place}: a number is text of at most 64 characters on one line.")
    return number


def _amount(row: Mapping[str, Any], place: str) -> Money:
    amount = exact_money(row["amount"], currency(str(row["currency"])), what=f"{place}: the amount")
    if not 0 < amount.minor <= _MOST_MINOR:
        raise Refused(f"{place}: the amount is above 0, and what the books can hold; {amount} is not.")
    return amount


def _day(written: object, place: str) -> date:
    if isinstance(written, date) and not isinstance(written, datetime):
        return written
    try:
        return date.fromisoformat(str(written))
    except ValueError:
        raise Refused(f"{place}: “{str(written)[:40]}” is not a date; write it like 2026-01-31.") from None


def _next(written: object) -> int:
    text = str(written)
    if not (text.isascii() and text.isdigit() and len(text) <= 12 and int(text)):
        raise Refused("next_invoice is a whole number from 1 on, the number after the last one.", field="next_invoice")
    return int(text)


def _refuse_twice(items: Sequence[OpeningItem]) -> None:
    seen = set()
    for item in items:
        key = (item.customer_id, item.number, item.due_on is None)
        if key in seen:
            raise Refused(f"“{item.number}” stands there twice for one customer; what is open is told once.")
        seen.add(key)
