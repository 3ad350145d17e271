"""How soon it is told whether a customer may use more: asked, held, used and given back over HTTP, one by one."""

from __future__ import annotations

import http.client
import json
import random
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from farthing.cli.bench_load import CUSTOMERS, EVENT_TYPE
from farthing.cli.bench_shop import Shop, open_shop
from farthing.cli.machine import machine
from farthing.cli.say import progress, table
from farthing.core.period import local_date
from farthing.core.pricing.terms import plan_from
from farthing.usecases.apply_catalogue import apply_catalogue
from farthing.usecases.check_books import check_books
from farthing.usecases.subscribe import subscribe
from farthing.wiring import world_now

_LIMIT = 10**12
_EACH = 1_000
_WARMING = 50
_ACTS = ("check", "reserve", "use", "release")


@dataclass(frozen=True, slots=True)
class Milliseconds:
    """How long answers took, and how many there were."""

    many: int
    p50: float
    p99: float
    most: float


@dataclass(frozen=True, slots=True)
class Entitled:
    """What was measured. `agrees` says that what is left at the end is the limit less what was sent.

    `processor_ms` is what a round (a check, a reservation and its end) takes of the processor, by part; unlike the
    times on the clock it says the same on a machine that is busy otherwise.
    """

    stored: int
    callers: int
    took: dict[str, Milliseconds]
    processor_ms: dict[str, float]
    agrees: bool
    machine: str


@click.command("entitle")
@click.option("--stored", type=click.IntRange(0, 10_000_000), default=100_000, show_default=True, help="Events before.")
@click.option("--rounds", type=click.IntRange(10, 1_000_000), default=1_000, show_default=True, help="Of each caller.")
@click.option("--callers", type=click.IntRange(1, 64), default=1, show_default=True, help="Who ask at the same time.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for scripts.")
def command(stored: int, rounds: int, callers: int, as_json: bool) -> None:
    """Ask whether customers by chance may use more, reserve, and send the event that uses it or release it.

    Runs on a PostgreSQL of its own in a scratch folder, with a web process and a worker that adds usage up meanwhile.
    """
    with tempfile.TemporaryDirectory(prefix="farthing-bench-") as scratch, open_shop(Path(scratch), webs=1) as shop:
        measured = measure(shop, stored=stored, rounds=rounds, callers=callers)
    if as_json:
        click.echo(json.dumps(asdict(measured)))
        return
    click.echo(
        f"{measured.machine}; {measured.stored:,} events stored, {CUSTOMERS} customers, {measured.callers} at once"
    )
    rows = [["over HTTP", "times", "p50 ms", "p99 ms", "most ms"]]
    for act, took in measured.took.items():
        rows.append([act, f"{took.many:,}", f"{took.p50:.2f}", f"{took.p99:.2f}", f"{took.most:.2f}"])
    click.echo(table(rows, right=(1, 2, 3, 4)))
    spent = ", ".join(f"{part} {each:.2f}" for part, each in measured.processor_ms.items())
    click.echo(f"milliseconds of the processor a round: {spent}")
    click.echo("what is left at the end is right" if measured.agrees else "WHAT IS LEFT AT THE END IS WRONG")


def measure(shop: Shop, *, stored: int, rounds: int, callers: int) -> Entitled:
    """Entitle the customers, load, and ask."""
    store, now = shop.wired.store, world_now()
    with store.transaction():
        meters = store.meters()
    terms = {
        "currency": "USD",
        "prices": {"tokens": {"meter": "tokens", "shape": "per_unit", "unit": "0.01"}},
        "entitlements": {"tokens": {"limit": str(_LIMIT), "meter": "tokens"}, "sso": True},
    }
    apply_catalogue(store, meters={}, plans=[plan_from("bench", terms, version=1, meters=meters)], now=now)
    began = local_date(now, in_zone="UTC") - timedelta(days=40)
    for number in range(CUSTOMERS):
        subscribe(store, customer_key=f"customer-{number}", plan_key="bench", starts_on=began)
    loading = _Caller(shop, "load", rounds=0)
    loading.load(stored)
    asking = [_Caller(shop, f"caller-{number}", rounds=rounds) for number in range(callers)]
    before = shop.cpu_seconds()
    with progress() as bar:
        task = bar.add_task("Asking", total=rounds * callers)
        threads = [threading.Thread(target=caller.ask, kwargs={"step": lambda: bar.advance(task)}) for caller in asking]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    spent = {part: seconds - before[part] for part, seconds in shop.cpu_seconds().items()}
    turns = (rounds + _WARMING) * callers
    took = {act: _milliseconds([each for caller in asking for each in caller.took[act]]) for act in _ACTS}
    used = sum(caller.used for caller in (loading, *asking))
    # The server hangs up on those who said nothing for a while.
    last = _Caller(shop, "last", rounds=0)
    left = sum(last.left(number) for number in range(CUSTOMERS))
    agrees = left == CUSTOMERS * _LIMIT - used and check_books(store) == []
    processor_ms = {part: round(seconds / turns * 1000, 3) for part, seconds in spent.items()}
    return Entitled(stored, callers, took, processor_ms, agrees, machine())


@dataclass(slots=True)
class _Caller:
    """Somebody who asks over a connection of their own; `used` is what they sent of tokens."""

    shop: Shop
    name: str
    rounds: int
    used: int = 0
    took: dict[str, list[float]] = field(default_factory=lambda: {act: [] for act in _ACTS})
    _connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", self.shop.ports[0])

    def load(self, stored: int) -> None:
        """Send so many events of this month, by the thousand."""
        at = _written(datetime.now(UTC))
        for first in range(0, stored, _EACH):
            numbers = range(first, min(first + _EACH, stored))
            told = self._told(
                "POST", "/v1/events", [_event(f"load-{n}", n % CUSTOMERS, n % 1000, at=at) for n in numbers]
            )
            assert told["accepted"] == len(numbers), told
            self.used += sum(number % 1000 for number in numbers)

    def ask(self, *, step: Callable[[], Any]) -> None:
        """Ask, reserve, and use what is held or, one time in five, give it back."""
        chosen = random.Random(self.name)
        for turn in range(-_WARMING, self.rounds):
            number, name = chosen.randrange(CUSTOMERS), f"{self.name}-{turn + _WARMING}"
            customer = f"/v1/customers/customer-{number}"
            self._timed(turn, "check", "POST", f"{customer}/check", {"feature": "tokens", "units": "500"})
            wanted = {"id": name, "feature": "tokens", "units": "500", "for_seconds": 300}
            self._timed(turn, "reserve", "POST", f"{customer}/reservations", wanted)
            if chosen.random() < 0.2:
                self._timed(turn, "release", "DELETE", f"{customer}/reservations/{name}")
            else:
                event = _event(name, number, 400, at=_written(datetime.now(UTC))) | {"reservation": name}
                self._timed(turn, "use", "POST", "/v1/events", event)
                self.used += 400
            if turn >= 0:
                step()

    def left(self, number: int) -> int:
        """How many tokens a customer may still use."""
        told = self._told("POST", f"/v1/customers/customer-{number}/check", {"feature": "tokens"})
        return int(told["remaining"])

    def _timed(self, turn: int, act: str, method: str, path: str, body: object = None) -> None:
        began = time.perf_counter()
        self._told(method, path, body)
        if turn >= 0:
            self.took[act].append(time.perf_counter() - began)

    def _told(self, method: str, path: str, body: object = None) -> Any:
        headers = {"Authorization": f"Bearer {self.shop.api_key}", "Content-Type": "application/json"}
        self._connection.request(method, path, body=None if body is None else json.dumps(body), headers=headers)
        answer = self._connection.getresponse()
        told = json.loads(answer.read())
        assert answer.status in (200, 201), told
        return told


def _event(event_id: str, customer: int, tokens: int, *, at: str) -> dict[str, Any]:
    return {
        "id": event_id,
        "source": "bench",
        "type": EVENT_TYPE,
        "subject": f"customer-{customer}",
        "time": at,
        "data": {"tokens": tokens},
    }


def _written(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"


def _milliseconds(seconds: list[float]) -> Milliseconds:
    ordered = sorted(seconds) or [0.0]
    at = [ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] for percent in (50, 99)]
    return Milliseconds(len(seconds), *(round(each * 1000, 3) for each in (*at, ordered[-1])))
