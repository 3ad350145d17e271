"""Why a line costs what it costs, step by step: the invoice, a line's tiers, its days, its events, one event."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from farthing.core.exact import Exact
from farthing.core.invoicing.invoice import Invoice
from farthing.core.metering.event import UsageEvent, canonical
from farthing.core.money import plain
from farthing.core.parties import Customer
from farthing.core.pricing.step import Step
from farthing.core.rating.line import Line
from farthing.slack.views.blocks import (
    Block,
    actions,
    button,
    choice,
    columns,
    cut,
    escaped,
    facts,
    modal,
    preformatted,
    section,
    small_print,
)
from farthing.slack.views.invoices import invoice_period, invoice_zone, line_quantity, line_title
from farthing.slack.views.words import (
    day_text,
    instant_text,
    money_text,
    number_text,
    period_text,
    quantity_text,
    short_day,
)

TITLE = "How it came about"


@dataclass(frozen=True, slots=True)
class Day:
    """What one local day added to a line."""

    day: date
    quantity: Decimal
    events: int


@dataclass(frozen=True, slots=True)
class LineExplained:
    """A line, the days behind it, and whether working it out again gave the same."""

    customer: Customer
    invoice: Invoice
    number: int
    line: Line
    days: Sequence[Day]
    holds: bool


@dataclass(frozen=True, slots=True)
class EventShown:
    """An event behind a line; `quantity` is what it added."""

    position: int
    event: UsageEvent
    happened_at: datetime
    accepted_at: datetime
    quantity: Exact


def place(invoice: Invoice, line: int = 0, day: date | None = None, after: int = 0) -> str:
    """Where in an explanation one stands, as a button carries it: invoice, line, day, position."""
    return f"{invoice.invoice_id}|{line}|{day.isoformat() if day else ''}|{after}"


def invoice_explained(customer: Customer, invoice: Invoice) -> Block:
    """The first step: the invoice's lines, each with a button."""
    in_zone, period = invoice_zone(invoice), invoice_period(invoice)
    blocks = [
        section(
            f"*Invoice {escaped(invoice.number)}* for *{escaped(customer.name)}*: {money_text(invoice.total)}, the sum "
            "of its lines. Choose a line to see how it came about."
        )
    ]
    for number, line in enumerate(invoice.draft.lines[:90], start=1):
        title = escaped(line_title(line, in_zone=in_zone, beside=period))
        blocks.append(
            section(
                f"*{number}. {title}*\n{escaped(line_quantity(line))} → {money_text(line.amount)}",
                accessory=button(
                    "Explain line", "explain_line", place(invoice, number), described=f"Explain line {number}"
                ),
            )
        )
    blocks.append(small_print(_plan_named(invoice)))
    return modal(TITLE, blocks)


def line_explained(explained: LineExplained) -> Block:
    """The second step: a line's arithmetic, exact, and the one rounding."""
    invoice, line = explained.invoice, explained.line
    blocks = [
        section(
            f"*{escaped(line.name)}* · {escaped(period_text(line.period, in_zone=invoice_zone(invoice)))}\n"
            f"{escaped(line_quantity(line))} → *{money_text(line.amount)}*"
        ),
        columns(_step_rows(line), right=(1, 2, 3)),
        section(_rounding(line)),
        section(_proof(explained.holds)),
    ]
    buttons = []
    if line.slice is not None:
        where = place(invoice, explained.number)
        buttons = [button("Days", "explain_days", where), button("Events", "explain_events", where)]
        blocks.append(
            small_print(
                f"{line.slice.events:,} events were measured, all those accepted up to position {line.slice.to:,} "
                "that happened in the period."
            )
        )
    blocks.append(actions(*buttons, button("Back to the invoice", "explain_back", str(invoice.invoice_id))))
    return modal(TITLE, blocks)


def days_explained(explained: LineExplained) -> Block:
    """The third step: what each day added, and a menu to look into one."""
    invoice, line = explained.invoice, explained.line
    used = [day for day in explained.days if day.events]
    rows = [["Day", "Events", (line.unit or "quantity").capitalize()]]
    rows += [[short_day(day.day), f"{day.events:,}", number_text(day.quantity)] for day in used]
    rows.append(
        ["Sum", f"{sum(day.events for day in used):,}", number_text(sum((d.quantity for d in used), Decimal(0)))]
    )
    blocks = [
        section(f"*{escaped(line.name)}* by day, in the days of {escaped(invoice_zone(invoice))}"),
        columns(rows, right=(1, 2)),
    ]
    elements = [button("Back to the line", "explain_line", place(invoice, explained.number))]
    if used:
        options = [(day_text(day.day), place(invoice, explained.number, day.day)) for day in used]
        elements.insert(0, choice("explain_day", "Events of a day…", options))
    return modal(TITLE, [*blocks, actions(*elements)])


def events_explained(
    explained: LineExplained, events: Sequence[EventShown], *, day: date | None, after: int, more: bool
) -> Block:
    """The fourth step: the events themselves, a page at a time."""
    invoice, line, number = explained.invoice, explained.line, explained.number
    in_zone = invoice_zone(invoice)
    of_day = f" on {day_text(day)}" if day else ""
    blocks = [section(f"*{escaped(line.name)}*: the events{of_day}, in the order in which they were accepted")]
    for shown in events:
        blocks.append(
            section(
                f"{escaped(instant_text(shown.happened_at, in_zone=in_zone))} · "
                f"*{escaped(quantity_text(shown.quantity, line.unit))}*\n`{escaped(cut(shown.event.id, 80))}`",
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
        section(
            f"This event added *{escaped(quantity_text(shown.quantity, explained.line.unit))}* to "
            f"*{escaped(explained.line.name)}*."
        ),
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


def _step_rows(line: Line) -> list[list[str]]:
    code = line.amount.currency.code
    rows = [["Step", "Units", f"Price in {code}", f"Exact {code}"]]
    rows += [
        [_step_name(step), number_text(step.units), number_text(step.unit_price), plain(step.exact)]
        for step in line.steps
    ]
    return rows


def _step_name(step: Step) -> str:
    fee = f" + {number_text(step.flat)}" if step.flat else ""
    if step.above is None:
        return "all" + fee
    if step.up_to is None:
        return (f"above {number_text(step.above)}" if step.above else "all") + fee
    return (f"up to {number_text(step.up_to)}") + fee


def _rounding(line: Line) -> str:
    share = ""
    if line.share is not None and line.share.days != line.share.of_days:
        share = f" For {line.share.days} of {line.share.of_days} days."
    exact = plain(line.exact)
    if exact == plain(line.amount.amount):
        return f"{share} Exactly {escaped(exact)} {line.amount.currency.code}; nothing had to be rounded.".strip()
    return f"{share} Exactly {escaped(exact)}, rounded once, to the nearest: {money_text(line.amount)}.".strip()


def _proof(holds: bool) -> str:
    if holds:
        return ":white_check_mark: Worked out again just now: the same to the digit."
    return ":warning: Worked out again just now, it is *not* the same. Please tell the people who run the billing."
