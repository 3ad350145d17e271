"""What must always be true of the books, as a list of rules; most are functions that go through the books and tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain, pairwise
from typing import Protocol
from uuid import UUID

from farthing.core.billing import (
    FrozenPrice,
    FrozenPrices,
    Measures,
    charged_for,
    commitments_of,
    exact_number,
    frozen_cycle,
    is_so_far,
    measured_again,
    paid_ahead_of,
)
from farthing.core.exact import subtract
from farthing.core.invoicing.coupon_terms import taken_off_again
from farthing.core.invoicing.credit_note import CreditKind, CreditNote
from farthing.core.invoicing.credits import Grant, GrantKind
from farthing.core.invoicing.invoice import Invoice
from farthing.core.invoicing.money_postings import book_allocation, book_credit_note, book_payment, book_refund
from farthing.core.invoicing.part import Part
from farthing.core.invoicing.payment import PaymentStanding
from farthing.core.invoicing.postings import book_invoice
from farthing.core.invoicing.reckoning import DiscountKind, discounted_amounts
from farthing.core.invoicing.released import credited_ahead, deferrals_ahead, released_as_earned
from farthing.core.invoicing.tax_rules import TaxRules
from farthing.core.invoicing.taxing import levies_of, taxes_again
from farthing.core.ledger.opening import Opening
from farthing.core.ledger.transaction import Account, Transaction, TransactionKind
from farthing.core.money import Currency, Money, plain, total, zero
from farthing.core.period import ZONE_DATABASE_VERSION, Period
from farthing.core.pricing.plan import Timing
from farthing.core.rating.agreement import Agreement, due_lines
from farthing.core.rating.line import Line, LineKind, Origin, Slice
from farthing.core.rating.rate import fee_share, rate_fee, rate_usage, share_of
from farthing.core.rating.unused import give_back, in_force_until, unused_of
from farthing.core.refused import Refused
from farthing.core.subscriptions.subscription import Subscription

# One price on one stretch of time: its key, start, end, and whether it was charged ahead.
_Stretch = tuple[str, datetime, datetime, bool]

# The transactions that belong to a document, or to what a payment does.
_SAID_OF = {
    TransactionKind.INVOICE: "an invoice",
    TransactionKind.CREDIT_NOTE: "a credit note",
    TransactionKind.PAYMENT: "a payment",
    TransactionKind.ALLOCATION: "an allocation",
    TransactionKind.REFUND: "a refund",
}
_OF_DOCUMENTS = frozenset(_SAID_OF)

# An account of credit, whose, and in which currency.
_Credited = tuple[Account, UUID, Currency]

# The lines that a price makes for a stretch of time.
_OF_PRICES = (LineKind.FEE, LineKind.ONCE, LineKind.USAGE)


class Counts(Protocol):
    """Where accepted events stand; `accepted` is counted on its own, not added up from the rest.

    `corrected` counts what was billed and ended by a correction afterwards; the event itself stands elsewhere.
    """

    @property
    def accepted(self) -> int: ...
    @property
    def billed(self) -> int: ...
    @property
    def open(self) -> int: ...
    @property
    def late(self) -> int: ...
    @property
    def unattributed(self) -> int: ...
    @property
    def voided(self) -> int: ...
    @property
    def corrected(self) -> int: ...


class Facts(Measures, Protocol):
    """The books of one seller as they stand at one instant; each iterator can be asked for again."""

    def transactions(self) -> Iterable[Transaction]: ...
    def invoices(self) -> Iterable[Invoice]:
        """By legal entity and sequence."""

    def slices(self) -> Iterable[Slice]:
        """By charge, revision and beginning."""

    def credit_notes(self) -> Iterable[CreditNote]:
        """By legal entity and sequence."""

    def payments(self) -> Iterable[PaymentStanding]:
        """Each with what it pays and what of it was paid back."""

    def subscriptions(self) -> Iterable[Subscription]: ...
    def receivables(self) -> Iterable[tuple[UUID, Money]]:
        """What the ledger says that each customer owes, an entry for each currency."""

    def openings(self) -> Iterable[Opening]:
        """With what the books of each legal entity began, where another system kept them before."""

    def invoice(self, invoice_id: UUID) -> Invoice:
        """One of them."""

    def transaction_of(self, invoice_id: UUID) -> UUID | None:
        """The transaction that the invoice names as its own."""

    def grants(self) -> Iterable[Grant]:
        """All credit that was granted, with what was used and what expired of it."""

    def agreement(self, subscription: Subscription) -> Agreement:
        """The subscription with the plans and add-ons that it names."""

    def tax_rules(self, version: int) -> TaxRules | None:
        """This version of the seller's tax rules."""

    def counts(self) -> Counts: ...


@dataclass(frozen=True, slots=True)
class Invariant:
    """`kept_in` names the places: V value, D database, B these functions, T tests. `holds` tells each violation."""

    number: int
    sentence: str
    kept_in: str
    holds: Callable[[Facts], Iterator[str]] | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One violation of one invariant, in a sentence."""

    number: int
    sentence: str

    def __str__(self) -> str:
        return f"INV-{self.number:02d} {self.sentence}"


def prove(
    facts: Facts,
    *,
    progress: Callable[[Invariant], None] | None = None,
    only: Sequence[Invariant] | None = None,
) -> list[Finding]:
    """Everything that is wrong with the books; nothing when they are sound. `progress` hears of each rule before it.

    `only` names some of the rules. Books in which something is kept that cannot be built are told of too, under the
    rule that came upon it.
    """
    findings: list[Finding] = []
    for invariant in INVARIANTS if only is None else only:
        if invariant.holds is None:
            continue
        if progress is not None:
            progress(invariant)
        try:
            findings.extend(Finding(invariant.number, sentence) for sentence in invariant.holds(facts))
        except LookupError as missing:
            findings.append(Finding(invariant.number, f"The books lack {missing}, which an invoice froze once."))
        # The one place that catches an assertion: books that cannot be are what this function is asked about.
        except (AssertionError, Refused) as broken:
            findings.append(Finding(invariant.number, f"The books hold what cannot be: {broken or 'no reason given'}."))
    return findings


def transactions_sum_to_zero(facts: Facts) -> Iterator[str]:
    """INV-01, once more over what is kept."""
    for transaction in facts.transactions():
        for in_currency in {posting.amount.currency for posting in transaction.postings}:
            amounts = [posting.amount for posting in transaction.postings if posting.amount.currency == in_currency]
            if off := total(amounts, in_currency=in_currency):
                yield f"Transaction {transaction.transaction_id} is off by {off}."


def documents_booked_once(facts: Facts) -> Iterator[str]:
    """INV-02: every invoice, credit note, payment and refund, and nothing that is not one."""
    booked: dict[tuple[TransactionKind, UUID], list[Transaction]] = {}
    for transaction in facts.transactions():
        if transaction.kind in _OF_DOCUMENTS:
            booked.setdefault((transaction.kind, transaction.about), []).append(transaction)
    notes: dict[UUID, list[CreditNote]] = {}
    for note in facts.credit_notes():
        notes.setdefault(note.invoice_id, []).append(note)
    for invoice in facts.invoices():
        own = booked.pop((TransactionKind.INVOICE, invoice.invoice_id), [])
        yield from _booked_as(f"Invoice {invoice.number}", f"invoice {invoice.number}", own, book_invoice(invoice))
        if len(own) == 1 and facts.transaction_of(invoice.invoice_id) != own[0].transaction_id:
            yield f"Invoice {invoice.number} names another transaction than {own[0].transaction_id}, which books it."
        for note in notes.pop(invoice.invoice_id, []):
            own = booked.pop((TransactionKind.CREDIT_NOTE, note.credit_note_id), [])
            again = book_credit_note(note, invoice)
            yield from _booked_as(f"Credit note {note.number}", f"credit note {note.number}", own, again)
    for note in (note for stray in notes.values() for note in stray):
        yield f"Credit note {note.number} is about an invoice that does not exist."
    yield from _payments_are_booked(facts, booked)
    for kind, about in booked:
        yield f"The ledger books {_SAID_OF[kind]} {about} that does not exist."


def _payments_are_booked(facts: Facts, booked: dict[tuple[TransactionKind, UUID], list[Transaction]]) -> Iterator[str]:
    moved: dict[UUID, tuple[UUID, Money]] = {}
    for standing in facts.payments():
        payment = standing.payment
        own = booked.pop((TransactionKind.PAYMENT, payment.payment_id), [])
        name = f"ayment {payment.payment_id}"
        yield from _booked_as(f"P{name}", f"p{name}", own, book_payment(payment))
        for refund in standing.refunds:
            own = booked.pop((TransactionKind.REFUND, refund.refund_id), [])
            yield from _booked_as(
                f"A refund of p{name}", f"a refund of p{name}", own, book_refund(refund, entity_key=payment.entity_key)
            )
        for one in standing.allocations:
            customer_id, so_far = moved.get(one.transaction_id, (payment.customer_id, zero(one.amount.currency)))
            moved[one.transaction_id] = (customer_id, so_far + one.amount)
    of_allocations = [place for place in booked if place[0] is TransactionKind.ALLOCATION]
    for place in of_allocations:
        for transaction in booked[place]:
            if transaction.transaction_id not in moved:
                continue
            customer_id, amount = moved.pop(transaction.transaction_id)
            again = book_allocation(
                transaction.about,
                customer_id,
                amount,
                booked_on=transaction.booked_on,
                entity_key=transaction.entity_key,
            )
            yield from _booked_as("An allocation", f"the allocation {transaction.about}", [transaction], again)
            del booked[place]
    for transaction_id in moved:
        yield f"An allocation names a transaction {transaction_id} that does not exist."


def _booked_as(name: str, document: str, own: Sequence[Transaction], again: Transaction) -> Iterator[str]:
    if len(own) != 1:
        yield f"{name} is booked {len(own)} times; it should be once."
    elif _balances(own[0]) != _balances(again):
        yield f"Transaction {own[0].transaction_id} books other amounts than {document} says."


def totals_are_sums(facts: Facts) -> Iterator[str]:
    """INV-03, once more over what is kept; a credit note takes each part of a line, discount and tax that it names."""
    for invoice in facts.invoices():
        currencies = {line.amount.currency for line in invoice.draft.lines} | {invoice.total.currency}
        if currencies != {invoice.draft.currency}:
            yield f"Invoice {invoice.number} mixes currencies: {', '.join(sorted(map(str, currencies)))}."
        elif invoice.total != invoice.draft.total:
            yield f"Invoice {invoice.number} says {invoice.total}; its lines add up to {invoice.draft.total}."


def quantities_measure_again(facts: Facts) -> Iterator[str]:
    """INV-04: the quantity, the number of events, and what the frozen price makes of them."""
    # The stretch of time of a slice that was billed before its period was over; it may have been cut since.
    stretches: dict[tuple[UUID, int, int], Period] = {}
    for invoice, rests_on, line, frozen in _lines(facts):
        piece = line.slice
        if piece is None:
            continue
        if is_so_far(rests_on):
            stretches[piece.charge_id, piece.revision, piece.to] = line.period
        on = f"Line “{line.price_key}” of invoice {invoice.number}"
        if frozen is None or frozen.price.meter is None:
            yield f"{on} bills usage at a price that its frozen plan does not have."
            continue
        used = measured_again(facts, rests_on, line, frozen)
        quantity, events = used.this.quantity, used.this.events
        if piece.after:
            period = stretches.get((piece.charge_id, piece.revision, piece.after), line.period)
            until = replace(line, period=period, slice=replace(piece, to=piece.after, after=0))
            before = measured_again(facts, rests_on, until, frozen).this
            quantity, events = subtract(quantity, before.quantity), events - before.events
        if quantity != piece.quantity or events != piece.events:
            yield (
                f"{on} bills {plain(piece.quantity)} from {piece.events} events; "
                f"they measure {plain(quantity)} from {events}."
            )
        else:
            again = rate_usage(
                frozen.price,
                used,
                frozen_cycle(rests_on),
                subscription_id=rests_on.subscribed,
                in_currency=invoice.draft.currency,
            )
            if line.kind is not LineKind.ADJUSTMENT:
                yield from _differs(on, line.whole, again)
            elif line.steps[0].exact != again.amount.amount:
                yield f"{on} adjusts to {plain(line.steps[0].exact)}; its frozen price comes to {again.amount}."


def slices_form_chains(facts: Facts) -> Iterator[str]:
    """INV-05: chains without gap or overlap, each slice on one line, and no two charges for one price and time."""
    unseen: set[tuple[UUID, int, int, int]] = set()
    ended_at: dict[tuple[UUID, int], int] = {}
    for piece in facts.slices():
        chain = (piece.charge_id, piece.revision)
        if piece.after != ended_at.get(chain, 0):
            yield f"A slice of charge {piece.charge_id} begins at {piece.after}, not at {ended_at.get(chain, 0)}."
        ended_at[chain] = piece.to
        unseen.add((*chain, piece.after, piece.to))
    segments: dict[tuple[UUID, str], dict[UUID, Period]] = {}
    voided = _voided(facts)
    for invoice, line in _plain_lines(facts):
        if line.slice is None:
            continue
        piece = line.slice
        known = (piece.charge_id, piece.revision, piece.after, piece.to)
        if known not in unseen:
            yield f"Line “{line.price_key}” of invoice {invoice.number} bills a slice that is not kept, or is twice."
        unseen.discard(known)
        if invoice.invoice_id in voided:
            continue
        priced = segments.setdefault((_rests_on(facts, invoice, line).subscribed, line.price_key), {})
        priced[piece.charge_id] = line.period
    for charge_id, _, after, to in unseen:
        yield f"The slice ({after}, {to}] of charge {charge_id} is on no invoice."
    for (_, price_key), charges in segments.items():
        in_order = sorted(charges.values(), key=lambda period: period.start)
        for earlier, later in pairwise(in_order):
            if later.start < earlier.end:
                yield f"Two charges of the price “{price_key}” cover {later.start:%Y-%m-%d}."


def numbers_rise(facts: Facts) -> Iterator[str]:
    """INV-09: from 1 or where the books were opened, without gaps, with rising times of issue, in each series."""
    before = {opening.entity_key: opening.next_invoice - 1 for opening in facts.openings()}
    yield from _series_rises("Invoice", facts.invoices(), before)
    yield from _series_rises("Credit note", facts.credit_notes(), {})


def _series_rises(
    name: str, documents: Iterable[Invoice] | Iterable[CreditNote], before: Mapping[str, int]
) -> Iterator[str]:
    last: dict[str, tuple[int, datetime]] = {}
    for document in documents:
        first = (before.get(document.entity_key, 0), document.issued_at)
        sequence, issued_at = last.get(document.entity_key, first)
        if document.sequence != sequence + 1:
            yield f"{name} {document.number} follows number {sequence} of {document.entity_key}."
        if document.issued_at < issued_at:
            yield f"{name} {document.number} was issued before the one with the number before it."
        last[document.entity_key] = (document.sequence, document.issued_at)


def documents_agree_with_ledger(facts: Facts) -> Iterator[str]:
    """INV-11: customer by customer and currency by currency, invoices less credit notes and what payments pay."""
    invoiced: dict[tuple[UUID, Currency], int] = {}

    def add(customer_id: UUID, money: Money) -> None:
        owed = (customer_id, money.currency)
        invoiced[owed] = invoiced.get(owed, 0) + money.minor

    for invoice in facts.invoices():
        add(invoice.draft.customer_id, invoice.due)
    for note in facts.credit_notes():
        add(note.customer_id, -note.off_receivable)
    for standing in facts.payments():
        add(standing.payment.customer_id, -standing.allocated)
    for item in (item for opening in facts.openings() for item in opening.items if item.due_on is not None):
        add(item.customer_id, item.amount)
    booked: dict[tuple[UUID, Currency], int] = {}
    for customer_id, money in facts.receivables():
        booked[customer_id, money.currency] = booked.get((customer_id, money.currency), 0) + money.minor
    for customer_id, in_currency in {**invoiced, **booked}:
        says, holds = (
            Money(side.get((customer_id, in_currency), 0), in_currency) for side in (invoiced, booked)
        )  # fmt: skip
        if says != holds:
            yield f"Customer {customer_id} owes {says} by the documents and {holds} by the ledger."


def paid_ahead_is_released(facts: Facts) -> Iterator[str]:
    """INV-26: customer by customer, subscription by subscription and currency by currency."""
    yield from released_as_earned(
        chain(
            (one for invoice in facts.invoices() for one in deferrals_ahead(invoice)),
            (one for note in facts.credit_notes() for one in credited_ahead(note, facts.invoice(note.invoice_id))),
        ),
        facts.openings(),
        facts.transactions(),
    )


def nothing_is_settled_twice(facts: Facts) -> Iterator[str]:
    """INV-12: what pays and credits an invoice never exceeds it, and no more comes out of a payment than came in."""
    paid: dict[UUID, int] = {}
    for standing in facts.payments():
        for one in standing.allocations:
            paid[one.invoice_id] = paid.get(one.invoice_id, 0) + one.amount.minor
        if standing.free.minor < 0:
            yield f"Payment {standing.payment.payment_id} gives {-standing.free} more than it brought."
    notes: dict[UUID, list[CreditNote]] = {}
    for note in facts.credit_notes():
        notes.setdefault(note.invoice_id, []).append(note)
    for invoice in facts.invoices() if paid or notes else ():
        allocated = Money(paid.pop(invoice.invoice_id, 0), invoice.total.currency)
        own = notes.get(invoice.invoice_id, [])
        credited = total([note.total for note in own], in_currency=invoice.total.currency)
        if abs(credited.minor) > abs(invoice.total.minor):
            yield f"Invoice {invoice.number} says {invoice.total}, and credit notes take {credited} off it."
        off = total([note.off_receivable for note in own], in_currency=invoice.total.currency)
        if allocated.minor < 0 or (allocated and (invoice.due - off - allocated).minor < 0):
            yield f"Invoice {invoice.number} asks {invoice.due}, of which {off} is credited and {allocated} paid."
        if any(note.voids for note in own[:-1]) or (own and own[-1].voids and credited != invoice.total):
            yield f"Invoice {invoice.number} is voided, and something is left of it or was credited afterwards."
    for invoice_id in paid:
        yield f"Payments pay an invoice {invoice_id} that does not exist."


def fees_come_out_again(facts: Facts) -> Iterator[str]:
    """INV-15: a fee worked out again from what its invoice froze. INV-04 does the same for usage."""
    for invoice, part, line, frozen in _lines(facts):
        if line.kind not in (LineKind.FEE, LineKind.ONCE):
            continue
        on = f"Line “{line.price_key}” of invoice {invoice.number}"
        draft = invoice.draft
        if frozen is None or frozen.price.meter is not None:
            yield f"{on} charges a fee that its frozen plan does not have."
            continue
        cycle, said = frozen_cycle(part), line.share
        assert said is not None, f"{on} is a fee"
        # Days are counted again only with the zone rules of that time.
        if part.frozen["zone_database"] == ZONE_DATABASE_VERSION:
            share = fee_share(frozen.price, line.period, cycle)
            if share != said:
                told = f"they are {share.days} of {share.of_days}"
                yield f"{on} covers {said.days} of {said.of_days} {said.unit}; {told}."
        again = rate_fee(
            frozen.price, line.period, cycle, in_currency=draft.currency, number=exact_number(line), share=said
        )
        yield from _differs(on, line, again)


def billed_periods_tile(facts: Facts) -> Iterator[str]:
    """INV-16: each price of a subscription for all the time it was in force, from its start through what is billed.

    A fee of which the rest was given back was charged up to there. What was voided is not billed; it may be billed
    again, or stay so.
    """
    billed: dict[UUID, list[_Charged]] = {}
    taken_back: dict[UUID, list[_Charged]] = {}
    voided, corrections = _voided(facts), _corrections(facts)
    given_back = {line.origin: line.period.start for _, line in _plain_lines(facts) if line.kind is LineKind.UNUSED}
    for invoice in facts.invoices():
        of_subscription = taken_back if invoice.invoice_id in voided else billed
        for number, line in enumerate(invoice.draft.lines, start=1):
            if line.kind in _OF_PRICES and not (line.slice is not None and is_so_far(invoice.draft.part_of(line))):
                origin = Origin(invoice.invoice_id, number)
                taken = total([off for _, off in corrections.get(origin, ())], in_currency=line.amount.currency)
                charged = _Charged(invoice, number, line, given_back.get(origin), taken)
                of_subscription.setdefault(invoice.draft.part_of(line).subscribed, []).append(charged)
    for subscription in facts.subscriptions():
        name = f"subscription {subscription.subscription_id}"
        through = subscription.billed_through
        own = billed.pop(subscription.subscription_id, [])
        if through is None and not own:
            continue
        agreement = facts.agreement(subscription)
        found = _stretches_billed(agreement, own, through=through or subscription.starts_at)
        due: Counter[_Stretch] = Counter()
        if through is not None:
            # A period that ran on when some of it was billed is billed as a whole at its end.
            as_if = replace(subscription, billed_through=None, crossings=())
            for moment in as_if.moments_due(through=through):
                for item, segment, advance in due_lines(agreement, moment):
                    # What is charged once is for no time.
                    end = segment.start if item.price.timing is Timing.ONCE else segment.end
                    due[item.price.key, segment.start, end, advance] += 1
        again = taken_back.get(subscription.subscription_id, [])
        excused = _stretches_billed(agreement, again, through=through or subscription.starts_at)
        for key, start, end, _ in sorted((due - found - excused).elements()):
            yield f"The price “{key}” of {name} is billed through {through}, but not from {start} to {end}."
        for key, start, end, _ in sorted((found - due).elements()):
            yield f"The price “{key}” of {name} is billed from {start} to {end}, which is not due, or is twice."
    for unknown in billed:
        yield f"There are invoices for a subscription {unknown} that does not exist."


@dataclass(frozen=True, slots=True)
class _Charged:
    """A line of a price, with its number; `given_back` is from when on the rest of it was.

    `corrected` is what credit notes took off it as never owed.
    """

    invoice: Invoice
    number: int
    line: Line
    given_back: datetime | None
    corrected: Money | None = None


def _stretches_billed(agreement: Agreement, lines: Iterable[_Charged], *, through: datetime) -> Counter[_Stretch]:
    """What lines cover, each fee up to where its rest was given back, or up to where nothing of it was to be."""
    stretches: Counter[_Stretch] = Counter()
    for charged in lines:
        line = charged.line
        start, end = line.period.start, charged.given_back or line.period.end
        if line.kind is LineKind.ONCE:
            end = start
        elif line.kind is LineKind.FEE and line.advance and charged.given_back is None:
            origin = Origin(charged.invoice.invoice_id, charged.number)
            corrected = zero(line.amount.currency) if charged.corrected is None else charged.corrected
            paid = paid_ahead_of(charged.invoice.draft, origin, corrected=corrected)
            until = in_force_until(agreement, line)
            # Where a change is still to come, the rest is given back when it comes.
            if until > through or unused_of(agreement, paid, at=through) is None:
                end = min(end, until)
        # A fee that was in force at no day's end was given back as a whole.
        by_the_day = line.kind is LineKind.FEE and line.share is not None and line.share.unit == "days"
        if by_the_day and (start >= end or not share_of(Period(start, end), agreement.subscription.cycle).days):
            continue
        # Several slices may bill one stretch; a fee is charged for it once.
        stretch = (line.price_key, start, end, line.advance)
        if line.slice is None or stretch not in stretches:
            stretches[stretch] += 1
    return stretches


def bills_come_out_again(facts: Facts) -> Iterator[str]:
    """INV-15: fees, what is given back of them, what commitments ask for, and what coupons take off."""
    yield from fees_come_out_again(facts)
    yield from unused_comes_out_again(facts)
    yield from commitments_come_out_again(facts)
    yield from coupons_come_out_again(facts)
    yield from rests_come_out_again(facts)


def rests_come_out_again(facts: Facts) -> Iterator[str]:
    """INV-15 for charges that are billed slice by slice: each takes off what those before it billed."""
    sliced = {
        line.slice.charge_id
        for _, line in _plain_lines(facts)
        if line.slice is not None and line.whole is not line and line.origin is None
    }
    if not sliced:
        return
    corrections, voids = _corrections(facts), {note.invoice_id: note for note in facts.credit_notes() if note.voids}
    earlier: dict[UUID, list[tuple[Origin, Line]]] = {}
    for invoice in facts.invoices():
        for number, line in enumerate(invoice.draft.lines, start=1):
            if line.slice is None or line.origin is not None or line.slice.charge_id not in sliced:
                continue
            in_currency, before = line.amount.currency, earlier.setdefault(line.slice.charge_id, [])
            # A note of the very instant came before it or after it.
            for upto in (invoice.issued_at, invoice.issued_at + timedelta(microseconds=1)):
                came_to = zero(in_currency)
                for origin, billed in before:
                    note = voids.get(origin.invoice_id)
                    if note is None or note.issued_at >= upto:
                        off = [money for at, money in corrections.get(origin, ()) if at < upto]
                        came_to = came_to + billed.amount - total(off, in_currency=in_currency)
                if came_to == line.billed_before:
                    break
            else:
                on = f"Line “{line.price_key}” of invoice {invoice.number}"
                yield f"{on} takes off {line.billed_before} as billed before; that is {came_to}."
            before.append((Origin(invoice.invoice_id, number), line))


def coupons_come_out_again(facts: Facts) -> Iterator[str]:
    """INV-15 for what coupons take off: worked out again from the lines and the terms that the invoice kept."""
    for invoice in facts.invoices():
        draft = invoice.draft
        kept = [one for one in draft.reckoning.discounts if one.kind is DiscountKind.COUPON]
        if not kept:
            continue
        of, left = charged_for(draft), [line.amount for line in draft.lines]
        for discount in kept:
            again = taken_off_again(discount, draft.lines, left, of=of)
            if again != discount.amounts:
                said, came_to = discount.amount, total(again, in_currency=draft.currency)
                yield f"The coupon “{discount.key}” takes {said} off invoice {invoice.number}; its terms, {came_to}."
            left = discounted_amounts(left, [discount])


def unused_comes_out_again(facts: Facts) -> Iterator[str]:
    """INV-15 for what is given back of a fee: once for each fee, and by what its own invoice says of it.

    What a voided invoice gave back was taken again with it, and may be given back once more.
    """
    voided = _voided(facts)
    unused = [(invoice, line) for invoice, line in _plain_lines(facts) if line.kind is LineKind.UNUSED]
    wanted = {line.origin.invoice_id for _, line in unused if line.origin is not None}
    origins = {invoice.invoice_id: invoice for invoice in facts.invoices() if invoice.invoice_id in wanted}
    corrections = _corrections(facts) if unused else {}
    seen: set[Origin] = set()
    for invoice, line in unused:
        on, origin = f"Line “{line.price_key}” of invoice {invoice.number}", line.origin
        assert origin is not None, f"{on} is about a fee"
        if origin.invoice_id not in origins:
            yield f"{on} gives back a fee of an invoice that does not exist."
            continue
        if invoice.invoice_id not in voided:
            if origin in seen:
                yield f"{on} gives back what was given back already."
            seen.add(origin)
        draft = origins[origin.invoice_id].draft
        part = draft.part_of(draft.lines[origin.line_number - 1])
        # Days are counted again only with the zone rules of that time.
        if invoice.draft.frozen["zone_database"] == ZONE_DATABASE_VERSION == part.frozen["zone_database"]:
            known = [
                total([off for at, off in corrections.get(origin, ()) if at < upto], in_currency=line.amount.currency)
                # A note of the very instant came before it or after it.
                for upto in (invoice.issued_at, invoice.issued_at + timedelta(microseconds=1))
            ]
            again = [
                give_back(paid_ahead_of(draft, origin, corrected=off), frozen_cycle(part), since=line.period.start)
                for off in known
            ]
            told = [[] if one is None else [*_differs(on, line, one)] for one in again]
            if all(one is None for one in again):
                yield f"{on} gives back {line.amount}, and nothing was left of the fee."
            elif not any(one is not None and not said for one, said in zip(again, told, strict=True)):
                yield from next(said for said in told if said)


def _corrections(facts: Facts) -> Mapping[Origin, list[tuple[datetime, Money]]]:
    """What credit notes took off each line as never owed, and when."""
    found: dict[Origin, list[tuple[datetime, Money]]] = {}
    for note in facts.credit_notes():
        for credited in note.lines if note.kind is CreditKind.CORRECTION else ():
            origin = Origin(note.invoice_id, credited.number)
            found.setdefault(origin, []).append((note.issued_at, credited.amount))
    return found


def commitments_come_out_again(facts: Facts) -> Iterator[str]:
    """INV-15 for what a commitment asks: worked out again from the lines of its invoice and the fees of its period."""
    known = {subscription.subscription_id: subscription for subscription in facts.subscriptions()}
    asked = (LineKind.TRUE_UP, LineKind.OVERAGE)
    for invoice, number in _parts_with(facts, asked):
        lines, subscription_id = invoice.draft.lines_in(number), invoice.draft.all_parts[number - 1].subscription_id
        said = [line for line in lines if line.kind in asked]
        if subscription_id not in known:
            continue
        subscription = known[subscription_id]
        others = [line.whole for line in lines if line not in said]
        ended = subscription.period_at(said[0].period.start)
        again = commitments_of(facts.agreement(subscription), ended or said[0].period, others)
        for line in said:
            on = f"Line “{line.price_key}” of invoice {invoice.number}"
            same = next((one for one in again if (one.price_key, one.period) == (line.price_key, line.period)), None)
            if same is None:
                yield f"{on} charges what no commitment asks for."
            else:
                yield from _differs(on, line, same)


def taxes_come_out_again(facts: Facts) -> Iterator[str]:
    """INV-22: by the version of the rules that the invoice names, and by what it froze of who was taxed."""
    rights = {
        line.origin.invoice_id for _, line in _plain_lines(facts) if line.origin is not None
    }  # What sets an earlier invoice right bears what that one bore.
    earlier = {invoice.invoice_id: invoice.draft for invoice in facts.invoices() if invoice.invoice_id in rights}
    versions: dict[int, TaxRules | None] = {}
    for invoice in facts.invoices():
        version = invoice.draft.frozen.get("tax", {}).get("rules")
        if version is None:  # Not taxed, or by an outside service, whose figures are kept as given.
            continue
        if version not in versions:
            versions[version] = facts.tax_rules(version)
        rules = versions[version]
        if rules is None:
            yield f"Invoice {invoice.number} was taxed by rules of version {version}, which are not kept."
            continue
        again = taxes_again(
            invoice.draft, rules, lambda origin: levies_of(earlier[origin.invoice_id], origin.line_number)
        )
        if again != invoice.draft.reckoning.taxes:
            said, now = (
                ", ".join(f"{tax.name} {plain(tax.rate)} on {tax.base}: {tax.amount}" for tax in taxes) or "no tax"
                for taxes in (invoice.draft.reckoning.taxes, again)
            )
            yield f"Invoice {invoice.number} says {said}; its rules come to {now}."


def grants_pay_no_more(facts: Facts) -> Iterator[str]:
    """INV-10: what invoices say that a grant paid, and what expired of it, is no more than it was."""
    for grant in facts.grants():
        if grant.left.minor < 0:
            yield f"Grant {grant.grant_id} of {grant.amount} has {grant.left} left."


def credit_agrees_with_ledger(facts: Facts) -> Iterator[str]:
    """INV-23: customer by customer and currency by currency, for each kind of credit."""
    prepaid, promotional = (Account.PREPAID_CREDIT, Account.PROMOTIONAL_CREDIT)
    says: dict[_Credited, int] = {}
    for grant in facts.grants():
        place = (prepaid if grant.kind is GrantKind.PREPAID else promotional, grant.customer_id, grant.amount.currency)
        used = 0 if grant.used is None else grant.used.minor
        says[place] = says.get(place, 0) + (-grant.left.minor if grant.kind is GrantKind.PREPAID else used)
    holds: dict[_Credited, int] = {}
    for transaction in facts.transactions():
        for posting in transaction.postings:
            if posting.account in (prepaid, promotional):
                place = (posting.account, posting.customer_id, posting.amount.currency)
                holds[place] = holds.get(place, 0) + posting.amount.minor
    for place in {**says, **holds}:
        account, customer_id, in_currency = place
        said, held = (Money(side.get(place, 0), in_currency) for side in (says, holds))
        if said != held:
            name = account.replace("_", " ")
            yield f"The {name} of customer {customer_id} is {said} by its grants and {held} in the ledger."


def lines_round_once(facts: Facts) -> Iterator[str]:
    """INV-17: the amount is the exact one rounded, and its parts are that spread."""
    for invoice, line in _plain_lines(facts):
        rounded, parts = line.rounded()
        if line.amount != rounded or (*line.step_amounts, *line.modification_amounts) != parts:
            yield (
                f"Line “{line.price_key}” of invoice {invoice.number} says {line.amount}; "
                f"its steps come to {plain(line.exact)}, which is {rounded}."
            )


def events_are_somewhere(facts: Facts) -> Iterator[str]:
    """INV-21: the events are counted on their own, by where they stand, and by the slices that bill them."""
    counts = facts.counts()
    placed = counts.billed + counts.open + counts.late + counts.voided + counts.unattributed
    if placed != counts.accepted:
        yield (
            f"{counts.accepted} events were accepted, and {placed} are somewhere: {counts.billed} billed, "
            f"{counts.open} open, {counts.late} late, {counts.voided} voided, {counts.unattributed} unattributed."
        )
    voided = _voided(facts)
    billed_of: Counter[tuple[UUID, int]] = Counter()
    most = 0
    for invoice, line in _plain_lines(facts):
        if line.slice is not None:
            # A piece of a chain that takes events back was billed by an earlier one; of a chain that is voided, a piece
            # may have its events billed by a later one.
            most += max(line.slice.events, 0)
            if invoice.invoice_id not in voided:
                billed_of[line.slice.charge_id, line.slice.revision] += line.slice.events
    # One event can be priced by several meters, so the slices can only say how few and how many there may be.
    fewest = max(billed_of.values(), default=0)
    billed = counts.billed + counts.corrected
    if not fewest <= billed <= most:
        yield (
            f"{billed} events count as billed, {counts.corrected} of them corrected since; the invoices bill between "
            f"{fewest} and {most}."
        )


def _voided(facts: Facts) -> set[UUID]:
    """The invoices of which nothing remains."""
    return {note.invoice_id for note in facts.credit_notes() if note.voids}


def _plain_lines(facts: Facts) -> Iterator[tuple[Invoice, Line]]:
    for invoice in facts.invoices():
        for line in invoice.draft.lines:
            yield invoice, line


def _lines(facts: Facts) -> Iterator[tuple[Invoice, Part, Line, FrozenPrice | None]]:
    """Each line with the part whose terms it rests on, of its own invoice or an earlier one, and the price there."""
    for invoice in facts.invoices():
        prices = FrozenPrices(invoice.draft)
        for line in invoice.draft.lines:
            if line.origin is None:
                yield invoice, invoice.draft.part_of(line), line, prices.of(line)
            else:
                draft = facts.invoice(line.origin.invoice_id).draft
                of_origin = draft.lines[line.origin.line_number - 1]
                yield invoice, draft.part_of(of_origin), line, FrozenPrices(draft).of(of_origin)


def _parts_with(facts: Facts, kinds: Collection[LineKind]) -> Iterator[tuple[Invoice, int]]:
    """The parts that have a line of one of these kinds, by their numbers."""
    for invoice in facts.invoices():
        for number in dict.fromkeys(line.in_part for line in invoice.draft.lines if line.kind in kinds):
            yield invoice, number


def _rests_on(facts: Facts, invoice: Invoice, line: Line) -> Part:
    """The part whose terms a line rests on."""
    if line.origin is None:
        return invoice.draft.part_of(line)
    draft = facts.invoice(line.origin.invoice_id).draft
    return draft.part_of(draft.lines[line.origin.line_number - 1])


def _differs(on: str, line: Line, again: Line) -> Iterator[str]:
    if (again.cells, again.modifications, again.amount) != (line.cells, line.modifications, line.amount):
        yield f"{on} says {line.amount}; its frozen price comes to {again.amount}."


def _balances(transaction: Transaction) -> dict[tuple[Account, UUID, UUID | None, Currency], int]:
    """What it puts on each account, without the accounts it leaves as they were.

    How much of a fee paid ahead was earned when it was credited is not said by the credit note.
    """
    sums: dict[tuple[Account, UUID, UUID | None, Currency], int] = {}
    is_credit = transaction.kind is TransactionKind.CREDIT_NOTE
    for posting in transaction.postings:
        account = posting.account
        if is_credit and account is Account.DEFERRED_REVENUE:
            account = Account.REVENUE
        place = (account, posting.customer_id, posting.subscription_id, posting.amount.currency)
        sums[place] = sums.get(place, 0) + posting.amount.minor
    return {place: minor for place, minor in sums.items() if minor}


# fmt: off
INVARIANTS: tuple[Invariant, ...] = (
    Invariant(1, "every transaction sums to zero in each currency", "V, D, B, T", transactions_sum_to_zero),
    Invariant(2, "each issued invoice has exactly its own transaction in the ledger", "D, B", documents_booked_once),
    Invariant(3, "an invoice's total is the sum of its lines and taxes", "V, D, B", totals_are_sums),
    Invariant(4, "measuring a slice's events again gives the quantity billed", "B, T", quantities_measure_again),
    Invariant(5, "the slices of a charge form one chain: no usage is billed twice", "D, B", slices_form_chains),
    Invariant(6, "one source and id, one event, for ever; other content for that key is a visible conflict", "D, T"),
    Invariant(7, "one charge, slice and revision is billed once", "V, D"),
    Invariant(8, "events, invoices, transactions and plan versions never change; new ones set mistakes right", "V, D"),
    Invariant(9, "the numbers of one legal entity have no gaps and rise with the time of issue", "D, B", numbers_rise),
    Invariant(10, "a grant never pays more than it granted", "V, D, B, T", grants_pay_no_more),
    Invariant(11, "what documents say a customer owes is what the ledger says", "B, T", documents_agree_with_ledger),
    Invariant(12, "allocations never exceed the payment or the invoice", "V, D, B, T", nothing_is_settled_twice),
    Invariant(13, "the same request twice has one effect and one answer", "D, T"),
    Invariant(14, "every notice is written with the books and told at least once", "D, T"),
    Invariant(15, "the same inputs give the same bill, byte for byte", "B, T", bills_come_out_again),
    Invariant(16, "a subscription's periods tile time: they touch and never overlap", "V, B, T", billed_periods_tile),
    Invariant(17, "a line is rounded once, in one documented way; nothing else rounds", "B, T", lines_round_once),
    Invariant(18, "the store measures what core.metering measures, on any events", "T"),
    Invariant(19, "nothing of one seller is ever read for another", "D, T"),
    Invariant(21, "every accepted event is billed, open, late, voided or unattributed", "B, T", events_are_somewhere),
    Invariant(22, "an invoice's taxes come out again from what it froze", "B, T", taxes_come_out_again),
    Invariant(23, "what grants have left is what the ledger says: granted, less used, less expired", "B, T",
              credit_agrees_with_ledger),
    Invariant(25, "a locked month takes no transaction", "D, T"),
    Invariant(
        26, "what was paid ahead is released as its days earn it, and all of it", "V, B, T", paid_ahead_is_released
    ),
)
# fmt: on
