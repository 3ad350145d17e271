"""How usage arrives, for who looks after the data: the audit of a day, silent sources, events in conflict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from farthing.core.metering.differences import Differing
from farthing.core.metering.event import canonical
from farthing.core.period import local_date, zone
from farthing.core.quality.audit import Audit, SourceAudit
from farthing.core.quality.days import SourceDay
from farthing.core.quality.words import (
    clock_text,
    concerns,
    events_words,
    source_name,
    source_verdict,
    time_words,
    unattributed_words,
    verdict,
)
from farthing.slack.views.blocks import Block, Card, cut, escaped, header, section, small_print, table
from farthing.slack.views.charts import MOST_CHARTS, MOST_SERIES, hours_chart
from farthing.slack.views.words import audit_telling, day_text, hour_text, number_text, say, several

MOST_ROWS = 12
MOST_CONCERNS = 15
LONGEST_NAME = 40
HOURS_A_BAR = 2


@dataclass(frozen=True, slots=True)
class SilentSource:
    """A source that fell silent; `hours` are those of its last day, each with its events and those a week before."""

    source: str
    since: datetime
    back_at: datetime | None
    hours: Sequence[tuple[datetime, int, int]]


@dataclass(frozen=True, slots=True)
class TwoEvents:
    """The source and id that two events share, and what the second says otherwise."""

    source: str
    id: str
    differing: Sequence[Differing]


def audit_card(audit: Audit) -> Card:
    """A day's verdict, with a chart of its hours and a row for each source."""
    telling = audit_telling()
    told = concerns(audit, marked=_code, telling=telling)
    whole = several(
        "*{events}* from *{number} source*",
        "*{events}* from *{number} sources*",
        audit.heard,
        events=events_words(audit.accepted, telling),
        number=number_text(audit.heard),
    )
    blocks: list[Block] = [header(say("Usage on {day}", day=day_text(audit.day)))]
    if not told:
        blocks.append(section(say(":white_check_mark: {usage}; all clear.", usage=whole)))
    else:
        lines = [f"• {escaped(one)}" for one in told[:MOST_CONCERNS]]
        lines += [f"• {each}" for each in _and_more(len(told))]
        blocks.append(section("\n".join([say(":warning: {usage}; all clear but:", usage=whole), *lines])))
    blocks += _audit_chart(audit)
    if audit.sources:
        blocks.append(table(_audit_rows(audit), right=(2, 3, 4, 5)))
    if not audit.newly_unattributed and audit.unattributed:
        before = escaped(unattributed_words(audit.unattributed, telling))
        blocks.append(small_print(say("As before: {what}.", what=before)))
    blocks.append(
        small_print(
            say(
                "Received on {day} in {zone}. `farthing usage audit --day {iso_day}` prints the same; "
                "`farthing usage sources` tells how each source stands now.",
                day=escaped(day_text(audit.day)),
                zone=escaped(audit.in_zone),
                iso_day=audit.day,
            )
        )
    )
    return Card(escaped(verdict(audit, telling=telling)), blocks)


def silent_card(silent: Sequence[SilentSource], *, at: datetime, in_zone: str) -> Card:
    """Sources that fell silent, found at this moment; those that are back meanwhile are told as such."""
    read_on = local_date(at, in_zone=in_zone)
    still = [one for one in silent if one.back_at is None]
    lines = [_silence(one, at=at, read_on=read_on, in_zone=in_zone) for one in silent[:MOST_CONCERNS]]
    lines += _and_more(len(silent))
    if still:
        title = several(
            "A source of usage fell silent",
            "{number} sources of usage fell silent",
            len(still),
            number=number_text(len(still)),
        )
    else:
        title = several(
            "A source of usage was silent",
            "{number} sources of usage were silent",
            len(silent),
            number=number_text(len(silent)),
        )
    blocks: list[Block] = [header(title), section("\n".join(lines))]
    for one in silent[:MOST_CHARTS]:
        name = cut(source_name(one.source), LONGEST_NAME)
        series = {
            say("sent"): [sent for _, sent, _ in one.hours],
            say("a week before"): [before for _, _, before in one.hours],
        }
        blocks += _chart(
            say("{what} by hour", what=name), [hour for hour, _, _ in one.hours], series, in_zone=in_zone, kind="line"
        )
    if still:
        blocks.append(
            section(
                say(
                    "*Next:* see whether it runs and reaches Farthing. What it held back may be sent later, and is "
                    "billed by the time at which it happened."
                )
            )
        )
    plain = [_silence(one, at=at, read_on=read_on, in_zone=in_zone, plain=True) for one in silent[:MOST_CONCERNS]]
    return Card(say("{title}: {what}", title=title, what="; ".join(plain)), blocks)


def back_card(back: Sequence[SilentSource], *, at: datetime, in_zone: str) -> Card:
    """Sources that were silent and send again."""
    read_on, telling = local_date(at, in_zone=in_zone), audit_telling()
    marked, plain = [], []
    for one in back[:MOST_CONCERNS]:
        assert one.back_at is not None, "it is back"
        begins, ends = (
            clock_text(moment, in_zone=in_zone, read_on=read_on, telling=telling) for moment in (one.since, one.back_at)
        )
        said = say(
            "sends again since {back}; it was quiet since {since}, {time} in all",
            back=ends,
            since=begins,
            time=time_words(one.back_at - one.since, telling),
        )
        marked.append(f"{escaped(_code(source_name(one.source)))} {said}.")
        plain.append(f"{source_name(one.source)} {said}")
    title = several(
        "A source of usage is back", "{number} sources of usage are back", len(back), number=number_text(len(back))
    )
    text = say("{title}: {what}", title=title, what=f"{'; '.join(plain)}.")
    return Card(escaped(text), [header(title), section(":white_check_mark: " + "\n".join(marked))])


def conflicts_card(conflicts: Sequence[TwoEvents], *, count: int, hour: datetime, in_zone: str) -> Card:
    """Events of one hour in conflict with others: which they are, and what each pair says differently."""
    local = hour.astimezone(zone(in_zone))
    until = (hour + timedelta(hours=1)).astimezone(zone(in_zone))
    said = several(
        "{number} event came between {begin} and {end} on {day} with a source and id that another event holds, and "
        "with other content. The first one counts; both are kept.",
        "{number} events came between {begin} and {end} on {day} with a source and id that another event holds, and "
        "with other content. The first one counts; both are kept.",
        count,
        number=number_text(count),
        begin=f"{local:%H:%M}",
        end=f"{until:%H:%M}",
        day=day_text(local.date()),
    )
    rows = [[say("Source"), say("Id"), say("Says of"), say("First"), say("Then")]]
    for one in conflicts[:MOST_ROWS]:
        first = one.differing[0] if one.differing else None
        rows.append(
            [
                source_name(one.source, most=LONGEST_NAME),
                source_name(one.id, most=LONGEST_NAME),
                "–" if first is None else _says_of(source_name(first.what, most=30), len(one.differing) - 1),
                "–" if first is None else _value(first.accepted),
                "–" if first is None else _value(first.other),
            ]
        )
    if count > len(conflicts[:MOST_ROWS]):
        more = say("{number} more", number=number_text(count - len(conflicts[:MOST_ROWS])))
        rows.append([more, "–", "–", "–", "–"])
    title = several("{number} event in conflict", "{number} events in conflict", count, number=number_text(count))
    return Card(
        escaped(say("{title}: {what}", title=title, what=said)),
        [
            header(title),
            section(f":warning: {escaped(said)}"),
            table(rows),
            section(
                say(
                    "*Next:* see both contents in full with `farthing usage conflicts`, and ask who runs the source "
                    "which one is right."
                )
            ),
        ],
    )


def _says_of(what: str, more: int) -> str:
    return say("{what} and {number} more", what=what, number=number_text(more)) if more else what


def _and_more(many: int) -> list[str]:
    """A line that says how many are left out, where some are."""
    return [say("and {number} more", number=number_text(many - MOST_CONCERNS))] if many > MOST_CONCERNS else []


def _value(value: Any) -> str:
    return say("nothing") if value is None else source_name(canonical(value), most=30)


def _silence(one: SilentSource, *, at: datetime, read_on: date, in_zone: str, plain: bool = False) -> str:
    name, telling = source_name(one.source), audit_telling()
    since = clock_text(one.since, in_zone=in_zone, read_on=read_on, telling=telling)
    mark = "" if plain else ":warning: "
    if one.back_at is not None:
        mark = "" if plain else ":white_check_mark: "
        back = clock_text(one.back_at, in_zone=in_zone, read_on=read_on, telling=telling)
        said = say("sent nothing from {since} on, and sends again since {back}.", since=since, back=back)
    else:
        said = say(
            "has sent nothing since {since}, for {time}, longer than it is ever quiet by itself.",
            since=since,
            time=time_words(at - one.since, telling),
        )
    return f"{mark}{escaped(name if plain else _code(name))} {said}"


def _audit_rows(audit: Audit) -> list[list[str]]:
    rows = [
        [
            say("Source"),
            say("Verdict"),
            say("Accepted"),
            say("Sent again"),
            say("In conflict"),
            say("Kept apart"),
        ]
    ]
    odd_first = sorted(audit.sources, key=lambda one: not one.oddities)
    for one in odd_first[:MOST_ROWS]:
        day = one.day
        rows.append(
            [
                source_name(one.source, most=LONGEST_NAME),
                source_verdict(one, in_zone=audit.in_zone, read_on=audit.day, telling=audit_telling()),
                number_text(day.accepted),
                number_text(day.duplicates),
                number_text(day.conflicts),
                number_text(day.quarantined),
            ]
        )
    rest = odd_first[MOST_ROWS:]
    if rest:
        sums = [
            sum(count)
            for count in zip(
                *((each.day.accepted, each.day.duplicates, each.day.conflicts, each.day.quarantined) for each in rest),
                strict=True,
            )
        ]
        odd = sum(1 for one in rest if one.oddities)
        verdict_on_rest = say("{number} odd", number=number_text(odd)) if odd else say("as usual")
        more = say("{number} more", number=number_text(len(rest)))
        rows.append([more, verdict_on_rest, *(number_text(each) for each in sums)])
    return rows


def _audit_chart(audit: Audit) -> list[Block]:
    drawn = [one for one in audit.sources if one.day.events]
    if not drawn:
        return []
    hours = _hours_of(audit)
    named, rest = drawn[: MOST_SERIES - 1], drawn[MOST_SERIES - 1 :]
    if len(rest) == 1:
        named, rest = drawn, []
    series = {source_name(one.source): _by_hour([one], hours) for one in named}
    if rest:
        others = several("{number} other", "{number} others", len(rest), number=number_text(len(rest)))
        series[others] = _by_hour(rest, hours)
    title = say("Events received on {day}", day=day_text(audit.day))
    return _chart(title, hours, series, in_zone=audit.in_zone, kind="bar")


def _hours_of(audit: Audit) -> list[datetime]:
    """The hours of the day by its clock; 23 or 25 where clocks change."""
    midnight = datetime.combine(audit.day, datetime.min.time(), tzinfo=zone(audit.in_zone))
    following = datetime.combine(audit.day + timedelta(days=1), datetime.min.time(), tzinfo=zone(audit.in_zone))
    count = int((following.timestamp() - midnight.timestamp()) // 3600)
    first = datetime.fromtimestamp(midnight.timestamp(), tz=zone("UTC"))
    return [first + timedelta(hours=number) for number in range(count)]


def _by_hour(sources: Sequence[SourceAudit], hours: Sequence[datetime]) -> list[int]:
    events: dict[datetime, int] = {}
    for one in sources:
        day: SourceDay = one.day
        for hour in day.hours:
            # Where the day does not begin with an hour of UTC, an hour belongs to the one of the day that began last.
            events[hour.hour] = events.get(hour.hour, 0) + hour.events
    return [sum(many for at, many in events.items() if hour <= at < hour + timedelta(hours=1)) for hour in hours]


def _chart(
    title: str, hours: Sequence[datetime], series: dict[str, list[int]], *, in_zone: str, kind: str
) -> list[Block]:
    """A chart in bars of two hours; nothing where there is nothing to see."""
    if not any(any(counts) for counts in series.values()):
        return []
    places = range(0, len(hours), HOURS_A_BAR)
    local = [hours[place].astimezone(zone(in_zone)) for place in places]
    one_day = len({at.date() for at in local}) == 1
    labels = [hour_text(at, with_weekday=not one_day) for at in local]
    grouped = {name: [sum(counts[place : place + HOURS_A_BAR]) for place in places] for name, counts in series.items()}
    return [hours_chart(title, labels, grouped, kind=kind)]


def _code(name: str) -> str:
    """Text that a sender wrote, so that Slack makes no link of it and no mark in it means anything."""
    return f"`{name.replace('`', '´')}`"
