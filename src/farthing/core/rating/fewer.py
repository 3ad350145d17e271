"""What a line would come to with fewer units: they come off the top of its ladder, P(Q) - P(Q - u)."""

from __future__ import annotations

from decimal import Decimal

from farthing.core.exact import Exact, multiply
from farthing.core.metering.meter import Measured
from farthing.core.money import Money, round_to_money
from farthing.core.period import Cycle
from farthing.core.pricing.flat import Flat
from farthing.core.pricing.plan import Accumulate, Price
from farthing.core.rating.cells import rate_cells
from farthing.core.rating.line import Line, LineKind
from farthing.core.rating.rate import rate_fee
from farthing.core.refused import Refused


def amount_with(line: Line, quantity: Exact, price: Price | None, cycle: Cycle | None) -> Money:
    """The line's amount with this quantity in place of its own, rounded once; `price` is the one its invoice froze.

    Refuses lines of which units cannot be told apart; an amount can be credited of every line.
    """
    if line.kind is LineKind.ITEM and len(line.steps) == 1 and not line.steps[0].flat:
        return round_to_money(multiply(quantity, line.steps[0].unit_price), line.amount.currency)
    if price is None or cycle is None:
        raise Refused(f"“{line.name}” is not charged by units; credit an amount of it.", field="units")
    if line.kind in (LineKind.FEE, LineKind.ONCE):
        if isinstance(price.shape, Flat) and line.quantity == 1:
            raise Refused(f"“{line.name}” is one fee and has no units; credit an amount of it.", field="units")
        assert isinstance(quantity, Decimal), f"{line.price_key} has agreed quantities, which are decimals"
        fewer = rate_fee(
            price,
            line.period,
            cycle,
            in_currency=line.amount.currency,
            number=quantity,
            share=line.share,
        )
        return fewer.amount
    return _of_usage(line, quantity, price)


def _of_usage(line: Line, quantity: Exact, price: Price) -> Money:
    if line.slice is None or line.slice.after or line.billed_before or len(line.cells) != 1:
        raise Refused(
            f"“{line.name}” has {len(line.cells)} groups, or is only what came later, so units of it have no place on "
            "one ladder; credit an amount of it.",
            field="units",
        )
    cell = line.cells[0]
    if price.shape.needs_amounts:
        raise Refused(f"“{line.name}” is priced event by event; credit an amount of it.", field="units")
    group = tuple(value for _, value in cell.of)
    before: tuple[Measured, ...] = ()
    if price.accumulate is not Accumulate.PERIOD and cell.before is not None:
        if not price.transform.changes_nothing:
            raise Refused(f"“{line.name}” adds up over several periods; credit an amount of it.", field="units")
        before = (Measured(of=group, quantity=cell.before, events=0),)
    fewer = rate_cells(
        price,
        (Measured(of=group, quantity=quantity, events=cell.events),),
        in_currency=line.amount.currency,
        earlier=before,
        share=line.share,
        part=line.part,
    )
    return fewer.amount
