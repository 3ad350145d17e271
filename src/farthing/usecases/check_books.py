"""The books are proved: every invariant that can be looked at over whole books, with a sentence for each breach."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from farthing.core.invariants import INVARIANTS, Finding, Invariant, prove
from farthing.core.invoicing.credit_note import CreditNote
from farthing.core.invoicing.credits import Grant
from farthing.core.invoicing.invoice import Invoice
from farthing.core.invoicing.payment import PaymentStanding
from farthing.core.invoicing.tax_rules import TaxRules
from farthing.core.ledger.opening import Opening
from farthing.core.ledger.transaction import Account, Transaction
from farthing.core.metering.meter import Measurement, Reading
from farthing.core.money import Money
from farthing.core.rating.agreement import Agreement
from farthing.core.rating.line import Slice
from farthing.core.subscriptions.subscription import Subscription
from farthing.usecases.agreed import agreement_of
from farthing.usecases.ports import SellerStore, UsageCounts
from farthing.usecases.uncovered import Uncovered, uncovered_in


@dataclass(frozen=True, slots=True)
class Proved:
    """What came of proving: every breach, how much was gone through, and where usage stands at that instant."""

    findings: Sequence[Finding]
    invariants: int
    invoices: int
    usage: UsageCounts
    uncovered: Sequence[Uncovered]


def check_books(store: SellerStore, *, progress: Callable[[Invariant], None] | None = None) -> list[Finding]:
    """Every breach there is; none when the books are sound. All of it is read as of one instant."""
    with store.snapshot():
        return prove(KeptFacts(store), progress=progress)


def prove_books(store: SellerStore, *, now: datetime) -> Proved:
    """The same, with what was gone through and where usage stands, all of it as of one instant."""
    with store.snapshot():
        return Proved(
            findings=prove(KeptFacts(store)),
            invariants=sum(invariant.holds is not None for invariant in INVARIANTS),
            invoices=sum(1 for _ in store.all_invoices()),
            usage=store.counts(),
            uncovered=uncovered_in(store, customer=None, now=now),
        )


@dataclass(frozen=True, slots=True)
class KeptFacts:
    """The store's books, in the words of `core.invariants`."""

    store: SellerStore

    def transactions(self) -> Iterable[Transaction]:
        return self.store.all_transactions()

    def invoices(self) -> Iterable[Invoice]:
        return self.store.all_invoices()

    def invoice(self, invoice_id: UUID) -> Invoice:
        found = self.store.invoice(invoice_id)
        assert found is not None, f"invoice {invoice_id} is named by another"
        return found

    def slices(self) -> Iterable[Slice]:
        return self.store.all_slices()

    def credit_notes(self) -> Iterable[CreditNote]:
        return self.store.all_credit_notes()

    def payments(self) -> Iterable[PaymentStanding]:
        return self.store.payments()

    def subscriptions(self) -> Iterable[Subscription]:
        return self.store.subscriptions()

    def grants(self) -> Iterable[Grant]:
        return self.store.all_grants()

    def receivables(self) -> Iterable[tuple[UUID, Money]]:
        for customer in self.store.customers():
            for money in self.store.balance(Account.RECEIVABLE, customer_id=customer.customer_id).values():
                yield customer.customer_id, money

    def openings(self) -> Iterable[Opening]:
        openings = (self.store.opening(entity.key) for entity in self.store.entities())
        return [opening for opening in openings if opening is not None]

    def transaction_of(self, invoice_id: UUID) -> UUID | None:
        return self.store.transaction_of(invoice_id)

    def measure(self, reading: Reading, *, customer_id: UUID, to_position: int) -> Measurement:
        return self.store.measure(reading, customer_id=customer_id, to_position=to_position)

    def agreement(self, subscription: Subscription) -> Agreement:
        return agreement_of(self.store, subscription)

    def tax_rules(self, version: int) -> TaxRules | None:
        return self.store.tax_rules(version)

    def counts(self) -> UsageCounts:
        return self.store.counts()
