"""Who may give which role, what an address is, and for how long one may decide alone."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.deciding_alone import decided_by, solo_from
from farthing.core.ids import id_of
from farthing.core.inviting import Invitation, address_from, refuse_to_give
from farthing.core.people import Ask, Person, Role
from farthing.core.refused import Forbidden, Refused
from tests.core.core_values import ACME, at

GLOBEX = id_of("customer", "globex")
customers = st.sampled_from([ACME, GLOBEX])


@st.composite
def people(draw: st.DrawFn) -> Person:
    role = draw(st.sampled_from(Role))
    return Person(id_of("person", role), "Someone", role, None if role.is_staff else draw(customers))


@given(people(), people())
def test_nobody_gives_a_role_that_may_do_or_see_what_they_may_not(giver: Person, taker: Person) -> None:
    if giver.may_give(taker.role, taker.customer_id):
        assert all(giver.may(ask) for ask in Ask if taker.may(ask))
        assert taker.customer_id is None or giver.may_see(taker.customer_id)
        assert giver.may(Ask.SEE_ALL_CUSTOMERS) or not taker.may(Ask.SEE_ALL_CUSTOMERS)
        refuse_to_give(giver, taker.role, taker.customer_id)
    else:
        with pytest.raises(Forbidden):
            refuse_to_give(giver, taker.role, taker.customer_id)


@pytest.mark.parametrize("role", [Role.OWNER, Role.APPROVER])
def test_who_asks_for_money_does_not_choose_who_grants_it(role: Role) -> None:
    finance = Person(id_of("person", 1), "Fin", Role.FINANCE)
    with pytest.raises(Forbidden, match="all but owners and approvers"):
        refuse_to_give(finance, role, None)
    assert finance.may_give(Role.SUPPORT, None)


@given(st.text(max_size=300) | st.emails())
def test_whatever_is_typed_as_an_address_is_one_or_is_refused(written: str) -> None:
    try:
        address = address_from(written)
    except Refused:
        return
    assert address == address_from(address)
    assert "\n" not in address
    assert address.count("@") == 1


def test_an_invitation_is_open_until_it_is_over_used_or_guessed_at_ten_times() -> None:
    made = Invitation(id_of("i", 1), "a@b.example", Role.SUPPORT, None, "Fay", at("2026-01-01"), at("2026-01-08"))
    assert made.is_open(now=at("2026-01-07"))
    assert not made.is_open(now=at("2026-01-08"))
    guessed = Invitation(
        id_of("i", 1), "a@b.example", Role.SUPPORT, None, "Fay", at("2026-01-01"), at("2026-01-08"), wrong_tries=10
    )
    assert not guessed.is_open(now=at("2026-01-02"))


def test_deciding_alone_lasts_ninety_days_at_most_and_has_a_reason() -> None:
    def said(until: date | None, because: str = "There is one of us.") -> str:
        today = date(2026, 1, 1)
        solo = solo_from(until=until, because=because, set_by="Fay", set_at=at("2026-01-01"), on_day=today)
        return decided_by("Fay", solo, day=today + timedelta(days=1))

    assert said(date(2026, 4, 1)) == "Fay (alone: solo through 2026-04-01)"
    assert said(date(2026, 1, 1)) == "Fay"
    assert said(None) == "Fay"
    with pytest.raises(Refused, match="90 days at most, through 2026-04-01"):
        said(date(2026, 4, 2))
    with pytest.raises(Refused, match="is over"):
        said(date(2025, 12, 31))
    with pytest.raises(Refused, match="Say why"):
        said(date(2026, 2, 1), because="  ")
