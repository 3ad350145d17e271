"""The seller's goals: up to three numbers that billing is to make better, each with an owner who signs it off."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import click

from farthing.cli.commands import Commands
from farthing.cli.days import DAY
from farthing.cli.opened import opened
from farthing.cli.printed import write_printed
from farthing.cli.say import grouped, showable, table
from farthing.cli.whoever import BY
from farthing.core.goals import Goal
from farthing.core.money import exact_decimal, plain
from farthing.usecases.goals import (
    Wanted,
    drop_goal,
    goal_at,
    list_goals,
    print_goals,
    read_goal,
    set_goal,
    sign_goal,
)


@click.group("goal", cls=Commands)
def group() -> None:
    """What billing is to do better: set, sign, read, list, print."""


@group.command("set")
@click.argument("title")
@click.option("--from", "baseline", required=True, help="The number as it is now.")
@click.option("--to", "target", required=True, help="The number to reach.")
@click.option("--unit", required=True, help="What it counts, such as days.")
@click.option("--until", "by_day", type=DAY, required=True, help="The day by which it is to be reached.")
@click.option("--owner", required=True, help="Who answers for it.")
@click.option("--place", type=click.IntRange(1, 3), help="The goal to word anew; a free place, if left out.")
@BY
def set_(
    title: str, baseline: str, target: str, unit: str, by_day: date, owner: str, place: int | None, by: str
) -> None:
    """Set a goal, such as "Days until the month is invoiced" --from 9 --to 1 --unit days."""
    with opened() as at:
        wanted = Wanted(
            title=title,
            unit=unit,
            baseline=exact_decimal(baseline, what="The number now"),
            target=exact_decimal(target, what="The number to reach"),
            by_day=by_day,
            owner=owner,
            place=place,
        )
        goal = set_goal(at.store, wanted, by=by, person=None, now=at.now)
    click.echo(f"Goal {goal.place}: {showable(_told(goal))}")


@group.command("sign")
@click.argument("place", type=click.IntRange(1, 3))
@BY
def sign(place: int, by: str) -> None:
    """Sign the goal at PLACE off, as it is worded now."""
    with opened() as at:
        goal = sign_goal(at.store, goal_at(at.store, place).goal_id, by=by, person=None, now=at.now)
    click.echo(f"Goal {goal.place}: {showable(_told(goal))}")


@group.command("read")
@click.argument("place", type=click.IntRange(1, 3))
@click.argument("value")
@BY
def read(place: int, value: str, by: str) -> None:
    """Keep how the number of the goal at PLACE stands now."""
    number = exact_decimal(value, what="The number now")
    with opened() as at:
        goal = read_goal(at.store, goal_at(at.store, place).goal_id, number, by=by, person=None, now=at.now)
    click.echo(f"Goal {goal.place}: {grouped(goal.percent)} % of the way.")


@group.command("drop")
@click.argument("place", type=click.IntRange(1, 3))
@BY
def drop(place: int, by: str) -> None:
    """Take the goal at PLACE away."""
    with opened() as at:
        goal = drop_goal(at.store, goal_at(at.store, place).goal_id, by=by, person=None, now=at.now)
    click.echo(f"Dropped: {showable(goal.title)}.")


@group.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_(as_json: bool) -> None:
    """How each goal stands."""
    with opened() as at:
        goals = list_goals(at.store, person=None)
    if as_json:
        click.echo(json.dumps([_plain(goal) for goal in goals], indent=2))
        return
    if not goals:
        click.echo('No goal is set yet: farthing goal set "Days until the month is invoiced" --from 9 --to 1 …')
        return
    rows = [["", "GOAL", "BEFORE", "NOW", "TO REACH", "UNIT", "WAY", "BY", "OWNER", "SIGNED OFF"]]
    rows += [
        [
            str(goal.place),
            goal.title,
            grouped(goal.baseline),
            grouped(goal.now),
            grouped(goal.target),
            goal.unit,
            f"{grouped(goal.percent)} %",
            str(goal.by_day),
            goal.owner,
            "not yet" if goal.signature is None else f"{goal.signature.on} by {goal.signature.by}",
        ]
        for goal in goals
    ]
    click.echo(table(rows, right=[2, 3, 4, 6]))


@group.command("print")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where the PDF goes.")
def print_(out: Path | None) -> None:
    """The goals on one page, as a PDF."""
    with opened() as at:
        write_printed(print_goals(at.store, at.wired.documents, person=None, now=at.now), out)


def _told(goal: Goal) -> str:
    signed = "not signed off yet" if goal.signature is None else f"signed off by {goal.signature.by}"
    numbers = f"from {grouped(goal.baseline)} to {grouped(goal.target)} {goal.unit} by {goal.by_day}"
    return f"{goal.title}, {numbers}; {goal.owner} answers for it, {signed}."


def _plain(goal: Goal) -> dict[str, object]:
    return {
        "place": goal.place,
        "title": goal.title,
        "unit": goal.unit,
        "baseline": plain(goal.baseline),
        "now": plain(goal.now),
        "target": plain(goal.target),
        "percent": goal.percent,
        "by_day": str(goal.by_day),
        "owner": goal.owner,
        "signed_by": None if goal.signature is None else goal.signature.by,
        "signed_on": None if goal.signature is None else str(goal.signature.on),
        "check_ins": [
            {"value": plain(check_in.value), "on": str(check_in.on), "by": check_in.by} for check_in in goal.check_ins
        ],
    }
