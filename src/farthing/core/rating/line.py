"""A line is one price on one stretch of a period, with the arithmetic that leads to its amount."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from farthing.core.exact import ONE, ZERO, Exact, add, divide, multiply
from farthing.core.money import Currency, Money, round_to_money, spread, zero
from farthing.core.period import Period
from farthing.core.pricing.modifiers import Modification, ModificationKind
from farthing.core.pricing.plan import CustomUnit
from farthing.core.pricing.price import STANDARD_CATEGORY
from farthing.core.pricing.step import Step


class LineKind(StrEnum):
    """What is charged: a fee for a time, a fee once, usage, what is missing to a commitment, or what lies beyond it.

    An adjustment is what came late to an issued line; an item is written by a person; what is unused of a fee that was
    paid ahead is given back.
    """

    FEE = "fee"
    ONCE = "once"
    USAGE = "usage"
    TRUE_UP = "true_up"
    OVERAGE = "overage"
    ADJUSTMENT = "adjustment"
    ITEM = "item"
    UNUSED = "unused"


@dataclass(frozen=True, slots=True)
class Slice:
    """The range of positions (after, to] that one line bills of a charge, and what was measured there.

    The slices of a charge form one chain per revision (INV-05); one (charge, slice, revision) is billed once (INV-07).
    """

    charge_id: UUID
    revision: int
    after: int
    to: int
    quantity: Exact
    events: int
    event_type: str = ""

    def __post_init__(self) -> None:
        assert 0 <= self.after <= self.to, f"slice ({self.after}, {self.to}] of charge {self.charge_id}"


@dataclass(frozen=True, slots=True)
class Origin:
    """The line of an earlier invoice that a line sets right; lines count from 1."""

    invoice_id: UUID
    line_number: int


@dataclass(frozen=True, slots=True)
class Share:
    """The part of a period that is charged for, in whole local days, or in seconds where a price says so."""

    days: int
    of_days: int
    unit: str = "days"

    def __post_init__(self) -> None:
        assert 0 <= self.days <= self.of_days, f"{self.days} of {self.of_days} {self.unit}"
        assert self.of_days > 0, "a period lasts"

    @property
    def exact(self) -> Exact:
        """Days over days."""
        return ONE if self.days == self.of_days else divide(Decimal(self.days), Decimal(self.of_days))


@dataclass(frozen=True, slots=True)
class Cell:
    """One branch of a price's partition: whose usage it is, what was measured, and what that costs.

    `quantity` is what is priced, after conversion and included units; `before` is what was priced earlier where
    quantities accumulate over a contract. `amounts` shares the line's rounded amount out over the steps.
    """

    of: tuple[tuple[str, str | None], ...]
    measured: Exact
    quantity: Exact
    events: int
    steps: tuple[Step, ...]
    amounts: tuple[Money, ...]
    before: Exact | None = None

    def __post_init__(self) -> None:
        assert len(self.steps) == len(self.amounts), f"{len(self.steps)} steps, {len(self.amounts)} amounts"


@dataclass(frozen=True, slots=True)
class Line:
    """Its cells' steps, for the share of the period, then its modifications, then the custom unit's rate make it up.

    A fee has a share, usage has a slice; usage has a share too where its measure is priced by the part of the period.
    `part` is the part of the full period that the line covers, when it is not all of it: minimums follow it. `origin`
    is what an adjustment, or the unused rest of a fee, is about; `note` says in words why a line is there, and whose
    word that is, where no price says so. `tax_category` is what taxes call the thing that is sold. `in_part` says to
    which of its invoice's parts it belongs, from 1.
    """

    price_key: str
    name: str
    period: Period
    quantity: Exact
    unit: str
    cells: tuple[Cell, ...]
    amount: Money
    kind: LineKind
    advance: bool = False
    share: Share | None = None
    part: Share | None = None
    slice: Slice | None = None
    modifications: tuple[Modification, ...] = ()
    modification_amounts: tuple[Money, ...] = ()
    rate: CustomUnit | None = None
    origin: Origin | None = None
    note: str = ""
    tax_category: str = STANDARD_CATEGORY
    in_part: int = 1

    def __post_init__(self) -> None:
        is_fee, is_usage = self.kind in (LineKind.FEE, LineKind.ONCE), self.kind is LineKind.USAGE
        may_have_slice = is_usage or self.kind is LineKind.ADJUSTMENT
        assert may_have_slice or self.slice is None, f"line {self.price_key} is {self.kind}, its slice {self.slice}"
        assert not is_usage or self.slice is not None, f"line {self.price_key} is usage of no events"
        may_have_share = is_usage or self.kind in (LineKind.ADJUSTMENT, LineKind.UNUSED)
        assert may_have_share or (self.share is not None) == is_fee, f"line {self.price_key} is {self.kind}"
        sets_right = self.kind in (LineKind.ADJUSTMENT, LineKind.UNUSED)
        assert (self.origin is not None) == sets_right, f"line {self.price_key} is {self.kind}, of {self.origin}"
        if self.slice is not None:
            billed = self.slice.quantity
            assert self.quantity == billed, f"line {self.price_key} says {self.quantity}, its slice {billed}"
        spread_out = sum(part.minor for part in (*self.step_amounts, *self.modification_amounts))
        assert spread_out == self.amount.minor, f"line {self.price_key}: parts {spread_out}, whole {self.amount}"

    @property
    def key_on_invoice(self) -> str:
        """The price by its key, and by the part where that is not the first: two parts may have a price each."""
        return self.price_key if self.in_part == 1 else f"{self.price_key} #{self.in_part}"

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of all cells, one cell after the other."""
        if len(self.cells) == 1:
            return self.cells[0].steps
        return tuple(step for cell in self.cells for step in cell.steps)

    @property
    def step_amounts(self) -> tuple[Money, ...]:
        """Each step's part of the rounded amount."""
        if len(self.cells) == 1:
            return self.cells[0].amounts
        return tuple(amount for cell in self.cells for amount in cell.amounts)

    @property
    def parts(self) -> list[Exact]:
        """What each step and each modification adds, exact, in major units of the invoice's currency."""
        return exact_parts(self.steps, self.modifications, share=self.share, rate=self.rate)

    @property
    def exact(self) -> Exact:
        """The amount before its one rounding, in major units."""
        return added(self.parts)

    @property
    def billed_before(self) -> Money:
        """What earlier slices of its charge billed."""
        last = self.modifications[-1] if self.modifications else None
        if last is None or last.kind is not ModificationKind.BILLED:
            return zero(self.amount.currency)
        return -self.modification_amounts[-1]

    @property
    def whole(self) -> Line:
        """The line as if no slice of its charge had been billed before; its slice stays what it is."""
        if not self.modifications or self.modifications[-1].kind is not ModificationKind.BILLED:
            return self
        return replace(
            self,
            amount=self.amount + self.billed_before,
            modifications=self.modifications[:-1],
            modification_amounts=self.modification_amounts[:-1],
        )

    def rounded(self) -> tuple[Money, tuple[Money, ...]]:
        """The amount worked out again from its parts, and what each part is of it (INV-17)."""
        if self.whole is self:
            return round_parts(self.parts, in_currency=self.amount.currency)
        amount, parts = self.whole.rounded()
        return amount - self.billed_before, (*parts, -self.billed_before)


def exact_amount(steps: Iterable[Step], share: Share | None) -> Exact:
    """The steps added up, for the share of the period."""
    together = added(step.exact for step in steps)
    return together if share is None else multiply(together, share.exact)


def exact_parts(
    steps: Iterable[Step],
    modifications: Iterable[Modification] = (),
    *,
    share: Share | None = None,
    rate: CustomUnit | None = None,
) -> list[Exact]:
    """What each step and then each modification adds to the line."""
    parts = [step.exact for step in steps]
    if share is not None and share.days != share.of_days:
        parts = [multiply(part, share.exact) for part in parts]
    modifications = tuple(modifications)
    parts += [modification.exact for modification in modifications if modification.kind is not ModificationKind.BILLED]
    if rate is not None:
        parts = [multiply(part, rate.rate) for part in parts]
    return parts + [done.exact for done in modifications if done.kind is ModificationKind.BILLED]


def added(parts: Iterable[Exact]) -> Exact:
    """All of them together."""
    together: Exact = ZERO
    for part in parts:
        together = add(together, part)
    return together


def round_parts(parts: Sequence[Exact], *, in_currency: Currency) -> tuple[Money, tuple[Money, ...]]:
    """The amount of all parts, rounded once (INV-17), and each part's share of it."""
    if len(parts) == 1:
        amount = round_to_money(parts[0], in_currency)
        return amount, (amount,)
    amount = round_to_money(added(parts), in_currency)
    return amount, spread(amount, parts)
