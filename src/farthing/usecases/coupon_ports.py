"""What we ask of the store about coupons: what each promises, who has one, and what it took off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from farthing.core.invoicing.coupons import Applied, Coupon


@dataclass(frozen=True, slots=True)
class Offered:
    """A coupon, and how many people had it so far."""

    coupon: Coupon
    redemptions: int


@dataclass(frozen=True, slots=True)
class Had:
    """A coupon as a customer has it, or had it until it was taken back."""

    applied: Applied
    removed_at: datetime | None = None

    @property
    def is_in_force(self) -> bool:
        """Whether it may still take something off."""
        return self.removed_at is None and not self.applied.is_over


class CouponStore(Protocol):
    """Coupons in the books."""

    def lock_coupon(self, key: str) -> None:
        """Until the transaction ends nobody else adds, applies or counts this coupon."""

    def keep_coupon(self, coupon: Coupon, *, created_at: datetime) -> None:
        """A new coupon."""

    def coupon(self, key: str) -> Offered | None:
        """The coupon with this key."""

    def coupons(self) -> Sequence[Offered]:
        """All of them, by key."""

    def keep_applied_coupon(self, applied: Applied, *, redemption: int) -> None:
        """A customer has a coupon from now on, as the one with this number of all who ever had it."""

    def remove_coupon(self, applied_id: UUID, *, at: datetime, by: str, because: str) -> None:
        """It is taken back."""

    def coupons_of(self, customer_id: UUID) -> Sequence[Had]:
        """Those that this customer has or had, oldest first, with what each took off so far."""

    def was_charged(self, customer_id: UUID) -> bool:
        """Whether this customer has an invoice of more than nothing."""

    def hold_reckoning(self, customer_id: UUID) -> None:
        """Until the transaction ends nobody else spends this customer's coupons and credit."""
