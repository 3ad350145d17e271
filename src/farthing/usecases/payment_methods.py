"""A customer's payment method on file: put there, changed, looked at and taken away; never a card, only its name."""

from __future__ import annotations

from datetime import datetime

from farthing.core.invoicing.collecting import refuse_card_number
from farthing.core.metering.event import is_text
from farthing.core.refused import Refused
from farthing.usecases.collect import method_on_file
from farthing.usecases.collecting_ports import Method
from farthing.usecases.customers import find_customer
from farthing.usecases.ports import SellerStore

_LONGEST = 200


def put_method(store: SellerStore, customer_key: str, *, token: str, by: str, now: datetime, label: str = "") -> Method:
    """From now on what this customer owes is collected by this method, what is open at once.

    `token` is what the gateway calls it by, `label` what people do. The same once more changes nothing.
    """
    for field, text, least in (("token", token, 1), ("label", label, 0)):
        if not least <= len(text.strip()) or len(text) > _LONGEST or not is_text(text):
            raise Refused(f"“{field}” is a text of at most {_LONGEST} characters.", field=field)
        refuse_card_number(text, field=field)
    return _keep(store, customer_key, token=token.strip(), label=label.strip(), by=by, now=now)


def remove_method(store: SellerStore, customer_key: str, *, by: str, now: datetime) -> None:
    """From now on nothing is collected from this customer by itself."""
    _keep(store, customer_key, token="", label="", by=by, now=now)


def show_method(store: SellerStore, customer_key: str) -> Method | None:
    """The method on file, if there is one."""
    with store.transaction():
        return method_on_file(store, find_customer(store, customer_key, person=None).customer_id)


def _keep(store: SellerStore, customer_key: str, *, token: str, label: str, by: str, now: datetime) -> Method:
    with store.transaction():
        customer = find_customer(store, customer_key, person=None)  # Read.
        store.lock_money(customer.customer_id)
        last = store.last_method(customer.customer_id)
        if last is not None and (last.token, last.label) == (token, label):  # Decide.
            return last
        method = Method(customer.customer_id, 1 if last is None else last.number + 1, token, label, now, by)
        if last is not None or token:
            store.keep_method(method)  # Write.
        return method
