"""The audit log: who asked what in Slack, and what they were shown."""

import click

from farthing.cli.commands import Commands
from farthing.cli.opened import opened
from farthing.cli.say import instant, showable
from farthing.usecases.audit import MOST_ENTRIES, read_audit_log
from farthing.usecases.audit_ports import AuditEntry


@click.group("audit", cls=Commands)
def group() -> None:
    """The audit log of Slack: list."""


@group.command("list")
@click.option("--user", help="Only what this Slack member did.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, MOST_ENTRIES), help="At most so many.")
@click.option("--full", is_flag=True, help="The whole text of each; without it the first line.")
def list_(user: str | None, limit: int, full: bool) -> None:
    """What was asked, shown and posted in Slack, newest first."""
    with opened() as at:
        entries = read_audit_log(at.store, person=None, slack_user=user, limit=limit)
    if not entries:
        click.echo("Nothing was asked or shown in Slack yet.")
    for entry in entries:
        click.echo(f"{instant(entry.happened_at)}  {_who(entry)}  {entry.kind.value}{_where(entry)}")
        for line in entry.said.splitlines() if full else entry.said.splitlines()[:1]:
            click.echo(f"    {showable(line)}")


def _who(entry: AuditEntry) -> str:
    if not entry.slack_user:
        return "Farthing"
    who = f"{entry.slack_team}/{entry.slack_user}"
    return showable(
        f"{entry.person_name}, {entry.role} ({who})" if entry.person_name else f"somebody without a role ({who})"
    )


def _where(entry: AuditEntry) -> str:
    """The link opens the conversation in Slack itself."""
    if not entry.channel_id:
        return ""
    message = f"&message={entry.message_ts}" if entry.message_ts else ""
    return showable(f"  slack://channel?team={entry.slack_team}&id={entry.channel_id}{message}")
