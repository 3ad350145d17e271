"""Rhythm: when a source usually sends, learned from its own last weeks, and whether it is quiet for longer than usual.

Time is counted in *expected hours*: an hour in which the source always sends counts as one, an hour in which it never
does as nothing. So a night in which it never sends is no silence, and neither is a weekend. All is kept in thousandths
of an expected hour, as whole numbers.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from farthing.core.period import zone
from farthing.core.quality.arrivals import HOUR, SourceHour, hour_of

LEARNED_FROM = timedelta(days=28)
# A source that is younger, or was heard in fewer hours, has no rhythm yet.
YOUNGEST = timedelta(days=2)
FEWEST_HOURS = 4
EXPECTED_HOUR = 1000
# Two expected hours are the least that counts as a silence, however regular the source is.
SHORTEST_SILENCE = 2 * EXPECTED_HOUR
MOST_OUTAGES = 4


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How a source sends: how likely in each hour since `begins`, and how long it may be quiet.

    `reached` is what had been expected before each hour. `usual_events` is what an hour in which it sends brings.
    """

    begins: datetime
    likely: tuple[int, ...]
    reached: tuple[int, ...]
    longest_quiet: int
    usual_events: int

    @property
    def silent_after(self) -> int:
        """So many thousandths of an expected hour are longer than it is ever quiet by itself."""
        return max(SHORTEST_SILENCE, self.longest_quiet * 3 // 2)

    def expected(self, since: datetime, until: datetime) -> int:
        """Thousandths of expected hours between two instants, within what was learned."""
        return self._up_to(until) - self._up_to(since)

    def _up_to(self, at: datetime) -> int:
        seconds = int((at - self.begins).total_seconds())
        whole, rest = divmod(min(max(seconds, 0), 3600 * len(self.likely) - 1), 3600)
        return self.reached[whole] + self.likely[whole] * rest // 3600


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
    learned = range(places[-1] + 1)
    likely = _likely(slots, active=set(places), learned=set(learned))
    quiets = _quiets(heard, begins, likely)
    outages = _outages(quiets)
    if outages:
        missed = {
            place for number in outages for place in range(places[number] + 1, places[number + 1]) if place in learned
        }
        likely = _likely(slots, active=set(places), learned=set(learned) - missed)
        quiets = _quiets(heard, begins, likely)
    usual = [quiet for number, quiet in enumerate(quiets) if number not in outages]
    return Rhythm(
        begins=begins,
        likely=likely,
        reached=_reached(likely),
        longest_quiet=max(usual, default=EXPECTED_HOUR),
        usual_events=middle([one.events for one in heard]),
    )


def is_silent(hours: Sequence[SourceHour], *, at: datetime, in_zone: str) -> bool:
    """Whether the source is quiet at this instant for longer than it is by itself."""
    rhythm = rhythm_of(hours, until=at, in_zone=in_zone)
    return rhythm is not None and rhythm.expected(hours[-1].last_received_at, at) >= rhythm.silent_after


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


def _slots(begins: datetime, count: int, *, in_zone: str) -> list[tuple[int, int, bool]]:
    """Each hour's weekday, its hour of the day and whether it is at a weekend, as the seller's clock has it."""
    local = [(begins + number * HOUR).astimezone(zone(in_zone)) for number in range(count)]
    return [(at.weekday(), at.hour, at.weekday() >= 5) for at in local]


def _likely(slots: Sequence[tuple[int, int, bool]], *, active: set[int], learned: set[int]) -> tuple[int, ...]:
    """How likely the source sends in each of these hours, in thousandths."""
    of_week: dict[tuple[int, int], list[int]] = {}
    of_day: dict[tuple[int, bool], list[int]] = {}
    for place in learned:
        weekday, hour, weekend = slots[place]
        sent = 1 if place in active else 0
        for counts in (of_week.setdefault((weekday, hour), [0, 0]), of_day.setdefault((hour, weekend), [0, 0])):
            counts[0] += sent
            counts[1] += 1
    overall = EXPECTED_HOUR * len(active) // max(1, len(learned))
    by_day = {kind: _shrunk(counts, overall) for kind, counts in of_day.items()}
    by_week = {
        (weekday, hour): _shrunk(of_week.get((weekday, hour), [0, 0]), by_day[hour, weekend])
        for weekday, hour, weekend in set(slots)
        # A kind of hour that it has not lived through tells nothing, such as a young source's first weekend.
        if (hour, weekend) in by_day
    }
    return tuple(by_week.get((weekday, hour), 0) for weekday, hour, _ in slots)


def _shrunk(counts: Sequence[int], prior: int) -> int:
    """The share of hours in which it sent, as if half an hour more had gone as the prior says."""
    sent, hours = counts
    return (2 * EXPECTED_HOUR * sent + prior) // (2 * hours + 1)


def _reached(likely: Sequence[int]) -> tuple[int, ...]:
    return (0, *itertools.accumulate(likely))


def _quiets(heard: Sequence[SourceHour], begins: datetime, likely: tuple[int, ...]) -> list[int]:
    """What was expected between each hour in which it was heard and the next."""
    scale = Rhythm(begins, likely, _reached(likely), longest_quiet=0, usual_events=0)
    return [
        scale.expected(before.last_received_at, after.first_received_at) for before, after in itertools.pairwise(heard)
    ]


def _outages(quiets: Sequence[int]) -> Mapping[int, int]:
    """The few quiets that stand far out above all others: silences of that time, by their number."""
    longest = sorted(enumerate(quiets), key=lambda each: -each[1])[: MOST_OUTAGES + 1]
    for count in range(len(longest) - 1, 0, -1):
        if longest[count - 1][1] >= max(SHORTEST_SILENCE, longest[count][1] * 3 // 2):
            return dict(longest[:count])
    return {}
