"""People: who someone is in Slack, how the first owner proves to be one, and how others are let in."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from farthing.core.ids import id_of
from farthing.core.inviting import Invitation, refuse_to_give
from farthing.core.people import Ask, Person, Role
from farthing.core.refused import Forbidden, Refused, Unknown
from farthing.core.saying import message
from farthing.usecases.codes import code_mac, new_code
from farthing.usecases.customers import find_customer
from farthing.usecases.deciding import decider
from farthing.usecases.people_ports import Account, Member, PersonAct
from farthing.usecases.ports import SellerStore

_PURPOSE = "owner code"
MOST_WRONG_TRIES = 10
OPERATOR = "the operator"


@dataclass(frozen=True, slots=True)
class PeopleView:
    """Who has a role and who is invited; `customer_keys` says whose people they are."""

    members: Sequence[Member]
    invitations: Sequence[Invitation]
    customer_keys: Mapping[UUID, str]


def new_owner_code(store: SellerStore, *, now: datetime) -> str:
    """A one-time code for the first owner, to be shown once; a newer one replaces an older one."""
    code = new_code()
    with store.transaction():
        store.keep_owner_code(code_mac(_PURPOSE, code), made_at=now)
    return code


def claim_ownership(
    store: SellerStore, code: str, *, slack_team: str, slack_user: str, name: str, now: datetime
) -> Person:
    """Make whoever brings the code an owner. It works once, and not at all after ten wrong guesses."""
    with store.transaction():
        known = store.owner_code()  # Read.
        install = store.slack_install()
        refusal: Refused | None = None
        if install is not None and install.team_id != slack_team:
            refusal = Forbidden(message("Only members of the seller's own workspace can be owners."))
        elif known is None or known[1] is not None or known[2] >= MOST_WRONG_TRIES:
            refusal = Refused(
                message("No code is waiting; ask the operator for a new one: farthing person code."), field="code"
            )
        elif not hmac.compare_digest(known[0], code_mac(_PURPOSE, code)):  # Decide.
            refusal = Refused(message("That is not the code; it was printed by farthing init."), field="code")
            store.note_owner_code(used_at=None, wrong_tries=known[2] + 1)  # Write.
        person = Person(id_of("person", slack_team, slack_user), name=name, role=Role.OWNER)
        if refusal is None and known is not None:
            store.note_owner_code(used_at=now, wrong_tries=known[2])
            store.keep_person(person, slack_team=slack_team, slack_user=slack_user, since=now)
            person = _kept(store, slack_team, slack_user)
            store.keep_person_act(person, PersonAct.LET_IN, by=OPERATOR, at=now)
    if refusal is not None:
        raise refusal
    return person


def add_person(
    store: SellerStore,
    *,
    role: Role,
    name: str,
    slack_team: str,
    slack_user: str,
    customer_key: str | None = None,
    by: Person | None,
    now: datetime,
) -> Person:
    """Give someone a role. `by` is None for the operator's own tools."""
    if by is not None:
        by.must(Ask.MANAGE_PEOPLE)
    with store.transaction():
        customer_id: UUID | None = None
        if role.is_staff:
            _refuse_foreign_staff(store, slack_team)
        elif customer_key is None:
            raise Refused(message("A customer's person needs the customer's key."), field="customer")
        else:
            customer_id = find_customer(store, customer_key, person=by).customer_id
        store.lock_people()
        before = store.person(slack_team=slack_team, slack_user=slack_user)
        if before is not None and before.role is Role.OWNER and role is not Role.OWNER:
            _refuse_the_last_owner(store, before.person_id)
        person = Person(id_of("person", slack_team, slack_user), name=name, role=role, customer_id=customer_id)
        given_by = OPERATOR if by is None else by.name
        store.keep_person(person, slack_team=slack_team, slack_user=slack_user, since=now, given_by=given_by)
        person = _kept(store, slack_team, slack_user)
        act = PersonAct.LET_IN if before is None else PersonAct.ROLE_CHANGED
        store.keep_person_act(person, act, by=given_by, at=now)
    return person


def show_people(store: SellerStore, *, person: Person | None) -> PeopleView:
    """Everyone whose role is this person's to see to, and who is invited; None for the operator's own tools."""
    if person is not None:
        person.must(Ask.INVITE_PEOPLE)
    with store.transaction():
        members, invitations = store.members(), store.invitations()
        keys = {customer.customer_id: customer.key for customer in store.customers()}
    own = None if person is None else person.customer_id
    return PeopleView(
        [member for member in members if own is None or member.person.customer_id == own],
        [invitation for invitation in invitations if own is None or invitation.customer_id == own],
        keys,
    )


def member_by(store: SellerStore, account: Account) -> Member | None:
    """Who comes by this account."""
    with store.transaction():
        return next((member for member in store.members() if account in member.accounts), None)


def change_role(store: SellerStore, person_id: UUID, role: Role, *, by: Account | None, now: datetime) -> Person:
    """From now on their role is this one, staff stay staff and a customer's people the customer's.

    `by` is None for the operator's own tools; the last owner stays one.
    """
    with store.transaction():
        store.lock_people()
        name, member = _about(store, person_id, by, now=now)  # Read.
        before = member.person
        if before.role.is_staff is not role.is_staff:
            raise Refused(
                message("Staff stay staff, and a customer's people the customer's; invite them anew."), field="role"
            )
        _refuse_to_give(store, by, role, before.customer_id, now=now)  # Decide.
        if before.role is Role.OWNER and role is not Role.OWNER:
            _refuse_the_last_owner(store, person_id)
        person = replace(before, role=role)
        if person != before:
            store.keep_role(person, since=now, given_by=name)  # Write.
            store.keep_person_act(person, PersonAct.ROLE_CHANGED, by=name, at=now)
    return person


def revoke_role(store: SellerStore, person_id: UUID, *, by: Account | None, now: datetime) -> Person:
    """They have no role any more, by none of their accounts; the last owner stays. What they did stays theirs."""
    with store.transaction():
        store.lock_people()
        name, member = _about(store, person_id, by, now=now)
        if member.person.role is Role.OWNER:
            _refuse_the_last_owner(store, person_id)
        store.end_person(person_id, at=now)
        store.keep_person_act(member.person, PersonAct.REVOKED, by=name, at=now)
    return member.person


def who(store: SellerStore, *, slack_team: str, slack_user: str) -> Person:
    """Who this is to us; refuses a stranger with what to do about it."""
    with store.transaction():
        person = store.person(slack_team=slack_team, slack_user=slack_user)
    if person is None:
        raise Forbidden(message("You have no role here yet. Open the app's Home tab to see how to get one."))
    return person


def _refuse_foreign_staff(store: SellerStore, slack_team: str) -> None:
    """Staff are members of the seller's own workspace, whatever another workspace says of its people."""
    install = store.slack_install()
    if install is not None and install.team_id != slack_team:
        raise Forbidden(message("Only members of the seller's own workspace can be staff."), field="team")


def erase_person(store: SellerStore, person_id: UUID, *, now: datetime) -> str:
    """Take their role, and their name, address and accounts wherever they stand; the pseudonym that is left.

    For the operator's own tools: an owner takes roles, and erasing is not undone. What they decided keeps what was
    written with it, since a decision has a name (decision 0034).
    """
    pseudonym = f"erased-{person_id.hex[:8]}"
    with store.transaction():
        store.lock_people()
        _, member = _about(store, person_id, None, now=now)
        if member.person.role is Role.OWNER:
            _refuse_the_last_owner(store, person_id)
        store.end_person(person_id, at=now)
        store.keep_person_act(member.person, PersonAct.REVOKED, by=OPERATOR, at=now)
        store.erase_person(person_id, pseudonym=pseudonym)
    return pseudonym


def _kept(store: SellerStore, slack_team: str, slack_user: str) -> Person:
    """Who it is after they were kept: an account that was somebody's once stays theirs."""
    person = store.person(slack_team=slack_team, slack_user=slack_user)
    assert person is not None, f"{slack_user} was just kept"
    return person


def _about(store: SellerStore, person_id: UUID, by: Account | None, *, now: datetime) -> tuple[str, Member]:
    """By whom, and about whom: who is not theirs to see to is unknown to them."""
    found = next((member for member in store.members() if member.person.person_id == person_id), None)
    decides = None if by is None else decider(store, by, Ask.INVITE_PEOPLE, now=now)
    if found is None or (
        decides is not None and not decides.person.may_give(found.person.role, found.person.customer_id)
    ):
        raise Unknown(message("There is nobody like that whose role is yours to change; look at the list again."))
    return OPERATOR if decides is None else decides.name, found


def _refuse_to_give(
    store: SellerStore, by: Account | None, role: Role, customer_id: UUID | None, *, now: datetime
) -> None:
    if by is not None:
        refuse_to_give(decider(store, by, Ask.INVITE_PEOPLE, now=now).person, role, customer_id)


def _refuse_the_last_owner(store: SellerStore, person_id: UUID) -> None:
    """Somebody owns it for as long as anybody did."""
    others = [
        member
        for member in store.members()
        if member.person.role is Role.OWNER and member.person.person_id != person_id
    ]
    if not others:
        raise Refused(message("That is the last owner; make somebody else an owner first."), field="role")
