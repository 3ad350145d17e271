"""Goals in Slack: looked at in a window, worded by a form, signed off, read again, dropped, and printed on one page."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from slack_bolt.async_app import AsyncApp

from farthing.core.goals import Goal
from farthing.core.money import exact_decimal
from farthing.core.people import Ask
from farthing.core.refused import Clash, Refused
from farthing.core.saying import Saying, message
from farthing.slack.desk import Desk
from farthing.slack.forms import Taken, at_once, form
from farthing.slack.hearing import listener
from farthing.slack.identity import Body, typed_in
from farthing.slack.posting import upload
from farthing.slack.reading import typed
from farthing.slack.views.blocks import Block, sentence_card
from farthing.slack.views.goals import (
    BASELINE_BLOCK,
    BY_DAY_BLOCK,
    CHECK_IN_VIEW,
    GOAL_VIEW,
    OWNER_BLOCK,
    TARGET_BLOCK,
    TITLE_BLOCK,
    TYPED,
    UNIT_BLOCK,
    VALUE_BLOCK,
    check_in_form,
    goal_form,
    goals_card,
    goals_modal,
)
from farthing.slack.views.words import say
from farthing.slack.visit import Visit
from farthing.usecases.goals import Wanted, drop_goal, list_goals, print_goals, read_goal, set_goal, sign_goal
from farthing.usecases.ports import SellerStore

_NOW = Saying(message("The number now"))
_TO_REACH = Saying(message("The number to reach"))


def register(app: AsyncApp, desk: Desk) -> None:
    """Hear the window's buttons and its forms."""
    app.action("goals_open")(listener(desk, _open))
    app.action("goal_new")(listener(desk, _word))
    app.action("goal_change")(listener(desk, _word))
    app.action("goal_read")(listener(desk, _look))
    app.action("goal_sign")(listener(desk, _sign))
    app.action("goal_drop")(listener(desk, _drop))
    app.action("goals_pdf")(listener(desk, _pdf))
    fields = {
        "title": TITLE_BLOCK,
        "unit": UNIT_BLOCK,
        "baseline": BASELINE_BLOCK,
        "target": TARGET_BLOCK,
        "by_day": BY_DAY_BLOCK,
        "owner": OWNER_BLOCK,
    }
    app.view(GOAL_VIEW)(form(desk, _set, fields=fields, otherwise=TITLE_BLOCK))
    app.view(CHECK_IN_VIEW)(form(desk, _keep_check_in, fields={}, otherwise=VALUE_BLOCK))


async def goals_command(visit: Visit) -> None:
    """`/billing goals`: how they stand."""
    await visit.answer(lambda store: goals_card(list_goals(store, person=visit.known)))


async def _open(visit: Visit) -> None:
    await visit.window(lambda store: _goals(store, visit))


async def _word(visit: Visit) -> None:
    visit.known.must(Ask.SET_UP)
    wanted = visit.value

    def draw(store: SellerStore) -> Block:
        goal = None if wanted == "new" else _shown(store, visit, wanted)
        return goal_form(goal, place=None if goal is None else goal.place)

    await visit.window(draw)


async def _look(visit: Visit) -> None:
    wanted = visit.value
    await visit.window(lambda store: check_in_form(_shown(store, visit, wanted)))


async def _sign(visit: Visit) -> None:
    goal_id = UUID(visit.value)

    def sign(store: SellerStore) -> Block:
        by = visit.known
        sign_goal(store, goal_id, by=by.name, person=by, slack_user=visit.actor.user_id, now=visit.now)
        return _goals(store, visit)

    await visit.window(sign)


async def _drop(visit: Visit) -> None:
    goal_id = UUID(visit.value)

    def drop(store: SellerStore) -> Block:
        drop_goal(store, goal_id, by=visit.known.name, person=visit.known, now=visit.now)
        return _goals(store, visit)

    await visit.window(drop)


async def _pdf(visit: Visit) -> None:
    desk = visit.desk
    printed = await visit.read(lambda store: print_goals(store, desk.documents, person=visit.known, now=visit.now))
    opened = await visit.client.conversations_open(users=visit.actor.user_id)
    comment = sentence_card(say("The goals on one page, as they stand today.")).text
    visit.note(comment, [])
    await upload(
        visit.client,
        printed.content,
        filename=printed.name,
        title=say("Goals"),
        channel_id=opened["channel"]["id"],
        thread_ts=None,
        comment=comment,
    )
    await visit.tell(say("The goals on one page were sent to you as a direct message."))


async def _set(visit: Visit) -> Taken:
    body, desk = visit.body, visit.desk
    user_id = typed_in(body, OWNER_BLOCK, TYPED)
    told = (await desk.client.users_info(user=user_id))["user"]
    if told.get("is_bot") or told.get("deleted"):
        raise Refused(message("A goal is owned by a person who is here; choose one."), field="owner")
    wanted = Wanted(
        title=typed_in(body, TITLE_BLOCK, TYPED),
        unit=typed_in(body, UNIT_BLOCK, TYPED),
        baseline=_number(body, BASELINE_BLOCK, what=_NOW, field="baseline"),
        target=_number(body, TARGET_BLOCK, what=_TO_REACH, field="target"),
        by_day=_day(typed_in(body, BY_DAY_BLOCK, TYPED)),
        owner=str(told.get("real_name") or told.get("name") or user_id),
        owner_slack_user=user_id,
        place=int(body["view"]["private_metadata"]) if body["view"]["private_metadata"] else None,
    )

    def keep(store: SellerStore) -> Taken:
        goal = set_goal(store, wanted, by=visit.known.name, person=visit.known, now=visit.now)
        return Taken(_goals(store, visit), f"{goal.place} {goal.title}")

    return await at_once(visit, keep)


async def _keep_check_in(visit: Visit) -> Taken:
    body = visit.body
    value = _number(body, VALUE_BLOCK, what=_NOW, field="value")
    goal_id = UUID(body["view"]["private_metadata"])

    def keep(store: SellerStore) -> Taken:
        goal = read_goal(store, goal_id, value, by=visit.known.name, person=visit.known, now=visit.now)
        return Taken(_goals(store, visit), f"{goal.place} {value}")

    return await at_once(visit, keep)


def _goals(store: SellerStore, visit: Visit) -> Block:
    return goals_modal(list_goals(store, person=visit.known), may_set=visit.known.may(Ask.SET_UP))


def _shown(store: SellerStore, visit: Visit, goal_id: str) -> Goal:
    for goal in list_goals(store, person=visit.known):
        if str(goal.goal_id) == goal_id:
            return goal
    raise Clash(message("That goal was worded anew or dropped meanwhile; look at the goals again."))


def _number(body: Body, block_id: str, *, what: Saying, field: str) -> Decimal:
    try:
        return exact_decimal(typed(typed_in(body, block_id, TYPED)), what=what)
    except Refused as no:
        raise Refused(no.saying.message, field=field, **no.saying.values) from None


def _day(written: str) -> date:
    if not written:
        raise Refused(message("Choose the day by which it is to be reached."), field="by_day")
    return date.fromisoformat(written)
