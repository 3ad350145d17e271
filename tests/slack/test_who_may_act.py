"""Staff act only while they are full members of the seller's workspace, and outsiders learn and change nothing."""

import asyncio
import re
from datetime import date
from typing import cast
from uuid import UUID

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from farthing.core.people import Person, Role
from farthing.slack.identity import Actor
from farthing.slack.standing import Standings, is_full_member
from farthing.usecases.customers import add_customer
from farthing.usecases.people import add_person
from farthing.usecases.subscribe import subscribe
from farthing_slacksim.model import Json
from tests.slack.world import BEGIN, World, texts

STRANGER = "You have no role here yet"


def buttons(blocks: list[Json]) -> list[tuple[str, str | None]]:
    """Every button in some blocks, with what it carries."""
    parts = [part for block in blocks for part in (*block.get("elements", ()), block.get("accessory") or {})]
    return [(part["action_id"], part.get("value")) for part in parts if part.get("type") == "button"]


def told_to_forget(world: World, name: str) -> None:
    """Slack says that this person changed."""
    event = {"type": "user_change", "user": {"id": world.people[name]}}
    world.sim.workspace.tell_app(world.app, event)


@pytest.mark.parametrize("flag", ["deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger"])
def test_no_guest_stranger_bot_or_deactivated_account_is_a_full_member(flag: str) -> None:
    assert is_full_member({"team_id": "T1", flag: False}, home_team="T1")
    assert not is_full_member({"team_id": "T1", flag: True}, home_team="T1")


def test_whoever_is_deactivated_acts_as_staff_no_more_once_slack_says_so(world: World) -> None:
    fay = world.person("fay")
    assert "Globex" in texts(world.answered(fay.command("/usage globex", channel=world.channels["finance"])).blocks)

    world.sim.workspace.users[world.people["fay"]].is_bot = True
    told_to_forget(world, "fay")

    # The event and the command come by two sockets: whichever is first, the next command finds it heard.
    for _ in range(20):
        said = world.answered(fay.command("/usage globex", channel=world.channels["finance"]))
        if STRANGER in said.text:
            break
    assert STRANGER in said.text


class Directory:
    """What Slack would say of anyone who is asked about, and how often it was asked."""

    def __init__(self) -> None:
        self.user: dict[str, object] = {"team_id": "T1"}
        self.asked = 0

    async def users_info(self, *, user: str, include_locale: bool) -> dict[str, object]:
        del user, include_locale
        self.asked += 1
        return {"user": self.user}


def may_act(standings: Standings, directory: Directory, person: Person, team: str) -> bool:
    asked = standings.may_act(cast(AsyncWebClient, directory), person, Actor(team, "U1"), home_team="T1")
    return asyncio.run(asked)


OWNER = Person(UUID(int=1), "Fay", Role.OWNER)


def test_a_change_that_slack_did_not_tell_of_is_noticed_within_a_minute() -> None:
    seconds = [0.0]
    standings, directory = Standings(clock=lambda: seconds[0]), Directory()
    assert may_act(standings, directory, OWNER, "T1")
    directory.user = {"team_id": "T1", "deleted": True}
    seconds[0] = 59.0
    assert may_act(standings, directory, OWNER, "T1")
    seconds[0] = 60.0
    assert not may_act(standings, directory, OWNER, "T1")
    assert directory.asked == 2


def test_from_another_workspace_no_role_of_staff_counts_whatever_slack_says_of_the_account() -> None:
    directory = Directory()
    assert not may_act(Standings(), directory, OWNER, "T2")
    assert directory.asked == 0
    own = Person(UUID(int=2), "Ann", Role.CUSTOMER_ADMIN, customer_id=UUID(int=3))
    assert may_act(Standings(), directory, own, "T2"), "a customer's people are of another workspace as a rule"


def test_an_outsider_who_clicks_everything_in_every_channel_learns_and_changes_nothing(world: World) -> None:
    world.closed_january()
    world.deliver()
    sam = world.person("sam")
    clicked = 0
    for channel in ("finance", "acme"):
        for message in world.said_in(channel):
            for action_id, value in buttons(message.blocks):
                clicked += 1
                said = world.answered(sam.click(message.channel, message.ts, action_id, value))
                assert STRANGER in said.text
                assert not re.search(r"\d", texts(said.blocks)), "no number of any kind"
    assert clicked >= 2

    for line in (
        "/billing invoice EX-1",
        "/billing invoice NIX-1",
        "/billing budget acme 5",
        "/usage acme",
        "/usage x",
    ):
        assert STRANGER in world.answered(sam.command(line, channel=world.channels["acme"])).text
    with world.store.transaction():
        assert world.store.budgets() == []


def test_a_customer_whose_name_would_call_everybody_calls_nobody(world: World) -> None:
    add_customer(world.store, key="loud", name="<!channel> & Co", in_zone="UTC", now=BEGIN)
    subscribe(world.store, customer_key="loud", plan_key="starter", starts_on=date(2026, 1, 1))
    world.closed_january()
    world.deliver()
    fay = world.person("fay")
    said = world.answered(fay.command("/usage loud", channel=world.channels["finance"]))
    home = fay.open_home()
    assert home is not None
    shown = [said.text, *(message.text for message in world.said_in("finance"))]
    for blocks in (said.blocks, home["blocks"], *(message.blocks for message in world.said_in("finance"))):
        shown += [block["text"]["text"] for block in blocks if block.get("text", {}).get("type") == "mrkdwn"]
    assert all("<!channel>" not in words for words in shown)


def test_a_viewer_looks_and_sets_nothing(world: World) -> None:
    add_person(
        world.store,
        role=Role.CUSTOMER_VIEWER,
        name="Sam",
        slack_team=world.sim.workspace.team_id,
        slack_user=world.people["sam"],
        customer_key="acme",
        by=None,
        now=BEGIN,
    )
    sam = world.person("sam")
    assert "Acme" in texts(world.answered(sam.command("/usage acme", channel=world.channels["acme"])).blocks)

    refused = world.answered(sam.command("/billing budget acme 500", channel=world.channels["acme"]))

    assert "customer-viewer, which may not set budgets" in refused.text
    with world.store.transaction():
        assert world.store.budgets() == []
