"""The lines of a case of taxes: what each comes to, and at which rates, for which place, or why at none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from farthing.cli.cases.words import Unsupported, Words, exact_number, in_major, product
from farthing.core.invoicing.places import Place
from farthing.core.invoicing.reckoning import TaxTreatment
from farthing.core.invoicing.tax import Levy
from farthing.core.money import Currency, Money, round_to_money

LINES = ("lines", "fees", "items", "line_items", "invoice_lines", "charges")
AMOUNT = ("net", "amount", "subtotal", "price", "fee", "gross", "total", "base", "net_amount", "taxable", "value",
          "line_total", "gross_amount", "amount_excluding_tax", "unit_amount")  # fmt: skip
FRACTIONS = ("rate", "tax_rate", "vat_rate", "sales_tax_rate", "gst_rate")
PERCENTS = ("percent", "tax_percent", "vat_percent", "percentage", "tax_percentage", "rate_pct", "rate_percent",
            "tax_rate_pct", "vat", "tax_pct", "percentage_rate")  # fmt: skip
MANY = ("rates", "tax_rates", "taxes", "vat_rates")
CATEGORY = ("category", "tax_category", "vat_category", "product_category", "kind", "product")
_NAMES = ("id", "key", "line_id", "fee_id", "code")
_RULES = ("rules", "tax_rules", "custom_taxes", "tax_table", "jurisdictions")
_TREATMENTS: Mapping[str, TaxTreatment] = {
    "exempt": TaxTreatment.EXEMPT,
    "exemption": TaxTreatment.EXEMPT,
    "tax_exempt": TaxTreatment.EXEMPT,
    "is_tax_exempt": TaxTreatment.EXEMPT,
    "customer_exempt": TaxTreatment.EXEMPT,
    "vat_exempt": TaxTreatment.EXEMPT,
    "is_exempt": TaxTreatment.EXEMPT,
    "customer_tax_exempt": TaxTreatment.EXEMPT,
    "e": TaxTreatment.EXEMPT,
    "reverse_charge": TaxTreatment.REVERSE_CHARGE,
    "reverse": TaxTreatment.REVERSE_CHARGE,
    "reversed": TaxTreatment.REVERSE_CHARGE,
    "ae": TaxTreatment.REVERSE_CHARGE,
    "zero": TaxTreatment.ZERO,
    "zero_rated": TaxTreatment.ZERO,
    "z": TaxTreatment.ZERO,
    "vat_reverse_charge": TaxTreatment.REVERSE_CHARGE,
    "is_reverse_charge": TaxTreatment.REVERSE_CHARGE,
    "outside": TaxTreatment.OUTSIDE,
    "outside_scope": TaxTreatment.OUTSIDE,
    "out_of_scope": TaxTreatment.OUTSIDE,
    "not_subject": TaxTreatment.OUTSIDE,
    "o": TaxTreatment.OUTSIDE,
}


@dataclass(frozen=True, slots=True)
class Taxable:
    """One line of a case: what it comes to, what it bears, and what is taken off it alone."""

    name: str
    amount: Money
    levies: tuple[Levy, ...]
    off: Money | None = None


@dataclass(frozen=True, slots=True)
class _Around:
    """What holds for every line that says nothing else."""

    place: Place
    rules: Sequence[tuple[Place, str, Decimal]] | None
    freed: TaxTreatment | None
    in_currency: Currency


def taxable_lines(words: Words, *, in_currency: Currency) -> list[Taxable]:
    """The lines of a case, or its one amount."""
    around = _Around(_place(words), _rules(words), _treatment(words), in_currency)
    common = _levies(words, around, is_line=False)
    minor_names = tuple(f"{name}{ending}" for name in LINES for ending in ("_minor", "_cents"))
    in_minor = words.has(*minor_names)
    if not in_minor and not words.has(*LINES):
        amount = words.money(*AMOUNT, in_currency=in_currency)
        if amount is None or common is None:
            raise Unsupported("the inputs give no amount, or no rate of tax")
        return [Taxable("1", round_to_money(amount, in_currency), common)]
    lines: list[Taxable] = []
    for number, value in enumerate(words.listed(*(minor_names if in_minor else LINES)) or [], start=1):
        if isinstance(value, dict):
            lines.append(_line(Words(value, of=f"lines[{number - 1}]"), number, around, common))
        elif common is None:
            raise Unsupported("the inputs give no rate of tax")
        else:
            amount = exact_number(value, of="lines")
            money = round_to_money(in_major(amount, in_currency) if in_minor else amount, in_currency)
            lines.append(Taxable(str(number), money, common))
    return lines


def _line(part: Words, number: int, around: _Around, common: tuple[Levy, ...] | None) -> Taxable:
    name = part.take(*_NAMES)
    amount = part.money(*AMOUNT, in_currency=around.in_currency)
    if amount is None:
        quantity = part.number("quantity", "units", "qty")
        price = part.money("unit_price", "unit_amount", in_currency=around.in_currency)
        if quantity is None or price is None:
            raise Unsupported(f"line {number} has no amount")
        amount = product(quantity, price)
    off = part.money("discount", "coupon", "coupon_amount", "discount_amount", in_currency=around.in_currency)
    own = _levies(part, around, is_line=True)
    levies = common if own is None else own
    if levies is None:
        raise Unsupported(f"line {number} has no rate of tax")
    part.done()
    return Taxable(
        str(number if name is None else name),
        round_to_money(amount, around.in_currency),
        levies,
        off=round_to_money(off or Decimal(0), around.in_currency),
    )


def _levies(words: Words, around: _Around, *, is_line: bool) -> tuple[Levy, ...] | None:
    """What is borne, by the rates that stand there; None where none stands."""
    freed = (_treatment(words) or around.freed) if is_line else around.freed
    mentioned = words.mentions(*FRACTIONS, *PERCENTS, *MANY)
    rates = _rates(words)
    category = words.word(*CATEGORY) if is_line else None
    treatment = freed or _TREATMENTS.get(category or "")
    if rates is None and around.rules is not None and (is_line or not words.has(*LINES)):
        rates = _by_place(around.rules, around.place, category or "")
    if treatment is not None:
        return (Levy("tax", "Tax", around.place.code, Decimal(0), treatment),)
    if rates is None:
        return () if is_line and mentioned else None
    return tuple(
        Levy(f"tax{number}" if number else "tax", "Tax", around.place.code, rate,
             TaxTreatment.STANDARD if rate else TaxTreatment.ZERO)
        for number, rate in enumerate(rates)
    )  # fmt: skip


def _rates(words: Words) -> list[Decimal] | None:
    many = words.take(*MANY)
    if many is not None:
        if not isinstance(many, list):
            raise Unsupported("the rates should be a list")
        return _told_apart([_rate(value) for value in many])
    fraction, percent = words.number(*FRACTIONS), words.number(*PERCENTS)
    if fraction is not None and percent is not None:
        raise Unsupported("the inputs give a rate twice")
    if percent is not None:
        fraction = product(percent, Decimal("0.01"))
    if fraction is None:
        return None
    if fraction < 0:
        raise Unsupported("a rate below zero")
    return [fraction]


def _rate(value: Any) -> Decimal:
    if isinstance(value, dict):
        part = Words(value, of="rates")
        part.take("name", "code", "key", "id", "jurisdiction", "type")
        rates = _rates(part)
        part.done()
        if not rates:
            raise Unsupported("a tax without a rate")
        return rates[0]
    rate = exact_number(value, of="rates")
    if rate < 0:
        raise Unsupported("a rate below zero")
    return rate


def _told_apart(rates: list[Decimal]) -> list[Decimal]:
    if len(set(rates)) < len(rates):
        raise Unsupported("two taxes of one rate on one line, which cannot be told apart")
    return rates


def _treatment(words: Words) -> TaxTreatment | None:
    """What frees from tax: a flag such as `exempt` or `reverse_charge`, or a word under `treatment`."""
    found = [_TREATMENTS[name] for name in _TREATMENTS if name not in ("e", "ae", "z", "o") and _set(words, name)]
    word = words.word("treatment", "tax_treatment", "tax_status", "status")
    if word is not None and word in _TREATMENTS:
        found.append(_TREATMENTS[word])
    elif word not in (None, "standard", "taxable", "taxed", "normal", "s"):
        raise Unsupported(f"the treatment “{word}” is not one that is known here")
    if len(set(found)) > 1:
        raise Unsupported("the inputs free from tax in two ways")
    return found[0] if found else None


def _set(words: Words, name: str) -> bool:
    return words.take(name) is True


def _place(words: Words) -> Place:
    customer = words.take("customer", "customer_address", "address", "location", "place")
    part = Words(customer, of="customer") if isinstance(customer, dict) else words
    country = part.text("country", "customer_country", "country_code") or (
        customer if isinstance(customer, str) else ""
    )
    region = part.text("region", "state", "customer_region", "province") or ""
    if part is not words:
        part.done()
    return Place(country.strip().upper(), region.strip().upper().removeprefix(f"{country.strip().upper()}-"))


def _rules(words: Words) -> list[tuple[Place, str, Decimal]] | None:
    parts = words.parts(*_RULES)
    if parts is None:
        return None
    rules = []
    for part in parts:
        place = _place(part)
        category = part.word(*CATEGORY) or ""
        rates = _rates(part)
        part.take("name", "code", "key", "id")
        part.done()
        if not rates:
            raise Unsupported("a rule without a rate")
        rules.append((place, category, rates[0]))
    return rules


def _by_place(rules: Sequence[tuple[Place, str, Decimal]], place: Place, category: str) -> list[Decimal]:
    """The rate of the narrowest place that holds the customer's, and there of what names the product."""
    fitting = [
        (bool(of.region), bool(of.country), bool(named), rate)
        for of, named, rate in rules
        if (not of.country or place.lies_in(of.code)) and named in ("", category)
    ]
    if not fitting:
        return [Decimal(0)]
    best = max(fit[:3] for fit in fitting)
    return [next(fit[3] for fit in fitting if fit[:3] == best)]
