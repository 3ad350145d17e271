"""What a customer is told before it comes: what, on which day, and what it comes to; and credit that runs low."""

from __future__ import annotations

from datetime import datetime, timedelta

from farthing.core.alerting.credit import CreditStanding
from farthing.core.money import Money
from farthing.core.parties import Customer
from farthing.core.period import local_date
from farthing.core.telling.ahead import Told
from farthing.core.telling.digest import Happening
from farthing.core.telling.ear import customer_ear
from farthing.core.telling.settings import Settings
from farthing.slack.views.blocks import (
    Block,
    Card,
    actions,
    button,
    escaped,
    facts,
    header,
    preformatted,
    section,
    small_print,
)
from farthing.slack.views.charts import bar
from farthing.slack.views.digests import who_set_up
from farthing.slack.views.words import day_text, instant_text, money_text, say

_INSTANT = timedelta(microseconds=1)


def foretold_card(customer: Customer, told: Told, *, settings: Settings) -> Card:
    """What comes; changed in place when its day moves or it is off."""
    what = _what(told)
    first = _day(told, told.occasion.at, customer.in_zone)
    notes: list[str] = []
    if told.stands_at is None:
        title = say("No longer: {what}", what=what)
        notes.append(say("It was to be on {day}, and does not happen any more. There is nothing to do.", day=first))
        day = first
    else:
        title, day = what, _day(told, told.stands_at, customer.in_zone)
        if told.stands_at != told.occasion.at:
            notes.append(say("It was {first} before, and has moved.", first=first))
    amounts = [] if told.stands_at is None else _amounts(told)
    pairs = [(say("Customer"), customer.name), (say("On"), day), *amounts]
    blocks: list[Block] = [header(title), facts(*pairs)]
    blocks += [section(escaped(note)) for note in notes]
    todo = _to_do(told)
    if told.stands_at is not None:
        blocks.append(section(escaped(todo)))
        notes.append(todo)
    blocks.append(actions(button(say("Settings"), "notice_settings_open", str(customer_ear(customer.customer_id)))))
    without = say("Amounts are without taxes, discounts and credit.")
    blocks.append(small_print(escaped(f"{without} {who_set_up(settings)}")))
    said = "; ".join(f"{name}: {value}" for name, value in amounts)
    text = say("{name}: {title} on {day}.", name=customer.name, title=title, day=day)
    return Card(escaped(" ".join(part for part in (text, f"{said}." if said else "", *notes) if part)), blocks)


def credit_low_card(customer: Customer, standing: CreditStanding, *, at: datetime) -> Card:
    """Prepaid credit is nearly used up."""
    left, of = money_text(standing.left), money_text(standing.of)
    if standing.left.minor:
        title = say("{name}: prepaid credit runs low", name=customer.name)
    else:
        title = say("{name}: prepaid credit is used up", name=customer.name)
    todo = say("To do: top it up, or let the next invoices be paid in another way.")
    as_of = say(
        "As of {at}; what was used and is not invoiced yet is taken off, without taxes.",
        at=instant_text(at, in_zone=customer.in_zone),
    )
    blocks = [
        header(title),
        preformatted(f"{bar(standing.percent)} {standing.percent} %"),
        facts((say("Left"), left), (say("Of"), of)),
        section(escaped(todo)),
        small_print(escaped(as_of)),
    ]
    text = say("{title}: {left} left of {of}. {todo}", title=title, left=left, of=of, todo=todo)
    return Card(escaped(text), blocks)


def _what(told: Told) -> str:
    about = told.terms.about
    match told.occasion.happening:
        case Happening.TRIAL_END:
            return say("The trial of {plan} ends", plan=about)
        case Happening.RENEWAL:
            return say("{plan} renews", plan=about)
        case Happening.PRICE_CHANGE:
            return say("Prices change to {plan}", plan=about)
        case Happening.CREDIT_EXPIRES:
            return say("Last day of credit {credit}", credit=about)
        case other:
            raise AssertionError(f"{other} is not foretold")


def _amounts(told: Told) -> list[tuple[str, str]]:
    terms = told.terms
    match told.occasion.happening:
        case Happening.PRICE_CHANGE:
            if terms.before is None or terms.after is None:
                return []
            return [
                (say("Your last whole period came to"), money_text(terms.before)),
                (say("By the new prices it would have been"), money_text(terms.after)),
                (say("Difference"), _signed(terms.after - terms.before)),
            ]
        case Happening.CREDIT_EXPIRES:
            return [] if terms.amount is None else [(say("Left to use"), money_text(terms.amount))]
        case _:
            return [] if terms.amount is None else [(say("Charged then"), money_text(terms.amount))]


def _to_do(told: Told) -> str:
    match told.occasion.happening:
        case Happening.TRIAL_END:
            return say("To do: nothing, if it shall go on; otherwise cancel before that day.")
        case Happening.RENEWAL:
            return say("To do: nothing, if it shall renew; otherwise cancel before that day.")
        case Happening.PRICE_CHANGE:
            return say("To do: nothing; ask us if you have questions.")
        case _:
            return say("To do: use it by then; what is left is lost afterwards.")


def _day(told: Told, at: datetime, in_zone: str) -> str:
    # Credit is told by its last day, all else by the first day on which it is so.
    instant = at - _INSTANT if told.occasion.happening is Happening.CREDIT_EXPIRES else at
    return day_text(local_date(instant, in_zone=in_zone))


def _signed(money: Money) -> str:
    return f"+{money_text(money)}" if money.minor > 0 else money_text(money)
