"""Places: a country, and a region of it where taxes differ within one; the codes are those of ISO 3166."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from farthing.core.refused import Refused

# The member states, for services; Northern Ireland belongs to it for goods only.
EU = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV",
    "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
})  # fmt: skip
GROUPS: Mapping[str, frozenset[str]] = {"EU": EU}
EVERYWHERE = "*"

_COUNTRY = re.compile(r"[A-Z]{2}")
_REGION = re.compile(r"[A-Z0-9]{1,3}")
_MEANT = {"UK": "GB", "EL": "GR"}


@dataclass(frozen=True, slots=True)
class Place:
    """A country such as DE, and a region such as the CA of US-CA where one is known. No country: nobody said."""

    country: str = ""
    region: str = ""

    @property
    def code(self) -> str:
        """The country, with its region where there is one.

        >>> Place("US", "CA").code
        'US-CA'
        """
        return f"{self.country}-{self.region}" if self.region else self.country

    def lies_in(self, area: str, groups: Mapping[str, frozenset[str]] = GROUPS) -> bool:
        """Whether it is in a country, a region, a group of countries or regions, or `*`.

        >>> Place("US", "CA").lies_in("US"), Place("US").lies_in("US-CA"), Place("FR").lies_in("EU")
        (True, False, True)
        """
        if area == EVERYWHERE:
            return True
        if area in groups:
            return any(self.lies_in(member, {}) for member in groups[area])
        return bool(self.country) and area in (self.country, self.code)


NOWHERE = Place()


def place_in(country: str | None, region: str | None = None) -> Place:
    """The place with these codes, in capitals or not; a region may be written whole, such as US-CA.

    >>> place_in("us", "US-CA")
    Place(country='US', region='CA')
    """
    code = (country or "").strip().upper()
    if not code and (region or "").strip():
        raise Refused("A region needs the country it is in; give both.", field="country")
    if not code:
        return NOWHERE
    if code in _MEANT:
        raise Refused(f"“{code}” is no country's code; write {_MEANT[code]}.", field="country")
    if not _COUNTRY.fullmatch(code) or code in GROUPS:
        raise Refused(f"“{code[:40]}” is no country's code; give its two letters, such as DE or US.", field="country")
    part = (region or "").strip().upper().removeprefix(f"{code}-")
    if part and not _REGION.fullmatch(part):
        raise Refused(
            f"“{part[:40]}” is no region's code; give the one of ISO 3166-2 without the country, such as CA of US-CA.",
            field="region",
        )
    return Place(code, part)
