"""Price shapes: what a quantity costs, as laws for any tiers and as figures one can check by hand."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.pricing.flat import Flat
from farthing.core.pricing.graduated import Graduated, Tier
from farthing.core.pricing.per_unit import PerUnit
from farthing.core.pricing.plan import Shape
from farthing.core.refused import Refused
from tests.core.core_values import graduated, quantities, unit_prices


def cost(shape: Shape, quantity: Decimal) -> Fraction:
    """What the steps come to."""
    return sum((Fraction(step.exact) for step in shape.steps(quantity)), start=Fraction(0))


def tiers(*rows: tuple[str | None, str, str]) -> Graduated:
    """Graduated from (up_to, unit, flat)."""
    return Graduated(
        tuple(
            Tier(None if up_to is None else Decimal(up_to), Decimal(unit), Decimal(flat)) for up_to, unit, flat in rows
        )
    )


@given(graduated(), quantities)
def test_steps_add_up_to_the_quantity_and_fill_the_tiers_from_below(price: Graduated, quantity: Decimal) -> None:
    steps = price.steps(quantity)
    assert sum(Fraction(step.units) for step in steps) == Fraction(quantity)
    for step, tier in zip(steps, price.tiers, strict=False):
        assert (step.unit_price, step.flat, step.up_to) == (tier.unit, tier.flat, tier.up_to)
    for full, tier in zip(steps[:-1], price.tiers, strict=False):
        assert full.above is not None
        assert tier.up_to is not None
        assert Fraction(full.above) + Fraction(full.units) == Fraction(tier.up_to)
    if quantity > 0:
        assert all(step.units > 0 for step in steps)


@given(graduated(), quantities)
def test_a_graduated_price_is_what_its_definition_says(price: Graduated, quantity: Decimal) -> None:
    """Worked out the other way round: for each tier, how much of the quantity lies in it."""
    expected, below = Fraction(0), Fraction(0)
    for number, tier in enumerate(price.tiers):
        top = Fraction(quantity) if tier.up_to is None else min(Fraction(quantity), Fraction(tier.up_to))
        expected += max(Fraction(0), top - below) * Fraction(tier.unit)
        if quantity > below or (number == 0 and price.flat_when_zero):
            expected += Fraction(tier.flat)
        below = Fraction(0) if tier.up_to is None else Fraction(tier.up_to)
    assert cost(price, quantity) == expected


@given(graduated(), quantities, quantities)
def test_more_usage_never_costs_less(price: Graduated, one: Decimal, other: Decimal) -> None:
    assert cost(price, min(one, other)) <= cost(price, max(one, other))


@given(graduated(flats=False), st.integers(1, 10**9))
def test_without_flat_fees_a_price_makes_no_jump_at_a_bound(price: Graduated, fine: int) -> None:
    most = max(tier.unit for tier in price.tiers)
    step = Decimal(1).scaleb(-9)
    for tier in price.tiers[:-1]:
        assert tier.up_to is not None
        jump = cost(price, tier.up_to + step) - cost(price, tier.up_to)
        assert 0 <= jump <= Fraction(most) * Fraction(step)
    assert cost(price, Decimal(fine)) <= fine * Fraction(most)


@given(graduated())
def test_a_bound_belongs_to_the_tier_below_it(price: Graduated) -> None:
    for number, tier in enumerate(price.tiers[:-1], start=1):
        assert tier.up_to is not None
        assert len(price.steps(tier.up_to)) == number
        assert len(price.steps(tier.up_to + Decimal("0.000001"))) == number + 1


@given(graduated(), quantities.filter(bool))
def test_below_zero_the_first_unit_price_counts_and_no_flat_fee(price: Graduated, quantity: Decimal) -> None:
    assert cost(price, -quantity) == -Fraction(quantity) * Fraction(price.tiers[0].unit)
    assert len(price.steps(-quantity)) == 1


def test_half_a_unit_above_a_bound_is_in_the_next_tier() -> None:
    price = tiers(("100", "1", "0"), (None, "0.5", "7"))
    assert cost(price, Decimal(100)) == 100
    assert cost(price, Decimal("100.5")) == Fraction("107.25")


def test_the_first_flat_fee_is_charged_for_nothing_unless_the_price_says_otherwise() -> None:
    first = (Tier(Decimal(10), Decimal(1), flat=Decimal(5)), Tier(None, Decimal(1), flat=Decimal(3)))
    assert cost(Graduated(first), Decimal(0)) == 5
    assert Graduated(first, flat_when_zero=False).steps(Decimal(0)) == ()
    assert cost(Graduated(first, flat_when_zero=False), Decimal("0.1")) == Fraction("5.1")


def test_a_quantity_of_forty_digits_loses_none() -> None:
    price = tiers(("10", "1", "0"), (None, "1", "0"))
    quantity = Decimal("1234567890123456789012.123456789012345678")
    assert cost(price, quantity) == Fraction(quantity)


FLAT_THEN_UNITS = (("5", "0", "100"), ("10", "0", "50"), ("15", "10", "0"), (None, "5", "0"))
SEATS = (("10", "10.00", "0"), ("50", "8.00", "0"), (None, "6.00", "0"))
UNITS_AND_FLATS = (("10", "10", "2"), ("20", "5", "3"), (None, "5", "3"))


@pytest.mark.parametrize(
    ("rows", "quantity", "costs"),
    [
        (UNITS_AND_FLATS, "1", "12"),
        (UNITS_AND_FLATS, "12", "115"),
        ((("0.1", "10", "0"), ("1", "5", "0"), (None, "2", "0")), "0.5", "3"),
        (FLAT_THEN_UNITS, "5", "100"),
        (FLAT_THEN_UNITS, "5.001", "150"),
        ((("100", "1", "0"), ("200", "0.5", "0"), (None, "0.25", "0")), "150", "125"),
        (SEATS, "10", "100"),
        (SEATS, "50", "420"),
        (SEATS, "51", "426"),
        ((("10", "200", "0"), (None, "60", "0")), "15", "2300"),
        ((("5", "7", "0"), ("10", "6.5", "0"), (None, "6", "0")), "5", "35"),
        ((("5", "7", "0"), ("10", "6.5", "0"), (None, "6", "0")), "20", "127.5"),
    ],
)
def test_known_graduated_prices(rows: tuple[tuple[str | None, str, str], ...], quantity: str, costs: str) -> None:
    assert cost(tiers(*rows), Decimal(quantity)) == Fraction(costs)


def test_each_tier_shows_its_own_units_and_amount() -> None:
    steps = tiers(("0.1", "10", "0"), ("1", "5", "0"), (None, "2", "0")).steps(Decimal("0.5"))
    assert [(step.units, step.exact) for step in steps] == [
        (Decimal("0.1"), Fraction(1)),
        (Decimal("0.4"), Fraction(2)),
    ]


@pytest.mark.parametrize(
    ("unit", "quantity", "costs"),
    [("0.001", "100", "0.1"), ("0.004", "1000", "4"), ("0.005", "100", "0.5"), ("3", "-2", "-6"), ("3", "0", "0")],
)
def test_per_unit_is_a_product(unit: str, quantity: str, costs: str) -> None:
    assert cost(PerUnit(Decimal(unit)), Decimal(quantity)) == Fraction(costs)


@given(unit_prices, quantities)
def test_a_flat_fee_is_the_same_for_any_quantity(fee: Decimal, quantity: Decimal) -> None:
    assert cost(Flat(fee), quantity) == cost(Flat(fee), Decimal(0)) == Fraction(fee)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ((), "A graduated price needs at least one tier."),
        ((("10", "1", "0"),), "The last tier has no bound: leave its up_to out."),
        (((None, "1", "0"), (None, "1", "0")), "Tier 1 needs an up_to; only the last tier has no bound."),
        ((("0", "1", "0"), (None, "1", "0")), "Tier 1 ends at 0, which is not above 0; bounds must rise."),
        (
            (("1e3", "1", "0"), ("1e2", "1", "0"), (None, "1", "0")),
            "Tier 2 ends at 100, which is not above 1000; bounds must rise.",
        ),
        ((("10", "1", "0"), (None, "-1", "0")), "Tier 2 has a negative price; give 0 or more."),
        (((None, "1", "-0.01"),), "Tier 1 has a negative price; give 0 or more."),
    ],
)
def test_tiers_that_make_no_sense_are_refused(rows: tuple[tuple[str | None, str, str], ...], sentence: str) -> None:
    with pytest.raises(Refused) as refusal:
        tiers(*rows)
    assert refusal.value.sentence == sentence


@pytest.mark.parametrize("shape", [Flat, PerUnit])
def test_a_negative_price_is_refused(shape: type[Flat] | type[PerUnit]) -> None:
    with pytest.raises(Refused, match=r"may not be negative; this one is -0\.5\."):
        shape(Decimal("-0.5"))
