"""Setting up: a seller, a key file, the first owner's code, an API key, and the settings."""

import re
import sys
import unicodedata
from collections.abc import Callable
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
@click.option("--prefix", help="What invoice numbers begin with, such as EX; without it the name's initials.")
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
    seller_name, number_prefix = _name_in(asked["name"]), _prefix_in(asked["prefix"])
    owner_url = database_url or settings.owner_database_url
    if owner_url is not None:
        parts_of(owner_url)
    seller = Seller(
        seller_id=uuid4(),
        name=seller_name,
        mode=Mode(asked["mode"]),
        entity=LegalEntity(
            key="main",
            name=seller_name,
            in_zone=asked["zone"],
            number_prefix=number_prefix,
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
    asked = {name: value for name, value in given.items() if value is not None}
    missing = [name for name in given if name not in asked]
    if not sys.stdin.isatty():
        needed = [f"--{name}" for name in missing if name != "prefix"]
        if needed:
            raise Refused(f"farthing init needs {', '.join(needed)} when it cannot ask for them.")
        return {"prefix": _initials(asked["name"])} | asked
    for name in missing:
        match name:
            case "name":
                asked["name"] = click.prompt("The seller's name, as invoices show it", value_proc=_again(_name_in))
            case "zone":
                asked["zone"] = click.prompt("The time zone of its dates", default="UTC", type=ZONE)
            case "prefix":
                asked["prefix"] = click.prompt(
                    "Invoice numbers begin with", default=_initials(asked["name"]), value_proc=_again(_prefix_in)
                )
            case _:
                kinds = click.Choice([kind.value for kind in Mode])
                asked["mode"] = click.prompt("Live, or a sandbox", default=Mode.LIVE.value, type=kinds)
    return asked


def _again(read: Callable[[str], str]) -> Callable[[str], str]:
    """The same for a prompt, which tells what is wrong and asks again."""

    def answer(written: str) -> str:
        try:
            return read(written)
        except Refused as refusal:
            raise click.UsageError(refusal.sentence) from None

    return answer


def _name_in(written: str) -> str:
    name = written.strip()
    if not name or len(name) > 200 or not name.isprintable():
        raise Refused("A seller needs a name of at most 200 characters.")
    return name


def _prefix_in(written: str) -> str:
    prefix = written.strip()
    if not _PREFIX.fullmatch(prefix):
        raise Refused(f"“{prefix[:40]}” cannot open invoice numbers: use up to 12 capitals, digits and dashes.")
    return prefix


def _initials(name: str) -> str:
    """What invoice numbers begin with when nobody says: initials, or the first letters where that is only one.

    >>> [_initials(name) for name in ("Example Ltd", "Example", "Élan", "東京", "X")]
    ['EL', 'EXA', 'ELA', 'INV', 'INV']
    """
    words = unicodedata.normalize("NFKD", name).upper().split()
    plain = [word for word in (re.sub(r"[^A-Z0-9]", "", written) for written in words) if word]
    initials = "".join(word[0] for word in plain)[:6]
    found = initials if len(initials) > 1 else "".join(plain)[:3]
    return found if len(found) > 1 else "INV"
