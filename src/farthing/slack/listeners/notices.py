"""What is told, and to whom: settings by a form, digests before they are due, customers switched live or quiet."""

from __future__ import annotations

import re
from uuid import UUID

from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError

from farthing.core.people import Ask, Person
from farthing.core.period import local_date
from farthing.core.refused import Refused, Unknown
from farthing.core.saying import message
from farthing.core.telling.due_days import Span
from farthing.core.telling.ear import DATA, FINANCE, Ear, customer_ear, person_ear
from farthing.core.telling.settings import Kind, QuietHours, heard_by
from farthing.slack.desk import Desk
from farthing.slack.forms import Taken, at_once, form
from farthing.slack.hearing import listener
from farthing.slack.telling import card_of_digest
from farthing.slack.views.blocks import Block, Card, modal
from farthing.slack.views.folds import quiet_home, switched_card
from farthing.slack.views.notice_settings import (
    AT_BLOCK,
    BEGINS_BLOCK,
    CHOSEN,
    DAYS_BLOCK,
    ENDS_BLOCK,
    KINDS_BLOCK,
    NO_TIME,
    SETTINGS_VIEW,
    SPANS_BLOCK,
    ZONE_BLOCK,
    settings_done,
    settings_form,
    settings_home,
)
from farthing.slack.views.waiting import Waiting, waiting_card
from farthing.slack.views.words import say
from farthing.slack.visit import Visit
from farthing.usecases.alerts import list_alerts
from farthing.usecases.digests import preview_digest
from farthing.usecases.notice_settings import (
    SettingsChange,
    change_settings,
    show_settings,
    time_from,
)
from farthing.usecases.ports import SellerStore
from farthing.usecases.quiet_mode import list_quiet, switch_customer

_BLOCK_OF = {
    "at": AT_BLOCK,
    "quiet": ENDS_BLOCK,
    "days_ahead": DAYS_BLOCK,
    "kinds": KINDS_BLOCK,
}
_OLDER = message("That button is from an older version; look at the newest message.")
_LIKELY_ZONES = ("UTC", "Europe/London", "Europe/Berlin", "Europe/Moscow", "America/New_York", "America/Los_Angeles",
                 "Asia/Kolkata", "Asia/Singapore", "Asia/Tokyo", "Australia/Sydney")  # fmt: skip


def register(app: AsyncApp, desk: Desk) -> None:
    """Hear the buttons of digests and settings, the form, and customers being switched live."""
    app.action(re.compile(r"notice_settings_open(_\d)?"))(listener(desk, _open_settings))
    app.action("customer_live")(listener(desk, _live))
    app.action("needs_open")(listener(desk, _needs))
    app.view(SETTINGS_VIEW)(form(desk, _submitted, fields=_BLOCK_OF, otherwise=SPANS_BLOCK))


async def notices_command(visit: Visit) -> None:
    """`/billing notices`: one's own settings."""
    await _form_for(visit, person_ear(visit.known.person_id))


async def digest_command(visit: Visit, words: list[str]) -> None:
    """`/billing digest weekly`: what it would say this minute, to whoever asks."""
    named = (words[0] if words else Span.WEEKLY.value).lower()
    if named not in list(Span):
        raise Refused(message("A digest is daily, weekly or monthly, not {named}."), named=named[:20])
    await visit.answer(lambda store: _preview(store, visit.known, Span(named), visit))


async def switch_command(visit: Visit, key: str, *, live: bool) -> None:
    """`/billing live northwind`, `/billing quiet northwind`."""
    await visit.answer(lambda store: _switch(store, visit, key, live=live))


def notices_home(store: SellerStore, visit: Visit) -> list[Block]:
    """In Home: who is quiet, and the way to the settings that this person may set."""
    person = visit.known
    blocks = quiet_home([one.customer for one in list_quiet(store, person=person)]
                        if person.may(Ask.SWITCH_CUSTOMERS) else [])  # fmt: skip
    ears: list[tuple[Ear, str]] = [(person_ear(person.person_id), person.name)]
    if person.may(Ask.SET_NOTICES):
        if person.customer_id is None:
            ears += [(FINANCE, ""), (DATA, "")]
        else:
            with store.transaction():
                own = store.customer(person.customer_id)
            ears += [] if own is None else [(customer_ear(own.customer_id), own.name)]
    return [*blocks, *settings_home(ears)]


async def _open_settings(visit: Visit) -> None:
    await _form_for(visit, _ear(visit.value))


async def _form_for(visit: Visit, ear: Ear) -> None:
    own_zone = await _zone_of_reader(visit)

    def form(store: SellerStore) -> Block:
        view = show_settings(store, ear, person=visit.known)
        zones = [own_zone, *_LIKELY_ZONES] if own_zone else list(_LIKELY_ZONES)
        return settings_form(view.settings, called=view.called, zones=zones)

    await visit.window(form)


async def _zone_of_reader(visit: Visit) -> str:
    """What Slack says of the reader's clock; where it does not say, they choose."""
    try:
        user = (await visit.client.users_info(user=visit.actor.user_id))["user"]
    except SlackApiError:
        return ""
    return str(user.get("tz") or "")


async def _live(visit: Visit) -> None:
    try:
        customer_id = UUID(visit.value)
    except ValueError:
        raise Refused(_OLDER) from None

    def switch(store: SellerStore) -> Card:
        with store.transaction():
            customer = store.customer(customer_id)
        if customer is None or not visit.known.may_see(customer_id):
            raise Unknown(message("There is no such customer here."))
        return _switch(store, visit, customer.key, live=True)

    if visit.body.get("response_url"):
        await visit.answer(switch)
    else:  # In Home nothing can be said beside a button.
        card = await visit.read(switch)
        await visit.client.views_open(trigger_id=visit.body["trigger_id"], view=modal(say("Customers"), card.blocks))
        visit.note(card.text, card.blocks)


async def _needs(visit: Visit) -> None:
    await visit.answer(lambda store: _waiting(store, visit))


async def _submitted(visit: Visit) -> Taken:
    """The same form twice sets the same once."""
    return await at_once(visit, lambda store: _from_form(store, visit))


def _from_form(store: SellerStore, visit: Visit) -> Taken:
    person, now, sent = visit.known, visit.now, visit.body["view"]
    values = sent["state"]["values"]
    ear = _ear(sent["private_metadata"])

    def ticked(block_id: str) -> list[str]:
        return [one["value"] for one in values.get(block_id, {}).get(CHOSEN, {}).get("selected_options") or []]

    def chosen(block_id: str) -> str | None:
        option = values.get(block_id, {}).get(CHOSEN, {}).get("selected_option")
        return None if option is None else str(option["value"])

    begins, ends = (None if chosen(block) == NO_TIME else chosen(block) for block in (BEGINS_BLOCK, ENDS_BLOCK))
    days = chosen(DAYS_BLOCK)
    if (begins is None) is not (ends is None):
        said = message("Quiet hours begin at one time and end at another; give both, or none.")
        raise Refused(said, field="quiet")
    told = {Kind(value) for value in ticked(KINDS_BLOCK)}
    change = SettingsChange(
        spans=frozenset(Span(value) for value in ticked(SPANS_BLOCK)),
        switched_off=frozenset(kind for kind in heard_by(ear) if kind not in told),
        at=time_from(chosen(AT_BLOCK) or "", field="at"),
        in_zone=chosen(ZONE_BLOCK),
        quiet=None if begins is None or ends is None else _quiet(begins, ends),
        no_quiet=begins is None,
        days_ahead=None if days is None else int(days),
    )
    view = change_settings(store, ear, change, by=person.name, person=person, now=now)
    return Taken(settings_done(view.settings, called=view.called), str(ear))


def _quiet(begins: str, ends: str) -> QuietHours:
    return QuietHours(time_from(begins, field="quiet"), time_from(ends, field="quiet"))


def _preview(store: SellerStore, person: Person, span: Span, visit: Visit) -> Card:
    return card_of_digest(preview_digest(store, person_ear(person.person_id), span, now=visit.now))


def _switch(store: SellerStore, visit: Visit, key: str, *, live: bool) -> Card:
    person = visit.known
    switched = switch_customer(store, key, live=live, by=person.name, person=person, now=visit.now)
    return switched_card(
        switched.customer,
        live=switched.hearing.is_live,
        by=switched.hearing.set_by,
        was_so=switched.was_so,
        kept_back=switched.kept_back,
    )


def _waiting(store: SellerStore, visit: Visit) -> Card:
    person = visit.known
    alerts = [(one.customer, one.budget, one.alert) for one in list_alerts(store, person=person)]
    with store.transaction():
        seller = store.seller()
        unpaid = store.unpaid(customer_id=person.customer_id)
        names = store.customers_named({customer_id for customer_id, _, _, _ in unpaid})
    today = local_date(visit.now, in_zone=seller.entity.in_zone)
    past_due = [
        Waiting(names.get(whose, ""), number, due_on, left) for whose, number, due_on, left in unpaid if due_on < today
    ]
    return waiting_card(alerts, past_due, billing_command=visit.desk.commands.billing)


def _ear(written: str) -> Ear:
    try:
        return Ear.read(written)
    except ValueError:
        raise Refused(_OLDER) from None
