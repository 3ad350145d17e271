"""How taxes, addresses and tax ids are written in the terminal."""

from __future__ import annotations

from farthing.core.invoicing.reckoning import Tax, TaxTreatment
from farthing.core.invoicing.tax_profile import Exemption
from farthing.core.invoicing.tax_terms import percent_of


def tax_name(tax: Tax) -> str:
    """A tax with its rate and place, or how it stands to the supply."""
    place = f" ({tax.jurisdiction})" if tax.jurisdiction else ""
    if tax.treatment is TaxTreatment.STANDARD:
        return f"{tax.name} {percent_of(tax.rate)} %{place}"
    return f"{tax.name}, {tax.treatment.value.replace('_', ' ')}{place}"


def tax_reason(tax: Tax) -> str:
    """Why none, or less, is due, with its code, to follow the name; nothing where there is nothing to say."""
    said = [part for part in (tax.reason, tax.reason_code) if part]
    return f" ({'; '.join(said)})" if said else ""


def exemption_words(exemption: Exemption) -> str:
    """An exemption with its certificate, place and days."""
    parts = [exemption.reason.rstrip(".")]
    if exemption.certificate:
        parts.append(f"certificate {exemption.certificate}")
    if exemption.jurisdiction:
        parts.append(f"in {exemption.jurisdiction}")
    if exemption.since is not None:
        parts.append(f"from {exemption.since}")
    if exemption.until is not None:
        parts.append(f"until {exemption.until}")
    return ", ".join(parts)
