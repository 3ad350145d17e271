"""Usage comes in: each event is kept once, however often it is sent, and its sender is told what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from farthing.core.metering.event import UsageEvent, read_event
from farthing.core.metering.meter import Meter
from farthing.core.metering.screen import Quarantined, Screen
from farthing.core.quality.arrivals import arrived, told_at
from farthing.core.refused import Refused
from farthing.usecases.ports import Outcome, SellerStore


@dataclass(frozen=True, slots=True)
class Told:
    """What became of the event at this index of what was sent, and why when it was not simply accepted."""

    index: int
    outcome: Outcome
    reason: str = ""


def record_usage(store: SellerStore, sent: Sequence[object], *, now: datetime) -> list[Told]:
    """Keep decoded JSON events; durable when it returns. One answer for each, in the order sent."""
    refused: dict[int, Told] = {}
    read: list[tuple[int, UsageEvent]] = []
    for index, raw in enumerate(sent):
        try:
            read.append((index, read_event(raw)))
        except Refused as fault:
            refused[index] = Told(index, Outcome.REFUSED, fault.sentence)
    told = {index: answer for (index, _), answer in zip(read, _keep(store, read, now=now), strict=True)}
    return [(refused | told)[index] for index in range(len(sent))]


def record_events(store: SellerStore, events: Sequence[UsageEvent], *, now: datetime) -> list[Told]:
    """The same for events that are read already."""
    return _keep(store, list(enumerate(events)), now=now)


def _keep(store: SellerStore, read: Sequence[tuple[int, UsageEvent]], *, now: datetime) -> list[Told]:
    if not read:
        return []
    with store.transaction():
        store.hold_catalogue()  # Read.
        screen = screen_of(store, [event for _, event in read])
        screened = [screen.screen(event, now=now) for _, event in read]  # Decide.
        outcomes = store.keep_events(screened, received_at=now)  # Write.
        told = [told_at(result) for result in screened]
        sources = [event.source for _, event in read]
        store.note_sources(arrived(sources, outcomes, told, received_at=now), received_at=now)
    return [
        Told(index, outcome, _reason(outcome, result))
        for (index, _), outcome, result in zip(read, outcomes, screened, strict=True)
    ]


def screen_of(store: SellerStore, events: Sequence[UsageEvent]) -> Screen:
    """What these events are held against today; to be called in a transaction that holds the catalogue."""
    return Screen(
        meters_by_type=_by_type(screening_meters(store)),
        customers_by_subject=store.customers_by_subject({event.subject for event in events}),
    )


def screening_meters(store: SellerStore) -> list[Meter]:
    """The meters that an event must satisfy to be accepted; to be called in a transaction.

    Beside the newest they are all by which usage may yet be billed, so that a property with a new name is not
    missed at the end of the month by those who are on an older version.
    """
    by_usage = {(meter.event_type, meter.measure, meter.where): meter for meter in store.meters_in_use()}
    by_usage |= {(meter.event_type, meter.measure, meter.where): meter for meter in store.meters().values()}
    return list(by_usage.values())


def _by_type(meters: Sequence[Meter]) -> dict[str, list[Meter]]:
    by_type: dict[str, list[Meter]] = {}
    for meter in meters:
        by_type.setdefault(meter.event_type, []).append(meter)
    return by_type


def _reason(outcome: Outcome, result: object) -> str:
    match outcome:
        case Outcome.QUARANTINED:
            assert isinstance(result, Quarantined)
            return result.reason
        case Outcome.DUPLICATE:
            return "This event was kept before; it counts once."
        case Outcome.CONFLICT:
            return "Another event holds this source and id and says something else; both are kept for you to compare."
        case _:
            return ""
