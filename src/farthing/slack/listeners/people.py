"""People in Slack: listed, invited by mail, let in by a code, given another role, or none."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from farthing.core.inviting import Invitation
from farthing.core.people import Ask, Person, Role
from farthing.core.period import local_date
from farthing.core.refused import Refused
from farthing.core.saying import message
from farthing.slack.auditing import asked_in, entry_of
from farthing.slack.desk import Desk
from farthing.slack.forms import Taken, at_once, form
from farthing.slack.hearing import act_of, listener, reading
from farthing.slack.identity import Body, account_of, actor_of, typed_in
from farthing.slack.listeners.home import publish_home
from farthing.slack.presenting import people_shown
from farthing.slack.standing import is_full_member
from farthing.slack.views.blocks import Block
from farthing.slack.views.people import (
    CHOSEN,
    CODE_BLOCK,
    CODE_VIEW,
    CUSTOMER_BLOCK,
    EMAIL_BLOCK,
    INVITE_VIEW,
    REVOKE,
    ROLE_BLOCK,
    TYPED,
    code_form,
    invite_form,
    invited_window,
    people_window,
    welcome_window,
)
from farthing.slack.views.words import say
from farthing.slack.visit import Visit, explain_trouble
from farthing.usecases.audit_ports import AuditKind
from farthing.usecases.invite import Offer, confirm_invitation, invite, withdraw_invitation
from farthing.usecases.people import change_role, member_by, revoke_role, show_people
from farthing.usecases.ports import SellerStore

_BLOCK_OF = {"email": EMAIL_BLOCK, "role": ROLE_BLOCK, "customer": CUSTOMER_BLOCK, "code": CODE_BLOCK}
_OLDER = message("That button is from an older version; open the list again.")


def register(app: AsyncApp, desk: Desk) -> None:
    """Hear the list and its menus, and the two forms."""
    app.action("people_open")(listener(desk, _open))
    for turn in ("people_more", "people_earlier"):
        app.action(turn)(listener(desk, _turn))
    app.action("people_change")(listener(desk, _change, deciding=True))
    app.action("people_withdraw")(listener(desk, _withdraw, deciding=True))
    app.action("people_invite")(listener(desk, _ask_whom))
    app.action("people_code")(listener(desk, _ask_for_code, strangers=True))
    app.view(INVITE_VIEW)(form(desk, _invited, fields=_BLOCK_OF, otherwise=EMAIL_BLOCK, deciding=True))

    @app.view(CODE_VIEW)
    async def brought(ack: AsyncAck, body: Body) -> None:
        async with reading(desk, body):
            await _brought(desk, ack, body)


async def _open(visit: Visit) -> None:
    await visit.window(lambda store: _list(store, visit))


async def _turn(visit: Visit) -> None:
    first = int(visit.value) if visit.value.isdecimal() else 0
    await visit.window(lambda store: _list(store, visit, first=first))


async def _change(visit: Visit) -> None:
    named, _, what = visit.value.partition("|")
    person_id, account = _id(named), account_of(visit.body)

    def change(store: SellerStore) -> Block:
        if what == REVOKE:
            gone = revoke_role(store, person_id, by=account, now=visit.now)
            return _list(store, visit, said=say("{name} has no role here any more.", name=gone.name))
        changed = change_role(store, person_id, _role(what), by=account, now=visit.now)
        return _list(store, visit, said=say("{name} has another role now.", name=changed.name))

    await visit.window(change)


async def _withdraw(visit: Visit) -> None:
    invitation_id, account = _id(visit.value), account_of(visit.body)

    def withdraw(store: SellerStore) -> Block:
        withdraw_invitation(store, invitation_id, by=account, now=visit.now)
        return _list(store, visit, said=say("The invitation was withdrawn."))

    await visit.window(withdraw)


async def _ask_whom(visit: Visit) -> None:
    visit.known.must(Ask.INVITE_PEOPLE)
    person = visit.known
    roles = [role for role in Role if person.may_give(role, None if role.is_staff else person.customer_id)]
    await visit.window(lambda _: invite_form(roles, customers_too=person.role.is_staff))


async def _ask_for_code(visit: Visit) -> None:
    await visit.window(lambda _: code_form())


async def _invited(visit: Visit) -> Taken:
    """Sent twice, the later invitation replaces the earlier."""
    body = visit.body
    email, customer_key = typed_in(body, EMAIL_BLOCK, TYPED), typed_in(body, CUSTOMER_BLOCK, TYPED)
    offer = Offer(email, _role(typed_in(body, ROLE_BLOCK, CHOSEN)), customer_key or None)
    invitation, until = await at_once(visit, lambda store: _invite(store, visit, offer))
    shown = invited_window(invitation.email or "", invitation.role, until=until)
    return Taken(shown, f"{invitation.email} as {invitation.role.value}")


async def _brought(desk: Desk, ack: AsyncAck, body: Body) -> None:
    """A refusal consumes nothing; brought twice, the second finds its sender let in."""
    visit = Visit(desk, body)
    try:
        email, code = typed_in(body, EMAIL_BLOCK, TYPED), typed_in(body, CODE_BLOCK, TYPED)
        name, is_full = await _as_slack_says(desk, body)
        person = await desk.threads.before_ack(lambda: _confirm(desk, body, email, code, name=name, is_full=is_full))
    except Exception as error:
        await ack(response_action="errors", errors={CODE_BLOCK: explain_trouble(error, body)})
        return
    visit.person = person
    visit.now = await desk.threads.work(desk.now)
    await ack(response_action="update", view=welcome_window(person, usage_command=desk.commands.usage))
    try:
        await publish_home(visit)
    except Exception as error:
        # They are let in; their Home is drawn again when they open it.
        explain_trouble(error, body)


async def _as_slack_says(desk: Desk, body: Body) -> tuple[str, bool]:
    """The name, and whether they are a full member. An address that Slack tells is not asked for."""
    actor = actor_of(body)
    if actor.team_id != desk.install.team_id:
        return str(body["user"].get("name") or actor.user_id), False
    user = (await desk.client.users_info(user=actor.user_id))["user"]
    name = str(user.get("real_name") or user.get("name") or actor.user_id)
    return name, is_full_member(user, home_team=desk.install.team_id)


def _invite(store: SellerStore, visit: Visit, offer: Offer) -> tuple[Invitation, date]:
    made = invite(store, offer, by=account_of(visit.body), by_name="", now=visit.now)
    with store.transaction():
        return made, local_date(made.expires_at, in_zone=store.seller().entity.in_zone)


def _confirm(desk: Desk, body: Body, email: str, code: str, *, name: str, is_full: bool) -> Person:
    now, store = desk.now(), desk.store()
    account = account_of(body)
    try:
        person = confirm_invitation(
            store, email=email, code=code, account=account, name=name, is_full_member=is_full, now=now
        )
    except Refused:
        let_in = member_by(store, account)
        if let_in is None or let_in.email != email.strip().lower():
            raise
        return let_in.person  # Slack sent the form twice.
    _keep_asked(desk, body, person, f"took the role {person.role.value}", now=now)
    return person


def _keep_asked(desk: Desk, body: Body, person: Person, what: str, *, now: datetime) -> None:
    store, said = desk.store(), f"{asked_in(body)}: {what}"
    entry = entry_of(body, act_id=act_of(body), kind=AuditKind.ASKED, person=person, now=now, said=said)
    with store.transaction():
        store.keep_audit_entry(entry)


def _list(store: SellerStore, visit: Visit, *, first: int = 0, said: str = "") -> Block:
    view = show_people(store, person=visit.known)
    with store.transaction():
        in_zone = store.seller().entity.in_zone
    people, invitations = people_shown(view, looking=visit.known, now=visit.now, in_zone=in_zone)
    return people_window(people, invitations, first=first if first < len(people) else 0, said=said)


def _role(written: str) -> Role:
    try:
        return Role(written)
    except ValueError:
        raise Refused(_OLDER, field="role") from None


def _id(written: str) -> UUID:
    try:
        return UUID(written)
    except ValueError:
        raise Refused(_OLDER) from None
