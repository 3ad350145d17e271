"""A line's explanation as text: each step of its arithmetic, so that a pocket calculator can redo it."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from farthing.cli.say import amount, counted, grouped, instant, table
from farthing.core.metering.count import Count
from farthing.core.metering.meter import Meter
from farthing.core.metering.total import Sum
from farthing.core.metering.value import Property
from farthing.core.money import plain
from farthing.core.pricing.graduated import Graduated
from farthing.core.rating.line import Line, exact_amount
from farthing.usecases.explain_line import Explanation
from farthing.usecases.ports import KeptEvent

_DIGITS_SHOWN = 12


def line_quantity(line: Line) -> str:
    """What the line charges for, in a few words."""
    if line.share is not None:
        return f"{line.share.days} of {line.share.of_days} days"
    return f"{grouped(line.quantity)} {line.unit}".strip()


def explanation_lines(explained: Explanation, *, days: bool = False) -> list[str]:
    """The text of it, line by line."""
    line, draft = explained.line, explained.invoice.draft
    zone = draft.frozen["zone"]
    first, last = line.period.first_day(in_zone=zone), line.period.last_day(in_zone=zone)
    head = f"{explained.invoice.number}, line {explained.line_number}: {line.name}"
    lines = [
        f"{head}, {line.amount}",
        f"  {first} to {last}, both included, in {zone}"
        + (", charged in advance." if line.advance else ", charged in arrears."),
    ]
    if explained.meter is not None and line.slice is not None:
        lines.append(f"  {meter_sentence(explained.meter)}")
        lines.append(
            f"  {counted(line.slice.events, 'event')} at positions up to {line.slice.to} measure {line_quantity(line)}."
        )
    lines += ["", *_arithmetic(explained), ""]
    proof = "the same to the digit" if explained.holds else "NOT the same; run farthing check"
    lines.append(f"  Worked out again just now from what is kept: {proof}.")
    if days and explained.days:
        rows = [["DAY", "QUANTITY", "EVENTS"]]
        rows += [[str(day.day), grouped(day.quantity), f"{day.events:,}"] for day in explained.days if day.events]
        lines += ["", table(rows, right=[1, 2], indent="  ")]
    return lines


def meter_sentence(meter: Meter) -> str:
    """What the meter does, in a sentence."""
    match meter.measure:
        case Count():
            what = "the number of events"
        case Sum(value=Property(name=name)):
            what = f"the sum of data.{name} over events"
        case other:
            what = f"the {other.kind.replace('_', ' ')} over events"
    return f"Meter {meter.key}, version {meter.version}: {what} of type “{meter.event_type}”."


def event_lines(events: Sequence[KeptEvent], explained: Explanation, *, limit: int) -> list[str]:
    """A page of the events behind the line."""
    measure = None if explained.meter is None else explained.meter.measure
    rows = [["POSITION", "HAPPENED", "SOURCE", "ID", "ADDS"]]
    for kept in events:
        value = None if measure is None else measure.value_of(kept.event.data)
        adds = "" if value is None else grouped(value)
        rows.append([str(kept.position), instant(kept.happened_at), kept.event.source, kept.event.id, adds])
    lines = ["", table(rows, right=[0, 4], indent="  ")]
    if len(events) == limit:
        lines.append(f"  More follow: --events --after {events[-1].position}")
    return lines


def _arithmetic(explained: Explanation) -> list[str]:
    line = explained.line
    rows = []
    tiered = isinstance(explained.price.shape, Graduated)
    for number, step in enumerate(line.steps, start=1):
        if line.share is not None:
            sum_of = f"{plain(step.unit_price)} x {line.share.days} / {line.share.of_days} days"
        else:
            sum_of = f"{grouped(step.units)} x {plain(step.unit_price)}"
            if step.flat:
                sum_of += f" + {plain(step.flat)} flat"
        which = _tier(number, step.above, step.up_to) if tiered else "Fee" if line.share is not None else "Usage"
        rows.append([which, sum_of, "=", _decimal(exact_amount([step], line.share))])
    if not rows:
        rows.append(["Nothing to charge", "", "=", "0"])
    if len(rows) > 1:
        rows.append(["Sum", "", "=", _decimal(line.exact)])
    _align_points(rows)
    rounded = f"rounded once to {line.amount}" if Fraction(line.amount.amount) != line.exact else f"{line.amount}"
    lines = table(rows, right=[1, 3], indent="  ").split("\n")
    if len(line.steps) > 1:
        parts = " + ".join(amount(part) for part in line.step_amounts)
        rounded += f" ({parts})"
    return [*lines, f"  That is {rounded}."]


def _align_points(rows: list[list[str]]) -> None:
    """Write the amounts in the last column with equally many digits, so that their points stand below each other."""
    if any("…" in row[-1] for row in rows):
        return
    digits = max(len(row[-1].partition(".")[2]) for row in rows)
    for row in rows:
        whole, _, after = row[-1].partition(".")
        row[-1] = f"{whole}.{after.ljust(digits, '0')}" if digits else whole


def _tier(number: int, above: Decimal | None, up_to: Decimal | None) -> str:
    low = Decimal(0) if above is None else above
    if up_to is None:
        return f"Tier {number}, above {grouped(low)}"
    return f"Tier {number}, {grouped(low)} to {grouped(up_to)}"


def _decimal(exact: Fraction) -> str:
    """The amount in digits; where they never end, a dozen of them and an ellipsis."""
    written = plain(exact)
    if "/" not in written:
        return grouped(exact)
    scaled = abs(exact.numerator) * 10**_DIGITS_SHOWN // exact.denominator
    sign = "-" if exact < 0 else ""
    return f"{sign}{scaled // 10**_DIGITS_SHOWN:,}.{scaled % 10**_DIGITS_SHOWN:0{_DIGITS_SHOWN}d}…"
