"""`/usage`: what a customer has used, for one person; and the card's buttons *Breakdown* and *Share*."""

from datetime import UTC

from slack_bolt.async_app import AsyncApp

from farthing.core.people import Person
from farthing.core.refused import Refused
from farthing.core.saying import message
from farthing.slack.desk import Desk
from farthing.slack.hearing import listener
from farthing.slack.places import SHARED_SENTENCE, may_hear_of, shared_with_others
from farthing.slack.posting import post_card
from farthing.slack.presenting import shown_usage
from farthing.slack.reading import Month, asked_at, customer_and_month, month_of, typed
from farthing.slack.views.blocks import Card
from farthing.slack.views.help import usage_help
from farthing.slack.views.usage import UsageShown, breakdown_modal, unknown_customer, usage_card, whose_usage
from farthing.slack.views.words import said_of
from farthing.slack.visit import Visit
from farthing.usecases.budgets import show_budgets
from farthing.usecases.customers import UnknownCustomer, find_customer, visible_customers
from farthing.usecases.ports import SellerStore
from farthing.usecases.show_usage import show_usage


def register(app: AsyncApp, desk: Desk) -> None:
    """Hear the command, its choices and its buttons."""
    app.command(desk.commands.usage)(listener(desk, _command))
    app.action("usage_of")(listener(desk, _chosen))
    for number in range(3):
        app.action(f"usage_closest_{number}")(listener(desk, _chosen))
    app.action("usage_breakdown")(listener(desk, _breakdown))
    app.action("usage_share")(listener(desk, _share))


async def _command(visit: Visit) -> None:
    words = typed(visit.body.get("text") or "")
    if words.lower() == "help":
        await visit.show(usage_help(usage_command=visit.desk.commands.usage))
        return
    await visit.answer(lambda store: _card(store, visit, words))


async def _chosen(visit: Visit) -> None:
    key, month = _carried(visit)
    await visit.answer(lambda store: usage_card(_look(store, visit, key, month)), replace=True)


async def _breakdown(visit: Visit) -> None:
    key, month = _carried(visit)
    await visit.window(lambda store: breakdown_modal(_look(store, visit, key, month)))


async def _share(visit: Visit) -> None:
    key, month = _carried(visit)
    shown = await visit.read(lambda store: _look(store, visit, key, month))
    await visit.read(lambda store: _refuse_elsewhere(store, shown, visit.channel_id))
    told = await visit.client.conversations_info(channel=visit.channel_id)
    if shared_with_others(told["channel"]):
        raise Refused(SHARED_SENTENCE)
    await visit.read(lambda store: _refuse_elsewhere(store, shown, visit.channel_id))
    await post_card(visit.client, visit.desk, visit.channel_id, usage_card(shown, shareable=False))


def _card(store: SellerStore, visit: Visit, words: str) -> Card:
    person, today = visit.known, visit.now.astimezone(UTC).date()
    month: Month | None = None
    key = words
    try:
        if words and (month := month_of(words, today=today)) is None:
            return usage_card(_look(store, visit, key, None))
    except UnknownCustomer as unknown:
        key, month = customer_and_month(words, today=today)
        if month is None:
            return unknown_customer(said_of(unknown.saying), unknown.closest, month="")
    else:
        key = ""
    if not key:
        whose = _whose(store, visit, person)
        if isinstance(whose, Card):
            return whose
        key = whose
    try:
        return usage_card(_look(store, visit, key, month))
    except UnknownCustomer as unknown:
        return unknown_customer(said_of(unknown.saying), unknown.closest, month=str(month or ""))


def _whose(store: SellerStore, visit: Visit, person: Person) -> str | Card:
    """The customer of the channel, or the only one this person may see, or else the question."""
    with store.transaction():
        here = store.customer_of_channel(visit.channel_id)
        visible = visible_customers(store, person=person)
    for customer in visible:
        if customer.customer_id == here:
            return customer.key
    if len(visible) == 1:
        return visible[0].key
    return whose_usage(visible, command=visit.desk.commands.usage)


def _look(store: SellerStore, visit: Visit, key: str, month: Month | None) -> UsageShown:
    with store.transaction():
        customer = find_customer(store, key, person=visit.known)
    at = asked_at(month, now=visit.now, in_zone=customer.in_zone)
    view = show_usage(store, customer_key=customer.key, person=visit.known, now=at)
    budgets = show_budgets(store, person=visit.known, now=at, customer_key=customer.key) if month is None else ()
    return shown_usage(view, asked_for=str(month or ""), budgets=budgets)


def _refuse_elsewhere(store: SellerStore, shown: UsageShown, channel_id: str) -> None:
    with store.transaction():
        if not may_hear_of(store, shown.customer.customer_id, channel_id):
            raise Refused(
                message(
                    "Amounts of {customer} are shared in the finance channel and in their own channel only; go there "
                    "and try again."
                ),
                customer=shown.customer.name,
            )


def _carried(visit: Visit) -> tuple[str, Month | None]:
    key, _, month = visit.value.partition("|")
    return key, month_of(month, today=visit.now.date()) if month else None
