"""How blocks, text, tables and charts are drawn: each kind once, and nothing that was typed becomes markup."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from farthing_slacksim.page import draw
from farthing_slacksim.page.charts import chart, ticks
from farthing_slacksim.page.mrkdwn import mrkdwn, plain
from farthing_slacksim.page.names import Names
from farthing_slacksim.page.reader import Reader
from farthing_slacksim.page.tables import table
from tests.slacksim.page_sample import button, cells, home, invoice_card, marked, refund_form, run_summary, spend_card
from tests.slacksim.page_sample import plain as plain_text

Json = dict[str, Any]

NAMES = Names(
    users={"U1": "Fay Finance", "U2": "Omar & <b>Sons</b>"},
    channels={"C1": "finance"},
    me="U1",
    zone=ZoneInfo("Europe/Paris"),
    now=datetime(2026, 9, 1, 10, tzinfo=UTC),
    here="/as/U1",
)
READER = Reader(NAMES, surface="m1")


def drawn(*blocks: Json, reader: Reader = READER) -> str:
    return str(draw.blocks(list(blocks), reader))


def field(element: Json, **block: Any) -> Json:
    return {"type": "input", "block_id": "b", "label": plain_text("Label"), "element": element, **block}


def acting(element: Json) -> Json:
    return {"type": "actions", "block_id": "b", "elements": [{"action_id": "a", **element}]}


OPTIONS = [{"text": plain_text(text), "value": text.lower()} for text in ("One", "Two")]

KINDS: list[tuple[str, Json, str]] = [
    ("header", {"type": "header", "text": plain_text("Head :tada:")}, "Head 🎉"),
    ("section", {"type": "section", "text": marked("*Body*")}, "<b>Body</b>"),
    ("fields", {"type": "section", "fields": [marked("*A*\n1"), plain_text("B")]}, 'class="fields"'),
    (
        "accessory",
        {"type": "section", "text": marked("x"), "block_id": "b", "accessory": button("Press", "a")},
        "Press",
    ),
    (
        "context",
        {
            "type": "context",
            "elements": [marked("_small_"), {"type": "image", "image_url": "https://a.example/i", "alt_text": "I"}],
        },
        "<i>small</i>",
    ),
    ("divider", {"type": "divider"}, "<hr"),
    ("image", {"type": "image", "image_url": "https://a.example/i.png", "alt_text": "A coin"}, 'alt="A coin"'),
    (
        "slack_file",
        {"type": "image", "slack_file": {"id": "F9"}, "alt_text": "A chart"},
        'src="/as/U1/files/F9"',
    ),
    ("button", acting({"type": "button", "text": plain_text("Go"), "value": "v"}), 'data-value="v"'),
    (
        "link button",
        acting({"type": "button", "text": plain_text("Go"), "url": "https://a.example/"}),
        'href="https://a.example/"',
    ),
    ("static_select", acting({"type": "static_select", "options": OPTIONS}), '<option value="two">Two</option>'),
    (
        "groups",
        acting({"type": "static_select", "option_groups": [{"label": plain_text("G"), "options": OPTIONS}]}),
        '<optgroup label="G">',
    ),
    ("external_select", field({"type": "external_select", "action_id": "a"}), "data-lookup"),
    ("users_select", acting({"type": "users_select"}), '<option value="U1">Fay Finance</option>'),
    (
        "conversations_select",
        acting({"type": "conversations_select", "initial_conversation": "C1"}),
        '<option value="C1" selected>#finance</option>',
    ),
    ("overflow", acting({"type": "overflow", "options": OPTIONS}), 'data-value="two"'),
    (
        "plain_text_input",
        field({"type": "plain_text_input", "action_id": "a", "initial_value": '"x"'}),
        'value="&#34;x&#34;"',
    ),
    (
        "multiline",
        field({"type": "plain_text_input", "action_id": "a", "multiline": True, "initial_value": "</textarea>"}),
        "&lt;/textarea&gt;</textarea>",
    ),
    (
        "number_input",
        field({"type": "number_input", "action_id": "a", "is_decimal_allowed": True}),
        'inputmode="decimal"',
    ),
    (
        "datepicker",
        field({"type": "datepicker", "action_id": "a", "initial_date": "2026-03-01"}),
        'value="2026-03-01"',
    ),
    (
        "checkboxes",
        field({"type": "checkboxes", "action_id": "a", "options": OPTIONS, "initial_options": OPTIONS[:1]}),
        'value="one" data-action="a" data-block="b" data-type="checkboxes" checked',
    ),
    ("radio_buttons", field({"type": "radio_buttons", "action_id": "a", "options": OPTIONS}), 'type="radio"'),
    ("table", {"type": "table", "rows": [cells("A", "B"), cells("x", "1,204.50 USD")]}, "1,204.50 USD"),
    (
        "data_table",
        {
            "type": "data_table",
            "caption": "Lines",
            "rows": [cells("A", "B"), [*cells("x"), {"type": "raw_number", "value": 3, "text": "3.00"}]],
        },
        "<caption>Lines</caption>",
    ),
    (
        "rich_text",
        {
            "type": "rich_text",
            "elements": [
                {
                    "type": "rich_text_section",
                    "elements": [
                        {"type": "text", "text": "<b>bold</b>", "style": {"bold": True, "code": True}},
                        {"type": "user", "user_id": "U1"},
                        {"type": "channel", "channel_id": "C1"},
                        {"type": "emoji", "name": "tada"},
                        {"type": "link", "url": "https://a.example/", "text": "link"},
                        {"type": "broadcast", "range": "here"},
                        {"type": "date", "timestamp": 1788220800, "format": "{date_num}", "fallback": "then"},
                    ],
                },
                {
                    "type": "rich_text_list",
                    "style": "ordered",
                    "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "one"}]}],
                },
                {"type": "rich_text_quote", "elements": [{"type": "text", "text": "quoted"}]},
                {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "code"}]},
            ],
        },
        "<b><code>&lt;b&gt;bold&lt;/b&gt;</code></b>",
    ),
]


@pytest.mark.parametrize(("block", "expected"), [kind[1:] for kind in KINDS], ids=[kind[0] for kind in KINDS])
def test_every_kind_of_block_and_element_is_drawn(block: Json, expected: str) -> None:
    html = drawn(block)
    assert expected in html
    assert "data-unknown-block" not in html


@pytest.mark.parametrize("kind", ["bar", "line", "area"])
def test_a_chart_is_drawn_as_svg_with_its_figures_in_a_table(kind: str) -> None:
    block = run_summary()[2]
    html = drawn({**block, "chart": {**block["chart"], "type": kind}})
    assert html.count("<svg") == 2
    assert "data-unknown-block" not in html
    assert '<th scope="row">June</th><td>15,210.5</td><td>2,000</td>' in html


def test_a_pie_tells_each_share() -> None:
    segments = [{"label": "Input", "value": 3}, {"label": "Output", "value": 1}]
    html = drawn({"type": "data_visualization", "title": "T", "chart": {"type": "pie", "segments": segments}})
    assert "Input  75.0%" in html
    assert html.count('class="fill colour-') == 2


def test_a_chart_of_one_segment_or_of_negative_values_is_still_drawn() -> None:
    whole = chart({"title": "T", "chart": {"type": "pie", "segments": [{"label": "All", "value": 5}]}})
    assert whole.rows == [["All", "5", "100.0%"]]
    points = [{"label": "Jan", "value": -40}, {"label": "Feb", "value": 25}]
    axis = {"categories": ["Jan", "Feb"]}
    bars = chart({"chart": {"type": "bar", "series": [{"name": "N", "data": points}], "axis_config": axis}})
    assert bars.rows == [["Jan", "-40"], ["Feb", "25"]]
    assert ticks(Decimal(-40), Decimal(25))[0] <= -40


def test_labels_of_twenty_categories_never_touch() -> None:
    categories = [f"{day} September 2026" for day in range(1, 21)]
    data = [{"label": category, "value": 1} for category in categories]
    body = {"type": "line", "series": [{"name": "N", "data": data}], "axis_config": {"categories": categories}}
    laid_out = chart({"title": "T", "chart": body})
    for drawing in (laid_out.wide, laid_out.narrow):
        labels = [words for words in drawing.words if words.text in categories]
        assert labels
        for one, following in pairwise(labels):
            assert following.x - one.x >= 6.6 * len(one.text)
        assert all(words.x + 3.3 * len(words.text) <= drawing.width for words in labels)


@pytest.mark.parametrize(
    "block",
    [
        {"type": "carousel"},
        {"type": "rich_text", "elements": [{"type": "rich_text_hologram"}]},
        acting({"type": "workflow_button"}),
        {"type": "data_visualization", "title": "T", "chart": {"type": "radar"}},
        {"type": "table", "rows": [[{"type": "video"}]]},
    ],
    ids=["block", "rich text", "element", "chart", "cell"],
)
def test_what_the_page_cannot_draw_is_a_red_box_that_names_it(block: Json) -> None:
    html = drawn(block)
    assert 'class="unknown"' in html
    assert "data-unknown-block=" in html


@pytest.mark.parametrize(
    "blocks", [run_summary(), invoice_card(), spend_card("x"), home(1)["blocks"], refund_form()["blocks"]]
)
def test_the_sample_holds_nothing_unknown(blocks: list[Json]) -> None:
    assert "data-unknown-block" not in drawn(*blocks)


def test_a_column_of_money_goes_to_the_right_and_a_column_of_names_to_the_left() -> None:
    laid_out = table({"type": "table", "rows": [cells("Who", "Owes"), cells("Kestrel", "49.00 USD"), cells("B", "–")]})
    assert laid_out.align == ["left", "right"]


def test_an_app_may_align_a_column_itself() -> None:
    rows = [cells("Number"), cells("12")]
    assert table({"type": "table", "rows": rows, "column_settings": [{"align": "center"}]}).align == ["center"]


def test_a_data_table_shows_one_page_and_hides_the_rest() -> None:
    rows = [cells("Day", "Units"), *(cells(str(day), str(day * 10)) for day in range(1, 8))]
    html = drawn({"type": "data_table", "caption": "Days", "page_size": 3, "rows": rows})
    assert html.count("<tr hidden>") == 4
    assert "1–3 of 7" in html


def test_an_error_stands_at_its_field_and_the_field_says_so() -> None:
    reader = READER.on("v1", errors={"b": "At most 12."})
    html = drawn(field({"type": "plain_text_input", "action_id": "a"}), reader=reader)
    assert 'aria-invalid="true"' in html
    described = re.search(r'aria-describedby="([^"]+)"', html)
    assert described
    assert f'id="{described[1]}"' in html
    assert "At most 12." in html


def test_what_a_person_chose_stays_when_the_form_is_drawn_again() -> None:
    reader = READER.on("v1", state={"b": {"a": {"type": "static_select", "selected_option": OPTIONS[1]}}})
    element = {"type": "static_select", "action_id": "a", "options": OPTIONS, "initial_option": OPTIONS[0]}
    assert '<option value="two" selected>' in drawn(field(element), reader=reader)


# Text


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*b* _i_ ~s~ `c`", "<b>b</b> <i>i</i> <s>s</s> <code>c</code>"),
        ("*_both_*", "<b><i>both</i></b>"),
        ("2*3*4 snake_case_name", "2*3*4 snake_case_name"),
        ("`*not bold*`", "<code>*not bold*</code>"),
        ("```\nline &lt;1&gt;\n```", "<pre>line &lt;1&gt;</pre>"),
        ("&gt; quoted\nafter", "<blockquote>quoted</blockquote>after"),
        ("<@U1>", '<span class="mention mention-me">@Fay Finance</span>'),
        ("<@U2>", '<span class="mention">@Omar &amp; &lt;b&gt;Sons&lt;/b&gt;</span>'),
        ("<#C1|old>", '<a class="mention" data-soft href="/as/U1/C1">#finance</a>'),
        ("<#C404>", '<span class="mention">#private-channel</span>'),
        ("<!channel>", '<span class="mention broadcast">@channel</span>'),
        ("&lt;!channel&gt;", "&lt;!channel&gt;"),
        (
            "<!date^1788220800^{date_num} {time}|then>",
            '<time datetime="2026-09-01T02:00:00+02:00">2026-09-01 02:00</time>',
        ),
        ("<!date^soon^{date}|then>", "then"),
        ("AT&amp;T :tada: :unheard_of:", "AT&amp;T 🎉 :unheard_of:"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("<javascript:alert(1)|click>", "&lt;javascript:alert(1)|click&gt;"),
        ('<img src=x onerror="x()">', "&lt;img src=x onerror=&#34;x()&#34;&gt;"),
    ],
)
def test_markup_in_messages(text: str, html: str) -> None:
    assert str(mrkdwn(text, NAMES)) == html


def test_a_link_opens_apart_and_its_address_cannot_break_out() -> None:
    html = str(mrkdwn('*<https://a.example/?a=1&amp;b="2"|see *this*>*', NAMES))
    assert 'href="https://a.example/?a=1&amp;b=&#34;2&#34;"' in html
    assert 'rel="noopener noreferrer"' in html
    assert html.startswith("<b><a ")


def test_a_bare_address_becomes_a_link_unless_the_app_says_not_to() -> None:
    assert "<a href=" in str(mrkdwn("see https://a.example/x.", NAMES))
    assert str(mrkdwn("see https://a.example/x", NAMES, verbatim=True)) == "see https://a.example/x"


def test_nothing_in_plain_text_is_markup() -> None:
    assert str(plain("*a* <@U1> <script>")) == "*a* &lt;@U1&gt; &lt;script&gt;"


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}"])
def test_no_text_of_a_block_becomes_an_element(hostile: str) -> None:
    blocks: list[Json] = [
        {"type": "header", "text": plain_text(hostile)},
        {"type": "section", "text": marked(hostile), "fields": [marked(hostile)]},
        {"type": "context", "elements": [marked(hostile)]},
        {"type": "image", "image_url": hostile, "alt_text": hostile},
        {"type": "table", "rows": [cells(hostile), cells(hostile)]},
        {"type": "data_table", "caption": hostile, "rows": [cells(hostile), cells(hostile)]},
        {
            "type": "data_visualization",
            "title": hostile,
            "chart": {"type": "pie", "segments": [{"label": hostile, "value": 1}]},
        },
        acting({"type": "button", "text": plain_text(hostile), "value": hostile, "url": "javascript:" + hostile}),
        acting({"type": "static_select", "options": [{"text": plain_text(hostile), "value": hostile}]}),
        field({"type": "plain_text_input", "action_id": hostile, "placeholder": plain_text(hostile)}),
        {"type": hostile},
    ]
    html = drawn(*blocks)
    assert "<script" not in html
    assert "<img src=x" not in html
    assert "49" not in html
    assert "javascript:" not in html.replace("&#34;", "")
