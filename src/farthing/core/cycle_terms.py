"""A cycle as plain data, as a frozen invoice writes it, with the cycles it took the place of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from farthing.core.interval import MONTH, every_from
from farthing.core.period import Cycle


def cycle_terms(cycle: Cycle) -> dict[str, Any]:
    """The cycle as plain data; `cycle_from` reads it back.

    >>> cycle_terms(Cycle.monthly(15, "Asia/Tokyo"))
    {'zone': 'Asia/Tokyo', 'anchor_day': 15}
    """
    terms: dict[str, Any] = {"zone": cycle.in_zone, "anchor_day": cycle.anchor_day}
    # A plain month says no more than its day, as it did when there were no other cycles.
    if cycle.every != MONTH:
        terms |= {"anchor": cycle.anchor.isoformat(), "every": str(cycle.every)}
    if cycle.before is not None and cycle.since is not None:
        terms |= {"since": cycle.since.isoformat(), "before": cycle_terms(cycle.before)}
    return terms


def cycle_from(terms: Mapping[str, Any]) -> Cycle:
    """The cycle that these terms describe."""
    since = terms.get("since")
    # An invoice that belongs to no period rests on a zone alone.
    plain = Cycle.monthly(terms.get("anchor_day", 1), terms["zone"])
    return Cycle(
        anchor=date.fromisoformat(terms["anchor"]) if "anchor" in terms else plain.anchor,
        in_zone=plain.in_zone,
        every=every_from(terms.get("every", "month"), of="A frozen cycle"),
        since=None if since is None else datetime.fromisoformat(since),
        before=cycle_from(terms["before"]) if "before" in terms else None,
    )
