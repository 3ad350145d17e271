"""Coupons in real books: given, used up, taken back; and never more often than they may be, however many ask."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
import pytest

from farthing.core.ids import id_of
from farthing.core.invoicing.coupons import Applied
from farthing.core.money import USD
from farthing.core.pricing.plan import Plan
from farthing.core.pricing.terms import price_from
from farthing.core.refused import Clash, Refused, Unknown
from farthing.postgres.database import PostgresStore
from farthing.usecases.apply_catalogue import apply_catalogue
from farthing.usecases.check_books import check_books
from farthing.usecases.close_period import close_period, close_subscription
from farthing.usecases.coupons import add_coupon, apply_coupon, coupons_of, list_coupons, remove_coupon
from farthing.usecases.customers import add_customer
from farthing.usecases.show_usage import show_usage
from farthing.usecases.subscribe import subscribe
from tests.databases import NOW
from tests.usecases.shop import METERS, at_once, invoices, open_shop, record, sent

RUN = id_of("run", "coupons")


def give(store: PostgresStore, key: str = "spring", *, customer: str = "acme", **terms: Any) -> Applied:
    """Make a coupon and give it to a customer."""
    add_coupon(store, key=key, terms=terms or {"percent": 10}, now=NOW)
    return apply_coupon(store, coupon_key=key, customer_key=customer, now=NOW)


def taken_off(store: PostgresStore) -> list[list[tuple[str, str]]]:
    """What each coupon took off each invoice."""
    return [[(one.key, str(one.amount)) for one in each.draft.reckoning.discounts] for each in invoices(store)]


def another(store: PostgresStore, key: str) -> None:
    add_customer(store, key=key, name=key, in_zone="UTC", now=NOW)


def test_a_coupon_takes_something_off_as_many_invoices_as_it_says(store: PostgresStore) -> None:
    open_shop(store)
    give(store, percent="20", periods=2)
    close_period(store, through=date(2026, 3, 31), now=NOW)
    assert taken_off(store) == [[("spring", "9.80 USD")], [("spring", "9.80 USD")], [], []]
    assert [str(each.total) for each in invoices(store)] == ["39.20 USD", "39.20 USD", "49.00 USD", "49.00 USD"]
    (had,) = coupons_of(store, customer_key="acme")[1]
    assert (had.applied.uses, [str(money) for money in had.applied.used]) == (2, ["19.60 USD"])
    assert not had.is_in_force
    assert check_books(store) == []


def test_a_meters_coupon_leaves_the_fee_alone(store: PostgresStore) -> None:
    open_shop(store)
    give(store, percent="50", meters=["tokens"], periods="for ever")
    record(store, *[sent(str(number)) for number in range(5)], sent("call", type="call"))
    close_period(store, through=date(2026, 1, 31), now=NOW)
    first, january = invoices(store)
    assert first.draft.reckoning.discounts == ()
    assert [str(amount) for amount in january.draft.reckoning.discounts[0].amounts] == [
        "0.00 USD",
        "1.75 USD",
        "0.00 USD",
    ]
    assert check_books(store) == []


def test_what_is_left_of_an_amount_goes_on_where_it_carries_over(store: PostgresStore) -> None:
    open_shop(store)
    give(store, amounts={"USD": "120"}, carries_over=True)
    close_period(store, through=date(2026, 3, 31), now=NOW)
    assert [str(each.total) for each in invoices(store)] == ["0.00 USD", "0.00 USD", "27.00 USD", "49.00 USD"]
    assert check_books(store) == []


def test_a_draft_shows_what_will_be_taken_off(store: PostgresStore) -> None:
    open_shop(store)
    close_period(store, through=date(2026, 5, 31), now=NOW)
    give(store, percent="10")
    (running,) = show_usage(store, customer_key="acme", person=None, now=NOW).running
    assert str(running.draft.discounted) == "4.90 USD"
    assert coupons_of(store, customer_key="acme")[1][0].applied.uses == 0


def test_a_coupon_that_was_taken_back_takes_nothing_off_any_more(store: PostgresStore) -> None:
    open_shop(store)
    give(store, percent="10", periods="for ever")
    close_period(store, through=date(2026, 1, 31), now=NOW)
    (removed,) = remove_coupon(store, coupon_key="spring", customer_key="acme", by="Ada", because="A mistake.", now=NOW)
    assert removed.uses == 2
    close_period(store, through=date(2026, 2, 28), now=NOW)
    assert [len(each) for each in taken_off(store)] == [1, 1, 0]
    with pytest.raises(Unknown, match="no coupon"):
        remove_coupon(store, coupon_key="spring", customer_key="acme", by="Ada", now=NOW)
    apply_coupon(store, coupon_key="spring", customer_key="acme", now=NOW)
    assert check_books(store) == []


def test_a_coupon_for_one_subscription_leaves_others_alone(store: PostgresStore) -> None:
    open_shop(store)
    add_coupon(store, key="spring", terms={"percent": 10}, now=NOW)
    another(store, "other")
    others = subscribe(store, customer_key="other", plan_key="starter", starts_on=date(2026, 1, 1))
    own = others.subscription_id
    with pytest.raises(Unknown, match="no subscription"):
        apply_coupon(store, coupon_key="spring", customer_key="acme", subscription_id=own, now=NOW)
    apply_coupon(store, coupon_key="spring", customer_key="other", subscription_id=own, now=NOW)
    close_period(store, through=date(2026, 1, 31), now=NOW)
    assert sorted(len(each) for each in taken_off(store)) == [0, 0, 0, 1]


def test_a_coupon_is_made_once_and_never_changes(store: PostgresStore) -> None:
    made = add_coupon(store, key="spring", terms={"percent": 10}, now=NOW)
    assert add_coupon(store, key="spring", terms={"percent": "10.0"}, now=NOW) == made
    with pytest.raises(Clash, match="never changes"):
        add_coupon(store, key="spring", terms={"percent": 11}, now=NOW)
    assert [offered.coupon for offered in list_coupons(store)] == [made]


def test_a_coupon_is_given_once_while_it_is_in_force(store: PostgresStore) -> None:
    open_shop(store)
    give(store)
    with pytest.raises(Clash, match="already"):
        apply_coupon(store, coupon_key="spring", customer_key="acme", now=NOW)
    close_period(store, through=date(2026, 1, 31), now=NOW)
    apply_coupon(store, coupon_key="spring", customer_key="acme", now=NOW)
    assert list_coupons(store)[0].redemptions == 2


def test_who_may_not_have_a_coupon_is_told_why(store: PostgresStore) -> None:
    open_shop(store)
    close_period(store, through=date(2026, 1, 31), now=NOW)
    with pytest.raises(Unknown, match="There is no coupon “none”; there are: none yet"):
        apply_coupon(store, coupon_key="none", customer_key="acme", now=NOW)
    with pytest.raises(Refused, match="until 2026-06-14"):
        give(store, "late", percent=10, redeem_by="2026-06-14")
    give(store, "today", percent=10, redeem_by="2026-06-15")
    with pytest.raises(Refused, match="new customers"):
        give(store, "first", percent=10, first_time_only=True)
    another(store, "newcomer")
    apply_coupon(store, coupon_key="first", customer_key="newcomer", now=NOW)


def test_of_many_who_ask_at_once_no_more_get_a_coupon_than_may(store: PostgresStore) -> None:
    keys = [f"c{number}" for number in range(8)]
    for key in keys:
        another(store, key)
    add_coupon(store, key="few", terms={"percent": 10, "max_redemptions": 3}, now=NOW)
    answers = at_once(*(partial(apply_coupon, store, coupon_key="few", customer_key=key, now=NOW) for key in keys))
    assert sum(isinstance(answer, Applied) for answer in answers) == 3
    assert all(isinstance(answer, Applied | Refused) for answer in answers)
    assert list_coupons(store)[0].redemptions == 3


def test_two_bills_at_once_use_a_coupon_once(store: PostgresStore) -> None:
    """INV-07 for coupons: each subscription of a customer is billed by another thread, and the coupon is for one."""
    subscriptions = [open_shop(store).subscription_id]
    for number in range(5):
        key = f"fee-{number}"
        fee = price_from(key, {"shape": "flat", "fee": "10", "charged": "advance"}, meters={})
        apply_catalogue(store, meters=METERS, plans=[Plan(key, 1, key, USD, (fee,))], now=NOW)
        begun = subscribe(store, customer_key="acme", plan_key=key, starts_on=date(2026, 1, 1))
        subscriptions.append(begun.subscription_id)
    give(store, percent="10")
    with store.transaction():
        store.open_run(RUN, through=date(2026, 1, 31), opened_at=NOW)
    made = at_once(
        *(
            partial(close_subscription, store, one, run_id=RUN, through=date(2026, 1, 31), now=NOW)
            for one in subscriptions
        )
    )
    assert made == [2] * len(subscriptions)
    assert sum(len(each) for each in taken_off(store)) == 1
    assert check_books(store) == []


def test_the_database_lets_no_more_people_have_a_coupon_than_may(store: PostgresStore) -> None:
    another(store, "acme")
    another(store, "other")
    applied = give(store, percent=10, max_redemptions=1)
    with store.transaction():
        other = store.customer_by_key("other")
        assert other is not None
    second = Applied(UUID(int=5), applied.coupon, other.customer_id, applied_at=NOW)
    for redemption in (1, 2):
        with pytest.raises((psycopg.errors.CheckViolation, psycopg.errors.UniqueViolation)), store.transaction():
            store.keep_applied_coupon(second, redemption=redemption)
