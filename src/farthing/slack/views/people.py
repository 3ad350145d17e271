"""People: who has which role since when and by whom, changed by a menu; invitations, and the form for a mailed code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from farthing.core.people import Person, Role
from farthing.slack.views.blocks import (
    Block,
    actions,
    button,
    confirm,
    divider,
    modal,
    named,
    plain,
    section,
    small_print,
)
from farthing.slack.views.fields import field, line
from farthing.slack.views.words import day_text, say, several

INVITE_VIEW = "people_invite_form"
CODE_VIEW = "people_code_form"
EMAIL_BLOCK, ROLE_BLOCK, CUSTOMER_BLOCK, CODE_BLOCK = "email", "role", "customer", "code"
TYPED, CHOSEN = "typed", "chosen"
REVOKE = "revoke"
MOST_PEOPLE = 20


@dataclass(frozen=True, slots=True)
class PersonShown:
    """Someone with a role, as the list shows them; `may_become` is what whoever looks may make of them."""

    person_id: UUID
    name: str
    role: Role
    customer: str | None
    email: str | None
    since: date
    given_by: str
    accounts: int
    may_become: Sequence[Role]
    may_revoke: bool


@dataclass(frozen=True, slots=True)
class InvitationShown:
    """An invitation that waits, or is over and was not taken."""

    invitation_id: UUID
    email: str
    role: Role
    customer: str | None
    invited_by: str
    until: date
    is_open: bool


def role_names() -> Mapping[Role, str]:
    """What roles are called."""
    return {
        Role.OWNER: say("owner"),
        Role.FINANCE: say("finance"),
        Role.APPROVER: say("approver"),
        Role.SUPPORT: say("support"),
        Role.ENGINEER: say("engineer"),
        Role.CUSTOMER_ADMIN: say("customer's admin"),
        Role.CUSTOMER_VIEWER: say("customer's viewer"),
    }


def people_window(
    people: Sequence[PersonShown], invitations: Sequence[InvitationShown], *, first: int = 0, said: str = ""
) -> Block:
    """Everyone, a page at a time; then who is invited."""
    blocks: list[Block] = [] if not said else [section(f"✓ {said}"), divider()]
    for person in people[first : first + MOST_PEOPLE]:
        blocks.append(_person(person))
    turns = []
    if first > 0:
        turns.append(button(say("Earlier"), "people_earlier", str(max(0, first - MOST_PEOPLE))))
    if first + MOST_PEOPLE < len(people):
        turns.append(button(say("More"), "people_more", str(first + MOST_PEOPLE)))
    if turns:
        blocks.append(actions(*turns))
    if invitations:
        blocks += [divider(), section(f"*{say('Invited')}*")]
        blocks += [_invitation(invitation) for invitation in invitations[:MOST_PEOPLE]]
    blocks.append(small_print(say("Whoever changes a role is kept with it; the last owner stays.")))
    return modal(say("People"), blocks)


def people_line(people: int, invited: int) -> str:
    """How many there are, for Home."""
    line = several("{n} person has a role", "{n} people have a role", people, n=people)
    if not invited:
        return f"{line}."
    return f"{line}; {several('{n} invitation waits', '{n} invitations wait', invited, n=invited)}."


def invite_form(roles: Sequence[Role], *, customers_too: bool) -> Block:
    """Whom to invite, and as what."""
    names = role_names()
    options = [{"text": plain(names[role], 75), "value": role.value} for role in roles]
    blocks = [
        section(
            say("A code is mailed to the address. Whoever brings it to the app's Home tab has the role from then on.")
        ),
        field(EMAIL_BLOCK, say("E-mail address"), line(TYPED, longest=254, focus=True)),
        field(
            ROLE_BLOCK,
            say("Role"),
            {
                "type": "static_select",
                "action_id": CHOSEN,
                "options": options,
                "placeholder": plain(say("Choose"), 150),
            },
        ),
    ]
    if customers_too:
        hint = say("For a customer's admin or viewer: the customer's key, such as acme.")
        blocks.append(field(CUSTOMER_BLOCK, say("Customer"), line(TYPED, longest=254), hint=hint, optional=True))
    return modal(say("Invite somebody"), blocks, callback_id=INVITE_VIEW, submit=say("Send the code"))


def invited_window(email: str, role: Role, *, until: date) -> Block:
    """The code is on its way."""
    sentence = say(
        "A code for the role {role} is on its way to {email}. It works once, until {day}.",
        role=role_names()[role],
        email=named(email),
        day=day_text(until),
    )
    return modal(say("Invited"), [section(sentence)])


def code_form() -> Block:
    """The form that takes the address and the mailed code."""
    return modal(
        say("Your invitation"),
        [
            section(say("Type the address that the invitation was mailed to, and the code in it. It works once.")),
            field(EMAIL_BLOCK, say("E-mail address"), line(TYPED, longest=254, focus=True)),
            field(
                CODE_BLOCK,
                say("Code"),
                line(TYPED, longest=254),
                hint=say("Twelve letters and digits, such as ABCD-EFGH-JKMN."),
            ),
        ],
        callback_id=CODE_VIEW,
        submit=say("Take the role"),
    )


def welcome_window(person: Person, *, usage_command: str) -> Block:
    """What somebody who was let in can do now."""
    sentence = say(
        "Welcome, {name}. You are {role} here now; the app's Home tab shows what is yours to see, and {command} asks.",
        name=named(person.name),
        role=role_names()[person.role],
        command=f"`{usage_command}`",
    )
    return modal(say("Welcome"), [section(sentence)])


def _person(person: PersonShown) -> Block:
    names = role_names()
    where = "" if person.customer is None else f" · {named(person.customer)}"
    accounts = "" if person.accounts <= 1 else f" · {say('{n} accounts', n=person.accounts)}"
    email = "" if person.email is None else f" · {named(person.email)}"
    since = say("since {day}, by {who}", day=day_text(person.since), who=named(person.given_by))
    text = f"*{named(person.name)}* · {names[person.role]}{where}{email}{accounts}\n{since}"
    options = [
        {"text": plain(say("Make {role}", role=names[role]), 75), "value": f"{person.person_id}|{role.value}"}
        for role in person.may_become
    ]
    if person.may_revoke:
        options.append({"text": plain(say("Take the role away"), 75), "value": f"{person.person_id}|{REVOKE}"})
    if not options:
        return section(text)
    menu: Block = {
        "type": "overflow",
        "action_id": "people_change",
        "options": options[:5],
        "confirm": confirm(
            say("Change a role"),
            say("Change what {name} may do here? It counts at once.", name=person.name),
            yes=say("Change it"),
            no=say("Leave it"),
        ),
    }
    return section(text, accessory=menu) | {"block_id": str(person.person_id)}


def _invitation(invitation: InvitationShown) -> Block:
    where = "" if invitation.customer is None else f" · {named(invitation.customer)}"
    until = (
        say("until {day}, by {who}", day=day_text(invitation.until), who=named(invitation.invited_by))
        if invitation.is_open
        else say("over: invite them again")
    )
    text = f"{named(invitation.email)} · {role_names()[invitation.role]}{where}\n{until}"
    withdraw = button(
        say("Withdraw"),
        "people_withdraw",
        str(invitation.invitation_id),
        confirm=confirm(
            say("Withdraw the invitation"),
            say("The code that was mailed to {email} works no more.", email=invitation.email),
            yes=say("Withdraw"),
            no=say("Leave it"),
        ),
    )
    return section(text, accessory=withdraw) | {"block_id": str(invitation.invitation_id)}
