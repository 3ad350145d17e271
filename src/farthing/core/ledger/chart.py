"""The chart of accounts: the number and name under which a seller's accountant knows each account."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from farthing.core.ledger.transaction import Account
from farthing.core.refused import Refused

_NUMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z.-]{0,19}")


class Side(StrEnum):
    """What an account counts: what there is, what is owed to others, what was earned, what was lost, whose it is."""

    ASSETS = "assets"
    LIABILITIES = "liabilities"
    INCOME = "income"
    EXPENSES = "expenses"
    EQUITY = "equity"


@dataclass(frozen=True, slots=True)
class AccountName:
    """An account as it is told outside: its side is ours, its number and name are the seller's."""

    side: Side
    number: str
    name: str

    @property
    def numbered(self) -> str:
        """Number and name."""
        return f"{self.number} {self.name}"


Chart = Mapping[Account, AccountName]

CHART: Chart = {
    Account.CASH: AccountName(Side.ASSETS, "1000", "Cash"),
    Account.RECEIVABLE: AccountName(Side.ASSETS, "1200", "Receivables"),
    Account.ACCRUED_RECEIVABLE: AccountName(Side.ASSETS, "1250", "Accrued Receivables"),
    Account.DEFERRED_REVENUE: AccountName(Side.LIABILITIES, "2100", "Deferred Revenue"),
    Account.PREPAID_CREDIT: AccountName(Side.LIABILITIES, "2150", "Prepaid Credit"),
    Account.CUSTOMER_BALANCE: AccountName(Side.LIABILITIES, "2160", "Customer Balances"),
    Account.TAX_PAYABLE: AccountName(Side.LIABILITIES, "2200", "Taxes Payable"),
    Account.OPENING: AccountName(Side.EQUITY, "3000", "Opening Balances"),
    Account.REVENUE: AccountName(Side.INCOME, "4000", "Revenue"),
    Account.ACCRUED_REVENUE: AccountName(Side.INCOME, "4050", "Accrued Revenue"),
    Account.PROMOTIONAL_CREDIT: AccountName(Side.INCOME, "4100", "Promotional Credit"),
    Account.BREAKAGE: AccountName(Side.INCOME, "4200", "Breakage"),
    Account.BAD_DEBT: AccountName(Side.EXPENSES, "6000", "Bad Debt"),
}


def chart_from(mapped: object) -> Chart:
    """Our chart with a seller's own numbers and names, given as plain data: {account: {number, name}}.

    >>> chart_from({"revenue": {"number": 8400, "name": "Erlöse 19 %"}})[Account.REVENUE].numbered
    '8400 Erlöse 19 %'
    """
    if not isinstance(mapped, Mapping):
        raise Refused(
            "A chart of accounts maps our accounts to numbers and names: revenue: {number: 4000, name: Sales}."
        )
    chart = dict(CHART)
    for key, given in mapped.items():
        account = _account(key)
        if not isinstance(given, Mapping) or not given or set(given) - {"number", "name"}:
            raise Refused(
                f"“{account}” needs a number, a name or both, as in {{number: 4000, name: Sales}}.", field=key
            )
        own = chart[account]
        chart[account] = AccountName(
            own.side, _number(given.get("number", own.number), account), _name(given.get("name", own.name), account)
        )
    seen: dict[str, Account] = {}
    for account, name in chart.items():
        if name.number in seen:
            raise Refused(
                f"“{account}” and “{seen[name.number]}” both have the number {name.number}; give each its own."
            )
        seen[name.number] = account
    return chart


def _account(key: Any) -> Account:
    try:
        return Account(key)
    except ValueError:
        known = ", ".join(account.value for account in CHART)
        raise Refused(f"There is no account “{str(key)[:40]}”; there are: {known}.") from None


def _number(written: object, account: Account) -> str:
    text = str(written) if isinstance(written, int | str) and not isinstance(written, bool) else ""
    if not _NUMBER.fullmatch(text):
        raise Refused(f"The number of “{account}” is up to 20 letters, digits, dots and dashes; write it like 4000.")
    return text


def _name(written: object, account: Account) -> str:
    if not isinstance(written, str) or not written.strip() or len(written) > 80 or not written.isprintable():
        raise Refused(f"The name of “{account}” is text of at most 80 characters on one line.")
    return written.strip()
