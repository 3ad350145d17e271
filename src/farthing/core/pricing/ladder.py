"""A ladder: upper bounds that rise, the last one open, so that every quantity stands on exactly one rung."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from farthing.core.exact import ONE, ZERO, Exact
from farthing.core.money import EXACT, plain
from farthing.core.pricing.fields import Terms, maybe_number, number, numbered, only, parts
from farthing.core.pricing.step import Step, StepKind
from farthing.core.refused import Refused


@dataclass(frozen=True, slots=True)
class Tier:
    """Units up to and including `up_to` (None: no bound) at `unit` each, plus `flat` once the tier is reached.

    With a `block` the unit price is that of each started block of so many units.
    """

    up_to: Decimal | None
    unit: Decimal
    flat: Decimal = ZERO
    block: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Rung:
    """One total price for any quantity up to and including `up_to`."""

    up_to: Decimal | None
    total: Decimal


def check_bounds(bounds: Sequence[Decimal | None], *, of: str) -> None:
    """Refuses bounds that do not rise, or do not end open."""
    if not bounds:
        raise Refused(f"{of} needs at least one tier.", field="tiers")
    *bounded, last = bounds
    if last is not None:
        raise Refused("The last tier has no bound: leave its up_to out.", field="tiers")
    below = ZERO
    for number_of, up_to in enumerate(bounded, start=1):
        if up_to is None:
            raise Refused(f"Tier {number_of} needs an up_to; only the last tier has no bound.", field="tiers")
        if up_to <= below:
            raise Refused(
                f"Tier {number_of} ends at {plain(up_to)}, which is not above {plain(below)}; bounds must rise.",
                field="tiers",
            )
        below = up_to


def check_tiers(tiers: Sequence[Tier], *, of: str) -> None:
    """Refuses tiers that leave a gap, cost less than nothing, or count in blocks of nothing."""
    check_bounds([tier.up_to for tier in tiers], of=of)
    for number_of, tier in enumerate(tiers, start=1):
        if tier.unit < 0 or tier.flat < 0:
            raise Refused(f"Tier {number_of} has a negative price; give 0 or more.", field="tiers")
        if tier.block is not None and tier.block <= 0:
            raise Refused(f"Tier {number_of} has blocks of {plain(tier.block)}; give more than 0.", field="tiers")


def check_rungs(rungs: Sequence[Rung], *, of: str) -> None:
    """Refuses totals that leave a gap or are below zero."""
    check_bounds([rung.up_to for rung in rungs], of=of)
    for number_of, rung in enumerate(rungs, start=1):
        if rung.total < 0:
            raise Refused(f"Tier {number_of} has a negative price; give 0 or more.", field="tiers")


def started(quantity: Exact, size: Decimal) -> Decimal:
    """How many parts of this size are begun: any rest, however small, begins one more.

    >>> [str(started(Decimal(units), Decimal(100))) for units in ("0", "100", "100.0000000000000024")]
    ['0', '1', '2']
    """
    assert quantity >= 0, f"{quantity} begins nothing"
    if isinstance(quantity, Decimal):
        try:
            full, rest = _WIDE.divmod(quantity, size)
        except InvalidOperation:  # More digits than the context holds; fractions have no such bound.
            pass
        else:
            return EXACT.add(full, ONE) if rest else full
    return Decimal(-(-Fraction(quantity) // Fraction(size)))


def total_steps(rungs: Sequence[Rung], quantity: Exact, *, flat_when_zero: bool) -> tuple[Step, ...]:
    """The total of the rung that holds the quantity; nothing below zero."""
    if quantity < 0 or (not quantity and not flat_when_zero):
        return ()
    above = ZERO
    for rung in rungs:
        if rung.up_to is None or quantity <= rung.up_to:
            return (Step(ONE, rung.total, ZERO, above, rung.up_to, StepKind.TOTAL),)
        above = rung.up_to
    raise AssertionError(f"{quantity} is above the last of {len(rungs)} rungs")


def tiers_from(terms: Terms, *, of: str) -> tuple[Tier, ...]:
    """The tiers that `tiers_terms` wrote."""
    return tuple(
        _tier_from(tier, of=numbered(number_of, of))
        for number_of, tier in enumerate(parts(terms, "tiers", of=of, such_as="up_to and unit"), start=1)
    )


def tiers_terms(tiers: Sequence[Tier]) -> list[dict[str, Any]]:
    """The tiers as plain data."""
    return [
        _bound(tier.up_to)
        | {"unit": plain(tier.unit)}
        | ({"flat": plain(tier.flat)} if tier.flat else {})
        | ({} if tier.block is None else {"block": plain(tier.block)})
        for tier in tiers
    ]


def rungs_from(terms: Terms, *, of: str) -> tuple[Rung, ...]:
    """The rungs that `rungs_terms` wrote."""
    return tuple(
        _rung_from(tier, of=numbered(number_of, of))
        for number_of, tier in enumerate(parts(terms, "tiers", of=of, such_as="up_to and total"), start=1)
    )


def rungs_terms(rungs: Sequence[Rung]) -> list[dict[str, Any]]:
    """The rungs as plain data."""
    return [_bound(rung.up_to) | {"total": plain(rung.total)} for rung in rungs]


def _bound(up_to: Decimal | None) -> dict[str, Any]:
    return {} if up_to is None else {"up_to": plain(up_to)}


def _tier_from(terms: Terms, *, of: str) -> Tier:
    only(terms, {"up_to", "unit", "flat", "block"}, of=of)
    return Tier(
        up_to=maybe_number(terms, "up_to", of=of),
        unit=number(terms, "unit", of=of, default="0"),
        flat=number(terms, "flat", of=of, default="0"),
        block=maybe_number(terms, "block", of=of),
    )


def _rung_from(terms: Terms, *, of: str) -> Rung:
    only(terms, {"up_to", "total"}, of=of)
    return Rung(maybe_number(terms, "up_to", of=of), number(terms, "total", of=of))


_WIDE = EXACT.copy()
_WIDE.traps[InvalidOperation] = True
