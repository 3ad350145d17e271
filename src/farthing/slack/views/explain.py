"""Why a line costs what it costs, step by step: the invoice, a line's sums, its days, its events, one event."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from farthing.core.billing import frozen_cycle
from farthing.core.exact import Exact
from farthing.core.explaining import Explainer
from farthing.core.invoicing.invoice import Invoice
from farthing.core.metering.event import UsageEvent, canonical
from farthing.core.metering.words import unit_of
from farthing.core.parties import Customer
from farthing.core.rating.arithmetic import Arithmetic, CellRows, Row
from farthing.core.rating.line import Line, added
from farthing.core.rating.rate import Used
from farthing.core.rating.written import digits_and_fraction
from farthing.slack.views.blocks import (
    Block,
    actions,
    button,
    choice,
    cut,
    escaped,
    facts,
    long_columns,
    long_preformatted,
    modal,
    named,
    preformatted,
    section,
    small_print,
)
from farthing.slack.views.invoices import invoice_period, invoice_zone, line_quantity, line_title
from farthing.slack.views.words import (
    day_text,
    instant_text,
    money_text,
    period_text,
    short_day,
)

TITLE = "How it came about"
CELLS_ON_A_PAGE = 20
LONGEST_CELL_NAME = 120
_MOST_SUM_BLOCKS = 40
_WIDEST_ROW = 62
_BETWEEN = "    = "


@dataclass(frozen=True, slots=True)
class Day:
    """What one local day added to a line."""

    day: date
    quantity: Exact
    events: int


@dataclass(frozen=True, slots=True)
class LineExplained:
    """A line, what was measured for it, the days behind it, and whether working it out again gave the same."""

    customer: Customer
    invoice: Invoice
    number: int
    line: Line
    days: Sequence[Day]
    holds: bool
    used: Used | None = None
    held: str = ""

    @property
    def explainer(self) -> Explainer:
        """What tells of the invoice's lines, and most of this one."""
        used = {} if self.used is None else {(self.line.price_key, self.line.period.start): self.used}
        return Explainer(self.invoice.draft, used)


@dataclass(frozen=True, slots=True)
class EventShown:
    """An event behind a line; `does` is what it does to it, as what follows “This event”."""

    position: int
    event: UsageEvent
    happened_at: datetime
    accepted_at: datetime
    does: str


def place(invoice: Invoice, line: int = 0, day: date | None = None, after: int = 0) -> str:
    """Where in an explanation one stands, as a button carries it: invoice, line, day, position."""
    return f"{invoice.invoice_id}|{line}|{day.isoformat() if day else ''}|{after}"


def invoice_explained(customer: Customer, invoice: Invoice) -> Block:
    """The first step: the invoice's lines, each with a button."""
    in_zone, period = frozen_cycle(invoice.draft), invoice_period(invoice)
    blocks = [
        section(
            f"*Invoice {escaped(invoice.number)}* for *{named(customer.name)}*: {money_text(invoice.total)}, the sum "
            "of its lines. Choose a line to see how it came about."
        )
    ]
    for number, line in enumerate(invoice.draft.lines[:90], start=1):
        title = named(line_title(line, in_zone=in_zone, beside=period))
        blocks.append(
            section(
                f"*{number}. {title}*\n{named(line_quantity(line))} → {money_text(line.amount)}",
                accessory=button(
                    "Explain line", "explain_line", place(invoice, number), described=f"Explain line {number}"
                ),
            )
        )
    blocks.append(small_print(_plan_named(invoice)))
    return modal(TITLE, blocks)


def line_explained(explained: LineExplained, *, first: int = 0) -> Block:
    """The second step: a line's arithmetic, exact, and the one rounding; of many groups those from the `first` on."""
    invoice, line, explainer = explained.invoice, explained.line, explained.explainer
    sums = explainer.arithmetic_of(line, first=first, most=CELLS_ON_A_PAGE)
    blocks = [
        section(
            f"*{named(line.name)}* · {escaped(period_text(line.period, in_zone=frozen_cycle(invoice.draft)))}\n"
            f"{named(line_quantity(line))} → *{money_text(line.amount)}*"
        ),
        *_sums(line, sums),
        section(_rounding(line)),
        section(_proof(explained.holds)),
    ]
    where = place(invoice, explained.number)
    buttons = []
    if sums.first + len(sums.cells) < sums.of_cells:
        onwards = place(invoice, explained.number, after=sums.first + len(sums.cells))
        buttons.append(button("Next groups", "explain_cells_next", onwards))
    if sums.first:
        buttons.append(button("First groups", "explain_cells_first", where))
    if line.slice is not None:
        buttons += [button("Days", "explain_days", where), button("Events", "explain_events", where)]
        blocks.append(small_print(escaped(explainer.meter_sentence(line))))
        blocks.append(
            small_print(
                f"{'1 event was' if line.slice.events == 1 else f'{line.slice.events:,} events were'} measured, all "
                f"those accepted up to position {line.slice.to:,} "
                "that happened in the period." + (f" {escaped(explained.held)}" if explained.held else "")
            )
        )
    blocks.append(actions(*buttons, button("Back to the invoice", "explain_back", str(invoice.invoice_id))))
    return modal(TITLE, blocks)


def days_explained(explained: LineExplained) -> Block:
    """The third step: what each day added, and a menu to look into one."""
    invoice, line = explained.invoice, explained.line
    used = [day for day in explained.days if day.events or day.quantity]
    adds_up = explained.explainer.days_add_up(line)
    rows = [["Day", "Events", (line.unit or "quantity").capitalize()]]
    rows += [[short_day(day.day), f"{day.events:,}", digits_and_fraction(day.quantity)] for day in used]
    if adds_up:
        together = digits_and_fraction(added(day.quantity for day in used))
        rows.append(["Sum", f"{sum(day.events for day in used):,}", together])
    blocks = [
        section(f"*{named(line.name)}* by day, in the days of {escaped(invoice_zone(invoice))}"),
        *long_columns(rows, right=(1, 2), widest=200),
    ]
    if not adds_up:
        blocks.append(small_print("Each day is measured by itself; the days do not add up to the line's quantity."))
    elements = [button("Back to the line", "explain_line", place(invoice, explained.number))]
    if used:
        options = [(day_text(day.day), place(invoice, explained.number, day.day)) for day in used if day.events]
        if options:
            elements.insert(0, choice("explain_day", "Events of a day…", options))
    return modal(TITLE, [*blocks, actions(*elements)])


def events_explained(
    explained: LineExplained, events: Sequence[EventShown], *, day: date | None, after: int, more: bool
) -> Block:
    """The fourth step: the events themselves, a page at a time."""
    invoice, line, number = explained.invoice, explained.line, explained.number
    in_zone = invoice_zone(invoice)
    of_day = f" on {day_text(day)}" if day else ""
    blocks = [section(f"*{named(line.name)}*: the events{of_day}, in the order in which they were accepted")]
    for shown in events:
        blocks.append(
            section(
                f"{escaped(instant_text(shown.happened_at, in_zone=in_zone))} · "
                f"*{escaped(cut(shown.does, 200))}*\n`{escaped(cut(shown.event.id, 80))}`",
                accessory=button(
                    "Open",
                    "explain_event",
                    place(invoice, number, day, shown.position),
                    described=f"Open event {shown.event.id}",
                ),
            )
        )
    if not events:
        blocks.append(section("There are no more events."))
    elements = []
    if more:
        elements.append(button("Next page", "explain_events_next", place(invoice, number, day, events[-1].position)))
    if after:
        elements.append(button("From the start", "explain_events_first", place(invoice, number, day)))
    if day is not None:
        elements.append(button("Back to the days", "explain_days", place(invoice, number)))
    elements.append(button("Back to the line", "explain_line", place(invoice, number)))
    return modal(TITLE, [*blocks, actions(*elements)])


def event_explained(explained: LineExplained, shown: EventShown, *, day: date | None) -> Block:
    """The last step: one event, all of it."""
    invoice, event = explained.invoice, shown.event
    in_zone = invoice_zone(invoice)
    blocks = [
        section(f"*{named(explained.line.name)}*: this event *{escaped(cut(shown.does, 600))}*."),
        facts(
            ("Happened", instant_text(shown.happened_at, in_zone=in_zone)),
            ("Accepted", instant_text(shown.accepted_at, in_zone=in_zone)),
            ("Source", event.source),
            ("Id", event.id),
            ("Type", event.type),
            ("Position", f"{shown.position:,}"),
        ),
        preformatted(canonical(event.data)),
        actions(
            button("Back to the events", "explain_events", place(invoice, explained.number, day)),
            button("Back to the line", "explain_line", place(invoice, explained.number)),
        ),
    ]
    return modal(TITLE, blocks)


def _plan_named(invoice: Invoice) -> str:
    frozen = invoice.draft.frozen
    return (
        f"Rated by plan {escaped(str(frozen['plan_key']))}, version {frozen['plan_version']}, in the days of "
        f"{escaped(invoice_zone(invoice))}."
    )


def _sums(line: Line, sums: Arithmetic) -> list[Block]:
    """The rows of a line, in as many blocks as they need, as far as a window holds them."""
    text: list[str] = []
    rows: list[Row] = []
    if sums.counted_in != line.amount.currency.code:
        text.append(f"Counted in {sums.counted_in}")
    if sums.left_out:
        shown = f"{sums.first + 1:,} to {sums.first + len(sums.cells):,}"
        text.append(f"Groups {shown} of {sums.of_cells:,}")
    if not sums.parted:
        rows = [row for cell in sums.cells for row in cell.rows]
    elif all(len(cell.rows) == len(cell.steps) == 1 for cell in sums.cells):
        rows = [Row(_group_named(cell), cell.steps[0].sum, cell.exact) for cell in sums.cells]
    else:
        for cell in sums.cells:
            measured = f"{digits_and_fraction(cell.measured)} {unit_of(cell.measured, line.unit)}".strip()
            several = [Row("Sum of the group", "", cell.exact)] if len(cell.steps) + len(cell.modified) != 1 else []
            text += [f"{_group_named(cell)}: {measured}", *_laid_out([*cell.rows, *several], indent="  ")]
    if sums.left_out:
        rows.append(Row(f"{sums.left_out:,} other groups", "", sums.others))
    text += _laid_out([*rows, *sums.after])
    blocks = long_preformatted(text)
    if len(blocks) > _MOST_SUM_BLOCKS:
        more = small_print("There are more steps than a window holds; `farthing invoice explain` prints all of them.")
        blocks = [*blocks[:_MOST_SUM_BLOCKS], more]
    return blocks


def _group_named(cell: CellRows) -> str:
    return cut(" ".join(cell.of.split()), LONGEST_CELL_NAME)


def _laid_out(rows: Sequence[Row], *, indent: str = "") -> list[str]:
    """Rows in columns where a window is wide enough for them, else one below the other."""
    results = ["" if row.equals is None else digits_and_fraction(row.equals) for row in rows]
    told = [(row.who, "" if row.sum == result else row.sum, result) for row, result in zip(rows, results, strict=True)]
    who, sums, equals = (max((len(row[column]) for row in told), default=0) for column in range(3))
    if len(indent) + who + sums + equals + len(_BETWEEN) <= _WIDEST_ROW:
        return [
            f"{indent}{name.ljust(who)}  {said.rjust(sums)}  {'=' if said else ' '} {result.rjust(equals)}".rstrip()
            for name, said, result in told
        ]
    lines = []
    for name, said, result in told:
        lines.append(f"{indent}{name}" if said else f"{indent}{name}: {result}")
        if said:
            lines.append(f"{indent}  {said} = {result}")
    return lines


def _rounding(line: Line) -> str:
    exact = digits_and_fraction(line.exact)
    if line.exact == line.amount.amount:
        return f"Exactly {escaped(exact)} {line.amount.currency.code}; nothing had to be rounded."
    return f"Exactly {escaped(exact)}, rounded once, to the nearest: {money_text(line.amount)}."


def _proof(holds: bool) -> str:
    if holds:
        return ":white_check_mark: Worked out again just now: the same to the digit."
    return ":warning: Worked out again just now, it is *not* the same. Please tell the people who run the billing."
