"""A subscription's whole life in real books: other plans, other numbers, pauses and ends, each previewed and proved."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from farthing.core.invoicing.credit_note import CreditKind
from farthing.core.invoicing.crediting import Why
from farthing.core.metering.event import UsageEvent
from farthing.core.metering.screen import Accepted
from farthing.core.pricing.terms import plan_from
from farthing.core.refused import Clash, Refused
from farthing.postgres.database import PostgresStore
from farthing.usecases.cancel_subscription import cancel_subscription, uncancel_subscription
from farthing.usecases.change_plan import change_plan, change_quantities
from farthing.usecases.changing import Changed, When, preview_change
from farthing.usecases.check_books import prove_books
from farthing.usecases.credit_invoice import CreditWish, LineWish, credit_invoice
from farthing.usecases.customers import add_customer
from farthing.usecases.migrate_plan import migrate_plan
from farthing.usecases.ports import SellerStore
from farthing.usecases.rest_subscription import pause_subscription, resume_subscription
from farthing.usecases.subscribe import Wishes, subscribe
from tests.databases import NOW
from tests.usecases.agreed_shop import METERS, SEATS, TEAM, TOKENS, closed, kept, offer, open_team, team

TEAM_OF = {"customer_key": "acme", "plan_key": "team"}


def at(written: str) -> datetime:
    """An instant in UTC."""
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


def business(**prices: Any) -> Any:
    """A plan that costs twice as much, with cheaper seats."""
    platform = TEAM["prices"]["platform"] | {"fee": {"USD": "62", "EUR": "56"}}
    seats = SEATS | {"unit": "20"}
    own = {"platform": platform, "seats": seats, "tokens": TOKENS} | prices
    return plan_from("business", TEAM | {"name": "Business", "prices": own}, version=1, meters=METERS)


def begun(store: PostgresStore, **terms: Any) -> None:
    """Acme on the plan “team” with ten seats since 1 January, its first invoice issued; “business” is offered too."""
    open_team(store, **terms)
    offer(store, terms.get("plan") or team(), business())
    closed(store, "2026-01-01")


def use(store: PostgresStore, happened_at: str, *, tokens: int) -> None:
    """Acme uses some tokens."""
    event = UsageEvent("api", happened_at, "completion", "acme", happened_at, {"tokens": tokens})
    with store.transaction():
        customer = store.customer_by_key("acme")
        assert customer is not None
        store.keep_events([Accepted(event, customer.customer_id, at(happened_at))], received_at=NOW)


def lines(changed: Changed) -> list[str]:
    """The lines of what was billed at once."""
    return [f"{line.kind.value} {line.price_key} {line.amount}" for one in changed.invoices for line in one.draft.lines]


def test_an_upgrade_counts_now_and_is_billed_at_once_and_old_usage_when_the_period_ends(store: PostgresStore) -> None:
    begun(store)
    now = at("2026-01-11T14:30:00")
    use(store, "2026-01-11T14:00:00", tokens=100)
    use(store, "2026-01-11T15:00:00", tokens=200)
    changed = change_plan(store, **TEAM_OF, to="business", now=now)
    assert lines(changed) == [
        "unused platform -21.00 USD",
        "unused seats -67.74 USD",
        "fee platform 42.00 USD",
        "fee seats 135.48 USD",
    ]
    assert changed.since == now
    assert prove_books(store, now=now).findings == []
    made = closed(store, "2026-01-31")
    assert made[-1] == (
        "2026-02-01",
        ["platform 62.00 USD", "seats 200.00 USD", "tokens 1.00 USD", "tokens 2.00 USD"],
    )


@pytest.mark.parametrize(
    ("kind", "off", "given_back"),
    [
        (CreditKind.CORRECTION, "10", "unused platform -14.23 USD"),
        (CreditKind.CORRECTION, "31", None),
        (CreditKind.GOODWILL, "10", "unused platform -21.00 USD"),
    ],
)
def test_what_was_credited_as_never_owed_is_not_given_back_once_more(
    store: PostgresStore, kind: CreditKind, off: str, given_back: str | None
) -> None:
    begun(store)
    with store.transaction():
        (invoice,) = store.all_invoices()
    wish = CreditWish(lines=[LineWish(1, amount=Decimal(off))])
    assert invoice.draft.lines[0].price_key == "platform"
    credit_invoice(store, invoice.number, wish, Why(kind, "A mistake", "Ada"), now=at("2026-01-05"))
    changed = change_plan(store, **TEAM_OF, to="business", now=at("2026-01-11T14:30:00"))
    of_platform = [said for said in lines(changed) if said.startswith("unused platform")]
    assert of_platform == ([] if given_back is None else [given_back])
    assert prove_books(store, now=at("2026-01-12")).findings == []
    closed(store, "2026-01-31")
    assert prove_books(store, now=at("2026-02-02")).findings == []


def test_what_was_given_back_as_unused_is_not_credited_once_more(store: PostgresStore) -> None:
    begun(store)
    change_plan(store, **TEAM_OF, to="business", now=at("2026-01-11T14:30:00"))
    with store.transaction():
        invoice, _ = store.all_invoices()
    why, now = Why(CreditKind.CORRECTION, "A mistake", "Ada"), at("2026-01-12")
    for wish in (
        CreditWish(in_full=True),
        CreditWish(lines=[LineWish(1)]),
        CreditWish(lines=[LineWish(1, amount=Decimal(11))]),
    ):
        with pytest.raises(Refused, match=r"21\.00 USD was given back as unused already"):
            credit_invoice(store, invoice.number, wish, why, now=now)
    wish = CreditWish(lines=[LineWish(1, amount=Decimal(10))])
    assert str(credit_invoice(store, invoice.number, wish, why, now=now).total) == "10.00 USD"
    assert prove_books(store, now=now).findings == []


def test_a_downgrade_waits_for_the_next_period_and_a_change_of_no_fee_asks_when(store: PostgresStore) -> None:
    begun(store)
    change_plan(store, **TEAM_OF, to="business", now=at("2026-01-11T14:30:00"))
    back = change_plan(store, customer_key="acme", plan_key="business", to="team", now=at("2026-01-20T10:00:00"))
    assert (back.since, back.invoices) == (at("2026-02-01"), ())
    assert closed(store, "2026-01-31")[-1][1][:2] == ["platform 31.00 USD", "seats 100.00 USD"]
    same = plan_from("same", TEAM | {"name": "Same"}, version=1, meters=METERS)
    offer(store, same)
    with pytest.raises(Refused, match="have the same base fee"):
        change_plan(store, **TEAM_OF, to="same", now=at("2026-02-05"))
    when = change_plan(store, **TEAM_OF, to="same", when=When.NOW, now=at("2026-02-05"))
    assert when.since == at("2026-02-05")
    assert prove_books(store, now=at("2026-02-06")).findings == []


def test_a_change_on_a_day_to_come_is_billed_when_that_day_comes(store: PostgresStore) -> None:
    begun(store)
    changed = change_plan(store, **TEAM_OF, to="business", from_day=date(2026, 1, 21), now=at("2026-01-11T14:30:00"))
    assert (changed.since, changed.invoices) == (at("2026-01-21"), ())
    assert prove_books(store, now=at("2026-01-12")).findings == []
    assert closed(store, "2026-01-31")[1] == (
        "2026-01-21",
        ["platform -11.00 USD", "seats -35.48 USD", "platform 22.00 USD", "seats 70.97 USD"],
    )


def test_more_seats_now_are_charged_from_today_on(store: PostgresStore) -> None:
    begun(store)
    changed = change_quantities(store, **TEAM_OF, quantities={"seats": Decimal(31)}, now=at("2026-01-11T09:00:00"))
    assert lines(changed) == ["unused seats -67.74 USD", "fee seats 210.00 USD"]
    assert closed(store, "2026-01-31")[-1][1] == ["platform 31.00 USD", "seats 310.00 USD", "tokens 0.00 USD"]


def test_a_pause_gives_back_what_is_not_used_and_what_is_used_meanwhile_is_billed_and_says_so(
    store: PostgresStore,
) -> None:
    begun(store)
    paused = pause_subscription(store, **TEAM_OF, now=at("2026-01-11T10:00:00"))
    assert lines(paused) == ["unused platform -21.00 USD", "unused seats -67.74 USD"]
    use(store, "2026-01-15T00:00:00", tokens=100)
    with pytest.raises(Clash, match=r"is paused .* and cannot be moved to another plan now"):
        change_plan(store, **TEAM_OF, to="business", now=at("2026-01-12"))
    closed(store, "2026-01-31")
    resumed = resume_subscription(store, **TEAM_OF, now=at("2026-02-15T10:00:00"))
    # 14 of 28 days are left.
    assert lines(resumed) == ["fee platform 15.50 USD", "fee seats 50.00 USD"]
    closed(store, "2026-02-28")
    with store.transaction():
        notes = {line.note for one in store.invoices() for line in one.draft.lines if line.price_key == "tokens"}
    assert notes == {"", "Used while the subscription was paused."}


def test_who_cancels_now_pays_for_what_was_used_and_no_fee_for_the_day(store: PostgresStore) -> None:
    begun(store)
    use(store, "2026-01-11T11:00:00", tokens=100)
    changed = cancel_subscription(store, **TEAM_OF, when=When.NOW, now=at("2026-01-11T12:00:00"))
    assert lines(changed) == ["unused platform -21.00 USD", "unused seats -67.74 USD", "usage tokens 1.00 USD"]
    assert prove_books(store, now=at("2026-01-12")).findings == []
    with store.transaction():
        assert store.due_subscriptions(through=at("2030-01-01")) == []
    with pytest.raises(Refused, match="no running subscription"):
        uncancel_subscription(store, **TEAM_OF, now=at("2026-01-12"))


def test_who_cancels_on_a_day_and_changes_their_mind_goes_on_as_before(store: PostgresStore) -> None:
    begun(store)
    cancel_subscription(store, **TEAM_OF, on=date(2026, 2, 15), now=at("2026-01-11T12:00:00"))
    assert closed(store, "2026-01-31")[-1][1][:2] == ["platform 15.50 USD", "seats 50.00 USD"]
    uncancel_subscription(store, **TEAM_OF, now=at("2026-02-10T12:00:00"))
    made = closed(store, "2026-02-28")
    assert made[-2:] == [
        ("2026-02-15", ["platform 15.50 USD", "seats 50.00 USD"]),
        ("2026-03-01", ["platform 31.00 USD", "seats 100.00 USD", "tokens 0.00 USD"]),
    ]


def test_a_cancellation_that_is_taken_back_before_it_changed_anything_leaves_no_trace_on_invoices(
    store: PostgresStore,
) -> None:
    begun(store)
    cancel_subscription(store, **TEAM_OF, on=date(2026, 1, 21), now=at("2026-01-11T12:00:00"))
    uncancel_subscription(store, **TEAM_OF, now=at("2026-01-12T12:00:00"))
    assert closed(store, "2026-01-31")[1:] == [
        ("2026-02-01", ["platform 31.00 USD", "seats 100.00 USD", "tokens 0.00 USD"])
    ]


def test_two_changes_at_the_very_instant_that_was_billed_come_right_after_it(store: PostgresStore) -> None:
    begun(store)
    now = at("2026-01-11T12:00:00")
    up = change_plan(store, **TEAM_OF, to="business", now=now)
    down = change_plan(store, customer_key="acme", plan_key="business", to="team", when=When.NOW, now=now)
    left = cancel_subscription(store, **TEAM_OF, when=When.NOW, now=now)
    assert [one.since - now for one in (up, down, left)] == [timedelta(microseconds=number) for number in (0, 1, 2)]
    assert prove_books(store, now=now + timedelta(days=1)).findings == []


def test_what_cannot_be_is_refused_in_a_sentence(store: PostgresStore) -> None:
    begun(store)
    now = at("2026-01-11T12:00:00")
    with pytest.raises(Refused, match="There is no plan “gold”; there are: business, team"):
        change_plan(store, **TEAM_OF, to="gold", now=now)
    with pytest.raises(Clash, match="is on the plan “team” by then already"):
        change_plan(store, **TEAM_OF, to="team", when=When.NOW, now=now)
    with pytest.raises(Refused, match="not two of them"):
        change_plan(store, **TEAM_OF, to="business", when=When.NOW, from_day=date(2026, 1, 21), now=now)
    with pytest.raises(Refused, match="has begun already, or is billed"):
        cancel_subscription(store, **TEAM_OF, on=date(2026, 1, 11), now=now)
    with pytest.raises(Clash, match=r"is active .* and cannot be resumed now; it can be moved to another plan"):
        resume_subscription(store, **TEAM_OF, now=now)
    with pytest.raises(Clash, match="cannot be un-cancelled now"):
        uncancel_subscription(store, **TEAM_OF, now=now)
    cancel_subscription(store, **TEAM_OF, now=now)
    subscribe(store, customer_key="acme", plan_key="team", starts_on=date(2026, 2, 1))
    with store.transaction():
        first = min(store.subscriptions(), key=lambda one: one.starts_at)
    with pytest.raises(Clash, match="Another subscription to “team” follows"):
        uncancel_subscription(store, **TEAM_OF, subscription_id=first.subscription_id, now=now)


ACTS: list[Callable[[SellerStore], Changed]] = [
    partial(change_plan, **TEAM_OF, to="business", now=at("2026-01-11T14:30:00")),
    partial(change_plan, **TEAM_OF, to="business", now=at("2026-01-11T14:30:00"), when=When.PERIOD_END),
    partial(change_quantities, **TEAM_OF, quantities={"seats": Decimal(3)}, now=at("2026-01-11T14:30:00")),
    partial(pause_subscription, **TEAM_OF, now=at("2026-01-11T14:30:00")),
    partial(cancel_subscription, **TEAM_OF, now=at("2026-01-11T14:30:00"), when=When.NOW),
]


@pytest.mark.parametrize("act", ACTS)
def test_a_preview_says_what_the_change_then_does_and_keeps_nothing(
    store: PostgresStore, act: Callable[[SellerStore], Changed]
) -> None:
    begun(store)
    now = at("2026-01-11T14:30:00")
    before = kept(store)
    told = preview_change(store, act, now=now)
    assert kept(store) == before
    with store.transaction():
        assert len(store.invoices()) == 1
    done = act(store)
    assert (done.since, done.subscription) == (told.changed.since, told.changed.subscription)
    assert lines(done) == lines(told.changed)
    assert [one.draft.at for one in done.invoices] == [one.draft.at for one in told.changed.invoices]
    [without] = told.before
    assert without.at == at("2026-02-01")
    assert prove_books(store, now=now).findings == []


def test_eight_who_ask_for_the_same_upgrade_make_one(store: PostgresStore) -> None:
    begun(store)

    def upgrade(number: int) -> bool:
        try:
            change_plan(store, **TEAM_OF, to="business", now=at("2026-01-11T14:30:00") + timedelta(seconds=number))
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(upgrade, range(8))) == 1
    assert prove_books(store, now=at("2026-01-12")).findings == []
    with store.transaction():
        assert len(store.invoices()) == 2


def test_all_customers_of_a_plan_move_and_who_cannot_is_told(store: PostgresStore) -> None:
    begun(store)
    add_customer(store, key="globex", name="Globex", in_zone="UTC", now=NOW)
    subscribe(store, customer_key="globex", plan_key="team", starts_on=date(2026, 1, 1), wishes=Wishes(currency="EUR"))
    closed(store, "2026-01-02")
    now = at("2026-01-11T14:30:00")
    pause_subscription(store, **TEAM_OF, now=now)
    move = partial(migrate_plan, store, plan_key="team", to="business", when=When.NOW)
    told = move(now=now + timedelta(hours=1), preview=True)
    assert (told.moved, told.stayed, [str(money) for money in told.billed.values()]) == (1, 1, ["25.75 EUR"])
    assert told.reasons[0].startswith("acme: The subscription is paused")
    assert move(now=now + timedelta(hours=1), preview=False) == told
    assert move(now=now + timedelta(hours=2), preview=False).moved == 0
    assert prove_books(store, now=now + timedelta(days=1)).findings == []
