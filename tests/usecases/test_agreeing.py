"""Subscribing with wishes: what is agreed at the start holds, is known again, and is refused when it cannot be."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from farthing.core.refused import Clash, Refused
from farthing.core.subscriptions.subscription import Subscription
from farthing.postgres.database import PostgresStore
from farthing.usecases.customers import add_customer
from farthing.usecases.show_subscription import Agreed, show_subscriptions
from farthing.usecases.subscribe import Wishes, as_agreed, subscribe
from tests.databases import NOW
from tests.usecases.agreed_shop import SEATS, closed, kept, offer, open_team, team
from tests.usecases.shop import at_once, instant, record, sent


def again(store: PostgresStore, **wishes: Any) -> Subscription:
    """The same request, with these wishes."""
    return subscribe(store, customer_key="acme", plan_key="team", starts_on=date(2026, 1, 1), wishes=Wishes(**wishes))


def shown(store: PostgresStore, *, now: str = "2026-01-16T10:00:00") -> Agreed:
    """The one subscription as it is shown at a time."""
    [agreed] = show_subscriptions(store, customer_key="acme", person=None, now=instant(now), with_drafts=True)
    return agreed


def test_terms_of_ones_own_hold_for_that_customer_in_every_phase_and_no_other(store: PostgresStore) -> None:
    ramp = {"ramp": {"name": "Ramp", "lasts": "1 month", "change": {"platform": {"fee": {"USD": "10", "EUR": "9"}}}}}
    own = {"tokens": {"unit": "0.005", "discount": {"percent": "50"}}, "seats": {"unit": Decimal("9.5")}}
    open_team(store, plan=team(phases=ramp), overrides=own)
    add_customer(store, key="globex", name="Globex", in_zone="UTC", now=NOW)
    subscribe(store, customer_key="globex", plan_key="team", starts_on=date(2026, 1, 1))
    record(store, sent("1"), now=instant("2026-01-20"))
    assert kept_of(store, "acme").overrides["seats"] == {"unit": "9.5"}, "numbers are kept as text"
    told = closed(store, "2026-01-31")
    assert sorted(lines for day, lines in told if day == "2026-02-01") == [
        ["platform 31.00 USD", "seats 10.00 USD", "tokens 0.00 USD"],
        # 400 x 0.005, half of it.
        ["platform 31.00 USD", "seats 95.00 USD", "tokens 1.00 USD"],
    ]
    assert ["platform 10.00 USD", "seats 95.00 USD"] in [lines for day, lines in told if day == "2026-01-01"]


def kept_of(store: PostgresStore, key: str) -> Subscription:
    [agreed] = show_subscriptions(store, customer_key=key, person=None, now=NOW)
    return agreed.subscription


def test_a_currency_is_agreed_for_good(store: PostgresStore) -> None:
    open_team(store, currency="EUR")
    record(store, sent("1"), now=instant("2026-01-20"))
    assert closed(store, "2026-01-31") == [
        ("2026-01-01", ["platform 28.00 EUR", "seats 100.00 EUR"]),
        ("2026-02-01", ["platform 28.00 EUR", "seats 100.00 EUR", "tokens 4.00 EUR"]),
    ]


def test_the_same_wishes_again_are_answered_as_done_however_their_numbers_are_written(store: PostgresStore) -> None:
    first = open_team(store, overrides={"tokens": {"unit": "0.5"}}, currency="USD")
    assert (
        again(
            store,
            quantities={"seats": Decimal("10.0")},
            overrides={"tokens": {"unit": Decimal("0.50")}},
            currency="USD",
        )
        == first
    )
    for other in (
        {"overrides": {"tokens": {"unit": "0.6"}}, "currency": "USD"},
        {"overrides": {"tokens": {"unit": "0.5"}}, "currency": "EUR"},
        {"overrides": {"tokens": {"unit": "0.5"}}, "currency": "USD", "quantities": {"seats": Decimal(11)}},
    ):
        with pytest.raises(Clash, match="has been on the plan “team”"):
            again(store, **other)
    assert kept(store) == first


@pytest.mark.parametrize(
    ("wishes", "said"),
    [
        ({"currency": "JPY"}, "no prices in JPY; it has them in USD, EUR"),
        ({"quantities": {"desks": Decimal(1)}}, "no agreed quantity “desks”; it has seats"),
        ({"quantities": {"seats": Decimal(-1)}}, "There cannot be -1 of “seats”"),
        ({"overrides": {"nix": {"unit": "1"}}}, "no price “nix” to agree otherwise about"),
        ({"overrides": {"tokens": {"unit": "cheap"}}}, "This cannot be agreed"),
        ({"overrides": {"tokens": {"unit": 0.1}}}, "Numbers in terms are text"),
        ({"overrides": {"tokens": {1: "2"}}}, "Terms are names"),
        ({"overrides": {"tokens": {"name": "\x00"}}}, "a character that is no text"),
        ({"overrides": {"tokens": {"unit": "1" * 39}}}, "too long"),
        ({"overrides": {"tokens": {"unit": 10**40}}}, "too long"),
        ({"overrides": {"entitlements": {"api": None}}}, "no “api” in its entitlements"),
    ],
)
def test_wishes_that_cannot_be_are_refused(store: PostgresStore, wishes: dict[str, Any], said: str) -> None:
    offer(store, team())
    add_customer(store, key="acme", name="Acme Corp.", in_zone="UTC", now=NOW)
    with pytest.raises(Refused, match=said):
        again(store, **wishes)
    with store.transaction():
        assert store.subscriptions() == []


def test_terms_nested_without_end_are_refused(store: PostgresStore) -> None:
    deep: dict[str, Any] = {}
    for _ in range(5000):
        deep = {"deep": deep}
    offer(store, team())
    add_customer(store, key="acme", name="Acme Corp.", in_zone="UTC", now=NOW)
    with pytest.raises(Refused, match="nested deeper than any price"):
        again(store, overrides={"tokens": deep})


@pytest.mark.parametrize("terms", [{"platform": {"name": "N" * 5_000}}, {"platform": {"where": {"N" * 5_000: "x"}}}])
def test_a_text_that_no_page_holds_is_not_agreed_to(terms: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="a text of 5,000 characters; 4,096 is the most"):
        as_agreed(terms)


def test_threads_that_wish_the_same_have_one_effect_and_of_others_one_wins(store: PostgresStore) -> None:
    offer(store, team())
    add_customer(store, key="acme", name="Acme Corp.", in_zone="UTC", now=NOW)
    wishes = [{"quantities": {"seats": Decimal(n)}} for n in (10, 10, 11, 11)]
    answers = at_once(*[lambda wish=wish: again(store, **wish) for wish in wishes])
    assert sorted(type(answer).__name__ for answer in answers) == ["Clash", "Clash", "Subscription", "Subscription"]
    assert [answer for answer in answers if isinstance(answer, Subscription)] == [kept(store)] * 2


def test_what_is_agreed_is_shown_as_it_stands_at_a_time(store: PostgresStore) -> None:
    trial = {"trial": {"name": "Trial", "lasts": "14 days", "trial": True}}
    open_team(store, plan=team(phases=trial), starts_on=date(2026, 1, 10))
    before, trying, paid = (shown(store, now=now) for now in ("2026-01-01", "2026-01-20", "2026-02-20"))
    assert [one.standing.value for one in (before, trying, paid)] == ["coming", "active", "active"]
    assert [None if one.phase is None else one.phase.ends_at for one in (before, trying, paid)] == [
        instant("2026-01-24"), instant("2026-01-24"), None,
    ]  # fmt: skip
    assert [None if one.draft is None else str(one.draft.at.date()) for one in (before, trying, paid)] == [
        None, "2026-01-24", "2026-03-01",
    ]  # fmt: skip
    assert [(one.name, one.number, one.said) for one in paid.quantities] == [("seats", Decimal(10), True)]


def test_a_quantity_that_nobody_said_counts_as_one(store: PostgresStore) -> None:
    open_team(store, quantities={})
    assert [(one.name, one.number, one.said) for one in shown(store).quantities] == [("seats", Decimal(1), False)]
    assert closed(store, "2026-01-01", now=instant("2026-01-02"))[0][1][1] == "seats 10.00 USD"


def test_a_charge_made_once_is_a_price_of_a_plan_too(store: PostgresStore) -> None:
    setup = {"name": "Setup", "shape": "flat", "fee": "500", "charged": "once"}
    per_seat = SEATS | {"name": "Welcome", "unit": "3", "charged": "once"}
    open_team(store, plan=team(prices={"setup": setup, "welcome": per_seat, "seats": SEATS}, entitlements={}))
    told = closed(store, "2026-02-28")
    assert [lines[:2] for _, lines in told] == [
        ["setup 500.00 USD", "welcome 30.00 USD"],
        ["seats 100.00 USD"],
        ["seats 100.00 USD"],
    ]
