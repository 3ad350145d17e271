"""Outsiders press everything there is: nothing is learnt, nothing changes, and nobody's money is posted before them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, cast

from slack_bolt.async_app import AsyncApp

from farthing.core.inviting import NO_SUCH_INVITATION
from farthing.core.people import Role
from farthing.slack.app import PARTS
from farthing.slack.clients import web_client
from farthing.slack.desk import Desk
from farthing.slack.names import USUAL_COMMANDS
from farthing.usecases.bind_channel import bind_customer_channel
from farthing.usecases.close_period import close_period
from farthing.usecases.customers import add_customer
from farthing.usecases.deliveries import list_stuck
from farthing.usecases.invite import Offer, invite
from farthing.usecases.mail import connect_mail
from farthing.usecases.mail_ports import MailAccount
from farthing.usecases.people import show_people
from farthing.usecases.subscribe import subscribe
from farthing_slacksim.model import Json
from farthing_slacksim.workspace import Workspace
from tests.slack.telling import later
from tests.slack.world import BEGIN, World, add_world_seller, fill_books, texts

STRANGER = "You have no role here yet"
# What a stranger may open: the two forms that take a code, and help.
OPEN_TO_ALL = {"people_code", "owner_code_open"}


class Ear:
    """Stands where the app stands when it is put together, and notes the name of all that is heard."""

    def __init__(self) -> None:
        self.actions: list[str] = []
        self.views: list[str] = []
        for part in PARTS:
            part.register(cast(AsyncApp, self), cast(Desk, _Desk()))

    def action(self, name: Any) -> Callable[[Any], Any]:
        return self._noted(self.actions, name)

    def view(self, name: Any) -> Callable[[Any], Any]:
        return self._noted(self.views, name)

    def __getattr__(self, kind: str) -> Callable[..., Callable[[Any], Any]]:
        return lambda *_, **__: lambda listener: listener

    @staticmethod
    def _noted(where: list[str], name: Any) -> Callable[[Any], Any]:
        if isinstance(name, str):
            where.append(name)
        return lambda listener: listener


class _Desk:
    commands = USUAL_COMMANDS


def outsider(world: World, *, name: str = "nina", email: str = "nina@northwind.example") -> tuple[Workspace, str]:
    """Somebody of another company, whom a shared channel lets in."""
    northwind = world.sim.add_workspace(name="Northwind", domain="northwind")
    return northwind, northwind.add_user(name=name, real_name="Nina North", email=email)


def post_buttons(world: World, channel: str, pressed: list[tuple[str, str]]) -> str:
    """A message of the app with all these buttons, as if every one it ever made stood there."""
    elements = [
        {"type": "button", "action_id": action, "value": value, "text": {"type": "plain_text", "text": "Press"}}
        for action, value in pressed
    ]
    rows = [{"type": "actions", "elements": elements[at : at + 25]} for at in range(0, len(elements), 25)]
    client = web_client(world.app.bot_token, slack_api_url=world.sim.api_url)
    return str(client.chat_postMessage(channel=channel, text="Press any of these", blocks=rows)["ts"])


def form_of(world: World, user: str, team: str, callback_id: str) -> Json:
    """A form as Slack would send it from somebody who never saw it, every field filled in as if they had."""
    fields = {"email": {"typed": {"value": "sam@example.com"}}, "code": {"typed": {"value": "AAAA-AAAA-AAAA"}},
              "role": {"chosen": {"selected_option": {"value": "owner"}}},
              "customer": {"typed": {"value": "acme"}}, "until": {"picked": {"selected_date": "2026-02-01"}},
              "because": {"typed": {"value": "So"}}}  # fmt: skip
    view = {
        "id": "V0HOSTILE", "type": "modal", "callback_id": callback_id, "hash": "1.x", "private_metadata": "",
        "state": {"values": fields}, "blocks": [{"type": "input", "block_id": name} for name in fields],
    }  # fmt: skip
    return {
        "type": "view_submission", "api_app_id": world.app.app_id, "trigger_id": "1.2.hostile", "view": view,
        "user": {"id": user, "team_id": team, "name": "nina"}, "team": {"id": world.sim.workspace.team_id},
    }  # fmt: skip


def books(world: World) -> list[object]:
    """All that an outsider might change."""
    with world.store.transaction():
        execute = world.store.connection.execute  # type: ignore[attr-defined]
        tables = ("invoice", "draft", "budget", "alert_act", "person", "invitation", "solo", "customer_channel", "mail")
        return [(table, execute(f"SELECT count(*) FROM farthing.{table}").fetchone()) for table in tables]


def test_an_outsider_in_a_shared_channel_presses_every_button_there_is_and_learns_and_changes_nothing(
    world: World,
) -> None:
    world.closed_january()
    world.deliver()
    ear = Ear()
    assert {"draft_approve", "people_change", "deliveries_resend", "usage_share"} <= set(ear.actions)
    with world.store.transaction():
        [invoice, *_] = world.store.invoices(limit=1)
        members = world.store.members()
    northwind, nina = outsider(world, email="fay@seller.example")
    channel = world.channels["lobby"]
    world.sim.workspace.share_channel(channel, northwind)
    northwind.invite(channel, nina)
    values = (f"{members[0].person.person_id}|revoke", f"{invoice.invoice_id}|1|x", "acme|2026-01", "0")
    before, hands, actions = books(world), world.sim.person(nina), sorted(set(ear.actions))
    for value in values:
        message_ts = post_buttons(world, channel, [(action, value) for action in actions])
        for action in actions if value == values[0] else [one for one in actions if one.startswith(("d", "p", "u"))]:
            if action in OPEN_TO_ALL:
                continue
            said = world.answered(hands.click(channel, message_ts, action, value))
            assert STRANGER in said.text, action
            assert not re.search(r"\d", texts(said.blocks)), action
    assert books(world) == before


def test_an_outsider_sends_every_form_there_is_and_gets_nothing(world: World) -> None:
    northwind, nina = outsider(world)
    connect_mail(world.store, MailAccount("billing@example.com", None, BEGIN, folder="/nowhere"))
    before, ear = books(world), Ear()
    assert {"people_invite_form", "people_code_form", "solo_form", "owner_code"} <= set(ear.views)
    for user, team in ((nina, northwind.team_id), (world.people["sam"], world.sim.workspace.team_id)):
        for view in ear.views:
            payload = form_of(world, user, team, view)
            ack = world.sim.deliverer.interaction(world.app, payload).result(5)
            assert ack.ok, view
            assert cast(Json, ack.body)["response_action"] == "errors", view
            assert "USD" not in str(ack.body)
    assert books(world) == before


def test_the_owners_address_in_another_workspace_is_worth_nothing(world: World) -> None:
    northwind, eve = outsider(world, name="eve", email="fay@example.com")
    connect_mail(world.store, MailAccount("billing@example.com", None, BEGIN, folder="/nowhere"))
    invite(world.store, Offer("fay@example.com", Role.FINANCE), by=None, by_name="the operator", now=world.clock())
    form = form_of(world, eve, northwind.team_id, "people_code_form")
    form["view"]["state"]["values"]["email"]["typed"]["value"] = "fay@example.com"
    ack = world.sim.deliverer.interaction(world.app, form).result(5)
    assert cast(Json, ack.body)["errors"] == {"code": NO_SUCH_INVITATION}
    with world.store.transaction():
        assert world.store.person(slack_team=northwind.team_id, slack_user=eve) is None
    assert [one.role for one in show_people(world.store, person=None).invitations] == [Role.FINANCE]


def test_another_sellers_invoice_is_as_unknown_as_one_that_never_was(world: World) -> None:
    other = add_world_seller(world.wired)
    fill_books(other)
    close_period(other, through=date(2026, 3, 31), now=world.clock() + timedelta(days=90))
    world.closed_january()
    with other.transaction():
        theirs = other.invoices(limit=1)[0].number
    fay, finance = world.person("fay"), world.channels["finance"]
    never = world.answered(fay.command("/billing invoice EX-999999", channel=finance)).text
    said = world.answered(fay.command(f"/billing invoice {theirs}", channel=finance)).text
    assert said.replace(theirs, "EX-999999") == never


def test_a_customer_called_after_everybody_calls_nobody_by_slack_or_by_mail(world: World) -> None:
    add_customer(world.store, key="loud", name="<!channel> & Co", in_zone="UTC", email="loud@example.com", now=BEGIN)
    subscribe(world.store, customer_key="loud", plan_key="starter", starts_on=date(2026, 1, 1))
    bind_customer_channel(world.store, customer_key="loud", channel_id=world.channels["lobby"])
    world.close("2026-01-31")
    world.deliver()
    assert world.said_in("lobby")
    for channel in ("lobby", "finance"):
        for message in world.said_in(channel):
            marked = [
                block["text"]["text"] for block in message.blocks if block.get("text", {}).get("type") == "mrkdwn"
            ]
            assert "<!channel>" not in "".join([message.text, *marked])


def test_a_channel_that_turns_multi_company_between_two_posts_hears_no_more_money(quiet_world: World) -> None:
    world = quiet_world
    world.close("2026-01-01")
    world.deliver()
    heard = len(world.said_in("acme"))
    assert heard >= 1
    northwind, nina = outsider(world)
    world.sim.workspace.share_channel(world.channels["acme"], northwind)
    northwind.invite(world.channels["acme"], nina)
    world.close("2026-01-31")
    for _ in range(3):
        world.deliver()
        later(world, minutes=20)
    assert len(world.said_in("acme")) == heard
    assert any("shared with another company" in one.why for one in list_stuck(world.store, person=None))
    world.sim.workspace.unshare_channel(world.channels["acme"], northwind)
    later(world, minutes=20)
    world.deliver()
    assert len(world.said_in("acme")) > heard
