"""Where a page of events kept apart ends, as a text with which to ask for the next."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

from farthing.core.refused import Refused
from farthing.usecases.ports import ApartEvent, ApartPlace

_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_WRITTEN = re.compile(r"(-?[0-9]{1,18})\.([0-9a-f]{32})\.([0-9a-f]{32})")


def place_after(event: ApartEvent) -> str:
    """The text that stands for the place behind this event.

    >>> one = ApartEvent(UUID(int=1), UUID(int=2), datetime(2026, 1, 5, tzinfo=UTC), "", {})
    >>> place_after(one)
    '1767571200000000.00000000000000000000000000000001.00000000000000000000000000000002'
    >>> place_of(place_after(one)) == ApartPlace(one.received_at, one.key, one.content)
    True
    """
    return f"{(event.received_at - _BEGIN) // _MICROSECOND}.{event.key.hex}.{event.content.hex}"


def place_of(written: str | None) -> ApartPlace | None:
    """The place that the text stands for; none for none."""
    if written is None:
        return None
    found = _WRITTEN.fullmatch(written)
    try:
        if found is not None:
            at = _BEGIN + int(found[1]) * _MICROSECOND
            return ApartPlace(at, UUID(found[2]), UUID(found[3]))
    except OverflowError:
        pass
    raise Refused("“after” is no place in this list; take it from the answer before, or leave it out.", field="after")
