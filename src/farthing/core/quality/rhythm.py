"""Rhythm: when a source usually sends, learned from its own last weeks, and whether it is quiet for longer than usual.

Time is counted in *expected hours*: an hour in which the source always sends counts as one, an hour in which it never
does as nothing. So a night in which it never sends is no silence, and neither is a weekend. All is kept in thousandths
of an expected hour, as whole numbers.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from farthing.core.period import zone
from farthing.core.quality.arrivals import HOUR, SourceHour, hour_of

LEARNED_FROM = timedelta(days=28)
# A source that is younger, or was heard in fewer hours, has no rhythm yet.
YOUNGEST = timedelta(days=2)
FEWEST_HOURS = 4
EXPECTED_HOUR = 1000
# Two expected hours, but for what a share learned from few weeks lacks, are a silence, however regular the source is.
SHORTEST_SILENCE = 1900
# Of a source that is known for two weeks one is enough, such as its nightly batch, once it is over for two hours.
ONE_MISSED = 900
KNOWN_WELL = timedelta(days=14)
GRACE = timedelta(hours=2)
MOST_OUTAGES = 4
ALL_BUT_ALWAYS = 900


@dataclass(frozen=True, slots=True)
class Scale:
    """One way to count the time in which a source should have been heard, and the longest it is quiet by itself.

    `likely` is how likely it sends in each hour since `begins`, `reached` what had been expected before each hour.
    """

    begins: datetime
    likely: tuple[int, ...]
    reached: tuple[int, ...]
    longest_quiet: int = 0
    known_well: bool = False

    def is_too_long(self, since: datetime, until: datetime) -> bool:
        """Whether a quiet between these instants is longer than the source is ever quiet by itself."""
        usual = self.longest_quiet * 3 // 2
        if self.known_well and self.expected(since, max(since, until - GRACE)) >= max(ONE_MISSED, usual):
            return True
        return self.expected(since, until) >= max(SHORTEST_SILENCE, usual)

    def expected(self, since: datetime, until: datetime) -> int:
        """Thousandths of expected hours between two instants, within what was learned."""
        return self._up_to(until) - self._up_to(since)

    def _up_to(self, at: datetime) -> int:
        seconds = int((at - self.begins).total_seconds())
        whole, rest = divmod(min(max(seconds, 0), 3600 * len(self.likely) - 1), 3600)
        return self.reached[whole] + self.likely[whole] * rest // 3600


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How a source sends; `usual_events` is what an hour in which it sends brings.

    Its quiet is counted twice: in all hours as likely as they are, and in those alone in which it all but always
    sends, so that what it does now and then at night does not hide that it is not heard by day.
    """

    scales: tuple[Scale, ...]
    usual_events: int

    def is_too_long(self, since: datetime, until: datetime) -> bool:
        """Whether a quiet between these instants is longer than the source is ever quiet by itself."""
        return any(scale.is_too_long(since, until) for scale in self.scales)


def rhythm_of(hours: Sequence[SourceHour], *, until: datetime, in_zone: str) -> Rhythm | None:
    """The rhythm of a source, from its hours of the last four weeks, oldest first; None where it is too young.

    An hour is compared with the same hour of other weeks, then with the same hour of other working days or weekends,
    then with all: the fewer there are of one kind, the more the next one counts. What was a silence itself does not
    count, nor does the quiet in which the source is now.
    """
    since = until - LEARNED_FROM
    heard = [one for one in hours if since <= one.hour < until and one.events]
    if len(heard) < FEWEST_HOURS or until - heard[0].hour < YOUNGEST:
        return None
    begins = heard[0].hour
    slots = _slots(begins, (hour_of(until) - begins) // HOUR + 1, in_zone=in_zone)
    places = [(one.hour - begins) // HOUR for one in heard]
    active, learned = set(places), set(range(places[-1] + 1))
    likely = _likely(slots, active=active, learned=learned)
    outages = _outages(_quiets(heard, _scale(begins, likely)))
    for number in outages:
        learned -= set(range(places[number] + 1, places[number + 1]))
    if outages:
        likely = _likely(slots, active=active, learned=learned)
    sure = tuple(share if share >= ALL_BUT_ALWAYS else 0 for share in likely)
    ways = [likely, sure] if any(sure) else [likely]
    return Rhythm(
        scales=tuple(
            replace(_with_longest_quiet(_scale(begins, way), heard, outages), known_well=until - begins >= KNOWN_WELL)
            for way in ways
        ),
        usual_events=middle([one.events for one in heard]),
    )


def is_silent(hours: Sequence[SourceHour], *, at: datetime, in_zone: str) -> bool:
    """Whether the source is quiet at this instant for longer than it is by itself."""
    rhythm = rhythm_of(hours, until=at, in_zone=in_zone)
    return rhythm is not None and rhythm.is_too_long(hours[-1].last_received_at, at)


def is_back(hours: Sequence[SourceHour], *, silent_since: datetime, in_zone: str) -> bool:
    """Whether a source that was silent sends again, and not only by chance.

    It does when it was heard in two different hours, or brought half of what an hour usually brings.
    """
    since = [one for one in hours if one.last_received_at > silent_since and one.hour > silent_since]
    if not since:
        return False
    before = [one for one in hours if one.hour <= silent_since]
    rhythm = rhythm_of(before, until=silent_since + HOUR, in_zone=in_zone)
    usual = 0 if rhythm is None else rhythm.usual_events
    return len(since) >= 2 or 2 * sum(one.events for one in since) >= usual


def middle(numbers: Sequence[int]) -> int:
    """The median; of an even number the lower of the two in the middle, so that it is one of them.

    >>> middle([9, 1, 4, 2])
    2
    """
    return sorted(numbers)[(len(numbers) - 1) // 2]


def _slots(begins: datetime, count: int, *, in_zone: str) -> list[int]:
    """Each hour's place in the week, from Monday's first hour on, as the seller's clock has it."""
    known = zone(in_zone)
    local = ((begins + number * HOUR).astimezone(known) for number in range(count))
    return [24 * at.weekday() + at.hour for at in local]


def _kind(slot: int) -> int:
    """The hour of the day, apart for working days and weekends."""
    return slot % 24 + (24 if slot >= 5 * 24 else 0)


def _likely(slots: Sequence[int], *, active: set[int], learned: set[int]) -> tuple[int, ...]:
    """How likely the source sends in each of these hours, in thousandths."""
    of_week = Counter(slots[place] for place in learned)
    sent_of_week = Counter(slots[place] for place in learned & active)
    of_day: Counter[int] = Counter()
    sent_of_day: Counter[int] = Counter()
    for slot, hours in of_week.items():
        of_day[_kind(slot)] += hours
        sent_of_day[_kind(slot)] += sent_of_week[slot]
    overall = EXPECTED_HOUR * len(active) // max(1, len(learned))
    by_day = {kind: _shrunk(sent_of_day[kind], hours, overall) for kind, hours in of_day.items()}
    # A kind of hour that it has not lived through tells nothing, such as a young source's first weekend.
    by_week = [
        _shrunk(sent_of_week[slot], of_week[slot], by_day[_kind(slot)]) if _kind(slot) in by_day else 0
        for slot in range(7 * 24)
    ]
    return tuple(by_week[slot] for slot in slots)


def _shrunk(sent: int, hours: int, prior: int) -> int:
    """The share of hours in which it sent, as if half an hour more had gone as the prior says."""
    return (2 * EXPECTED_HOUR * sent + prior) // (2 * hours + 1)


def _scale(begins: datetime, likely: tuple[int, ...]) -> Scale:
    return Scale(begins, likely, (0, *itertools.accumulate(likely)))


def _with_longest_quiet(scale: Scale, heard: Sequence[SourceHour], outages: Collection[int]) -> Scale:
    quiets = [quiet for number, quiet in enumerate(_quiets(heard, scale)) if number not in outages]
    return replace(scale, longest_quiet=max(quiets, default=EXPECTED_HOUR))


def _quiets(heard: Sequence[SourceHour], scale: Scale) -> list[int]:
    """What was expected between each hour in which it was heard and the next."""
    return [
        scale.expected(before.last_received_at, after.first_received_at) for before, after in itertools.pairwise(heard)
    ]


def _outages(quiets: Sequence[int]) -> set[int]:
    """The numbers of the few quiets that stand far out above all others: silences of that time."""
    longest = sorted(enumerate(quiets), key=lambda each: -each[1])[: MOST_OUTAGES + 1]
    for count in range(len(longest) - 1, 0, -1):
        if longest[count - 1][1] >= max(SHORTEST_SILENCE, longest[count][1] * 3 // 2):
            return {number for number, _ in longest[:count]}
    return set()
