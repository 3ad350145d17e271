"""What is agreed is changed while it runs: from a period on, once, whoever asks how often, and the books prove."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from farthing.core.invoicing.policy import BillingPolicy
from farthing.core.pricing.terms import plan_from
from farthing.core.refused import Clash, Refused, Unknown
from farthing.core.subscriptions.subscription import AgreedQuantity, Attached, Subscription
from farthing.postgres.database import PostgresStore
from farthing.usecases.change_subscription import agree_quantities, attach_add_on, end_add_on, move_to_version
from farthing.usecases.close_period import close_period
from farthing.usecases.customers import add_customer
from farthing.usecases.drafts import set_policy
from farthing.usecases.show_usage import show_usage
from farthing.usecases.subscribe import end_subscription, subscribe
from tests.databases import NOW
from tests.usecases.agreed_shop import BACKUP, METERS, SEATS, TEAM, TOKENS, closed, kept, offer, open_team, team
from tests.usecases.shop import at_once, instant, record, sent

MID_JANUARY = instant("2026-01-16T10:00:00")


def seats(store: PostgresStore, number: str, *, now: datetime = MID_JANUARY) -> tuple[Subscription, datetime]:
    """So many seats from the next period on."""
    return agree_quantities(store, customer_key="acme", plan_key="team", quantities={"seats": Decimal(number)}, now=now)


def attach(
    store: PostgresStore, key: str = "backup", *, now: datetime = MID_JANUARY, **more: Any
) -> tuple[Subscription, Attached]:
    return attach_add_on(store, customer_key="acme", plan_key="team", add_on_key=key, now=now, **more)


def end(store: PostgresStore, key: str = "backup", *, now: datetime = MID_JANUARY) -> tuple[Subscription, Attached]:
    return end_add_on(store, customer_key="acme", plan_key="team", add_on_key=key, now=now)


def move(
    store: PostgresStore, version: int, *, from_day: date | None = None, now: datetime = MID_JANUARY
) -> datetime | None:
    """Move Acme's team; since when."""
    with store.transaction():
        found = next(one for one in store.subscriptions() if one.plan_key == "team")
        locked = store.lock_subscription(found.subscription_id)
        assert locked is not None
        moved = move_to_version(store, locked, plan_key="team", version=version, from_day=from_day, now=now)
    return None if moved is None else moved[1]


# Quantities ---------------------------------------------------------------------------------------------------------


def test_a_quantity_counts_from_the_next_period_on(store: PostgresStore) -> None:
    open_team(store)
    changed, since = seats(store, "12")
    assert (since, changed) == (instant("2026-02-01"), kept(store))
    assert closed(store, "2026-02-28") == [
        ("2026-01-01", ["platform 31.00 USD", "seats 100.00 USD"]),
        ("2026-02-01", ["platform 31.00 USD", "seats 120.00 USD", "tokens 0.00 USD"]),
        ("2026-03-01", ["platform 31.00 USD", "seats 120.00 USD", "tokens 0.00 USD"]),
    ]


def test_a_quantity_that_is_changed_and_changed_back_before_the_next_period_is_what_it_was(
    store: PostgresStore,
) -> None:
    open_team(store)
    for number in ("12", "10", "12", "10"):
        seats(store, number)
    assert kept(store).quantity_at("seats", instant("2026-02-01")) == 10
    seats(store, "7")
    assert kept(store).quantity_at("seats", instant("2026-02-01")) == 7
    assert closed(store, "2026-01-31")[1][1][1] == "seats 70.00 USD"


def test_a_quantity_of_a_subscription_that_has_yet_to_begin_counts_from_its_start(store: PostgresStore) -> None:
    starts = open_team(store, starts_on=date(2026, 3, 10)).starts_at
    _, since = seats(store, "3")
    assert since == starts
    assert closed(store, "2026-03-31")[0] == ("2026-03-10", ["platform 22.00 USD", "seats 21.29 USD"])


def test_a_period_that_was_billed_ahead_keeps_its_quantity_when_the_close_was_quicker(store: PostgresStore) -> None:
    open_team(store)
    closed(store, "2026-01-31", now=instant("2026-02-01"))
    _, since = seats(store, "12", now=instant("2026-02-01") - timedelta(milliseconds=1))
    assert since == instant("2026-03-01")
    assert closed(store, "2026-02-28")[2][1][1] == "seats 120.00 USD"


@pytest.mark.parametrize(
    ("quantities", "said"),
    [
        ({"seat": "12"}, "no agreed quantity “seat”; it has seats"),
        ({"seats": "-1"}, "There cannot be -1 of “seats”"),
        ({}, "Say how many of what"),
    ],
)
def test_a_quantity_that_cannot_be_is_refused(store: PostgresStore, quantities: dict[str, str], said: str) -> None:
    before = open_team(store)
    with pytest.raises(Refused, match=said):
        agree_quantities(
            store,
            customer_key="acme",
            plan_key="team",
            quantities={name: Decimal(number) for name, number in quantities.items()},
            now=MID_JANUARY,
        )
    assert kept(store) == before


def test_a_quantity_for_which_no_period_comes_is_refused(store: PostgresStore) -> None:
    open_team(store)
    end_subscription(store, customer_key="acme", plan_key="team", now=MID_JANUARY)
    with pytest.raises(Clash, match="ends on 2026-02-01"):
        seats(store, "12")
    with pytest.raises(Unknown, match="no running subscription"):
        seats(store, "12", now=instant("2026-02-01"))
    with pytest.raises(Unknown, match="no running subscription"):
        agree_quantities(store, customer_key="acme", plan_key="starter", quantities={}, now=MID_JANUARY)


def test_of_two_subscriptions_to_a_plan_the_one_that_goes_on_is_changed(store: PostgresStore) -> None:
    first = open_team(store)
    end_subscription(store, customer_key="acme", plan_key="team", now=MID_JANUARY)
    second = subscribe(store, customer_key="acme", plan_key="team", starts_on=date(2026, 2, 1))
    changed, since = seats(store, "12")
    assert (changed.subscription_id, since) == (second.subscription_id, second.starts_at)
    assert first.subscription_id != second.subscription_id


def test_a_request_that_comes_after_its_subscription_was_billed_to_its_end_is_told_so(store: PostgresStore) -> None:
    open_team(store)
    end_subscription(store, customer_key="acme", plan_key="team", now=MID_JANUARY)
    ended = closed(store, "2026-01-31", now=instant("2026-02-01"))
    late = instant("2026-02-01") - timedelta(milliseconds=1)
    with pytest.raises(Unknown, match="no running subscription"):
        seats(store, "12", now=late)
    assert end_subscription(store, customer_key="acme", plan_key="team", now=late) == kept(store)
    assert closed(store, "2026-02-28") == ended


def test_threads_that_agree_the_same_quantity_agree_it_once(store: PostgresStore) -> None:
    open_team(store)
    answers = at_once(*[lambda: seats(store, "12")] * 4)
    assert answers == [(kept(store), instant("2026-02-01"))] * 4
    assert [agreed.number for agreed in kept(store).quantities] == [10, 12]


def test_of_threads_that_agree_different_quantities_each_is_kept_and_the_last_counts(store: PostgresStore) -> None:
    open_team(store)
    answers = at_once(*[lambda number=number: seats(store, number) for number in ("11", "12", "13")])
    assert not any(isinstance(answer, Exception) for answer in answers), answers
    agreed = kept(store).quantities
    assert sorted(one.number for one in agreed) == [10, 11, 12, 13]
    assert kept(store).quantity_at("seats", instant("2026-02-01")) == agreed[-1].number
    closed(store, "2026-01-31")


# Add-ons ------------------------------------------------------------------------------------------------------------


def test_an_add_on_that_comes_in_the_middle_of_a_period_is_charged_by_its_days(store: PostgresStore) -> None:
    open_team(store)
    _, attached = attach(store)
    assert attached.starts_at == instant("2026-01-16")
    record(
        store,
        *[sent(f"b{day}", type="backup", time=f"2026-01-{day}T10:00:00Z") for day in ("15", "16", "20")],
        now=instant("2026-01-21"),
    )
    end(store, now=instant("2026-02-10"))
    assert closed(store, "2026-03-31") == [
        ("2026-01-01", ["platform 31.00 USD", "seats 100.00 USD"]),
        # 62 x 16/31 for what ended, 62 ahead; two of the three backups came after it began.
        (
            "2026-02-01",
            [
                "platform 31.00 USD",
                "seats 100.00 USD",
                "tokens 0.00 USD",
                "backup+fee 32.00 USD",
                "backup+fee 62.00 USD",
                "backup+setup 5.00 USD",
                "backup+runs 2.00 USD",
            ],
        ),
        ("2026-03-01", ["platform 31.00 USD", "seats 100.00 USD", "tokens 0.00 USD", "backup+runs 0.00 USD"]),
        ("2026-04-01", ["platform 31.00 USD", "seats 100.00 USD", "tokens 0.00 USD"]),
    ]
    with store.transaction():
        counts = store.counts()
    assert (counts.billed, counts.unattributed) == (2, 1)


def test_an_add_on_is_charged_so_many_times_and_what_it_measures_once(store: PostgresStore) -> None:
    open_team(store)
    attach(store, from_day=date(2026, 1, 1), number=Decimal(3))
    record(store, sent("b", type="backup"), now=instant("2026-01-20"))
    first, second = closed(store, "2026-01-31")
    assert first[1][2:] == ["backup+fee 186.00 USD", "backup+setup 15.00 USD"]
    assert second[1][3:] == ["backup+fee 186.00 USD", "backup+runs 1.00 USD"]


@pytest.mark.parametrize(
    ("key", "more", "said"),
    [
        ("backups", {}, "no add-on “backups”; there are: archive, backup, dollars, surcharge"),
        ("backup", {"number": Decimal(0)}, "once or more, not 0 times"),
        ("backup", {"number": Decimal(-2)}, "once or more, not -2 times"),
        ("backup", {"from_day": date(2025, 12, 31)}, "which is from 2026-01-01; give a day then"),
        ("backup", {"from_day": date(2026, 1, 1)}, "the first day it can start is 2026-01-02"),
        ("dollars", {}, "no prices in EUR"),
        ("surcharge", {}, "prices the same usage as the price “tokens” of the plan"),
    ],
)
def test_an_add_on_that_cannot_be_is_refused(store: PostgresStore, key: str, more: dict[str, Any], said: str) -> None:
    open_team(store, currency="EUR")
    closed(store, "2026-01-01", now=instant("2026-01-02"))
    before = kept(store)
    with pytest.raises(Refused, match=said):
        attach(store, key, **more)
    assert kept(store) == before


def test_an_add_on_has_the_currency_of_its_subscription(store: PostgresStore) -> None:
    open_team(store, currency="EUR")
    attach(store, from_day=date(2026, 1, 1))
    assert closed(store, "2026-01-01", now=instant("2026-01-02"))[0][1] == [
        "platform 28.00 EUR", "seats 100.00 EUR", "backup+fee 62.00 EUR", "backup+setup 5.00 EUR",
    ]  # fmt: skip


def test_an_add_on_without_a_day_starts_today_or_after_what_is_billed(store: PostgresStore) -> None:
    open_team(store)
    closed(store, "2026-01-31", now=instant("2026-02-01T00:05:00"))
    with pytest.raises(Refused, match="first day it can start is 2026-02-02"):
        attach(store, now=instant("2026-02-01T09:00:00"), from_day=date(2026, 2, 1))
    _, attached = attach(store, now=instant("2026-02-01T09:00:00"))
    assert attached.starts_at == instant("2026-02-02")
    assert attach(store, now=instant("2026-02-01T10:00:00"))[1] == attached
    # 62 x 27/28.
    assert "backup+fee 59.79 USD" in closed(store, "2026-02-28")[2][1]


def test_the_same_add_on_again_is_answered_as_done_and_another_is_refused(store: PostgresStore) -> None:
    open_team(store)
    done = attach(store)
    assert attach(store) == done
    closed(store, "2026-01-31")
    assert attach(store, from_day=date(2026, 1, 16))[1] == done[1], "also after it was billed"
    for more in ({"number": Decimal(2)}, {"from_day": date(2026, 1, 20)}, {"from_day": date(2026, 1, 10)}):
        with pytest.raises(Clash, match="runs since 2026-01-16, 1 times; end it"):
            attach(store, **more)  # type: ignore[arg-type]
    assert len(kept(store).add_ons) == 1


def test_threads_that_attach_and_end_an_add_on_have_one_effect_each(store: PostgresStore) -> None:
    open_team(store)
    attached = at_once(*[lambda: attach(store)] * 4)
    assert attached == [(kept(store), kept(store).add_ons[0])] * 4
    ended = at_once(*[lambda: end(store)] * 4)
    assert ended == [(kept(store), kept(store).add_ons[0])] * 4
    assert kept(store).add_ons[0].ends_at == instant("2026-02-01")
    closed(store, "2026-02-28")


@pytest.mark.parametrize("turn", range(4))
def test_an_add_on_that_comes_while_its_first_day_is_billed_is_charged_whole_or_refused(
    store: PostgresStore, turn: int
) -> None:
    open_team(store)
    closed(store, "2026-01-01", now=instant("2026-01-02"))
    at = instant("2026-02-01T00:00:01")
    acts = [
        lambda: attach(store, now=at, from_day=date(2026, 2, 1)),
        lambda: close_period(store, through=date(2026, 1, 31), now=at),
    ]
    answers = at_once(*(acts if turn % 2 else reversed(acts)))
    failed = [answer for answer in answers if isinstance(answer, Exception)]
    fees = [said for _, lines in closed(store, "2026-02-28") for said in lines if "backup+fee" in said]
    assert len(failed) <= 1
    assert all("billed up to there already" in str(failure) for failure in failed)
    assert fees == ([] if failed else ["backup+fee 62.00 USD"] * 2)


def test_usage_of_an_add_on_is_shown_from_its_first_day(store: PostgresStore) -> None:
    open_team(store)
    attach(store, from_day=date(2026, 1, 14))
    attach(store, "archive", from_day=date(2026, 1, 20))
    days = ("13", "14", "15")
    record(store, *[sent(day, type="backup", time=f"2026-01-{day}T10:00:00Z") for day in days], now=MID_JANUARY)
    view = show_usage(store, customer_key="acme", person=None, now=MID_JANUARY)
    meters = {meter.price_key: [str(day.day) for day in meter.days] for meter in view.running[0].meters}
    assert meters["backup+runs"] == ["2026-01-14", "2026-01-15", "2026-01-16"]
    assert meters["archive+calls"] == []
    assert meters["tokens"][0] == "2026-01-01"


def test_an_add_on_ends_after_what_was_billed_ahead_and_can_start_anew_then(store: PostgresStore) -> None:
    open_team(store)
    attach(store, from_day=date(2026, 1, 1))
    closed(store, "2026-01-31", now=instant("2026-02-01"))
    _, ended = end(store, now=instant("2026-02-01") - timedelta(milliseconds=1))
    assert ended.ends_at == instant("2026-03-01")
    with pytest.raises(Clash, match="ends on 2026-03-01; it can start anew on that day"):
        attach(store, now=instant("2026-02-10"))
    attach(store, now=instant("2026-02-10"), from_day=date(2026, 3, 1))
    lines = [said for _, said in closed(store, "2026-03-31")]
    assert [said for one in lines for said in one if "setup" in said] == ["backup+setup 5.00 USD"] * 2
    assert [said for one in lines for said in one if "backup+fee" in said] == ["backup+fee 62.00 USD"] * 4


def test_an_add_on_that_has_yet_to_begin_is_taken_back_and_can_be_wanted_after_all(store: PostgresStore) -> None:
    open_team(store)
    for day in (date(2026, 1, 20), date(2026, 2, 1), date(2026, 2, 10)):
        _, attached = attach(store, from_day=day)
        taken_back = end(store)
        assert taken_back[1].ends_at == attached.starts_at
        assert end(store) == taken_back
    assert all(not said.startswith("backup") for _, lines in closed(store, "2026-01-31") for said in lines)
    _, again = attach(store, from_day=date(2026, 2, 10))
    assert again in kept(store).add_ons
    assert again.ends_at is None
    with pytest.raises(Clash, match="runs since 2026-02-10"):
        attach(store, now=instant("2026-02-12"))
    assert "backup+setup 5.00 USD" in closed(store, "2026-02-28")[2][1]


def test_an_add_on_agreed_otherwise_for_a_day_on_which_it_was_taken_back_is_refused(store: PostgresStore) -> None:
    open_team(store)
    attach(store, from_day=date(2026, 1, 20))
    end(store)
    with pytest.raises(Clash, match="let it start on another day"):
        attach(store, from_day=date(2026, 1, 20), number=Decimal(2))
    attach(store, from_day=date(2026, 1, 21), number=Decimal(2))
    closed(store, "2026-01-31")


def test_an_add_on_that_is_not_there_cannot_be_ended(store: PostgresStore) -> None:
    open_team(store)
    with pytest.raises(Unknown, match="no running add-on “backup”"):
        end(store)
    attach(store)
    end(store)
    with pytest.raises(Unknown, match="no running add-on “backup”"):
        end(store, now=instant("2026-02-01"))


def test_an_add_on_starts_while_its_subscription_runs(store: PostgresStore) -> None:
    open_team(store)
    end_subscription(store, customer_key="acme", plan_key="team", now=MID_JANUARY)
    with pytest.raises(Refused, match="from 2026-01-01 and ends on 2026-02-01"):
        attach(store, from_day=date(2026, 2, 1))
    attach(store, from_day=date(2026, 1, 31))
    # 62 x 1/31.
    assert "backup+fee 2.00 USD" in closed(store, "2026-02-28")[1][1]


def test_usage_that_another_subscription_prices_is_not_priced_by_an_add_on_too(store: PostgresStore) -> None:
    open_team(store)
    alone = {"name": "Archive", "currency": "USD", "prices": {"runs": BACKUP["prices"]["runs"]}}
    offer(store, plan_from("archive", alone, version=1, meters=METERS))
    subscribe(store, customer_key="acme", plan_key="archive", starts_on=date(2026, 3, 1))
    with pytest.raises(
        Clash, match="acme is on the plan “archive” too, which covers usage that the add-on “backup” prices"
    ):
        attach(store)
    end_subscription(store, customer_key="acme", plan_key="archive", now=MID_JANUARY)
    attach(store)
    with pytest.raises(Clash, match="has been on the plan “team”"):
        subscribe(store, customer_key="acme", plan_key="archive", starts_on=date(2026, 3, 1))


# Versions -----------------------------------------------------------------------------------------------------------


def test_a_version_is_in_force_from_the_first_period_on_or_after_a_day(store: PostgresStore) -> None:
    open_team(store)
    offer(store, team(prices=TEAM["prices"] | {"seats": SEATS | {"unit": "11"}}))
    assert move(store, 2, from_day=date(2026, 2, 15)) == instant("2026-03-01")
    assert move(store, 2, from_day=date(2026, 2, 15)) is None
    told = [lines[1] for _, lines in closed(store, "2026-03-31")]
    assert told == ["seats 100.00 USD", "seats 100.00 USD", "seats 110.00 USD", "seats 110.00 USD"]
    assert move(store, 2, now=instant("2026-04-02")) is None


def test_a_version_replaces_those_that_were_to_come_later(store: PostgresStore) -> None:
    open_team(store)
    for unit in ("11", "12"):
        offer(store, team(prices=TEAM["prices"] | {"seats": SEATS | {"unit": unit}}))
    assert move(store, 3, from_day=date(2026, 3, 1)) == instant("2026-03-01")
    assert move(store, 2, from_day=date(2026, 2, 1)) == instant("2026-02-01")
    assert kept(store).version_at(instant("2026-03-01")) == 2
    assert move(store, 3, from_day=date(2026, 3, 1)) == instant("2026-03-01")
    told = [lines[1] for _, lines in closed(store, "2026-02-28")]
    assert told == ["seats 100.00 USD", "seats 110.00 USD", "seats 120.00 USD"]


def test_a_trial_that_was_agreed_goes_on_to_its_end_before_a_version_without_it(store: PostgresStore) -> None:
    trial = {"trial": {"name": "Trial", "lasts": "2 months", "trial": True}}
    open_team(store, plan=team(phases=trial))
    offer(store, team())
    offer(store, team(phases={"trial": {"name": "Trial", "lasts": "6 months", "trial": True}}))
    assert move(store, 3) == instant("2026-02-01"), "it has that trial too, and it ends as agreed"
    assert move(store, 2) == instant("2026-03-01")
    assert [lines for _, lines in closed(store, "2026-03-31")] == [
        ["tokens 0.00 USD"],
        ["platform 31.00 USD", "seats 100.00 USD", "tokens 0.00 USD"],
        ["platform 31.00 USD", "seats 100.00 USD", "tokens 0.00 USD"],
    ]


def test_a_version_with_which_it_could_not_be_billed_is_refused(store: PostgresStore) -> None:
    open_team(store, overrides={"tokens": {"unit": "0.005"}})
    offer(store, team(currencies=["EUR", "USD"]))
    offer(store, team(prices={"platform": TEAM["prices"]["platform"], "seats": SEATS}, entitlements={}))
    for version, said in (
        (2, "version 2 of “team”: it charges in EUR first, and the subscription is in USD"),
        (3, "acme cannot move to version 3 of “team”. The plan “team” has no price “tokens”"),
        (9, "has no version 9"),
    ):
        with pytest.raises(Refused, match=said):
            move(store, version)
    assert kept(store).versions == ()


def test_a_version_that_would_price_what_another_subscription_prices_is_refused(store: PostgresStore) -> None:
    open_team(store)
    alone = {"currency": "USD", "prices": {"calls": TOKENS | {"meter": "calls"}}}
    offer(store, plan_from("calls", alone, version=1, meters=METERS))
    subscribe(store, customer_key="acme", plan_key="calls", starts_on=date(2026, 1, 1))
    offer(store, team(prices=TEAM["prices"] | {"calls": TOKENS | {"meter": "calls"}}))
    with pytest.raises(Clash, match="“calls” too, which covers usage that version 2 of “team” prices"):
        move(store, 2)


def test_a_subscription_that_ends_before_is_not_moved(store: PostgresStore) -> None:
    open_team(store)
    offer(store, team(name="Team 2"))
    end_subscription(store, customer_key="acme", plan_key="team", now=MID_JANUARY)
    assert move(store, 2) is None
    assert move(store, 2, from_day=date(2030, 1, 1)) is None


# All of it, where clocks change and months are short ----------------------------------------------------------------


@pytest.mark.parametrize("zone", ["America/Havana", "Africa/Cairo", "Pacific/Chatham", "America/Sao_Paulo"])
@pytest.mark.parametrize("anchor_day", [1, 31])
def test_changes_at_awkward_midnights_prove(store: PostgresStore, zone: str, anchor_day: int) -> None:
    trial = {"trial": {"name": "Trial", "lasts": "1 month", "trial": True}}
    open_team(store, plan=team(phases=trial), in_zone=zone, anchor_day=anchor_day, starts_on=date(2026, 1, 31))
    offer(store, team(phases=trial, name="Team 2"))
    set_policy(store, BillingPolicy(hold_units=Decimal(1_000_000)), by="Ada", now=NOW)
    now = instant("2026-02-27T12:00:00")
    for step, day in enumerate(range(0, 240, 11)):
        at = now + timedelta(days=day, hours=step)
        closed(store, str((at - timedelta(days=3)).date()), now=at)
        seats(store, str(step), now=at)
        if step % 8 == 0:
            attach(store, now=at)
        elif step % 8 == 3:
            end(store, now=at)
        if step == 9:
            move(store, 2, now=at)
    through = now + timedelta(days=300)
    told = closed(store, str(through.date()), now=through + timedelta(days=3))
    assert sum(line == "backup+setup 5.00 USD" for _, lines in told for line in lines) >= 3
    subscription = kept(store)
    periods = [period for period, _ in zip(subscription.periods(), range(12), strict=False)]
    assert {quantity.since for quantity in subscription.quantities} <= {one.start for one in periods}
    assert subscription.versions[0].since in {one.start for one in periods}


def test_a_change_for_one_customer_leaves_the_others_alone(store: PostgresStore) -> None:
    open_team(store)
    add_customer(store, key="globex", name="Globex", in_zone="UTC", now=NOW)
    other = subscribe(store, customer_key="globex", plan_key="team", starts_on=date(2026, 1, 1))
    seats(store, "12")
    attach(store)
    with store.transaction():
        there = {one.subscription_id: one for one in store.subscriptions()}
    assert there[other.subscription_id] == other
    assert AgreedQuantity(instant("2026-02-01"), "seats", Decimal(12)) not in other.quantities


def test_an_add_on_is_charged_in_a_trial_of_a_plan_that_has_only_fees(store: PostgresStore) -> None:
    trial = {"trial": {"name": "Trial", "lasts": "14 days", "trial": True}}
    open_team(store, plan=team(phases=trial, prices={"seats": SEATS}, entitlements={}))
    attach(store, from_day=date(2026, 1, 8))
    assert closed(store, "2026-02-28") == [
        # 62 x 7/31 for the trial, 62 x 17/31 ahead for the rest of January.
        (
            "2026-01-15",
            [
                "seats 54.84 USD",
                "backup+fee 14.00 USD",
                "backup+fee 34.00 USD",
                "backup+setup 5.00 USD",
                "backup+runs 0.00 USD",
            ],
        ),
        ("2026-02-01", ["seats 100.00 USD", "backup+fee 62.00 USD", "backup+runs 0.00 USD"]),
        ("2026-03-01", ["seats 100.00 USD", "backup+fee 62.00 USD", "backup+runs 0.00 USD"]),
    ]


def test_a_commitment_counts_what_add_ons_charge(store: PostgresStore) -> None:
    floor = {"floor": {"name": "Minimum spend", "amount": {"USD": "300", "EUR": "280"}}}
    open_team(store, plan=team(commitments=floor))
    attach(store, from_day=date(2026, 1, 16))
    january, february = closed(store, "2026-02-28")[1:]
    # 300 less 31, 100, 32 and the 5 charged once; then 300 less 31, 100 and 62.
    assert january[1][-1] == "floor 132.00 USD"
    assert february[1][-1] == "floor 107.00 USD"
