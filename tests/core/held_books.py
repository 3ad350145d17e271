"""Books held in memory: what the core decides is kept as it is, so that the whole of it can be looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from farthing.core.billing import Bill, ChargeKey, bill, measurements_wanted, paid_ahead_of
from farthing.core.invoicing.credit_note import CreditNote
from farthing.core.invoicing.credits import Grant
from farthing.core.invoicing.invoice import Invoice, Series
from farthing.core.invoicing.payment import PaymentStanding
from farthing.core.invoicing.postings import deferrals_of
from farthing.core.invoicing.reckoning import AS_IT_IS, ReckonBy
from farthing.core.invoicing.tax_profile import TaxProfile
from farthing.core.invoicing.tax_rules import TaxRules
from farthing.core.invoicing.taxing import taxed_by_rules
from farthing.core.ledger.deferral import PaidAhead, Released
from farthing.core.ledger.opening import Opening
from farthing.core.ledger.transaction import Account, Transaction, TransactionKind
from farthing.core.metering.meter import Measurement, Reading
from farthing.core.money import Money, zero
from farthing.core.pricing.plan import Plan
from farthing.core.rating.agreement import Agreement
from farthing.core.rating.line import LineKind, Origin, Slice
from farthing.core.rating.rate import Used, Wanted
from farthing.core.rating.unused import FeePaidAhead
from farthing.core.subscriptions.subscription import Moment, Subscription
from tests.core.core_values import ACME, ENTITY, STARTER, USD, Usage, at, subscription


@dataclass(frozen=True, slots=True)
class Standings:
    """How many events stand where."""

    accepted: int
    billed: int
    open: int
    late: int
    unattributed: int
    voided: int = 0
    corrected: int = 0


@dataclass(slots=True)
class HeldBooks:
    """One subscription and everything that its bills made; the facts that `core.invariants` asks for."""

    subscription: Subscription
    plan: Plan = STARTER
    others: tuple[Plan, ...] = ()
    reckon_by: ReckonBy = AS_IT_IS
    usage: Usage = field(default_factory=Usage)
    bills: list[Bill] = field(default_factory=list)
    series: Series = field(default_factory=Series)
    rules: TaxRules | None = None
    profile: TaxProfile = field(default_factory=TaxProfile)
    notes: list[CreditNote] = field(default_factory=list)
    paid: list[PaymentStanding] = field(default_factory=list)
    settled: list[Transaction] = field(default_factory=list)

    def close(self, *, through: datetime) -> list[Bill]:
        """Bill every moment up to this one, each at its own instant."""
        made = []
        for moment in list(self.subscription.moments_due(through=through)):
            made.append(
                bill(
                    self.agreement(self.subscription),
                    moment,
                    self._measured(moment),
                    ahead=self.paid_ahead(),
                    entity=ENTITY,
                    series=self.series,
                    now=moment.at,
                    reckon_by=self._reckon_by(),
                    paid_ahead=self.fees_ahead(at=moment.at),
                )
            )
            self.bills.append(made[-1])
            self.subscription = made[-1].subscription
            if made[-1].invoice is not None:
                self.series = Series(made[-1].invoice.sequence, made[-1].invoice.issued_at)
        return made

    def paid_ahead(self) -> PaidAhead:
        """What the subscription paid ahead, and what was released of it."""
        return PaidAhead(
            [one for invoice in self.invoices() for _, one in deferrals_of(invoice)],
            [
                Released(transaction.booked_on, transaction.postings[0].amount)
                for transaction in self.transactions()
                if transaction.kind is TransactionKind.RELEASE
            ],
        )

    def _reckon_by(self) -> ReckonBy:
        if self.rules is None:
            return self.reckon_by
        return ReckonBy(
            taxes=taxed_by_rules(self.rules, self.profile, ENTITY, in_zone="UTC", charged_then=lambda _: ())
        )

    def fees_ahead(self, *, at: datetime) -> list[FeePaidAhead]:
        """The fees whose time is not over, and of which nothing was given back."""
        given_back = {line.origin for invoice in self.invoices() for line in invoice.draft.lines}
        return [
            paid_ahead_of(invoice.draft, origin, corrected=zero(invoice.draft.currency))
            for invoice in self.invoices()
            for number, line in enumerate(invoice.draft.lines, start=1)
            if line.kind is LineKind.FEE and line.advance and line.period.end > at
            if (origin := Origin(invoice.invoice_id, number)) not in given_back
        ]

    def _measured(self, moment: Moment) -> dict[ChargeKey, Used]:
        asked = measurements_wanted(self.agreement(self.subscription), moment)
        return {charge: self._used(one) for charge, one in asked.items()}

    def _used(self, asked: Wanted) -> Used:
        now, before = (
            None if reading is None else self.measure(reading, customer_id=ACME, to_position=len(self.usage.kept))
            for reading in (asked.this, asked.before)
        )
        assert now is not None, "something is always asked of what ended"
        return Used(now, before)

    def balance(self, account: Account) -> Money:
        """What stands on an account."""
        return sum(
            (p.amount for transaction in self.transactions() for p in transaction.postings if p.account is account),
            start=zero(USD),
        )

    def transactions(self) -> list[Transaction]:
        return [transaction for made in self.bills for transaction in made.transactions] + self.settled

    def invoices(self) -> list[Invoice]:
        return [made.invoice for made in self.bills if made.invoice is not None]

    def invoice(self, invoice_id: UUID) -> Invoice:
        return next(invoice for invoice in self.invoices() if invoice.invoice_id == invoice_id)

    def slices(self) -> list[Slice]:
        found = [line.slice for invoice in self.invoices() for line in invoice.draft.lines if line.slice is not None]
        return sorted(found, key=lambda piece: (piece.charge_id, piece.revision, piece.after))

    def credit_notes(self) -> list[CreditNote]:
        return self.notes

    def payments(self) -> list[PaymentStanding]:
        return self.paid

    def subscriptions(self) -> list[Subscription]:
        return [self.subscription]

    def grants(self) -> list[Grant]:
        """No credit."""
        return []

    def receivables(self) -> list[tuple[UUID, Money]]:
        return [(self.subscription.customer_id, self.balance(Account.RECEIVABLE))]

    def openings(self) -> list[Opening]:
        return []

    def transaction_of(self, invoice_id: UUID) -> UUID | None:
        return next((t.transaction_id for t in self.transactions() if t.about == invoice_id), None)

    def measure(self, reading: Reading, *, customer_id: UUID, to_position: int) -> Measurement:
        return self.usage.measure(reading, customer_id=customer_id, to_position=to_position)

    def agreement(self, subscription: Subscription) -> Agreement:
        """The subscription on the plans there are."""
        plain = Agreement.plain(subscription, self.plan)
        others = {(plan.key, plan.version): plan for plan in self.others}
        return Agreement(subscription, {**others, **plain.plans}, {})

    def tax_rules(self, version: int) -> TaxRules | None:
        return self.rules if self.rules is not None and self.rules.version == version else None

    def counts(self) -> Standings:
        """Told from the events themselves: before the start nobody's, then billed or late, and open after that."""
        start, through = self.subscription.starts_at, self.subscription.usage_billed_through
        through = through or start
        upto = {
            line.period: line.slice.to
            for invoice in self.invoices()
            for line in invoice.draft.lines
            if line.slice is not None
        }
        closed = [
            position <= next(to for period, to in upto.items() if happened_at in period)
            for position, happened_at, _ in self.usage.kept
            if start <= happened_at < through
        ]
        times = [happened_at for _, happened_at, _ in self.usage.kept]
        return Standings(
            accepted=len(times),
            billed=closed.count(True),
            open=sum(time >= max(start, through) for time in times),
            late=closed.count(False),
            unattributed=sum(time < start for time in times),
        )


def closed_quarter() -> HeldBooks:
    """Acme from 10 January, closed through 1 April: a stub, a month without usage, and one with some."""
    books = HeldBooks(subscription())
    books.usage.add(at("2026-01-05"), tokens=7)
    books.usage.add(at("2026-01-15"), tokens=400_000)
    books.usage.add(at("2026-01-20"), tokens=900_000)
    books.usage.add(at("2026-03-05"), tokens="500000")
    books.usage.add(at("2026-04-02"), tokens=11)
    books.close(through=at("2026-04-01"))
    return books
