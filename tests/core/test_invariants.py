"""The invariants: sound books prove sound, and whatever is done to them is found and said in a sentence."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.ids import id_of
from farthing.core.invariants import INVARIANTS, Facts, Finding, Invariant, prove
from farthing.core.invoicing.coupon_terms import coupon_from
from farthing.core.invoicing.coupons import Applied, Coupons
from farthing.core.invoicing.credit_note import CreditKind, CreditNote
from farthing.core.invoicing.crediting import LineCredit, Why, credit
from farthing.core.invoicing.credits import Grant, GrantKind
from farthing.core.invoicing.invoice import Invoice, Series
from farthing.core.invoicing.money_postings import book_allocation, book_credit_note, book_payment, book_refund
from farthing.core.invoicing.payment import Allocation, PaidBy, Payment, PaymentStanding, Refund
from farthing.core.invoicing.postings import book_invoice
from farthing.core.invoicing.reckoning import ReckonBy
from farthing.core.invoicing.tax_rules import TaxRules
from farthing.core.ledger.opening import Opening
from farthing.core.ledger.transaction import Transaction, TransactionKind
from farthing.core.metering.meter import Measurement, Reading
from farthing.core.money import Money, currency, zero
from farthing.core.pricing.step import Step
from farthing.core.rating.agreement import Agreement
from farthing.core.rating.line import Line, Share, Slice, exact_parts, round_parts
from farthing.core.subscriptions.subscription import Subscription
from tests.core.core_values import ACME, ENTITY, USD, at, subscription
from tests.core.held_books import HeldBooks, Standings, closed_quarter

Value = TypeVar("Value")


@dataclass
class Tampered:
    """Sound books in which some facts were replaced by others."""

    replaced: dict[str, Any]
    books: HeldBooks = field(default_factory=closed_quarter)

    def _told(self, name: str) -> Any:
        told = self.replaced.get(name)
        if told is None:
            return getattr(self.books, name)()
        return told() if callable(told) else told

    def transactions(self) -> Iterable[Transaction]:
        return self._told("transactions")  # type: ignore[no-any-return]

    def invoices(self) -> Iterable[Invoice]:
        return self._told("invoices")  # type: ignore[no-any-return]

    def slices(self) -> Iterable[Slice]:
        return self._told("slices")  # type: ignore[no-any-return]

    def credit_notes(self) -> Iterable[CreditNote]:
        return self._told("credit_notes")  # type: ignore[no-any-return]

    def payments(self) -> Iterable[PaymentStanding]:
        return self._told("payments")  # type: ignore[no-any-return]

    def subscriptions(self) -> Iterable[Subscription]:
        return self._told("subscriptions")  # type: ignore[no-any-return]

    def grants(self) -> Iterable[Grant]:
        return self._told("grants")  # type: ignore[no-any-return]

    def receivables(self) -> Iterable[tuple[UUID, Money]]:
        return self._told("receivables")  # type: ignore[no-any-return]

    def counts(self) -> Standings:
        return self._told("counts")  # type: ignore[no-any-return]

    def openings(self) -> Iterable[Opening]:
        return self._told("openings")  # type: ignore[no-any-return]

    def transaction_of(self, invoice_id: UUID) -> UUID | None:
        return self.replaced.get("transaction_of", self.books.transaction_of)(invoice_id)  # type: ignore[no-any-return]

    def measure(self, reading: Reading, *, customer_id: UUID, to_position: int) -> Measurement:
        return self.books.measure(reading, customer_id=customer_id, to_position=to_position)

    def tax_rules(self, version: int) -> TaxRules | None:
        return self.books.tax_rules(version)

    def agreement(self, subscription: Subscription) -> Agreement:
        return self.books.agreement(subscription)


def found(number: int, **replaced: Any) -> list[str]:
    """What the invariant of this number says of books in which these facts were replaced."""
    facts: Facts = Tampered(replaced)
    return [finding.sentence for finding in prove(facts) if finding.number == number]


def forged(value: Value, **changes: Any) -> Value:
    """A copy that got past its constructor, as a row changed by hand in a database would."""
    copied = copy.copy(value)
    for name, changed in changes.items():
        object.__setattr__(copied, name, changed)
    return copied


NOON = at("2026-01-01T12:00")
SOUND = closed_quarter()
INVOICES = SOUND.invoices()
TRANSACTIONS = SOUND.transactions()
SLICES = SOUND.slices()


def with_line(number: int, price_key: str, change: Callable[[Line], Line]) -> list[Invoice]:
    """The invoices, one line changed; totals follow."""
    invoice = INVOICES[number]
    lines = tuple(change(line) if line.price_key == price_key else line for line in invoice.draft.lines)
    draft = replace(invoice.draft, lines=lines)
    return [*INVOICES[:number], replace(invoice, draft=draft, total=draft.total), *INVOICES[number + 1 :]]


def with_steps(line: Line, steps: tuple[Step, ...], *, share: Share | None = None) -> Line:
    """The line with these steps in its one cell, rounded as they are."""
    amount, parts = round_parts(exact_parts(steps, share=share), in_currency=USD)
    return replace(line, cells=(replace(line.cells[0], steps=steps, amounts=parts),), amount=amount, share=share)


def slice_of(line: Line) -> Slice:
    assert line.slice is not None
    return line.slice


# Sound books --------------------------------------------------------------------------------------------------


def test_sound_books_prove_sound_and_every_rule_is_announced() -> None:
    heard: list[Invariant] = []
    assert prove(SOUND, progress=heard.append) == []
    assert heard == [invariant for invariant in INVARIANTS if invariant.holds is not None]
    assert [invariant.number for invariant in heard] == [1, 2, 3, 4, 5, 9, 10, 11, 12, 15, 16, 17, 21, 22, 23, 26]


def test_empty_books_are_sound() -> None:
    assert prove(HeldBooks(subscription())) == []


@given(
    st.lists(st.tuples(st.integers(0, 120), st.integers(0, 3_000_000)), max_size=8),
    st.none() | st.integers(1, 80),
    st.integers(1, 31),
    st.integers(0, 120),
)
def test_whatever_is_billed_proves_sound_on_any_day(
    used: list[tuple[int, int]], ends_after: int | None, anchor: int, closed_after: int
) -> None:
    start = at("2026-01-10")
    day = at("2026-01-02") - at("2026-01-01")
    books = HeldBooks(subscription(ends_at=None if ends_after is None else start + ends_after * day, anchor_day=anchor))
    for after, tokens in used:
        if ends_after is None or after < ends_after:
            books.usage.add(start + after * day, tokens=tokens)
    books.close(through=start + closed_after * day)
    assert prove(books) == []


def test_late_usage_leaves_issued_invoices_true() -> None:
    books = closed_quarter()
    books.usage.add(at("2026-01-20"), tokens=5)
    assert books.counts().late == 1
    assert prove(books) == []


def test_a_finding_names_its_invariant() -> None:
    assert str(Finding(4, "It is wrong.")) == "INV-04 It is wrong."


# Broken books -------------------------------------------------------------------------------------------------


def test_01_a_transaction_that_is_off_is_found() -> None:
    first = TRANSACTIONS[0]
    more = replace(first.postings[0], amount=first.postings[0].amount + Money(1, USD))
    off = forged(first, postings=(more, *first.postings[1:]))
    assert found(1, transactions=[off, *TRANSACTIONS[1:]]) == [
        f"Transaction {first.transaction_id} is off by 0.01 USD."
    ]


def test_01_a_transaction_that_cannot_be_read_is_found_and_not_thrown() -> None:
    first = TRANSACTIONS[0]
    said = found(1, transactions=lambda: (replace(first, postings=first.postings[:1]) for _ in range(1)))
    assert len(said) == 1
    assert said[0].startswith("The books hold what cannot be: transaction")


def test_02_an_invoice_without_its_transaction_is_found() -> None:
    left = [transaction for transaction in TRANSACTIONS if transaction.about != INVOICES[1].invoice_id]
    assert found(2, transactions=left) == ["Invoice EX-000002 is booked 0 times; it should be once."]


def test_02_an_invoice_booked_twice_is_found() -> None:
    again = replace(book_invoice(INVOICES[1]), transaction_id=id_of("transaction", "another"))
    assert found(2, transactions=[*TRANSACTIONS, again]) == ["Invoice EX-000002 is booked 2 times; it should be once."]


def test_02_an_invoice_that_names_another_transaction_is_found() -> None:
    assert len(found(2, transaction_of=lambda _: TRANSACTIONS[0].transaction_id)) == len(INVOICES) - 1
    assert "names another transaction" in found(2, transaction_of=lambda _: None)[0]


def test_02_other_amounts_than_the_invoice_says_are_found() -> None:
    own = book_invoice(INVOICES[1])
    twice = tuple(replace(posting, amount=posting.amount + posting.amount) for posting in own.postings)
    others = [t for t in TRANSACTIONS if t.transaction_id != own.transaction_id]
    (said,) = found(2, transactions=[*others, replace(own, postings=twice)])
    assert said.endswith("books other amounts than invoice EX-000002 says.")


def test_02_a_transaction_of_no_invoice_is_found() -> None:
    stray = replace(TRANSACTIONS[0], transaction_id=id_of("t"), about=id_of("i"), kind=TransactionKind.INVOICE)
    assert found(2, transactions=[*TRANSACTIONS, stray]) == [
        f"The ledger books an invoice {id_of('i')} that does not exist."
    ]


def test_03_a_total_that_is_not_the_sum_is_found() -> None:
    assert found(3, invoices=[forged(INVOICES[0], total=Money(1, USD)), *INVOICES[1:]]) == [
        "Invoice EX-000001 says 0.01 USD; its lines add up to 34.77 USD."
    ]


def test_03_two_currencies_on_one_invoice_are_found() -> None:
    euros = forged(INVOICES[0], total=Money(3477, currency("EUR")))
    assert found(3, invoices=[euros, *INVOICES[1:]]) == ["Invoice EX-000001 mixes currencies: EUR, USD."]


def test_04_a_quantity_that_its_events_do_not_measure_is_found() -> None:
    seven = Decimal(7)
    changed = with_line(
        1, "tokens", lambda line: replace(line, quantity=seven, slice=replace(slice_of(line), quantity=seven))
    )
    assert found(4, invoices=changed) == [
        "Line “tokens” of invoice EX-000002 bills 7 from 2 events; they measure 1300000 from 2."
    ]


def test_04_a_number_of_events_that_is_not_theirs_is_found() -> None:
    changed = with_line(1, "calls", lambda line: replace(line, slice=replace(slice_of(line), events=3)))
    assert found(4, invoices=changed) == [
        "Line “calls” of invoice EX-000002 bills 2 from 3 events; they measure 2 from 2."
    ]


def test_04_an_event_changed_after_it_was_billed_is_found() -> None:
    facts = Tampered({})
    del facts.books.usage.kept[1]
    assert [finding.sentence for finding in prove(facts) if finding.number == 4] == [
        "Line “tokens” of invoice EX-000002 bills 1300000 from 2 events; they measure 900000 from 1.",
        "Line “calls” of invoice EX-000002 bills 2 from 2 events; they measure 1 from 1.",
    ]


def test_04_a_later_slice_is_what_came_between_its_positions() -> None:
    def second(line: Line) -> Line:
        """As if the first of the two events had been billed by an earlier slice."""
        came = Decimal(900_000)
        return replace(line, quantity=came, slice=replace(slice_of(line), after=2, quantity=came, events=1))

    assert found(4, invoices=with_line(1, "tokens", second)) == []
    assert len(found(4, invoices=with_line(1, "tokens", lambda line: replace(line, slice=replace(
        slice_of(line), after=2))))) == 1  # fmt: skip


def test_04_an_amount_that_the_frozen_price_does_not_make_is_found() -> None:
    def dearer(line: Line) -> Line:
        steps = (replace(line.steps[0], unit_price=Decimal("0.000003")), *line.steps[1:])
        return with_steps(line, steps)

    assert found(4, invoices=with_line(1, "tokens", dearer)) == [
        "Line “tokens” of invoice EX-000002 says 3.45 USD; its frozen price comes to 2.45 USD."
    ]


@pytest.mark.parametrize(("number", "key", "says"), [(4, "tokens", "bills usage at"), (15, "support", "charges a fee")])
def test_a_line_of_a_price_that_its_plan_does_not_have_is_found(number: int, key: str, says: str) -> None:
    (said,) = found(number, invoices=with_line(1, key, lambda line: replace(line, price_key="lost")))
    assert says in said
    assert "“lost” of invoice EX-000002" in said


def test_terms_that_no_longer_read_are_found_and_not_thrown() -> None:
    frozen = {name: value for name, value in INVOICES[0].draft.frozen.items() if name != "plan"}
    broken = replace(INVOICES[0], draft=replace(INVOICES[0].draft, frozen=frozen))
    for number in (4, 15):
        assert found(number, invoices=[broken, *INVOICES[1:]]) == [
            "The books lack 'plan', which an invoice froze once."
        ]


def test_05_a_gap_and_an_overlap_in_a_chain_are_found() -> None:
    piece = SLICES[0]
    for begins in (piece.to + 1, piece.to - 1):
        later = replace(piece, after=begins, to=begins + 1)
        said = found(5, slices=[piece, later, *SLICES[1:]])
        assert f"A slice of charge {piece.charge_id} begins at {begins}, not at {piece.to}." in said


def test_05_a_chain_that_does_not_begin_at_the_beginning_is_found() -> None:
    assert f"A slice of charge {SLICES[0].charge_id} begins at 1, not at 0." in found(
        5, slices=[replace(SLICES[0], after=1), *SLICES[1:]]
    )


def test_05_a_chain_without_gaps_and_a_new_revision_are_sound() -> None:
    piece = SLICES[0]
    tail = [replace(piece, after=piece.to, to=piece.to + 5), replace(piece, revision=1)]
    said = found(5, slices=[piece, *tail, *SLICES[1:]])
    assert len(said) == 2
    assert all(sentence.endswith("is on no invoice.") for sentence in said)


def test_05_a_line_whose_slice_is_not_kept_or_is_billed_twice_is_found() -> None:
    assert "bills a slice that is not kept, or is twice" in found(5, slices=SLICES[1:])[0]
    assert any("bills a slice" in said for said in found(5, invoices=[*INVOICES, INVOICES[1]]))


def test_05_two_charges_of_one_price_for_one_time_are_found() -> None:
    other = replace(slice_of(INVOICES[1].draft.lines[2]), charge_id=id_of("charge", "another"))
    doubled = replace(INVOICES[1].draft.lines[2], slice=other)
    draft = replace(INVOICES[1].draft, lines=(*INVOICES[1].draft.lines, doubled))
    invoices = [INVOICES[0], replace(INVOICES[1], draft=draft, total=draft.total), *INVOICES[2:]]
    assert found(5, invoices=invoices, slices=[*SLICES, other]) == [
        "Two charges of the price “tokens” cover 2026-01-10."
    ]


def test_09_a_gap_in_the_numbers_is_found() -> None:
    assert found(9, invoices=[INVOICES[0], *INVOICES[2:]]) == ["Invoice EX-000003 follows number 1 of main."]
    assert found(9, invoices=INVOICES[1:]) == ["Invoice EX-000002 follows number 0 of main."]


def test_09_numbers_of_two_entities_are_two_series() -> None:
    other = [replace(invoice, entity_key="other") for invoice in INVOICES]
    assert found(9, invoices=[*INVOICES, *other]) == []


def test_09_a_number_issued_before_the_one_before_it_is_found() -> None:
    earlier = replace(INVOICES[2], issued_at=INVOICES[0].issued_at)
    assert found(9, invoices=[*INVOICES[:2], earlier, INVOICES[3]]) == [
        "Invoice EX-000003 was issued before the one with the number before it."
    ]


def test_10_and_23_credit_that_paid_too_much_or_is_not_in_the_ledger_is_found() -> None:
    paid = Grant(UUID(int=1), ACME, "main", GrantKind.PREPAID, "Top-up", Money(500, USD), NOON, NOON)
    assert found(10, grants=[paid]) == []
    assert found(23, grants=[paid]) == [
        f"The prepaid credit of customer {ACME} is -5.00 USD by its grants and 0.00 USD in the ledger."
    ]
    assert found(10, grants=[forged(paid, used=Money(501, USD))]) == [
        f"Grant {paid.grant_id} of 5.00 USD has -0.01 USD left."
    ]
    gift = replace(paid, kind=GrantKind.PROMOTIONAL)
    assert found(23, grants=[gift]) == []
    assert len(found(23, grants=[replace(gift, used=Money(1, USD))])) == 1


def test_11_a_ledger_that_says_otherwise_is_found() -> None:
    assert found(11, receivables=[(ACME, Money(100, USD))]) == [
        f"Customer {ACME} owes 212.32 USD by the documents and 1.00 USD by the ledger."
    ]
    assert found(11, receivables=[])[0].endswith("and 0.00 USD by the ledger.")


def test_11_a_debt_that_no_document_says_is_found() -> None:
    stranger = id_of("customer", "globex")
    sound = SOUND.receivables()
    assert found(11, receivables=[*sound, (stranger, zero(USD))]) == []
    assert len(found(11, receivables=[*sound, (stranger, Money(5, USD))])) == 1
    assert len(found(11, receivables=[*sound, (ACME, Money(5, currency("EUR")))])) == 1


def test_15_a_fee_for_other_days_than_its_period_has_is_found() -> None:
    def longer(line: Line) -> Line:
        share = Share(23, 31)
        return with_steps(line, line.steps, share=share)

    assert found(15, invoices=with_line(0, "platform", longer)) == [
        "Line “platform” of invoice EX-000001 covers 23 of 31 days; they are 22 of 31."
    ]


def test_15_days_are_not_counted_again_with_the_zone_rules_of_another_time() -> None:
    def under_other_rules(invoice: Invoice) -> Invoice:
        return replace(invoice, draft=replace(invoice.draft, frozen={**invoice.draft.frozen, "zone_database": "1999a"}))

    first = INVOICES[0].draft.lines[0]
    longer = replace(first, share=Share(44, 62), part=Share(44, 62))
    draft = replace(INVOICES[0].draft, lines=(longer,))
    changed = under_other_rules(replace(INVOICES[0], draft=draft))
    assert found(15, invoices=[changed, *INVOICES[1:]]) == []


def test_15_a_fee_that_the_frozen_plan_does_not_ask_for_is_found() -> None:
    def dearer(line: Line) -> Line:
        steps = (replace(line.steps[0], unit_price=Decimal(50)),)
        return with_steps(line, steps, share=line.share)

    assert found(15, invoices=with_line(2, "platform", dearer)) == [
        "Line “platform” of invoice EX-000003 says 50.00 USD; its frozen price comes to 49.00 USD."
    ]


def test_15_a_coupon_that_took_off_something_else_than_its_terms_say_is_found() -> None:
    coupon = coupon_from("spring", {"percent": 10, "plans": ["starter"]})
    reckon_by = ReckonBy(coupons=Coupons((Applied(UUID(int=1), coupon, ACME, at("2026-01-01")),)))
    books = HeldBooks(subscription(), reckon_by=reckon_by)
    books.close(through=at("2026-02-01"))
    assert prove(books) == []
    invoice = books.invoices()[0]
    (discount,) = invoice.draft.reckoning.discounts
    less = replace(discount, terms={**discount.terms, "percent": "9"})
    draft = replace(invoice.draft, reckoning=replace(invoice.draft.reckoning, discounts=(less,)))
    tampered = Tampered({"invoices": [replace(invoice, draft=draft), *books.invoices()[1:]]}, books=books)
    assert [finding.sentence for finding in prove(tampered) if finding.number == 15] == [
        f"The coupon “spring” takes {discount.amount} off invoice EX-000001; its terms, 3.13 USD."
    ]


def test_16_a_month_that_was_left_out_is_found() -> None:
    said = found(16, invoices=[*INVOICES[:2], INVOICES[3]])
    assert any("“tokens”" in sentence and "but not from 2026-02-01" in sentence for sentence in said)
    assert len(said) == 4


def test_16_a_month_that_was_billed_twice_is_found() -> None:
    twice = replace(INVOICES[2], draft=replace(INVOICES[2].draft, invoice_id=id_of("again")), sequence=5)
    said = found(16, invoices=[*INVOICES, twice])
    # The slices of usage are told under INV-05.
    assert len(said) == 2
    assert all("which is not due, or is twice" in sentence for sentence in said)


def test_16_a_first_period_that_does_not_begin_at_the_start_is_found() -> None:
    earlier = replace(SOUND.subscription, starts_at=at("2026-01-09"))
    said = found(16, subscriptions=[earlier])
    assert sum("but not from 2026-01-09" in sentence for sentence in said) == 4
    assert sum("is billed from 2026-01-10" in sentence for sentence in said) == 4


def test_16_a_subscription_that_says_it_is_billed_further_than_it_is_is_found() -> None:
    further = replace(SOUND.subscription, billed_through=at("2026-05-01"))
    assert len(found(16, subscriptions=[further])) == 4
    less = replace(SOUND.subscription, billed_through=at("2026-03-01"))
    assert len(found(16, subscriptions=[less])) == 4


def test_16_what_is_billed_before_it_is_due_is_found() -> None:
    fresh = replace(SOUND.subscription, billed_through=None)
    assert len(found(16, subscriptions=[fresh])) == 13
    at_start = replace(SOUND.subscription, billed_through=SOUND.subscription.starts_at)
    assert len(found(16, subscriptions=[at_start])) == 12


def test_16_a_subscription_billed_without_any_invoice_is_found_and_so_is_the_opposite() -> None:
    assert "is billed through 2026-04-01 00:00:00+00:00, but not from" in found(16, invoices=[])[0]
    assert found(16, subscriptions=[]) == [
        f"There are invoices for a subscription {SOUND.subscription.subscription_id} that does not exist."
    ]


def test_17_an_amount_rounded_in_another_way_is_found() -> None:
    def downwards(line: Line) -> Line:
        return replace(line, amount=Money(709, USD), cells=(replace(line.cells[0], amounts=(Money(709, USD),)),))

    assert found(17, invoices=with_line(1, "support", downwards)) == [
        "Line “support” of invoice EX-000002 says 7.09 USD; its steps come to 220/31, which is 7.10 USD."
    ]


def test_17_parts_spread_in_another_way_are_found() -> None:
    def askew(line: Line) -> Line:
        first, second = line.step_amounts
        amounts = (first + Money(5, USD), second - Money(5, USD))
        return replace(line, cells=(replace(line.cells[0], amounts=amounts),))

    assert len(found(17, invoices=with_line(1, "tokens", askew))) == 1


def test_21_an_event_that_is_nowhere_is_found() -> None:
    assert found(21, counts=Standings(accepted=6, billed=3, open=1, late=0, unattributed=1)) == [
        "6 events were accepted, and 5 are somewhere: 3 billed, 1 open, 0 late, 0 voided, 1 unattributed."
    ]


@pytest.mark.parametrize("billed", [1, 7])
def test_21_more_or_fewer_billed_events_than_invoices_bill_are_found(billed: int) -> None:
    assert found(21, counts=Standings(accepted=billed, billed=billed, open=0, late=0, unattributed=0)) == [
        f"{billed} events count as billed, 0 of them corrected since; the invoices bill between 2 and 6."
    ]


def credited_books() -> HeldBooks:
    """The same, with the second invoice credited in part and paid for the rest, and some paid back."""
    books = closed_quarter()
    invoice = books.invoices()[1]
    series = Series()
    note = credit(
        invoice,
        [],
        [LineCredit(1, Money(1_000, USD))],
        Why(CreditKind.CORRECTION, "It was wrong.", "Ada"),
        allocated=zero(USD),
        entity=ENTITY,
        series=series,
        now=at("2026-04-02"),
    )
    rest = invoice.due - note.off_receivable
    paid = Payment(id_of("payment", 1), ACME, "main", rest + Money(300, USD), PaidBy.CASH, "", at("2026-04-03").date(),
                   at("2026-04-03"), "Ada")  # fmt: skip
    moved = book_allocation(
        id_of("allocation", 1), ACME, rest, booked_on=at("2026-04-03").date(), entity_key=ENTITY.key
    )
    refund = Refund(id_of("refund", 1), paid.payment_id, ACME, Money(100, USD), "Too much.", "Ada",
                    at("2026-04-04").date(), at("2026-04-04"))  # fmt: skip
    allocated = Allocation(paid.payment_id, 1, invoice.invoice_id, rest, moved.transaction_id, at("2026-04-03"))
    books.notes.append(note)
    books.paid.append(PaymentStanding(paid, (allocated,), (refund,)))
    books.settled += [
        book_credit_note(note, invoice),
        book_payment(paid),
        moved,
        book_refund(refund, entity_key=ENTITY.key),
    ]
    return books


def test_books_with_a_credit_note_and_a_payment_prove_sound() -> None:
    assert prove(credited_books()) == []


def test_02_what_is_credited_and_paid_is_booked_once_as_it_says() -> None:
    books = credited_books()
    note, payment = books.notes[0], books.paid[0].payment
    books.settled[0], books.settled[1] = books.settled[1], books.settled[1]
    said = [finding.sentence for finding in prove(books) if finding.number == 2]
    assert f"Credit note {note.number} is booked 0 times; it should be once." in said
    assert f"Payment {payment.payment_id} is booked 2 times; it should be once." in said


def test_02_a_refund_and_an_allocation_of_other_amounts_are_found() -> None:
    books = credited_books()
    for place in (2, 3):
        twice = tuple(replace(one, amount=one.amount + one.amount) for one in books.settled[place].postings)
        books.settled[place] = replace(books.settled[place], postings=twice)
    said = [finding.sentence for finding in prove(books) if finding.number == 2]
    assert len(said) == 2
    assert all("books other amounts than" in one for one in said)


def test_11_a_payment_that_the_ledger_knows_nothing_of_is_found() -> None:
    books = credited_books()
    books.paid[0] = replace(books.paid[0], allocations=())
    assert [finding.sentence for finding in prove(books) if finding.number == 11] != []


def test_12_more_than_an_invoice_asks_is_found() -> None:
    books = credited_books()
    allocated = books.paid[0].allocations[0]
    more = replace(allocated, amount=allocated.amount + Money(1, USD))
    books.paid[0] = replace(books.paid[0], allocations=(more,))
    (said,) = [finding.sentence for finding in prove(books) if finding.number == 12]
    assert said.startswith(f"Invoice {INVOICES[1].number} asks")


def test_12_more_than_an_invoice_says_and_what_follows_a_void_are_found() -> None:
    books = credited_books()
    note = books.notes[0]
    books.notes[:] = [forged(note, voids=True), forged(note, sequence=2)] + [note] * 60
    said = [finding.sentence for finding in prove(books) if finding.number == 12]
    assert any("and credit notes take" in one for one in said)
    assert any("is voided, and something is left of it" in one for one in said)


def test_12_a_payment_of_an_invoice_that_does_not_exist_is_found() -> None:
    books = credited_books()
    stray = replace(books.paid[0].allocations[0], invoice_id=id_of("stray"))
    books.paid[0] = replace(books.paid[0], allocations=(stray,))
    said = [finding.sentence for finding in prove(books) if finding.number == 12]
    assert said == [f"Payments pay an invoice {id_of('stray')} that does not exist."]


def test_09_credit_notes_have_a_series_of_their_own() -> None:
    books = credited_books()
    books.notes[0] = forged(books.notes[0], sequence=2)
    said = [finding.sentence for finding in prove(books) if finding.number == 9]
    assert said == [f"Credit note {books.notes[0].number} follows number 0 of main."]
