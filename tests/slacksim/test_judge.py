"""The judge finds what Slack would refuse, and what Slack takes but people should not have to."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from farthing_slacksim.judge import faults_in, main
from farthing_slacksim.model import Json
from farthing_slacksim.server import SlackSim
from farthing_slacksim.web_api import answer
from tests.slacksim.bolt import manifest


def said(**arguments: Any) -> list[str]:
    entry = {"direction": "in", "kind": "chat.postMessage", "arguments": {"channel": "C1", **arguments}}
    return [fault.removeprefix("1 chat.postMessage: ") for fault in faults_in([entry])]


def words(text: str, kind: str = "plain_text") -> Json:
    return {"type": kind, "text": text}


def button(**changed: Any) -> Json:
    return {"type": "actions", "elements": [{"type": "button", "action_id": "a", "text": words("Pay")} | changed]}


GOOD: list[Json] = [
    {"type": "header", "text": words("Invoice 7")},
    {"type": "section", "text": words("Due &lt;!channel&gt;", "mrkdwn")},
    button(value="invoice:7"),
    {"type": "image", "image_url": "https://a.example/a.png", "alt_text": "Usage by day"},
]


def test_a_good_message_is_not_spoken_of() -> None:
    assert (
        said(text="Invoice 7 of 12.00 USD is due", blocks=json.dumps(GOOD), metadata={"event_payload": {"id": "i-7"}})
        == []
    )


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ({"blocks": GOOD}, "no text"),
        ({"text": "x" * 4001}, "text of 4001"),
        ({"text": "hello <!channel>"}, "calls a channel"),
        ({"text": "x", "link_names": "true"}, "link_names"),
        ({"text": "x", "blocks": [{"type": "divider"}] * 51}, "51 blocks"),
        ({"text": "x", "blocks": [{"type": "map"}]}, "no block 'map'"),
        ({"text": "x", "blocks": [{"type": "section", "text": words("<!here>", "mrkdwn")}]}, "calls a channel"),
        ({"text": "x", "blocks": [button(text=words("x" * 76))]}, "text has 76"),
        ({"text": "x", "blocks": [button(text=words("x", "mrkdwn"))]}, "text is not plain_text"),
        ({"text": "x", "blocks": [button(value="xoxb-1-2")]}, "a secret"),
        ({"text": "x", "blocks": [button(style="green")]}, "the style 'green'"),
        ({"text": "x", "blocks": [{"type": "image", "image_url": "https://a.example"}]}, "without alt_text"),
        ({"text": "x", "blocks": [{"type": "table", "rows": [[]]}] * 2}, "more than 1 blocks of type table"),
        ({"text": "x", "metadata": {"event_payload": {"name": "Acme owes 12.00"}}}, "more than an id"),
    ],
)
def test_what_is_wrong_with_a_message_is_found(arguments: dict[str, Any], fault: str) -> None:
    assert any(fault in found for found in said(**arguments)), said(**arguments)


def view(**changed: Any) -> Json:
    return {"type": "modal", "title": words("Form"), "submit": words("Send"), "blocks": []} | changed


@pytest.mark.parametrize(
    ("shown", "fault"),
    [
        (view(title=words("x" * 25)), "title of 25"),
        (view(private_metadata="x" * 3001), "private_metadata"),
        (view(private_metadata="xapp-1"), "a secret"),
        (view(blocks=[{"type": "data_visualization", "title": "t"}]), "does not stand in a view"),
        (view(blocks=[{"type": "divider"}] * 101), "101 blocks"),
        (
            view(submit=None, blocks=[{"type": "input", "label": words("l"), "element": {"type": "datepicker"}}]),
            "nothing to send",
        ),
    ],
)
@pytest.mark.parametrize("how", ["call", "answer"])
def test_what_is_wrong_with_a_form_is_found_in_a_call_and_in_an_acknowledgement(
    shown: Json, fault: str, how: str
) -> None:
    called = {"direction": "in", "kind": "views.open", "arguments": {"view": json.dumps(shown)}}
    told = {"direction": "out", "kind": "view_submission", "answer": {"response_action": "update", "view": shown}}
    assert any(fault in found for found in faults_in([called if how == "call" else told]))


def test_a_picture_is_uploaded_with_its_description() -> None:
    def upload(**more: str) -> list[str]:
        return faults_in([{"direction": "in", "kind": "files.getUploadURLExternal", "arguments": more}])

    assert upload(filename="usage.png") == ["1 files.getUploadURLExternal: the picture usage.png has no alt_txt"]
    assert upload(filename="usage.png", alt_txt="Usage by day") == []
    assert upload(filename="invoice.pdf") == []


def test_a_log_is_judged_line_by_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "traffic.jsonl"
    sim = SlackSim(traffic_log=log)
    fay = sim.workspace.add_user(name="fay")
    app = sim.workspace.install_app(manifest())
    for arguments in ({"channel": fay, "text": "good"}, {"channel": fay, "text": "bad <!here>"}):
        sim.traffic.note("in", "chat.postMessage", arguments, answer(sim, "chat.postMessage", app.bot_token, arguments))
    assert main([str(log)]) == 1
    assert capsys.readouterr().out == f"{log}: 2 chat.postMessage: text calls a channel or a group: <!\n"


def test_both_the_judge_and_the_simulator_refuse_what_is_over_a_limit(closed_call: Callable[..., Json]) -> None:
    for blocks in ([button(text=words("x" * 76))], [{"type": "header", "text": words("x" * 151)}]):
        assert closed_call("chat.postMessage", text="x", blocks=blocks)["error"] == "invalid_blocks"
        assert said(text="x", blocks=blocks)


@pytest.fixture
def closed_call() -> Callable[..., Json]:
    from farthing_slacksim.errors import SlackError

    sim = SlackSim()
    fay = sim.workspace.add_user(name="fay")
    app = sim.workspace.install_app(manifest())

    def call(method: str, **arguments: Any) -> Json:
        try:
            return answer(sim, method, app.bot_token, {"channel": fay, **arguments})
        except SlackError as error:
            return error.answer()

    return call
