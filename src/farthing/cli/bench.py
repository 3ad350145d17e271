"""Benchmarks: the product's way of keeping usage beside the fastest way this database can take the same rows."""

import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import click
import psycopg

from farthing.cli import bench_quality, bench_rate
from farthing.cli.commands import Commands
from farthing.cli.machine import machine
from farthing.cli.say import progress
from farthing.core.invoicing.invoice import LegalEntity
from farthing.core.metering.event import UsageEvent
from farthing.core.metering.meter import Meter
from farthing.core.metering.total import Sum
from farthing.core.metering.value import Property
from farthing.core.parties import Mode, Seller
from farthing.settings import Settings
from farthing.usecases.apply_catalogue import apply_catalogue
from farthing.usecases.customers import add_customer
from farthing.usecases.ports import Outcome
from farthing.usecases.record_usage import record_events
from farthing.wiring import Wired, initialise, world_now

CUSTOMERS = 100
_RAW_TABLE = """
    CREATE TEMPORARY TABLE raw_event (
        seller_id uuid NOT NULL, key uuid NOT NULL, content uuid NOT NULL, position bigint NOT NULL,
        customer_id uuid NOT NULL, type text NOT NULL, happened_at timestamptz NOT NULL, data text NOT NULL,
        PRIMARY KEY (seller_id, key)
    )
"""


@dataclass(frozen=True, slots=True)
class Ingested:
    """Rows a second, each the median of the rounds; `ratio` is the product's share of the raw limit."""

    events: int
    batch: int
    rounds: int
    raw_copy_per_second: int
    record_usage_per_second: int
    ratio: float
    ratios: list[float]
    machine: str


@click.group("bench", cls=Commands)
def group() -> None:
    """Benchmarks: ingest, rate, quality."""


group.add_command(bench_rate.command)
group.add_command(bench_quality.command)


@group.command("ingest")
@click.option("--events", type=click.IntRange(1000, 10_000_000), default=100_000, show_default=True, help="A round's.")
@click.option("--batch", type=click.IntRange(1, 10_000), default=5_000, show_default=True)
@click.option("--rounds", type=click.IntRange(1, 100), default=3, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for scripts.")
def ingest(events: int, batch: int, rounds: int, as_json: bool) -> None:
    """Keep the same events raw (COPY into a table with the same key) and as the product does, in turns.

    Runs on a PostgreSQL of its own in a scratch folder. The ratio is worth more than the rates: those depend on
    the machine.
    """
    with tempfile.TemporaryDirectory(prefix="farthing-bench-") as scratch:
        measured = _measure(Path(scratch), events=events, batch=batch, rounds=rounds)
    if as_json:
        click.echo(json.dumps(asdict(measured)))
        return
    click.echo(f"{measured.machine}; {measured.events:,} events a round in batches of {measured.batch:,}")
    click.echo(f"raw COPY with the key's index  {measured.raw_copy_per_second:>9,} rows a second")
    click.echo(f"usecases.record_usage          {measured.record_usage_per_second:>9,} events a second")
    spread = ", ".join(f"{ratio:.3f}" for ratio in measured.ratios)
    click.echo(f"ratio                          {measured.ratio:>9.3f} (rounds: {spread})")


def _measure(scratch: Path, *, events: int, batch: int, rounds: int) -> Ingested:
    seller = Seller(uuid4(), "Bench", Mode.SANDBOX, LegalEntity("main", "Bench", in_zone="UTC", number_prefix="B"))
    made = initialise(Settings(home=scratch / "home"), seller, now=world_now())
    raw_rates, kept_rates = [], []
    with Wired(made.settings) as wired, progress() as bar:
        store, now = wired.store, world_now()
        meter = Meter("tokens", 1, "completion", Sum(Property("tokens")), unit="tokens")
        apply_catalogue(store, meters={"tokens": meter}, plans=[], now=now)
        for number in range(CUSTOMERS):
            add_customer(store, key=f"customer-{number}", name=f"Customer {number}", in_zone="UTC", now=now)
        task = bar.add_task("Measuring", total=2 * rounds)
        for round_number in range(rounds):
            sent = _events(round_number, events, before=now)
            raw_rates.append(events / _raw_seconds(str(wired.database_url), seller, sent, batch=batch))
            bar.advance(task)
            began = time.perf_counter()
            for start in range(0, events, batch):
                told = record_events(store, sent[start : start + batch], now=now)
                assert all(answer.outcome is Outcome.ACCEPTED for answer in told), "every event is new"
            kept_rates.append(events / (time.perf_counter() - began))
            bar.advance(task)
    ratios = [kept / raw for kept, raw in zip(kept_rates, raw_rates, strict=True)]
    return Ingested(
        events=events,
        batch=batch,
        rounds=rounds,
        raw_copy_per_second=round(statistics.median(raw_rates)),
        record_usage_per_second=round(statistics.median(kept_rates)),
        ratio=round(statistics.median(ratios), 3),
        ratios=[round(ratio, 3) for ratio in ratios],
        machine=machine(),
    )


def _events(round_number: int, count: int, *, before: datetime) -> list[UsageEvent]:
    return [
        UsageEvent(
            source="bench",
            id=f"{round_number}-{number}",
            type="completion",
            subject=f"customer-{number % CUSTOMERS}",
            time=f"{before - timedelta(seconds=number):%Y-%m-%dT%H:%M:%SZ}",
            data={"tokens": Decimal(number % 5000)},
        )
        for number in range(count)
    ]


def _raw_seconds(url: str, seller: Seller, sent: Sequence[UsageEvent], *, batch: int) -> float:
    """Seconds to copy the same rows, ready to be written, into a table that has the same key and nothing else."""
    happened = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [
        (seller.seller_id, event.key, event.content, at, seller.seller_id, event.type, happened, '{"tokens":1}')
        for at, event in enumerate(sent)
    ]
    types = ["uuid", "uuid", "uuid", "int8", "uuid", "text", "timestamptz", "text"]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_RAW_TABLE)
        began = time.perf_counter()
        for start in range(0, len(rows), batch):
            with connection.cursor() as cursor, cursor.copy("COPY raw_event FROM STDIN (FORMAT binary)") as copy:
                copy.set_types(types)
                for row in rows[start : start + batch]:
                    copy.write_row(row)
        return time.perf_counter() - began
