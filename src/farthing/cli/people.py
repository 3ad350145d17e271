"""People: invited by mail, listed, given another role, or none."""

from collections.abc import Mapping
from uuid import UUID

import click

from farthing.cli.commands import Commands
from farthing.cli.opened import Opened, opened
from farthing.cli.say import instant, showable, table
from farthing.core.people import Role
from farthing.core.refused import Refused, Unknown
from farthing.usecases.invite import Offer, invite, withdraw_invitation
from farthing.usecases.mail import send_letters
from farthing.usecases.people import OPERATOR, change_role, erase_person, revoke_role, show_people

_ROLES = click.Choice([role.value for role in Role])


@click.group("people", cls=Commands)
def group() -> None:
    """People and invitations: list, invite, withdraw, role, revoke, erase."""


@group.command("invite")
@click.argument("email")
@click.option("--role", required=True, type=_ROLES)
@click.option("--customer", help="Whose person it is, with a customer's role.")
def invite_(email: str, role: str, customer: str | None) -> None:
    """Mail a code to EMAIL; who brings it in the app's Home tab has the role. It replaces an earlier invitation."""
    with opened() as at:
        made = invite(at.store, Offer(email, Role(role), customer), by=None, by_name=OPERATOR, now=at.now)
        send_letters(at.store, at.wired.mailer, world_now=at.wired.world())
    click.echo(f"{made.email} is invited as {made.role.value}; the code works once, until {instant(made.expires_at)}.")


@group.command("withdraw")
@click.argument("email")
def withdraw(email: str) -> None:
    """The code that was mailed to EMAIL works no more."""
    with opened() as at:
        found = [one for one in show_people(at.store, person=None).invitations if one.email == email.strip().lower()]
        if not found:
            raise Unknown(f"Nobody is invited by {email[:80]}; see farthing people list.")
        withdraw_invitation(at.store, found[0].invitation_id, by=None, now=at.now)
    click.echo(f"The invitation to {found[0].email} is withdrawn.")


@group.command("list")
def list_() -> None:
    """Who has which role, since when and by whom; and who is invited."""
    with opened() as at:
        view = show_people(at.store, person=None)
    rows = [
        [
            showable(member.person.name),
            member.person.role.value,
            _key(view.customer_keys, member.person.customer_id),
            member.email or "",
            f"{member.since:%Y-%m-%d}",
            showable(member.given_by),
            " ".join(f"{one.slack_team}/{one.slack_user}" for one in member.accounts),
        ]
        for member in view.members
    ]
    if rows:
        click.echo(table([["NAME", "ROLE", "CUSTOMER", "E-MAIL", "SINCE", "BY", "ACCOUNTS"], *rows]))
    else:
        click.echo("Nobody has a role yet; the first owner uses the code of farthing init, or of farthing person code.")
    for one in view.invitations:
        whose = _key(view.customer_keys, one.customer_id)
        state = f"until {one.expires_at:%Y-%m-%d}" if one.is_open(now=at.now) else "over"
        click.echo(f"Invited: {one.email} as {one.role.value} {whose} by {showable(one.invited_by)}, {state}")


@group.command("role")
@click.argument("who")
@click.argument("role", type=_ROLES)
def role_(who: str, role: str) -> None:
    """Give WHO (an e-mail address, a member id or a name) another role."""
    with opened() as at:
        person = change_role(at.store, _person_id(at, who), Role(role), by=None, now=at.now)
    click.echo(f"{person.name} is {person.role.value} now.")


@group.command("revoke")
@click.argument("who")
def revoke(who: str) -> None:
    """WHO (an e-mail address, a member id or a name) has no role any more."""
    with opened() as at:
        person = revoke_role(at.store, _person_id(at, who), by=None, now=at.now)
    click.echo(f"{person.name} has no role any more.")


@group.command("erase")
@click.argument("who")
@click.option("--yes", is_flag=True, help="Without it nothing is erased: it cannot be undone.")
def erase(who: str, *, yes: bool) -> None:
    """Take WHO's role, and their name, address and accounts wherever they stand, the audit log too."""
    if not yes:
        raise Refused("Erasing cannot be undone; say --yes to do it.")
    with opened() as at:
        pseudonym = erase_person(at.store, _person_id(at, who), now=at.now)
    click.echo(f"Erased; in the audit log they are called {pseudonym} from now on.")


def _person_id(at: Opened, who: str) -> UUID:
    members = show_people(at.store, person=None).members
    found = [
        member.person.person_id
        for member in members
        if who.strip().lower() == member.email
        or who in (one.slack_user for one in member.accounts)
        or who == member.person.name
    ]
    if len(found) != 1:
        many = "Several people are" if found else "Nobody is"
        raise Unknown(f"{many} called “{who[:80]}”; give the e-mail address or member id of farthing people list.")
    return found[0]


def _key(keys: Mapping[UUID, str], customer_id: UUID | None) -> str:
    return "" if customer_id is None else keys.get(customer_id, "")
