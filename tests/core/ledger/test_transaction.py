"""The ledger: what is taken from one account is put into another, in each currency."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.ids import id_of
from farthing.core.ledger.transaction import Account, Posting, Transaction, TransactionKind
from farthing.core.money import Currency, Money, currency
from tests.core.core_values import ACME, USD, currencies

ABOUT = id_of("invoice", 1)
postings = st.lists(
    st.tuples(st.sampled_from(list(Account)), st.integers(-(10**12), 10**12), currencies), min_size=1, max_size=8
)


def _transaction(rows: list[tuple[Account, int, Currency]]) -> Transaction:
    return Transaction(
        transaction_id=id_of("transaction", ABOUT),
        kind=TransactionKind.INVOICE,
        about=ABOUT,
        booked_on=date(2026, 2, 1),
        postings=tuple(Posting(account, ACME, ABOUT, Money(minor, of)) for account, minor, of in rows),
        entity_key="main",
    )


@given(postings)
def test_a_transaction_exists_only_when_it_sums_to_zero_in_each_currency(
    rows: list[tuple[Account, int, Currency]],
) -> None:
    """INV-01"""
    sums: dict[Currency, int] = {}
    for _, minor, of in rows:
        sums[of] = sums.get(of, 0) + minor
    balanced = rows + [(Account.REVENUE, -off, of) for of, off in sums.items()]
    assert len(_transaction(balanced).postings) == len(balanced)
    account, minor, of = balanced[0]
    with pytest.raises(AssertionError, match="is off by"):
        _transaction([(account, minor + 1, of), *balanced[1:]])


def test_two_currencies_do_not_balance_each_other() -> None:
    with pytest.raises(AssertionError, match="is off by"):
        _transaction([(Account.RECEIVABLE, 100, USD), (Account.REVENUE, -100, currency("EUR"))])
