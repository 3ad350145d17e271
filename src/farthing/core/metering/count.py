"""Count: how many events there were, whatever they carry."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from farthing.core.exact import ONE, Exact
from farthing.core.metering.sample import Sample, Window
from farthing.core.metering.terms import Terms, only
from farthing.core.refused import Refused


@dataclass(frozen=True, slots=True)
class Count:
    """The number of events."""

    kind: ClassVar[str] = "count"
    does: ClassVar[str] = "counts"
    asks_for: ClassVar[str] = "that number"
    per_segment: ClassVar[bool] = False
    reaches_back: ClassVar[bool] = False
    needs: ClassVar[frozenset[str]] = frozenset()

    def check(self, data: Mapping[str, Any]) -> None:
        """Nothing is wrong with any event."""

    def value_of(self, data: Mapping[str, Any]) -> Exact:  # noqa: ARG002
        """What one event adds."""
        return ONE

    def of(self, samples: Iterable[Sample], window: Window) -> Exact:  # noqa: ARG002
        """What all of them come to; 0 for none."""
        return Decimal(sum(1 for _ in samples))

    def terms(self) -> dict[str, Any]:
        """As plain data."""
        return {"measure": self.kind}


def count_from(terms: Terms, *, of: str) -> Count:
    """The measure that these terms describe."""
    for name in ("property", "value"):
        if name in terms:
            raise Refused(f"{of} counts events, so it takes no {name}.", field=name)
    only(terms, ("measure",), of=of)
    return Count()
