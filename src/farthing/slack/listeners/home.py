"""Home: drawn when somebody opens it, from what they may see; and the first owner's one-time code."""

from datetime import datetime

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from farthing.core.people import Ask, Person, Role
from farthing.core.refused import Forbidden, Refused
from farthing.core.saying import message
from farthing.slack.auditing import asked_in, entry_of
from farthing.slack.desk import Desk
from farthing.slack.hearing import act_of, listener, reading, spoken
from farthing.slack.identity import Body, actor_of
from farthing.slack.listeners.notices import notices_home
from farthing.slack.presenting import budgets_shown, shown_usage, spenders
from farthing.slack.standing import is_full_member
from farthing.slack.views.blocks import MOST_BLOCKS, Block
from farthing.slack.views.home import (
    OWNER_CODE_ACTION,
    OWNER_CODE_BLOCK,
    OWNER_CODE_VIEW,
    LastRun,
    customer_home,
    owner_code_modal,
    owner_welcome,
    staff_home,
    stranger_home,
)
from farthing.slack.views.language import LANGUAGE_ACTION, NO_CHOICE, language_section
from farthing.slack.views.words import reading_in
from farthing.slack.visit import Visit, explain_trouble
from farthing.usecases.alerts import list_alerts
from farthing.usecases.audit_ports import AuditKind
from farthing.usecases.budgets import show_budgets
from farthing.usecases.languages import choose_own_language, language_of_person
from farthing.usecases.people import claim_ownership
from farthing.usecases.ports import SellerStore
from farthing.usecases.show_invoices import list_invoices
from farthing.usecases.show_usage import show_spend, show_usage

NEWEST = 10


def register(app: AsyncApp, desk: Desk) -> None:
    """Hear Home being opened, and the first owner."""
    app.event("app_home_opened")(listener(desk, _opened, strangers=True))
    app.action(LANGUAGE_ACTION)(listener(desk, _choose_language))
    app.action("owner_code_open")(listener(desk, _ask_for_code, strangers=True))

    @app.view(OWNER_CODE_VIEW)
    async def submitted(ack: AsyncAck, body: Body) -> None:
        async with reading(desk, body):
            await _code_submitted(desk, ack, body)


async def _opened(visit: Visit) -> None:
    if visit.body["event"].get("tab") == "home":
        await publish_home(visit)


async def publish_home(visit: Visit) -> None:
    """Draw this person's Home."""
    view = await visit.read(lambda store: _whole(store, visit))
    await visit.client.views_publish(user_id=visit.actor.user_id, view=view)
    visit.note("", view["blocks"])


async def _choose_language(visit: Visit) -> None:
    """Home is drawn again at once, in the language that was chosen."""
    code = "" if visit.value == NO_CHOICE else visit.value
    reads = await visit.read(lambda store: choose_own_language(store, visit.known, code))
    with reading_in(spoken(visit.desk, visit.body, visit.known, reads)):
        await publish_home(visit)


async def _ask_for_code(visit: Visit) -> None:
    await visit.client.views_open(trigger_id=visit.body["trigger_id"], view=owner_code_modal())


async def _code_submitted(desk: Desk, ack: AsyncAck, body: Body) -> None:
    """The code is taken before the acknowledgement, which carries what is wrong with it; a refusal consumes nothing.

    Heard twice, an accepted one finds its sender an owner already.
    """
    visit = Visit(desk, body)
    try:
        code = body["view"]["state"]["values"][OWNER_CODE_BLOCK][OWNER_CODE_ACTION]["value"] or ""
        name = await _full_member(desk.client, visit.actor.user_id, home_team=desk.install.team_id)
        visit.now, owner = await desk.threads.before_ack(lambda: _claim(desk, body, code, name=name))
    except Exception as error:
        await ack(response_action="errors", errors={OWNER_CODE_BLOCK: explain_trouble(error, body)})
        return
    visit.person, commands = owner, desk.commands
    await ack(
        response_action="update",
        view=owner_welcome(owner, usage_command=commands.usage, billing_command=commands.billing),
    )
    try:
        await publish_home(visit)
    except Exception as error:
        # The person is an owner; their Home is drawn again when they open it.
        explain_trouble(error, body)


async def _full_member(client: AsyncWebClient, user_id: str, *, home_team: str) -> str:
    """The person's name; refuses guests, strangers and bots, who can have no staff role."""
    user = (await client.users_info(user=user_id))["user"]
    if not is_full_member(user, home_team=home_team):
        raise Forbidden(message("Only full members of the seller's own workspace can be owners."))
    return str(user.get("real_name") or user.get("name") or user_id)


def _claim(desk: Desk, body: Body, code: str, *, name: str) -> tuple[datetime, Person]:
    now, store, actor = desk.now(), desk.store(), actor_of(body)
    with store.transaction():
        known = store.person(slack_team=actor.team_id, slack_user=actor.user_id)
    if known is not None and known.role is Role.OWNER:
        return now, known
    person = claim_ownership(store, code, slack_team=actor.team_id, slack_user=actor.user_id, name=name, now=now)
    entry = entry_of(body, act_id=act_of(body), kind=AuditKind.ASKED, person=person, now=now, said=asked_in(body))
    with store.transaction():
        store.keep_audit_entry(entry)
    return now, person


def _whole(store: SellerStore, visit: Visit) -> Block:
    return _with_language(store, visit, _with_notices(store, visit, _home(store, visit)))


def _with_notices(store: SellerStore, visit: Visit, view: Block) -> Block:
    if visit.person is None:
        return view
    *blocks, small_print = view["blocks"]
    return view | {"blocks": [*blocks[:85], *notices_home(store, visit), small_print]}


def _with_language(store: SellerStore, visit: Visit, view: Block) -> Block:
    if visit.person is None:
        return view
    with store.transaction():
        chosen = language_of_person(store, visit.person).chosen
    own = language_section(chosen)
    return view | {"blocks": [*view["blocks"][: MOST_BLOCKS - len(own)], *own]}


def _home(store: SellerStore, visit: Visit) -> Block:
    person, commands = visit.person, visit.desk.commands
    with store.transaction():
        seller = store.seller()
    if person is None:
        with store.transaction():
            owned = any(known.role is Role.OWNER for known, _, _ in store.people())
        return stranger_home(seller_name=seller.name, nobody_owns_it=not owned)
    invoices = list_invoices(store, person=person, limit=NEWEST)
    if not person.may(Ask.SEE_ALL_CUSTOMERS):
        with store.transaction():
            own = store.customer(person.customer_id) if person.customer_id is not None else None
        if own is None:
            raise Refused(message("Your account is not there any more; ask the seller."))
        view = show_usage(store, customer_key=own.key, person=person, now=visit.now)
        return customer_home(
            person,
            shown_usage(view, budgets=show_budgets(store, person=person, now=visit.now, customer_key=own.key)),
            invoices,
            usage_command=commands.usage,
            billing_command=commands.billing,
        )
    with store.transaction():
        newest = store.last_run()
    last_run = None if newest is None else LastRun(newest.through, newest.invoices, newest.totals)
    return staff_home(
        person,
        seller_name=seller.name,
        spenders=spenders(show_spend(store, person=person, now=visit.now)),
        invoices=invoices,
        last_run=last_run,
        budgets=budgets_shown(show_budgets(store, person=person, now=visit.now)),
        open_alerts=len(list_alerts(store, person=person)),
        as_of=visit.now,
        in_zone=seller.entity.in_zone,
        usage_command=commands.usage,
        billing_command=commands.billing,
    )
