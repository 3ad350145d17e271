"""What the judge knows of blocks: which may stand where, and how long, how many and how described each part is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Found = Iterator[str]

# As Slack's reference of blocks, elements and views gives them.
SIZES = {
    "message text": 4_000,
    "message blocks": 50,
    "view words": 24,
    "view bytes": 250_000,
    "private_metadata": 3_000,
    "options": 100,
}
VIEW_BLOCKS = 100
_ELSEWHERE = {"table": "message", "data_table": "message", "data_visualization": "message"}
_MOST = {"table": 1, "data_visualization": 2}
_SELECTS = {
    "static_select",
    "multi_static_select",
    "external_select",
    "multi_external_select",
    "users_select",
    "multi_users_select",
    "conversations_select",
    "multi_conversations_select",
    "channels_select",
    "multi_channels_select",
}
_ONLY_IN_INPUTS = {"plain_text_input", "number_input", "email_text_input", "url_text_input", "file_input"}
_PICKERS = {"datepicker", "timepicker", "datetimepicker", "radio_buttons", "checkboxes", "overflow"}


def block_faults(blocks: Any, *, on: str) -> Found:
    """What is wrong with the blocks of a message or of a view.

    >>> list(block_faults([{"type": "image", "image_url": "https://a.example/b.png", "alt_text": ""}], on="message"))
    ['blocks/0: a picture without alt_text']
    """
    if not isinstance(blocks, list):
        yield "blocks are not a list"
        return
    if on == "message" and len(blocks) > SIZES["message blocks"]:
        yield f"{len(blocks)} blocks in a message"
    kinds = [block.get("type") for block in blocks]
    for kind, most in _MOST.items():
        if kinds.count(kind) > most:
            yield f"more than {most} blocks of type {kind}"
    named = [block["block_id"] for block in blocks if block.get("block_id")]
    if len(named) != len(set(named)):
        yield "two blocks have one block_id"
    for index, block in enumerate(blocks):
        kind = str(block.get("type"))
        at = f"blocks/{index}"
        judge = _BLOCKS.get(kind)
        if judge is None:
            yield f"{at}: there is no block {kind!r}"
        elif _ELSEWHERE.get(kind, on) != on:
            yield f"{at}: {kind} does not stand in a {on}"
        else:
            for fault in judge(block):
                yield f"{at}: {fault}"
        if len(str(block.get("block_id") or "")) > 255:
            yield f"{at}: block_id is too long"


def _words(holder: Any, name: str, most: int, *, plain: bool = False) -> Found:
    value = holder.get(name)
    if value is None:
        return
    kinds = {"plain_text"} if plain else {"plain_text", "mrkdwn"}
    if not isinstance(value, dict) or value.get("type") not in kinds:
        yield f"{name} is not {' or '.join(sorted(kinds))}"
    elif not 0 < len(str(value.get("text", ""))) <= most:
        yield f"{name} has {len(str(value.get('text', '')))} characters, of 1 to {most}"


def _section(block: Any) -> Found:
    fields = block.get("fields") or []
    if not block.get("text") and not fields:
        yield "a section that says nothing"
    yield from _words(block, "text", 3_000)
    if len(fields) > 10:
        yield f"{len(fields)} fields"
    for each in fields:
        yield from _words({"field": each}, "field", 2_000)
    if block.get("accessory"):
        yield from _element(block["accessory"], in_input=False)


def _header(block: Any) -> Found:
    if not block.get("text"):
        yield "a header that says nothing"
    yield from _words(block, "text", 150, plain=True)


def _context(block: Any) -> Found:
    elements = block.get("elements") or []
    if not 1 <= len(elements) <= 10:
        yield f"{len(elements)} elements in a context"
    for each in elements:
        if each.get("type") == "image":
            yield from _picture(each)
        else:
            yield from _words({"element": each}, "element", 3_000)


def _actions(block: Any) -> Found:
    elements = block.get("elements") or []
    if not 1 <= len(elements) <= 25:
        yield f"{len(elements)} elements in actions"
    named = [each["action_id"] for each in elements if each.get("action_id")]
    if len(named) != len(set(named)):
        yield "two elements have one action_id"
    for each in elements:
        yield from _element(each, in_input=False)


def _input(block: Any) -> Found:
    if not block.get("label") or not block.get("element"):
        yield "a field without a label or an element"
        return
    yield from _words(block, "label", 2_000, plain=True)
    yield from _words(block, "hint", 2_000, plain=True)
    yield from _element(block["element"], in_input=True)


def _picture(block: Any) -> Found:
    if not str(block.get("alt_text") or "").strip():
        yield "a picture without alt_text"
    elif len(block["alt_text"]) > 2_000:
        yield "alt_text of more than 2000 characters"
    if bool(block.get("image_url")) == bool(block.get("slack_file")):
        yield "a picture needs image_url or slack_file, not both"
    if len(str(block.get("image_url") or "")) > 3_000:
        yield "image_url of more than 3000 characters"
    yield from _words(block, "title", 2_000, plain=True)


def _table(block: Any) -> Found:
    rows = block.get("rows") or []
    if not 1 <= len(rows) <= 100:
        yield f"{len(rows)} rows in a table"
    if any(len(row) > 20 for row in rows):
        yield "more than 20 columns in a table"
    if block.get("type") == "data_table":
        if not block.get("caption"):
            yield "a data table without a caption"
        if len({len(row) for row in rows}) > 1:
            yield "rows of a data table differ in length"


def _chart(block: Any) -> Found:
    title, chart = str(block.get("title") or ""), block.get("chart") or {}
    if not 1 <= len(title) <= 50:
        yield f"a chart's title has {len(title)} characters, of 1 to 50"
    categories = (chart.get("axis_config") or {}).get("categories") or []
    if len(categories) > 20 or len(chart.get("series") or []) > 6:
        yield "a chart of more than 20 categories or 6 series"
    labels = [*categories, *(part.get("label", "") for part in chart.get("segments") or [])]
    if any(not 1 <= len(label) <= 20 for label in labels):
        yield "a chart's label is empty or longer than 20 characters"
    for series in chart.get("series") or []:
        if {point.get("label") for point in series.get("data", [])} != set(categories):
            yield f"the series {series.get('name')!r} has not one value for every category"


def _nothing(_block: Any) -> Found:
    return iter(())


def _element(element: Any, *, in_input: bool) -> Found:
    kind = str(element.get("type"))
    if len(str(element.get("action_id") or "")) > 255:
        yield "action_id is too long"
    yield from _words(element, "placeholder", 150, plain=True)
    yield from _confirm(element.get("confirm"))
    if kind == "button" and not in_input:
        yield from _button(element)
    elif kind == "image" and not in_input:
        yield from _picture(element)
    elif kind in _SELECTS | _PICKERS:
        yield from _options(kind, element)
    elif not (in_input and kind in _ONLY_IN_INPUTS | {"rich_text_input"}):
        yield f"{kind!r} does not stand {'in a field' if in_input else 'here'}"


def _button(element: Any) -> Found:
    if not element.get("text"):
        yield "a button that says nothing"
    yield from _words(element, "text", 75, plain=True)
    if len(str(element.get("value") or "")) > 2_000 or len(str(element.get("url") or "")) > 3_000:
        yield "a button's value or address is too long"
    if element.get("style") not in (None, "primary", "danger"):
        yield f"a button has the style {element['style']!r}"
    if len(str(element.get("accessibility_label") or "")) > 75:
        yield "a button's accessibility_label is too long"


def _options(kind: str, element: Any) -> Found:
    groups = element.get("option_groups") or []
    options = [*(element.get("options") or []), *(each for group in groups for each in group.get("options") or [])]
    most = {"overflow": 5, "radio_buttons": 10, "checkboxes": 10}.get(kind, SIZES["options"])
    listed = kind in ("static_select", "multi_static_select", "overflow", "radio_buttons", "checkboxes")
    if listed and not 1 <= len(options) <= most:
        yield f"{kind} has {len(options)} options, of 1 to {most}"
    values = [option.get("value") for option in options]
    if len(values) != len(set(values)):
        yield f"{kind} has two options of one value"
    for option in options:
        yield from _words(option, "text", 75)
        yield from _words(option, "description", 75)
        if not 1 <= len(str(option.get("value") or "")) <= 150:
            yield "an option's value is empty or longer than 150 characters"
    initial = element.get("initial_option")
    if listed and initial and initial.get("value") not in values:
        yield f"{kind} begins with an option it does not have"


def _confirm(confirm: Any) -> Found:
    if confirm:
        yield from _words(confirm, "title", 100, plain=True)
        yield from _words(confirm, "text", 300)
        yield from _words(confirm, "confirm", 30, plain=True)
        yield from _words(confirm, "deny", 30, plain=True)


_BLOCKS: dict[str, Callable[[Any], Found]] = {
    "section": _section,
    "header": _header,
    "context": _context,
    "actions": _actions,
    "input": _input,
    "image": _picture,
    "table": _table,
    "data_table": _table,
    "data_visualization": _chart,
    "divider": _nothing,
    "rich_text": _nothing,
}
