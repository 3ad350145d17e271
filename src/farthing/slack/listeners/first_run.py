"""The first run from Home: a channel, an example, a customer, an event that is waited for, an invoice looked at.

The card in Home turns green by itself: while somebody waits for their first event, the books are asked once a second.
"""

from __future__ import annotations

import asyncio

from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError

from farthing.catalogues.examples import EXAMPLES, Example, example
from farthing.core.first_run import FirstRun
from farthing.core.people import Ask
from farthing.core.refused import Refused
from farthing.core.saying import message
from farthing.logs import get_logger
from farthing.slack.desk import Desk
from farthing.slack.forms import Taken, at_once, form
from farthing.slack.hearing import listener
from farthing.slack.identity import typed_in
from farthing.slack.listeners.home import publish_home
from farthing.slack.places import SHARED_SENTENCE, shared_with_others
from farthing.slack.troubles import code_of
from farthing.slack.views.blocks import Block
from farthing.slack.views.first_run import (
    CHOSEN,
    CURRENCY_BLOCK,
    EXAMPLE_BLOCK,
    EXAMPLE_VIEW,
    NAME_BLOCK,
    PLAN_BLOCK,
    TRIAL_VIEW,
    customer_form,
    event_modal,
    example_form,
    example_taken,
    preview_modal,
)
from farthing.slack.visit import Visit
from farthing.usecases.bind_channel import bind_finance_channel
from farthing.usecases.first_run import add_trial_customer, note_step, show_first_run, take_example
from farthing.usecases.goal_ports import Step
from farthing.usecases.ports import SellerStore
from farthing.usecases.show_usage import show_usage

LOOK_EVERY_SECONDS = 1.0
LOOK_FOR_SECONDS = 30 * 60
log = get_logger()


def register(app: AsyncApp, desk: Desk) -> None:
    """Hear the steps' buttons, the channel picker, and the forms."""
    watching: dict[str, asyncio.Task[None]] = {}

    async def how_to_send(visit: Visit) -> None:
        await visit.window(lambda store: _event(store, visit))
        _watch(visit, watching)

    app.action("first_run_channel")(listener(desk, _channel))
    app.action("first_run_example")(listener(desk, _example))
    app.action("first_run_customer")(listener(desk, _customer))
    app.action("first_run_event")(listener(desk, how_to_send))
    app.action("first_run_preview")(listener(desk, _preview))
    app.action("first_run_put_away")(listener(desk, _put_away))
    app.action("first_run_take_out")(listener(desk, _take_out))
    app.view(EXAMPLE_VIEW)(form(desk, _take, fields={}, otherwise=EXAMPLE_BLOCK))
    app.view(TRIAL_VIEW)(form(desk, _add, fields={"plan": PLAN_BLOCK}, otherwise=NAME_BLOCK))


async def _channel(visit: Visit) -> None:
    visit.known.must(Ask.BIND_CHANNELS)
    channel_id = str(visit.body["actions"][0].get("selected_conversation") or "")
    try:
        channel = (await visit.client.conversations_info(channel=channel_id))["channel"]
    except SlackApiError as error:
        if code_of(error) != "channel_not_found":
            raise
        channel = {}  # Private, and the app was not invited.
    if not channel.get("is_member"):
        raise Refused(message("The app is not in that channel; type /invite @Farthing there, then choose it again."))
    if shared_with_others(channel):
        raise Refused(SHARED_SENTENCE)
    await visit.read(lambda store: bind_finance_channel(store, channel_id=channel_id))
    await publish_home(visit)


async def _example(visit: Visit) -> None:
    visit.known.must(Ask.SET_UP)
    await visit.window(lambda _: example_form())


async def _customer(visit: Visit) -> None:
    await visit.window(lambda store: _customer_form(store, visit))


async def _preview(visit: Visit) -> None:
    await visit.window(lambda store: _first_invoice(store, visit))
    await publish_home(visit)


async def _put_away(visit: Visit) -> None:
    await visit.read(lambda store: note_step(store, Step.PUT_AWAY, "", by=visit.known, now=visit.now))
    await publish_home(visit)


async def _take_out(visit: Visit) -> None:
    await visit.read(lambda store: note_step(store, Step.TAKEN_OUT, "", by=visit.known, now=visit.now))
    await publish_home(visit)


async def _take(visit: Visit) -> Taken:
    taken = example(typed_in(visit.body, EXAMPLE_BLOCK, CHOSEN))
    catalogue = taken.read(currency=typed_in(visit.body, CURRENCY_BLOCK, CHOSEN))

    def take(store: SellerStore) -> Block:
        changes = take_example(
            store,
            example=taken.key,
            meters=catalogue.meters,
            plans=catalogue.plans,
            person=visit.known,
            now=visit.now,
        )
        return example_taken(taken, changes=len(changes))

    shown = await at_once(visit, take)
    await publish_home(visit)
    return Taken(shown, taken.key)


async def _add(visit: Visit) -> Taken:
    name, plan_key = typed_in(visit.body, NAME_BLOCK, CHOSEN), typed_in(visit.body, PLAN_BLOCK, CHOSEN)
    agreed = next((one.quantities for one in EXAMPLES if one.plan_key == plan_key), {})

    def add(store: SellerStore) -> Block:
        add_trial_customer(store, name=name, plan_key=plan_key, quantities=agreed, person=visit.known, now=visit.now)
        return _event(store, visit)

    shown = await at_once(visit, add)
    await publish_home(visit)
    return Taken(shown, f"{name} on {plan_key}")


def _watch(visit: Visit, watching: dict[str, asyncio.Task[None]]) -> None:
    """Draw this person's Home anew when the event is there; one look-out a person, and none for ever."""
    who = visit.actor.user_id
    if who in watching and not watching[who].done():
        return
    watching[who] = asyncio.ensure_future(_look_out(visit))


async def _look_out(visit: Visit) -> None:
    try:
        for _ in range(int(LOOK_FOR_SECONDS / LOOK_EVERY_SECONDS)):
            run: FirstRun = await visit.read(lambda store: show_first_run(store, person=visit.known))
            if not run.waits_for_event:
                await publish_home(visit)
                return
            await asyncio.sleep(LOOK_EVERY_SECONDS)
    except Exception as error:
        # Home is drawn again when it is opened, and says then what is so.
        log.warning("nobody looks out for the first event any more", exc_info=error)


def _customer_form(store: SellerStore, visit: Visit) -> Block:
    run = show_first_run(store, person=visit.known)
    if not run.plans:
        raise Refused(message("There is no plan yet; take an example first."))
    chosen = None if run.example is None else example(run.example).plan_key
    return customer_form([(plan.name, plan.key) for plan in run.plans], chosen=chosen)


def _event(store: SellerStore, visit: Visit) -> Block:
    run = show_first_run(store, person=visit.known)
    return event_modal(run.trial, _example_of(store, run), api_url=visit.desk.api_url)


def _example_of(store: SellerStore, run: FirstRun) -> Example | None:
    """The example whose plan the customer is on."""
    if run.trial is None:
        return None
    with store.transaction():
        keys = {one.plan_key for one in store.subscriptions(customer_id=run.trial.customer_id)}
    return next((one for one in EXAMPLES if one.plan_key in keys), None)


def _first_invoice(store: SellerStore, visit: Visit) -> Block:
    run = show_first_run(store, person=visit.known)
    if run.trial is None:
        raise Refused(message("Add a customer first; then there is something to look at."))
    view = show_usage(store, customer_key=run.trial.key, person=visit.known, now=visit.now)
    note_step(store, Step.PREVIEW, run.trial.key, by=visit.known, now=visit.now)
    plans = [(one.plan.name, one.period, one.subscription.cycle.in_zone, one.draft) for one in view.running]
    return preview_modal(run.trial, plans)
