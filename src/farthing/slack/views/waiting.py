"""What waits for somebody, listed: alerts that nobody has seen to, and invoices that are past due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from farthing.core.alerting.alert import AHEAD, Alert
from farthing.core.alerting.budget import Budget
from farthing.core.money import Money
from farthing.core.parties import Customer
from farthing.slack.views.blocks import Block, Card, escaped, header, section, small_print, table
from farthing.slack.views.words import day_text, money_text, number_text, say, several

MOST_ROWS = 30


@dataclass(frozen=True, slots=True)
class Waiting:
    """An invoice that is past due, and what is left to pay of it."""

    name: str
    number: str
    due_on: date
    left: Money


def waiting_card(
    alerts: Sequence[tuple[Customer, Budget, Alert]], past_due: Sequence[Waiting], *, billing_command: str
) -> Card:
    """Both lists, shown to one person; where they are empty, that is said."""
    if not alerts and not past_due:
        nothing = say("Nothing waits any more.")
        return Card(escaped(nothing), [section(escaped(nothing))])
    blocks: list[Block] = []
    said = []
    if alerts:
        title = several("{n} alert waits", "{n} alerts wait", len(alerts), n=number_text(len(alerts)))
        lines = [f"• {escaped(_alert(*each))}" for each in alerts[:MOST_ROWS]]
        blocks += [header(title), section("\n".join(lines))]
        said.append(f"{title}.")
    if past_due:
        title = several(
            "{n} invoice is past due", "{n} invoices are past due", len(past_due), n=number_text(len(past_due))
        )
        rows = [[say("Customer"), say("Invoice"), say("Due"), say("Left to pay")]]
        rows += [
            [each.name, each.number, day_text(each.due_on), money_text(each.left)] for each in past_due[:MOST_ROWS]
        ]
        blocks += [header(title), table(rows, right=(3,))]
        said.append(f"{title}.")
    hint = say("{command} invoice NUMBER shows one.", command=billing_command)
    blocks.append(small_print(escaped(hint)))
    return Card(escaped(" ".join([*said, hint])), blocks)


def _alert(customer: Customer, budget: Budget, alert: Alert) -> str:
    if alert.mark == AHEAD:
        return say("{name}, budget “{budget}”: at this pace it will not last", name=customer.name, budget=budget.name)
    return say(
        "{name}, budget “{budget}”: {percent} % of it is reached",
        name=customer.name,
        budget=budget.name,
        percent=number_text(alert.mark),
    )
