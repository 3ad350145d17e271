"""How soon a customer's month is told: over HTTP from what is added up, and from the events themselves beside it."""

from __future__ import annotations

import http.client
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import click
import psycopg

from farthing.cli.machine import machine
from farthing.cli.say import progress, table
from farthing.core.ids import id_of
from farthing.core.invoicing.invoice import LegalEntity
from farthing.core.metering.meter import Meter, Reading
from farthing.core.metering.sample import whole
from farthing.core.metering.total import Sum
from farthing.core.metering.value import Property
from farthing.core.parties import Mode, Seller
from farthing.core.period import Period
from farthing.settings import Settings, SlackMode
from farthing.usecases.apply_catalogue import apply_catalogue
from farthing.usecases.customers import add_customer
from farthing.usecases.follow_usage import follow_usage
from farthing.usecases.ports import SellerStore
from farthing.wiring import Wired, initialise, world_now

CUSTOMERS = 1_000
MOST_AT_ONCE = 100_000
# Three months of usage, of which the middle one is asked for.
BEGIN, MONTH_START, MONTH_END = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2, 3))
SECONDS = 90 * 86_400
METER = Meter("tokens", 1, "completion", Sum(Property("tokens")), unit="tokens")


@dataclass(frozen=True, slots=True)
class Milliseconds:
    """How long answers took."""

    p50: float
    p99: float
    most: float


@dataclass(frozen=True, slots=True)
class Queried:
    """What was measured. `agree` says that every month was told alike by what is added up and by its events."""

    stored: int
    customers: int
    questions: int
    http: Milliseconds
    added_up: Milliseconds
    events: Milliseconds
    agree: bool
    follow_microseconds_an_event: float
    load_seconds: float
    machine: str


@click.command("query")
@click.option("--stored", type=click.IntRange(1_000, 200_000_000), default=1_000_000, show_default=True, help="Events.")
@click.option("--questions", type=click.IntRange(10, 1_000_000), default=1_000, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for scripts.")
def command(stored: int, questions: int, as_json: bool) -> None:
    """Ask for the month of customers by chance: over HTTP, then of the store, added up and event by event, in turns.

    Runs on a PostgreSQL of its own in a scratch folder, with the server as a process of its own.
    """
    with tempfile.TemporaryDirectory(prefix="farthing-bench-") as scratch:
        measured = measure(Path(scratch), stored=stored, questions=questions)
    if as_json:
        click.echo(json.dumps(asdict(measured)))
        return
    click.echo(f"{measured.machine}; {measured.stored:,} events stored, {measured.customers:,} customers")
    rows = [["a customer's month", "p50 ms", "p99 ms", "most ms"]]
    for name, took in (
        ("over HTTP, added up", measured.http),
        ("the store, added up", measured.added_up),
        ("the store, from its events", measured.events),
    ):
        rows.append([name, f"{took.p50:.2f}", f"{took.p99:.2f}", f"{took.most:.2f}"])
    click.echo(table(rows, right=(1, 2, 3)))
    click.echo(f"adding up took {measured.follow_microseconds_an_event:.2f} microseconds an event")
    click.echo("both tell the same of every month" if measured.agree else "THEY DO NOT TELL THE SAME")


def measure(scratch: Path, *, stored: int, questions: int) -> Queried:
    """Load, add up and ask."""
    seller = Seller(uuid4(), "Bench", Mode.SANDBOX, LegalEntity("main", "Bench", in_zone="UTC", number_prefix="B"))
    made = initialise(Settings(home=scratch / "home", slack_mode=SlackMode.OFF), seller, now=world_now())
    with Wired(made.settings) as wired:
        store, now = wired.store, world_now()
        apply_catalogue(store, meters={METER.key: METER}, plans=[], now=now)
        for number in range(min(CUSTOMERS, stored)):
            add_customer(store, key=f"customer-{number}", name=f"Customer {number}", in_zone="UTC", now=now)
        load_seconds = _load(str(wired.database_url), seller.seller_id, stored)
        began = time.perf_counter()
        while follow_usage(store, now=now):
            pass
        follow_seconds = time.perf_counter() - began
        with _serving(made.settings.home) as url:
            asked = _ask(store, url, made.api_key, seller.seller_id, questions)
    return Queried(
        stored=stored,
        customers=CUSTOMERS,
        questions=questions,
        http=_milliseconds(asked.http),
        added_up=_milliseconds(asked.added_up),
        events=_milliseconds(asked.events),
        agree=asked.agree,
        follow_microseconds_an_event=round(follow_seconds / stored * 1_000_000, 3),
        load_seconds=round(load_seconds, 1),
        machine=machine(),
    )


@dataclass(slots=True)
class _Asked:
    """Seconds of every question, and whether the answers were alike."""

    http: list[float]
    added_up: list[float]
    events: list[float]
    agree: bool = True


def _ask(store: SellerStore, url: str, api_key: str, seller_id: UUID, questions: int) -> _Asked:
    address = urlsplit(url)
    assert address.hostname is not None, f"{url} names a host"
    connection = http.client.HTTPConnection(address.hostname, address.port)
    headers = {"Authorization": f"Bearer {api_key}"}
    window = whole(Period(MONTH_START, MONTH_END))
    chosen = random.Random(1)
    asked = _Asked([], [], [])

    def over_http(number: int) -> str:
        path = f"/v1/usage?meter=tokens&customer=customer-{number}&from=2026-02-01&to=2026-03-01"
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = json.loads(answer.read())
        assert answer.status == 200, body
        return str(body["usage"][0]["quantity"]) if body["usage"] else "0"

    def added_up(customer_id: UUID) -> str:
        with store.snapshot():
            found = store.usage_in(METER, customer_ids=[customer_id], windows=[window]).rows
        return str(found[0].measured.quantity) if found else "0"

    def from_events(customer_id: UUID) -> str:
        with store.snapshot():
            last = store.last_position()
            return str(store.measure(Reading(METER, window), customer_id=customer_id, to_position=last).quantity)

    for _ in range(50):  # Connections are opened and statements are prepared.
        over_http(0)
        added_up(_customer(seller_id, 0))
        from_events(_customer(seller_id, 0))
    with progress() as bar:
        for _ in bar.track(range(questions), description="Asking"):
            number = chosen.randrange(CUSTOMERS)
            customer_id = _customer(seller_id, number)
            told = [
                _timed(partial(over_http, number), asked.http),
                _timed(partial(added_up, customer_id), asked.added_up),
                _timed(partial(from_events, customer_id), asked.events),
            ]
            asked.agree &= len(set(told)) == 1
    connection.close()
    return asked


def _timed(act: Callable[[], str], into: list[float]) -> str:
    began = time.perf_counter()
    answer = act()
    into.append(time.perf_counter() - began)
    return answer


def _milliseconds(seconds: list[float]) -> Milliseconds:
    ordered = sorted(seconds)
    at = [ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] for percent in (50, 99)]
    return Milliseconds(*(round(each * 1000, 3) for each in (*at, ordered[-1])))


def _customer(seller_id: UUID, number: int) -> UUID:
    return id_of("customer", seller_id, f"customer-{number}")


def _load(url: str, seller_id: UUID, stored: int) -> float:
    """Keep so many events of random customers and times, made where they are kept; the seconds it took."""
    began = time.perf_counter()
    customers = [_customer(seller_id, number) for number in range(CUSTOMERS)]
    with psycopg.connect(url) as connection, progress() as bar:
        task = bar.add_task("Loading", total=stored)
        for before in range(0, stored, MOST_AT_ONCE):
            many = min(MOST_AT_ONCE, stored - before)
            connection.execute("SELECT set_config('farthing.seller', %s, true)", [str(seller_id)])
            connection.execute("UPDATE farthing.usage_counter SET last_position = %s", [before + many])
            connection.execute(_EVENTS, {"before": before, "many": many, "customers": customers, "begin": BEGIN})
            connection.commit()
            bar.advance(task, many)
    return time.perf_counter() - began


_EVENTS = f"""
    WITH made AS MATERIALIZED (
        SELECT place + %(before)s::bigint AS position, gen_random_uuid() AS key,
               floor(random() * {CUSTOMERS})::integer AS customer, random() * {SECONDS} AS seconds, place
        FROM generate_series(1, %(many)s::bigint) AS place
    ), keys AS (
        INSERT INTO farthing.event_key (key, content, position) SELECT key, key, position FROM made ORDER BY key
    )
    INSERT INTO farthing.usage_event (
        position, key, customer_id, type, happened_at, accepted_at, source, id, subject, time, data)
    SELECT position, key, (%(customers)s::uuid[])[customer + 1], 'completion',
           %(begin)s::timestamptz + make_interval(secs => seconds), now(), 'bench', position::text,
           'customer-' || customer, NULL, jsonb_build_object('tokens', place %% 5000, 'model', 'large')
    FROM made ORDER BY place
"""


@contextmanager
def _serving(home: Path) -> Iterator[str]:
    """The address of a web process on this installation."""
    program = Path(sys.executable).with_name("farthing")
    serving = subprocess.Popen(
        [str(program), "--home", str(home), "serve", "web", "--port", "0", "--log-level", "error"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert serving.stdout is not None, "its output is read here"
        yield next(word for word in serving.stdout.readline().split() if word.startswith("http"))
    finally:
        serving.terminate()
        serving.wait(timeout=60)
