"""The catalogue: meters, rules, plans and add-ons, applied from a file, compared with it, and written as one."""

import json
import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import click

from farthing.catalogues.file import Catalogue, Mistakes, read_catalogue
from farthing.catalogues.schema import schema_text
from farthing.catalogues.text import catalogue_text
from farthing.cli.catalogue_told import (
    comparison,
    listed,
    several_of,
    tell_applied,
    tell_changes,
    tell_impact,
    tell_moved,
)
from farthing.cli.commands import Commands
from farthing.cli.days import DAY
from farthing.cli.opened import Opened, opened
from farthing.cli.say import Sentence, counted, instant, progress
from farthing.cli.waiting import tell_waiting
from farthing.core.pricing.plan import AddOn, Plan
from farthing.core.refused import Unknown
from farthing.usecases.apply_catalogue import Change, apply_catalogue, decide
from farthing.usecases.compare_catalogue import compare_invoices
from farthing.usecases.joined import joined
from farthing.usecases.move_subscriptions import Moved, move_subscriptions
from farthing.usecases.supposed import supposed

MOST_MISTAKES = 100
_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.group("catalog", cls=Commands)
def group() -> None:
    """Meters, plans and add-ons: apply, diff, export, schema."""


@group.command("apply")
@_FILE
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.option(
    "--for",
    "for_whom",
    type=click.Choice(["new", "existing"]),
    default="new",
    show_default=True,
    help="Whether subscriptions that are there move to the new versions.",
)
@click.option(
    "--from",
    "from_day",
    type=DAY,
    help="New versions are for who starts on this day or later; who is there moves with the first period from it on.",
)
def apply(file: Path, dry_run: bool, for_whom: str, from_day: date | None) -> None:
    """Read FILE (YAML) and keep what is new or changed as a new version.

    Subscriptions stay on the version they agreed to. With --for existing those to the file's plans move to the newest
    version with their next period, or with the first that begins on or after --from; never inside a period, and never
    before what is billed.
    """
    with opened() as at:
        catalogue = _read(at, file)
        changes: list[Change] = []
        waiting: dict[str, int] = {}
        plans: list[Plan] = []
        with _undone_if(dry_run), at.store.transaction():
            changes = apply_catalogue(
                joined(at.store),
                meters=catalogue.meters,
                plans=catalogue.plans,
                add_ons=catalogue.add_ons,
                rules=catalogue.rules,
                now=at.now,
                starts_from=from_day,
            )
            plans = _newest(at, catalogue)
            waiting = _waiting(at, catalogue, changes)
            if dry_run:
                raise _OnlyLooking
        moved = None
        if for_whom == "existing" and plans:
            moved = _moved(at, plans, from_day=from_day, dry_run=dry_run)
    tell_applied(changes, for_existing=moved is not None, from_day=from_day, dry_run=dry_run)
    if moved is not None:
        past = from_day is not None and from_day < at.now.date()
        tell_moved(moved, dry_run=dry_run, past_day=from_day if past else None)
    if not dry_run:
        tell_waiting(sum(waiting.values()), [f"--type {shlex.quote(event_type)}" for event_type in waiting])


@group.command("diff")
@_FILE
@click.option("--limit", type=click.IntRange(min=0), default=20, show_default=True, help="How many invoices to list.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
def diff(file: Path, limit: int, as_json: bool) -> None:
    """What applying FILE would change: meters, plans and add-ons, and whose next invoices by how much.

    Invoices are worked out on real usage: for every running subscription to a plan that changes, the running period
    as it stands, under what is agreed (for a later period too) and under the file's terms. Nothing is kept.
    """
    with opened() as at:
        catalogue = _read(at, file)
        with at.store.transaction():
            decided = decide(
                at.store,
                meters=catalogue.meters,
                plans=catalogue.plans,
                add_ons=catalogue.add_ons,
                rules=catalogue.rules,
            )
            there = {
                "rule": list(at.store.event_rules()),
                "plan": [plan.key for plan in at.store.plans()],
                "add-on": [one.key for one in at.store.add_ons()],
            }
        changed = [pair.after for pair in decided.plans if pair.changes and pair.before is not None]
        with _watched("Working out invoices") as done:
            impact = compare_invoices(at.store, changed, now=at.now, limit=limit, progress=done)
    until = instant(at.now)
    if as_json:
        click.echo(json.dumps(comparison(decided, impact, until=until), indent=2, ensure_ascii=False))
        return
    tell_changes(decided, there=there)
    tell_impact(impact, changed, until=until)


@group.command("export")
@click.option("--plan", "plan_key", help="One plan only, with the meters it uses.")
def export(plan_key: str | None) -> None:
    """Print the newest versions as a file that reads back as exactly the same."""
    with opened() as at, at.store.transaction():
        meters, plans, add_ons = dict(at.store.meters()), at.store.plans(), at.store.add_ons()
        rules = list(at.store.event_rules().values())
    if plan_key is not None:
        known = ", ".join(plan.key for plan in plans) or "none yet"
        plans = [plan for plan in plans if plan.key == plan_key]
        if not plans:
            raise Unknown(f"There is no plan “{plan_key}”; there are: {known}.")
        meters, add_ons = {key: meters[key] for key in plans[0].meters}, []
        rules = [rule for rule in rules if rule.event_type in {meter.event_type for meter in meters.values()}]
    if not meters and not plans and not add_ons and not rules:
        raise Sentence("The catalogue is empty; apply a file first: farthing catalog apply examples/catalog.yaml.")
    click.echo(catalogue_text(meters, plans, add_ons, rules), nl=False)
    told = several_of({"meter": len(meters), "rule": len(rules), "plan": len(plans), "add-on": len(add_ons)})
    click.echo(f"Exported the newest versions of {told}.", err=True)
    offers: list[Plan | AddOn] = [*plans, *add_ons]
    behind = [
        offer.key for offer in offers if any(meters[key].version != own.version for key, own in offer.meters.items())
    ]
    if behind:
        names = listed([f"“{key}”" for key in behind])
        click.echo(
            f"An older version of a meter is what {names} {'measures' if len(behind) == 1 else 'measure'} with; "
            "applying this file brings the newest there.",
            err=True,
        )


@group.command("schema")
def schema() -> None:
    """Print the JSON Schema of a catalogue file, which editors check and complete by."""
    click.echo(schema_text(), nl=False)


def _read(at: Opened, file: Path) -> Catalogue:
    """What the file says; every mistake is told at once."""
    try:
        written = file.read_bytes()
    except OSError as fault:
        raise Sentence(f"{file} cannot be read: {(fault.strerror or 'no reason given').lower()}.") from None
    with at.store.transaction():
        known = at.store.meters()
    try:
        return read_catalogue(written, known=known)
    except Mistakes as mistakes:
        found = mistakes.found
        lines = [f"{file}:{m.line}:{m.column}: {m.sentence}" for m in found[:MOST_MISTAKES]]
        more = f", of which the first {MOST_MISTAKES} are told" if len(found) > MOST_MISTAKES else ""
        raise Sentence("\n".join([*lines, f"{counted(len(found), 'mistake')}{more}; nothing was changed."])) from None


def _waiting(at: Opened, catalogue: Catalogue, changes: Sequence[Change]) -> dict[str, int]:
    """How many events wait in quarantine, of the types that are screened otherwise from now on."""
    changed = {(change.what, change.key) for change in changes}
    types = {meter.event_type for key, meter in catalogue.meters.items() if ("meter", key) in changed}
    types |= {rule.event_type for rule in catalogue.rules if ("rule", rule.event_type) in changed}
    waiting = {event_type: at.store.quarantined_of(types=[event_type]) for event_type in sorted(types)}
    return {event_type: events for event_type, events in waiting.items() if events}


def _newest(at: Opened, catalogue: Catalogue) -> list[Plan]:
    """The newest versions of the file's plans."""
    newest = [at.store.plan(plan.key) for plan in catalogue.plans]
    return [plan for plan in newest if plan is not None]


def _moved(at: Opened, plans: list[Plan], *, from_day: date | None, dry_run: bool) -> Moved:
    """Move who is on these plans; on a dry run, see who would move."""
    store = supposed(at.store, plans) if dry_run else at.store
    versions = {plan.key: plan.version for plan in plans}
    with _watched("Moving subscriptions") as done:
        return move_subscriptions(store, versions, from_day=from_day, now=at.now, progress=done)


class _OnlyLooking(Exception):
    """Undoes what a dry run did."""


@contextmanager
def _undone_if(dry_run: bool) -> Iterator[None]:
    try:
        yield
    except _OnlyLooking:
        assert dry_run, "only a dry run is undone"


@contextmanager
def _watched(what: str) -> Iterator[Callable[[int], None]]:
    """Progress for who watches: how many are done."""
    with progress() as bar:
        task = bar.add_task(what, total=None)
        yield lambda done: bar.update(task, completed=done)
