"""Money in several currencies: terms write one number, or one for each currency; prices in memory are in one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from farthing.core.pricing.fields import Terms
from farthing.core.refused import Refused

# Wherever one of these names stands in terms, an amount of money does, or a bound on one.
MONEY = frozenset({
    "fee", "unit", "flat", "price", "total", "amount", "minimum", "maximum", "per_event",
    "minimum_per_event", "maximum_per_event", "free_amount", "up_to", "bill_above",
})  # fmt: skip
_NOTHING_BY_DEFAULT = ("flat", "per_event")
_DEEPEST = 12
# What is written of events, not of money.
_OTHERWISE = ("where", "meter")


@dataclass(frozen=True, slots=True)
class InCurrency:
    """One of the currencies that terms are written in; whoever is not `strict` passes over all others."""

    code: str
    codes: tuple[str, ...]
    strict: bool = True

    def terms(self, terms: Terms, *, of: str) -> dict[str, Any]:
        """The terms in this currency; refuses an amount that lacks one of the plan's currencies.

        >>> euros = InCurrency("EUR", ("USD", "EUR"))
        >>> euros.terms({"shape": "flat", "fee": {"USD": "10", "EUR": "9"}}, of="The price “platform”")
        {'shape': 'flat', 'fee': '9'}
        """
        chosen: dict[str, Any] = {}
        for name, value in terms.items():
            if name in _OTHERWISE:
                chosen[name] = value
                continue
            try:
                chosen[name] = self._in(str(name), value, of=of, depth=1)
            except Refused as fault:
                raise Refused(fault.sentence, field=str(name)) from None
        return chosen

    def amount(self, name: str, value: Any, *, of: str) -> Any:
        """The amount of this name in this currency."""
        if not isinstance(value, Mapping):
            return value
        for code in self.codes:
            if code not in value:
                raise Refused(f"{of} gives no “{name}” in {code}; give it in {', '.join(self.codes)}.", field=name)
        for code in value if self.strict else ():
            if code not in self.codes:
                raise Refused(
                    f"{of} gives “{name}” in “{code}”, which is none of its currencies; they are "
                    f"{', '.join(self.codes)}.",
                    field=name,
                )
        return value[self.code]

    def _in(self, name: str, value: Any, *, of: str, depth: int) -> Any:
        if depth > _DEEPEST:
            raise Refused(f"{of} is nested deeper than any price; write it simpler.", field=name)
        if isinstance(value, Mapping):
            if name in MONEY:
                return self.amount(name, value, of=of)
            return {inner: self._in(str(inner), each, of=of, depth=depth + 1) for inner, each in value.items()}
        if isinstance(value, list):
            return [self._in("", each, of=of, depth=depth + 1) for each in value]
        return value


def together(terms: Mapping[str, Any], *, money: bool = False) -> Any:
    """The terms of several currencies, by code, as one: what differs is written for each.

    >>> together({"USD": {"shape": "flat", "fee": "10"}, "EUR": {"shape": "flat", "fee": "9"}})
    {'shape': 'flat', 'fee': {'USD': '10', 'EUR': '9'}}
    """
    values: Sequence[Any] = list(terms.values())
    first = values[0]
    if all(value == first for value in values):
        return first
    if all(isinstance(value, Mapping) for value in values):
        names = dict.fromkeys(name for value in values for name in value)
        return {
            name: together(
                {code: value[name] if name in value else _nothing(name) for code, value in terms.items()},
                money=money or name in MONEY or name == "units",
            )
            for name in names
        }
    if all(isinstance(value, list) and len(value) == len(first) for value in values):
        return [together({code: value[at] for code, value in terms.items()}) for at in range(len(first))]
    assert money, f"only money differs between currencies: {dict(terms)}"
    return dict(terms)


def _nothing(name: str) -> str:
    assert name in _NOTHING_BY_DEFAULT, f"“{name}” is missing in a currency"
    return "0"
