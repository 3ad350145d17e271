"""What people should hear about; written with the books, told afterwards (INV-14)."""

from dataclasses import dataclass
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


Notice = InvoiceIssued | RunClosed
