"""How exemptions are written in the terminal."""

from __future__ import annotations

from farthing.core.invoicing.tax_profile import Exemption


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
