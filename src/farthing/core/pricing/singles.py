"""Every shape that is one price, by the word that a catalogue writes for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from farthing.core.pricing.capacity import Capacity
from farthing.core.pricing.event_priced import EventPriced
from farthing.core.pricing.fields import Terms
from farthing.core.pricing.flat import Flat
from farthing.core.pricing.free import Free
from farthing.core.pricing.graduated import Graduated
from farthing.core.pricing.graduated_percentage import GraduatedPercentage
from farthing.core.pricing.package import Package
from farthing.core.pricing.per_unit import PerUnit
from farthing.core.pricing.percentage import Percentage
from farthing.core.pricing.stairstep import Stairstep
from farthing.core.pricing.volume import Volume
from farthing.core.refused import Refused

Single = (
    Flat
    | PerUnit
    | Package
    | Graduated
    | Volume
    | Stairstep
    | Capacity
    | Percentage
    | GraduatedPercentage
    | EventPriced
    | Free
)

SINGLES: dict[str, type[Single]] = {
    shape.kind: shape
    for shape in (
        Flat,
        PerUnit,
        Package,
        Graduated,
        Volume,
        Stairstep,
        Capacity,
        Percentage,
        GraduatedPercentage,
        EventPriced,
        Free,
    )
}


def single_from(terms: Terms, *, of: str, known: Iterable[str] = SINGLES) -> Single:
    """The shape that these terms describe; `known` are the words a refusal offers."""
    kind = terms.get("shape")
    shape = SINGLES.get(kind) if isinstance(kind, str) else None
    if shape is None:
        said = "no shape" if kind is None else f"the shape “{kind}”"
        *most, last = known
        raise Refused(f"{of} has {said}; the shapes are {', '.join(most)} and {last}.", field="shape")
    read: Callable[..., Single] = shape.from_terms
    try:
        return read(terms, of=of)
    except Refused as fault:
        raise about(fault, of=of) from None


def about(fault: Refused, *, of: str) -> Refused:
    """The refusal, saying what it is about."""
    told = fault.sentence if of.lower() in fault.sentence.lower() else f"{of}: {fault.sentence}"
    return Refused(told, field=fault.field)
