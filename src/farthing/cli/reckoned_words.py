"""What lies between an invoice's lines and what is due, row by row: discounts, taxes, prepaid credit."""

from __future__ import annotations

from farthing.cli.say import amount, grouped
from farthing.core.invoicing.invoice import Draft
from farthing.core.invoicing.reckoning import NOTHING, Tax


def reckoned_rows(draft: Draft) -> list[tuple[str, str]]:
    """A name and an amount each, from the sum of the lines to what is due; the total where there is no more."""
    reckoning, currency = draft.reckoning, draft.currency
    total = (f"Total ({currency})", amount(draft.total))
    if reckoning == NOTHING:
        return [total]
    rows = [(f"Subtotal ({currency})", amount(draft.subtotal))]
    rows += [(discount.name, amount(-discount.amount)) for discount in reckoning.discounts]
    if not reckoning.tax_included:
        rows += [(_tax_name(tax), amount(tax.amount)) for tax in reckoning.taxes]
    rows.append(total)
    if reckoning.tax_included:
        rows += [(f"{_tax_name(tax)} included", amount(tax.amount)) for tax in reckoning.taxes]
    if reckoning.credits:
        rows += [(use.name, amount(-use.amount)) for use in reckoning.credits]
        rows.append((f"Due ({currency})", amount(draft.due)))
    return rows


def _tax_name(tax: Tax) -> str:
    on = f" on {amount(tax.base)}"
    because = f" ({tax.reason})" if tax.reason else ""
    return f"{tax.name} {grouped(tax.rate * 100)} %{on}{because}"
