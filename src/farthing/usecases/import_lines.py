"""Usage is imported from lines of JSON: each line is one event as it would be sent over HTTP."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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

# What a line that was kept apart consists of: where it stood, why, and the event, or the text that is none.
KEPT_APART = frozenset({"line", "reason", "event", "text"})


@dataclass(frozen=True, slots=True)
class Line:
    """One line: which of the file it is, and what stands there.

    Of a table, `event` is what the row says as an event, in place of a text, and `fault` what keeps it from being read.
    """

    line: int
    text: bytes
    event: Mapping[str, Any] | None = None
    fault: str = ""

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
        # Where no meter has a filter, every event of a type is added up alike.
        self._always = {
            event_type: _added_up(adding)
            for event_type, adding in self._adding.items()
            if all(meter.where is None for meter in adding)
        }

    def read(self, row: Line) -> tuple[UsageEvent | Unclear, datetime | None, bool]:
        """The event, when it says that it happened, and that no hour of it is doubtful; refuses what is no event."""
        if row.fault:
            raise Refused(row.fault)
        try:
            decoded = _decoded(row)
        except NotJson as fault:
            raise Refused(f"The line {fault}") from None
        if isinstance(decoded, Unclear):
            return identified(decoded), None, False
        event = read_event(decoded)
        return event, _happened_at(event), False

    def pass_over(self, row: Line) -> None:
        """Nothing is to be noted: each line has an identity of its own."""

    def amounts(self, event: UsageEvent) -> Iterator[tuple[str, Decimal]]:
        """The numbers of the event that some meter adds up, by the names of its properties."""
        if event.type not in self._adding or not isinstance(event.data, Mapping):
            return
        names = self._always.get(event.type)
        if names is None:
            names = _added_up(meter for meter in self._adding[event.type] if meter.concerns(event.data))
        for name in names:
            number = number_of(event.data.get(name))
            if number is not None:
                yield name, number


def _added_up(meters: Iterable[Meter]) -> list[str]:
    """The properties that these meters add up."""
    return sorted({name for meter in meters for name in meter.measure.needs})


def _decoded(row: Line) -> Any:
    if row.event is not None:
        return row.event
    try:
        return _mended(decode_json(row.text, what="line"))
    except NotJson:
        return read_carefully(text_of_json(row.text))


def _mended(decoded: object) -> object:
    """The event itself, of a line that an import kept apart and somebody mended."""
    if not isinstance(decoded, dict) or not {"line", "reason"} < decoded.keys() <= KEPT_APART:
        return decoded
    if "event" in decoded:
        return decoded["event"]
    return decode_json(str(decoded["text"]).encode("utf-8", "surrogateescape"), what="text")


def _happened_at(event: UsageEvent) -> datetime | None:
    """None for an event without a time that can be read: it happens when it is received, or is kept apart."""
    try:
        return None if event.time is None else instant(event.time)
    except Refused:
        return None
