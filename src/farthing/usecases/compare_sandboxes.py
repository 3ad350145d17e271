"""Two sandboxes of a family are compared: what would have come of it, if."""

from dataclasses import dataclass
from datetime import datetime

from farthing.core.comparing import Billed, Comparison, billed_by, compare
from farthing.core.refused import Refused
from farthing.usecases.customers import find_customer
from farthing.usecases.ports import Installation, SellerStore
from farthing.usecases.sandbox_ports import Sandbox
from farthing.usecases.sandboxes import find_sandbox, this_sandbox


@dataclass(frozen=True, slots=True)
class Compared:
    """Two sandboxes, the time in each, and their invoices side by side."""

    left: Sandbox
    right: Sandbox
    times: tuple[datetime, datetime]
    comparison: Comparison


def compare_sandboxes(
    installation: Installation, store: SellerStore, *, left: str, right: str | None = None, customer: str | None = None
) -> Compared:
    """Every invoice of both, or those of one customer; without `right` this sandbox is the right one."""
    one = find_sandbox(store, left)
    other = this_sandbox(store) if right is None else find_sandbox(store, right)
    if one == other:
        raise Refused(f"“{one.name}” is the same on both sides; name two sandboxes.", field="right")
    world = installation.world()
    sides = [_billed(installation.for_seller(side.seller_id), customer=customer) for side in (one, other)]
    return Compared(one, other, (one.now(world), other.now(world)), compare(*sides))


def _billed(store: SellerStore, *, customer: str | None) -> list[Billed]:
    with store.snapshot():
        keys = {each.customer_id: each.key for each in store.customers()}
        if customer is not None:
            only = find_customer(store, customer, person=None).customer_id
            return [billed_by(keys[only], invoice) for invoice in store.invoices(customer_id=only)]
        return [billed_by(keys[invoice.draft.customer_id], invoice) for invoice in store.all_invoices()]
