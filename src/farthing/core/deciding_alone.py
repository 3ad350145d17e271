"""Solo: for a while, and for a reason that is kept, one person decides what two should; each such decision says so."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from farthing.core.refused import Refused
from farthing.core.saying import message

LONGEST = timedelta(days=90)
_LONGEST_TEXT = 500


@dataclass(frozen=True, slots=True)
class Solo:
    """What somebody said of it: on through `until`, or off where there is no day."""

    until: date | None
    because: str
    set_by: str
    set_at: datetime

    def is_on(self, day: date) -> bool:
        """Whether it holds on this day of the seller's.

        >>> from datetime import UTC
        >>> solo = Solo(date(2026, 3, 1), "One of us.", "Fay", datetime(2026, 1, 1, tzinfo=UTC))
        >>> solo.is_on(date(2026, 3, 1)), solo.is_on(date(2026, 3, 2))
        (True, False)
        """
        return self.until is not None and day <= self.until


def solo_from(*, until: date | None, because: str, set_by: str, set_at: datetime, on_day: date) -> Solo:
    """What may be said: a reason, and a day that is not gone and no more than 90 days away."""
    if not because.strip() or len(because) > _LONGEST_TEXT:
        raise Refused(message("Say why, in a few words; it is kept with the decision."), field="because")
    if until is not None and until < on_day:
        raise Refused(message("{day} is over; give a day from {first} on."), field="until", day=until, first=on_day)
    if until is not None and until - on_day > LONGEST:
        raise Refused(
            message("Deciding alone lasts {days} days at most, through {last}; it can be renewed then."),
            field="until",
            days=LONGEST.days,
            last=on_day + LONGEST,
        )
    return Solo(until, " ".join(because.split()), set_by, set_at)


def decided_by(name: str, solo: Solo | None, *, day: date) -> str:
    """Who decided, as it is kept and printed with the decision.

    >>> decided_by("Fay", None, day=date(2026, 3, 1))
    'Fay'
    """
    if solo is None or not solo.is_on(day):
        return name
    return f"{name} (alone: solo through {solo.until})"
