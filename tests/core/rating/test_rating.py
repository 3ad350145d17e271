"""Rating: lines whose parts add up, rounded once; fees by the day, usage by the event."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.metering.grouped import Grouped
from farthing.core.metering.maximum import Maximum
from farthing.core.metering.meter import Measurement, Meter, measure
from farthing.core.metering.sample import Sample
from farthing.core.metering.seats import SeatCount, Seats
from farthing.core.metering.total import Sum
from farthing.core.metering.value import Property
from farthing.core.money import Currency, Money, round_to_money, total
from farthing.core.period import Cycle, Period, start_of_day
from farthing.core.pricing.capacity import Capacity
from farthing.core.pricing.flat import Flat
from farthing.core.pricing.graduated import Graduated
from farthing.core.pricing.ladder import Rung
from farthing.core.pricing.per_unit import PerUnit
from farthing.core.pricing.plan import Accumulate, Price, Timing
from farthing.core.rating.line import Line, LineKind, Share, Slice, round_parts
from farthing.core.rating.rate import Used, charge_id, rate_fee, rate_usage, share_of, wanted
from tests.core.core_values import (
    ACME,
    CALLS,
    TOKENS,
    USD,
    at,
    currencies,
    graduated,
    instants,
    quantities,
    single,
    subscription,
    unit_prices,
    zones,
)

JANUARY = Period(at("2026-01-01"), at("2026-02-01"))


def _measured(quantity: Decimal, *, to: int = 7) -> Measurement:
    return single(ACME, TOKENS, JANUARY, to, quantity, events=3)


def usage_line(price: Price, measured: Measurement, *, of: Currency = USD) -> Line:
    """What Acme is charged for it."""
    about = subscription()
    return rate_usage(price, Used(measured), about.cycle, subscription_id=about.subscription_id, in_currency=of)


@given(graduated(), quantities, st.booleans(), currencies)
def test_a_line_of_usage_is_rounded_once_and_its_parts_add_up(
    shape: Graduated, quantity: Decimal, owed_back: bool, of: Currency
) -> None:
    """INV-17: the sum of the exact steps is rounded, never a step of its own."""
    line = usage_line(Price("p", "P", shape, TOKENS), _measured(-quantity if owed_back else quantity), of=of)
    exact = sum((Fraction(step.exact) for step in line.steps), start=Fraction(0))
    assert line.amount == round_to_money(exact, of)
    assert total(line.step_amounts, in_currency=of) == line.amount
    assert line.exact == exact
    for step, shown in zip(line.steps, line.step_amounts, strict=True):
        assert abs(shown.minor - Fraction(step.exact) * 10**of.minor_digits) <= 1


@given(unit_prices, st.integers(1, 31), zones, instants)
def test_a_full_month_costs_the_whole_fee(fee: Decimal, anchor: int, zone: str, instant: datetime) -> None:
    cycle = Cycle.monthly(anchor_day=anchor, in_zone=zone)
    full = cycle.period_holding(instant)
    line = rate_fee(Price("fee", "Fee", Flat(fee)), full, cycle, in_currency=USD)
    assert line.share is not None
    assert line.share.exact == 1
    assert line.amount == round_to_money(fee, USD)


@given(st.integers(1, 31), zones, instants, st.integers(1, 27))
def test_the_shares_of_a_period_cut_in_two_add_up_to_one(anchor: int, zone: str, instant: datetime, day: int) -> None:
    cycle = Cycle.monthly(anchor_day=anchor, in_zone=zone)
    full = cycle.period_holding(instant)
    cut = start_of_day(full.first_day(in_zone=zone) + timedelta(days=day), in_zone=zone)
    if full.start < cut < full.end:
        halves = (Period(full.start, cut), Period(cut, full.end))
        assert sum(share_of(half, cycle).exact for half in halves) == 1


@pytest.mark.parametrize(
    ("start", "end", "days", "of_days", "costs"),
    [
        ("2026-01-01", "2026-02-01", 31, 31, "31.00"),
        ("2026-01-10", "2026-02-01", 22, 31, "22.00"),
        ("2026-01-10T12:00", "2026-02-01", 22, 31, "22.00"),
        ("2026-02-01", "2026-02-14", 13, 28, "14.39"),
        ("2024-02-01", "2024-02-14", 13, 29, "13.90"),
        ("2026-02-01", "2026-02-01T08:00", 0, 28, "0.00"),
    ],
)
def test_a_stub_is_priced_by_the_days_of_the_full_period_that_holds_it(
    start: str, end: str, days: int, of_days: int, costs: str
) -> None:
    cycle = Cycle.monthly(anchor_day=1, in_zone="UTC")
    line = rate_fee(Price("fee", "Fee", Flat(Decimal(31))), Period(at(start), at(end)), cycle, in_currency=USD)
    assert line.share == Share(days, of_days)
    assert str(line.amount) == f"{costs} USD"


def test_a_day_of_23_or_25_hours_is_one_day() -> None:
    cycle = Cycle.monthly(anchor_day=1, in_zone="America/New_York")
    for month, day in ((3, 10), (11, 3)):
        cut = start_of_day(date(2024, month, day + 1), in_zone="America/New_York")
        stub = Period(cycle.start_of_day(date(2024, month, 1)), cut)
        assert share_of(stub, cycle).days == day


def test_two_lines_of_half_a_cent_are_each_rounded_up_and_one_line_of_both_is_not() -> None:
    half = [step.exact for step in PerUnit(Decimal("0.005")).steps(Decimal(1))]
    assert [round_parts(half, in_currency=USD)[0].minor for _ in range(2)] == [1, 1]
    assert round_parts(half * 2, in_currency=USD) == (Money(1, USD), (Money(1, USD), Money(0, USD)))


def test_a_fee_line_says_whether_it_is_paid_ahead() -> None:
    cycle = Cycle.monthly(anchor_day=1, in_zone="UTC")
    ahead = Price("fee", "Fee", Flat(Decimal(5)), timing=Timing.ADVANCE)
    assert rate_fee(ahead, JANUARY, cycle, in_currency=USD).advance
    assert not rate_fee(replace(ahead, timing=Timing.ARREARS), JANUARY, cycle, in_currency=USD).advance


def costs_in_parts(price: Price, samples: Sequence[Sample], *, cut: datetime) -> list[str]:
    """What January costs at this price, and what its two parts do when something else is cut there."""
    about, amounts = subscription(), []
    for segment in (JANUARY, Period(JANUARY.start, cut), Period(cut, JANUARY.end)):
        asked = wanted(price, segment, about.cycle, where=None, contract_starts_at=JANUARY.start).this
        used = Used(Measurement(ACME, asked, 99, measure(asked, samples)))
        line = rate_usage(price, used, about.cycle, subscription_id=about.subscription_id, in_currency=USD)
        amounts.append(str(line.amount))
    return amounts


@pytest.mark.parametrize("counts", SeatCount)
def test_seats_held_all_month_cost_the_same_whether_the_month_is_cut_or_not(counts: SeatCount) -> None:
    """Rules, Proration 3, and decision 0008: a change in the middle of a month charges no seat twice."""
    seats = Meter("seats", 1, "seat", Seats("user", counts=counts, carries_over=True))
    price = Price("seats", "Seats", PerUnit(Decimal(31)), seats)
    cut = at("2026-01-11")
    held = [Sample(at("2025-12-01"), place, {"user": f"user {place}"}) for place in range(3)]
    assert costs_in_parts(price, held, cut=cut) == ["93.00 USD", "30.00 USD", "63.00 USD"]


@pytest.mark.parametrize("counts", SeatCount)
def test_the_size_that_holds_all_seats_costs_the_same_whether_the_month_is_cut_or_not(counts: SeatCount) -> None:
    """Rules, Proration 3: capacity is measured for its segment, priced, and charged for its days, once."""
    seats = Meter("seats", 1, "seat", Seats("user", counts=counts, carries_over=True))
    sizes = Capacity((Rung(Decimal(5), Decimal(31)), Rung(None, Decimal(62))))
    price = Price("size", "Size", sizes, seats)
    cut = at("2026-01-16")
    held = [Sample(at("2025-12-01"), place, {"user": f"user {place}"}) for place in range(8)]
    assert costs_in_parts(price, held, cut=cut) == ["62.00 USD", "30.00 USD", "32.00 USD"]


@pytest.mark.parametrize(("inner", "unit"), [(Sum(Property("n")), 1), (Maximum(Property("n")), 31)])
def test_the_largest_host_costs_the_same_whether_the_month_is_cut_or_not(inner: Sum | Maximum, unit: int) -> None:
    """Of a steady load: what adds up over time is cut at the instant, a peak is charged for its days."""
    meter = Meter("bytes", 1, "net", Grouped(("host",), inner, "maximum"))
    price = Price("bytes", "Bytes", PerUnit(Decimal(unit)), meter)
    cut = at("2026-01-11")
    steady = [
        Sample(JANUARY.start + timedelta(days=day), day, {"host": host, "n": n})
        for day in range(31)
        for host, n in (("a", 1), ("b", 2))
    ]
    assert costs_in_parts(price, steady, cut=cut) == ["62.00 USD", "20.00 USD", "42.00 USD"]


def test_usage_is_billed_from_the_first_position_to_the_one_measured() -> None:
    line = usage_line(Price("p", "P", PerUnit(Decimal(1)), TOKENS), _measured(Decimal(5), to=9), of=USD)
    assert line.slice == Slice(
        charge_id(subscription().subscription_id, "p", JANUARY),
        0,
        after=0,
        to=9,
        quantity=Decimal(5),
        events=3,
        event_type="inference",
    )


def years_of(starts_on: date, *, anchor: int, periods: int) -> list[tuple[date, date]]:
    """Each period of a contract by its first day, and the first day of the year that it belongs to."""
    cycle = Cycle.monthly(anchor_day=anchor, in_zone="UTC")
    price = Price("p", "P", PerUnit(Decimal(1)), TOKENS, accumulate=Accumulate.CONTRACT_YEAR)
    contract = start_of_day(starts_on, in_zone="UTC")
    years = []
    for period in islice(cycle.periods_from(contract), periods):
        before = wanted(price, period, cycle, where=None, contract_starts_at=contract).before
        began = period if before is None else before.window.segment
        years.append((period.start.date(), began.start.date()))
    return years


@pytest.mark.parametrize(
    ("starts_on", "anchor", "years"),
    [
        (date(2026, 1, 1), 1, [date(2026, 1, 1), date(2027, 1, 1), date(2028, 1, 1)]),
        (date(2026, 1, 15), 1, [date(2026, 1, 15), date(2027, 2, 1), date(2028, 2, 1)]),
        (date(2025, 12, 20), 15, [date(2025, 12, 20), date(2027, 1, 15), date(2028, 1, 15)]),
        (date(2024, 2, 29), 29, [date(2024, 2, 29), date(2025, 2, 28), date(2026, 2, 28), date(2027, 2, 28)]),
        (date(2027, 2, 28), 31, [date(2027, 2, 28), date(2028, 2, 29), date(2029, 2, 28)]),
    ],
)
def test_a_contract_year_begins_with_the_first_period_from_the_anniversary_on(
    starts_on: date, anchor: int, years: list[date]
) -> None:
    found = years_of(starts_on, anchor=anchor, periods=12 * len(years))
    assert list(dict.fromkeys(year for _, year in found)) == years


@given(st.dates(date(2020, 1, 1), date(2030, 12, 31)), st.integers(1, 31))
def test_no_period_is_of_two_contract_years(starts_on: date, anchor: int) -> None:
    """What one year priced would otherwise stand on the next one's ladder, and what is included would be lost."""
    found = years_of(starts_on, anchor=anchor, periods=40)
    assert [year for _, year in found] == sorted(year for _, year in found)
    assert {year for _, year in found} <= {first for first, _ in found}
    lengths = Counter(year for _, year in found[:-1])
    assert all(12 <= length <= 13 for length in list(lengths.values())[:-1])


def test_a_charge_is_named_by_its_subscription_price_and_beginning() -> None:
    """INV-07: whoever works it out, the same id."""
    owner = subscription().subscription_id
    february = Period(JANUARY.end, at("2026-03-01"))
    assert charge_id(owner, "p", JANUARY) == charge_id(owner, "p", Period(JANUARY.start, at("2026-01-20")))
    assert len({charge_id(owner, "p", JANUARY), charge_id(owner, "p", february), charge_id(owner, "q", JANUARY)}) == 3


def test_a_price_is_never_applied_to_another_meter_or_a_fee_to_usage() -> None:
    tokens = Price("p", "P", PerUnit(Decimal(1)), TOKENS)
    with pytest.raises(AssertionError, match="p does not price calls"):
        usage_line(tokens, single(ACME, CALLS, JANUARY, 7, Decimal(1), 3))
    with pytest.raises(AssertionError, match="p prices usage"):
        rate_fee(tokens, JANUARY, subscription().cycle, in_currency=USD)


def test_lines_and_slices_that_contradict_themselves_cannot_be() -> None:
    line = usage_line(Price("p", "P", PerUnit(Decimal(1)), TOKENS), _measured(Decimal(5)), of=USD)
    with pytest.raises(AssertionError, match="parts 500, whole"):
        replace(line, amount=Money(501, USD))
    with pytest.raises(AssertionError, match="is usage, its slice None"):
        replace(line, slice=None)
    with pytest.raises(AssertionError, match="line p is fee"):
        replace(line, kind=LineKind.FEE)
    assert line.slice is not None
    with pytest.raises(AssertionError, match=r"slice \(9, 7\]"):
        replace(line.slice, after=9)
    with pytest.raises(AssertionError, match="32 of 31 days"):
        Share(32, 31)
    assert isinstance(line, Line)
