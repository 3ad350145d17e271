"""What comes before a shape and after it: conversion, included units, discount, minimum and maximum."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.exact import Exact, Rounding
from farthing.core.pricing.modifiers import Discount, ModificationKind, Modifiers
from farthing.core.pricing.transform import Conversion, Transform
from farthing.core.refused import Refused
from tests.core.core_values import unit_prices
from tests.core.pricing.any_prices import any_quantity, sizes

percents = st.integers(0, 100).map(Decimal)
shares = st.fractions(min_value=0, max_value=1)
discounts = st.one_of(
    st.none(), percents.map(lambda percent: Discount(percent)), unit_prices.map(lambda fee: Discount(amount=fee))
)


@st.composite
def modifiers(draw: st.DrawFn) -> Modifiers:
    """Any modifiers."""
    least, most = sorted([draw(unit_prices), draw(unit_prices)])
    return Modifiers(draw(discounts), draw(st.sampled_from([None, least])), draw(st.sampled_from([None, most])))


@given(modifiers(), any_quantity, shares)
def test_the_amount_ends_between_minimum_and_maximum_of_the_share(
    given: Modifiers, exact: Exact, share: Fraction
) -> None:
    after = Fraction(given.modified(exact, share))
    assert after == Fraction(exact) + sum(Fraction(done.exact) for done in given.applied(exact, share))
    if given.minimum is not None:
        assert after >= Fraction(given.minimum) * share
    if given.maximum is not None:
        assert after <= Fraction(given.maximum) * share
    kinds = [done.kind for done in given.applied(exact, share)]
    assert kinds == [kind for kind in ModificationKind if kind in kinds]
    assert all(done.exact for done in given.applied(exact, share))


@given(discounts.filter(bool), any_quantity, shares)
def test_a_discount_never_takes_more_than_there_is_and_nothing_of_a_debt(
    discount: Discount, exact: Exact, share: Fraction
) -> None:
    after = Fraction(Modifiers(discount).modified(exact, share))
    assert min(Fraction(exact), Fraction(0)) <= after <= Fraction(exact)
    if exact <= 0:
        assert after == exact
    elif discount.percent is not None:
        assert after == Fraction(exact) * (100 - Fraction(discount.percent)) / 100


@pytest.mark.parametrize(
    ("modifiers", "exact", "share", "owed"),
    [
        (Modifiers(Discount(percent=Decimal(10)), Decimal(50), Decimal(80)), "60", "1", "54"),
        (Modifiers(Discount(percent=Decimal(10)), Decimal(50), Decimal(80)), "51", "1", "50"),
        (Modifiers(Discount(percent=Decimal(10)), Decimal(50), Decimal(80)), "1000", "1", "80"),
        (Modifiers(Discount(percent=Decimal(10)), Decimal(50), Decimal(80)), "1000", "1/2", "40"),
        (Modifiers(Discount(amount=Decimal(5))), "3", "1", "0"),
        (Modifiers(Discount(amount=Decimal(5))), "30", "1/2", "27.5"),
        (Modifiers(Discount(amount=Decimal(5))), "-30", "1", "-30"),
        (Modifiers(minimum=Decimal(10)), "-30", "1", "10"),
        (Modifiers(), "30", "1", "30"),
    ],
)
def test_known_modifications(modifiers: Modifiers, exact: str, share: str, owed: str) -> None:
    assert modifiers.modified(Decimal(exact), Fraction(share)) == Fraction(owed)


@given(any_quantity, sizes)
def test_included_units_are_taken_off_what_is_above_zero(quantity: Exact, included: Decimal) -> None:
    left = Transform(included=included).apply(quantity)
    assert left == (quantity if quantity < 0 else max(Fraction(quantity) - Fraction(included), Fraction(0)))


@given(any_quantity, sizes, st.sampled_from(Rounding), st.integers(-3, 6))
def test_dividing_is_multiplying_by_the_inverse_and_rounding_stays_within_a_digit(
    quantity: Exact, factor: Decimal, how: Rounding, precision: int
) -> None:
    converted = Conversion(factor, rounding=how, precision=precision).apply(quantity)
    exact = Fraction(quantity) / Fraction(factor)
    assert Conversion(factor, divides=False).apply(Conversion(factor).apply(quantity)) == quantity
    digit = Fraction(10) ** -precision
    match how:
        case Rounding.NONE:
            assert converted == exact
        case Rounding.CEIL:
            assert 0 <= Fraction(converted) - exact < digit
        case Rounding.FLOOR:
            assert 0 <= exact - Fraction(converted) < digit
        case Rounding.HALF_UP:
            assert abs(Fraction(converted) - exact) <= digit / 2


def test_three_thirds_of_a_month_are_one_month() -> None:
    month = Conversion(Decimal(2592000), rounding=Rounding.FLOOR)
    assert Transform(month).apply(Decimal(3 * 864000)) == 1
    third = Conversion(Decimal(2592000)).apply(Decimal(864000))
    assert third == Fraction(1, 3)
    assert Conversion(Decimal(3), divides=False, rounding=Rounding.FLOOR).apply(third) == 1


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Conversion(Decimal(0)), "“divide_by” needs a number above 0; this one is 0"),
        (lambda: Conversion(Decimal(0), divides=False), "“multiply_by” needs a number above 0"),
        (lambda: Conversion(Decimal(1), precision=19), "is from -18 to 18, not 19"),
        (lambda: Transform(included=Decimal(-1)), "Included units may not be negative"),
        (lambda: Discount(), "either a percent or an amount"),
        (lambda: Discount(Decimal(1), Decimal(1)), "either a percent or an amount"),
        (lambda: Discount(Decimal(101)), "from 0 to 100 percent, not 101"),
        (lambda: Discount(amount=Decimal(-1)), "may not be negative"),
        (lambda: Modifiers(minimum=Decimal(-1)), "A minimum may not be negative"),
        (lambda: Modifiers(maximum=Decimal(-1)), "A maximum may not be negative"),
        (lambda: Modifiers(minimum=Decimal(2), maximum=Decimal(1)), "above the maximum of 1; swap them"),
    ],
)
def test_what_makes_no_sense_is_refused(make: object, says: str) -> None:
    assert callable(make)
    with pytest.raises(Refused) as refusal:
        make()
    assert says in refusal.value.sentence
    assert refusal.value.sentence.endswith(".")
