"""What stands below an invoice's lines in the terminal."""

from collections.abc import Iterator

from farthing.cli.say import amount
from farthing.core.invoicing.below_lines import below_lines
from farthing.core.invoicing.invoice import Draft


def reckoned_rows(draft: Draft) -> Iterator[tuple[str, str]]:
    """A label and an amount for each; only the total where there is nothing else to say."""
    for label, money in below_lines(draft, written=amount).rows:
        yield label, amount(money)
