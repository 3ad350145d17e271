"""Which taxes a supply bears: rules in an order; of each tax, the first one that is for the supply holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from farthing.core.invoicing.places import EVERYWHERE, GROUPS, Place
from farthing.core.invoicing.reckoning import TaxTreatment
from farthing.core.invoicing.tax import Levy
from farthing.core.refused import Refused


class CustomerKind(StrEnum):
    """A business has shown a VAT id whose form is right; everyone else is taxed as a consumer."""

    BUSINESS = "business"
    CONSUMER = "consumer"


class Otherwise(StrEnum):
    """What happens where no rule is meant: the supply is not invoiced until there is one, or it bears no tax."""

    REFUSE = "refuse"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Supply:
    """What a rule looks at: who sells from where, to whom, what, and on which day the supply is taxed."""

    entity: str
    seller: Place
    customer: Place
    kind: CustomerKind
    category: str
    on: date


@dataclass(frozen=True, slots=True)
class TaxRule:
    """One rule of one tax; what it does not name, it does not look at.

    `crossing` asks that seller and customer are in two countries (or in one). `since` and `until` are the first and the
    last day it holds. `jurisdiction` is whose tax it is; without one, the place that the rule names, or the customer's
    country.
    """

    tax: str
    name: str
    rate: Decimal
    treatment: TaxTreatment = TaxTreatment.STANDARD
    places: tuple[str, ...] = (EVERYWHERE,)
    sellers: tuple[str, ...] = (EVERYWHERE,)
    entities: tuple[str, ...] = ()
    crossing: bool | None = None
    kind: CustomerKind | None = None
    categories: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    jurisdiction: str = ""
    category_code: str = ""
    reason: str = ""
    reason_code: str = ""

    def means(self, supply: Supply, groups: Mapping[str, frozenset[str]]) -> bool:
        """Whether it is for such a supply."""
        return (
            any(supply.customer.lies_in(area, groups) for area in self.places)
            and any(supply.seller.lies_in(area, groups) for area in self.sellers)
            and (not self.entities or supply.entity in self.entities)
            and self.crossing in (None, supply.customer.country != supply.seller.country)
            and self.kind in (None, supply.kind)
            and (not self.categories or supply.category in self.categories)
            and (self.since is None or self.since <= supply.on)
            and (self.until is None or supply.on <= self.until)
        )

    def levy_on(self, supply: Supply, groups: Mapping[str, frozenset[str]]) -> Levy:
        """What such a supply bears by it."""
        return Levy(
            key=self.tax,
            name=self.name,
            jurisdiction=self.jurisdiction or self._place_of(supply, groups),
            rate=self.rate,
            treatment=self.treatment,
            category=self.category_code,
            reason=self.reason,
            reason_code=self.reason_code,
        )

    def covers(self, other: TaxRule) -> bool:
        """Whether whatever the other is for, this one is for, too, as far as that is not a question of places."""
        return (
            self.tax == other.tax
            and self.crossing in (None, other.crossing)
            and self.kind in (None, other.kind)
            and (not self.entities or (bool(other.entities) and set(other.entities) <= set(self.entities)))
            and (not self.categories or (bool(other.categories) and set(other.categories) <= set(self.categories)))
            and (self.since is None or (other.since is not None and self.since <= other.since))
            and (self.until is None or (other.until is not None and other.until <= self.until))
        )

    def _place_of(self, supply: Supply, groups: Mapping[str, frozenset[str]]) -> str:
        regions = [area for area in self.places if area not in groups and supply.customer.code == area]
        return regions[0] if regions else supply.customer.country


@dataclass(frozen=True, slots=True)
class TaxRules:
    """One version of a seller's rules. `groups` are names for several countries or regions; EU is one of them."""

    version: int
    rules: tuple[TaxRule, ...]
    otherwise: Otherwise = Otherwise.REFUSE
    groups: Mapping[str, frozenset[str]] = field(default_factory=lambda: dict(GROUPS), hash=False)

    def __post_init__(self) -> None:
        areas = [(_members(rule.places, self.groups), _members(rule.sellers, self.groups)) for rule in self.rules]
        for number, (rule, within) in enumerate(zip(self.rules, areas, strict=True)):
            for earlier in range(number):
                if self.rules[earlier].covers(rule) and all(map(_all_within, within, areas[earlier])):
                    raise Refused(
                        f"Rule {number + 1} of the tax “{rule.tax}” is never reached: rule {earlier + 1} is for all "
                        "that it is for; put the narrower one first.",
                        field="rules",
                    )

    def levies_on(self, supply: Supply) -> tuple[Levy, ...]:
        """What a supply bears: of each tax, by the first rule that is for it; refuses one that no rule is for."""
        found: dict[str, Levy] = {}
        for rule in self.rules:
            if rule.tax not in found and rule.means(supply, self.groups):
                found[rule.tax] = rule.levy_on(supply, self.groups)
        if not found and self.otherwise is Otherwise.REFUSE:
            raise Refused(
                f"No tax rule is for “{supply.category}”, sold from {supply.seller.code or 'nowhere'} to a "
                f"{supply.kind.value} in {supply.customer.code or 'an unknown place'} on {supply.on}; "
                f"{_mended(supply)}",
                field="rules",
            )
        return tuple(found.values())


def _members(areas: Sequence[str], groups: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The countries and regions that these name."""
    return frozenset(member for area in areas for member in groups.get(area, {area}))


def _all_within(areas: frozenset[str], wider: frozenset[str]) -> bool:
    return EVERYWHERE in wider or all(area in wider or area.partition("-")[0] in wider for area in areas)


def _mended(supply: Supply) -> str:
    """How to mend that no rule is for it: by saying where the two sides are, as far as that is not known."""
    unknown = [
        said
        for place, said in (
            (supply.seller, "where the legal entity is (farthing entity set)"),
            (supply.customer, "where the customer is (farthing customer set)"),
        )
        if not place.code
    ]
    where = f"say {' and '.join(unknown)}, " if unknown else ""
    return f"{where}add one, or say “otherwise: none”."
