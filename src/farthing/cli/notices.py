"""What is told by itself: who hears what, when digests are due, and when nobody is to be disturbed."""

from __future__ import annotations

import click

from farthing.cli.commands import Commands
from farthing.cli.opened import opened
from farthing.cli.say import showable, table
from farthing.cli.whoever import BY
from farthing.core.telling.digest import Digest
from farthing.core.telling.due_days import Span
from farthing.core.telling.settings import Kind, Settings, heard_by
from farthing.usecases.digests import preview_digest
from farthing.usecases.notice_settings import (
    SettingsChange,
    SettingsView,
    change_settings,
    find_ear,
    list_settings,
    quiet_from,
    show_settings,
    time_from,
)
from farthing.usecases.quiet_mode import set_hearing_policy

_SPANS = click.Choice([span.value for span in Span])
_KINDS = click.Choice([kind.value for kind in Kind])


@click.group("notices", cls=Commands)
def group() -> None:
    """What is told by itself: list, set, digest; new-customers."""


@group.command("list")
@click.argument("ear", required=False)
def list_(ear: str | None) -> None:
    """Who hears what; EAR is finance, data, a customer's key, or a person's Slack user."""
    with opened() as at:
        if ear is None:
            views = list_settings(at.store, person=None)
        else:
            with at.store.transaction():
                found = find_ear(at.store, ear, person=None)
            views = [show_settings(at.store, found, person=None)]
    rows = [["TOLD TO", "KINDS", "DIGESTS", "AT", "ZONE", "QUIET", "DAYS AHEAD", "SET BY"]]
    click.echo(showable(table([*rows, *(_row(view) for view in views)], right=[6])))


@group.command("set")
@click.argument("ear")
@click.option("--digest", "spans", multiple=True, type=_SPANS, help="A digest; may be repeated.")
@click.option("--no-digest", is_flag=True, help="No digest at all.")
@click.option("--at", "hour", help="When digests come, such as 9:00.")
@click.option("--zone", help="On whose clock, such as Europe/Berlin.")
@click.option("--quiet", help="Hours in which nothing is told, such as 22:00-7:00.")
@click.option("--not-quiet", is_flag=True, help="No quiet hours.")
@click.option("--off", multiple=True, type=_KINDS, help="Do not tell this; may be repeated.")
@click.option("--on", "switched_on", multiple=True, type=_KINDS, help="Tell this again; may be repeated.")
@click.option("--days-ahead", type=int, help="How many days before it comes something is told.")
@BY
def set_(
    ear: str,
    spans: tuple[str, ...],
    no_digest: bool,
    hour: str | None,
    zone: str | None,
    quiet: str | None,
    not_quiet: bool,
    off: tuple[str, ...],
    switched_on: tuple[str, ...],
    days_ahead: int | None,
    by: str,
) -> None:
    """Set what EAR hears: finance, data, a customer's key, or a person's Slack user. What is not said stays."""
    with opened() as at:
        with at.store.transaction():
            found = find_ear(at.store, ear, person=None)
        before = show_settings(at.store, found, person=None).settings
        switched_off = (before.switched_off | {Kind(kind) for kind in off}) - {Kind(kind) for kind in switched_on}
        change = SettingsChange(
            spans=frozenset(Span(span) for span in spans) if spans or no_digest else None,
            switched_off=frozenset(switched_off),
            at=None if hour is None else time_from(hour, field="at"),
            in_zone=zone,
            quiet=None if quiet is None else quiet_from(quiet),
            no_quiet=not_quiet,
            days_ahead=days_ahead,
        )
        view = change_settings(at.store, found, change, by=by, person=None, now=at.now)
    for line in _lines(view):
        click.echo(showable(line))


@group.command("digest")
@click.argument("ear", default="finance")
@click.option("--span", type=_SPANS, default=Span.WEEKLY.value, show_default=True)
def digest(ear: str, span: str) -> None:
    """What EAR's digest would say if it was due now; nothing is sent."""
    with opened() as at:
        with at.store.transaction():
            found = find_ear(at.store, ear, person=None)
        view = preview_digest(at.store, found, Span(span), now=at.now)
    for line in _digest_lines(view.digest):
        click.echo(showable(line))


@group.command("new-customers")
@click.argument("how", type=click.Choice(["quiet", "live"]))
@BY
def new_customers(how: str, by: str) -> None:
    """Whether customers that are taken on from now on are quiet until somebody switches them live."""
    with opened() as at:
        set_hearing_policy(at.store, new_are_quiet=how == "quiet", by=by, now=at.now)
    click.echo(f"New customers are {how} from now on.")


def _row(view: SettingsView) -> list[str]:
    settings = view.settings
    return [
        view.called or str(settings.ear),
        ", ".join(kind.value for kind in heard_by(settings.ear) if settings.hears(kind)) or "-",
        ", ".join(span.value for span in Span if span in settings.spans) or "none",
        f"{settings.at:%H:%M}",
        settings.in_zone,
        _quiet(settings) or "none",
        str(settings.days_ahead),
        settings.set_by,
    ]


def _lines(view: SettingsView) -> list[str]:
    settings = view.settings
    digests = ", ".join(span.value for span in Span if span in settings.spans) or "none"
    told = ", ".join(kind.value for kind in heard_by(settings.ear) if settings.hears(kind))
    return [
        f"{view.called or settings.ear} is told: {told or 'digests only'}.",
        f"Digests: {digests}, at {settings.at:%H:%M} in {settings.in_zone}; {settings.days_ahead} days ahead.",
        f"Quiet hours: {_quiet(settings) or 'none'}.",
    ]


def _quiet(settings: Settings) -> str:
    return "" if settings.quiet is None else f"{settings.quiet.begins:%H:%M}-{settings.quiet.ends:%H:%M}"


def _digest_lines(digest: Digest) -> list[str]:
    changes = digest.changes
    lines = [f"From {digest.window.start:%Y-%m-%d %H:%M} UTC to {digest.window.end:%Y-%m-%d %H:%M} UTC:"]
    for name, counted, before in (
        ("invoiced", changes.invoiced, changes.invoiced_before),
        ("paid", changes.paid, changes.paid_before),
    ):
        sums, earlier = (" + ".join(str(money) for money in one.sums) or "nothing" for one in (counted, before))
        lines.append(f"  {name}: {counted.many}, {sums} (before: {earlier})")
    lines += [f"  used: {one.name} {one.quantity} {one.unit} (before: {one.before})" for one in changes.usage]
    lines += [f"  needs you: {counted.many} {need.value}" for need, counted in digest.needs.waiting]
    for one in digest.coming:
        whose = one.name or one.about or f"{one.many}"
        lines.append(f"  {one.day}: {whose}, {one.happening.value}{f', {one.amount}' if one.amount else ''}")
    if not digest.has_something_to_say:
        lines.append("  Nothing to say, so it would be skipped.")
    return lines
