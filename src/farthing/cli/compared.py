"""Two sandboxes side by side, as text: what each customer was billed in both, and the lines that differ."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from fractions import Fraction

from farthing.cli.bill_words import local_days
from farthing.cli.say import amount, counted, instant, showable, table
from farthing.cli.text_bars import text_bars
from farthing.core.comparing import Both, ComparedBill, ComparedLine
from farthing.core.exact import Exact
from farthing.core.money import Money
from farthing.core.period import local_date
from farthing.core.rating.written import digits_and_fraction
from farthing.usecases.compare_sandboxes import Compared

_BAR = 24


def compared_lines(compared: Compared, *, whole: bool = False) -> list[str]:
    """What a terminal shows: the bills that differ (or all), then each customer, then the totals with a bar each."""
    names = (compared.left.name, compared.right.name)
    comparison = compared.comparison
    head = [showable(f"{name}: it is {instant(at)} there") for name, at in zip(names, compared.times, strict=True)]
    shown = comparison.bills if whole else comparison.differing
    if not shown:
        same = counted(len(comparison.bills), "bill")
        return [*head, f"Nothing differs in {same}." if comparison.bills else "Neither has an invoice yet."]
    rows = [["CUSTOMER", "BILLED ON", "", *names, "DIFFERENCE", ""]]
    for bill in shown:
        rows += _bill(bill)
    lines = [*head, "", table(rows, right=[3, 4, 5])]
    others = len(comparison.bills) - len(shown)
    if others:
        lines.append(f"{counted(others, 'more bill is', 'more bills are')} the same in both; --all shows them.")
    changed = {key: [both for both in totals if both.difference] for key, totals in comparison.of_customers().items()}
    per_customer = [["In all", *names, "DIFFERENCE", ""]] + [
        _totals(key, both) for key, totals in changed.items() for both in totals
    ]
    per_customer += [_totals("Everyone", both) for both in comparison.totals]
    lines += ["", table(per_customer, right=[1, 2, 3])]
    for of in (both.currency for both in comparison.totals):
        lines += ["", *_by_month([bill for bill in comparison.bills if bill.totals.currency == of], names)]
    return lines


def _bill(bill: ComparedBill) -> list[list[str]]:
    totals, code = bill.totals, bill.totals.currency.code
    day = str(local_date(bill.at, in_zone=bill.in_zone))
    rows = [[bill.customer_key, day, "", *_amounts(totals), code]]
    for line in bill.lines:
        about = f"{line.name}, {local_days(line.period, bill.in_zone)}{_quantities(line)}"
        rows.append(["", "", about, *_amounts(line.amounts), ""])
    if bill.beside:
        rows.append(["", "", "beside the lines, such as tax", "", "", _signed(bill.beside), ""])
    return rows


def _totals(who: str, both: Both) -> list[str]:
    return [who, *_amounts(both), both.currency.code]


def _amounts(both: Both) -> list[str]:
    return ["-" if side is None else amount(side) for side in (both.left, both.right)] + [_signed(both.difference)]


def _quantities(line: ComparedLine) -> str:
    left, right = line.quantities
    if left == right:
        return ""
    return f", {_quantity(left)} / {_quantity(right)}"


def _quantity(quantity: Exact | None) -> str:
    return "-" if quantity is None else digits_and_fraction(quantity)


def _signed(money: Money) -> str:
    return f"+{amount(money)}" if money.minor > 0 else amount(money)


def _by_month(bills: Sequence[ComparedBill], names: Sequence[str]) -> list[str]:
    """A bar for each side of each month, all from one zero."""
    code = bills[0].totals.currency.code
    months: dict[str, list[int]] = {}
    for bill in sorted(bills, key=lambda bill: bill.at):
        sums = months.setdefault(f"{local_date(bill.at, in_zone=bill.in_zone):%Y-%m}", [0, 0])
        for side, total in enumerate((bill.totals.left, bill.totals.right)):
            sums[side] += 0 if total is None else total.minor
    flat = [minor for sums in months.values() for minor in sums]
    bars = text_bars([Fraction(minor) for minor in flat], width=_BAR, plain=_plain())
    labels = [[month if side == 0 else "", names[side]] for month in months for side in (0, 1)]
    of = bills[0].totals.currency
    rows = [[*label, bar, amount(Money(minor, of))] for label, bar, minor in zip(labels, bars, flat, strict=True)]
    return [f"Billed by month ({code})", table(rows, right=[3], indent="  ")]


def _plain() -> bool:
    try:
        "█▏".encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return True
    return False
