"""Numbers and dates as people read them: every digit, in groups."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from farthing.core.money import Money, currency
from farthing.documents.display import amount, exact, number

DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, places=18, min_value=-(10**19), max_value=10**19)


@given(DECIMALS, DECIMALS)
def test_a_number_read_back_is_the_number(one: Decimal, other: Decimal) -> None:
    with localcontext(prec=100):
        for value in (one, one * other):
            assert Decimal(number(value).replace(",", "")) == value


@given(st.integers(-(10**30), 10**30), st.sampled_from(["USD", "JPY", "KWD", "IQD", "CLF"]))
def test_an_amount_read_back_is_the_amount(minor: int, code: str) -> None:
    money = Money(minor, currency(code))
    written = amount(money)
    assert Decimal(written.replace(",", "")) == money.amount
    assert len(written.partition(".")[2]) == money.currency.minor_digits


@given(st.fractions(min_value=-(10**9), max_value=10**9))
def test_an_exact_amount_is_the_amount_or_is_cut_off_towards_zero(value: Fraction) -> None:
    written = exact(value, currency("USD"))
    read = Fraction(written.removesuffix("…").replace(",", ""))
    if written.endswith("…"):
        assert abs(read) <= abs(value)
        assert abs(value - read) < Fraction(1, 10**6)
    else:
        assert read == value
