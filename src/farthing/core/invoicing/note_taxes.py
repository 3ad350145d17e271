"""The taxes of a credit note: those on all that is credited so far, rounded, less what the notes before took back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from farthing.core.invoicing.credit_note import CreditedLine, CreditNote
from farthing.core.invoicing.invoice import Invoice
from farthing.core.invoicing.reckoning import Tax, TaxedLine, discounted_amounts
from farthing.core.money import Money, round_to_money, spread, total


def taxes_of_note(
    invoice: Invoice,
    notes: Sequence[CreditNote],
    lines: Sequence[CreditedLine],
    credited: Sequence[Money],
    *,
    whole: frozenset[int],
) -> tuple[Tax, ...]:
    """The invoice's taxes, in their order, with what a note takes back of each.

    `credited` is what is off each line of the invoice with this note, after discounts; `whole` are the lines of which
    nothing is left. A tax of which every line is gone is taken back to the cent.
    """
    draft = invoice.draft
    charged = discounted_amounts([line.amount for line in draft.lines], draft.reckoning.discounts)
    named = {line.number: line for line in lines}
    amounts = [
        _by_line(invoice, tax, [note.taxes[nth] for note in notes], frozenset(named), charged, credited, whole=whole)
        for nth, tax in enumerate(draft.reckoning.taxes)
    ]
    taxes: list[Tax] = []
    for nth, tax in enumerate(draft.reckoning.taxes):
        taxed: list[TaxedLine] = []
        for line in tax.lines:
            if line.number not in amounts[nth]:
                continue
            if draft.reckoning.tax_included:
                all_taxes = total([of[line.number] for of in amounts if line.number in of], in_currency=draft.currency)
                base = named[line.number].amount - all_taxes
            else:
                before = [one.base for note in notes for one in note.taxes[nth].lines if one.number == line.number]
                at = line.number - 1
                base = _base(line, charged[at], credited[at], is_whole=line.number in whole)
                base -= total(before, in_currency=draft.currency)
            taxed.append(TaxedLine(line.number, base, amounts[nth][line.number]))
        taxes.append(
            replace(
                tax,
                base=total([line.base for line in taxed], in_currency=draft.currency),
                amount=total([line.amount for line in taxed], in_currency=draft.currency),
                lines=tuple(taxed),
            )
        )
    return tuple(taxes)


def _by_line(
    invoice: Invoice,
    tax: Tax,
    before: Sequence[Tax],
    named: frozenset[int],
    charged: Sequence[Money],
    credited: Sequence[Money],
    *,
    whole: frozenset[int],
) -> Mapping[int, Money]:
    """What a note takes back of one tax, by line: the tax on all credited so far, less what the notes before took."""
    exact = _exact(invoice, tax, charged, credited)
    is_gone = whole.issuperset(exact)
    so_far = (
        tax.amount if is_gone else _within(round_to_money(sum(exact.values(), Fraction()), charged[0].currency), tax)
    )
    amount = so_far - total([each.amount for each in before], in_currency=so_far.currency)
    own = [line for line in tax.lines if line.number in named]
    if is_gone and not any(each.lines for each in before):
        return {line.number: line.amount for line in own}
    taken: dict[int, Fraction] = {}
    for line in (line for each in before for line in each.lines):
        taken[line.number] = taken.get(line.number, Fraction()) + Fraction(line.amount.amount)
    shares = spread(amount, [exact[line.number] - taken.get(line.number, Fraction()) for line in own])
    return {line.number: share for line, share in zip(own, shares, strict=True)}


def _exact(invoice: Invoice, tax: Tax, charged: Sequence[Money], credited: Sequence[Money]) -> dict[int, Fraction]:
    """The tax on what is credited so far of each of its lines, not rounded.

    It goes by the rate; where the rate does not make the tax that was charged, as with figures of a service that were
    kept as they were given, each line has its part of those.
    """
    of_base = {
        line.number: _credited_base(line, charged[line.number - 1], credited[line.number - 1]) for line in tax.lines
    }
    rate = Fraction(tax.rate)
    if invoice.draft.reckoning.tax_included:
        within = {line.number: Fraction(rate, _with_taxes(invoice, line.number)) for line in tax.lines}
        exact = {number: Fraction(credited[number - 1].amount) * part for number, part in within.items()}
        on_all = sum((Fraction(charged[number - 1].amount) * part for number, part in within.items()), Fraction())
    else:
        exact = {number: base * rate for number, base in of_base.items()}
        on_all = Fraction(tax.base.amount) * rate
    if round_to_money(on_all, tax.amount.currency) == tax.amount:
        return exact
    part_of_base = Fraction(tax.amount.minor, tax.base.minor) if tax.base else Fraction()
    return {number: base * part_of_base for number, base in of_base.items()}


def _with_taxes(invoice: Invoice, number: int) -> Fraction:
    """How many times its net a line's amount is that holds its taxes."""
    on_line = (tax for tax in invoice.draft.reckoning.taxes if any(line.number == number for line in tax.lines))
    return sum((Fraction(tax.rate) for tax in on_line), Fraction(1))


def _credited_base(line: TaxedLine, charged: Money, credited: Money) -> Fraction:
    """The part of a line's base that is credited so far, not rounded."""
    if not charged:
        return Fraction()
    return Fraction(line.base.amount) * Fraction(credited.minor, charged.minor)


def _base(line: TaxedLine, charged: Money, credited: Money, *, is_whole: bool) -> Money:
    """The same in money: a line that is gone has nothing left of its base."""
    if is_whole:
        return line.base
    return round_to_money(_credited_base(line, charged, credited), charged.currency)


def _within(amount: Money, tax: Tax) -> Money:
    """No more than the whole tax, whichever way it points."""
    low, high = sorted((0, tax.amount.minor))
    return Money(min(max(amount.minor, low), high), amount.currency)
