"""Customers: taken on, listed, and what they are taxed by."""

from __future__ import annotations

import shlex
from dataclasses import replace
from datetime import date
from typing import Any

import click

from farthing.cli.agreed_words import moved_sentences
from farthing.cli.commands import Commands
from farthing.cli.days import DAY, ZONE
from farthing.cli.entity import changed_address
from farthing.cli.opened import opened
from farthing.cli.say import Sentence, showable, table
from farthing.cli.tax_words import exemption_words
from farthing.cli.waiting import tell_waiting
from farthing.cli.whoever import BY
from farthing.core.invoicing.invoice import LANGUAGES
from farthing.core.invoicing.tax_profile import Exemption
from farthing.usecases.change_cycle import move_customer
from farthing.usecases.customers import add_customer, visible_customers
from farthing.usecases.drafts import set_customer_billing
from farthing.usecases.languages import choose_language
from farthing.usecases.quiet_mode import switch_customer
from farthing.usecases.tax_details import CustomerTaxed, DetailsChange, change_details, show_details


@click.group("customer", cls=Commands)
def group() -> None:
    """Customers: add, zone, language, billing, list, show, set."""


@group.command("add")
@click.argument("key")
@click.option("--name", required=True, help="The name on their invoices.")
@click.option("--zone", required=True, type=ZONE, help="The time zone of their days and periods, e.g. Europe/Paris.")
@click.option("--email", help="Where their billing people are reached.")
def add(key: str, name: str, zone: str, email: str | None) -> None:
    """Take on a customer. KEY stands for them in the books and in each event's subject."""
    with opened() as at:
        customer = add_customer(at.store, key=key, name=name, in_zone=zone, email=email, now=at.now)
        with at.store.transaction():
            waiting = at.store.quarantined_of(subjects=[customer.key])
    click.echo(f"{customer.key} is a customer: {customer.name}, in {customer.in_zone}.")
    tell_waiting(waiting, [f"--subject {shlex.quote(customer.key)}"])


@group.command("billing")
@click.argument("key")
@click.argument("how", type=click.Choice(["together", "separate", "policy"]))
@BY
def billing(key: str, how: str, by: str) -> None:
    """Bill all that is due of the customer KEY on one day together or separately, or as the seller's policy has it."""
    together = None if how == "policy" else how == "together"
    with opened() as at:
        set_customer_billing(at.store, customer_key=key, together=together, by=by, now=at.now)
    told = {"together": "together, on one invoice a day", "separate": "with invoices for each subscription"}
    click.echo(showable(f"{key} is billed {told.get(how, 'as the policy has it')}."))


@group.command("zone")
@click.argument("key")
@click.argument("zone", type=ZONE)
def zone_(key: str, zone: str) -> None:
    """Move the customer KEY to another time ZONE.

    Each subscription follows with its next period, which stays a whole one: the hours that are won or lost on the way
    are part of it.
    """
    with opened() as at:
        moved = move_customer(at.store, customer_key=key, in_zone=zone, now=at.now)
    for sentence in moved_sentences(moved):
        click.echo(showable(sentence))


@group.command("language")
@click.argument("key")
@click.argument("language", type=click.Choice([*LANGUAGES, "default"]))
def language_(key: str, language: str) -> None:
    """What the documents of the customer KEY are written in from now on; default is what who invoices them writes."""
    with opened() as at:
        written = choose_language(at.store, key, "" if language == "default" else language)
    whose = "their own" if written.own else "that of who invoices them"
    click.echo(f"{written.customer.key} is written to in {written.language}, {whose}.")


@group.command("quiet")
@click.argument("key")
@BY
def quiet(key: str, by: str) -> None:
    """Tell the customer KEY nothing from now on; what they would have been told goes to finance."""
    with opened() as at:
        switched = switch_customer(at.store, key, live=False, by=by, person=None, now=at.now)
    kept_back = f" {switched.kept_back} waiting messages are kept back." if switched.kept_back else ""
    click.echo(showable(f"{switched.customer.key} is quiet; {switched.hearing.set_by} said so.{kept_back}"))


@group.command("live")
@click.argument("key")
@BY
def live(key: str, by: str) -> None:
    """Tell the customer KEY what concerns them from now on; what is past is not sent."""
    with opened() as at:
        switched = switch_customer(at.store, key, live=True, by=by, person=None, now=at.now)
    click.echo(showable(f"{switched.customer.key} is live: they are told what concerns them from now on."))


@group.command("list")
def list_() -> None:
    """All customers, by key."""
    with opened() as at, at.store.transaction():
        customers = visible_customers(at.store, person=None)
    if not customers:
        click.echo("There are no customers yet; farthing customer add KEY --name … --zone … takes one on.")
        return
    click.echo(table([["KEY", "NAME", "ZONE"], *([c.key, c.name, c.in_zone] for c in customers)]))


@group.command("show")
@click.argument("key")
def show(key: str) -> None:
    """One customer: where they are, what they are taxed by, and who invoices them."""
    with opened() as at:
        found = show_details(at.store, key)
    click.echo(_shown(found))


@group.command("set")
@click.argument("key")
@click.option("--entity", help="The legal entity that invoices them from now on.")
@click.option("--address", "lines", multiple=True, help="A line of their address above the city; may be repeated.")
@click.option("--postcode", help="Of their address.")
@click.option("--city", help="Of their address.")
@click.option("--country", help="Where they are, such as DE; taxes follow from it.")
@click.option("--region", help="And in which region, such as CA.")
@click.option("--business/--consumer", "is_business", default=None, help="Whether they buy as a business.")
@click.option("--tax-id", "tax_ids", multiple=True, help="A VAT id, or “EIN=12-3456789”; may be repeated.")
@click.option("--exempt", "reason", help="Why they bear no tax, as their invoices will say it.")
@click.option("--exempt-code", help="The reason's code, such as VATEX-EU-151.")
@click.option("--certificate", help="The certificate that shows it.")
@click.option("--exempt-in", help="The one country or region in which they are exempt.")
@click.option("--exempt-from", type=DAY, help="The first day of the exemption.")
@click.option("--exempt-until", type=DAY, help="The last day of the exemption.")
@click.option("--not-exempt", is_flag=True, help="Take all exemptions away.")
def set_(key: str, **said: Any) -> None:
    """Say where a customer is and what they are taxed by, from now on; issued invoices keep what they say."""
    if said["is_business"] is None and not any(said.values()):
        raise Sentence("Say what is to be changed; farthing customer set --help lists it.")
    with opened() as at:
        known = show_details(at.store, key)
        change = DetailsChange(
            address=changed_address(said, known.details.address),
            is_business=said["is_business"],
            tax_ids=said["tax_ids"] or None,
            entity=said["entity"],
        )
        exemption = _exemption(said)
        if said["not_exempt"] or exemption is not None:
            kept = () if said["not_exempt"] else known.details.profile.exemptions
            change = replace(change, exemptions=(*kept, *([] if exemption is None else [exemption])))
        found = change_details(at.store, key, change)
    click.echo(_shown(found))


def _exemption(said: dict[str, Any]) -> Exemption | None:
    since: date | None = said["exempt_from"]
    until: date | None = said["exempt_until"]
    if said["reason"] is None:
        if any((said["exempt_code"], said["certificate"], said["exempt_in"], since, until)):
            raise Sentence("An exemption needs its reason: give it with --exempt.")
        return None
    return Exemption(
        reason=said["reason"],
        reason_code=(said["exempt_code"] or "").upper(),
        certificate=said["certificate"] or "",
        jurisdiction=(said["exempt_in"] or "").upper(),
        since=since,
        until=until,
    )


def _shown(found: CustomerTaxed) -> str:
    details, profile = found.details, found.details.profile
    rows = [
        ["Key", found.customer.key],
        ["Name", found.customer.name],
        ["Zone", found.customer.in_zone],
        ["Address", ", ".join(details.address.written)],
        ["Tax ids", ", ".join(f"{one}{'' if one.checked else ' (not checked)'}" for one in profile.tax_ids)],
        ["Taxed as", f"a {profile.kind.value}"],
        *(["Exempt", exemption_words(exemption)] for exemption in profile.exemptions),
        ["Invoiced by", found.entity.key],
        ["Written to in", found.entity.language],
    ]
    return showable(table([row for row in rows if row[1]]))
