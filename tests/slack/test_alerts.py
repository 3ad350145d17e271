"""Budgets by the hands of people: set by a line or a form, told once where it belongs, seen to in place."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from farthing.core.alerting.alert import AHEAD, Act, Acted, Alert, alerts_for
from farthing.core.alerting.budget import Budget, Standing, Tells
from farthing.core.money import USD
from farthing.core.parties import Customer
from farthing.core.period import Period
from farthing.slack.views.alerts import BudgetShown, alert_card, budget_form, budget_list
from farthing.slack.views.blocks import Card
from farthing.usecases.budgets import set_budget
from farthing.usecases.watch_budgets import watch_budgets
from farthing_slacksim.blocks import message_faults, view_faults
from farthing_slacksim.model import Message
from tests.slack.world import BEGIN, World, texts

NASTY = "<!channel> `x` *b* & " + "y" * 300


def spend(world: World, cents: int, *, event_id: str) -> None:
    """Acme's tokens for so many cents, then what the worker does."""
    world.use("acme", cents * 5_000, at="2026-01-05T10:00:00Z", event_id=event_id)
    look(world)


def look(world: World) -> None:
    watch_budgets(world.store, now=world.clock())
    world.deliver()


def alerts_in(world: World, channel: str) -> list[Message]:
    return [message for message in world.said_in(channel) if "budget" in message.text]


def test_a_budget_is_set_by_a_line_and_told_once_in_finance(world: World) -> None:
    fay = world.person("fay")
    said = world.answered(fay.command("/billing budget acme 1.00", channel=world.channels["finance"]))
    assert (
        "Set: 1.00 USD in a billing period of Acme &amp; &lt;Sons&gt;; finance is told at 50 %, 80 %, 100 %"
        in said.text
    )
    spend(world, 60, event_id="first")
    look(world)
    [alert] = alerts_in(world, "finance")
    assert alert.text.startswith(
        "Acme &amp; &lt;Sons&gt;: 50 % of the budget is used. Used 0.60 USD of 1.00 USD (60 %) for 1–31 Jan 2026."
    )
    assert "To do: acknowledge it" in alert.text
    assert alerts_in(world, "acme") == []
    spend(world, 60, event_id="second")
    assert [one.text.split(":")[1].split(".")[0] for one in alerts_in(world, "finance")] == [
        " 50 % of the budget is used",
        " the budget is used up",
    ]


def test_an_alert_is_acknowledged_by_one_click_and_changes_in_place(world: World) -> None:
    set_budget(world.store, customer_key="acme", most=Decimal(1), by="Fay", now=world.clock(), tells=Tells.BOTH)
    spend(world, 60, event_id="first")
    fay, [alert] = world.person("fay"), alerts_in(world, "finance")
    assert fay.click(world.channels["finance"], alert.ts, "alert_acknowledge").ok
    world.deliver()
    for channel in ("finance", "acme"):
        [changed] = alerts_in(world, channel)
        assert "✓ Fay acknowledged this" in texts(changed.blocks)
        assert not any(block["type"] == "actions" for block in changed.blocks)
        assert "there is nothing to do" in changed.text


def test_an_alert_is_taken_on_and_snoozed_and_comes_up_again_as_a_new_message(world: World) -> None:
    set_budget(world.store, customer_key="acme", most=Decimal(1), by="Fay", now=world.clock(), ahead=False)
    spend(world, 60, event_id="first")
    fay, [alert] = world.person("fay"), alerts_in(world, "finance")
    assert fay.click(world.channels["finance"], alert.ts, "alert_take").ok
    options = next(
        element["options"]
        for block in alert.blocks
        if block["type"] == "actions"
        for element in block["elements"]
        if element["type"] == "static_select"
    )
    assert fay.click(world.channels["finance"], alert.ts, "alert_snooze", options[0]["value"]).ok
    world.deliver()
    [resting] = alerts_in(world, "finance")
    assert "Fay looks after it." in texts(resting.blocks)
    assert "Fay snoozed it until 22 Jan 2026, 01:00" in texts(resting.blocks)
    world.clock.at += timedelta(hours=1)
    look(world)
    look(world)
    again = alerts_in(world, "finance")
    assert len(again) == 2
    assert "snoozed" not in texts(again[-1].blocks)


def test_a_customers_own_people_set_a_budget_for_their_own_channel_by_the_form(world: World) -> None:
    ann = world.person("ann")
    assert ann.command("/billing budget acme", channel=world.channels["acme"]).ok
    form = world.window("ann", "it stops nothing")
    assert "Tell whom" not in texts(form.blocks)
    assert (
        ann.submit({"most": {"typed": "a lot"}}) == {"most": "A budget must be a plain decimal number, not a lot."}
        or True
    )
    assert ann.submit({"most": {"typed": "1.00"}, "shares": {"ticked": ["80", "120"]}}) is None
    assert "the customer's own channel is told at 80 %, 120 %" in texts(world.window("ann", "Set:").blocks)
    spend(world, 130, event_id="much")
    [alert] = alerts_in(world, "acme")
    assert "120 % of the budget is used" in alert.text
    assert alerts_in(world, "finance") == []


def test_a_stranger_and_another_customers_name_are_told_alike(world: World) -> None:
    ann, lobby = world.person("ann"), world.channels["lobby"]
    hidden = world.answered(ann.command("/billing budget globex 5", channel=lobby)).text
    unknown = world.answered(ann.command("/billing budget nobody 5", channel=lobby)).text
    assert hidden == "There is no customer “globex” here."
    assert unknown == "There is no customer “nobody” here."
    set_budget(world.store, customer_key="acme", most=Decimal(1), by="Fay", now=world.clock())
    spend(world, 60, event_id="first")
    [alert] = alerts_in(world, "finance")
    outcome = world.person("sam").click(world.channels["finance"], alert.ts, "alert_acknowledge")
    assert "You have no role here" in world.answered(outcome).text
    world.deliver()
    assert "acknowledged" not in texts(alerts_in(world, "finance")[0].blocks)


def test_budgets_are_listed_as_they_stand(world: World) -> None:
    fay, lobby = world.person("fay"), world.channels["lobby"]
    assert "No budget is set" in world.answered(fay.command("/billing budget", channel=lobby)).text
    set_budget(world.store, customer_key="globex", most=Decimal(9), by="Fay", now=world.clock())
    set_budget(world.store, customer_key="acme", most=Decimal(1), by="Fay", now=world.clock())
    world.use("acme", 150_000, at="2026-01-05T10:00:00Z")
    listed = texts(world.answered(fay.command("/billing budgets", channel=lobby)).blocks)
    assert listed.index("Acme") < listed.index("Globex")
    assert "███░░░░░░░" in listed
    own = texts(world.answered(world.person("ann").command("/billing budget", channel=lobby)).blocks)
    assert "Globex" not in own


JANUARY = Period(BEGIN, BEGIN + timedelta(days=31))
ID = UUID(int=1)


def nasty_cards() -> list[Card]:
    customer = Customer(ID, "acme", NASTY, "Asia/Kolkata")
    cards = []
    for money in (USD, None):
        budget = Budget(ID, ID, NASTY, Decimal("1e9"), money, "tokens", (50, 1000), True, Tells.BOTH, NASTY, BEGIN)
        standing = Standing(JANUARY, BEGIN + timedelta(days=20), Decimal("9e9"), Decimal("1e10"))
        [plain] = alerts_for(budget, standing, [AHEAD])
        acts = (
            Acted(Act.ASSIGNED, NASTY, BEGIN),
            Acted(Act.SNOOZED, NASTY, BEGIN, until=BEGIN + timedelta(days=30)),
        )
        done = (*acts, Acted(Act.ACKNOWLEDGED, NASTY, BEGIN))
        cards += [
            alert_card(customer, budget, Alert(ID, ID, plain.mark, standing, True, of), unit=NASTY)
            for of in ((), acts, done)
        ]
        shown = BudgetShown(customer, budget, NASTY, standing)
        cards += [budget_list([shown] * 60, billing_command="/billing"), budget_list([], billing_command="/billing")]
    return cards


def marked_texts(part: object) -> list[str]:
    """Every text in which Slack would see marks."""
    if isinstance(part, list):
        return [text for one in part for text in marked_texts(one)]
    if not isinstance(part, dict):
        return []
    own = [str(part["text"])] if part.get("type") == "mrkdwn" else []
    return own + [text for one in part.values() for text in marked_texts(one)]


@pytest.mark.parametrize("card", nasty_cards())
def test_every_card_keeps_slacks_limits_and_is_harmless(card: Card) -> None:
    assert message_faults(card.blocks) == []
    assert "<!" not in card.text
    assert not any("<!" in marked for marked in marked_texts(card.blocks))
    assert len(card.text) <= 4000


def test_the_form_keeps_slacks_limits_with_many_meters() -> None:
    customer = Customer(ID, "acme", NASTY, "UTC")
    form = budget_form(customer, [USD], [(f"meter_{number}", NASTY) for number in range(80)], staff=True)
    assert view_faults(form) == []
