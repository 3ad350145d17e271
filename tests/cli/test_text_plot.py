"""A price as text: the dots stand where the amounts are."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from farthing.cli.text_plot import DOTS, PLAIN, Signs, short, text_plot
from farthing.core.exact import Exact
from farthing.usecases.price_curve import Point, room_for, trace

PLAINLY = [
    "    USD",
    "200 +                   **                 ***",
    "    |                 ** :            *****",
    "    |              ***   :       *****",
    "    |            **      :  *****",
    "100 +         ***        ***",
    "    |       **",
    "    |    ***",
    "    |  **",
    "  0 +**",
    "    ++-------------------+-------------------+",
    "     0                  100                 200 seats",
]


def line(quantity: Exact) -> Exact:
    return quantity * 2


def falling(quantity: Exact) -> Exact:
    return quantity * 2 if quantity <= 100 else quantity


def plotted(signs: Signs) -> list[str]:
    curve = trace(falling, Decimal(0), Decimal(200))
    return text_plot(curve, quantity_in="seats", amount_in="USD", signs=signs, width=41, height=9)


def test_what_falls_behind_a_bound_is_seen_to_fall() -> None:
    assert plotted(PLAIN) == PLAINLY


def test_a_terminal_with_all_characters_gets_finer_dots() -> None:
    drawn = "\n".join(plotted(DOTS))
    assert any(0x2800 < ord(character) <= 0x28FF for character in drawn)
    assert "*" not in drawn


def test_a_plain_plot_is_ascii() -> None:
    assert "\n".join(plotted(PLAIN)).isascii()


def test_the_point_that_is_asked_about_is_a_large_dot() -> None:
    curve = trace(line, Decimal(0), Decimal(10))
    drawn = text_plot(curve, quantity_in="", amount_in="EUR", marked=Point(Fraction(10), Fraction(20)), height=5)
    assert drawn[1].endswith("●")
    assert sum(row.count("●") for row in drawn) == 1


def test_the_axis_of_what_is_counted_has_whole_numbers_only() -> None:
    curve = trace(line, Decimal(0), Decimal(10))
    counted = text_plot(curve, quantity_in="seats", amount_in="USD", width=48, whole=True)
    assert counted[-1].split() == ["0", "5", "10", "seats"]
    assert text_plot(curve, quantity_in="hours", amount_in="USD", width=48)[-1].split()[1] == "2.5"


def test_a_price_of_nothing_is_a_level_line() -> None:
    drawn = text_plot(trace(lambda _: Decimal(0), Decimal(0), Decimal(10)), quantity_in="GB", amount_in="USD")
    assert len({len(row) for row in drawn if "⣀" in row}) == 1


@settings(deadline=None, max_examples=40)
@given(
    quantities=st.lists(st.decimals(-(10**18), 10**37, places=1), min_size=1, max_size=3),
    unit=st.decimals("-1e12", "1e12", places=12),
)
def test_any_price_can_be_plotted(quantities: list[Decimal], unit: Decimal) -> None:
    curve = trace(lambda quantity: Fraction(quantity) * Fraction(unit), *room_for(quantities))
    drawn = text_plot(curve, quantity_in="units", amount_in="USD")
    assert len(drawn) == 17
    assert max(map(len, drawn)) < 100


def test_numbers_on_an_axis_are_short_whatever_their_size() -> None:
    written = ["0", "12", "-2500", "1000000", "0.000002", "3E-7", "5E+15", "12.5E+20"]
    assert [short(Decimal(number)) for number in written] == [
        "0", "12", "-2.5K", "1M", "0.000002", "3e-7", "5,000T", "1.25e21",
    ]  # fmt: skip
