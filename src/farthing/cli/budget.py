"""Budgets of customers, and the alerts that they raise."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

import click

from farthing.cli.commands import Commands
from farthing.cli.opened import opened
from farthing.cli.say import instant, showable, table
from farthing.cli.text_bars import text_bars
from farthing.cli.whoever import BY
from farthing.core.alerting.alert import AHEAD, Alert
from farthing.core.alerting.budget import USUAL_SHARES, Budget, Tells
from farthing.core.exact import Exact
from farthing.core.money import currency, exact_decimal, plain, round_to_money
from farthing.core.period import local_date
from farthing.usecases.alerts import AlertView, acknowledge_alert, assign_alert, list_alerts, snooze_alert
from farthing.usecases.budgets import USUAL_NAME, BudgetView, remove_budget, set_budget, show_budget, show_budgets

_BAR = 20


@click.group("budget", cls=Commands)
def group() -> None:
    """Budgets: set, list, remove. They stop nothing; they tell in time."""


@click.group("alert", cls=Commands)
def alert_group() -> None:
    """Alerts that budgets raised: list, acknowledge, take, snooze."""


@group.command("set")
@click.argument("customer")
@click.argument("amount")
@click.option("--name", default=USUAL_NAME, show_default=True, help="A customer may have several, by name.")
@click.option("--currency", "code", help="The one their subscriptions are charged in, when left out.")
@click.option("--meter", help="Only what this meter's usage comes to.")
@click.option("--units", is_flag=True, help="AMOUNT counts units of the meter, not money.")
@click.option(
    "--at", "shares", multiple=True, type=int, help="A percent at which to tell; 50, 80 and 100 when left out."
)
@click.option("--ahead/--not-ahead", default=True, show_default=True, help="Tell when the pace leads beyond it.")
@click.option(
    "--tells",
    type=click.Choice([one.value for one in Tells]),
    default="finance",
    show_default=True,
    help="Who hears of it.",
)
@BY
def set_(
    customer: str,
    amount: str,
    name: str,
    code: str | None,
    meter: str | None,
    units: bool,
    shares: tuple[int, ...],
    ahead: bool,
    tells: str,
    by: str,
) -> None:
    """Set CUSTOMER's budget for a billing period to AMOUNT, in place of the one of that name."""
    with opened() as at:
        budget = set_budget(
            at.store,
            customer_key=customer,
            most=exact_decimal(amount, what="A budget"),
            by=by,
            now=at.now,
            name=name,
            currency=None if code is None else currency(code.upper()),
            meter_key=meter,
            in_units=units,
            shares=sorted(shares) or USUAL_SHARES,
            ahead=ahead,
            tells=Tells(tells),
        )
        view = show_budget(at.store, budget, now=at.now)
    told = ", ".join(f"{share} %" for share in budget.shares)
    most = _amount(budget, budget.most, view.unit)
    click.echo(showable(f"{view.customer.key} has a budget of {most} a billing period; told at {told}."))
    click.echo(_standing(view))


@group.command("list")
@click.argument("customer", required=False)
def list_(customer: str | None) -> None:
    """Budgets as they stand, of CUSTOMER or of all."""
    with opened() as at:
        views = show_budgets(at.store, person=None, now=at.now, customer_key=customer)
    if not views:
        click.echo("No budget is set; farthing budget set CUSTOMER AMOUNT sets one.")
        return
    rows = [["CUSTOMER", "BUDGET", "AMOUNT", "USED", "%", "", "AT THIS PACE", "TELLS"]]
    for view in views:
        standing, budget = view.standing, view.budget
        at_the_end = None if standing is None else standing.at_the_end
        rows.append(
            [
                view.customer.key,
                budget.name,
                _amount(budget, budget.most, view.unit),
                "-" if standing is None else _amount(budget, standing.spent, view.unit),
                "-" if standing is None else f"{standing.percent:,}",
                "" if standing is None else _bar(standing.percent),
                "-" if at_the_end is None else _amount(budget, at_the_end, view.unit),
                budget.tells.value,
            ]
        )
    click.echo(showable(table(rows, right=[2, 3, 4, 6])))


@group.command("remove")
@click.argument("customer")
@click.option("--name", default=USUAL_NAME, show_default=True)
@BY
def remove(customer: str, name: str, by: str) -> None:
    """Take CUSTOMER's budget away; what it raised stays readable."""
    with opened() as at:
        remove_budget(at.store, customer_key=customer, name=name, by=by, now=at.now)
    click.echo(showable(f"{customer} has no budget “{name}” any more."))


@alert_group.command("list")
@click.argument("customer", required=False)
@click.option("--all", "every", is_flag=True, help="Those that somebody acknowledged too.")
def list_alerts_(customer: str | None, every: bool) -> None:
    """Alerts that nobody acknowledged yet, newest first."""
    with opened() as at:
        views = list_alerts(at.store, person=None, customer_key=customer, is_open=not every)
    if not views:
        click.echo("No alert waits for anybody.")
        return
    rows = [["ALERT", "CUSTOMER", "REACHED", "USED", "OF", "RAISED", "STATE"]]
    rows += [
        [
            str(view.alert.alert_id),
            view.customer.key,
            "will not last" if view.alert.mark == AHEAD else f"{view.alert.mark} %",
            _amount(view.budget, view.alert.standing.spent, view.unit),
            _amount(view.budget, view.alert.standing.most, view.unit),
            instant(view.alert.standing.at),
            _state(view.alert),
        ]
        for view in views
    ]
    click.echo(showable(table(rows, right=[3, 4])))


@alert_group.command("acknowledge")
@click.argument("alert", type=click.UUID)
@BY
def acknowledge(alert: UUID, by: str) -> None:
    """Say that ALERT was seen to."""
    with opened() as at:
        view = acknowledge_alert(at.store, alert, by=by, person=None, now=at.now)
    click.echo(_seen_to(view))


@alert_group.command("take")
@click.argument("alert", type=click.UUID)
@BY
def take(alert: UUID, by: str) -> None:
    """Say who looks after ALERT."""
    with opened() as at:
        view = assign_alert(at.store, alert, to=by, person=None, now=at.now)
    click.echo(_seen_to(view))


@alert_group.command("snooze")
@click.argument("alert", type=click.UUID)
@click.option("--hours", type=click.IntRange(1, 24 * 60), required=True, help="For how long.")
@BY
def snooze(alert: UUID, hours: int, by: str) -> None:
    """Let ALERT and its budget rest; then it comes up again, unless somebody acknowledged it."""
    with opened() as at:
        until: datetime = at.now + timedelta(hours=hours)
        view = snooze_alert(at.store, alert, until=until, by=by, person=None, now=at.now)
    click.echo(_seen_to(view))


def _seen_to(view: AlertView) -> str:
    return showable(f"The alert for {view.customer.key}: {_state(view.alert)}.")


def _state(alert: Alert) -> str:
    if alert.acknowledged is not None:
        return f"acknowledged by {alert.acknowledged.by}"
    said = []
    if alert.assigned is not None:
        said.append(f"{alert.assigned.by} looks after it")
    if alert.snoozed is not None and alert.snoozed.until is not None:
        said.append(f"snoozed until {alert.snoozed.until:%Y-%m-%d %H:%M} UTC")
    return ", ".join(said) or "open"


def _standing(view: BudgetView) -> str:
    standing, in_zone = view.standing, view.customer.in_zone
    if standing is None:
        return "Nothing runs that it counts, so nothing is used of it."
    said = f"{_bar(standing.percent)} {standing.percent:,} % used: {_amount(view.budget, standing.spent, view.unit)}."
    breach = standing.breach_at
    if breach is not None:
        said += f" At this pace it is used up about {local_date(breach, in_zone=in_zone)}."
    return showable(said)


def _bar(percent: int) -> str:
    return text_bars([Fraction(100), Fraction(max(0, min(100, percent)))], width=_BAR)[1]


def _amount(budget: Budget, number: Exact, unit: str) -> str:
    if budget.currency is not None:
        return str(round_to_money(number, budget.currency))
    return f"{plain(Decimal(number) if isinstance(number, Decimal) else Fraction(number))} {unit}"
