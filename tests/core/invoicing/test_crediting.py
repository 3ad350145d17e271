"""Credit notes: several of them cancel an invoice to the cent, and never exceed it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.invoicing.credit_note import CreditKind, CreditNote
from farthing.core.invoicing.crediting import (
    LineCredit,
    Why,
    by_amount,
    credited_so_far,
    in_full,
    open_of,
)
from farthing.core.invoicing.invoice import Invoice
from farthing.core.money import Money, total
from farthing.core.refused import Clash, Refused
from tests.core.core_values import USD
from tests.core.invoicing.credited import invoiced, invoices, noted
from tests.core.invoicing.reckoned import usd


def credited(notes: Sequence[CreditNote]) -> Money:
    return total([note.total for note in notes], in_currency=USD)


# Worked examples -------------------------------------------------------------------------------------------------


def test_a_line_is_credited_without_its_coupons_share_and_with_its_tax() -> None:
    invoice = invoiced(10_000, 5_000, off=[[1_000, 500]], rates=[("0.2", [1, 2])])
    assert str(invoice.total) == "162.00 USD"
    note = noted(invoice, [], [LineCredit(1, usd(4_000))])
    assert [(line.gross, line.amount) for line in note.lines] == [(usd(4_000), usd(3_600))]
    assert (note.discounted, note.net, note.tax, note.total) == (usd(400), usd(3_600), usd(720), usd(4_320))
    assert (note.number, note.sequence) == ("EX-CN-000001", 1)


def test_two_lines_of_68_33_give_back_the_tax_of_their_sum() -> None:
    invoice = invoiced(6_833, 6_833, rates=[("0.2", [1, 2])])
    assert str(invoice.draft.tax) == "27.33 USD"
    first = noted(invoice, [], [LineCredit(1)])
    second = noted(invoice, [first], [LineCredit(2)])
    assert [str(note.tax) for note in (first, second)] == ["13.67 USD", "13.66 USD"]
    assert credited([first, second]) == invoice.total


def test_tax_within_the_amounts_is_taken_back_out_of_them() -> None:
    invoice = invoiced(10_000, 2_000, rates=[("0.2", [1, 2])], included=True)
    assert (invoice.total, invoice.draft.tax) == (usd(12_000), usd(2_000))
    note = noted(invoice, [], [LineCredit(1, usd(100))])
    assert (note.total, note.tax, note.net) == (usd(100), usd(17), usd(83))
    rest = noted(invoice, [note], in_full(invoice, [note]))
    assert (rest.total, rest.tax) == (usd(11_900), usd(1_983))


def test_an_amount_is_shared_out_over_what_is_left_of_the_lines() -> None:
    invoice = invoiced(10_000, 5_000, off=[[1_000, 500]])
    note = noted(invoice, [], by_amount(invoice, [], usd(1_000)))
    assert [(line.number, line.amount.minor) for line in note.lines] == [(1, 667), (2, 333)]
    assert note.total == usd(1_000)


def test_the_money_comes_off_the_unpaid_part_then_back_to_grants_then_out_of_what_was_paid() -> None:
    invoice = invoiced(10_000, prepaid=3_000)
    assert invoice.due == usd(7_000)
    first = noted(invoice, [], [LineCredit(1, usd(2_500))], allocated=5_000)
    assert (first.off_receivable, first.given_back, first.freed) == (usd(2_000), usd(500), None)
    assert open_of(invoice, [first], allocated=usd(5_000)) == usd(0)
    second = noted(invoice, [first], in_full(invoice, [first]), allocated=5_000)
    assert (second.given_back, second.freed, second.off_receivable) == (usd(2_500), usd(5_000), usd(5_000))


def test_an_invoice_of_nothing_can_be_voided_once() -> None:
    invoice = invoiced(0)
    void = noted(invoice, [], in_full(invoice, []), voids=True)
    assert (void.total, void.voids, len(void.lines)) == (usd(0), True, 1)
    with pytest.raises(Clash, match=r"EX-000001 is voided by EX-CN-000001 already"):
        in_full(invoice, [void])


# Refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ([LineCredit(1, usd(10_001))], "Line 1 of EX-000001 has 100.00 USD left to credit, not 100.01 USD"),
        ([LineCredit(1, usd(-1))], "has 100.00 USD left to credit, not -0.01 USD"),
        ([LineCredit(3)], "has lines 1 to 2; there is no line 3"),
        ([LineCredit(1), LineCredit(1, usd(1))], "named once"),
        ([LineCredit(1, usd(0))], "Nothing is left of EX-000001 to credit"),
    ],
)
def test_what_is_not_there_is_not_credited(asked: list[LineCredit], said: str) -> None:
    with pytest.raises(Refused, match=said):
        noted(invoiced(10_000, 5_000), [], asked)


def test_lines_below_zero_count_with_the_others() -> None:
    invoice = invoiced(10_000, -6_000, rates=[("0.2", [1, 2])])
    assert invoice.total == usd(4_800)
    with pytest.raises(Refused, match=r"and EX-000001 has 48\.00 USD left to credit"):
        noted(invoice, [], [LineCredit(1)])
    with pytest.raises(Refused, match="lines below zero count with the others"):
        noted(invoice, [], [LineCredit(2)])
    assert noted(invoice, [], in_full(invoice, [])).total == invoice.total


def test_an_amount_is_more_than_nothing_and_no_more_than_what_is_left() -> None:
    invoice = invoiced(10_000, off=[[2_500]])
    for minor, said in ((0, "more than 0"), (7_501, r"75\.00 USD left to credit before taxes, not 75\.01 USD")):
        with pytest.raises(Refused, match=said):
            by_amount(invoice, [], usd(minor))


def test_a_note_says_why() -> None:
    with pytest.raises(Refused, match="Say why"):
        Why(CreditKind.GOODWILL, " ", "Ada")


# Laws ------------------------------------------------------------------------------------------------------------


@given(st.data(), invoices())
def test_notes_in_any_steps_cancel_an_invoice_to_the_cent_and_never_exceed_it(
    data: st.DataObject, invoice: Invoice
) -> None:
    notes: list[CreditNote] = []
    paid = data.draw(st.integers(0, max(0, invoice.due.minor)), label="paid")
    allocated = paid

    def add(asked: Sequence[LineCredit]) -> None:
        nonlocal allocated
        try:
            note = noted(invoice, notes, asked, allocated=allocated)
        except Refused:
            return  # Nothing is left of these lines, or taxes of cents would make it more than is left.
        notes.append(note)
        allocated -= 0 if note.freed is None else note.freed.minor
        assert open_of(invoice, notes, allocated=usd(allocated)).minor >= 0

    for _ in range(data.draw(st.integers(0, 4), label="steps")):
        left = [
            line.amount - off
            for line, off in zip(invoice.draft.lines, credited_so_far(invoice, notes).gross, strict=True)
        ]
        if data.draw(st.booleans(), label="by amount"):
            off = credited_so_far(invoice, notes).amounts
            whole = sum(max(0, (line - gone).minor) for line, gone in zip(_charged(invoice), off, strict=True))
            if whole:
                amount = usd(data.draw(st.integers(1, whole), label="amount"))
                asked = by_amount(invoice, notes, amount)
                before = len(notes)
                add(asked)
                if len(notes) > before:
                    assert total([line.amount for line in notes[-1].lines], in_currency=USD) == amount
            continue
        numbers = data.draw(st.lists(st.integers(1, len(left)), unique=True, min_size=1), label="lines")
        add([LineCredit(n, usd(data.draw(st.integers(0, left[n - 1].minor), label=f"of {n}"))) for n in numbers])
        assert credited(notes).minor <= invoice.total.minor
    add(in_full(invoice, notes))
    assert credited(notes) == invoice.total
    assert total([note.tax for note in notes], in_currency=USD) == invoice.draft.tax
    for nth, tax in enumerate(invoice.draft.reckoning.taxes):
        for part in ("amount", "base"):
            assert sum(getattr(note.taxes[nth], part).minor for note in notes) == getattr(tax, part).minor
    for discount in invoice.draft.reckoning.discounts:
        given = [d.amount for note in notes for d in note.discounts if d.source_id == discount.source_id]
        assert total(given, in_currency=USD) == discount.amount
    assert total([note.given_back for note in notes], in_currency=USD) == invoice.draft.paid_ahead
    assert total([note.off_receivable for note in notes], in_currency=USD) == invoice.due
    assert allocated == 0
    if notes:
        with pytest.raises(Clash, match="Nothing is left"):
            noted(invoice, notes, in_full(invoice, notes))


@given(invoices())
def test_a_note_in_full_says_of_each_line_what_the_invoice_said(invoice: Invoice) -> None:
    note = noted(invoice, [], in_full(invoice, []), voids=True)
    assert note.total == invoice.total
    assert [tax.lines for tax in note.taxes] == [tax.lines for tax in invoice.draft.reckoning.taxes]
    assert [discount.amounts for discount in note.discounts] == [
        discount.amounts for discount in invoice.draft.reckoning.discounts
    ]


def _charged(invoice: Invoice) -> list[Money]:
    return [
        line.amount - invoice.draft.reckoning.off_line(number, in_currency=USD)
        for number, line in enumerate(invoice.draft.lines, start=1)
    ]
