"""The journal as plain text that Beancount and hledger read: every account declared, every amount exact."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from farthing.core.ledger.chart import AccountName, Chart, Side
from farthing.core.ledger.transaction import Account
from farthing.core.money import Currency, Money


class Format(StrEnum):
    """Which program reads it."""

    BEANCOUNT = "beancount"
    HLEDGER = "hledger"


@dataclass(frozen=True, slots=True)
class Entry:
    """A transaction as it is told outside: whom it concerns, what it is, and what it puts on which account."""

    day: date
    code: str
    payee: str
    narration: str
    reference: str
    rows: Sequence[tuple[Account, Money]]
    customer: str = ""


@dataclass(frozen=True, slots=True)
class Declared:
    """What a file declares before its entries: its title, the day on which accounts open, and the currencies used."""

    title: str
    since: date
    currencies: Sequence[Currency]


def written(form: Format, declared: Declared, entries: Iterable[Entry], chart: Chart) -> Iterator[str]:
    """The file, line by line. Every account of the chart is declared, whether it is used or not."""
    if form is Format.BEANCOUNT:
        yield from _beancount(declared, entries, chart)
    else:
        yield from _hledger(declared, entries, chart)


# Beancount -----------------------------------------------------------------------------------------------------------

_NOT_IN_A_PART = re.compile(r"[^\w]+|_")


def _beancount(declared: Declared, entries: Iterable[Entry], chart: Chart) -> Iterator[str]:
    yield f"option {_quoted('title')} {_quoted(declared.title)}"
    for one in declared.currencies:
        yield f"option {_quoted('operating_currency')} {_quoted(one.code)}"
    yield ""
    for one in declared.currencies:
        yield f"{declared.since} commodity {one.code}"
    for name in chart.values():
        yield f"{declared.since} open {_beancount_account(name)}"
    for entry in entries:
        yield ""
        yield f"{entry.day} * {_quoted(entry.payee)} {_quoted(entry.narration)}"
        yield f"  kind: {_quoted(entry.code)}"
        yield f"  reference: {_quoted(entry.reference)}"
        if entry.customer:
            yield f"  customer: {_quoted(entry.customer)}"
        for account, money in entry.rows:
            yield f"  {_beancount_account(chart[account])}  {_amount(money)}"


def _beancount_account(name: AccountName) -> str:
    """Beancount's names are parts of letters, digits and dashes that begin with a capital letter or a digit.

    >>> _beancount_account(AccountName(Side.INCOME, "84.00", "Erlöse 19 % (Inland)"))
    'Income:84-00-Erlöse-19-Inland'
    """
    part = _NOT_IN_A_PART.sub("-", name.numbered).strip("-")
    return f"{name.side.value.title()}:{part[0].upper()}{part[1:]}"


def _quoted(text: str) -> str:
    r"""Text between quotes, on one line.

    >>> print(_quoted('Bob "the\nbuilder" \\ Sons'))
    "Bob \"the builder\" \\ Sons"
    """
    escaped = _on_one_line(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


# hledger -------------------------------------------------------------------------------------------------------------

_TYPES = {Side.ASSETS: "A", Side.LIABILITIES: "L", Side.INCOME: "R", Side.EXPENSES: "X", Side.EQUITY: "E"}


def _hledger(declared: Declared, entries: Iterable[Entry], chart: Chart) -> Iterator[str]:
    yield f"; {_on_one_line(declared.title)}"
    yield ""
    for one in declared.currencies:
        # A whole number is told from one with its thousands parted by the mark behind it.
        digits = f"1000.{'0' * one.minor_digits}"
        yield f"commodity {digits} {one.code}"
    for name in chart.values():
        yield f"account {_hledger_account(name)}  ; type:{_TYPES[name.side]}"
    for entry in entries:
        yield ""
        described = f"{_described(entry.payee)} | {_described(entry.narration)}"
        yield f"{entry.day} * ({entry.code}) {described}"
        of_customer = f", customer:{entry.customer}" if entry.customer else ""
        yield f"    ; reference:{entry.reference}{of_customer}"
        for account, money in entry.rows:
            yield f"    {_hledger_account(chart[account])}  {_amount(money)}"


def _hledger_account(name: AccountName) -> str:
    """hledger's names end at two spaces, have their parts between colons, and begin no comment.

    >>> _hledger_account(AccountName(Side.ASSETS, "1200", "Due:  from  customers; all"))
    'assets:1200 Due from customers all'
    """
    return f"{name.side.value}:{' '.join(re.sub('[:;]', ' ', name.numbered).split())}"


def _described(text: str) -> str:
    """A description ends where a comment begins, and a bar parts who from what.

    >>> _described("Ltd; Sons | Co")
    'Ltd, Sons / Co'
    """
    return " ".join(_on_one_line(text).replace(";", ",").replace("|", "/").split())


# Both ----------------------------------------------------------------------------------------------------------------


def _amount(money: Money) -> str:
    return f"{money.amount:f} {money.currency.code}"


def _on_one_line(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)
