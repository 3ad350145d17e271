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
    plain,
    section,
    small_print,
)
from farthing.slack.views.words import day_text, instant_text, money_text, period_text, quantity_text

BUDGET_VIEW = "budget"
MOST_BLOCK, COUNTS_BLOCK, SHARES_BLOCK, TELLS_BLOCK = "most", "counts", "shares", "tells"
MOST_ACTION, COUNTS_ACTION, SHARES_ACTION, TELLS_ACTION = "typed", "chosen", "ticked", "heard"
FORM_SHARES = (*USUAL_SHARES, 120)
BAR_CELLS = 20
MOST_ROWS = 40
SNOOZES = (("1 hour", "1h"), ("Until tomorrow morning", "morning"), ("3 days", "3d"), ("Until the period ends", "end"))

_TOLD_TO = {
    Tells.FINANCE: "finance",
    Tells.CUSTOMER: "the customer's own channel",
    Tells.BOTH: "finance and the customer's own channel",
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
    title = _title(alert)
    blocks: list[Block] = [
        header(f"{customer.name}: {title}"),
        section(f"`{bar(standing)}` *{standing.percent:,} %*"),
        facts(("Used", f"{spent} of {most}"), ("Period", period), *_pace_facts(budget, standing, unit, in_zone)),
    ]
    blocks += [section(escaped(line)) for line in _acts(alert, in_zone=in_zone)]
    if alert.acknowledged is None:
        blocks.append(_buttons(alert))
    blocks.append(
        small_print(
            f"Budget “{escaped(budget.name)}”, set by {escaped(budget.set_by)}. As of "
            f"{escaped(instant_text(standing.at, in_zone=in_zone))}, without taxes, coupons and credit."
        )
    )
    pace = _pace_sentence(standing, in_zone)
    text = (
        f"{named(customer.name)}: {title}. Used {named(spent)} of {named(most)} ({standing.percent:,} %) for {period}."
        f"{pace} {_to_do(alert)}"
    )
    return Card(text, blocks)


def budget_list(shown: Sequence[BudgetShown], *, billing_command: str) -> Card:
    """Budgets as they stand, those that are used most first."""
    b = escaped(billing_command)
    if not shown:
        said = f"No budget is set. Type {b} budget CUSTOMER to set one."
        return Card(said, [section(said)])
    first = _used_most(shown)[0]
    told = "nothing runs" if first.standing is None else f"{first.standing.percent:,} % are used"
    many = "1 budget" if len(shown) == 1 else f"{len(shown):,} budgets"
    return Card(
        f"{many}. Of {named(first.customer.name)}'s {told}. Type {b} budget CUSTOMER AMOUNT to change one.",
        [header("Budgets"), budget_columns(shown)],
    )


def budget_columns(shown: Sequence[BudgetShown], *, most: int = MOST_ROWS) -> Block:
    """Budgets in letters of one width, those that are used most first."""
    rows = [["Customer", "Budget", "Used", "", "%"]]
    for one in _used_most(shown)[:most]:
        standing = one.standing
        rows.append(
            [
                one.customer.name,
                _amount(one.budget, one.budget.most, one.unit),
                "nothing runs" if standing is None else _amount(one.budget, standing.spent, one.unit),
                "" if standing is None else bar(standing, cells=10),
                "" if standing is None else f"{standing.percent:,}",
            ]
        )
    if len(shown) > most:
        rows.append([f"{len(shown) - most:,} more", "", "", "", ""])
    return columns(rows, right=(1, 2, 4), widest=24)


def budget_set(shown: BudgetShown) -> Card:
    """What was set, said to who set it."""
    return Card(_set_sentence(shown), [section(_set_sentence(shown)), *budget_lines([shown])])


def budget_lines(shown: Sequence[BudgetShown]) -> list[Block]:
    """A bar for each budget of one customer, for the usage card and Home."""
    return [
        section(
            f"*Budget* `{bar(one.standing)}` {one.standing.percent:,} % of "
            f"{escaped(_amount(one.budget, one.budget.most, one.unit))}"
            + ("" if one.budget.name == "budget" else f" ({escaped(one.budget.name)})")
        )
        for one in shown
        if one.standing is not None
    ]


def budget_form(
    customer: Customer, currencies: Sequence[Currency], meters: Sequence[tuple[str, str]], *, staff: bool
) -> Block:
    """The form: how much, of what, told when and to whom. `meters` are keys and names."""
    counts = [(f"Everything, in {money.code}", f"money|{money.code}|") for money in currencies]
    for key, name in meters[:30]:
        counts += [(f"{name}, in {money.code}", f"money|{money.code}|{key}") for money in currencies]
        counts.append((f"{name}, in its own units", f"units||{key}"))
    blocks: list[Block] = [
        section(f"A budget for *{escaped(customer.name)}*: it stops nothing, it tells in time."),
        _input(
            MOST_BLOCK,
            "How much in a billing period",
            {"type": "plain_text_input", "action_id": MOST_ACTION, "placeholder": plain("500", 150)},
        ),
        _input(COUNTS_BLOCK, "Of what", _select(COUNTS_ACTION, counts)),
        _input(
            SHARES_BLOCK,
            "Tell at",
            {
                "type": "checkboxes",
                "action_id": SHARES_ACTION,
                "options": [_option(f"{share} %", str(share)) for share in FORM_SHARES],
                "initial_options": [_option(f"{share} %", str(share)) for share in USUAL_SHARES],
            },
        ),
    ]
    if staff:
        told_to = [(said[0].upper() + said[1:], tells.value) for tells, said in _TOLD_TO.items()]
        blocks.append(_input(TELLS_BLOCK, "Tell whom", _select(TELLS_ACTION, told_to)))
    view = modal("Budget", blocks, callback_id=BUDGET_VIEW, submit="Set")
    return view | {"private_metadata": str(customer.customer_id)}


def budget_done(shown: BudgetShown) -> Block:
    """The form's last page."""
    return modal("Budget", [section(_set_sentence(shown)), *budget_lines([shown])])


def bar(standing: Standing, *, cells: int = BAR_CELLS) -> str:
    """A bar of so many cells; full once all of the budget is used.

    >>> from datetime import UTC, datetime, timedelta
    >>> from decimal import Decimal
    >>> from farthing.core.period import Period
    >>> begins = datetime(2026, 1, 1, tzinfo=UTC)
    >>> bar(Standing(Period(begins, begins + timedelta(31)), begins, Decimal(30), Decimal(100)), cells=10)
    '███░░░░░░░'
    """
    full = max(0, min(cells, standing.percent * cells // 100))
    return "█" * full + "░" * (cells - full)


def _used_most(shown: Sequence[BudgetShown]) -> list[BudgetShown]:
    return sorted(shown, key=lambda one: -1 if one.standing is None else one.standing.percent, reverse=True)


def _title(alert: Alert) -> str:
    if alert.mark == AHEAD:
        return "the budget will not last"
    if alert.mark >= 100:
        return "the budget is used up" if alert.mark == 100 else f"{alert.mark} % of the budget is used"
    return f"{alert.mark} % of the budget is used"


def _amount(budget: Budget, number: Exact, unit: str) -> str:
    if budget.currency is not None:
        return money_text(round_to_money(number, budget.currency))
    return quantity_text(number, unit)


def _pace_facts(budget: Budget, standing: Standing, unit: str, in_zone: str) -> list[tuple[str, str]]:
    at_the_end = standing.at_the_end
    if at_the_end is None:
        return []
    told = [("At this pace", f"{_amount(budget, at_the_end, unit)} at the end")]
    breach = standing.breach_at
    if breach is not None and breach > standing.at:
        told.append(("Used up about", day_text(local_date(breach, in_zone=in_zone))))
    return told


def _pace_sentence(standing: Standing, in_zone: str) -> str:
    breach = standing.breach_at
    if breach is None or breach <= standing.at:
        return ""
    return f" At this pace it is used up about {day_text(local_date(breach, in_zone=in_zone))}."


def _acts(alert: Alert, *, in_zone: str) -> list[str]:
    lines = []
    if alert.acknowledged is not None:
        at = instant_text(alert.acknowledged.at, in_zone=in_zone)
        lines.append(f"✓ {alert.acknowledged.by} acknowledged this, {at}.")
    if alert.assigned is not None:
        lines.append(f"{alert.assigned.by} looks after it.")
    snooze = alert.snoozed
    if snooze is not None and snooze.until is not None and alert.acknowledged is None:
        until = instant_text(snooze.until, in_zone=in_zone)
        lines.append(f"{snooze.by} snoozed it until {until}; then it comes up again.")
    return lines


def _to_do(alert: Alert) -> str:
    if alert.acknowledged is not None:
        return f"{named(alert.acknowledged.by)} acknowledged this; there is nothing to do."
    if alert.assigned is not None:
        return f"{named(alert.assigned.by)} looks after it."
    return "To do: acknowledge it, take it on, or snooze it."


def _buttons(alert: Alert) -> Block:
    value = str(alert.alert_id)
    return actions(
        button("Acknowledge", "alert_acknowledge", value, style="primary", described="Acknowledge this alert"),
        button("I'll take it", "alert_take", value, described="Say that you look after this"),
        choice("alert_snooze", "Snooze…", [(label, f"{value}|{length}") for label, length in SNOOZES]),
    )


def _set_sentence(shown: BudgetShown) -> str:
    budget = shown.budget
    shares = ", ".join(f"{share} %" for share in budget.shares)
    return (
        f"Set: {escaped(_amount(budget, budget.most, shown.unit))} in a billing period of "
        f"{escaped(shown.customer.name)}; {_TOLD_TO[budget.tells]} is told at {shares}"
        + (", and when it will not last." if budget.ahead else ".")
    )


def _input(block_id: str, label: str, element: Block) -> Block:
    return {"type": "input", "block_id": block_id, "label": plain(label, 2000), "element": element}


def _select(action_id: str, options: Sequence[tuple[str, str]]) -> Block:
    """A menu in which the first is chosen already."""
    made = [_option(label, value) for label, value in options[:100]]
    return {"type": "static_select", "action_id": action_id, "options": made, "initial_option": made[0]}


def _option(label: str, value: str) -> Block:
    return {"text": plain(label, 75), "value": value}
