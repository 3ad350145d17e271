"""Agreements: which prices are in force when, what is due at each moment, and what that comes to."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.billing import draft_of, measurements_wanted
from farthing.core.invariants import prove
from farthing.core.invoicing.invoice import Draft
from farthing.core.money import round_to_money
from farthing.core.period import start_of_day
from farthing.core.pricing.plan import AddOn, Plan
from farthing.core.pricing.terms import addon_from, plan_from
from farthing.core.rating.agreement import Agreement, due_lines, phase_ends
from farthing.core.rating.line import Line, LineKind
from farthing.core.rating.rate import Used
from farthing.core.subscriptions.subscription import (
    AgreedQuantity,
    AgreedVersion,
    Attached,
    Moment,
    Subscription,
)
from tests.core.core_values import ACME, USD, Usage, at, subscription, zones
from tests.core.held_books import HeldBooks

METERS = {"tokens": {"event_type": "inference", "measure": "sum", "property": "tokens", "version": 1}}
PLATFORM = {"key": "platform", "name": "Platform", "shape": "flat", "fee": "31", "charged": "advance"}
TOKENS = {"key": "tokens", "name": "Tokens", "meter": "tokens", "shape": "per_unit", "unit": "0.01"}


def plan(*prices: dict[str, Any], version: int = 1, **terms: Any) -> Plan:
    """A plan of these prices."""
    return plan_from(
        "starter",
        {"name": "Starter", "currency": "USD", "meters": METERS, "prices": list(prices)} | terms,
        version=version,
    )


def add_on(*prices: dict[str, Any]) -> AddOn:
    """An add-on of these prices."""
    terms = {"name": "Backup", "currency": "USD", "meters": METERS, "prices": list(prices)}
    return addon_from("backup", terms, version=1)


def drafts(agreement: Agreement, usage: Usage | None = None, *, through: str = "2026-05-01") -> list[Draft]:
    """What each moment would say."""
    made = []
    for moment in agreement.subscription.moments_due(through=at(through)):
        asked = measurements_wanted(agreement, moment)
        used = {charge: _used(usage or Usage(), one) for charge, one in asked.items()}
        made.append(draft_of(agreement, moment, used))
    return made


def _used(usage: Usage, asked: Any) -> Used:
    to = len(usage.kept)
    before = None if asked.before is None else usage.measure(asked.before, customer_id=ACME, to_position=to)
    return Used(usage.measure(asked.this, customer_id=ACME, to_position=to), before)


def told(lines: tuple[Line, ...]) -> list[str]:
    """Each line in a word."""
    return [f"{line.price_key} {line.amount.amount}" for line in lines]


def january(**changes: Any) -> Subscription:
    """From 1 January on."""
    return replace(subscription(starts_at=at("2026-01-01")), **changes)


# Phases -------------------------------------------------------------------------------------------------------------


def test_a_trial_has_no_fee_its_usage_is_free_and_the_first_paid_period_starts_where_it_ends() -> None:
    trying = plan(PLATFORM, TOKENS, phases=[{"key": "trial", "name": "Trial", "lasts": "14 days", "trial": True}])
    ends = phase_ends(trying, starts_on=date(2026, 1, 1), in_zone="UTC")
    assert ends == (at("2026-01-15"),)
    usage = Usage()
    usage.add(at("2026-01-05"), tokens=1000)
    usage.add(at("2026-01-20"), tokens=200)
    made = drafts(Agreement.plain(january(phase_ends=ends), trying), usage, through="2026-02-01")
    assert [(str(draft.at.date()), told(draft.lines)) for draft in made] == [
        ("2026-01-01", []),
        # 31 x 17/31 for the rest of January.
        ("2026-01-15", ["platform 17.00", "tokens 0.00"]),
        ("2026-02-01", ["platform 31.00", "tokens 2.00"]),
    ]
    assert made[1].frozen["phase"] == "trial"


def test_a_ramp_has_prices_of_its_own_and_a_fee_charged_once_is_due_at_the_start() -> None:
    setup = {"key": "setup", "name": "Setup", "shape": "flat", "fee": "500", "charged": "once"}
    ramp = {"key": "ramp", "name": "Ramp", "lasts": "2 months", "change": {"platform": {"fee": "10"}}}
    ramping = plan(setup, PLATFORM, phases=[ramp])
    ends = phase_ends(ramping, starts_on=date(2026, 1, 1), in_zone="UTC")
    made = drafts(Agreement.plain(january(phase_ends=ends), ramping), through="2026-03-01")
    assert [told(draft.lines) for draft in made] == [
        ["setup 500.00", "platform 10.00"],
        ["platform 10.00"],
        ["platform 31.00"],
    ]
    assert made[0].lines[0].kind is LineKind.ONCE


def test_a_fee_charged_once_waits_for_the_end_of_a_trial() -> None:
    setup = {"key": "setup", "name": "Setup", "shape": "flat", "fee": "500", "charged": "once"}
    trying = plan(setup, TOKENS, phases=[{"key": "trial", "name": "Trial", "lasts": "1 month", "trial": True}])
    ends = phase_ends(trying, starts_on=date(2026, 1, 1), in_zone="UTC")
    made = drafts(Agreement.plain(january(phase_ends=ends), trying), through="2026-03-01")
    assert [told(draft.lines) for draft in made] == [[], ["setup 500.00", "tokens 0.00"], ["tokens 0.00"]]


def test_a_fee_charged_once_is_charged_once_when_the_next_version_has_it_in_another_place() -> None:
    setup = {"key": "setup", "name": "Setup", "shape": "flat", "fee": "500", "charged": "once"}
    ramp = {"key": "ramp", "name": "Ramp", "lasts": "2 months"}
    first = plan(setup, PLATFORM, phases=[ramp])
    second = plan(setup, PLATFORM, version=2, phases=[ramp | {"without": ["setup"]}])
    ends = phase_ends(first, starts_on=date(2026, 1, 1), in_zone="UTC")
    moved = january(phase_ends=ends, versions=(AgreedVersion(at("2026-02-01"), "starter", 2),))
    made = drafts(Agreement(moved, {("starter", 1): first, ("starter", 2): second}, {}), through="2026-04-01")
    assert told(made[0].lines) == ["setup 500.00", "platform 31.00"]
    assert all("setup 500.00" not in told(draft.lines) for draft in made[1:])


def test_a_fee_charged_once_waits_for_the_end_of_a_trial_that_the_next_version_no_longer_has() -> None:
    setup = {"key": "setup", "name": "Setup", "shape": "flat", "fee": "500", "charged": "once"}
    trying = plan(setup, TOKENS, phases=[{"key": "trial", "name": "Trial", "lasts": "1 month", "trial": True}])
    ends = phase_ends(trying, starts_on=date(2026, 1, 1), in_zone="UTC")
    moved = january(phase_ends=ends, versions=(AgreedVersion(ends[0], "starter", 2),))
    made = drafts(
        Agreement(moved, {("starter", 1): trying, ("starter", 2): plan(setup, TOKENS, version=2)}, {}),
        through="2026-03-01",
    )
    assert [told(draft.lines) for draft in made] == [[], ["setup 500.00", "tokens 0.00"], ["tokens 0.00"]]


def test_phases_of_months_end_on_the_day_they_began_on_wherever_a_month_has_it() -> None:
    terms = [{"key": key, "name": key, "lasts": lasts} for key, lasts in
             (("a", "1 month"), ("b", "1 month"), ("c", "1 year"), ("d", "3 days"), ("e", "1 month"))]  # fmt: skip
    ends = phase_ends(plan(PLATFORM, phases=terms), starts_on=date(2026, 1, 31), in_zone="UTC")
    assert [str(end.date()) for end in ends] == ["2026-02-28", "2026-03-31", "2027-03-31", "2027-04-03", "2027-05-03"]


@given(st.integers(1, 400), st.sampled_from(["days", "weeks", "months"]), zones)
def test_periods_tile_time_around_a_phase_of_any_length(number: int, unit: str, zone: str) -> None:
    """INV-16."""
    trying = plan(
        PLATFORM, TOKENS, phases=[{"key": "trial", "name": "Trial", "lasts": f"{number} {unit}", "trial": True}]
    )
    starts_on = date(2025, 1, 31)
    starts_at = start_of_day(starts_on, in_zone=zone)
    about = replace(
        subscription(starts_at=starts_at, in_zone=zone, anchor_day=31),
        phase_ends=phase_ends(trying, starts_on=starts_on, in_zone=zone),
    )
    ends = starts_at
    for period, _ in zip(about.periods(), range(30), strict=False):
        assert period.start == ends
        assert not any(period.start < end < period.end for end in about.phase_ends)
        ends = period.end


# Versions, quantities, overrides, currencies ------------------------------------------------------------------------


def test_a_version_holds_from_its_period_on() -> None:
    first, second = plan(PLATFORM), plan(PLATFORM | {"fee": "62"}, version=2)
    about = january(versions=(AgreedVersion(at("2026-03-01"), "starter", 2),))
    made = drafts(Agreement(about, {("starter", 1): first, ("starter", 2): second}, {}), through="2026-04-01")
    assert [told(draft.lines) for draft in made] == [
        ["platform 31.00"],
        ["platform 31.00"],
        ["platform 62.00"],
        ["platform 62.00"],
    ]


def test_an_agreed_quantity_is_priced_like_usage_and_changes_with_a_period() -> None:
    seats = {
        "key": "seats", "name": "Seats", "quantity": "seats", "shape": "volume", "charged": "advance",
        "tiers": [{"up_to": "10", "unit": "10"}, {"unit": "8"}],
    }  # fmt: skip
    quantities = (
        AgreedQuantity(at("2026-01-01"), "seats", Decimal(10)),
        AgreedQuantity(at("2026-02-01"), "seats", Decimal(11)),
    )
    made = drafts(Agreement.plain(january(quantities=quantities), plan(seats)), through="2026-02-01")
    assert [told(draft.lines) for draft in made] == [["seats 100.00"], ["seats 88.00"]]


def test_what_is_agreed_with_one_customer_alone_is_theirs_and_is_frozen() -> None:
    about = january(overrides={"platform": {"fee": "15.50"}})
    (made,) = drafts(Agreement.plain(about, plan(PLATFORM)), through="2026-01-01")
    assert told(made.lines) == ["platform 15.50"]
    assert made.frozen["plan"]["prices"][0]["fee"] == "15.5"


def test_a_subscription_is_billed_in_the_currency_it_agreed_to() -> None:
    terms = {"name": "S", "currencies": ["USD", "JPY"], "meters": {}}
    both = plan_from("starter", terms | {"prices": [PLATFORM | {"fee": {"USD": "31", "JPY": "3100"}}]}, version=1)
    (made,) = drafts(Agreement.plain(january(currency="JPY"), both), through="2026-01-01")
    assert [str(line.amount) for line in made.lines] == ["3100 JPY"]


# Add-ons ------------------------------------------------------------------------------------------------------------


def test_an_add_on_that_comes_in_the_middle_is_charged_for_its_days_and_ahead_from_then_on() -> None:
    about = january(add_ons=(Attached("backup", 1, at("2026-01-11"), number=Decimal(2)),))
    agreement = Agreement(about, {("starter", 1): plan(PLATFORM)}, {("backup", 1): add_on(PLATFORM | {"fee": "3.10"})})
    made = drafts(agreement, through="2026-02-01")
    assert [told(draft.lines) for draft in made] == [
        ["platform 31.00"],
        # 2 x 3.10 x 21/31 behind, then 2 x 3.10 ahead.
        ["platform 31.00", "backup+platform 4.20", "backup+platform 6.20"],
    ]
    assert [line.advance for line in made[1].lines] == [True, False, True]
    assert made[1].frozen["add_ons"]["backup"]["version"] == 1


def test_what_an_add_on_measures_is_measured_on_its_stretch_alone() -> None:
    usage = Usage()
    usage.add(at("2026-01-05"), tokens=100)
    usage.add(at("2026-01-20"), tokens=10)
    agreement = Agreement(
        january(add_ons=(Attached("backup", 1, at("2026-01-11")),)),
        {("starter", 1): plan(PLATFORM)},
        {("backup", 1): add_on(TOKENS)},
    )
    assert told(drafts(agreement, usage, through="2026-02-01")[1].lines) == ["platform 31.00", "backup+tokens 0.10"]


# Commitments --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        (0, ["platform 31.00", "tokens 0.00", "floor 69.00"]),
        (5000, ["platform 31.00", "tokens 50.00", "floor 19.00"]),
        (6900, ["platform 31.00", "tokens 69.00"]),
        # 131 charged, 31 beyond, a fifth more of that.
        (10000, ["platform 31.00", "tokens 100.00", "floor 6.20"]),
    ],
)
def test_a_commitment_counts_the_fee_paid_ahead_and_asks_for_what_is_missing(tokens: int, expected: list[str]) -> None:
    floor = {"key": "floor", "name": "Minimum spend", "amount": "100", "overage": "1.2"}
    usage = Usage()
    usage.add(at("2026-01-05"), tokens=tokens)
    made = drafts(Agreement.plain(january(), plan(PLATFORM, TOKENS, commitments=[floor])), usage, through="2026-02-01")
    assert told(made[1].lines) == expected


def test_a_commitment_follows_the_part_of_a_period() -> None:
    floor = {"key": "floor", "name": "Minimum spend", "amount": "310", "prices": ["tokens"]}
    about = replace(january(), starts_at=at("2026-01-22"))
    made = drafts(Agreement.plain(about, plan(TOKENS, commitments=[floor])), through="2026-02-01")
    assert told(made[1].lines) == ["tokens 0.00", "floor 100.00"]


# Partitions ---------------------------------------------------------------------------------------------------------


def test_quantities_that_accumulate_go_on_where_the_period_before_ended() -> None:
    growing = TOKENS | {
        "shape": "graduated", "accumulate": "contract", "tiers": [{"up_to": "100", "unit": "1"}, {"unit": "0.1"}]
    }  # fmt: skip
    del growing["unit"]
    usage = Usage()
    usage.add(at("2026-01-05"), tokens=80)
    usage.add(at("2026-02-05"), tokens=30)
    usage.add(at("2026-03-05"), tokens=10)
    made = drafts(Agreement.plain(january(), plan(growing)), usage, through="2026-04-01")
    # 80; 20 + 10 x 0.1; 10 x 0.1.
    assert [told(draft.lines) for draft in made[1:]] == [["tokens 80.00"], ["tokens 21.00"], ["tokens 1.00"]]


@given(st.lists(st.integers(0, 200), min_size=1, max_size=6))
def test_whatever_a_contract_is_cut_into_its_parts_cost_what_the_whole_does(used: list[int]) -> None:
    shape = {
        "shape": "graduated",
        "tiers": [{"up_to": "100", "unit": "1"}, {"up_to": "150", "unit": "3", "flat": "7"}, {"unit": "2"}],
    }
    growing = {name: value for name, value in TOKENS.items() if name != "unit"} | shape | {"accumulate": "contract"}
    usage = Usage()
    for month, tokens in enumerate(used, start=1):
        usage.add(at(f"2026-{month:02}-05"), tokens=tokens)
    through = f"2026-{len(used) + 1:02}-01"
    cut = drafts(Agreement.plain(january(), plan(growing)), usage, through=through)
    (price,) = plan(growing).prices
    whole = sum((step.exact for step in price.shape_of().steps(Decimal(sum(used)))), start=Decimal(0))
    assert sum(draft.total.minor for draft in cut) == round_to_money(whole, USD).minor


def test_a_thousand_keys_at_four_tenths_of_a_cent_owe_four_dollars() -> None:
    by_key = TOKENS | {"unit": "0.004", "group_by": ["tokens"]}
    usage = Usage()
    for number in range(1000):
        usage.add(at("2026-01-05"), tokens=f"1.{number:03}1")
    keys = plan(
        {**by_key, "meter": "calls"}, meters={"calls": {"event_type": "inference", "measure": "count", "version": 1}}
    )
    line = drafts(Agreement.plain(january(), keys), usage, through="2026-02-01")[1].lines[0]
    assert len(line.cells) == 1000
    assert str(line.amount) == "4.00 USD"
    assert sum(amount.minor for cell in line.cells for amount in cell.amounts) == 400
    assert {amount.minor for cell in line.cells for amount in cell.amounts} == {0, 1}


def test_groups_that_share_a_ladder_climb_it_one_after_the_other() -> None:
    shape = {"shape": "graduated", "tiers": [{"up_to": "2", "unit": "10"}, {"unit": "1"}]}
    shared = {"key": "tokens", "name": "T", "meter": "calls", "group_by": ["tokens"], "ladder": "shared"} | shape
    usage = Usage()
    for number in (1, 1, 1, 2, 2):
        usage.add(at("2026-01-05"), tokens=number)
    calls = {"calls": {"event_type": "inference", "measure": "count", "version": 1}}
    line = drafts(Agreement.plain(january(), plan(shared, meters=calls)), usage, through="2026-02-01")[1].lines[0]
    assert [[str(amount) for amount in cell.amounts] for cell in line.cells] == [
        ["20.00 USD", "1.00 USD"],
        ["2.00 USD"],
    ]


def test_a_wider_commitment_counts_what_a_narrower_one_made() -> None:
    narrow = {"key": "tokens_floor", "name": "On tokens", "amount": "100", "prices": ["tokens"]}
    wide = {"key": "floor", "name": "On all", "amount": "150"}
    made = drafts(Agreement.plain(january(), plan(PLATFORM, TOKENS, commitments=[wide, narrow])), through="2026-02-01")
    # 31 and 0 and 100 are charged, 19 are missing to 150.
    assert told(made[1].lines)[2:] == ["floor 19.00", "tokens_floor 100.00"]


def test_a_level_that_is_held_when_a_period_is_cut_is_held_after_the_cut() -> None:
    meters = {
        "gigabytes": {"event_type": "inference", "measure": "time_weighted", "property": "tokens", "version": 1},
    }
    price = {"key": "disk", "name": "Disk", "meter": "gigabytes", "shape": "per_unit", "unit": "31"}
    ramp = {"key": "ramp", "name": "Ramp", "lasts": "10 days"}
    ramping = plan(price, meters=meters, phases=[ramp])
    ends = phase_ends(ramping, starts_on=date(2026, 1, 1), in_zone="UTC")
    usage = Usage()
    usage.add(at("2026-01-01"), tokens=1)
    made = drafts(Agreement.plain(january(phase_ends=ends), ramping), usage, through="2026-03-01")
    # One gigabyte all January, and not carried into February.
    assert [told(draft.lines) for draft in made[1:]] == [["disk 10.00"], ["disk 21.00"], ["disk 0.00"]]


def test_a_sum_of_windows_adds_up_over_a_cut_and_is_not_charged_by_days() -> None:
    inner = {"measure": "maximum", "property": "tokens"}
    bucketed = {"measure": "bucketed", "inner": inner, "window": "1d", "outer": "sum", "empty_windows": "zero"}
    meters = {"peaks": {"event_type": "inference", "version": 1} | bucketed}
    price = {"key": "peaks", "name": "Peaks", "meter": "peaks", "shape": "per_unit", "unit": "1"}
    ramping = plan(price, meters=meters, phases=[{"key": "ramp", "name": "Ramp", "lasts": "10 days"}])
    ends = phase_ends(ramping, starts_on=date(2026, 1, 1), in_zone="UTC")
    usage = Usage()
    for day in range(1, 32):
        usage.add(at(f"2026-01-{day:02}T10:00"), tokens=1)
    made = drafts(Agreement.plain(january(phase_ends=ends), ramping), usage, through="2026-02-01")
    assert [told(draft.lines) for draft in made[1:]] == [["peaks 10.00"], ["peaks 21.00"]]


def used_by(*pairs: tuple[int, int]) -> Usage:
    """So many events for each number of tokens."""
    usage = Usage()
    for tokens, events in pairs:
        for _ in range(events):
            usage.add(at("2026-01-05"), tokens=tokens)
    return usage


CALLS = {"calls": {"event_type": "inference", "measure": "count", "version": 1}}
BY_TOKENS = {"key": "calls", "name": "Calls", "meter": "calls", "group_by": ["tokens"]}


def january_line(price: dict[str, Any], usage: Usage) -> Line:
    """What January's usage costs at this price."""
    return drafts(Agreement.plain(january(), plan(price, meters=CALLS)), usage, through="2026-02-01")[1].lines[0]


def test_groups_on_one_ladder_share_what_is_included_whatever_each_of_them_costs() -> None:
    cells = [{"when": ["1"], "shape": "per_unit", "unit": "10"}, {"when": ["2"], "shape": "per_unit", "unit": "1"}]
    matrix = {"shape": "matrix", "by": ["tokens"], "cells": cells, "default": {"shape": "free"}}
    price = {"key": "calls", "name": "Calls", "meter": "calls", "ladder": "shared", "included": "3"} | matrix
    line = january_line(price, used_by((1, 2), (2, 4), (9, 1)))
    # Three are free: both of the first and one of the second.
    assert [str(cell.quantity) for cell in line.cells] == ["0", "3", "1"]
    assert str(line.amount) == "3.00 USD"


def test_on_one_ladder_the_tier_of_all_groups_prices_each_of_them() -> None:
    tiers = [{"up_to": "3", "unit": "10"}, {"unit": "2", "flat": "7"}]
    line = january_line(BY_TOKENS | {"shape": "volume", "ladder": "shared", "tiers": tiers}, used_by((1, 2), (2, 4)))
    assert [str(sum(amount.minor for amount in cell.amounts)) for cell in line.cells] == ["1100", "800"]
    assert str(line.amount) == "19.00 USD"


def test_a_group_may_have_a_minimum_and_a_maximum_of_its_own() -> None:
    bounds = {"minimum": "3", "maximum": "5", "per_group": True}
    line = january_line(BY_TOKENS | {"shape": "per_unit", "unit": "1"} | bounds, used_by((1, 2), (2, 4), (3, 9)))
    assert [(dict(one.of), str(one.exact)) for one in line.modifications] == [
        ({"tokens": "1"}, "1"),
        ({"tokens": "3"}, "-4"),
    ]
    assert str(line.amount) == "12.00 USD"


@pytest.mark.parametrize(
    ("terms", "tokens", "expected"),
    [
        # A tenth of everything, as support is often sold.
        ({"amount": "0", "overage": "1.1"}, 5000, ["floor 8.10"]),
        ({"amount": "0", "overage": "1.1"}, 0, ["floor 3.10"]),
        # A tenth off all beyond 100, and nothing asked for below it.
        ({"amount": "100", "overage": "0.9", "true_up": False}, 10000, ["floor -3.10"]),
        ({"amount": "100", "overage": "0.9", "true_up": False}, 10, []),
    ],
)
def test_a_commitment_can_be_a_share_of_everything_or_of_what_is_beyond(
    terms: dict[str, Any], tokens: int, expected: list[str]
) -> None:
    floor = {"key": "floor", "name": "Support"} | terms
    usage = Usage()
    usage.add(at("2026-01-05"), tokens=tokens)
    made = drafts(Agreement.plain(january(), plan(PLATFORM, TOKENS, commitments=[floor])), usage, through="2026-02-01")
    assert told(made[1].lines)[2:] == expected


def test_the_first_tiers_fee_is_charged_once_over_a_contract_even_if_nothing_was_used_at_first() -> None:
    tiers = [{"up_to": "100", "unit": "1", "flat": "5"}, {"unit": "0.1"}]
    growing = {"key": "tokens", "name": "T", "meter": "tokens", "accumulate": "contract", "shape": "graduated"}
    usage = Usage()
    usage.add(at("2026-02-05"), tokens=10)
    made = drafts(Agreement.plain(january(), plan(growing | {"tiers": tiers})), usage, through="2026-03-01")
    assert [told(draft.lines) for draft in made[1:]] == [["tokens 5.00"], ["tokens 10.00"]]


# Over a life --------------------------------------------------------------------------------------------------------


class Agreed(HeldBooks):
    """Books of a subscription that agreed to more than a plan."""

    add_ons: dict[tuple[str, int], AddOn]

    def agreement(self, subscription: Subscription) -> Agreement:
        """The subscription with its add-ons."""
        return Agreement(subscription, {(self.plan.key, self.plan.version): self.plan}, self.add_ons)


@given(
    st.lists(st.tuples(st.integers(0, 120), st.integers(0, 30_000)), max_size=6),
    st.integers(1, 60),
    st.integers(1, 60),
    st.integers(1, 31),
)
def test_a_life_with_a_trial_an_add_on_and_a_commitment_proves_sound(
    used: list[tuple[int, int]], trial_days: int, add_on_after: int, anchor: int
) -> None:
    whole = plan(
        PLATFORM,
        TOKENS | {"minimum": "5", "discount": {"percent": "10"}},
        commitments=[{"key": "floor", "name": "Floor", "amount": "80", "overage": "1.1"}],
        phases=[{"key": "trial", "name": "Trial", "lasts": f"{trial_days} days", "trial": True}],
    )
    about = subscription(starts_at=at("2026-01-01"), anchor_day=anchor)
    start = at("2026-01-01") + (at("2026-01-02") - at("2026-01-01")) * add_on_after
    about = replace(
        about,
        phase_ends=phase_ends(whole, starts_on=date(2026, 1, 1), in_zone="UTC"),
        add_ons=(Attached("backup", 1, start),),
    )
    books = Agreed(about, plan=whole)
    books.add_ons = {("backup", 1): add_on(PLATFORM | {"fee": "7"})}
    for day, tokens in sorted(used):
        books.usage.add(at("2026-01-01") + (at("2026-01-02") - at("2026-01-01")) * day, tokens=tokens)
    books.close(through=at("2026-06-01"))
    assert prove(books) == []


def test_everything_in_force_is_due_once_for_every_stretch_of_its_time() -> None:
    about = january(add_ons=(Attached("backup", 1, at("2026-01-11")),))
    agreement = Agreement(about, {("starter", 1): plan(PLATFORM, TOKENS)}, {("backup", 1): add_on(PLATFORM)})
    first = about.period_at(about.starts_at)
    assert first is not None
    due = [
        (item.price.key, ahead) for item, _, ahead in due_lines(agreement, Moment(first.end, ended=first, begins=None))
    ]
    assert due == [("tokens", False), ("backup+platform", False)]
