"""What people type after a command, read as they meant it: curly quotes, long dashes, names of several words."""

import re
from calendar import month_abbr, month_name, monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from farthing.core.period import local_date, start_of_day
from farthing.core.refused import Refused
from farthing.core.saying import message

_QUOTES = str.maketrans("", "", '"“”„«»‘’`')
_DASHES = str.maketrans({"–": "-", "—": "-", "−": "-", "‑": "-"})
_MONTHS = {name.lower(): number for names in (month_name, month_abbr) for number, name in enumerate(names) if name}
_MONTHS["sept"] = 9
_ISO_MONTH = re.compile(r"(\d{4})-(\d{1,2})")


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month."""

    year: int
    month: int

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    def last_instant(self, *, in_zone: str) -> datetime:
        """Just before it ends there."""
        last = date(self.year, self.month, monthrange(self.year, self.month)[1])
        return start_of_day(last + timedelta(days=1), in_zone=in_zone) - timedelta(microseconds=1)


def typed(text: str) -> str:
    """The text without quotes around names, with plain dashes and single spaces.

    >>> typed(" “Northwind  Traders”  2026–10 ")
    'Northwind Traders 2026-10'
    """
    return " ".join(text.translate(_QUOTES).translate(_DASHES).split())


def customer_and_month(text: str, *, today: date) -> tuple[str, Month | None]:
    """A customer and the month that the words may end with.

    >>> customer_and_month("Northwind Traders october 2026", today=date(2026, 11, 22))
    ('Northwind Traders', Month(year=2026, month=10))
    >>> customer_and_month("acme dec", today=date(2026, 11, 22))
    ('acme', Month(year=2025, month=12))
    """
    words = text.split()
    for taken in (2, 1):
        if len(words) >= taken and (month := month_of(" ".join(words[-taken:]), today=today)) is not None:
            return " ".join(words[:-taken]), month
    return text, None


def month_of(written: str, *, today: date) -> Month | None:
    """The month that this names: "2026-10", "october 2026", "oct" (the last one there was), "last month"; else None."""
    lowered = written.lower()
    if lowered == "this month":
        return Month(today.year, today.month)
    if lowered == "last month":
        return Month(today.year - 1, 12) if today.month == 1 else Month(today.year, today.month - 1)
    if found := _ISO_MONTH.fullmatch(lowered):
        return _month(int(found[1]), int(found[2]))
    name, _, year = lowered.partition(" ")
    number = _MONTHS.get(name)
    if number is None or (year and not re.fullmatch(r"\d{4}", year)):
        return None
    if year:
        return _month(int(year), number)
    return Month(today.year if number <= today.month else today.year - 1, number)


def asked_at(month: Month | None, *, now: datetime, in_zone: str) -> datetime:
    """The instant whose running period is meant; refuses a month that has not begun."""
    if month is None:
        return now
    today = local_date(now, in_zone=in_zone)
    if (month.year, month.month) > (today.year, today.month):
        raise Refused(
            message("{month} has not begun; ask for this month or an earlier one."), field="month", month=month
        )
    return min(now, month.last_instant(in_zone=in_zone))


def _month(year: int, number: int) -> Month:
    if not 1 <= number <= 12 or not 1970 < year < 9000:
        said = message("{month} is not a month; write it like 2026-10 or october 2026.")
        raise Refused(said, field="month", month=f"{year}-{number:02d}")
    return Month(year, number)
