"""What a story expects of an invoice or a balance: money is compared as money, and numbers as numbers."""

from __future__ import annotations

from collections.abc import Sequence

from farthing.core.invoicing.invoice import Draft
from farthing.core.money import Money, exact_decimal, plain
from farthing.core.rating.line import Line
from farthing.core.refused import Refused


class Unmet(Exception):
    """A story expected one thing and another happened."""

    def __init__(self, *, expected: str, happened: str) -> None:
        super().__init__(f"expected {expected}; happened: {happened}")
        self.expected = expected
        self.happened = happened


def expect_money(written: Sequence[str], found: Money) -> None:
    """The amount and the currency are those that were written; 30 is 30.00."""
    if not _is_money(written, found):
        raise Unmet(expected=" ".join(written), happened=str(found))


def expect_drafts(written: Sequence[str], below: Sequence[str], drafts: Sequence[Draft]) -> None:
    """The one draft comes to what was written, by the lines below if there are any; else all its lines are told."""
    lines = [line for draft in drafts for line in draft.lines]
    told = " / ".join(_told(line) for line in lines)
    if len(drafts) != 1 or not _is_money(written, drafts[0].total):
        totals = ", ".join(str(draft.total) for draft in drafts)
        raise Unmet(expected=" ".join(written), happened=f"{totals}: {told or 'no lines'}")
    expect_lines(below, lines)


def expect_lines(below: Sequence[str], lines: Sequence[Line]) -> None:
    """The lines are those that were written, if any were."""
    if below and not (len(below) == len(lines) and all(map(_is_line, below, lines))):
        raise Unmet(expected=" / ".join(below), happened=" / ".join(map(_told, lines)) or "no lines")


def _is_money(written: Sequence[str], found: Money) -> bool:
    """Whether `AMOUNT CURRENCY` is this money."""
    match written:
        case [amount, code]:
            return code == found.currency.code and _same(amount, f"{found.amount:f}")
    return False


def _is_line(written: str, line: Line) -> bool:
    """Whether `PRICE QUANTITY AMOUNT` is this line."""
    match written.split():
        case [key, quantity, amount]:
            return (
                key == line.price_key
                and _same(quantity, plain(line.quantity))
                and _same(amount, f"{line.amount.amount:f}")
            )
    return False


def _told(line: Line) -> str:
    return f"{line.price_key} {plain(line.quantity)} {line.amount.amount:f}"


def _same(written: str, found: str) -> bool:
    """Whether two numbers are one, however they are written; a quantity of thirds is written 23/3.

    >>> _same("30", "30.00"), _same("23/3", "23/3"), _same("30.01", "30.00"), _same("much", "30.00")
    (True, True, False, False)
    """
    if written == found:
        return True
    try:
        return exact_decimal(written) == exact_decimal(found)
    except Refused:
        return False
