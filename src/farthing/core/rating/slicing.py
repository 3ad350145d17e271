"""A charge is billed slice by slice: each bills all that has come about so far, less what those before it billed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from farthing.core.exact import ZERO, Exact, add, subtract
from farthing.core.money import Money, total
from farthing.core.pricing.modifiers import Modification, ModificationKind
from farthing.core.pricing.plan import Price
from farthing.core.rating.line import Line, Origin, Slice


@dataclass(frozen=True, slots=True)
class BilledSlice:
    """A slice that was billed, what it came to, and what credit notes that correct it gave back.

    Of one that is voided nothing is billed any more.
    """

    line: Origin
    slice: Slice
    amount: Money
    corrected: Money
    voided: bool = False


@dataclass(frozen=True, slots=True)
class BilledBefore:
    """What slices billed of a charge: how much money it is, and where the chain of its last revision has come to."""

    revision: int
    after: int
    quantity: Exact
    events: int
    amount: Money


def billed_before(slices: Sequence[BilledSlice]) -> BilledBefore:
    """What these slices of one charge billed, in the order in which they were; at least one.

    A void ends a revision, and the next one starts from 0; what stands of earlier ones is billed all the same.
    """
    last = slices[-1].slice.revision
    of_last = [each for each in slices if each.slice.revision == last]
    standing = [each for each in slices if not each.voided]
    amount = total([each.amount - each.corrected for each in standing], in_currency=slices[0].amount.currency)
    if any(each.voided for each in of_last):
        return BilledBefore(last + 1, 0, ZERO, 0, amount)
    quantity: Exact = ZERO
    for each in of_last:
        quantity = add(quantity, each.slice.quantity)
    return BilledBefore(last, of_last[-1].slice.to, quantity, sum(each.slice.events for each in of_last), amount)


def rest_of(whole: Line, before: BilledBefore | None) -> Line:
    """The next slice of a charge: all of it so far, less what was billed."""
    if before is None:
        return whole
    piece = whole.slice
    assert piece is not None, f"{whole.price_key} is usage"
    assert before.after <= piece.to, f"{whole.price_key} is billed up to {before.after}, and looked at up to {piece.to}"
    quantity = subtract(piece.quantity, before.quantity)
    return replace(
        whole,
        quantity=quantity,
        slice=replace(
            piece,
            revision=before.revision,
            after=before.after,
            quantity=quantity,
            events=piece.events - before.events,
        ),
        amount=whole.amount - before.amount,
        modifications=(*whole.modifications, Modification(ModificationKind.BILLED, (-before.amount).amount)),
        modification_amounts=(*whole.modification_amounts, -before.amount),
    )


def without_minimum(price: Price) -> Price:
    """The price as it counts before its period is over: what is missing to a minimum is only known then."""
    if price.modifiers.minimum is None:
        return price
    return replace(price, modifiers=replace(price.modifiers, minimum=None))
