"""Invitations: a role is offered to an address, and whoever brings the code that was mailed there has it."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from farthing.core.ids import id_of
from farthing.core.inviting import (
    NO_SUCH_INVITATION,
    VALID_FOR,
    Ended,
    Invitation,
    address_from,
    refuse_to_give,
)
from farthing.core.people import Ask, Person, Role
from farthing.core.period import local_date
from farthing.core.refused import Clash, Forbidden, Refused, Unknown
from farthing.core.saying import message
from farthing.usecases.codes import code_mac, new_code
from farthing.usecases.customers import find_customer
from farthing.usecases.deciding import decider
from farthing.usecases.mail import write_letter
from farthing.usecases.people_ports import Account, Member, PersonAct
from farthing.usecases.ports import SellerStore

_PURPOSE = "invitation"


@dataclass(frozen=True, slots=True)
class Offer:
    """Who is invited to what; a customer's person names the customer."""

    email: str
    role: Role
    customer_key: str | None = None


def invite(store: SellerStore, offer: Offer, *, by: Account | None, by_name: str, now: datetime) -> Invitation:
    """Mail a code to the address; an earlier invitation to it works no more. `by` is None for the operator's tools."""
    email, code = address_from(offer.email), new_code()
    with store.transaction():
        store.lock_people()
        person = None if by is None else decider(store, by, Ask.INVITE_PEOPLE, now=now).person  # Read.
        customer_id = _customer_of(store, offer, person)
        if person is not None:
            refuse_to_give(person, offer.role, customer_id)  # Decide.
        _refuse_another_role(_known(store, email), offer.role, customer_id)
        earlier = store.invitation_to(email)
        if earlier is not None and person is not None:
            refuse_to_give(person, earlier[0].role, earlier[0].customer_id)
        made = Invitation(
            uuid4(),
            email=email,
            role=offer.role,
            customer_id=customer_id,
            invited_by=by_name if person is None else person.name,
            invited_at=now,
            expires_at=now + VALID_FOR,
        )
        if earlier is not None:  # Write.
            store.end_invitation(earlier[0].invitation_id, Ended.REPLACED, at=now)
            store.withdraw_letters(earlier[0].invitation_id)
        store.keep_invitation(made, code_mac=code_mac(_PURPOSE, code))
        _write_to(store, made, code, now=now)
    return made


def confirm_invitation(
    store: SellerStore, *, email: str, code: str, account: Account, name: str, is_full_member: bool, now: datetime
) -> Person:
    """Give the role to whoever brings the address and its code. It works once; ten wrong guesses spoil it.

    What Slack says of an account's address is not asked: the code is what proves it.
    """
    refusal: Refused | None = None
    person: Person | None = None
    with store.transaction():
        store.lock_people()
        found = store.invitation_to(_as_typed(email))  # Read.
        if found is None or not found[0].is_open(now=now):
            refusal = Refused(NO_SUCH_INVITATION, field="code")
        elif not hmac.compare_digest(found[1], code_mac(_PURPOSE, code)):  # Decide.
            refusal = Refused(NO_SUCH_INVITATION, field="code")
            store.note_wrong_try(found[0].invitation_id)  # Write.
        else:
            person = _let_in(store, found[0], account, name=name, is_full_member=is_full_member, now=now)
    if refusal is not None:
        raise refusal
    assert person is not None, "let in, or refused"
    return person


def withdraw_invitation(store: SellerStore, invitation_id: UUID, *, by: Account | None, now: datetime) -> Invitation:
    """Its code works no more; withdrawn already is as good."""
    with store.transaction():
        store.lock_people()
        person = None if by is None else decider(store, by, Ask.INVITE_PEOPLE, now=now).person
        found = store.invitation(invitation_id)
        if found is None or (person is not None and not person.may_give(found.role, found.customer_id)):
            raise Unknown(message("There is no such invitation; look at the list again."))
        if found.ended is Ended.USED:
            raise Clash(message("That invitation was used already; take the role away instead."))
        store.end_invitation(invitation_id, Ended.WITHDRAWN, at=now)
        store.withdraw_letters(invitation_id)
    return replace(found, ended=Ended.WITHDRAWN)


def _let_in(
    store: SellerStore, invitation: Invitation, account: Account, *, name: str, is_full_member: bool, now: datetime
) -> Person:
    install = store.slack_install()
    is_home = install is None or install.team_id == account.slack_team
    if invitation.role.is_staff and not (is_home and is_full_member):
        raise Forbidden(message("Only full members of the seller's own workspace can be staff."), field="code")
    email = invitation.email
    assert email is not None, "an open invitation has its address"
    known = _known(store, email)
    has = store.person(slack_team=account.slack_team, slack_user=account.slack_user)
    _refuse_another_role(known, invitation.role, invitation.customer_id)
    if has is not None and (has.role, has.customer_id) != (invitation.role, invitation.customer_id):
        raise Clash(
            message("You are {role} here already; ask who invited you to change that role instead."),
            role=has.role.value,
        )
    if known is not None:
        person, act = known.person, PersonAct.ACCOUNT_LINKED
        if has is not None and has.person_id != person.person_id:
            store.end_person(has.person_id, at=now)
        store.link_account(account, person.person_id, at=now)
    else:
        person_id = id_of("person", account.slack_team, account.slack_user)
        act = PersonAct.LET_IN
        store.keep_person(
            Person(person_id, name=name, role=invitation.role, customer_id=invitation.customer_id),
            slack_team=account.slack_team,
            slack_user=account.slack_user,
            since=now,
            given_by=invitation.invited_by,
            email=email,
        )
        person = _kept(store, account)
    store.keep_person_act(person, act, by=invitation.invited_by, at=now)
    store.end_invitation(invitation.invitation_id, Ended.USED, at=now, person_id=person.person_id)
    return person


def _kept(store: SellerStore, account: Account) -> Person:
    """Who it is after they were kept: an account that was somebody's once stays theirs."""
    person = store.person(slack_team=account.slack_team, slack_user=account.slack_user)
    assert person is not None, f"{account} was just kept"
    return person


def _customer_of(store: SellerStore, offer: Offer, person: Person | None) -> UUID | None:
    if offer.role.is_staff:
        return None
    if offer.customer_key is None:
        if person is not None and person.customer_id is not None:
            return person.customer_id
        raise Refused(message("A customer's person needs the customer's key."), field="customer")
    return find_customer(store, offer.customer_key, person=person).customer_id


def _known(store: SellerStore, email: str) -> Member | None:
    return next((member for member in store.members() if member.email == email), None)


def _refuse_another_role(known: Member | None, role: Role, customer_id: UUID | None) -> None:
    if known is not None and (known.person.role, known.person.customer_id) != (role, customer_id):
        raise Clash(
            message(
                "Whoever has that address has another role here already; change it in People, then invite them again "
                "to link another account."
            ),
            field="email",
        )


def _as_typed(email: str) -> str:
    try:
        return address_from(email)
    except Refused:
        return ""


def _write_to(store: SellerStore, invitation: Invitation, code: str, *, now: datetime) -> None:
    seller = store.seller()
    last_day = local_date(invitation.expires_at, in_zone=seller.entity.in_zone)
    email = invitation.email
    assert email is not None, "it was just made"
    text = (
        f"{invitation.invited_by} invites you to {seller.name}'s billing in Slack, as {invitation.role.value}.\n\n"
        "Open the app's Home tab in Slack, press “I have an invitation”, and type this address and this code:\n\n"
        f"    {code}\n\n"
        f"It works once, until {last_day}. Give it to nobody else: whoever brings it gets the role.\n"
        "If you expected no invitation, do nothing.\n"
    )
    subject = f"Your invitation to {seller.name}'s billing"
    write_letter(
        store, about=invitation.invitation_id, revision=1, recipients=[email], subject=subject, text=text, now=now
    )
