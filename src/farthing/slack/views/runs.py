"""The summary of a closing run for finance: one message, however many invoices it made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from farthing.core.invoicing.invoice import Invoice
from farthing.core.money import Money, total
from farthing.core.parties import Customer
from farthing.slack.views.blocks import Block, Card, actions, button, choice, escaped, facts, header, section, table
from farthing.slack.views.drafts import held_columns
from farthing.slack.views.words import change_text, day_text, money_text, number_text, say, several

MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class RunInvoice:
    """One of a run's largest invoices and the customer's invoice before it."""

    customer: Customer
    invoice: Invoice
    before: Money | None


@dataclass(frozen=True, slots=True)
class Run:
    """What a run came to. `unheard` are invoices whose customer has no channel to be told in, by customer;
    `held` are drafts that wait for a person, each with the reasons.
    """

    through: date
    invoices: int
    totals: Sequence[Money]
    largest: Sequence[RunInvoice]
    unheard: Sequence[tuple[Customer, Invoice]]
    held: Sequence[tuple[Customer, Sequence[str]]] = ()


def run_card(run: Run, *, billing_command: str) -> Card:
    """What finance is told: how many, how much, the largest with their change, and what to do next."""
    in_all = " + ".join(money_text(money) for money in run.totals) or say("nothing")
    through = day_text(run.through)
    next_step = _next_step(run, billing_command=billing_command)
    blocks: list[Block] = [
        header(say("Billing run through {day}", day=through)),
        facts((say("Invoices"), number_text(run.invoices)), (say("Total"), in_all)),
    ]
    if run.largest:
        rows = [[say("Customer"), say("Invoice"), say("Change"), say("Amount")]]
        rows += [
            [
                each.customer.name,
                each.invoice.number,
                change_text(each.invoice.total, each.before),
                money_text(each.invoice.total),
            ]
            for each in run.largest
        ]
        blocks.append(table([*rows, *_the_rest(run)], right=(2, 3)))
    if run.unheard:
        told_here = [
            say("Invoice for {customer}: {amount}", customer=customer.name, amount=money_text(invoice.total))
            for customer, invoice in run.unheard[:MOST_NAMED]
        ]
        more = len(run.unheard) - MOST_NAMED
        told_here += [say("and {number} more", number=number_text(more))] if more > 0 else []
        blocks.append(section("\n".join([say("*Told only here:*"), *(escaped(line) for line in told_here)])))
    if run.held:
        blocks += [section(f"*{_held(run)}*"), held_columns(run.held, most=MOST_NAMED)]
    blocks.append(section(say("*Next:* {step}", step=escaped(next_step))))
    if run.held:
        blocks.append(actions(button(say("Review drafts"), "drafts_open", "run", style="primary")))
    if run.largest:
        options = [
            (f"{each.invoice.number} · {each.customer.name}", str(each.invoice.invoice_id)) for each in run.largest
        ]
        blocks.append(actions(choice("show_invoice", say("Look at an invoice…"), options)))
    made = several(
        "Billing run through {day}: {number} invoice, {total}.",
        "Billing run through {day}: {number} invoices, {total}.",
        run.invoices,
        day=through,
        number=number_text(run.invoices),
        total=in_all,
    )
    told = [made, *([f"{_held(run)}."] if run.held else []), say("Next: {step}", step=escaped(next_step))]
    return Card(" ".join(told), blocks)


def _the_rest(run: Run) -> list[list[str]]:
    """A row for the invoices that are not shown, so that the column adds up to the total."""
    rest = run.invoices - len(run.largest)
    if rest <= 0:
        return []
    shown = [each.invoice.total for each in run.largest]
    left = [money - total([one for one in shown if one.currency == money.currency], in_currency=money.currency)
            for money in run.totals]  # fmt: skip
    return [
        [
            say("{number} more", number=number_text(rest)),
            "–",
            "–",
            " + ".join(money_text(money) for money in left if money) or "–",
        ]
    ]


def _held(run: Run) -> str:
    many = len(run.held)
    return several("{number} draft is held", "{number} drafts are held", many, number=number_text(many))


def _next_step(run: Run, *, billing_command: str) -> str:
    if run.held:
        return say(
            "review the drafts that are held; type {billing} drafts, or press Review drafts.", billing=billing_command
        )
    if not run.unheard:
        return say("nothing to do; each customer's channel is told its invoice.")
    unheard = list({customer.key: customer for customer, _ in run.unheard}.values())
    names = ", ".join(customer.name for customer in unheard[:MOST_NAMED])
    more = len(unheard) - MOST_NAMED
    if more > 0:
        names = say("{names} and {number} more", names=names, number=number_text(more))
    return several(
        "{names} has no channel to be told in; invite the app to one and type {billing} bind {example} there.",
        "{names} have no channel to be told in; invite the app to one and type {billing} bind {example} there.",
        len(unheard),
        names=names,
        billing=billing_command,
        example=unheard[0].key,
    )
