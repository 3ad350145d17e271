"""Reservations in the books: held against the limit, committed by their event, released, and over by themselves."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from farthing.core.entitling.allowance import Allowance
from farthing.core.entitling.reservation import Reservation, Standing
from farthing.core.refused import Clash, Refused, Unknown
from farthing.postgres.database import PostgresStore
from farthing.usecases.check_books import check_books
from farthing.usecases.check_entitlement import check_entitlement
from farthing.usecases.correct_usage import correct_usage
from farthing.usecases.customers import add_customer
from farthing.usecases.entitlements import show_entitlements
from farthing.usecases.follow_usage import follow_usage
from farthing.usecases.reserve import NotHeld, release, reserve, show_reservation, show_reservations
from tests.databases import NOW
from tests.usecases.agreed_shop import open_team, team
from tests.usecases.shop import instant, outcomes, record, sent

MID_JANUARY = instant("2026-01-16T10:00:00")
SECOND = timedelta(seconds=1)


def hold(
    store: PostgresStore,
    reservation_id: str,
    units: int | str,
    *,
    feature: str = "tokens",
    for_seconds: int = 60,
    now: datetime = MID_JANUARY,
) -> Reservation:
    """Reserve for Acme."""
    made, _ = reserve(
        store,
        customer_key="acme",
        reservation_id=reservation_id,
        feature=feature,
        units=Decimal(units),
        for_seconds=for_seconds,
        now=now,
    )
    return made


def asked(store: PostgresStore, units: int = 1, *, feature: str = "tokens", now: datetime = MID_JANUARY) -> Allowance:
    """May Acme use so many more?"""
    return check_entitlement(store, customer_key="acme", feature=feature, units=Decimal(units), person=None, now=now)[1]


def left(store: PostgresStore, *, feature: str = "tokens", now: datetime = MID_JANUARY) -> Any:
    """How many more Acme may use."""
    return asked(store, feature=feature, now=now).left


def using(event_id: str, reservation: object, **more: Any) -> dict[str, Any]:
    """An event of Acme's that names a reservation; 400 tokens, but for what is said otherwise."""
    event = sent(event_id, time="2026-01-16T10:00:00Z", **more)
    assert isinstance(event, dict)
    return event | {"reservation": reservation}


def standing(store: PostgresStore, reservation_id: str, *, now: datetime = MID_JANUARY) -> Standing:
    return show_reservation(store, customer_key="acme", reservation_id=reservation_id, person=None).standing(at=now)


def test_what_is_held_counts_until_its_time_is_over_and_no_job_is_needed_for_that(store: PostgresStore) -> None:
    open_team(store)
    held = hold(store, "r1", 700)
    assert (held.expires_at - held.held_at, standing(store, "r1")) == (60 * SECOND, Standing.HELD)
    assert (left(store), asked(store, 300).allowed, asked(store, 301).allowed) == (300, True, False)
    with pytest.raises(NotHeld, match="used 0, held 700, left 300, asked for 301"):
        hold(store, "r2", 301)
    over = held.expires_at
    assert (left(store, now=over - SECOND), left(store, now=over)) == (300, 1000)
    assert standing(store, "r1", now=over) is Standing.EXPIRED
    hold(store, "r2", 1000, now=over)
    assert check_books(store) == []


def test_an_event_that_names_it_ends_it_and_counts_once_as_what_it_says(store: PostgresStore) -> None:
    open_team(store)
    hold(store, "r1", 700)
    assert outcomes(record(store, using("e1", "r1"), now=MID_JANUARY)) == ["accepted"]
    assert (standing(store, "r1"), left(store)) == (Standing.COMMITTED, 600), "700 were held, and 400 used"
    while follow_usage(store, now=MID_JANUARY):
        pass
    assert left(store) == 600, "the same when what is added up has caught up"
    entitled = {one.entitlement.feature: one for one in show_entitlements(
        store, customer_key="acme", person=None, now=MID_JANUARY).features}  # fmt: skip
    assert (entitled["tokens"].used, entitled["tokens"].held, entitled["tokens"].left) == (400, 0, 600)
    assert check_books(store) == []


def test_an_event_sent_again_is_a_duplicate_and_ends_what_the_first_time_did_not(store: PostgresStore) -> None:
    open_team(store)
    record(store, sent("e1", time="2026-01-16T10:00:00Z"), now=MID_JANUARY)
    hold(store, "r1", 600)
    assert left(store) == 0
    told = record(store, using("e1", "r1"), now=MID_JANUARY)
    assert (outcomes(told), left(store)) == (["duplicate"], 600), "the name of a reservation is no other content"
    assert outcomes(record(store, using("e1", "another"), now=MID_JANUARY)) == ["duplicate"]
    hold(store, "r2", 600)
    assert outcomes(record(store, using("e1", "r1"), now=MID_JANUARY)) == ["duplicate"]
    assert (left(store), standing(store, "r2")) == (0, Standing.HELD)


def test_what_is_not_accepted_ends_nothing(store: PostgresStore) -> None:
    open_team(store)
    record(store, sent("e1", time="2026-01-16T10:00:00Z"), now=MID_JANUARY)
    hold(store, "r1", 100)
    told = record(store, using("e1", "r1", tokens=5), using("e2", "r1", type="nobodys"), now=MID_JANUARY)
    assert (outcomes(told), left(store)) == (["conflict", "quarantined"], 500)
    assert standing(store, "r1") is Standing.HELD


def test_several_events_may_name_one_and_the_first_ends_it(store: PostgresStore) -> None:
    open_team(store)
    hold(store, "r1", 900)
    record(store, using("e1", "r1"), using("e2", "r1"), now=MID_JANUARY)
    assert left(store) == 200
    committed = show_reservation(store, customer_key="acme", reservation_id="r1", person=None)
    assert committed.ended is not None
    assert committed.ended.position == 1


def test_an_event_counts_whatever_it_says_of_reservations_and_is_told_where_nobody_knows_one(
    store: PostgresStore,
) -> None:
    open_team(store)
    odd = [using(f"n{number}", value) for number, value in enumerate((7, "", None, "x" * 300))]
    told = record(store, using("e1", "r9"), *odd)
    assert outcomes(told) == ["accepted"] * 5
    assert "no reservation “r9”" in told[0].reason
    assert [one.reason for one in told[1:]] == [""] * 4
    hold(store, "r1", "0.5", now=instant("2026-02-16T10:00:00"))
    late = instant("2026-02-16T11:00:00")
    assert record(store, using("e2", "r1"), now=late)[0].reason == ""
    assert standing(store, "r1", now=late) is Standing.COMMITTED, "its event came after its time, and counts"


def test_only_its_own_customers_events_end_it(store: PostgresStore) -> None:
    open_team(store)
    add_customer(store, key="globex", name="Globex", in_zone="UTC", now=NOW)
    hold(store, "r1", 100)
    (told,) = record(store, using("e1", "r1") | {"subject": "globex"}, now=MID_JANUARY)
    assert (told.outcome.value, standing(store, "r1")) == ("accepted", Standing.HELD)
    assert "no reservation “r1”" in told.reason


def test_a_release_gives_back_what_is_held_once_and_leaves_the_rest_as_it_is(store: PostgresStore) -> None:
    open_team(store)
    hold(store, "r1", 700)
    first = release(store, customer_key="acme", reservation_id="r1", now=MID_JANUARY)
    again = release(store, customer_key="acme", reservation_id="r1", now=MID_JANUARY + SECOND)
    assert (first, left(store)) == (again, 1000)
    assert standing(store, "r1") is Standing.RELEASED
    assert record(store, using("e1", "r1"), now=MID_JANUARY)[0].reason == "", "it is known, and the event counts"
    assert (standing(store, "r1"), left(store)) == (Standing.RELEASED, 600)
    hold(store, "r2", 100)
    record(store, using("e2", "r2"), now=MID_JANUARY)
    assert (
        release(store, customer_key="acme", reservation_id="r2", now=MID_JANUARY).standing(at=MID_JANUARY)
        is Standing.COMMITTED
    )
    with pytest.raises(Unknown, match="acme has no reservation “r3”"):
        release(store, customer_key="acme", reservation_id="r3", now=MID_JANUARY)


def test_the_same_request_is_done_once_even_when_nothing_is_left_or_its_time_is_over(store: PostgresStore) -> None:
    open_team(store)
    first = hold(store, "r1", 1000)
    assert hold(store, "r1", 1000, now=MID_JANUARY + SECOND) == first
    assert hold(store, "r1", 1000, now=first.expires_at + SECOND) == first
    for other in ({"units": 999}, {"units": 1000, "for_seconds": 61}, {"units": 1, "feature": "copies"}):
        with pytest.raises(Clash, match="an id of its own"):
            hold(store, "r1", **other)  # type: ignore[arg-type]
    assert left(store) == 0


def test_a_limit_that_nothing_measures_bounds_what_is_held_at_a_time(store: PostgresStore) -> None:
    open_team(store, plan=team(entitlements={"jobs": {"limit": "2"}}))
    assert left(store, feature="jobs") == 2
    hold(store, "job-1", 1, feature="jobs")
    hold(store, "job-2", 1, feature="jobs")
    with pytest.raises(NotHeld, match="The limit is 2 jobs: used 0, held 2, left 0, asked for 1"):
        hold(store, "job-3", 1, feature="jobs")
    release(store, customer_key="acme", reservation_id="job-1", now=MID_JANUARY)
    hold(store, "job-3", 1, feature="jobs")
    record(store, using("done", "job-2"), now=MID_JANUARY)
    assert left(store, feature="jobs") == 1


def test_what_is_no_limit_is_answered_and_cannot_be_held(store: PostgresStore) -> None:
    open_team(store)
    assert [asked(store, feature=name).allowed for name in ("sso", "region", "nothing")] == [False, True, False]
    with pytest.raises(Refused, match="Only a limit can be reserved of"):
        hold(store, "r1", 1, feature="region")
    with pytest.raises(NotHeld, match="“sso” is not part of what this customer has"):
        hold(store, "r1", 1, feature="sso")
    with pytest.raises(NotHeld, match="gives “nothing”; there are: region, sso, tokens"):
        hold(store, "r1", 1, feature="nothing")
    with pytest.raises(Refused, match="Ask for more than nothing"):
        asked(store, 0)


def test_a_new_period_begins_anew_with_what_is_held(store: PostgresStore) -> None:
    open_team(store)
    late = instant("2026-01-31T23:59:59")
    record(store, sent("e1", time="2026-01-31T23:00:00Z", tokens=900), now=late)
    hold(store, "r1", 100, now=late)
    answer = asked(store, now=late)
    assert answer.room is not None
    assert (answer.left, answer.room.resets_at) == (0, instant("2026-02-01"))
    assert left(store, now=instant("2026-02-01")) == 900


def test_a_correction_counts_at_once(store: PostgresStore) -> None:
    open_team(store)
    hold(store, "r1", 400)
    record(store, using("e1", "r1"), now=MID_JANUARY)
    while follow_usage(store, now=MID_JANUARY):
        pass
    assert left(store) == 600
    void = {"id": "v1", "source": "ops", "kind": "void", "of": {"source": "test", "id": "e1"}, "reason": "A test."}
    assert outcomes(correct_usage(store, [void | {"by": "ada"}], now=MID_JANUARY)) == ["accepted"]
    assert left(store) == 1000


def test_those_that_are_held_are_listed_by_id_a_page_at_a_time(store: PostgresStore) -> None:
    open_team(store)
    for name in ("b", "a", "C", "d", "e"):
        hold(store, name, 1)
    release(store, customer_key="acme", reservation_id="d", now=MID_JANUARY)
    hold(store, "short", 1, for_seconds=1)

    def page(**more: Any) -> list[str]:
        now = MID_JANUARY + SECOND
        return [one.id for one in show_reservations(store, customer_key="acme", person=None, now=now, **more)]

    assert page() == ["C", "a", "b", "e"]
    assert (page(limit=2), page(limit=2, after="a")) == (["C", "a"], ["b", "e"])
