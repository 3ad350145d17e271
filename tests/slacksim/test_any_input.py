"""Whatever an app sends, the simulator answers in Slack's form and never breaks."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from farthing_slacksim.blocks import message_faults, view_faults
from farthing_slacksim.errors import SlackError
from farthing_slacksim.escaping import kept
from farthing_slacksim.server import SlackSim
from farthing_slacksim.web_api import METHODS, answer
from tests.slacksim.bolt import manifest

WORDS = st.sampled_from(
    [
        *("type", "text", "section", "actions", "header", "input", "context", "image", "table", "data_table"),
        *("rich_text", "data_visualization", "static_select", "button", "plain_text", "mrkdwn", "options"),
        *("option_groups", "initial_option", "checkboxes", "initial_options", "elements", "element", "rows"),
        *("chart", "bar", "pie", "series", "axis_config", "categories", "data", "label", "value", "name"),
        *("accessory", "fields", "block_id", "action_id", "segments", "raw_text", "raw_number", "slack_file"),
        *("modal", "home", "title", "submit", "blocks", "external_id", "private_metadata"),
    ]
)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False) | WORDS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=12,
)


def thing(kinds: tuple[str, ...], *fields: str) -> st.SearchStrategy[Any]:
    """Something of one of these types whose fields hold anything at all."""
    return st.fixed_dictionaries({"type": st.sampled_from(kinds)}, optional=dict.fromkeys(fields, JSON))


BLOCK = thing(
    ("section", "actions", "input", "table", "data_table", "data_visualization", "rich_text", "image"),
    *("text", "elements", "element", "fields", "accessory", "rows", "chart", "title", "label", "slack_file"),
)
PART = thing(
    ("static_select", "checkboxes", "overflow", "image", "pie", "bar", "modal"),
    *("options", "option_groups", "initial_option", "initial_options", "slack_file", "blocks"),
    *("series", "axis_config", "segments"),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(BLOCK | JSON, max_size=3), PART)
def test_any_blocks_are_judged(blocks: list[Any], part: Any) -> None:
    inside = [
        {"type": "actions", "elements": [part]},
        {"type": "section", "accessory": part},
        {"type": "data_visualization", "title": "x", "chart": part},
    ]
    for candidate in (blocks, blocks[0] if blocks else None, inside):
        assert all("json-pointer:/blocks" in fault for fault in message_faults(candidate))
    for view in ({"type": "modal", "blocks": blocks}, {"type": "home", "blocks": inside}, part):
        assert all("json-pointer:/view" in fault for fault in view_faults(view))


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_any_call_is_answered(data: st.DataObject) -> None:
    sim = SlackSim()
    workspace = sim.workspace
    fay = workspace.add_user(name="fay")
    finance = workspace.add_channel(name="finance", members=[fay])
    app = workspace.install_app(manifest())
    workspace.invite(finance, app.bot_user_id)
    names = ("text", "blocks", "metadata", "view", "users", "types", "limit", "cursor", "files", "ts", "hash")
    arguments = data.draw(st.dictionaries(st.sampled_from(names), JSON, max_size=5))
    arguments |= data.draw(
        st.fixed_dictionaries({}, optional={"channel": st.sampled_from([finance, fay]) | JSON, "user": JSON})
    )
    for method in METHODS:
        if method == "files.getUploadURLExternal":
            continue  # It names an address, which only a running simulator has.
        try:
            answered = answer(sim, method, app.bot_token, dict(arguments))
        except SlackError as error:
            answered = error.answer()
        assert answered["ok"] is ("error" not in answered)


@given(st.text(alphabet="a&<>@#!|U1amp;lt\n ", max_size=30))
def test_text_kept_once_is_kept_as_it_is(text: str) -> None:
    assert kept(kept(text)) == kept(text)
