"""Subscriptions change while they run: another plan, a pause, an end; each can be previewed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from typing import Any

import click

from farthing.cli.agreed_terms import quantities_from
from farthing.cli.days import DAY
from farthing.cli.explained import line_quantity
from farthing.cli.opened import opened
from farthing.cli.say import amount, showable, table
from farthing.core.invoicing.invoice import Draft
from farthing.core.period import local_date
from farthing.core.subscriptions.subscription import Subscription
from farthing.usecases.cancel_subscription import cancel_subscription, uncancel_subscription
from farthing.usecases.change_plan import change_plan, change_quantities
from farthing.usecases.changing import Changed, Previewed, When, preview_change
from farthing.usecases.ports import SellerStore
from farthing.usecases.rest_subscription import pause_subscription, resume_subscription

_Act = Callable[[SellerStore], Changed]

_preview = click.option("--preview", is_flag=True, help="Say what it would do, and keep nothing.")


def _when(default: str | None, help_text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option("--when", type=click.Choice([one.value for one in When]), default=default, help=help_text)


@click.command("change")
@click.argument("customer")
@click.argument("plan")
@click.argument("to", metavar="NEW")
@_when(None, "At once or with the next period; by the base fees, when left out.")
@click.option("--from", "from_day", type=DAY, help="A day to come, from which on it counts.")
@click.option("--quantity", "quantities", multiple=True, metavar="NAME=NUMBER", help="How many there are then.")
@_preview
def change(
    customer: str,
    plan: str,
    to: str,
    when: str | None,
    from_day: date | None,
    quantities: tuple[str, ...],
    preview: bool,
) -> None:
    """Move CUSTOMER from PLAN to the plan NEW.

    A plan with a higher base fee counts now: the rest of a fee that was charged ahead is given back, and the new one is
    charged from today on. One with a lower fee counts from the next period on.
    """
    _do(
        partial(
            change_plan,
            customer_key=customer,
            plan_key=plan,
            to=to,
            when=None if when is None else When(when),
            from_day=from_day,
            quantities=quantities_from(quantities),
        ),
        f"{customer} is on the plan {to} instead of {plan} from {{day}} on.",
        preview=preview,
    )


@click.command("pause")
@click.argument("customer")
@click.argument("plan")
@_when(When.NOW.value, "At once or with the next period.")
@click.option("--until", type=DAY, help="The day on which it goes on; until somebody resumes, when left out.")
@_preview
def pause(customer: str, plan: str, when: str, until: date | None, preview: bool) -> None:
    """Stop the fees of CUSTOMER on PLAN; what is used all the same is billed."""
    _do(
        partial(pause_subscription, customer_key=customer, plan_key=plan, when=When(when), until=until),
        f"{customer} pays no fees for the plan {plan} from {{day}} on"
        + (f", until {until}." if until is not None else ", until it is resumed."),
        preview=preview,
    )


@click.command("resume")
@click.argument("customer")
@click.argument("plan")
@_preview
def resume(customer: str, plan: str, preview: bool) -> None:
    """Let the paused PLAN of CUSTOMER go on; fees are charged from today on."""
    _do(
        partial(resume_subscription, customer_key=customer, plan_key=plan),
        f"{customer} pays fees for the plan {plan} again from {{day}} on.",
        preview=preview,
    )


@click.command("cancel")
@click.argument("customer")
@click.argument("plan")
@_when(When.PERIOD_END.value, "At once or with the running period.")
@click.option("--on", type=DAY, help="A day to come, the first one without it.")
@_preview
def cancel(customer: str, plan: str, when: str, on: date | None, preview: bool) -> None:
    """End PLAN for CUSTOMER: with the running period, now, or on a day.

    Now, the last invoice is made at once, and the rest of what was charged ahead is given back on it.
    """
    _do(
        partial(cancel_subscription, customer_key=customer, plan_key=plan, when=When(when), on=on),
        f"{customer} leaves the plan {plan}: {{day}} is the first day that is not charged.",
        preview=preview,
    )


@click.command("uncancel")
@click.argument("customer")
@click.argument("plan")
@_preview
def uncancel(customer: str, plan: str, preview: bool) -> None:
    """Let PLAN go on for CUSTOMER, which was to end and has not yet."""
    _do(
        partial(uncancel_subscription, customer_key=customer, plan_key=plan),
        f"{customer} stays on the plan {plan}, which was to end on {{day}}.",
        preview=preview,
    )


def change_quantities_now(customer: str, plan: str, quantities: tuple[str, ...], *, preview: bool) -> None:
    """So many of something from now on."""
    _do(
        partial(change_quantities, customer_key=customer, plan_key=plan, quantities=quantities_from(quantities)),
        f"{customer} has {', '.join(quantities)} on the plan {plan} from {{day}} on.",
        preview=preview,
    )


COMMANDS = (change, pause, resume, cancel, uncancel)


def _do(act: Callable[..., Changed], done: str, *, preview: bool) -> None:
    with opened() as at:
        at_now: _Act = partial(act, now=at.now)
        if preview:
            told = preview_change(at.store, at_now, now=at.now)
            lines = [f"Would be so: {_said(done, told.changed)}", *_previewed_lines(told), "Nothing is kept."]
        else:
            changed = at_now(at.store)
            lines = [_said(done, changed)]
            for invoice in changed.invoices:
                lines += [f"Invoice {invoice.number}, made now:", *_draft_lines(invoice.draft)]
    click.echo(showable("\n".join(lines)))


def _said(done: str, changed: Changed) -> str:
    return done.format(day=_day(changed.subscription, changed))


def _day(subscription: Subscription, changed: Changed) -> str:
    return str(local_date(changed.since, in_zone=subscription.cycle.in_zone))


def _previewed_lines(told: Previewed) -> Iterator[str]:
    zone = told.changed.subscription.cycle.in_zone
    for invoice in told.changed.invoices:
        yield "The money now:"
        yield from _draft_lines(invoice.draft)
    for without, drafts in ((True, told.before), (False, told.after)):
        for draft in drafts:
            day = local_date(draft.at, in_zone=zone)
            yield f"The invoice of {day} {'without' if without else 'with'} the change, as it stands:"
            yield from _draft_lines(draft)
    if not told.changed.invoices:
        yield "Nothing is charged or given back now."


def _draft_lines(draft: Draft) -> Iterator[str]:
    rows = [[line.name, line_quantity(line), amount(line.amount)] for line in draft.lines]
    if draft.discounted:
        rows.append(["Discounts", "", amount(-draft.discounted)])
    if draft.tax:
        rows.append(["Taxes", "", amount(draft.tax)])
    rows.append([f"Total ({draft.currency.code})", "", amount(draft.total)])
    yield table(rows, right=[1, 2], indent="  ")
