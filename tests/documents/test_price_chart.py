"""Charts of prices: the right size, every leap marked, and drawn for any price."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

import pytest

from farthing.core.exact import ZERO, Exact, add
from farthing.core.pricing.graduated import Graduated
from farthing.core.pricing.ladder import Rung, Tier
from farthing.core.pricing.package import Package
from farthing.core.pricing.per_unit import PerUnit
from farthing.core.pricing.shapes import Single
from farthing.core.pricing.stairstep import Stairstep
from farthing.core.pricing.volume import Volume
from farthing.documents.charts import PALETTE
from farthing.documents.price_chart import price_chart_png, price_chart_svg
from farthing.usecases.price_curve import Curve, Point, trace
from tests.documents.test_usage_chart import png_size, words

GRADUATED = Graduated((Tier(Decimal(100), Decimal(2)), Tier(Decimal(200), Decimal(1)), Tier(None, Decimal("0.5"))))
VOLUME = Volume((Tier(Decimal(100), Decimal(2)), Tier(Decimal(200), Decimal(1)), Tier(None, Decimal("0.5"))))
STAIRS = Stairstep((Rung(Decimal(10), Decimal(50)), Rung(None, Decimal(80))))
PACKAGE = Package(Decimal(5), Decimal(100))


def curve_of(shape: Single, up_to: str) -> Curve:
    def amount_of(quantity: Exact) -> Exact:
        costs: Exact = ZERO
        for step in shape.steps(quantity):
            costs = add(costs, step.exact)
        return costs

    return trace(amount_of, Decimal(0), Decimal(up_to))


def svg_of(shape: Single, up_to: str, marked: Point | None = None, said: str = "") -> str:
    curve = curve_of(shape, up_to)
    return price_chart_svg("Seats", curve, quantity_in="seats", amount_in="USD", marked=marked, said=said)


def dots(svg: str, fill: str) -> int:
    return len(re.findall(rf'aria-roledescription="point"[^>]*fill="{fill}"', svg))


@pytest.mark.parametrize(
    "shape", [GRADUATED, VOLUME, STAIRS, PACKAGE, PerUnit(Decimal(0))], ids=lambda shape: shape.kind
)
def test_a_picture_of_any_shape_is_twice_as_many_pixels_as_usual(shape: Single) -> None:
    png = price_chart_png("Seats", curve_of(shape, "400"), quantity_in="seats", amount_in="USD")
    assert png_size(png) == (1200, 600)


def test_both_ends_of_each_leap_are_marked_and_a_curve_without_leaps_has_none() -> None:
    falling = svg_of(VOLUME, "400")
    assert (dots(falling, PALETTE[0]), dots(falling, "white")) == (2, 2)
    assert (dots(svg_of(GRADUATED, "400"), PALETTE[0]), dots(svg_of(STAIRS, "40"), "white")) == (0, 1)


def test_many_leaps_are_drawn_without_dots() -> None:
    svg = svg_of(PACKAGE, "3000")
    assert (dots(svg, "white"), dots(svg, PALETTE[0])) == (0, 0)
    assert svg.count("stroke-dasharray=") == 30


def test_the_axes_say_what_they_count() -> None:
    said = words(svg_of(GRADUATED, "400"))
    assert {"Seats", "Amount in USD by seats", "0", "100", "200", "300", "400"} <= set(said)


def test_the_point_that_is_asked_about_is_said() -> None:
    said = words(svg_of(GRADUATED, "400", Point(Fraction(150), Fraction(250)), "150 seats: 250 USD"))
    assert "150 seats: 250 USD" in said


def test_a_note_and_whole_numbers_are_shown_where_they_are_asked_for() -> None:
    curve = curve_of(PerUnit(Decimal(2)), "2")
    plain = price_chart_svg("Seats", curve, quantity_in="seats", amount_in="USD")
    noted = price_chart_svg("Seats", curve, quantity_in="seats", amount_in="USD", note="On top of 4 before", whole=True)
    assert "Subtitle text 'Amount in USD by seats'" in plain
    assert "Subtitle text 'Amount in USD by seats On top of 4 before'" in noted
    # The axis of amounts goes to 4 by ones, so that halves are of the quantity.
    assert {"0.5", "1.5"} <= set(words(plain))
    assert {"0", "1", "2"} <= set(words(noted))
    assert not {"0.5", "1.5"} & set(words(noted))


def test_amounts_and_quantities_of_any_size_have_readable_axes() -> None:
    assert {"1e30", "4e30"} <= set(words(svg_of(PerUnit(Decimal(4)), "1E+30")))
    assert {"0.000002", "4e-7"} <= set(words(svg_of(PerUnit(Decimal("0.2")), "0.000002")))


def test_names_are_text_and_nothing_else() -> None:
    name = "#x <b>'\"\\ ${Ё}"
    svg = price_chart_svg(name, curve_of(STAIRS, "40"), quantity_in=name, amount_in="USD")
    assert f"Amount in USD by {name}" in words(svg)
    assert "<b>" not in svg
