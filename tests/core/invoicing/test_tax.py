"""A tax is worked out once for all lines of one rate and place, rounded once, and shared among those lines."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.invoicing.reckoning import TaxTreatment
from farthing.core.invoicing.tax import Levy, levy_of, taxes_on
from farthing.core.money import USD, Currency, Money, currency, round_to_money, total
from tests.core.core_values import currencies

VAT = Levy("vat", "VAT", "GB", Decimal("0.2"))
STATE = Levy("state", "State tax", "US-CA", Decimal("0.0725"))
CITY = Levy("city", "City tax", "US-CA", Decimal("0.0125"))
RATES = ("0.2", "0.19", "0.07", "0.055", "0.0725", "0.021", "0.333333", "1")


def usd(minor: int) -> Money:
    return Money(minor, USD)


def test_two_lines_at_one_rate_are_taxed_together_and_rounded_once() -> None:
    (tax,) = taxes_on([[VAT], [VAT]], [usd(6833), usd(6833)])
    assert tax.base == usd(13666)
    assert tax.amount == usd(2733)
    assert [line.amount.minor for line in tax.lines] == [1367, 1366]


def test_a_negative_base_rounds_half_away_from_zero() -> None:
    (tax,) = taxes_on([[Levy("vat", "VAT", "DE", Decimal("0.05"))]], [usd(-50)])
    assert tax.amount == usd(-3)


def test_a_credit_lowers_the_base_of_its_group() -> None:
    (tax,) = taxes_on([[VAT], [VAT]], [usd(10_000), usd(-4_000)])
    assert (tax.base, tax.amount) == (usd(6_000), usd(1_200))
    assert [line.amount.minor for line in tax.lines] == [2_000, -800]


def test_a_line_may_bear_several_taxes_and_none_is_taxed_itself() -> None:
    state, city = taxes_on([[STATE, CITY], [STATE]], [usd(10_000), usd(5_000)])
    assert (state.base, state.amount) == (usd(15_000), usd(1_088))
    assert (city.base, city.amount) == (usd(10_000), usd(125))


def test_rates_that_are_written_differently_are_one_group() -> None:
    taxes = taxes_on(
        [[Levy("vat", "VAT", "DE", Decimal("0.25"))], [Levy("vat", "VAT", "DE", Decimal("0.2500"))]], [usd(1), usd(1)]
    )
    assert [tax.base for tax in taxes] == [usd(2)]


def test_what_bears_no_tax_says_why_and_stands_in_a_group_of_its_own() -> None:
    reverse = Levy("vat", "VAT", "FR", Decimal(0), TaxTreatment.REVERSE_CHARGE, reason="Reverse charge.",
                   reason_code="VATEX-EU-AE")  # fmt: skip
    exempt = Levy("vat", "VAT", "FR", Decimal(0), TaxTreatment.EXEMPT, reason="Article 132.")
    taxes = taxes_on([[reverse], [exempt], [reverse]], [usd(100), usd(50), usd(1)])
    assert [(tax.category, tax.base.minor, tax.amount.minor, tax.reason_code) for tax in taxes] == [
        ("AE", 101, 0, "VATEX-EU-AE"),
        ("E", 50, 0, ""),
    ]


def test_a_tax_in_the_price_comes_out_of_the_sum_of_its_group() -> None:
    (tax,) = taxes_on([[VAT]] * 3, [usd(1_00)] * 3, included=True)
    assert (tax.amount, tax.base) == (usd(50), usd(250))
    assert [line.base.minor for line in tax.lines] == [84, 83, 83]
    assert [line.base + line.amount for line in tax.lines] == [usd(100)] * 3


def test_two_taxes_in_one_price_are_both_of_the_net() -> None:
    state, city = taxes_on([[STATE, CITY]], [usd(10_850)], included=True)
    assert (state.amount, city.amount) == (usd(725), usd(125))
    assert state.base == city.base == usd(10_000)


def test_a_tax_without_a_rate_leaves_a_price_that_includes_taxes_as_it_is() -> None:
    (tax,) = taxes_on([[Levy("vat", "VAT", "FR", Decimal(0), TaxTreatment.ZERO)]], [usd(1_000)], included=True)
    assert (tax.base, tax.amount) == (usd(1_000), usd(0))


def test_what_is_not_standard_has_no_rate() -> None:
    with pytest.raises(AssertionError, match="reverse_charge"):
        Levy("vat", "VAT", "FR", Decimal("0.2"), TaxTreatment.REVERSE_CHARGE)


def test_yen_have_no_cents() -> None:
    yen = currency("JPY")
    (tax,) = taxes_on([[Levy("ct", "CT", "JP", Decimal("0.1"))]] * 2, [Money(105, yen), Money(110, yen)])
    assert tax.amount == Money(22, yen)


levies = st.builds(
    lambda place, rate: Levy("vat", "VAT", place, Decimal(rate)), st.sampled_from(["DE", "FR"]), st.sampled_from(RATES)
)


@st.composite
def borne(draw: st.DrawFn) -> tuple[list[list[Levy]], list[Money], Currency]:
    of = draw(currencies)
    minors = draw(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=8))
    on = [draw(st.lists(levies, max_size=2, unique=True)) for _ in minors]
    return on, [Money(minor, of) for minor in minors], of


@given(borne())
def test_each_tax_is_its_base_times_its_rate_rounded_once(
    given_: tuple[list[list[Levy]], list[Money], Currency],
) -> None:
    on, left, of = given_
    taxes = taxes_on(on, left)
    assert {levy_of(tax) for tax in taxes} == {levy for line in on for levy in line}
    for tax in taxes:
        assert tax.amount == round_to_money(Fraction(tax.base.amount) * Fraction(tax.rate), of)
        for line in tax.lines:
            assert line.base == left[line.number - 1]
            # Nobody's share is off by more than the group's rounding and a unit of its own.
            exact = Fraction(line.base.minor) * Fraction(tax.rate)
            assert abs(line.amount.minor - exact) < 1 + Fraction(1, 2)


@given(borne())
def test_what_is_taken_out_of_prices_and_what_is_left_are_the_prices(
    given_: tuple[list[list[Levy]], list[Money], Currency],
) -> None:
    on, left, of = given_
    taxes = taxes_on(on, left, included=True)
    for number, (gross, line_bears) in enumerate(zip(left, on, strict=True), start=1):
        own = [line for tax in taxes for line in tax.lines if line.number == number]
        assert len(own) == len(line_bears)
        for line in own:
            assert line.base + total([one.amount for one in own], in_currency=of) == gross
    for tax in taxes:
        alone = all(len(on[line.number - 1]) == 1 for line in tax.lines)
        if alone:
            gross = sum(left[line.number - 1].minor for line in tax.lines)
            exact = Fraction(gross) * Fraction(tax.rate) / (1 + Fraction(tax.rate))
            assert abs(tax.amount.minor - exact) <= Fraction(1, 2)


@given(borne(), st.randoms(use_true_random=False))
def test_the_order_of_lines_does_not_change_what_is_owed(
    given_: tuple[list[list[Levy]], list[Money], Currency], chance: object
) -> None:
    on, left, _ = given_
    order = list(range(len(left)))
    chance.shuffle(order)  # type: ignore[attr-defined]
    for included in (False, True):
        one = {levy_of(tax): tax.amount for tax in taxes_on(on, left, included=included)}
        other = {
            levy_of(tax): tax.amount
            for tax in taxes_on([on[i] for i in order], [left[i] for i in order], included=included)
        }
        assert one == other


@given(borne())
def test_a_full_credit_takes_back_exactly_what_was_charged(
    given_: tuple[list[list[Levy]], list[Money], Currency],
) -> None:
    on, left, _ = given_
    for included in (False, True):
        charged = taxes_on(on, left, included=included)
        back = taxes_on(on, [-amount for amount in left], included=included)
        assert [-tax.amount for tax in charged] == [tax.amount for tax in back]
