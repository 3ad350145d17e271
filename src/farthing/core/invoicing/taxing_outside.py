"""An invoice's taxes by an outside service: asked with all that it needs, its figures are kept as they are given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from farthing.core.invoicing.places import Place
from farthing.core.invoicing.reckoning import Tax
from farthing.core.invoicing.tax_ids import TaxId
from farthing.core.invoicing.tax_profile import Exemption
from farthing.core.invoicing.tax_rules import CustomerKind
from farthing.core.invoicing.taxing import Taxed, taxed_on, taxed_terms
from farthing.core.money import Currency, Money
from farthing.core.rating.line import Line
from farthing.core.refused import Refused


@dataclass(frozen=True, slots=True)
class AskedLine:
    """A line as a service sees it: numbered from 1, after discounts. `rights` is the invoice that it sets right."""

    number: int
    price: str
    category: str
    amount: Money
    on: date
    rights: UUID | None = None


@dataclass(frozen=True, slots=True)
class TaxQuestion:
    """All that a service needs: places, what is known of the customer, the lines, and whether they hold taxes."""

    entity: str
    seller: Place
    customer: Place
    kind: CustomerKind
    tax_ids: tuple[TaxId, ...]
    exemptions: tuple[Exemption, ...]
    currency: Currency
    included: bool
    lines: tuple[AskedLine, ...]


@dataclass(frozen=True, slots=True)
class TaxAnswer:
    """The taxes, each with its part on each line; `reference` is what the service calls its answer."""

    taxes: tuple[Tax, ...]
    reference: str = ""


Ask = Callable[[TaxQuestion], TaxAnswer]


@dataclass
class ServiceTaxes:
    """Taxes by a service; `frozen` speaks of the answer that was given last."""

    service: str
    ask: Ask
    taxed: Taxed
    tax_ids: tuple[TaxId, ...] = ()
    exemptions: tuple[Exemption, ...] = ()
    included: bool = False
    _last: TaxAnswer | None = field(default=None, repr=False)

    def on(self, lines: Sequence[Line], left: Sequence[Money]) -> Sequence[Tax]:
        """The taxes on what each line has left after discounts; refuses an answer that cannot be one of these lines."""
        question = self._question(lines, left)
        answer = self.ask(question)
        _refuse_foreign(self.service, question, answer)
        self._last = answer
        return answer.taxes

    @property
    def frozen(self) -> Mapping[str, Any]:
        """What the invoice keeps of who said so."""
        reference = "" if self._last is None else self._last.reference
        return {"service": self.service, "reference": reference} | taxed_terms(self.taxed)

    def _question(self, lines: Sequence[Line], left: Sequence[Money]) -> TaxQuestion:
        return TaxQuestion(
            entity=self.taxed.entity,
            seller=self.taxed.seller,
            customer=self.taxed.customer,
            kind=self.taxed.kind,
            tax_ids=self.tax_ids,
            exemptions=self.exemptions,
            currency=left[0].currency,
            included=self.included,
            lines=tuple(
                AskedLine(
                    number=number,
                    price=line.price_key,
                    category=line.tax_category,
                    amount=amount,
                    on=taxed_on(line, in_zone=self.taxed.in_zone),
                    rights=None if line.origin is None else line.origin.invoice_id,
                )
                for number, (line, amount) in enumerate(zip(lines, left, strict=True), start=1)
            ),
        )


def _refuse_foreign(service: str, question: TaxQuestion, answer: TaxAnswer) -> None:
    """Figures are kept as given, but they must be of this invoice."""
    numbers = {line.number for line in question.lines}
    for tax in answer.taxes:
        if tax.amount.currency != question.currency:
            raise Refused(
                f"The tax service “{service}” answered in {tax.amount.currency.code}, and the invoice is in "
                f"{question.currency.code}; the invoice waits."
            )
        named = [line.number for line in tax.lines]
        if not set(named) <= numbers or len(set(named)) < len(named):
            raise Refused(
                f"The tax service “{service}” answered about lines that the invoice does not have; the invoice waits."
            )
