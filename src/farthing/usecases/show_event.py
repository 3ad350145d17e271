"""An accepted event with all that was said of it: its versions, its corrections, and where it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from farthing.core.refused import Unknown
from farthing.usecases.correction_ports import BilledOn, EventHistory
from farthing.usecases.ports import SellerStore

_STANDINGS = {
    "billed": "billed",
    "late": "late: its period was billed before it said this, and it is on no invoice as it is now",
    "open": "open: in a period that is not billed yet",
    "unattributed": "in no subscription: it will not be billed",
}


@dataclass(frozen=True, slots=True)
class EventView:
    """`place` is where it stands (INV-21): billed, late, open, unattributed or voided; `standing` says so in words.

    `billed_on` names, by a version's position, the lines that bill it. `is_owed` says that one of them bills a version
    that was ended since.
    """

    history: EventHistory
    place: str
    billed_on: Mapping[int, Sequence[BilledOn]]

    @property
    def is_owed(self) -> bool:
        """Whether what was billed for it is to be adjusted."""
        return any(
            version.ended_at is not None and self.billed_on[version.position] for version in self.history.versions
        )

    @property
    def standing(self) -> str:
        """Where it stands, in words."""
        said = _STANDINGS.get(self.place, "voided: it counts no more")
        return f"{said}; what was billed for it before is to be adjusted" if self.is_owed else said


def show_event(store: SellerStore, key: UUID) -> EventView:
    """All that is kept about an accepted event."""
    with store.transaction():
        history = store.history(key)
        if history is None:
            raise Unknown(
                f"No event with the key {key} was accepted; farthing usage quarantine lists what is kept apart.",
                field="key",
            )
        in_force = history.in_force
        return EventView(
            history=history,
            place="voided" if in_force is None else store.place_of(in_force),
            billed_on={version.position: store.lines_billing(version) for version in history.versions},
        )
