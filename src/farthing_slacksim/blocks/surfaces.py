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
    one_of,
    plain,
    record,
    string,
    typed,
    unique,
)
from farthing_slacksim.blocks.rich import rich_text
from farthing_slacksim.blocks.tables import data_table, table, text_length
from farthing_slacksim.model import Json

LARGEST_VIEW_BYTES = 250_000
_BLOCK = {"block_id": ID}


def _section_says_something(report: Report, at: str, value: Any) -> None:
    if not value.get("text") and not value.get("fields"):
        report.error(at, "missing required field: text or fields")


def _action_ids_differ(report: Report, at: str, value: Any) -> None:
    found = value.get("elements")
    if isinstance(found, list):
        names = [
            (f"{at}/elements/{index}/action_id", element["action_id"])
            for index, element in enumerate(found)
            if isinstance(element, dict) and element.get("action_id")
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
    if isinstance(blocks, list):
        names = [
            (f"{at}/{index}/block_id", block["block_id"])
            for index, block in enumerate(blocks)
            if isinstance(block, dict) and block.get("block_id")
        ]
        unique(names, report, "block_id")


def _few_of_the_large(report: Report, at: str, blocks: Any) -> None:
    if not isinstance(blocks, list):
        return
    kinds = [block.get("type") for block in blocks if isinstance(block, dict)]
    if kinds.count("data_visualization") > 2:
        report.error(at, "no more than 2 data_visualization blocks allowed")
    if kinds.count("table") > 1:
        report.error(at, "only one table block allowed")
    tables = [block for block in blocks if isinstance(block, dict) and block.get("type") == "data_table"]
    if len(tables) > 1 and sum(text_length(block.get("rows")) for block in tables) > 10_000:
        report.error(at, "no more than 10000 characters allowed in all data tables")


_message = both(
    items(typed(_IN_MESSAGES), fewest=0, most=50),
    _block_ids_differ,
    _few_of_the_large,
)
_view_blocks = both(items(typed(_EVERYWHERE), fewest=0, most=100), _block_ids_differ)
_KEPT: dict[str, Check] = {
    "private_metadata": string(shortest=0, longest=3000),
    "callback_id": string(shortest=0, longest=255),
    "external_id": string(shortest=0, longest=255),
}
_modal = record(
    {"type": one_of("modal"), "title": plain(24), "blocks": _view_blocks},
    {
        **_KEPT,
        "submit": plain(24),
        "close": plain(24),
        "clear_on_close": boolean,
        "notify_on_close": boolean,
    },
)
_home = record({"type": one_of("home"), "blocks": _view_blocks}, _KEPT)


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
    blocks = view.get("blocks")
    if view.get("type") == "modal" and not view.get("submit") and isinstance(blocks, list):
        for index, block in enumerate(blocks):
            if isinstance(block, dict) and block.get("type") == "input":
                report.error(f"/view/blocks/{index}", "a modal with an input block needs submit")
                break
    return report.messages


def is_too_large(view: Json) -> bool:
    return len(json.dumps(view, ensure_ascii=False).encode()) > LARGEST_VIEW_BYTES
