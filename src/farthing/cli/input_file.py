"""What is imported: a file or standard input, unpacked where it is compressed, and never held whole."""

from __future__ import annotations

import io
import os
import stat
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol

import zstandard

from farthing.core.refused import Refused

STANDARD_INPUT = Path("-")
_PIECE_BYTES = 64 * 1024
_LONGEST_MARK = 4
# What the zstd command opens by itself; a frame may ask for more, and is refused.
_ZSTD_WINDOW_BYTES = 128 * 1024 * 1024


class _Opener(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class _Packing:
    """A way to compress: how it is called, its first bytes, and how much is opened at once."""

    name: str
    marks: tuple[bytes, ...]
    slice_bytes: int
    opener: Callable[[], _Opener]


# No slice becomes more than some 8 MB: gzip makes at most a thousand bytes of one, zstd at most 128 KB of four.
_PACKINGS = (
    _Packing("gzip", (b"\x1f\x8b\x08",), 8_192, lambda: zlib.decompressobj(16 + zlib.MAX_WBITS)),
    _Packing(
        "zstd",
        # A frame of data, and the frames to be skipped with which some programs begin.
        (b"\x28\xb5\x2f\xfd", *(bytes((first, 0x2A, 0x4D, 0x18)) for first in range(0x50, 0x60))),
        256,
        lambda: zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES).decompressobj(),
    ),
)


class InputFile:
    """An open file, or standard input for “-”; `content` is what it holds, unpacked. To be used as a context.

    `name` is how a sentence calls it, `beside` the name that what is kept apart goes by. `size` is None where nobody
    knows how much will come.
    """

    def __init__(self, path: Path) -> None:
        from_outside = path == STANDARD_INPUT
        self.name = "Standard input" if from_outside else str(path)
        self.beside = Path("stdin") if from_outside else path
        self.read_bytes = 0
        self._path = path
        self._is_packed = False
        try:
            self._opened = sys.stdin.buffer if from_outside else path.open("rb")
        except OSError as fault:
            raise self._unreadable(fault) from None
        self._owned = not from_outside
        self.size = _size_of(self._opened)
        self.content = io.BufferedReader(_Joined(_with_whole_start(self._unpacked())), _PIECE_BYTES)

    def __enter__(self) -> InputFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._owned:
            self._opened.close()

    @property
    def start(self) -> bytes:
        """The first four bytes of the content, fewer only when it has no more; they stay to be read."""
        return self.content.peek(_LONGEST_MARK)[:_LONGEST_MARK]

    @property
    def is_piped(self) -> bool:
        """Whether it comes from elsewhere and cannot be read again."""
        return not self._owned or self.size is None

    @property
    def on_disk(self) -> Path | None:
        """The file itself, where it is one and not compressed, so that it can be read from any place."""
        return None if self.is_piped or not self.start or self._is_packed else self._path

    def _packed(self) -> Iterator[bytes]:
        while True:
            try:
                piece = self._opened.read(_PIECE_BYTES)
            except OSError as fault:
                raise self._unreadable(fault) from None
            if not piece:
                return
            self.read_bytes += len(piece)
            yield piece

    def _unpacked(self) -> Iterator[bytes]:
        packed = _with_whole_start(self._packed())
        first = next(packed, b"")
        pieces = chain([first] if first else [], packed)
        packing = next((packing for packing in _PACKINGS if first.startswith(packing.marks)), None)
        self._is_packed = packing is not None
        return pieces if packing is None else self._opened_by(packing, pieces)

    def _opened_by(self, packing: _Packing, pieces: Iterable[bytes]) -> Iterator[bytes]:
        opener: _Opener | None = None
        for piece in pieces:
            for start in range(0, len(piece), packing.slice_bytes):
                rest = piece[start : start + packing.slice_bytes]
                while rest:
                    # A file may be several compressed ones, one after another.
                    opener = packing.opener() if opener is None else opener
                    try:
                        opened = opener.decompress(rest)
                    except (zlib.error, zstandard.ZstdError) as fault:
                        raise Refused(self._damage(packing, fault)) from None
                    rest = b""
                    if opener.eof:
                        rest, opener = opener.unused_data, None
                    if opened:
                        yield opened
        if opener is not None:
            raise Refused(
                f"{self.name} breaks off before the end of its {packing.name} data; get it whole and import it again: "
                "nothing is imported twice."
            )

    def _damage(self, packing: _Packing, fault: Exception) -> str:
        if "memory" in str(fault):
            return f"{self.name} needs more than 128 MB to be unpacked; compress it without --long."
        return (
            f"{self.name} begins as {packing.name} data and cannot be unpacked to its end; get it anew and import it "
            "again: nothing is imported twice."
        )

    def _unreadable(self, fault: OSError) -> Refused:
        return Refused(f"{self.name} cannot be read: {(fault.strerror or 'no reason given').lower()}.")


class _Joined(io.RawIOBase):
    """Pieces as one file."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, into: memoryview, /) -> int:  # type: ignore[override]
        if not self._rest:
            self._rest = memoryview(next(self._pieces, b""))
        length = min(len(into), len(self._rest))
        into[:length] = self._rest[:length]
        self._rest = self._rest[length:]
        return length


def _with_whole_start(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same, with so much in the first piece that it tells what it is."""
    first = b""
    for piece in pieces:
        first += piece
        if len(first) >= _LONGEST_MARK:
            break
    if first:
        yield first
    yield from pieces


def _size_of(opened: IO[bytes]) -> int | None:
    try:
        told = os.fstat(opened.fileno())
    except OSError:
        return None
    return told.st_size if stat.S_ISREG(told.st_mode) else None
