"""Two sandboxes of a family are compared: what would have come of it, if."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from farthing.core.comparing import Billed, Both, ComparedBill, Comparison, billed_by, compare
from farthing.core.exact import Exact
from farthing.core.money import plain
from farthing.core.period import Period
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


def as_plain(compared: Compared) -> dict[str, Any]:
    """The comparison for programs: every bill that differs, with money and quantities as text."""
    comparison = compared.comparison
    return {
        "left": {"name": compared.left.name, "now": _instant(compared.times[0])},
        "right": {"name": compared.right.name, "now": _instant(compared.times[1])},
        "bills": len(comparison.bills),
        "differing": [_bill(bill) for bill in comparison.differing],
        "customers": [
            {"customer": key} | _both(both) for key, totals in comparison.of_customers().items() for both in totals
        ],
        "totals": [_both(both) for both in comparison.totals],
    }


def _billed(store: SellerStore, *, customer: str | None) -> list[Billed]:
    with store.snapshot():
        keys = {each.customer_id: each.key for each in store.customers()}
        if customer is not None:
            only = find_customer(store, customer, person=None).customer_id
            return [billed_by(keys[only], invoice) for invoice in store.invoices(customer_id=only)]
        return [billed_by(keys[invoice.draft.customer_id], invoice) for invoice in store.all_invoices()]


def _bill(bill: ComparedBill) -> dict[str, Any]:
    return {
        "customer": bill.customer_key,
        "billed_at": _instant(bill.at),
        "numbers": {"left": list(bill.numbers[0]), "right": list(bill.numbers[1])},
        **_both(bill.totals),
        "lines": [
            {
                "price": line.price_key,
                "name": line.name,
                "period": _period(line.period),
                "quantity": {"left": _number(line.quantities[0]), "right": _number(line.quantities[1])},
                **_both(line.amounts),
            }
            for line in bill.lines
        ],
        "beside_lines": f"{bill.beside.amount:f}",
    }


def _both(both: Both) -> dict[str, Any]:
    return {
        "currency": both.currency.code,
        "left": None if both.left is None else f"{both.left.amount:f}",
        "right": None if both.right is None else f"{both.right.amount:f}",
        "difference": f"{both.difference.amount:f}",
    }


def _period(period: Period) -> dict[str, str]:
    return {"start": _instant(period.start), "end": _instant(period.end)}


def _number(quantity: Exact | None) -> str | None:
    return None if quantity is None else plain(quantity)


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
