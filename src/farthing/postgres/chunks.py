"""Many subscriptions are billed at once: what they need is read together, and what was decided is written together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from farthing.core.billing import Bill
from farthing.core.invoicing.credits import Grant
from farthing.core.invoicing.invoice import TAXED_BY_NOBODY, TAXED_BY_RULES, LegalEntity, Series
from farthing.core.invoicing.pending import Pending
from farthing.core.invoicing.policy import LAST_COMPARED, BillingPolicy
from farthing.core.invoicing.tax_rules import TaxRules
from farthing.core.ledger.deferral import PaidAhead
from farthing.core.metering.meter import Measurement, Reading
from farthing.core.money import Currency, Money
from farthing.core.notices import Notice
from farthing.core.parties import Customer, Seller
from farthing.core.pricing.plan import AddOn, Plan
from farthing.core.rating.slicing import BilledSlice
from farthing.core.rating.unused import FeePaidAhead
from farthing.postgres.catalogue import Catalogue
from farthing.postgres.coupons import CouponBook
from farthing.postgres.credits import CreditBook
from farthing.postgres.deferrals import Whose
from farthing.postgres.drafts import Drafts
from farthing.postgres.invoices import refuse_more_than_can_be_kept
from farthing.postgres.late import Late
from farthing.postgres.notices import Notices
from farthing.postgres.paid_ahead import PaidAheadFees
from farthing.postgres.runs import Runs
from farthing.postgres.slices import Slices
from farthing.postgres.usage import Usage
from farthing.usecases.chunk_ports import Due
from farthing.usecases.coupon_ports import Had
from farthing.usecases.late_ports import LateCustomer
from farthing.usecases.tax_ports import CustomerDetails


@dataclass(slots=True)
class _Known:
    """What was read for the whole chunk."""

    held: set[UUID] = field(default_factory=set)
    reduced: set[UUID] = field(default_factory=set)
    customers: dict[UUID, Customer] = field(default_factory=dict)
    entities: dict[UUID, LegalEntity] = field(default_factory=dict)
    details: dict[UUID, CustomerDetails] = field(default_factory=dict)
    pending: dict[tuple[UUID, datetime], Pending] = field(default_factory=dict)
    read: set[UUID] = field(default_factory=set)
    with_fees_ahead: set[UUID] = field(default_factory=set)
    paid_ahead: dict[Whose, PaidAhead] = field(default_factory=dict)
    totals: dict[tuple[UUID, Currency], list[Money]] = field(default_factory=dict)
    measured: dict[tuple[UUID, str, int], list[Measurement]] = field(default_factory=dict)
    slices: dict[UUID, list[BilledSlice]] = field(default_factory=dict)
    plans: dict[tuple[str, int | None], Plan | None] = field(default_factory=dict)
    add_ons: dict[tuple[str, int | None], AddOn | None] = field(default_factory=dict)
    series: dict[str, Series] = field(default_factory=dict)


@dataclass(slots=True)
class _Kept:
    """What waits to be written."""

    bills: list[Bill] = field(default_factory=list)
    run_id: UUID | None = None
    notices: list[Notice] = field(default_factory=list)
    written_at: datetime | None = None
    waiting: list[Pending] = field(default_factory=list)
    ended: dict[tuple[str, datetime], list[UUID]] = field(default_factory=dict)


class ReadAhead(Runs, Catalogue, CouponBook, CreditBook, Drafts, Late, Notices, PaidAheadFees, Slices, Usage):
    """A store's chunk, in the store's own open transaction; whatever is not named here goes to the database."""

    def begin(self) -> None:
        """Nothing is known and nothing kept yet."""
        # All is looked up by its keys: tables that were small when the database last counted grow within a chunk.
        self._row("SELECT set_config('enable_seqscan', 'off', true)")
        self._known, self._kept = _Known(), _Kept()
        self._own_seller: Seller | None = None
        self._policy: tuple[BillingPolicy | None] | None = None
        self._rules: tuple[TaxRules | None] | None = None

    # Reading for all

    def hold_customers(self, customer_ids: Sequence[UUID]) -> set[UUID]:
        """Those whose coupons and credit are held now; without those that somebody else holds, and those with usage
        that came late or taxes that are asked for outside."""
        known = self._known
        late = self.with_late_usage(customer_ids)
        known.entities = self.entities_of(customer_ids)
        ours = (TAXED_BY_NOBODY, TAXED_BY_RULES)
        plain = [each for each in customer_ids if each not in late and known.entities[each].taxed_by in ours]
        known.held = self.hold_reckoning_of(plain)
        return known.held

    def read_ahead(self, due: Sequence[Due]) -> None:
        """Read what billing these moments asks for; their customers are held."""
        known = self._known
        customer_ids = [one.subscription.customer_id for one in due]
        subscription_ids = [one.subscription.subscription_id for one in due]
        known.reduced = self.with_coupons_or_credit(customer_ids)
        known.customers = self.customers_with(customer_ids)
        known.details = dict.fromkeys(customer_ids, CustomerDetails()) | self.details_of(customer_ids)
        known.pending = {
            (each.subscription_id, each.billed_at): each
            for each in self.pending_of_all(subscription_ids)
            if each.subscription_id is not None
        }
        known.with_fees_ahead = self.with_fees_ahead([(one.subscription.subscription_id, one.moment.at) for one in due])
        known.totals = self.totals_before_of_many(
            [(one.subscription.customer_id, one.currency) for one in due], limit=LAST_COMPARED
        )
        known.paid_ahead = self.paid_ahead_of_many(
            [
                Whose(one.subscription.customer_id, one.subscription.subscription_id, one.currency, entity.key)
                for one in due
                for entity in [known.entities[one.subscription.customer_id]]
            ]
        )
        known.read = set(subscription_ids)

    def read_slices_ahead(self, charge_ids: Sequence[UUID]) -> None:
        """Read what was billed of these charges so far."""
        self._known.slices = {charge: [] for charge in charge_ids} | super().slices_of(charge_ids)

    def measure_ahead(self, reading: Reading, customer_ids: Sequence[UUID], *, to_position: int) -> None:
        """Measure the same for many customers at once."""
        measured = self.measure_of_many(reading, customer_ids=customer_ids, to_position=to_position)
        for customer_id, measurement in measured.items():
            place = (customer_id, reading.meter.key, to_position)
            self._known.measured.setdefault(place, []).append(measurement)

    # Answers from what was read

    def seller(self) -> Seller:
        """Whose books these are."""
        if self._own_seller is None:
            self._own_seller = super().seller()
        return self._own_seller

    def billing_policy(self) -> BillingPolicy | None:
        """The newest that was set."""
        if self._policy is None:
            self._policy = (super().billing_policy(),)
        return self._policy[0]

    def tax_rules(self, version: int | None = None) -> TaxRules | None:
        """This version of the seller's rules, or the newest."""
        if version is not None:
            return super().tax_rules(version)
        if self._rules is None:
            self._rules = (super().tax_rules(),)
        return self._rules[0]

    def plan(self, key: str, version: int | None = None, *, for_start: date | None = None) -> Plan | None:
        """This version of a plan, which never changes."""
        if version is None or for_start is not None:
            return super().plan(key, version, for_start=for_start)
        if (key, version) not in self._known.plans:
            self._known.plans[key, version] = super().plan(key, version)
        return self._known.plans[key, version]

    def add_on(self, key: str, version: int | None = None) -> AddOn | None:
        """This version of an add-on, which never changes."""
        if version is None:
            return super().add_on(key)
        if (key, version) not in self._known.add_ons:
            self._known.add_ons[key, version] = super().add_on(key, version)
        return self._known.add_ons[key, version]

    def customer(self, customer_id: UUID) -> Customer | None:
        """The customer with this id."""
        known = self._known.customers.get(customer_id)
        return super().customer(customer_id) if known is None else known

    def entity_of(self, customer_id: UUID) -> LegalEntity:
        """The one that invoices a customer."""
        known = self._known.entities.get(customer_id)
        return super().entity_of(customer_id) if known is None else known

    def customer_details(self, customer_id: UUID) -> CustomerDetails:
        """Where a customer is and what they are taxed by."""
        known = self._known.details.get(customer_id)
        return super().customer_details(customer_id) if known is None else known

    def pending_of(self, subscription_id: UUID, *, billed_at: datetime) -> Pending | None:
        """The draft of a moment that waits."""
        if subscription_id not in self._known.read:
            return super().pending_of(subscription_id, billed_at=billed_at)
        return self._known.pending.get((subscription_id, billed_at))

    def hold_late(self, customer_id: UUID) -> LateCustomer | None:
        """None for those that are held: whoever has late usage is not billed in a chunk."""
        return None if customer_id in self._known.held else super().hold_late(customer_id)

    def hold_reckoning(self, customer_id: UUID) -> None:
        """Hold them, unless they are held."""
        if customer_id not in self._known.held:
            super().hold_reckoning(customer_id)

    def coupons_of(self, customer_id: UUID) -> list[Had]:
        """Those that this customer has or had."""
        return [] if self._has_nothing(customer_id) else super().coupons_of(customer_id)

    def grants_of(self, customer_id: UUID) -> list[Grant]:
        """The credit of a customer."""
        return [] if self._has_nothing(customer_id) else super().grants_of(customer_id)

    def fees_ahead(self, subscription_id: UUID, *, at: datetime) -> list[FeePaidAhead]:
        """The fees of a subscription whose time is not over at an instant."""
        known = self._known
        if subscription_id in known.read and subscription_id not in known.with_fees_ahead:
            return []
        return super().fees_ahead(subscription_id, at=at)

    def slices_of(self, charge_ids: Iterable[UUID]) -> dict[UUID, list[BilledSlice]]:
        """What was billed of these charges; a charge of which nothing was billed is left out."""
        asked, known = list(charge_ids), self._known.slices
        if not all(charge in known for charge in asked):
            return super().slices_of(asked)
        return {charge: known[charge] for charge in asked if known[charge]}

    def totals_before(self, customer_id: UUID, currency: Currency, *, limit: int) -> Sequence[Money]:
        """The totals of a customer's invoices for subscriptions, newest first."""
        known = self._known.totals.get((customer_id, currency)) if limit == LAST_COMPARED else None
        return super().totals_before(customer_id, currency, limit=limit) if known is None else known

    def paid_ahead(
        self, *, customer_id: UUID, subscription_id: UUID | None, in_currency: Currency, entity_key: str
    ) -> PaidAhead:
        """What was paid ahead and what was released of it."""
        known = None
        if subscription_id is not None:
            known = self._known.paid_ahead.get(Whose(customer_id, subscription_id, in_currency, entity_key))
        if known is not None:
            return known
        return super().paid_ahead(
            customer_id=customer_id, subscription_id=subscription_id, in_currency=in_currency, entity_key=entity_key
        )

    def measure(self, reading: Reading, *, customer_id: UUID, to_position: int) -> Measurement:
        """What a reading says of a customer's events."""
        for measurement in self._known.measured.get((customer_id, reading.meter.key, to_position), ()):
            if measurement.reading == reading:
                return measurement
        return super().measure(reading, customer_id=customer_id, to_position=to_position)

    def lock_series(self, entity_key: str) -> Series:
        """The invoice numbers given so far, with those of the invoices that wait to be written."""
        if entity_key not in self._known.series:
            self._known.series[entity_key] = super().lock_series(entity_key)
        return self._known.series[entity_key]

    def _has_nothing(self, customer_id: UUID) -> bool:
        """Whether a customer who is held never had a coupon or credit."""
        known = self._known
        return customer_id in known.held and customer_id in known.customers and customer_id not in known.reduced

    # Keeping, and writing it all

    def keep_bill(self, bill: Bill, *, run_id: UUID | None) -> None:
        """Keep it to be written; refuses what can never be."""
        refuse_more_than_can_be_kept(bill.invoice, bill.transactions)
        if bill.invoice is not None:
            self._known.series[bill.invoice.entity_key] = Series(bill.invoice.sequence, bill.invoice.issued_at)
        self._kept.bills.append(bill)
        self._kept.run_id = run_id

    def write_notices(
        self,
        notices: Iterable[Notice],
        *,
        written_at: datetime,
        again: bool = True,
        held_back: timedelta = timedelta(0),
    ) -> None:
        """Keep those that are due at once to be written; all others are written now."""
        if not again or held_back:
            super().write_notices(notices, written_at=written_at, again=again, held_back=held_back)
        else:
            self._kept.notices += notices
            self._kept.written_at = written_at

    def keep_pending(self, pending: Pending) -> None:
        """Keep it to be written."""
        self._kept.waiting.append(pending)

    def end_pending(self, pending: Pending, *, by: str, at: datetime) -> None:
        """Keep it to be written."""
        self._kept.ended.setdefault((by, at), []).append(pending.invoice_id)

    def write(self) -> None:
        """Write all that was kept, everything in as few statements as one would take."""
        kept, self._kept = self._kept, _Kept()
        # What was read is as it was before this; plans never change, and the numbers given are ours to know.
        known = self._known
        self._known = _Known(plans=known.plans, add_ons=known.add_ons, series=known.series)
        if kept.waiting:
            self.keep_all_pending(kept.waiting)
        if kept.bills:
            self.keep_bills(kept.bills, run_id=kept.run_id)
        if kept.notices:
            assert kept.written_at is not None, "it is kept with the notices"
            super().write_notices(kept.notices, written_at=kept.written_at)
        for (by, at), invoice_ids in kept.ended.items():
            self.end_all_pending(invoice_ids, by=by, at=at)
