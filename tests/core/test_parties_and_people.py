"""The two sides of a bill, and what people may ask."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.ids import id_of
from farthing.core.parties import Mode, Seller
from farthing.core.people import Ask, Person, Role
from farthing.core.refused import Forbidden, Refused
from tests.core.core_values import ACME, ENTITY, at, instants

SANDBOX = Seller(id_of("seller", 1), "Example", Mode.SANDBOX, ENTITY, clock_shift=timedelta(days=3))
LIVE = Seller(id_of("seller", 2), "Example", Mode.LIVE, ENTITY)


@given(instants, st.timedeltas(timedelta(), timedelta(days=4000)))
def test_a_sandbox_clock_moves_forward_to_where_one_wants_it(world: datetime, ahead: timedelta) -> None:
    target = SANDBOX.now(world) + ahead
    shift = SANDBOX.shift_to(target, world=world)
    moved = Seller(SANDBOX.seller_id, SANDBOX.name, SANDBOX.mode, ENTITY, clock_shift=shift)
    assert moved.now(world) == target


def test_a_sandbox_clock_does_not_go_back_and_a_live_one_does_not_move() -> None:
    with pytest.raises(Refused, match=r"It is 2026-01-04 00:00 UTC there already"):
        SANDBOX.shift_to(at("2026-01-03"), world=at("2026-01-01"))
    with pytest.raises(Refused, match="This seller is live"):
        LIVE.shift_to(at("2027-01-01"), world=at("2026-01-01"))
    with pytest.raises(AssertionError, match="live seller"):
        Seller(LIVE.seller_id, LIVE.name, Mode.LIVE, ENTITY, clock_shift=timedelta(1))


# Who may ask what, as a page: a line for each wish, a column for each role.
STAFF = (Role.OWNER, Role.FINANCE, Role.APPROVER, Role.SUPPORT, Role.ENGINEER)
ROLES = (*STAFF, Role.CUSTOMER_ADMIN, Role.CUSTOMER_VIEWER)
MATRIX = {
    Ask.SEE_ALL_CUSTOMERS: "yes yes yes yes yes -   -",
    Ask.SEE_OWN_ACCOUNT: "  yes yes yes yes yes yes yes",
    Ask.CLOSE_PERIODS: "    yes yes -   -   -   -   -",
    Ask.MANAGE_PEOPLE: "    yes -   -   -   -   -   -",
    Ask.INVITE_PEOPLE: "    yes yes -   -   -   yes -",
    Ask.BIND_CHANNELS: "    yes -   -   -   -   -   -",
    Ask.SET_BUDGETS: "      yes yes yes yes yes yes -",
    Ask.SEE_TO_ALERTS: "    yes yes yes yes yes yes -",
    Ask.READ_AUDIT_LOG: "   yes yes -   -   -   -   -",
    Ask.SEE_DELIVERIES: "   yes yes -   -   yes -   -",
    Ask.DECIDE_ALONE: "     yes -   -   -   -   -   -",
    Ask.SET_NOTICES: "      yes yes -   -   -   yes -",
    Ask.SWITCH_CUSTOMERS: " yes yes -   -   -   -   -",
    Ask.SET_UP: "           yes -   -   -   -   -   -",
}


def someone(role: Role) -> Person:
    return Person(id_of("person", role), "Someone", role, customer_id=None if role.is_staff else ACME)


def test_every_role_may_ask_what_the_page_says_and_nothing_else() -> None:
    assert set(ROLES) == set(Role)
    assert set(MATRIX) == set(Ask)
    for ask, line in MATRIX.items():
        said = {role: word == "yes" for role, word in zip(ROLES, line.split(), strict=True)}
        assert {role: someone(role).may(ask) for role in ROLES} == said, ask


@pytest.mark.parametrize("role", [Role.CUSTOMER_ADMIN, Role.CUSTOMER_VIEWER])
def test_a_customers_person_sees_that_customer_and_nothing_else(role: Role) -> None:
    person = someone(role)
    assert person.may_see(ACME)
    assert not person.may_see(id_of("customer", "globex"))
    with pytest.raises(Forbidden, match="may not close periods; ask an owner"):
        person.must(Ask.CLOSE_PERIODS)


def test_a_person_has_a_customer_exactly_when_that_is_their_role() -> None:
    with pytest.raises(AssertionError):
        Person(id_of("person", 1), "Someone", Role.CUSTOMER_VIEWER)
    with pytest.raises(AssertionError):
        Person(id_of("person", 1), "Someone", Role.FINANCE, customer_id=ACME)


names = st.lists(st.text(), max_size=3)


@given(st.text(), names, st.text(), names)
def test_ids_are_equal_only_for_equal_names(kind: str, one: list[str], other_kind: str, other: list[str]) -> None:
    assert (id_of(kind, *one) == id_of(other_kind, *other)) == ((kind, one) == (other_kind, other))
