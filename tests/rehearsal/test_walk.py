"""Whatever people do with a customer's agreements and money, in any order, the books prove; `make walk` does more."""

from __future__ import annotations

import os

import pytest

from farthing.postgres.database import Database
from farthing_rehearsal.walk.play import ACTS, Step, steps_of
from farthing_rehearsal.walk.run import Walked, failed, play_alone, told
from farthing_rehearsal.walk.shrink import shortest

WALKS = int(os.environ.get("FARTHING_TEST_MONEY_WALKS", "6"))
FIRST = int(os.environ.get("FARTHING_TEST_FIRST_MONEY_WALK", "0"))


@pytest.mark.parametrize("seed", range(FIRST, FIRST + WALKS))
def test_the_books_prove_after_every_act_with_agreements_and_money(shared_database: Database, seed: int) -> None:
    steps = steps_of(seed, length=16)
    played = play_alone(shared_database, seed, steps)
    if played.failure is not None:
        raise AssertionError("\n".join(failed(shared_database, seed, steps, played, shrink=False)))
    assert played.done > 0


def test_the_same_seed_makes_the_same_walk_and_every_act_is_in_some() -> None:
    assert steps_of(7, length=40) == steps_of(7, length=40) != steps_of(8, length=40)
    seen = {step.act for seed in range(40) for step in steps_of(seed, length=40)}
    assert seen >= set(ACTS)


def test_what_fails_is_told_by_its_shortest_way_and_time_goes_by_all_the_same() -> None:
    steps = [Step(act, 10, number) for number, act in enumerate(["use", "close", "void", "pay", "credit", "void"])]

    def fails(some: object) -> bool:
        assert isinstance(some, list)
        acts = [step.act for step in some]
        return "close" in acts and "credit" in acts and acts.index("close") < acts.index("credit")

    short = shortest(steps, fails)
    assert [(step.act, step.hours) for step in short] == [("close", 20), ("credit", 30)]


def test_a_walk_that_fails_tells_its_story_and_why(shared_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> str:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setitem(ACTS, "pay", broken)
    steps = [Step("use", 1, 1), Step("pay", 1, 2), Step("use", 1, 3)]
    played = play_alone(shared_database, 3, steps)
    lines = failed(shared_database, 3, steps, played, shrink=True)
    assert lines[0] == "Walk 3 failed: ZeroDivisionError: by nothing"
    assert lines[1] == "  pay: ZeroDivisionError('by nothing')"
    assert "ZeroDivisionError" in lines[-1]


def test_the_summary_says_how_many_and_how_it_went() -> None:
    assert told(Walked(2, 30, 9, [], 4.2)) == "2 walks with 30 acts done and 9 refused in 4 s; all of them prove."
    assert told(Walked(2, 30, 9, [7], 4.2)).endswith("in 4 s; 1 walk failed.")
