"""Batches: usage that comes in under a name, and is taken back as a whole by one act that says who and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from farthing.core.metering.event import LONGEST_NAME, is_text
from farthing.core.metering.unclear import Unclear
from farthing.core.refused import Clash, Refused, Unknown
from farthing.usecases.batch_ports import Batch
from farthing.usecases.joined import joined
from farthing.usecases.ports import Outcome, SellerStore
from farthing.usecases.record_usage import Read, Told, record_events


def check_batch_name(name: str) -> str:
    """The name; refuses one that could not be typed again."""
    if not name or name != name.strip() or not name.isprintable() or not is_text(name) or "/" in name:
        raise Refused("A batch's name has no slash and no control characters; such as march-backfill.", field="batch")
    if len(name) > LONGEST_NAME:
        raise Refused(f"The batch's name is longer than {LONGEST_NAME} characters.", field="batch")
    return name


def record_in_batch(store: SellerStore, name: str, events: Sequence[Read], *, now: datetime) -> list[Told]:
    """Keep events as part of a batch; what was there before stays whose it was. Refuses one that was reverted."""
    if not events:
        return []
    with store.transaction():
        store.hold_catalogue()  # Read.
        store.hold_acceptance()
        reverted_at = store.batch_reverted_at(name)
        if reverted_at is not None:
            raise Clash(
                f"The batch “{name}” was reverted on {reverted_at:%Y-%m-%d}, and nothing is added to it any more; "
                "import under another name.",
                field="batch",
            )
        store.open_batch(name, opened_at=now)
        before = store.last_position()
        told = record_events(joined(store), events, now=now)
        accepted = sum(one.outcome is Outcome.ACCEPTED for one in told)
        if accepted:  # Write.
            store.keep_batch_part(name, after=before, upto=store.last_position(), events=accepted, kept_at=now)
        sent = [one.event if isinstance(one, Unclear) else one for one in events]
        quarantined = [event for event, one in zip(sent, told, strict=True) if one.outcome is Outcome.QUARANTINED]
        apart = [event.key for event in quarantined if event is not None]
        if apart:
            store.keep_batch_apart(name, apart)
    return told


def find_batch(store: SellerStore, name: str) -> Batch:
    """The batch of this name; refuses an unknown one with those there are."""
    with store.transaction():
        batch = store.batch(name) if is_text(name) else None
        newest = [] if batch is not None else store.batches(limit=5)
    if batch is None:
        known = ", ".join(one.name for one in newest) or "none yet; farthing usage import FILE --batch NAME makes one"
        raise Unknown(f"There is no batch “{name[:64]}”; the newest are: {known}.", field="batch")
    return batch


def list_batches(store: SellerStore, *, limit: int = 100) -> list[Batch]:
    """Newest first."""
    with store.transaction():
        return store.batches(limit=limit)


def revert_batch(
    store: SellerStore,
    name: str,
    *,
    reason: str,
    by: str,
    now: datetime,
    steps: int | None = None,
    after_step: Callable[[int], None] | None = None,
) -> Batch:
    """Void every event of a batch that is still in force, each once; the batch as it is then.

    It goes in steps, each durable by itself: what a crash cuts off is gone on with, here or by the job. Of one that
    was reverted already who and why stay what they were. With `steps` it takes that many at most.
    """
    for named, said in (("reason", reason), ("by", by)):
        if not said.strip() or not is_text(said):
            raise Refused(f"Reverting a batch needs a {named}, as a text.", field=named)
    find_batch(store, name)
    with store.transaction():
        store.hold_acceptance()
        store.open_revert(name, by=by, reason=reason, at=now)
    go_on_reverting(store, name, steps=steps, after_step=after_step)
    return find_batch(store, name)


def go_on_reverting(
    store: SellerStore, name: str, *, steps: int | None = None, after_step: Callable[[int], None] | None = None
) -> int:
    """Take the steps that are left of a revert, or some of them; how many events that voided."""
    voided = taken = 0
    while steps is None or taken < steps:
        with store.transaction():
            store.hold_acceptance()
            done = store.revert_step(name)
        if done is None:
            break
        taken += 1
        voided += done
        if after_step is not None:
            after_step(voided)
    return voided


def go_on_reverting_all(store: SellerStore) -> int:
    """The same for every batch of which something is left; how many events that voided."""
    with store.transaction():
        unfinished = store.unfinished_reverts()
    return sum(go_on_reverting(store, name) for name in unfinished)
