"""Setting up: a seller, a key file, the first owner's code, an API key, and the settings."""

import re
import sys
from pathlib import Path
from uuid import uuid4

import click

from farthing.cli.days import ZONE
from farthing.cli.opened import settings_of
from farthing.core.invoicing.invoice import LegalEntity
from farthing.core.parties import Mode, Seller
from farthing.core.period import zone as known_zone
from farthing.core.refused import Refused
from farthing.postgres.urls import parts_of
from farthing.settings import is_initialised
from farthing.wiring import initialise, world_now

_PREFIX = re.compile(r"[A-Z0-9][A-Z0-9-]{0,11}")


@click.command("init")
@click.option("--name", help="The seller's name, as invoices show it.")
@click.option("--zone", type=ZONE, help="The time zone of the seller's dates, such as Europe/Paris.")
@click.option("--prefix", help="What invoice numbers begin with, such as EX.")
@click.option("--mode", type=click.Choice([mode.value for mode in Mode]), help="A sandbox's clock can be moved.")
@click.option("--terms-days", type=click.IntRange(0, 365), default=30, show_default=True, help="Days to pay.")
@click.option("--database-url", help="The owner's address of a PostgreSQL; without it Farthing brings its own.")
@click.option("--home", type=click.Path(file_okay=False, path_type=Path), help="As farthing --home.")
@click.pass_context
def command(
    context: click.Context,
    name: str | None,
    zone: str | None,
    prefix: str | None,
    mode: str | None,
    terms_days: int,
    database_url: str | None,
    home: Path | None,
) -> None:
    """Set up an installation and its seller. On a terminal it asks for what is not given."""
    if home is not None:
        context.find_root().params["home"] = home
    settings = settings_of(context)
    if is_initialised(settings.home):
        raise Refused(f"There is a Farthing in {settings.home} already; choose another folder with --home.")
    asked = _ask_for_the_rest(name=name, zone=zone, prefix=prefix, mode=mode)
    known_zone(asked["zone"])
    if not asked["name"].strip() or len(asked["name"]) > 200 or not asked["name"].isprintable():
        raise Refused("A seller needs a name of at most 200 characters.")
    if not _PREFIX.fullmatch(asked["prefix"]):
        raise Refused(f"“{asked['prefix']}” cannot open invoice numbers: use up to 12 capitals, digits and dashes.")
    owner_url = database_url or settings.owner_database_url
    if owner_url is not None:
        parts_of(owner_url)
    seller = Seller(
        seller_id=uuid4(),
        name=asked["name"].strip(),
        mode=Mode(asked["mode"]),
        entity=LegalEntity(
            key="main",
            name=asked["name"].strip(),
            in_zone=asked["zone"],
            number_prefix=asked["prefix"],
            terms_days=terms_days,
        ),
    )
    made = initialise(settings, seller, now=world_now(), owner_url=owner_url)
    click.echo(f"{seller.name} is set up in {made.settings.home} ({made.settings.file.name}, secret.key).")
    click.echo("Back up secret.key apart from the database: what it encrypts cannot be read without it.\n")
    click.echo(f"The first owner's code, for the Slack app's Home tab (works once):\n  {made.owner_code}\n")
    click.echo(f"An API key for sending usage (shown this once):\n  {made.api_key}\n")
    click.echo("Next: farthing catalog apply examples/catalog.yaml, farthing slack manifest, farthing serve.")


def _ask_for_the_rest(**given: str | None) -> dict[str, str]:
    missing = [name for name, value in given.items() if value is None]
    if missing and not sys.stdin.isatty():
        raise Refused(f"farthing init needs {', '.join(f'--{name}' for name in missing)} when it cannot ask for them.")
    asked = {name: value for name, value in given.items() if value is not None}
    for name in missing:
        match name:
            case "name":
                asked["name"] = click.prompt("The seller's name, as invoices show it")
            case "zone":
                asked["zone"] = click.prompt("The time zone of its dates", default="UTC", type=ZONE)
            case "prefix":
                asked["prefix"] = click.prompt("Invoice numbers begin with", default=_initials(asked["name"]))
            case _:
                kinds = click.Choice([kind.value for kind in Mode])
                asked["mode"] = click.prompt("Live, or a sandbox", default=Mode.LIVE.value, type=kinds)
    return asked


def _initials(name: str) -> str:
    letters = re.sub(r"[^A-Z0-9]", "", "".join(word[:1] for word in name.upper().split()))
    return (letters if len(letters) > 1 else re.sub(r"[^A-Z0-9]", "", name.upper())[:3])[:6] or "INV"
