"""What an import keeps apart: written beside the file, each with its line and the reason."""

from __future__ import annotations

import contextlib
import csv
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Generic, Protocol, TextIO, TypeVar, cast

from farthing.core.metering.event import canonical
from farthing.core.metering.json_text import NotJson, decode_json
from farthing.usecases.import_lines import Line
from farthing.usecases.import_usage import KEPT_APART, Numbered, Row

BYTE_ORDER_MARK = "\ufeff"
Kept = TypeVar("Kept", bound=Numbered, contravariant=True)


class Form(Protocol[Kept]):
    """How what is kept apart is written."""

    ending: str

    def begin(self, file: TextIO) -> None:
        """Whatever stands above the first."""

    def write(self, file: TextIO, kept: Kept, reason: str, identity: str) -> None:
        """One of them; `identity` is the id of the event that it became, if it became one."""


@dataclass(frozen=True, slots=True)
class RejectedSoFar:
    """How far the file of what was kept apart is: how many, how many bytes they are, and the first of them."""

    count: int = 0
    size_bytes: int = 0
    first: tuple[tuple[int, str], ...] = ()

    def is_in(self, path: Path) -> bool:
        """Whether the file still holds them."""
        try:
            return not self.count or path.stat().st_size >= self.size_bytes
        except OSError:
            return False


class Rejected(Generic[Kept]):
    """Those kept apart; the file is there once there is one. To be used as a context."""

    def __init__(self, beside: Path, form: Form[Kept], so_far: RejectedSoFar | None = None) -> None:
        self.path = rejected_path(beside, form)
        self.count = 0 if so_far is None else so_far.count
        self.first: list[tuple[int, str]] = [] if so_far is None else list(so_far.first)
        self.trouble = ""
        self._form = form
        self._file: TextIO | None = None
        if so_far is not None and so_far.count:
            # What was written after that is written again.
            os.truncate(self.path, so_far.size_bytes)
            self._file = self._opened("a")
            return
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)

    def __enter__(self) -> Rejected[Kept]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def so_far(self) -> RejectedSoFar:
        """Those that are written by now."""
        if self._file is None:
            return RejectedSoFar()
        self._file.flush()
        return RejectedSoFar(self.count, os.fstat(self._file.fileno()).st_size, tuple(self.first))

    def add(self, kept: Kept, reason: str, identity: str) -> None:
        """Keep this one apart."""
        self.count += 1
        if len(self.first) < 5:
            self.first.append((kept.line, reason))
        if self._file is None and not self.trouble:
            try:
                self._file = self._opened("w")
                self._form.begin(self._file)
            except OSError as fault:
                self.trouble = (fault.strerror or "no reason given").lower()
        if self._file is not None:
            self._form.write(self._file, kept, reason, identity)

    def _opened(self, mode: str) -> TextIO:
        return cast(TextIO, self.path.open(mode, encoding="utf-8", errors="surrogateescape", newline=""))


def rejected_path(beside: Path, form: Form[Kept]) -> Path:
    """The file that those kept apart of this one are written to."""
    return beside.with_name(beside.name + form.ending)


class AsRows:
    """Rows as rows, separated as the file is; with their identities, where these are in no column of their own."""

    ending = ".rejected.csv"

    def __init__(self, header: Sequence[str], separator: str = ",", *, with_identity: bool) -> None:
        self._header = header
        self._separator = separator
        self._added = len(KEPT_APART) if with_identity else len(KEPT_APART) - 1

    def begin(self, file: TextIO) -> None:
        """The header, after the columns that are added."""
        csv.writer(file, delimiter=self._separator).writerow([*KEPT_APART[: self._added], *self._header])

    def write(self, file: TextIO, kept: Row, reason: str, identity: str) -> None:
        """Its cells as they are."""
        added = (kept.line, reason, identity)[: self._added]
        csv.writer(file, delimiter=self._separator).writerow([*added, *kept.cells])


class AsLines:
    """Lines as JSON lines: each event with why it does not count, or the text that is no event."""

    ending = ".rejected.jsonl"

    def begin(self, file: TextIO) -> None:
        """Nothing stands above."""

    def write(self, file: TextIO, kept: Line, reason: str, identity: str) -> None:  # noqa: ARG002
        """Its event as it was written; of what is none the text, so that no byte is lost."""
        told = json.dumps({"line": kept.line, "reason": reason})[:-1]
        text = kept.text.decode("utf-8", "surrogateescape") if kept.event is None else canonical(kept.event)
        try:
            is_event = kept.event is not None or isinstance(decode_json(kept.text), dict)
        except NotJson:
            is_event = False
        what = f'"event": {text.strip().removeprefix(BYTE_ORDER_MARK)}' if is_event else f'"text": {json.dumps(text)}'
        file.write(f"{told}, {what}}}\n")
