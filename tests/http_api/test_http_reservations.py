"""May they use so many more, and what is held for them, over HTTP: an answer in numbers and in a sentence."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from farthing.postgres.database import PostgresStore
from farthing.usecases.check_books import check_books
from tests.http_api.callers import Api, event
from tests.usecases.agreed_shop import open_team
from tests.usecases.shop import at_once

CHECK, HELD = "/v1/customers/acme/check", "/v1/customers/acme/reservations"
R1 = {"id": "r1", "feature": "tokens", "units": "700", "for_seconds": 120}


@pytest.fixture(autouse=True)
def shop(store: PostgresStore) -> PostgresStore:
    """Acme, with 1000 tokens a month, since 1 January; it is 15 March."""
    open_team(store)
    return store


def using(event_id: str, **members: object) -> dict[str, object]:
    """An event of this month with 400 tokens that uses the reservation r1."""
    return event(event_id, time="2026-03-15T11:00:00Z", reservation="r1", **members)


def standing(api: Api, reservation_id: str = "r1") -> str:
    return str(api.get(f"{HELD}/{reservation_id}").json()["standing"])


def remaining(api: Api) -> str:
    return str(api.post(CHECK, {"feature": "tokens"}).json()["remaining"])


def test_a_check_says_whether_why_how_much_is_left_and_until_when(api: Api, shop: PostgresStore) -> None:
    api.post("/v1/events", event("1", time="2026-03-05T10:00:00Z"))
    answer = api.post(CHECK, {"feature": "tokens", "units": "600.0"})
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "customer": "acme", "feature": "tokens", "units": "600", "allowed": True,
            "why": "The limit is 1000 tokens until 2026-04-01: used 400, held 0, left 600, asked for 600.",
            "remaining": "600", "limit": "1000", "used": "400", "held": "0", "resets_at": "2026-04-01T00:00:00Z",
        },
    )  # fmt: skip
    assert api.post(CHECK, {"feature": "tokens", "units": "600.01"}).json()["allowed"] is False
    for feature, allowed in (("sso", False), ("region", True), ("tokenz", False)):
        told = api.post(CHECK, {"feature": feature}).json()
        assert (told["allowed"], told["remaining"], told["limit"], told["resets_at"]) == (allowed, None, None, None)
    assert "there are: region, sso, tokens" in told["why"]
    assert check_books(shop) == []


def test_a_reservation_is_held_seen_listed_and_released(api: Api, shop: PostgresStore) -> None:
    made = api.post(HELD, R1)
    assert (made.status_code, made.json()) == (
        201,
        {
            "id": "r1", "feature": "tokens", "units": "700", "standing": "held", "held_at": "2026-03-15T12:00:00Z",
            "expires_at": "2026-03-15T12:02:00Z", "ended_at": None, "position": None, "remaining": "300",
        },
    )  # fmt: skip
    again = api.post(HELD, R1)
    assert (again.status_code, again.json()) == (201, made.json() | {"remaining": None})
    seen = {name: value for name, value in made.json().items() if name != "remaining"}
    assert api.get(f"{HELD}/r1").json() == seen
    assert api.get(HELD).json() == {"reservations": [seen], "next_after": None}
    assert (remaining(api), api.get("/v1/customers/acme/entitlements").json()["entitlements"][2]["held"]) == (
        "300",
        "700",
    )
    released = api.delete(f"{HELD}/r1")
    assert (released.status_code, released.json()["standing"], released.json()["ended_at"]) == (
        200,
        "released",
        "2026-03-15T12:00:00Z",
    )
    assert api.delete(f"{HELD}/r1").json() == released.json()
    assert (api.get(HELD).json()["reservations"], remaining(api)) == ([], "1000")
    assert check_books(shop) == []


def test_what_is_not_left_is_refused_with_what_is(api: Api) -> None:
    api.post(HELD, R1)
    answer = api.post(HELD, R1 | {"id": "r2"})
    assert (answer.status_code, answer.headers["content-type"]) == (409, "application/problem+json")
    told = answer.json()
    assert (told["code"], told["remaining"], told["resets_at"]) == ("not_held", "300", "2026-04-01T00:00:00Z")
    assert "used 0, held 700, left 300, asked for 700" in told["detail"]
    without = api.post(HELD, {"id": "r3", "feature": "sso"}).json()
    assert (without["code"], "remaining" in without) == ("not_held", False)
    assert api.post(HELD, R1 | {"units": "701"}).json()["code"] == "clash"
    assert len(api.get(HELD).json()["reservations"]) == 1


def test_pages_go_on_after_the_last_id(api: Api) -> None:
    for name in ("a", "b", "c"):
        api.post(HELD, {"id": name, "feature": "tokens"})
    first = api.get(HELD, limit=2).json()
    assert ([one["id"] for one in first["reservations"]], first["next_after"]) == (["a", "b"], "b")
    rest = api.get(HELD, after="b", limit=2).json()
    assert ([one["id"] for one in rest["reservations"]], rest["next_after"]) == (["c"], None)


BODIES: dict[str, tuple[Any, str]] = {
    "one event": (using("1"), "application/json"),
    "one CloudEvent": (using("1"), "application/cloudevents+json"),
    "a list": ([event("0", time="2026-02-05T10:00:00Z"), using("1")], "application/json"),
    "a batch": ([event("0", time="2026-02-05T10:00:00Z"), using("1")], "application/cloudevents-batch+json"),
    "a wrapped list": ({"events": [using("1")]}, "application/json"),
    "with other attributes": (using("1", traceparent="00-1", dataschema="https://example.com"), "application/json"),
    "data with quotes": (
        using("1", data={"tokens": 400, "note": 'a "quoted" word', "reservation": "r2"}),
        "application/json",
    ),
    "beyond ASCII": (using("1", data={"tokens": 400, "note": "é"}), "application/json"),
}


@pytest.mark.parametrize("how", BODIES)
def test_an_event_uses_a_reservation_however_it_is_sent(api: Api, how: str) -> None:
    api.post(HELD, R1)
    body, form = BODIES[how]
    written = json.dumps(body).encode()
    assert api.post("/v1/events", written, Content_Type=form).json()["quarantined"] == 0
    seen = api.get(f"{HELD}/r1").json()
    assert (seen["standing"], seen["position"] is not None, remaining(api)) == ("committed", True, "600")


def test_lines_compressed_bodies_and_escaped_names_use_it_too(api: Api) -> None:
    api.post(HELD, R1)
    lines = "\n".join(json.dumps(one) for one in (event("0", time="2026-02-05T10:00:00Z"), using("1"))).encode()
    api.post("/v1/events", lines, Content_Type="application/x-ndjson")
    assert standing(api) == "committed"
    api.post(HELD, R1 | {"id": "r2", "units": "100"})
    packed = gzip.compress(json.dumps(using("2") | {"reservation": "r2"}).encode())
    api.post("/v1/events", packed, Content_Type="application/json", Content_Encoding="gzip")
    assert standing(api, "r2") == "committed"
    api.post(HELD, R1 | {"id": "r3", "units": "100"})
    escaped = json.dumps(using("3") | {"reservation": "r3"}).replace("reservation", "reserv\\u0061tion").encode()
    api.post("/v1/events", escaped, Content_Type="application/json")
    assert standing(api, "r3") == "committed"


def test_an_event_that_says_a_reservation_twice_counts_and_uses_none(api: Api) -> None:
    api.post(HELD, R1)
    twice = json.dumps(using("1")).replace('"reservation"', '"reservation": "r2", "reservation"', 1).encode()
    assert api.post("/v1/events", twice, Content_Type="application/json").json()["accepted"] == 1
    assert (standing(api), remaining(api)) == ("held", "-100")


def test_an_event_of_an_unknown_reservation_counts_and_is_told_of(api: Api) -> None:
    answer = api.post("/v1/events", [event("0"), using("1")]).json()
    assert (answer["accepted"], answer["more"]) == (2, 0)
    (told,) = answer["events"]
    assert (told["index"], told["outcome"]) == (1, "accepted")
    assert told["reason"] == ("It counts. This customer has no reservation “r1”, so nothing that was held is free now.")


def test_of_many_who_ask_at_once_so_many_are_held_as_there_is_room_for(api: Api) -> None:
    answers = at_once(*[
        lambda name=f"r{n}": api.post(HELD, {"id": name, "feature": "tokens", "units": "300"}).status_code
        for n in range(8)
    ])  # fmt: skip
    assert sorted(map(str, answers)) == ["201"] * 3 + ["409"] * 5


@pytest.mark.parametrize(
    ("path", "body", "status", "says"),
    [
        (CHECK, {"feature": "tokens", "units": "0"}, 422, "more than nothing"),
        (CHECK, {"feature": "tokens", "units": "many"}, 422, "no number"),
        (CHECK, {"feature": "tokens", "units": 5}, 422, "must be text"),
        (CHECK, {}, 422, "“feature” is missing"),
        (CHECK.replace("acme", "nobody"), {"feature": "tokens"}, 404, "no customer"),
        (HELD, R1 | {"id": "a b"}, 422, "id"),
        (HELD, R1 | {"units": "-1"}, 422, "More than nothing"),
        (HELD, R1 | {"for_seconds": 0}, 422, "for_seconds"),
        (HELD, R1 | {"for_seconds": 604_801}, 422, "for_seconds"),
        (HELD, R1 | {"feature": "region"}, 422, "Only a limit"),
        (HELD.replace("acme", "nobody"), R1, 404, "no customer"),
    ],
)
def test_what_cannot_be_asked_is_told_in_a_sentence(api: Api, path: str, body: Any, status: int, says: str) -> None:
    answer = api.post(path, body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert says in answer.json()["detail"]
    assert api.get(HELD).json()["reservations"] == []


def test_nothing_of_another_sellers_is_seen_or_released(stranger: Api, api: Api) -> None:
    api.post(HELD, R1)
    for answer in (
        stranger.post(CHECK, {"feature": "tokens"}),
        stranger.post(HELD, R1 | {"id": "r2"}),
        stranger.get(HELD),
        stranger.get(f"{HELD}/r1"),
        stranger.delete(f"{HELD}/r1"),
        api.get(f"{HELD}/r9"),
        api.delete(f"{HELD}/r9"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown")
    assert standing(api) == "held"
