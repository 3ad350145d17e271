"""The steps of a price in words, each with its sum."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from farthing.core.exact import ZERO, Exact, add, multiply, subtract
from farthing.core.money import Money
from farthing.core.pricing.capacity import Capacity
from farthing.core.pricing.graduated import Graduated
from farthing.core.pricing.graduated_percentage import GraduatedPercentage
from farthing.core.pricing.percentage import Percentage
from farthing.core.pricing.shapes import Shape
from farthing.core.pricing.stairstep import Stairstep
from farthing.core.pricing.step import Step, StepKind
from farthing.core.pricing.volume import Volume
from farthing.core.rating.line import Cell, Line, LineKind, exact_amount
from farthing.core.rating.written import Rests, Row, Writing, digits, percent, share_in_words

MOST_AMOUNTS_SHOWN = 8
MOST_LINES_NAMED = 12

_UNITS_OF = {LineKind.FEE: "Fee", LineKind.ONCE: "Fee", LineKind.ITEM: "Agreed"}
_OF_A_WHOLE_TIER = (StepKind.WHOLE, StepKind.TOTAL, StepKind.BLOCKS)


class StepWords:
    """The words for one line's steps."""

    def __init__(self, line: Line, rests: Rests, writing: Writing) -> None:
        self._line, self._rests = line, rests
        self._number, self._price, self._times = writing.number, writing.price, f" {writing.times} "
        measured = () if rests.measured is None else rests.measured.cells
        self._amounts = {each.of: each.amounts for each in measured if each.amounts is not None}

    def row(self, step: Step, part: Money, cell: Cell, shape: Shape | None) -> Row:
        """A step of a cell; `part` is its part of the line's rounded amount."""
        kind, share = self._kind(step), self._line.share
        who, said = self._worded(kind, step, cell, shape)
        if step.flat:
            sign, flat = ("+", step.flat) if step.flat > 0 else ("-", -step.flat)
            fee = f"{self._price(flat)} flat"
            said = fee if step.flat > 0 and not step.units else f"{said} {sign} {fee}"
        if step.units < 0 <= cell.quantity and kind in _OF_A_WHOLE_TIER:
            who = f"Less what was priced before: {lowered(who)}"
        if share is not None and (self._line.kind is LineKind.FEE or share.days != share.of_days):
            said = f"({said})" if step.flat and step.units else said
            said = f"{said}{self._times}{share_in_words(share)}"
        return Row(who, said, exact_amount([step], share), part)

    def of_part(self, amount: Decimal) -> str:
        """An amount of a whole period, for the part of it that the line covers."""
        part = self._line.part
        return self._price(amount) + ("" if part is None else f"{self._times}{share_in_words(part)}")

    def _kind(self, step: Step) -> StepKind:
        """What a step is; steps that were kept before they had names are told by their bounds."""
        if step.kind is not StepKind.UNITS:
            return step.kind
        if step.above is not None:
            return StepKind.TIER
        is_fee = self._line.kind in (LineKind.FEE, LineKind.ONCE) and step.units == 1 and not self._line.unit
        return StepKind.FEE if is_fee else StepKind.UNITS

    def _worded(self, kind: StepKind, step: Step, cell: Cell, shape: Shape | None) -> tuple[str, str]:
        units, each = self._number(step.units), self._price(step.unit_price)
        product = f"{units}{self._times}{each}"
        match kind:
            case StepKind.FEE:
                return "Fee", each if step.units == 1 else product
            case StepKind.UNITS:
                return _UNITS_OF.get(self._line.kind, "Usage"), product
            case StepKind.TIER:
                of_an_amount = isinstance(shape, GraduatedPercentage)
                return tier_in_words(step, shape), f"{percent(step.unit_price)} of {units}" if of_an_amount else product
            case StepKind.WHOLE:
                return f"All in {lowered(tier_in_words(step, shape))}", product
            case StepKind.TOTAL:
                return f"One total, {lowered(tier_in_words(step, shape))}", each if step.units == 1 else product
            case StepKind.PACKAGES:
                return "Packages", f"{units} {_several('package', step.units)}{self._times}{each}"
            case StepKind.BLOCKS:
                tier = tier_in_words(step, shape)
                who = f"All in {lowered(tier)}" if isinstance(shape, Volume) else tier
                return who, f"{units} {_several('block', step.units)}{self._times}{each}"
            case StepKind.RATE:
                return "Percentage", f"{percent(step.unit_price)} of {units}"
            case StepKind.PER_EVENT:
                return "Fee per event", f"{units} paid {_several('event', step.units)}{self._times}{each}"
            case StepKind.RAISED | StepKind.LOWERED:
                return self._bounded(kind, step, cell, shape)
            case StepKind.CARRIED:
                return "As the events say", units if step.unit_price == 1 else product
            case StepKind.FREE:
                return self._free(shape), product
            case StepKind.COMMITTED:
                whole = step.unit_price
                return "Committed", self.of_part(whole) if isinstance(whole, Decimal) else product
            case StepKind.CHARGED:
                return "Charged already", self._charged(step.unit_price)
            case StepKind.SO_FAR:
                return "All of it so far", each
            case StepKind.BILLED:
                return "Billed already", f"-{each}"
            case StepKind.OVERAGE:
                return "Beyond the commitment", self._overage(step)
            case StepKind.PAID_AHEAD:
                return "Charged ahead", f"-{each}"
            case StepKind.USED:
                return "Used until then", each
        raise AssertionError(f"no words for {kind}")

    def _free(self, shape: Shape | None) -> str:
        if not isinstance(shape, Percentage):
            return "Free"
        first = []
        if shape.free_events is not None:
            first.append("the first event" if shape.free_events == 1 else f"the first {shape.free_events:,} events")
        if shape.free_amount is not None:
            first.append(f"the first {self._price(shape.free_amount)}")
        return f"Free: {' or '.join(first)}" + (", whichever ends first" if len(first) > 1 else "")

    def _bounded(self, kind: StepKind, step: Step, cell: Cell, shape: Shape | None) -> tuple[str, str]:
        """Each event below its minimum, or above its maximum, as far as what the events carry is known."""
        raised = kind is StepKind.RAISED
        who = "Raised to the minimum" if raised else "Lowered to the maximum"
        bound = None
        if isinstance(shape, Percentage):
            bound = shape.minimum_per_event if raised else shape.maximum_per_event
        if not isinstance(shape, Percentage) or bound is None:
            return f"{who} per event", ""
        amounts = self._amounts.get(tuple(value for _, value in cell.of))
        who = f"{who} of {self._price(bound)} per event"
        if amounts is None:
            return who, ""
        missing = {amount: subtract(bound, _costs(shape, amount)) for amount in {*amounts} | {*shape.paid(amounts)}}
        changed = Counter(
            amount
            for amount in shape.paid(amounts)
            if amount >= 0 and (missing[amount] > 0 if raised else missing[amount] < 0)
        )
        said, rest = [], step.unit_price
        for amount, events in list(changed.items())[:MOST_AMOUNTS_SHOWN]:
            costs = f"{percent(shape.rate)} of {self._number(amount)}"
            costs = f"({costs} + {self._price(shape.per_event)})" if shape.per_event else costs
            of_each = f"({self._price(bound)} - {costs})"
            said.append(of_each if events == 1 else f"{events:,}{self._times}{of_each}")
            rest = subtract(rest, multiply(Decimal(events), missing[amount]))
        if len(changed) > MOST_AMOUNTS_SHOWN:
            more = sum(list(changed.values())[MOST_AMOUNTS_SHOWN:])
            said.append(f"{self._price(rest)} for {more:,} more {_several('event', Decimal(more))}")
        return who, " + ".join(said)

    def _charged(self, so_far: Exact) -> str:
        """What a commitment found charged: lines of this invoice, and fees that were invoiced ahead."""
        commitment, of = self._rests.commitment, self._line.period
        if commitment is None:
            return f"-{self._price(so_far)}"
        counted = [line for line in self._rests.lines if of.start <= line.period.start < of.end]
        here: Exact = ZERO
        for line in counted:
            here = add(here, line.amount.amount)
        if len(counted) > MOST_LINES_NAMED:
            said = [f"{self._price(here)} for {len(counted):,} lines of this invoice"]
        else:
            said = [f"{self._price(line.amount.amount)} for {line.name}" for line in counted]
        ahead = subtract(so_far, here)
        if ahead:
            said.append(f"{self._price(ahead)} invoiced ahead")
        return f"-({' + '.join(said)})" if said else f"-{self._price(so_far)}"

    def _overage(self, step: Step) -> str:
        commitment, part = self._rests.commitment, self._line.part
        if commitment is None or commitment.overage is None:
            return f"{self._price(step.unit_price)}{self._times}{self._number(step.units)}"
        committed = commitment.amount if part is None else multiply(commitment.amount, part.exact)
        charged, factor = self._price(add(step.unit_price, committed)), digits(commitment.overage)
        return f"({charged} charged - {self.of_part(commitment.amount)} committed){self._times}({factor} - 1)"


def _costs(shape: Percentage, amount: Exact) -> Exact:
    """What rate and fee of one event come to, before its minimum and maximum."""
    return add(multiply(amount, shape.rate), shape.per_event)


def tier_in_words(step: Step, shape: Shape | None) -> str:
    """Which tier a step is: its number, when the price is known, and its bounds."""
    low, number = step.above or ZERO, _tier_number(step, shape)
    bounds = f"{digits(low)} to {digits(step.up_to)}" if step.up_to is not None else f"above {digits(low)}"
    bounds = bounds if low or step.up_to is not None else "all"
    return f"Tier {bounds}" if number is None else f"Tier {number}, {bounds}"


def _tier_number(step: Step, shape: Shape | None) -> int | None:
    if not isinstance(shape, Graduated | Volume | GraduatedPercentage | Stairstep | Capacity):
        return None
    bounds = [tier.up_to for tier in shape.tiers]
    return bounds.index(step.up_to) + 1 if step.up_to in bounds else None


def lowered(text: str) -> str:
    return f"{text[0].lower()}{text[1:]}"


def _several(word: str, number: Exact) -> str:
    return word if number == 1 else f"{word}s"
