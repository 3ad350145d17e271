"""What people should hear about; written with the books, told afterwards (INV-14)."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from farthing.core.ids import id_of
from farthing.core.telling.ear import DATA, FINANCE, Ear, customer_ear
from farthing.core.telling.settings import Kind


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
class DigestMade:
    """To whoever asked for it: what changed, what needs them, what comes."""

    digest_id: UUID
    ear: Ear

    @property
    def notice_id(self) -> UUID:
        """One notice a digest."""
        return id_of("notice", "digest", self.digest_id)


@dataclass(frozen=True, slots=True)
class Foretold:
    """To the customer: something that comes on a day. It is said again, in place, when the day moves."""

    foretold_id: UUID
    customer_id: UUID

    @property
    def notice_id(self) -> UUID:
        """One notice for what it is about and its day."""
        return id_of("notice", "foretold", self.foretold_id)


@dataclass(frozen=True, slots=True)
class CreditLow:
    """To finance or to the customer: prepaid credit in a currency is nearly used up, for the `number`th time."""

    customer_id: UUID
    currency: str
    number: int
    to_customer: bool

    @property
    def notice_id(self) -> UUID:
        """One notice a time it ran low and an audience."""
        return id_of("notice", "credit low", self.customer_id, self.currency, self.number, self.to_customer)


@dataclass(frozen=True, slots=True)
class WouldHaveTold:
    """To finance: what customers who are quiet would have been told on a day of UTC; said again as there is more."""

    day: date

    @property
    def notice_id(self) -> UUID:
        """One notice a day."""
        return id_of("notice", "would have told", self.day.isoformat())


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """To whoever had quiet hours: what came up in them, in one message."""

    ear: Ear
    until: datetime

    @property
    def notice_id(self) -> UUID:
        """One notice for each time that quiet hours end."""
        return id_of("notice", "meanwhile", self.ear, self.until.isoformat())


DataNotice = SourcesSilent | SourcesBack | ConflictsFound | DayAudited
Fold = WouldHaveTold | Meanwhile
Notice = InvoiceIssued | RunClosed | BudgetReached | DigestMade | Foretold | CreditLow | Fold | DataNotice


def ear_of(notice: Notice) -> Ear:
    """Who hears it. This is the one place that says so."""
    match notice:
        case InvoiceIssued(customer_id=customer_id) | Foretold(customer_id=customer_id):
            return customer_ear(customer_id)
        case (
            BudgetReached(customer_id=customer_id, to_customer=True)
            | CreditLow(customer_id=customer_id, to_customer=True)
        ):
            return customer_ear(customer_id)
        case RunClosed() | BudgetReached() | CreditLow() | WouldHaveTold():
            return FINANCE
        case DigestMade(ear=ear) | Meanwhile(ear=ear):
            return ear
        case SourcesSilent() | SourcesBack() | ConflictsFound() | DayAudited():
            return DATA


def kind_of(notice: Notice) -> Kind | None:
    """As what it can be switched off; None for what was asked for, or holds what was not switched off."""
    match notice:
        case InvoiceIssued():
            return Kind.INVOICES
        case RunClosed():
            return Kind.RUNS
        case BudgetReached() | CreditLow():
            return Kind.ALERTS
        case Foretold():
            return Kind.AHEAD
        case SourcesSilent() | SourcesBack() | ConflictsFound() | DayAudited():
            return Kind.DATA
        case DigestMade() | WouldHaveTold() | Meanwhile():
            return None
