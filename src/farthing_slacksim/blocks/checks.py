"""The grammar that block rules are written in: a check looks at one value and reports what is wrong, and where."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Any


class Report:
    """Faults found so far, worded and pointed as Slack does."""

    def __init__(self, file_exists: Callable[[str], bool] = lambda _: True) -> None:
        self.messages: list[str] = []
        self.file_exists = file_exists

    def error(self, at: str, fault: str) -> None:
        self.messages.append(f"[ERROR] {fault} [json-pointer:{at}]")


Check = Callable[[Report, str, Any], None]


def string(*, shortest: int = 1, longest: int | None = None, pattern: str | None = None) -> Check:
    def check(report: Report, at: str, value: Any) -> None:
        if not isinstance(value, str):
            report.error(at, "must be a string")
        elif len(value) < shortest:
            report.error(at, f"must be more than {shortest - 1} characters")
        elif longest is not None and len(value) > longest:
            report.error(at, f"must be less than {longest + 1} characters")
        elif pattern is not None and not re.fullmatch(pattern, value):
            report.error(at, f"must match the pattern {pattern}")

    return check


def url(*, longest: int = 3000) -> Check:
    length = string(longest=longest)

    def check(report: Report, at: str, value: Any) -> None:
        length(report, at, value)
        if isinstance(value, str) and not re.match(r"(https?://[^\s/]|mailto:.)", value):
            report.error(at, "invalid url")

    return check


def boolean(report: Report, at: str, value: Any) -> None:
    if not isinstance(value, bool):
        report.error(at, "must be a boolean")


def anything(report: Report, at: str, value: Any) -> None:
    """For what Slack leaves free."""


def integer(*, least: int, most: int | None = None) -> Check:
    def check(report: Report, at: str, value: Any) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            report.error(at, "must be an integer")
        elif value < least:
            report.error(at, f"must be at least {least}")
        elif most is not None and value > most:
            report.error(at, f"must be at most {most}")

    return check


def number(report: Report, at: str, value: Any) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        report.error(at, "must be a number")


def one_of(*values: str) -> Check:
    def check(report: Report, at: str, value: Any) -> None:
        if value not in values:
            report.error(at, f"must be one of: {', '.join(values)}")

    return check


def items(check_item: Check, *, fewest: int = 1, most: int | None = None) -> Check:
    def check(report: Report, at: str, value: Any) -> None:
        if not isinstance(value, list):
            report.error(at, "must be an array")
            return
        if len(value) < fewest:
            report.error(at, f"no fewer than {fewest} items allowed")
        if most is not None and len(value) > most:
            report.error(at, f"no more than {most} items allowed")
        for index, item in enumerate(value):
            check_item(report, f"{at}/{index}", item)

    return check


def record(required: dict[str, Check], optional: dict[str, Check] | None = None) -> Check:
    """An object with these fields and no others."""
    known = required | (optional or {})

    def check(report: Report, at: str, value: Any) -> None:
        if not isinstance(value, dict):
            report.error(at, "must be an object")
            return
        for name in required:
            if value.get(name) is None:
                report.error(at, f"missing required field: {name}")
        for name, part in value.items():
            if name not in known:
                report.error(at, f"invalid additional property: {name}")
            elif part is not None:
                known[name](report, f"{at}/{name}", part)

    return check


def typed(kinds: dict[str, Check]) -> Check:
    """An object whose `type` says which of these checks is for it."""

    def check(report: Report, at: str, value: Any) -> None:
        if not isinstance(value, dict):
            report.error(at, "must be an object")
        elif not isinstance(value.get("type"), str):
            report.error(at, "missing required field: type")
        elif value["type"] not in kinds:
            report.error(f"{at}/type", f"unsupported type: {value['type']}")
        else:
            kinds[value["type"]](report, at, value)

    return check


def both(shape: Check, *laws: Check) -> Check:
    """A shape, and laws that are asked only of what has that shape."""

    def check(report: Report, at: str, value: Any) -> None:
        before = len(report.messages)
        shape(report, at, value)
        if len(report.messages) == before:
            for law in laws:
                law(report, at, value)

    return check


def unique(names: Collection[tuple[str, Any]], report: Report, kind: str) -> None:
    """`names` are (pointer, name) pairs of which no two may share a name."""
    seen: set[Any] = set()
    for at, name in names:
        if name in seen:
            report.error(at, f'`{kind}` "{name}" already exists')
        seen.add(name)


def text(*kinds: str, longest: int, shortest: int = 1) -> Check:
    """A text object: `plain_text` (with `emoji`) or `mrkdwn` (with `verbatim`)."""
    shapes = {
        "plain_text": record(
            {"type": anything, "text": string(shortest=shortest, longest=longest)}, {"emoji": boolean}
        ),
        "mrkdwn": record({"type": anything, "text": string(shortest=shortest, longest=longest)}, {"verbatim": boolean}),
    }
    return typed({kind: shapes[kind] for kind in kinds})


def plain(longest: int) -> Check:
    return text("plain_text", longest=longest)


def marked(longest: int) -> Check:
    return text("plain_text", "mrkdwn", longest=longest)


ID = string(longest=255)
ANY: dict[str, Check] = {"type": anything}
