"""Usage is discarded: a person takes events out of quarantine for good, and says why; what they said stays readable."""

from __future__ import annotations

from datetime import datetime

from farthing.core.metering.event import LONGEST_NAME
from farthing.core.refused import Clash, Refused, Unknown
from farthing.usecases.ports import ApartWhich, Discarding, SellerStore

LONGEST_REASON = 1000


def discard(store: SellerStore, which: ApartWhich, *, expect: int | None, by: str, because: str, now: datetime) -> int:
    """Discard those that fit, all of them or none; how many they were.

    Refuses (Clash) when they are not as many as `expect` says, since then others would be discarded than were looked
    at; without it, for one key, however often that was sent. A good resend of a discarded event is accepted.
    """
    discarding = Discarding(at=now, by=_said("who discards them", by), because=_said("why", because))
    with store.transaction():
        store.hold_acceptance()  # Read.
        if expect is not None:
            there = store.quarantined(which)
            if there != expect:  # Decide.
                raise Clash(
                    f"{there:,} events in quarantine fit, and not {expect:,}; look at them again, and say the number "
                    "that you want to discard.",
                    field="expect",
                )
        discarded = store.discard(which, discarding)  # Write.
        if not discarded:
            raise Unknown("No event in quarantine fits; it may have been accepted, mended or discarded meanwhile.")
        # What fits may have come after it was counted: then nothing of this transaction stays.
        if expect is not None and discarded != expect:
            raise Clash(
                f"{discarded:,} events in quarantine fit by now, and not {expect:,}; look at them again.",
                field="expect",
            )
    return discarded


def _said(what: str, text: str) -> str:
    longest = LONGEST_REASON if what == "why" else LONGEST_NAME
    if not text.strip():
        raise Refused(f"Say {what}; it is kept with what is discarded.", field="by" if what != "why" else "reason")
    if len(text) > longest:
        raise Refused(f"Say {what} in at most {longest:,} characters.", field="by" if what != "why" else "reason")
    return text.strip()
