"""The page where two companies meet: who is who, what a link shows, and adding an app, wide and narrow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect
from slack_sdk import WebClient

from farthing_slacksim.server import SlackSim
from tests.slacksim.bolt import manifest
from tests.slacksim.chromium import assert_readable, open_page, opened_browser

pytestmark = pytest.mark.browser
BACK = "http://127.0.0.1:8999/back"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with opened_browser() as found:
        yield found


@pytest.fixture
def addresses() -> Iterator[dict[str, str]]:
    """Where to look: the shared channel as each of its people has it, and the pages behind the scenes."""
    sim = SlackSim()
    workspace = sim.workspace
    fay = workspace.add_user(name="fay", real_name="Fay Finance")
    made = manifest(scopes=["commands", "chat:write", "links:read", "links:write"])
    made["features"]["unfurl_domains"] = ["bill.example"]
    made["oauth_config"]["redirect_urls"] = [BACK]
    app = workspace.install_app(made)
    northwind = sim.add_workspace(name="Northwind", domain="northwind")
    nina = northwind.add_user(name="nina", real_name="Nina North")
    gus = workspace.add_user(name="gus", real_name="Gus Guest", guest="single")
    joint = workspace.add_channel(name="northwind", private=True, members=[fay, gus, app.bot_user_id])
    workspace.share_channel(joint, northwind)
    northwind.invite(joint, nina)
    with sim.running():
        said = sim.person(nina).say("What is https://bill.example/i/7 for?", channel=joint)
        button = {"type": "button", "action_id": "pdf", "text": {"type": "plain_text", "text": "PDF"}}
        blocks = [
            {"type": "section", "text": {"type": "mrkdwn", "text": "*Invoice NW-7*: issued"}},
            {"type": "actions", "elements": [button]},
        ]
        client = WebClient(token=app.bot_token, base_url=sim.api_url)
        client.proxy = None
        client.chat_unfurl(channel=joint, ts=said.ts, unfurls={"https://bill.example/i/7": {"blocks": blocks[:1]}})
        client.chat_postMessage(channel=joint, text="Invoice NW-7 is issued", blocks=blocks)
        query = {"client_id": app.client_id, "scope": "commands,chat:write", "redirect_uri": BACK, "state": "s"}
        yield {
            "fay": f"{sim.url}as/{fay}/{joint}",
            "nina": f"{sim.url}as/{nina}/{joint}",
            "gus": f"{sim.url}as/{gus}/{joint}",
            "authorize": f"{sim.url}oauth/v2/authorize?{urlencode(query)}",
            "faults": f"{sim.url}faults",
        }


@pytest.mark.parametrize("width", [1280, 380])
def test_each_company_sees_the_shared_channel_and_who_of_the_others_speaks(
    addresses: dict[str, str], browser: Any, width: int
) -> None:
    for person in ("fay", "nina", "gus"):
        page = open_page(browser, addresses[person], width=width)
        expect(page.locator(".unfurl")).to_contain_text("Invoice NW-7")
        badge = page.locator(".badge", has_text="Northwind" if person != "nina" else "Farthing Trading")
        expect(badge).to_have_count(1)
        assert_readable(page)
        page.close()


@pytest.mark.parametrize("width", [1280, 380])
@pytest.mark.parametrize("what", ["authorize", "faults"])
def test_the_pages_behind_the_scenes_read_well(addresses: dict[str, str], browser: Any, what: str, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 860})
    page.goto(addresses[what])
    assert_readable(page)
    page.close()


def test_an_app_is_added_with_the_keyboard_and_the_browser_is_sent_to_it(
    addresses: dict[str, str], browser: Any
) -> None:
    page = browser.new_page()
    page.goto(addresses["authorize"])
    page.select_option("#person", label="Nina North")
    page.get_by_role("button", name="Allow").focus()
    # Nobody answers there; that the browser was let go there is what counts.
    with page.expect_request(f"{BACK}?*") as sent:
        page.keyboard.press("Enter")
    assert "code=" in sent.value.url
    assert sent.value.url.endswith("state=s")
    page.close()


def test_the_time_is_put_on_from_the_page(addresses: dict[str, str], browser: Any) -> None:
    page = browser.new_page()
    page.goto(addresses["faults"])
    before = page.get_by_text("It is 2").inner_text()[6:16]
    page.select_option("#by", "1 day")
    page.get_by_role("button", name="Put on").click()
    expect(page.get_by_text("It is 2")).not_to_contain_text(before)
    page.close()
