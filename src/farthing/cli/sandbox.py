"""Sandboxes: saved, forked, opened and compared, to see what would have come of something else."""

from __future__ import annotations

import json
from shlex import quote

import click

from farthing.cli.commands import Commands
from farthing.cli.compared import compared_lines
from farthing.cli.opened import Opened, opened
from farthing.cli.say import instant, table
from farthing.settings import save_seller
from farthing.usecases.compare_sandboxes import as_plain, compare_sandboxes
from farthing.usecases.sandbox_ports import Kind, Sandbox
from farthing.usecases.sandboxes import family, fork, go_to, save_point, this_sandbox

_KINDS = {Kind.ORIGINAL: "original", Kind.POINT: "saved point", Kind.FORK: "fork"}


@click.group("sandbox", cls=Commands)
def group() -> None:
    """Sandboxes: save, list, fork, open, compare."""


@group.command("save")
@click.argument("name")
def save(name: str) -> None:
    """Save everything as it stands now under NAME, to come back to; this sandbox goes on."""
    with opened() as at:
        saved = save_point(at.wired, at.store, name=name)
    click.echo(f"Saved “{saved.name}”, {_stands(saved)}; farthing sandbox open {quote(saved.name)} goes back to it.")


@group.command("list")
def list_() -> None:
    """The sandbox, its saved points and its forks; * is the one that the commands are about."""
    with opened() as at:
        world = at.wired.world()
        known = family(at.store)
        here = at.store.seller_id
    names = {sandbox.seller_id: sandbox.name for sandbox in known}
    rows = [["", "NAME", "", "IT IS THERE", "FROM", "MADE"]]
    for sandbox in known:
        origin = "" if sandbox.copied_from is None else names[sandbox.copied_from]
        made = "" if sandbox.copied_at is None else instant(sandbox.copied_at)
        mark = "*" if sandbox.seller_id == here else ""
        rows.append([mark, sandbox.name, _KINDS[sandbox.kind], instant(sandbox.now(world)), origin, made])
    click.echo(table(rows))


@group.command("fork")
@click.argument("name")
@click.option("--from", "of", metavar="SANDBOX", help="A saved point or another fork; without it, this sandbox.")
@click.option("--open", "and_open", is_flag=True, help="Open it, too.")
def fork_(name: str, of: str | None, and_open: bool) -> None:
    """Make a sandbox NAME that goes on by itself from where another one is, or was when it was saved."""
    with opened() as at:
        made = fork(at.wired, at.store, name=name, of=of)
        if and_open:
            _open(at, made)
            return
    click.echo(f"Made “{made.name}”, {_stands(made)}; farthing sandbox open {quote(made.name)} opens it.")


@group.command("open")
@click.argument("name")
def open_(name: str) -> None:
    """From now on the commands are about the sandbox NAME. A saved point stays as it is: a copy of it is opened."""
    with opened() as at:
        if this_sandbox(at.store).name == name.strip():
            click.echo(f"“{name.strip()}” is open already.")
            return
        _open(at, go_to(at.wired, at.store, name=name))


@group.command("compare")
@click.argument("left")
@click.argument("right", required=False)
@click.option("--customer", metavar="KEY", help="This customer alone.")
@click.option("--all", "whole", is_flag=True, help="The bills that are the same on both sides, too.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
def compare(left: str, right: str | None, customer: str | None, whole: bool, as_json: bool) -> None:
    """What LEFT and RIGHT invoiced, side by side; without RIGHT it is this sandbox."""
    with opened() as at:
        compared = compare_sandboxes(at.wired, at.store, left=left, right=right, customer=customer)
    if as_json:
        click.echo(json.dumps(as_plain(compared), ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(compared_lines(compared, whole=whole)))


def _open(at: Opened, sandbox: Sandbox) -> None:
    with at.store.transaction():
        has_slack = at.store.slack_install() is not None
    save_seller(at.wired.settings.home, sandbox.seller_id)
    click.echo(
        f"Opened “{sandbox.name}”: it is {instant(sandbox.now(at.wired.world()))} there. "
        "A farthing serve that runs goes on with the one before until it is started again."
    )
    if has_slack:
        click.echo("Slack stays connected to the one before; farthing slack connect connects this one.")


def _stands(sandbox: Sandbox) -> str:
    assert sandbox.stands_at is not None, f"{sandbox.name} was copied at some time"
    return f"as of {instant(sandbox.stands_at)}"
