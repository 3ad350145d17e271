"""Laws that hold for every shape, and figures for each that one can check by hand."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.exact import Exact, add
from farthing.core.pricing.capacity import Capacity
from farthing.core.pricing.event_priced import EventPriced
from farthing.core.pricing.free import Free
from farthing.core.pricing.graduated import Graduated
from farthing.core.pricing.graduated_percentage import GraduatedPercentage, RateTier
from farthing.core.pricing.ladder import Rung, Tier, started
from farthing.core.pricing.matrix import Branch, Matrix
from farthing.core.pricing.package import Package
from farthing.core.pricing.per_unit import PerUnit
from farthing.core.pricing.percentage import Percentage
from farthing.core.pricing.shapes import SHAPES, Shape, Single
from farthing.core.pricing.stairstep import Stairstep
from farthing.core.pricing.step import StepKind
from farthing.core.pricing.volume import Volume
from farthing.core.refused import Refused
from tests.core.core_values import unit_prices
from tests.core.pricing.any_prices import (
    any_quantity,
    any_shape,
    of_a_quantity,
    packages,
    percentages,
    rates,
    sizes,
    tiers,
)

amounts_of_events = st.lists(
    st.decimals(min_value=-1000, max_value=10**5, places=4, allow_nan=False, allow_infinity=False), max_size=8
)
not_negative = any_quantity.map(abs)


def cost(
    shape: Shape, quantity: Exact | int | str, *, events: int = 0, amounts: Sequence[Exact] | None = None
) -> Fraction:
    """What the steps come to."""
    exact = quantity if isinstance(quantity, Fraction) else Decimal(quantity)
    return sum((Fraction(step.exact) for step in shape.steps(exact, events=events, amounts=amounts)), Fraction(0))


def total(amounts: Sequence[Exact]) -> Exact:
    """Their sum."""
    added: Exact = Decimal(0)
    for amount in amounts:
        added = add(added, amount)
    return added


@given(any_shape, any_quantity, amounts_of_events)
def test_no_quantity_is_an_error(shape: Shape, quantity: Exact, amounts: list[Decimal]) -> None:
    quantity = total(amounts) if shape.needs_amounts else quantity
    for step in shape.steps(quantity, events=len(amounts), amounts=amounts):
        flat = Fraction(step.flat)
        assert Fraction(step.exact) == Fraction(step.units) * Fraction(step.unit_price) + flat


@given(of_a_quantity, not_negative, not_negative)
def test_a_price_per_quantity_is_never_below_zero_for_more_than_nothing(
    shape: Single, one: Exact, other: Exact
) -> None:
    assert cost(shape, one) >= 0
    if not isinstance(shape, Volume | Stairstep | Capacity):
        assert cost(shape, min(one, other)) <= cost(shape, max(one, other))


@given(of_a_quantity, not_negative.filter(bool))
def test_below_zero_a_package_or_a_total_is_nothing_and_a_unit_its_price(shape: Single, quantity: Exact) -> None:
    owed = cost(shape, -quantity)
    match shape:
        case PerUnit(unit=unit):
            assert owed == -Fraction(quantity) * Fraction(unit)
        case Graduated(tiers=(first, *_)) | Volume(tiers=(first, *_)) if first.block is None:
            assert owed == -Fraction(quantity) * Fraction(first.unit)
        case _:
            assert owed == 0


@given(packages, not_negative)
def test_a_package_never_costs_less_than_its_units_one_by_one(package: Package, quantity: Exact) -> None:
    paid = max(Fraction(quantity) - Fraction(package.included), Fraction(0))
    by_unit = paid * Fraction(package.price) / Fraction(package.size)
    assert by_unit <= cost(package, quantity) < by_unit + Fraction(package.price) or not package.price


@given(packages, not_negative)
def test_a_tier_in_blocks_is_a_package(package: Package, quantity: Exact) -> None:
    tier = Tier(None, package.price, block=package.size)
    bare = Package(package.price, package.size)
    assert cost(Graduated((tier,)), quantity) == cost(Volume((tier,)), quantity) == cost(bare, quantity)
    assert cost(Graduated((tier,)), -quantity) == cost(Volume((tier,)), -quantity) == cost(bare, -quantity)


@given(not_negative, sizes)
def test_started_parts_cover_the_quantity_and_one_fewer_would_not(quantity: Exact, size: Decimal) -> None:
    parts = Fraction(started(quantity, size))
    assert parts.denominator == 1
    assert parts * Fraction(size) >= Fraction(quantity)
    assert (parts - 1) * Fraction(size) < Fraction(quantity)


@given(tiers(), st.booleans(), not_negative)
def test_a_graduated_price_in_blocks_is_the_sum_of_its_tiers(
    rows: tuple[Tier, ...], flat_when_zero: bool, quantity: Exact
) -> None:
    expected, below = Fraction(0), Fraction(0)
    for number, tier in enumerate(rows):
        top = Fraction(quantity) if tier.up_to is None else min(Fraction(quantity), Fraction(tier.up_to))
        units = max(Fraction(0), top - below)
        if tier.block is not None:
            units = Fraction(-(-units // Fraction(tier.block)))
        expected += units * Fraction(tier.unit)
        if quantity > below or (number == 0 and flat_when_zero):
            expected += Fraction(tier.flat)
        below = Fraction(0) if tier.up_to is None else Fraction(tier.up_to)
    assert cost(Graduated(rows, flat_when_zero), quantity) == expected


@given(tiers(blocks=False), not_negative)
def test_a_volume_price_is_that_of_the_tier_which_holds_the_quantity(rows: tuple[Tier, ...], quantity: Exact) -> None:
    holding = next(tier for tier in rows if tier.up_to is None or quantity <= tier.up_to)
    expected = Fraction(quantity) * Fraction(holding.unit) + Fraction(holding.flat)
    assert cost(Volume(rows), quantity) == expected
    (step,) = Volume(rows).steps(quantity)
    assert step.above is not None
    assert step.above <= quantity
    assert step.up_to is None or quantity <= step.up_to


@given(tiers(blocks=False))
def test_a_bound_is_in_the_tier_below_it(rows: tuple[Tier, ...]) -> None:
    totals = tuple(Rung(tier.up_to, tier.unit) for tier in rows)
    for tier, after in pairwise(rows):
        assert tier.up_to is not None
        beyond = tier.up_to + Decimal("0.5").scaleb(-6)
        for shape in (Volume(rows), Stairstep(totals), Capacity(totals)):
            assert shape.steps(tier.up_to)[0].up_to == tier.up_to
            assert shape.steps(beyond)[0].up_to == after.up_to


@given(rates, not_negative, not_negative)
def test_a_percentage_of_parts_is_that_of_the_whole_when_nothing_is_fixed(
    rate: Decimal, one: Exact, other: Exact
) -> None:
    bare = Percentage(rate)
    assert cost(bare, one) + cost(bare, other) == cost(bare, add(one, other))
    assert cost(GraduatedPercentage((RateTier(None, rate),)), one) == cost(bare, one) == cost(EventPriced(rate), one)


@given(percentages(), amounts_of_events)
def test_a_percentage_is_what_its_definition_says(price: Percentage, amounts: list[Decimal]) -> None:
    """Worked out the other way round: event by event."""
    quantity = total(amounts)
    if quantity < 0:
        assert cost(price, quantity, events=len(amounts), amounts=amounts) == Fraction(quantity) * Fraction(price.rate)
        return
    expected, so_far, over = Fraction(0), Fraction(0), price.free_events is None and price.free_amount is None
    for number, amount in enumerate(amounts, start=1):
        paid = Fraction(amount)
        if not over:
            within = so_far + Fraction(amount)
            if price.free_events is not None and number > price.free_events:
                over = True
            elif price.free_amount is not None and within > price.free_amount:
                over, paid = True, within - Fraction(price.free_amount)
            so_far = within
        if not over:
            continue
        costs = paid * Fraction(price.rate) + Fraction(price.per_event)
        if paid >= 0 and price.minimum_per_event is not None:
            costs = max(costs, Fraction(price.minimum_per_event))
        if paid >= 0 and price.maximum_per_event is not None:
            costs = min(costs, Fraction(price.maximum_per_event))
        expected += costs
    assert cost(price, quantity, events=len(amounts), amounts=amounts) == expected


@given(rates, unit_prices, amounts_of_events.map(lambda each: [abs(amount) for amount in each]))
def test_no_free_events_and_no_bounds_that_hold_change_nothing(
    rate: Decimal, fee: Decimal, amounts: list[Decimal]
) -> None:
    plain = cost(Percentage(rate, fee), total(amounts), events=len(amounts))
    for price in (
        Percentage(rate, fee, free_events=0),
        Percentage(rate, fee, minimum_per_event=Decimal(0)),
        Percentage(rate, fee, maximum_per_event=Decimal(10**9)),
    ):
        assert cost(price, total(amounts), events=len(amounts), amounts=amounts) == plain


@given(percentages(), amounts_of_events.map(lambda each: [abs(amount) for amount in each]))
def test_what_is_free_and_what_is_paid_add_up_to_the_amount(price: Percentage, amounts: list[Decimal]) -> None:
    steps = price.steps(total(amounts), events=len(amounts), amounts=amounts)
    shown = [Fraction(step.units) for step in steps if step.kind in (StepKind.FREE, StepKind.RATE)]
    assert sum(shown) == total(amounts)


BLOCKS = (Tier(Decimal(1000), Decimal(1), block=Decimal(100)), Tier(None, Decimal(1), block=Decimal(1000)))
TOP_BLOCKS = (
    Tier(Decimal(1000), Decimal(1), block=Decimal(100)),
    Tier(Decimal(101000), Decimal(1), block=Decimal(1000)),
    Tier(None, Decimal("0.5"), block=Decimal(1000)),
)
SIZES = (Rung(Decimal(10), Decimal(50)), Rung(Decimal(100), Decimal(80)), Rung(None, Decimal(200)))
SHARES = (
    RateTier(Decimal(10), Decimal("0.01"), Decimal(200)),
    RateTier(Decimal(20), Decimal("0.02"), Decimal(300)),
    RateTier(None, Decimal("0.03"), Decimal(400)),
)
SEATS = (Tier(Decimal(10), Decimal(10), Decimal(2)), Tier(None, Decimal(8), Decimal(3)))
FREE_FIRST = Package(Decimal(5), Decimal(100), included=Decimal(100))


@pytest.mark.parametrize(
    ("shape", "quantity", "owed"),
    [
        (FREE_FIRST, "30", "0"),
        (FREE_FIRST, "100", "0"),
        (FREE_FIRST, "100.0000000000000024", "5"),
        (FREE_FIRST, "200", "5"),
        (FREE_FIRST, "201", "10"),
        (FREE_FIRST, "-50", "0"),
        (Package(Decimal(2), Decimal(3)), Fraction(9, 1), "6"),
        (Package(Decimal(2), Decimal(3)), Fraction(28, 3), "8"),
        (Graduated(BLOCKS), "5325", "15"),
        (Graduated(BLOCKS), "1", "1"),
        (Graduated(BLOCKS), "-1", "0"),
        (Volume(TOP_BLOCKS), "101000", "101"),
        (Volume(TOP_BLOCKS), "300000", "150"),
        (Volume(SEATS), "10", "102"),
        (Volume(SEATS), "10.5", "87"),
        (Volume(SEATS), "0", "2"),
        (Volume(SEATS, flat_when_zero=False), "0", "0"),
        (Volume(SEATS), "-2", "-20"),
        (Stairstep(SIZES), "10", "50"),
        (Stairstep(SIZES), "10.5", "80"),
        (Stairstep(SIZES), "0", "50"),
        (Stairstep(SIZES, flat_when_zero=False), "0", "0"),
        (Capacity(SIZES), "100", "80"),
        (Capacity(SIZES), "100.1", "200"),
        (Capacity(SIZES), "-1", "0"),
        (GraduatedPercentage(SHARES), "10", "200.1"),
        (GraduatedPercentage(SHARES), "12", "500.14"),
        (GraduatedPercentage(SHARES), "-10", "-0.1"),
        (GraduatedPercentage(SHARES), "0", "200"),
        (GraduatedPercentage(SHARES, flat_when_zero=False), "0", "0"),
        (EventPriced(Decimal("1.2")), "50", "60"),
        (Free(), "1000000", "0"),
    ],
)
def test_known_prices(shape: Single, quantity: str | Fraction, owed: str) -> None:
    assert cost(shape, quantity) == Fraction(owed)


def test_each_tier_in_blocks_shows_its_blocks() -> None:
    steps = Graduated(BLOCKS).steps(Decimal(5325))
    assert [(str(step.units), step.above, step.up_to, step.kind) for step in steps] == [
        ("10", Decimal(0), Decimal(1000), StepKind.BLOCKS),
        ("5", Decimal(1000), None, StepKind.BLOCKS),
    ]


def test_events_raised_to_a_minimum_and_lowered_to_a_maximum_can_be_redone_by_hand() -> None:
    card = Percentage(
        Decimal("0.02"),
        per_event=Decimal("0.10"),
        free_amount=Decimal(60),
        minimum_per_event=Decimal(1),
        maximum_per_event=Decimal(5),
    )
    events = [Decimal(50), Decimal(20), Decimal(100), Decimal(1000)]
    steps = card.steps(Decimal(1170), events=4, amounts=events)
    # 10 of the second event is free; it costs 0.30 and is raised to 1, the last costs 20.10 and is lowered to 5.
    assert [(step.kind, str(step.units), str(step.unit_price)) for step in steps] == [
        (StepKind.FREE, "60", "0"),
        (StepKind.RATE, "1110", "0.02"),
        (StepKind.PER_EVENT, "3", "0.10"),
        (StepKind.RAISED, "1", "0.70"),
        (StepKind.LOWERED, "1", "-15.10"),
    ]
    assert cost(card, 1170, amounts=events) == Fraction("8.10")


@pytest.mark.parametrize(
    ("free_events", "free_amount", "paid"),
    [(2, None, "70"), (None, 25, "75"), (2, 25, "75"), (1, 25, "90"), (9, 500, "0"), (0, 500, "100")],
)
def test_events_are_free_until_their_number_or_their_amount_ends_it(
    free_events: int | None, free_amount: int | None, paid: str
) -> None:
    price = Percentage(
        Decimal(1), free_events=free_events, free_amount=None if free_amount is None else Decimal(free_amount)
    )
    assert cost(price, 100, amounts=[Decimal(10), Decimal(20), Decimal(30), Decimal(40)]) == Fraction(paid)


def test_a_matrix_chooses_by_its_values_and_has_a_price_for_the_rest() -> None:
    eu, missing, rest = PerUnit(Decimal(3)), PerUnit(Decimal(2)), Free()
    matrix = Matrix(("region", "size"), (Branch(("eu", "large"), eu), Branch((None, "large"), missing)), rest)
    assert matrix.shape_for(["eu", "large"]) == eu
    assert matrix.shape_for([None, "large"]) == missing
    assert matrix.shape_for(["eu", "small"]) == matrix.shape_for([None, None]) == rest


def test_every_shape_has_a_word_of_its_own() -> None:
    assert {kind: shape.kind for kind, shape in SHAPES.items()} == {kind: kind for kind in SHAPES}
    assert len(SHAPES) == 12


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Package(Decimal(-1), Decimal(1)), "price may not be negative; this one is -1"),
        (lambda: Package(Decimal(1), Decimal(0)), "needs a size above 0; this one is 0"),
        (lambda: Package(Decimal(1), Decimal(1), Decimal(-1)), "included units may not be negative"),
        (lambda: Volume(()), "A volume price needs at least one tier"),
        (lambda: Volume((Tier(None, Decimal(1), block=Decimal(0)),)), "Tier 1 has blocks of 0; give more than 0"),
        (lambda: Stairstep((Rung(None, Decimal(-1)),)), "Tier 1 has a negative price"),
        (lambda: Capacity((Rung(Decimal(1), Decimal(1)),)), "The last tier has no bound"),
        (lambda: GraduatedPercentage((RateTier(None, Decimal(-1)),)), "Tier 1 has a negative price"),
        (lambda: Percentage(Decimal(-1)), "“rate” may not be negative"),
        (lambda: Percentage(Decimal(1), free_events=-1), "“free_events” may not be negative"),
        (
            lambda: Percentage(Decimal(1), minimum_per_event=Decimal(2), maximum_per_event=Decimal(1)),
            "minimum of 2 is above its maximum of 1; swap them",
        ),
        (lambda: EventPriced(Decimal(-1)), "multiplier may not be negative"),
        (lambda: Matrix((), (), Free()), "one or two group values, not 0"),
        (lambda: Matrix(("a", "b", "c"), (), Free()), "one or two group values, not 3"),
        (lambda: Matrix(("a",), (Branch(("x", "y"), Free()),), Free()), "names 2 values; the matrix is chosen by a"),
        (lambda: Matrix(("a",), (Branch(("x",), Free()),) * 2, Free()), "same values as one before it"),
    ],
)
def test_a_shape_that_makes_no_sense_is_refused(make: object, says: str) -> None:
    assert callable(make)
    with pytest.raises(Refused) as refusal:
        make()
    assert says in refusal.value.sentence
    assert refusal.value.sentence.endswith(".")
