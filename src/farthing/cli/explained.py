"""A line's explanation as text: each step of its arithmetic, so that a pocket calculator can redo it."""

from collections.abc import Sequence

from farthing.cli.say import amount, counted, grouped, instant, table
from farthing.cli.version_words import version_of
from farthing.core.billing import frozen_cycle
from farthing.core.metering.words import unit_of
from farthing.core.rating.arithmetic import Arithmetic, CellRows, Row
from farthing.core.rating.line import Line, LineKind
from farthing.core.rating.written import digits_and_fraction
from farthing.usecases.explain_line import Explanation
from farthing.usecases.ports import KeptEvent

CELLS_SHOWN = 50
_WIDEST_RIGHT = 40
_MOST_PARTS = 12


def line_quantity(line: Line) -> str:
    """What the line charges for, in a few words."""
    share = line.part if line.kind is LineKind.UNUSED else line.share
    part = "" if share is None else f"{share.days:,} of {share.of_days:,} {share.unit}"
    match line.kind:
        case LineKind.UNUSED:
            return part
        case LineKind.TRUE_UP | LineKind.OVERAGE:
            return "commitment"
        case LineKind.ONCE:
            return f"{grouped(line.quantity)} {unit_of(line.quantity, line.unit)}" if line.unit else "once"
        case LineKind.FEE if not line.unit:
            return part
    quantity = f"{digits_and_fraction(line.quantity)} {unit_of(line.quantity, line.unit)}".strip()
    is_part = line.share is not None and line.share.days != line.share.of_days
    return f"{quantity}, {part}" if is_part else quantity


def explanation_lines(explained: Explanation, *, days: bool = False, cells: int = CELLS_SHOWN) -> list[str]:
    """The text of it, line by line; of a line's groups so many."""
    line, draft, explainer = explained.line, explained.invoice.draft, explained.explainer
    zone, wall = draft.frozen["zone"], frozen_cycle(draft)
    days_of = f"{line.period.first_day(in_zone=wall)} to {line.period.last_day(in_zone=wall)}"
    head = f"{explained.invoice.number}, line {explained.line_number}: {line.name}"
    lines = [
        f"{head}, {line.amount}",
        f"  {days_of}, both included, in {zone}, {_when(line)}, by {version_of(line, draft)}.",
    ]
    if line.slice is not None:
        unit = f" {unit_of(line.quantity, line.unit)}" if line.unit else ""
        lines.append(f"  {explainer.meter_sentence(line)}")
        lines.append(
            f"  {counted(line.slice.events, 'event')} at positions up to {line.slice.to} measure "
            f"{digits_and_fraction(line.quantity)}{unit}."
        )
        if explained.held is not None:
            lines.append(f"  {explained.held_in_words}")
    sums = explainer.arithmetic_of(line, most=cells)
    lines += ["", *arithmetic_lines(line, sums), ""]
    proof = "the same to the digit" if explained.holds else "NOT the same; run farthing check"
    lines.append(f"  Worked out again just now from what is kept: {proof}.")
    if days and explained.days:
        rows = [["DAY", "QUANTITY", "EVENTS"]]
        rows += [
            [str(day.day), digits_and_fraction(day.quantity), f"{day.events:,}"]
            for day in explained.days
            if day.events or day.quantity
        ]
        lines += ["", table(rows, right=[1, 2], indent="  ")]
        if not explainer.days_add_up(line):
            lines.append("  Each day is measured by itself; the days do not add up to the line's quantity.")
    return lines


def arithmetic_lines(line: Line, sums: Arithmetic) -> list[str]:
    """The sums of a line, group by group, then what is done to all of them, and the one rounding."""
    lines: list[str] = []
    if sums.counted_in != line.amount.currency.code:
        lines.append(f"  Counted in {sums.counted_in}.")
    quantities: list[Row] = []
    rows: list[Row] = []
    if not sums.parted:
        quantities = [row for cell in sums.cells for row in cell.quantities]
        rows = [row for cell in sums.cells for row in (*cell.steps, *cell.modified)]
    elif all(len(cell.rows) == len(cell.steps) == 1 for cell in sums.cells):
        rows = [Row(cell.of, cell.steps[0].sum, cell.exact) for cell in sums.cells]
    else:
        for cell in sums.cells:
            lines += _cell_lines(cell, line.unit)
    if sums.left_out:
        rows.append(
            Row(
                f"{counted(sums.left_out, 'more group')} together (see each with --cells {sums.of_cells})",
                "",
                sums.others,
            )
        )
    lines += laid_out(quantities, [*rows, *sums.after])
    parts = [*line.step_amounts, *line.modification_amounts]
    in_parts = ""
    if 1 < len(parts) <= _MOST_PARTS:
        in_parts = f" ({' + '.join(amount(part) for part in parts)})".replace("+ -", "- ")
    rounded = f"{amount(line.amount)} {line.amount.currency.code}"
    rounded = rounded if line.amount.amount == sums.exact else f"rounded once to {rounded}"
    return [*lines, f"  That is {rounded}{in_parts}."]


def laid_out(quantities: Sequence[Row], rows: Sequence[Row], *, indent: str = "  ") -> list[str]:
    """Rows one below the other, their results with points below points; amounts with equally many decimals."""
    units, amounts = ([_result(row) for row in some] for some in (quantities, rows))
    results = aligned([*units, *filled(amounts)])
    laid = [
        [row.who, *(("", "") if row.sum == given else (row.sum, "=" if row.sum else "")), result]
        for row, given, result in zip((*quantities, *rows), (*units, *amounts), results, strict=True)
    ]
    right = [1] if max((len(row[1]) for row in laid), default=0) <= _WIDEST_RIGHT else []
    return table(laid, right=right, indent=indent).split("\n") if laid else []


def filled(written: Sequence[str]) -> list[str]:
    """Numbers with equally many decimals, unless one of them never ends.

    >>> filled(["2", "0.45", ""]), filled(["2", "0.333… (1/3)"])
    (['2.00', '0.45', ''], ['2', '0.333… (1/3)'])
    """
    decimals = max((len(number.partition(".")[2]) for number in written), default=0)
    if not decimals or any("…" in number for number in written):
        return list(written)
    parts = [(number.partition(".")[0], number.partition(".")[2]) for number in written]
    return [f"{whole}.{after.ljust(decimals, '0')}" if whole else "" for whole, after in parts]


def aligned(written: Sequence[str]) -> list[str]:
    """Numbers with spaces before them, so that their points stand below each other.

    >>> aligned(["2.0", "1,000", "0.333… (1/3)"])
    ['    2.0', '1,000', '    0.333… (1/3)']
    """
    before = max((len(number.partition(".")[0]) for number in written), default=0)
    return [" " * (before - len(number.partition(".")[0])) + number for number in written]


def _result(row: Row) -> str:
    return "" if row.equals is None else digits_and_fraction(row.equals)


def event_lines(events: Sequence[KeptEvent], explained: Explanation, *, limit: int, after: int = 0) -> list[str]:
    """A page of the events behind the line, and what each means to it; one beyond the limit tells that more follow."""
    if not events:
        return ["", f"  No events behind position {after}." if after else "  There are no events behind this line."]
    rows = [["POSITION", "HAPPENED", "SOURCE", "ID", "WHAT IT DOES"]]
    explainer = explained.explainer
    for kept in events[:limit]:
        does = explainer.event_in_words(explained.line, kept.event.data, kept.happened_at)
        if kept.mapped is not None:
            does = f"{does} (as version {kept.mapped.rule_version} of its rule reads it)"
        rows.append([str(kept.position), instant(kept.happened_at), kept.event.source, kept.event.id, does])
    lines = ["", table(rows, right=[0], indent="  ")]
    if len(events) > limit:
        lines.append(f"  More follow: --events --after {events[limit - 1].position}")
    return lines


def _when(line: Line) -> str:
    match line.kind:
        case LineKind.ONCE:
            return "charged once"
        case LineKind.TRUE_UP:
            return "what is missing to a commitment"
        case LineKind.OVERAGE:
            return "what is added beyond a commitment"
        case LineKind.UNUSED:
            return "given back of what was charged ahead"
    return "charged in advance" if line.advance else "charged in arrears"


def _cell_lines(cell: CellRows, unit: str) -> list[str]:
    """A group of a line: whose it is, and its own sums."""
    what = f"{digits_and_fraction(cell.measured)} {unit_of(cell.measured, unit)}".strip()
    lines = [f"  {cell.of}: {what} in {counted(cell.events, 'event')}"]
    several = [Row("Sum of the group", "", cell.exact)] if len(cell.steps) + len(cell.modified) != 1 else []
    return [*lines, *laid_out(cell.quantities, [*cell.steps, *cell.modified, *several], indent="    ")]
