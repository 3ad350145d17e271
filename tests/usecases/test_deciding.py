"""A decision is made by who may make it in that very moment, and says when one person decided for two."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest

from farthing.core.people import Ask, Role
from farthing.core.refused import Forbidden, Refused
from farthing.postgres.database import PostgresStore
from farthing.usecases.deciding import Decider, decide, note_standing
from farthing.usecases.people import add_person, revoke_role
from farthing.usecases.people_ports import Account
from farthing.usecases.ports import SellerStore
from farthing.usecases.solo import set_solo, show_solo
from tests.databases import NOW
from tests.usecases.shop import at_once

FAY, TOM = Account("T1", "UFAY"), Account("T1", "UTOM")


@pytest.fixture
def owned(store: PostgresStore) -> PostgresStore:
    for account in (FAY, TOM):
        add_person(store, role=Role.OWNER, name=account.slack_user[1:].title(), slack_team="T1",
                   slack_user=account.slack_user, by=None, now=NOW)  # fmt: skip
    return store


def named(store: SellerStore, by: Decider) -> str:
    del store
    return by.name


def test_a_role_that_is_taken_waits_for_a_decision_under_way_and_none_comes_after_it(owned: PostgresStore) -> None:
    with owned.transaction():
        fay = owned.person(slack_team="T1", slack_user="UFAY")
    assert fay is not None
    deciding, order = threading.Event(), list[str]()

    def slowly(store: SellerStore, by: Decider) -> str:
        assert store.solo() is None
        deciding.set()
        taking.join(0.3)
        order.append("decided")
        return by.name

    def take() -> None:
        deciding.wait(10)
        revoke_role(owned, fay.person_id, by=TOM, now=NOW)
        order.append("taken")

    taking = threading.Thread(target=take)
    taking.start()
    assert decide(owned, FAY, Ask.CLOSE_PERIODS, slowly, now=NOW) == "Fay"
    taking.join(10)
    assert order == ["decided", "taken"]
    with pytest.raises(Forbidden, match="no role here"):
        decide(owned, FAY, Ask.CLOSE_PERIODS, named, now=NOW)


def test_an_account_that_slack_says_is_no_full_member_decides_nothing_until_it_is_one_again(
    owned: PostgresStore,
) -> None:
    note_standing(owned, FAY, is_full=False, now=NOW)
    with pytest.raises(Forbidden, match="no role here"):
        decide(owned, FAY, Ask.CLOSE_PERIODS, named, now=NOW)
    note_standing(owned, FAY, is_full=True, now=NOW)
    assert decide(owned, FAY, Ask.CLOSE_PERIODS, named, now=NOW) == "Fay"


def test_what_is_refused_inside_is_not_kept(owned: PostgresStore) -> None:
    def refuse(store: SellerStore, by: Decider) -> None:
        store.keep_owner_code(b"mac", made_at=NOW)
        raise Refused(f"Not today, {by.name}.")

    with pytest.raises(Refused, match="Not today"):
        decide(owned, FAY, Ask.CLOSE_PERIODS, refuse, now=NOW)
    with owned.transaction():
        assert owned.owner_code() is None


def test_under_solo_each_decision_says_so_and_afterwards_none_does(owned: PostgresStore) -> None:
    assert show_solo(owned, now=NOW) == (None, False)
    until = (NOW + timedelta(days=30)).date()
    set_solo(owned, until=until, because="There is one of us.", by=FAY, now=NOW)
    assert decide(owned, TOM, Ask.CLOSE_PERIODS, named, now=NOW) == f"Tom (alone: solo through {until})"
    assert decide(owned, TOM, Ask.CLOSE_PERIODS, named, now=NOW + timedelta(days=31)) == "Tom"
    set_solo(owned, until=None, because="We are two.", by=None, by_name="the operator", now=NOW)
    assert decide(owned, TOM, Ask.CLOSE_PERIODS, named, now=NOW) == "Tom"
    assert show_solo(owned, now=NOW)[1] is False


def test_only_an_owner_says_so_and_for_no_more_than_ninety_days(owned: PostgresStore) -> None:
    add_person(owned, role=Role.FINANCE, name="Fin", slack_team="T1", slack_user="UFIN", by=None, now=NOW)
    with pytest.raises(Forbidden, match="may not decide alone"):
        set_solo(owned, until=date(2026, 3, 1), because="So.", by=Account("T1", "UFIN"), now=NOW)
    with pytest.raises(Refused, match="90 days at most"):
        set_solo(owned, until=NOW.date() + timedelta(days=91), because="So.", by=FAY, now=NOW)


def test_many_decisions_at_once_do_not_stand_in_each_others_way(owned: PostgresStore) -> None:
    answers = at_once(*[lambda: decide(owned, FAY, Ask.CLOSE_PERIODS, named, now=NOW)] * 6)
    assert answers == ["Fay"] * 6
