"""How ids read to a person: the names of people and channels, in the reader's own time zone."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def zone_called(name: str) -> ZoneInfo:
    """The zone of that name; an unknown name reads as UTC, so that a page is always drawn."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


@dataclass(frozen=True)
class Names:
    """What one reader calls things; built once for each drawing of the page."""

    users: dict[str, str] = field(default_factory=dict)
    channels: dict[str, str] = field(default_factory=dict)
    me: str = ""
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    now: datetime = field(default_factory=lambda: datetime(2000, 1, 1, tzinfo=UTC))
    here: str = ""
    """The address of this reader's pages, such as `/as/U123`, so that a channel's name can lead to it."""

    def at(self, ts: str) -> datetime:
        """The moment of a message's `ts`, as the reader's clock shows it."""
        seconds, _, micros = ts.partition(".")
        moment = datetime.fromtimestamp(int(seconds), UTC).replace(microsecond=int((micros or "0")[:6]))
        return moment.astimezone(self.zone)
