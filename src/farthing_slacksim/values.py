"""What a person put into a field, in the words Slack has for it, and whether the field may be sent so."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from farthing_slacksim.model import Json
from farthing_slacksim.views import elements_of

# By element type: the key its state has, the key its first value has, and what an empty one holds.
_STATE: dict[str, tuple[str, str, Any]] = {
    "plain_text_input": ("value", "initial_value", None),
    "number_input": ("value", "initial_value", None),
    "datepicker": ("selected_date", "initial_date", None),
    "static_select": ("selected_option", "initial_option", None),
    "external_select": ("selected_option", "initial_option", None),
    "radio_buttons": ("selected_option", "initial_option", None),
    "checkboxes": ("selected_options", "initial_options", []),
    "users_select": ("selected_user", "initial_user", None),
    "conversations_select": ("selected_conversation", "initial_conversation", None),
}
REQUIRED = "Please complete this required field."


def has_state(element: Json) -> bool:
    return element["type"] in _STATE


def initial_value(element: Json) -> Json:
    """The state of a field nobody has touched.

    >>> initial_value({"type": "plain_text_input", "action_id": "a", "initial_value": "12"})
    {'type': 'plain_text_input', 'value': '12'}
    """
    key, initial, empty = _STATE[element["type"]]
    return {"type": element["type"], key: element.get(initial, empty)}


def value_of(element: Json, given: Any) -> Json:
    """The state of a field after the person put `given` into it: Slack's own dict, or the short form.

    >>> value_of({"type": "datepicker", "action_id": "d"}, "2026-03-01")
    {'type': 'datepicker', 'selected_date': '2026-03-01'}
    """
    if isinstance(given, dict) and "type" in given:
        return given
    kind = element["type"]
    key = _STATE[kind][0]
    if given is None or given == "":
        return {"type": kind, key: _STATE[kind][2]}
    if kind in ("static_select", "radio_buttons"):
        return {"type": kind, key: _option(element, str(given))}
    if kind == "checkboxes":
        return {"type": kind, key: [_option(element, value) for value in given]}
    if kind == "external_select":
        shown = given if isinstance(given, dict) else {"text": _plain(str(given)), "value": str(given)}
        return {"type": kind, key: shown}
    return {"type": kind, key: str(given)}


def state_of(blocks: list[Json], typed: Json) -> Json:
    """The `state.values` of blocks, with what was typed over what stood there at first."""
    values: Json = {}
    for block in blocks:
        for element in elements_of(block):
            if not has_state(element):
                continue
            row = typed.get(block["block_id"], {})
            given = row.get(element["action_id"])
            touched = element["action_id"] in row
            values.setdefault(block["block_id"], {})[element["action_id"]] = (
                value_of(element, given) if touched else initial_value(element)
            )
    return values


def field_faults(blocks: list[Json], values: Json) -> dict[str, str]:
    """What Slack's own window says before it would send a form, by block id."""
    faults: dict[str, str] = {}
    for block in blocks:
        if block["type"] != "input":
            continue
        element = block["element"]
        state = values[block["block_id"]][element["action_id"]]
        value = state[_STATE[element["type"]][0]]
        fault = _fault(element, value, optional=bool(block.get("optional")))
        if fault:
            faults[block["block_id"]] = fault
    return faults


def _fault(element: Json, value: Any, *, optional: bool) -> str | None:
    if value in (None, "", []):
        return None if optional else REQUIRED
    if element["type"] == "number_input":
        return _number_fault(element, str(value))
    if element["type"] == "plain_text_input":
        if len(value) < element.get("min_length", 0):
            return f"Enter at least {element['min_length']} characters."
        if len(value) > element.get("max_length", 3000):
            return f"Enter at most {element.get('max_length', 3000)} characters."
    return None


def _number_fault(element: Json, value: str) -> str | None:
    try:
        number = Decimal(value)
    except InvalidOperation:
        return "Enter a number."
    if not number.is_finite():
        return "Enter a number."
    if not element["is_decimal_allowed"] and number != number.to_integral_value():
        return "Enter a whole number."
    if "min_value" in element and number < Decimal(element["min_value"]):
        return f"Enter a number of at least {element['min_value']}."
    if "max_value" in element and number > Decimal(element["max_value"]):
        return f"Enter a number of at most {element['max_value']}."
    return None


def _option(element: Json, value: str) -> Json:
    groups = element.get("option_groups") or []
    options: list[Json] = list(element.get("options") or [])
    options += [option for group in groups for option in group["options"]]
    found = next((option for option in options if option["value"] == value), None)
    assert found is not None, f"No option {value!r} in {[option['value'] for option in options]}"
    return found


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": True}


def action_of(element: Json, given: Any, *, block_id: str, action_ts: str) -> Json:
    """The `actions` entry of a click on an element, or of a pick in it."""
    action: Json = {
        "type": element["type"],
        "action_id": element["action_id"],
        "block_id": block_id,
        "action_ts": action_ts,
    }
    if element["type"] == "button":
        action |= {name: element[name] for name in ("text", "value", "style", "url") if name in element}
        return action
    if element["type"] == "overflow":
        return action | {"selected_option": _option(element, str(given))}
    state = value_of(element, given)
    initial = _STATE[element["type"]][1]
    return action | state | ({initial: element[initial]} if initial in element else {})
