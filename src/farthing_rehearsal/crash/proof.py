"""The proof: what was answered is kept once with what it said, and nothing else is."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise

from farthing.core.period import Period
from farthing.usecases.ports import KeptEvent, SellerStore
from farthing_rehearsal.crash.senders import Answered
from farthing_rehearsal.crash.sent import CUSTOMERS, EVENT_TYPE, Sent

_PAGE = 5_000
_SHOWN = 3


def findings(store: SellerStore, sent: Sent, month: Period, answered: Answered) -> list[str]:
    """A sentence for each promise that was broken; none when all were kept."""
    number_of = {sent.id(number): number for number in answered.sent}
    times: Counter[int] = Counter()
    positions: array[int] = array("q")
    strange: list[str] = []
    changed: list[str] = []
    for kept in _kept(store, month):
        positions.append(kept.position)
        number = number_of.get(kept.event.id)
        if number is None:
            strange.append(kept.event.id)
            continue
        times[number] += 1
        if kept.event != sent.event(number):
            changed.append(kept.event.id)
    with store.transaction():
        counted = store.counts().accepted
        last_position = store.last_position()
        apart = {str(one.event.get("id")) for one in store.quarantine(limit=len(answered.sent) + 1)}
    accepted = Counter(answered.accepted)
    ordered = sorted(positions)
    return [
        *answered.faults,
        *_told("told accepted or duplicate, and not there", (accepted.keys() | answered.duplicate) - times.keys()),
        *_told("told accepted more than once", (number for number, told in accepted.items() if told > 1)),
        *_told("kept more than once", (number for number, kept in times.items() if kept > 1)),
        *_told("kept with other content than was sent", changed),
        *_told("kept and never sent", strange),
        *_told("told quarantined, and not there", {sent.id(number) for number in answered.quarantined} - apart),
        *_told("positions that two events have", (one for one, other in pairwise(ordered) if one == other)),
        *_told("positions above the last one", (one for one in ordered[-1:] if one > last_position)),
        *([] if counted == len(positions) else [f"{counted} events are counted, and {len(positions)} are there."]),
    ]


def _kept(store: SellerStore, month: Period) -> Iterator[KeptEvent]:
    """Every event there is, a page at a time."""
    for key in CUSTOMERS:
        after = 0
        while True:
            with store.transaction():
                customer = store.customer_by_key(key)
                assert customer is not None, f"{key} was set up"
                page = store.events(
                    customer_id=customer.customer_id,
                    event_type=EVENT_TYPE,
                    period=month,
                    to_position=store.last_position(),
                    after_position=after,
                    limit=_PAGE,
                )
            yield from page
            if len(page) < _PAGE:
                break
            after = page[-1].position


def _told(what: str, which: Iterable[object]) -> list[str]:
    """One sentence for all that share a fault, with the first few of them.

    >>> _told("kept more than once", [7, 9])
    ['2 kept more than once, such as 7, 9.']
    >>> _told("kept and never sent", [])
    []
    """
    listed = list(which)
    if not listed:
        return []
    return [f"{len(listed)} {what}, such as {', '.join(map(str, listed[:_SHOWN]))}."]
