"""Several companies: guests, channels shared between companies, and what an app is told of people it does not own."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp

from farthing_slacksim.errors import SlackError
from farthing_slacksim.model import Json
from farthing_slacksim.web_api import answer
from farthing_slacksim.workspace import Workspace
from tests.slacksim.bolt import Office, connected, wait_for
from tests.slacksim.conftest import furnished


@dataclass
class Joint:
    """The office, a customer's company, and the channel the two share."""

    office: Office
    northwind: Workspace
    nina: str
    channel: str


@pytest.fixture
def joint() -> Iterator[Joint]:
    office = furnished()
    office.app.scopes += ["links:read"]
    office.app.bot_events += ["channel_shared", "channel_unshared", "member_joined_channel", "user_change"]
    northwind = office.sim.add_workspace(name="Northwind", domain="northwind")
    nina = northwind.add_user(name="nina", real_name="Nina North", email="omar@seller.example")
    workspace = office.sim.workspace
    channel = workspace.add_channel(name="northwind", private=True, members=[office.fay])
    workspace.invite(channel, office.app.bot_user_id)
    with office.sim.running():
        yield Joint(office, northwind, nina, channel)


def call(joint: Joint, method: str, **arguments: Any) -> Json:
    try:
        return answer(joint.office.sim, method, joint.office.app.bot_token, arguments)
    except SlackError as error:
        return error.answer()


def connect(joint: Joint) -> None:
    joint.office.sim.workspace.share_channel(joint.channel, joint.northwind)
    joint.northwind.invite(joint.channel, joint.nina)


def test_a_channel_says_which_companies_are_in_it(joint: Joint) -> None:
    home = joint.office.sim.workspace
    alone = call(joint, "conversations.info", channel=joint.channel)["channel"]
    assert (alone["is_ext_shared"], alone["shared_team_ids"]) == (False, [home.team_id])
    connect(joint)
    shared = call(joint, "conversations.info", channel=joint.channel)["channel"]
    assert (shared["is_ext_shared"], shared["connected_team_ids"]) == (True, [joint.northwind.team_id])
    third = joint.office.sim.add_workspace(name="Initech", domain="initech")
    home.share_channel(joint.channel, third)
    many = call(joint, "conversations.info", channel=joint.channel)["channel"]
    assert many["shared_team_ids"] == [home.team_id, joint.northwind.team_id, third.team_id]
    home.unshare_channel(joint.channel, joint.northwind)
    assert joint.nina not in call(joint, "conversations.members", channel=joint.channel)["members"]
    assert joint.channel not in joint.northwind.channels
    home.unshare_channel(joint.channel, third)
    assert not call(joint, "conversations.info", channel=joint.channel)["channel"]["is_ext_shared"]


def test_the_app_hears_that_a_channel_was_shared_and_unshared(joint: Joint) -> None:
    heard: list[Json] = []

    def register(app: AsyncApp) -> None:
        for kind in ("channel_shared", "channel_unshared", "member_joined_channel"):

            @app.event(kind)
            async def hear(body: Json) -> None:
                heard.append(body)

    with connected(joint.office.sim, joint.office.app, register):
        connect(joint)
        wait_for(lambda: len(heard) == 2)
        joint.office.sim.workspace.unshare_channel(joint.channel, joint.northwind)
        wait_for(lambda: len(heard) == 3)
    by_kind = {body["event"]["type"]: body for body in heard}
    assert by_kind["channel_shared"]["event"]["connected_team_id"] == joint.northwind.team_id
    assert by_kind["channel_shared"]["is_ext_shared_channel"]
    assert by_kind["member_joined_channel"]["event"]["team"] == joint.northwind.team_id
    assert by_kind["channel_unshared"]["event"]["previously_connected_team_id"] == joint.northwind.team_id
    assert not by_kind["channel_unshared"]["event"]["is_ext_shared"]


def test_somebody_of_another_company_is_known_only_where_they_are_met(joint: Joint) -> None:
    assert call(joint, "users.info", user=joint.nina)["error"] == "user_not_found"
    connect(joint)
    nina = call(joint, "users.info", user=joint.nina)["user"]
    assert (nina["team_id"], nina["is_stranger"]) == (joint.northwind.team_id, False)
    found = call(joint, "users.lookupByEmail", email="omar@seller.example")["user"]
    assert (found["id"], "is_stranger" in found) == (joint.office.omar, False)
    assert joint.nina not in [user["id"] for user in call(joint, "users.list")["members"]]
    home = {"type": "home", "blocks": []}
    assert call(joint, "views.publish", user_id=joint.nina, view=home)["error"] == "invalid_arguments"
    joint.office.sim.workspace.kick(joint.channel, joint.office.app.bot_user_id)
    assert call(joint, "users.info", user=joint.nina)["user"]["is_stranger"]
    assert call(joint, "chat.postMessage", channel=joint.nina, text="x")["error"] == "channel_not_found"


def test_an_outsider_clicks_as_themselves_but_cannot_run_our_commands(joint: Joint) -> None:
    connect(joint)
    clicked: list[Json] = []

    def register(app: AsyncApp) -> None:
        @app.action("pay")
        async def pay(ack: Any, body: Json, client: Any, respond: Any) -> None:
            await ack()
            clicked.append(body)
            view = {"type": "modal", "title": {"type": "plain_text", "text": "Pay"}, "blocks": []}
            await client.views_open(trigger_id=body["trigger_id"], view=view)
            await respond("Only for you")

    button = {"type": "button", "action_id": "pay", "text": {"type": "plain_text", "text": "Pay"}}
    blocks = [{"type": "actions", "elements": [button]}]
    posted = call(joint, "chat.postMessage", channel=joint.channel, text="Due", blocks=blocks)
    nina = joint.office.sim.person(joint.nina)
    with connected(joint.office.sim, joint.office.app, register):
        assert nina.command("/usage", channel=joint.channel).error == "not_a_command"
        outcome = nina.click(joint.channel, posted["ts"], "pay").wait_for_answer()
    assert [shown.text for shown in outcome.ephemerals] == ["Only for you"]
    assert clicked[0]["team"]["id"] == joint.office.sim.workspace.team_id
    assert clicked[0]["user"]["team_id"] == joint.northwind.team_id
    assert nina.modal is not None
    assert nina.modal.team_id == joint.office.sim.workspace.team_id


def test_a_guest_sees_only_where_they_are_and_says_so(joint: Joint) -> None:
    workspace = joint.office.sim.workspace
    gus = workspace.add_user(name="gus", guest="single")
    shown = call(joint, "users.info", user=gus)["user"]
    assert (shown["is_restricted"], shown["is_ultra_restricted"]) == (True, True)
    with pytest.raises(AssertionError, match="Not a member"):
        joint.office.sim.person(gus).say("hello", channel=joint.office.finance)
    workspace.invite(joint.office.finance, gus)
    assert joint.office.sim.person(gus).say("hello", channel=joint.office.finance)


def test_nobody_of_a_company_that_is_not_connected_comes_into_a_channel(joint: Joint) -> None:
    with pytest.raises(AssertionError, match="not connected"):
        joint.office.sim.workspace.invite(joint.channel, joint.nina)


def test_the_app_hears_that_an_account_has_ended(joint: Joint) -> None:
    heard: list[Json] = []

    def register(app: AsyncApp) -> None:
        @app.event("user_change")
        async def changed(event: Json) -> None:
            heard.append(event["user"])

    with connected(joint.office.sim, joint.office.app, register):
        joint.office.sim.workspace.deactivate(joint.office.omar)
        wait_for(lambda: heard)
    assert (heard[0]["id"], heard[0]["deleted"]) == (joint.office.omar, True)
    assert joint.office.omar not in call(joint, "conversations.members", channel=joint.office.finance)["members"]


def test_direct_conversations_with_people_met_in_a_shared_channel_reach_them(joint: Joint) -> None:
    connect(joint)
    opened = call(joint, "conversations.open", users=joint.nina)
    call(joint, "chat.postMessage", channel=joint.nina, text="Your invoice")
    assert [message.text for message in joint.office.sim.person(joint.nina).direct_messages()] == ["Your invoice"]
    assert opened["channel"]["id"] in joint.northwind.channels
