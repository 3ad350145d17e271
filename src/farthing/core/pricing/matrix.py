"""Matrix: one or two group values, such as region and size, choose the price."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from farthing.core.exact import Exact
from farthing.core.pricing.fields import Terms, numbered, only, parts, words
from farthing.core.pricing.singles import Single, single_from
from farthing.core.pricing.step import Step
from farthing.core.refused import Refused


@dataclass(frozen=True, slots=True)
class Branch:
    """The price of one combination of group values; None stands for events without that property."""

    when: tuple[str | None, ...]
    shape: Single


@dataclass(frozen=True, slots=True)
class Matrix:
    """A price for each combination of values that is named, and one for all the others."""

    kind: ClassVar[str] = "matrix"
    by: tuple[str, ...]
    cells: tuple[Branch, ...]
    default: Single

    def __post_init__(self) -> None:
        if not 1 <= len(self.by) <= 2:
            raise Refused(f"A matrix is chosen by one or two group values, not {len(self.by)}.", field="by")
        seen: set[tuple[str | None, ...]] = set()
        for number_of, branch in enumerate(self.cells, start=1):
            if len(branch.when) != len(self.by):
                raise Refused(
                    f"Cell {number_of} names {len(branch.when)} values; the matrix is chosen by {', '.join(self.by)}.",
                    field="cells",
                )
            if branch.when in seen:
                raise Refused(f"Cell {number_of} is for the same values as one before it; keep one.", field="cells")
            seen.add(branch.when)

    @property
    def needs_amounts(self) -> bool:
        """Whether one of its prices looks at what each event carries."""
        return self.default.needs_amounts or any(branch.shape.needs_amounts for branch in self.cells)

    def shape_for(self, values: Sequence[str | None]) -> Single:
        """The price of a cell with these group values, in the order of `by`."""
        wanted = tuple(values)
        return next((branch.shape for branch in self.cells if branch.when == wanted), self.default)

    def steps(self, quantity: Exact, *, events: int = 0, amounts: Sequence[Exact] | None = None) -> tuple[Step, ...]:
        """What a cell costs whose values are not named; `shape_for` chooses for the others.

        >>> from decimal import Decimal
        >>> from farthing.core.pricing.per_unit import PerUnit
        >>> price = Matrix(("region",), (Branch(("eu",), PerUnit(Decimal(3))),), default=PerUnit(Decimal(2)))
        >>> [str(step.exact) for step in price.shape_for(["eu"]).steps(Decimal(10)) + price.steps(Decimal(10))]
        ['30', '20']
        """
        return self.default.steps(quantity, events=events, amounts=amounts)

    def terms(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "shape": self.kind,
            "by": list(self.by),
            "cells": [{"when": list(branch.when)} | branch.shape.terms() for branch in self.cells],
            "default": self.default.terms(),
        }

    @classmethod
    def from_terms(cls, terms: Terms, *, of: str) -> Matrix:
        """What `terms` wrote."""
        only(terms, {"shape", "by", "cells", "default"}, of=of)
        by = words(terms, "by", of=of)
        cells = []
        for number_of, cell in enumerate(parts(terms, "cells", of=of, such_as="when and a shape"), start=1):
            of_cell = numbered(number_of, of, what="Cell")
            shape = {name: value for name, value in cell.items() if name != "when"}
            try:
                cells.append(Branch(_when(cell, of=of_cell), single_from(shape, of=of_cell)))
            except Refused as fault:
                raise Refused(fault.sentence, field="cells") from None
        default = terms.get("default")
        if not isinstance(default, dict):
            raise Refused(
                f"{of} needs a default for all other values; “default: {{shape: free}}” if they cost nothing.",
                field="default",
            )
        try:
            return cls(by, tuple(cells), single_from(default, of=f"The default of {of[0].lower()}{of[1:]}"))
        except Refused as fault:
            raise Refused(
                fault.sentence, field="default" if fault.field not in ("by", "cells") else fault.field
            ) from None


def _when(cell: Terms, *, of: str) -> tuple[str | None, ...]:
    when = cell.get("when")
    listed = [when] if isinstance(when, str) else when
    if not isinstance(listed, list) or not listed or not all(one is None or isinstance(one, str) for one in listed):
        raise Refused(f"{of} needs “when”: the values it is for, such as [eu, large].", field="when")
    return tuple(listed)
