"""Collecting: a customer's payment method on file, an invoice collected from it, what became of each attempt."""

from __future__ import annotations

from uuid import uuid4

import click

from farthing.cli.commands import Commands
from farthing.cli.opened import opened
from farthing.cli.say import amount, instant, showable, table
from farthing.cli.whoever import BY
from farthing.core.invoicing.collecting import AttemptState, CollectingTerms
from farthing.core.refused import Refused
from farthing.usecases.collect import collect_invoice, settle_attempts
from farthing.usecases.collect_due import (
    AttemptView,
    collect_due,
    gateway_for,
    list_attempts,
    set_collecting_terms,
    show_attempt,
    show_collecting_terms,
)
from farthing.usecases.collecting_ports import Method
from farthing.usecases.payment_methods import put_method, remove_method, show_method

_STANDS = {
    AttemptState.LIVE: "no answer yet",
    AttemptState.DONE: "done",
    AttemptState.DECLINED_SOFT: "declined for now",
    AttemptState.DECLINED_HARD: "declined for good",
    AttemptState.DROPPED: "never arrived",
}


@click.command("method")
@click.argument("customer")
@click.argument("token", required=False)
@click.option("--label", default="", help="What people call it, such as “Visa 4242”.")
@click.option("--remove", is_flag=True, help="Nothing is collected by itself any more.")
@BY
def method(customer: str, token: str | None, label: str, remove: bool, by: str) -> None:
    """Show CUSTOMER's payment method on file, or put one there: TOKEN is what the gateway calls it by.

    What is open is collected at once, and each invoice when it is issued. Never give the number of a card.
    """
    if remove and token is not None:
        raise Refused("Give a token, or --remove; not both.", field="token")
    with opened() as at:
        if remove:
            remove_method(at.store, customer, by=by, now=at.now)
        elif token is not None:
            put_method(at.store, customer, token=token, label=label, by=by, now=at.now)
        there = show_method(at.store, customer)
    click.echo(_method_told(customer, there))


@click.command("collect")
@click.argument("invoice", required=False)
@click.option("--method", "token", help="A gateway's token for this once; the method on file, if left out.")
@click.option("--key", help="Names the request: the same key for the same invoice collects once.")
@BY
def collect(invoice: str | None, token: str | None, key: str | None, by: str) -> None:
    """Collect what is open of INVOICE now; without one, all that is due, after asking about lost answers."""
    with opened() as at:
        gateway = gateway_for(at.wired, at.store)
        if invoice is None:
            if token is not None or key is not None:
                raise Refused("--method and --key are for one invoice; name it.", field="invoice")
            found = [*settle_attempts(at.store, gateway, now=at.now), *collect_due(at.store, gateway, now=at.now)]
        else:
            named = key or str(uuid4())
            found = [collect_invoice(at.store, gateway, invoice, method=token, by=by, now=at.now, key=named)]
        views = [show_attempt(at.store, one) for one in found]
    click.echo("\n".join(_told(view) for view in views) or "Nothing is to be collected now.")


@click.command("attempts")
@click.argument("customer", required=False)
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
def attempts(customer: str | None, limit: int) -> None:
    """What a gateway was asked for CUSTOMER, or for all; newest first."""
    with opened() as at:
        views = list_attempts(at.store, customer_key=customer, limit=limit)
    if not views:
        click.echo("No gateway was asked for anything yet.")
        return
    rows = [["BEGUN", "CUSTOMER", "INVOICE", "AMOUNT", "", "METHOD", "STANDS", "AGAIN", "BY"]]
    rows += [
        [
            instant(view.attempt.begun_at),
            view.customer.key,
            "refund" if view.invoice is None else view.invoice.number,
            amount(view.attempt.amount),
            view.attempt.amount.currency.code,
            view.attempt.method,
            f"{_STANDS[view.attempt.state]}{f': {view.attempt.said}' if view.attempt.said else ''}",
            "" if view.again_at is None else instant(view.again_at),
            view.attempt.by,
        ]
        for view in views
    ]
    click.echo(table(rows, right=[3]))


@click.command("terms")
@click.option("--retry-days", metavar="DAYS", help="Days after the first decline, such as 1,3,5,7; “none” for none.")
@click.option("--retry-hour", type=click.IntRange(0, 23), help="The hour of the customer's day.")
@click.option("--past-due-after", type=click.IntRange(0), help="Days after an invoice was due.")
@BY
def terms(retry_days: str | None, retry_hour: int | None, past_due_after: int | None, by: str) -> None:
    """Show when what was declined is tried again and what is past due, or set it."""
    with opened() as at:
        there = show_collecting_terms(at.store)
        wanted = CollectingTerms(
            retry_days=there.retry_days if retry_days is None else _days(retry_days),
            retry_hour=there.retry_hour if retry_hour is None else retry_hour,
            past_due_after_days=there.past_due_after_days if past_due_after is None else past_due_after,
        )
        if wanted != there:
            set_collecting_terms(at.store, wanted, by=by, now=at.now)
    days = ", ".join(f"+{day}" for day in wanted.retry_days)
    again = f"again on day {days} after it, at {wanted.retry_hour}:00 of the customer's day" if days else "no more"
    click.echo(
        f"What is declined for now is tried {again}; what is declined for good waits for another method. "
        f"A subscription is past due once that failed, or {wanted.past_due_after_days} days after the due date."
    )


def add_commands(group: Commands) -> None:
    """The commands of this module, in the group of payments."""
    for command in (method, collect, attempts, terms):
        group.add_command(command)


def _days(written: str) -> tuple[int, ...]:
    if written.strip() == "none":
        return ()
    try:
        return tuple(int(day) for day in written.split(","))
    except ValueError:
        raise Refused(f"“{written[:40]}” are not days; write them like 1,3,5,7.", field="retry") from None


def _method_told(customer: str, there: Method | None) -> str:
    if there is None:
        return showable(f"{customer} has no payment method on file; nothing is collected by itself.")
    called = f" ({there.label})" if there.label else ""
    return showable(f"{customer} pays by {there.token}{called}, put on file by {there.put_by}.")


def _told(view: AttemptView) -> str:
    attempt = view.attempt
    what = "paid back" if view.invoice is None else view.invoice.number
    said = f": {attempt.said}" if attempt.said else ""
    again = "" if view.again_at is None else f"; it is tried again at {instant(view.again_at)}"
    return showable(f"{attempt.amount} of {view.customer.key}, {what}: {_STANDS[attempt.state]}{said}{again}.")
