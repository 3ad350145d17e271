"""Accepted events as the server's own binary COPY reads them, put together column by column.

Packing rows one by one costs more than everything else on an event's way, so what events share is packed once.
"""

from __future__ import annotations

from datetime import datetime
from struct import Struct
from uuid import UUID

from farthing.core.metering.columns import Columns, microseconds

KEYS = "COPY farthing.accepted_key (seller_id, key, content, position) FROM STDIN (FORMAT BINARY)"
EVENTS = """
    COPY farthing.accepted_event (
        seller_id, position, key, customer_id, type, happened_at, accepted_at, source, id, subject, time, data
    ) FROM STDIN (FORMAT BINARY)
"""
_BEGINNING = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_END = b"\xff\xff"
_NULL = b"\xff\xff\xff\xff"
_JSONB = b"\x01"
# Instants are counted from 2000 there.
_FROM_1970_TO_2000 = 946_684_800_000_000
_count = Struct(">h").pack
_length = Struct(">i").pack
_number = Struct(">iq").pack
_LENGTHS = [_length(length) for length in range(4096)]


class KeyRows:
    """The events' keys, sorted as their index is, which is walked in one direction."""

    def __init__(self, seller_id: UUID, columns: Columns) -> None:
        head, between = _count(4) + _field(seller_id.bytes) + _length(16), _length(16)
        self._order = sorted(range(len(columns)), key=columns.key.__getitem__)
        self._parts: list[bytes] = []
        for place in self._order:
            self._parts += (head, columns.key[place], between, columns.content[place], b"")

    def after(self, before: int) -> bytes:
        """With the positions that follow this one."""
        self._parts[4::5] = [_number(8, before + 1 + place) for place in self._order]
        return b"".join((_BEGINNING, *self._parts, _END))


class EventRows:
    """The events themselves, in order; put together before their positions are known, for nobody to wait for it."""

    def __init__(self, seller_id: UUID, columns: Columns, *, accepted_at: datetime) -> None:
        self._many = len(columns)
        self._parts: list[bytes] = []
        head = _count(12) + _field(seller_id.bytes)
        key_length, moment = _length(16), _number(8, microseconds(accepted_at) - _FROM_1970_TO_2000)
        wholes: dict[tuple[UUID, str], bytes] = {}
        sources: dict[str, bytes] = {}
        subjects: dict[str, bytes] = {}
        times: dict[str | None, bytes] = {None: _NULL}
        for key, customer_id, event_type, happened, source, event_id, subject, time, data in zip(
            columns.key,
            columns.customer_id,
            columns.type,
            columns.happened,
            columns.source,
            columns.id,
            columns.subject,
            columns.time,
            columns.data,
            strict=True,
        ):
            whose = wholes.get((customer_id, event_type))
            if whose is None:
                whose = wholes[customer_id, event_type] = _field(customer_id.bytes) + _text(event_type)
            from_source = sources.get(source)
            if from_source is None:
                from_source = sources[source] = moment + _text(source)
            to_subject = subjects.get(subject)
            if to_subject is None:
                to_subject = subjects[subject] = _text(subject)
            at = times.get(time)
            if at is None:
                assert time is not None, "what says nothing is there from the start"
                at = times[time] = _text(time)
            written_id = event_id.encode()
            self._parts += (
                head,
                b"",
                key_length,
                key,
                whose,
                _number(8, happened - _FROM_1970_TO_2000),
                from_source,
                _LENGTHS[len(written_id)],
                written_id,
                to_subject,
                at,
                _LENGTHS[len(data) + 1] if len(data) < 4095 else _length(len(data) + 1),
                _JSONB,
                data,
            )

    def after(self, before: int) -> bytes:
        """With the positions that follow this one."""
        self._parts[1::14] = [_number(8, position) for position in range(before + 1, before + 1 + self._many)]
        return b"".join((_BEGINNING, *self._parts, _END))


def _field(value: bytes) -> bytes:
    return _length(len(value)) + value


def _text(value: str) -> bytes:
    return _field(value.encode())
