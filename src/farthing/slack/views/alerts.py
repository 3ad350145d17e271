"""A budget's alert, with what people did about it; budgets as they stand; and the form to set one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from farthing.core.alerting.alert import AHEAD, Alert
from farthing.core.alerting.budget import USUAL_SHARES, Budget, Standing, Tells
from farthing.core.exact import Exact
from farthing.core.money import Currency, round_to_money
from farthing.core.parties import Customer
from farthing.core.period import local_date
from farthing.core.saying import message
from farthing.slack.views.blocks import (
    Block,
    Card,
    actions,
    button,
    choice,
    columns,
    escaped,
    facts,
    header,
    modal,
    named,
    section,
    small_print,
)
from farthing.slack.views.charts import bar
from farthing.slack.views.fields import field, line, menu, option
from farthing.slack.views.words import (
    day_text,
    instant_text,
    money_text,
    number_text,
    percent_text,
    period_text,
    quantity_text,
    say,
    several,
)

BUDGET_VIEW = "budget"
MOST_BLOCK, COUNTS_BLOCK, SHARES_BLOCK, TELLS_BLOCK = "most", "counts", "shares", "tells"
MOST_ACTION, COUNTS_ACTION, SHARES_ACTION, TELLS_ACTION = "typed", "chosen", "ticked", "heard"
FORM_SHARES = (*USUAL_SHARES, 120)
MOST_ROWS = 40
SNOOZES = (
    (message("1 hour"), "1h"),
    (message("Until tomorrow morning"), "morning"),
    (message("3 days"), "3d"),
    (message("Until the period ends"), "end"),
)

_TELL_WHOM = {
    Tells.FINANCE: message("Finance"),
    Tells.CUSTOMER: message("The customer's own channel"),
    Tells.BOTH: message("Finance and the customer's own channel"),
}
_IS_TOLD = {
    Tells.FINANCE: message("Set: {most} in a billing period of {customer}; finance is told at {shares}."),
    Tells.CUSTOMER: message(
        "Set: {most} in a billing period of {customer}; the customer's own channel is told at {shares}."
    ),
    Tells.BOTH: message(
        "Set: {most} in a billing period of {customer}; finance and the customer's own channel is told at {shares}."
    ),
}
_IS_TOLD_AHEAD = {
    Tells.FINANCE: message(
        "Set: {most} in a billing period of {customer}; finance is told at {shares}, and when it will not last."
    ),
    Tells.CUSTOMER: message(
        "Set: {most} in a billing period of {customer}; the customer's own channel is told at {shares}, "
        "and when it will not last."
    ),
    Tells.BOTH: message(
        "Set: {most} in a billing period of {customer}; finance and the customer's own channel is told at {shares}, "
        "and when it will not last."
    ),
}


@dataclass(frozen=True, slots=True)
class BudgetShown:
    """A budget as it stands; `unit` is what it counts."""

    customer: Customer
    budget: Budget
    unit: str
    standing: Standing | None


def alert_card(customer: Customer, budget: Budget, alert: Alert, *, unit: str) -> Card:
    """What is told when a mark is reached; changed in place as people see to it."""
    standing, in_zone = alert.standing, customer.in_zone
    most, spent = (_amount(budget, one, unit) for one in (standing.most, standing.spent))
    period = period_text(standing.period, in_zone=in_zone)
    used = say("{spent} of {most}", spent=spent, most=most)
    blocks: list[Block] = [
        header(_title(customer.name, alert)),
        section(f"`{bar(standing.percent)}` *{percent_text(standing.percent)}*"),
        facts((say("Used"), used), (say("Period"), period), *_pace_facts(budget, standing, unit, in_zone)),
    ]
    blocks += [section(escaped(line)) for line in _acts(alert, in_zone=in_zone)]
    if alert.acknowledged is None:
        blocks.append(_buttons(alert))
    blocks.append(
        small_print(
            say(
                "Budget “{budget}”, set by {person}. As of {instant}, without taxes, coupons and credit.",
                budget=escaped(budget.name),
                person=escaped(budget.set_by),
                instant=escaped(instant_text(standing.at, in_zone=in_zone)),
            )
        )
    )
    used_so_far = say(
        "Used {spent} of {most} ({percent}) for {period}.",
        spent=named(spent),
        most=named(most),
        percent=percent_text(standing.percent),
        period=period,
    )
    told = [f"{_title(named(customer.name), alert)}.", used_so_far, _pace_sentence(standing, in_zone), _to_do(alert)]
    return Card(" ".join(sentence for sentence in told if sentence), blocks)


def budget_list(shown: Sequence[BudgetShown], *, billing_command: str) -> Card:
    """Budgets as they stand, those that are used most first."""
    b = escaped(billing_command)
    if not shown:
        said = say("No budget is set. Type {billing} budget CUSTOMER to set one.", billing=b)
        return Card(said, [section(said)])
    first = _used_most(shown)[0]
    if first.standing is None:
        told = say("Of {customer}'s nothing runs.", customer=named(first.customer.name))
    else:
        percent = percent_text(first.standing.percent)
        told = say("Of {customer}'s {percent} are used.", customer=named(first.customer.name), percent=percent)
    many = several("{number} budget.", "{number} budgets.", len(shown), number=number_text(len(shown)))
    change = say("Type {billing} budget CUSTOMER AMOUNT to change one.", billing=b)
    return Card(f"{many} {told} {change}", [header(say("Budgets")), budget_columns(shown)])


def budget_columns(shown: Sequence[BudgetShown], *, most: int = MOST_ROWS) -> Block:
    """Budgets in letters of one width, those that are used most first."""
    rows = [[say("Customer"), say("Budget"), say("Used"), "", "%"]]
    for one in _used_most(shown)[:most]:
        standing = one.standing
        rows.append(
            [
                one.customer.name,
                _amount(one.budget, one.budget.most, one.unit),
                say("nothing runs") if standing is None else _amount(one.budget, standing.spent, one.unit),
                "" if standing is None else bar(standing.percent, cells=10),
                "" if standing is None else number_text(standing.percent),
            ]
        )
    if len(shown) > most:
        rows.append([say("{number} more", number=number_text(len(shown) - most)), "", "", "", ""])
    return columns(rows, right=(1, 2, 4), widest=24)


def budget_set(shown: BudgetShown) -> Card:
    """What was set, said to who set it."""
    return Card(_set_sentence(shown), [section(_set_sentence(shown)), *budget_lines([shown])])


def budget_lines(shown: Sequence[BudgetShown]) -> list[Block]:
    """A bar for each budget of one customer, for the usage card and Home."""
    return [section(_budget_line(one, one.standing)) for one in shown if one.standing is not None]


def _budget_line(one: BudgetShown, standing: Standing) -> str:
    said: dict[str, object] = {
        "bar": bar(standing.percent),
        "percent": percent_text(standing.percent),
        "most": escaped(_amount(one.budget, one.budget.most, one.unit)),
    }
    if one.budget.name == "budget":
        return say("*Budget* `{bar}` {percent} of {most}", **said)
    return say("*Budget* `{bar}` {percent} of {most} ({budget})", **said, budget=escaped(one.budget.name))


def budget_form(
    customer: Customer, currencies: Sequence[Currency], meters: Sequence[tuple[str, str]], *, staff: bool
) -> Block:
    """The form: how much, of what, told when and to whom. `meters` are keys and names."""
    counts = [(say("Everything, in {unit}", unit=money.code), f"money|{money.code}|") for money in currencies]
    for key, name in meters[:30]:
        counts += [
            (say("{meter}, in {unit}", meter=name, unit=money.code), f"money|{money.code}|{key}")
            for money in currencies
        ]
        counts.append((say("{meter}, in its own units", meter=name), f"units||{key}"))
    blocks: list[Block] = [
        section(say("A budget for *{customer}*: it stops nothing, it tells in time.", customer=escaped(customer.name))),
        field(
            MOST_BLOCK,
            say("How much in a billing period"),
            line(MOST_ACTION, longest=64, within="500"),
        ),
        field(COUNTS_BLOCK, say("Of what"), menu(COUNTS_ACTION, [option(label, value) for label, value in counts])),
        field(
            SHARES_BLOCK,
            say("Tell at"),
            {
                "type": "checkboxes",
                "action_id": SHARES_ACTION,
                "options": [option(percent_text(share), str(share)) for share in FORM_SHARES],
                "initial_options": [option(percent_text(share), str(share)) for share in USUAL_SHARES],
            },
        ),
    ]
    if staff:
        told_to = [(say(said), tells.value) for tells, said in _TELL_WHOM.items()]
        blocks.append(
            field(TELLS_BLOCK, say("Tell whom"), menu(TELLS_ACTION, [option(label, value) for label, value in told_to]))
        )
    view = modal(say("Budget"), blocks, callback_id=BUDGET_VIEW, submit=say("Set"))
    return view | {"private_metadata": str(customer.customer_id)}


def budget_done(shown: BudgetShown) -> Block:
    """The form's last page."""
    return modal(say("Budget"), [section(_set_sentence(shown)), *budget_lines([shown])])


def _used_most(shown: Sequence[BudgetShown]) -> list[BudgetShown]:
    return sorted(shown, key=lambda one: -1 if one.standing is None else one.standing.percent, reverse=True)


def _title(customer: str, alert: Alert) -> str:
    if alert.mark == AHEAD:
        return say("{customer}: the budget will not last", customer=customer)
    if alert.mark == 100:
        return say("{customer}: the budget is used up", customer=customer)
    return say("{customer}: {percent} of the budget is used", customer=customer, percent=percent_text(alert.mark))


def _amount(budget: Budget, number: Exact, unit: str) -> str:
    if budget.currency is not None:
        return money_text(round_to_money(number, budget.currency))
    return quantity_text(number, unit)


def _pace_facts(budget: Budget, standing: Standing, unit: str, in_zone: str) -> list[tuple[str, str]]:
    at_the_end = standing.at_the_end
    if at_the_end is None:
        return []
    amount = _amount(budget, at_the_end, unit)
    told = [(say("At this pace"), say("{amount} at the end", amount=amount))]
    breach = standing.breach_at
    if breach is not None and breach > standing.at:
        told.append((say("Used up about"), day_text(local_date(breach, in_zone=in_zone))))
    return told


def _pace_sentence(standing: Standing, in_zone: str) -> str:
    breach = standing.breach_at
    if breach is None or breach <= standing.at:
        return ""
    return say("At this pace it is used up about {day}.", day=day_text(local_date(breach, in_zone=in_zone)))


def _acts(alert: Alert, *, in_zone: str) -> list[str]:
    lines = []
    if alert.acknowledged is not None:
        at = instant_text(alert.acknowledged.at, in_zone=in_zone)
        lines.append(say("✓ {person} acknowledged this, {instant}.", person=alert.acknowledged.by, instant=at))
    if alert.assigned is not None:
        lines.append(say("{person} looks after it.", person=alert.assigned.by))
    snooze = alert.snoozed
    if snooze is not None and snooze.until is not None and alert.acknowledged is None:
        until = instant_text(snooze.until, in_zone=in_zone)
        lines.append(
            say("{person} snoozed it until {instant}; then it comes up again.", person=snooze.by, instant=until)
        )
    return lines


def _to_do(alert: Alert) -> str:
    if alert.acknowledged is not None:
        by = named(alert.acknowledged.by)
        return say("{person} acknowledged this; there is nothing to do.", person=by)
    if alert.assigned is not None:
        return say("{person} looks after it.", person=named(alert.assigned.by))
    return say("To do: acknowledge it, take it on, or snooze it.")


def _buttons(alert: Alert) -> Block:
    value = str(alert.alert_id)
    return actions(
        button(
            say("Acknowledge"), "alert_acknowledge", value, style="primary", described=say("Acknowledge this alert")
        ),
        button(say("I'll take it"), "alert_take", value, described=say("Say that you look after this")),
        choice("alert_snooze", say("Snooze…"), [(say(label), f"{value}|{length}") for label, length in SNOOZES]),
    )


def _set_sentence(shown: BudgetShown) -> str:
    budget = shown.budget
    return say(
        (_IS_TOLD_AHEAD if budget.ahead else _IS_TOLD)[budget.tells],
        most=escaped(_amount(budget, budget.most, shown.unit)),
        customer=escaped(shown.customer.name),
        shares=", ".join(percent_text(share) for share in budget.shares),
    )
