"""The raw limit of a benchmark: the same rows, brought by binary COPY into a table with the same unique index.

Its rows are put together before the clock runs, by as many writers as the product has.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg

from farthing.cli.bench_load import CUSTOMERS, EVENT_TYPE, Load, event_id
from farthing.core.metering.columns import Columns, microseconds
from farthing.core.metering.event import UsageEvent
from farthing.postgres.event_rows import EventRows

_TABLE = """
    DROP TABLE IF EXISTS bench_raw;
    CREATE TABLE bench_raw (
        seller_id uuid NOT NULL, position bigint NOT NULL, key uuid NOT NULL, customer_id uuid NOT NULL,
        type text NOT NULL, happened_at timestamptz NOT NULL, accepted_at timestamptz NOT NULL, source text NOT NULL,
        id text NOT NULL, subject text NOT NULL, time text, data jsonb NOT NULL, PRIMARY KEY (seller_id, key)
    )
"""
_COPY = b"COPY bench_raw FROM STDIN (FORMAT BINARY)"


def raw_seconds(owner_url: str, seller_id: UUID, loads: Sequence[Load], *, together: int) -> float:
    """Seconds to copy what these loads send, each by a writer of its own, `together` rows a transaction."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(_TABLE)
    writers = [_Writer(owner_url, _batches(seller_id, load, together=together)) for load in loads]
    began = time.perf_counter()
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    seconds = time.perf_counter() - began
    with psycopg.connect(owner_url, autocommit=True) as connection:
        row = connection.execute("SELECT count(*) FROM bench_raw").fetchone()
        connection.execute("DROP TABLE bench_raw")
    expected = sum(load.requests * load.each for load in loads)
    assert row == (expected,), f"{row} rows were copied of {expected}"
    return seconds


class _Writer(threading.Thread):
    def __init__(self, url: str, batches: Sequence[bytes]) -> None:
        super().__init__(daemon=True)
        self._batches = batches
        self._connection = psycopg.connect(url, autocommit=True)

    def run(self) -> None:
        """Copy everything, a transaction a batch."""
        with self._connection as connection:
            for batch in self._batches:
                with connection.cursor().copy(_COPY) as copy:
                    copy.write(batch)


def _batches(seller_id: UUID, load: Load, *, together: int) -> list[bytes]:
    now, customers = datetime.now(UTC), [uuid4() for _ in range(CUSTOMERS)]
    happened, time_sent = microseconds(now), f"{now:%Y-%m-%dT%H:%M:%SZ}"
    batches, many = [], load.requests * load.each
    for first in range(0, many, together):
        columns = Columns()
        for number in range(first, min(first + together, many)):
            event = UsageEvent("bench", event_id(load, number), EVENT_TYPE, f"customer-{number % CUSTOMERS}", None, {})
            columns.index.append(number)
            columns.key.append(event.key.bytes)
            columns.content.append(b"")
            columns.customer_id.append(customers[number % CUSTOMERS])
            columns.type.append(event.type)
            columns.happened.append(happened)
            columns.source.append(event.source)
            columns.id.append(event.id)
            columns.subject.append(event.subject)
            columns.time.append(time_sent)
            columns.data.append(b'{"model":"large","tokens":%d}' % (number % 5000))
        batches.append(EventRows(seller_id, columns, accepted_at=now).after(first))
    return batches
