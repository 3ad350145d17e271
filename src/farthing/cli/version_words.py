"""Which versions of the plan and the add-ons an invoice rests on, as it froze them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from farthing.core.billing import frozen_part
from farthing.core.invoicing.invoice import Draft
from farthing.core.invoicing.part import Part
from farthing.core.period import local_date
from farthing.core.rating.agreement import add_on_price_key
from farthing.core.rating.line import Line, LineKind

# Of so many different sets of versions an invoice tells.
_MOST_TOLD = 5


def versions_sentence(draft: Draft) -> str:
    """Those of the plan and of each add-on, for what ended and, where it is another, for what begins."""
    if draft.by_itself:
        return f"Billed by itself; days in {draft.frozen['zone']}"
    # Subscriptions that rest on the same are told of once.
    told = dict.fromkeys(_sentence(part) for part in draft.all_parts if part.subscription_id is not None)
    shown = list(told)[:_MOST_TOLD]
    more = len(told) - len(shown)
    return ". ".join([*shown, f"{more:,} more"] if more else shown)


def _sentence(of: Part) -> str:
    zone = of.frozen["zone"]
    ended, begins = of.frozen, of.frozen.get("begins", of.frozen)
    since = f"for what begins on {local_date(of.at, in_zone=zone)}"
    told = [f"Plan {_plan(ended)}"]
    for later in ended.get("then", ()):
        day = local_date(datetime.fromisoformat(later["since"]), in_zone=zone)
        told[0] += f", {_plan(later)} from {day} on"
    if _plan(begins) != _plan(ended):
        same_name = begins["plan"]["name"] == ended["plan"]["name"]
        told[0] += f", and {'version ' + str(begins['plan_version']) if same_name else _plan(begins)} {since}"
    add_ons = [_add_on(each) for each in ended.get("add_ons", {}).values()]
    later = [_add_on(each) for each in begins.get("add_ons", {}).values()]
    told += [f"add-on {each}" for each in add_ons]
    told += [f"add-on {each} {since}" for each in later if each not in add_ons]
    return "; ".join([*told, f"days in {zone}"])


def version_of(line: Line, draft: Draft) -> str:
    """The version of what a line is a price or a commitment of, or whose word it is."""
    if line.kind is LineKind.ITEM:
        return f"a person's word: {line.note}"
    if line.origin is not None:
        return f"the terms of what it sets right: {line.note}"
    part = frozen_part(draft.part_of(line), line)
    for key, add_on in part.get("add_ons", {}).items():
        if line.price_key.startswith(add_on_price_key(key, "")):
            return f"version {add_on['version']} of the add-on {add_on['terms']['name']}"
    return f"version {part['plan_version']} of the plan {part['plan']['name']}"


def _plan(part: Mapping[str, Any]) -> str:
    return f"{part['plan']['name']}, version {part['plan_version']}"


def _add_on(part: Mapping[str, Any]) -> str:
    return f"{part['terms']['name']}, version {part['version']}"
