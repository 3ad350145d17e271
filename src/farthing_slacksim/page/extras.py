"""What the program that starts the simulator may add to its page: a title, a clock, and steps to try."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """One thing to try; `done` ticks it, and `action_label` gives it a button that runs `PageExtras.act`."""

    key: str
    text: str
    hint: str = ""
    done: bool = False
    action_label: str | None = None


def _no_clock() -> str:
    return ""


def _no_steps() -> list[Step]:
    return []


def _nothing_to_do(key: str) -> str:
    return f"There is nothing to do for “{key}”."


def _unnoticed(person: str, channel: str) -> None:
    """Nobody wants to know."""
    del person, channel


@dataclass(frozen=True)
class PageExtras:
    """All optional: with none of it the page is a plain workspace.

    `clock_text` is asked about once a second, `steps` when something changed and about every two seconds;
    `act` runs in a worker thread and returns the sentence that is shown to the person who pressed the button;
    `opened` hears which person opened which channel.
    """

    title: str = "Slack simulator"
    clock_text: Callable[[], str] = _no_clock
    steps: Callable[[], list[Step]] = _no_steps
    act: Callable[[str], str] = _nothing_to_do
    opened: Callable[[str, str], None] = _unnoticed
