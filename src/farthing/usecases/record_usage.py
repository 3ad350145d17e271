"""Usage comes in: each event is kept once, however often it is sent, and its sender is told what became of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from farthing.core.metering.columns import Columns, instant_at
from farthing.core.metering.event import UsageEvent, read_event
from farthing.core.metering.glance import Glance, Plain
from farthing.core.metering.meter import Meter
from farthing.core.metering.screen import Accepted, Quarantined, Screen
from farthing.core.metering.unclear import Unclear
from farthing.core.quality.arrivals import Arrived, all_accepted, arrived, told_at
from farthing.core.refused import Refused
from farthing.usecases.ports import Outcome, SellerStore
from farthing.usecases.reservation_ports import Commit

# What is screened against is read again after so long, however little has changed.
_REMEMBERED_FOR = timedelta(seconds=10)
# So long a sender waits for somebody else who keeps the catalogue or the positions, and is then told to come back.
_PATIENCE_SECONDS = 10.0


Read = UsageEvent | Unclear


@dataclass(frozen=True, slots=True)
class Told:
    """What became of the event at this index of what was sent, and why when it was not simply accepted."""

    index: int
    outcome: Outcome
    reason: str = ""


def record_usage(store: SellerStore, sent: Sequence[object], *, now: datetime) -> list[Told]:
    """Keep decoded JSON events; durable when it returns. One answer for each, in the order sent.

    One that was read as `Unclear` is kept apart, if it has an identity.
    """
    events, refused = read_events(sent)
    return _all_told(_keep(store, events, now=now) | refused, len(sent))


def identified(unclear: Unclear) -> Unclear:
    """The same; refuses what has no identity."""
    if unclear.event is None:
        raise Refused(unclear.reason)
    return unclear


def record_events(store: SellerStore, events: Sequence[Read], *, now: datetime) -> list[Told]:
    """The same for events that are read already."""
    return _all_told(_keep(store, dict(enumerate(events)), now=now), len(events))


def read_events(sent: Sequence[object]) -> tuple[dict[int, Read], dict[int, Told]]:
    """The events by their index, and what is told of those that are none."""
    events: dict[int, Read] = {}
    refused: dict[int, Told] = {}
    for index, raw in enumerate(sent):
        try:
            events[index] = identified(raw) if isinstance(raw, Unclear) else read_event(raw)
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

    def record(self, plain: Sequence[Plain | None], others: Mapping[int, Read], *, world: datetime) -> dict[int, Told]:
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
            self._store.wait_at_most(_PATIENCE_SECONDS)
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
        self, plain: Sequence[Plain | None], others: Mapping[int, Read], world: datetime
    ) -> tuple[Columns, dict[int, Read]]:
        """What is good at a glance, and what takes a second look."""
        columns = Columns()
        doubtful: dict[int, Read] = dict(others)
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
        # What a rule changes is left to the screen, which keeps what was sent beside what is measured.
        ruled = self._store.event_rules()
        plain = [meter for meter in screening_meters(self._store) if meter.event_type not in ruled]
        self._glance = Glance(_by_type(plain), shift=shift)
        self._revision = revision
        self._good_until = world + _REMEMBERED_FOR


def _keep(store: SellerStore, events: Mapping[int, Read], *, now: datetime) -> dict[int, Told]:
    if not events:
        return {}
    with store.transaction():
        store.hold_catalogue()  # Read.
        screened = _screened(store, events, now=now)  # Decide.
        return _kept(store, Columns(), screened, now=now)  # Write.


def _screened(store: SellerStore, events: Mapping[int, Read], *, now: datetime) -> dict[int, Accepted | Quarantined]:
    if not events:
        return {}
    screen = screen_of(store, [event for event in events.values() if isinstance(event, UsageEvent)])
    return {index: _held_against(screen, events[index], now=now) for index in sorted(events)}


def _held_against(screen: Screen, event: Read, *, now: datetime) -> Accepted | Quarantined:
    if isinstance(event, UsageEvent):
        return screen.screen(event, now=now)
    assert event.event is not None, "who has no identity was refused"
    return Quarantined(event.event, event.reason, event.text)


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
    commits: dict[int, Commit] = {}
    for index, result in screened.items():
        if isinstance(result, Accepted):
            columns.add(index, result)
            customers[result.event.subject] = result.customer_id
            if result.sent.reservation is not None:
                commits[index] = Commit(result.customer_id, result.sent.reservation, result.sent.key)
        else:
            apart.append((index, result))
    learn(customers)
    columns = columns.in_order()
    outcomes = store.keep_columns(columns, apart, received_at=now)
    store.note_sources(_arrived(columns, apart, outcomes, now=now), received_at=now)
    voided = _voided(store, columns, apart, outcomes)
    told = {
        index: Told(index, outcome, _VOIDED[outcome] if index in voided else _reason(outcome, screened.get(index)))
        for index, outcome in outcomes.items()
    }
    return _committed(store, commits, outcomes, now=now) | told if commits else told


def _committed(
    store: SellerStore, commits: Mapping[int, Commit], outcomes: Mapping[int, Outcome], *, now: datetime
) -> dict[int, Told]:
    """End the reservations of what was accepted, now or before; tells of those that nobody knows, by their index."""
    good = {
        index: commit
        for index, commit in commits.items()
        if outcomes.get(index, Outcome.ACCEPTED) in (Outcome.ACCEPTED, Outcome.DUPLICATE)
    }
    known = store.commit_reservations(list(good.values()), at=now)
    return {
        index: Told(index, Outcome.ACCEPTED, _NOTHING_HELD.format(reservation=commit.reservation_id[:64]))
        for index, commit in good.items()
        if (commit.customer_id, commit.reservation_id) not in known
    }


def _arrived(
    columns: Columns, apart: Sequence[tuple[int, Quarantined]], outcomes: Mapping[int, Outcome], *, now: datetime
) -> list[Arrived]:
    """What came of each source, for its habits to be known."""
    if not outcomes:
        return all_accepted(columns, received_at=now)
    sources = [*columns.source, *(one.event.source for _, one in apart)]
    became = [outcomes.get(index, Outcome.ACCEPTED) for index in (*columns.index, *(index for index, _ in apart))]
    happened = [
        None if time is None else instant_at(moment)
        for time, moment in zip(columns.time, columns.happened, strict=True)
    ]
    return arrived(sources, became, [*happened, *(told_at(one) for _, one in apart)], received_at=now)


def _voided(
    store: SellerStore, columns: Columns, apart: Sequence[tuple[int, Quarantined]], outcomes: Mapping[int, Outcome]
) -> set[int]:
    """Those that were there before and were voided since, by their index: their senders should know."""
    before = {index for index, outcome in outcomes.items() if outcome in (Outcome.DUPLICATE, Outcome.CONFLICT)}
    if not before:
        return set()
    keys = {index: UUID(bytes=key) for index, key in zip(columns.index, columns.key, strict=True) if index in before}
    keys |= {index: one.event.key for index, one in apart if index in before}
    voided = store.voided(set(keys.values()))
    return {index for index, key in keys.items() if key in voided}


def screen_of(store: SellerStore, events: Sequence[UsageEvent]) -> Screen:
    """What these events are held against today; to be called in a transaction that holds the catalogue."""
    rules = store.event_rules()
    subjects = {rules[event.type].subject_of(event) if event.type in rules else event.subject for event in events}
    return Screen(
        meters_by_type=_by_type(screening_meters(store)),
        customers_by_subject=store.customers_by_subject(subjects),
        rules_by_type=rules,
    )


def screening_meters(store: SellerStore) -> list[Meter]:
    """The meters that an event must satisfy to be accepted; to be called in a transaction.

    Beside the newest they are all by which usage may yet be billed, so that a property with a new name is not
    missed at the end of the month by those who are on an older version.
    """
    newest = {(*_usage(meter), meter.schema): meter for meter in store.meters().values()}
    usages = {_usage(meter) for meter in newest.values()}
    older = {_usage(meter): meter for meter in store.meters_in_use()}
    return [*newest.values(), *(meter for usage, meter in older.items() if usage not in usages)]


def _usage(meter: Meter) -> tuple[object, ...]:
    """What a meter must be able to measure."""
    return meter.event_type, meter.measure, meter.where


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


_NOTHING_HELD = "It counts. This customer has no reservation “{reservation}”, so nothing that was held is free now."
_VOIDED = {
    Outcome.DUPLICATE: "This event was kept before and voided since; it counts no more. "
    "Usage that counts is a new event, with an id of its own.",
    Outcome.CONFLICT: "Another event holds this source and id, says something else, and was voided since; "
    "usage that counts is a new event, with an id of its own.",
}
