"""What was declined is tried again on the days that the seller set, in the customer's morning, until it is paid."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.invoicing.collecting import (
    AttemptState,
    CollectingTerms,
    Tried,
    gave_up,
    next_attempt_at,
    refuse_card_number,
)
from farthing.core.refused import Refused

ISSUED = datetime(2026, 3, 1, 0, 5, tzinfo=UTC)
TERMS = CollectingTerms()
SOFT, HARD, DROPPED, LIVE = (
    AttemptState.DECLINED_SOFT,
    AttemptState.DECLINED_HARD,
    AttemptState.DROPPED,
    AttemptState.LIVE,
)


def after(*tried: Tried, terms: CollectingTerms = TERMS, in_zone: str = "UTC") -> datetime | None:
    return next_attempt_at(tried, since=ISSUED, terms=terms, in_zone=in_zone)


def soft(times: int) -> list[Tried]:
    return [Tried(SOFT, ISSUED + timedelta(days=2 * number)) for number in range(times)]


def test_the_first_attempt_is_made_at_once() -> None:
    assert after() == ISSUED


def test_a_soft_decline_is_tried_again_after_1_3_5_and_7_days_and_then_no_more() -> None:
    days = [after(*soft(times)) for times in range(1, 6)]
    assert [day and day.date() for day in days] == [date(2026, 3, day) for day in (2, 4, 6, 8)] + [None]
    assert [gave_up(soft(times), terms=TERMS) for times in range(6)] == [False] * 5 + [True]


def test_a_retry_is_in_the_customers_morning() -> None:
    # Half past midnight in Tokyo on 2 March is 1 March in London.
    declined = Tried(SOFT, datetime(2026, 3, 1, 15, 30, tzinfo=UTC))
    assert after(declined, in_zone="Asia/Tokyo") == datetime(2026, 3, 3, 0, 0, tzinfo=UTC)
    assert after(declined, in_zone="Europe/London") == datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_an_hour_that_the_clocks_skip_is_the_one_after_it() -> None:
    declined = Tried(SOFT, datetime(2026, 3, 28, 12, tzinfo=UTC))
    skipped = after(declined, terms=CollectingTerms(retry_hour=2), in_zone="Europe/Berlin")
    assert skipped == datetime(2026, 3, 29, 1, tzinfo=UTC)


def test_a_hard_decline_and_a_lost_answer_wait() -> None:
    assert after(Tried(HARD, ISSUED)) is None
    assert after(Tried(LIVE, None)) is None
    assert gave_up([Tried(HARD, ISSUED)], terms=TERMS)
    assert not gave_up([*soft(4), Tried(LIVE, None)], terms=TERMS)


def test_what_never_arrived_is_made_again_an_hour_later_and_is_no_retry() -> None:
    assert after(Tried(DROPPED, ISSUED)) == ISSUED + timedelta(hours=1)
    assert not gave_up([Tried(DROPPED, ISSUED)] * 9, terms=TERMS)


@given(
    days=st.lists(st.integers(1, 90), min_size=0, max_size=12, unique=True).map(sorted),
    hour=st.integers(0, 23),
    first=st.integers(0, 500_000_000).map(lambda seconds: ISSUED + timedelta(seconds=seconds)),
    in_zone=st.sampled_from(["UTC", "Asia/Tokyo", "America/Los_Angeles", "Pacific/Apia", "Africa/Cairo"]),
)
def test_retries_come_one_a_day_that_was_set_each_later_than_the_one_before(
    days: list[int], hour: int, first: datetime, in_zone: str
) -> None:
    terms = CollectingTerms(retry_days=tuple(days), retry_hour=hour)
    tried = [Tried(SOFT, first)]
    seen = []
    while (at := next_attempt_at(tried, since=first, terms=terms, in_zone=in_zone)) is not None:
        assert at > tried[-1].ended_at  # type: ignore[operator]
        seen.append((at.astimezone(ZoneInfo(in_zone)).date() - first.astimezone(ZoneInfo(in_zone)).date()).days)
        tried.append(Tried(SOFT, at))
    assert seen == days
    assert gave_up(tried, terms=terms)


@pytest.mark.parametrize(
    "wrong", [{"retry_days": (3, 1)}, {"retry_days": (0,)}, {"retry_hour": 24}, {"past_due_after_days": -1}]
)
def test_terms_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(Refused):
        CollectingTerms(**wrong)  # type: ignore[arg-type]


def test_the_number_of_a_card_is_refused() -> None:
    for number in ("4242424242424242", "4242 4242 4242 4242", "4242-4242-4242-4242"):
        with pytest.raises(Refused, match="number of a card"):
            refuse_card_number(number, field="token")
    refuse_card_number("pm_1NXWPnLkdIwHu7ix, Visa 4242", field="token")
