"""The printer: what the rest of Farthing asks documents of."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from farthing.core.billing import ChargeKey
from farthing.core.exact import Exact
from farthing.core.invoicing.invoice import Invoice
from farthing.core.parties import Customer, Seller
from farthing.core.rating.rate import Used
from farthing.documents.charts import usage_chart_png
from farthing.documents.invoice import invoice_pdf


class Printer:
    """Invoices as PDF and usage as pictures, as `usecases.ports.Documents` asks for them."""

    def invoice_pdf(
        self,
        invoice: Invoice,
        customer: Customer,
        seller: Seller,
        days: Mapping[str, Sequence[tuple[date, Exact]]],
        used: Mapping[ChargeKey, Used],
    ) -> bytes:
        """One invoice, with the usage behind each line by price key and local day."""
        return invoice_pdf(invoice, customer, seller, days, used)

    def usage_chart_png(self, title: str, series: Mapping[str, Sequence[tuple[date, Decimal]]], *, unit: str) -> bytes:
        """Usage by day as a picture."""
        return usage_chart_png(title, series, unit=unit)
