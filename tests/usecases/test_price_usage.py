"""A plan applied to quantities, as an invoice would be, with nothing kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farthing.core.exact import Exact
from farthing.core.pricing.plan import Plan
from farthing.core.pricing.terms import meter_from, plan_from
from farthing.core.refused import Refused
from farthing.postgres.database import PostgresStore
from farthing.usecases.apply_catalogue import apply_catalogue
from farthing.usecases.close_period import close_period
from farthing.usecases.customers import add_customer
from farthing.usecases.draw_price import draw_price
from farthing.usecases.price_curve import Point
from farthing.usecases.price_usage import Priced, Stated, as_data, price_usage
from farthing.usecases.subscribe import subscribe
from tests.databases import NOW
from tests.usecases.shop import METERS as SHOP_METERS
from tests.usecases.shop import invoices, record, sent

METERS = {
    key: meter_from(key, terms, version=1)
    for key, terms in {
        "tokens": {"event_type": "inference", "measure": "sum", "property": "tokens", "unit": "tokens"},
        "calls": {"event_type": "call", "measure": "count", "unit": "calls"},
        "queue": {"event_type": "queue", "measure": "maximum", "property": "depth"},
        "payments": {"event_type": "payment", "measure": "sum", "property": "amount", "unit": "USD"},
        "stored": {"event_type": "disk", "measure": "sum", "property": "seconds"},
    }.items()
}
VOLUME = [{"up_to": 100, "unit": 2}, {"up_to": 200, "unit": 1}, {"unit": "0.5"}]


def plan_with(**prices: dict[str, Any]) -> Plan:
    return plan_from("plan", {"currency": "USD", "prices": prices}, version=1, meters=METERS)


def of(name: str, quantity: str | int, **group: str | None) -> Stated:
    return Stated(name, group, quantity=Decimal(quantity))


def amounts(priced: Priced) -> dict[str, str]:
    return {each.line.price_key: str(each.line.amount.amount) for each in priced.lines}


def test_everything_that_is_charged_for_a_period_is_a_line_and_adds_up() -> None:
    plan = plan_with(
        platform={"shape": "flat", "fee": 49, "charged": "advance"},
        setup={"shape": "flat", "fee": 100, "charged": "once"},
        seats={"quantity": "seats", "shape": "volume", "tiers": VOLUME},
        tokens={"meter": "tokens", "shape": "graduated", "tiers": VOLUME},
    )
    priced = price_usage(plan, [of("tokens", 250)], {"seats": Decimal(150)})
    assert amounts(priced) == {"platform": "49.00", "setup": "100.00", "seats": "150.00", "tokens": "325.00"}
    assert str(priced.total) == "624.00 USD"


def test_what_nothing_is_said_of_is_zero_and_an_agreed_quantity_one() -> None:
    plan = plan_with(
        seats={"quantity": "seats", "shape": "per_unit", "unit": 8},
        tokens={"meter": "tokens", "shape": "per_unit", "unit": 1},
        grouped={"meter": "calls", "group_by": ["key"], "shape": "per_unit", "unit": 1},
    )
    assert amounts(price_usage(plan, [], {})) == {"seats": "8.00", "tokens": "0.00", "grouped": "0.00"}


def test_a_thousand_keys_at_four_thousandths_each_owe_four() -> None:
    plan = plan_with(calls={"meter": "calls", "group_by": ["key"], "shape": "per_unit", "unit": "0.004"})
    priced = price_usage(plan, [of("calls", 1, key=f"key-{number}") for number in range(1000)], {})
    assert (amounts(priced), len(priced.lines[0].line.cells)) == ({"calls": "4.00"}, 1000)


def test_three_tenths_of_a_month_of_days_are_one_whole_when_they_are() -> None:
    plan = plan_with(stored={"meter": "stored", "divide_by": 2592000, "round": "floor", "shape": "per_unit", "unit": 7})
    assert amounts(price_usage(plan, [of("stored", 3 * 864000)], {})) == {"stored": "7.00"}


def test_quantities_and_amounts_of_any_size_are_priced_to_the_digit() -> None:
    plan = plan_with(tokens={"meter": "tokens", "shape": "per_unit", "unit": "12345678901234567890"})
    priced = price_usage(plan, [of("tokens", "9" * 38)], {})
    assert priced.total.minor == (10**38 - 1) * 12345678901234567890 * 100
    negative = price_usage(plan, [of("tokens", "-9")], {})
    assert negative.total.minor == -9 * 12345678901234567890 * 100


def test_groups_share_a_ladder_or_have_their_own() -> None:
    graduated = {"meter": "tokens", "group_by": ["key"], "shape": "graduated", "tiers": VOLUME}
    used = [of("tokens", 100, key="a"), of("tokens", 100, key="b")]
    assert amounts(price_usage(plan_with(p=graduated), used, {})) == {"p": "400.00"}
    assert amounts(price_usage(plan_with(p=graduated | {"ladder": "shared"}), used, {})) == {"p": "300.00"}


def test_what_accumulates_goes_on_from_what_came_before() -> None:
    plan = plan_with(tokens={"meter": "tokens", "accumulate": "contract", "shape": "graduated", "tiers": VOLUME})
    priced = price_usage(plan, [Stated("tokens", quantity=Decimal(30), before=Decimal(90))], {})
    assert amounts(priced) == {"tokens": "40.00"}


def test_events_are_priced_one_by_one_where_a_price_looks_at_each() -> None:
    plan = plan_with(
        cards={"meter": "payments", "shape": "percentage", "rate": "0.029", "per_event": "0.3", "minimum_per_event": 1}
    )
    priced = price_usage(plan, [Stated("payments", amounts=(Decimal(10), Decimal(100)))], {})
    assert amounts(priced) == {"cards": "4.20"}
    (row,) = [row for row in priced.lines[0].in_words().cells[0].steps if "minimum" in row.who]
    assert "2.9 % of 10" in row.sum


def test_a_count_is_its_own_number_of_events_and_other_measures_are_told_theirs() -> None:
    plan = plan_with(cards={"meter": "payments", "shape": "percentage", "rate": "0.01", "per_event": 1})
    assert amounts(price_usage(plan, [Stated("payments", quantity=Decimal(100), events=3)], {})) == {"cards": "4.00"}


def test_commitments_ask_for_what_is_missing_and_for_more_beyond() -> None:
    terms = {
        "currency": "USD",
        "prices": {"tokens": {"meter": "tokens", "shape": "per_unit", "unit": 1}},
        "commitments": {"floor": {"amount": 100, "overage": "1.5"}},
    }
    plan = plan_from("plan", terms, version=1, meters=METERS)
    assert amounts(price_usage(plan, [of("tokens", 60)], {})) == {"tokens": "60.00", "floor": "40.00"}
    assert amounts(price_usage(plan, [of("tokens", 160)], {})) == {"tokens": "160.00", "floor": "30.00"}
    assert amounts(price_usage(plan, [of("tokens", 100)], {})) == {"tokens": "100.00"}


def test_a_phase_has_its_own_prices() -> None:
    terms = {
        "currency": "USD",
        "prices": {
            "fee": {"shape": "flat", "fee": 9},
            "tokens": {"meter": "tokens", "shape": "per_unit", "unit": 1},
        },
        "phases": {
            "trial": {"lasts": "14 days", "trial": True},
            "ramp": {"lasts": "3 months", "change": {"tokens": {"unit": "0.5"}}, "without": ["fee"]},
        },
    }
    plan = plan_from("plan", terms, version=1, meters=METERS)
    totals = {
        phase: str(price_usage(plan, [of("tokens", 10)], {}, phase=phase).total.amount)
        for phase in ("trial", "ramp", None)
    }
    assert totals == {"trial": "0.00", "ramp": "5.00", None: "19.00"}


def test_that_a_period_is_whole_goes_without_saying() -> None:
    priced = price_usage(plan_with(fee={"shape": "flat", "fee": 9}), [], {})
    assert [row.sum for row in priced.lines[0].in_words().cells[0].steps] == ["9"]


SEVERAL = plan_with(
    large={"meter": "tokens", "where": {"model": "large"}, "shape": "per_unit", "unit": 2},
    rest={"meter": "tokens", "shape": "per_unit", "unit": 1},
    cards={"meter": "payments", "shape": "percentage", "rate": "0.01", "free_events": 1},
    each={"meter": "calls", "group_by": ["key"], "shape": "package", "price": 1, "size": 10},
    seats={"quantity": "seats", "shape": "per_unit", "unit": 1},
    fee={"shape": "flat", "fee": 1},
)


def test_prices_that_share_a_meter_are_named_by_their_own_keys() -> None:
    priced = price_usage(SEVERAL, [of("large", 3), of("rest", 4)], {})
    assert (amounts(priced)["large"], amounts(priced)["rest"]) == ("6.00", "4.00")


@pytest.mark.parametrize(
    ("stated", "says"),
    [
        (of("tokens", 1), "Several prices are for the meter “tokens”; name one of them instead: large, rest."),
        (of("call", 1), "The plan has no meter “call”; did you mean calls?"),
        (of("xyz", 1), "there are: tokens, payments, calls."),
        (of("seats", 1), "agreed quantity “seats”"),
        (of("fee", 1), "is a fee, which no usage changes"),
        (of("calls", 1, region="eu"), "has no group “region”; it has key."),
        (of("rest", 1, region="eu"), "has no group “region”; it has none."),
        (of("cards", 1), "give the amounts one by one"),
        (Stated("rest", before=Decimal(1)), "starts again with each period"),
        (Stated("rest", events=-1), "from 0 to 10^18"),
        (Stated("rest", quantity=Decimal(4), amounts=(Decimal(1), Decimal(2))), "add up to 3, not to 4"),
        (Stated("rest", events=3, amounts=(Decimal(1), Decimal(2))), "There are 2 amounts of “rest”, not 3"),
    ],
)
def test_what_cannot_be_priced_is_said_in_a_sentence(stated: Stated, says: str) -> None:
    with pytest.raises(Refused) as caught:
        price_usage(SEVERAL, [stated], {})
    assert says in caught.value.sentence


def test_what_is_said_twice_or_of_nothing_is_refused() -> None:
    for stated, quantities, phase, says in (
        ([of("rest", 1), of("rest", 2)], {}, None, "“rest” is given twice"),
        ([], {"chairs": Decimal(1)}, None, "no agreed quantity “chairs”; there is: seats."),
        ([], {}, "trial", "no phase “trial”; it has none"),
    ):
        with pytest.raises(Refused) as caught:
            price_usage(SEVERAL, stated, quantities, phase=phase)
        assert says in caught.value.sentence


def test_a_minimum_of_each_group_is_told_with_the_group() -> None:
    price = {"meter": "calls", "group_by": ["key"], "per_group": True, "minimum": 5, "shape": "per_unit", "unit": 1}
    data = as_data(price_usage(plan_with(p=price), [of("calls", 2, key="a"), of("calls", 9, key="b")], {}))
    (line,) = data["lines"]
    assert [(done["group"], done["exact"]) for done in line["modifications"]] == [({"key": "a"}, "3")]
    assert [[row["equals"] for row in cell["modified"]] for cell in line["cells"]] == [["3"], []]
    assert line["exact"] == "14"


def test_the_same_in_plain_data_says_every_number_as_text() -> None:
    plan = plan_with(stored={"meter": "stored", "divide_by": 3, "shape": "per_unit", "unit": 1})
    data = as_data(price_usage(plan, [of("stored", 1)], {}))
    (line,) = data["lines"]
    assert (line["exact"], line["amount"]) == ("1/3", {"amount": "0.33", "currency": "USD"})
    assert line["cells"][0]["quantities"][0]["what"] == "Converted"


ANY_PRICE = st.sampled_from(
    [
        {"shape": "per_unit", "unit": "0.003"},
        {"shape": "graduated", "tiers": VOLUME, "included": 7, "discount": {"percent": 10}},
        {"shape": "volume", "tiers": VOLUME, "divide_by": 3, "round": "ceil", "minimum": 5},
        {"shape": "package", "price": 5, "size": 12, "included": 30},
        {"shape": "stairstep", "tiers": [{"up_to": 10, "total": 5}, {"total": 9}], "maximum": 8},
        {"shape": "graduated_percentage", "tiers": [{"up_to": 100, "rate": "0.1"}, {"rate": "0.01", "flat": 1}]},
    ]
)


@settings(deadline=None, max_examples=40)
@given(terms=ANY_PRICE, used=st.decimals(-(10**6), 10**9, places=3))
def test_a_picture_marks_what_was_priced_where_it_stands(terms: dict[str, Any], used: Decimal) -> None:
    priced = price_usage(plan_with(p={"meter": "tokens", **terms}), [Stated("tokens", quantity=used)], {})
    picture = draw_price(priced, "tokens")
    marked = None if picture.marked is None else (picture.marked.quantity, picture.marked.amount)
    assert marked == ((Fraction(used), priced.lines[0].line.exact) if used else None)
    quantities = [point.quantity for point in picture.curve.points]
    assert min(quantities) <= min(used, 0) <= max(used, 0) <= max(quantities)


@pytest.mark.parametrize(
    ("terms", "bounds"),
    [
        ({"shape": "volume", "tiers": VOLUME}, [100, 200]),
        ({"shape": "graduated", "tiers": VOLUME, "divide_by": 1000, "included": 50}, [50_000, 150_000, 250_000]),
        ({"shape": "graduated", "tiers": VOLUME, "multiply_by": 4}, [25, 50]),
        ({"shape": "per_unit", "unit": 2, "minimum": 20, "maximum": 80}, [10, 40]),
        ({"shape": "per_unit", "unit": 2, "discount": {"amount": 10}, "maximum": 80}, [5, 45]),
        ({"shape": "per_unit", "unit": 2, "discount": {"percent": 20}, "maximum": 80}, [50]),
        ({"shape": "per_unit", "unit": 2, "discount": {"percent": 100}, "minimum": 3}, []),
        ({"shape": "per_unit", "unit": 2, "divide_by": 1000, "round": "ceil"}, [1000, 2000, 8000]),
        ({"shape": "event_priced", "multiplier": 2, "maximum": 80}, [40]),
        ({"shape": "package", "price": 5, "size": 12, "included": 30}, [30, 42, 54]),
        ({"shape": "stairstep", "tiers": [{"up_to": 10, "total": 5}, {"total": 9}]}, [10]),
        ({"shape": "graduated_percentage", "tiers": [{"up_to": 70, "rate": "0.1"}, {"rate": 0}]}, [70]),
        (
            {"shape": "percentage", "rate": "0.02", "per_event": 3, "free_amount": 100, "maximum_per_event": 50},
            [100, 2450],
        ),
        ({"shape": "free"}, []),
    ],
)
def test_a_picture_reaches_beyond_every_tier_and_turns_where_they_end(
    terms: dict[str, Any], bounds: list[Exact]
) -> None:
    picture = draw_price(price_usage(plan_with(p={"meter": "tokens", **terms}), [], {}), "p")
    quantities = {point.quantity for point in picture.curve.points}
    assert {Fraction(bound) for bound in bounds} <= quantities
    assert max(quantities) > max(bounds, default=0)


def test_a_picture_of_one_group_is_of_its_own_price() -> None:
    matrix = {
        "meter": "calls",
        "shape": "matrix",
        "by": ["region"],
        "cells": [{"when": ["eu"], "shape": "per_unit", "unit": 3}],
        "default": {"shape": "per_unit", "unit": 1},
    }
    priced = price_usage(plan_with(p=matrix), [of("calls", 4, region="eu"), of("calls", 6, region="us")], {})
    in_europe = draw_price(priced, "p", {"region": "eu"}, up_to=Decimal(10))
    assert (in_europe.name, in_europe.note) == ("p, region eu", "With region us held at 6")
    assert (in_europe.curve.points[0].amount, in_europe.curve.points[-1].amount) == (6, 36)
    assert in_europe.marked == Point(Fraction(4), Fraction(18))
    elsewhere = draw_price(price_usage(plan_with(p=matrix), [], {}), "p", up_to=Decimal(10))
    assert (elsewhere.name, elsewhere.note, elsewhere.marked) == ("p", "", None)


GROUPED_PRICE = st.sampled_from(
    [
        {"shape": "graduated", "tiers": VOLUME, "ladder": "shared", "included": 30},
        {
            "shape": "volume",
            "tiers": [{"up_to": 100, "unit": 2, "flat": 7}, {"unit": 1, "flat": 3}],
            "ladder": "shared",
        },
        {"shape": "graduated", "tiers": VOLUME, "ladder": "shared", "per_group": True, "minimum": 50},
        {"shape": "graduated", "tiers": VOLUME, "discount": {"percent": 10}, "minimum": 50},
        {"shape": "stairstep", "tiers": [{"up_to": 90, "total": 5}, {"total": 9}], "per_group": True, "maximum": 8},
        {"shape": "package", "price": 5, "size": 12, "maximum": 60, "in": "credits"},
        {"shape": "graduated", "tiers": VOLUME, "ladder": "shared", "accumulate": "contract"},
        {"shape": "volume", "tiers": VOLUME, "accumulate": "contract", "discount": {"percent": 5}},
    ]
)


@settings(deadline=None, max_examples=80)
@given(
    terms=GROUPED_PRICE,
    used=st.dictionaries(st.sampled_from("abcde"), st.decimals("0.5", 300, places=1), min_size=1, max_size=5),
    before=st.decimals("0.5", 300, places=1),
    chosen=st.integers(0, 4),
)
def test_a_picture_of_a_group_marks_the_amount_of_its_line_whatever_else_was_used(
    terms: dict[str, Any], used: dict[str, Decimal], before: Decimal, chosen: int
) -> None:
    price = {"meter": "tokens", "group_by": ["key"], **terms}
    plan = {"currency": "USD", "units": {"credits": "0.02"}, "prices": {"p": price}}
    group = sorted(used)[chosen % len(used)]
    earlier = before if "accumulate" in terms else None
    stated = [Stated("p", {"key": key}, quantity=units, before=earlier) for key, units in used.items()]
    priced = price_usage(plan_from("plan", plan, version=1, meters=METERS), stated, {})
    picture = draw_price(priced, "p", {"key": group})
    assert picture.marked == Point(Fraction(used[group]), Fraction(priced.lines[0].line.exact))
    # Another quantity of the group costs what a line of that quantity does.
    end = picture.curve.points[-1]
    other = [replace(each, quantity=end.quantity) if each.of == {"key": group} else each for each in stated]
    again = price_usage(plan_from("plan", plan, version=1, meters=METERS), other, {})
    assert end.amount == again.lines[0].line.exact


def test_a_picture_on_a_shared_ladder_begins_where_the_other_groups_end() -> None:
    shared = {
        "meter": "tokens",
        "group_by": ["key"],
        "ladder": "shared",
        "shape": "graduated",
        "tiers": [{"up_to": 1000, "unit": "0.01"}, {"unit": "0.007"}],
    }
    priced = price_usage(plan_with(p=shared), [of("tokens", 500, key="a"), of("tokens", 900, key="b")], {})
    picture = draw_price(priced, "p", {"key": "b"})
    assert (picture.note, picture.in_all) == ("With key a held at 500", True)
    assert [(str(point.quantity), str(point.amount)) for point in picture.curve.points[:2]] == [
        ("0", "5"),
        ("500", "10"),
    ]
    assert picture.marked == Point(Fraction(900), Fraction("12.8"))


def test_a_picture_goes_on_from_what_came_before() -> None:
    tiers = [{"up_to": 100, "unit": 1}, {"unit": "0.5"}]
    plan = plan_with(vol={"meter": "tokens", "accumulate": "contract", "shape": "volume", "tiers": tiers})
    picture = draw_price(price_usage(plan, [Stated("vol", quantity=Decimal(80), before=Decimal(80))], {}), "vol")
    assert picture.note == "On top of 80 used before"
    assert picture.marked == Point(Fraction(80), Fraction(0))
    assert [(before.quantity, before.amount, after.amount) for before, after in picture.curve.leaps] == [(20, 20, -30)]


def test_a_picture_of_several_events_says_what_it_is_of() -> None:
    cards = {"meter": "payments", "shape": "percentage", "rate": "0.01"}
    bounded = plan_with(p=cards | {"minimum_per_event": 1})
    of_several = draw_price(price_usage(bounded, [Stated("p", amounts=(Decimal(5), Decimal(900)))], {}), "p")
    assert of_several.note == "For a single event, so the several that were priced are not marked"
    assert of_several.marked is None
    of_one = draw_price(price_usage(bounded, [Stated("p", amounts=(Decimal(900),))], {}), "p")
    assert (of_one.note, of_one.marked) == ("For a single event", Point(Fraction(900), Fraction(9)))
    in_three = price_usage(plan_with(p=cards | {"per_event": 2}), [Stated("p", quantity=Decimal(100), events=3)], {})
    picture = draw_price(in_three, "p")
    assert (picture.note, picture.marked) == ("In 3 events", Point(Fraction(100), Fraction(7)))


def test_a_picture_of_a_thousand_groups_is_drawn_and_one_that_would_take_too_long_refused() -> None:
    shared = {"meter": "tokens", "group_by": ["key"], "ladder": "shared", "shape": "graduated", "tiers": VOLUME}
    used = [of("tokens", 1, key=f"key-{number:04}") for number in range(1000)]
    picture = draw_price(price_usage(plan_with(p=shared), used, {}), "p", {"key": "key-0500"})
    assert picture.note == "With 999 other groups held at 999 together"
    apart = plan_with(p=shared | {"per_group": True, "minimum": 1})
    with pytest.raises(Refused, match="999 other groups"):
        draw_price(price_usage(apart, used, {}), "p", {"key": "key-0500"})


def test_one_group_needs_no_name_to_be_drawn_and_several_do() -> None:
    price = {"meter": "calls", "group_by": ["key"], "shape": "per_unit", "unit": 1}
    one = draw_price(price_usage(plan_with(p=price), [of("calls", 4, key="a")], {}), "p")
    assert (one.name, one.note, one.marked) == ("p, key a", "", Point(Fraction(4), Fraction(4)))
    both = price_usage(plan_with(p=price), [of("calls", 4, key="a"), of("calls", 5)], {})
    assert draw_price(both, "p").name == "p, key missing"
    several = price_usage(plan_with(p=price), [of("calls", 4, key="a"), of("calls", 5, key="b")], {})
    with pytest.raises(Refused, match="priced for 2 groups; say which to draw, such as p:key=a"):
        draw_price(several, "p")


def test_what_is_counted_is_drawn_with_room_in_whole_numbers() -> None:
    seats = plan_with(seats={"quantity": "seats", "shape": "per_unit", "unit": 1})
    picture = draw_price(price_usage(seats, [], {"seats": Decimal(9)}), "seats")
    assert picture.whole
    assert picture.curve.points[-1].quantity == 15
    tokens = plan_with(tokens={"meter": "tokens", "shape": "per_unit", "unit": 1})
    assert not draw_price(price_usage(tokens, [], {}), "tokens").whole


def test_there_cannot_be_less_than_none_of_what_is_agreed() -> None:
    with pytest.raises(Refused) as caught:
        price_usage(SEVERAL, [], {"seats": Decimal(-5)})
    assert (caught.value.sentence, caught.value.field) == (
        "There cannot be -5 of “seats”; give 0 or more.",
        "quantities",
    )
    assert amounts(price_usage(SEVERAL, [], {"seats": Decimal(0)}))["seats"] == "0.00"
    with pytest.raises(Refused, match="cannot be -5"):
        draw_price(price_usage(SEVERAL, [], {}), "seats", up_to=Decimal(-5))


def test_what_a_phase_does_not_price_is_told_apart_from_what_the_plan_does_not_know() -> None:
    prices = {
        "seats": {"quantity": "seats", "shape": "per_unit", "unit": 1},
        "tokens": {"meter": "tokens", "shape": "per_unit", "unit": 1},
        "calls": {"meter": "calls", "shape": "per_unit", "unit": 1},
    }
    phases = {"ramp": {"lasts": "3 months", "without": ["seats", "tokens"]}}
    plan = plan_from("plan", {"currency": "USD", "prices": prices, "phases": phases}, version=1, meters=METERS)
    for stated, quantities, what in (
        ([], {"seats": Decimal(5)}, "The agreed quantity “seats”"),
        ([of("tokens", 5)], {}, "“tokens”"),
    ):
        with pytest.raises(Refused) as caught:
            price_usage(plan, stated, quantities, phase="ramp")
        says = f"{what} costs nothing in the phase “ramp”, which has no price for it; leave it out."
        assert caught.value.sentence == says
    with pytest.raises(Refused, match="no agreed quantity “chairs”"):
        price_usage(plan, [], {"chairs": Decimal(1)}, phase="ramp")


def test_what_has_nothing_to_draw_is_said() -> None:
    priced = price_usage(SEVERAL, [], {})
    for name, up_to, says in (
        ("fee", None, "one amount"),
        ("xyz", None, "no price “xyz”; there are: large, rest"),
        ("rest", Decimal(0), "nothing"),
    ):
        with pytest.raises(Refused, match=says):
            draw_price(priced, name, up_to=up_to)


def test_a_period_that_is_worked_out_costs_what_its_invoice_says(store: PostgresStore) -> None:
    team = plan_from(
        "starter",
        {
            "name": "Team",
            "currency": "USD",
            "prices": {
                "platform": {"shape": "flat", "fee": 49},
                "large": {
                    "meter": "tokens",
                    "where": {"model": "large"},
                    "group_by": ["region"],
                    "shape": "package",
                    "price": 3,
                    "size": 100,
                },
                "rest": {"meter": "tokens", "shape": "graduated", "tiers": VOLUME, "discount": {"percent": 10}},
                "calls": {"meter": "calls", "shape": "per_unit", "unit": "0.004", "minimum": 2},
            },
            "commitments": {"floor": {"amount": 1000, "prices": ["large", "rest"]}},
        },
        version=1,
        meters=SHOP_METERS,
    )
    apply_catalogue(store, meters=SHOP_METERS, plans=[team], now=NOW)
    add_customer(store, key="acme", name="Acme Corp.", in_zone="Australia/Sydney", now=NOW)
    subscribe(store, customer_key="acme", plan_key="starter", starts_on=date(2026, 1, 1))
    used = [("large", "eu", 250), ("large", "eu", 1), ("large", "us", 7), ("small", "eu", 333), ("small", "us", 20)]
    events = [
        sent(str(number), tokens=tokens, model=model, region=region)
        for number, (model, region, tokens) in enumerate(used)
    ]
    record(store, *events, sent("call", type="call", of="one"))
    close_period(store, through=date(2026, 1, 31), now=NOW)
    january = invoices(store)[-1]
    stated = [of("large", 251, region="eu"), of("large", 7, region="us"), of("rest", 353), of("calls", 1)]
    priced = price_usage(team, stated, {})
    assert [(each.line.name, each.line.amount) for each in priced.lines] == [
        (line.name, line.amount) for line in january.draft.lines
    ]
    assert priced.total == january.total
