"""From lines to what is due: discounts, then taxes, then prepaid credit; and each has its account."""

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest

from farthing.core.invoicing.invoice import Series, issue
from farthing.core.invoicing.postings import book_invoice
from farthing.core.invoicing.reckoning import (
    CreditUse,
    Discount,
    DiscountKind,
    Reckoning,
    Tax,
    TaxedLine,
    TaxTreatment,
)
from farthing.core.ledger.transaction import Account
from farthing.core.money import Money
from tests.core.core_values import ENTITY, USD, at
from tests.core.invoicing.reckoned import DRAFT, RECKONING, usd


def test_discounts_come_before_taxes_and_prepaid_credit_after_them() -> None:
    draft = replace(DRAFT, reckoning=RECKONING)
    assert draft.subtotal == usd(10000, 5000)
    assert draft.discounted == usd(1500)
    assert draft.net == usd(13500)
    assert draft.tax == usd(2700)
    assert draft.total == usd(16200)
    assert draft.due == usd(12200)
    assert draft.line_nets == [usd(9033), usd(4467)]


def test_each_part_is_booked_on_its_own_account_and_coupons_lower_revenue() -> None:
    invoice = issue(replace(DRAFT, reckoning=RECKONING), ENTITY, Series(), now=at("2026-02-01"))
    booked = {posting.account: posting.amount for posting in book_invoice(invoice).postings}
    assert booked == {
        Account.RECEIVABLE: usd(12200),
        Account.PREPAID_CREDIT: usd(4000),
        Account.REVENUE: usd(-14000),
        Account.PROMOTIONAL_CREDIT: usd(500),
        Account.TAX_PAYABLE: usd(-2700),
    }


def test_taxes_that_prices_include_come_out_of_the_lines() -> None:
    tax = Tax("vat", "VAT", "standard", "DE", Decimal("0.2"), TaxTreatment.STANDARD, usd(12500), usd(2500),
              (TaxedLine(1, usd(8333), usd(1667)), TaxedLine(2, usd(4167), usd(833))))  # fmt: skip
    draft = replace(DRAFT, reckoning=Reckoning(taxes=(tax,), tax_included=True))
    assert draft.total == usd(15000)
    assert draft.net == usd(12500)
    assert draft.line_nets == [usd(8333), usd(4167)]


def test_a_tax_that_its_lines_do_not_make_up_cannot_be() -> None:
    with pytest.raises(AssertionError, match="on its lines"):
        Tax("vat", "VAT", "standard", "DE", Decimal("0.2"), TaxTreatment.STANDARD, usd(100), usd(20),
            (TaxedLine(1, usd(100), usd(19)),))  # fmt: skip


def test_a_discount_is_spread_over_all_lines() -> None:
    short = Discount(DiscountKind.COUPON, UUID(int=1), "half", "Half", (usd(1),))
    with pytest.raises(AssertionError, match="not spread over 2 lines"):
        replace(DRAFT, reckoning=Reckoning(discounts=(short,)))


def test_nothing_pays_nothing() -> None:
    with pytest.raises(AssertionError, match="pays"):
        CreditUse(UUID(int=1), "Top-up", Money(0, USD))
