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
from farthing.core.rating.written import Rests, Row, Writing
from farthing.core.saying import Words, message

MOST_AMOUNTS_SHOWN = 8
MOST_LINES_NAMED = 12

_UNITS_OF = {LineKind.FEE: message("Fee"), LineKind.ONCE: message("Fee"), LineKind.ITEM: message("Agreed")}
_USAGE = message("Usage")
_OF_A_WHOLE_TIER = (StepKind.WHOLE, StepKind.TOTAL, StepKind.BLOCKS)


class StepWords:
    """The words for one line's steps."""

    def __init__(self, line: Line, rests: Rests, writing: Writing) -> None:
        self._line, self._rests, self._writing, self._words = line, rests, writing, writing.words
        self._number, self._price, self._times = writing.number, writing.price, f" {writing.times} "
        measured = () if rests.measured is None else rests.measured.cells
        self._amounts = {each.of: each.amounts for each in measured if each.amounts is not None}

    def row(self, step: Step, part: Money, cell: Cell, shape: Shape | None) -> Row:
        """A step of a cell; `part` is its part of the line's rounded amount."""
        kind, share = self._kind(step), self._line.share
        who, said = self._worded(kind, step, cell, shape)
        if step.flat:
            sign, flat = ("+", step.flat) if step.flat > 0 else ("-", -step.flat)
            fee = self._words.say("{fee} flat", fee=self._price(flat))
            said = fee if step.flat > 0 and not step.units else f"{said} {sign} {fee}"
        if step.units < 0 <= cell.quantity and kind in _OF_A_WHOLE_TIER:
            who = self._words.say("Less what was priced before: {what}", what=lowered(who))
        if share is not None and (self._line.kind is LineKind.FEE or share.days != share.of_days):
            said = f"({said})" if step.flat and step.units else said
            said = f"{said}{self._times}{self._writing.share(share)}"
        return Row(who, said, exact_amount([step], share), part)

    def of_part(self, amount: Decimal) -> str:
        """An amount of a whole period, for the part of it that the line covers."""
        part = self._line.part
        return self._price(amount) + ("" if part is None else f"{self._times}{self._writing.share(part)}")

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
        product, say = f"{units}{self._times}{each}", self._words.say
        match kind:
            case StepKind.FEE:
                return say("Fee"), each if step.units == 1 else product
            case StepKind.UNITS:
                return say(_UNITS_OF.get(self._line.kind, _USAGE)), product
            case StepKind.TIER:
                of_an_amount = isinstance(shape, GraduatedPercentage)
                return self._tier(step, shape), self._part_of(step.unit_price, units) if of_an_amount else product
            case StepKind.WHOLE:
                return say("All in {tier}", tier=lowered(self._tier(step, shape))), product
            case StepKind.TOTAL:
                who = say("One total, {tier}", tier=lowered(self._tier(step, shape)))
                return who, each if step.units == 1 else product
            case StepKind.PACKAGES:
                packages = self._words.several("{units} package", "{units} packages", step.units, units=units)
                return say("Packages"), f"{packages}{self._times}{each}"
            case StepKind.BLOCKS:
                tier = self._tier(step, shape)
                who = say("All in {tier}", tier=lowered(tier)) if isinstance(shape, Volume) else tier
                blocks = self._words.several("{units} block", "{units} blocks", step.units, units=units)
                return who, f"{blocks}{self._times}{each}"
            case StepKind.RATE:
                return say("Percentage"), self._part_of(step.unit_price, units)
            case StepKind.PER_EVENT:
                paid = self._words.several("{units} paid event", "{units} paid events", step.units, units=units)
                return say("Fee per event"), f"{paid}{self._times}{each}"
            case StepKind.RAISED | StepKind.LOWERED:
                return self._bounded(kind, step, cell, shape)
            case StepKind.CARRIED:
                return say("As the events say"), units if step.unit_price == 1 else product
            case StepKind.FREE:
                return self._free(shape), product
            case StepKind.COMMITTED:
                whole = step.unit_price
                return say("Committed"), self.of_part(whole) if isinstance(whole, Decimal) else product
            case StepKind.CHARGED:
                return say("Charged already"), self._charged(step.unit_price)
            case StepKind.SO_FAR:
                return say("All of it so far"), each
            case StepKind.BILLED:
                return say("Billed already"), f"-{each}"
            case StepKind.OVERAGE:
                return say("Beyond the commitment"), self._overage(step)
            case StepKind.PAID_AHEAD:
                return say("Charged ahead"), f"-{each}"
            case StepKind.USED:
                return say("Used until then"), each
        raise AssertionError(f"no words for {kind}")

    def _free(self, shape: Shape | None) -> str:
        words, events, amount = self._words, "", ""
        if isinstance(shape, Percentage) and shape.free_events is not None:
            number = self._writing.digits(Decimal(shape.free_events))
            events = words.several("the first event", "the first {number} events", shape.free_events, number=number)
        if isinstance(shape, Percentage) and shape.free_amount is not None:
            amount = words.say("the first {amount}", amount=self._price(shape.free_amount))
        if events and amount:
            return words.say("Free: {events} or {amount}, whichever ends first", events=events, amount=amount)
        return words.say("Free: {what}", what=events or amount) if events or amount else words.say("Free")

    def _bounded(self, kind: StepKind, step: Step, cell: Cell, shape: Shape | None) -> tuple[str, str]:
        """Each event below its minimum, or above its maximum, as far as what the events carry is known."""
        raised, say = kind is StepKind.RAISED, self._words.say
        bound = None
        if isinstance(shape, Percentage):
            bound = shape.minimum_per_event if raised else shape.maximum_per_event
        if not isinstance(shape, Percentage) or bound is None:
            return say("Raised to the minimum per event") if raised else say("Lowered to the maximum per event"), ""
        amounts = self._amounts.get(tuple(value for _, value in cell.of))
        who = message("Lowered to the maximum of {bound} per event")
        if raised:
            who = message("Raised to the minimum of {bound} per event")
        who = say(who, bound=self._price(bound))
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
            costs = self._part_of(shape.rate, self._number(amount))
            costs = f"({costs} + {self._price(shape.per_event)})" if shape.per_event else costs
            of_each = f"({self._price(bound)} - {costs})"
            said.append(of_each if events == 1 else f"{self._writing.digits(Decimal(events))}{self._times}{of_each}")
            rest = subtract(rest, multiply(Decimal(events), missing[amount]))
        if len(changed) > MOST_AMOUNTS_SHOWN:
            more = sum(list(changed.values())[MOST_AMOUNTS_SHOWN:])
            number = self._writing.digits(Decimal(more))
            said.append(
                self._words.several(
                    "{rest} for {number} more event",
                    "{rest} for {number} more events",
                    more,
                    rest=self._price(rest),
                    number=number,
                )
            )
        return who, " + ".join(said)

    def _charged(self, so_far: Exact) -> str:
        """What a commitment found charged: lines of this invoice, and fees that were invoiced ahead."""
        commitment, of, say = self._rests.commitment, self._line.period, self._words.say
        if commitment is None:
            return f"-{self._price(so_far)}"
        counted = [line for line in self._rests.lines if of.start <= line.period.start < of.end]
        here: Exact = ZERO
        for line in counted:
            here = add(here, line.amount.amount)
        if len(counted) > MOST_LINES_NAMED:
            number = self._writing.digits(Decimal(len(counted)))
            said = [say("{amount} for {number} lines of this invoice", amount=self._price(here), number=number)]
        else:
            said = [say("{amount} for {name}", amount=self._price(one.amount.amount), name=one.name) for one in counted]
        ahead = subtract(so_far, here)
        if ahead:
            said.append(say("{amount} invoiced ahead", amount=self._price(ahead)))
        return f"-({' + '.join(said)})" if said else f"-{self._price(so_far)}"

    def _overage(self, step: Step) -> str:
        commitment, part = self._rests.commitment, self._line.part
        if commitment is None or commitment.overage is None:
            return f"{self._price(step.unit_price)}{self._times}{self._number(step.units)}"
        committed = commitment.amount if part is None else multiply(commitment.amount, part.exact)
        over = self._words.say(
            "({charged} charged - {committed} committed)",
            charged=self._price(add(step.unit_price, committed)),
            committed=self.of_part(commitment.amount),
        )
        return f"{over}{self._times}({self._writing.digits(commitment.overage)} - 1)"

    def _tier(self, step: Step, shape: Shape | None) -> str:
        return tier_in_words(step, shape, self._writing)

    def _part_of(self, rate: Exact, whole: str) -> str:
        return self._words.say("{percent} of {whole}", percent=self._writing.percent(rate), whole=whole)


def _costs(shape: Percentage, amount: Exact) -> Exact:
    """What rate and fee of one event come to, before its minimum and maximum."""
    return add(multiply(amount, shape.rate), shape.per_event)


def tier_in_words(step: Step, shape: Shape | None, writing: Writing) -> str:
    """Which tier a step is: its number, when the price is known, and its bounds."""
    low, number = step.above or ZERO, _tier_number(step, shape)
    bounds = _bounds(writing.words, None if step.up_to is None else writing.digits(step.up_to), writing.digits(low))
    if number is None:
        return writing.words.say("Tier {bounds}", bounds=bounds)
    return writing.words.say("Tier {number}, {bounds}", number=number, bounds=bounds)


def _bounds(words: Words, up_to: str | None, low: str) -> str:
    if up_to is not None:
        return words.say("{low} to {high}", low=low, high=up_to)
    return words.say("all") if low == "0" else words.say("above {low}", low=low)


def _tier_number(step: Step, shape: Shape | None) -> int | None:
    if not isinstance(shape, Graduated | Volume | GraduatedPercentage | Stairstep | Capacity):
        return None
    bounds = [tier.up_to for tier in shape.tiers]
    return bounds.index(step.up_to) + 1 if step.up_to in bounds else None


def lowered(text: str) -> str:
    return f"{text[0].lower()}{text[1:]}"
