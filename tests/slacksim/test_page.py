"""The page over HTTP: who sees which place, and that nothing changes unless the page itself asked for it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from slack_sdk import WebClient

from farthing_slacksim.model import Ephemeral
from farthing_slacksim.page.extras import PageExtras, Step
from farthing_slacksim.server import SlackSim
from tests.slacksim.page_sample import MANIFEST, Sample, invoice_card


@pytest.fixture
def sample() -> Iterator[Sample]:
    """The sample workspace with its app installed and silent."""
    asked: list[tuple[str, Any]] = []
    steps = [Step("read", "Read this", done=True), Step("move", "Move on", "By a month", action_label="Move")]

    def act(key: str) -> str:
        asked.append(("act", key))
        return "Moved by a month."

    page = PageExtras(
        title="A test",
        clock_text=lambda: "Noon",
        steps=lambda: steps,
        act=act,
        opened=lambda person, channel: asked.append(("opened", (person, channel))),
    )
    sim = SlackSim(page=page)
    workspace = sim.workspace
    app = workspace.install_app(MANIFEST)
    fay = workspace.add_user(name="fay", real_name="Fay Finance", tz="Europe/Paris")
    omar = workspace.add_user(name="omar", real_name="Omar Okafor")
    finance = workspace.add_channel(name="finance", private=True, members=[fay, app.bot_user_id])
    northwind = workspace.add_channel(name="cust-northwind", members=[fay, app.bot_user_id])
    with sim.running():
        yield Sample(sim, app, fay, omar, finance, northwind, asked)


@pytest.fixture
def browser(sample: Sample) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=sample.sim.url, trust_env=False, follow_redirects=True) as client:
        yield client


def token_of(client: httpx2.Client, address: str) -> str:
    found = re.search(r'<meta name="csrf" content="([^"]+)"', client.get(address).text)
    assert found
    return found[1]


def tell(client: httpx2.Client, sample: Sample, what: str, person: str = "", **fields: str) -> httpx2.Response:
    """Does what the page's own script does."""
    headers = {
        "Origin": sample.sim.url.rstrip("/"),
        "X-CSRF-Token": token_of(client, f"/as/{sample.fay}/{sample.finance}"),
    }
    return client.post(f"/as/{person or sample.fay}/do/{what}", data=fields, headers=headers)


def post(sample: Sample, **message: Any) -> str:
    client = WebClient(token=sample.app.bot_token, base_url=sample.sim.api_url)
    client.proxy = None
    return str(client.chat_postMessage(**message)["ts"])


def test_the_front_door_leads_to_the_first_person_and_their_first_channel(
    sample: Sample, browser: httpx2.Client
) -> None:
    answer = browser.get("/")
    assert answer.status_code == 200
    assert str(answer.url).endswith(f"/as/{sample.fay}/{sample.finance}")
    assert "not affiliated with Slack" in answer.text
    assert "Noon" in answer.text


def test_a_person_lands_where_something_was_said(sample: Sample, browser: httpx2.Client) -> None:
    post(sample, channel=sample.northwind, text="Hello")
    assert str(browser.get(f"/as/{sample.fay}").url).endswith(sample.northwind)
    assert str(browser.get(f"/as/{sample.omar}").url).endswith(sample.northwind)


def test_a_person_sees_their_private_channels_and_others_do_not(sample: Sample, browser: httpx2.Client) -> None:
    post(sample, channel=sample.finance, text="The secret total is 12 USD")
    assert "secret total" in browser.get(f"/as/{sample.fay}/{sample.finance}").text
    refused = browser.get(f"/as/{sample.omar}/{sample.finance}")
    unknown = browser.get(f"/as/{sample.omar}/C0000000")
    assert refused.status_code == unknown.status_code == 404
    assert refused.text == unknown.text
    assert "finance" not in browser.get(f"/as/{sample.omar}/{sample.northwind}").text
    assert browser.get(f"/as/{sample.omar}/live", params={"channel": sample.finance}).status_code == 404


def test_a_stranger_to_a_public_channel_may_read_it_and_is_asked_to_join_before_writing(
    sample: Sample, browser: httpx2.Client
) -> None:
    assert "Join channel" in browser.get(f"/as/{sample.omar}/{sample.northwind}").text
    said = tell(browser, sample, "say", sample.omar, text="hello", channel=sample.northwind).json()
    assert said == {"ok": False, "notice": "Join #cust-northwind to write there."}
    assert tell(browser, sample, "join", sample.omar, channel=sample.northwind).json()["ok"]
    assert tell(browser, sample, "say", sample.omar, text="hello", channel=sample.northwind).json()["ok"]
    assert sample.sim.workspace.messages(sample.northwind)[-1].text == "hello"


def test_a_private_channel_cannot_be_joined(sample: Sample, browser: httpx2.Client) -> None:
    assert not tell(browser, sample, "join", sample.omar, channel=sample.finance).json()["ok"]
    assert sample.omar not in sample.sim.workspace.channels[sample.finance].members


def test_what_is_typed_is_escaped_and_names_become_mentions(sample: Sample, browser: httpx2.Client) -> None:
    typed = "@Omar Okafor <!channel> & <script>alert(1)</script> in #finance"
    assert tell(browser, sample, "say", text=typed, channel=sample.finance).json()["ok"]
    text = sample.sim.workspace.messages(sample.finance)[-1].text
    assert text.startswith(f"<@{sample.omar}> &lt;!channel&gt; &amp; &lt;script&gt;")
    assert text.endswith(f"<#{sample.finance}>")
    html = browser.get(f"/as/{sample.fay}/{sample.finance}").text
    assert "<script>alert" not in html
    assert "&lt;!channel&gt;" in html


def test_an_unknown_command_is_told_in_a_sentence(sample: Sample, browser: httpx2.Client) -> None:
    answer = tell(browser, sample, "say", text="/nothing", channel=sample.finance).json()
    assert answer == {"ok": False, "notice": "/nothing is not a valid command."}


def test_a_command_in_a_thread_is_refused(sample: Sample, browser: httpx2.Client) -> None:
    ts = post(sample, channel=sample.finance, text="x")
    answer = tell(browser, sample, "say", text="/spend", channel=sample.finance, thread=ts).json()
    assert "do not run in threads" in answer["notice"]


def test_a_reply_is_drawn_in_its_thread_and_counted_in_the_channel(sample: Sample, browser: httpx2.Client) -> None:
    ts = post(sample, channel=sample.finance, text="The run")
    tell(browser, sample, "say", text="Looks right", channel=sample.finance, thread=ts)
    channel = browser.get(f"/as/{sample.fay}/{sample.finance}").text
    assert "Looks right" not in channel
    assert "1 reply" in channel
    thread = browser.get(f"/as/{sample.fay}/{sample.finance}/thread/{ts}").text
    assert "Looks right" in thread


@pytest.mark.parametrize(
    ("headers", "what"),
    [
        ({"Origin": "{here}"}, "no token"),
        ({"Origin": "{here}", "X-CSRF-Token": "guessed"}, "a wrong token"),
        ({"X-CSRF-Token": "{token}"}, "no origin"),
        ({"X-CSRF-Token": "{token}", "Origin": "https://evil.example"}, "another page"),
        ({"X-CSRF-Token": "{token}", "Origin": "null"}, "a hidden page"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_post_that_is_not_from_this_page_is_refused_and_changes_nothing(
    sample: Sample, browser: httpx2.Client, headers: dict[str, str], what: str
) -> None:
    here, token = sample.sim.url.rstrip("/"), token_of(browser, f"/as/{sample.fay}/{sample.finance}")
    sent = {name: value.format(here=here, token=token) for name, value in headers.items()}
    form = {"text": "forged", "channel": sample.finance, "kind": "fail", "method": "auth.test", "times": "1"}
    for address in (f"/as/{sample.fay}/do/say", "/faults"):
        answer = browser.post(address, data=form, headers=sent)
        assert answer.status_code == 403, what
        assert answer.json()["notice"].endswith("try again.")
    assert sample.sim.workspace.messages(sample.finance) == []
    assert sample.sim.faults.waiting() == []


def test_another_host_name_is_refused(sample: Sample, browser: httpx2.Client) -> None:
    answer = browser.get(f"/as/{sample.fay}/{sample.finance}", headers={"Host": "evil.example"})
    assert answer.status_code == 421


def test_every_answer_carries_a_strict_policy_and_no_page_holds_inline_script_or_style(
    sample: Sample, browser: httpx2.Client
) -> None:
    post(sample, channel=sample.finance, text="Invoice", blocks=invoice_card())
    for address in (f"/as/{sample.fay}/{sample.finance}", "/traffic", "/faults", "/as/U404/C404"):
        answer = browser.get(address)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert re.search(r"<script(?![^>]*\bsrc=)|\sstyle=|<style|\son[a-z]+=", answer.text) is None


def test_a_step_with_a_button_is_carried_out_and_answers_with_its_sentence(
    sample: Sample, browser: httpx2.Client
) -> None:
    html = browser.get(f"/as/{sample.fay}/{sample.finance}").text
    assert 'data-step="read" data-done="yes"' in html
    assert tell(browser, sample, "try", key="move").json() == {"ok": True, "notice": "Moved by a month."}
    assert not tell(browser, sample, "try", key="read").json()["ok"]
    assert [key for kind, key in sample.heard if kind == "act"] == ["move"]


def test_the_owner_of_the_page_is_told_who_opened_which_channel(sample: Sample, browser: httpx2.Client) -> None:
    browser.get(f"/as/{sample.fay}/{sample.finance}")
    browser.get(f"/as/{sample.omar}/{sample.finance}")
    assert sample.heard == [("opened", (sample.fay, sample.finance))]


def test_an_ephemeral_comes_live_and_a_fresh_page_is_without_it(sample: Sample, browser: httpx2.Client) -> None:
    workspace = sample.sim.workspace
    shown = Ephemeral(
        id="E1",
        ts=workspace.new_ts(),
        channel=sample.finance,
        user=sample.fay,
        text="For your eyes",
        blocks=[],
        app_id=sample.app.app_id,
        author=sample.app.bot_user_id,
    )
    workspace.show_ephemeral(shown)
    assert "For your eyes" not in browser.get(f"/as/{sample.fay}/{sample.finance}").text
    assert "Only visible to you" in live(browser, sample, sample.fay)["messages"]["html"]
    assert "For your eyes" not in live(browser, sample, sample.omar, sample.northwind)["messages"]["html"]
    assert tell(browser, sample, "dismiss", sample.omar, id="E1").json()["ok"]
    assert workspace.ephemeral("E1") is not None, "Only the person it was shown to dismisses it"
    assert tell(browser, sample, "reload").json()["ok"]
    assert workspace.ephemeral("E1") is None


def live(client: httpx2.Client, sample: Sample, person: str, channel: str = "") -> dict[str, Any]:
    """The first thing the live connection sends: every part of the page."""
    place = {"channel": channel or sample.finance}
    with client.stream("GET", f"/as/{person}/live", params=place) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        first = next(line for line in answer.iter_lines() if line.startswith("data: "))
    regions: dict[str, Any] = json.loads(first.removeprefix("data: "))["regions"]
    return regions


def test_a_file_opens_for_those_who_are_where_it_was_shared_and_for_no_one_else(
    sample: Sample, browser: httpx2.Client
) -> None:
    client = WebClient(token=sample.app.bot_token, base_url=sample.sim.api_url)
    client.proxy = None
    for name in ("invoice.pdf", "page.html"):
        client.files_upload_v2(channel=sample.finance, content=b"%PDF-1.4 <script>", filename=name, title=name)
    sample.sim.workspace.wait_until(lambda: len(sample.sim.workspace.messages(sample.finance)) == 2)
    found = re.findall(r"/as/\w+/files/(F\w+)", browser.get(f"/as/{sample.fay}/{sample.finance}").text)
    pdf, page = dict.fromkeys(found)
    opened = browser.get(f"/as/{sample.fay}/files/{pdf}")
    assert (opened.headers["content-type"], opened.content) == ("application/pdf", b"%PDF-1.4 <script>")
    assert opened.headers["content-disposition"] == 'inline; filename="invoice.pdf"'
    saved = browser.get(f"/as/{sample.fay}/files/{page}")
    assert saved.headers["content-type"] == "application/octet-stream"
    assert saved.headers["content-disposition"].startswith("attachment")
    assert browser.get(f"/as/{sample.omar}/files/{pdf}").status_code == 404


def test_a_click_on_what_was_changed_meanwhile_is_told_and_sent_to_nobody(
    sample: Sample, browser: httpx2.Client
) -> None:
    ts = post(sample, channel=sample.finance, text="Invoice", blocks=invoice_card())
    fields = {"surface": "message", "id": ts, "channel": sample.finance, "action": "gone", "block": "b"}
    answer = tell(browser, sample, "click", **fields).json()
    assert answer["notice"] == "This was changed just now: look again before you click."
    assert sample.sim.traffic.of("block_actions") == []


def test_traffic_shows_the_calls_without_tokens_and_escapes_what_they_carried(
    sample: Sample, browser: httpx2.Client
) -> None:
    post(sample, channel=sample.finance, text="<script>alert(1)</script>")
    html = browser.get("/traffic", params={"kind": "chat.postMessage"}).text
    assert "chat.postMessage" in html
    assert "<script>alert" not in html
    assert "xoxb-" not in html


def test_a_fault_is_switched_on_and_off_again(sample: Sample, browser: httpx2.Client) -> None:
    found = re.search(r'name="csrf" value="([^"]+)"', browser.get("/faults").text)
    assert found
    headers = {"Origin": sample.sim.url.rstrip("/")}
    form = {"csrf": found[1], "kind": "drop_after_accept", "method": "chat.postMessage", "times": "2"}
    assert "cut the connection" in browser.post("/faults", data=form, headers=headers).text
    assert [fault.kind for fault in sample.sim.faults.waiting()] == ["drop_after_accept"] * 2
    browser.post("/faults", data={"csrf": found[1], "kind": "clear"}, headers=headers)
    assert sample.sim.faults.waiting() == []


def test_an_empty_workspace_says_what_is_missing() -> None:
    with SlackSim().running() as sim, httpx2.Client(trust_env=False, follow_redirects=True) as client:
        assert "There is nobody in this workspace yet" in client.get(sim.url).text


@pytest.mark.parametrize("name", ["page.css", "blocks.css", "page.js", "live.js", "acts.js", "commands.js", "mark.svg"])
def test_the_script_and_styles_are_served(sample: Sample, browser: httpx2.Client, name: str) -> None:
    assert sample.sim.url
    answer = browser.get(f"/page/static/{name}")
    assert answer.status_code == 200
    assert len(answer.content) > 100


def test_nothing_else_of_the_disk_is_served(sample: Sample, browser: httpx2.Client) -> None:
    assert sample.sim.url
    for name in ("..%2Fapp.py", "%2Fetc%2Fpasswd", "missing.css"):
        assert browser.get(f"/page/static/{name}").status_code == 404
