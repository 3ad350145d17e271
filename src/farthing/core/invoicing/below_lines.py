"""What stands below an invoice's lines, in words: discounts, taxes, the total, prepaid credit, what is left to pay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from farthing.core.invoicing.invoice import Draft
from farthing.core.invoicing.reckoning import Tax, TaxTreatment
from farthing.core.invoicing.tax_terms import percent_of
from farthing.core.money import Money
from farthing.core.saying import ENGLISH, Words, message

_TREATMENTS = {
    TaxTreatment.ZERO: message("zero"),
    TaxTreatment.EXEMPT: message("exempt"),
    TaxTreatment.REVERSE_CHARGE: message("reverse charge"),
    TaxTreatment.OUTSIDE: message("outside"),
}
# A label and an amount.
Row = tuple[str, Money]


@dataclass(frozen=True, slots=True)
class BelowLines:
    """What comes before the total, the total, and what comes after it; only the total where nothing else is said."""

    before: tuple[Row, ...]
    total: Row
    after: tuple[Row, ...]

    @property
    def rows(self) -> tuple[Row, ...]:
        """All of it in order."""
        return (*self.before, self.total, *self.after)


def below_lines(draft: Draft, *, written: Callable[[Money], str], words: Words = ENGLISH) -> BelowLines:
    """All that lies between the lines and what is due; `written` writes an amount within a label."""
    reckoning = draft.reckoning
    before: list[Row] = []
    if reckoning.discounts or reckoning.taxes:
        before.append((words.say("Subtotal"), draft.subtotal))
    before += [(discount.name, -discount.amount) for discount in reckoning.discounts]
    for tax in reckoning.taxes:
        before.append((tax_label(tax, within=reckoning.tax_included, written=written, words=words), tax.amount))
    after: list[Row] = [(words.say("Paid by {name}", name=use.name), -use.amount) for use in reckoning.credits]
    if after:
        after.append((words.say("Left to pay"), draft.due))
    return BelowLines(tuple(before), (words.say("Total"), draft.total), tuple(after))


def tax_label(tax: Tax, *, within: bool, written: Callable[[Money], str], words: Words = ENGLISH) -> str:
    """A tax with what it is on, and why none or less is due; `within` says that the amounts hold it already."""
    said = message("in it: {tax} on {base}") if within else message("{tax} on {base}")
    return f"{words.say(said, tax=tax_name(tax, words), base=written(tax.base))}{tax_reason(tax)}"


def tax_name(tax: Tax, words: Words = ENGLISH) -> str:
    """A tax with its rate and place, or how it stands to the supply."""
    place = f" ({tax.jurisdiction})" if tax.jurisdiction else ""
    if tax.treatment is TaxTreatment.STANDARD:
        return f"{tax.name} {percent_of(tax.rate)} %{place}"
    return f"{tax.name}, {words.say(_TREATMENTS[tax.treatment])}{place}"


def tax_reason(tax: Tax) -> str:
    """Why none, or less, is due, with its code, to follow the name; nothing where there is nothing to say."""
    said = [part for part in (tax.reason, tax.reason_code) if part]
    return f" ({'; '.join(said)})" if said else ""
