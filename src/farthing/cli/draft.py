"""Drafts: invoices that wait for their grace to pass or for a person; listed, shown, held, edited, approved."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import click

from farthing.cli.bill_words import local_days
from farthing.cli.commands import Commands
from farthing.cli.explained import line_quantity
from farthing.cli.opened import opened
from farthing.cli.reckoned import reckoned_rows
from farthing.cli.say import amount, instant, showable, table
from farthing.cli.whoever import BY
from farthing.core.billing import frozen_cycle
from farthing.core.invoicing.pending import DraftState
from farthing.core.invoicing.policy import BillingPolicy
from farthing.core.money import exact_decimal, exact_money, plain
from farthing.core.period import local_date
from farthing.usecases.drafts import (
    DraftView,
    approve_draft,
    edit_draft,
    hold_draft,
    list_drafts,
    set_policy,
    show_draft,
    show_policy,
)


@click.group("draft", cls=Commands)
def group() -> None:
    """Drafts that wait: list, show, hold, edit, approve; and the policy by which they do."""


@group.command("list")
def list_() -> None:
    """Those that wait; those that are held come first, with the reasons."""
    with opened() as at:
        views = list_drafts(at.store)
    if not views:
        click.echo("No draft waits.")
        return
    rows = [["DRAFT", "CUSTOMER", "PLAN", "BILLS", "TOTAL", "", "WAITS FOR"]]
    rows += [
        [
            str(view.pending.invoice_id),
            view.customer.key,
            f"{len(view.pending.parts):,} moments" if view.subscription is None else view.subscription.plan_key,
            str(local_date(view.draft.at, in_zone=frozen_cycle(view.draft).in_zone)),
            amount(view.draft.total),
            view.draft.currency.code,
            _waits_for(view),
        ]
        for view in views
    ]
    click.echo(table(rows, right=[4]))


@group.command("show")
@click.argument("draft", type=click.UUID)
def show(draft: UUID) -> None:
    """A draft as it stands, line by line, with what an approval of just this carries."""
    with opened() as at:
        view = show_draft(at.store, draft)
    click.echo(_told(view))


@group.command("hold")
@click.argument("draft", type=click.UUID)
@click.option("--because", required=True, help="Why, in a few words.")
@BY
def hold(draft: UUID, because: str, by: str) -> None:
    """Keep DRAFT from going out until somebody approves it."""
    with opened() as at:
        view = hold_draft(at.store, draft, why=because, by=by)
    click.echo(
        showable(f"Held: the draft for {view.customer.key} of {view.draft.total}. {' '.join(view.pending.reasons)}")
    )


@group.command("edit")
@click.argument("draft", type=click.UUID)
@click.argument("name")
@click.argument("amount_", metavar="AMOUNT")
@click.option("--because", required=True, help="Why; the customer reads it on the invoice.")
@BY
def edit(draft: UUID, name: str, amount_: str, because: str, by: str) -> None:
    """Put NAME with AMOUNT on DRAFT, as a line of its own; below zero takes something off."""
    with opened() as at:
        in_currency = show_draft(at.store, draft).draft.currency
        view = edit_draft(
            at.store, draft, name=name, amount=exact_money(amount_, in_currency), why=because, by=by, now=at.now
        )
    click.echo(_told(view))


@group.command("approve")
@click.argument("draft", type=click.UUID)
@click.option("--seen", help="The fingerprint that draft show told; refused when the draft says something else by now.")
@click.option("--position", type=click.IntRange(0), help="The position that draft show told; later usage is adjusted.")
@BY
def approve(draft: UUID, seen: str | None, position: int | None, by: str) -> None:
    """Issue DRAFT, with usage up to its position."""
    with opened() as at:
        invoice = approve_draft(at.store, draft, by=by, now=at.now, seen=seen, position=position)
    click.echo(f"{invoice.number}: {invoice.total}, due {invoice.due_on}.")


@group.command("policy")
@click.option("--grace-minutes", type=click.IntRange(0), help="How long a draft waits after its period's end.")
@click.option("--hold-factor", help="Held above so many times the usual, and below that part of it.")
@click.option("--hold-units", help="Not held when it is off by no more than so many units of the currency.")
@click.option("--hold-first/--no-hold-first", default=None, help="Whether a customer's first invoice is held.")
@click.option(
    "--together/--separate", default=None, help="Whether all that is due of a customer on one day is one invoice."
)
@click.option("--least", help="What comes to less units of its currency stays open for the next invoice.")
@click.option(
    "--zero-invoices/--no-zero-invoices", default=None, help="Whether what comes to nothing is an invoice of its own."
)
@BY
def policy(
    grace_minutes: int | None,
    hold_factor: str | None,
    hold_units: str | None,
    hold_first: bool | None,
    together: bool | None,
    least: str | None,
    zero_invoices: bool | None,
    by: str,
) -> None:
    """Show by what drafts wait, are held and are put together, or set it."""
    with opened() as at:
        there = show_policy(at.store)
        wanted = BillingPolicy(
            grace=there.grace if grace_minutes is None else timedelta(minutes=grace_minutes),
            hold_factor=there.hold_factor if hold_factor is None else exact_decimal(hold_factor, what="The factor"),
            hold_units=there.hold_units
            if hold_units is None
            else exact_decimal(hold_units, what="The number of units"),
            hold_first=there.hold_first if hold_first is None else hold_first,
            together=there.together if together is None else together,
            least=there.least if least is None else exact_decimal(least, what="The least amount"),
            zero_invoices=there.zero_invoices if zero_invoices is None else zero_invoices,
        )
        if wanted != there:
            set_policy(at.store, wanted, by=by, now=at.now)
    first = "is held" if wanted.hold_first else "goes out"
    click.echo(
        f"A draft waits {wanted.grace // timedelta(minutes=1):,} minutes. It is held above {plain(wanted.hold_factor)} "
        f"times the usual, and below 1/{plain(wanted.hold_factor)} of it, when it is off by more than "
        f"{plain(wanted.hold_units)} units of its currency. A customer's first invoice {first}. {_put_together(wanted)}"
    )


def _put_together(policy: BillingPolicy) -> str:
    told = [
        "All that is due of a customer on one day is one invoice."
        if policy.together
        else "Each subscription has invoices of its own."
    ]
    if policy.least:
        told.append(f"What comes to less than {plain(policy.least)} units of its currency stays open.")
    if not policy.zero_invoices:
        told.append("What comes to nothing stays open.")
    return " ".join(told)


def _waits_for(view: DraftView) -> str:
    if view.pending.state is DraftState.HELD:
        return f"approval: {' '.join(view.pending.reasons)}"
    return f"its grace, until {instant(view.pending.issue_at)}"


def _told(view: DraftView) -> str:
    draft, zone = view.draft, frozen_cycle(view.draft).in_zone
    rows = [["#", "LINE", "PERIOD", "QUANTITY", f"AMOUNT {draft.currency.code}"]]
    for number, line in enumerate(draft.lines, start=1):
        name = f"{line.name}: {line.note}" if line.note else line.name
        rows.append([str(number), name, local_days(line.period, zone), line_quantity(line), amount(line.amount)])
    rows += [["", label, "", "", said] for label, said in reckoned_rows(draft)]
    return "\n".join(
        [
            showable(f"Draft for {view.customer.name} ({view.customer.key}), waits for {_waits_for(view)}"),
            table(rows, right=[0, 3, 4]),
            f"To issue just this: farthing draft approve {view.pending.invoice_id} --seen {view.fingerprint} "
            f"--position {view.position}",
        ]
    )
