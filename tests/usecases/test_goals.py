"""Goals: at most three, each signed as it is worded; whoever comes second finds it done."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from threading import Barrier, Thread
from uuid import uuid4

import pytest

from farthing.core.goals import Goal
from farthing.core.people import Person, Role
from farthing.core.refused import Clash, Forbidden, Refused, Unknown
from farthing.documents.printer import Printer
from farthing.postgres.database import PostgresStore
from farthing.usecases.goals import (
    Wanted,
    drop_goal,
    goal_at,
    list_goals,
    print_goals,
    read_goal,
    set_goal,
    sign_goal,
)
from tests.databases import NOW

OWNER = Person(uuid4(), "Olga", Role.OWNER)
SUPPORT = Person(uuid4(), "Sid", Role.SUPPORT)


def wanted(title: str = "Days until the month is invoiced", *, place: int | None = None, target: int = 1) -> Wanted:
    return Wanted(title, "days", Decimal(9), Decimal(target), date(2031, 1, 31), "Ivo", "U-IVO", place)


def set_one(store: PostgresStore, title: str = "Days until the month is invoiced", *, target: int = 1) -> Goal:
    return set_goal(store, wanted(title, target=target), by="Olga", person=OWNER, now=NOW)


def test_a_goal_is_signed_by_its_owner_once_and_read_again(store: PostgresStore) -> None:
    goal = set_one(store)
    with pytest.raises(Forbidden, match="Ivo owns this goal"):
        sign_goal(store, goal.goal_id, by="Olga", person=OWNER, slack_user="U-OLGA", now=NOW)
    sign_goal(store, goal.goal_id, by="Ivo", person=SUPPORT, slack_user="U-IVO", now=NOW)
    again = sign_goal(store, goal.goal_id, by="Ivo again", person=SUPPORT, slack_user="U-IVO", now=NOW)
    assert again.signature is not None
    assert (again.signature.by, again.signature.on) == ("Ivo", NOW.date())
    for _ in range(2):
        read = read_goal(store, goal.goal_id, Decimal(5), by="Sid", person=SUPPORT, now=NOW)
    assert [check_in.value for check_in in read.check_ins] == [Decimal(5)]
    assert read.percent == 50


def test_worded_anew_it_is_another_goal_that_nobody_has_signed(store: PostgresStore) -> None:
    goal = set_one(store)
    sign_goal(store, goal.goal_id, by="Ivo", person=None, now=NOW)
    same = set_goal(store, wanted(place=1), by="Olga", person=OWNER, now=NOW)
    assert same.signature is not None, "the same words again change nothing"
    other = set_goal(store, wanted(place=1, target=2), by="Olga", person=OWNER, now=NOW.replace(hour=13))
    assert goal_at(store, 1) == other
    assert other.signature is None
    with pytest.raises(Clash, match="worded anew or dropped"):
        sign_goal(store, goal.goal_id, by="Ivo", person=None, now=NOW)


def test_there_are_three_at_most_and_a_dropped_ones_place_is_free(store: PostgresStore) -> None:
    for title in ("One", "Two", "Three"):
        set_one(store, title)
    with pytest.raises(Clash, match="3 goals already"):
        set_one(store, "Four")
    drop_goal(store, goal_at(store, 2).goal_id, by="Olga", person=OWNER, now=NOW)
    assert set_goal(store, wanted("Four"), by="Olga", person=OWNER, now=NOW.replace(hour=14)).place == 2
    assert [goal.title for goal in list_goals(store, person=SUPPORT)] == ["One", "Four", "Three"]
    with pytest.raises(Unknown, match="no goal 4"):
        goal_at(store, 4)


def test_a_customers_people_see_none_and_support_sets_none(store: PostgresStore) -> None:
    with pytest.raises(Forbidden):
        set_goal(store, wanted(), by="Sid", person=SUPPORT, now=NOW)
    with pytest.raises(Forbidden):
        list_goals(store, person=Person(uuid4(), "Ann", Role.CUSTOMER_ADMIN, uuid4()))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 101}, "title"),
        ({"unit": ""}, "unit"),
        ({"target": Decimal(9)}, "target"),
        ({"by_day": date(2020, 1, 1)}, "by_day"),
        ({"owner": ""}, "owner"),
        ({"owner": "\x00"}, "owner"),
    ],
)
def test_what_is_wrong_with_a_goal_is_said_at_its_field(
    store: PostgresStore, change: dict[str, object], field: str
) -> None:
    terms = {name: getattr(wanted(), name) for name in Wanted.__dataclass_fields__} | change
    with pytest.raises(Refused) as refused:
        set_goal(store, Wanted(**terms), by="Olga", person=OWNER, now=NOW)
    assert refused.value.field == field
    assert list_goals(store, person=None) == []


def test_eight_who_set_goals_and_sign_at_once_set_three_and_sign_each_once(store: PostgresStore) -> None:
    gate, refused = Barrier(8), []

    def act(number: int) -> None:
        gate.wait()
        try:
            goal = set_goal(store, wanted(f"Goal of {number}"), by="Olga", person=OWNER, now=NOW)
            for _ in range(2):
                sign_goal(store, goal.goal_id, by="Ivo", person=None, now=NOW)
        except Clash:
            refused.append(number)

    threads = [Thread(target=act, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    goals = list_goals(store, person=None)
    assert [goal.place for goal in goals] == [1, 2, 3]
    assert all(goal.signature is not None for goal in goals)
    assert len(refused) == 5


def test_they_are_printed_on_one_page(store: PostgresStore) -> None:
    with pytest.raises(Refused, match="No goal is set yet"):
        print_goals(store, Printer(), person=None, now=NOW)
    set_one(store)
    printed = print_goals(store, Printer(), person=None, now=NOW)
    assert printed.name == "goals.pdf"
    assert printed.content.startswith(b"%PDF")
