"""May they use so many more: what is left, by all that bounds a feature, and the same answer in words."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.entitling.allowance import Room, may_use, without_it
from farthing.core.exact import Exact
from farthing.core.pricing.entitlement import Entitlement, EntitlementKind
from tests.core.core_values import prices_up_to

MIDNIGHT_IN_BERLIN = datetime(2026, 3, 31, 22, tzinfo=UTC)
CALLS = Entitlement("calls", EntitlementKind.LIMIT, Decimal(1000))
amounts = prices_up_to(2000)
exact = st.one_of(amounts, st.fractions(min_value=0, max_value=2000, max_denominator=31))


def room(most: Decimal = Decimal(1000), used: Exact = Decimal(0), held: Decimal = Decimal(0)) -> Room:
    """The limit of calls."""
    return Room("limit", "calls", most, used, held, resets_at=MIDNIGHT_IN_BERLIN, in_zone="Europe/Berlin")


@pytest.mark.parametrize(
    ("used", "held", "units", "allowed", "says"),
    [
        ("0", "0", "1000", True, "used 0, held 0, left 1000, asked for 1000"),
        ("0", "0", "1000.000000001", False, "left 1000, asked for 1000.000000001"),
        ("400", "100", "500", True, "used 400, held 100, left 500, asked for 500"),
        ("400", "100.5", "500", False, "used 400, held 100.5, left 499.5, asked for 500"),
        ("1000", "0", "1", False, "left 0"),
        ("1200", "0", "1", False, "left -200"),
        ("-200", "0", "1200", True, "left 1200"),
    ],
)
def test_what_is_left_may_be_used_to_the_last_digit_and_no_further(
    used: str, held: str, units: str, allowed: bool, says: str
) -> None:
    answer = may_use(CALLS, [room(used=Decimal(used), held=Decimal(held))], units=Decimal(units))
    assert answer.allowed is allowed
    assert answer.why.startswith("The limit is 1000 calls until 2026-04-01: ")
    assert says in answer.why


def test_what_is_left_may_be_a_fraction() -> None:
    answer = may_use(CALLS, [room(used=Fraction(2999, 3))], units=Decimal("0.33"))
    assert (answer.allowed, answer.left) == (True, Fraction(1, 3))
    assert not may_use(CALLS, [room(used=Fraction(2999, 3))], units=Decimal("0.34")).allowed


@given(exact, amounts, amounts, amounts)
def test_to_hold_some_and_to_ask_for_more_is_to_ask_for_both_at_once(
    used: Exact, held: Decimal, first: Decimal, more: Decimal
) -> None:
    both = may_use(CALLS, [room(used=used, held=held)], units=first + more)
    assert may_use(CALLS, [room(used=used, held=held + first)], units=more).allowed is both.allowed
    if both.allowed:
        assert may_use(CALLS, [room(used=used, held=held)], units=first).allowed, "less may be used where more may"


@given(st.lists(st.tuples(amounts, exact), min_size=1, max_size=4), amounts)
def test_of_several_bounds_each_must_have_room(bounds: list[tuple[Decimal, Exact]], units: Decimal) -> None:
    rooms = [room(most=most, used=used) for most, used in bounds]
    answer = may_use(CALLS, rooms, units=units)
    assert answer.allowed is all(units <= one.left for one in rooms)
    assert answer.left == min(one.left for one in rooms)


def test_a_yes_a_no_and_a_setting_are_told_as_what_they_are() -> None:
    yes = may_use(Entitlement("sso", EntitlementKind.BOOLEAN, True), [], units=Decimal(5))
    assert (yes.allowed, yes.left, yes.why) == (True, None, "“sso” is part of what this customer has.")
    no = may_use(Entitlement("sso", EntitlementKind.BOOLEAN, False), [], units=Decimal(5))
    assert (no.allowed, no.why) == (False, "“sso” is not part of what this customer has.")
    region = may_use(Entitlement("region", EntitlementKind.CONFIGURATION, "eu"), [], units=Decimal(5))
    assert (region.allowed, region.left) == (True, None)
    assert region.why == "“region” is set to “eu”, and nothing of it is counted."


def test_nothing_gives_what_nothing_names() -> None:
    answer = without_it("tokenz", there=["sso", "tokens"], units=Decimal(1))
    assert (answer.allowed, answer.left) == (False, None)
    nothing = without_it("tokens", there=[], units=Decimal(1))
    assert nothing.why == "Nothing that runs for this customer gives “tokens”, or anything else."
