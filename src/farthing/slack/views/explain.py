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
from farthing.core.saying import message
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
    arithmetic_writing,
    day_text,
    exact_text,
    instant_text,
    money_text,
    number_text,
    period_text,
    readers,
    say,
    several,
    short_day,
)

TITLE = message("How it came about")
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
            say(
                "*Invoice {number}* for *{customer}*: {amount}, the sum of its lines. Choose a line to see how it came "
                "about.",
                number=escaped(invoice.number),
                customer=named(customer.name),
                amount=money_text(invoice.total),
            )
        )
    ]
    for number, line in enumerate(invoice.draft.lines[:90], start=1):
        title = named(line_title(line, in_zone=in_zone, beside=period))
        blocks.append(
            section(
                f"*{number}. {title}*\n{named(line_quantity(line))} → {money_text(line.amount)}",
                accessory=button(
                    say("Explain line"),
                    "explain_line",
                    place(invoice, number),
                    described=say("Explain line {number}", number=number),
                ),
            )
        )
    blocks.append(small_print(_plan_named(invoice)))
    return modal(say(TITLE), blocks)


def line_explained(explained: LineExplained, *, first: int = 0) -> Block:
    """The second step: a line's arithmetic, exact, and the one rounding; of many groups those from the `first` on."""
    invoice, line, explainer = explained.invoice, explained.line, explained.explainer
    sums = explainer.arithmetic_of(line, first=first, most=CELLS_ON_A_PAGE, writing=arithmetic_writing())
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
        buttons.append(button(say("Next groups"), "explain_cells_next", onwards))
    if sums.first:
        buttons.append(button(say("First groups"), "explain_cells_first", where))
    if line.slice is not None:
        buttons += [button(say("Days"), "explain_days", where), button(say("Events"), "explain_events", where)]
        blocks.append(small_print(escaped(explainer.meter_sentence(line, readers()))))
        measured = several(
            "{number} event was measured, all those accepted up to position {position} that happened in the period.",
            "{number} events were measured, all those accepted up to position {position} that happened in the period.",
            line.slice.events,
            number=number_text(line.slice.events),
            position=number_text(line.slice.to),
        )
        blocks.append(small_print(" ".join(said for said in (measured, escaped(explained.held)) if said)))
    blocks.append(actions(*buttons, button(say("Back to the invoice"), "explain_back", str(invoice.invoice_id))))
    return modal(say(TITLE), blocks)


def days_explained(explained: LineExplained) -> Block:
    """The third step: what each day added, and a menu to look into one."""
    invoice, line = explained.invoice, explained.line
    used = [day for day in explained.days if day.events or day.quantity]
    adds_up = explained.explainer.days_add_up(line)
    rows = [[say("Day"), say("Events"), line.unit.capitalize() or say("Quantity")]]
    rows += [[short_day(day.day), number_text(day.events), exact_text(day.quantity)] for day in used]
    if adds_up:
        together = exact_text(added(day.quantity for day in used))
        rows.append([say("Sum"), number_text(sum(day.events for day in used)), together])
    blocks = [
        section(
            say("*{line}* by day, in the days of {zone}", line=named(line.name), zone=escaped(invoice_zone(invoice)))
        ),
        *long_columns(rows, right=(1, 2), widest=200),
    ]
    if not adds_up:
        blocks.append(
            small_print(say("Each day is measured by itself; the days do not add up to the line's quantity."))
        )
    elements = [button(say("Back to the line"), "explain_line", place(invoice, explained.number))]
    if used:
        options = [(day_text(day.day), place(invoice, explained.number, day.day)) for day in used if day.events]
        if options:
            elements.insert(0, choice("explain_day", say("Events of a day…"), options))
    return modal(say(TITLE), [*blocks, actions(*elements)])


def events_explained(
    explained: LineExplained, events: Sequence[EventShown], *, day: date | None, after: int, more: bool
) -> Block:
    """The fourth step: the events themselves, a page at a time."""
    invoice, line, number = explained.invoice, explained.line, explained.number
    in_zone = invoice_zone(invoice)
    if day is None:
        title = say("*{line}*: the events, in the order in which they were accepted", line=named(line.name))
    else:
        title = say(
            "*{line}*: the events on {day}, in the order in which they were accepted",
            line=named(line.name),
            day=day_text(day),
        )
    blocks = [section(title)]
    for shown in events:
        blocks.append(
            section(
                f"{escaped(instant_text(shown.happened_at, in_zone=in_zone))} · "
                f"*{escaped(cut(shown.does, 200))}*\n`{escaped(cut(shown.event.id, 80))}`",
                accessory=button(
                    say("Open"),
                    "explain_event",
                    place(invoice, number, day, shown.position),
                    described=say("Open event {id}", id=cut(shown.event.id, 40)),
                ),
            )
        )
    if not events:
        blocks.append(section(say("There are no more events.")))
    elements = []
    if more:
        elements.append(
            button(say("Next page"), "explain_events_next", place(invoice, number, day, events[-1].position))
        )
    if after:
        elements.append(button(say("From the start"), "explain_events_first", place(invoice, number, day)))
    if day is not None:
        elements.append(button(say("Back to the days"), "explain_days", place(invoice, number)))
    elements.append(button(say("Back to the line"), "explain_line", place(invoice, number)))
    return modal(say(TITLE), [*blocks, actions(*elements)])


def event_explained(explained: LineExplained, shown: EventShown, *, day: date | None) -> Block:
    """The last step: one event, all of it."""
    invoice, event = explained.invoice, shown.event
    in_zone = invoice_zone(invoice)
    blocks = [
        section(
            say("*{line}*: this event *{does}*.", line=named(explained.line.name), does=escaped(cut(shown.does, 600)))
        ),
        facts(
            (say("Happened"), instant_text(shown.happened_at, in_zone=in_zone)),
            (say("Accepted"), instant_text(shown.accepted_at, in_zone=in_zone)),
            (say("Source"), event.source),
            (say("Id"), event.id),
            (say("Type"), event.type),
            (say("Position"), number_text(shown.position)),
        ),
        preformatted(canonical(event.data)),
        actions(
            button(say("Back to the events"), "explain_events", place(invoice, explained.number, day)),
            button(say("Back to the line"), "explain_line", place(invoice, explained.number)),
        ),
    ]
    return modal(say(TITLE), blocks)


def _plan_named(invoice: Invoice) -> str:
    frozen = invoice.draft.frozen
    return say(
        "Rated by plan {plan}, version {version}, in the days of {zone}.",
        plan=escaped(str(frozen["plan_key"])),
        version=frozen["plan_version"],
        zone=escaped(invoice_zone(invoice)),
    )


def _sums(line: Line, sums: Arithmetic) -> list[Block]:
    """The rows of a line, in as many blocks as they need, as far as a window holds them."""
    text: list[str] = []
    rows: list[Row] = []
    if sums.counted_in != line.amount.currency.code:
        text.append(say("Counted in {unit}", unit=sums.counted_in))
    if sums.left_out:
        first, last = number_text(sums.first + 1), number_text(sums.first + len(sums.cells))
        of_all = number_text(sums.of_cells)
        text.append(say("Groups {first} to {last} of {number}", first=first, last=last, number=of_all))
    if not sums.parted:
        rows = [row for cell in sums.cells for row in cell.rows]
    elif all(len(cell.rows) == len(cell.steps) == 1 for cell in sums.cells):
        rows = [Row(_group_named(cell), cell.steps[0].sum, cell.exact) for cell in sums.cells]
    else:
        for cell in sums.cells:
            measured = f"{exact_text(cell.measured)} {unit_of(cell.measured, line.unit)}".strip()
            of_group = (
                [Row(say("Sum of the group"), "", cell.exact)] if len(cell.steps) + len(cell.modified) != 1 else []
            )
            text += [f"{_group_named(cell)}: {measured}", *_laid_out([*cell.rows, *of_group], indent="  ")]
    if sums.left_out:
        left = number_text(sums.left_out)
        others = several("{number} other group", "{number} other groups", sums.left_out, number=left)
        rows.append(Row(others, "", sums.others))
    text += _laid_out([*rows, *sums.after])
    blocks = long_preformatted(text)
    if len(blocks) > _MOST_SUM_BLOCKS:
        more = small_print(
            say("There are more steps than a window holds; `farthing invoice explain` prints all of them.")
        )
        blocks = [*blocks[:_MOST_SUM_BLOCKS], more]
    return blocks


def _group_named(cell: CellRows) -> str:
    return cut(" ".join(cell.of.split()), LONGEST_CELL_NAME)


def _laid_out(rows: Sequence[Row], *, indent: str = "") -> list[str]:
    """Rows in columns where a window is wide enough for them, else one below the other."""
    results = ["" if row.equals is None else exact_text(row.equals) for row in rows]
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
    exact = escaped(exact_text(line.exact))
    if line.exact == line.amount.amount:
        code = line.amount.currency.code
        return say("Exactly {exact} {code}; nothing had to be rounded.", exact=exact, code=code)
    return say("Exactly {exact}, rounded once, to the nearest: {amount}.", exact=exact, amount=money_text(line.amount))


def _proof(holds: bool) -> str:
    if holds:
        return say(":white_check_mark: Worked out again just now: the same to the digit.")
    return say(":warning: Worked out again just now, it is *not* the same. Please tell the people who run the billing.")
