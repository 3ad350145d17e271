"""An entitlement: what a customer may use, how much of it, or how it is set up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from farthing.core.metering.event import is_text
from farthing.core.metering.meter import Meter
from farthing.core.money import plain
from farthing.core.pricing.fields import number, only, word
from farthing.core.refused import Refused


class EntitlementKind(StrEnum):
    """May they, how much, or how."""

    BOOLEAN = "boolean"
    LIMIT = "limit"
    CONFIGURATION = "configuration"


@dataclass(frozen=True, slots=True)
class Entitlement:
    """A feature with yes or no, a limit (of what a meter measures, if it names one), or a setting."""

    feature: str
    kind: EntitlementKind
    value: bool | Decimal | str
    meter: Meter | None = None

    def __post_init__(self) -> None:
        fits = {EntitlementKind.BOOLEAN: bool, EntitlementKind.LIMIT: Decimal, EntitlementKind.CONFIGURATION: str}
        assert type(self.value) is fits[self.kind], f"{self.feature}: {self.value!r} is no {self.kind}"
        if isinstance(self.value, Decimal) and self.value < 0:
            raise Refused(
                f"The limit of “{self.feature}” may not be negative; this one is {plain(self.value)}.",
                field="entitlements",
            )
        if self.meter is not None and self.kind is not EntitlementKind.LIMIT:
            raise Refused(f"“{self.feature}” has no limit, so it takes no meter.", field="entitlements")

    def terms(self) -> Any:
        """As plain data, without its feature."""
        if isinstance(self.value, Decimal):
            return {"limit": plain(self.value)} | ({} if self.meter is None else {"meter": self.meter.key})
        return self.value


def entitlement_from(feature: str, terms: object, *, meters: Mapping[str, Meter]) -> Entitlement:
    """What `terms` wrote.

    >>> entitlement_from("sso", True, meters={}).kind.value
    'boolean'
    """
    of = f"The entitlement “{feature}”"
    if isinstance(terms, bool):
        return Entitlement(feature, EntitlementKind.BOOLEAN, terms)
    if isinstance(terms, Mapping):
        only(terms, {"limit", "meter"}, of=of)
        meter = None
        if terms.get("meter") is not None:
            meter = named_meter(terms, meters, of=of)
        return Entitlement(feature, EntitlementKind.LIMIT, number(terms, "limit", of=of), meter)
    if isinstance(terms, Decimal | int):
        return Entitlement(feature, EntitlementKind.CONFIGURATION, plain(Decimal(terms)))
    if not isinstance(terms, str) or not terms.strip() or not is_text(terms):
        raise Refused(f"{of} is true, false, a text, or {{limit: 1000}}.", field="entitlements")
    return Entitlement(feature, EntitlementKind.CONFIGURATION, terms)


def named_meter(terms: Mapping[str, Any], meters: Mapping[str, Meter], *, of: str) -> Meter:
    """The meter that terms name."""
    named = word(terms, "meter", of=of)
    if named not in meters:
        known = ", ".join(sorted(meters)) or "none yet"
        raise Refused(f"{of} names the meter “{named}”, which does not exist; there are: {known}.", field="meter")
    return meters[named]
