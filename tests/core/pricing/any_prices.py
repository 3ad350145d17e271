"""Any shape, any price and any plan that may exist, for laws that hold for all of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from farthing.core.metering.count import Count
from farthing.core.metering.meter import Meter
from farthing.core.metering.total import Sum
from farthing.core.money import plain
from farthing.core.pricing.capacity import Capacity
from farthing.core.pricing.event_priced import EventPriced
from farthing.core.pricing.flat import Flat
from farthing.core.pricing.free import Free
from farthing.core.pricing.graduated import Graduated
from farthing.core.pricing.graduated_percentage import GraduatedPercentage, RateTier
from farthing.core.pricing.ladder import Rung, Tier
from farthing.core.pricing.matrix import Branch, Matrix
from farthing.core.pricing.package import Package
from farthing.core.pricing.per_unit import PerUnit
from farthing.core.pricing.percentage import Percentage
from farthing.core.pricing.shapes import Shape, Single
from farthing.core.pricing.stairstep import Stairstep
from farthing.core.pricing.volume import Volume
from tests.core.core_values import names, unit_prices

METERS = {
    "tokens": Meter("tokens", 3, "inference", Sum("tokens"), unit="tokens"),
    "calls": Meter("calls", 1, "call", Count()),
    "paid": Meter("paid", 2, "payment", Sum("amount")),
}

sizes = st.integers(1, 10**6).map(lambda n: Decimal(n) / 8)
rates = st.decimals(min_value=0, max_value=1, places=6, allow_nan=False, allow_infinity=False)
wide = st.decimals(min_value=-(10**9), max_value=10**9, places=6, allow_nan=False, allow_infinity=False)
fractional = st.fractions(min_value=-(10**6), max_value=10**6)
any_quantity = st.one_of(wide, fractional)


@st.composite
def bounds(draw: st.DrawFn) -> list[Decimal | None]:
    """Rising bounds, the last one open."""
    return [*sorted(draw(st.sets(sizes, max_size=4))), None]


@st.composite
def tiers(draw: st.DrawFn, *, blocks: bool = True, flats: bool = True) -> tuple[Tier, ...]:
    """Tiers of any kind."""
    fees = unit_prices if flats else st.just(Decimal(0))
    block = st.one_of(st.none(), sizes) if blocks else st.none()
    return tuple(Tier(up_to, draw(unit_prices), draw(fees), draw(block)) for up_to in draw(bounds()))


@st.composite
def rungs(draw: st.DrawFn) -> tuple[Rung, ...]:
    """Totals of any kind."""
    return tuple(Rung(up_to, draw(unit_prices)) for up_to in draw(bounds()))


@st.composite
def percentages(draw: st.DrawFn) -> Percentage:
    """Any percentage."""
    least, most = sorted([draw(unit_prices), draw(unit_prices)])
    return Percentage(
        draw(rates),
        draw(unit_prices),
        draw(st.one_of(st.none(), st.integers(0, 5))),
        draw(st.one_of(st.none(), unit_prices)),
        draw(st.one_of(st.none(), st.just(least))),
        draw(st.one_of(st.none(), st.just(most))),
    )


@st.composite
def graduated_percentages(draw: st.DrawFn) -> GraduatedPercentage:
    """Any graduated percentage."""
    made = tuple(RateTier(up_to, draw(rates), draw(unit_prices)) for up_to in draw(bounds()))
    return GraduatedPercentage(made, draw(st.booleans()))


packages = st.builds(Package, unit_prices, sizes, st.one_of(st.just(Decimal(0)), sizes))
of_a_quantity: st.SearchStrategy[Single] = st.one_of(
    unit_prices.map(PerUnit),
    packages,
    st.builds(Graduated, tiers(), st.booleans()),
    st.builds(Volume, tiers(), st.booleans()),
    st.builds(Stairstep, rungs(), st.booleans()),
    st.builds(Capacity, rungs(), st.booleans()),
)
singles: st.SearchStrategy[Single] = st.one_of(
    of_a_quantity,
    unit_prices.map(Flat),
    percentages(),
    graduated_percentages(),
    rates.map(EventPriced),
    st.just(Free()),
)


@st.composite
def matrices(draw: st.DrawFn) -> Matrix:
    """Any matrix."""
    by = draw(st.sampled_from([("region",), ("region", "size")]))
    value = st.one_of(st.none(), st.sampled_from(["eu", "us", "large"]))
    chosen = draw(st.sets(st.tuples(*[value] * len(by)), max_size=3))
    cells = tuple(Branch(when, draw(singles)) for when in sorted(chosen, key=str))
    return Matrix(by, cells, draw(singles))


any_shape: st.SearchStrategy[Shape] = st.one_of(singles, matrices())


@st.composite
def money(draw: st.DrawFn, codes: tuple[str, ...]) -> Any:
    """An amount: one number, or one for each currency."""
    if draw(st.booleans()):
        return plain(draw(unit_prices))
    return {code: plain(draw(unit_prices)) for code in codes}


@st.composite
def price_words(draw: st.DrawFn, codes: tuple[str, ...], meter: str | None) -> dict[str, Any]:
    """The terms of any price, as a catalogue writes them."""
    amount = money(codes)
    written: dict[str, Any] = {"name": draw(names)}
    if meter is None:
        written["charged"] = draw(st.sampled_from(["advance", "arrears", "once"]))
        written["prorate"] = draw(st.sampled_from(["day", "second", "none"]))
        kinds = ["flat", "per_unit", "volume"]
    else:
        written["meter"] = meter
        kinds = ["per_unit", "package", "graduated", "volume", "stairstep", "matrix", "free"]
    bounded = {"up_to": draw(sizes)}
    kind = draw(st.sampled_from(kinds))
    shapes: dict[str, dict[str, Any]] = {
        "flat": {"fee": draw(amount)},
        "per_unit": {"unit": draw(amount)},
        "package": {"price": draw(amount), "size": "100", "included": "50"},
        "graduated": {
            "tiers": [
                bounded | {"unit": draw(amount), "flat": draw(amount), "block": "10"},
                {"unit": draw(amount), "flat": draw(amount)},
            ],
            "flat_when_zero": draw(st.booleans()),
        },
        "volume": {"tiers": [bounded | {"unit": draw(amount)}, {"unit": draw(amount), "flat": draw(amount)}]},
        "stairstep": {"tiers": [bounded | {"total": draw(amount)}, {"total": draw(amount)}]},
        "matrix": {
            "by": ["region"],
            "cells": [{"when": ["eu"], "shape": "per_unit", "unit": draw(amount)}],
            "default": {"shape": "free"},
        },
        "free": {},
    }
    written |= {"shape": kind} | shapes[kind]
    if meter is None and kind != "flat":
        written["quantity"] = "seats"
    if meter is not None and draw(st.booleans()):
        written["group_by"] = ["api_key"]
        written["ladder"] = "own" if kind == "matrix" else draw(st.sampled_from(["own", "shared"]))
    if kind in ("graduated", "volume", "package", "per_unit") and meter is not None:
        written["accumulate"] = draw(st.sampled_from(["period", "contract_year", "contract"]))
    if kind not in ("flat", "package") and draw(st.booleans()):
        written |= {"divide_by": "1000", "round": draw(st.sampled_from(["none", "ceil", "half_up"])), "included": "5"}
        if written["round"] != "none":
            written["precision"] = draw(st.integers(-2, 3))
    written |= draw(st.sampled_from([{}, {"discount": {"percent": "10"}}, {"discount": {"amount": draw(amount)}}]))
    written |= draw(st.sampled_from([{}, {"minimum": draw(amount)}, {"maximum": draw(amount)}]))
    written |= draw(st.sampled_from([{}, {"in": "credits"}, {"prorate_included": True}]))
    if written["shape"] == "package":
        written.pop("prorate_included", None)
    return written


@st.composite
def plan_words(draw: st.DrawFn) -> dict[str, Any]:
    """The terms of any plan, as a catalogue writes them."""
    codes = draw(st.sampled_from([("USD",), ("EUR", "JPY"), ("USD", "EUR", "KWD")]))
    prices = {
        "platform": draw(price_words(codes, None)),
        "seats": draw(price_words(codes, None)),
        "large": draw(price_words(codes, "tokens")) | {"where": {"model": ["large", "huge"], "n": {"gt": "5"}}},
        "tokens": draw(price_words(codes, "tokens")),
        "calls": draw(price_words(codes, "calls")),
    }
    amount = money(codes)
    worth = (
        "0.02"
        if len(codes) == 1 or draw(st.booleans())
        else {code: "0.5" if code == "JPY" else "0.02" for code in codes}
    )
    positive = money(codes).filter(lambda value: all(_amounts(value)))
    words: dict[str, Any] = {
        "name": draw(names),
        **({"currency": codes[0]} if len(codes) == 1 else {"currencies": list(codes)}),
        "units": {"credits": worth},
        "prices": prices,
        "commitments": draw(
            st.sampled_from(
                [
                    {},
                    {"floor": {"amount": draw(positive), "overage": "1.2"}},
                    {"some": {"amount": draw(positive), "prices": ["platform", "calls"], "prorate": False}},
                ]
            )
        ),
        "entitlements": draw(
            st.sampled_from([{}, {"sso": True, "region": "eu", "api_calls": {"limit": "1000", "meter": "calls"}}])
        ),
    }
    phases: dict[str, Any] = {}
    if draw(st.booleans()):
        phases["trial"] = {"lasts": "14 days", "trial": True, "usage": draw(st.sampled_from(["free", "billed"]))}
    if draw(st.booleans()):
        change: dict[str, Any] = {"calls": {"shape": "per_unit", "unit": draw(amount)}, "platform": {"minimum": None}}
        phases["ramp"] = {"name": "Ramp", "lasts": "3 months", "change": change, "without": ["seats"]}
    if draw(st.booleans()):
        phases["year"] = {"lasts": "1 year", "commitments": {"year": {"amount": draw(positive), "prices": ["tokens"]}}}
    if phases:
        words["phases"] = phases
    return words


def _amounts(value: Any) -> list[Decimal]:
    return [Decimal(each) for each in (value.values() if isinstance(value, dict) else [value])]
