"""Usage is corrected: an accepted event is amended or voided, once, by a fact of its own that says who and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from farthing.core.metering.correction import (
    Correctable,
    Correction,
    comes_too_early,
    kept_correction,
    read_correction,
    refuse_correction,
)
from farthing.core.metering.screen import Accepted, Quarantined, Screen
from farthing.core.refused import Refused
from farthing.usecases.correction_ports import ApartCorrection, Effect, WaitingCorrection
from farthing.usecases.ports import Outcome, SellerStore
from farthing.usecases.record_usage import Told, screen_of

AT_ONCE = 500
_KEPT_BEFORE = "This correction was kept before, and takes effect once."
_TAKEN = "This source and id belong to something else that was accepted; give the correction an id of its own."
_BESIDE = "Another correction with this source and id was received later; that one is tried."
_OF_A_CORRECTION = "“{id}” of “{source}” is a correction itself; correct once more the event that it is about."


def correct_usage(store: SellerStore, sent: Sequence[object], *, now: datetime) -> list[Told]:
    """Correct by decoded JSON corrections, in the order sent; durable when it returns. One answer for each.

    A correction that comes before its event waits in quarantine, and so does an amendment that is not good yet. What
    is refused leaves everything as it is.
    """
    refused: dict[int, Told] = {}
    read: list[tuple[int, Correction]] = []
    for index, raw in enumerate(sent):
        try:
            read.append((index, read_correction(raw)))
        except Refused as fault:
            refused[index] = Told(index, Outcome.REFUSED, fault.sentence)
    told = dict(zip((index for index, _ in read), _keep(store, [one for _, one in read], now=now), strict=True))
    answers = {index: Told(index, outcome, reason) for index, (outcome, reason) in told.items()}
    return [(refused | answers)[index] for index in range(len(sent))]


def apply_waiting(store: SellerStore, *, now: datetime) -> int:
    """Let those take effect that came before their events, which are there by now; how many were looked at.

    Costs one look into an index when none waits, and may run in any number of processes.
    """
    looked_at = 0
    while True:
        with store.transaction():
            if not store.waiting_corrections(limit=1):
                return looked_at
        with store.transaction():
            store.hold_catalogue()
            store.hold_acceptance()
            waiting = store.waiting_corrections(limit=AT_ONCE)
            settle_waiting(store, waiting, now=now)
        looked_at += len(waiting)


def settle_waiting(store: SellerStore, waiting: Sequence[WaitingCorrection], *, now: datetime) -> list[Outcome]:
    """Try corrections that are in quarantine once more; what is refused stays there with that reason.

    To be called in a transaction that holds the catalogue and acceptance. One outcome for each, in the order given:
    that in which they came, but that of several with one key the one received last is tried.
    """
    newest = {one.key: one for one in sorted(waiting, key=lambda one: one.received_at)}
    tried: dict[WaitingCorrection, Correction] = {}
    told: dict[WaitingCorrection, tuple[Outcome, str, UUID | None]] = {}
    for one in waiting:
        try:
            correction = kept_correction(one.event)
        except Refused as fault:
            told[one] = Outcome.REFUSED, fault.sentence, None
        else:
            if newest[one.key] is one:
                tried[one] = correction
            else:
                told[one] = Outcome.QUARANTINED, _BESIDE, None
    decided = _decide(store, list(tried.values()), now=now)
    for place, (one, (outcome, reason)) in enumerate(zip(tried, decided.answers, strict=True)):
        told[one] = outcome, reason, decided.waits_for.get(place)
    store.keep_correction_reasons(  # Write.
        [
            (one, reason, waits_for)
            for one, (outcome, reason, waits_for) in told.items()
            if outcome is not Outcome.ACCEPTED
        ]
    )
    store.keep_corrections(decided.effects, received_at=now)
    return [told[one][0] for one in waiting]


@dataclass(slots=True)
class _Decided:
    """What is to be written, and the outcome and reason of each correction, in order."""

    effects: list[Effect] = field(default_factory=list)
    apart: list[ApartCorrection] = field(default_factory=list)
    conflicts: list[Correction] = field(default_factory=list)
    answers: list[tuple[Outcome, str]] = field(default_factory=list)
    waits_for: dict[int, UUID] = field(default_factory=dict)


def _keep(store: SellerStore, corrections: Sequence[Correction], *, now: datetime) -> list[tuple[Outcome, str]]:
    if not corrections:
        return []
    with store.transaction():
        store.hold_catalogue()
        store.hold_acceptance()
        decided = _decide(store, corrections, now=now)
        store.keep_corrections(decided.effects, received_at=now)  # Write.
        store.keep_corrections_in_conflict(decided.conflicts, received_at=now)
        store.keep_corrections_apart(decided.apart, received_at=now)
    return decided.answers


def _decide(store: SellerStore, corrections: Sequence[Correction], *, now: datetime) -> _Decided:
    """Each correction finds what the ones before it left."""
    held = dict(store.contents_of({one.key for one in corrections} | {one.of_key for one in corrections}))  # Read.
    of = dict(store.correctable({one.of_key for one in corrections}))
    amended = [one.event for one in corrections if one.event is not None]
    screen = screen_of(store, amended) if amended else Screen({}, {})
    position = store.last_position()
    decided = _Decided()
    for place, correction in enumerate(corrections):  # Decide.
        outcome, reason = Outcome.ACCEPTED, ""
        if correction.key in held:
            same = held[correction.key] == correction.content
            outcome, reason = (Outcome.DUPLICATE, _KEPT_BEFORE) if same else (Outcome.CONFLICT, _TAKEN)
            if not same:
                decided.conflicts.append(correction)
        elif correction.of_key not in of and correction.of_key not in held:
            outcome, reason = Outcome.QUARANTINED, comes_too_early(correction)
            decided.apart.append(ApartCorrection(correction, reason, waits_for=correction.of_key))
            decided.waits_for[place] = correction.of_key
        else:
            try:
                made = _made(correction, of.get(correction.of_key), screen, now=now)
            except Refused as fault:
                outcome, reason = Outcome.REFUSED, fault.sentence
            else:
                if isinstance(made, Quarantined):
                    outcome, reason = Outcome.QUARANTINED, made.reason
                    decided.apart.append(ApartCorrection(correction, reason))
                else:
                    position += 1
                    decided.effects.append(Effect(correction, position, of[correction.of_key], made))
                    of[correction.of_key] = decided.effects[-1].after
                    held[correction.key] = correction.content
        decided.answers.append((outcome, reason))
    return decided


def _made(
    correction: Correction, of: Correctable | None, screen: Screen, *, now: datetime
) -> Accepted | Quarantined | None:
    """What the event says from now on; None when it counts no more."""
    if of is None:
        raise Refused(_OF_A_CORRECTION.format(id=correction.of_id[:64], source=correction.of_source[:64]))
    refuse_correction(correction, of)
    event = correction.event
    if event is None:
        return None
    # Without a time an event happened when it was first received, however late it is amended.
    return screen.screen(event, now=of.accepted_at if event.time is None else now)
