"""Buckets in SQL: which stretch of minutes, hours or days an event lies in, cut from local days that Python reckons."""

from __future__ import annotations

from datetime import timedelta

from psycopg import sql

from farthing.core.metering.bucketed import Bucketed, Buckets
from farthing.core.metering.sample import Window
from farthing.postgres.statement import Parameters, Sql

_MICROSECOND = timedelta(microseconds=1)


def bucket_sql(measure: Bucketed, window: Window, parameters: Parameters) -> Sql:
    """A number for an event's bucket, rising with time."""
    buckets = Buckets(measure.window, window)
    starts = parameters.instants([start for start, _ in (buckets.stretch, *buckets.stretches)])
    if buckets.step is None:
        return sql.SQL("width_bucket(happened_at, {})").format(starts)
    day = sql.SQL("width_bucket(happened_at, {})").format(starts)
    # A day has fewer than a million buckets.
    return sql.SQL(
        "({day} * 1000000::bigint + div(extract(epoch FROM happened_at - ({starts})[{day}]) * 1000000, {step}))"
    ).format(day=day, starts=starts, step=parameters.number(buckets.step // _MICROSECOND))
