"""By what a customer's invoices are reckoned: the coupons, taxes and credits that hold for them."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from farthing.core.billing import reckoned
from farthing.core.invoicing.coupons import Coupons
from farthing.core.invoicing.credits import Credit, GrantKind
from farthing.core.invoicing.invoice import TAXED_BY_NOBODY, TAXED_BY_RULES, Draft, LegalEntity
from farthing.core.invoicing.reckoning import Charged, ReckonBy
from farthing.core.money import Money, zero
from farthing.core.period import Period
from farthing.core.rating.line import Line
from farthing.core.rating.rate import Used, rate_usage, wanted
from farthing.usecases.ports import SellerStore
from farthing.usecases.taxes import taxes_by

# Who works taxes out by itself, without asking anybody outside.
_OUR_OWN = (TAXED_BY_NOBODY, TAXED_BY_RULES)


def reckon_by(
    store: SellerStore, customer_id: UUID, entity: LegalEntity, *, hold: bool = True, so_far: bool = False
) -> ReckonBy:
    """What holds for this customer's invoices from this legal entity, held until the transaction ends.

    One lock holds a customer's coupons and credit, so that two that bill the same customer never wait for each other in
    a circle; it is taken before the series of numbers. Who only looks does not hold, and asks no outside service.
    What is billed `so_far` of a period leaves coupons that count periods, or are an amount, to the period's own
    invoice, so that each is used once.
    """
    if hold:
        store.hold_reckoning(customer_id)
    in_force = tuple(
        had.applied
        for had in store.coupons_of(customer_id)
        if had.is_in_force and (not so_far or had.applied.coupon.holds_for_any_part)
    )
    parts = Parts(store)
    grants = [one for one in store.grants_of(customer_id) if one.left and one.entity_key == entity.key]
    promotional, prepaid = (tuple(one for one in grants if one.kind is kind) for kind in GrantKind)
    return ReckonBy(
        coupons=Coupons(in_force) if in_force else None,
        promotional=Credit(promotional, parts) if promotional else None,
        taxes=taxes_by(store, customer_id, entity) if hold or entity.taxed_by in _OUR_OWN else None,
        prepaid=Credit(prepaid, parts) if prepaid else None,
    )


def as_it_stands(store: SellerStore, draft: Draft) -> Draft:
    """A draft with what would be taken off and added if it were issued now; to be called in a transaction."""
    entity = store.entity_of(draft.customer_id)
    return reckoned(draft, reckon_by(store, draft.customer_id, entity, hold=False))


@dataclass(frozen=True, slots=True)
class Parts:
    """Says what of a line came about in a part of its period, by measuring that part with the line's own price."""

    store: SellerStore

    def part_used(self, line: Line, of: Charged, within: Period) -> Money:
        """What was used until the part ends, less what was used before it begins."""
        until = self._used(line, of, Period(line.period.start, within.end))
        if within.start == line.period.start:
            return until
        return until - self._used(line, of, Period(line.period.start, within.start))

    def _used(self, line: Line, of: Charged, period: Period) -> Money:
        if line.slice is None:
            return zero(line.amount.currency)
        until = self._used_at(line, of, period, to_position=line.slice.to)
        return until if not line.slice.after else until - self._used_at(line, of, period, to_position=line.slice.after)

    def _used_at(self, line: Line, of: Charged, period: Period, *, to_position: int) -> Money:
        in_currency = line.amount.currency
        if of.price is None or of.cycle is None or of.subscription_id is None:
            return zero(in_currency)
        assert of.customer_id is not None, f"{line.price_key} is usage of somebody"
        asked = wanted(of.price, period, of.cycle, where=of.where, contract_starts_at=of.since or period.start)
        this, before = (
            None
            if reading is None
            else self.store.measure(reading, customer_id=of.customer_id, to_position=to_position)
            for reading in (asked.this, asked.before)
        )
        assert this is not None, "something is always asked of the running period"
        used = Used(this, before)
        return rate_usage(of.price, used, of.cycle, subscription_id=of.subscription_id, in_currency=in_currency).amount
