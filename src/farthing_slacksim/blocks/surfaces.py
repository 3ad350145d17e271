"""What may stand in a message, a modal and a Home, and how much of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from farthing_slacksim.blocks import elements
from farthing_slacksim.blocks.charts import data_visualization
from farthing_slacksim.blocks.checks import (
    ANY,
    ID,
    Check,
    Report,
    boolean,
    both,
    items,
    marked,
    plain,
    record,
    string,
    typed,
    unique,
)
from farthing_slacksim.blocks.rich import rich_text
from farthing_slacksim.blocks.tables import MOST_TEXT, data_table, table, text_length
from farthing_slacksim.model import Json

LARGEST_VIEW_BYTES = 250_000
_BLOCK = {"block_id": ID}


def _section_says_something(report: Report, at: str, value: Any) -> None:
    if not value.get("text") and not value.get("fields"):
        report.error(at, "missing required field: text or fields")


def _action_ids_differ(report: Report, at: str, value: Any) -> None:
    names = [
        (f"{at}/elements/{index}/action_id", element["action_id"])
        for index, element in enumerate(value["elements"])
        if element.get("action_id")
    ]
    unique(names, report, "action_id")


_EVERYWHERE: dict[str, Check] = {
    "header": record({**ANY, "text": plain(150)}, _BLOCK),
    "section": both(
        record(
            ANY,
            {
                **_BLOCK,
                "text": marked(3000),
                "fields": items(marked(2000), most=10),
                "accessory": elements.accessory,
                "expand": boolean,
            },
        ),
        _section_says_something,
    ),
    "context": record({**ANY, "elements": items(elements.context_element, most=10)}, _BLOCK),
    "divider": record(ANY, _BLOCK),
    "actions": both(record({**ANY, "elements": items(elements.action, most=25)}, _BLOCK), _action_ids_differ),
    "image": elements.image_block,
    "input": record(
        {**ANY, "label": plain(2000), "element": elements.input_element},
        {**_BLOCK, "hint": plain(2000), "optional": boolean, "dispatch_action": boolean},
    ),
    "rich_text": rich_text,
}
_IN_MESSAGES = {
    **_EVERYWHERE,
    "table": table,
    "data_table": data_table,
    "data_visualization": data_visualization,
}


def _block_ids_differ(report: Report, at: str, blocks: Any) -> None:
    names = [
        (f"{at}/{index}/block_id", block["block_id"]) for index, block in enumerate(blocks) if block.get("block_id")
    ]
    unique(names, report, "block_id")


def _few_of_the_large(report: Report, at: str, blocks: Any) -> None:
    kinds = [block["type"] for block in blocks]
    if kinds.count("data_visualization") > 2:
        report.error(at, "no more than 2 data_visualization blocks allowed")
    if kinds.count("table") > 1:
        report.error(at, "only one table block allowed")
    if sum(text_length(block["rows"]) for block in blocks if block["type"] == "data_table") > MOST_TEXT:
        report.error(at, f"no more than {MOST_TEXT} characters allowed in all data tables")


_message = both(
    items(typed(_IN_MESSAGES), fewest=0, most=50),
    _block_ids_differ,
    _few_of_the_large,
)
_view_blocks = both(items(typed(_EVERYWHERE), fewest=0, most=100), _block_ids_differ)


def _what_is_typed_can_be_sent(report: Report, at: str, view: Any) -> None:
    inputs = [index for index, block in enumerate(view["blocks"]) if block["type"] == "input"]
    if inputs and not view.get("submit"):
        report.error(f"{at}/blocks/{inputs[0]}", "a modal with an input block needs submit")


_KEPT: dict[str, Check] = {
    "private_metadata": string(shortest=0, longest=3000),
    "callback_id": string(shortest=0, longest=255),
    "external_id": string(shortest=0, longest=255),
}
_modal = both(
    record(
        {**ANY, "title": plain(24), "blocks": _view_blocks},
        {
            **_KEPT,
            "submit": plain(24),
            "close": plain(24),
            "clear_on_close": boolean,
            "notify_on_close": boolean,
        },
    ),
    _what_is_typed_can_be_sent,
)
_home = record({**ANY, "blocks": _view_blocks}, _KEPT)


def message_faults(blocks: object, *, file_exists: Callable[[str], bool] = lambda _: True) -> list[str]:
    """What is wrong with the blocks of a message; nothing, if Slack would take them.

    >>> message_faults([{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}])
    ['[ERROR] must be less than 151 characters [json-pointer:/blocks/0/text/text]']
    """
    report = Report(file_exists)
    _message(report, "/blocks", blocks)
    return report.messages


def view_faults(view: Json, *, file_exists: Callable[[str], bool] = lambda _: True) -> list[str]:
    """What is wrong with a modal or a Home.

    >>> view_faults({"type": "home", "blocks": [{"type": "map"}]})
    ['[ERROR] unsupported type: map [json-pointer:/view/blocks/0/type]']
    """
    report = Report(file_exists)
    typed({"modal": _modal, "home": _home})(report, "/view", view)
    return report.messages


def is_too_large(view: Json) -> bool:
    return len(json.dumps(view, ensure_ascii=False).encode()) > LARGEST_VIEW_BYTES
