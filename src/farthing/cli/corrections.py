"""Corrections: an event is amended or voided, shown with all that was said of it, and what is owed for it is listed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from farthing.cli.json_file import read_object
from farthing.cli.opened import Opened, opened
from farthing.cli.say import Found, amount, counted, instant, showable, table
from farthing.cli.whoever import BY
from farthing.core.ids import content_hash, id_of
from farthing.core.metering.event import canonical
from farthing.core.rating.written import digits_and_fraction
from farthing.core.refused import Refused
from farthing.usecases.correct_usage import correct_usage
from farthing.usecases.correction_ports import KeptCorrection, KeptVersion
from farthing.usecases.owed import find_owed
from farthing.usecases.ports import Outcome
from farthing.usecases.show_event import EventView, show_event

SOURCE = "farthing usage"


def _named(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--key", type=click.UUID, help="The event's key, in place of SOURCE and ID."),
        click.argument("id", required=False),
        click.argument("source", required=False),
    ):
        command = option(command)
    return command


def _corrects(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--id", "correction_id", help="The correction's own identity; without one, what it says."),
        BY,
        click.option("--because", "reason", required=True, help="Why; it is kept and shown with the event."),
    ):
        command = option(command)
    return _named(command)


@click.command("void")
@_corrects
def void(source: str | None, id: str | None, key: UUID | None, reason: str, by: str, correction_id: str | None) -> None:
    """The event of SOURCE with ID counts no more. It stays readable; a void is not voided."""
    with opened() as at:
        of = _of(at, source, id, key)
        _correct(at, {"kind": "void", "of": of, "reason": reason, "by": by}, correction_id)


@click.command("amend")
@_corrects
@click.option(
    "--event",
    "file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with all that it says from now on (JSON): type, subject, time, data.",
)
def amend(
    source: str | None, id: str | None, key: UUID | None, reason: str, by: str, correction_id: str | None, file: Path
) -> None:
    """The event of SOURCE with ID says from now on what stands in a file; what it said before stays readable."""
    event = read_object(file)
    with opened() as at:
        of = _of(at, source, id, key)
        _correct(at, {"kind": "amend", "of": of, "event": event, "reason": reason, "by": by}, correction_id)


@click.command("event")
@_named
def event_(source: str | None, id: str | None, key: UUID | None) -> None:
    """All that is known of the event of SOURCE with ID: what it says, what was corrected, and where it stands."""
    with opened() as at:
        view = show_event(at.store, _key(source, id, key))
    click.echo(showable("\n".join(_told(view))))


@click.command("owed")
@click.option("--customer", help="Of one customer, by key.")
def owed(customer: str | None) -> None:
    """Issued lines of which usage says something else today: late events, amended and voided ones.

    The lines stay as they are. What is owed on top comes on the next invoice; what is to be given back is proposed as a
    credit note.
    """
    with opened() as at:
        lines = find_owed(at.store, customer_key=customer)
    if not lines:
        click.echo("Every issued line is what its usage comes to today.")
        return
    rows = [
        [
            one.customer.key,
            f"{one.invoice.number} line {one.line_number}",
            one.line.name,
            ""
            if one.today is None
            else f"{digits_and_fraction(one.billed.quantity)} -> {digits_and_fraction(one.today.quantity)}",
            f"{amount(one.so_far)} -> {amount(one.comes_to)}",
            f"{amount(one.difference)} {one.difference.currency}",
            ", ".join(_why(late=one.late, corrected=one.corrected)),
        ]
        for one in lines
    ]
    click.echo(table(rows, right=[3, 4, 5]))


COMMANDS = (void, amend, event_, owed)


def _of(at: Opened, source: str | None, id: str | None, key: UUID | None) -> dict[str, str]:
    if key is not None:
        view = show_event(at.store, _key(source, id, key))
        return {"source": view.history.source, "id": view.history.id}
    _key(source, id, key)
    assert source is not None
    assert id is not None
    return {"source": source, "id": id}


def _key(source: str | None, id: str | None, key: UUID | None) -> UUID:
    if (key is None) == (source is None or id is None) or (key is not None and source is not None):
        raise Refused("Say which event: its SOURCE and ID, or --key KEY.")
    return id_of("event", source, id) if key is None else key


def _correct(at: Opened, said: dict[str, Any], correction_id: str | None) -> None:
    """Say it once: without an id of its own the same words are the same correction."""
    own = correction_id or str(content_hash(canonical({**said, "by": None}).encode()))
    (told,) = correct_usage(at.store, [{**said, "source": SOURCE, "id": own}], now=at.now)
    what = "voided" if said["kind"] == "void" else "amended"
    match told.outcome:
        case Outcome.ACCEPTED:
            click.echo(f"The event is {what}. Open periods follow; farthing usage owed tells what invoices are owed.")
        case Outcome.DUPLICATE:
            click.echo(f"{told.reason} To say the same once more after another amendment, give it an --id.")
        case Outcome.QUARANTINED:
            raise Found(f"The correction waits in quarantine. {told.reason}")
        case _:
            raise Refused(told.reason)


def _told(view: EventView) -> list[str]:
    history = view.history
    lines = [f"{history.source} {history.id} ({history.key})", f"It is {view.standing}."]
    if history.batch is not None:
        lines.append(f"It came with the batch “{history.batch}”.")
    subjects: Mapping[Any, str] = {one.customer_id: one.subject for one in history.versions}
    for number, version in enumerate(history.versions, start=1):
        lines += ["", *_version(version, number, subjects[version.customer_id])]
        lines += [f"  billed on {on.number}, line {on.line_number}" for on in view.billed_on[version.position]]
        ended_by = [one for one in history.corrections if one.position == version.ended_at]
        lines += [_correction(one) for one in ended_by]
    return lines


def _version(version: KeptVersion, number: int, customer: str) -> list[str]:
    begun = "accepted" if number == 1 else "amended"
    return [
        f"{number}. {begun} {instant(version.accepted_at)} at position {version.position}",
        f"  {customer} {version.type}, {instant(version.happened_at)}",
        f"  {canonical(version.data)}",
    ]


def _correction(one: KeptCorrection) -> str:
    what = "voided" if one.kind == "void" else "amended"
    how = f"with the batch “{one.batch}”" if one.batch is not None else f"by the correction {one.source} {one.id}"
    return f"  {what} {instant(one.accepted_at)} at position {one.position} by {one.by}, {how}: {one.reason}"


def _why(*, late: int, corrected: int) -> list[str]:
    known = [counted(late, "later event")] if late else []
    known += [f"{corrected:,} corrected"] if corrected else []
    return known or ["what came before has changed"]
