"""What a credit note may take off an invoice, and what follows: discounts' shares, taxes, and where the money goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from uuid import UUID

from farthing.core.exact import ZERO, Exact, add
from farthing.core.ids import id_of
from farthing.core.invoicing.credit_note import CreditedLine, CreditKind, CreditNote, credit_note_number
from farthing.core.invoicing.invoice import Invoice, LegalEntity, Series
from farthing.core.invoicing.note_taxes import taxes_of_note
from farthing.core.invoicing.reckoning import CreditUse, Discount, discounted_amounts
from farthing.core.money import Money, round_to_money, spread, total, zero
from farthing.core.period import local_date
from farthing.core.refused import Clash, Refused


@dataclass(frozen=True, slots=True)
class LineCredit:
    """What to take off one line, counted from 1: an amount of it before discounts, or all that is left of it.

    `units` says how many units that amount is for, where units were named.
    """

    number: int
    amount: Money | None = None
    units: Exact | None = None


@dataclass(frozen=True, slots=True)
class Why:
    """Why a note is written, and whose word that is."""

    kind: CreditKind
    reason: str
    by: str

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise Refused("Say why, in words; the reason stands on the credit note.", field="reason")


@dataclass(frozen=True, slots=True)
class Credited:
    """How much of an invoice its notes have taken off: of each line, of it after discounts, and its units by name."""

    gross: tuple[Money, ...]
    amounts: tuple[Money, ...]
    units: tuple[Exact, ...]


def credited_so_far(invoice: Invoice, notes: Sequence[CreditNote]) -> Credited:
    """What is off each line, in their order."""
    lines = invoice.draft.lines
    nothing = zero(invoice.draft.currency)
    gross, amounts = [nothing] * len(lines), [nothing] * len(lines)
    units: list[Exact] = [ZERO] * len(lines)
    for note in notes:
        for line in note.lines:
            gross[line.number - 1] += line.gross
            amounts[line.number - 1] += line.amount
            units[line.number - 1] = add(units[line.number - 1], line.units or ZERO)
    return Credited(tuple(gross), tuple(amounts), tuple(units))


def in_full(invoice: Invoice, notes: Sequence[CreditNote]) -> list[LineCredit]:
    """All that is left of every line."""
    refuse_if_voided(invoice, notes)
    return [LineCredit(number) for number in range(1, len(invoice.draft.lines) + 1)]


def by_amount(invoice: Invoice, notes: Sequence[CreditNote], amount: Money) -> list[LineCredit]:
    """An amount of what the lines come to after discounts, shared out over what is left of each."""
    refuse_if_voided(invoice, notes)
    credited = credited_so_far(invoice, notes)
    whole = discounted_amounts([line.amount for line in invoice.draft.lines], invoice.draft.reckoning.discounts)
    left = [max((each - off).minor, 0) for each, off in zip(whole, credited.amounts, strict=True)]
    if amount.minor <= 0:
        raise Refused("An amount to credit is more than 0.", field="amount")
    if amount.minor > sum(left):
        most = Money(sum(left), amount.currency)
        raise Refused(f"{invoice.number} has {most} left to credit before taxes, not {amount}.", field="amount")
    parts = spread(amount, [Fraction(minor * amount.minor, sum(left) * 10**amount.currency.minor_digits)
                            for minor in left])  # fmt: skip
    asked: list[LineCredit] = []
    for number, (part, line, all_of_it, rest) in enumerate(
        zip(parts, invoice.draft.lines, whole, left, strict=True), start=1
    ):
        if not part:
            continue
        if part.minor == rest:
            asked.append(LineCredit(number))
            continue
        # As much of the line's own amount as leaves this after the discounts' share.
        upto = Fraction((credited.amounts[number - 1] + part).amount) * Fraction(line.amount.minor, all_of_it.minor)
        asked.append(LineCredit(number, round_to_money(upto, part.currency) - credited.gross[number - 1]))
    return asked


def credit(
    invoice: Invoice,
    notes: Sequence[CreditNote],
    asked: Sequence[LineCredit],
    why: Why,
    *,
    allocated: Money,
    entity: LegalEntity,
    series: Series,
    now: datetime,
    voids: bool = False,
) -> CreditNote:
    """The note that takes this off an invoice; `notes` are those before it, `allocated` what payments paid of it.

    Several notes cancel an invoice to the cent and never exceed it: discounts' shares and taxes are worked out for all
    that is credited so far, less what the notes before took. The money comes off the unpaid part first, then goes back
    to the grants that paid, the last one first, and then what was paid becomes the customer's balance.
    """
    refuse_if_voided(invoice, notes)
    before = credited_so_far(invoice, notes)
    lines, after = _lines(invoice, before, asked)
    if not voids:
        lines = [line for line in lines if line.gross or line.amount]
    if not lines:
        raise Clash(f"Nothing is left of {invoice.number} to credit.")
    sequence = series.last + 1
    issued_at = now if series.last_issued_at is None else max(now, series.last_issued_at)
    note = CreditNote(
        credit_note_id=id_of("credit note", invoice.invoice_id, len(notes) + 1),
        invoice_id=invoice.invoice_id,
        customer_id=invoice.draft.customer_id,
        subscription_id=invoice.draft.subscription_id,
        currency=invoice.draft.currency,
        entity_key=invoice.entity_key,
        sequence=sequence,
        number=credit_note_number(entity, sequence),
        issued_at=issued_at,
        issued_on=local_date(issued_at, in_zone=entity.in_zone),
        kind=why.kind,
        reason=why.reason,
        by=why.by,
        lines=tuple(lines),
        discounts=_discounts(invoice, notes, lines, after),
        taxes=taxes_of_note(invoice, notes, lines, after.amounts, whole=_whole(invoice, after)),
        tax_included=invoice.draft.reckoning.tax_included,
        voids=voids,
    )
    _refuse_more_than_there_is(invoice, notes, note)
    return _with_its_money(invoice, notes, note, allocated=allocated)


def open_of(invoice: Invoice, notes: Sequence[CreditNote], *, allocated: Money) -> Money:
    """What is left to pay of an invoice: what was due, less what notes took off it and payments paid."""
    credited = total([note.off_receivable for note in notes], in_currency=invoice.draft.currency)
    return invoice.due - credited - allocated


def refuse_if_voided(invoice: Invoice, notes: Sequence[CreditNote]) -> None:
    """Nothing is left of an invoice that is voided."""
    voiding = next((note for note in notes if note.voids), None)
    if voiding is not None:
        raise Clash(f"{invoice.number} is voided by {voiding.number} already.")


def _lines(invoice: Invoice, before: Credited, asked: Sequence[LineCredit]) -> tuple[list[CreditedLine], Credited]:
    """The note's lines, and what is off each line of the invoice with them."""
    lines = invoice.draft.lines
    charged = discounted_amounts([line.amount for line in lines], invoice.draft.reckoning.discounts)
    gross, amounts, units = list(before.gross), list(before.amounts), list(before.units)
    made: list[CreditedLine] = []
    if len({one.number for one in asked}) != len(asked):
        raise Refused("Each line can be named once on a credit note.", field="line")
    for one in sorted(asked, key=lambda one: one.number):
        if not 1 <= one.number <= len(lines):
            raise Refused(f"{invoice.number} has lines 1 to {len(lines)}; there is no line {one.number}.", field="line")
        at, line = one.number - 1, lines[one.number - 1]
        rest = line.amount - gross[at]
        off = rest if one.amount is None else one.amount
        # A line below zero gives less back; it is credited downwards.
        downwards = line.amount.minor < 0
        if (one.amount is not None and (off.minor < 0) != downwards and off) or abs(off.minor) > abs(rest.minor):
            raise Refused(
                f"Line {one.number} of {invoice.number} has {rest} left to credit, not {off}.", field="amount"
            )
        gross[at] += off
        units[at] = add(units[at], one.units or ZERO)
        is_whole = gross[at] == line.amount
        upto = charged[at] if is_whole else _share(charged[at], gross[at], line.amount)
        made.append(CreditedLine(one.number, off, upto - amounts[at], one.units))
        amounts[at] = upto
    return made, Credited(tuple(gross), tuple(amounts), tuple(units))


def _discounts(
    invoice: Invoice, notes: Sequence[CreditNote], lines: Sequence[CreditedLine], after: Credited
) -> tuple[Discount, ...]:
    """Each discount's share of what is credited so far, less what the notes before left out of it."""
    discounts = invoice.draft.reckoning.discounts
    if not discounts:
        return ()
    left_out: dict[tuple[int, int], Money] = {}
    for note in notes:
        for nth, discount in _matched(discounts, note):
            for line, amount in zip(note.lines, discount.amounts, strict=True):
                place = (nth, line.number)
                left_out[place] = left_out.get(place, zero(note.currency)) + amount
    by_line: list[Sequence[Money]] = []
    for line in lines:
        whole = invoice.draft.lines[line.number - 1].amount
        gross, amount = after.gross[line.number - 1], after.amounts[line.number - 1]
        own = [discount.amounts[line.number - 1] for discount in discounts]
        if gross == whole:
            upto: Sequence[Money] = own
        else:
            upto = spread(gross - amount, [Fraction(each.amount) * Fraction(gross.minor, whole.minor) for each in own])
        nothing = zero(whole.currency)
        by_line.append([upto[nth] - left_out.get((nth, line.number), nothing) for nth in range(len(discounts))])
    return tuple(
        replace(discount, amounts=tuple(shares[nth] for shares in by_line)) for nth, discount in enumerate(discounts)
    )


def _matched(discounts: Sequence[Discount], note: CreditNote) -> Sequence[tuple[int, Discount]]:
    """A note has the invoice's discounts in their order."""
    assert len(note.discounts) == len(discounts), f"{note.number} has all discounts of its invoice"
    return list(enumerate(note.discounts))


def _whole(invoice: Invoice, after: Credited) -> frozenset[int]:
    """The lines of which nothing is left, by number."""
    return frozenset(
        number
        for number, (line, gross) in enumerate(zip(invoice.draft.lines, after.gross, strict=True), start=1)
        if line.amount == gross
    )


def _share(of: Money, part: Money, whole: Money) -> Money:
    if not part:
        return zero(of.currency)
    return round_to_money(Fraction(of.amount) * Fraction(part.minor, whole.minor), of.currency)


def _refuse_more_than_there_is(invoice: Invoice, notes: Sequence[CreditNote], note: CreditNote) -> None:
    upto = total([one.total for one in (*notes, note)], in_currency=note.currency)
    sign = -1 if invoice.total.minor < 0 else 1
    if sign * upto.minor > sign * invoice.total.minor or sign * note.total.minor < 0:
        left = invoice.total - (upto - note.total)
        raise Refused(
            f"That comes to {note.total}, and {invoice.number} has {left} left to credit; lines below zero count with "
            "the others, so credit them together.",
            field="amount",
        )


def _with_its_money(invoice: Invoice, notes: Sequence[CreditNote], note: CreditNote, *, allocated: Money) -> CreditNote:
    """Off the unpaid part first, then back to the grants that paid, then out of what was paid."""
    unpaid = open_of(invoice, notes, allocated=allocated)
    rest = note.total - Money(max(0, min(note.total.minor, unpaid.minor)), note.currency)
    if note.total.minor < 0:
        return note
    back: list[CreditUse] = []
    returned = _returned(notes)
    for use in reversed(invoice.draft.reckoning.credits):
        left = use.amount - returned.get(use.grant_id, zero(note.currency))
        part = Money(min(left.minor, rest.minor), note.currency)
        if part:
            back.append(replace(use, amount=part))
            rest -= part
    assert 0 <= rest.minor <= max(0, allocated.minor), f"{note.number} frees {rest} of {allocated} paid"
    return replace(note, credits=tuple(back), freed=rest if rest else None)


def _returned(notes: Sequence[CreditNote]) -> dict[UUID, Money]:
    """What went back to each grant already."""
    returned: dict[UUID, Money] = {}
    for note in notes:
        for use in note.credits:
            returned[use.grant_id] = returned.get(use.grant_id, zero(note.currency)) + use.amount
    return returned
