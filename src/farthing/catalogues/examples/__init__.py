"""Catalogues to begin with: whoever has none yet takes one as it is, and changes it later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from string import Template
from typing import Any

from farthing.catalogues.file import Catalogue, read_catalogue
from farthing.core.refused import Unknown
from farthing.core.saying import message

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Example:
    """One example: `data` is of an event that its meters take, `quantities` what is agreed beside what is measured."""

    key: str
    name: str
    sentence: str
    plan_key: str
    event_type: str
    data: Mapping[str, Any]
    quantities: Mapping[str, Decimal] = field(default_factory=dict)

    def read(self, *, currency: str) -> Catalogue:
        """The catalogue in this currency.

        >>> [plan.currency.code for plan in EXAMPLES[0].read(currency="EUR").plans]
        ['EUR']
        """
        return read_catalogue(self.text(currency=currency).encode(), known={})

    def text(self, *, currency: str) -> str:
        """The file, for whoever wants to change it."""
        written = (_FOLDER / f"{self.key}.yaml").read_text(encoding="utf-8")
        return Template(written).substitute(currency=currency)


EXAMPLES = (
    Example(
        "calls",
        message("API calls"),
        message("A monthly fee with 10,000 calls in it; each further call 0.002."),
        plan_key="example-calls",
        event_type="example.call",
        data={"path": "/v1/search"},
    ),
    Example(
        "tokens",
        message("Tokens of a model"),
        message("A monthly fee; tokens in by tiers, tokens out at one price."),
        plan_key="example-tokens",
        event_type="example.completion",
        data={"tokens_in": 1200, "tokens_out": 350},
    ),
    Example(
        "seats",
        message("Seats and storage"),
        message("Seats paid ahead, cheaper from the eleventh on; gigabytes beyond 100."),
        plan_key="example-seats",
        event_type="example.stored",
        data={"gigabytes": 140},
        quantities={"seats": Decimal(3)},
    ),
)


def example(key: str) -> Example:
    """The example by its key."""
    for one in EXAMPLES:
        if one.key == key:
            return one
    raise Unknown(f"There is no example “{key}”; there are: {', '.join(one.key for one in EXAMPLES)}.", field="example")
