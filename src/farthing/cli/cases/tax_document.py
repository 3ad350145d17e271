"""Documents of EN 16931: their totals and VAT groups worked out, and the rules that their own totals must keep."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from farthing.cli.cases.answers import Answers, Rows, Value
from farthing.cli.cases.words import Unsupported, Words, product
from farthing.core.exact import ZERO, Exact, add, divide, multiply, subtract
from farthing.core.invoicing.reckoning import TaxTreatment
from farthing.core.invoicing.tax import Levy, taxes_on
from farthing.core.money import Currency, round_to_money, total
from farthing.core.rating.line import added

RULE = ("rule", "br", "rule_id")
_LINES = ("lines", "invoice_lines", "credit_note_lines")
_TREATMENT: Mapping[str, TaxTreatment] = {
    "S": TaxTreatment.STANDARD, "L": TaxTreatment.STANDARD, "M": TaxTreatment.STANDARD, "Z": TaxTreatment.ZERO,
    "E": TaxTreatment.EXEMPT, "AE": TaxTreatment.REVERSE_CHARGE, "K": TaxTreatment.EXEMPT, "G": TaxTreatment.EXEMPT,
    "O": TaxTreatment.OUTSIDE,
}  # fmt: skip
# What the rules are called by, and the codes of the category.
_FAMILIES: Mapping[str, tuple[str, ...]] = {
    "S": ("S",), "Z": ("Z",), "E": ("E",), "AE": ("AE",), "IC": ("K", "IC"), "G": ("G",), "O": ("O",),
    "IG": ("L", "IG"), "AF": ("L", "IG"), "IP": ("M", "IP"), "AG": ("M", "IP"),
}  # fmt: skip
_WITH_RATE = frozenset({"S", "IG", "AF", "IP", "AG"})
_HUNDREDTH = Decimal("0.01")
_SMALLEST = Decimal("1E-18")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A line, or an allowance (negative) or charge of the whole document."""

    net: Decimal
    category: str | None
    percent: Decimal | None
    is_line: bool = True


@dataclass(frozen=True, slots=True)
class _Group:
    category: str | None
    percent: Decimal | None
    taxable: Decimal | None
    tax: Decimal | None


@dataclass(frozen=True, slots=True)
class _Document:
    pieces: tuple[_Piece, ...]
    totals: Mapping[str, Decimal]
    groups: tuple[_Group, ...]
    vat_total: Decimal | None
    currency: Currency

    def total(self, name: str) -> Decimal:
        return self.totals.get(name, ZERO)

    def lines(self) -> list[_Piece]:
        return [piece for piece in self.pieces if piece.is_line]

    def of_document(self, *, charges: bool) -> Exact:
        """What allowances, or charges, of the whole document come to."""
        amounts = [piece.net for piece in self.pieces if not piece.is_line and (piece.net > 0) == charges]
        return added(amounts if charges else [-amount for amount in amounts])


_TOTALS = {
    "sum_lines": ("sum_lines", "line_total", "line_extension", "line_extension_amount"),
    "tax_exclusive": ("tax_exclusive", "tax_exclusive_amount", "net"),
    "tax_inclusive": ("tax_inclusive", "tax_inclusive_amount", "gross"),
    "allowances": ("allowances", "allowance_total", "allowances_total"),
    "charges": ("charges", "charge_total", "charges_total"),
    "prepaid": ("prepaid", "prepaid_amount", "paid"),
    "rounding": ("rounding", "payable_rounding", "rounding_amount"),
    "payable": ("payable", "payable_amount", "due"),
}


def document(words: Words) -> Answers:
    """A whole invoice: VAT once for each category and rate, and the totals."""
    read = _read(words)
    prepaid = words.number("prepaid") or read.total("prepaid")
    rounding = words.number("rounding") or read.total("rounding")
    holds = words.flag("line_arithmetic_holds")
    currency = read.currency
    moneys = [round_to_money(piece.net, currency) for piece in read.pieces]
    taxes = taxes_on([[_levy(piece)] for piece in read.pieces], moneys)
    lines = total([money for money, piece in zip(moneys, read.pieces, strict=True) if piece.is_line],
                  in_currency=currency)  # fmt: skip
    net = total(moneys, in_currency=currency)
    vat = total([tax.amount for tax in taxes], in_currency=currency)
    allowances, charges = (round_to_money(read.of_document(charges=which), currency) for which in (False, True))
    payable = subtract(add((net + vat).amount, rounding), prepaid)
    answers = Answers(currency)
    totals: dict[str, Value] = {
        "sum_lines": lines, "tax_exclusive": net, "tax_inclusive": net + vat, "allowances": allowances,
        "charges": charges, "prepaid": prepaid, "rounding": rounding, "payable": payable,
    }  # fmt: skip
    answers.add(totals, "totals")
    for name, value in totals.items():
        answers.add(value, *_TOTALS[name])
    groups: list[Value] = []
    for tax in taxes:
        percent = product(tax.rate, Decimal(100))
        groups.append({
            "category": tax.category, "percent": percent, "taxable": tax.base, "tax": tax.amount, "rate": tax.rate,
            "reason": tax.reason or None,
        })  # fmt: skip
    answers.add(Rows(groups), "vat", "vat_breakdown", "groups", "breakdown", "tax_subtotals")
    answers.add(vat, "vat_total", "tax", "taxes", "tax_total")
    answers.add(holds, "line_arithmetic_holds")
    return answers


def judged(words: Words) -> Answers:
    """Totals alone: whether they agree with each other."""
    read = _read(words)
    kept = [_RULES[name](read) for name in ("BR-CO-13", "BR-CO-15", "BR-CO-16") if _speaks_of(read, name)]
    answers = Answers(read.currency)
    answers.add(all(kept), "valid", "holds", "is_valid")
    return answers


def kept_rule(words: Words) -> Answers:
    """Whether a document keeps the rule that is named."""
    name = (words.text(*RULE) or "").strip().upper()
    rule = _rule(name)
    read = _read(words)
    answers = Answers(read.currency)
    answers.add(lambda: rule(read), "valid", "holds", "is_valid", "passes")
    return answers


def _rule(name: str) -> Callable[[_Document], bool]:
    if name in _RULES:
        return _RULES[name]
    found = re.fullmatch(r"BR-([A-Z]{1,2})-(\d\d)", name)
    if found and found[1] in _FAMILIES:
        family, number = found[1], int(found[2])
        match number:
            case 1:
                return lambda read: _has_a_group(read, family)
            case 5 | 6 | 7:
                return lambda read: _rates_fit(read, family, of_lines=number == 5, charges=number == 7)
            case 8:
                return lambda read: _bases_fit(read, family)
            case 9:
                return lambda read: _amounts_fit(read, family)
    raise Unsupported(f"the rule “{name}” is not one that is known here")


def _speaks_of(read: _Document, name: str) -> bool:
    asked = {"BR-CO-13": "sum_lines", "BR-CO-15": "tax_inclusive", "BR-CO-16": "payable"}[name]
    return asked in read.totals


def _bases_fit(read: _Document, family: str) -> bool:
    """BR-*-08: each group's taxable amount is that of its lines, less allowances, with charges, of its rate.

    As published: below 1 apart where there are rates, and no difference where there are none.
    """
    for group in _groups_of(read, family):
        own = [
            piece for piece in _of_family(read.pieces, family) if family not in _WITH_RATE or _same_rate(piece, group)
        ]
        if not own or group.taxable is None:
            return False
        apart = _apart(group.taxable, added(piece.net for piece in own))
        if apart >= (Decimal(1) if family in _WITH_RATE else _SMALLEST):
            return False
    return True


def _amounts_fit(read: _Document, family: str) -> bool:
    """BR-*-09: each group's tax is its taxable amount times its rate; nothing where there is no rate."""
    groups = _groups_of(read, family)
    if family in _WITH_RATE:
        return all(_multiplies(group, read.currency) for group in groups)
    return all(not group.tax for group in groups)


def _rates_fit(read: _Document, family: str, *, of_lines: bool, charges: bool) -> bool:
    """BR-*-05 to 07: what is taxed at the standard rate has one, what is zero or exempt has 0, the rest none."""
    pieces = [
        piece
        for piece in _of_family(read.pieces, family)
        if piece.is_line == of_lines and (of_lines or (piece.net > 0) == charges)
    ]
    if family == "O":
        return all(piece.percent is None for piece in pieces)
    if family == "S":
        return all(piece.percent is not None and piece.percent > 0 for piece in pieces)
    if family in _WITH_RATE:
        return all(piece.percent is not None and piece.percent >= 0 for piece in pieces)
    return all(piece.percent == 0 for piece in pieces)


def _has_a_group(read: _Document, family: str) -> bool:
    """BR-*-01: who uses a category has it in the breakdown."""
    return not _of_family(read.pieces, family) or bool(_groups_of(read, family))


def _multiplies(group: _Group, currency: Currency) -> bool:
    """BR-CO-17, as it is published: less than 1 away from the product rounded to two digits."""
    tax = group.tax or ZERO
    if group.percent is None or not group.percent:
        return not round_to_money(multiply(tax, _HUNDREDTH), currency)
    exact = divide(multiply(group.taxable or ZERO, group.percent), Decimal(100))
    return _apart(tax, round_to_money(exact, currency).amount) < 1


def _apart(one: Exact, other: Exact) -> Exact:
    """How far two numbers are apart."""
    return max(subtract(one, other), subtract(other, one))


def _same_rate(piece: _Piece, group: _Group) -> bool:
    return (piece.percent or ZERO) == (group.percent or ZERO)


def _groups_of(read: _Document, family: str) -> list[_Group]:
    return [group for group in read.groups if group.category in _FAMILIES[family]]


def _of_family(pieces: Sequence[_Piece], family: str) -> list[_Piece]:
    return [piece for piece in pieces if piece.category in _FAMILIES[family]]


def _taxed(read: _Document) -> bool:
    if read.vat_total is None:
        return False
    return read.total("tax_inclusive") == add(read.total("tax_exclusive"), read.vat_total)


def _exclusive(read: _Document) -> bool:
    before = subtract(read.total("sum_lines"), read.total("allowances"))
    return read.total("tax_exclusive") == add(before, read.total("charges"))


def _payable(read: _Document) -> bool:
    left = subtract(read.total("tax_inclusive"), read.total("prepaid"))
    return read.total("payable") == add(left, read.total("rounding"))


def _vat_adds_up(read: _Document) -> bool:
    return not read.groups or (read.vat_total or ZERO) == added(group.tax or ZERO for group in read.groups)


_RULES: Mapping[str, Callable[[_Document], bool]] = {
    "BR-CO-04": lambda read: all(piece.category is not None for piece in read.lines()),
    "BR-CO-10": lambda read: read.total("sum_lines") == added(piece.net for piece in read.lines()),
    "BR-CO-11": lambda read: read.total("allowances") == read.of_document(charges=False),
    "BR-CO-12": lambda read: read.total("charges") == read.of_document(charges=True),
    "BR-CO-13": _exclusive,
    "BR-CO-14": _vat_adds_up,
    "BR-CO-15": _taxed,
    "BR-CO-16": _payable,
    "BR-CO-17": lambda read: all(_multiplies(group, read.currency) for group in read.groups),
    "BR-CO-18": lambda read: bool(read.groups),
}


def _read(words: Words) -> _Document:
    pieces = [_piece(part, is_line=True) for part in words.parts(*_LINES) or []]
    pieces += [_piece(part, is_line=False) for part in words.parts("document_allowances_charges") or []]
    totals = words.part("totals")
    read: dict[str, Decimal] = {}
    if totals is not None:
        for name, names in _TOTALS.items():
            amount = totals.number(*names)
            if amount is not None:
                read[name] = amount
        totals.done()
    groups = []
    for part in words.parts("vat", "vat_breakdown") or []:
        groups.append(
            _Group(
                _code(part),
                part.number("percent", "vat_percent", "rate"),
                part.number("taxable", "base", "taxable_amount"),
                part.number("tax", "amount", "tax_amount"),
            )
        )
        part.text("reason", "exemption_reason")
        part.done()
    return _Document(tuple(pieces), read, tuple(groups), words.number("vat_total", "tax_total"), words.currency())


def _piece(part: Words, *, is_line: bool) -> _Piece:
    part.take("id")
    category = _code(part)
    percent = part.number("vat_percent", "percent")
    if not is_line:
        kind, amount = part.word("kind", "type"), part.number("amount", "net")
        if kind not in ("allowance", "charge") or amount is None:
            raise Unsupported("an allowance or a charge needs its kind and its amount")
        part.done()
        return _Piece(-amount if kind == "allowance" else amount, category, percent, is_line=False)
    net = part.number("net", "amount", "line_extension")
    quantity, price = part.number("quantity"), part.number("price", "unit_price")
    per = part.number("price_base_quantity", "base_quantity")
    exact: Exact = ZERO
    if net is None and quantity is not None and price is not None:
        exact = divide(multiply(quantity, price), per or Decimal(1))
    for inner in part.parts("allowances_charges") or []:
        kind, amount = inner.word("kind", "type"), inner.number("amount") or ZERO
        exact = subtract(exact, amount) if kind == "allowance" else add(exact, amount)
        inner.done()
    part.done()
    if net is None:
        if not isinstance(exact, Decimal):
            raise Unsupported("a line's net has digits that never end")
        net = exact
    return _Piece(net, category, percent)


def _code(part: Words) -> str | None:
    code = part.text("vat_category", "category")
    return None if code is None else code.strip().upper()


def _levy(piece: _Piece) -> Levy:
    code = piece.category or "S"
    percent = piece.percent or ZERO
    treatment = _TREATMENT.get(code)
    if treatment is None:
        raise Unsupported(f"the VAT category “{code}” is not one that is known here")
    rate = product(percent, _HUNDREDTH)
    if treatment is not TaxTreatment.STANDARD and rate:
        raise Unsupported(f"the VAT category “{code}” has no rate, and a line of it has {percent} %")
    return Levy("vat", "VAT", "", rate, treatment, category=code)
