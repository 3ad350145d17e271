"""Usage by customer, window and group, drawn from what is added up, with the position up to which it is true."""

from __future__ import annotations

import base64
import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import islice

from farthing.core.metering.cutting import Cut, cut
from farthing.core.metering.event import canonical, instant
from farthing.core.metering.meter import Group, Measured, Meter, order_of
from farthing.core.metering.sample import Window, whole
from farthing.core.parties import Customer
from farthing.core.people import Person
from farthing.core.period import Period, local_date, start_of_day, zone
from farthing.core.refused import Refused, Unknown
from farthing.usecases.customers import find_customer, visible_customers
from farthing.usecases.ports import SellerStore, UsageIn

MOST_WINDOWS = 10_000
MOST_ROWS = 10_000
_CUSTOMERS_AT_ONCE = 100
_GROUPED_WINDOWS_AT_ONCE = 31
_ONE_DAY = timedelta(days=1)

Bound = date | datetime


@dataclass(frozen=True, slots=True)
class UsageQuestion:
    """What is asked: one meter, of one customer or of all, from a day or an instant up to, and without, another.

    Without a beginning it is the month that runs, without an end the day that runs. Days are those of `in_zone`, or
    of each customer's own zone. `only` lets through groups with these values; `after` goes on where a page ended.
    """

    meter: str
    customer: str | None = None
    start: Bound | None = None
    end: Bound | None = None
    into: Cut | None = None
    in_zone: str | None = None
    group_by: tuple[str, ...] = ()
    only: Mapping[str, str] = field(default_factory=dict)
    after: str | None = None
    limit: int = 1000


@dataclass(frozen=True, slots=True)
class UsageRow:
    """What one customer used in one window, or one group of it."""

    customer: Customer
    window: Window
    measured: Measured


@dataclass(frozen=True, slots=True)
class UsageAnswer:
    """A page of usage. Every event at or below `position` counts, and none above; it was complete at `as_of`.

    `windows` are all there are, when one customer was asked for; those without usage have no row.
    """

    meter: Meter
    rows: Sequence[UsageRow]
    position: int
    as_of: datetime
    next_after: str | None
    windows: Sequence[Window]


def query_usage(store: SellerStore, question: UsageQuestion, *, person: Person | None, now: datetime) -> UsageAnswer:
    """Usage of what this person may see; refuses what does not exist and what gives too many windows."""
    place = None if question.after is None else _Place.read(question.after)
    with store.snapshot():
        meter = _meter(store, question)
        customers = (
            visible_customers(store, person=person)
            if question.customer is None
            else [find_customer(store, question.customer, person=person)]
        )
        windows = {
            in_zone: _windows(question, in_zone, now)
            for in_zone in dict.fromkeys(_zone_of(question, customer) for customer in customers)
        }
        told: list[UsageRow] = []
        seen: UsageIn | None = None
        for usage, of in _pages(store, question, meter, customers, windows, place):
            seen = usage
            told += of
            if len(told) > question.limit:
                break
        # Of nobody it is known up to where nothing was used.
        seen = seen or store.usage_in(meter, customer_ids=[], windows=[])
    rows = told[: question.limit]
    more = len(told) > question.limit
    return UsageAnswer(
        meter,
        rows,
        position=seen.position,
        as_of=now if seen.accepted_at is None else seen.accepted_at,
        next_after=_Place.of_row(rows[-1]).written if more else None,
        windows=next(iter(windows.values()), []) if question.customer is not None else [],
    )


def bound_from(written: str, *, field: str) -> Bound:
    """A day or an instant, as it is written.

    >>> bound_from("2026-01-31", field="from"), bound_from("2026-01-31T12:00:00Z", field="from").isoformat()
    (datetime.date(2026, 1, 31), '2026-01-31T12:00:00+00:00')
    """
    try:
        return date.fromisoformat(written) if len(written) == len("2026-01-31") else instant(written)
    except (ValueError, Refused):
        raise Refused(
            f"“{written[:40]}” is neither a day nor an instant; write it like 2026-01-31 or 2026-01-31T12:00:00Z.",
            field=field,
        ) from None


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a page ended."""

    customer: str
    start: datetime
    of: Group

    @classmethod
    def of_row(cls, row: UsageRow) -> _Place:
        return cls(row.customer.key, row.window.segment.start, row.measured.of)

    @property
    def written(self) -> str:
        said = canonical([self.customer, self.start.isoformat(), list(self.of)])
        return base64.urlsafe_b64encode(said.encode()).decode().rstrip("=")

    @classmethod
    def read(cls, written: str) -> _Place:
        try:
            said = json.loads(base64.b64decode(written + "=" * (-len(written) % 4), altchars=b"-_", validate=True))
            match said:
                case [str(customer), str(start), list(of)] if all(isinstance(value, str | None) for value in of):
                    return cls(customer, datetime.fromisoformat(start).astimezone(UTC), tuple(of))
        except (ValueError, OverflowError, RecursionError):
            pass
        raise Refused("That is no place in these pages; give as after what next_after said.", field="after")

    def is_before(self, row: UsageRow) -> bool:
        """Whether a row of the same customer comes after it."""
        there = (row.window.segment.start, order_of(row.measured.of))
        return (self.start, order_of(self.of)) < there


def _meter(store: SellerStore, question: UsageQuestion) -> Meter:
    meters = store.meters()
    if question.meter not in meters:
        closest = difflib.get_close_matches(question.meter, meters, n=1)
        hint = f"did you mean {closest[0]}?" if closest else f"there are: {', '.join(meters) or 'none yet'}."
        raise Unknown(f"There is no meter “{question.meter[:64]}”; {hint}", field="meter")
    meter = meters[question.meter]
    for name in (*question.group_by, *question.only):
        if name not in meter.groups:
            declared = f"it has {', '.join(meter.groups)}" if meter.groups else "it declares no groups"
            raise Refused(
                f"The meter “{meter.key}” does not group by “{name[:64]}”; {declared}. "
                "Name it among the meter's groups in the catalogue to ask by it.",
                field="group_by" if name in question.group_by else "filter",
            )
    if len(set(question.group_by)) < len(question.group_by):
        raise Refused("A group is named twice; name each once.", field="group_by")
    return meter


def _zone_of(question: UsageQuestion, customer: Customer) -> str:
    return question.in_zone or customer.in_zone


def _windows(question: UsageQuestion, in_zone: str, now: datetime) -> list[Window]:
    zone(in_zone)
    today = local_date(now, in_zone=in_zone)
    start = _instant(today.replace(day=1) if question.start is None else question.start, in_zone)
    end = _instant(today + _ONE_DAY if question.end is None else question.end, in_zone)
    if start >= end:
        raise Refused(
            f"From {_said(question.start, start)} to {_said(question.end, end)} is no time at all; the end comes "
            "after the beginning and is not part of it.",
            field="to",
        )
    period = Period(start, end)
    if question.into is None:
        return [whole(period, in_zone=in_zone)]
    windows = list(islice(cut(period, question.into, in_zone=in_zone), MOST_WINDOWS + 1))
    if len(windows) > MOST_WINDOWS:
        raise Refused(
            f"That is more than {MOST_WINDOWS:,} windows of a {question.into}; ask for less time or a longer window.",
            field="window",
        )
    return windows


def _instant(bound: Bound, in_zone: str) -> datetime:
    return bound if isinstance(bound, datetime) else start_of_day(bound, in_zone=in_zone)


def _said(bound: Bound | None, at: datetime) -> str:
    return str(bound) if bound is not None and not isinstance(bound, datetime) else f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _pages(
    store: SellerStore,
    question: UsageQuestion,
    meter: Meter,
    customers: Sequence[Customer],
    windows: Mapping[str, Sequence[Window]],
    place: _Place | None,
) -> Iterator[tuple[UsageIn, list[UsageRow]]]:
    """Usage in order, read a bounded part at a time, from a place on."""
    waiting = [customer for customer in customers if place is None or customer.key >= place.customer]
    if place is not None and waiting and waiting[0].key == place.customer:
        first = waiting.pop(0)
        rest = [one for one in windows[_zone_of(question, first)] if one.segment.start >= place.start]
        for usage, rows in _read(store, question, meter, [first], rest):
            yield usage, [row for row in rows if place.is_before(row)]
    for some in _batches(question, waiting, windows):
        yield from _read(store, question, meter, some, windows[_zone_of(question, some[0])])


def _batches(
    question: UsageQuestion, customers: Sequence[Customer], windows: Mapping[str, Sequence[Window]]
) -> Iterator[list[Customer]]:
    """Customers one after the other who share their windows, several where those are few."""
    batch: list[Customer] = []
    for customer in customers:
        in_zone = _zone_of(question, customer)
        most = 1 if question.group_by else max(1, min(_CUSTOMERS_AT_ONCE, question.limit // len(windows[in_zone])))
        if batch and (len(batch) >= most or _zone_of(question, batch[0]) != in_zone):
            yield batch
            batch = []
        batch.append(customer)
    if batch:
        yield batch


def _read(
    store: SellerStore, question: UsageQuestion, meter: Meter, customers: Sequence[Customer], windows: Sequence[Window]
) -> Iterator[tuple[UsageIn, list[UsageRow]]]:
    by_id = {customer.customer_id: customer for customer in customers}
    at_once = _GROUPED_WINDOWS_AT_ONCE if question.group_by else question.limit + 1
    for start in range(0, len(windows), at_once):
        usage = store.usage_in(
            meter,
            customer_ids=list(by_id),
            windows=windows[start : start + at_once],
            group_by=question.group_by,
            only=question.only,
        )
        yield usage, [UsageRow(by_id[row.customer_id], row.window, row.measured) for row in usage.rows]
