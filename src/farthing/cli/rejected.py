"""What an import keeps apart: written beside the file, each with its line and the reason."""

from __future__ import annotations

import contextlib
import csv
import json
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Generic, Protocol, TextIO, TypeVar

from farthing.usecases.import_lines import Line
from farthing.usecases.import_usage import Numbered, Row

Kept = TypeVar("Kept", bound=Numbered, contravariant=True)


class _Form(Protocol[Kept]):
    """How what is kept apart is written."""

    ending: str

    def begin(self, file: TextIO) -> None:
        """Whatever stands above the first."""

    def write(self, file: TextIO, kept: Kept, reason: str) -> None:
        """One of them."""


class Rejected(Generic[Kept]):
    """Those kept apart; the file is there once there is one. To be used as a context."""

    def __init__(self, beside: Path, form: _Form[Kept]) -> None:
        self.path = beside.with_name(beside.name + form.ending)
        self.count = 0
        self.first: list[tuple[int, str]] = []
        self.trouble = ""
        self._form = form
        self._file: TextIO | None = None
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)

    def __enter__(self) -> Rejected[Kept]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, kept: Kept, reason: str) -> None:
        """Keep this one apart."""
        self.count += 1
        if len(self.first) < 5:
            self.first.append((kept.line, reason))
        if self._file is None and not self.trouble:
            try:
                self._file = self.path.open("w", encoding="utf-8", errors="surrogateescape", newline="")
                self._form.begin(self._file)
            except OSError as fault:
                self.trouble = (fault.strerror or "no reason given").lower()
        if self._file is not None:
            self._form.write(self._file, kept, reason)


class AsRows:
    """Rows as rows, separated as the file is."""

    ending = ".rejected.csv"

    def __init__(self, header: Sequence[str], separator: str = ",") -> None:
        self._header = header
        self._separator = separator

    def begin(self, file: TextIO) -> None:
        """The header, after the two columns that are added."""
        csv.writer(file, delimiter=self._separator).writerow(["line", "reason", *self._header])

    def write(self, file: TextIO, kept: Row, reason: str) -> None:
        """Its cells as they are."""
        csv.writer(file, delimiter=self._separator).writerow([kept.line, reason, *kept.cells])


class AsLines:
    """Lines as JSON lines, each with the text of the one that it is about."""

    ending = ".rejected.jsonl"

    def begin(self, file: TextIO) -> None:
        """Nothing stands above."""

    def write(self, file: TextIO, kept: Line, reason: str) -> None:
        """Its text as it is; bytes that are no text are written as escapes, so that none is lost."""
        text = kept.text.decode("utf-8", "surrogateescape")
        file.write(json.dumps({"line": kept.line, "reason": reason, "text": text}) + "\n")
