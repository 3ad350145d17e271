"""Unpacking: a compressed body is opened piece by piece, and never becomes larger than was agreed."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Protocol

import zstandard

from farthing.http_api.problems import Told

IDENTITY, GZIP, ZSTD = "identity", "gzip", "zstd"
CODINGS = {"": IDENTITY, "identity": IDENTITY, "gzip": GZIP, "x-gzip": GZIP, "zstd": ZSTD}
# So much is opened at once that no slice can become more than some 8 MB: gzip makes at most a thousand bytes of one,
# zstd at most 128 KB of four.
_SLICE_BYTES = {GZIP: 8_192, ZSTD: 256}
# What RFC 8878 recommends every decoder to have; a frame may ask for more, and is refused.
_ZSTD_WINDOW_BYTES = 8 * 1024 * 1024
# Empty ones cost time, and nothing to send; a body in blocks of 64 KB, as bgzip makes them, has some thousands.
_MOST_FILES = 10_000
_GZIP_WINDOW = 16 + zlib.MAX_WBITS


class _Opener(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


class Unpacking:
    """Opens one body, sent with this coding; what comes out is at most `most_bytes` long, else it is told (413).

    >>> unpacking = Unpacking("gzip", most_bytes=100)
    >>> b"".join(unpacking.feed(zlib.compress(b"usage", wbits=31)))
    b'usage'
    """

    def __init__(self, coding: str, *, most_bytes: int) -> None:
        self._coding = coding
        self._most_bytes = most_bytes
        self._given = 0
        self._opened = 0
        self._opener: _Opener | None = None

    def feed(self, packed: bytes) -> Iterator[bytes]:
        """What the next bytes of the body hold."""
        if self._coding == IDENTITY:
            yield self._counted(packed)
            return
        size = _SLICE_BYTES[self._coding]
        for start in range(0, len(packed), size):
            rest = packed[start : start + size]
            while rest:
                # A body may be several compressed files, one after another.
                if self._opener is None:
                    self._opened += 1
                    if self._opened > _MOST_FILES:
                        sentence = f"The body is more than {_MOST_FILES} compressed files in a row; send it as one."
                        raise Told(413, "too_many", sentence, headers={"Connection": "close"})
                    self._opener = _opener(self._coding)
                try:
                    piece = self._opener.decompress(rest)
                except (zlib.error, zstandard.ZstdError) as fault:
                    raise Told(400, "not_compressed", self._why(fault)) from None
                rest = b""
                if self._opener.eof:
                    rest = self._opener.unused_data
                    self._opener = None
                if piece:
                    yield self._counted(piece)

    def finish(self) -> None:
        """The body is over; tells (400) when it breaks off."""
        if self._opener is not None:
            sentence = f"The body breaks off before the end of its {self._coding} data; send it again, whole."
            raise Told(400, "broken_off", sentence)

    def _counted(self, piece: bytes) -> bytes:
        self._given += len(piece)
        if self._given > self._most_bytes:
            how = "" if self._coding == IDENTITY else ", once it is decompressed"
            most = self._most_bytes // 1024 // 1024
            sentence = f"The body is larger than {most} MB{how}; send it in smaller parts."
            raise Told(413, "too_large", sentence, headers={"Connection": "close"})
        return piece

    def _why(self, fault: Exception) -> str:
        if "memory" in str(fault):
            return (
                "The zstd body needs more than 8 MB to be read; compress it with a level below 20, and without --long."
            )
        return f"The body is said to be {self._coding} and is not; check its Content-Encoding."


def _opener(coding: str) -> _Opener:
    if coding == GZIP:
        return zlib.decompressobj(_GZIP_WINDOW)
    return zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES).decompressobj()
