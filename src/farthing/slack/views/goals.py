"""Goals: how each stands and who signed it, the form that words one, and the form that says how it stands now."""

from __future__ import annotations

from collections.abc import Sequence

from farthing.core.goals import LONGEST_TITLE, LONGEST_UNIT, MOST_GOALS, Goal
from farthing.core.money import plain as in_digits
from farthing.slack.views.blocks import (
    Block,
    Card,
    actions,
    button,
    confirm,
    divider,
    escaped,
    modal,
    named,
    plain,
    section,
    small_print,
)
from farthing.slack.views.charts import bar
from farthing.slack.views.fields import field, line
from farthing.slack.views.words import day_text, number_text, say, several

GOAL_VIEW = "goal"
CHECK_IN_VIEW = "goal_check_in"
TITLE_BLOCK, UNIT_BLOCK, BASELINE_BLOCK, TARGET_BLOCK = "title", "unit", "baseline", "target"
BY_DAY_BLOCK, OWNER_BLOCK, VALUE_BLOCK = "by_day", "owner", "value"
TYPED = "typed"


def goals_modal(goals: Sequence[Goal], *, may_set: bool) -> Block:
    """All goals, with what can be done about each."""
    blocks: list[Block] = []
    if not goals:
        blocks.append(
            section(say("What is to be better? Set up to three goals: a number as it is now, and the one to reach."))
        )
    for goal in goals:
        blocks += [_told(goal), small_print(_owned(goal)), _buttons(goal, may_set=may_set), divider()]
    row = []
    if may_set and len(goals) < MOST_GOALS:
        row.append(button(say("Set a goal"), "goal_new", "new", style=None if goals else "primary"))
    if goals:
        row.append(
            button(say("One-pager (PDF)"), "goals_pdf", "pdf", described=say("The goals on one page, as a file"))
        )
    if row:
        blocks.append(actions(*row))
    return modal(say("Goals"), blocks)


def goals_card(goals: Sequence[Goal]) -> Card:
    """The goals in a message."""
    if not goals:
        text = say("No goal is set yet; an owner sets them in the app's Home.")
        return Card(text, [section(text)])
    told = [say("{title}: {way}", title=named(goal.title), way=_way(goal)) for goal in goals]
    blocks = [block for goal in goals for block in (_told(goal), small_print(_owned(goal)))]
    return Card("\n".join(told), blocks)


def goal_form(goal: Goal | None, *, place: int | None) -> Block:
    """The form that words a goal, or words one anew."""
    blocks = [
        field(
            TITLE_BLOCK,
            say("What is to be better"),
            _line(LONGEST_TITLE, say("Days until the month is invoiced"), None if goal is None else goal.title),
        ),
        field(UNIT_BLOCK, say("Counted in"), _line(LONGEST_UNIT, say("days"), None if goal is None else goal.unit)),
        field(BASELINE_BLOCK, say("It is now"), _line(30, "9", None if goal is None else in_digits(goal.baseline))),
        field(TARGET_BLOCK, say("It is to be"), _line(30, "1", None if goal is None else in_digits(goal.target))),
        field(BY_DAY_BLOCK, say("By"), _day(goal)),
        field(OWNER_BLOCK, say("Who answers for it"), _user(goal)),
        small_print(say("Its owner signs it off. Worded anew, it has to be signed again.")),
    ]
    view = modal(say("Goal"), blocks, callback_id=GOAL_VIEW, submit=say("Set"))
    return view | {"private_metadata": "" if place is None else str(place)}


def check_in_form(goal: Goal) -> Block:
    """The form that says how a goal stands now."""
    blocks = [
        _told(goal),
        field(VALUE_BLOCK, say("It is now, in {unit}", unit=goal.unit), _line(30, in_digits(goal.now), None)),
    ]
    view = modal(say("How it stands"), blocks, callback_id=CHECK_IN_VIEW, submit=say("Keep"))
    return view | {"private_metadata": str(goal.goal_id)}


def goals_told(goals: Sequence[Goal]) -> str:
    """How many there are and how many are signed off, in a sentence."""
    signed = sum(goal.signature is not None for goal in goals)
    if not goals:
        return say("Up to three: a number now, the one to reach, and who answers for it.")
    return several(
        "{n} goal, {signed} signed off.", "{n} goals, {signed} signed off.", len(goals), n=len(goals), signed=signed
    )


def _told(goal: Goal) -> Block:
    percent = say("{percent}%", percent=number_text(goal.percent))
    return section(f"*{goal.place}. {named(goal.title)}*\n{escaped(_way(goal))}\n`{bar(goal.percent)}` {percent}")


def _way(goal: Goal) -> str:
    said = say(
        "from {baseline} to {target} {unit} by {day}",
        baseline=number_text(goal.baseline),
        target=number_text(goal.target),
        unit=goal.unit,
        day=day_text(goal.by_day),
    )
    if not goal.check_ins:
        return said
    last = goal.check_ins[-1]
    return say("{way}; {value} on {day}", way=said, value=number_text(last.value), day=day_text(last.on))


def _owned(goal: Goal) -> str:
    if goal.signature is None:
        return say("{owner} answers for it and has not signed it off yet.", owner=named(goal.owner))
    day = day_text(goal.signature.on)
    if goal.signature.by == goal.owner:
        return say("✓ {owner} answers for it and signed it off on {day}.", owner=named(goal.owner), day=day)
    return say(
        "✓ {owner} answers for it; {signer} signed it off on {day}.",
        owner=named(goal.owner),
        signer=named(goal.signature.by),
        day=day,
    )


def _buttons(goal: Goal, *, may_set: bool) -> Block:
    value, row = str(goal.goal_id), []
    if goal.signature is None:
        ask = confirm(
            say("Sign this goal off?"),
            say("{title}: {way}. You stand by it as it is worded here.", title=goal.title, way=_way(goal)),
            yes=say("Sign off"),
            no=say("Not yet"),
        )
        row.append(button(say("Sign off"), "goal_sign", value, style="primary", confirm=ask))
    row.append(button(say("How it stands…"), "goal_read", value))
    if may_set:
        ask = confirm(say("Drop this goal?"), goal.title, yes=say("Drop"), no=say("Keep"))
        row += [button(say("Change…"), "goal_change", value), button(say("Drop"), "goal_drop", value, confirm=ask)]
    return actions(*row)


def _day(goal: Goal | None) -> Block:
    made: Block = {"type": "datepicker", "action_id": TYPED}
    return made if goal is None else made | {"initial_date": goal.by_day.isoformat()}


def _user(goal: Goal | None) -> Block:
    made: Block = {"type": "users_select", "action_id": TYPED, "placeholder": plain(say("Choose a person…"), 150)}
    return made if goal is None or not goal.owner_slack_user else made | {"initial_user": goal.owner_slack_user}


def _line(longest: int, within: str, there: str | None) -> Block:
    return line(TYPED, longest=longest, within=within, there=there)
