"""What the catalogue commands tell: what got a version, who moves, and which next invoices would change."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import click

from farthing.cli.catalogue_differences import Difference, differences, offer_in_words
from farthing.cli.say import amount, counted, table
from farthing.core.metering.meter import Meter
from farthing.core.metering.rule import EventRule, rule_in_words
from farthing.core.money import Money
from farthing.core.period import local_date
from farthing.core.pricing.plan import AddOn, Plan
from farthing.usecases.apply_catalogue import Change, Decided, Pair
from farthing.usecases.compare_catalogue import Impact, NextInvoice
from farthing.usecases.move_subscriptions import Days, Moved

_PLURALS = {"meter": "meters", "rule": "rules", "plan": "plans", "add-on": "add-ons"}
_MOST_KEYS = 20
_HEADINGS = ["customer", "plan", "running period", "now", "then", "difference", ""]

AnyPair = Pair[Meter] | Pair[EventRule] | Pair[Plan] | Pair[AddOn]


def listed(several: Sequence[str]) -> str:
    """Several things in a sentence.

    >>> listed(["1 meter", "2 plans", "1 add-on"])
    '1 meter, 2 plans and 1 add-on'
    """
    *most, last = several
    return f"{', '.join(most)} and {last}" if most else last


def several_of(numbers: Mapping[str, int]) -> str:
    """So many meters, plans and add-ons; those of which there is none are left out."""
    return listed([counted(number, what, _PLURALS[what]) for what, number in numbers.items() if number])


# Applied --------------------------------------------------------------------------------------------------------------


def tell_applied(changes: Sequence[Change], *, for_existing: bool, from_day: date | None, dry_run: bool) -> None:
    """What got a version, and a sentence about all of it."""
    for change in changes:
        click.echo(f"{change.what} {change.key}: version {change.version}{' (not kept)' if dry_run else ''}")
    if not changes:
        click.echo("Nothing changed: the catalogue says this already.")
        return
    new, newer = (
        _numbers([each for each in changes if each.version == 1]),
        _numbers([each for each in changes if each.version > 1]),
    )
    told = []
    if any(new.values()):
        verb = "would be" if dry_run else "is" if sum(new.values()) == 1 else "are"
        told.append(f"{several_of(new)} {verb} new")
    if any(newer.values()):
        one = sum(newer.values()) == 1
        verb = "would get" if dry_run else "has" if one else "have"
        told.append(f"{several_of(newer)} {verb} {'a new version' if one else 'new versions'}")
    sentence = " and ".join(told)
    if from_day is not None and any(change.what == "plan" for change in changes):
        sentence += f", plans for subscriptions that start on {from_day} or later"
    if not for_existing and newer.get("plan"):
        sentence += "; subscriptions stay on what they agreed to"
    click.echo(f"{sentence}{'. Nothing was kept' if dry_run else ''}.")


def tell_moved(moved: Moved, *, dry_run: bool, past_day: date | None = None) -> None:
    """Who moves to the newest versions, since when, and who stays; `past_day` is asked for, and no day to move on."""
    if moved.moved:
        verb = "would move" if dry_run else "moves" if moved.moved == 1 else "move"
        told = f"{counted(moved.moved, 'subscription')} {verb} to the newest version"
        if past_day is not None:
            told = f"{past_day} is past, and what has begun stays as it was agreed: {told} with the next period,"
        told += f" {_on_days(moved.days)}"
        if moved.postponed:
            one, some = moved.moved == 1, moved.postponed < moved.moved
            sooner = "it was" if one else f"{moved.postponed:,} of them were" if some else "they were"
            told += f"; {sooner} to move sooner"
        click.echo(f"{told}.")
    elif moved.there and not moved.to_come.number:
        click.echo("No subscription moves: those that go on are on the newest versions already.")
    elif not moved.stayed and not moved.to_come.number:
        click.echo("No subscription moves: there is none that goes on.")
    if moved.to_come.number:
        one = moved.to_come.number == 1
        told = f"{counted(moved.to_come.number, 'subscription')} {'moves' if one else 'move'}"
        click.echo(f"{told} to the newest version {_on_days(moved.to_come)}, as agreed already.")
    if moved.stayed:
        verb = "would" if dry_run else "cannot"
        click.echo(
            f"{counted(moved.stayed, 'subscription')} {verb} {'stay' if dry_run else 'move and stay'} as agreed:"
        )
        _tell_reasons(moved.reasons, moved.stayed)


def _on_days(days: Days) -> str:
    """When some subscriptions move, each with a period of its own."""
    if days.last == days.first:
        return f"on {days.first}"
    return f"between {days.first} and {days.last}, each where a period of its own begins"


def _numbers(changes: Sequence[Change]) -> dict[str, int]:
    return {what: sum(change.what == what for change in changes) for what in _PLURALS}


def _tell_reasons(reasons: Sequence[str], number: int) -> None:
    for reason in reasons:
        click.echo(f"  {reason}")
    if number > len(reasons):
        click.echo(f"  and {number - len(reasons):,} more.")


# Compared -------------------------------------------------------------------------------------------------------------


def tell_changes(decided: Decided, *, there: Mapping[str, Sequence[str]]) -> None:
    """Meters, plans and add-ons: what is new, what changes from what to what, what stays; `there` is what there is."""
    same: dict[str, list[str]] = {}
    named: set[tuple[str, str]] = set()
    for what, pair in _pairs(decided):
        named.add((what, pair.after.key))
        if pair.changes:
            _tell_pair(what, pair)
        else:
            same.setdefault(what, []).append(pair.after.key)
    if same:
        click.echo(f"The same: {_by_kind(same)}.")
    others = {what: [key for key in keys if (what, key) not in named] for what, keys in there.items()}
    if any(others.values()):
        click.echo(f"Not in the file, and left as they are: {_by_kind(others)}.")


def _by_kind(keys: Mapping[str, Sequence[str]]) -> str:
    """So many of each kind, by their keys."""
    said = []
    for what, several in keys.items():
        if several:
            more = f" and {len(several) - _MOST_KEYS:,} more" if len(several) > _MOST_KEYS else ""
            said.append(f"{what if len(several) == 1 else _PLURALS[what]} {', '.join(several[:_MOST_KEYS])}{more}")
    return "; ".join(said)


def tell_impact(impact: Impact, changed: Sequence[Plan], *, until: str) -> None:
    """Whose next invoices would change by how much, what that adds up to, and what is assumed."""
    if not changed:
        click.echo("No plan that anyone is on changes, so no next invoice does.")
        return
    if impact.changed:
        click.echo(
            f"\nNext invoices of who is on {listed([f'“{plan.key}”' for plan in changed])}, largest change first:"
        )
        if impact.rows:
            click.echo(table([_HEADINGS, *(_row(row) for row in impact.rows)], right=[3, 4, 5], indent="  "))
        if impact.changed > len(impact.rows):
            click.echo(f"  … {impact.changed - len(impact.rows):,} more; --limit says how many to list.")
        for currency, sums in impact.sums.items():
            click.echo(
                f"{counted(sums.invoices, 'invoice')} in {currency} would change, from {amount(sums.now)} to "
                f"{amount(sums.then)}: {_signed(sums.then - sums.now)}."
            )
        if impact.same:
            click.echo(f"{counted(impact.same, 'next invoice')} would stay the same.")
    else:
        click.echo("No next invoice would change.")
    if impact.in_phase:
        click.echo(f"{counted(impact.in_phase, 'subscription')} would first end a phase that the new version lacks.")
    if impact.impossible:
        click.echo(f"{counted(impact.impossible, 'subscription')} could not move:")
        _tell_reasons(impact.reasons, impact.impossible)
    if impact.agreed_for_later:
        those = counted(impact.agreed_for_later, "subscription")
        click.echo(f"Of {those} “now” is what is agreed already for a later period, as if it were in force.")
    click.echo(
        f"Assumed: running periods with what was used until {until}, as if the new versions had been in force since\n"
        "those periods began. Who subscribed already moves only with “catalog apply --for existing”, and from a later\n"
        "period on; add-ons stay as they are agreed."
    )


def comparison(decided: Decided, impact: Impact, *, until: str) -> dict[str, Any]:
    """The same as plain data."""
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
    invoices: dict[str, Any] = {
        "usage_until": until,
        "changed": impact.changed,
        "same": impact.same,
        "in_a_phase": impact.in_phase,
        "cannot_move": impact.impossible,
        "reasons": impact.reasons,
        "totals": [
            {"currency": currency.code, "invoices": sums.invoices} | _moneys(sums.now, sums.then)
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
            }
            | _moneys(row.now, row.then)
            for row in impact.rows
        ],
    }
    return {**catalogue, "next_invoices": invoices}


def _pairs(decided: Decided) -> Iterator[tuple[str, AnyPair]]:
    for meter in decided.meters:
        yield "meter", meter
    for rule in decided.rules:
        yield "rule", rule
    for plan in decided.plans:
        yield "plan", plan
    for add_on in decided.add_ons:
        yield "add-on", add_on


def _tell_pair(what: str, pair: AnyPair) -> None:
    after = pair.after
    if pair.before is None:
        click.echo(f"{what} {after.key}: new")
        if isinstance(after, EventRule):
            click.echo(f"  {rule_in_words(after)}")
        elif not isinstance(after, Meter):
            click.echo(table(_rows(offer_in_words(after)), indent="  "))
        return
    click.echo(f"{what} {after.key}: version {pair.before.version} → {after.version}")
    told = _differences(pair)
    in_parts = any(one.part for one in told)
    rows = _rows((one.part, str(one)) for one in told) if in_parts else [[str(one)] for one in told]
    click.echo(table(rows or [["the same terms, for who starts earlier too"]], indent="  "))


def _differences(pair: AnyPair) -> list[Difference]:
    return [] if pair.before is None or not pair.changes else differences(pair.before, pair.after)


def _rows(said: Iterable[tuple[str, str]]) -> list[list[str]]:
    """The rows of a table: a part, and what is said of it, line by line."""
    return [["" if number else part, line] for part, words in said for number, line in enumerate(words.split("\n"))]


def _row(row: NextInvoice) -> list[str]:
    first = local_date(row.period.start, in_zone=row.in_zone)
    last = row.period.last_day(in_zone=row.in_zone)
    money = [amount(row.now), amount(row.then), _signed(row.difference)]
    return [row.customer_key, row.plan_key, f"{first} to {last}", *money, row.now.currency.code]


def _signed(money: Money) -> str:
    return f"+{amount(money)}" if money.minor > 0 else amount(money)


def _moneys(now: Money, then: Money) -> dict[str, str]:
    return {"now": str(now.amount), "then": str(then.amount), "difference": str((then - now).amount)}
