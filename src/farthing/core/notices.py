"""What people should hear about; written with the books, told afterwards (INV-14)."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from farthing.core.ids import id_of


@dataclass(frozen=True, slots=True)
class InvoiceIssued:
    """To the customer: there is a new invoice."""

    invoice_id: UUID
    customer_id: UUID

    @property
    def notice_id(self) -> UUID:
        """One notice an invoice."""
        return id_of("notice", "invoice issued", self.invoice_id)


@dataclass(frozen=True, slots=True)
class RunClosed:
    """To finance: a closing run is done; one summary, however many invoices it made."""

    run_id: UUID

    @property
    def notice_id(self) -> UUID:
        """One notice a run."""
        return id_of("notice", "run closed", self.run_id)


@dataclass(frozen=True, slots=True)
class SourcesSilent:
    """To who looks after the data: sources that were found silent at one moment; said again as they come back."""

    found_at: datetime

    @property
    def notice_id(self) -> UUID:
        """One notice a moment."""
        return id_of("notice", "sources silent", self.found_at.isoformat())


@dataclass(frozen=True, slots=True)
class SourcesBack:
    """To who looks after the data: sources that were silent, and were found to send again at one moment."""

    found_at: datetime

    @property
    def notice_id(self) -> UUID:
        """One notice a moment."""
        return id_of("notice", "sources back", self.found_at.isoformat())


@dataclass(frozen=True, slots=True)
class ConflictsFound:
    """To who looks after the data: events of one hour in conflict with others; said again as there are more."""

    hour: datetime

    @property
    def notice_id(self) -> UUID:
        """One notice an hour."""
        return id_of("notice", "conflicts found", self.hour.isoformat())


@dataclass(frozen=True, slots=True)
class DayAudited:
    """To who looks after the data: how usage arrived on one day."""

    day: date

    @property
    def notice_id(self) -> UUID:
        """One notice a day."""
        return id_of("notice", "day audited", self.day.isoformat())


@dataclass(frozen=True, slots=True)
class BudgetReached:
    """To finance or to the customer: a mark of a budget is reached; `times` counts how often it came up again.

    It is said again, in place, as people see to it.
    """

    alert_id: UUID
    customer_id: UUID
    times: int
    to_customer: bool

    @property
    def notice_id(self) -> UUID:
        """One notice an alert, a time and an audience."""
        return id_of("notice", "budget reached", self.alert_id, self.times, self.to_customer)


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """To a customer, to finance (None), or to who looks after the data: the one message for many that waited."""

    caught_up_id: UUID
    customer_id: UUID | None
    about_data: bool = False

    @property
    def notice_id(self) -> UUID:
        """One notice each time that many waited."""
        return self.caught_up_id


DataNotice = SourcesSilent | SourcesBack | ConflictsFound | DayAudited
Notice = InvoiceIssued | RunClosed | BudgetReached | CaughtUp | DataNotice


def customer_told(notice: Notice) -> UUID | None:
    """The customer to whom it is told; None when it is for the seller's own people."""
    match notice:
        case InvoiceIssued():
            return notice.customer_id
        case BudgetReached():
            return notice.customer_id if notice.to_customer else None
        case CaughtUp():
            return notice.customer_id
        case _:
            return None
