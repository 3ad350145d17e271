"""The calculator: what a plan in a file would charge for quantities, each sum shown, without a database."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from farthing.catalogues.file import Catalogue, Mistakes, read_catalogue
from farthing.cli.explained import CELLS_SHOWN, arithmetic_lines
from farthing.cli.say import Sentence, amount, counted, grouped, showable
from farthing.cli.text_plot import DOTS, HEIGHT, PLAIN, WIDTH, text_plot
from farthing.core.metering.words import unit_of
from farthing.core.money import exact_decimal
from farthing.core.pricing.plan import Plan, Timing
from farthing.core.rating.line import LineKind
from farthing.core.rating.written import digits, digits_and_fraction
from farthing.core.refused import Refused
from farthing.usecases.draw_price import Picture, draw_price
from farthing.usecases.price_usage import Priced, PricedLine, Stated, as_data, as_plan, price_named, price_usage

# An axis, its numbers and its unit stand beside the plot.
_BESIDE_THE_PLOT = 18
_NARROWEST = 20


@click.command("price")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--plan", "plan_key", metavar="KEY", help="Which of the file's plans; needless when there is one.")
@click.option("--add-on", "add_on_key", metavar="KEY", help="One of the file's add-ons instead, by itself.")
@click.option("--phase", metavar="KEY", help="A phase of the plan; without it what goes on for ever.")
@click.option("--currency", metavar="CODE", help="One of the plan's currencies; without it the first.")
@click.option("--usage", multiple=True, metavar="NAME=QUANTITY", help="How much a meter measured; or a price's key.")
@click.option(
    "--group",
    "grouped_usage",
    multiple=True,
    metavar="NAME:PROPERTY=VALUE=QUANTITY",
    help="The same of one group; several properties with commas between.",
)
@click.option("--events", multiple=True, metavar="NAME=NUMBER", help="In how many events, for fees on each.")
@click.option("--amounts", multiple=True, metavar="NAME=A,B,C", help="What each event carries, one by one.")
@click.option("--before", multiple=True, metavar="NAME=QUANTITY", help="What was used earlier in the contract.")
@click.option("--quantity", "quantities", multiple=True, metavar="NAME=NUMBER", help="An agreed quantity; else 1.")
@click.option("--plot", metavar="PRICE", help="Draw this price here: its key, or PRICE:PROPERTY=VALUE.")
@click.option("--png", type=click.Path(dir_okay=False, path_type=Path), help="Draw it as a picture in this file.")
@click.option("--plot-to", metavar="QUANTITY", help="How far to draw; without it until all tiers are seen.")
@click.option(
    "--cells", type=click.IntRange(0), default=CELLS_SHOWN, show_default=True, help="How many groups of a line to show."
)
@click.option("--json", "as_json", is_flag=True, help="As JSON, exact to the digit.")
def command(
    file: Path,
    plan_key: str | None,
    add_on_key: str | None,
    phase: str | None,
    currency: str | None,
    usage: tuple[str, ...],
    grouped_usage: tuple[str, ...],
    events: tuple[str, ...],
    amounts: tuple[str, ...],
    before: tuple[str, ...],
    quantities: tuple[str, ...],
    plot: str | None,
    png: Path | None,
    plot_to: str | None,
    cells: int,
    as_json: bool,
) -> None:
    """What one whole period of a plan or an add-on in FILE (a catalogue, YAML) costs, every sum shown; nothing is kept.

    \b
    farthing price examples/catalog.yaml --plan starter --usage input_tokens=1234567
    farthing price catalog.yaml --quantity seats=10 --group input:model=large=5000 --plot input
    """
    if as_json and plot is not None:
        raise Refused("JSON holds no picture; leave --plot or --json out.")
    if plan_key is not None and add_on_key is not None:
        raise Refused("--plan and --add-on are priced one at a time; leave one of them out.")
    if png is not None and png.suffix.lower() != ".png":
        raise Refused(f"A picture is written as PNG; name the file {png.with_suffix('.png').name} instead.")
    plan = _plan(file, plan_key) if add_on_key is None else _add_on(file, add_on_key)
    if currency is not None:
        plan = plan.in_currency(currency.upper())
    stated = [
        *_stated("--usage", usage, _number, lambda name, of, read: Stated(name, of, quantity=read)),
        *_stated("--group", grouped_usage, _number, lambda name, of, read: Stated(name, of, quantity=read)),
        *_stated("--events", events, _whole, lambda name, of, read: Stated(name, of, events=read)),
        *_stated("--amounts", amounts, _numbers, lambda name, of, read: Stated(name, of, amounts=read)),
        *_stated("--before", before, _number, lambda name, of, read: Stated(name, of, before=read)),
    ]
    agreed = _agreed(quantities)
    priced = price_usage(plan, stated, agreed, phase=phase)
    picture = None
    if plot is not None or png is not None:
        name, of = _name_and_group(plot if plot is not None else _only_drawable(priced, stated, agreed))
        picture = draw_price(priced, name, of, up_to=None if plot_to is None else _number(plot_to, of="--plot-to"))
    elif plot_to is not None:
        raise Refused("--plot-to says how far to draw; --plot or --png says that there is something to draw.")
    if as_json:
        click.echo(json.dumps(as_data(priced), ensure_ascii=False, indent=2))
    else:
        click.echo(showable("\n".join(priced_lines(priced, agreed, cells=cells))))
    if picture is not None and plot is not None:
        above = [picture.name, *([picture.note] if picture.note else [])]
        click.echo("\n".join(["", *map(showable, above), *plot_lines(picture)]))
    if picture is not None and png is not None:
        _write(png, picture, quietly=as_json)


def priced_lines(priced: Priced, agreed: Collection[str], *, cells: int = CELLS_SHOWN) -> list[str]:
    """The text of it, line by line; of a line's groups so many. `agreed` names the quantities that were said."""
    plan, phase = priced.plan, priced.phase
    when = "" if phase is None else f", in its phase “{phase.name}” of {phase.lasts}"
    lines = [f"{plan.name}{when}: one whole period, in {plan.currency}", ""]
    for number, each in enumerate(priced.lines, start=1):
        lines += [f"{number}. {_headline(each)}", *_body(each, agreed, cells=cells), ""]
    sums = " + ".join(amount(each.line.amount) for each in priced.lines)
    total = f"{amount(priced.total)} {priced.total.currency}"
    lines.append(f"Total {sums} = {total}".replace("+ -", "- ") if len(priced.lines) > 1 else f"Total {total}")
    if phase is None and plan.phases:
        keys = " or ".join(each.key for each in plan.phases)
        lines.append(f"This is what goes on for ever; --phase {keys} prices what comes before.")
    return lines


def plot_lines(picture: Picture) -> list[str]:
    """The picture as text, in what the terminal can show."""
    encoding = sys.stdout.encoding or "ascii"
    try:
        "⣿│●".encode(encoding)
        signs = DOTS
    except UnicodeEncodeError:
        signs = PLAIN
    width = max(_NARROWEST, min(WIDTH, shutil.get_terminal_size().columns - _BESIDE_THE_PLOT))
    drawn = text_plot(
        picture.curve,
        quantity_in=picture.quantity_in,
        amount_in=picture.amount_in,
        marked=picture.marked,
        whole=picture.whole,
        signs=signs,
        width=width,
        height=HEIGHT,
    )
    return [*drawn, *([] if picture.marked is None else [f"{signs.marked} {said_of(picture)}"])]


def said_of(picture: Picture) -> str:
    """The point that is marked, in words."""
    assert picture.marked is not None, "nothing is marked"
    number = picture.marked.quantity
    quantity = f"{digits(number)} {unit_of(number, picture.quantity_in)}".strip()
    return f"{quantity}: {digits(picture.marked.amount)} {picture.amount_in}{' in all' if picture.in_all else ''}"


def _headline(each: PricedLine) -> str:
    line, price = each.line, each.rests.price
    when = ""
    if price is not None and price.meter is None:
        when = {Timing.ADVANCE: ", in advance", Timing.ARREARS: ", in arrears", Timing.ONCE: ", once"}[price.timing]
    return f"{line.name}{when}: {amount(line.amount)} {line.amount.currency}"


def _body(each: PricedLine, agreed: Collection[str], *, cells: int) -> list[str]:
    line, price, commitment = each.line, each.rests.price, each.rests.commitment
    lines = []
    if commitment is not None:
        on = "all prices" if commitment.prices is None else ", ".join(commitment.prices)
        what = "What is missing to" if line.kind is LineKind.TRUE_UP else "For what lies beyond"
        lines.append(f"  {what} a commitment of {grouped(commitment.amount)}, on {on}")
    elif price is not None and price.quantity is not None:
        how_many = ", as agreed" if price.quantity in agreed else f"; --quantity {price.quantity}=NUMBER says how many"
        lines.append(f"  {price.quantity}: {grouped(line.quantity)}{how_many}")
    elif price is not None and price.meter is not None:
        events = sum(cell.events for cell in line.cells)
        unit = f" {unit_of(line.quantity, line.unit)}" if line.unit else ""
        in_events = f" in {counted(events, 'event')}" if events and price.meter.measure.kind != "count" else ""
        lines.append(f"  {digits_and_fraction(line.quantity)}{unit}{in_events}, measured by {price.meter.key}")
    # Of a group nobody said in how many events: that there were none is not meant.
    return [
        *lines,
        *(sum_of.removesuffix(" in 0 events") for sum_of in arithmetic_lines(line, each.in_words(most=cells))),
    ]


def _plan(file: Path, key: str | None) -> Plan:
    catalogue = _catalogue(file)
    plans = {plan.key: plan for plan in catalogue.plans}
    add_ons = [add_on.key for add_on in catalogue.add_ons]
    if key in add_ons and key not in plans:
        raise Refused(f"“{key}” is an add-on; price it with --add-on {key}.")
    if not plans:
        beside = f"; for its add-ons there is --add-on: {', '.join(add_ons)}" if add_ons else ""
        raise Refused(f"{file} has no plans, so there is nothing to price with{beside}.")
    if key is None and len(plans) > 1:
        raise Refused(f"{file} has several plans; choose one with --plan: {', '.join(plans)}.")
    if key is not None and key not in plans:
        raise Refused(f"{file} has no plan “{key}”; there {'is' if len(plans) == 1 else 'are'}: {', '.join(plans)}.")
    return next(iter(plans.values())) if key is None else plans[key]


def _add_on(file: Path, key: str) -> Plan:
    add_ons = {add_on.key: add_on for add_on in _catalogue(file).add_ons}
    if key not in add_ons:
        known = f"there {'is' if len(add_ons) == 1 else 'are'}: {', '.join(add_ons)}" if add_ons else "it has none"
        raise Refused(f"{file} has no add-on “{key}”; {known}.")
    return as_plan(add_ons[key])


def _catalogue(file: Path) -> Catalogue:
    try:
        written = file.read_bytes()
    except OSError as fault:
        raise Sentence(f"{file} cannot be read: {(fault.strerror or 'no reason given').lower()}.") from None
    try:
        return read_catalogue(written, known={})
    except Mistakes as mistakes:
        lines = [f"{file}:{m.line}:{m.column}: {m.sentence}" for m in mistakes.found]
        raise Sentence("\n".join([*lines, f"{counted(len(lines), 'mistake')}; nothing was priced."])) from None


def _stated(
    option: str,
    written: Iterable[str],
    read: Callable[..., Any],
    make: Callable[[str, dict[str, str | None], Any], Stated],
) -> list[Stated]:
    stated = []
    for each in written:
        left, equals, right = each.rpartition("=")
        if not equals or not left.strip():
            raise Refused(f"{option} takes a name and a number, such as tokens=1000; “{each[:64]}” is not that.")
        name, of = _name_and_group(left)
        stated.append(make(name, of, read(right, of=f"{option} {left}")))
    return stated


def _name_and_group(written: str) -> tuple[str, dict[str, str | None]]:
    """A name, and the group values behind it.

    >>> _name_and_group("input:model=large,region=eu")
    ('input', {'model': 'large', 'region': 'eu'})
    """
    first, *more = written.split(",")
    before, equals, value = first.partition("=")
    if not equals:
        return written.strip(), {}
    name, colon, group_name = before.rpartition(":")
    pairs = [(group_name, value), *(pair.partition("=")[::2] for pair in more)]
    if not colon or not name or not all(named.strip() for named, _ in pairs):
        raise Refused(f"“{written[:64]}” names no group; write PRICE:PROPERTY=VALUE, such as input:model=large.")
    return name.strip(), {named.strip(): value for named, value in pairs}


def _agreed(written: Sequence[str]) -> dict[str, Decimal]:
    agreed: dict[str, Decimal] = {}
    for each in written:
        name, equals, number = each.partition("=")
        if not equals or not name.strip():
            raise Refused(f"--quantity takes a name and a number, such as seats=10; “{each[:64]}” is not that.")
        if name.strip() in agreed:
            raise Refused(f"--quantity {name} is given twice; keep one of them.")
        agreed[name.strip()] = _number(number, of=f"--quantity {name}")
    return agreed


def _number(written: str, *, of: str) -> Decimal:
    return exact_decimal(written.replace("_", ""), what=f"The number of {of}")


def _numbers(written: str, *, of: str) -> tuple[Decimal, ...]:
    return tuple(_number(each, of=of) for each in written.split(",")) if written.strip() else ()


def _whole(written: str, *, of: str) -> int:
    number = _number(written, of=of)
    if number != int(number) or number < 0:
        raise Refused(f"{of} counts events, so it takes a whole number, such as 12; “{written[:64]}” is none.")
    return int(number)


def _only_drawable(priced: Priced, stated: Iterable[Stated], agreed: Collection[str]) -> str:
    """The price to be drawn when none is named: the only one there is, or the only one of which something was said."""
    drawable = [price for price in priced.prices if price.meter is not None or price.quantity is not None]
    if not drawable:
        raise Refused("The plan has only fees of one amount, so there is nothing to draw.")
    said = {price_named(priced.prices, each.name).key for each in stated}
    said |= {price.key for price in drawable if price.quantity in agreed}
    keys = [price.key for price in drawable]
    chosen = keys if len(keys) == 1 else [key for key in keys if key in said]
    if len(chosen) != 1:
        raise Refused(f"Say which price to draw, with --plot: {', '.join(keys)}.")
    return chosen[0]


def _write(file: Path, picture: Picture, *, quietly: bool) -> None:
    # Loaded only now: drawing takes longer to load than everything else to run.
    from farthing.documents.price_chart import price_chart_png

    said = "" if picture.marked is None else said_of(picture)
    png = price_chart_png(
        picture.name,
        picture.curve,
        quantity_in=picture.quantity_in,
        amount_in=picture.amount_in,
        marked=picture.marked,
        said=said,
        note=picture.note,
        whole=picture.whole,
    )
    try:
        file.write_bytes(png)
    except OSError as fault:
        raise Sentence(f"{file} cannot be written: {(fault.strerror or 'no reason given').lower()}.") from None
    if not quietly:
        click.echo(f"{file} ({counted(len(png), 'byte')})")
