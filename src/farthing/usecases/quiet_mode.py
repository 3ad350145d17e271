"""A customer is quiet: what they would have been told goes to finance, until somebody switches them live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from farthing.core.notices import Notice, WouldHaveTold
from farthing.core.parties import Customer
from farthing.core.people import Ask, Person
from farthing.core.telling.ear import customer_ear
from farthing.usecases.customers import find_customer
from farthing.usecases.ports import SellerStore
from farthing.usecases.telling_ports import Hearing

MOST_LINES = 20
MOST_CHANGED = 10


@dataclass(frozen=True, slots=True)
class Switched:
    """A customer and what holds for them now. `was_so` says that it held before; `kept_back` counts what waited."""

    customer: Customer
    hearing: Hearing
    was_so: bool
    kept_back: int = 0


@dataclass(frozen=True, slots=True)
class QuietCustomer:
    """One who is not told anything themselves, and since when, by whom."""

    customer: Customer
    hearing: Hearing


@dataclass(frozen=True, slots=True)
class Folded:
    """What a message holds in place of many; `lines` are the first of them, and `many` how many there are."""

    lines: Sequence[tuple[Notice, datetime]]
    many: int


def switch_customer(
    store: SellerStore, customer_key: str, *, live: bool, by: str, person: Person | None, now: datetime
) -> Switched:
    """From now on the customer hears for themselves, or does not. What is past is not sent.

    What was written for them and not told yet becomes a line of finance's message when they fall quiet.
    """
    with store.transaction():
        customer = find_customer(store, customer_key, person=person)  # Read.
        if person is not None:
            person.must(Ask.SWITCH_CUSTOMERS)
        store.lock_hearing(customer.customer_id)
        before = store.hearing(customer.customer_id)
        if before is not None and before.is_live is live:
            return Switched(customer, before, was_so=True)
        after = Hearing(customer.customer_id, live, by, now)
        if before is None and live:
            return Switched(customer, after, was_so=True)
        store.keep_hearing(after)  # Write.
        kept_back = 0
        if not live:
            fold = WouldHaveTold(now.date())
            kept_back = store.fold_untold(customer_ear(customer.customer_id), fold, written_at=now)
        else:
            # Their button to switch this customer live has done its work.
            days = sorted(store.folded_days(customer_ear(customer.customer_id)))[-MOST_CHANGED:]
            store.write_notices([WouldHaveTold(day) for day in days], written_at=now)
        return Switched(customer, after, was_so=False, kept_back=kept_back)


def set_hearing_policy(store: SellerStore, *, new_are_quiet: bool, by: str, now: datetime) -> None:
    """Whether customers that are taken on from now on are quiet until somebody switches them live."""
    with store.transaction():
        if store.new_customers_are_quiet() is not new_are_quiet:
            store.keep_hearing_policy(new_are_quiet=new_are_quiet, by=by, at=now)


def list_quiet(store: SellerStore, *, person: Person | None) -> list[QuietCustomer]:
    """Customers who are quiet, by key; for those who see all customers."""
    with store.transaction():
        found = []
        for hearing in store.quiet_customers():
            customer = store.customer(hearing.customer_id)
            if customer is not None and (person is None or person.may(Ask.SEE_ALL_CUSTOMERS)):
                found.append(QuietCustomer(customer, hearing))
        return found


def show_folded(store: SellerStore, fold: Notice) -> Folded:
    """The lines of a message that holds several."""
    with store.transaction():
        lines = store.folded(fold.notice_id, limit=MOST_LINES)
        return Folded(lines, store.count_folded(fold.notice_id))
