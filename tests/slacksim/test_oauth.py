"""Add to Slack: an app comes into another company's workspace with a code that is good once."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from slack_sdk.web.async_client import AsyncWebClient
from starlette.testclient import TestClient

from farthing_slacksim.errors import SlackError
from farthing_slacksim.model import InstalledApp, Json
from farthing_slacksim.server import SlackSim
from farthing_slacksim.web_api import answer
from farthing_slacksim.workspace import Workspace
from tests.slacksim.bolt import Loop, client, manifest

BACK = "https://tally.example/slack/oauth"


@dataclass
class Offer:
    """An app that is offered to other companies, and Northwind, where it is not yet."""

    sim: SlackSim
    app: InstalledApp
    northwind: Workspace
    nina: str
    now: list[datetime]

    def address(self, **changed: str) -> str:
        query = {"client_id": self.app.client_id, "scope": "commands,chat:write", "state": "s1", "redirect_uri": BACK}
        return f"{self.sim.url}oauth/v2/authorize?{urlencode(query | changed)}"

    def code(self) -> str:
        return answered(self.sim.person(self.nina).add_to_slack(self.address()))["code"]

    def access(self, code: str, **changed: str) -> Json:
        own = {"client_id": self.app.client_id, "client_secret": self.app.client_secret, "redirect_uri": BACK}
        try:
            return self.sim.oauth.access({**own, "code": code, **changed})
        except SlackError as error:
            return error.answer()

    def call(self, token: str, method: str, **arguments: Any) -> Json:
        try:
            return answer(self.sim, method, token, arguments)
        except SlackError as error:
            return error.answer()


def answered(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


@pytest.fixture
def offer() -> Offer:
    now = [datetime(2026, 4, 1, 9, tzinfo=UTC)]
    sim = SlackSim(clock=lambda: now[0])
    offered = manifest()
    offered["oauth_config"]["redirect_urls"] = [BACK]
    app = sim.workspace.install_app(offered)
    northwind = sim.add_workspace(name="Northwind", domain="northwind")
    return Offer(sim, app, northwind, northwind.add_user(name="nina"), now)


def test_a_code_becomes_a_token_of_that_workspace_once(offer: Offer) -> None:
    sent_back = answered(offer.sim.person(offer.nina).add_to_slack(offer.address()))
    assert sent_back["state"] == "s1"
    given = offer.access(sent_back["code"])
    assert given["team"] == {"id": offer.northwind.team_id, "name": "Northwind"}
    assert (given["scope"], given["authed_user"]) == ("commands,chat:write", {"id": offer.nina})
    assert given["access_token"] != offer.app.bot_token
    assert offer.call(given["access_token"], "auth.test")["team_id"] == offer.northwind.team_id
    assert offer.call(offer.app.bot_token, "auth.test")["team_id"] == offer.sim.workspace.team_id
    assert offer.call(given["access_token"], "team.info")["error"] == "missing_scope"
    assert offer.access(sent_back["code"])["error"] == "code_already_used"


def test_a_code_is_refused_to_whoever_it_was_not_made_for(offer: Offer) -> None:
    assert offer.access("made-up")["error"] == "invalid_code"
    assert offer.access(offer.code(), client_id="1.2")["error"] == "invalid_client_id"
    assert offer.access(offer.code(), client_secret="guess")["error"] == "bad_client_secret"
    assert offer.access(offer.code(), redirect_uri="https://elsewhere.example")["error"] == "bad_redirect_uri"
    late = offer.code()
    offer.now[0] += timedelta(minutes=11)
    assert offer.access(late)["error"] == "code_expired"
    assert offer.northwind.apps.all() == []


def test_who_says_no_is_sent_back_without_a_code(offer: Offer) -> None:
    sent_back = offer.sim.person(offer.nina).add_to_slack(offer.address(), allow=False)
    assert answered(sent_back) == {"error": "access_denied", "state": "s1"}


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"client_id": "1.2"}, "invalid_client_id"),
        ({"redirect_uri": "https://elsewhere.example"}, "bad_redirect_uri"),
        ({"scope": "channels:history"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
    ],
)
def test_an_address_that_asks_for_what_is_not_in_the_manifest_is_refused(
    offer: Offer, changed: dict[str, str], code: str
) -> None:
    with pytest.raises(SlackError, match=code):
        offer.sim.oauth.asked(offer.address(**changed))


def test_a_guest_installs_nothing(offer: Offer) -> None:
    gus = offer.northwind.add_user(name="gus", guest="multi")
    with pytest.raises(SlackError, match="user_is_restricted"):
        offer.sim.person(gus).add_to_slack(offer.address())


def test_installing_again_keeps_the_token_and_adds_scopes_but_after_removal_both_are_new(offer: Offer) -> None:
    first = offer.access(offer.code())
    wider = answered(offer.sim.person(offer.nina).add_to_slack(offer.address(scope="team:read")))["code"]
    again = offer.access(wider)
    assert again["access_token"] == first["access_token"]
    assert offer.call(again["access_token"], "team.info")["team"]["name"] == "Northwind"
    offer.northwind.uninstall_app(offer.app.app_id)
    assert offer.call(first["access_token"], "auth.test")["error"] == "account_inactive"
    assert offer.call(offer.app.bot_token, "auth.test")["ok"]
    new = offer.access(offer.code())
    assert new["access_token"] != first["access_token"]
    assert new["bot_user_id"] == first["bot_user_id"]
    assert offer.call(first["access_token"], "auth.test")["error"] == "invalid_auth"


def test_an_app_that_gives_its_token_back_is_gone_from_there_only(offer: Offer) -> None:
    given = offer.access(offer.code())
    assert offer.call(given["access_token"], "auth.revoke", test=True) == {"ok": True, "revoked": False}
    assert offer.call(given["access_token"], "auth.revoke") == {"ok": True, "revoked": True}
    assert offer.call(given["access_token"], "auth.test")["error"] == "token_revoked"
    assert offer.call(offer.app.bot_token, "auth.test")["ok"]


def test_slacks_own_client_gets_its_token_with_name_and_password(offer: Offer, loop: Loop) -> None:
    with offer.sim.running():
        web: AsyncWebClient = client(offer.sim, "")
        doing = web.oauth_v2_access(
            client_id=offer.app.client_id, client_secret=offer.app.client_secret, code=offer.code(), redirect_uri=BACK
        )
        given = loop.run(doing)
    assert given["team"]["name"] == "Northwind"
    assert given["access_token"] not in str(list(offer.sim.traffic))
    assert offer.app.client_secret not in str(list(offer.sim.traffic))


def test_the_page_asks_who_one_is_and_sends_them_back(offer: Offer) -> None:
    page = TestClient(offer.sim.asgi(), base_url="http://127.0.0.1", follow_redirects=False)
    address = "/oauth/v2/authorize?" + urlsplit(offer.address()).query
    shown = page.get(address)
    assert "Tally asks to be added" in shown.text
    assert "form-action 'self' https://tally.example" in shown.headers["content-security-policy"]
    token = shown.text.split('name="csrf" value="')[1].split('"')[0]
    form = {"csrf": token, "person": offer.nina, "answer": "allow"}
    assert page.post(address, data=form).status_code == 403
    origin = {"Origin": "http://127.0.0.1"}
    sent = page.post(address, data=form, headers=origin)
    assert sent.status_code == 303
    assert offer.access(answered(sent.headers["location"])["code"])["team"]["name"] == "Northwind"
    denied = page.post(address, data={**form, "answer": "cancel"}, headers=origin)
    assert answered(denied.headers["location"])["error"] == "access_denied"
    assert page.get(address.replace("tally.example", "evil.example")).status_code == 400
