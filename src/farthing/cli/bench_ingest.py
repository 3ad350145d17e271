"""How fast usage is kept: the product's whole way from HTTP to the commit, beside the fastest its database can do.

In turns and in one run: the same rows by raw COPY into a table with the same key, and as events over HTTP, each kept
once, with the rollups following. The load generator runs on the same machine. The ratio is worth more than the rates.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from farthing.cli.bench_load import Load, Sent
from farthing.cli.bench_probe import Probe, p99
from farthing.cli.bench_raw import raw_seconds
from farthing.cli.bench_shop import Shop, open_shop
from farthing.cli.bench_stored import store_events
from farthing.cli.machine import machine
from farthing.cli.say import progress, table


@dataclass(frozen=True, slots=True)
class Round:
    """One turn of each: rows and events a second, and microseconds of the processor that each part spent an event."""

    raw_per_second: float
    events_per_second: float
    cpu_microseconds: dict[str, float]
    median_ms: float
    p99_ms: float
    lag_ms: list[float]
    answered_ms: list[float]

    @property
    def ratio(self) -> float:
        """The product's share of the raw limit."""
        return self.events_per_second / self.raw_per_second


@dataclass(frozen=True, slots=True)
class Ingested:
    """Medians of the rounds, with the rounds beside them; `stored` is how many events were there at the start."""

    stored: int
    events: int
    each: int
    connections: int
    webs: int
    raw_copy_per_second: int
    events_per_second: int
    ratio: float
    rates: list[int]
    ratios: list[float]
    cpu_microseconds: dict[str, float]
    median_ms: float
    p99_ms: float
    lag_p99_ms: float
    answered_in_p99_ms: float
    mebibytes: dict[str, float]
    machine: str


@click.command("ingest")
@click.option("--events", type=click.IntRange(100, 10_000_000), default=200_000, show_default=True, help="A round's.")
@click.option("--each", type=click.IntRange(1, 10_000), default=100, show_default=True, help="Events a request.")
@click.option("--connections", type=click.IntRange(1, 1000), default=32, show_default=True)
@click.option("--webs", type=click.IntRange(1, 16), default=2, show_default=True, help="Web processes.")
@click.option("--rounds", type=click.IntRange(1, 100), default=3, show_default=True)
@click.option("--stored", type=click.IntRange(0), multiple=True, help="Events with random ids that are there before.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, for scripts.")
def command(
    events: int, each: int, connections: int, webs: int, rounds: int, stored: tuple[int, ...], as_json: bool
) -> None:
    """Keep the same events raw (COPY into a table with the same key) and as the product does, in turns.

    Runs on a PostgreSQL of its own in a scratch folder, with the product and the load in processes of their own. With
    several --stored, rising, it measures at each size in one growing database.
    """
    with tempfile.TemporaryDirectory(prefix="farthing-bench-") as scratch, open_shop(Path(scratch), webs=webs) as shop:
        there = 0
        for size in sorted(stored) or [0]:
            there = store_events(shop, size, there=there)
            measured = _measure(shop, there, events=events, each=each, connections=connections, rounds=rounds)
            click.echo(json.dumps(asdict(measured)) if as_json else _told(measured))
            there += events * (rounds + 1)


def _measure(shop: Shop, stored: int, *, events: int, each: int, connections: int, rounds: int) -> Ingested:
    webs = len(shop.ports)
    measured: list[Round] = []
    # The first round warms what every process keeps for a while, and is not counted.
    with progress() as bar:
        task = bar.add_task("Measuring", total=rounds + 1)
        for number in range(rounds + 1):
            loads = [
                Load(
                    port=port,
                    key=shop.api_key,
                    requests=max(events // each // webs, 1),
                    each=each,
                    connections=max(connections // webs, 1),
                    tag=f"{stored}-{number}-{place}",
                )
                for place, port in enumerate(shop.ports)
            ]
            measured.append(_round(shop, loads, together=max(each, 5_000)))
            bar.advance(task)
    counted = measured[1:] or measured
    return Ingested(
        stored=stored,
        events=events,
        each=each,
        connections=connections,
        webs=webs,
        raw_copy_per_second=round(statistics.median(one.raw_per_second for one in counted)),
        events_per_second=round(statistics.median(one.events_per_second for one in counted)),
        ratio=round(statistics.median(one.ratio for one in counted), 3),
        rates=[round(one.events_per_second) for one in counted],
        ratios=[round(one.ratio, 3) for one in counted],
        cpu_microseconds={
            part: round(statistics.median(one.cpu_microseconds[part] for one in counted), 2)
            for part in counted[0].cpu_microseconds
        },
        median_ms=round(statistics.median(one.median_ms for one in counted), 1),
        p99_ms=round(statistics.median(one.p99_ms for one in counted), 1),
        lag_p99_ms=round(p99([lag for one in counted for lag in one.lag_ms])),
        answered_in_p99_ms=round(p99([took for one in counted for took in one.answered_ms])),
        mebibytes={name: round(held) for name, held in shop.mebibytes().items()},
        machine=machine(),
    )


def _round(shop: Shop, loads: Sequence[Load], *, together: int) -> Round:
    many = sum(load.requests * load.each for load in loads)
    raw = raw_seconds(shop.owner_url, shop.seller_id, loads, together=together)
    senders = [_sender(load) for load in loads]
    for sender in senders:
        assert sender.stdout is not None
        sender.stdout.readline()
    before = shop.cpu_seconds()
    with Probe(shop) as probe:
        for sender in senders:
            assert sender.stdin is not None
            sender.stdin.write("go\n")
            sender.stdin.flush()
        sent = [Sent(**json.loads(sender.communicate()[0])) for sender in senders]
    after = shop.cpu_seconds()
    assert not sum(one.wrong for one in sent), "every event is new, and accepted"
    spent = {part: (after[part] - before[part]) / many * 1e6 for part in after}
    spent["load"] = sum(one.cpu_seconds for one in sent) / many * 1e6
    return Round(
        raw_per_second=many / raw,
        events_per_second=many / max(one.seconds for one in sent),
        cpu_microseconds=spent,
        median_ms=statistics.median(one.median_ms for one in sent),
        p99_ms=max(one.p99_ms for one in sent),
        lag_ms=probe.lag_ms,
        answered_ms=probe.answered_ms,
    )


def _sender(load: Load) -> subprocess.Popen[str]:
    sender = subprocess.Popen(
        [sys.executable, "-m", "farthing.cli.bench_load"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert sender.stdin is not None
    sender.stdin.write(json.dumps(asdict(load)) + "\n")
    sender.stdin.flush()
    return sender


def _told(one: Ingested) -> str:
    spread = ", ".join(f"{rate:,}" for rate in one.rates)
    ratios = ", ".join(f"{ratio:.3f}" for ratio in one.ratios)
    spent = ", ".join(f"{part} {micro:.1f}" for part, micro in one.cpu_microseconds.items())
    held = ", ".join(f"{name} {size:.0f}" for name, size in one.mebibytes.items())
    rows = [
        ["raw COPY with the key's index", f"{one.raw_copy_per_second:,}", "rows a second"],
        ["POST /v1/events", f"{one.events_per_second:,}", f"events a second (rounds: {spread})"],
        ["ratio", f"{one.ratio:.3f}", f"(rounds: {ratios})"],
        ["an answer, median", f"{one.median_ms:.1f}", "ms"],
        ["an answer, p99", f"{one.p99_ms:.1f}", "ms"],
        ["rollups behind, p99", f"{one.lag_p99_ms:,}", "ms"],
        ["sent until it is told, p99", f"{one.answered_in_p99_ms:,}", "ms, through GET /v1/usage"],
    ]
    return "\n".join(
        [
            f"{one.machine}; {one.stored:,} events stored; {one.events:,} a round, {one.each:,} a request, "
            f"{one.connections} connections, {one.webs} web processes",
            table(rows, right=[1]),
            f"processor, microseconds an event: {spent}",
            f"memory, MiB: {held}",
        ]
    )
