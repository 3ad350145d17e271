"""The fields that forms are made of: a label and what is typed or chosen below it."""

from __future__ import annotations

from collections.abc import Sequence

from farthing.slack.views.blocks import MOST_OPTIONS, Block, plain

LONGEST_OPTION = 75
LONGEST_LABEL = 2000
LONGEST_HINT = 150


def field(block_id: str, label: str, element: Block, *, hint: str = "", optional: bool = False) -> Block:
    """One field of a form."""
    made: Block = {"type": "input", "block_id": block_id, "label": plain(label, LONGEST_LABEL), "element": element}
    if hint:
        made["hint"] = plain(hint, LONGEST_LABEL)
    return made | {"optional": True} if optional else made


def line(action_id: str, *, longest: int, within: str = "", there: str | None = None, focus: bool = False) -> Block:
    """A line to type in; `within` is what it shows while it is empty, `there` what it holds already."""
    made: Block = {"type": "plain_text_input", "action_id": action_id, "max_length": longest}
    if within:
        made["placeholder"] = plain(within, LONGEST_HINT)
    if there is not None:
        made["initial_value"] = there
    return made | {"focus_on_load": True} if focus else made


def menu(action_id: str, options: Sequence[Block]) -> Block:
    """A menu in which the first is chosen already."""
    offered = list(options[:MOST_OPTIONS])
    return {"type": "static_select", "action_id": action_id, "options": offered, "initial_option": offered[0]}


def option(label: str, value: str, *, description: str = "") -> Block:
    """One of the things that can be chosen."""
    made: Block = {"text": plain(label, LONGEST_OPTION), "value": value}
    return made | {"description": plain(description, LONGEST_OPTION)} if description else made
