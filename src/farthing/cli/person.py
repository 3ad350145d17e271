"""People: given a role, or a code with which the first owner claims theirs."""

import click

from farthing.cli.commands import Commands
from farthing.cli.opened import Opened, opened
from farthing.cli.say import table
from farthing.core.invoicing.invoice import LANGUAGES
from farthing.core.people import Role
from farthing.core.refused import Refused, Unknown
from farthing.usecases.languages import choose_own_language
from farthing.usecases.people import add_person, new_owner_code


@click.group("person", cls=Commands)
def group() -> None:
    """People and their roles: add, language, code, list."""


@group.command("add")
@click.argument("slack_user", metavar="SLACK_USER_ID")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--name", required=True)
@click.option("--customer", help="Whose person it is, with a customer's role.")
@click.option("--team", help="Their Slack workspace's id; without it the connected one.")
def add(slack_user: str, role: str, name: str, customer: str | None, team: str | None) -> None:
    """Give someone in Slack a role. Their id is under Copy member ID in their Slack profile."""
    if not (slack_user.isalnum() and slack_user[:1] in "UW"):
        raise Refused(f"“{slack_user[:40]}” is no Slack member id; copy it from their profile (it begins with U or W).")
    with opened() as at:
        slack_team = _team(at, team)
        person = add_person(
            at.store,
            role=Role(role),
            name=name,
            slack_team=slack_team,
            slack_user=slack_user,
            customer_key=customer,
            by=None,
            now=at.now,
        )
    click.echo(f"{person.name} ({slack_user}) is {person.role.value} now.")


@group.command("language")
@click.argument("slack_user", metavar="SLACK_USER_ID")
@click.argument("language", type=click.Choice([*LANGUAGES, "default"]))
@click.option("--team", help="Their Slack workspace's id; without it the connected one.")
def language_(slack_user: str, language: str, team: str | None) -> None:
    """What someone reads in Slack from now on; default is what their customer is written to in, or the seller's own."""
    with opened() as at:
        slack_team = _team(at, team)
        with at.store.transaction():
            person = at.store.person(slack_team=slack_team, slack_user=slack_user)
        if person is None:
            raise Unknown(f"{slack_user[:40]} has no role here; farthing person list names those who have.")
        reads = choose_own_language(at.store, person, "" if language == "default" else language)
    click.echo(f"{person.name} reads {reads.language}, {'as chosen' if reads.chosen else 'as nothing else is chosen'}.")


@group.command("code")
def code() -> None:
    """A new one-time code with which the first owner claims the role, in the Slack app's Home tab."""
    with opened() as at:
        made = new_owner_code(at.store, now=at.now)
    click.echo(made)
    click.echo("It works once, and replaces the one before.", err=True)


@group.command("list")
def list_() -> None:
    """Everyone who has a role."""
    with opened() as at, at.store.transaction():
        people = at.store.people()
    if not people:
        click.echo("Nobody has a role yet; the first owner uses the code of farthing init, or of farthing person code.")
        return
    rows = [[person.name, person.role.value, team, user] for person, team, user in people]
    click.echo(table([["NAME", "ROLE", "WORKSPACE", "MEMBER"], *rows]))


def _team(at: Opened, given: str | None) -> str:
    with at.store.transaction():
        install = at.store.slack_install()
    team = given or (None if install is None else install.team_id)
    if team is None:
        raise Refused("No Slack workspace is connected yet; run farthing slack connect first, or give --team.")
    return team
