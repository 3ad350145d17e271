"""Taxes: on lines with their rates, coupons before them, taxes on top or in the price, and the rules of EN 16931."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from farthing.cli.cases.answers import Answers, Quotient, Rows, Split, Value
from farthing.cli.cases.tax_coupons import taken_off
from farthing.cli.cases.tax_document import RULE, document, judged, kept_rule
from farthing.cli.cases.tax_lines import LINES, Taxable, taxable_lines
from farthing.cli.cases.words import Unsupported, Words, exact_number, product
from farthing.core.exact import divide, multiply
from farthing.core.invoicing.reckoning import Tax, TaxTreatment
from farthing.core.invoicing.tax import levy_of, taxes_on
from farthing.core.invoicing.tax_ids import tax_id_in
from farthing.core.money import Currency, Money, plain, round_to_money, total
from farthing.core.refused import Refused

_INCLUDED = ("inclusive", "tax_inclusive", "prices_include_tax", "tax_included", "included", "price_includes_tax",
             "includes_tax")  # fmt: skip
_HUNDRED = Decimal(100)


class ByRate(Mapping[str, Value]):
    """What came of each rate; a case writes one as 0.10, 0.1 or 10 %."""

    def __init__(self, of: Mapping[Decimal, Value]) -> None:
        self._of = of

    def __getitem__(self, name: str) -> Value:
        for written in (name.strip(), name.strip().removesuffix("%").strip()):
            try:
                rate = exact_number(written, of="rate")
            except Unsupported:
                continue
            as_percent = product(rate, Decimal("0.01"))
            candidates = (as_percent, rate) if name.strip().endswith("%") else (rate, as_percent)
            for candidate in candidates:
                if candidate in self._of:
                    return self._of[candidate]
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return (plain(rate) for rate in self._of)

    def __len__(self) -> int:
        return len(self._of)


def tax(words: Words) -> Answers:
    """What taxes a case comes to."""
    if words.has(*RULE):
        return kept_rule(words)
    if words.has("vat_id", "tax_id", "vat_number", "vatin"):
        return _vat_id(words)
    if _is_document(words):
        return document(words)
    if words.has("totals", "vat_total") and not words.has(*LINES):
        return judged(words)
    return _of_lines(words)


def _is_document(words: Words) -> bool:
    return words.mentions("document_allowances_charges", "line_arithmetic_holds", "prepaid") and words.has(*LINES)


def _of_lines(words: Words) -> Answers:
    currency = words.currency()
    included = _included(words)
    lines = taxable_lines(words, in_currency=currency)
    off = [[line.off or Money(0, currency) for line in lines]]
    left = [line.amount - one for line, one in zip(lines, off[0], strict=True)]
    off += taken_off(words, [line.name for line in lines], left, in_currency=currency)
    left = [line.amount - total([one[place] for one in off], in_currency=currency) for place, line in enumerate(lines)]
    taxes = taxes_on([line.levies for line in lines], left, included=included)
    answers = Answers(currency)
    _answer(answers, lines, off, left, taxes, included=included, in_currency=currency)
    paid = words.money("prepaid_credit", "credits", "credit", "wallet", "prepaid", "credit_notes", in_currency=currency)
    owed = total(left, in_currency=currency)
    if not included:
        owed += total([one.amount for one in taxes], in_currency=currency)
    ahead = Money(0, currency)
    if paid is not None:
        ahead = Money(min(round_to_money(paid, currency).minor, max(owed.minor, 0)), currency)
        answers.add(ahead, "credits_applied", "prepaid_applied", "credit_applied", "prepaid_credit_used")
    answers.add(owed - ahead, "due", "amount_due", "payable", "total_due", "to_pay")
    return answers


def _answer(
    answers: Answers,
    lines: Sequence[Taxable],
    off: Sequence[Sequence[Money]],
    left: Sequence[Money],
    taxes: Sequence[Tax],
    *,
    included: bool,
    in_currency: Currency,
) -> None:
    none = Money(0, in_currency)
    per_line = [
        total([on.amount for one in taxes for on in one.lines if on.number == number], in_currency=in_currency)
        for number in range(1, len(lines) + 1)
    ]
    taxed = total([one.amount for one in taxes], in_currency=in_currency)
    charged = total([line.amount for line in lines], in_currency=in_currency)
    nets = [amount - tax if included else amount for amount, tax in zip(left, per_line, strict=True)]
    grosses = [net + tax for net, tax in zip(nets, per_line, strict=True)]
    net = total(nets, in_currency=in_currency)
    coupons = [total([one[place] for one in off], in_currency=in_currency) for place in range(len(lines))]
    answers.add(Split(taxed, per_line), "tax", "taxes", "total_tax", "tax_amount", "taxes_amount", "vat", "vat_total",
                "tax_total", "total_taxes", "vat_amount", "sales_tax")  # fmt: skip
    answers.add(per_line, "tax_per_fee", "tax_per_line", "line_taxes", "taxes_per_fee", "per_line_tax", "fee_taxes",
                "taxes_per_line", "line_tax", "tax_by_line")  # fmt: skip
    answers.add(coupons, "coupon_per_fee", "coupons_per_fee", "coupon_per_line", "discount_per_line",
                "discount_per_fee", "discounts_per_line", "per_line_discount")  # fmt: skip
    answers.add(total(coupons, in_currency=in_currency), "coupons", "discounts", "discount", "coupon", "total_discount",
                "coupons_amount", "discount_total", "allowances")  # fmt: skip
    answers.add(charged, "fees", "subtotal", "fees_amount", "sub_total", "amount")
    answers.add([_amounts(*row) for row in zip(nets, per_line, grosses, strict=True)], "lines", "per_line", "items",
                "line_items", "by_line")  # fmt: skip
    answers.add(Split(net, nets), "net", "nets", "net_amount", "taxable", "tax_exclusive", "subtotal_after_discount",
                "sub_total_excluding_taxes", "amount_excluding_tax", "total_excluding_tax", "net_total", "base",
                "taxable_amount", "total_net", "nets_per_line", "line_nets", "net_per_line", "excl_tax")  # fmt: skip
    answers.add(Split(total(grosses, in_currency=in_currency), grosses), "total", "gross", "total_amount",
                "tax_inclusive", "grosses", "sub_total_including_taxes", "total_including_tax", "grand_total",
                "amount_including_tax", "invoice_total", "gross_total", "incl_tax")  # fmt: skip
    by_rate: dict[Decimal, Value] = {}
    for rate in dict.fromkeys(one.rate for one in taxes):
        of_rate = [one for one in taxes if one.rate == rate]
        base = total([one.base for one in of_rate], in_currency=in_currency)
        amount = total([one.amount for one in of_rate], in_currency=in_currency)
        by_rate[rate] = _row(base, amount, of_rate[0])
    answers.add(ByRate(by_rate), "by_rate", "per_rate", "rates", "tax_by_rate", "by_tax_rate")
    rows = Rows([_row(one.base, one.amount, one) for one in taxes])
    answers.add(rows, "groups", "breakdown", "tax_breakdown", "vat_breakdown", "tax_lines", "subtotals", "tax_groups")
    effective = divide(multiply(taxed.amount, _HUNDRED), net.amount) if net else Decimal(0)
    answers.add(Quotient(effective), "effective_rate_pct", "taxes_rate", "effective_rate_percent", "effective_percent")
    answers.add(Quotient(multiply(effective, Decimal("0.01"))), "effective_rate")
    treatments = {one.treatment for one in taxes}
    answers.add(TaxTreatment.REVERSE_CHARGE in treatments, "reverse_charge", "is_reverse_charge")
    answers.add(bool(treatments) and treatments == {TaxTreatment.EXEMPT}, "exempt", "is_exempt")
    answers.add(none == taxed, "no_tax", "tax_free")


def _amounts(net: Money, tax: Money, gross: Money) -> dict[str, Value]:
    named = {"net": net, "amount": net, "tax": tax, "taxes": tax, "total": gross, "gross": gross}
    return {**named, **{f"{name}_minor": money.minor for name, money in named.items()}}


def _row(base: Money, amount: Money, of: Tax) -> dict[str, Value]:
    levy = levy_of(of)
    percent = product(levy.rate, _HUNDRED)
    return {
        **dict.fromkeys(("base", "taxable", "net", "taxable_amount", "base_amount"), base),
        **{f"{name}_minor": base.minor for name in ("base", "taxable", "net", "taxable_amount", "base_amount")},
        **dict.fromkeys(("tax", "amount", "tax_amount"), amount),
        **{f"{name}_minor": amount.minor for name in ("tax", "amount", "tax_amount")},
        **dict.fromkeys(("rate", "tax_rate"), levy.rate),
        **dict.fromkeys(("percent", "vat_percent", "tax_percent"), percent),
        **dict.fromkeys(("category", "vat_category"), levy.category),
        "jurisdiction": levy.jurisdiction,
        "name": levy.name,
        "reason": levy.reason,
    }


def _included(words: Words) -> bool:
    flag = words.flag(*_INCLUDED)
    behavior = words.word("tax_behavior", "behavior", "tax_mode", "pricing")
    if behavior not in (None, "inclusive", "exclusive", "included", "excluded", "gross", "net"):
        raise Unsupported(f"the behaviour “{behavior}” is not one that is known here")
    named = behavior in ("inclusive", "included", "gross")
    if flag is not None and behavior is not None and flag != named:
        raise Unsupported("the inputs say that tax is included, and that it is not")
    return bool(flag) or named


def _vat_id(words: Words) -> Answers:
    """Whether a VAT id can be one, by its form."""
    answers = Answers(words.currency())
    written = words.text("vat_id", "tax_id", "vat_number", "vatin") or ""
    country = (words.text("country", "country_code") or "").upper()
    try:
        found = tax_id_in(written, country=country)
        valid = found.checked
        answers.add(found.country, "country", "country_code")
        answers.add(found.number, "number", "normalized", "vat_id", "compact")
    except Refused:
        valid = False
    answers.add(valid, "valid", "is_valid")
    return answers
