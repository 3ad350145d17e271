"""What a walk begins with: a seller with a way to tax, plans, coupons, and one customer, all of it by chance."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from farthing.catalogues.file import read_catalogue
from farthing.core.invoicing.letterhead import address_in
from farthing.core.invoicing.policy import BillingPolicy
from farthing.core.money import Currency, Money, currency
from farthing.core.refused import Refused
from farthing.usecases.apply_catalogue import apply_catalogue
from farthing.usecases.coupons import add_coupon
from farthing.usecases.customers import add_customer
from farthing.usecases.drafts import set_policy
from farthing.usecases.entities import EntityChange, change_entity
from farthing.usecases.ports import SellerStore
from farthing.usecases.subscribe import Wishes, subscribe
from farthing.usecases.tax_details import DetailsChange, change_details
from farthing.usecases.tax_rules import apply_tax_rules

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
CUSTOMER = "acme"
PLANS = ("small", "large", "weekly", "tried")
COUPONS = ("fifth", "ten", "all", "seats", "large")
ZONES = ("UTC", "Asia/Tokyo", "America/Los_Angeles", "Pacific/Apia", "Europe/Berlin")
_CATALOGUE = """
meters:
  tokens: {event_type: use, measure: sum, property: tokens}
  peak: {event_type: use, measure: maximum, property: tokens}
  calls: {event_type: call, measure: count}
plans:
  small:
    currencies: [CODE]
    prices:
      fee: {shape: flat, fee: 31, charged: advance}
      seats: {quantity: seats, shape: per_unit, unit: 7.13, charged: advance, tax_category: ebook}
      tokens: {meter: tokens, shape: graduated, tiers: [{up_to: 100, unit: 0.017}, {unit: 0.011, flat: 2}]}
    commitments:
      floor: {name: Minimum spend, amount: 40, prices: [fee, tokens]}
  large:
    currencies: [CODE]
    prices:
      setup: {shape: flat, fee: 15, charged: once}
      fee: {shape: flat, fee: 89.99, charged: advance}
      seats: {quantity: seats, shape: volume, tiers: [{up_to: 3, unit: 9}, {unit: 6.66}], charged: advance}
      support: {shape: flat, fee: 12.35, charged: arrears, tax_category: ebook}
      tokens: {meter: tokens, shape: per_unit, unit: 0.0123}
      calls: {meter: calls, shape: package, price: 1.5, size: 10, included: 5}
  weekly:
    currencies: [CODE]
    every: week
    prices:
      fee: {shape: flat, fee: 9.99, charged: advance}
      peak: {meter: peak, shape: per_unit, unit: 0.05}
  tried:
    currencies: [CODE]
    prices:
      fee: {shape: flat, fee: 45, charged: advance}
      tokens: {meter: tokens, shape: volume, tiers: [{up_to: 200, unit: 0.02}, {unit: 0.013}]}
    phases:
      trial: {name: Trial, lasts: 14 days, trial: true, usage: free}
addons:
  extra:
    currencies: [CODE]
    prices:
      fee: {shape: flat, fee: 5.55, charged: advance}
"""
_RULES = {
    "rules": [
        {"tax": "vat", "place": "DE", "category": "ebook", "percent": "7"},
        {"tax": "vat", "place": "DE", "percent": "19"},
    ],
    "otherwise": "refuse",
}


@dataclass
class Shop:
    """One seller and one customer, and the time it is for them. `sent` are the ids of events."""

    store: SellerStore
    currency: Currency
    now: datetime = BEGIN
    sent: list[str] = field(default_factory=list)

    def money(self, dice: Random, most: int) -> Money:
        """Some amount, of at least one minor unit."""
        return Money(dice.randint(1, most * 10**self.currency.minor_digits), self.currency)

    def wait(self, hours: int) -> None:
        """Time goes by."""
        self.now += timedelta(hours=hours)


def open_shop(store: SellerStore, seed: int) -> Shop:
    """The same seed opens the same shop."""
    dice = Random(f"shop {seed}")
    code = dice.choice(["USD", "USD", "JPY", "KWD"])
    shop = Shop(store, currency(code))
    catalogue = read_catalogue(_CATALOGUE.replace("CODE", code).encode(), known={})
    apply_catalogue(
        store, meters=catalogue.meters, plans=catalogue.plans, add_ons=catalogue.add_ons, rules=(), now=BEGIN
    )
    add_customer(store, key=CUSTOMER, name="Acme", in_zone=dice.choice(ZONES), now=BEGIN)
    address = address_in(lines=["Musterweg 1"], postcode="10115", city="Berlin", country="DE")
    if dice.random() < 0.8:
        change_entity(store, "main", EntityChange(address=address, tax_included=dice.random() < 0.5))
        apply_tax_rules(store, _RULES, now=BEGIN)
        change_details(store, CUSTOMER, DetailsChange(address=address))
    if dice.random() < 0.3:
        grace = timedelta(hours=dice.choice([1, 100]))
        set_policy(store, BillingPolicy(grace=grace, hold_units=Decimal(20)), by="walk", now=BEGIN)
    for key, terms in _coupons(code).items():
        add_coupon(store, key=key, terms=terms, now=BEGIN)
    wishes = Wishes(quantities={"seats": Decimal(dice.randint(1, 6))})
    starts_on = BEGIN.date() + timedelta(days=dice.choice([0, 0, 14, 30]))
    plan = dice.choice(PLANS)
    anchor_day = dice.choice([None, None, 15, 31])
    try:
        subscribe(
            store,
            customer_key=CUSTOMER,
            plan_key=plan,
            starts_on=starts_on,
            anchor_day=None if plan == "weekly" else anchor_day,
            wishes=wishes if plan in ("small", "large") else None,
        )
    except Refused:
        subscribe(store, customer_key=CUSTOMER, plan_key="small", starts_on=starts_on, wishes=wishes)
    return shop


def _coupons(code: str) -> dict[str, dict[str, object]]:
    return {
        "fifth": {"percent": "20", "periods": "for ever"},
        "ten": {"amounts": {code: "10"}, "periods": 3, "carries_over": True},
        "all": {"percent": "100", "periods": 2},
        "seats": {"percent": "33.3", "periods": "for ever", "prices": ["seats"]},
        "large": {"amounts": {code: "7"}, "periods": "for ever", "plans": ["large"]},
    }
