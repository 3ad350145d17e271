"""Lines: a stream of events, one on each line, is kept a thousand at a time while it arrives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from farthing.http_api.careful import read_line
from farthing.http_api.decode import NotJson, decode_json
from farthing.http_api.problems import Told as ToldProblem
from farthing.http_api.tally import Tally
from farthing.http_api.unpacking import Unpacking
from farthing.usecases.ports import Outcome
from farthing.usecases.record_usage import Told

MOST_STREAMED_BYTES = 256 * 1024 * 1024
MOST_LINES = 1_000_000
MOST_LINE_BYTES = 1024 * 1024
AT_ONCE = 1_000
# Lines wait for their thousand, though never more of them than this: long lines are kept in smaller parts.
_MOST_WAITING_BYTES = 4 * 1024 * 1024
_PIECE_BYTES = 64 * 1024


class Lines:
    """Takes the bytes of one stream as they come; `record` keeps decoded events and is durable when it returns."""

    def __init__(self, coding: str, record: Callable[[Sequence[Any]], Sequence[Told]]) -> None:
        self.tally = Tally()
        self._record = record
        self._unpacking = Unpacking(coding, most_bytes=MOST_STREAMED_BYTES)
        self._rest = bytearray()
        self._lines = 0
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._kept = 0

    def take(self, arrived: bytes) -> None:
        """Keep what is complete, of these bytes and of what was waiting."""
        for opened in self._unpacking.feed(arrived):
            for start in range(0, len(opened), _PIECE_BYTES):
                for line in self._whole_lines(opened[start : start + _PIECE_BYTES]):
                    self._add(line)

    def finish(self) -> None:
        """The stream is over: keep the rest."""
        self._unpacking.finish()
        self._add(bytes(self._rest))
        self._keep()

    def so_far(self, told: ToldProblem) -> ToldProblem:
        """The problem that ended the stream, saying what stays."""
        if not self._kept:
            return told
        sentence = (
            f"{told.detail} The first {self._kept} events were worked through before ({self.tally.in_words()}) and "
            "what was accepted stays; sending all of them again is safe."
        )
        return ToldProblem(told.status, told.code, sentence, headers=told.headers)

    def _whole_lines(self, piece: bytes) -> Iterator[bytes]:
        ended, *whole, rest = piece.split(b"\n") if b"\n" in piece else (None, piece)
        if ended is not None:
            yield bytes(self._rest) + ended
            self._rest.clear()
        yield from whole
        self._rest += rest
        if len(self._rest) > MOST_LINE_BYTES:
            sentence = (
                f"Line {self._lines + 1} is longer than {MOST_LINE_BYTES // 1024 // 1024} MB; send one event a line."
            )
            raise ToldProblem(413, "too_large", sentence, headers={"Connection": "close"})

    def _add(self, line: bytes) -> None:
        self._lines += 1
        if self._lines > MOST_LINES:
            sentence = f"The body has more than {MOST_LINES} lines; send them in several requests."
            raise ToldProblem(413, "too_many", sentence, headers={"Connection": "close"})
        if not line or line.isspace():
            return
        self._waiting.append(line)
        self._waiting_bytes += len(line)
        if len(self._waiting) == AT_ONCE or self._waiting_bytes > _MOST_WAITING_BYTES:
            self._keep()

    def _keep(self) -> None:
        refused: dict[int, str] = {}
        read: list[tuple[int, Any]] = []
        for index, line in enumerate(self._waiting):
            try:
                read.append((index, _read(line)))
            except NotJson as fault:
                refused[index] = str(fault)
        recorded = self._record([event for _, event in read]) if read else []
        told = {index: answer for (index, _), answer in zip(read, recorded, strict=True)}
        for index in range(len(self._waiting)):
            if index in refused:
                self.tally.add(self._kept + index, Outcome.REFUSED, refused[index])
            else:
                self.tally.add(self._kept + index, told[index].outcome, told[index].reason)
        self._kept += len(self._waiting)
        self._waiting, self._waiting_bytes = [], 0


def _read(line: bytes) -> Any:
    try:
        return decode_json(line)
    except NotJson:
        return read_line(line)
