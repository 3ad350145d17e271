"""Files of worked cases: a JSON array of objects, each with an id, an area, inputs and what should come of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from farthing.core.refused import Refused

_KNOWN = {"id", "area", "inputs", "expected", "source", "description", "universal", "ambiguity", "note", "notes"}


@dataclass(frozen=True, slots=True)
class Case:
    """One worked case. Not `universal` are those where a sensible engine may say otherwise; `ambiguity` says how."""

    id: str
    area: str
    inputs: Mapping[str, Any]
    expected: Mapping[str, Any]
    universal: bool = True
    ambiguity: str = ""


def read_cases(path: Path) -> list[Case]:
    """The cases of one file, numbers as exact decimals; refuses a file that does not hold cases."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as fault:
        raise Refused(f"{path} cannot be read ({fault.strerror}); name a file of cases.") from None
    except UnicodeDecodeError:
        raise Refused(f"{path} is not text in UTF-8; save it so, as JSON.") from None
    return cases_from(text, of=str(path))


def cases_from(text: str, *, of: str) -> list[Case]:
    """The cases in this text; `of` opens the sentence of a refusal.

    >>> text = '[{"id": "a", "area": "cap", "inputs": {"cap": 1.50}, "expected": {"amount": "1"}}]'
    >>> [case.inputs for case in cases_from(text, of="The file")]
    [{'cap': Decimal('1.50')}]
    """
    try:
        data = json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as fault:
        raise Refused(f"{of} is not JSON: {str(fault)[:200]}.") from None
    if not isinstance(data, list):
        raise Refused(f"{of} must hold a JSON array of cases, not {_said(data)}.")
    cases = [_case(item, of=f"Case {number} of {of}") for number, item in enumerate(data, start=1)]
    seen: set[str] = set()
    for case in cases:
        if case.id in seen:
            raise Refused(f"{of} has two cases with the id “{case.id}”; rename one.")
        seen.add(case.id)
    return cases


def _case(item: object, *, of: str) -> Case:
    if not isinstance(item, dict):
        raise Refused(f"{of} must be an object, not {_said(item)}.")
    for name in ("id", "area"):
        if not isinstance(item.get(name), str) or not item[name].strip():
            raise Refused(f"{of} needs “{name}”, a text.")
    of = f"{of} ({item['id']})"
    for name in ("inputs", "expected"):
        if not isinstance(item.get(name), dict):
            raise Refused(f"{of} needs “{name}”, an object.")
    if not item["expected"]:
        raise Refused(f"{of} expects nothing; say in “expected” what should come of it.")
    if unknown := sorted(set(item) - _KNOWN):
        raise Refused(f"{of} has “{unknown[0]}”, which means nothing here.")
    universal = item.get("universal", True)
    if not isinstance(universal, bool):
        raise Refused(f"{of} takes “universal” as true or false.")
    return Case(item["id"], item["area"], item["inputs"], item["expected"], universal, str(item.get("ambiguity") or ""))


def _refuse_constant(name: str) -> Decimal:
    raise ValueError(f"{name} is not a number")


def _said(value: object) -> str:
    return {dict: "an object", list: "an array", str: "a text", bool: "a yes or no", type(None): "null"}.get(
        type(value), "a number"
    )
