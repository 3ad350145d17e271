"""Explaining: the arithmetic of an invoice's lines, with all that the invoice froze about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from farthing.core.billing import ChargeKey, FrozenPrice, FrozenPrices, frozen_part, frozen_plan, frozen_zone
from farthing.core.invoicing.invoice import Draft
from farthing.core.metering.grouped import Grouped
from farthing.core.metering.increase import Increase
from farthing.core.metering.latest import Latest
from farthing.core.metering.measures import Measure
from farthing.core.metering.meter import Measurement, Reading
from farthing.core.metering.sample import whole
from farthing.core.metering.seats import SeatCount, Seats
from farthing.core.metering.time_weighted import TimeWeighted
from farthing.core.metering.words import adds_up, event_in_words, held_in_words, meter_in_words
from farthing.core.period import FIRST_YEAR, Period, start_of_day
from farthing.core.pricing.commitment import Commitment
from farthing.core.rating.arithmetic import Arithmetic, arithmetic
from farthing.core.rating.line import Line, LineKind
from farthing.core.rating.rate import Used, counted_lines
from farthing.core.rating.written import PLAIN, Rests, Writing
from farthing.core.saying import ENGLISH, Words, message

_INSTANT = timedelta(microseconds=1)


def held_before(reading: Reading) -> Reading | None:
    """What asks for the seats, levels or counters there were when a period began; None for what starts from nothing."""
    measure, start = reading.meter.measure, reading.window.segment.start
    inner = _at_an_instant(measure.inner if isinstance(measure, Grouped) else measure)
    if inner is None or (reading.since is not None and reading.since >= start):
        return None
    at_once: Measure = replace(measure, inner=inner, outer="sum") if isinstance(measure, Grouped) else inner
    window = whole(Period(start - _INSTANT, start), in_zone=reading.window.in_zone)
    return replace(reading, meter=replace(reading.meter, measure=at_once), window=window, amounts=False)


def behind(reading: Reading) -> Period:
    """The time whose events a reading rests on: for what is held on, all before its period too.

    A counter rests only on its last reading before the period, and may have very many: there it is the period alone.
    """
    measure, segment = reading.meter.measure, reading.window.segment
    of_counters = isinstance(measure.inner if isinstance(measure, Grouped) else measure, Increase)
    if of_counters or held_before(reading) is None:
        return segment
    return Period(reading.since or start_of_day(date(FIRST_YEAR, 1, 1), in_zone="UTC"), segment.end)


def _at_an_instant(measure: Measure) -> Seats | TimeWeighted | Latest | None:
    """The measure that says of an instant what another carries into a period."""
    match measure:
        case Seats(carries_over=True):
            return replace(measure, counts=SeatCount.PERIOD_END)
        case TimeWeighted(carries_over=True):
            return replace(measure, per="period")
        case Latest(carries_over=True):
            return measure
        case Increase():
            return Latest(measure.value, measure.series, carries_over=True)
    return None


class Explainer:
    """Explains the lines of one invoice; what it froze is read once.

    `used` is what was measured, where it is known: it tells more of lines whose events are priced one by one, and of
    those where quantities accumulate.
    """

    def __init__(self, draft: Draft, used: Mapping[ChargeKey, Used] | None = None) -> None:
        self._draft, self._used = draft, used or {}
        self._prices = FrozenPrices(draft)
        self._commitments: dict[tuple[int, str], Sequence[Commitment]] = {}

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
        frozen, used = self._prices.of(line), self._used.get((line.key_on_invoice, line.period.start))
        commitment = self._commitment_of(line)
        counted = (
            ()
            if commitment is None
            else counted_lines(commitment, self._agreed(line), self._draft.lines_in(line.in_part))
        )
        rests = Rests(
            price=None if frozen is None else frozen.price,
            commitment=commitment,
            lines=tuple(counted),
            measured=None if used is None else used.this,
            earlier=None if used is None else used.before,
        )
        return arithmetic(line, rests, first=first, most=most, writing=writing)

    def meter_sentence(self, line: Line, words: Words = ENGLISH) -> str:
        """What was measured for a line, and by what its usage is parted; empty for what is not usage."""
        frozen = self._prices.of(line)
        if frozen is None or frozen.price.meter is None:
            return ""
        meter = frozen.price.meter
        groups = f" {words.say('and')} ".join(f"data.{name}" for name in frozen.price.group_by)
        said = message("Meter {meter}, version {version}: {measured}.")
        if groups:
            said = message("Meter {meter}, version {version}: {measured}, for each {groups}.")
        measured = meter_in_words(meter, frozen.where, words)
        return words.say(
            said, meter=meter.key, version=meter.version, measured=measured, **({"groups": groups} if groups else {})
        )

    def held_sentence(self, line: Line, held: Measurement, writing: Writing = PLAIN) -> str:
        """What there was when a line's period began; `held` is what `held_before` asked for."""
        frozen = self._prices.of(line)
        assert frozen is not None, f"{line.price_key} has a price"
        assert frozen.price.meter is not None, f"{line.price_key} is usage"
        meter = frozen.price.meter
        return held_in_words(meter.measure, held.quantity, unit=meter.unit, written=writing.number, words=writing.words)

    def event_in_words(
        self, line: Line, data: Mapping[str, Any], happened_at: datetime, writing: Writing = PLAIN
    ) -> str:
        """What an event of the meter's type means to a line of usage, as what follows “This event”."""
        does = self._does(line, data, happened_at, writing)
        return writing.words.say("{does} (before the period)", does=does) if happened_at < line.period.start else does

    def _does(self, line: Line, data: Mapping[str, Any], happened_at: datetime, writing: Writing) -> str:
        frozen, say = self._prices.of(line), writing.words.say
        if frozen is None or frozen.price.meter is None:
            return say("does not count")
        meter, zone = frozen.price.meter, frozen_zone(self._draft.part_of(line), line)
        if not meter.matches(data, happened_at, zone):
            return say("does not count: the meter leaves it out")
        if frozen.where is not None and not frozen.where.matches(data, happened_at, zone):
            return say("does not count here: another price takes it")
        return event_in_words(meter.measure, data, unit=meter.unit, written=writing.number, words=writing.words)

    def days_add_up(self, line: Line) -> bool:
        """Whether the quantities of a line's days add up to the line's."""
        frozen = self._prices.of(line)
        return frozen is not None and frozen.price.meter is not None and adds_up(frozen.price.meter.measure)

    def _commitment_of(self, line: Line) -> Commitment | None:
        if line.kind not in (LineKind.TRUE_UP, LineKind.OVERAGE):
            return None
        return next((each for each in self._agreed(line) if each.key == line.price_key), None)

    def _agreed(self, line: Line) -> Sequence[Commitment]:
        part = self._draft.part_of(line)
        stretch = frozen_part(part, line)
        place = (line.in_part, stretch.get("since", ""))
        if place not in self._commitments:
            self._commitments[place] = frozen_plan(part, stretch).commitments
        return self._commitments[place]
