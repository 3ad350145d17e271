"""Usage is imported from lines of JSON: each line is one event as it would be sent over HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from farthing.core.metering.event import UsageEvent, instant, read_event
from farthing.core.metering.json_text import NotJson, decode_json, text_of_json
from farthing.core.metering.meter import Meter
from farthing.core.metering.total import Sum
from farthing.core.metering.unclear import Unclear, read_carefully
from farthing.core.metering.value import number_of
from farthing.core.refused import Refused
from farthing.usecases.record_usage import identified


@dataclass(frozen=True, slots=True)
class Line:
    """One line: which of the file it is, and what stands there."""

    line: int
    text: bytes

    @property
    def length(self) -> int:
        """How much there is to hold."""
        return len(self.text)


class LineReader:
    """Makes an event of a line. The sums are of what these meters add up."""

    def __init__(self, meters: Sequence[Meter]) -> None:
        self._adding: dict[str, list[Meter]] = {}
        for meter in meters:
            if isinstance(meter.measure, Sum):
                self._adding.setdefault(meter.event_type, []).append(meter)

    def read(self, row: Line) -> tuple[UsageEvent | Unclear, datetime | None, bool]:
        """The event, when it says that it happened, and that no hour of it is doubtful; refuses what is no event."""
        try:
            decoded = _decoded(row.text)
        except NotJson as fault:
            raise Refused(f"The line {fault}") from None
        if isinstance(decoded, Unclear):
            return identified(decoded), None, False
        event = read_event(decoded)
        return event, _happened_at(event), False

    def amounts(self, event: UsageEvent) -> Iterator[tuple[str, Decimal]]:
        """The numbers of the event that some meter adds up, by the names of its properties."""
        if event.type not in self._adding or not isinstance(event.data, Mapping):
            return
        names = {
            name for meter in self._adding[event.type] if meter.concerns(event.data) for name in meter.measure.needs
        }
        for name in sorted(names):
            number = number_of(event.data.get(name))
            if number is not None:
                yield name, number


def _decoded(line: bytes) -> Any:
    try:
        return decode_json(line)
    except NotJson:
        return read_carefully(text_of_json(line))


def _happened_at(event: UsageEvent) -> datetime | None:
    """None for an event without a time that can be read: it happens when it is received, or is kept apart."""
    try:
        return None if event.time is None else instant(event.time)
    except Refused:
        return None
