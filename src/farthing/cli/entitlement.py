"""Entitlements: may a customer use so many more, and what is held for them for a while."""

from __future__ import annotations

from decimal import Decimal

import click

from farthing.cli.commands import Commands
from farthing.cli.opened import opened
from farthing.cli.say import grouped, instant, showable, table
from farthing.core.entitling.reservation import Reservation, Standing
from farthing.core.money import exact_decimal
from farthing.usecases.check_entitlement import check_entitlement
from farthing.usecases.customers import find_customer
from farthing.usecases.reserve import release as release_reservation
from farthing.usecases.reserve import reserve as make_reservation
from farthing.usecases.reserve import show_reservations

_SHOWN = 500


@click.group("entitlement", cls=Commands)
def group() -> None:
    """Entitlements: check, reserve, release, list."""


@group.command("check")
@click.argument("customer")
@click.argument("feature")
@click.argument("units", default="1")
@click.pass_context
def check(context: click.Context, customer: str, feature: str, units: str) -> None:
    """May CUSTOMER use UNITS more of FEATURE now? Ends with 1 when not; nothing is held by asking."""
    with opened() as at:
        _, allowance = check_entitlement(
            at.store, customer_key=customer, feature=feature, units=_units(units), person=None, now=at.now
        )
    click.echo(showable(f"{'Yes' if allowance.allowed else 'No'}. {allowance.why}"))
    context.exit(0 if allowance.allowed else 1)


@group.command("reserve")
@click.argument("customer")
@click.argument("feature")
@click.argument("units", default="1")
@click.option("--id", "reservation_id", required=True, help="What the event that uses it will name; yours to choose.")
@click.option("--for", "for_seconds", type=int, default=60, show_default=True, metavar="SECONDS", help="For how long.")
def reserve(customer: str, feature: str, units: str, reservation_id: str, for_seconds: int) -> None:
    """Hold UNITS of FEATURE for CUSTOMER, until an event with this id uses them, or the time is over.

    The same again is answered as done.
    """
    with opened() as at:
        made, allowance = make_reservation(
            at.store,
            customer_key=customer,
            reservation_id=reservation_id,
            feature=feature,
            units=_units(units),
            for_seconds=for_seconds,
            now=at.now,
        )
    left = "" if allowance is None or allowance.left is None else f"; left beside it: {grouped(allowance.left)}"
    click.echo(showable(f"{_said(made, made.standing(at=at.now))}{left}."))


@group.command("release")
@click.argument("customer")
@click.argument("reservation_id", metavar="ID")
def release(customer: str, reservation_id: str) -> None:
    """Give back what the reservation ID of CUSTOMER holds; one that is over stays as it is."""
    with opened() as at:
        found = release_reservation(at.store, customer_key=customer, reservation_id=reservation_id, now=at.now)
    click.echo(showable(f"{_said(found, found.standing(at=at.now))}."))


@group.command("list")
@click.argument("customer")
def list_(customer: str) -> None:
    """What is held for CUSTOMER now; what they may use is told by subscription entitlements."""
    with opened() as at:
        with at.store.transaction():
            found = find_customer(at.store, customer, person=None)
        held = show_reservations(at.store, customer_key=found.key, person=None, now=at.now, limit=_SHOWN + 1)
    if not held:
        click.echo(f"Nothing is held for {found.key} now.")
        return
    rows = [["ID", "FEATURE", "UNITS", "SINCE", "UNTIL"]]
    for one in held[:_SHOWN]:
        rows.append([one.id, one.feature, grouped(one.units), instant(one.held_at), instant(one.expires_at)])
    click.echo(table(rows, right=[2]))
    if len(held) > _SHOWN:
        click.echo(f"These are the first {_SHOWN} by id; GET /v1/customers/{found.key}/reservations pages through all.")


def _said(reservation: Reservation, standing: Standing) -> str:
    """What became of it, without the end of the sentence."""
    what = f"{grouped(reservation.units)} of {reservation.feature}"
    match standing:
        case Standing.HELD:
            return f"{reservation.id} holds {what} until {instant(reservation.expires_at)}"
        case Standing.COMMITTED:
            assert reservation.ended is not None, f"{reservation.id} was ended"
            return f"{reservation.id} held {what}, and the event at position {reservation.ended.position} used it"
        case Standing.RELEASED:
            return f"{reservation.id} is released, and no longer holds {what}"
        case Standing.EXPIRED:
            return f"{reservation.id} held {what} until {instant(reservation.expires_at)}, and its time is over"


def _units(written: str) -> Decimal:
    return exact_decimal(written, what="The number of units")
