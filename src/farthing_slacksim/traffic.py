"""The traffic log: what went between the app and Slack, in order, with every secret taken out."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

_SECRET = re.compile(r"x(?:ox[a-z]|app)-[A-Za-z0-9-]+")
_HIDDEN_KEYS = {"token", "signing_secret", "app_token", "bot_token"}


@dataclass(frozen=True)
class Entry:
    """One call. `in` came from the app (a Web API method), `out` went to it (an event, a click, …)."""

    time: datetime
    direction: Literal["in", "out"]
    kind: str
    arguments: Any
    answer: Any


class Traffic:
    """A list that can be read while it grows; written to a file too, one JSON object a line, if wished."""

    def __init__(self, path: Path | None, clock: Callable[[], datetime]) -> None:
        self._path = path
        self._clock = clock
        self._entries: list[Entry] = []
        self._lock = threading.Condition()

    def note(self, direction: Literal["in", "out"], kind: str, arguments: object, answer: object) -> None:
        entry = Entry(self._clock(), direction, kind, without_secrets(arguments), without_secrets(answer))
        with self._lock:
            self._entries.append(entry)
            self._lock.notify_all()
            if self._path is not None:
                line = json.dumps(asdict(entry) | {"time": entry.time.isoformat()}, ensure_ascii=False)
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(line + "\n")

    def __iter__(self) -> Iterator[Entry]:
        with self._lock:
            return iter(list(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, index: int) -> Entry:
        return self._entries[index]

    def of(self, kind: str) -> list[Entry]:
        """Every entry of one method or kind."""
        return [entry for entry in self if entry.kind == kind]

    def wait_for(self, kind: str, count: int = 1, timeout: float = 5.0) -> bool:
        """Waits until there are this many entries of a method or kind; False when the time is over."""
        with self._lock:
            return self._lock.wait_for(lambda: sum(entry.kind == kind for entry in self._entries) >= count, timeout)


def without_secrets(value: Any) -> Any:
    """
    >>> without_secrets({"token": "xoxb-1-2", "text": "my xapp-1-A-2 leaks", "n": [1]})
    {'text': 'my (token) leaks', 'n': [1]}
    """
    if isinstance(value, dict):
        return {key: without_secrets(part) for key, part in value.items() if key not in _HIDDEN_KEYS}
    if isinstance(value, list | tuple):
        return [without_secrets(part) for part in value]
    if isinstance(value, str):
        return _SECRET.sub("(token)", value)
    if isinstance(value, bytes):
        return f"({len(value)} bytes)"
    return value
