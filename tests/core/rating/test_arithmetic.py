"""Arithmetic in words: whatever is printed of a line can be redone with a pocket calculator, to the digit."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.exact import Exact, Rounding, add
from farthing.core.metering.meter import Measured, Measurement, Reading
from farthing.core.metering.sample import Window
from farthing.core.money import round_to_money
from farthing.core.period import Period
from farthing.core.pricing.commitment import Commitment
from farthing.core.pricing.event_priced import EventPriced
from farthing.core.pricing.flat import Flat
from farthing.core.pricing.graduated import Graduated
from farthing.core.pricing.graduated_percentage import GraduatedPercentage, RateTier
from farthing.core.pricing.ladder import Rung, Tier
from farthing.core.pricing.modifiers import Discount, Modifiers
from farthing.core.pricing.package import Package
from farthing.core.pricing.per_unit import PerUnit
from farthing.core.pricing.percentage import Percentage
from farthing.core.pricing.plan import Accumulate, CustomUnit, Ladder, Price, Proration
from farthing.core.pricing.shapes import Shape
from farthing.core.pricing.stairstep import Stairstep
from farthing.core.pricing.transform import Conversion, Transform
from farthing.core.pricing.volume import Volume
from farthing.core.rating.arithmetic import Arithmetic, Rests, Row, arithmetic
from farthing.core.rating.line import Line
from farthing.core.rating.rate import Used, rate_commitment, rate_fee, rate_usage
from farthing.core.refused import Refused
from tests.core.core_values import ACME, TOKENS, USD, at, subscription, unit_prices
from tests.core.pricing.any_prices import any_quantity, matrices, singles
from tests.core.rating.pocket_calculator import redo

JANUARY = Period(at("2026-01-01"), at("2026-02-01"))
LATE_JANUARY = Period(at("2026-01-17"), at("2026-02-01"))
D = Decimal


def measurement(price: Price, cells: list[Measured], period: Period = JANUARY) -> Measurement:
    """What was measured of the price's meter."""
    assert price.meter is not None
    window = Window(period, JANUARY, "UTC")
    reading = Reading(price.meter, window, group_by=price.group_by, amounts=price.shape.needs_amounts)
    return Measurement(ACME, reading, 7, tuple(cells))


def rated(price: Price, used: Used) -> tuple[Line, Arithmetic]:
    """The line, and its arithmetic."""
    line = rate_usage(price, used, subscription().cycle, subscription_id=ACME, in_currency=USD)
    return line, arithmetic(line, Rests(price, measured=used.this, earlier=used.before))


def one(shape: Shape, quantity: Exact, *, period: Period = JANUARY, events: int = 3, **of: object) -> list[Row]:
    """All rows of a price for a quantity that is not parted."""
    price = Price("p", "P", shape, TOKENS, **of)  # type: ignore[arg-type]
    amounts = (quantity,) if shape.needs_amounts else None
    _, sums = rated(price, Used(measurement(price, [Measured((), quantity, events, amounts)], period)))
    return rows_of(sums)


def rows_of(sums: Arithmetic) -> list[Row]:
    return [*(row for cell in sums.cells for row in cell.rows), *sums.after]


def said(rows: list[Row]) -> list[str]:
    return [f"{row.who}: {row.sum}" for row in rows]


def check(line: Line, sums: Arithmetic) -> None:
    """Redo all of it: each row from its sum, the sums from the rows above them, and the amount from the last."""
    for cell in sums.cells:
        for row in cell.rows:
            assert row.equals is not None
            assert redo(row) == row.equals, row
        converted = [row for row in cell.quantities if row.who in ("Converted", "Included", "On top")]
        if converted:
            assert converted[-1].equals == cell.quantity
        assert sum((Fraction(row.equals or 0) for row in (*cell.steps, *cell.modified)), Fraction(0)) == cell.exact
    reached = sum((Fraction(cell.exact) for cell in sums.cells), Fraction(sums.others))
    for row in sums.after:
        assert row.equals is not None
        if row.who in ("Sum", "Together", "Nothing to charge"):
            assert row.equals == reached
        elif row.who.startswith("In "):
            reached = redo(row)
            assert row.equals == reached
        else:
            assert redo(row) == row.equals, row
            reached += Fraction(row.equals)
    assert round_to_money(reached, USD) == line.amount
    parts = [row.part for cell in sums.cells for row in cell.rows] + [row.part for row in sums.after]
    if not sums.left_out:
        assert sum(part.minor for part in parts if part is not None) == line.amount.minor


roundings = st.sampled_from([(Rounding.NONE, 0), (Rounding.CEIL, 0), (Rounding.CEIL, 2), (Rounding.CEIL, -1)])
transforms = st.builds(
    lambda factor, divides, how, included: Transform(
        None if factor is None else Conversion(factor, divides, how[0], how[1]), included
    ),
    st.one_of(st.none(), st.sampled_from([D(1000), D(3), D("0.25")])),
    st.booleans(),
    roundings,
    st.sampled_from([D(0), D(5), D("0.5"), D(10**6)]),
)
modifiers = st.builds(
    Modifiers,
    st.one_of(st.none(), st.sampled_from([Discount(percent=D("12.5")), Discount(amount=D(7))])),
    st.one_of(st.none(), st.sampled_from([D(3), D(50)])),
    st.one_of(st.none(), st.sampled_from([D(60), D(1000)])),
)


@st.composite
def any_priced(draw: st.DrawFn) -> tuple[Price, Used]:
    """Any price of usage, and what was measured for it."""
    shape: Shape = draw(st.one_of(singles.filter(lambda single: not isinstance(single, Flat)), matrices()))
    group_by = draw(st.sampled_from([(), ("region",)]))
    of: dict[str, object] = {
        "transform": Transform() if shape.needs_amounts else draw(transforms),
        "modifiers": draw(modifiers),
        "unit_of_account": draw(st.sampled_from([None, CustomUnit("credits", D("0.02"))])),
        "prorate": draw(st.sampled_from([Proration.DAY, Proration.SECOND])),
        "prorate_included": draw(st.booleans()),
        "group_by": group_by,
        "ladder": draw(st.sampled_from(list(Ladder))) if group_by else Ladder.OWN,
        "accumulate": draw(st.sampled_from([Accumulate.PERIOD, Accumulate.PERIOD, Accumulate.CONTRACT])),
        "per_group": bool(group_by) and draw(st.booleans()),
    }
    try:
        price = Price("p", "P", shape, TOKENS, **of)  # type: ignore[arg-type]
    except Refused:
        of |= {"ladder": Ladder.OWN, "accumulate": Accumulate.PERIOD, "transform": Transform()}
        of |= {"prorate_included": False, "per_group": False}
        price = Price("p", "P", shape, TOKENS, **of)  # type: ignore[arg-type]
    groups = [()] if not price.group_by else [(f"g{n}", "large")[: len(price.group_by)] for n in range(3)]
    period = draw(st.sampled_from([JANUARY, LATE_JANUARY]))

    def cells() -> list[Measured]:
        measured = []
        for group in groups:
            if price.shape.needs_amounts:
                amounts = tuple(draw(st.lists(st.sampled_from([D(-5), D(0), D("0.5"), D(12), D(999)]), max_size=6)))
                quantity: Exact = sum(amounts, D(0))
                measured.append(Measured(group, quantity, len(amounts), amounts))
            else:
                measured.append(Measured(group, draw(any_quantity), draw(st.integers(0, 9))))
        return measured

    now = measurement(price, cells(), period)
    if price.accumulate is Accumulate.PERIOD:
        return price, Used(now)
    earlier = Period(JANUARY.start - timedelta(days=31), period.start)
    return price, Used(now, measurement(price, cells(), earlier))


@given(any_priced())
def test_a_pocket_calculator_redoes_any_line_from_what_is_printed(priced: tuple[Price, Used]) -> None:
    """INV-17: only the last row is rounded."""
    check(*rated(*priced))


@given(any_priced(), st.integers(0, 3), st.integers(1, 2))
def test_a_page_of_groups_and_what_the_others_come_to_make_the_same_line(
    priced: tuple[Price, Used], first: int, most: int
) -> None:
    price, used = priced
    line, _ = rated(price, used)
    sums = arithmetic(line, Rests(price, measured=used.this, earlier=used.before), first=first, most=most)
    assert len(sums.cells) + sums.left_out == len(line.cells)
    check(line, sums)


@given(any_priced())
def test_a_line_whose_price_is_unknown_is_told_all_the_same(priced: tuple[Price, Used]) -> None:
    line, _ = rated(*priced)
    sums = arithmetic(line, Rests())
    assert [row.equals for cell in sums.cells for row in cell.steps] == [
        row.equals for cell in rated(*priced)[1].cells for row in cell.steps
    ]


@given(unit_prices, st.sampled_from([JANUARY, LATE_JANUARY]), st.sampled_from([Proration.DAY, Proration.SECOND]))
def test_a_fee_is_redone_by_its_share(fee: Decimal, period: Period, prorate: Proration) -> None:
    price = Price("fee", "Fee", Flat(fee), prorate=prorate)
    line = rate_fee(price, period, subscription().cycle, in_currency=USD)
    check(line, arithmetic(line, Rests(price)))


TIERS = (Tier(D(100), D("0.01"), flat=D(1)), Tier(D(200), D("0.02")), Tier(None, D("0.005")))


@pytest.mark.parametrize(
    ("shape", "quantity", "rows"),
    [
        (PerUnit(D("0.004")), D(1234), ["Usage: 1,234 x 0.004"]),
        (
            Graduated(TIERS),
            D(150),
            ["Tier 1, 0 to 100: 100 x 0.01 + 1 flat", "Tier 2, 100 to 200: 50 x 0.02", "Sum: "],
        ),
        (Volume(TIERS), D(200), ["All in tier 2, 100 to 200: 200 x 0.02"]),
        (Volume((Tier(None, D(2)),)), Fraction(1, 3), ["All in tier 1, all: 0.333333333333… (1/3) x 2"]),
        (Stairstep((Rung(D(500), D(80)), Rung(None, D(100)))), D(3), ["One total, tier 1, 0 to 500: 80"]),
        (
            Package(D(10), size=D(100), included=D(30)),
            D(250),
            ["Packages begun: (250 - 30 included) / 100 = 2.2, each begun one whole", "Packages: 3 packages x 10"],
        ),
        (
            Graduated((Tier(D(100), D(1), block=D(10)), Tier(None, D(2)))),
            D(95),
            ["Blocks of tier 1, 0 to 100: 95 / 10 = 9.5, each begun one whole", "Tier 1, 0 to 100: 10 blocks x 1"],
        ),
        (
            GraduatedPercentage((RateTier(D(1000), D("0.03")), RateTier(None, D("0.02"), flat=D(4)))),
            D(1500),
            ["Tier 1, 0 to 1,000: 3 % of 1,000", "Tier 2, above 1,000: 2 % of 500 + 4 flat", "Sum: "],
        ),
        (EventPriced(D("1.2")), D(50), ["As the events say: 50 x 1.2"]),
        (
            Percentage(D("0.013"), per_event=D(2)),
            D(400),
            ["Percentage: 1.3 % of 400", "Fee per event: 3 paid events x 2", "Sum: "],
        ),
        (
            Percentage(D("0.013"), minimum_per_event=D("0.5")),
            D(10),
            [
                "Percentage: 1.3 % of 10",
                "Raised to the minimum of 0.5 per event: (0.5 - 1.3 % of 10)",
                "Sum: ",
            ],
        ),
        (
            Percentage(D("0.01"), free_events=5, free_amount=D(40)),
            D(100),
            [
                "Free: the first 5 events or the first 40, whichever ends first: 40 x 0",
                "Percentage: 1 % of 60",
                "Sum: ",
            ],
        ),
    ],
    ids=str,
)
def test_a_shape_is_told_in_its_own_words(shape: Shape, quantity: Exact, rows: list[str]) -> None:
    assert said(one(shape, quantity)) == rows


def test_conversion_included_units_discount_minimum_and_credits_are_told_in_their_order() -> None:
    rows = one(
        PerUnit(D(2)),
        D(2345),
        transform=Transform(Conversion(D(1000), rounding=Rounding.CEIL), included=D(1)),
        modifiers=Modifiers(Discount(percent=D(10)), minimum=D(50)),
        unit_of_account=CustomUnit("credits", D("0.02")),
    )
    assert said(rows) == [
        "Converted: 2,345 / 1,000 = 2.345, rounded up to a whole number",
        "Included: 3 - 1 included",
        "Usage: 2 x 2",
        "Discount: -10 % of 4",
        "Raised to the minimum: 50 - 3.6",
        "Together: ",
        "In USD: 50 credits x 0.02",
    ]
    assert [row.equals for row in rows] == [3, 2, 4, D("-0.4"), D("46.4"), 50, 1]


def test_a_part_of_the_period_shares_the_minimum_and_the_included_units_that_follow_it() -> None:
    rows = one(
        PerUnit(D("0.1")),
        D(100),
        period=LATE_JANUARY,
        transform=Transform(included=D(31)),
        prorate_included=True,
        modifiers=Modifiers(minimum=D(62)),
    )
    assert said(rows) == [
        "Included: 100 - 31 x 15 / 31 days included",
        "Usage: 85 x 0.1",
        "Raised to the minimum: 62 x 15 / 31 days - 8.5",
        "Together: ",
    ]


def test_groups_that_share_a_ladder_say_where_each_begins() -> None:
    price = Price("p", "P", Graduated(TIERS), TOKENS, group_by=("model",), ladder=Ladder.SHARED)
    cells = [Measured(("large",), D(80), 2), Measured((None,), D(40), 1)]
    line, sums = rated(price, Used(measurement(price, cells)))
    assert [cell.of for cell in sums.cells] == ["model=large", "model missing"]
    assert said(list(sums.cells[0].rows)) == ["Tier 1, 0 to 100: 80 x 0.01 + 1 flat"]
    assert said(list(sums.cells[1].rows)) == [
        "Priced so far: 80 by the groups above + 40",
        "Tier 1, 0 to 100: 20 x 0.01",
        "Tier 2, 100 to 200: 20 x 0.02",
    ]
    check(line, sums)


def test_a_tier_that_all_groups_reach_together_prices_each() -> None:
    price = Price("p", "P", Volume(TIERS), TOKENS, group_by=("model",), ladder=Ladder.SHARED)
    cells = [Measured(("large",), D(80), 2), Measured(("small",), D(40), 1)]
    line, sums = rated(price, Used(measurement(price, cells)))
    assert [said(list(cell.rows)) for cell in sums.cells] == [
        ["All groups together: ", "All in tier 2, 100 to 200: 80 x 0.02"],
        ["All groups together: ", "All in tier 2, 100 to 200: 40 x 0.02"],
    ]
    check(line, sums)


def test_modifiers_of_each_group_stand_with_the_group() -> None:
    price = Price(
        "p", "P", PerUnit(D(1)), TOKENS, group_by=("model",), modifiers=Modifiers(minimum=D(50)), per_group=True
    )
    cells = [Measured(("large",), D(80), 2), Measured(("small",), D(40), 1)]
    line, sums = rated(price, Used(measurement(price, cells)))
    assert said(list(sums.cells[1].rows)) == ["Usage: 40 x 1", "Raised to the minimum: 50 - 40"]
    assert [(row.who, row.equals) for row in sums.after] == [("Sum", 130)]
    check(line, sums)


def test_what_accumulates_over_a_contract_says_what_was_before() -> None:
    price = Price(
        "p",
        "P",
        Graduated(TIERS),
        TOKENS,
        accumulate=Accumulate.CONTRACT,
        transform=Transform(Conversion(D(10)), included=D(5)),
    )
    earlier = measurement(price, [Measured((), D(900), 4)], Period(at("2025-12-01"), JANUARY.start))
    line, sums = rated(price, Used(measurement(price, [Measured((), D(400), 4)]), earlier))
    assert said(rows_of(sums)) == [
        "Measured so far: 900 before + 400",
        "Converted: 1,300 / 10",
        "Included: 130 - 5 included",
        "Converted before: 900 / 10",
        "Included before: 90 - 5 included",
        "On top: 125 so far - 85 before",
        "Priced so far: 85 before + 40",
        "Tier 1, 0 to 100: 15 x 0.01",
        "Tier 2, 100 to 200: 25 x 0.02",
        "Sum: ",
    ]
    assert said(rows_of(arithmetic(line, Rests(price))))[0] == "On top: 125 so far - 85 before"


def test_a_commitment_names_what_was_charged_and_what_was_invoiced_ahead() -> None:
    price = Price("tokens", "Input tokens", PerUnit(D(1)), TOKENS)
    usage, _ = rated(price, Used(measurement(price, [Measured((), D(640), 3)])))
    fee = rate_fee(Price("base", "Base fee", Flat(D(49))), JANUARY, subscription().cycle, in_currency=USD)
    floor = Commitment("floor", "Minimum spend", D(1000), overage=D("1.2"))
    line = rate_commitment(floor, [usage, fee], JANUARY, subscription().cycle, in_currency=USD)
    assert line is not None
    sums = arithmetic(line, Rests(commitment=floor, lines=[usage]))
    assert said(rows_of(sums)) == [
        "Committed: 1,000",
        "Charged already: -(640 for Input tokens + 49 invoiced ahead)",
        "Sum: ",
    ]
    check(line, sums)
    over = rate_commitment(floor, [usage, fee] * 2, LATE_JANUARY, subscription().cycle, in_currency=USD)
    assert over is not None
    sums = arithmetic(over, Rests(commitment=floor))
    assert said(rows_of(sums)) == [
        "Beyond the commitment: (1,378 charged - 1,000 x 15 / 31 days committed) x (1.2 - 1)"
    ]
    check(over, sums)


def test_many_events_below_their_minimum_are_told_by_their_amounts() -> None:
    shape = Percentage(D("0.01"), per_event=D("0.1"), minimum_per_event=D("0.5"))
    price = Price("p", "P", shape, TOKENS)
    amounts = tuple(D(n % 12) for n in range(60))
    quantity = D(0)
    for amount in amounts:
        quantity = add(quantity, amount)  # type: ignore[assignment]
    line, sums = rated(price, Used(measurement(price, [Measured((), quantity, 60, amounts)])))
    raised = next(row for row in rows_of(sums) if row.who.startswith("Raised"))
    assert raised.sum.startswith("5 x (0.5 - (1 % of 0 + 0.1)) + 5 x (0.5 - (1 % of 1 + 0.1)) + ")
    assert raised.sum.endswith(" + 6.1 for 20 more events")
    check(line, sums)
