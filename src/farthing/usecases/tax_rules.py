"""Tax rules are applied and shown, and what somebody would pay is looked at beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from farthing.core.invoicing.invoice import LegalEntity
from farthing.core.invoicing.places import Place
from farthing.core.invoicing.reckoning import Tax
from farthing.core.invoicing.tax import taxes_on
from farthing.core.invoicing.tax_rules import CustomerKind, Supply, TaxRules
from farthing.core.invoicing.tax_terms import rules_from, rules_terms
from farthing.core.money import Currency, Money, round_to_money, total
from farthing.core.pricing.fields import Terms
from farthing.core.pricing.price import STANDARD_CATEGORY
from farthing.core.refused import Unknown
from farthing.usecases.customers import find_customer
from farthing.usecases.entities import find_entity
from farthing.usecases.ports import SellerStore


@dataclass(frozen=True, slots=True)
class Applied:
    """The rules that hold now, and whether that is new."""

    rules: TaxRules
    is_new: bool


@dataclass(frozen=True, slots=True)
class TaxPreview:
    """What one line would bear, and why: who sells it, to whom, on which day, by which version of the rules."""

    rules: TaxRules
    entity: LegalEntity
    supply: Supply
    net: Money
    gross: Money
    taxes: Sequence[Tax]


def apply_tax_rules(store: SellerStore, terms: Terms, *, now: datetime) -> Applied:
    """Keep rules as a new version, which holds for invoices from now on; the same rules again are answered as done."""
    wanted = rules_from(terms, version=1)
    with store.transaction():
        store.lock_tax_rules()
        known = store.tax_rules()
        if known is not None and rules_terms(known) == rules_terms(wanted):
            return Applied(known, is_new=False)
        rules = replace(wanted, version=1 if known is None else known.version + 1)
        store.keep_tax_rules(rules, created_at=now)
    return Applied(rules, is_new=True)


def show_tax_rules(store: SellerStore, version: int | None = None) -> TaxRules:
    """A version of the rules, or the newest."""
    with store.transaction():
        return find_tax_rules(store, version)


def find_tax_rules(store: SellerStore, version: int | None = None) -> TaxRules:
    """The rules; to be called in a transaction."""
    rules = store.tax_rules(version)
    if rules is None:
        which = "no tax rules" if version is None else f"no version {version} of the tax rules"
        raise Unknown(f"There are {which} yet; farthing tax apply FILE makes some.")
    return rules


def preview_tax(
    store: SellerStore,
    *,
    amount: Decimal,
    in_currency: Currency,
    on: date,
    customer_key: str | None = None,
    place: Place | None = None,
    is_business: bool = False,
    category: str = STANDARD_CATEGORY,
    entity_key: str | None = None,
) -> TaxPreview:
    """What a line of this amount would bear: sold to a customer, or to somebody in a place."""
    with store.transaction():
        rules = find_tax_rules(store)
        entity = store.seller().entity if entity_key is None else find_entity(store, entity_key)
        seller = entity.letterhead.address.place
        profile = None
        to, kind = place or seller, CustomerKind.BUSINESS if is_business else CustomerKind.CONSUMER
        if customer_key is not None:
            customer = find_customer(store, customer_key, person=None)
            if entity_key is None:
                entity = store.entity_of(customer.customer_id)
                seller = entity.letterhead.address.place
            profile = store.customer_details(customer.customer_id).profile
            known = bool(profile.place.country)
            to, kind = (profile.place, profile.kind) if known else (seller, CustomerKind.CONSUMER)
    supply = Supply(entity.key, seller, to, kind, category, on)
    levies = rules.levies_on(supply)
    if profile is not None:
        levies = profile.freed(levies, on=on)
    money = round_to_money(amount, in_currency)
    taxes = taxes_on([levies], [money], included=entity.tax_included)
    taxed = total([tax.amount for tax in taxes], in_currency=in_currency)
    net = money - taxed if entity.tax_included else money
    return TaxPreview(rules, entity, supply, net, net + taxed, taxes)
