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


def key_rows(seller_id: UUID, columns: Columns, *, before: int) -> bytes:
    """The events' keys, sorted as their index is, which is walked in one direction; positions follow `before`."""
    head = _count(4) + _field(seller_id.bytes) + _length(16)
    between = _length(16)
    rows = sorted(zip(columns.key, columns.content, range(before + 1, before + 1 + len(columns)), strict=True))
    parts = [_BEGINNING]
    for key, content, position in rows:
        parts += (head, key, between, content, _number(8, position))
    parts.append(_END)
    return b"".join(parts)


def event_rows(seller_id: UUID, columns: Columns, *, before: int, accepted_at: datetime) -> bytes:
    """The events themselves, by position."""
    head = _count(12) + _field(seller_id.bytes)
    key_length, moment = _length(16), _number(8, microseconds(accepted_at) - _FROM_1970_TO_2000)
    wholes: dict[tuple[UUID, str], bytes] = {}
    sources: dict[str, bytes] = {}
    subjects: dict[str, bytes] = {}
    parts = [_BEGINNING]
    position = before
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
        position += 1
        whose = wholes.get((customer_id, event_type))
        if whose is None:
            whose = _field(customer_id.bytes) + _text(event_type)
            wholes[customer_id, event_type] = whose
        from_source = sources.get(source)
        if from_source is None:
            from_source = sources[source] = moment + _text(source)
        to_subject = subjects.get(subject)
        if to_subject is None:
            to_subject = subjects[subject] = _text(subject)
        written_id = event_id.encode()
        parts += (
            head,
            _number(8, position),
            key_length,
            key,
            whose,
            _number(8, happened - _FROM_1970_TO_2000),
            from_source,
            _LENGTHS[len(written_id)],
            written_id,
            to_subject,
            _NULL if time is None else _text(time),
            _length(len(data) + 1),
            _JSONB,
            data,
        )
    parts.append(_END)
    return b"".join(parts)


def _field(value: bytes) -> bytes:
    return _length(len(value)) + value


def _text(value: str) -> bytes:
    return _field(value.encode())
