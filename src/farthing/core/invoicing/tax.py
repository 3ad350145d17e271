"""Taxes are worked out once for all lines of one rate and place, rounded once, and shared among those lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from farthing.core.exact import ONE, Exact, add, divide, multiply, subtract
from farthing.core.invoicing.reckoning import Tax, TaxedLine, TaxTreatment
from farthing.core.money import Money, round_to_money, spread, total
from farthing.core.rating.line import added

# The code of EN 16931 for how a supply stands to a tax, where a rule names no other one.
CATEGORY_OF: Mapping[TaxTreatment, str] = {
    TaxTreatment.STANDARD: "S",
    TaxTreatment.ZERO: "Z",
    TaxTreatment.EXEMPT: "E",
    TaxTreatment.REVERSE_CHARGE: "AE",
    TaxTreatment.OUTSIDE: "O",
}


@dataclass(frozen=True, slots=True)
class Levy:
    """What a line bears, before it is known how much that is: which tax, of which place, at which rate, or why none.

    Lines with equal levies are one group of an invoice (EN 16931, BG-23). `category` is the group's code there, which
    is not the tax category of a product: two products at one rate are taxed together.
    """

    key: str
    name: str
    jurisdiction: str
    rate: Decimal
    treatment: TaxTreatment = TaxTreatment.STANDARD
    category: str = ""
    reason: str = ""
    reason_code: str = ""

    def __post_init__(self) -> None:
        assert self.rate >= 0, f"the tax {self.key} has the rate {self.rate}"
        assert self.treatment is TaxTreatment.STANDARD or not self.rate, f"{self.key} is {self.treatment}, {self.rate}"
        if not self.category:
            # Frozen, but not finished yet: equal levies have equal categories.
            object.__setattr__(self, "category", CATEGORY_OF[self.treatment])
        # 19 and 19.00 percent are one group, and are kept alike.
        object.__setattr__(self, "rate", self.rate.normalize() + 0)


def levy_of(tax: Tax) -> Levy:
    """What the lines of a tax bear, as their invoice says it."""
    return Levy(
        key=tax.key,
        name=tax.name,
        jurisdiction=tax.jurisdiction,
        rate=tax.rate,
        treatment=tax.treatment,
        category=tax.category,
        reason=tax.reason,
        reason_code=tax.reason_code,
    )


def taxes_on(levies: Sequence[Sequence[Levy]], left: Sequence[Money], *, included: bool = False) -> tuple[Tax, ...]:
    """The taxes on lines: `levies` are what each line bears, `left` what it comes to after discounts.

    Each tax is of the sum of its lines, rounded once, half away from zero. A line may bear several, each on the line's
    net: taxes are not taxed. Where amounts hold the taxes, a tax is taken out of its lines' sum, and what the lines
    are without it is shared out by largest remainder; where a line bears several, each tax is shared out so.

    >>> from farthing.core.money import USD
    >>> vat = Levy("vat", "VAT", "GB", Decimal("0.2"))
    >>> [tax.amount.minor for tax in taxes_on([[vat], [vat]], [Money(6833, USD)] * 2)]
    [2733]
    """
    groups: dict[Levy, list[int]] = {}
    for number, borne in enumerate(levies, start=1):
        for levy in dict.fromkeys(borne):
            groups.setdefault(levy, []).append(number)
    if not included:
        return tuple(_on_top(levy, [(number, left[number - 1]) for number in of]) for levy, of in groups.items())
    rates = [added(levy.rate for levy in dict.fromkeys(borne)) for borne in levies]
    shares = {
        levy: _taken_out(
            levy,
            [left[number - 1] for number in of],
            [rates[number - 1] for number in of],
            alone=all(len(dict.fromkeys(levies[number - 1])) == 1 for number in of),
        )
        for levy, of in groups.items()
    }
    nets = list(left)
    for levy, of in groups.items():
        for number, share in zip(of, shares[levy], strict=True):
            nets[number - 1] -= share
    return tuple(_tax(levy, [(number, nets[number - 1]) for number in of], shares[levy]) for levy, of in groups.items())


def _on_top(levy: Levy, bases: Sequence[tuple[int, Money]]) -> Tax:
    exact = [multiply(base.amount, levy.rate) for _, base in bases]
    amount = round_to_money(added(exact), bases[0][1].currency)
    return _tax(levy, bases, spread(amount, exact))


def _taken_out(levy: Levy, grosses: Sequence[Money], rates: Sequence[Exact], *, alone: bool) -> list[Money]:
    """The tax in each of these amounts, which hold taxes of `rates` together."""
    currency = grosses[0].currency
    exact = [
        divide(multiply(gross.amount, levy.rate), add(ONE, rate)) for gross, rate in zip(grosses, rates, strict=True)
    ]
    amount = round_to_money(added(exact), currency)
    if not alone:
        return list(spread(amount, exact))
    net = total(grosses, in_currency=currency) - amount
    without = spread(net, [subtract(gross.amount, tax) for gross, tax in zip(grosses, exact, strict=True)])
    return [gross - one for gross, one in zip(grosses, without, strict=True)]


def _tax(levy: Levy, bases: Sequence[tuple[int, Money]], amounts: Sequence[Money]) -> Tax:
    in_currency = bases[0][1].currency
    return Tax(
        key=levy.key,
        name=levy.name,
        category=levy.category,
        jurisdiction=levy.jurisdiction,
        rate=levy.rate,
        treatment=levy.treatment,
        base=total([base for _, base in bases], in_currency=in_currency),
        amount=total(amounts, in_currency=in_currency),
        lines=tuple(TaxedLine(number, base, amount) for (number, base), amount in zip(bases, amounts, strict=True)),
        reason=levy.reason,
        reason_code=levy.reason_code,
    )
