"""Accepted events that a rule changed: as they were sent, beside what is measured of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from farthing.core.metering.event import UsageEvent, read_event
from farthing.core.metering.screen import Mapped
from farthing.postgres.session import Session
from farthing.postgres.written import read_json, write_json


class MappedEvents(Session):
    """What was sent, of the events of one seller that are measured otherwise."""

    def _keep_mapped(self, mapped: Iterable[tuple[int, Mapped]]) -> None:
        """Keep what was sent of events that this transaction accepts, by their positions."""
        known = list(mapped)
        if not known:
            return
        self._run(
            """
            INSERT INTO farthing.usage_mapped (position, event_type, rule_version, sent)
            SELECT * FROM unnest(
                %(positions)s::bigint[], %(event_types)s::text[], %(versions)s::integer[], %(sent)s::text[]
            )
            """,
            {
                "positions": [position for position, _ in known],
                "event_types": [one.sent.type for _, one in known],
                "versions": [one.rule_version for _, one in known],
                "sent": [event_text(one.sent) for _, one in known],
            },
        )

    def mapped_at(self, positions: Sequence[int]) -> Mapping[int, Mapped]:
        """The events at these positions that a rule changed, as they were sent."""
        rows = self._rows(
            """
            SELECT position, rule_version, sent FROM farthing.usage_mapped
            WHERE position = ANY(%(positions)s::bigint[])
            """,
            {"positions": list(positions)},
        )
        return {row.position: Mapped(read_event(read_json(row.sent)), row.rule_version) for row in rows}


def event_text(event: UsageEvent, *, text: str | None = None) -> str:
    """The event as ASCII text, so that it can be shown whatever characters it holds.

    Its names stand in the order of the alphabet. Where its data cannot be told, `text` is what was sent.
    """
    said: dict[str, Any] = {
        "source": event.source,
        "id": event.id,
        "type": event.type,
        "subject": event.subject,
        "time": event.time,
    }
    return write_json(said | ({"data": event.data} if text is None else {"text": text}))
