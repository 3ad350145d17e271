"""How fast a month is closed: many subscriptions become invoices, lines and bookings, with every guard on."""

from __future__ import annotations

import json
import multiprocessing
import resource
import statistics
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import click
import psutil
import psycopg
from psycopg import sql

from farthing.cli.bench_month import METERS, ManyDue, open_month
from farthing.cli.bench_probe import p99
from farthing.cli.machine import machine
from farthing.cli.say import table
from farthing.core.period import start_of_day
from farthing.postgres.session import PooledConnection
from farthing.usecases.check_books import check_books
from farthing.usecases.close_period import close_period
from farthing.usecases.show_usage import preview
from farthing.wiring import Wired

_PREVIEWED = 200
_TABLES = ("invoice", "invoice_line", "slice", "transaction", "posting")


@dataclass(frozen=True, slots=True)
class Closed:
    """What was measured. Processor seconds are of all workers together; memory is the most that one of them held.

    `share_of_raw` is the time in which the same rows are copied into tables with the same indexes and checks, and
    nothing else, over the time that closing took.
    """

    subscriptions: int
    workers: int
    events: int
    lines: int
    seconds: float
    subscriptions_per_second: int
    lines_per_second: int
    statements_per_subscription: float
    python_cpu_seconds: float
    postgres_cpu_seconds: float
    peak_mib: float
    preview_p50_ms: float
    preview_p99_ms: float
    raw_seconds: float
    share_of_raw: float
    check_seconds: float
    checked_lines_per_second: int
    findings: int
    gapless: bool
    machine: str


@dataclass(frozen=True, slots=True)
class _Worked:
    """What one worker spent."""

    statements: int
    cpu_seconds: float
    peak_mib: float


@click.command("close")
@click.option("--subscriptions", type=click.IntRange(2, 1_000_000), default=10_000, show_default=True)
@click.option("--events", type=click.IntRange(0, 1_000), default=2, show_default=True, help="Of each meter of each.")
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Processes that share it.")
@click.option("--check/--no-check", default=True, show_default=True, help="Prove the books at the end.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for scripts.")
def command(subscriptions: int, events: int, workers: int, check: bool, as_json: bool) -> None:
    """Close a month of subscriptions with five meters each, and copy the same rows as fast as the database takes them.

    Runs on a PostgreSQL of its own in a scratch folder. The books are proved at the end, and that is timed too.
    """
    with (
        tempfile.TemporaryDirectory(prefix="farthing-bench-") as scratch,
        open_month(Path(scratch), subscriptions=subscriptions, events_each=events) as month,
    ):
        measured = measure(month, subscriptions=subscriptions, events=events, workers=workers, check=check)
    if as_json:
        click.echo(json.dumps(asdict(measured)))
        return
    click.echo(f"{measured.machine}; {measured.workers} workers; {measured.events:,} events, {METERS} meters each")
    rows = [
        ["subscriptions closed", f"{measured.subscriptions:,} in {measured.seconds:.2f} s"],
        ["subscriptions a second", f"{measured.subscriptions_per_second:,}"],
        ["lines a second", f"{measured.lines_per_second:,}"],
        ["statements a subscription", f"{measured.statements_per_subscription:.2f}"],
        ["processor, workers", f"{measured.python_cpu_seconds:.2f} s"],
        ["processor, PostgreSQL", f"{measured.postgres_cpu_seconds:.2f} s"],
        ["memory of a worker at most", f"{measured.peak_mib:.0f} MiB"],
        ["a preview, median and p99", f"{measured.preview_p50_ms:.1f} ms, {measured.preview_p99_ms:.1f} ms"],
        ["the same rows by COPY", f"{measured.raw_seconds:.2f} s, {measured.share_of_raw:.3f} of the time"],
        ["proved", f"{measured.check_seconds:.2f} s, {measured.checked_lines_per_second:,} lines a second"],
    ]
    click.echo(table(rows, right=(1,)))
    click.echo("numbers are gapless" if measured.gapless else "NUMBERS ARE NOT GAPLESS")
    if measured.findings:
        click.echo(f"THE BOOKS ARE WRONG: {measured.findings} findings")


def measure(month: ManyDue, *, subscriptions: int, events: int, workers: int, check: bool) -> Closed:
    """Close by so many processes that begin together, then copy, then prove."""
    previews = _previews(month)
    context = multiprocessing.get_context("spawn")
    ready, told = context.Barrier(workers + 1), context.Queue()
    processes = [
        context.Process(target=_close, args=(month.settings, month.through, ready, told)) for _ in range(workers)
    ]
    for process in processes:
        process.start()
    ready.wait(timeout=120)
    before, began = _postgres_cpu(month.owner_url), time.perf_counter()
    worked: list[_Worked] = [told.get(timeout=3600) for _ in processes]
    seconds = time.perf_counter() - began
    postgres_cpu = _postgres_cpu(month.owner_url) - before
    ready.wait(timeout=120)
    for process in processes:
        process.join()
    raw = _raw_seconds(month.owner_url)
    lines, gapless = _counted(month, subscriptions)
    began = time.perf_counter()
    findings = check_books(month.wired.store) if check else []
    check_seconds = time.perf_counter() - began
    return Closed(
        subscriptions=subscriptions,
        workers=workers,
        events=subscriptions * events * METERS,
        lines=lines,
        seconds=round(seconds, 3),
        subscriptions_per_second=round(subscriptions / seconds),
        lines_per_second=round(lines / seconds),
        statements_per_subscription=round(sum(one.statements for one in worked) / subscriptions, 3),
        python_cpu_seconds=round(sum(one.cpu_seconds for one in worked), 2),
        postgres_cpu_seconds=round(postgres_cpu, 2),
        peak_mib=max(one.peak_mib for one in worked),
        preview_p50_ms=round(statistics.median(previews), 2),
        preview_p99_ms=round(p99(previews), 2),
        raw_seconds=round(raw, 3),
        share_of_raw=round(raw / seconds, 4),
        check_seconds=round(check_seconds, 2),
        checked_lines_per_second=round(lines / check_seconds),
        findings=len(findings),
        gapless=gapless,
        machine=machine(),
    )


def _close(settings: Any, through: Any, ready: Barrier, told: Queue[_Worked]) -> None:
    """One process that closes, as `farthing period close` or a worker does."""
    statements, execute = [0], PooledConnection.execute

    def counted(self: PooledConnection, *args: Any, **kwargs: Any) -> Any:
        statements[0] += 1
        return execute(self, *args, **kwargs)

    PooledConnection.execute = counted  # type: ignore[method-assign, assignment]
    with Wired(settings) as wired:
        now = wired.now(wired.store)
        ready.wait()
        began = time.process_time()
        close_period(wired.store, through=through, now=now)
        spent = time.process_time() - began
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
        told.put(_Worked(statements[0], spent, round(peak, 1)))
        ready.wait()  # The database's part of it is read while its sessions are there.


def _previews(month: ManyDue) -> list[float]:
    """Milliseconds for the next invoice of some subscriptions as it stands on the month's last day, one by one."""
    store, now = month.wired.store, start_of_day(month.through, in_zone="UTC")
    with store.transaction():
        subscriptions = store.subscriptions()[:_PREVIEWED]
    took: list[float] = []
    for subscription in subscriptions:
        began = time.perf_counter()
        with store.transaction():
            draft = preview(store, subscription, now=now)
        took.append(1000 * (time.perf_counter() - began))
        assert draft is not None, "the month runs"
    return took


def _counted(month: ManyDue, subscriptions: int) -> tuple[int, bool]:
    """How many lines there are, and whether each subscription has one invoice, with numbers from 1 on."""
    with psycopg.connect(month.owner_url) as owner:
        owner.execute("SELECT set_config('farthing.seller', %s, false)", [str(month.seller_id)])
        lines = owner.execute("SELECT count(*) FROM farthing.invoice_line").fetchone()
        row = owner.execute(
            "SELECT count(*), count(DISTINCT subscription_id), min(sequence), max(sequence) FROM farthing.invoice"
        ).fetchone()
    assert lines is not None
    return lines[0], row == (subscriptions, subscriptions, 1, subscriptions)


def _raw_seconds(owner_url: str) -> float:
    """How long it takes to copy the same rows, each table by a writer of its own."""
    copies = {name: _Copy(owner_url, name) for name in _TABLES}
    began = time.perf_counter()
    for copy in copies.values():
        copy.start()
    for copy in copies.values():
        copy.join()
    seconds = time.perf_counter() - began
    with psycopg.connect(owner_url, autocommit=True) as owner:
        for name in copies:
            owner.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(f"raw_{name}")))
    return seconds


class _Copy(threading.Thread):
    """Brings the rows of a table into one with the same indexes and checks; they are in memory before it starts."""

    def __init__(self, url: str, name: str) -> None:
        super().__init__(daemon=True)
        self._connection = psycopg.connect(url, autocommit=True)
        self._into = sql.SQL("COPY {} FROM STDIN (FORMAT BINARY)").format(sql.Identifier(f"raw_{name}"))
        names = {"of": sql.Identifier("farthing", name), "into": sql.Identifier(f"raw_{name}")}
        self._connection.execute(sql.SQL("CREATE TABLE {into} (LIKE {of} INCLUDING ALL)").format(**names))
        with self._connection.cursor().copy(sql.SQL("COPY {of} TO STDOUT (FORMAT BINARY)").format(**names)) as copy:
            self._rows = [bytes(data) for data in copy]

    def run(self) -> None:
        """Copy them all in one transaction."""
        with self._connection as connection, connection.cursor().copy(self._into) as copy:
            for data in self._rows:
                copy.write(data)


def _postgres_cpu(owner_url: str) -> float:
    """What the database and the sessions that are open have spent of the processor by now."""
    with psycopg.connect(owner_url) as connection:
        postmaster = psutil.Process(connection.info.backend_pid).parent()
    assert postmaster is not None, "a backend has a postmaster"
    own = postmaster.cpu_times()
    spent = own.user + own.system
    for child in postmaster.children():
        try:
            times = child.cpu_times()
        except psutil.NoSuchProcess:
            continue
        spent += times.user + times.system
    return float(spent)
