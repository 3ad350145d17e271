"""Legal entities: who sends invoices, under which numbers, and what their documents say of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from farthing.cli.commands import Commands
from farthing.cli.days import ZONE
from farthing.cli.opened import opened
from farthing.cli.say import Sentence, showable, table
from farthing.core.invoicing.invoice import LANGUAGES, LegalEntity
from farthing.core.invoicing.letterhead import Address, address_in
from farthing.core.invoicing.logo import MOST_BYTES
from farthing.core.refused import Refused
from farthing.usecases.entities import EntityChange, add_entity, change_entity, list_entities, show_entity

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--name", help="The name on its documents."),
    click.option("--zone", "in_zone", type=ZONE, help="The time zone of its dates, such as Europe/Paris."),
    click.option("--prefix", "number_prefix", help="What its invoices' numbers begin with, such as EX."),
    click.option("--credit-prefix", help="What its credit notes' numbers begin with; without it PREFIX-CN."),
    click.option("--terms-days", type=click.IntRange(0, 365), help="Days to pay."),
    click.option("--currency", help="What it charges in where nothing else says so."),
    click.option("--address", "lines", multiple=True, help="A line of its address above the city; may be repeated."),
    click.option("--postcode", help="Of its address."),
    click.option("--city", help="Of its address."),
    click.option("--country", help="Where it is, such as DE; taxes follow from it."),
    click.option("--region", help="And in which region, such as CA."),
    click.option(
        "--tax-id", "tax_ids", multiple=True, help="A VAT id, or “Steuernummer=12/345/67890”; may be repeated."
    ),
    click.option("--bank", help="How it is paid, as its documents say it; lines end with \\n."),
    click.option("--legal-text", help="What stands at the end of its documents; lines end with \\n."),
    click.option("--logo", type=click.Path(dir_okay=False, path_type=Path), help="A PNG or SVG; - takes it away."),
    click.option("--taxed-by", help="rules, nobody, or the name of an outside service."),
    click.option(
        "--tax-included/--tax-on-top", "tax_included", default=None, help="Whether its prices hold the taxes already."
    ),
    click.option("--language", type=click.Choice(LANGUAGES), help="What its documents are written in."),
)


def _options(command: Command) -> Command:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@click.group("entity", cls=Commands)
def group() -> None:
    """Legal entities: add, list, show, set."""


@group.command("add")
@click.argument("key")
@_options
def add(key: str, **said: Any) -> None:
    """A new legal entity with numbers of its own. It needs a --name, a --zone and a --prefix."""
    with opened() as at:
        entity = add_entity(at.store, key, _change(said, known=None))
    click.echo(showable(f"{entity.name} ({entity.key}) sends invoices from {entity.number_prefix}-000001 on."))


@group.command("set")
@click.argument("key")
@_options
def set_(key: str, **said: Any) -> None:
    """Change what is said of a legal entity from now on; issued invoices keep what they say."""
    if all(value is None or value == () for value in said.values()):
        raise Sentence("Say what is to be changed; farthing entity set --help lists it.")
    with opened() as at:
        entity = change_entity(at.store, key, _change(said, known=show_entity(at.store, key)))
    click.echo(_shown(entity))


@group.command("list")
def list_() -> None:
    """All legal entities; the first invoices customers that belong to none."""
    with opened() as at:
        entities = list_entities(at.store)
    rows = [
        [one.key, one.name, one.number_prefix, one.letterhead.address.place.code, one.in_zone, one.taxed_by]
        for one in entities
    ]
    click.echo(table([["KEY", "NAME", "PREFIX", "COUNTRY", "ZONE", "TAXED BY"], *rows]))


@group.command("show")
@click.argument("key")
def show(key: str) -> None:
    """All that is said of one."""
    with opened() as at:
        entity = show_entity(at.store, key)
    click.echo(_shown(entity))


def _shown(entity: LegalEntity) -> str:
    head = entity.letterhead
    rows = [
        ["Key", entity.key],
        ["Name", entity.name],
        ["Address", ", ".join(head.address.written)],
        ["Tax ids", ", ".join(str(tax_id) for tax_id in head.tax_ids)],
        ["Numbers", f"{entity.number_prefix}-…, credit notes {entity.credit_note_prefix}-…"],
        ["Dates in", entity.in_zone],
        ["Days to pay", str(entity.terms_days)],
        ["Currency", "" if entity.currency is None else entity.currency.code],
        ["Taxed by", f"{entity.taxed_by}, {'in the prices' if entity.tax_included else 'on top of prices'}"],
        ["Language", entity.language],
        ["Bank", head.bank.replace("\n", " / ")],
        ["Legal text", head.legal_text.replace("\n", " / ")],
        ["Logo", f"{head.logo[:12]}…" if head.logo else ""],
    ]
    return table([row for row in rows if row[1]])


def _change(said: dict[str, Any], *, known: LegalEntity | None) -> EntityChange:
    texts = {name: None if said[name] is None else said[name].replace("\\n", "\n") for name in ("bank", "legal_text")}
    return EntityChange(
        name=said["name"],
        in_zone=said["in_zone"],
        number_prefix=said["number_prefix"],
        credit_prefix=said["credit_prefix"],
        terms_days=said["terms_days"],
        currency=said["currency"],
        address=changed_address(said, None if known is None else known.letterhead.address),
        tax_ids=said["tax_ids"] or None,
        logo=None if said["logo"] is None else _logo(said["logo"]),
        taxed_by=said["taxed_by"],
        tax_included=said["tax_included"],
        language=said["language"],
        **texts,
    )


def changed_address(said: dict[str, Any], known: Address | None) -> Address | None:
    """The address with what was said in place of what was known; None when nothing was said of it."""
    if not any(said[name] for name in ("lines", "postcode", "city", "country", "region")):
        return None
    known = known or Address()
    moved = said["country"] is not None
    return address_in(
        lines=said["lines"] or known.lines,
        postcode=known.postcode if said["postcode"] is None else said["postcode"],
        city=known.city if said["city"] is None else said["city"],
        country=said["country"] if moved else known.place.country,
        region=said["region"] if said["region"] is not None or moved else known.place.region,
    )


def _logo(file: Path) -> bytes:
    if str(file) == "-":
        return b""
    try:
        with file.open("rb") as opened_file:
            return opened_file.read(MOST_BYTES + 1)
    except OSError as fault:
        raise Refused(f"{file} cannot be read: {(fault.strerror or 'no reason given').lower()}.") from None
