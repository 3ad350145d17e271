"""What we ask of the store about corrections: an event's versions, and a place for what ended them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from farthing.core.metering.correction import Correctable, Correction, CorrectionKind, Version
from farthing.core.metering.screen import Accepted


@dataclass(frozen=True, slots=True)
class Effect:
    """A correction that takes effect at a position: the version it ends, and the one it makes, if any."""

    correction: Correction
    position: int
    of: Correctable
    made: Accepted | None

    @property
    def after(self) -> Correctable:
        """The event as the next correction finds it."""
        if self.made is None:
            return Correctable(self.of.first_position, self.of.accepted_at, self.of.last, is_voided=True)
        made = Version(self.position, self.made.customer_id, self.made.event.type, self.made.happened_at)
        return Correctable(self.of.first_position, self.of.accepted_at, made)


@dataclass(frozen=True, slots=True)
class ApartCorrection:
    """A correction that is kept apart, and why. `waits_for` is the event that has not come yet."""

    correction: Correction
    reason: str
    waits_for: UUID | None = None


@dataclass(frozen=True, slots=True, eq=False)
class WaitingCorrection:
    """A correction in quarantine, as it was kept; `content` tells it from others of its key."""

    key: UUID
    content: UUID
    received_at: datetime
    event: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class KeptVersion:
    """What an event said from `position` on, until the position at which that ended, if it did."""

    position: int
    customer_id: UUID
    type: str
    subject: str
    time: str | None
    data: Mapping[str, Any]
    happened_at: datetime
    accepted_at: datetime
    ended_at: int | None


@dataclass(frozen=True, slots=True)
class KeptCorrection:
    """A correction that took effect: which, by whom, why and when. `batch` names one that was reverted as a whole."""

    position: int
    kind: CorrectionKind
    source: str
    id: str
    reason: str
    by: str
    accepted_at: datetime
    batch: str | None = None


@dataclass(frozen=True, slots=True)
class EventHistory:
    """An accepted event with all its versions and what ended them, each in order."""

    key: UUID
    source: str
    id: str
    batch: str | None
    versions: Sequence[KeptVersion]
    corrections: Sequence[KeptCorrection]

    @property
    def in_force(self) -> KeptVersion | None:
        """The version that counts; None when it was voided."""
        last = self.versions[-1]
        return last if last.ended_at is None else None


@dataclass(frozen=True, slots=True)
class BilledOn:
    """A line of an invoice, by the invoice's number and its own."""

    number: str
    line_number: int


@dataclass(frozen=True, slots=True)
class TouchedLine:
    """A line of an invoice about whose time something was said after it was billed.

    In its own period `late` events came and `corrected` ones were amended or voided, moved in or out. `earlier` says
    that something changed before its period, which matters where a measure reaches back or quantities accumulate.
    """

    invoice_id: UUID
    line_number: int
    late: int
    corrected: int
    earlier: bool


class CorrectionStore(Protocol):
    """Corrections of one seller's usage."""

    def contents_of(self, keys: Iterable[UUID]) -> Mapping[UUID, UUID]:
        """The content that holds each key, of those that are held: by an event, or by a correction."""

    def correctable(self, keys: Iterable[UUID]) -> Mapping[UUID, Correctable]:
        """The accepted events with these keys; to be called after `hold_acceptance` by who corrects them."""

    def keep_corrections(self, effects: Sequence[Effect], *, received_at: datetime) -> None:
        """Keep corrections whose positions follow on the last one; their twins leave quarantine, for the conflicts
        where they say something else.

        To be called after `hold_acceptance`.
        """

    def keep_corrections_apart(self, apart: Sequence[ApartCorrection], *, received_at: datetime) -> None:
        """They wait in quarantine, with everything else that does."""

    def keep_corrections_in_conflict(self, corrections: Sequence[Correction], *, received_at: datetime) -> None:
        """They stay readable among the conflicts: something else holds their key."""

    def waiting_corrections(self, *, limit: int = 500) -> list[WaitingCorrection]:
        """Corrections in quarantine whose event is there by now, in the order in which they came."""

    def keep_correction_reasons(self, apart: Sequence[tuple[WaitingCorrection, str, UUID | None]]) -> None:
        """They stay in quarantine for the reason that holds now, waiting for an event or for somebody to mend them."""

    def voided(self, keys: Iterable[UUID]) -> set[UUID]:
        """Those of these keys whose events were accepted and count no more."""

    def history(self, key: UUID) -> EventHistory | None:
        """All that is kept about an accepted event; None for a key that no event holds."""

    def place_of(self, version: KeptVersion) -> str:
        """Where a version that is in force stands: billed, late, open or unattributed."""

    def lines_billing(self, version: KeptVersion) -> list[BilledOn]:
        """The lines of invoices that bill the version, whatever became of it afterwards."""

    def touched_lines(self, *, customer_id: UUID | None = None) -> list[TouchedLine]:
        """The issued lines whose measure may be another one by now, of one customer or of all, in order of issue."""
