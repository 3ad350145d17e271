"""Mail: the account by which invitations go out, and what Slack does not take; and the letters that were written."""

import sys
from pathlib import Path

import click

from farthing.cli.commands import Commands
from farthing.cli.opened import opened
from farthing.cli.say import instant, showable, table
from farthing.core.inviting import address_from
from farthing.core.parties import Mode
from farthing.core.refused import Refused
from farthing.usecases.mail import connect_mail, send_letters, try_mail
from farthing.usecases.mail_ports import MailAccount, MailSecurity

_PORTS = {MailSecurity.TLS: 465, MailSecurity.STARTTLS: 587, MailSecurity.NONE: 25}
_HERE = ("localhost", "127.0.0.1", "::1")


@click.group("mail", cls=Commands)
def group() -> None:
    """Mail: connect, test, list, forget."""


@group.command("connect")
@click.option("--from", "sender", required=True, metavar="ADDRESS", help="Whom letters come from.")
@click.option("--host", help="The mail server.")
@click.option("--port", type=click.IntRange(1, 65535), help="Without it 465 for tls, 587 for starttls, 25 for none.")
@click.option(
    "--security", type=click.Choice([way.value for way in MailSecurity]), default="starttls", show_default=True
)
@click.option("--user", help="As whom to log in; the password is asked for, or FARTHING_MAIL_PASSWORD.")
@click.option("--password", envvar="FARTHING_MAIL_PASSWORD", hidden=True)
@click.option("--finance", metavar="ADDRESS", help="Where finance hears what Slack does not take.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Instead of a server: lay letters into this folder, to try mail out in a sandbox.",
)
def connect(
    sender: str,
    host: str | None,
    port: int | None,
    security: str,
    user: str | None,
    password: str | None,
    finance: str | None,
    folder: Path | None,
) -> None:
    """Keep the mail account, encrypted, in place of an earlier one."""
    if (host is None) == (folder is None):
        raise Refused("Give --host for a mail server, or --folder to try mail out.")
    way = MailSecurity(security)
    if host is not None and way is MailSecurity.NONE and host not in _HERE:
        raise Refused("Without encryption mail goes to this machine alone; leave out --security none.")
    if user is not None and password is None:
        password = _ask_password()
    with opened() as at:
        with at.store.transaction():
            mode = at.store.seller().mode
        if folder is not None and mode is Mode.LIVE:
            raise Refused("This seller is live, and a folder delivers to nobody; give --host.")
        account = MailAccount(
            sender=address_from(sender),
            finance=None if finance is None else address_from(finance),
            connected_at=at.now,
            host=host,
            port=port or _PORTS[way],
            security=way,
            user=user,
            password=password,
            folder=None if folder is None else str(folder.absolute()),
        )
        connect_mail(at.store, account)
    click.echo(f"Mail goes {'into ' + str(folder) if host is None else 'by ' + host} from now on.")
    click.echo("Next: farthing mail test ADDRESS.")


@group.command("test")
@click.argument("address")
def test(address: str) -> None:
    """Send a letter to ADDRESS now, and say what became of it."""
    with opened() as at:
        try_mail(at.store, to=address, now=at.now)
        send_letters(at.store, at.wired.mailer, world_now=at.wired.world())
        with at.store.transaction():
            newest = at.store.letters(limit=1)[0]
    if newest.trouble is not None:
        raise Refused(newest.trouble)
    click.echo(f"Sent to {address}.")


@group.command("list")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000))
def list_(limit: int) -> None:
    """Letters, newest first, and how far each came; their words are not kept."""
    with opened() as at, at.store.transaction():
        letters = at.store.letters(limit=limit)
    if not letters:
        click.echo("No letter was written yet.")
        return
    rows = [
        [
            instant(one.written_at),
            one.state.value,
            showable(", ".join(one.recipients)),
            showable(one.subject),
            showable(one.trouble or ""),
        ]
        for one in letters
    ]
    click.echo(table([["WRITTEN", "STATE", "TO", "SUBJECT", "IN THE WAY"], *rows]))


@group.command("forget")
def forget() -> None:
    """Take the account and its password away; letters that wait go on waiting."""
    with opened() as at, at.store.transaction():
        at.store.forget_mail_account()
    click.echo("The mail account is gone.")


def _ask_password() -> str:
    if not sys.stdin.isatty():
        raise Refused("farthing mail connect --user needs FARTHING_MAIL_PASSWORD when it cannot ask.")
    answer: str = click.prompt("Password", hide_input=True)
    return answer
