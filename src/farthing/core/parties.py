"""The two sides of a bill: the seller who sends it and the customer who owes it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from farthing.core.invoicing.invoice import LegalEntity
from farthing.core.refused import Refused


class Mode(StrEnum):
    """A live seller's clock is the world's; a sandbox seller's can be moved forward."""

    LIVE = "live"
    SANDBOX = "sandbox"


@dataclass(frozen=True, slots=True)
class Seller:
    """Whose books these are. `clock_shift` is how far a sandbox clock is from the world's.

    `copied_from_first` is the first sandbox of the family, where this one is a copy.
    """

    seller_id: UUID
    name: str
    mode: Mode
    entity: LegalEntity
    clock_shift: timedelta = timedelta()
    copied_from_first: UUID | None = None

    def __post_init__(self) -> None:
        assert self.mode is Mode.SANDBOX or not self.clock_shift, f"live seller {self.name} has a clock of its own"

    @property
    def family_id(self) -> UUID:
        """What ids are made from: a copy goes on giving those that its first sandbox would give."""
        return self.copied_from_first or self.seller_id

    def now(self, world: datetime) -> datetime:
        """The seller's time when the world's is this."""
        return world + self.clock_shift

    def shift_to(self, target: datetime, *, world: datetime) -> timedelta:
        """The shift that makes it `target` now; clocks move forward only, and only in a sandbox."""
        if self.mode is not Mode.SANDBOX:
            raise Refused("This seller is live, and a live clock cannot be moved; try it in a sandbox.")
        if target < self.now(world):
            raise Refused(
                f"It is {self.now(world):%Y-%m-%d %H:%M} UTC there already; a clock moves forward only, "
                "so start a new sandbox to see an earlier day."
            )
        return target - world


@dataclass(frozen=True, slots=True)
class Customer:
    """Who owes. The key stands for them in the books; the name is personal and can be erased."""

    customer_id: UUID
    key: str
    name: str
    in_zone: str
