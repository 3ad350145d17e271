"""Coupons: in their order, each on what is left, to the minor unit, and never below zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.invoicing.coupon_terms import coupon_from
from farthing.core.invoicing.coupons import Applied, Coupon, Coupons, Scope, amount_off, in_order, percentage_off
from farthing.core.invoicing.reckoning import Charged, Discount, ReckonBy
from farthing.core.metering.count import Count
from farthing.core.metering.meter import Meter
from farthing.core.money import Money, currency, total
from farthing.core.pricing.per_unit import PerUnit
from farthing.core.pricing.plan import Price
from farthing.core.refused import Refused
from tests.core.core_values import ACME, USD, at
from tests.core.invoicing.reckoned import item, usd

NOW = at("2026-01-05")
SUBSCRIPTION = UUID(int=77)


def applied(number: int = 1, *, uses: int = 0, used: Sequence[Money] = (), **terms: Any) -> Applied:
    """A coupon as Acme has it since so many days."""
    coupon = coupon_from(f"c{number}", terms)
    return Applied(UUID(int=number), coupon, ACME, NOW + timedelta(days=number), uses=uses, used=tuple(used))


def taken(lines: dict[str, int], *coupons: Applied, of: Sequence[Charged] = ()) -> list[Discount]:
    """What these coupons take off items of so many cents."""
    return Coupons(coupons).taken_off(
        [item(key, minor) for key, minor in lines.items()], [usd(minor) for minor in lines.values()], at=NOW, of=of
    )


def off(discounts: Sequence[Discount]) -> list[tuple[str, list[int]]]:
    """The key of each, and what it takes off each line."""
    return [(discount.key, [amount.minor for amount in discount.amounts]) for discount in discounts]


def test_a_percentage_is_of_each_line_and_rounded_once() -> None:
    assert off(taken({"a": 20000, "b": 10000}, applied(percent="20"))) == [("c1", [4000, 2000])]
    assert off(taken({"a": 5, "b": 5}, applied(percent="10"))) == [("c1", [1, 0])]
    assert off(taken({"a": 333, "b": 333, "c": 334}, applied(percent="33.3"))) == [("c1", [111, 111, 111])]


def test_an_amount_is_spread_by_what_each_line_has_left() -> None:
    assert off(taken({"a": 1000, "b": 2000}, applied(amounts={"USD": "1"}))) == [("c1", [33, 67])]
    assert off(taken({"a": 1000, "b": 2000}, applied(amounts={"USD": "40"}))) == [("c1", [1000, 2000])]


def test_credit_is_not_discounted_again_and_no_amount_brings_an_invoice_below_zero() -> None:
    assert off(taken({"a": 10000, "b": -8000}, applied(percent="10"))) == [("c1", [1000, 0])]
    assert off(taken({"a": 10000, "b": -8000}, applied(amounts={"USD": "50"}))) == [("c1", [2000, 0])]
    assert taken({"a": 1000, "b": -8000}, applied(amounts={"USD": "50"})) == []


def test_the_narrowest_scope_comes_first_then_percentages_then_the_oldest() -> None:
    whole, percent, plan = applied(1, amounts={"USD": 10}), applied(2, percent=50), applied(3, percent=10, plans=["p"])
    meter, price = applied(4, percent=1, meters=["m"]), applied(5, amounts={"USD": 1}, prices=["a"])
    newer, older = replace(whole, applied_at=NOW), replace(whole, applied_id=UUID(int=9))
    assert in_order([whole, percent, plan, meter, price]) == [price, meter, plan, percent, whole]
    assert in_order([older, newer]) == [newer, older]


def test_each_works_on_what_those_before_it_left() -> None:
    # 100.00: half of it, then 10.00 off what is left, then 45.00 that are there no more.
    coupons = [applied(1, amounts={"USD": 10}), applied(2, amounts={"USD": 45}), applied(3, percent=50)]
    assert off(taken({"a": 10000}, *coupons)) == [("c3", [5000]), ("c1", [1000]), ("c2", [4000])]


def test_a_scope_reaches_its_own_lines_only() -> None:
    calls = Price("b", "Calls", PerUnit(Decimal(1)), Meter("calls", 1, "call", Count()))
    of = [Charged(SUBSCRIPTION, "starter"), Charged(SUBSCRIPTION, "starter", calls), Charged(UUID(int=5), "other")]
    lines = {"a": 100, "b": 100, "c": 100}
    assert off(taken(lines, applied(percent=10, prices=["a", "c"]), of=of)) == [("c1", [10, 0, 10])]
    assert off(taken(lines, applied(percent=10, meters=["calls"]), of=of)) == [("c1", [0, 10, 0])]
    assert off(taken(lines, applied(percent=10, plans=["starter"]), of=of)) == [("c1", [10, 10, 0])]
    own = replace(applied(percent=10), subscription_id=SUBSCRIPTION)
    assert off(taken(lines, own, of=of)) == [("c1", [10, 10, 0])]
    for unknown in (own, applied(percent=10, meters=["calls"]), applied(percent=10, plans=["starter"])):
        assert taken(lines, unknown) == []


def test_a_coupon_is_used_up_after_its_periods() -> None:
    for terms in ({"percent": 10}, {"amounts": {"USD": 1}}):
        assert not applied(periods=2, uses=1, **terms).is_over
        assert applied(periods=2, uses=2, **terms).is_over
        assert taken({"a": 100}, applied(periods=2, uses=2, **terms)) == []
        assert not applied(periods="for ever", uses=99, **terms).is_over
        assert taken({"a": 100}, applied(periods="for ever", uses=99, **terms))


def test_what_an_invoice_leaves_of_an_amount_is_dropped_unless_it_carries_over() -> None:
    once = {"amounts": {"USD": 100}}
    assert applied(uses=1, used=[usd(6000)], **once).available(in_currency=USD) == usd(0)
    carried = applied(uses=1, used=[usd(6000)], carries_over=True, **once)
    assert carried.available(in_currency=USD) == usd(4000)
    assert applied(uses=2, used=[usd(10000)], carries_over=True, **once).is_over
    # Two months of 100.00: 60.00 were used in the first, so 140.00 are there in the second.
    twice = applied(uses=1, used=[usd(6000)], carries_over=True, periods=2, **once)
    assert twice.available(in_currency=USD) == usd(14000)
    assert replace(twice, uses=7).available(in_currency=USD) == usd(14000)


def test_an_amount_counts_in_its_own_currency_only() -> None:
    coupon = applied(amounts={"EUR": 9, "JPY": 1500})
    assert coupon.available(in_currency=currency("JPY")) == Money(1500, currency("JPY"))
    assert taken({"a": 10000}, coupon) == []


def test_a_minimum_is_asked_of_the_lines_before_any_coupon() -> None:
    needs = applied(1, amounts={"USD": 10}, minimum={"USD": 100})
    assert off(taken({"a": 10000}, needs, applied(2, percent=50))) == [("c2", [5000]), ("c1", [1000])]
    assert taken({"a": 9999}, needs) == []
    assert taken({"a": 6000, "b": 6000}, applied(percent=10, prices=["a"], minimum={"USD": 100})) == []
    assert taken({"a": 10000}, applied(percent=10, minimum={"EUR": 1})) == []


def test_an_invoice_keeps_what_a_coupon_promised() -> None:
    discounts = taken({"a": 10000}, applied(amounts={"USD": "10"}, carries_over=True))
    assert discounts[0].terms == {
        "name": "c1", "amounts": {"USD": "10"}, "periods": 1, "carries_over": True, "available": "10"
    }  # fmt: skip


def test_a_reckoning_begins_with_coupons() -> None:
    reckoned = ReckonBy(coupons=Coupons((applied(percent=25),))).reckon(
        [item("a", 1000), item("b", 500)], at=NOW, in_currency=USD
    )
    assert off(reckoned.discounts) == [("c1", [250, 125])]


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({}, "either a percent or amounts"),
        ({"percent": 10, "amounts": {"USD": 1}}, "either a percent or amounts"),
        ({"percent": 0}, "more than 0"),
        ({"percent": "100.1"}, "at most 100"),
        ({"percent": "10%"}, "10"),
        ({"amounts": {"USD": 0}}, "above zero"),
        ({"amounts": {"USD": "0.001"}}, "2 digits"),
        ({"amounts": {"XYZ": 1}}, "not a currency"),
        ({"amounts": 5}, "by currency"),
        ({"percent": 10, "prices": ["a"], "plans": ["b"]}, "one of them"),
        ({"percent": 10, "periods": 0}, "from 1"),
        ({"percent": 10, "periods": "1.5"}, "whole number"),
        ({"percent": 10, "max_redemptions": 10**20}, "from 1"),
        ({"percent": 10, "carries_over": True}, "no rest"),
        ({"percent": 10, "redeem_by": "soon"}, "as a day"),
        ({"percent": 10, "mood": 1}, "means nothing here"),
        ({"percent": 10, "name": " "}, "needs a name"),
    ],
)
def test_terms_that_make_no_coupon_are_refused(terms: dict[str, Any], said: str) -> None:
    with pytest.raises(Refused, match=said):
        coupon_from("c", terms)


def test_a_key_is_a_word() -> None:
    with pytest.raises(Refused, match="key"):
        coupon_from("a b", {"percent": 1})


cents = st.integers(-10_000, 100_000)
scopes = st.sampled_from([{}, {"prices": ["l0"]}, {"prices": ["l1", "l2"]}])


@st.composite
def coupons(draw: st.DrawFn) -> Applied:
    """Any coupon that some item may be reached by."""
    number = draw(st.integers(1, 99))
    terms: dict[str, Any] = dict(draw(scopes))
    if draw(st.booleans()):
        terms["percent"] = str(draw(st.decimals("0.01", 100, places=2)))
    else:
        terms["amounts"] = {"USD": str(draw(st.decimals("0.01", 2000, places=2)))}
    terms["periods"] = draw(st.sampled_from([1, 2, "for ever"]))
    return applied(number, uses=draw(st.integers(0, 2)), **terms)


@given(minors=st.lists(cents, min_size=1, max_size=5), several=st.lists(coupons(), max_size=5))
def test_no_line_and_no_sum_is_brought_below_zero_and_nothing_is_given_twice(
    minors: list[int], several: list[Applied]
) -> None:
    left = [usd(minor) for minor in minors]
    whole = total(left, in_currency=USD)
    discounts = taken({f"l{place}": minor for place, minor in enumerate(minors)}, *several)
    for discount in discounts:
        assert discount.amount.minor > 0
        for place, amount in enumerate(discount.amounts):
            assert 0 <= amount.minor <= max(left[place].minor, 0)
        left = [one - amount for one, amount in zip(left, discount.amounts, strict=True)]
        whole_before, whole = whole, whole - discount.amount
        if "percent" not in discount.terms:
            assert discount.amount.minor <= Decimal(discount.terms["available"]) * 100
            assert whole.minor >= 0 or whole_before.minor < 0
    assert len({discount.source_id for discount in discounts}) <= len(several)


@given(minors=st.lists(cents, min_size=1, max_size=5), several=st.lists(coupons(), max_size=5), rest=st.randoms())
def test_the_order_in_which_coupons_are_named_does_not_matter(
    minors: list[int], several: list[Applied], rest: Any
) -> None:
    distinct = list({one.applied_id: one for one in several}.values())
    lines = {f"l{place}": minor for place, minor in enumerate(minors)}
    shuffled = distinct.copy()
    rest.shuffle(shuffled)
    assert taken(lines, *distinct) == taken(lines, *shuffled)


@given(minors=st.lists(st.integers(0, 10**9), min_size=1, max_size=6), percent=st.decimals("0.01", 100, places=3))
def test_a_percentage_is_off_by_less_than_a_unit_on_each_line(minors: list[int], percent: Decimal) -> None:
    amounts = percentage_off(percent, [usd(minor) for minor in minors], [True] * len(minors))
    for minor, amount in zip(minors, amounts, strict=True):
        assert abs(amount.minor - minor * percent / 100) < 1
    assert abs(sum(amount.minor for amount in amounts) - sum(minors) * percent / 100) <= Decimal("0.5")


@given(minors=st.lists(st.integers(0, 10**9), min_size=1, max_size=6), minor=st.integers(1, 10**10))
def test_an_amount_takes_off_all_of_itself_or_all_there_is(minors: list[int], minor: int) -> None:
    amounts = amount_off(usd(minor), [usd(each) for each in minors], [True] * len(minors))
    assert sum(amount.minor for amount in amounts) == min(minor, sum(minors))


@given(coupons())
def test_terms_say_all_that_a_coupon_is(one: Applied) -> None:
    assert coupon_from(one.coupon.key, one.coupon.terms()) == one.coupon


def test_every_term_comes_back() -> None:
    coupon = Coupon(
        "all", "All", amounts=(usd(500),), scope=Scope.METER, keys=("calls",), periods=None, carries_over=True,
        redeem_by=NOW.date(), most_redemptions=5, first_time_only=True, least=(usd(1000),),
    )  # fmt: skip
    assert coupon_from("all", coupon.terms()) == coupon
