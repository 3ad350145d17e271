"""The lifecycle table: every state says what may be done in it, and the guide shows the same table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from farthing.core.refused import Clash
from farthing.core.subscriptions.lifecycle import (
    MAY,
    MEANING,
    Act,
    State,
    refuse_unless_it_may,
    state_of,
    table_in_words,
)
from farthing.core.subscriptions.subscription import Pause
from tests.core.core_values import at, subscription

GUIDE = Path(__file__).parents[3] / "docs" / "guides" / "subscriptions.md"


def test_the_table_has_every_state_and_the_guide_shows_it() -> None:
    assert set(MAY) == set(MEANING) == set(State)
    assert table_in_words() in GUIDE.read_text(encoding="utf-8")


def test_a_state_is_worked_out_and_of_several_the_one_that_allows_least_is_told() -> None:
    running = subscription(starts_at=at("2026-01-10"))
    paused = replace(running, pauses=(Pause(at("2026-02-01"), at("2026-03-01")),), ends_at=at("2026-04-01"))
    days = ("2026-01-09", "2026-01-10", "2026-02-01", "2026-03-01", "2026-04-01")
    assert [state_of(paused, at=at(day)) for day in days] == [
        State.DRAFT,
        State.CANCELLED,
        State.PAUSED,
        State.CANCELLED,
        State.ENDED,
    ]
    now = at("2026-01-20")
    assert state_of(running, at=now, trialing=True) is State.TRIALING
    assert state_of(running, at=now, trialing=True, overdue=True) is State.TRIALING
    assert state_of(running, at=now, overdue=True) is State.PAST_DUE
    assert state_of(running, at=now) is State.ACTIVE
    withdrawn = replace(running, ends_at=running.starts_at)
    assert state_of(withdrawn, at=at("2026-01-01")) is State.ENDED


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("act", Act)
def test_what_the_table_does_not_allow_is_refused_with_what_it_allows(state: State, act: Act) -> None:
    if act in MAY[state]:
        refuse_unless_it_may(act, state)
        return
    with pytest.raises(Clash, match=f"is {state.value} .*cannot be {act.value} now; ") as refused:
        refuse_unless_it_may(act, state)
    assert all(one.value in str(refused.value) for one in MAY[state])
