"""A price's curve: every corner and leap is found where it is, whatever the price is made of."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from farthing.core.exact import ZERO, Exact, add
from farthing.core.pricing.graduated import Graduated
from farthing.core.pricing.ladder import Rung, Tier
from farthing.core.pricing.modifiers import Modifiers
from farthing.core.pricing.package import Package
from farthing.core.pricing.per_unit import PerUnit
from farthing.core.pricing.shapes import Single
from farthing.core.pricing.stairstep import Stairstep
from farthing.core.pricing.transform import Conversion, Rounding, Transform
from farthing.core.pricing.volume import Volume
from farthing.usecases.price_curve import Amount, Curve, room_for, tick_step, ticks, trace

TIERS = (Tier(Decimal(100), Decimal(2)), Tier(Decimal(200), Decimal(1), Decimal(20)), Tier(None, Decimal("0.5")))


def amount_by(shape: Single, *, transform: Transform | None = None, modifiers: Modifiers | None = None) -> Amount:
    def amount_of(quantity: Exact) -> Exact:
        costs: Exact = ZERO
        for step in shape.steps((transform or Transform()).apply(quantity)):
            costs = add(costs, step.exact)
        return (modifiers or Modifiers()).modified(costs)

    return amount_of


def corners(curve: Curve) -> list[list[tuple[str, str]]]:
    return [[(str(point.quantity), str(point.amount)) for point in piece] for piece in curve.pieces]


def test_tiers_turn_at_their_bounds_and_leap_where_they_have_a_flat_fee() -> None:
    curve = trace(amount_by(Graduated(TIERS)), Decimal(0), Decimal(400))
    assert corners(curve) == [[("0", "0"), ("100", "200")], [("100", "220"), ("200", "320"), ("400", "420")]]
    assert curve.held == (True,)


def test_a_volume_price_falls_behind_each_bound() -> None:
    cheaper = Volume((Tier(Decimal(100), Decimal(2)), Tier(Decimal(200), Decimal(1)), Tier(None, Decimal("0.5"))))
    curve = trace(amount_by(cheaper), Decimal(0), Decimal(400))
    assert corners(curve) == [
        [("0", "0"), ("100", "200")],
        [("100", "100"), ("200", "200")],
        [("200", "100"), ("400", "200")],
    ]
    assert curve.held == (True, True)


def test_stairs_and_packages_are_level_between_their_leaps() -> None:
    stairs = Stairstep((Rung(Decimal(10), Decimal(50)), Rung(None, Decimal(80))))
    assert corners(trace(amount_by(stairs), Decimal(0), Decimal(40))) == [
        [("0", "50"), ("10", "50")],
        [("10", "80"), ("40", "80")],
    ]
    packages = trace(amount_by(Package(Decimal(5), Decimal(100))), Decimal(0), Decimal(250))
    assert corners(packages) == [
        [("0", "0")],
        [("0", "5"), ("100", "5")],
        [("100", "10"), ("200", "10")],
        [("200", "15"), ("250", "15")],
    ]


def test_packages_finer_than_anyone_could_see_are_drawn_from_point_to_point() -> None:
    curve = trace(amount_by(Package(Decimal(5), Decimal(1))), Decimal(0), Decimal(1000))
    assert curve.leaps == ()
    assert curve.points[-1].amount == 5000


def test_however_many_tiers_a_price_has_it_is_looked_at_a_few_thousand_times() -> None:
    tiers = [Tier(Decimal(up_to), Decimal(1 + up_to % 7)) for up_to in range(3, 500_000, 1250)]
    looked_at = 0

    def amount_of(quantity: Exact) -> Exact:
        nonlocal looked_at
        looked_at += 1
        return amount_by(Volume((*tiers, Tier(None, Decimal(1)))))(quantity)

    curve = trace(amount_of, Decimal(0), Decimal(1_000_000))
    assert curve.points[-1].amount == 1_000_000
    assert looked_at < 8_000


def test_a_bound_that_belongs_to_the_higher_amount_is_told_apart() -> None:
    whole_thousands = Transform(Conversion(Decimal(1000), rounding=Rounding.FLOOR))
    curve = trace(amount_by(PerUnit(Decimal(3)), transform=whole_thousands), Decimal(0), Decimal(2500))
    assert [(str(before.quantity), str(after.amount)) for before, after in curve.leaps] == [
        ("1000", "3"),
        ("2000", "6"),
    ]
    assert curve.held == (False, False)


def test_a_bound_without_a_last_digit_is_found_too() -> None:
    threefold = Transform(Conversion(Decimal(3), divides=False))
    curve = trace(amount_by(Graduated(TIERS), transform=threefold), Decimal(0), Decimal(100))
    assert [before.quantity for before, _ in curve.leaps] == [Fraction(100, 3)]
    assert Fraction(200, 3) in [point.quantity for point in curve.points]


def test_a_minimum_and_a_maximum_make_the_curve_level() -> None:
    bounded = amount_by(PerUnit(Decimal(2)), modifiers=Modifiers(minimum=Decimal(30), maximum=Decimal(90)))
    assert corners(trace(bounded, Decimal(0), Decimal(100))) == [
        [("0", "30"), ("15", "30"), ("45", "90"), ("100", "90")]
    ]


@settings(deadline=None, max_examples=40)
@given(
    bounds=st.lists(st.decimals(1, 10**6, places=2), min_size=1, max_size=5, unique=True).map(sorted),
    units=st.lists(st.decimals(0, 100, places=4), min_size=6, max_size=6),
    flats=st.lists(st.decimals(0, 1000, places=2), min_size=6, max_size=6),
)
def test_every_point_of_a_curve_is_on_the_price_or_at_the_edge_of_a_leap(
    bounds: list[Decimal], units: list[Decimal], flats: list[Decimal]
) -> None:
    tiers = [Tier(up_to, unit, flat) for up_to, unit, flat in zip([*bounds, None], units, flats, strict=False)]
    amount_of = amount_by(Volume(tuple(tiers)))
    curve = trace(amount_of, *room_for(bounds))
    quantities = [point.quantity for point in curve.points]
    assert quantities == sorted(quantities)
    at_leaps = {before.quantity for before, _ in curve.leaps}
    for point in curve.points:
        assert point.quantity in at_leaps or Fraction(amount_of(point.quantity)) == point.amount


def test_ticks_are_round_numbers_within_the_range() -> None:
    assert ticks(Decimal("-7"), Decimal(12), about=4) == (Decimal(-5), Decimal(0), Decimal(5), Decimal(10))
    assert ticks(Decimal(0), Decimal("0.0000031"), about=3)[-1] == Decimal("0.000002")
    assert [str(tick_step(Decimal(least))) for least in ("2.1", "1e-9", "7e30")] == ["2.5", "1E-9", "1" + "0" * 31]


def test_what_is_counted_has_ticks_at_whole_numbers_only() -> None:
    assert [str(tick) for tick in ticks(Decimal(0), Decimal(10), about=4, whole=True)] == ["0", "5", "10"]
    assert [str(tick) for tick in ticks(Decimal(0), Decimal(2), about=5, whole=True)] == ["0", "1", "2"]
    assert room_for([Decimal(9)], whole=True) == (Decimal(0), Decimal(15))


@given(low=st.decimals(-(10**20), 10**20, places=6), more=st.decimals("0.000001", 10**20, places=6))
def test_there_are_about_as_many_ticks_as_asked_for(low: Decimal, more: Decimal) -> None:
    high = low + more
    found = ticks(low, high, about=5)
    assert 1 <= len(found) <= 6
    assert all(low <= tick <= high for tick in found)


@given(st.lists(st.decimals(-(10**30), 10**30, places=3), max_size=4))
def test_the_room_for_quantities_holds_them_and_zero(quantities: list[Decimal]) -> None:
    low, high = room_for(quantities)
    assert low < high
    assert all(low <= quantity <= high for quantity in [Decimal(0), *quantities])
