"""What is added up, from the terminal: held against the events, and made anew."""

from __future__ import annotations

import time
from collections.abc import Sequence

import click

from farthing.cli.opened import opened
from farthing.cli.say import Found, counted, grouped, progress
from farthing.core.exact import Exact
from farthing.core.parties import Customer
from farthing.usecases.follow_usage import follow_usage
from farthing.usecases.ports import RollupDifference, RollupState
from farthing.usecases.verify_usage import Verified, begin_rebuild, still_to_add_up, verify_usage

_WAIT_SECONDS = 0.05


@click.command("verify")
def verify() -> None:
    """Hold what is added up by hour and day against the events. Ends with 1 where they differ, and says where.

    Usage may be sent meanwhile: what is held against each other is of one instant.
    """
    with opened() as at:
        verified = verify_usage(at.store)
    click.echo("\n".join(_summary(one) for one in verified) or "Nothing is added up; there is no meter yet.")
    wrong = [line for one in verified for line in _differences(one)]
    if wrong:
        many = sum(len(one.differences) for one in verified)
        told = f"{counted(many, 'difference')}; farthing usage rebuild makes what is added up anew from the events."
        raise Found("\n".join([*wrong, told]))


@click.command("rebuild")
def rebuild() -> None:
    """Make what is added up anew from the events, while everything runs; until then the old answers."""
    with opened() as at, progress() as bar:
        made = begin_rebuild(at.store, now=at.now)
        whole = still_to_add_up(at.store, made)
        task = bar.add_task("Adding up", total=whole)
        while left := still_to_add_up(at.store, made):
            bar.update(task, completed=whole - left)
            if not follow_usage(at.store, now=at.now, most_steps=10):
                time.sleep(_WAIT_SECONDS)  # Another worker is at it.
        while follow_usage(at.store, now=at.now):
            pass
    click.echo(f"{counted(len(made), 'rollup')} made anew.")


def _summary(one: Verified) -> str:
    state, held = one.state, one.tallied
    behind = state.last_position - state.position
    told = (
        f"{_name(state)}: {counted(held.events, 'event')} of {counted(held.customers, 'customer')} up to position "
        f"{state.position:,}, in {counted(held.hours, 'hour')} and {counted(held.days, 'day')}"
    )
    if behind:
        told += f"; {counted(behind, 'position')} behind"
    return f"{told}; {'they agree with the events' if not one.differences else 'they differ from the events'}."


def _name(state: RollupState) -> str:
    meters = ", ".join(state.meters) or f"events of type {state.event_type}"
    return f"{meters} by {', '.join(state.groups)}" if state.groups else meters


def _differences(one: Verified) -> Sequence[str]:
    return [_difference(one.state, difference, customer) for difference, customer in one.differences]


def _difference(state: RollupState, one: RollupDifference, customer: Customer | None) -> str:
    who = str(one.customer_id) if customer is None else customer.key
    when = f"{one.starts_at:%Y-%m-%d %H:00} UTC, the hour" if one.hourly else f"{one.starts_at:%Y-%m-%d} UTC, the day"
    cell = "".join(
        f", {name} {'missing' if value is None else f'“{value}”'}"
        for name, value in zip(state.groups, one.of, strict=True)
    )
    counted_value = "" if one.value is None else f", value “{one.value}”"
    where = f"{_name(state)}, {who}, {when}{cell}{counted_value}"
    return f"{where}: added up to {_said(one.kept)}, but the events say {_said(one.counted)}."


def _said(said: tuple[int, Exact | None]) -> str:
    events, amount = said
    return counted(events, "event") if amount is None else f"{counted(events, 'event')} and {grouped(amount)}"
