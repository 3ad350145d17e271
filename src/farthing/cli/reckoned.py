"""What stands below an invoice's lines: discounts, taxes, the total, prepaid credit, and what is left to pay."""

from collections.abc import Iterator

from farthing.cli.say import amount
from farthing.cli.tax_words import tax_name, tax_reason
from farthing.core.invoicing.invoice import Draft


def reckoned_rows(draft: Draft) -> Iterator[tuple[str, str]]:
    """A label and an amount for each; only the total where there is nothing else to say."""
    reckoning = draft.reckoning
    if reckoning.discounts or reckoning.taxes:
        yield "Subtotal", amount(draft.subtotal)
    for discount in reckoning.discounts:
        yield discount.name, amount(-discount.amount)
    for tax in reckoning.taxes:
        within = "in it: " if reckoning.tax_included else ""
        yield f"{within}{tax_name(tax)} on {amount(tax.base)}{tax_reason(tax)}", amount(tax.amount)
    yield "Total", amount(draft.total)
    for use in reckoning.credits:
        yield f"Paid by {use.name}", amount(-use.amount)
    if reckoning.credits:
        yield "Left to pay", amount(draft.due)
