"""The catalogue: meters, plans and add-ons, applied from a file, compared with it, and written as one."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import click

from farthing.cli.catalogue_differences import Difference, differences, part_in_words
from farthing.cli.catalogue_file import Catalogue, Mistakes, read_catalogue
from farthing.cli.catalogue_schema import schema_text
from farthing.cli.catalogue_text import as_written, catalogue_text
from farthing.cli.commands import Commands
from farthing.cli.days import DAY
from farthing.cli.opened import Opened, opened
from farthing.cli.say import Sentence, amount, counted, instant, progress, table
from farthing.core.metering.meter import Meter
from farthing.core.money import Money
from farthing.core.period import local_date
from farthing.core.pricing.plan import AddOn, Plan
from farthing.core.pricing.terms import addon_terms, plan_terms
from farthing.core.refused import Unknown
from farthing.usecases.apply_catalogue import Change, Decided, Pair, apply_catalogue, decide
from farthing.usecases.compare_catalogue import Impact, NextInvoice, compare_invoices
from farthing.usecases.joined import joined
from farthing.usecases.move_subscriptions import Moved, move_subscriptions
from farthing.usecases.supposed import supposed

MOST_MISTAKES = 100
_PLURALS = {"meter": "meters", "plan": "plans", "add-on": "add-ons"}
_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))

AnyPair = Pair[Meter] | Pair[Plan] | Pair[AddOn]


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
    help="Whether subscriptions that run already move to the new versions.",
)
@click.option(
    "--from",
    "from_day",
    type=DAY,
    help="New versions are for who starts on this day or later; who runs already moves with the first period from it.",
)
def apply(file: Path, dry_run: bool, for_whom: str, from_day: date | None) -> None:
    """Read FILE (YAML) and keep what is new or changed as a new version.

    Subscriptions stay on the version they agreed to. With --for existing those of the file's plans move to the newest
    version with their next period, or with the first that begins on or after --from; never inside a period, and never
    before what is billed.
    """
    with opened() as at:
        catalogue, meters = _read(at, file)
        decided: Decided | None = None
        changes: list[Change] = []
        with _undone_if(dry_run), at.store.transaction():
            if dry_run:
                decided = decide(
                    at.store, meters=meters, plans=catalogue.plans, add_ons=catalogue.add_ons, starts_from=from_day
                )
            changes = apply_catalogue(
                joined(at.store),
                meters=meters,
                plans=catalogue.plans,
                add_ons=catalogue.add_ons,
                now=at.now,
                starts_from=from_day,
            )
            if dry_run:
                raise _OnlyLooking
        moved = None
        if for_whom == "existing" and catalogue.plans:
            moved = _moved(at, catalogue, decided, from_day=from_day)
    for change in changes:
        click.echo(f"{change.what} {change.key}: version {change.version}{' (not kept)' if dry_run else ''}")
    click.echo(_applied_in_words(changes, for_whom, from_day, dry_run=dry_run))
    if moved is not None:
        _tell_moved(moved, dry_run=dry_run)


@group.command("diff")
@_FILE
@click.option("--limit", type=click.IntRange(min=0), default=20, show_default=True, help="How many invoices to list.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
def diff(file: Path, limit: int, as_json: bool) -> None:
    """What applying FILE would change: meters, plans and add-ons, and whose next invoices by how much.

    Invoices are worked out on real usage: for every running subscription of a plan that changes, the running period
    as it stands, under its present terms and under the file's. Nothing is kept.
    """
    with opened() as at:
        catalogue, meters = _read(at, file)
        with at.store.transaction():
            decided = decide(at.store, meters=meters, plans=catalogue.plans, add_ons=catalogue.add_ons)
        changed = [pair.after for pair in decided.plans if pair.changes and pair.before is not None]
        with _watched("Working out invoices") as done:
            impact = compare_invoices(at.store, changed, now=at.now, limit=limit, progress=done)
    if as_json:
        click.echo(json.dumps(_as_json(decided, impact, now=instant(at.now)), indent=2, ensure_ascii=False))
        return
    for what, pair in _pairs(decided):
        _tell_pair(what, pair)
    _tell_same(decided)
    _tell_impact(impact, changed, now=instant(at.now))


@group.command("export")
@click.option("--plan", "plan_key", help="One plan only, with the meters it uses.")
def export(plan_key: str | None) -> None:
    """Print the newest versions as a file that reads back as exactly the same."""
    with opened() as at, at.store.transaction():
        meters, plans, add_ons = dict(at.store.meters()), at.store.plans(), at.store.add_ons()
    if plan_key is not None:
        known = ", ".join(plan.key for plan in plans) or "none yet"
        plans = [plan for plan in plans if plan.key == plan_key]
        if not plans:
            raise Unknown(f"There is no plan “{plan_key}”; there are: {known}.")
        meters, add_ons = {key: meters[key] for key in plans[0].meters}, []
    if not meters and not plans and not add_ons:
        raise Sentence("The catalogue is empty; apply a file first: farthing catalog apply examples/catalog.yaml.")
    click.echo(catalogue_text(meters, plans, add_ons), nl=False)
    several = [counted(len(meters), "meter"), counted(len(plans), "plan"), counted(len(add_ons), "add-on")]
    click.echo(f"Exported the newest versions of {', '.join(several)}.", err=True)
    older = sorted(
        {f"“{plan.key}”" for plan in plans if any(meters[key] != meter for key, meter in plan.meters.items())}
    )
    if older:
        click.echo(
            f"{', '.join(older)} {'uses' if len(older) == 1 else 'use'} an older version of a meter; applying this "
            "file brings the newest there.",
            err=True,
        )


@group.command("schema")
def schema() -> None:
    """Print the JSON Schema of a catalogue file, which editors check and complete by."""
    click.echo(schema_text(), nl=False)


# Reading --------------------------------------------------------------------------------------------------------------


def _read(at: Opened, file: Path) -> tuple[Catalogue, dict[str, Meter]]:
    """What the file says, and all meters there are then; every mistake is told at once."""
    try:
        written = file.read_bytes()
    except OSError as fault:
        raise Sentence(f"{file} cannot be read: {(fault.strerror or 'no reason given').lower()}.") from None
    with at.store.transaction():
        known = at.store.meters()
    try:
        catalogue = read_catalogue(written, known=known)
    except Mistakes as mistakes:
        found = mistakes.found
        lines = [f"{file}:{m.line}:{m.column}: {m.sentence}" for m in found[:MOST_MISTAKES]]
        more = f", of which the first {MOST_MISTAKES} are told" if len(found) > MOST_MISTAKES else ""
        told = f"{counted(len(found), 'mistake')}{more}; nothing was changed."
        raise Sentence("\n".join([*lines, told])) from None
    return catalogue, {**known, **catalogue.meters}


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


# Applying -------------------------------------------------------------------------------------------------------------


def _moved(at: Opened, catalogue: Catalogue, decided: Decided | None, *, from_day: date | None) -> Moved:
    """Move who is on the file's plans; on a dry run, see who would move."""
    store = at.store
    if decided is not None:
        store = supposed(at.store, [pair.after for pair in decided.plans])
        versions = {pair.after.key: pair.after.version for pair in decided.plans}
    else:
        with at.store.transaction():
            newest = [at.store.plan(plan.key) for plan in catalogue.plans]
        versions = {plan.key: plan.version for plan in newest if plan is not None}
    with _watched("Moving subscriptions") as done:
        return move_subscriptions(store, versions, from_day=from_day, now=at.now, progress=done)


def _applied_in_words(changes: Sequence[Change], for_whom: str, from_day: date | None, *, dry_run: bool) -> str:
    if not changes:
        return "Nothing changed: the catalogue says this already."
    several = []
    for what, plural in _PLURALS.items():
        number = sum(change.what == what for change in changes)
        several += [counted(number, what, plural)] if number else []
    one = len(changes) == 1
    has = "would get" if dry_run else "has" if one else "have"
    told = f"{_listed(several)} {has} {'a new version' if one else 'new versions'}"
    if any(change.what == "plan" for change in changes):
        if from_day is not None:
            told += f", for subscriptions that start on {from_day} or later"
        if for_whom == "new":
            told += "; subscriptions stay on what they agreed to"
    return f"{told}{', and nothing was kept' if dry_run else ''}."


def _tell_moved(moved: Moved, *, dry_run: bool) -> None:
    if moved.moved and moved.first is not None and moved.last is not None:
        verb = "would move" if dry_run else "moves" if moved.moved == 1 else "move"
        since = f"at {instant(moved.first)}"
        if moved.last != moved.first:
            since = f"between {instant(moved.first)} and {instant(moved.last)}, each with a period of its own"
        click.echo(f"{counted(moved.moved, 'subscription')} {verb} to the new version {since}.")
    else:
        click.echo("No subscription moves: there is none that goes on and is not on the newest version already.")
    if moved.stayed:
        click.echo(f"{counted(moved.stayed, 'subscription')} cannot move and stay as they are:")
        _tell_reasons(moved.reasons, moved.stayed)


def _tell_reasons(reasons: Sequence[str], number: int) -> None:
    for reason in reasons:
        click.echo(f"  {reason}")
    if number > len(reasons):
        click.echo(f"  and {number - len(reasons):,} more.")


# Comparing ------------------------------------------------------------------------------------------------------------


def _pairs(decided: Decided) -> Iterator[tuple[str, AnyPair]]:
    for meter in decided.meters:
        yield "meter", meter
    for plan in decided.plans:
        yield "plan", plan
    for add_on in decided.add_ons:
        yield "add-on", add_on


def _tell_pair(what: str, pair: AnyPair) -> None:
    after = pair.after
    if not pair.changes:
        return
    if pair.before is None:
        click.echo(f"{what} {after.key}: new")
        rows = [] if isinstance(after, Meter) else _prices_in_words(after)
        if rows:
            click.echo(table(rows, indent="  "))
        return
    click.echo(f"{what} {after.key}: version {pair.before.version} → {after.version}")
    told = _differences(pair)
    if not told:
        click.echo("  the same terms, from an earlier day on")
        return
    click.echo(table([[one.part, str(one)] for one in told] if any(one.part for one in told) else
                     [[str(one)] for one in told], indent="  "))  # fmt: skip


def _differences(pair: AnyPair) -> list[Difference]:
    if pair.before is None or not pair.changes:
        return []
    return differences(pair.before, pair.after)


def _prices_in_words(offer: Plan | AddOn) -> list[list[str]]:
    terms = as_written(plan_terms(offer) if isinstance(offer, Plan) else addon_terms(offer))
    return [[key, part_in_words(price)] for key, price in terms["prices"].items()]


def _tell_same(decided: Decided) -> None:
    same: dict[str, list[str]] = {}
    for what, pair in _pairs(decided):
        if not pair.changes:
            same.setdefault(what, []).append(pair.after.key)
    if same:
        said = [f"{what if len(keys) == 1 else _PLURALS[what]} {', '.join(keys)}" for what, keys in same.items()]
        click.echo(f"The same: {'; '.join(said)}.")


def _tell_impact(impact: Impact, changed: Sequence[Plan], *, now: str) -> None:
    if not changed:
        click.echo("No plan that anyone can be on changes, so no next invoice does.")
        return
    if impact.changed:
        plans = _listed([f"“{plan.key}”" for plan in changed])
        click.echo(f"\nNext invoices of who is on {plans}:")
        if impact.rows:
            click.echo(table([_HEADINGS, *(_row(row) for row in impact.rows)], right=[3, 4, 5], indent="  "))
        if impact.changed > len(impact.rows):
            click.echo(f"  … the largest {len(impact.rows):,} of {impact.changed:,}; --limit shows more.")
        for currency, sums in impact.sums.items():
            click.echo(
                f"{counted(sums.invoices, 'invoice')} in {currency} would change, {amount(sums.now)} now and "
                f"{amount(sums.then)} then: {_signed(sums.then - sums.now)}."
            )
    else:
        click.echo("No next invoice would change.")
    if impact.same and impact.changed:
        click.echo(f"{counted(impact.same, 'next invoice')} would stay the same.")
    if impact.in_phase:
        click.echo(f"{counted(impact.in_phase, 'subscription')} would first end a phase that the new version lacks.")
    if impact.impossible:
        click.echo(f"{counted(impact.impossible, 'subscription')} could not move:")
        _tell_reasons(impact.reasons, impact.impossible)
    click.echo(
        f"Assumed: the running periods with what was used until {now}, as if the new versions had been in force since "
        "those periods began.\nExisting subscriptions move only with “catalog apply --for existing”, and then with a "
        "period that begins later; add-ons stay as they are agreed."
    )


_HEADINGS = ["customer", "plan", "running period", "now", "then", "difference", ""]


def _row(row: NextInvoice) -> list[str]:
    first = local_date(row.period.start, in_zone=row.in_zone)
    last = row.period.last_day(in_zone=row.in_zone)
    return [
        row.customer_key,
        row.plan_key,
        f"{first} to {last}",
        amount(row.now),
        amount(row.then),
        _signed(row.difference),
        row.now.currency.code,
    ]


def _signed(money: Money) -> str:
    return f"+{amount(money)}" if money.minor > 0 else amount(money)


def _as_json(decided: Decided, impact: Impact, *, now: str) -> dict[str, Any]:
    catalogue: dict[str, list[dict[str, Any]]] = {plural: [] for plural in _PLURALS.values()}
    for what, pair in _pairs(decided):
        catalogue[_PLURALS[what]].append(
            {
                "key": pair.after.key,
                "change": "added" if pair.before is None else "changed" if pair.changes else "same",
                "version_before": None if pair.before is None else pair.before.version,
                "version_after": pair.after.version,
                "differences": [
                    {"part": one.part, "what": one.what, "before": one.before, "after": one.after}
                    for one in _differences(pair)
                ],
            }
        )
    return {
        **catalogue,
        "next_invoices": {
            "usage_until": now,
            "changed": impact.changed,
            "same": impact.same,
            "in_a_phase": impact.in_phase,
            "cannot_move": impact.impossible,
            "reasons": impact.reasons,
            "totals": [
                {
                    "currency": currency.code,
                    "invoices": sums.invoices,
                    "now": str(sums.now.amount),
                    "then": str(sums.then.amount),
                    "difference": str((sums.then - sums.now).amount),
                }
                for currency, sums in impact.sums.items()
            ],
            "largest": [
                {
                    "customer": row.customer_key,
                    "subscription_id": str(row.subscription_id),
                    "plan": row.plan_key,
                    "period_start": row.period.start.isoformat(),
                    "period_end": row.period.end.isoformat(),
                    "currency": row.now.currency.code,
                    "now": str(row.now.amount),
                    "then": str(row.then.amount),
                    "difference": str(row.difference.amount),
                }
                for row in impact.rows
            ],
        },
    }


def _listed(several: Sequence[str]) -> str:
    *most, last = several
    return f"{', '.join(most)} and {last}" if most else last
