"""Usage over HTTP by customer, window and group, with the position up to which it is true."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from farthing.core.metering.cutting import Cut
from farthing.core.refused import Refused
from farthing.http_api.access import Looking
from farthing.http_api.problems import responses
from farthing.http_api.shapes import DecimalText, Given, Text, number
from farthing.usecases.query_usage import (
    MOST_ROWS,
    Bound,
    UsageAnswer,
    UsageQuestion,
    UsageRow,
    bound_from,
    query_usage,
)

router = APIRouter(tags=["usage"])


class AsOfGiven(Given):
    """Up to where usage is told: every event at or below this position counts, and none above."""

    position: int
    instant: datetime = Field(description="The usage of then is complete: what was accepted by then is in it.")


class WindowGiven(Given):
    """What one customer used in one window, or one group of it."""

    customer: str
    start: datetime
    end: datetime
    groups: dict[str, str | None] = Field(description="The values that the rows are grouped by; null for none.")
    quantity: DecimalText
    events: int


class WindowsGiven(Given):
    """Usage by customer, window and group, in this order. Where nothing was used there is no row."""

    meter: str
    unit: str
    as_of: AsOfGiven
    usage: list[WindowGiven]
    next_after: str | None = Field(description="Ask with after=… for what follows; null at the end.")


@router.get("/v1/usage", summary="See usage by customer, time and group", responses=responses(404))
def get_usage(
    asking: Looking,
    meter: Annotated[Text, Query(description="The meter's key.", examples=["tokens"])],
    customer: Annotated[Text | None, Query(description="The customer's key; all customers without it.")] = None,
    start: Annotated[
        Text | None,
        Query(
            alias="from", description="A day or an instant; without it the month that runs.", examples=["2026-01-01"]
        ),
    ] = None,
    end: Annotated[
        Text | None,
        Query(alias="to", description="Up to, and without, this day or instant; without it through today."),
    ] = None,
    window: Annotated[Cut | None, Query(description="Rows for each; without it one for the whole time.")] = None,
    zone: Annotated[Text | None, Query(description="Whose days count; without it each customer's own zone.")] = None,
    group_by: Annotated[
        list[Text] | None, Query(description="A group of the meter; may be given several times.")
    ] = None,
    filter: Annotated[
        list[Text] | None,
        Query(description="NAME=VALUE: only this value of a group of the meter.", examples=[["model=large"]]),
    ] = None,
    after: Annotated[str | None, Query(max_length=4096, description="The next_after of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_ROWS, description="The most rows of a page.")] = 1000,
) -> WindowsGiven:
    """Drawn from what is added up by hour and day, less than a second behind the events; `as_of` says up to where.

    A day on which clocks change is one day, of 23 hours or 25. Weeks begin on Monday.
    """
    question = UsageQuestion(
        meter=meter,
        customer=customer,
        start=_bound(start, field="from"),
        end=_bound(end, field="to"),
        into=window,
        in_zone=zone,
        group_by=tuple(group_by or ()),
        only=_only(filter or ()),
        after=after,
        limit=limit,
    )
    answer = query_usage(asking.store, question, person=None, now=asking.now)
    return _given(answer, question.group_by)


def _bound(written: str | None, *, field: str) -> Bound | None:
    return None if written is None else bound_from(written, field=field)


def _only(filters: Sequence[str]) -> dict[str, str]:
    only: dict[str, str] = {}
    for written in filters:
        name, equals, value = written.partition("=")
        if not equals or not name or name in only:
            raise Refused(
                f"“{written[:60]}” is no filter, or names a group a second time; write filter=NAME=VALUE, each name "
                "once.",
                field="filter",
            )
        only[name] = value
    return only


def _given(answer: UsageAnswer, group_by: Sequence[str]) -> WindowsGiven:
    return WindowsGiven(
        meter=answer.meter.key,
        unit=answer.meter.unit,
        as_of=AsOfGiven(position=answer.position, instant=answer.as_of),
        usage=[_row(row, group_by) for row in answer.rows],
        next_after=answer.next_after,
    )


def _row(row: UsageRow, group_by: Sequence[str]) -> WindowGiven:
    return WindowGiven(
        customer=row.customer.key,
        start=row.window.segment.start,
        end=row.window.segment.end,
        groups=dict(zip(group_by, row.measured.of, strict=True)),
        quantity=number(row.measured.quantity),
        events=row.measured.events,
    )
