"""Budgets in Slack: set by a form or a line, listed; and their alerts acknowledged, taken on and snoozed in place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from slack_bolt.async_app import AsyncApp

from farthing.core.alerting.budget import Tells
from farthing.core.money import currency, exact_decimal
from farthing.core.people import Ask, Person
from farthing.core.period import local_date, start_of_day
from farthing.core.refused import Forbidden, Refused
from farthing.core.saying import Saying, message
from farthing.slack.desk import Desk
from farthing.slack.forms import Taken, at_once, form
from farthing.slack.hearing import STRANGER, listener
from farthing.slack.presenting import budgets_shown
from farthing.slack.reading import typed
from farthing.slack.views.alerts import (
    BUDGET_VIEW,
    COUNTS_ACTION,
    COUNTS_BLOCK,
    MOST_ACTION,
    MOST_BLOCK,
    SHARES_ACTION,
    SHARES_BLOCK,
    TELLS_ACTION,
    TELLS_BLOCK,
    budget_done,
    budget_form,
    budget_list,
    budget_set,
)
from farthing.slack.views.blocks import Block, Card
from farthing.slack.visit import Visit
from farthing.usecases.alerts import AlertView, acknowledge_alert, assign_alert, show_alert, snooze_alert
from farthing.usecases.budgets import set_budget, show_budget, show_budgets
from farthing.usecases.customers import find_customer
from farthing.usecases.ports import SellerStore
from farthing.usecases.spent import counted_by, currencies_of

_BUDGET = Saying(message("A budget"))
_MORNING = timedelta(hours=8)
# Which field of the form a refusal is about.
_BLOCK_OF = {"most": MOST_BLOCK, "meter": COUNTS_BLOCK, "currency": COUNTS_BLOCK, "shares": SHARES_BLOCK}
_OLDER = message("That button is from an older version; look at the newest message.")


def register(app: AsyncApp, desk: Desk) -> None:
    """Hear an alert's buttons, the button that opens the form, and the form."""
    app.action("alert_acknowledge")(listener(desk, _acknowledge))
    app.action("alert_take")(listener(desk, _take))
    app.action("alert_snooze")(listener(desk, _snooze))
    app.action("budget_open")(listener(desk, _open))
    app.view(BUDGET_VIEW)(form(desk, _submitted, fields=_BLOCK_OF, otherwise=MOST_BLOCK))


async def budget_command(visit: Visit, words: list[str]) -> None:
    """`/billing budget`: all of them; with a customer the form; with an amount it is set."""
    if not words:
        await visit.answer(lambda store: _list(store, visit))
        return
    key, amount = _customer_and_amount(words)
    if amount is None:
        await visit.window(lambda store: _form(store, visit, key))
        return
    most = exact_decimal(amount, what=_BUDGET)
    await visit.answer(lambda store: _set(store, visit, key, most))


async def _open(visit: Visit) -> None:
    key = visit.value
    await visit.window(lambda store: _form(store, visit, key))


async def _acknowledge(visit: Visit) -> None:
    await _see_to(
        visit,
        lambda store, alert_id: acknowledge_alert(
            store, alert_id, by=visit.known.name, person=visit.known, now=visit.now
        ),
    )


async def _take(visit: Visit) -> None:
    await _see_to(
        visit,
        lambda store, alert_id: assign_alert(store, alert_id, to=visit.known.name, person=visit.known, now=visit.now),
    )


async def _snooze(visit: Visit) -> None:
    length = visit.value.partition("|")[2]

    def snooze(store: SellerStore, alert_id: UUID) -> AlertView:
        until = _until(show_alert(store, alert_id, person=visit.known), length, now=visit.now)
        return snooze_alert(store, alert_id, until=until, by=visit.known.name, person=visit.known, now=visit.now)

    await _see_to(visit, snooze)


async def _see_to(visit: Visit, act: Callable[[SellerStore, UUID], AlertView]) -> None:
    """The outbox changes the message in place; nothing else is said."""
    try:
        alert_id = UUID(visit.value.partition("|")[0])
    except ValueError:
        raise Refused(_OLDER) from None
    await visit.read(lambda store: act(store, alert_id))


async def _submitted(visit: Visit) -> Taken:
    """The same form twice sets the same budget once."""
    return await at_once(visit, lambda store: _from_form(store, visit))


def _from_form(store: SellerStore, visit: Visit) -> Taken:
    person, now, view = visit.known, visit.now, visit.body["view"]
    values = view["state"]["values"]
    with store.transaction():
        customer = store.customer(UUID(view["private_metadata"]))
    if customer is None:
        raise Forbidden(STRANGER)
    kind, code, meter_key = values[COUNTS_BLOCK][COUNTS_ACTION]["selected_option"]["value"].split("|")
    ticked = values[SHARES_BLOCK][SHARES_ACTION]["selected_options"]
    tells = Tells.CUSTOMER
    if person.may(Ask.SEE_ALL_CUSTOMERS):
        tells = Tells(values[TELLS_BLOCK][TELLS_ACTION]["selected_option"]["value"])
    budget = set_budget(
        store,
        customer_key=customer.key,
        most=exact_decimal(typed(values[MOST_BLOCK][MOST_ACTION]["value"] or ""), what=_BUDGET),
        by=person.name,
        now=now,
        person=person,
        name=meter_key or "budget",
        currency=currency(code) if kind == "money" else None,
        meter_key=meter_key or None,
        in_units=kind == "units",
        shares=sorted(int(one["value"]) for one in ticked),
        tells=tells,
    )
    shown = budgets_shown([show_budget(store, budget, now=now)])[0]
    return Taken(budget_done(shown), f"{customer.key} {budget.name}")


def _form(store: SellerStore, visit: Visit, key: str) -> Block:
    with store.snapshot():
        customer = find_customer(store, key, person=visit.known)
        currencies = currencies_of(store, customer, now=visit.now)
        meters = counted_by(store, customer, now=visit.now)
    if not currencies:
        said = message("{customer} has no subscription that runs, so there is nothing to count.")
        raise Refused(said, customer=customer.key)
    return budget_form(customer, currencies, meters, staff=visit.known.may(Ask.SEE_ALL_CUSTOMERS))


def _set(store: SellerStore, visit: Visit, key: str, most: Decimal) -> Card:
    person: Person = visit.known
    tells = Tells.FINANCE if person.may(Ask.SEE_ALL_CUSTOMERS) else Tells.CUSTOMER
    budget = set_budget(store, customer_key=key, most=most, by=person.name, person=person, tells=tells, now=visit.now)
    return budget_set(budgets_shown([show_budget(store, budget, now=visit.now)])[0])


def _list(store: SellerStore, visit: Visit) -> Card:
    views = show_budgets(store, person=visit.known, now=visit.now)
    return budget_list(budgets_shown(views), billing_command=visit.desk.commands.billing)


def _customer_and_amount(words: list[str]) -> tuple[str, str | None]:
    """A customer's key or name of several words, and the amount that may end it.

    >>> _customer_and_amount(["Northwind", "Traders", "500"])
    ('Northwind Traders', '500')
    """
    if len(words) > 1 and words[-1][0].isdecimal():
        return " ".join(words[:-1]), words[-1].replace(",", "")
    return " ".join(words), None


def _until(view: AlertView, length: str, *, now: datetime) -> datetime:
    in_zone = view.customer.in_zone
    match length:
        case "1h":
            return now + timedelta(hours=1)
        case "3d":
            return now + timedelta(days=3)
        case "morning":
            tomorrow = local_date(now, in_zone=in_zone) + timedelta(days=1)
            return start_of_day(tomorrow, in_zone=in_zone) + _MORNING
        case "end":
            return max(view.alert.standing.period.end, now + timedelta(hours=1))
        case _:
            raise Refused(_OLDER)
