"""Lines: a stream of events, one on each line, is kept a thousand at a time while it arrives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from farthing.http_api.bodies import MOST_EVENT_BYTES
from farthing.http_api.problems import Told as ToldProblem
from farthing.http_api.sent import Sent, sent_lines, size_of
from farthing.http_api.tally import Tally
from farthing.http_api.unpacking import Unpacking

MOST_STREAMED_BYTES = 256 * 1024 * 1024
MOST_LINES = 1_000_000
MOST_LINE_BYTES = MOST_EVENT_BYTES
AT_ONCE = 1_000
# Lines wait for their thousand, though never more of them than this: long lines are kept in smaller parts.
_MOST_WAITING_BYTES = 4 * 1024 * 1024
_PIECE_BYTES = 64 * 1024
_SHORT_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Part:
    """Some whole lines of a stream, of which the first has this index."""

    first: int
    sent: Sent


class Lines:
    """Takes the bytes of one stream as they come, and gives parts to be kept; `tally` counts what became of them."""

    def __init__(self, coding: str) -> None:
        self.tally = Tally()
        self._unpacking = Unpacking(coding, most_bytes=MOST_STREAMED_BYTES)
        self._rest = bytearray()
        self._lines = 0
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._given = 0

    def take(self, arrived: bytes) -> Iterator[Part]:
        """What is complete, of these bytes and of what was waiting."""
        for opened in self._unpacking.feed(arrived):
            for start in range(0, len(opened), _PIECE_BYTES):
                for line in self._whole_lines(opened[start : start + _PIECE_BYTES]):
                    yield from self._add(line)

    def finish(self) -> Iterator[Part]:
        """The stream is over: the rest."""
        self._unpacking.finish()
        if self._rest:
            yield from self._add(bytes(self._rest))
        if self._waiting:
            yield self._part()

    def so_far(self, told: ToldProblem) -> ToldProblem:
        """The problem that ended the stream, saying what stays."""
        if not self.tally.total:
            return told
        stays = (
            f"first {self.tally.total} events were worked through before ({self.tally.in_words()}) and what was "
            "accepted stays; sending all of them again is safe."
        )
        if told.status == 429:
            # Its own sentence is about a request of which nothing was kept.
            seconds = (told.headers or {}).get("Retry-After", "1")
            again = f"{seconds} {'second' if seconds == '1' else 'seconds'}"
            sentence = f"Too many of your events wait to be kept; send the rest again in {again}. The {stays}"
        elif told.status == 503:
            sentence = f"{told.detail} That is about the rest of the stream: the {stays}"
        else:
            sentence = f"{told.detail} The {stays}"
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

    def _add(self, line: bytes) -> Iterator[Part]:
        self._lines += 1
        if self._lines > MOST_LINES:
            sentence = f"The body has more than {MOST_LINES} lines; send them in several requests."
            raise ToldProblem(413, "too_many", sentence, headers={"Connection": "close"})
        if not line or line.isspace():
            return
        self._waiting.append(line)
        # A short line weighs little whatever it holds, and is not looked through.
        self._waiting_bytes += len(line) if len(line) < _SHORT_BYTES else size_of(line)
        if len(self._waiting) == AT_ONCE or self._waiting_bytes > _MOST_WAITING_BYTES:
            yield self._part()

    def _part(self) -> Part:
        part = Part(self._given, sent_lines(self._waiting))
        self._given += len(self._waiting)
        self._waiting, self._waiting_bytes = [], 0
        return part
