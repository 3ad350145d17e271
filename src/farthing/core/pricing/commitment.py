"""A commitment: what a customer agreed to spend, on some prices or on all of the plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from farthing.core.money import plain
from farthing.core.pricing.fields import Terms, flag, maybe_number, number, only, word, words
from farthing.core.refused import Refused


@dataclass(frozen=True, slots=True)
class Commitment:
    """An amount for each whole period, and a factor for what is spent beyond it.

    `prices` names what counts towards it, None all of the plan. `overage` of 1.2 makes a fifth more of what is beyond,
    one of 0.9 a tenth less; of an amount of 0, of everything. Without `true_up` nothing is asked for what is missing.
    """

    key: str
    name: str
    amount: Decimal
    prices: tuple[str, ...] | None = None
    overage: Decimal | None = None
    prorate: bool = True
    true_up: bool = True

    def __post_init__(self) -> None:
        if self.amount < 0 or (self.amount == 0 and self.overage is None):
            raise Refused(
                f"The commitment “{self.key}” needs an amount above 0; this one is {plain(self.amount)}.",
                field="amount",
            )
        if not self.true_up and self.overage is None:
            raise Refused(
                f"The commitment “{self.key}” asks for nothing: give it an overage, or let it true up.",
                field="true_up",
            )
        if self.overage is not None and self.overage <= 0:
            raise Refused(
                f"The commitment “{self.key}” needs an overage above 0, like 1.2; this one is {plain(self.overage)}.",
                field="overage",
            )
        if self.prices == ():
            raise Refused(
                f"The commitment “{self.key}” is for no price; name some, or leave “prices” out for all.",
                field="prices",
            )

    def counts(self, price_key: str) -> bool:
        """Whether what is charged at a price counts towards it."""
        return self.prices is None or price_key in self.prices

    def terms(self) -> dict[str, Any]:
        """As plain data, without its key."""
        return {
            "name": self.name,
            "amount": plain(self.amount),
            **({} if self.prices is None else {"prices": list(self.prices)}),
            **({} if self.overage is None else {"overage": plain(self.overage)}),
            **({} if self.prorate else {"prorate": False}),
            **({} if self.true_up else {"true_up": False}),
        }


def commitment_from(key: str, terms: Terms, *, of: str) -> Commitment:
    """What `terms` wrote."""
    only(terms, {"name", "amount", "prices", "overage", "prorate", "true_up"}, of=of)
    return Commitment(
        key=key,
        name=word(terms, "name", of=of, default=key),
        amount=number(terms, "amount", of=of),
        prices=None if terms.get("prices") is None else words(terms, "prices", of=of),
        overage=maybe_number(terms, "overage", of=of),
        prorate=flag(terms, "prorate", of=of, default=True),
        true_up=flag(terms, "true_up", of=of, default=True),
    )


def check_commitments(commitments: Sequence[Commitment], price_keys: Sequence[str], *, of: str) -> None:
    """Refuses two commitments of one key, and one that names a price which is not there."""
    keys: set[str] = set()
    for commitment in commitments:
        if commitment.key in keys:
            raise Refused(f"Two commitments of {of} have the key “{commitment.key}”; rename one.", field="commitments")
        keys.add(commitment.key)
        for key in commitment.prices or ():
            if key not in price_keys:
                raise Refused(
                    f"The commitment “{commitment.key}” of {of} names the price “{key}”, which does not exist; "
                    f"there are: {', '.join(price_keys) or 'none'}.",
                    field="commitments",
                )
