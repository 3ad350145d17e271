"""A statement starts from what was owed, goes through every document and payment, and ends with what is owed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from farthing.core.invoicing.crediting import LineCredit
from farthing.core.invoicing.payment import (
    Allocation,
    InvoiceStanding,
    PaidBy,
    PaidState,
    Payment,
    PaymentStanding,
    Refund,
    newest_back,
    oldest_first,
)
from farthing.core.invoicing.statement import statements
from tests.core.core_values import ACME, at
from tests.core.invoicing.credited import invoiced, noted
from tests.core.invoicing.reckoned import usd

INVOICE = invoiced(10_000, prepaid=3_000)
NOTE = noted(INVOICE, [], [LineCredit(1, usd(1_000))])


def payment(number: int, minor: int, on: str) -> Payment:
    return Payment(
        UUID(int=number), ACME, "main", usd(minor), PaidBy.BANK_TRANSFER, f"TR-{number}", date.fromisoformat(on),
        at(on), "Ada",
    )  # fmt: skip


def paying(of: Payment, *minors: int) -> PaymentStanding:
    """A payment with what it paid of the invoice, in order."""
    parts = tuple(
        Allocation(of.payment_id, number, INVOICE.invoice_id, usd(minor), UUID(int=number), at("2026-02-12"))
        for number, minor in enumerate(minors, start=1)
    )
    return PaymentStanding(of, parts)


FIRST = paying(payment(1, 4_000, "2026-02-12"), 4_000)
SECOND = paying(payment(2, 5_000, "2026-02-20"), 2_000, -500)
REFUND = Refund(UUID(int=9), UUID(int=2), ACME, usd(700), "Too much.", "Ada", date(2026, 2, 21), at("2026-02-21"))
PAID_BACK = replace(SECOND, refunds=(REFUND,))


def test_a_statement_says_what_was_owed_and_what_is_owed() -> None:
    (whole,) = statements([INVOICE], [NOTE], [FIRST, PAID_BACK], since=date.min, through=date(2026, 3, 1))
    told = [(entry.name, str(entry.amount.amount), str(entry.balance.amount)) for entry in whole.entries]
    assert told == [
        ("EX-000001", "70.00", "70.00"),
        ("EX-CN-000001", "-10.00", "60.00"),
        ("TR-1", "-40.00", "20.00"),
        ("TR-2", "-50.00", "-30.00"),
        ("TR-2", "7.00", "-23.00"),
    ]
    assert whole.entries[0].note.endswith("30.00 USD of 100.00 USD paid by prepaid credit")
    (part,) = statements([INVOICE], [NOTE], [FIRST, PAID_BACK], since=date(2026, 2, 12), through=date(2026, 2, 20))
    assert (part.opening, part.closing, len(part.entries)) == (usd(6_000), usd(-3_000), 2)
    assert statements([INVOICE], [], [], since=date.min, through=date(2026, 1, 1)) == []


def test_what_is_free_of_a_payment_is_what_pays_nothing_and_was_not_paid_back() -> None:
    assert (PAID_BACK.allocated, PAID_BACK.free, PAID_BACK.refundable) == (usd(1_500), usd(2_800), usd(4_300))
    with pytest.raises(AssertionError, match=r"gives 0\.01 USD more than it brought"):
        replace(PAID_BACK, refunds=(replace(REFUND, amount=usd(3_501)),))


def test_the_oldest_is_paid_first_and_the_last_that_paid_gives_back_first() -> None:
    standing = InvoiceStanding(INVOICE, (NOTE,), usd(5_500))
    assert standing.open == usd(500)
    assert oldest_first(usd(900), [standing]) == [(INVOICE.invoice_id, usd(500))]
    assert oldest_first(usd(200), [standing]) == [(INVOICE.invoice_id, usd(200))]
    assert newest_back(usd(1_700), [FIRST, SECOND], INVOICE.invoice_id) == [
        (UUID(int=2), usd(1_500)),
        (UUID(int=1), usd(200)),
    ]
    with pytest.raises(AssertionError, match="was paid by nobody"):
        newest_back(usd(5_501), [FIRST, SECOND], INVOICE.invoice_id)


@pytest.mark.parametrize(
    ("notes", "paid", "on", "state"),
    [
        ((), 0, "2026-03-03", PaidState.OPEN),
        ((), 1, "2026-03-03", PaidState.PARTLY_PAID),
        ((), 1, "2026-03-04", PaidState.OVERDUE),
        ((), 7_000, "2026-03-04", PaidState.PAID),
        ((NOTE,), 6_000, "2026-03-04", PaidState.PAID),
    ],
)
def test_how_an_invoice_stands_follows_from_its_documents_and_payments(
    notes: tuple[()], paid: int, on: str, state: PaidState
) -> None:
    assert INVOICE.due_on == date(2026, 3, 3)
    assert InvoiceStanding(INVOICE, notes, usd(paid)).state(on=date.fromisoformat(on)) is state


def test_an_invoice_that_is_credited_or_voided_in_full_is_not_called_paid() -> None:
    whole = noted(INVOICE, [], [LineCredit(1)])
    assert InvoiceStanding(INVOICE, (whole,), usd(0)).state(on=date(2027, 1, 1)) is PaidState.CREDITED
    void = replace(whole, voids=True)
    assert InvoiceStanding(INVOICE, (void,), usd(0)).state(on=date(2027, 1, 1)) is PaidState.VOIDED
