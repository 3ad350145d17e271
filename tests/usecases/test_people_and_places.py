"""People, channels, clocks, keys, and requests that come twice."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from farthing.core.parties import Mode, Seller
from farthing.core.people import Person, Role
from farthing.core.refused import Busy, Clash, Forbidden, Refused
from farthing.postgres.database import Database, PostgresStore
from farthing.usecases.api_keys import api_key_mac, new_api_key
from farthing.usecases.bind_channel import bind_customer_channel, bind_finance_channel
from farthing.usecases.connect_slack import connect_slack
from farthing.usecases.customers import add_customer
from farthing.usecases.move_clock import move_clock
from farthing.usecases.once import once
from farthing.usecases.people import add_person, claim_ownership, new_owner_code, who
from farthing.usecases.ports import SlackInstall
from tests.databases import NOW, new_seller
from tests.usecases.shop import at_once


def workspace(team_id: str = "T1", *, token: str = "xoxb-1") -> SlackInstall:
    """A workspace that was connected."""
    return SlackInstall(team_id, "UBOT", token, "xapp-1", None, finance_channel=None, installed_at=NOW)


def claim(store: PostgresStore, code: str, *, user: str = "U1", team: str = "T1") -> Person:
    return claim_ownership(store, code, slack_team=team, slack_user=user, name="Olga", now=NOW)


@pytest.fixture
def customers(store: PostgresStore) -> PostgresStore:
    """Acme and Globex, and a connected workspace."""
    for key in ("acme", "globex"):
        add_customer(store, key=key, name=key.title(), in_zone="UTC", now=NOW)
    connect_slack(store, workspace())
    return store


# People ----------------------------------------------------------------------------------------------------------


def test_the_owners_code_works_once_however_it_is_typed(store: PostgresStore) -> None:
    code = new_owner_code(store, now=NOW)
    with pytest.raises(Forbidden, match="no role here yet"):
        who(store, slack_team="T1", slack_user="U1")
    owner = claim(store, f"  {code.lower().replace('-', ' ')} ")
    assert owner.role is Role.OWNER
    assert who(store, slack_team="T1", slack_user="U1") == owner
    with pytest.raises(Refused, match="No code is waiting"):
        claim(store, code, user="U2")


def test_ten_wrong_codes_spoil_the_right_one_until_there_is_a_new_one(store: PostgresStore) -> None:
    code = new_owner_code(store, now=NOW)
    for _ in range(10):
        with pytest.raises(Refused, match="That is not the code"):
            claim(store, "AAAA-AAAA-AAAA")
    with pytest.raises(Refused, match="ask the operator for a new one"):
        claim(store, code)
    newer = new_owner_code(store, now=NOW)
    with pytest.raises(Refused, match="That is not the code"):
        claim(store, code)
    assert claim(store, newer).role is Role.OWNER


def test_nine_wrong_codes_do_not(store: PostgresStore) -> None:
    code = new_owner_code(store, now=NOW)
    for _ in range(9):
        with pytest.raises(Refused, match="That is not the code"):
            claim(store, "")
    assert claim(store, code).role is Role.OWNER


def test_of_many_who_bring_the_code_at_once_one_becomes_owner(store: PostgresStore) -> None:
    code = new_owner_code(store, now=NOW)
    acts = [lambda user=f"U{number}": claim(store, code, user=user) for number in range(5)]
    assert sorted(type(answer).__name__ for answer in at_once(*acts)) == ["Person", *["Refused"] * 4]
    with store.transaction():
        assert len(store.people()) == 1


def test_wrong_codes_that_come_at_once_are_all_counted(store: PostgresStore) -> None:
    code = new_owner_code(store, now=NOW)
    at_once(*[lambda: claim(store, "wrong")] * 10)
    with pytest.raises(Refused, match="No code is waiting"):
        claim(store, code)


def test_a_member_of_another_workspace_cannot_own_this_one(customers: PostgresStore) -> None:
    code = new_owner_code(customers, now=NOW)
    with pytest.raises(Forbidden, match="own workspace"):
        claim(customers, code, team="T2")
    assert claim(customers, code).role is Role.OWNER


def test_only_an_owner_lets_others_in_and_a_role_can_change(customers: PostgresStore) -> None:
    def add(role: Role, *, by: Person | None, user: str = "U9", customer_key: str | None = None) -> Person:
        return add_person(customers, role=role, name="Ann", slack_team="T1", slack_user=user,
                          customer_key=customer_key, by=by, now=NOW)  # fmt: skip

    owner = claim(customers, new_owner_code(customers, now=NOW))
    finance = add(Role.FINANCE, by=owner, user="U2")
    for by in (finance, add(Role.ENGINEER, by=None, user="U3")):
        with pytest.raises(Forbidden, match="may not manage people"):
            add(Role.OWNER, by=by)
    with pytest.raises(Refused, match="needs the customer's key"):
        add(Role.CUSTOMER_ADMIN, by=owner)
    with pytest.raises(Refused, match="There is no customer “nobody”"):
        add(Role.CUSTOMER_ADMIN, by=owner, customer_key="nobody")
    added = add(Role.CUSTOMER_ADMIN, by=owner, customer_key="acme")
    assert who(customers, slack_team="T1", slack_user="U9").customer_id == added.customer_id
    viewer = add(Role.CUSTOMER_VIEWER, by=owner, customer_key="acme")
    assert (viewer.person_id, viewer.customer_id) == (added.person_id, added.customer_id)
    promoted = add(Role.SUPPORT, by=owner)
    assert who(customers, slack_team="T1", slack_user="U9") == promoted
    assert (promoted.person_id, promoted.customer_id) == (added.person_id, None)


def test_nobody_of_another_workspace_becomes_staff(customers: PostgresStore) -> None:
    with customers.transaction():
        customers.keep_slack_install(SlackInstall("T1", "U0BOT", "xoxb", None, None, None, NOW))
    for role in (role for role in Role if role.is_staff):
        with pytest.raises(Forbidden, match="own workspace can be staff"):
            add_person(customers, role=role, name="Eve", slack_team="T2", slack_user="U1", by=None, now=NOW)
    add_person(customers, role=Role.CUSTOMER_VIEWER, name="Ann", slack_team="T2", slack_user="U2",
               customer_key="acme", by=None, now=NOW)  # fmt: skip


# Channels --------------------------------------------------------------------------------------------------------


def test_a_channel_is_one_customers_or_finances(customers: PostgresStore) -> None:
    bind_customer_channel(customers, customer_key="acme", channel_id="C1")
    bind_customer_channel(customers, customer_key="acme", channel_id="C2")
    bind_finance_channel(customers, channel_id="C1")
    refused: list[tuple[Callable[[], None], str]] = [
        (lambda: bind_customer_channel(customers, customer_key="globex", channel_id="C2"), "belongs to another"),
        (lambda: bind_customer_channel(customers, customer_key="globex", channel_id="C1"), "is the finance channel"),
        (lambda: bind_finance_channel(customers, channel_id="C2"), "belongs to a customer"),
        (lambda: bind_customer_channel(customers, customer_key="acmee", channel_id="C3"), "Did you mean acme"),
    ]
    for act, said in refused:
        with pytest.raises(Refused, match=said):
            act()
    with customers.transaction():
        acme, globex = (customers.customer_by_key(key) for key in ("acme", "globex"))
        assert acme is not None
        assert globex is not None
        assert customers.customer_channel(acme.customer_id) == "C2"
        assert customers.customer_channel(globex.customer_id) is None


def test_of_two_customers_who_are_bound_to_a_channel_at_once_one_gets_it(customers: PostgresStore) -> None:
    answers = at_once(*[lambda key=key: bind_customer_channel(customers, customer_key=key, channel_id="C1")
                        for key in ("acme", "globex")])  # fmt: skip
    assert sorted(type(answer).__name__ for answer in answers) == ["Clash", "NoneType"]


def test_finance_needs_a_workspace_first(store: PostgresStore) -> None:
    with pytest.raises(Refused, match="farthing slack connect"):
        bind_finance_channel(store, channel_id="C1")


def test_new_tokens_keep_the_finance_channel_and_a_new_workspace_does_not(customers: PostgresStore) -> None:
    bind_finance_channel(customers, channel_id="C1")
    for install, channel in ((workspace(token="xoxb-2"), "C1"), (workspace("T2"), None)):
        connect_slack(customers, install)
        with customers.transaction():
            kept = customers.slack_install()
        assert kept is not None
        assert (kept.bot_token, kept.finance_channel) == (install.bot_token, channel)
        assert install.bot_token not in repr(kept)


# Clocks ----------------------------------------------------------------------------------------------------------


def test_a_sandbox_clock_moves_forward_and_goes_on(store: PostgresStore) -> None:
    later = NOW + timedelta(days=40)
    assert move_clock(store, to=later, world=NOW) == later
    with store.transaction():
        assert store.seller().now(NOW + timedelta(hours=1)) == later + timedelta(hours=1)
    with pytest.raises(Refused, match="moves forward only"):
        move_clock(store, to=later - timedelta(seconds=1), world=NOW)
    assert move_clock(store, to=later, world=NOW) == later


def test_a_live_clock_cannot_be_moved(database: Database) -> None:
    sandbox = new_seller()
    live = Seller(sandbox.seller_id, "Live", Mode.LIVE, sandbox.entity)
    database.add_seller(live)
    with pytest.raises(Refused, match="a live clock cannot be moved"):
        move_clock(database.for_seller(live.seller_id), to=NOW + timedelta(days=1), world=NOW)


# Once ------------------------------------------------------------------------------------------------------------


def answer_once(store: PostgresStore, request: object, act: Callable[[], Any], *, key: str = "k") -> tuple[Any, bool]:
    with store.transaction():
        return once(store, "customers", key, request, act, now=NOW)


def test_the_same_request_is_answered_with_the_first_answer(store: PostgresStore) -> None:
    assert answer_once(store, {"a": 1, "b": [2]}, lambda: {"said": "first"}) == ({"said": "first"}, True)
    assert answer_once(store, {"b": [2], "a": 1}, lambda: {"said": "second"}) == ({"said": "first"}, False)
    with pytest.raises(Clash, match="use a new key"):
        answer_once(store, {"a": 2}, lambda: {"said": "third"})
    assert answer_once(store, {"a": 2}, lambda: {"said": "fourth"}, key="l") == ({"said": "fourth"}, True)


def test_what_failed_was_not_answered(store: PostgresStore) -> None:
    def fail() -> object:
        add_one(store, "left over")
        raise Refused("No.")

    with pytest.raises(Refused, match="No"):
        answer_once(store, 1, fail)
    assert answer_once(store, 1, lambda: "now") == ("now", True)
    with store.transaction():
        assert store.runs() == []


def add_one(store: PostgresStore, what: str) -> str:
    """Something that can be counted, in the transaction that is open."""
    number = len(store.runs())
    day = date(2026, 1, 1) + timedelta(days=number)
    store.open_run(new_seller().seller_id, through=day, opened_at=datetime.combine(day, NOW.timetz()))
    return what


def test_threads_with_the_same_request_act_once(store: PostgresStore) -> None:
    answers = at_once(
        *[lambda n=number: answer_once(store, 1, lambda: add_one(store, f"by {n}")) for number in range(5)]
    )
    told = [answer for answer in answers if not isinstance(answer, Exception)]
    assert len({said for said, _ in told}) == 1
    assert sum(is_new for _, is_new in told) == 1
    assert all(isinstance(answer, Busy) for answer in answers if isinstance(answer, Exception)), answers
    with store.transaction():
        assert len(store.runs()) == 1


# API keys --------------------------------------------------------------------------------------------------------


def test_an_api_key_is_known_by_its_fingerprint_only(store: PostgresStore, database: Database) -> None:
    del store
    seller = new_seller()
    database.add_seller(seller)
    secret = new_api_key(database.for_seller(seller.seller_id), label="test", now=NOW)
    assert database.seller_of_api_key(api_key_mac(secret)) == seller.seller_id
    assert database.seller_of_api_key(api_key_mac(secret + "x")) is None
