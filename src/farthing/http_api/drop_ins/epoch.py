"""Times as other products write them, in seconds since 1970, and as events have them, as text."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_SECONDS = re.compile(r"[0-9]{1,12}(\.[0-9]{1,18})?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def time_of(written: str) -> str:
    """The instant of so many seconds, to the microsecond; whatever else is written stays as it is.

    >>> time_of("1771200000"), time_of("1771200000.1234567"), time_of("2026-02-16")
    ('2026-02-16T00:00:00Z', '2026-02-16T00:00:00.123456Z', '2026-02-16')
    """
    if not _SECONDS.fullmatch(written):
        return written
    whole, _, fraction = written.partition(".")
    try:
        return written_time(_EPOCH + timedelta(seconds=int(whole), microseconds=int(fraction[:6].ljust(6, "0"))))
    except OverflowError:
        return written


def written_time(at: datetime) -> str:
    """An instant in UTC as text."""
    return at.isoformat().removesuffix("+00:00") + "Z"
