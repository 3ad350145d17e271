"""Percentage: a share of an amount of money, plus a fixed fee for each event that is paid for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from farthing.core.exact import ONE, ZERO, Exact, add, multiply, subtract
from farthing.core.money import plain
from farthing.core.pricing.fields import Terms, maybe_number, number, only, whole
from farthing.core.pricing.step import Step, StepKind
from farthing.core.refused import Refused


@dataclass(frozen=True, slots=True)
class Percentage:
    """A rate of the amount (0.029 is 2.9 %) and a fee per paid event.

    Events are free while both their number and their amount so far are within what is free. The one that crosses the
    free amount pays for the rest of it. Minimum and maximum hold for rate and fee of each paid event together; an
    event below zero, which takes an amount back, has neither.
    """

    kind: ClassVar[str] = "percentage"
    rate: Decimal
    per_event: Decimal = ZERO
    free_events: int | None = None
    free_amount: Decimal | None = None
    minimum_per_event: Decimal | None = None
    maximum_per_event: Decimal | None = None

    def __post_init__(self) -> None:
        for name in ("rate", "per_event", "free_events", "free_amount", "minimum_per_event", "maximum_per_event"):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise Refused(f"“{name}” may not be negative; this one is {plain(Decimal(value))}.", field=name)
        least, most = self.minimum_per_event, self.maximum_per_event
        if least is not None and most is not None and least > most:
            raise Refused(
                f"An event's minimum of {plain(least)} is above its maximum of {plain(most)}; swap them.",
                field="minimum_per_event",
            )

    @property
    def needs_amounts(self) -> bool:
        """Whether it looks at what each event carries: for what is free, and for bounds of each event."""
        return not (
            self.free_events is None
            and self.free_amount is None
            and self.minimum_per_event is None
            and self.maximum_per_event is None
        )

    def steps(self, quantity: Exact, *, events: int = 0, amounts: Sequence[Exact] | None = None) -> tuple[Step, ...]:
        """What is free, the paid amount times the rate, the paid events times the fee, raised by, lowered by.

        Below zero, the rate only.

        >>> card = Percentage(Decimal("0.013"), per_event=Decimal(2), free_events=3)
        >>> steps = card.steps(Decimal(800), amounts=[Decimal(50), Decimal(100), Decimal(250), Decimal(400)])
        >>> [f"{step.units} x {step.unit_price}" for step in steps]
        ['400 x 0', '400 x 0.013', '1 x 2']
        """
        if quantity < 0:
            return (Step(quantity, self.rate, kind=StepKind.RATE),)
        if not self.needs_amounts:
            return _sums(quantity, self.rate, events, self.per_event)
        assert amounts is not None, "what each event carries decides"
        at, free, rest = self._free(amounts)
        paid: Exact = rest
        raised: Exact = ZERO
        lowered: Exact = ZERO
        bounded = self.minimum_per_event is not None or self.maximum_per_event is not None
        if bounded and at < len(amounts):
            raised, lowered = self._bounded([rest, *amounts[at + 1 :]])
        for amount in amounts[at + 1 :]:
            paid = add(paid, amount)
        steps = _sums(paid, self.rate, len(amounts) - at, self.per_event)
        if free:
            steps = (Step(free, ZERO, kind=StepKind.FREE), *steps)
        if raised:
            steps = (*steps, Step(ONE, raised, kind=StepKind.RAISED))
        if lowered:
            steps = (*steps, Step(ONE, lowered, kind=StepKind.LOWERED))
        return steps

    def paid(self, amounts: Sequence[Exact]) -> Sequence[Exact]:
        """What is paid for of each event, in their order, without those that are free.

        >>> card = Percentage(Decimal("0.013"), free_amount=Decimal(100))
        >>> [str(amount) for amount in card.paid([Decimal(70), Decimal(50), Decimal(20)])]
        ['20', '20']
        """
        at, _, rest = self._free(amounts)
        return [rest, *amounts[at + 1 :]] if at < len(amounts) else []

    def _free(self, amounts: Sequence[Exact]) -> tuple[int, Exact, Exact]:
        """The place of the first paid event, the amount free before and within it, and the rest of it that is paid."""
        if self.free_events is None and self.free_amount is None:
            return 0, ZERO, (amounts[0] if amounts else ZERO)
        free: Exact = ZERO
        for at, amount in enumerate(amounts):
            if self.free_events is not None and at >= self.free_events:
                return at, free, amount
            so_far = add(free, amount)
            if self.free_amount is not None and so_far > self.free_amount:
                return at, self.free_amount, subtract(so_far, self.free_amount)
            free = so_far
        return len(amounts), free, ZERO

    def _bounded(self, paid: Sequence[Exact]) -> tuple[Exact, Exact]:
        """What the paid events are raised by and lowered by, added up."""
        least, most = self.minimum_per_event, self.maximum_per_event
        raised: Exact = ZERO
        lowered: Exact = ZERO
        for amount in paid:
            if amount < 0:
                continue
            costs = add(multiply(amount, self.rate), self.per_event)
            if least is not None and costs < least:
                raised = add(raised, subtract(least, costs))
            elif most is not None and costs > most:
                lowered = add(lowered, subtract(most, costs))
        return raised, lowered

    def terms(self) -> dict[str, Any]:
        """As plain data."""
        written = {"shape": self.kind, "rate": plain(self.rate)}
        if self.per_event:
            written["per_event"] = plain(self.per_event)
        if self.free_events is not None:
            written["free_events"] = str(self.free_events)
        for name in ("free_amount", "minimum_per_event", "maximum_per_event"):
            value = getattr(self, name)
            if value is not None:
                written[name] = plain(value)
        return written

    @classmethod
    def from_terms(cls, terms: Terms, *, of: str) -> Percentage:
        """What `terms` wrote."""
        optional = {"per_event", "free_events", "free_amount", "minimum_per_event", "maximum_per_event"}
        only(terms, {"shape", "rate"} | optional, of=of)
        return cls(
            rate=number(terms, "rate", of=of),
            per_event=number(terms, "per_event", of=of, default="0"),
            free_events=None if terms.get("free_events") is None else whole(terms, "free_events", of=of),
            free_amount=maybe_number(terms, "free_amount", of=of),
            minimum_per_event=maybe_number(terms, "minimum_per_event", of=of),
            maximum_per_event=maybe_number(terms, "maximum_per_event", of=of),
        )


def _sums(amount: Exact, rate: Decimal, events: int, per_event: Decimal) -> tuple[Step, ...]:
    share = Step(amount, rate, kind=StepKind.RATE)
    return (share, Step(Decimal(events), per_event, kind=StepKind.PER_EVENT)) if events and per_event else (share,)
