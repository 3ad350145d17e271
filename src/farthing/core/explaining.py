"""Explaining: the arithmetic of an invoice's lines, with all that the invoice froze about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from farthing.core.billing import ChargeKey, FrozenPrice, FrozenPrices, frozen_plan
from farthing.core.invoicing.invoice import Draft
from farthing.core.metering.words import adds_up, event_in_words, meter_in_words
from farthing.core.pricing.commitment import Commitment
from farthing.core.rating.arithmetic import Arithmetic, arithmetic
from farthing.core.rating.line import Line, LineKind
from farthing.core.rating.rate import Used, counted_lines
from farthing.core.rating.written import PLAIN, Rests, Writing, digits_and_fraction


class Explainer:
    """Explains the lines of one invoice; what it froze is read once.

    `used` is what was measured, where it is known: it tells more of lines whose events are priced one by one, and of
    those where quantities accumulate.
    """

    def __init__(self, draft: Draft, used: Mapping[ChargeKey, Used] | None = None) -> None:
        self._draft, self._used = draft, used or {}
        self._prices = FrozenPrices(draft)
        self._commitments: Sequence[Commitment] | None = None

    def price_of(self, line: Line) -> FrozenPrice | None:
        """The price of a line, and which events are its own; None for what a commitment asks for."""
        return self._prices.of(line)

    def arithmetic_of(
        self,
        line: Line,
        *,
        first: int = 0,
        most: int | None = None,
        writing: Writing = PLAIN,
    ) -> Arithmetic:
        """The rows of a line; of its groups `most`, from the `first` on."""
        frozen, used = self._prices.of(line), self._used.get((line.price_key, line.period.start))
        commitment = self._commitment_of(line)
        counted = () if commitment is None else counted_lines(commitment, self._agreed(), self._draft.lines)
        rests = Rests(
            price=None if frozen is None else frozen.price,
            commitment=commitment,
            lines=tuple(counted),
            measured=None if used is None else used.this,
            earlier=None if used is None else used.before,
        )
        return arithmetic(line, rests, first=first, most=most, writing=writing)

    def meter_sentence(self, line: Line) -> str:
        """What was measured for a line, and by what its usage is parted; empty for what is not usage."""
        frozen = self._prices.of(line)
        if frozen is None or frozen.price.meter is None:
            return ""
        meter = frozen.price.meter
        said = f"Meter {meter.key}, version {meter.version}: {meter_in_words(meter, frozen.where)}"
        groups = [f"data.{name}" for name in frozen.price.group_by]
        return f"{said}, for each {' and '.join(groups)}." if groups else f"{said}."

    def event_in_words(self, line: Line, data: Mapping[str, Any], happened_at: datetime) -> str:
        """What an event of the meter's type means to a line of usage, as what follows “This event”."""
        frozen = self._prices.of(line)
        if frozen is None or frozen.price.meter is None:
            return "does not count"
        meter, zone = frozen.price.meter, self._draft.frozen["zone"]
        if not meter.matches(data, happened_at, zone):
            return "does not count: the meter leaves it out"
        if frozen.where is not None and not frozen.where.matches(data, happened_at, zone):
            return "does not count here: another price takes it"
        return event_in_words(meter.measure, data, unit=meter.unit, written=digits_and_fraction)

    def days_add_up(self, line: Line) -> bool:
        """Whether the quantities of a line's days add up to the line's."""
        frozen = self._prices.of(line)
        return frozen is not None and frozen.price.meter is not None and adds_up(frozen.price.meter.measure)

    def _commitment_of(self, line: Line) -> Commitment | None:
        if line.kind not in (LineKind.TRUE_UP, LineKind.OVERAGE):
            return None
        return next((each for each in self._agreed() if each.key == line.price_key), None)

    def _agreed(self) -> Sequence[Commitment]:
        if self._commitments is None:
            self._commitments = frozen_plan(self._draft).commitments
        return self._commitments
