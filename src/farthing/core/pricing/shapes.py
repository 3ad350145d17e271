"""Every shape a price can have: the single ones, and a matrix of them."""

from __future__ import annotations

from typing import Any

from farthing.core.pricing.fields import Terms
from farthing.core.pricing.matrix import Matrix
from farthing.core.pricing.singles import SINGLES, Single, about, single_from
from farthing.core.refused import Refused

__all__ = ["SHAPES", "Shape", "Single", "shape_from", "shape_terms"]

Shape = Single | Matrix
SHAPES: dict[str, type[Shape]] = {**SINGLES, Matrix.kind: Matrix}


def shape_terms(shape: Shape) -> dict[str, Any]:
    """The shape as plain data; `shape_from` reads it back."""
    return shape.terms()


def shape_from(terms: Terms, *, of: str) -> Shape:
    """The shape that these terms describe; `of` opens the sentence of a refusal.

    >>> shape_from({"shape": "per_unit", "unit": "0.002"}, of="The price “calls”")
    PerUnit(unit=Decimal('0.002'))
    """
    if terms.get("shape") != Matrix.kind:
        return single_from(terms, of=of, known=SHAPES)
    try:
        return Matrix.from_terms(terms, of=of)
    except Refused as fault:
        raise about(fault, of=of) from None
