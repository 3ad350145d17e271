"""What a customer is taxed by: where they are, whether they are a business, and what they are exempt from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from farthing.core.invoicing.places import NOWHERE, Place
from farthing.core.invoicing.reckoning import TaxTreatment
from farthing.core.invoicing.tax import CATEGORY_OF, Levy
from farthing.core.invoicing.tax_ids import TaxId
from farthing.core.invoicing.tax_rules import CustomerKind
from farthing.core.refused import Refused


@dataclass(frozen=True, slots=True)
class Exemption:
    """Why a customer bears no tax, from a day to a day; in one country or region only, where it names one."""

    reason: str
    reason_code: str = ""
    certificate: str = ""
    jurisdiction: str = ""
    since: date | None = None
    until: date | None = None

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise Refused("An exemption needs its reason, as the invoice will say it.", field="reason")
        if self.since is not None and self.until is not None and self.until < self.since:
            raise Refused(f"An exemption that begins on {self.since} cannot end on {self.until}.", field="until")

    def frees(self, levy: Levy, *, on: date) -> bool:
        """Whether this tax is not charged on that day."""
        area = levy.jurisdiction
        return (
            levy.treatment is TaxTreatment.STANDARD
            and (self.since is None or self.since <= on)
            and (self.until is None or on <= self.until)
            and self.jurisdiction in ("", area, area.partition("-")[0])
        )


@dataclass(frozen=True, slots=True)
class TaxProfile:
    """A customer, as far as taxes go. No country: nobody said, and they are taxed like a consumer next door."""

    place: Place = NOWHERE
    is_business: bool = False
    tax_ids: tuple[TaxId, ...] = ()
    exemptions: tuple[Exemption, ...] = ()

    @property
    def kind(self) -> CustomerKind:
        """A business is one that says so and shows a VAT id whose form is right."""
        shown = self.is_business and any(tax_id.checked for tax_id in self.tax_ids)
        return CustomerKind.BUSINESS if shown else CustomerKind.CONSUMER

    def freed(self, levies: Sequence[Levy], *, on: date) -> tuple[Levy, ...]:
        """What is left of these on a day: exempt, with the reason, of what the customer is exempt from."""
        return tuple(self._freed(levy, on=on) for levy in levies)

    def _freed(self, levy: Levy, *, on: date) -> Levy:
        exemption = next((one for one in self.exemptions if one.frees(levy, on=on)), None)
        if exemption is None:
            return levy
        return replace(
            levy,
            rate=Decimal(0),
            treatment=TaxTreatment.EXEMPT,
            category=CATEGORY_OF[TaxTreatment.EXEMPT],
            reason=exemption.reason,
            reason_code=exemption.reason_code,
        )


def exemption_terms(exemption: Exemption) -> dict[str, Any]:
    """As plain data; `exemption_from` reads it back."""
    return {
        "reason": exemption.reason,
        "reason_code": exemption.reason_code,
        "certificate": exemption.certificate,
        "jurisdiction": exemption.jurisdiction,
        "since": None if exemption.since is None else exemption.since.isoformat(),
        "until": None if exemption.until is None else exemption.until.isoformat(),
    }


def exemption_from(terms: dict[str, Any]) -> Exemption:
    """What `exemption_terms` wrote."""
    since, until = (None if terms.get(name) is None else date.fromisoformat(terms[name]) for name in ("since", "until"))
    return Exemption(
        reason=terms["reason"],
        reason_code=terms.get("reason_code", ""),
        certificate=terms.get("certificate", ""),
        jurisdiction=terms.get("jurisdiction", ""),
        since=since,
        until=until,
    )
