"""Customers: taken on under a key that stands for them in the books, and found by it."""

import difflib
import re
from datetime import datetime

from farthing.core.ids import id_of
from farthing.core.metering.event import is_text
from farthing.core.parties import Customer
from farthing.core.people import Person
from farthing.core.period import zone
from farthing.core.refused import Refused, Unknown
from farthing.core.saying import Saying, message
from farthing.usecases.ports import SellerStore
from farthing.usecases.telling_ports import Hearing

NEW_ARE_QUIET = "the setting for new customers"
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")


class UnknownCustomer(Unknown):
    """Nobody by that key whom this person may see; `closest` are keys that look like it."""

    def __init__(self, message: str, /, *, closest: list[str], **values: object) -> None:
        super().__init__(message, field="customer", **values)
        self.closest = closest


def add_customer(
    store: SellerStore, *, key: str, name: str, in_zone: str, email: str | None = None, now: datetime
) -> Customer:
    """Take on a customer; the same one again is answered as done, another under the same key is refused.

    “The same” is the same name, zone and, where one is given, e-mail.
    """
    if not _KEY.fullmatch(key):
        raise Refused(
            f"“{key}” cannot be a customer's key: use up to 64 letters, digits and . _ : - and begin with a letter "
            "or digit.",
            field="key",
        )
    if not name.strip() or len(name) > 200 or not is_text(name):
        raise Refused("A customer needs a name: text of at most 200 characters.", field="name")
    if email is not None and (len(email) > 320 or not is_text(email)):
        raise Refused("That is no e-mail address; write one like billing@example.com.", field="email")
    zone(in_zone)
    with store.transaction():
        seller = store.seller()
        customer = Customer(id_of("customer", seller.family_id, key), key=key, name=name.strip(), in_zone=in_zone)
        store.lock_customer(customer.customer_id)
        if store.customer_by_key(key) == customer and email in (None, store.customer_email(customer.customer_id)):
            return customer
        store.add_customer(customer, email=email, created_at=now)
        if store.new_customers_are_quiet():
            store.keep_hearing(Hearing(customer.customer_id, is_live=False, set_by=NEW_ARE_QUIET, set_at=now))
    return customer


def find_customer(store: SellerStore, key: str, *, person: Person | None) -> Customer:
    """The customer with this key, if this person may see them; to be called in a transaction.

    `person` is None for the operator's own tools and the API. Unknown and forbidden are told alike.
    """
    found = store.customer_by_key(key)
    if found is not None and (person is None or person.may_see(found.customer_id)):
        return found
    visible = visible_customers(store, person=person)
    named = [customer for customer in visible if customer.name.casefold() == key.casefold()]
    if len(named) == 1:
        return named[0]
    closest = difflib.get_close_matches(key.casefold(), [customer.key for customer in visible], n=3, cutoff=0.5)
    if not closest:
        raise UnknownCustomer(message("There is no customer “{key}” here."), closest=closest, key=key[:64])
    first, *others = closest
    listed: object = first
    for other in others:
        listed = Saying(message("{some} or {one}"), {"some": listed, "one": other})
    said = message("There is no customer “{key}” here. Did you mean {meant}?")
    raise UnknownCustomer(said, closest=closest, key=key[:64], meant=listed)


def visible_customers(store: SellerStore, *, person: Person | None) -> list[Customer]:
    """The customers this person may see, by key; to be called in a transaction."""
    return [c for c in store.customers() if person is None or person.may_see(c.customer_id)]
