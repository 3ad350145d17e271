"""An invoice of two items, with a coupon, promotional credit, a tax and prepaid credit."""

from decimal import Decimal
from uuid import UUID

from farthing.core.ids import id_of
from farthing.core.invoicing.invoice import RULES_VERSION, Draft
from farthing.core.invoicing.reckoning import (
    CreditUse,
    Discount,
    DiscountKind,
    Reckoning,
    Tax,
    TaxedLine,
    TaxTreatment,
)
from farthing.core.money import Money
from farthing.core.period import ZONE_DATABASE_VERSION, Period
from farthing.core.pricing.step import Step, StepKind
from farthing.core.rating.line import Cell, Line, LineKind
from tests.core.core_values import ACME, USD, at

DAY = Period(at("2026-01-05"), at("2026-01-06"))


def usd(*minors: int) -> Money:
    """So many cents."""
    return Money(sum(minors), USD)


def item(key: str, minor: int) -> Line:
    """What a person wrote on an invoice."""
    step = Step(Decimal(1), Decimal(minor) / 100, kind=StepKind.UNITS)
    cell = Cell((), Decimal(1), Decimal(1), 0, (step,), (usd(minor),))
    return Line(key, key.title(), DAY, Decimal(1), "", (cell,), usd(minor), LineKind.ITEM, note="Agreed by mail (Ada).")


COUPON = Discount(
    DiscountKind.COUPON,
    UUID(int=1),
    "launch",
    "Launch",
    (usd(667), usd(333)),
    {"name": "Launch", "amounts": {"USD": "10"}, "available": "10"},
)
PROMOTIONAL = Discount(DiscountKind.PROMOTIONAL, UUID(int=2), "sorry", "Sorry", (usd(300), usd(200)))
VAT = Tax(
    "vat",
    "VAT 20 %",
    "standard",
    "FR",
    Decimal("0.2"),
    TaxTreatment.STANDARD,
    usd(13500),
    usd(2700),
    (TaxedLine(1, usd(9033), usd(1807)), TaxedLine(2, usd(4467), usd(893))),
)
RECKONING = Reckoning((COUPON, PROMOTIONAL), (VAT,), credits=(CreditUse(UUID(int=3), "Top-up", usd(4000)),))
DRAFT = Draft(
    invoice_id=id_of("invoice", "items"),
    customer_id=ACME,
    subscription_id=None,
    currency=USD,
    at=at("2026-01-05"),
    lines=(item("training", 10000), item("travel", 5000)),
    frozen={"rules_version": RULES_VERSION, "zone": "UTC", "zone_database": ZONE_DATABASE_VERSION},
)
