"""The usage card: what a customer has used so far, by day, and what the next invoice says as it stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from farthing.core.exact import Exact
from farthing.core.invoicing.invoice import Draft, Invoice
from farthing.core.money import Currency, Money, zero
from farthing.core.parties import Customer
from farthing.core.period import Period
from farthing.core.rating.line import Line, added
from farthing.core.saying import message
from farthing.slack.views.alerts import BudgetShown, budget_lines
from farthing.slack.views.blocks import (
    Block,
    Card,
    actions,
    button,
    choice,
    confirm,
    escaped,
    facts,
    header,
    long_columns,
    modal,
    named,
    section,
    small_print,
    table,
)
from farthing.slack.views.charts import DailyUsage, charts
from farthing.slack.views.invoices import line_quantity, line_title
from farthing.slack.views.words import (
    day_text,
    instant_text,
    money_text,
    number_text,
    period_text,
    quantity_text,
    say,
    short_day,
)


@dataclass(frozen=True, slots=True)
class RunningPlan:
    """A subscription in its period: its next invoice as it stands, and its meters by day."""

    name: str
    period: Period
    in_zone: str
    draft: Draft
    usage: Sequence[DailyUsage]


@dataclass(frozen=True, slots=True)
class UsageShown:
    """What the card shows. `asked_for` is the month that was asked for, empty for the running one."""

    customer: Customer
    running: Sequence[RunningPlan]
    recent: Sequence[Invoice]
    as_of: datetime
    asked_for: str = ""
    budgets: Sequence[BudgetShown] = ()

    @property
    def so_far(self) -> list[Money]:
        """What it comes to, one sum a currency."""
        sums: dict[Currency, Money] = {}
        for running in self.running:
            money = running.draft.total
            sums[money.currency] = sums.get(money.currency, zero(money.currency)) + money
        return list(sums.values())


def usage_card(shown: UsageShown, *, shareable: bool = True) -> Card:
    """The card; without buttons once it is shared."""
    name = shown.customer.name
    if not shown.running:
        nothing = message("{customer} has no subscription that runs now, so there is nothing to measure.")
        if shown.asked_for:
            nothing = message("{customer} has no subscription that runs at that time, so there is nothing to measure.")
        said = say(nothing, customer=named(name))
        return Card(said, [header(say("{customer}: usage", customer=name)), section(said), *_recent(shown)])
    so_far = " + ".join(money_text(money) for money in shown.so_far)
    first = shown.running[0]
    period = period_text(first.period, in_zone=first.in_zone)
    blocks: list[Block] = [
        header(say("{customer}: usage", customer=name)),
        *_figures(shown),
        *budget_lines(shown.budgets),
    ]
    blocks += charts([usage for running in shown.running for usage in running.usage])
    blocks.append(table(_draft_rows(shown), right=(1, 2)))
    if shareable:
        blocks.append(_buttons(shown))
    blocks += _recent(shown)
    blocks.append(
        small_print(
            say(
                "As of {instant}. Amounts are what an invoice would say if the period ended now; a fee for the coming "
                "period is on it too.",
                instant=escaped(instant_text(shown.as_of, in_zone=first.in_zone)),
            )
        )
    )
    closes = day_text(first.period.last_day(in_zone=first.in_zone))
    text = say(
        "{customer} has come to {sums} for {period}. The period ends on {day}; there is nothing to do until then.",
        customer=named(name),
        sums=so_far,
        period=period,
        day=closes,
    )
    return Card(text, blocks)


def breakdown_modal(shown: UsageShown) -> Block:
    """Each meter's days in figures."""
    blocks: list[Block] = [section(say("*{customer}* · usage by day", customer=named(shown.customer.name)))]
    for running in shown.running:
        blocks.append(
            section(f"*{named(running.name)}* · {escaped(period_text(running.period, in_zone=running.in_zone))}")
        )
        for usage in running.usage:
            lines = [line for line in running.draft.lines if line.name == usage.name and line.slice is not None]
            measured = added(quantity for _, quantity in usage.days) if not lines else _measured(lines)
            told = quantity_text(measured, usage.unit) if usage.days else say("nothing yet")
            amounts = " + ".join(money_text(line.amount) for line in lines)
            blocks.append(section(f"{named(usage.name)}: {escaped(told)}" + (f" → {amounts}" if lines else "")))
            used = [(day, quantity) for day, quantity in usage.days if quantity]
            if used:
                rows = [[say("Day"), usage.unit.capitalize() or say("Quantity")]]
                rows += [[short_day(day), number_text(quantity)] for day, quantity in used]
                blocks += long_columns(rows, right=(1,))
                if not usage.adds_up:
                    blocks.append(small_print(say("Each day is measured by itself; the days do not add up.")))
    blocks.append(small_print(say("Days without usage are left out.")))
    return modal(say("Usage by day"), blocks)


def whose_usage(customers: Sequence[Customer], *, command: str) -> Card:
    """The question whose usage to show, drawn from what this person may see."""
    if not customers:
        nobody = say("There is no customer to show yet.")
        return Card(nobody, [section(nobody)])
    options = [(f"{customer.name} ({customer.key})", customer.key) for customer in customers]
    hint = say("Or type `{usage} {example}`.", usage=escaped(command), example=escaped(customers[0].key))
    if len(customers) > 100:
        hint = say("These are the first hundred; for another type `{usage}` and its key.", usage=escaped(command))
    return Card(
        say("Whose usage? Type {usage} and a customer's key.", usage=escaped(command)),
        [
            section(say("*Whose usage?*"), accessory=choice("usage_of", say("Choose a customer…"), options)),
            small_print(hint),
        ],
    )


def unknown_customer(sentence: str, closest: Sequence[str], *, month: str) -> Card:
    """Nobody by that name, and the closest that this person may see as buttons."""
    blocks = [section(escaped(sentence))]
    if closest:
        blocks.append(actions(*(button(key, f"usage_closest_{n}", f"{key}|{month}") for n, key in enumerate(closest))))
    return Card(escaped(sentence), blocks)


def _measured(lines: Sequence[Line]) -> Exact:
    """What the lines of one price are for; it has several when it changed within the period."""
    return added(line.quantity for line in lines)


def _figures(shown: UsageShown) -> list[Block]:
    blocks: list[Block] = []
    for running in shown.running[:5]:
        pairs = [
            (say("Plan"), running.name),
            (say("Period"), period_text(running.period, in_zone=running.in_zone)),
            (say("So far"), money_text(running.draft.accrued)),
        ]
        lines = {line.name: line for line in running.draft.lines if line.slice is not None}
        pairs += [(name, quantity_text(line.quantity, line.unit)) for name, line in lines.items()]
        blocks.append(facts(*pairs))
    return blocks


def _draft_rows(shown: UsageShown) -> list[list[str]]:
    rows = [[say("Next invoice"), say("Quantity"), say("Amount")]]
    for running in shown.running:
        rows += [
            [
                line_title(line, in_zone=running.in_zone, beside=running.period),
                line_quantity(line),
                money_text(line.amount),
            ]
            for line in running.draft.lines
        ]
        rows.append([say("Total"), "–", money_text(running.draft.total)])
    return rows


def _buttons(shown: UsageShown) -> Block:
    value = f"{shown.customer.key}|{shown.asked_for}"
    ask_first = confirm(
        say("Share this card?"),
        say("Everybody in this channel will see these amounts."),
        yes=say("Share"),
        no=say("Keep it to me"),
    )
    name = shown.customer.name
    by_day, budget = say("Usage of {customer} by day", customer=name), say("Set a budget for {customer}", customer=name)
    shared = say("Share this card in the channel")
    return actions(
        button(say("Breakdown"), "usage_breakdown", value, described=by_day),
        button(say("Set a budget"), "budget_open", shown.customer.key, described=budget),
        button(say("Share"), "usage_share", value, confirm=ask_first, described=shared),
    )


def _recent(shown: UsageShown) -> list[Block]:
    if not shown.recent:
        return []
    told = " · ".join(
        say(
            "{number} {amount} due {day}",
            number=escaped(invoice.number),
            amount=money_text(invoice.total),
            day=day_text(invoice.due_on),
        )
        for invoice in shown.recent[:3]
    )
    return [small_print(say("Recent invoices: {invoices}", invoices=told))]
