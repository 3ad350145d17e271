"""Usage comes in: each event is kept once, however often it is sent, and its sender is told what became of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from farthing.core.metering.columns import Columns
from farthing.core.metering.event import UsageEvent, read_event
from farthing.core.metering.glance import Glance, Plain
from farthing.core.metering.meter import Meter
from farthing.core.metering.screen import Accepted, Quarantined, Screen
from farthing.core.refused import Refused
from farthing.usecases.ports import Outcome, SellerStore

# What is screened against is read again after so long, however little has changed.
_REMEMBERED_FOR = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Told:
    """What became of the event at this index of what was sent, and why when it was not simply accepted."""

    index: int
    outcome: Outcome
    reason: str = ""


def record_usage(store: SellerStore, sent: Sequence[object], *, now: datetime) -> list[Told]:
    """Keep decoded JSON events; durable when it returns. One answer for each, in the order sent."""
    events, refused = read_events(sent)
    return _all_told(_keep(store, events, now=now) | refused, len(sent))


def record_events(store: SellerStore, events: Sequence[UsageEvent], *, now: datetime) -> list[Told]:
    """The same for events that are read already."""
    return _all_told(_keep(store, dict(enumerate(events)), now=now), len(events))


def read_events(sent: Sequence[object]) -> tuple[dict[int, UsageEvent], dict[int, Told]]:
    """The events by their index, and what is told of those that are none."""
    events: dict[int, UsageEvent] = {}
    refused: dict[int, Told] = {}
    for index, raw in enumerate(sent):
        try:
            events[index] = read_event(raw)
        except Refused as fault:
            refused[index] = Told(index, Outcome.REFUSED, fault.sentence)
    return events, refused


def _all_told(told: Mapping[int, Told], many: int) -> list[Told]:
    return [told.get(index) or Told(index, Outcome.ACCEPTED) for index in range(many)]


class Recorder:
    """Keeps what is sent for one seller, and remembers for a while what events are screened against.

    Several may work side by side, in threads and in processes; one is for one thread at a time.
    """

    def __init__(self, store: SellerStore) -> None:
        self._store = store
        self._glance: Glance | None = None
        self._revision = 0
        self._good_until: datetime | None = None

    def record(
        self, plain: Sequence[Plain | None], others: Mapping[int, UsageEvent], *, world: datetime
    ) -> dict[int, Told]:
        """Keep events that were read plainly, by their place, and `others` at places of their own, where it says None.

        Durable when it returns. Only those that were not simply accepted are told of, by their index. `world` is the
        world's time.
        """
        if self._good_until is not None and world > self._good_until:
            self._glance = None
        columns, doubtful = self._looked_over(plain, others, world)
        if not len(columns) and not doubtful:
            return {}
        with self._store.transaction():
            self._store.hold_catalogue()  # Read.
            revision = self._store.catalogue_revision()
            if self._glance is None or revision != self._revision:
                self._learn(revision, world)
                columns, doubtful = self._looked_over(plain, others, world)
            assert self._glance is not None, "it was just made"
            now = world + self._glance.shift
            screened = _screened(self._store, doubtful, now=now)  # Decide.
            return _kept(self._store, columns, screened, now=now, learn=self._glance.learn)  # Write.

    def _looked_over(
        self, plain: Sequence[Plain | None], others: Mapping[int, UsageEvent], world: datetime
    ) -> tuple[Columns, dict[int, UsageEvent]]:
        """What is good at a glance, and what takes a second look."""
        columns, doubtful = Columns(), dict(others)
        if self._glance is not None:
            left = self._glance.look(plain, columns, now=world + self._glance.shift)
        else:
            left = [index for index, event in enumerate(plain) if event is not None]
        for index in left:
            event = plain[index]
            assert event is not None, "only events are looked at"
            doubtful[index] = UsageEvent(event.source, event.id, event.type, event.subject, event.time, event.data)
        return columns, doubtful

    def _learn(self, revision: int, world: datetime) -> None:
        shift = self._store.seller().now(world) - world
        self._glance = Glance(_by_type(screening_meters(self._store)), shift=shift)
        self._revision = revision
        self._good_until = world + _REMEMBERED_FOR


def _keep(store: SellerStore, events: Mapping[int, UsageEvent], *, now: datetime) -> dict[int, Told]:
    if not events:
        return {}
    with store.transaction():
        store.hold_catalogue()  # Read.
        screened = _screened(store, events, now=now)  # Decide.
        return _kept(store, Columns(), screened, now=now)  # Write.


def _screened(
    store: SellerStore, events: Mapping[int, UsageEvent], *, now: datetime
) -> dict[int, Accepted | Quarantined]:
    if not events:
        return {}
    screen = screen_of(store, list(events.values()))
    return {index: screen.screen(event, now=now) for index, event in sorted(events.items())}


def _kept(
    store: SellerStore,
    columns: Columns,
    screened: Mapping[int, Accepted | Quarantined],
    *,
    now: datetime,
    learn: Callable[[Mapping[str, UUID]], None] = lambda _: None,
) -> dict[int, Told]:
    apart: list[tuple[int, Quarantined]] = []
    customers: dict[str, UUID] = {}
    for index, result in screened.items():
        if isinstance(result, Accepted):
            columns.add(index, result)
            customers[result.event.subject] = result.customer_id
        else:
            apart.append((index, result))
    learn(customers)
    outcomes = store.keep_columns(columns.in_order(), apart, received_at=now)
    voided = _voided(store, columns, apart, outcomes)
    return {
        index: Told(index, outcome, _VOIDED[outcome] if index in voided else _reason(outcome, screened.get(index)))
        for index, outcome in outcomes.items()
    }


def _voided(
    store: SellerStore,
    columns: Columns,
    apart: Sequence[tuple[int, Quarantined]],
    outcomes: Mapping[int, Outcome],
) -> set[int]:
    """The places of those that were there before and were voided since: their senders should know."""
    before = {index for index, outcome in outcomes.items() if outcome in _VOIDED}
    if not before:
        return set()
    keys = {index: UUID(bytes=key) for index, key in zip(columns.index, columns.key, strict=True) if index in before}
    keys |= {index: one.event.key for index, one in apart if index in before}
    voided = store.voided(set(keys.values()))
    return {index for index, key in keys.items() if key in voided}


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


_VOIDED = {
    Outcome.DUPLICATE: "This event was kept before and voided since; it counts no more. "
    "Usage that counts is a new event, with an id of its own.",
    Outcome.CONFLICT: "Another event holds this source and id, says something else, and was voided since; "
    "usage that counts is a new event, with an id of its own.",
}
