"""An audit in words: one verdict, and a sentence for each thing that somebody should look at."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from farthing.core.period import zone
from farthing.core.quality.audit import Audit, NoOnes, SourceAudit
from farthing.core.quality.days import (
    ClockAhead,
    ComesLate,
    Jumped,
    KeptApart,
    Oddity,
    Repeated,
    Silent,
)
from farthing.core.quality.telling import IN_ENGLISH, Telling

LONGEST_SOURCE = 60
MOST_NAMED = 5
# Around a name that runs from right to left, so that what stands beside it stays where it is.
_ISOLATED = "\u2068{}\u2069"


def source_name(source: str, *, most: int = LONGEST_SOURCE) -> str:
    """A source as it can be shown: on one line, not too long, and unable to look like another or to turn text around.

    >>> source_name("eu-1"), source_name("a\\u202eb\\n"), source_name("x" * 99, most=5)
    ('eu-1', 'a⟨202E⟩b⟨A⟩', 'xxxx…')
    """
    shown = "".join(
        character if character == " " or character.isprintable() else f"⟨{ord(character):X}⟩" for character in source
    )
    shown = shown if len(shown) <= most else f"{shown[: most - 1]}…"
    turned = any(unicodedata.bidirectional(character) in ("R", "AL") for character in shown)
    return _ISOLATED.format(shown) if turned else shown


def verdict(audit: Audit, *, day_name: str | None = None, telling: Telling = IN_ENGLISH) -> str:
    """The whole day in one sentence, such as notifications show."""
    when = day_name or telling.say("On {day}", day=telling.day(audit.day))
    whole = telling.say("{when} {usage}", when=when, usage=usage_words(audit, telling))
    if audit.is_clear:
        return telling.say("{usage}; all clear.", usage=whole)
    told = "; ".join(concerns(audit, telling=telling))
    return telling.say("{usage}; all clear but: {concerns}.", usage=whole, concerns=told)


def usage_words(audit: Audit, telling: Telling = IN_ENGLISH) -> str:
    """How much came from how many."""
    events = events_words(audit.accepted, telling)
    return telling.several(
        "{events} from {number} source", "{events} from {number} sources", audit.heard, events=events
    )


def events_words(number: int, telling: Telling = IN_ENGLISH) -> str:
    """So many events.

    >>> events_words(1), events_words(1204331)
    ('1 event', '1,204,331 events')
    """
    return telling.several("{number} event", "{number} events", number)


def concerns(audit: Audit, *, marked: Callable[[str], str] = str, telling: Telling = IN_ENGLISH) -> list[str]:
    """What somebody should look at, the gravest first; each is a sentence without its full stop.

    `marked` is how a text stands out that senders wrote, such as a source's name.
    """
    found: list[tuple[int, str]] = []
    for one in audit.sources:
        for odd in one.oddities:
            grave = _GRAVEST.index(type(odd))
            said = oddity_words(odd, audit=audit, telling=telling)
            found.append((grave, f"{marked(source_name(one.source))} {said}"))
    told = [sentence for _, sentence in sorted(found, key=lambda each: each[0])]
    if audit.newly_unattributed:
        told.append(unattributed_words(audit.newly_unattributed, telling))
    if audit.conflicts:
        told.append(
            telling.several(
                "{number} event in conflict with another of the same source and id",
                "{number} events in conflict with another of the same source and id",
                audit.conflicts,
            )
        )
    if audit.quarantine:
        told.append(quarantine_words(audit.quarantine, marked=marked, telling=telling))
    return told


def unattributed_words(unattributed: Sequence[NoOnes], telling: Telling = IN_ENGLISH) -> str:
    """Whose usage no subscription covers, and how much it is."""
    keys = list(dict.fromkeys(one.customer_key for one in unattributed))
    named = keys
    if len(keys) > MOST_NAMED:
        named = [*keys[:MOST_NAMED], telling.say("{number} more", number=telling.number(len(keys) - MOST_NAMED))]
    whose = named[0] if len(named) == 1 else f"{', '.join(named[:-1])} {telling.say('and')} {named[-1]}"
    return telling.several(
        "{number} event of {customers} falls outside every subscription and will not be billed",
        "{number} events of {customers} fall outside every subscription and will not be billed",
        sum(one.events for one in unattributed),
        customers=whose,
    )


def quarantine_words(
    quarantine: Sequence[tuple[str, int]], *, marked: Callable[[str], str] = str, telling: Telling = IN_ENGLISH
) -> str:
    """How many of the day's events are kept apart, and the most frequent reason."""
    events = sum(many for _, many in quarantine)
    reason, most = quarantine[0]
    said = marked(source_name(reason, most=160).rstrip("."))
    if len(quarantine) == 1:
        return telling.several(
            "{number} event in quarantine because: {reason}",
            "{number} events in quarantine because: {reason}",
            events,
            reason=said,
        )
    return telling.several(
        "{number} event in quarantine, {most} of them because: {reason}",
        "{number} events in quarantine, {most} of them because: {reason}",
        events,
        most=telling.number(most),
        reason=said,
    )


def source_verdict(one: SourceAudit, *, in_zone: str, read_on: date, telling: Telling = IN_ENGLISH) -> str:
    """How a source stands, in a few words.

    `read_on` is the day from which the reader looks: of a time on that day, the day is not told.
    """
    if one.oddities:
        return "; ".join(_said(odd, telling, in_zone=in_zone, read_on=read_on) for odd in one.oddities)
    return telling.say("new") if one.is_new else telling.say("as usual")


def oddity_words(odd: Oddity, *, audit: Audit, telling: Telling = IN_ENGLISH) -> str:
    """What was odd about the day of an audit."""
    return _said(odd, telling, in_zone=audit.in_zone, read_on=audit.day)


def share_text(share: int, telling: Telling = IN_ENGLISH) -> str:
    """Thousandths as a percentage.

    >>> share_text(125), share_text(5), share_text(1000)
    ('12.5%', '0.5%', '100%')
    """
    return telling.say("{percent}%", percent=telling.number(_tenths(share)))


def time_words(length: timedelta, telling: Telling = IN_ENGLISH) -> str:
    """A length of time as one says it, in whole units, never more than it is.

    >>> time_words(timedelta(seconds=42)), time_words(timedelta(hours=2, minutes=5)), time_words(timedelta(days=3))
    ('42 seconds', '2 hours 5 minutes', '3 days')
    """
    seconds = int(length.total_seconds())
    if seconds < 120:
        return telling.several("{number} second", "{number} seconds", seconds)
    minutes = seconds // 60
    if minutes < 120:
        return _minutes(minutes, telling)
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        said = telling.several("{number} hour", "{number} hours", hours)
        return f"{said} {_minutes(rest, telling)}" if rest else said
    return telling.several("{number} day", "{number} days", hours // 24)


def times_words(sent: int, usual: int, telling: Telling = IN_ENGLISH) -> str:
    """How many times as much as usual, cut to one digit after the point.

    >>> times_words(210, 100), times_words(3000, 100)
    ('2.1 times', '30 times')
    """
    tenths = 10 * sent // usual
    many = tenths // 10 if tenths >= 100 else _tenths(tenths)
    return telling.several("{number} times", "{number} times", many)


def clock_text(at: datetime, *, in_zone: str, read_on: date, telling: Telling = IN_ENGLISH) -> str:
    """An instant on the seller's clock, with its day unless it is the reader's.

    >>> from datetime import UTC
    >>> clock_text(datetime(2026, 3, 20, 14, 5, tzinfo=UTC), in_zone="UTC", read_on=date(2026, 3, 20))
    '14:05'
    >>> clock_text(datetime(2026, 3, 20, 14, 5, tzinfo=UTC), in_zone="UTC", read_on=date(2026, 3, 22))
    '14:05 on 20 March'
    """
    local = at.astimezone(zone(in_zone))
    time, day = f"{local:%H:%M}", local.date()
    if day == read_on:
        return time
    written = telling.month_day(day) if day.year == read_on.year else telling.day(day)
    return telling.say("{time} on {day}", time=time, day=written)


def _said(odd: Oddity, telling: Telling, *, in_zone: str, read_on: date) -> str:
    say, several, number = telling.say, telling.several, telling.number
    match odd:
        case Silent(since=since, back_at=None):
            return say(
                "sent nothing since {since}", since=clock_text(since, in_zone=in_zone, read_on=read_on, telling=telling)
            )
        case Silent(since=since, back_at=back_at):
            assert back_at is not None, "it is back"
            begins, ends = (
                clock_text(at, in_zone=in_zone, read_on=read_on, telling=telling) for at in (since, back_at)
            )
            return say("sent nothing since {since}, and is back since {back}", since=begins, back=ends)
        case Jumped(sent=0, usual=usual):
            return say("sent nothing new, where {usual} is usual", usual=number(usual))
        case Jumped(sent=sent, usual=0):
            return several(
                "sent {number} event, where none is usual", "sent {number} events, where none is usual", sent
            )
        case Jumped(sent=sent, usual=usual) if sent > usual:
            return several(
                "sent {number} event, {times} the usual {usual}",
                "sent {number} events, {times} the usual {usual}",
                sent,
                times=times_words(sent, usual, telling),
                usual=number(usual),
            )
        case Jumped(sent=sent, usual=usual):
            return several(
                "sent only {number} event, {share} of the usual {usual}",
                "sent only {number} events, {share} of the usual {usual}",
                sent,
                share=share_text(1000 * sent // usual, telling),
                usual=number(usual),
            )
        case Repeated(duplicates=duplicates, share=share, usual=usual):
            return several(
                "sent {number} event again, {share} of what came ({usual} is usual); each counts once",
                "sent {number} events again, {share} of what came ({usual} is usual); each counts once",
                duplicates,
                share=share_text(share, telling),
                usual=share_text(usual, telling),
            )
        case KeptApart(quarantined=quarantined, share=share, usual=usual):
            return several(
                "has {number} event in quarantine, {share} of what came ({usual} is usual)",
                "has {number} events in quarantine, {share} of what came ({usual} is usual)",
                quarantined,
                share=share_text(share, telling),
                usual=share_text(usual, telling),
            )
        case ClockAhead(by=by, hours=hours, of_hours=of_hours):
            return several(
                "has a clock {time} ahead of ours (in {hours} of {number} hour)",
                "has a clock {time} ahead of ours (in {hours} of {number} hours)",
                of_hours,
                time=time_words(by, telling),
                hours=number(hours),
            )
        case ComesLate(by=by, usual=usual):
            return say(
                "sends what happened {time} before ({usual} is usual): its clock is behind, or it holds events back",
                time=time_words(by, telling),
                usual=time_words(usual, telling),
            )


def _minutes(minutes: int, telling: Telling) -> str:
    return telling.several("{number} minute", "{number} minutes", minutes)


def _tenths(number: int) -> Decimal | int:
    return Decimal(number) / 10 if number % 10 else number // 10


_GRAVEST: tuple[type, ...] = (Silent, Jumped, KeptApart, ClockAhead, ComesLate, Repeated)
