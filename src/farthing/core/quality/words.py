"""An audit in words: one verdict, and a sentence for each thing that somebody should look at."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

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


def verdict(audit: Audit, *, day_name: str | None = None) -> str:
    """The whole day in one sentence, such as notifications show."""
    when = day_name or f"On {audit.day.day} {audit.day:%B %Y}"
    whole = f"{when} {counted(audit.accepted, 'event')} from {counted(audit.heard, 'source')}"
    if audit.is_clear:
        return f"{whole}; all clear."
    return f"{whole}; all clear but: {'; '.join(concerns(audit))}."


def concerns(audit: Audit, *, marked: Callable[[str], str] = str) -> list[str]:
    """What somebody should look at, the gravest first; each is a sentence without its full stop.

    `marked` is how a text stands out that senders wrote, such as a source's name.
    """
    found: list[tuple[int, str]] = []
    for one in audit.sources:
        for odd in one.oddities:
            grave = _GRAVEST.index(type(odd))
            found.append((grave, f"{marked(source_name(one.source))} {oddity_words(odd, audit=audit)}"))
    told = [sentence for _, sentence in sorted(found, key=lambda each: each[0])]
    if audit.newly_unattributed:
        told.append(unattributed_words(audit.newly_unattributed))
    if audit.conflicts:
        told.append(f"{counted(audit.conflicts, 'event')} in conflict with another of the same source and id")
    if audit.quarantine:
        told.append(quarantine_words(audit.quarantine, marked=marked))
    return told


def unattributed_words(unattributed: Sequence[NoOnes]) -> str:
    """Whose usage no subscription covers, and how much it is."""
    events = sum(one.events for one in unattributed)
    keys = list(dict.fromkeys(one.customer_key for one in unattributed))
    named = keys if len(keys) <= MOST_NAMED else [*keys[:MOST_NAMED], f"{len(keys) - MOST_NAMED} more"]
    whose = " and ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)
    return f"{counted(events, 'event')} of {whose} {_fall(events)} outside every subscription and will not be billed"


def quarantine_words(quarantine: Sequence[tuple[str, int]], *, marked: Callable[[str], str] = str) -> str:
    """How many of the day's events are kept apart, and the most frequent reason."""
    events = sum(many for _, many in quarantine)
    reason, most = quarantine[0]
    said = source_name(reason, most=160).rstrip(".")
    mostly = "" if len(quarantine) == 1 else f", {most:,} of them"
    return f"{counted(events, 'event')} in quarantine{mostly} because: {marked(said)}"


def source_verdict(one: SourceAudit, *, in_zone: str, read_on: date) -> str:
    """How a source stands, in a few words.

    `read_on` is the day from which the reader looks: of a time on that day, the day is not told.
    """
    if one.oddities:
        return "; ".join(_said(odd, in_zone=in_zone, read_on=read_on) for odd in one.oddities)
    return "new" if one.is_new else "as usual"


def oddity_words(odd: Oddity, *, audit: Audit) -> str:
    """What was odd about the day of an audit."""
    return _said(odd, in_zone=audit.in_zone, read_on=audit.day)


def share_text(share: int) -> str:
    """Thousandths as a percentage.

    >>> share_text(125), share_text(5), share_text(1000)
    ('12.5%', '0.5%', '100%')
    """
    return f"{share // 10}{f'.{share % 10}' if share % 10 else ''}%"


def time_words(length: timedelta) -> str:
    """A length of time as one says it, in whole units, never more than it is.

    >>> time_words(timedelta(seconds=42)), time_words(timedelta(hours=2, minutes=5)), time_words(timedelta(days=3))
    ('42 seconds', '2 hours 5 minutes', '3 days')
    """
    seconds = int(length.total_seconds())
    if seconds < 120:
        return counted(seconds, "second")
    minutes = seconds // 60
    if minutes < 120:
        return counted(minutes, "minute")
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return counted(hours, "hour") + (f" {counted(rest, 'minute')}" if rest else "")
    return counted(hours // 24, "day")


def times_words(sent: int, usual: int) -> str:
    """How many times as much as usual, cut to one digit after the point.

    >>> times_words(210, 100), times_words(3000, 100)
    ('2.1 times', '30 times')
    """
    tenths = 10 * sent // usual
    return f"{tenths // 10} times" if tenths >= 100 or not tenths % 10 else f"{tenths // 10}.{tenths % 10} times"


def counted(number: int, what: str) -> str:
    """A number of things.

    >>> counted(1, "event"), counted(1204331, "event")
    ('1 event', '1,204,331 events')
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def clock_text(at: datetime, *, in_zone: str, read_on: date) -> str:
    """An instant on the seller's clock, with its day unless it is the reader's.

    >>> from datetime import UTC
    >>> clock_text(datetime(2026, 3, 20, 14, 5, tzinfo=UTC), in_zone="UTC", read_on=date(2026, 3, 20))
    '14:05'
    >>> clock_text(datetime(2026, 3, 20, 14, 5, tzinfo=UTC), in_zone="UTC", read_on=date(2026, 3, 22))
    '14:05 on 20 March'
    """
    local = at.astimezone(zone(in_zone))
    if local.date() == read_on:
        return f"{local:%H:%M}"
    return f"{local:%H:%M} on {local.day} {local:%B}" + ("" if local.year == read_on.year else f" {local.year}")


def _said(odd: Oddity, *, in_zone: str, read_on: date) -> str:
    match odd:
        case Silent(since=since, back_at=back_at):
            told = f"sent nothing since {clock_text(since, in_zone=in_zone, read_on=read_on)}"
            if back_at is None:
                return told
            return f"{told}, and is back since {clock_text(back_at, in_zone=in_zone, read_on=read_on)}"
        case Jumped(sent=0, usual=usual):
            return f"sent nothing new, where {usual:,} is usual"
        case Jumped(sent=sent, usual=usual) if sent > usual:
            many = f"{times_words(sent, usual)} the usual {usual:,}" if usual else "where none is usual"
            return f"sent {counted(sent, 'event')}, {many}"
        case Jumped(sent=sent, usual=usual):
            return f"sent only {counted(sent, 'event')}, {share_text(1000 * sent // usual)} of the usual {usual:,}"
        case Repeated(duplicates=duplicates, share=share, usual=usual):
            return (
                f"sent {counted(duplicates, 'event')} again, {share_text(share)} of what came "
                f"({share_text(usual)} is usual); each counts once"
            )
        case KeptApart(quarantined=quarantined, share=share, usual=usual):
            return (
                f"has {counted(quarantined, 'event')} in quarantine, {share_text(share)} of what came "
                f"({share_text(usual)} is usual)"
            )
        case ClockAhead(by=by, hours=hours, of_hours=of_hours):
            return f"has a clock {time_words(by)} ahead of ours (in {hours} of {counted(of_hours, 'hour')})"
        case ComesLate(by=by, usual=usual):
            return (
                f"sends what happened {time_words(by)} before ({time_words(usual)} is usual): its clock is behind, "
                "or it holds events back"
            )


_GRAVEST: tuple[type, ...] = (Silent, Jumped, KeptApart, ClockAhead, ComesLate, Repeated)


def _fall(events: int) -> str:
    return "falls" if events == 1 else "fall"
