"""Blocks and views are held to Slack's rules, each fault with a pointer; a second opinion agrees."""

import json
from typing import Any

import pytest
import slackblocks

from farthing_slacksim.blocks import message_faults, view_faults
from farthing_slacksim.model import Json


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def marked(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def option(number: int) -> Json:
    return {"text": plain(f"Option {number}"), "value": str(number)}


def button(**more: Any) -> Json:
    return {"type": "button", "action_id": "go", "text": plain("Go"), **more}


def section(**more: Any) -> Json:
    return {"type": "section", "text": marked("*Northwind*"), **more}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def cells(*texts: str) -> list[Json]:
    return [{"type": "raw_text", "text": text} for text in texts]


def series(name: str, *labels: str) -> Json:
    return {"name": name, "data": [{"label": label, "value": 1.5} for label in labels]}


def chart(**chart: Any) -> Json:
    return {"type": "data_visualization", "title": "Spend", "chart": chart}


def bars(*each: Json, categories: tuple[str, ...] = ("Mon", "Tue")) -> Json:
    return chart(type="bar", series=list(each), axis_config={"categories": list(categories)})


def table(rows: int = 2, columns: int = 2, **more: Any) -> Json:
    return {"type": "table", "rows": [cells(*["x"] * columns) for _ in range(rows)], **more}


def data_table(*rows: list[Json], **more: Any) -> Json:
    return {"type": "data_table", "caption": "Usage", "rows": list(rows), **more}


CONFIRM = {"title": plain("Sure?"), "text": plain("41.20 USD"), "confirm": plain("Yes"), "deny": plain("No")}
SELECT = {"type": "static_select", "action_id": "pick", "options": [option(1), option(2)]}

GOOD = [
    {"type": "header", "text": plain("x" * 150)},
    section(text=plain("x" * 3000), block_id="b" * 255),
    section(text=None, fields=[marked("x" * 2000)] * 10),
    section(accessory=button(value="v" * 2000, style="danger", confirm=CONFIRM)),
    section(accessory={"type": "image", "image_url": "https://a.example/a.png", "alt_text": "A"}),
    {"type": "context", "elements": [marked("x"), plain("y")] * 5},
    {"type": "divider"},
    actions(*[button(action_id=str(number)) for number in range(25)]),
    actions(
        {**SELECT, "initial_option": option(2), "placeholder": plain("Choose")},
        {"type": "overflow", "action_id": "o", "options": [option(1)]},
        {"type": "datepicker", "action_id": "d", "initial_date": "2026-03-31"},
        {"type": "users_select", "action_id": "u"},
        {"type": "conversations_select", "action_id": "c", "filter": {"include": ["private", "public"]}},
        {"type": "radio_buttons", "action_id": "r", "options": [{**option(1), "text": marked("*one*")}]},
        {"type": "checkboxes", "action_id": "x", "options": [option(1)], "initial_options": [option(1)]},
    ),
    {"type": "image", "image_url": "https://a.example/a.png", "alt_text": "Spend by day", "title": plain("A")},
    {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_list",
                "style": "bullet",
                "elements": [
                    {
                        "type": "rich_text_section",
                        "elements": [
                            {"type": "text", "text": "bold", "style": {"bold": True}},
                            {"type": "link", "url": "https://a.example", "text": "a"},
                            {"type": "user", "user_id": "U1"},
                        ],
                    }
                ],
            }
        ],
    },
    table(rows=100, columns=20, column_settings=[{"align": "right"}, {"is_wrapped": True}]),
    data_table(cells("Day", "Calls"), [*cells("Monday"), {"type": "raw_number", "value": 12.5, "text": "12.50"}]),
    chart(type="pie", segments=[{"label": str(number), "value": 1} for number in range(6)]),
    bars(series("Input", "Tue", "Mon"), series("Output", "Mon", "Tue")),
    chart(
        type="line",
        series=[series("A", *map(str, range(20)))],
        axis_config={"categories": [*map(str, range(20))], "x_label": "Day"},
    ),
]


@pytest.mark.parametrize("block", GOOD, ids=lambda block: str(block["type"]))
def test_what_slack_takes_has_no_fault(block: Json) -> None:
    assert message_faults([block]) == []


BAD = [
    ({"type": "header", "text": plain("x" * 151)}, "must be less than 151 characters", "/text/text"),
    ({"type": "header", "text": marked("x")}, "unsupported type: mrkdwn", "/text/type"),
    ({"type": "header"}, "missing required field: text", ""),
    ({"type": "header", "text": plain("")}, "must be more than 0 characters", "/text/text"),
    ({"type": "divider", "colour": "red"}, "invalid additional property: colour", ""),
    ({"type": "map"}, "unsupported type: map", "/type"),
    ({"text": plain("x")}, "missing required field: type", ""),
    (section(text=marked("x" * 3001)), "must be less than 3001 characters", "/text/text"),
    (section(text=None, fields=[marked("x")] * 11), "no more than 10 items allowed", "/fields"),
    (section(text=None, fields=[marked("x" * 2001)]), "must be less than 2001 characters", "/fields/0/text"),
    ({"type": "section"}, "missing required field: text or fields", ""),
    (section(block_id="b" * 256), "must be less than 256 characters", "/block_id"),
    ({"type": "context", "elements": [marked("x")] * 11}, "no more than 10 items allowed", "/elements"),
    (actions(), "no fewer than 1 items allowed", "/elements"),
    (
        actions(*[button(action_id=str(number)) for number in range(26)]),
        "no more than 25 items allowed",
        "/elements",
    ),
    (actions(button(), button()), '`action_id` "go" already exists', "/elements/1/action_id"),
    (actions(button(text=plain("x" * 76))), "must be less than 76 characters", "/elements/0/text/text"),
    (actions(button(value="x" * 2001)), "must be less than 2001 characters", "/elements/0/value"),
    (actions(button(url="farthing")), "invalid url", "/elements/0/url"),
    (actions(button(style="warning")), "must be one of: primary, danger", "/elements/0/style"),
    (
        actions(button(confirm={**CONFIRM, "confirm": plain("x" * 31)})),
        "must be less than 31 characters",
        "/elements/0/confirm/confirm/text",
    ),
    (
        actions({**SELECT, "options": [option(number) for number in range(101)]}),
        "no more than 100 items allowed",
        "/elements/0/options",
    ),
    (
        actions({**SELECT, "options": [{"text": plain("x" * 76), "value": "1"}]}),
        "must be less than 76 characters",
        "/elements/0/options/0/text/text",
    ),
    (
        actions({**SELECT, "options": [{"text": plain("x"), "value": "v" * 151}]}),
        "must be less than 151 characters",
        "/elements/0/options/0/value",
    ),
    (
        actions({**SELECT, "initial_option": option(9)}),
        "initial option must be one of the options",
        "/elements/0",
    ),
    (actions({"type": "static_select"}), "must have either options or option_groups", "/elements/0"),
    (
        actions({"type": "plain_text_input", "action_id": "t"}),
        "unsupported type: plain_text_input",
        "/elements/0/type",
    ),
    ({"type": "image", "alt_text": "A"}, "must have either image_url or slack_file", ""),
    ({"type": "image", "image_url": "https://a.example"}, "missing required field: alt_text", ""),
    (table(rows=101), "no more than 100 items allowed", "/rows"),
    (table(rows=1, columns=21), "no more than 20 items allowed", "/rows/0"),
    (
        {"type": "table", "rows": [cells("a"), cells("a", "b")]},
        "all rows must have the same number of cells",
        "/rows/1",
    ),
    (data_table(cells("a")), "no fewer than 2 items allowed", "/rows"),
    (data_table(cells("a"), [{"type": "rich_text"}]), "missing required field: elements", "/rows/1/0"),
    (data_table(cells("x" * 5001), cells("x" * 5000)), "no more than 10000 characters allowed in all cells", "/rows"),
    ({"type": "data_table", "rows": [cells("a")] * 2}, "missing required field: caption", ""),
    ({**bars(series("A", "Mon", "Tue")), "title": "x" * 51}, "must be less than 51 characters", "/title"),
    (bars(*[series(str(n), "Mon", "Tue") for n in range(7)]), "no more than 6 items allowed", "/chart/series"),
    (
        bars(series("A", "Mon")),
        "labels must match axis_config.categories exactly",
        "/chart/series/0/data",
    ),
    (chart(type="radar"), "unsupported type: radar", "/chart/type"),
    (
        chart(type="pie", segments=[{"label": "x" * 21, "value": 1}]),
        "must be less than 21 characters",
        "/chart/segments/0/label",
    ),
    (
        chart(type="pie", segments=[{"label": "x", "value": 0}]),
        "must be greater than 0",
        "/chart/segments/0/value",
    ),
    (
        chart(type="pie", segments=[{"label": "x", "value": "12"}]),
        "must be a number",
        "/chart/segments/0/value",
    ),
]


@pytest.mark.parametrize(("block", "fault", "at"), BAD, ids=lambda part: str(part)[:40])
def test_each_fault_is_named_and_pointed_at(block: Json, fault: str, at: str) -> None:
    assert message_faults([block]) == [f"[ERROR] {fault} [json-pointer:/blocks/0{at}]"]


def test_a_message_holds_fifty_blocks_two_charts_and_one_table() -> None:
    pie = chart(type="pie", segments=[{"label": "x", "value": 1}])
    assert message_faults([{"type": "divider"}] * 50) == []
    assert message_faults([{"type": "divider"}] * 51) == [
        "[ERROR] no more than 50 items allowed [json-pointer:/blocks]"
    ]
    assert message_faults([pie] * 2) == []
    assert len(message_faults([pie] * 3)) == 1
    assert len(message_faults([table(), table()])) == 1
    assert message_faults([{"type": "divider", "block_id": "a"}] * 2) == [
        '[ERROR] `block_id` "a" already exists [json-pointer:/blocks/1/block_id]'
    ]


def field(**element: Any) -> Json:
    element = {"type": "plain_text_input", "action_id": "typed", **element}
    return {"type": "input", "block_id": "amount", "label": plain("Amount"), "element": element}


def modal(**more: Any) -> Json:
    return {"type": "modal", "title": plain("Refund"), "submit": plain("Send"), "blocks": [field()], **more}


@pytest.mark.parametrize(
    ("view", "fault"),
    [
        (modal(title=plain("x" * 25)), "must be less than 25 characters [json-pointer:/view/title/text]"),
        (modal(submit=plain("x" * 25)), "must be less than 25 characters [json-pointer:/view/submit/text]"),
        (modal(close=plain("x" * 25)), "must be less than 25 characters [json-pointer:/view/close/text]"),
        (
            modal(private_metadata="x" * 3001),
            "must be less than 3001 characters [json-pointer:/view/private_metadata]",
        ),
        (modal(submit=None), "a modal with an input block needs submit [json-pointer:/view/blocks/0]"),
        (modal(blocks=[{"type": "divider"}] * 101), "no more than 100 items allowed [json-pointer:/view/blocks]"),
        (modal(blocks=[table()]), "unsupported type: table [json-pointer:/view/blocks/0/type]"),
        (modal(submit_disabled=True), "invalid additional property: submit_disabled [json-pointer:/view]"),
        ({"type": "modal", "blocks": []}, "missing required field: title [json-pointer:/view]"),
        (
            {"type": "home", "blocks": [], "title": plain("x")},
            "invalid additional property: title [json-pointer:/view]",
        ),
        ({"type": "page", "blocks": []}, "unsupported type: page [json-pointer:/view/type]"),
        (
            modal(blocks=[field(type="number_input")]),
            "missing required field: is_decimal_allowed [json-pointer:/view/blocks/0/element]",
        ),
    ],
)
def test_a_view_is_held_to_its_own_rules(view: Json, fault: str) -> None:
    assert view_faults(view) == [f"[ERROR] {fault}"]


def test_a_whole_form_has_no_fault() -> None:
    inputs = [
        field(multiline=True, min_length=1, max_length=3000),
        {**field(type="number_input", is_decimal_allowed=True, min_value="0"), "block_id": "number"},
        {**field(**SELECT), "block_id": "select", "optional": True, "hint": plain("Either")},
        {**field(type="external_select", min_query_length=2), "block_id": "external"},
        {**field(type="datepicker"), "block_id": "date", "dispatch_action": True},
    ]
    assert view_faults(modal(blocks=inputs, notify_on_close=True, callback_id="refund", external_id="a")) == []
    assert view_faults({"type": "home", "blocks": [section()] * 100, "private_metadata": ""}) == []


def test_messages_made_with_slackblocks_have_no_fault() -> None:
    blocks = [
        slackblocks.HeaderBlock("Invoice 7"),
        slackblocks.SectionBlock(
            slackblocks.Text("*Northwind* 41.20 USD"),
            fields=[slackblocks.Text("*Due*"), slackblocks.Text("30 April")],
            accessory=slackblocks.OverflowMenu(
                action_id="more", options=[slackblocks.Option(text=slackblocks.PlainText("History"), value="history")]
            ),
        ),
        slackblocks.DividerBlock(),
        slackblocks.ContextBlock([slackblocks.Text("March 2026")]),
        slackblocks.ImageBlock(image_url="https://a.example/a.png", alt_text="Spend by day"),
        slackblocks.ActionsBlock(
            [
                slackblocks.Button(text="PDF", action_id="pdf", value="INV-7"),
                slackblocks.StaticSelectMenu(
                    action_id="pick",
                    placeholder="Choose",
                    options=[
                        slackblocks.Option(text=slackblocks.PlainText("One"), value="1"),
                        slackblocks.Option(text=slackblocks.PlainText("Two"), value="2"),
                    ],
                ),
                slackblocks.DatePicker(action_id="day", initial_date="2026-03-31"),
            ]
        ),
        slackblocks.TableBlock(rows=[[slackblocks.RawText("Day"), slackblocks.RawText("Calls")]]),
        slackblocks.DataTableBlock(
            rows=[
                [slackblocks.RawText("Day"), slackblocks.RawText("Calls")],
                [slackblocks.RawText("Monday"), slackblocks.RawNumber(12, text="12")],
            ],
            caption="Usage",
        ),
    ]
    message = slackblocks.Message(channel="#finance", blocks=blocks)
    assert message_faults(json.loads(message.json())["blocks"]) == []


def test_both_opinions_refuse_the_same_excess() -> None:
    with pytest.raises(slackblocks.InvalidUsageError):
        slackblocks.HeaderBlock("x" * 151)
    assert message_faults([{"type": "header", "text": plain("x" * 151)}])
    with pytest.raises(slackblocks.InvalidUsageError):
        slackblocks.Button(text="x" * 76, action_id="a")
    assert message_faults([actions(button(text=plain("x" * 76)))])
