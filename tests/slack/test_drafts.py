"""Drafts reviewed by the hands of people: what is unusual first, approved as it was seen, in bulk, or held."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from farthing.core.invoicing.policy import BillingPolicy
from farthing.usecases.check_books import check_books
from farthing.usecases.close_period import close_period
from farthing.usecases.drafts import list_drafts, set_policy
from farthing_slacksim.blocks import message_faults
from farthing_slacksim.model import Ephemeral, Json
from tests.slack.world import World, texts


@pytest.fixture
def waiting(world: World) -> World:
    """The first of January is billed, and January's invoices wait for a day; acme's is held for its use."""
    world.close("2026-01-01")
    set_policy(world.store, BillingPolicy(grace=timedelta(days=30)), by="Fay", now=world.clock())
    world.use("acme", 400_000, at="2026-01-05T10:00:00Z")
    world.clock.at = world.clock.at.replace(month=2, day=2)
    close_period(world.store, through=date(2026, 1, 31), now=world.clock())
    return world


def elements(shown: Ephemeral) -> list[Json]:
    return [element for block in shown.blocks if block["type"] == "actions" for element in block["elements"]]


def value(shown: Ephemeral, action: str, number: int = 0) -> str:
    return str([one["value"] for one in elements(shown) if one["action_id"] == action][number])


def queue(world: World, name: str = "fay") -> Ephemeral:
    shown = world.answered(world.person(name).command("/billing drafts", channel=world.channels["finance"]))
    assert message_faults(shown.blocks) == []
    return shown


def test_a_draft_is_approved_by_one_click_and_a_confirm_that_says_the_amount(waiting: World) -> None:
    shown = queue(waiting)
    assert "2 drafts wait, 0 held" in texts(shown.blocks)
    [button] = [one for one in elements(shown) if one["action_id"] == "draft_approve"][:1]
    assert "is invoiced 49.80 USD" in button["confirm"]["text"]["text"]
    outcome = waiting.person("fay").click_ephemeral(shown.id, "draft_approve", button["value"])
    assert outcome.ok
    waiting.until(lambda: len(list_drafts(waiting.store)) == 1)
    waiting.until(lambda: "✓ EX-000003: 49.80 USD" in str([e.blocks for e in waiting.person("fay").ephemerals()]))
    assert check_books(waiting.store) == []


def test_later_usage_is_not_on_what_was_approved_as_seen(waiting: World) -> None:
    shown = queue(waiting)
    waiting.use("acme", 500_000, at="2026-01-06T10:00:00Z")
    assert waiting.person("fay").click_ephemeral(shown.id, "draft_approve", value(shown, "draft_approve")).ok
    waiting.until(lambda: len(list_drafts(waiting.store)) == 1)
    with waiting.store.transaction():
        [newest] = waiting.store.invoices(limit=1)
    assert str(newest.total) == "49.80 USD"


def test_the_usual_ones_are_approved_at_once_and_what_somebody_holds_by_now_is_left_out_and_told(
    waiting: World,
) -> None:
    older, shown = queue(waiting), queue(waiting)
    fay = waiting.person("fay")
    assert fay.click_ephemeral(shown.id, "draft_hold", value(shown, "draft_hold")).ok
    waiting.until(lambda: list_drafts(waiting.store)[0].pending.state.value == "held")
    again = queue(waiting)
    assert "Held in Slack (Fay)" in texts(again.blocks)
    assert not [one for one in elements(again) if one["action_id"] == "drafts_approve_usual"]
    assert fay.click_ephemeral(older.id, "drafts_approve_usual").ok
    waiting.until(lambda: len(list_drafts(waiting.store)) == 1)
    waiting.until(lambda: "The draft is held by now" in str([each.blocks for each in fay.ephemerals()]))
    assert list_drafts(waiting.store)[0].pending.state.value == "held"
    assert check_books(waiting.store) == []


def test_two_clicks_on_all_the_usual_ones_issue_each_once(waiting: World) -> None:
    shown, other = queue(waiting), queue(waiting)
    fay = waiting.person("fay")
    for message in (shown, other):
        assert fay.click_ephemeral(message.id, "drafts_approve_usual").ok
    waiting.until(lambda: list_drafts(waiting.store) == [])
    with waiting.store.transaction():
        assert len(waiting.store.invoices(limit=10)) == 4
    assert check_books(waiting.store) == []


def test_the_lines_of_a_draft_are_looked_at(waiting: World) -> None:
    shown = queue(waiting)
    assert waiting.person("fay").click_ephemeral(shown.id, "draft_lines", value(shown, "draft_lines")).ok
    window = waiting.window("fay", "49.80 USD")
    assert "Platform fee" in texts(window.blocks)


def test_who_may_not_approve_is_told_and_changes_nothing(waiting: World) -> None:
    told = waiting.answered(waiting.person("ann").command("/billing drafts", channel=waiting.channels["acme"])).text
    assert "may not close periods" in told
    assert len(list_drafts(waiting.store)) == 2


def test_a_run_says_what_is_held_and_leads_there(world: World) -> None:
    set_policy(world.store, BillingPolicy(hold_first=True), by="Fay", now=world.clock())
    world.close("2026-01-31")
    world.deliver()
    [run] = [message for message in world.said_in("finance") if "Billing run" in message.text]
    assert "2 drafts are held" in run.text
    assert "It is the customer's first invoice." in texts(run.blocks)
    world.person("fay").click(world.channels["finance"], run.ts, "drafts_open")
    world.until(lambda: "2 drafts wait, 2 held" in str([e.blocks for e in world.person("fay").ephemerals()]))
