"""Usage is mended: what was kept apart is screened again, as it was sent or corrected, and counts once it is good."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from farthing.core.metering.correction import is_correction
from farthing.core.metering.event import UsageEvent, read_event
from farthing.core.metering.screen import Accepted, Quarantined, Screen
from farthing.core.refused import Refused, Unknown
from farthing.usecases.correct_usage import settle_waiting
from farthing.usecases.correction_ports import WaitingCorrection
from farthing.usecases.ports import ApartEvent, ApartWhich, Outcome, SellerStore
from farthing.usecases.record_usage import screen_of

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many were looked at and what became of them.

    `next_after` is the key with which to go on; None when all were looked at.
    """

    looked_at: int
    accepted: int
    duplicate: int
    conflict: int
    quarantined: int
    next_after: UUID | None


def replay(
    store: SellerStore,
    which: ApartWhich,
    *,
    now: datetime,
    after: UUID | None = None,
    limit: int | None = None,
    after_batch: Callable[[int, UUID], None] | None = None,
) -> Replayed:
    """Screen again what is in quarantine under today's catalogue and customers, in batches, each durable by itself.

    What is good is accepted and leaves quarantine in one transaction; the rest stays, for the reason of today. Of
    several events with one key the one received last is accepted, and the others are kept as conflicts with it. An
    event without a time happened when it was received. `after_batch` hears how many were looked at, and the key with
    which to go on.
    """
    counts: Counter[Outcome] = Counter()
    while limit is None or counts.total() < limit:
        most = AT_ONCE if limit is None else min(AT_ONCE, limit - counts.total())
        with store.transaction():
            store.hold_catalogue()  # Read.
            store.hold_acceptance()
            batch = store.quarantine_to_replay(which=which, after=after, limit=most)
            if batch:
                outcomes = _replay(store, batch, now=now)
        if not batch:
            return _replayed(counts, None)
        counts.update(outcomes)
        after = batch[-1].key
        if after_batch is not None:
            after_batch(counts.total(), after)
    return _replayed(counts, after)


def mend(store: SellerStore, key: UUID, corrected: Mapping[str, Any], *, now: datetime) -> None:
    """Accept the corrected event in place of what is in quarantine with this key; refuses what is still not good.

    Its source and id stay what they were, said again or not. Without a time it happened when it was received. What
    was sent first stays readable among the conflicts.
    """
    with store.transaction():
        store.hold_catalogue()  # Read.
        store.hold_acceptance()
        kept = store.quarantine_to_replay(which=ApartWhich(key=key), limit=1)
        if not kept:
            raise Unknown(
                f"No event with the key {key} is in quarantine; it may have been accepted or mended meanwhile.",
                field="key",
            )
        if any(is_correction(one.event) for one in kept):
            raise Refused(
                "This is a correction and no event; send it mended to POST /v1/corrections, with its own source and "
                "id, and it takes the place of this one."
            )
        identity = {name: kept[0].event[name] for name in ("source", "id") if name in kept[0].event}
        event = read_event(identity | dict(corrected))
        if event.key != key:
            raise Refused("A corrected event keeps its source and id; send another identity as an event of its own.")
        received_at = min(one.received_at for one in kept)
        screen = screen_of(store, [event])
        screened = _screened(screen, event, received_at, now=now)  # Decide.
        if isinstance(screened, Quarantined):
            raise Refused(f"The corrected event is not good yet, and nothing was changed. {screened.reason}")
        store.keep_in_conflict(one for one in kept if one.content != event.content)  # Write.
        (outcome,) = store.keep_events([screened], received_at=now)
        assert outcome is Outcome.ACCEPTED, f"the key {key} was in quarantine and is {outcome}"


def _replay(store: SellerStore, batch: list[ApartEvent], *, now: datetime) -> list[Outcome]:
    corrections = [one for one in batch if is_correction(one.event)]
    if corrections:
        events = [one for one in batch if not is_correction(one.event)]
        return [*(_replay(store, events, now=now) if events else []), *_settle(store, corrections, now=now)]
    # What could not be read for sure when it came stays as it is.
    read = [(one, read_event(dict(one.event))) for one in batch if "text" not in one.event]
    screen = screen_of(store, [event for _, event in read])
    screened = [(one, _screened(screen, event, one.received_at, now=now)) for one, event in read]  # Decide.
    good: dict[UUID, tuple[ApartEvent, Accepted]] = {}
    for one, result in screened:
        if isinstance(result, Accepted):
            good.setdefault(one.key, (one, result))
    chosen = [one for one, _ in good.values()]
    beside = [one for one in batch if one.key in good and one is not good[one.key][0]]
    store.keep_in_conflict(beside)  # Write.
    outcomes = store.keep_events([result for _, result in good.values()], received_at=now)
    store.let_go(chosen)
    staying = [
        (one, result.reason) for one, result in screened if isinstance(result, Quarantined) and one.key not in good
    ]
    store.keep_reasons(staying)
    still = len(batch) - len(chosen) - len(beside)
    return [*outcomes, *[Outcome.CONFLICT] * len(beside), *[Outcome.QUARANTINED] * still]


def _settle(store: SellerStore, corrections: Sequence[ApartEvent], *, now: datetime) -> list[Outcome]:
    """Corrections that were kept apart are tried again, after the events that they may be about."""
    waiting = [WaitingCorrection(one.key, one.content, one.received_at, one.event) for one in corrections]
    outcomes = settle_waiting(store, waiting, now=now)
    # One that is refused stays where it is, with that reason.
    return [Outcome.QUARANTINED if outcome is Outcome.REFUSED else outcome for outcome in outcomes]


def _screened(screen: Screen, event: UsageEvent, received_at: datetime, *, now: datetime) -> Accepted | Quarantined:
    return screen.screen(event, now=received_at if event.time is None else now)


def _replayed(counts: Counter[Outcome], next_after: UUID | None) -> Replayed:
    return Replayed(
        looked_at=counts.total(),
        accepted=counts[Outcome.ACCEPTED],
        duplicate=counts[Outcome.DUPLICATE],
        conflict=counts[Outcome.CONFLICT],
        quarantined=counts[Outcome.QUARANTINED],
        next_after=next_after,
    )
