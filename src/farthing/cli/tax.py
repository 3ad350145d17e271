"""Tax rules: applied from a file, shown, and tried out."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import click

from farthing.cli.commands import Commands
from farthing.cli.days import DAY
from farthing.cli.opened import opened
from farthing.cli.say import amount as written
from farthing.cli.say import counted, showable, table
from farthing.cli.tax_file import read_tax_file, tax_file_text
from farthing.core.invoicing.below_lines import tax_name, tax_reason
from farthing.core.invoicing.places import place_in
from farthing.core.invoicing.tax_terms import rules_terms
from farthing.core.money import currency, exact_decimal
from farthing.core.period import local_date
from farthing.usecases.tax_rules import apply_tax_rules, preview_tax, show_tax_rules


@click.group("tax", cls=Commands)
def group() -> None:
    """Tax rules: apply, show, preview."""


@group.command("apply")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def apply(file: Path) -> None:
    """Read FILE (YAML) and keep its rules as a new version, for invoices from now on."""
    terms = read_tax_file(file)
    with opened() as at:
        applied = apply_tax_rules(at.store, terms, now=at.now)
    rules = applied.rules
    if applied.is_new:
        click.echo(f"Version {rules.version} of the tax rules holds from now on: {counted(len(rules.rules), 'rule')}.")
    else:
        click.echo(f"Nothing changes: version {rules.version} says the same.")


@group.command("show")
@click.option("--version", type=click.IntRange(1), help="Another version than the newest.")
def show(version: int | None) -> None:
    """The rules, as a file that `tax apply` reads."""
    with opened() as at:
        rules = show_tax_rules(at.store, version)
    click.echo(f"# Version {rules.version} of the tax rules.\n{tax_file_text(rules_terms(rules))}", nl=False)


@group.command("preview")
@click.argument("amount")
@click.option("--currency", "in_currency", default="EUR", show_default=True, help="The currency of AMOUNT.")
@click.option("--customer", help="A customer's key, to be taxed as they are.")
@click.option("--country", help="Somebody in this country instead, such as DE.")
@click.option("--region", help="And in this region of it, such as CA.")
@click.option("--business", is_flag=True, help="Who has shown a VAT id whose form is right.")
@click.option("--category", default="standard", show_default=True, help="The tax category of what is sold.")
@click.option("--entity", help="The legal entity that sells; without it the customer's, or the first.")
@click.option("--on", "on", type=DAY, help="The day of the supply; without it today.")
def preview(
    amount: str,
    in_currency: str,
    customer: str | None,
    country: str | None,
    region: str | None,
    business: bool,
    category: str,
    entity: str | None,
    on: date | None,
) -> None:
    """What a line of AMOUNT would bear, and by which rule. Nothing is kept."""
    with opened() as at:
        with at.store.transaction():
            today = local_date(at.now, in_zone=at.store.seller().entity.in_zone)
        shown = preview_tax(
            at.store,
            amount=Decimal(exact_decimal(amount, what="The amount")),
            in_currency=currency(in_currency.upper()),
            on=on or today,
            customer_key=customer,
            place=place_in(country, region) if country or region else None,
            is_business=business,
            category=category,
            entity_key=entity,
        )
    supply = shown.supply
    click.echo(
        showable(
            f"Sold by {shown.entity.key} ({supply.seller.code or 'no country'}) to a {supply.kind.value} in "
            f"{supply.customer.code or 'an unknown place'} on {supply.on}, as “{supply.category}”, by version "
            f"{shown.rules.version} of the rules."
        )
    )
    rows = [["Net", written(shown.net)]]
    rows += [[f"{tax_name(tax)}{tax_reason(tax)}", written(tax.amount)] for tax in shown.taxes]
    rows.append(["Total", written(shown.gross)])
    click.echo(table([["", shown.net.currency.code], *rows], right=[1]))
