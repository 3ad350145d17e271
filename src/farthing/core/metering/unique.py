"""Unique: how many different values a property had, such as the users who were active."""

import builtins
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from farthing.core.exact import Exact
from farthing.core.metering.sample import Sample, Window
from farthing.core.metering.terms import Terms, only, word
from farthing.core.metering.value import check_text, text_of


@dataclass(frozen=True, slots=True)
class Unique:
    """The number of different values of a property; 1 and "1" are the same."""

    kind: ClassVar[str] = "unique"
    does: ClassVar[str] = "tells apart"
    asks_for: ClassVar[str] = "it"
    per_segment: ClassVar[bool] = True
    reaches_back: ClassVar[bool] = False

    property: str

    @builtins.property
    def needs(self) -> frozenset[str]:
        """The properties that an event must have."""
        return frozenset((self.property,))

    def check(self, data: Mapping[str, Any]) -> None:
        """Refuse an event that names nothing to be counted."""
        check_text(self.property, data)

    def value_of(self, data: Mapping[str, Any]) -> Exact | None:  # noqa: ARG002
        """No event has a number of its own here."""
        return None

    def of(self, samples: Iterable[Sample], window: Window) -> Exact:  # noqa: ARG002
        """How many different ones there were; 0 for none."""
        return Decimal(len({text_of(sample.data.get(self.property)) for sample in samples}))

    def terms(self) -> dict[str, Any]:
        """As plain data."""
        return {"measure": self.kind, "property": self.property}


def unique_from(terms: Terms, *, of: str) -> Unique:
    """The measure that these terms describe."""
    only(terms, ("measure", "property"), of=of)
    return Unique(word(terms, "property", of=f"{of}, which counts different values,"))
