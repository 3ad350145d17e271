"""Usage is discarded: a person takes events out of quarantine for good, and says why; what they said stays readable."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from farthing.core.metering.event import LONGEST_NAME
from farthing.core.refused import Clash, Refused, Unknown
from farthing.usecases.ports import ApartWhich, Discarding, SellerStore

LONGEST_REASON = 1000
# In one transaction, during which nobody else of the seller accepts events.
AT_ONCE = 10_000


def discard(
    store: SellerStore,
    which: ApartWhich,
    *,
    expect: int | None,
    by: str,
    because: str,
    now: datetime,
    after_batch: Callable[[int], None] | None = None,
) -> int:
    """Discard those that fit; how many they were. A good resend of a discarded event is accepted.

    Refuses (Clash) when they are not as many as `expect` says, since then others would be discarded than were looked
    at; without it, for one key, however often that was sent. Up to `AT_ONCE` are discarded together or not at all,
    more in batches, each durable by itself, and never more than were expected.
    """
    discarding = Discarding(at=now, by=_said("who discards them", by), because=_said("why", because))
    discarded = 0
    while expect is None or discarded < expect:
        most = AT_ONCE if expect is None else min(AT_ONCE, expect - discarded)
        with store.transaction():
            store.hold_acceptance()  # Read.
            if expect is not None and not discarded:
                _check_number(store.quarantined(which), expect)  # Decide.
            together = expect is not None and expect <= AT_ONCE
            many = store.discard(which, discarding, limit=most + together)  # Write.
            if many > most:  # One came after they were counted: nothing of this transaction stays.
                _check_number(many, most)
        discarded += many
        if after_batch is not None:
            after_batch(discarded)
        if many < most:
            break
    if not discarded:
        raise Unknown("No event in quarantine fits; it may have been accepted, mended or discarded meanwhile.")
    return discarded


def _check_number(there: int, expect: int) -> None:
    if there != expect:
        raise Clash(
            f"{there:,} events in quarantine fit, and not {expect:,}; look at them again, and say the number that you "
            "want to discard.",
            field="expect",
        )


def _said(what: str, text: str) -> str:
    longest = LONGEST_REASON if what == "why" else LONGEST_NAME
    if not text.strip():
        raise Refused(f"Say {what}; it is kept with what is discarded.", field="by" if what != "why" else "reason")
    if len(text) > longest:
        raise Refused(f"Say {what} in at most {longest:,} characters.", field="by" if what != "why" else "reason")
    return text.strip()
