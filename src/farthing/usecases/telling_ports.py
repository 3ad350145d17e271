"""What we ask of the store about who hears what and when, and about what a digest says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from farthing.core.money import Money
from farthing.core.notices import Fold, Notice
from farthing.core.period import Period
from farthing.core.telling.ahead import Told
from farthing.core.telling.due_days import Due, Span
from farthing.core.telling.ear import Ear
from farthing.core.telling.settings import Settings


@dataclass(frozen=True, slots=True)
class Hearing:
    """Whether a customer hears for themselves, as somebody said it."""

    customer_id: UUID
    is_live: bool
    set_by: str
    set_at: datetime


@dataclass(frozen=True, slots=True)
class DigestRow:
    """A digest that is due, or was: for whom, which, and by which zone."""

    digest_id: UUID
    ear: Ear
    span: Span
    due: Due
    in_zone: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class CreditMark:
    """Prepaid credit in a currency as it ran low, or was enough again; `number` counts these."""

    number: int
    is_low: bool
    left_minor: int
    of_minor: int
    noted_at: datetime


class TellingStore(Protocol):
    """Settings, quiet customers and digests of one seller."""

    def notice_settings(self, ear: Ear) -> Settings | None:
        """What was set last for an ear; None where nobody set anything."""

    def all_notice_settings(self) -> list[Settings]:
        """The same for all ears for which something was set."""

    def keep_notice_settings(self, settings: Settings) -> None:
        """They hold from now on."""

    def hearing(self, customer_id: UUID) -> Hearing | None:
        """What was said last; None where nobody said anything, and the customer hears for themselves."""

    def quiet_customers(self) -> list[Hearing]:
        """Those who do not hear for themselves."""

    def lock_hearing(self, customer_id: UUID) -> None:
        """Until the transaction ends nobody else switches this customer."""

    def keep_hearing(self, hearing: Hearing) -> None:
        """It holds from now on; the customer's hearing is locked."""

    def new_customers_are_quiet(self) -> bool:
        """Whether customers are quiet from the start until somebody switches them live."""

    def keep_hearing_policy(self, *, new_are_quiet: bool, by: str, at: datetime) -> None:
        """It holds for customers that are taken on from now on."""

    # Folding: several notices in one message
    def fold_untold(
        self, ear: Ear, into: Fold, *, written_at: datetime, keep_alone_below: int = 1, new_only: bool = False
    ) -> int:
        """What was written for an ear and not told yet becomes lines of another notice; how many.

        Does nothing where they are fewer than `keep_alone_below`. `new_only` leaves alone what changes a message that
        is there.
        """

    def folded(self, fold_id: UUID, *, limit: int) -> list[tuple[Notice, datetime]]:
        """The lines of a notice in the order in which they were written, and when."""

    def count_folded(self, fold_id: UUID) -> int:
        """How many lines it has."""

    def folded_days(self, ear: Ear) -> list[date]:
        """The days of the messages to finance in which a quiet customer's notices are lines."""

    # Digests
    def last_digest(self, ear: Ear, span: Span) -> date | None:
        """The day of the last that was made, or had nothing to say."""

    def keep_digest(self, row: DigestRow, *, is_told: bool) -> bool:
        """Keep that it was made; False where somebody else did so first."""

    def digest(self, digest_id: UUID) -> DigestRow | None: ...
    def invoiced_in(self, period: Period, *, customer_id: UUID | None) -> Sequence[Money]:
        """What each invoice that was issued in this time comes to, of one customer or of all."""

    def paid_in(self, period: Period, *, customer_id: UUID | None) -> Sequence[Money]:
        """Each payment that was recorded in this time."""

    def alerts_raised_in(self, period: Period, *, customer_id: UUID | None) -> int:
        """How many alerts were told in this time; of a customer, those that they were told themselves."""

    def open_alerts(self, *, customer_id: UUID | None) -> int:
        """How many of these nobody has acknowledged."""

    def unpaid(self, *, customer_id: UUID | None) -> list[tuple[UUID, str, date, Money]]:
        """Invoices with something left to pay: whose, the number, the day it is due, and what is left; by that day."""

    def failed_collections(self, *, customer_id: UUID | None) -> Sequence[Money]:
        """What was declined last and is still to be paid, invoice by invoice."""

    def customers_named(self, customer_ids: Iterable[UUID]) -> dict[UUID, str]:
        """What these are called."""

    # What is told ahead, and credit that runs low
    def customers_ahead(self, *, now: datetime, until: datetime) -> list[UUID]:
        """Customers to whom something may happen by then, or who were told of something that has yet to come."""

    def lock_foretelling(self, customer_id: UUID) -> None:
        """Until the transaction ends nobody else tells this customer ahead."""

    def foretold_of(self, customer_id: UUID, *, after: datetime) -> list[Told]:
        """What a customer was told of and lies after this instant, first or by now."""

    def foretold(self, foretold_id: UUID) -> Told | None: ...
    def keep_foretold(self, told: Told, *, foretold_at: datetime) -> None:
        """They are told of it; does nothing where they were."""

    def keep_foretold_move(self, foretold_id: UUID, *, moved_to: datetime | None, noted_at: datetime) -> None:
        """It happens on another day, or not at all."""

    def customers_with_prepaid(self) -> list[UUID]:
        """Those who were ever granted prepaid credit."""

    def lock_credit_mark(self, customer_id: UUID) -> None:
        """Until the transaction ends nobody else tells that this customer's credit runs low."""

    def credit_mark(self, customer_id: UUID, code: str, *, number: int | None = None) -> CreditMark | None:
        """The newest in a currency, or one by its number."""

    def keep_credit_mark(
        self,
        customer_id: UUID,
        code: str,
        *,
        number: int,
        is_low: bool,
        left_minor: int,
        of_minor: int,
        noted_at: datetime,
    ) -> None: ...
