"""Reservations: held until their event comes, their holder lets go or their time is over, and never beyond a limit."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.entitling.allowance import Room, may_use
from farthing.core.entitling.reservation import Ended, Reservation, Standing, refuse_another, wanted
from farthing.core.pricing.entitlement import Entitlement, EntitlementKind
from farthing.core.refused import Clash, Refused

ACME = UUID(int=1)
NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LIMIT = Decimal(10)
CALLS = Entitlement("calls", EntitlementKind.LIMIT, LIMIT)


def asked(reservation_id: str = "r1", *, units: str = "5", for_seconds: int = 60, now: datetime = NOW) -> Reservation:
    """Some calls of Acme's, for a minute."""
    return wanted(
        reservation_id, customer_id=ACME, feature="calls", units=Decimal(units), for_seconds=for_seconds, now=now
    )


def test_it_is_held_up_to_and_without_its_last_instant_and_then_over_by_itself() -> None:
    held = asked()
    moment = timedelta(microseconds=1)
    standings = [held.standing(at=at) for at in (NOW, NOW + MINUTE - moment, NOW + MINUTE)]
    assert standings == [Standing.HELD, Standing.HELD, Standing.EXPIRED]


def test_an_end_stays_whatever_the_time() -> None:
    released = replace(asked(), ended=Ended(NOW))
    committed = replace(asked(), ended=Ended(NOW + 2 * MINUTE, position=7))
    for at in (NOW, NOW + 5 * MINUTE):
        assert released.standing(at=at) is Standing.RELEASED
        assert committed.standing(at=at) is Standing.COMMITTED


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        ({"reservation_id": ""}, "cannot be a reservation's id"),
        ({"reservation_id": "a/b"}, "cannot be a reservation's id"),
        ({"reservation_id": "x" * 129}, "cannot be a reservation's id"),
        ({"reservation_id": "r1\n"}, "cannot be a reservation's id"),
        ({"units": "0"}, "More than nothing"),
        ({"units": "-1"}, "More than nothing"),
        ({"for_seconds": 0}, "1 to 604800 seconds, not 0"),
        ({"for_seconds": 604_801}, "1 to 604800 seconds"),
        ({"for_seconds": 10**30}, "1 to 604800 seconds"),
    ],
)
def test_what_cannot_be_held_is_refused_in_a_sentence(wish: dict[str, object], says: str) -> None:
    with pytest.raises(Refused, match=says):
        asked(**wish)  # type: ignore[arg-type]


def test_the_same_request_is_the_same_whenever_it_is_sent_and_another_under_its_id_is_refused() -> None:
    there = asked()
    refuse_another(there, asked(now=NOW + MINUTE))
    for other in (asked(units="6"), asked(for_seconds=61), replace(asked(), feature="tokens")):
        with pytest.raises(Clash, match="was asked for 5 of “calls” for 60 seconds"):
            refuse_another(there, other)


acts = st.one_of(
    st.tuples(st.just("reserve"), st.integers(1, 6), st.integers(1, 5)),
    st.tuples(st.sampled_from(["commit", "release"]), st.integers(0, 20), st.just(0)),
    st.tuples(st.just("wait"), st.integers(1, 5), st.just(0)),
)


@given(st.lists(acts, max_size=40))
def test_by_reservations_alone_used_and_held_never_exceed_the_limit(doing: list[tuple[str, int, int]]) -> None:
    """Each event uses what was held for it, as long as it is held; nobody uses anything without having asked."""
    now, used = NOW, Decimal(0)
    made: list[Reservation] = []
    for what, number, minutes in doing:
        if what == "wait":
            now += number * MINUTE
        elif what == "reserve":
            held = sum((one.units for one in made if one.standing(at=now) is Standing.HELD), Decimal(0))
            room = Room("limit", "calls", LIMIT, used, held, resets_at=None, in_zone="UTC")
            if may_use(CALLS, [room], units=Decimal(number)).allowed:
                made.append(asked(f"r{len(made)}", units=str(number), for_seconds=60 * minutes, now=now))
        elif number < len(made) and made[number].standing(at=now) is Standing.HELD:
            position = 1 if what == "commit" else None
            used += made[number].units if what == "commit" else 0
            made[number] = replace(made[number], ended=Ended(now, position))
        held = sum((one.units for one in made if one.standing(at=now) is Standing.HELD), Decimal(0))
        assert used + held <= LIMIT
