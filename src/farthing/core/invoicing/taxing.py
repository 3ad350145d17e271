"""An invoice's taxes by the seller's rules: the supply behind each line, what it bears, and what that comes to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from farthing.core.invoicing.invoice import Draft, LegalEntity
from farthing.core.invoicing.places import Place
from farthing.core.invoicing.reckoning import Tax, discounted_amounts
from farthing.core.invoicing.tax import Levy, levy_of, taxes_on
from farthing.core.invoicing.tax_profile import TaxProfile, exemption_from, exemption_terms
from farthing.core.invoicing.tax_rules import CustomerKind, Supply, TaxRules
from farthing.core.money import Money
from farthing.core.rating.line import Line, Origin

ChargedThen = Callable[[Origin], Sequence[Levy]]


@dataclass(frozen=True, slots=True)
class Taxed:
    """All that taxes rest on beside the lines; nothing in it names a person, so that invoices may keep it."""

    entity: str
    seller: Place
    customer: Place
    kind: CustomerKind
    in_zone: str
    exemptions: tuple[dict[str, Any], ...] = ()

    def supply(self, line: Line) -> Supply:
        """What a line sells. It is taxed on the last day of what ends with it, or the first of what it begins."""
        return Supply(
            entity=self.entity,
            seller=self.seller,
            customer=self.customer,
            kind=self.kind,
            category=line.tax_category,
            on=taxed_on(line, in_zone=self.in_zone),
        )


def taxed_on(line: Line, *, in_zone: str) -> date:
    """The day whose rates hold for a line, in the zone whose midnights cut its period."""
    return line.period.first_day(in_zone=in_zone) if line.advance else line.period.last_day(in_zone=in_zone)


@dataclass(frozen=True)
class RuleTaxes:
    """Taxes by rules; what sets a line of an earlier invoice right bears what that line bore (`charged_then`)."""

    rules: TaxRules
    taxed: Taxed
    charged_then: ChargedThen
    included: bool = False

    def on(self, lines: Sequence[Line], left: Sequence[Money]) -> Sequence[Tax]:
        """The taxes on what each line has left after discounts."""
        return taxes_on([self.levies_on(line) for line in lines], left, included=self.included)

    def levies_on(self, line: Line) -> Sequence[Levy]:
        """What one line bears."""
        if line.origin is not None:
            return self.charged_then(line.origin)
        supply = self.taxed.supply(line)
        profile = TaxProfile(exemptions=tuple(exemption_from(one) for one in self.taxed.exemptions))
        return profile.freed(self.rules.levies_on(supply), on=supply.on)

    @property
    def frozen(self) -> Mapping[str, Any]:
        """What the invoice keeps, so that its taxes can be worked out again."""
        return {"rules": self.rules.version} | taxed_terms(self.taxed)


def taxed(profile: TaxProfile, entity: LegalEntity, *, in_zone: str) -> Taxed:
    """What taxes rest on, between a legal entity and a customer, whose days are those of `in_zone`.

    A customer whose place nobody knows is taxed as a consumer at the legal entity's.
    """
    known, seller = bool(profile.place.country), entity.letterhead.address.place
    return Taxed(
        entity=entity.key,
        seller=seller,
        customer=profile.place if known else seller,
        kind=profile.kind if known else CustomerKind.CONSUMER,
        in_zone=in_zone,
        exemptions=tuple(
            {name: value for name, value in exemption_terms(one).items() if name != "certificate"}
            for one in profile.exemptions
        ),
    )


def taxed_by_rules(
    rules: TaxRules, profile: TaxProfile, entity: LegalEntity, *, in_zone: str, charged_then: ChargedThen
) -> RuleTaxes:
    """How a legal entity taxes a customer by these rules."""
    return RuleTaxes(rules, taxed(profile, entity, in_zone=in_zone), charged_then, included=entity.tax_included)


def levies_of(draft: Draft, line_number: int) -> tuple[Levy, ...]:
    """What a line of an invoice bears, by the invoice's own taxes."""
    return tuple(levy_of(tax) for tax in draft.reckoning.taxes if any(line.number == line_number for line in tax.lines))


def taxes_again(draft: Draft, rules: TaxRules, charged_then: ChargedThen) -> tuple[Tax, ...]:
    """An invoice's taxes worked out once more, from its lines and discounts and what it froze of who is taxed how."""
    by = RuleTaxes(rules, taxed_from(draft.frozen["tax"]), charged_then, included=draft.reckoning.tax_included)
    left = discounted_amounts([line.amount for line in draft.lines], draft.reckoning.discounts)
    return tuple(by.on(draft.lines, left))


def taxed_terms(taxed: Taxed) -> dict[str, Any]:
    """As plain data; `taxed_from` reads it back."""
    return {
        "entity": taxed.entity,
        "seller": [taxed.seller.country, taxed.seller.region],
        "customer": [taxed.customer.country, taxed.customer.region],
        "kind": taxed.kind.value,
        "zone": taxed.in_zone,
        "exemptions": [dict(one) for one in taxed.exemptions],
    }


def taxed_from(terms: Mapping[str, Any]) -> Taxed:
    """What `taxed_terms` wrote."""
    return Taxed(
        entity=terms["entity"],
        seller=Place(*terms["seller"]),
        customer=Place(*terms["customer"]),
        kind=CustomerKind(terms["kind"]),
        in_zone=terms["zone"],
        exemptions=tuple(terms["exemptions"]),
    )
