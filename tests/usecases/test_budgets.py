"""Budgets: every mark is told once, in money and in units, however usage comes and however many look."""

from __future__ import annotations

from decimal import Decimal
from threading import Thread
from uuid import UUID

import pytest

from farthing.core.alerting.alert import AHEAD
from farthing.core.alerting.budget import Tells
from farthing.core.notices import BudgetReached
from farthing.core.people import Person, Role
from farthing.core.refused import Refused, Unknown
from farthing.postgres.database import PostgresStore
from farthing.usecases.alerts import acknowledge_alert, assign_alert, list_alerts, show_alert, snooze_alert
from farthing.usecases.budgets import remove_budget, set_budget, show_budget, show_budgets
from farthing.usecases.watch_budgets import watch_budgets
from tests.core.core_values import at
from tests.databases import NOW
from tests.usecases.shop import open_shop, record, sent

EARLY = at("2026-01-03")
ADA = {"by": "Ada", "person": None}


def use(store: PostgresStore, event_id: str, calls: int) -> None:
    """So many calls of Acme's, at a cent each."""
    record(store, *(sent(f"{event_id} {one}", time="2026-01-02T10:00:00Z", type="call", x=1) for one in range(calls)))


def told(store: PostgresStore) -> list[BudgetReached]:
    """What is written to be told of budgets, oldest first."""
    with store.transaction():
        rows = store._rows("SELECT notice_id FROM farthing.notice WHERE kind = 'budget reached' ORDER BY written")
    found = []
    for _ in rows:
        row = store.outbox.take(now=NOW.replace(year=2030), unsure_after=NOW - NOW)
        assert row is not None
        assert isinstance(row.notice, BudgetReached)
        store.outbox.told(row.notice_id, revision=row.revision, channel_id="C1", message_ts="1.1")
        found.append(row.notice)
    return found


def marks(store: PostgresStore) -> list[int]:
    return [view.alert.mark for view in list_alerts(store, person=None, is_open=False)]


def test_a_budget_of_money_is_told_at_each_share_once_as_usage_comes(store: PostgresStore) -> None:
    open_shop(store)
    budget = set_budget(store, customer_key="acme", most=Decimal("1.00"), by="Ada", now=EARLY)
    view = show_budget(store, budget, now=EARLY)
    assert (view.budget.currency, view.unit, view.standing and view.standing.percent) == (
        view.budget.currency,
        "USD",
        0,
    )
    assert watch_budgets(store, now=EARLY) == 0
    use(store, "first", 49)
    assert watch_budgets(store, now=EARLY) == 0
    use(store, "next", 1)
    assert watch_budgets(store, now=EARLY) == 1
    assert watch_budgets(store, now=EARLY) == 0
    use(store, "many", 60)
    assert watch_budgets(store, now=EARLY) == 2
    assert marks(store) == [100, 50]
    assert [one.to_customer for one in told(store)] == [False, False]
    [shown] = show_budgets(store, person=None, now=EARLY)
    assert shown.standing is not None
    assert (shown.standing.spent, shown.standing.percent) == (Decimal("1.10"), 110)
    assert [one.mark for one in shown.alerts] == [50, 80, 100]


def test_a_budget_of_units_counts_what_the_meter_measures(store: PostgresStore) -> None:
    open_shop(store)
    set_budget(store, customer_key="acme", most=Decimal(10), meter_key="calls", in_units=True, by="Ada", now=EARLY)
    use(store, "some", 8)
    assert watch_budgets(store, now=EARLY) == 2
    [view] = list_alerts(store, person=None)
    assert (view.alert.mark, view.alert.standing.spent, view.unit) == (80, 8, "calls")


def test_a_budget_of_a_meters_money_leaves_the_others_out(store: PostgresStore) -> None:
    open_shop(store)
    set_budget(store, customer_key="acme", most=Decimal(1), meter_key="tokens", by="Ada", now=EARLY)
    use(store, "dear", 500)
    assert watch_budgets(store, now=EARLY) == 0
    record(store, sent("tokens", time="2026-01-02T10:00:00Z", tokens=500))
    assert watch_budgets(store, now=EARLY) == 3


def test_the_next_period_begins_anew(store: PostgresStore) -> None:
    open_shop(store)
    set_budget(store, customer_key="acme", most=Decimal(1), by="Ada", now=EARLY)
    use(store, "all", 100)
    assert watch_budgets(store, now=EARLY) == 3
    assert watch_budgets(store, now=at("2026-02-02")) == 0
    record(store, *(sent(f"feb {one}", time="2026-02-02T10:00:00Z", type="call", x=1) for one in range(50)))
    assert watch_budgets(store, now=at("2026-02-03")) == 1


def test_that_a_budget_will_not_last_is_told_with_the_day(store: PostgresStore) -> None:
    open_shop(store)
    set_budget(store, customer_key="acme", most=Decimal(1), by="Ada", now=EARLY)
    use(store, "some", 40)
    assert watch_budgets(store, now=at("2026-01-11")) == 1
    assert marks(store) == [AHEAD]


def test_several_who_look_at_once_tell_it_once(store: PostgresStore) -> None:
    open_shop(store)
    set_budget(store, customer_key="acme", most=Decimal(1), tells=Tells.BOTH, by="Ada", now=EARLY)
    use(store, "all", 100)
    raised: list[int] = []
    looks = [Thread(target=lambda: raised.append(watch_budgets(store, now=EARLY))) for _ in range(6)]
    for look in looks:
        look.start()
    for look in looks:
        look.join()
    assert sum(raised) == 3
    assert sorted(one.to_customer for one in told(store)) == [False, True]


def test_an_alert_is_acknowledged_snoozed_and_taken_on_and_a_click_that_comes_twice_does_nothing_more(
    store: PostgresStore,
) -> None:
    open_shop(store)
    set_budget(store, customer_key="acme", most=Decimal(1), by="Ada", now=EARLY)
    use(store, "half", 50)
    watch_budgets(store, now=EARLY)
    [view] = list_alerts(store, person=None)
    alert_id = view.alert.alert_id
    assign_alert(store, alert_id, to="Bob", person=None, now=EARLY)
    for _ in range(2):
        snooze_alert(store, alert_id, until=at("2026-01-04"), by="Bob", person=None, now=EARLY)
    use(store, "more", 50)
    assert watch_budgets(store, now=EARLY) == 0, "its budget rests"
    assert watch_budgets(store, now=at("2026-01-04")) == 3, "the two marks that waited, and the reminder"
    assert watch_budgets(store, now=at("2026-01-05")) == 0
    for _ in range(2):
        acknowledge_alert(store, alert_id, **ADA, now=at("2026-01-05"))
    with pytest.raises(Refused, match="Ada has acknowledged this already"):
        snooze_alert(store, alert_id, until=at("2026-01-09"), by="Bob", person=None, now=at("2026-01-05"))
    acts = show_alert(store, alert_id, person=None).alert.acts
    assert [one.act.value for one in acts] == ["assigned", "snoozed", "reminded", "acknowledged"]
    assert [view.alert.mark for view in list_alerts(store, person=None)] == [100]


def test_two_who_acknowledge_at_once_are_told_who_was_first(store: PostgresStore) -> None:
    open_shop(store)
    set_budget(store, customer_key="acme", most=Decimal(1), by="Ada", now=EARLY)
    use(store, "half", 50)
    watch_budgets(store, now=EARLY)
    [view] = list_alerts(store, person=None)
    refused: list[str] = []

    def acknowledge(name: str) -> None:
        try:
            acknowledge_alert(store, view.alert.alert_id, by=name, person=None, now=EARLY)
        except Refused as no:
            refused.append(no.sentence)

    clicks = [Thread(target=acknowledge, args=(name,)) for name in ("Ada", "Bob")]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()
    first = show_alert(store, view.alert.alert_id, person=None).alert.acknowledged
    assert first is not None
    assert refused == [f"{first.by} has acknowledged this already."]


def test_a_budget_is_set_anew_by_its_name_and_the_same_once_more_changes_nothing(store: PostgresStore) -> None:
    open_shop(store)
    first = set_budget(store, customer_key="acme", most=Decimal(1), by="Ada", now=EARLY)
    again = set_budget(store, customer_key="acme", most=Decimal("1.00"), by="Bob", now=at("2026-01-04"))
    assert again == first
    other = set_budget(store, customer_key="acme", most=Decimal(2), by="Bob", now=at("2026-01-04"))
    assert other.budget_id != first.budget_id
    assert len(show_budgets(store, person=None, now=EARLY)) == 1
    remove_budget(store, customer_key="acme", name="budget", by="Bob", now=at("2026-01-05"))
    assert show_budgets(store, person=None, now=EARLY) == []
    with pytest.raises(Unknown, match="acme has no budget “budget”"):
        remove_budget(store, customer_key="acme", name="budget", by="Bob", now=at("2026-01-05"))


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        ({"most": Decimal("0.001")}, "A budget"),
        ({"most": Decimal(0)}, "more than nothing"),
        ({"most": Decimal(1), "meter_key": "nothing"}, "There is no meter “nothing”"),
        ({"most": Decimal(1), "in_units": True}, "units of a meter"),
        ({"most": Decimal(1), "name": " "}, "name"),
        ({"most": Decimal(1), "shares": (120, 50)}, "smallest first"),
    ],
)
def test_what_is_no_budget_is_told(store: PostgresStore, wish: dict[str, object], says: str) -> None:
    open_shop(store)
    with pytest.raises(Refused, match=says):
        set_budget(store, customer_key="acme", by="Ada", now=EARLY, **wish)  # type: ignore[arg-type]


def test_a_customers_person_sees_and_sets_their_own_and_no_other(store: PostgresStore) -> None:
    subscription = open_shop(store)
    own = Person(UUID(int=1), "Carl", Role.CUSTOMER_ADMIN, subscription.customer_id)
    stranger = Person(UUID(int=2), "Eve", Role.CUSTOMER_ADMIN, UUID(int=3))
    with pytest.raises(Refused, match="own channel"):
        set_budget(store, customer_key="acme", most=Decimal(1), by="Carl", person=own, now=EARLY)
    set_budget(store, customer_key="acme", most=Decimal(1), by="Carl", person=own, tells=Tells.CUSTOMER, now=EARLY)
    use(store, "half", 50)
    watch_budgets(store, now=EARLY)
    [view] = list_alerts(store, person=own)
    assert list_alerts(store, person=stranger) == []
    for person, alert_id in ((stranger, view.alert.alert_id), (own, UUID(int=9))):
        with pytest.raises(Unknown, match="There is no such alert here"):
            show_alert(store, alert_id, person=person)
    assert [one.to_customer for one in told(store)] == [True]
