"""Charts that Slack draws itself: usage by day or hour, at most twenty bars, with a text where none are drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from farthing.core.exact import Exact
from farthing.core.rating.line import added
from farthing.slack.views.blocks import Block, cut, preformatted
from farthing.slack.views.words import number_text, say, several, short_day

MOST_BARS = 20
MOST_SERIES = 6
MOST_CHARTS = 2
WIDEST_BAR = 24
BAR_CELLS = 20


@dataclass(frozen=True, slots=True)
class DailyUsage:
    """One meter's quantities by local day, oldest first; levels, such as seats, do not add up over days."""

    name: str
    unit: str
    days: Sequence[tuple[date, Exact]]
    adds_up: bool = True


def bar(percent: int, *, cells: int = BAR_CELLS) -> str:
    """A bar of so many cells; empty at nothing and less, full once all is reached.

    >>> bar(30, cells=10), bar(-20, cells=4), bar(180, cells=4)
    ('███░░░░░░░', '░░░░', '████')
    """
    full = max(0, min(cells, percent * cells // 100))
    return "█" * full + "░" * (cells - full)


def charts(usages: Sequence[DailyUsage]) -> list[Block]:
    """A chart for each unit, since what has different units cannot share an axis; at most two of them."""
    by_unit: dict[tuple[str, bool], list[DailyUsage]] = {}
    for usage in usages:
        if usage.days and any(quantity for _, quantity in usage.days):
            by_unit.setdefault((usage.unit, usage.adds_up), []).append(usage)
    return [_chart(unit, alike[:MOST_SERIES]) for (unit, _), alike in list(by_unit.items())[:MOST_CHARTS]]


def hours_chart(title: str, labels: Sequence[str], series: Mapping[str, Sequence[int]], *, kind: str) -> Block:
    """Counts by the hour, as a chart of this kind: bar or line. Of two hours that look alike the later is numbered."""
    categories = _distinct(labels)
    names = _distinct([cut(name, MOST_BARS) for name in series])
    return {
        "type": "data_visualization",
        "title": cut(title, 50),
        "chart": {
            "type": kind,
            "series": [
                {
                    "name": name,
                    "data": [{"label": at, "value": many} for at, many in zip(categories, each, strict=True)],
                }
                for name, each in zip(names, series.values(), strict=True)
            ],
            "axis_config": {"categories": categories},
        },
    }


def grouped(days: Sequence[tuple[date, Exact]], *, adds_up: bool = True) -> list[tuple[str, Exact]]:
    """Days put together so that there are at most twenty groups, each with its label: their sum, or their most.

    >>> month = [(date(2026, 1, n + 1), Decimal(1)) for n in range(31)]
    >>> [len(grouped(month)), *grouped(month)[:2], grouped(month)[-1]]
    [16, ('1–2 Jan', Decimal('2')), ('3–4 Jan', Decimal('2')), ('31 Jan', Decimal('1'))]
    """
    size = -(-len(days) // MOST_BARS)
    groups: list[tuple[str, Exact]] = []
    for start in range(0, len(days), size):
        group = days[start : start + size]
        quantities = [quantity for _, quantity in group]
        groups.append((_label(group[0][0], group[-1][0]), added(quantities) if adds_up else max(quantities)))
    return groups


def without_native(blocks: Sequence[Block]) -> list[Block]:
    """The same message for a workspace that has no charts or tables yet: both become columns of text."""
    return [_as_text(block) for block in blocks]


def is_native(blocks: Sequence[Block]) -> bool:
    """Whether there is anything that a workspace may not have yet."""
    return any(block["type"] in ("data_visualization", "table") for block in blocks)


def _chart(unit: str, usages: Sequence[DailyUsage]) -> Block:
    bar = -(-len(usages[0].days) // MOST_BARS)
    what = unit.capitalize() or say("Usage")
    if bar == 1:
        title = say("{what} by day", what=what)
    elif usages[0].adds_up:
        title = several("{what} by day, {days} day a bar", "{what} by day, {days} days a bar", bar, what=what, days=bar)
    else:
        title = several(
            "{what} by day, the most of {days} day", "{what} by day, the most of {days} days", bar, what=what, days=bar
        )
    names = _distinct([cut(usage.name, MOST_BARS) for usage in usages])
    series = [{"name": name, "data": _points(usage)} for name, usage in zip(names, usages, strict=True)]
    categories = [label for label, _ in grouped(usages[0].days)]
    return {
        "type": "data_visualization",
        "title": cut(title, 50),
        "chart": {"type": "bar", "series": series, "axis_config": {"categories": categories}},
    }


def _points(usage: DailyUsage) -> list[Block]:
    groups = grouped(usage.days, adds_up=usage.adds_up)
    return [{"label": label, "value": _drawn(quantity)} for label, quantity in groups]


def _label(first: date, last: date) -> str:
    if first == last:
        return short_day(first)
    if first.month == last.month:
        return f"{first.day}–{short_day(last)}"
    return f"{short_day(first)} – {short_day(last)}"


def _drawn(quantity: Exact) -> int | float:
    """A number for the eye: JSON knows no decimals, and a bar is no figure; figures stand beside it as text."""
    return int(quantity) if quantity == int(quantity) else float(quantity)


def _distinct(names: Sequence[str]) -> list[str]:
    seen: list[str] = []
    for name in names:
        seen.append(name if name not in seen else f"{cut(name, 16)} {len(seen) + 1}")
    return seen


def _as_text(block: Block) -> Block:
    if block["type"] == "table":
        rows = [[cell["text"] for cell in row] for row in block["rows"]]
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        settings = block["column_settings"]
        lines = [
            "  ".join(
                cell.rjust(widths[column]) if settings[column]["align"] == "right" else cell.ljust(widths[column])
                for column, cell in enumerate(row)
            ).rstrip()
            for row in rows
        ]
        return preformatted("\n".join(lines))
    if block["type"] == "data_visualization":
        return preformatted(_drawn_in_letters(block))
    return block


def _drawn_in_letters(block: Block) -> str:
    series = block["chart"]["series"]
    most = max(point["value"] for each in series for point in each["data"]) or 1
    lines = [block["title"]]
    for each in series:
        lines.append(each["name"])
        for point in each["data"]:
            bar = "█" * int(WIDEST_BAR * max(point["value"], 0) / most)
            lines.append(f"{point['label']:>10} {bar} {number_text(Decimal(str(point['value'])))}")
    return "\n".join(lines)
